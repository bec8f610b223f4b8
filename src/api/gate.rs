//! The gate: every request passes it, and nothing else reaches a resolver. Size and tokens, parse, validate, choose the
//! operation, coerce the variables.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::executable::{Operation, Selection, SelectionSet};
use apollo_compiler::parser::{Parser, SourceSpan};
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Node, Schema};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::{Map, Value};

use super::coerce::Wrong;
use super::error::{Code, GraphqlError};
use super::plan::Plan;
use super::request::Request;
use super::{bounds, coerce, literals, suggest, tokens};
use crate::config::{ERRORS_MAX, Limits};
use crate::store::log::Revision;

/// The directive by which a query is asked as of a past revision, and its argument.
pub const AT: &str = "at";
/// See [`AT`].
pub const AT_REVISION: &str = "revision";

/// The gate, with the documents that passed it before.
pub struct Gate {
    /// The schema, as the gate validates against it.
    pub schema: Valid<Schema>,
    documents: Cache<String, Arc<Document>, ByText>,
    plans: Cache<PlanKey, Arc<Plan>, ByFields>,
    numbers: AtomicU64,
    limits: Limits,
    /// Whether `__schema` and `__type` are answered, and wrong names told the nearest.
    pub introspects: bool,
}

/// A document that passed.
pub struct Document {
    /// Which document it is.
    number: u64,
    /// The parsed and validated document.
    pub parsed: Valid<ExecutableDocument>,
    /// The variables that decide an `@skip` or `@include`.
    conditions: Vec<String>,
}

/// Which plan: of a document, an operation, and a way that its conditions fall.
type PlanKey = (u64, Option<String>, Vec<bool>);

/// A document weighs what its text does, a plan what its fields do.
#[derive(Clone)]
struct ByText;
#[derive(Clone)]
struct ByFields;

impl Weighter<String, Arc<Document>> for ByText {
    fn weight(&self, text: &String, _: &Arc<Document>) -> u64 {
        text.len() as u64 + 200
    }
}

impl Weighter<PlanKey, Arc<Plan>> for ByFields {
    fn weight(&self, _: &PlanKey, plan: &Arc<Plan>) -> u64 {
        plan.weight()
    }
}

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

impl Passed {
    /// Whether it would change something: a GET may not.
    pub fn changes(&self) -> bool {
        self.operation.is_mutation()
    }

    /// Whether it follows: it has no one answer.
    pub fn follows(&self) -> bool {
        self.operation.is_subscription()
    }

    /// The past revision as of which it asks.
    pub fn at(&self) -> Result<Option<Revision>, GraphqlError> {
        let Some(at) = self.operation.directives.get(AT) else { return Ok(None) };
        let given = at.specified_argument_by_name(AT_REVISION);
        let number = given.and_then(|value| coerce::literal(value, &self.variables)).and_then(|value| value.as_i64());
        let place = || location(&self.document.parsed, at.location());
        let revision = number.and_then(|number| Revision::try_from(number).ok());
        revision.map(Some).ok_or_else(|| {
            let message = format!("@{AT}({AT_REVISION}:): expected a whole number of 0 or more");
            GraphqlError::request(Code::BadVariables, message).at(place())
        })
    }

    /// What its operation is called.
    pub fn operation_name(&self) -> Option<&str> {
        self.operation.name.as_deref()
    }
}

impl Gate {
    /// A gate for a schema in SDL, with its bounds.
    ///
    /// # Panics
    /// Where the SDL is none: the catalog is at fault, and every test sees it.
    pub fn new(sdl: &str, limits: &Limits) -> Self {
        let schema =
            Schema::parse_and_validate(sdl, "schema.graphql").unwrap_or_else(|errors| panic!("{}", errors.errors));
        Self {
            schema,
            documents: Cache::with_weighter(512, limits.document_cache_bytes as u64, ByText),
            plans: Cache::with_weighter(512, limits.plan_cache_fields as u64, ByFields),
            numbers: AtomicU64::new(0),
            limits: limits.clone(),
            introspects: true,
        }
    }

    /// Lets a request pass, or says everything that is wrong with it.
    pub fn pass(&self, request: &Request) -> Result<Passed, Vec<GraphqlError>> {
        let document = self.document(&request.query)?;
        let name = request.operation_name.as_deref();
        let operation = document.parsed.operations.get(name).map_err(|_| vec![no_operation(&document, name)])?.clone();
        if !self.introspects {
            refuse_introspection(&document, &operation)?;
        }
        let variables = Value::Object(request.variables.clone());
        let given: JsonMap = serde_json::from_value(variables)
            .map_err(|error| vec![GraphqlError::request(Code::BadVariables, error.to_string())])?;
        let coerced =
            apollo_compiler::request::coerce_variable_values(&self.schema, &operation, &given).map_err(|error| {
                let location = location(&document.parsed, error.location());
                let explained = self.explained(&operation, &request.variables);
                let explained =
                    explained.unwrap_or_else(|| GraphqlError::request(Code::BadVariables, error.message().to_string()));
                vec![explained.at(location)]
            })?;
        let variables = match serde_json::to_value(&*coerced) {
            Ok(Value::Object(variables)) => variables,
            _ => Map::new(),
        };
        Ok(Passed { document, operation, variables, coerced })
    }

