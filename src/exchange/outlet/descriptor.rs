//! `datapackage.json` (Data Package 2.0): what each table and column of an exported package holds, from the catalog.

use serde::Serialize;
use serde_json::Value as Json;

use super::OutletError;
use crate::exchange::builtin;
use crate::exchange::columns::{Column, Place, Rows, Table, has_own_file, table_of, tables};
use crate::model::catalog::{EdgeForm, Field, NODE, Shape};
use crate::model::kinds::{KINDS, kind_named};
use crate::model::value::Scalar;
use crate::store::Snapshot;

/// Where it stands in a package.
pub const PATH: &str = "datapackage.json";

#[derive(Serialize)]
struct Descriptor {
    #[serde(rename = "$schema")]
    profile: &'static str,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<Of>,
    #[serde(skip_serializing_if = "Json::is_null")]
    licenses: Json,
    #[serde(skip_serializing_if = "Json::is_null")]
    sources: Json,
    resources: Vec<Resource>,
}

/// Of which revision of which database it is, for an import that brings it back.
#[derive(Serialize)]
struct Of {
    revision: u64,
    entry: String,
}

#[derive(Serialize)]
struct Resource {
    name: &'static str,
    path: String,
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    description: &'static str,
    format: &'static str,
    mediatype: &'static str,
    encoding: &'static str,
    schema: Schema,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    #[serde(rename = "$schema")]
    profile: &'static str,
    fields: Vec<FieldSchema>,
    missing_values: [&'static str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    primary_key: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    foreign_keys: Vec<ForeignKey>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct FieldSchema {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    true_values: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    false_values: Option<[&'static str; 1]>,
    description: &'static str,
    #[serde(skip_serializing_if = "Constraints::is_empty")]
    constraints: Constraints,
}

#[derive(Serialize, Default)]
struct Constraints {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unique: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    names: Vec<&'static str>,
}

