//! "Did you mean": for a field, argument or enum value that does not exist, the nearest that does.

use std::collections::HashMap;

use apollo_compiler::Node;
use apollo_compiler::ast::{Argument, Definition, Document, OperationType, Selection, Value};
use apollo_compiler::parser::SourceSpan;

use crate::query::types;
use crate::query::types::{Body, InputDef, MUTATION, SUBSCRIPTION, Type};

/// The suggestions for a document that failed validation, by where the unknown names stand.
pub fn suggestions(document: &Document) -> HashMap<usize, String> {
    let mut found = Suggestions(HashMap::new());
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                let root = match operation.operation_type {
                    OperationType::Query => "Query",
                    OperationType::Mutation => MUTATION,
                    OperationType::Subscription => SUBSCRIPTION,
                };
                found.selections(types().find(root), &operation.selection_set);
            }
            Definition::FragmentDefinition(fragment) => {
                found.selections(types().find(&fragment.type_condition), &fragment.selection_set);
            }
            _ => {}
        }
    }
    found.0
}

struct Suggestions(HashMap<usize, String>);

impl Suggestions {
    fn selections(&mut self, ty: Option<&'static Type>, selections: &[Selection]) {
        let Some(ty) = ty else { return };
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let Some(def) = ty.field(&field.name) else {
                        let names = ty.fields().iter().map(|field| field.name.as_str());
                        self.add([field.location(), field.name.location()], &field.name, names);
                        continue;
                    };
                    field.arguments.iter().for_each(|argument| self.argument(&def.arguments, argument));
                    self.selections(types().find(def.ty.name()), field.selection_set.as_deref().unwrap_or_default());
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.type_condition.as_ref().map_or(Some(ty), |condition| types().find(condition));
                    self.selections(on, &fragment.selection_set);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn argument(&mut self, defs: &'static [InputDef], argument: &Node<Argument>) {
        match defs.iter().find(|def| def.name == argument.name.as_str()) {
            Some(def) => self.value(def, &argument.value),
            None => {
                let names = defs.iter().map(|def| def.name.as_str());
                self.add([argument.location(), argument.name.location()], &argument.name, names);
            }
        }
    }

    fn value(&mut self, def: &'static InputDef, value: &Node<Value>) {
        match (types().find(def.ty.name()).map(|ty| &ty.body), &**value) {
            (_, Value::List(items)) => items.iter().for_each(|item| self.value(def, item)),
            (Some(Body::Enum(closed)), Value::Enum(name)) if closed.code(name).is_none() => {
                self.add([value.location(), name.location()], name, closed.values.iter().map(|(name, _)| *name));
            }
            (Some(Body::Input { fields, .. }), Value::Object(given)) => {
                for (name, inner) in given {
                    match fields.iter().find(|field| field.name == name.as_str()) {
                        Some(field) => self.value(field, inner),
                        None => {
                            let names = fields.iter().map(|field| field.name.as_str());
                            self.add([inner.location(), name.location()], name, names);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn add<'n>(&mut self, places: [Option<SourceSpan>; 2], unknown: &str, known: impl Iterator<Item = &'n str>) {
        let Some(nearest) = nearest(unknown, known) else { return };
        for place in places.into_iter().flatten() {
            self.0.entry(place.offset()).or_insert_with(|| format!("; did you mean `{nearest}`?"));
        }
    }
}

/// The known name that is nearest to an unknown one, where one is near.
pub fn nearest<'n>(unknown: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    // Near is a third of the letters; a long unknown name is near to nothing, and costs nothing.
    let allowed = unknown.len().div_ceil(3);
    let lower = unknown.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&lower, &name.to_lowercase());
    if unknown.len() > 60 {
        return None;
    }
    known.map(|name| (distance(name), name)).filter(|(distance, _)| *distance <= allowed).min().map(|(_, name)| name)
}
