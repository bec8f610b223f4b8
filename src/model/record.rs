//! A record as a writer has it: all of its values, owned; packed to a row and unpacked again.

use std::collections::BTreeSet;

use super::bounds;
use super::catalog::{EdgeForm, Field, Kind, REGION, Shape, slot};
use super::date::PartialDate;
use super::decimal::Decimal;
use super::id::{Id, IdRef, is_key};
use super::kinds::PROVINCE;
use super::row::{List, Row, pack_list, pack_row};
use super::value::{Leaf, Scalar, Value};
use crate::config::COVERED_EDGES_MAX;

/// Where a region holds its parent. The levels go down with the tags, so that no region can stand above itself.
const PARENT: usize = PROVINCE.slot_of("parent");

/// A record, whole. The values stand in slot order.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What it is.
    pub kind: &'static Kind,
    /// Its values, one for each slot of the kind.
    pub values: Vec<Value>,
}

/// What is wrong with a record, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{id}: {path}: {problem}")]
pub struct Invalid {
    /// Which record.
    pub id: String,
    /// Which field, dotted into structs and lists.
    pub path: String,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl Record {
    /// A record with nothing but its key.
    pub fn new(kind: &'static Kind, key: &str) -> Self {
        let mut values = vec![Value::Null; slot::OWN + kind.fields.len()];
        values[slot::KEY] = Value::Text(key.to_owned());
        Self { kind, values }
    }

    /// Its key.
    pub fn key(&self) -> &str {
        match &self.values[slot::KEY] {
            Value::Text(key) => key,
            _ => "",
        }
    }

    /// Its id.
    pub fn id(&self) -> Id {
        Id::new(self.kind, self.key())
    }

    /// The row that the store keeps.
    pub fn pack(&self) -> Vec<u8> {
        pack_row(&self.values.iter().map(pack_value).collect::<Vec<_>>())
    }

    /// The record of a row.
    pub fn unpack(kind: &'static Kind, row: &[u8]) -> Self {
        Self::unpack_row(kind, Row::new(row))
    }

    /// The same, of a row that stands in the store's page cache.
    pub fn unpack_row(kind: &'static Kind, row: Row<'_>) -> Self {
        Self { kind, values: kind.slots().map(|(slot, field)| unpack_field(field, row.slot(slot))).collect() }
    }

    /// Every record that it refers to, each by the path that names it.
    pub fn references(&self) -> Vec<(String, &Id)> {
        let edges = self.kind.slots().filter_map(|(slot, field)| Some((slot, field, field.as_edge()?)));
        let each = edges.flat_map(|(slot, field, edge)| {
            let entries = match &self.values[slot] {
                Value::List(items) => items.as_slice(),
                single => std::slice::from_ref(single),
            };
            entries.iter().enumerate().filter_map(move |(place, entry)| {
                let path = if edge.is_list() { format!("{}.{place}", field.name) } else { field.name.to_owned() };
                target_of(entry).map(|target| (path, target))
            })
        });
        each.collect()
    }

    /// Takes out every reference to a record, with what the edge carries. Whether there was one.
    pub fn detach(&mut self, from: &Id) -> bool {
        let mut found = false;
        for (slot, _) in self.kind.slots().filter(|(_, field)| field.as_edge().is_some()) {
            let value = &mut self.values[slot];
            let refers = |entry: &Value| target_of(entry) == Some(from);
            if let Value::List(entries) = value {
                let before = entries.len();
                entries.retain(|entry| !refers(entry));
                found |= entries.len() < before;
                if entries.is_empty() {
                    *value = Value::Null;
                }
            } else if refers(value) {
                *value = Value::Null;
                found = true;
            }
        }
        found
    }

    /// What the model has against the record; nothing where it may be stored. References are the store's to check.
    pub fn problems(&self) -> Vec<Invalid> {
        let mut problems = Vec::new();
        let mut report = |path: &str, problem: String| {
            problems.push(Invalid { id: self.id().to_string(), path: path.to_owned(), problem });
        };
        if !is_key(self.key()) {
            report("id", "a key is 1 to 100 letters, digits, dots, hyphens and underscores of ASCII".to_owned());
        }
        let shown: Vec<_> = self.kind.shown().map(|(slot, _)| slot).collect();
        for (slot, field) in self.kind.slots() {
            let value = &self.values[slot];
            if shown.contains(&slot) {
                field_problems(field, value, field.name, &mut report);
                let value_of = |name: &str| self.kind.field(name).and_then(|(slot, _)| self.values.get(slot));
                if let Some(problem) = bounds::contradiction(field, value, value_of) {
                    report(field.name, problem);
                }
            } else if slot != slot::KEY && *value != Value::Null {
                report(field.name, "this kind has no such field".to_owned());
            }
        }
        for (name, entries) in self.covered_lists().filter(|(_, entries)| *entries > COVERED_EDGES_MAX) {
            let problem = format!(
                "has {entries} entries, of which there are at most {COVERED_EDGES_MAX}: say it in several records"
            );
            report(name, problem);
        }
        if let (true, Some(Value::Ref(parent))) = (self.kind.implements(REGION), self.values.get(PARENT))
            && parent.tag >= self.kind.tag
        {
            report("parent", format!("expected a region of a higher level, found {parent}"));
        }
        problems
    }

    /// The lists of edges that covers go by, and how many entries each has: the row stands in a cover once for each.
    fn covered_lists(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let names: BTreeSet<_> = self.kind.covers.iter().flat_map(|cover| cover.by).copied().collect();
        names.into_iter().filter_map(|name| match &self.values[self.kind.slot_of(name)] {
            Value::List(entries) => Some((name, entries.len())),
            _ => None,
        })
    }
}

/// What an entry of an edge leads to.
fn target_of(entry: &Value) -> Option<&Id> {
    match entry {
        Value::Ref(target) => Some(target),
        Value::Struct(values) => match values.first() {
            Some(Value::Ref(target)) => Some(target),
            _ => None,
        },
        _ => None,
    }
}

fn field_problems(field: &Field, value: &Value, path: &str, report: &mut dyn FnMut(&str, String)) {
    let empty = match value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        _ => false,
    };
    if empty {
        if field.required {
            report(path, "is required".to_owned());
        }
        return;
    }
    if let (true, Value::Struct(values)) = (field.required, value)
        && values.iter().all(|value| *value == Value::Null)
    {
        report(path, "is required".to_owned());
    }
    match (&field.shape, value) {
        (Shape::One(scalar), value) => {
            if let Some(problem) = scalar_problem(*scalar, value).or_else(|| bounds::problem(field, *scalar, value)) {
                report(path, problem);
            }
        }
        (Shape::List(scalar), Value::List(items)) => {
            for (place, item) in items.iter().enumerate() {
                if let Some(problem) = scalar_problem(*scalar, item).or_else(|| bounds::problem(field, *scalar, item)) {
                    report(&format!("{path}.{place}"), problem);
                }
            }
        }
        (Shape::Struct(of), Value::Struct(values)) => fields_problems(of.fields, values, path, report),
        (Shape::Structs(of), Value::List(items)) => {
            for (place, item) in items.iter().enumerate() {
                match item {
                    Value::Struct(values) => fields_problems(of.fields, values, &format!("{path}.{place}"), report),
                    _ => report(&format!("{path}.{place}"), format!("expected a {}", of.name)),
                }
            }
        }
        (Shape::Edge(edge), value) => {
            let entries = match value {
                Value::List(items) => items.as_slice(),
                single => std::slice::from_ref(single),
            };
            let mut targets = BTreeSet::new();
            for (place, entry) in entries.iter().enumerate() {
                let path = &if edge.is_list() { format!("{path}.{place}") } else { path.to_owned() };
                let (target, properties) = match entry {
                    Value::Ref(target) => (target, [].as_slice()),
                    Value::Struct(values) => match values.split_first() {
                        Some((Value::Ref(target), properties)) => (target, properties),
                        _ => {
                            report(path, "an edge begins with its target".to_owned());
                            continue;
                        }
                    },
                    _ => {
                        report(path, "expected a reference".to_owned());
                        continue;
                    }
                };
                if !target.as_ref().kind().is_some_and(|kind| kind.implements(edge.target)) {
                    report(path, format!("expected a {}, found {target}", edge.target));
                }
                // A place in a source can support a record twice; nobody stands on one side of it twice.
                if !targets.insert(target) && !matches!(edge.form, EdgeForm::Objects { .. }) {
                    report(path, format!("names {target} twice"));
                }
                fields_problems(edge.properties, properties, path, report);
            }
        }
        _ => report(path, "holds a value of another shape".to_owned()),
    }
}

