//! Where an answer comes from: the sources and places that its records cite.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::error::FieldError;
use super::object::{entries, targets};
use super::reference::{STYLE, reference_to};
use super::scope::Scope;
use crate::config::CITED_MAX;
use crate::model::catalog::{COMMON, Field, Shape, slot};
use crate::model::closed::SOURCE_KIND;
use crate::model::id::Id;
use crate::model::kinds::SOURCE;
use crate::model::row::Row;
use crate::model::value::{Leaf, name_at, text_at};
use crate::store::Stored;

const TITLE: usize = SOURCE.slot_of("title");
const KIND: usize = SOURCE.slot_of("kind");

/// The sources that records cite, each once with its places, as the answer's extensions show them.
pub fn citations(scope: &Scope, records: impl IntoIterator<Item = Id>) -> Result<Value, FieldError> {
    let Some(edge) = COMMON[slot::CITATIONS].as_edge() else { return Ok(Value::Null) };
    // Source -> place -> the records that it supports.
    let mut sources: BTreeMap<Id, BTreeMap<Vec<Place>, Vec<String>>> = BTreeMap::new();
    let mut uncited = Vec::new();
    let mut more = false;
    for (count, id) in records.into_iter().enumerate() {
        if count == CITED_MAX {
            more = true;
            break;
        }
        let record = scope.referred(id.as_ref())?;
        let mut cited = false;
        for (source, row) in entries(edge, record.row().slot(slot::CITATIONS)) {
            cited = true;
            let place = edge.properties.iter().enumerate().map(|(place, field)| read(row, place + 1, field));
            sources.entry(source.to_owned()).or_default().entry(place.collect()).or_default().push(id.to_string());
        }
        if !cited && record.kind != &SOURCE {
            uncited.push(id.to_string());
        }
    }
    let each = sources.into_iter().map(|(id, places)| {
        let source = scope.referred(id.as_ref())?;
        let places = places.into_iter().map(|(values, supports)| {
            let mut place: Map<String, Value> = edge
                .properties
                .iter()
                .zip(values)
                .filter_map(|(field, value)| match value {
                    Place::Nothing => None,
                    Place::Number(number) => Some((field.name.to_owned(), number.into())),
                    Place::Text(text) => Some((field.name.to_owned(), text.into())),
                })
                .collect();
            place.insert("supports".to_owned(), supports.into());
            Value::Object(place)
        });
        Ok(json!({
            "id": id.to_string(),
            "title": text_at(source.row(), TITLE),
            "kind": kind_of(&source),
            "reference": reference_to(scope, &source)?,
            "places": places.collect::<Vec<_>>(),
        }))
    });
    let each = each.collect::<Result<Vec<_>, FieldError>>()?;
    Ok(json!({ "style": STYLE, "sources": each, "uncited": uncited, "cut": more }))
}

/// One value of a place in a source.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Nothing,
    Number(i32),
    Text(String),
}

fn read(row: Row<'_>, slot: usize, field: &Field) -> Place {
    let Shape::One(scalar) = field.shape else { return Place::Nothing };
    match scalar.read(row.slot(slot)) {
        Some(Leaf::Int(number)) => Place::Number(number),
        leaf => leaf.and_then(|leaf| leaf.text().map(ToOwned::to_owned)).map_or(Place::Nothing, Place::Text),
    }
}

fn kind_of(source: &Stored<'_>) -> Option<&'static str> {
    name_at(&SOURCE_KIND, source.row(), KIND)
}

/// What stands behind a record: the kinds of the sources that it cites, each once.
pub fn kinds_behind(scope: &Scope, record: &Stored<'_>) -> Result<Vec<&'static str>, FieldError> {
    let mut kinds = Vec::new();
    for source in targets(record, slot::CITATIONS) {
        kinds.extend(kind_of(&scope.referred(source.as_ref())?));
    }
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}
