//! Input coercion, for literals and variables alike: defaults, list wrapping, our scalars, enums and input objects.

use std::fmt;

use apollo_compiler::Node;
use apollo_compiler::ast;
use serde_json::{Map, Value, json};

use super::suggest::nearest;
use crate::config::ERRORS_MAX;
use crate::model::date::PartialDate;
use crate::model::decimal::Decimal;
use crate::query::arguments::{Arguments, size_of};
use crate::query::mutation::UPLOAD;
use crate::query::types;
use crate::query::types::{Body, InputDef, TypeRef};

/// What is wrong with what was given for arguments: all of it, or the first so many.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wrong(Vec<Fault>);

/// One value that is wrong.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    /// Where it stands, from the inside out: names, and places in lists.
    steps: Vec<Step>,
    why: String,
    /// What may have been meant, where the schema is told.
    hint: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Place(usize),
}

impl Wrong {
    fn said(why: String) -> Self {
        Self(vec![Fault { steps: Vec::new(), why, hint: String::new() }])
    }

    /// With the nearest of some names, or else with all of them.
    fn hinted<'n>(mut self, found: &str, names: impl Iterator<Item = &'n str> + Clone) -> Self {
        let hint = match nearest(found, names.clone()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => format!("; there are: {}", names.collect::<Vec<_>>().join(", ")),
        };
        self.0.iter_mut().for_each(|fault| fault.hint.clone_from(&hint));
        self
    }

    /// The same, from which nobody learns what the schema has.
    pub fn without_hints(mut self) -> Self {
        self.0.iter_mut().for_each(|fault| fault.hint.clear());
        self
    }

    /// Takes what is wrong with a part, and gives the part where nothing is.
    fn within<T>(&mut self, step: impl Fn() -> Step, part: Result<T, Self>) -> Option<T> {
        match part {
            Ok(part) => Some(part),
            Err(Self(faults)) => {
                let room = ERRORS_MAX.saturating_sub(self.0.len());
                self.0.extend(faults.into_iter().take(room).map(|mut fault| {
                    fault.steps.push(step());
                    fault
                }));
                None
            }
        }
    }

    fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Takes what is wrong with the part of a name.
    pub fn take(&mut self, name: &str, part: Result<Value, Self>) {
        self.within(|| Step::Name(name.to_owned()), part);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same below a name.
    pub fn of(mut self, name: &str) -> Self {
        self.0.iter_mut().for_each(|fault| fault.steps.push(Step::Name(name.to_owned())));
        self
    }

    /// For programs, as the faults of a mutation are: paths and problems.
    pub fn to_json(&self) -> Value {
        let step = |step: &Step| match step {
            Step::Name(name) => name.clone(),
            Step::Place(place) => place.to_string(),
        };
        let path = |fault: &Fault| fault.steps.iter().rev().map(step).collect::<Vec<_>>().join(".");
        self.0
            .iter()
            .map(|fault| json!({ "path": path(fault), "problem": format!("{}{}", fault.why, fault.hint) }))
            .collect()
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("; ")?;
            }
            for step in fault.steps.iter().rev() {
                match step {
                    Step::Name(name) => write!(f, "{name}: ")?,
                    Step::Place(place) => write!(f, "[{place}]: ")?,
                }
            }
            write!(f, "{}{}", fault.why, fault.hint)?;
        }
        Ok(())
    }
}

/// Coerces the arguments of a field. What `value` gives nothing for is absent. All that is wrong is told at once.
pub fn arguments(defs: &[InputDef], value: impl FnMut(&str) -> Option<Value>) -> Result<Arguments, Wrong> {
    let mut wrong = Wrong::default();
    let coerced = fields(defs, value, &mut wrong);
    wrong.or(Arguments::new(coerced))
}

fn fields(defs: &[InputDef], mut value: impl FnMut(&str) -> Option<Value>, wrong: &mut Wrong) -> Map<String, Value> {
    let mut coerced = Map::new();
    for def in defs {
        let given = match value(&def.name) {
            Some(given) => coerce(&def.ty, given),
            None => match &def.default {
                Some(default) => Ok(default.clone()),
                None if def.ty.is_nullable() => continue,
                None => Err(Wrong::said(format!("expected {}, and it is not given", def.ty))),
            },
        };
        if let Some(given) = wrong.within(|| Step::Name(def.name.clone()), given) {
            coerced.insert(def.name.clone(), given);
        }
    }
    coerced
}

/// Coerces one value to a type. The error says of each part what was expected and what was found.
pub fn coerce(ty: &TypeRef, value: Value) -> Result<Value, Wrong> {
    match (ty, value) {
        (ty, Value::Null) if ty.is_nullable() => Ok(Value::Null),
        (ty, Value::Null) => Err(Wrong::said(format!("expected {ty}, found null"))),
        (TypeRef::List { of, .. }, Value::Array(items)) => {
            let mut wrong = Wrong::default();
            let each = items.into_iter().enumerate();
            let each = each.filter_map(|(place, item)| wrong.within(|| Step::Place(place), coerce(of, item)));
            let coerced = each.collect();
            wrong.or(Value::Array(coerced))
        }
        // One value stands for a list of it.
        (TypeRef::List { of, .. }, single) => Ok(Value::Array(vec![coerce(of, single)?])),
        (TypeRef::Named { name, .. }, value) => named(name, value),
    }
}

fn named(name: &str, value: Value) -> Result<Value, Wrong> {
    let expected = |value: &Value| Wrong::said(format!("expected {name}, found {}", shortened(value)));
    match types().find(name).map(|ty| &ty.body) {
        Some(Body::Enum(closed)) => match value.as_str() {
            Some(text) if closed.code(text).is_some() => Ok(value),
            Some(text) => Err(expected(&value).hinted(text, closed.values.iter().map(|(name, _)| *name))),
            None => Err(expected(&value)),
        },
        Some(Body::Input { fields: defs, one_of }) => match value {
            Value::Object(mut object) => {
                if *one_of && (object.len() != 1 || object.values().any(Value::is_null)) {
                    let found = object.len();
                    return Err(Wrong::said(format!(
                        "expected exactly one field of {name}, and not null; found {found}"
                    )));
                }
                let mut wrong = Wrong::default();
                let coerced = fields(defs, |field| object.remove(field), &mut wrong);
                for unknown in object.keys() {
                    let why = Wrong::said(format!("{name} has no such field"));
                    let why = why.hinted(unknown, defs.iter().map(|def| def.name.as_str()));
                    let _ = wrong.within(|| Step::Name(unknown.clone()), Err::<(), _>(why));
                }
                wrong.or(Value::Object(coerced))
            }
            other => Err(expected(&other)),
        },
        Some(Body::Scalar(_)) => scalar(name, value).map_err(Wrong::said),
        _ => Err(Wrong::said(format!("{name} is no input type"))),
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
