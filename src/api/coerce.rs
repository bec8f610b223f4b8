//! Input coercion, for literals and variables alike: defaults, list wrapping, our scalars, enums and input objects.

use apollo_compiler::Node;
use apollo_compiler::ast;
use serde_json::{Map, Value};

use crate::model::date::PartialDate;
use crate::model::decimal::Decimal;
use crate::query::arguments::{Arguments, size_of};
use crate::query::mutation::UPLOAD;
use crate::query::types;
use crate::query::types::{Body, InputDef, TypeRef};

/// Coerces the arguments of a field. What `value` gives nothing for is absent.
pub fn arguments(defs: &[InputDef], mut value: impl FnMut(&str) -> Option<Value>) -> Result<Arguments, String> {
    let mut coerced = Map::new();
    for def in defs {
        match value(&def.name) {
            Some(given) => {
                let given = coerce(&def.ty, given).map_err(|why| format!("{}: {why}", def.name))?;
                coerced.insert(def.name.clone(), given);
            }
            None => match &def.default {
                Some(default) => drop(coerced.insert(def.name.clone(), default.clone())),
                None if def.ty.is_nullable() => {}
                None => return Err(format!("{}: expected {}, and it is not given", def.name, def.ty)),
            },
        }
    }
    Ok(Arguments::new(coerced))
}

/// Coerces one value to a type. The error says what was expected and what was found.
pub fn coerce(ty: &TypeRef, value: Value) -> Result<Value, String> {
    match (ty, value) {
        (ty, Value::Null) if ty.is_nullable() => Ok(Value::Null),
        (ty, Value::Null) => Err(format!("expected {ty}, found null")),
        (TypeRef::List { of, .. }, Value::Array(items)) => {
            let each = |(place, item)| coerce(of, item).map_err(|why| format!("[{place}]: {why}"));
            Ok(Value::Array(items.into_iter().enumerate().map(each).collect::<Result<_, _>>()?))
        }
        // One value stands for a list of it.
        (TypeRef::List { of, .. }, single) => Ok(Value::Array(vec![coerce(of, single)?])),
        (TypeRef::Named { name, .. }, value) => named(name, value),
    }
}

fn named(name: &str, value: Value) -> Result<Value, String> {
    let expected = |value: &Value| format!("expected {name}, found {}", shortened(value));
    match types().find(name).map(|ty| &ty.body) {
        Some(Body::Enum(closed)) => match value.as_str() {
            Some(text) if closed.code(text).is_some() => Ok(value),
            _ => Err(expected(&value)),
        },
        Some(Body::Input { fields, one_of }) => match value {
            Value::Object(mut object) => {
                if *one_of && (object.len() != 1 || object.values().any(Value::is_null)) {
                    return Err(format!("expected exactly one field of {name}, and not null; found {}", object.len()));
                }
                let coerced = arguments(fields, |field| object.remove(field))?;
                match object.keys().next() {
                    Some(unknown) => Err(format!("{name} has no field {unknown}")),
                    None => Ok(Value::Object(coerced.into_values())),
                }
            }
            other => Err(expected(&other)),
        },
        Some(Body::Scalar(_)) => scalar(name, value),
        _ => Err(format!("{name} is no input type")),
    }
}

fn scalar(name: &str, value: Value) -> Result<Value, String> {
    let fits = match (name, &value) {
        ("Int", Value::Number(number)) => whole(number).is_some_and(|number| i32::try_from(number).is_ok()),
        ("Float", Value::Number(number)) => number.as_f64().is_some_and(f64::is_finite),
        ("String", Value::String(_)) | ("ID", Value::String(_)) | ("Boolean", Value::Bool(_)) => true,
        ("ID", Value::Number(number)) if number.is_i64() || number.is_u64() => {
            return Ok(Value::String(number.to_string()));
        }
        (UPLOAD, Value::String(_)) => true,
        (UPLOAD, _) => return Err("expected a file: send it as a part of a multipart request".to_owned()),
        ("Decimal", Value::String(text)) => {
            return Decimal::parse(text).map(|_| value).map_err(|error| error.to_string());
        }
        // As JSON it is exact up to 64 bits; a fraction would have become a float on the way.
        ("Decimal", Value::Number(number)) if number.is_i64() || number.is_u64() => {
            return Ok(Value::String(number.to_string()));
        }
        ("Date", Value::String(text)) => {
            return PartialDate::parse_day(text).map(|_| value).map_err(|error| error.to_string());
        }
        ("PartialDate", Value::String(text)) => {
            return PartialDate::parse(text).map(|_| value).map_err(|error| error.to_string());
        }
        _ => false,
    };
    match (fits, &value) {
        (false, value) => Err(format!("expected {name}, found {}", shortened(value))),
        (true, Value::Number(number)) if name == "Int" => Ok(whole(number).into()),
        (true, _) => Ok(value),
    }
}

/// The whole number that a JSON number is; `1.0` is 1.
fn whole(number: &serde_json::Number) -> Option<i64> {
    let of_float = |number: f64| (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64);
    number.as_i64().or_else(|| number.as_f64().and_then(of_float))
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A literal as JSON, with variables replaced; nothing where it is a variable that was not given.
pub fn literal(value: &ast::Value, variables: &Map<String, Value>) -> Option<Value> {
    Some(match value {
        ast::Value::Null => Value::Null,
        ast::Value::Enum(name) => Value::String(name.to_string()),
        ast::Value::Variable(name) => return variables.get(name.as_str()).cloned(),
        ast::Value::String(text) => Value::String(text.clone()),
        ast::Value::Float(number) => number
            .try_to_f64()
            .ok()
            .and_then(|number| serde_json::Number::from_f64(number).map(Value::Number))
            .unwrap_or(Value::Null),
        ast::Value::Int(number) => number
            .as_str()
            .parse::<i64>()
            .map(Value::from)
            .or_else(|_| number.as_str().parse::<f64>().map(Value::from))
            .unwrap_or(Value::Null),
        ast::Value::Boolean(truth) => Value::Bool(*truth),
        ast::Value::List(items) => {
            // A variable that was not given is null in a list, and leaves its field out of an object.
            items.iter().map(|item| literal(item, variables).unwrap_or(Value::Null)).collect()
        }
        ast::Value::Object(fields) => {
            let given = |(name, value): &(apollo_compiler::Name, Node<ast::Value>)| {
                Some((name.to_string(), literal(value, variables)?))
            };
            Value::Object(fields.iter().filter_map(given).collect())
        }
    })
}

/// How many values a literal comes to, with its variables in their places.
pub fn values_of(value: &ast::Value, variables: &Map<String, Value>) -> usize {
    match value {
        ast::Value::Variable(name) => variables.get(name.as_str()).map_or(1, size_of),
        ast::Value::List(items) => 1 + items.iter().map(|item| values_of(item, variables)).sum::<usize>(),
        ast::Value::Object(fields) => 1 + fields.iter().map(|(_, value)| values_of(value, variables)).sum::<usize>(),
        _ => 1,
    }
}

/// Whether a literal holds a variable.
pub fn has_variable(value: &ast::Value) -> bool {
    match value {
        ast::Value::Variable(_) => true,
        ast::Value::List(items) => items.iter().any(|item| has_variable(item)),
        ast::Value::Object(fields) => fields.iter().any(|(_, value)| has_variable(value)),
        _ => false,
    }
}
