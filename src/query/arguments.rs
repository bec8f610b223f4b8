//! The coerced arguments of a field.

use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::error::FieldError;
use super::filter::Filter;
use crate::model::date::PartialDate;

/// Arguments after coercion: what the schema promises of them holds, defaults are in, and what is absent was not given.
#[derive(Debug, Default)]
pub struct Arguments {
    values: Map<String, Value>,
    /// The filter among them, compiled when it is first used: a connection below a thousand nodes compiles it once.
    filter: OnceLock<Result<Arc<Filter>, FieldError>>,
}

impl Arguments {
    /// Coerced values by their names.
    pub fn new(values: Map<String, Value>) -> Self {
        Self { values, filter: OnceLock::new() }
    }

    /// The same, taken out.
    pub fn into_values(self) -> Map<String, Value> {
        self.values
    }

    /// The filter on a type; nothing where it is absent or null.
    pub fn filter(&self, of: &str) -> Result<Option<Arc<Filter>>, FieldError> {
        let Some(given) = self.get("filter") else { return Ok(None) };
        self.filter.get_or_init(|| Filter::compile(of, given).map(Arc::new)).clone().map(Some)
    }

    /// The value of an argument; nothing where it is absent or null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
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
