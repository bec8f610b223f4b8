//! The coerced arguments of a field.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::error::FieldError;
use crate::model::date::PartialDate;

/// Arguments after coercion: what the schema promises of them holds, defaults are in, and what is absent was not given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arguments(pub Map<String, Value>);

impl Arguments {
    /// The value of an argument; nothing where it is absent or null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text argument.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }

    /// True or false; false where it is absent.
    pub fn truth(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A day.
    pub fn day(&self, name: &str) -> Result<Option<Date>, FieldError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let day = PartialDate::parse_day(text).map_err(|error| FieldError::input(format!("{name}: {error}")))?;
        Ok(Some(day.earliest()))
    }
}
