//! async-graphql: it is the schema, and by a switch the second executor. Its registry is fed from the types of the API, and
//! one container type reads every object through the resolvers that the plan calls too.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_container;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Name, ObjectType, OutputType, PathSegment, Positioned,
    QueryPathSegment, SDLExportOptions, ServerError, ServerResult, SubscriptionType, ValidationMode,
    Value as ConstValue, Variables,
};
use futures_util::Stream;
use serde_json::{Map, Value};

use super::coerce;
use super::error::{Code, GraphqlError, Segment};
use super::plan::Plan;
use super::registry;
use super::request::{Answer, Request};
use crate::config::ERRORS_MAX;
use crate::model::value::Leaf;
use crate::query::arguments::{Arguments, Asked};
use crate::query::error::FieldError;
use crate::query::object::{Object, Resolved};
use crate::query::scope::Scope;
use crate::query::types;
use crate::query::types::{FieldDef, Type, TypeRef};

/// The schema.
pub type Schema = async_graphql::Schema<Root, Changes, Followed>;

/// The schema of the catalog's types.
pub fn schema() -> Schema {
    Schema::build(Root, Changes, Followed)
        // The gate has validated, and its bounds are tighter.
        .validation_mode(ValidationMode::Fast)
        .limit_recursive_depth(usize::MAX)
        // Building leaves out interfaces that no field returns, though types implement them; this brings them back.
        .register_output_type::<Root>()
        .finish()
}

/// A schema as text.
pub fn sdl(schema: &Schema) -> String {
    schema.sdl_with_options(
        SDLExportOptions::new().include_specified_by().prefer_single_line_descriptions().use_space_ident(),
    )
}

/// Runs a request that the gate let pass.
pub async fn run(
    schema: &Schema,
    scope: Arc<Scope>,
    request: &Request,
    variables: Map<String, Value>,
    plan: Arc<Plan>,
) -> Result<Answer, Vec<GraphqlError>> {
    let mut asked = async_graphql::Request::new(request.query.as_str())
        .variables(Variables::from_json(Value::Object(variables.clone())))
        .data(scope)
        .data(plan)
        .data(Given(variables));
    if let Some(name) = &request.operation_name {
        asked = asked.operation_name(name);
    }
    let answer = schema.execute(asked).await;
    let errors: Vec<_> = answer.errors.iter().map(error_of).collect();
    if let Some(beyond) = errors.iter().find(|error| error.code == Code::LimitExceeded) {
        return Err(vec![beyond.clone()]);
    }
    if errors.len() > ERRORS_MAX {
        return Err(vec![GraphqlError::too_many_errors()]);
    }
    let refused = answer.data == ConstValue::Null && errors.iter().any(|error| error.path.is_empty());
    if refused {
        return Err(errors);
    }
    let data = serde_json::to_vec(&answer.data).map_err(|error| vec![GraphqlError::internal(error.to_string())])?;
    Ok(Answer { data: Some(data), errors, extensions: Map::new() })
}

/// The coerced variables of a request.
struct Given(Map<String, Value>);

fn error_of(error: &ServerError) -> GraphqlError {
    let path = error.path.iter().map(|segment| match segment {
        PathSegment::Field(name) => Segment::Field(name.clone()),
        PathSegment::Index(index) => Segment::Index(*index),
    });
    let known = error.source.as_ref().and_then(|source| source.downcast_ref::<FieldError>());
    let locations = error.locations.iter().map(|place| (place.line, place.column)).collect();
    let path: Vec<_> = path.collect();
    match known {
        Some(known) => GraphqlError { locations, ..GraphqlError::field(known.clone(), path, (1, 1)) },
        None => GraphqlError { locations, path, ..GraphqlError::request(Code::ValidationFailed, &error.message) },
    }
}

/// The root of queries.
pub struct Root;

impl OutputType for Root {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("Query")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry::fill(registry);
        Self::qualified_type_name()
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<ConstValue> {
        resolve_container(ctx, self).await
    }
}

impl ContainerType for Root {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<ConstValue>> {
        match types().find("Query").and_then(|ty| ty.field(&ctx.item.node.name.node)) {
            None => Ok(None),
            Some(def) => answer_field(ctx, def, &Object::Root).await.map(Some),
        }
    }
}

impl ObjectType for Root {}

/// The root of mutations, for the schema alone: changes are made by the plan, whichever executor runs queries, so that one
/// path alone makes them.
pub struct Changes;

