//! The bound of a document's shape, its depth through fragments, checked before anything else walks the document. Each step
//! looks at a node once, so the cost is linear in the document whatever its fragments do.

use std::collections::HashMap;

use apollo_compiler::ast::{Definition, Document, FragmentDefinition, Selection};
use apollo_compiler::parser::SourceSpan;

use super::error::{Code, GraphqlError};
use crate::config::Limits;

/// A count of what a document holds, and the byte at which it went beyond its limit.
pub struct Counted {
    what: &'static str,
    count: usize,
    limit: usize,
    beyond: Option<usize>,
}

impl Counted {
    /// Nothing yet.
    pub fn new(what: &'static str, limit: usize) -> Self {
        Self { what, count: 0, limit, beyond: None }
    }

    /// One more, at a byte of the document.
    pub fn add(&mut self, at: usize) {
        self.reach(self.count + 1, at);
    }

    /// A count that was reached at a byte of the document.
    pub fn reach(&mut self, count: usize, at: usize) {
        self.count = self.count.max(count);
        if count > self.limit && self.beyond.is_none() {
            self.beyond = Some(at);
        }
    }

    /// The error says what was exceeded, by how much, and where.
    pub fn check(&self, text: &str) -> Result<(), GraphqlError> {
        let Some(at) = self.beyond else { return Ok(()) };
        let Self { what, count, limit, .. } = self;
        let message = format!("the document has {count} {what}; at most {limit} are read");
        Err(GraphqlError::request(Code::LimitExceeded, message).at(Some(line_column(text, at))))
    }
}

/// The line and the column of a byte, from 1.
fn line_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    (line, 1 + String::from_utf8_lossy(&before[line_start..]).chars().count())
}

/// A document's fragments, as they are measured.
struct Measure<'d> {
    fragments: HashMap<&'d str, &'d FragmentDefinition>,
    /// How deep each fragment is that was measured; nothing while it is being measured.
    depths: HashMap<&'d str, Option<Depth>>,
}

/// Levels of fields, and the byte of a field on the deepest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Depth {
    levels: usize,
    at: usize,
}

/// Checks a document's shape.
pub fn check(text: &str, document: &Document, limits: &Limits) -> Result<(), GraphqlError> {
    let fragments = document.definitions.iter().filter_map(|definition| match definition {
        Definition::FragmentDefinition(fragment) => Some((fragment.name.as_str(), &**fragment)),
        _ => None,
    });
    let mut measure = Measure { fragments: fragments.collect(), depths: HashMap::new() };
    let mut depth = Counted::new("levels of fields", limits.depth);
    for definition in &document.definitions {
        let Depth { levels, at } = match definition {
            Definition::OperationDefinition(operation) => measure.selections(&operation.selection_set),
            Definition::FragmentDefinition(fragment) => measure.fragment(&fragment.name),
            _ => continue,
        };
        depth.reach(levels, at);
    }
    depth.check(text)
}

impl<'d> Measure<'d> {
    /// How many levels of fields there are below.
    fn selections(&mut self, selections: &'d [Selection]) -> Depth {
        let depths = selections.iter().map(|selection| match selection {
            Selection::Field(field) => {
                let at = offset(field.location());
                let below = self.selections(field.selection_set.as_deref().unwrap_or_default());
                Depth { levels: below.levels + 1, at: if below.levels == 0 { at } else { below.at } }
            }
            Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
            Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
        });
        depths.max().unwrap_or_default()
    }

    /// The depth of a fragment, measured once. One that spreads itself has no depth: validation refuses it.
    fn fragment(&mut self, name: &str) -> Depth {
        let Some((name, fragment)) = self.fragments.get_key_value(name).map(|(name, fragment)| (*name, *fragment))
        else {
            return Depth::default();
        };
        if let Some(depth) = self.depths.get(name) {
            return depth.unwrap_or_default();
        }
        self.depths.insert(name, None);
        let depth = self.selections(&fragment.selection_set);
        self.depths.insert(name, Some(depth));
        depth
    }
}

fn offset(span: Option<SourceSpan>) -> usize {
    span.map_or(0, |span| span.offset())
}
