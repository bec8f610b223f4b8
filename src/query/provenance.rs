//! Where an answer comes from: the sources and places that its records cite, and the claims that disagree.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use super::error::FieldError;
use super::object::{Object, PlainValue, Resolved, entries, targets};
use super::reference::{STYLE, reference_to};
use super::scope::Scope;
use crate::config::CITED_MAX;
use crate::model::catalog::{COMMON, Field, Shape, slot};
use crate::model::closed::{NATURE, SOURCE_KIND};
use crate::model::date::PartialDate;
use crate::model::decimal::Decimal;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{OBSERVATION, PERIOD, SOURCE};
use crate::model::row::Row;
use crate::model::value::{Leaf, Scalar, date_at, name_at, text_at};
use crate::query::back::sources_once;
use crate::store::Stored;

const SUBJECT: usize = OBSERVATION.slot_of("subject");
const COUNTERPART: usize = OBSERVATION.slot_of("counterpart");
const INDICATOR: usize = OBSERVATION.slot_of("indicator");
const VALUE: usize = OBSERVATION.slot_of("value");
const THE_NATURE: usize = OBSERVATION.slot_of("nature");
const PERIOD_SLOT: usize = OBSERVATION.slot_of("period");
const START: usize = PERIOD.slot_of("start");
const END: usize = PERIOD.slot_of("end");
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

/// One claim about a subject.
struct Claim {
    id: Id,
    value: Decimal,
    /// The days that it is of; a running total is of the day as of which it holds.
    from: jiff::civil::Date,
    until: jiff::civil::Date,
    kinds: Vec<&'static str>,
}

/// `disagreements`: claims about one thing for one time that give different values.
pub fn disagreements<'a>(scope: &'a Scope, subject: &'a Stored<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let mut claims: BTreeMap<(Id, Option<Id>, &'static str), Vec<Claim>> = BTreeMap::new();
    for id in sources_once(scope, subject.id(), &OBSERVATION, SUBJECT)? {
        let record = scope.referred(id.as_ref())?;
        let row = record.row();
        let value = Scalar::Decimal.read(row.slot(VALUE)).and_then(|leaf| Decimal::parse(leaf.text()?).ok());
        let (Some(value), Some(indicator)) = (value, IdRef::from_bytes(row.slot(INDICATOR))) else { continue };
        let counterpart = IdRef::from_bytes(row.slot(COUNTERPART)).map(IdRef::to_owned);
        let nature = name_at(&NATURE, row, THE_NATURE).unwrap_or_default();
        let (from, until) = days(Row::new(row.slot(PERIOD_SLOT)));
        let claim = Claim { id, value, from, until, kinds: kinds_behind(scope, &record)? };
        claims.entry((indicator.to_owned(), counterpart, nature)).or_default().push(claim);
    }
    let mut found = Vec::new();
    for ((indicator, ..), mut claims) in claims {
        claims.sort_by(|left, right| (left.from, left.until, &left.id).cmp(&(right.from, right.until, &right.id)));
        let mut together: Vec<Claim> = Vec::new();
        let mut reach = jiff::civil::Date::MIN;
        for claim in claims {
            if claim.from > reach && !together.is_empty() {
                found.extend(disagreement(&indicator, &std::mem::take(&mut together)));
            }
            reach = reach.max(claim.until);
            together.push(claim);
        }
        found.extend(disagreement(&indicator, &together));
    }
    Ok(Resolved::List(found))
}

/// Claims for one time, where they differ.
fn disagreement<'a>(indicator: &Id, claims: &[Claim]) -> Option<Resolved<'a>> {
    let first = claims.first()?;
    if claims.iter().all(|claim| claim.value == first.value) {
        return None;
    }
    let value = |value: Option<Decimal>| PlainValue::Leaf(value.map(|value| Leaf::Owned(value.to_string())));
    let claim = |claim: &Claim| {
        let kinds = claim.kinds.iter().map(|kind| PlainValue::Leaf(Some(Leaf::Name(kind))));
        PlainValue::Object(vec![
            ("observation", PlainValue::Record(Some(claim.id.clone()))),
            ("value", value(Some(claim.value))),
            ("sourceKinds", PlainValue::List(kinds.collect())),
        ])
    };
    Some(Resolved::Object(Object::Plain(vec![
        ("indicator", PlainValue::Record(Some(indicator.clone()))),
        ("least", value(claims.iter().map(|claim| claim.value).min())),
        ("most", value(claims.iter().map(|claim| claim.value).max())),
        ("claims", PlainValue::List(claims.iter().map(claim).collect())),
    ])))
}

fn days(period: Row<'_>) -> (jiff::civil::Date, jiff::civil::Date) {
    let (start, end) = (date_at(period, START), date_at(period, END));
    let from = start.or(end).map_or(jiff::civil::Date::MIN, PartialDate::earliest);
    (from, end.map_or(jiff::civil::Date::MAX, PartialDate::latest))
}

/// What stands behind a record: the kinds of the sources that it cites, each once.
fn kinds_behind(scope: &Scope, record: &Stored<'_>) -> Result<Vec<&'static str>, FieldError> {
    let mut kinds = Vec::new();
    for source in targets(record, slot::CITATIONS) {
        kinds.extend(kind_of(&scope.referred(source.as_ref())?));
    }
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}