impl OutputType for Changes {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(types::MUTATION)
    }

    fn create_type_info(_: &mut Registry) -> String {
        // The root of queries registers every type.
        Self::qualified_type_name()
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<ConstValue> {
        resolve_container(ctx, self).await
    }
}

impl ContainerType for Changes {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<ConstValue>> {
        match types().find(types::MUTATION).and_then(|ty| ty.field(&ctx.item.node.name.node)) {
            None => Ok(None),
            Some(def) => answer_field(ctx, def, &Object::Root).await.map(Some),
        }
    }
}

impl ObjectType for Changes {}

/// The root of subscriptions, for the schema alone: the plan makes their events, whichever executor runs queries.
pub struct Followed;

impl SubscriptionType for Followed {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed(types::SUBSCRIPTION)
    }

    fn create_type_info(_: &mut Registry) -> String {
        // The root of queries registers every type.
        Self::qualified_type_name()
    }

    fn create_field_stream<'a>(
        &'a self,
        _: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = async_graphql::Response> + Send + 'a>>> {
        None
    }
}

/// Any other object, with the type that it has at this moment.
struct Container<'a> {
    ty: &'static Type,
    object: &'a Object<'a>,
}

impl OutputType for Container<'_> {
    /// The name of no type: a fragment applies by the object's own type and its interfaces.
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("__Container")
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(&self.ty.name)
    }

    fn create_type_info(_: &mut Registry) -> String {
        Self::qualified_type_name()
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<ConstValue> {
        resolve_container(ctx, self).await
    }
}

impl ContainerType for Container<'_> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<ConstValue>> {
        match self.ty.field(&ctx.item.node.name.node) {
            None => Ok(None),
            Some(def) => answer_field(ctx, def, self.object).await.map(Some),
        }
    }
}

/// Resolves a field and completes its value.
async fn answer_field(ctx: &Context<'_>, def: &'static FieldDef, object: &Object<'_>) -> ServerResult<ConstValue> {
    let scope: &Arc<Scope> = ctx.data_unchecked();
    let given: &Given = ctx.data_unchecked();
    let selections = ctx.with_selection_set(&ctx.item.node.selection_set);
    let resolved = arguments(ctx, def, &given.0).and_then(|arguments| {
        let arguments = if def.resolver.looks_ahead() { arguments.with_asked(asked(ctx)) } else { arguments };
        def.resolver.resolve_noting(scope, object, &arguments, || names(ctx).join("."))
    });
    match resolved {
        Ok(resolved) => complete(&selections, ctx.item, &def.ty, &resolved).await,
        Err(error) => failed(&selections, ctx.item, &def.ty, error),
    }
}

/// What is asked of a field's value, as the plan has it.
fn asked(ctx: &Context<'_>) -> Asked {
    let plan: &Arc<Plan> = ctx.data_unchecked();
    plan.asked(&names(ctx))
}

/// The names in the answer that lead to a field, without places in lists.
fn names<'c>(ctx: &'c Context<'_>) -> Vec<&'c str> {
    let nodes = std::iter::successors(ctx.path_node.as_ref(), |node| node.parent);
    let names = nodes.filter_map(|node| match node.segment {
        QueryPathSegment::Name(name) => Some(name),
        QueryPathSegment::Index(_) => None,
    });
    let mut path: Vec<&str> = names.collect();
    path.reverse();
    path
}

fn arguments(
    ctx: &Context<'_>,
    def: &'static FieldDef,
    variables: &Map<String, Value>,
) -> Result<Arguments, FieldError> {
    let value = |name: &str| {
        let given = ctx.item.node.arguments.iter().find(|(given, _)| given.node == name);
        given.and_then(|(_, value)| literal(&value.node, variables))
    };
    coerce::arguments(&def.arguments, value)
        .map_err(|wrong| FieldError::input(wrong.to_string()).with("faults", wrong.to_json()))
}

