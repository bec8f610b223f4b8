//! A record as JSON and back: what the API takes and shows of it, what a line of NDJSON holds.
//!
//! The names are those of the API. A reference is a global id; an edge that carries properties is an object with its target
//! as `node` (a citation's as `source`) beside them; a decimal and a date are text. What has no value is left out.

use serde_json::{Map, Value as Json};

use super::catalog::{Edge, EdgeForm, Field, Kind, Shape};
use super::id::Id;
use super::record::{Invalid, Record};
use super::value::{Scalar, Value};

/// What the id is called.
const ID: &str = "id";

/// The name under which an object of an edge holds its target.
pub fn target_name(edge: &Edge) -> &'static str {
    match edge.form {
        EdgeForm::Objects { target_field, .. } => target_field,
        _ => "node",
    }
}

/// A record with all that has a value, in the order of its kind's declaration.
pub fn write(record: &Record) -> Map<String, Json> {
    let mut object = Map::new();
    object.insert(ID.to_owned(), Json::String(record.id().to_string()));
    for (slot, field) in record.kind.shown() {
        let value = write_field(field, &record.values[slot]);
        if !value.is_null() {
            object.insert(field.name.to_owned(), value);
        }
    }
    object
}

/// One field's value.
pub fn write_field(field: &Field, value: &Value) -> Json {
    match (&field.shape, value) {
        (_, Value::Null) => Json::Null,
        (_, Value::List(items)) if items.is_empty() => Json::Null,
        (Shape::One(scalar) | Shape::List(scalar), value) => each(value, &|item| write_scalar(*scalar, item)),
        (Shape::Struct(of) | Shape::Structs(of), value) => each(value, &|item| match item {
            Value::Struct(values) => Json::Object(write_fields(of.fields, values)),
            _ => Json::Null,
        }),
        (Shape::Edge(edge), value) => each(value, &|item| match item {
            Value::Ref(target) => Json::String(target.to_string()),
            Value::Struct(values) => match values.split_first() {
                Some((Value::Ref(target), properties)) => {
                    let mut object = Map::new();
                    object.insert(target_name(edge).to_owned(), Json::String(target.to_string()));
                    object.extend(write_fields(edge.properties, properties));
                    Json::Object(object)
                }
                _ => Json::Null,
            },
            _ => Json::Null,
        }),
    }
}

fn each(value: &Value, write: &dyn Fn(&Value) -> Json) -> Json {
    match value {
        Value::List(items) => Json::Array(items.iter().map(write).collect()),
        single => write(single),
    }
}

fn write_fields(fields: &[Field], values: &[Value]) -> Map<String, Json> {
    let written = fields.iter().zip(values).map(|(field, value)| (field.name.to_owned(), write_field(field, value)));
    written.filter(|(_, value)| !value.is_null()).collect()
}

fn write_scalar(scalar: Scalar, value: &Value) -> Json {
    match (scalar, value) {
        (_, Value::Text(text)) => Json::String(text.clone()),
        (_, Value::Int(number)) => Json::from(*number),
        (_, Value::Float(number)) => Json::from(*number),
        (_, Value::Bool(truth)) => Json::Bool(*truth),
        (_, Value::Decimal(decimal)) => Json::String(decimal.to_string()),
        (_, Value::Date(date)) => Json::String(date.to_string()),
        (Scalar::Closed(closed), Value::Closed(code)) => closed.value(*code).map_or(Json::Null, Json::from),
        _ => Json::Null,
    }
}

/// The record that an object means, on top of what the record holds so far: a field that is not there stays as it is, null
/// clears it, and any other value takes its place whole. Everything that is wrong is told at once, by its path.
pub fn read(object: &Map<String, Json>, record: Record) -> Result<Record, Vec<Invalid>> {
    let (record, problems) = read_some(object, record);
    if problems.is_empty() { Ok(record) } else { Err(problems) }
}

