//! The bounds of a document's shape, checked before anything else walks it: depth through fragments, aliases, directives.
//! Each step looks at a node once, so the cost is linear in the document whatever its fragments do.

use std::collections::HashMap;

use apollo_compiler::ast::{Definition, DirectiveList, Document, FragmentDefinition, Selection};
use apollo_compiler::parser::SourceSpan;

use super::error::{Code, GraphqlError};
use crate::config::Limits;

/// What a document comes to.
struct Measure<'d> {
    fragments: HashMap<&'d str, &'d FragmentDefinition>,
    /// How deep each fragment is that was measured; nothing while it is being measured.
    depths: HashMap<&'d str, Option<usize>>,
    aliases: Counted,
    directives: Counted,
    deepest: (usize, Option<SourceSpan>),
}

/// A count, and where it went beyond its limit.
struct Counted {
    count: usize,
    limit: usize,
    beyond: Option<SourceSpan>,
}

impl Counted {
    fn new(limit: usize) -> Self {
        Self { count: 0, limit, beyond: None }
    }

    fn add(&mut self, more: usize, place: Option<SourceSpan>) {
        self.count += more;
        if self.count > self.limit && self.beyond.is_none() {
            self.beyond = place;
        }
    }
}

/// Checks a document's shape. The error says what was exceeded, by how much, and where.
pub fn check(document: &Document, limits: &Limits) -> Result<(), GraphqlError> {
    let fragments = document.definitions.iter().filter_map(|definition| match definition {
        Definition::FragmentDefinition(fragment) => Some((fragment.name.as_str(), &**fragment)),
        _ => None,
    });
    let mut measure = Measure {
        fragments: fragments.collect(),
        depths: HashMap::new(),
        aliases: Counted::new(limits.aliases),
        directives: Counted::new(limits.directives),
        deepest: (0, None),
    };
    let mut deepest: (usize, Option<SourceSpan>) = (0, None);
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                measure.directives(&operation.directives);
                let depth = measure.selections(&operation.selection_set);
                if depth > deepest.0 {
                    deepest = (depth, measure.deepest.1);
                }
            }
            Definition::FragmentDefinition(fragment) => {
                measure.directives(&fragment.directives);
                measure.fragment(&fragment.name);
            }
            _ => {}
        }
    }
    let place = |span: Option<SourceSpan>| {
        span.and_then(|span| span.line_column(&document.sources)).map(|place| (place.line, place.column))
    };
    let beyond = |what: &str, count: usize, limit: usize, span| {
        let message = format!("the document has {count} {what}; at most {limit} are answered");
        Err(GraphqlError::request(Code::LimitExceeded, message).at(place(span)))
    };
    if measure.aliases.count > limits.aliases {
        return beyond("aliases", measure.aliases.count, limits.aliases, measure.aliases.beyond);
    }
    if measure.directives.count > limits.directives {
        return beyond("directives", measure.directives.count, limits.directives, measure.directives.beyond);
    }
    if deepest.0 > limits.depth {
        return beyond("levels of fields", deepest.0, limits.depth, deepest.1);
    }
    Ok(())
}

impl<'d> Measure<'d> {
    /// How many levels of fields there are below, and counts what it meets on the way.
    fn selections(&mut self, selections: &'d [Selection]) -> usize {
        let mut deepest = 0;
        for selection in selections {
            let depth = match selection {
                Selection::Field(field) => {
                    self.directives(&field.directives);
                    if let Some(alias) = &field.alias {
                        self.aliases.add(1, alias.location());
                    }
                    1 + field.selection_set.as_ref().map_or(0, |inner| self.selections(inner))
                }
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.directives);
                    self.selections(&fragment.selection_set)
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives);
                    self.fragment(&spread.fragment_name)
                }
            };
            if depth > self.deepest.0 {
                let place = match selection {
                    Selection::Field(field) => field.name.location(),
                    Selection::InlineFragment(fragment) => fragment.location(),
                    Selection::FragmentSpread(spread) => spread.location(),
                };
                self.deepest = (depth, place);
            }
            deepest = deepest.max(depth);
        }
        deepest
    }

    /// The depth of a fragment, measured once. One that spreads itself has no depth: validation refuses it.
    fn fragment(&mut self, name: &str) -> usize {
        let Some((name, fragment)) = self.fragments.get_key_value(name).map(|(name, fragment)| (*name, *fragment))
        else {
            return 0;
        };
        if let Some(depth) = self.depths.get(name) {
            return depth.unwrap_or(0);
        }
        self.depths.insert(name, None);
        let depth = self.selections(&fragment.selection_set);
        self.depths.insert(name, Some(depth));
        depth
    }

    fn directives(&mut self, directives: &DirectiveList) {
        self.directives.add(directives.len(), directives.first().and_then(|directive| directive.location()));
    }
}