/// A literal as JSON, with variables replaced; nothing where it is a variable that was not given.
fn literal(value: &async_graphql_value::Value, variables: &Map<String, Value>) -> Option<Value> {
    use async_graphql_value::Value as Literal;
    Some(match value {
        Literal::Variable(name) => return variables.get(name.as_str()).cloned(),
        Literal::Null => Value::Null,
        Literal::Number(number) => Value::Number(number.clone()),
        Literal::String(text) => Value::String(text.clone()),
        Literal::Boolean(truth) => Value::Bool(*truth),
        Literal::Binary(_) => Value::Null,
        Literal::Enum(name) => Value::String(name.to_string()),
        Literal::List(items) => items.iter().map(|item| literal(item, variables).unwrap_or(Value::Null)).collect(),
        Literal::Object(fields) => Value::Object(
            fields.iter().filter_map(|(name, value)| Some((name.to_string(), literal(value, variables)?))).collect(),
        ),
    })
}

type Completed<'f> = Pin<Box<dyn Future<Output = ServerResult<ConstValue>> + Send + 'f>>;

/// The value of what a resolver gave. A null that may not stand is an error for the parent to take.
fn complete<'f>(
    ctx: &'f ContextSelectionSet<'f>,
    field: &'f Positioned<Field>,
    ty: &'f TypeRef,
    resolved: &'f Resolved<'f>,
) -> Completed<'f> {
    Box::pin(async move {
        let completed = match (resolved, ty) {
            (Resolved::Null, ty) if ty.is_nullable() => return Ok(ConstValue::Null),
            (Resolved::Null, _) => {
                let name = &field.node.response_key().node;
                return failed(
                    ctx,
                    field,
                    ty,
                    FieldError::internal(format!("{name} has no value and may not be null")),
                );
            }
            (Resolved::Leaf(leaf), _) => return Ok(leaf_value(leaf)),
            (Resolved::List(items), TypeRef::List { of, .. }) => {
                let mut values = Vec::with_capacity(items.len());
                let mut stopped = None;
                for (index, item) in items.iter().enumerate() {
                    match complete(&ctx.with_index(index), field, of, item).await {
                        Ok(value) => values.push(value),
                        Err(error) => {
                            stopped = Some(error);
                            break;
                        }
                    }
                }
                stopped.map_or(Ok(ConstValue::List(values)), Err)
            }
            (Resolved::List(_), _) => {
                return failed(ctx, field, ty, FieldError::internal("a list where none may stand"));
            }
            (Resolved::Object(object), ty) => match type_of(ty.name(), object) {
                Some(ty) => {
                    if let Some(record) = object.record() {
                        ctx.data_unchecked::<Arc<Scope>>().trace.rest_on(record.id());
                    }
                    resolve_container(ctx, &Container { ty, object }).await
                }
                None => {
                    let name = &field.node.response_key().node;
                    return failed(
                        ctx,
                        field,
                        ty,
                        FieldError::internal(format!("{name} holds a record of another type")),
                    );
                }
            },
        };
        match completed {
            Err(error) if ty.is_nullable() => {
                // `add_error` of a context sets its own path, and the error has the right one.
                if let Ok(mut errors) = ctx.query_env.errors.lock() {
                    errors.push(error);
                }
                Ok(ConstValue::Null)
            }
            completed => completed,
        }
    })
}

/// A field that has no value: null where that may stand, an error for the parent to take where not.
fn failed(
    ctx: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
    ty: &TypeRef,
    error: FieldError,
) -> ServerResult<ConstValue> {
    let mut failed = ServerError::new(error.message.clone(), Some(field.pos));
    failed.source = Some(Arc::new(error));
    let failed = ctx.set_error_path(failed);
    if !ty.is_nullable() {
        return Err(failed);
    }
    if let Ok(mut errors) = ctx.query_env.errors.lock() {
        errors.push(failed);
    }
    Ok(ConstValue::Null)
}

/// The type of an object: of a record, its kind's, where that is of the declared type.
fn type_of(declared: &str, object: &Object<'_>) -> Option<&'static Type> {
    match object.record() {
        Some(record) if record.kind.implements(declared) => types().find(record.kind.name),
        Some(_) => None,
        None => types().find(declared),
    }
}

fn leaf_value(leaf: &Leaf<'_>) -> ConstValue {
    match leaf {
        Leaf::Text(text) => ConstValue::String((*text).to_owned()),
        Leaf::Owned(text) => ConstValue::String(text.clone()),
        Leaf::Id(kind, key) => ConstValue::String(format!("{kind}:{key}")),
        Leaf::Int(number) => ConstValue::from(*number),
        Leaf::Float(number) => ConstValue::from(*number),
        Leaf::Bool(truth) => ConstValue::Boolean(*truth),
        Leaf::Name(name) => ConstValue::Enum(Name::new(*name)),
    }
}