fn fields_problems(fields: &[Field], values: &[Value], path: &str, report: &mut dyn FnMut(&str, String)) {
    for (field, value) in fields.iter().zip(values) {
        let path = format!("{path}.{}", field.name);
        field_problems(field, value, &path, report);
        let value_of = |name: &str| fields.iter().position(|field| field.name == name).and_then(|at| values.get(at));
        if let Some(problem) = bounds::contradiction(field, value, value_of) {
            report(&path, problem);
        }
    }
}

fn scalar_problem(scalar: Scalar, value: &Value) -> Option<String> {
    let fits = match (scalar, value) {
        (Scalar::Text, Value::Text(text)) => {
            return match text {
                text if text.is_empty() => Some("is empty; leave it out instead".to_owned()),
                text if text.contains('\0') => Some("holds a NUL character".to_owned()),
                text if text.len() > 100_000 => Some(format!("holds {} bytes; at most 100000 are kept", text.len())),
                _ => None,
            };
        }
        (Scalar::Date, Value::Date(date)) => {
            return PartialDate::parse_day(&date.to_string()).err().map(|error| error.to_string());
        }
        (Scalar::Float, Value::Float(number)) => number.is_finite(),
        (Scalar::Closed(closed), Value::Closed(code)) => closed.value(*code).is_some(),
        (Scalar::Int, Value::Int(_))
        | (Scalar::Bool, Value::Bool(_))
        | (Scalar::Decimal, Value::Decimal(_))
        | (Scalar::PartialDate, Value::Date(_)) => true,
        _ => false,
    };
    (!fits).then(|| format!("expected a {}", scalar.type_name()))
}