#[derive(Serialize)]
struct ForeignKey {
    fields: [&'static str; 1],
    reference: Reference,
}

#[derive(Serialize)]
struct Reference {
    /// Empty where it is the table itself.
    resource: &'static str,
    fields: [&'static str; 1],
}

impl Constraints {
    fn is_empty(&self) -> bool {
        !self.required && !self.unique && self.pattern.is_none() && self.names.is_empty()
    }
}

/// The descriptor of a snapshot's package. When it was made is when its revision was.
pub fn descriptor(snapshot: &Snapshot) -> Result<Vec<u8>, OutletError> {
    let time_ms = snapshot.time_of(snapshot.revision()?)?;
    let created = time_ms.and_then(|time| jiff::Timestamp::from_millisecond(time).ok());
    let builtin: Json =
        builtin::files().get(PATH).and_then(|text| serde_json::from_slice(text).ok()).unwrap_or_default();
    let descriptor = Descriptor {
        profile: "https://datapackage.org/profiles/2.0/datapackage.json",
        name: "jiedui",
        title: "jiedui 结对: paired assistance between Chinese regions",
        description: "Every record of a jiedui database, with the places in sources that support each: a table for each kind, and one for each list whose items hold several values. In a cell that lists items, \\ stands before a ; or \\ of an item, and before white space at its ends.",
        created: created.map(|time| time.to_string()),
        snapshot: snapshot.mark()?.map(|mark| Of { revision: mark.revision, entry: mark.entry }),
        licenses: builtin["licenses"].clone(),
        sources: builtin["sources"].clone(),
        resources: tables().iter().map(resource).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&descriptor).map_err(std::io::Error::other)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn resource(table: &'static Table) -> Resource {
    let (title, description) = match table.rows {
        Rows::Records(kind) => (format!("{} ({})", capital(kind.plural), kind.zh), kind.doc),
        Rows::Entries(Some(kind), _, field) => (format!("{}: {}", capital(kind.plural), field.name), field.doc),
        Rows::Entries(None, _, field) => (capital(field.name), field.doc),
    };
    let is_kind = matches!(table.rows, Rows::Records(_));
    Resource {
        name: &table.name,
        path: table.path(),
        kind: "table",
        title,
        description,
        format: "csv",
        mediatype: "text/csv",
        encoding: "utf-8",
        schema: Schema {
            profile: "https://datapackage.org/profiles/2.0/tableschema.json",
            fields: table.columns.iter().map(|column| field(table, column)).collect(),
            missing_values: [""],
            primary_key: if is_kind { vec!["id"] } else { Vec::new() },
            foreign_keys: table.columns.iter().filter_map(|column| foreign_key(table, column)).collect(),
        },
    }
}

/// `laborStations` as `LaborStations`, for a title.
fn capital(name: &str) -> String {
    let (first, rest) = name.split_at(name.len().min(1));
    first.to_uppercase() + rest
}

fn field(table: &'static Table, column: &'static Column) -> FieldSchema {
    let made = FieldSchema { name: &column.heading, kind: "string", ..FieldSchema::default() };
    match (column.field, column.place) {
        (Some(field), place) => {
            let constraints = Constraints { required: is_required(field, place), ..shape_constraints(field) };
            FieldSchema { description: field.doc, constraints, ..typed(field, made) }
        }
        (None, _) => {
            let (of, unique, description) = match table.rows {
                Rows::Records(kind) => (kind.name, true, "The global id: the kind, a colon, and the key."),
                Rows::Entries(kind, ..) => {
                    (kind.map_or(NODE, |kind| kind.name), false, "The global id of the record that it belongs to.")
                }
            };
            let constraints =
                Constraints { required: true, unique, pattern: Some(ids_of(of)), ..Constraints::default() };
            FieldSchema { description, constraints, ..made }
        }
    }
}

/// A struct that is left out leaves out what it requires, and an edge's entry has its target.
fn is_required(field: &Field, place: Place) -> bool {
    match place {
        Place::Target => true,
        Place::Inner(..) => false,
        _ => field.required,
    }
}

fn typed(field: &Field, made: FieldSchema) -> FieldSchema {
    match &field.shape {
        Shape::One(Scalar::Int) => FieldSchema { kind: "integer", ..made },
        Shape::One(Scalar::Float | Scalar::Decimal) => FieldSchema { kind: "number", ..made },
        Shape::One(Scalar::Bool) => {
            FieldSchema { kind: "boolean", true_values: Some(["true"]), false_values: Some(["false"]), ..made }
        }
        Shape::One(Scalar::Date) => FieldSchema { kind: "date", ..made },
        Shape::List(_) => FieldSchema { kind: "list", delimiter: Some(";"), item_type: Some("string"), ..made },
        Shape::Edge(edge) if edge.is_list() && !has_own_file(field) => {
            FieldSchema { kind: "list", delimiter: Some(";"), item_type: Some("string"), ..made }
        }
        _ => made,
    }
}

fn shape_constraints(field: &Field) -> Constraints {
    let pattern = |pattern: String| Constraints { pattern: Some(pattern), ..Constraints::default() };
    match &field.shape {
        Shape::One(Scalar::PartialDate) => pattern("^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?~?$".to_owned()),
        Shape::One(Scalar::Closed(closed)) => {
            Constraints { names: closed.values.iter().map(|(name, _)| *name).collect(), ..Constraints::default() }
        }
        Shape::Edge(edge) if !edge.is_list() || has_own_file(field) => pattern(ids_of(edge.target)),
        _ => Constraints::default(),
    }
}

/// The ids of the records that are, or implement, a type.
fn ids_of(name: &str) -> String {
    let kinds: Vec<_> = KINDS.iter().filter(|kind| kind.implements(name)).map(|kind| kind.id).collect();
    match kinds.as_slice() {
        [one] => format!("^{one}:[A-Za-z0-9._-]+$"),
        _ if name == NODE => "^[a-z-]+:[A-Za-z0-9._-]+$".to_owned(),
        several => format!("^({}):[A-Za-z0-9._-]+$", several.join("|")),
    }
}

/// What a column leads to, where that is one table: an interface's records stand in several.
fn foreign_key(table: &'static Table, column: &'static Column) -> Option<ForeignKey> {
    let target = match (column.place, column.field.map(|field| field.shape), table.rows) {
        (Place::Id, _, Rows::Entries(kind, ..)) => kind?,
        (Place::Target, Some(Shape::Edge(edge)), _) => kind_named(edge.target)?,
        (_, Some(Shape::Edge(edge)), _) if edge.form == EdgeForm::One => kind_named(edge.target)?,
        _ => return None,
    };
    let target = table_of(target)?;
    let resource = if target.name == table.name { "" } else { &target.name };
    Some(ForeignKey { fields: [&column.heading], reference: Reference { resource, fields: ["id"] } })
}
