//! The gate: every request passes it, and nothing else reaches a resolver. Size and tokens, parse, validate, choose the
//! operation, coerce the variables.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::executable::{Operation, Selection, SelectionSet};
use apollo_compiler::parser::{Parser, SourceSpan};
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Node, Schema};
use quick_cache::sync::Cache;
use serde_json::{Map, Value};

use super::error::{Code, GraphqlError};
use super::plan::Plan;
use super::request::Request;
use super::{bounds, suggest};
use crate::config::Limits;

/// The gate, with the documents that passed it before.
pub struct Gate {
    /// The schema, as the gate validates against it.
    pub schema: Valid<Schema>,
    documents: Cache<String, Arc<Document>>,
    limits: Limits,
}

/// A document that passed.
pub struct Document {
    /// The parsed and validated document.
    pub parsed: Valid<ExecutableDocument>,
    /// The variables that decide an `@skip` or `@include`.
    conditions: Vec<String>,
    plans: Mutex<Plans>,
}

/// A plan for each operation and each way that its conditions can fall.
type Plans = HashMap<(Option<String>, Vec<bool>), Arc<Plan>>;

/// A request that passed.
pub struct Passed {
    /// Its document.
    pub document: Arc<Document>,
    /// The operation it chose.
    pub operation: Node<Operation>,
    /// Its variables, coerced, with their defaults.
    pub variables: Map<String, Value>,
    /// The same, as the gate's library has them.
    pub coerced: Valid<JsonMap>,
}

impl Gate {
    /// A gate for a schema in SDL, with its bounds.
    ///
    /// # Panics
    /// Where the SDL is none: the catalog is at fault, and every test sees it.
    pub fn new(sdl: &str, limits: &Limits) -> Self {
        let schema =
            Schema::parse_and_validate(sdl, "schema.graphql").unwrap_or_else(|errors| panic!("{}", errors.errors));
        Self { schema, documents: Cache::new(limits.documents_cached), limits: limits.clone() }
    }

    /// Lets a request pass, or says everything that is wrong with it.
    pub fn pass(&self, request: &Request) -> Result<Passed, Vec<GraphqlError>> {
        let document = match self.documents.get(request.query.as_str()) {
            Some(document) => document,
            None => {
                let document = Arc::new(self.parse(&request.query)?);
                self.documents.insert(request.query.clone(), document.clone());
                document
            }
        };
        let name = request.operation_name.as_deref();
        let operation = document.parsed.operations.get(name).map_err(|_| vec![no_operation(&document, name)])?.clone();
        let variables = Value::Object(request.variables.clone());
        let given: JsonMap = serde_json::from_value(variables)
            .map_err(|error| vec![GraphqlError::request(Code::BadVariables, error.to_string())])?;
        let coerced =
            apollo_compiler::request::coerce_variable_values(&self.schema, &operation, &given).map_err(|error| {
                let location = location(&document.parsed, error.location());
                vec![GraphqlError::request(Code::BadVariables, error.message().to_string()).at(location)]
            })?;
        let variables = match serde_json::to_value(&*coerced) {
            Ok(Value::Object(variables)) => variables,
            _ => Map::new(),
        };
        Ok(Passed { document, operation, variables, coerced })
    }