/// The same, as far as the object can be read: what is wrong leaves its field as it is.
pub fn read_some(object: &Map<String, Json>, mut record: Record) -> (Record, Vec<Invalid>) {
    let mut problems = Vec::new();
    let id = record.id().to_string();
    let mut report = |path: &str, problem: String| {
        problems.push(Invalid { id: id.clone(), path: path.to_owned(), problem });
    };
    for (name, value) in object.iter().filter(|(name, _)| *name != ID) {
        match record.kind.field(name) {
            Some((slot, field)) => {
                if let Some(value) = read_field(field, value, name, &mut report) {
                    record.values[slot] = value;
                }
            }
            None => report(name, format!("the kind {} has no such field", record.kind.name)),
        }
    }
    (record, problems)
}

/// The id of an object that means a record; of a kind, where one is expected.
pub fn read_id(object: &Map<String, Json>, kind: Option<&'static Kind>) -> Result<Id, String> {
    let text = object.get(ID).and_then(Json::as_str).ok_or("expected an id, such as \"city:442000\"")?;
    let id = Id::parse(text).map_err(|error| error.to_string())?;
    match kind {
        Some(kind) if kind.tag != id.tag => {
            Err(format!("expected the id of a {}, such as {}:…, found {id}", kind.name, kind.id))
        }
        _ => Ok(id),
    }
}

type Report<'r> = &'r mut dyn FnMut(&str, String);

/// One field's value; nothing where it was reported.
fn read_field(field: &Field, value: &Json, path: &str, report: Report<'_>) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    match &field.shape {
        Shape::One(scalar) => read_scalar(*scalar, value, path, report),
        Shape::Struct(of) => read_struct(of.fields, value, path, report).map(Value::Struct),
        Shape::Edge(edge) if !edge.is_list() => read_edge(edge, value, path, report),
        shape => {
            let Json::Array(items) = value else {
                report(path, format!("expected a list, found {}", shown(value)));
                return None;
            };
            let mut read = Vec::with_capacity(items.len());
            for (place, item) in items.iter().enumerate() {
                let path = format!("{path}.{place}");
                read.push(match shape {
                    Shape::List(scalar) => read_scalar(*scalar, item, &path, report),
                    Shape::Structs(of) => read_struct(of.fields, item, &path, report).map(Value::Struct),
                    Shape::Edge(edge) => read_edge(edge, item, &path, report),
                    Shape::One(_) | Shape::Struct(_) => None,
                });
            }
            let values: Vec<_> = read.into_iter().collect::<Option<_>>()?;
            // An empty list and none are one.
            Some(if values.is_empty() { Value::Null } else { Value::List(values) })
        }
    }
}

fn read_struct(fields: &[Field], value: &Json, path: &str, report: Report<'_>) -> Option<Vec<Value>> {
    let Json::Object(object) = value else {
        report(path, format!("expected an object, found {}", shown(value)));
        return None;
    };
    if let Some(unknown) = object.keys().find(|name| !fields.iter().any(|field| field.name == **name)) {
        report(&format!("{path}.{unknown}"), "there is no such field".to_owned());
        return None;
    }
    let null = Json::Null;
    let each = fields.iter().map(|field| {
        let value = object.get(field.name).unwrap_or(&null);
        read_field(field, value, &format!("{path}.{}", field.name), report)
    });
    // All are read before any is given up.
    each.collect::<Vec<_>>().into_iter().collect()
}

fn read_edge(edge: &Edge, value: &Json, path: &str, report: Report<'_>) -> Option<Value> {
    if edge.properties.is_empty() {
        return read_ref(value, path, report);
    }
    let target_name = target_name(edge);
    let Json::Object(object) = value else {
        report(path, format!("expected an object with `{target_name}`, found {}", shown(value)));
        return None;
    };
    let mut properties = object.clone();
    let target = properties.shift_remove(target_name).unwrap_or(Json::Null);
    let target = read_ref(&target, &format!("{path}.{target_name}"), report);
    let properties = read_struct(edge.properties, &Json::Object(properties), path, report);
    Some(Value::Struct([target?].into_iter().chain(properties?).collect()))
}

