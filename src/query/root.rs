//! The root fields of a query.

use serde_json::Value;

use super::arguments::Arguments;
use super::build::{argument, connection_field, plain};
use super::error::FieldError;
use super::history;
use super::network;
use super::object::{Object, Resolved, Resolver};
use super::scope::Scope;
use super::search;
use super::types::{FieldDef, TypeRef};
use crate::config::NODES_MAX;
use crate::model::catalog::{NODE, REGION};
use crate::model::id::Id;
use crate::model::kinds::KINDS;
use crate::store::Stored;

/// A root field's function.
pub type RootFn = for<'a> fn(&'a Scope, &Arguments) -> Result<Resolved<'a>, FieldError>;

/// The fields of `Query`.
pub fn root_fields() -> Vec<FieldDef> {
    let mut fields = vec![
        FieldDef {
            arguments: vec![argument(
                "id",
                "Its global id, such as `city:442000`. A region is also found by any other code that it has or had.",
                TypeRef::required("ID"),
            )],
            ..plain(
                "node",
                "The record of a global id; null where there is none.",
                TypeRef::nullable(NODE),
                Resolver::Root(node),
            )
        },
        FieldDef {
            arguments: vec![argument(
                "ids",
                &format!("Their global ids, at most {NODES_MAX}."),
                TypeRef::required("ID").list(),
            )],
            ..plain(
                "nodes",
                "The records of several global ids, in their order, with null where there is none.",
                TypeRef::nullable(NODE).list().or_null(true),
                Resolver::Root(nodes),
            )
        },
        FieldDef {
            arguments: vec![argument(
                "code",
                "Any code that it has or had: 6 digits by GB/T 2260, 9 or 12 below the county.",
                TypeRef::required("String"),
            )],
            ..plain(
                "region",
                "The region of a code; null where there is none.",
                TypeRef::nullable(REGION),
                Resolver::Root(region),
            )
        },
    ];
    fields.extend(search::root_fields());
    fields.extend(network::root_fields());
    fields.extend(history::root_fields());
    fields.extend(KINDS.iter().map(|kind| {
        let doc = format!("{}: all records of the kind {}, in the order of their keys.", kind.zh, kind.name);
        connection_field(kind.plural, &doc, kind.name, kind.name, Vec::new(), Resolver::RootKind(kind))
    }));
    fields
}

fn node<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    find(scope, arguments.text("id").unwrap_or_default())
}

fn nodes<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let ids = arguments.get("ids").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if ids.len() > NODES_MAX {
        return Err(FieldError::input(format!(
            "ids: expected at most {NODES_MAX}, found {}; ask in several requests",
            ids.len()
        )));
    }
    let found = ids.iter().map(|id| find(scope, id.as_str().unwrap_or_default()));
    Ok(Resolved::List(found.collect::<Result<_, _>>()?))
}

fn region<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    Ok(record(scope.region_of_code(arguments.text("code").unwrap_or_default())?))
}

fn find<'a>(scope: &'a Scope, id: &str) -> Result<Resolved<'a>, FieldError> {
    let id = Id::parse(id).map_err(|error| FieldError::input(format!("id: {error}")))?;
    Ok(record(scope.node(id.as_ref())?))
}

fn record(record: Option<Stored<'_>>) -> Resolved<'_> {
    record.map_or(Resolved::Null, |record| Resolved::Object(Object::Record(record)))
}
