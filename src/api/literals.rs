//! Literals of our own scalars: the validator lets any literal pass for them, so they are checked here, once for each document,
//! whether or not a field is skipped.

use apollo_compiler::ast::Type;
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{ExecutableDocument, Node};
use serde_json::Map;

use super::coerce;
use super::error::{Code, GraphqlError};
use super::gate::location;
use crate::query::types;
use crate::query::types::TypeRef;

/// Checks the literals of arguments and the defaults of variables.
pub fn check(document: &ExecutableDocument) -> Result<(), Vec<GraphqlError>> {
    let mut checked = Checked { document, errors: Vec::new() };
    for operation in document.operations.iter() {
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                checked.literal(&variable.name, &type_ref(&variable.ty), default, variable.location());
            }
        }
        checked.selections(&operation.selection_set);
    }
    for fragment in document.fragments.values() {
        checked.selections(&fragment.selection_set);
    }
    if checked.errors.is_empty() { Ok(()) } else { Err(checked.errors) }
}

struct Checked<'d> {
    document: &'d ExecutableDocument,
    errors: Vec<GraphqlError>,
}

impl Checked<'_> {
    fn selections(&mut self, set: &SelectionSet) {
        let ty = types().find(&set.ty);
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    let def = ty.and_then(|ty| ty.field(&field.name));
                    for argument in &field.arguments {
                        let def =
                            def.and_then(|def| def.arguments.iter().find(|def| def.name == argument.name.as_str()));
                        if let Some(def) = def {
                            self.literal(&argument.name, &def.ty, &argument.value, field.location());
                        }
                    }
                    if let Some(inner) = &field.selection_set {
                        self.selections(inner);
                    }
                }
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    /// A literal that holds a variable is checked when the variable is known.
    fn literal(&mut self, name: &str, ty: &TypeRef, value: &Node<apollo_compiler::ast::Value>, at: Option<SourceSpan>) {
        if coerce::has_variable(value) {
            return;
        }
        if let Some(given) = coerce::literal(value, &Map::new())
            && let Err(wrong) = coerce::coerce(ty, given)
        {
            let error = GraphqlError::of_arguments(Code::ValidationFailed, &wrong.of(name));
            self.errors.push(error.at(location(self.document, at)));
        }
    }
}

/// A type as a document names it.
pub fn type_ref(ty: &Type) -> TypeRef {
    match ty {
        Type::Named(name) => TypeRef::nullable(name),
        Type::NonNullNamed(name) => TypeRef::required(name),
        Type::List(of) => type_ref(of).list().or_null(true),
        Type::NonNullList(of) => type_ref(of).list(),
    }
}