    fn parse(&self, text: &str) -> Result<Document, Vec<GraphqlError>> {
        let limits = &self.limits;
        let refused = |message: String| GraphqlError::request(Code::LimitExceeded, message);
        if text.len() > limits.document_bytes {
            let (bytes, most) = (text.len(), limits.document_bytes);
            return Err(vec![refused(format!("the document has {bytes} bytes; at most {most} are read"))]);
        }
        let mut parser = Parser::new().token_limit(limits.tokens).recursion_limit(limits.nesting);
        let parsed = parser.parse_ast(text, "query.graphql");
        let place = |errors: &DiagnosticList| {
            let last = errors.iter().last()?;
            let place = last.error.location()?.line_column(last.sources)?;
            Some((place.line, place.column))
        };
        let beyond = [
            ("tokens", parser.tokens_reached(), limits.tokens),
            ("levels", parser.recursion_reached(), limits.nesting),
        ];
        for (what, reached, most) in beyond {
            if reached > most {
                let place = parsed.as_ref().err().and_then(|found| place(&found.errors));
                return Err(vec![
                    refused(format!("the document has {reached} {what} and more; at most {most} are read")).at(place),
                ]);
            }
        }
        let parsed = parsed.map_err(|found| errors(Code::SyntaxError, &found.errors))?;
        bounds::check(&parsed, limits).map_err(|error| vec![error])?;
        let parsed = parsed.to_executable_validate(&self.schema).map_err(|found| {
            let mut errors = errors(Code::ValidationFailed, &found.errors);
            let suggestions = suggest::suggestions(&parsed);
            for (error, diagnostic) in errors.iter_mut().zip(found.errors.iter()) {
                let place = diagnostic.error.location().map(|place| place.offset());
                error.message.extend(place.and_then(|place| suggestions.get(&place)).cloned());
            }
            errors
        })?;
        let mut conditions = Vec::new();
        for operation in parsed.operations.iter() {
            collect_conditions(&operation.selection_set, &mut conditions);
        }
        for fragment in parsed.fragments.values() {
            collect_conditions(&fragment.selection_set, &mut conditions);
        }
        conditions.sort();
        conditions.dedup();
        Ok(Document { parsed, conditions, plans: Mutex::default() })
    }
}

impl Passed {
    /// The plan of the operation as its conditions fall, compiled if this is the first time.
    pub fn plan(&self, limits: &Limits) -> Result<Arc<Plan>, Vec<GraphqlError>> {
        let falls = |name: &String| self.variables.get(name).and_then(Value::as_bool).unwrap_or(false);
        let key = (
            self.operation.name.as_ref().map(ToString::to_string),
            self.document.conditions.iter().map(falls).collect::<Vec<_>>(),
        );
        let plans = || self.document.plans.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(plan) = plans().get(&key) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(
            Plan::compile(&self.document.parsed, &self.operation, &self.variables, limits)
                .map_err(|error| vec![error])?,
        );
        let mut plans = plans();
        // A document with many conditions has many ways to fall: keep the first ones only.
        if plans.len() < 16 {
            plans.insert(key, plan.clone());
        }
        Ok(plan)
    }
}

/// A place in a document, from 1.
pub fn location(document: &ExecutableDocument, span: Option<SourceSpan>) -> Option<(usize, usize)> {
    span?.line_column(&document.sources).map(|place| (place.line, place.column))
}

fn no_operation(document: &Document, name: Option<&str>) -> GraphqlError {
    let names: Vec<_> = document.parsed.operations.named.keys().map(ToString::to_string).collect();
    let message = match name {
        Some(name) => format!("the document has no operation {name:?}; it has: {}", names.join(", ")),
        None if names.is_empty() => "the document has no operation".to_owned(),
        None => format!("the document has several operations; say which with operationName: {}", names.join(", ")),
    };
    GraphqlError::request(Code::OperationNotFound, message)
}

fn errors(code: Code, list: &DiagnosticList) -> Vec<GraphqlError> {
    let each = list.iter().map(|diagnostic| {
        let place = diagnostic.error.location().and_then(|span| span.line_column(diagnostic.sources));
        let location = place.map(|place| (place.line, place.column));
        GraphqlError::request(code, diagnostic.error.to_string()).at(location)
    });
    each.collect()
}

fn collect_conditions(selections: &SelectionSet, conditions: &mut Vec<String>) {
    for selection in &selections.selections {
        for directive in
            selection.directives().iter().filter(|directive| matches!(directive.name.as_str(), "skip" | "include"))
        {
            let variable = directive.specified_argument_by_name("if").and_then(|value| value.as_variable());
            conditions.extend(variable.map(ToString::to_string));
        }
        match selection {
            Selection::Field(field) => {
                if let Some(inner) = &field.selection_set {
                    collect_conditions(inner, conditions);
                }
            }
            Selection::InlineFragment(fragment) => collect_conditions(&fragment.selection_set, conditions),
            Selection::FragmentSpread(_) => {}
        }
    }
}