/// The bytes of one value; null is none.
fn pack_value(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => Vec::new(),
        Value::Text(text) => text.as_bytes().to_vec(),
        Value::Int(number) => number.to_le_bytes().to_vec(),
        Value::Float(number) => number.to_le_bytes().to_vec(),
        Value::Bool(truth) => vec![u8::from(*truth)],
        Value::Decimal(decimal) => decimal.to_string().into_bytes(),
        Value::Date(date) => date.to_string().into_bytes(),
        Value::Closed(code) => vec![*code],
        Value::Ref(id) => id.as_ref().to_bytes(),
        // An object without a value is none: a table cannot tell the two apart.
        Value::Struct(values) if values.iter().all(|value| *value == Value::Null) => Vec::new(),
        Value::Struct(values) => pack_row(&values.iter().map(pack_value).collect::<Vec<_>>()),
        Value::List(items) => pack_list(&items.iter().map(pack_value).collect::<Vec<_>>()),
    }
}

fn unpack_field(field: &Field, bytes: &[u8]) -> Value {
    let list = |item: &dyn Fn(&[u8]) -> Value| {
        if bytes.is_empty() { Value::Null } else { Value::List(List::new(bytes).iter().map(item).collect()) }
    };
    match &field.shape {
        _ if bytes.is_empty() => Value::Null,
        Shape::One(scalar) => unpack_scalar(*scalar, bytes),
        Shape::List(scalar) => list(&|item| unpack_scalar(*scalar, item)),
        Shape::Struct(of) => unpack_struct(of.fields, bytes),
        Shape::Structs(of) => list(&|item| unpack_struct(of.fields, item)),
        Shape::Edge(edge) => {
            let entry = |bytes: &[u8]| {
                if edge.properties.is_empty() {
                    return unpack_ref(bytes);
                }
                let row = Row::new(bytes);
                let properties = edge.properties.iter().enumerate();
                let mut values = vec![unpack_ref(row.slot(0))];
                values.extend(properties.map(|(place, field)| unpack_field(field, row.slot(place + 1))));
                Value::Struct(values)
            };
            if edge.is_list() { list(&entry) } else { entry(bytes) }
        }
    }
}

fn unpack_struct(fields: &[Field], bytes: &[u8]) -> Value {
    let row = Row::new(bytes);
    Value::Struct(fields.iter().enumerate().map(|(slot, field)| unpack_field(field, row.slot(slot))).collect())
}

fn unpack_ref(bytes: &[u8]) -> Value {
    IdRef::from_bytes(bytes).map_or(Value::Null, |id| Value::Ref(id.to_owned()))
}

fn unpack_scalar(scalar: Scalar, bytes: &[u8]) -> Value {
    match (scalar, scalar.read(bytes)) {
        (Scalar::Text, Some(Leaf::Text(text))) => Value::Text(text.to_owned()),
        (Scalar::Decimal, Some(Leaf::Text(text))) => Decimal::parse(text).map_or(Value::Null, Value::Decimal),
        (Scalar::Date | Scalar::PartialDate, Some(Leaf::Text(text))) => {
            PartialDate::parse(text).map_or(Value::Null, Value::Date)
        }
        (_, Some(Leaf::Int(number))) => Value::Int(number),
        (_, Some(Leaf::Float(number))) => Value::Float(number),
        (_, Some(Leaf::Bool(truth))) => Value::Bool(truth),
        (Scalar::Closed(_), Some(Leaf::Name(_))) => Value::Closed(bytes[0]),
        _ => Value::Null,
    }
}