    /// All that is wrong with variables, each in its place; nothing where it is something else that is wrong.
    fn explained(&self, operation: &Operation, given: &Map<String, Value>) -> Option<GraphqlError> {
        let mut wrong = Wrong::default();
        for variable in &operation.variables {
            if let Some(value) = given.get(variable.name.as_str()) {
                wrong.take(&variable.name, coerce::coerce(&literals::type_ref(&variable.ty), value.clone()));
            }
        }
        let wrong = if self.introspects { wrong } else { wrong.without_hints() };
        (!wrong.is_empty()).then(|| GraphqlError::of_arguments(Code::BadVariables, &wrong))
    }

    /// The document of a text, parsed and validated, or everything that is wrong with it.
    pub fn document(&self, text: &str) -> Result<Arc<Document>, Vec<GraphqlError>> {
        if let Some(document) = self.documents.get(text) {
            return Ok(document);
        }
        let document = Arc::new(self.parse(text)?);
        self.documents.insert(text.to_owned(), document.clone());
        Ok(document)
    }

    /// The plan of an operation as its conditions fall, compiled if this is the first time.
    pub fn plan(&self, passed: &Passed) -> Result<Arc<Plan>, Vec<GraphqlError>> {
        let Passed { document, operation, variables, .. } = passed;
        let falls = |name: &String| variables.get(name).and_then(Value::as_bool).unwrap_or(false);
        let name = operation.name.as_ref().map(ToString::to_string);
        let key = (document.number, name, document.conditions.iter().map(falls).collect());
        self.plans
            .get_or_insert_with(&key, || {
                Plan::compile(&document.parsed, operation, variables, &self.limits).map(Arc::new)
            })
            .map_err(|error| vec![error])
    }

    fn parse(&self, text: &str) -> Result<Document, Vec<GraphqlError>> {
        let limits = &self.limits;
        tokens::check(text, limits).map_err(|error| vec![error])?;
        // The tokens were counted: what the parser counts beside them, spaces, is bounded by them.
        let parsed = Parser::new().recursion_limit(limits.nesting).parse_ast(text, "query.graphql");
        let parsed = parsed.map_err(|found| errors(Code::SyntaxError, &found.errors))?;
        bounds::check(text, &parsed, limits).map_err(|error| vec![error])?;
        let parsed = parsed.to_executable_validate(&self.schema).map_err(|found| {
            let mut errors = errors(Code::ValidationFailed, &found.errors);
            let suggestions = if self.introspects { suggest::suggestions(&parsed) } else { HashMap::new() };
            for (error, diagnostic) in errors.iter_mut().zip(found.errors.iter()) {
                let place = diagnostic.error.location().map(|place| place.offset());
                error.message.extend(place.and_then(|place| suggestions.get(&place)).cloned());
            }
            errors
        })?;
        literals::check(&parsed)?;
        let mut conditions = Vec::new();
        for operation in parsed.operations.iter() {
            collect_conditions(&operation.selection_set, &mut conditions);
        }
        for fragment in parsed.fragments.values() {
            collect_conditions(&fragment.selection_set, &mut conditions);
        }
        conditions.sort();
        conditions.dedup();
        Ok(Document { number: self.numbers.fetch_add(1, Ordering::Relaxed), parsed, conditions })
    }
}

/// A place in a document, from 1.
pub fn location(document: &ExecutableDocument, span: Option<SourceSpan>) -> Option<(usize, usize)> {
    span?.line_column(&document.sources).map(|place| (place.line, place.column))
}

/// Refuses an operation that asks for the schema, where that is not told.
fn refuse_introspection(document: &Document, operation: &Operation) -> Result<(), Vec<GraphqlError>> {
    let mut fields = operation.root_fields(&document.parsed);
    let Some(asks) = fields.find(|field| matches!(field.name.as_str(), "__schema" | "__type")) else { return Ok(()) };
    let message =
        format!("{} is not answered here: introspection is switched off; ask the keeper for the schema", asks.name);
    let location = location(&document.parsed, asks.name.location());
    Err(vec![GraphqlError::request(Code::Forbidden, message).at(location)])
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
    let each = list.iter().take(ERRORS_MAX).map(|diagnostic| {
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