fn read_ref(value: &Json, path: &str, report: Report<'_>) -> Option<Value> {
    let read = match value {
        Json::String(text) => Id::parse(text).map_err(|error| error.to_string()),
        value => Err(format!("expected a global id, found {}", shown(value))),
    };
    read.map(Value::Ref).map_err(|problem| report(path, problem)).ok()
}

fn read_scalar(scalar: Scalar, value: &Json, path: &str, report: Report<'_>) -> Option<Value> {
    let read = match (scalar, value) {
        (Scalar::Bool, Json::Bool(truth)) => Ok(Value::Bool(*truth)),
        // A reader of JSON may have rounded it.
        (Scalar::Decimal, Json::Number(number)) if number.is_f64() => {
            Err(format!("expected a Decimal as text, such as \"0.5\", found the number {number}"))
        }
        (Scalar::Int | Scalar::Float | Scalar::Decimal, Json::Number(number)) => scalar.parse(&number.to_string()),
        (Scalar::Int | Scalar::Float | Scalar::Bool, Json::String(text)) => {
            Err(format!("expected a {}, found the text \"{text}\"", scalar.type_name()))
        }
        (scalar, Json::String(text)) => scalar.parse(text),
        (scalar, value) => Err(format!("expected a {}, found {}", scalar.type_name(), shown(value))),
    };
    read.map_err(|problem| report(path, problem)).ok()
}

fn shown(value: &Json) -> String {
    match value {
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
        Json::Null => "nothing".to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kinds::{CITY, EVENT, GROUP, OBSERVATION, SOURCE};

    fn object(text: &str) -> Map<String, Json> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_written_reads_back() {
        for (kind, text) in [
            (
                &OBSERVATION,
                r#"{"id":"observation:x","citations":[{"source":"source:a","line":3,"printed":"1.26亿元"},{"source":"source:a"}],"note":"n","subject":"city:442000","indicator":"indicator:i","value":"126000000.5","qualifier":"MORE_THAN","period":{"start":"2016","end":"2020-09~"}}"#,
            ),
            (&GROUP, r#"{"id":"group:x","name":"甲","aliases":["乙","丙;丁"],"membersComplete":true}"#),
            (&CITY, r#"{"id":"city:x","codes":[{"code":"442000","validFrom":"1988"}],"latitude":22.5}"#),
            (&EVENT, r#"{"id":"event:x","products":[{"node":"product:p","role":"SHOWED"}]}"#),
        ] {
            let given = object(text);
            let id = read_id(&given, Some(kind)).unwrap();
            let record = read(&given, Record::new(kind, &id.key)).unwrap();
            assert_eq!(serde_json::to_string(&write(&record)).unwrap(), text);
        }
    }

    #[test]
    fn what_is_absent_stays_and_null_clears() {
        let base = read(&object(r#"{"title":"a","titleEn":"b","note":"c"}"#), Record::new(&SOURCE, "x")).unwrap();
        let record = read(&object(r#"{"note":null,"titleEn":"d"}"#), base).unwrap();
        assert_eq!(Json::Object(write(&record)).to_string(), r#"{"id":"source:x","title":"a","titleEn":"d"}"#);
    }

    #[test]
    fn every_problem_is_told_by_its_path() {
        let given = object(
            r#"{"subject":"city","value":"1.2亿","qualifier":"MORE","period":{"begin":"2016"},"citations":[{"source":"source:a","line":"x"},{}],"size":1}"#,
        );
        let told: Vec<_> = read(&given, Record::new(&OBSERVATION, "x"))
            .unwrap_err()
            .iter()
            .map(|problem| problem.path.clone())
            .collect();
        let expected =
            ["subject", "value", "qualifier", "period.begin", "citations.0.line", "citations.1.source", "size"];
        assert_eq!(told, expected);
        assert!(read_id(&object(r#"{"id":"city:1"}"#), Some(&SOURCE)).unwrap_err().contains("source:…"));
    }
}
