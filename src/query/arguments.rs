//! The coerced arguments of a field.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::aggregate::Grouping;
use super::error::FieldError;
use super::filter::Filter;
use super::given::Given;
use super::order::Order;
use crate::model::date::PartialDate;

/// Arguments after coercion: what the schema promises of them holds, defaults are in, and what is absent was not given.
#[derive(Debug, Default)]
pub struct Arguments {
    values: Map<String, Value>,
    /// The filter among them, compiled when it is first used: a connection below a thousand nodes compiles it once.
    filter: OnceLock<Result<Arc<Filter>, FieldError>>,
    /// The order among them, likewise.
    order: OnceLock<Result<Arc<Order>, FieldError>>,
    /// The groups among them, likewise.
    grouping: OnceLock<Result<Arc<Grouping>, FieldError>>,
    /// What is asked of the field's value, where the executor says so.
    asked: Asked,
}

/// What is asked of a value that is made for the asking, such as a connection: its fields by their names, and what is asked
/// of theirs. What is not asked need not be read.
#[derive(Debug, Clone, Default)]
pub struct Asked(Option<BTreeMap<&'static str, Asked>>);

impl Asked {
    /// These fields and no others.
    pub fn these(fields: BTreeMap<&'static str, Asked>) -> Self {
        Self(Some(fields))
    }

    /// Whether a field may be asked; each may where nothing is known.
    pub fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|fields| fields.contains_key(name))
    }

    /// What is asked of a field's value.
    pub fn of(&self, name: &str) -> Self {
        match &self.0 {
            None => Self(None),
            Some(fields) => fields.get(name).cloned().unwrap_or_else(|| Self(Some(BTreeMap::new()))),
        }
    }

    /// Both.
    pub fn and(self, other: Self) -> Self {
        let (Some(mut fields), Some(others)) = (self.0, other.0) else { return Self(None) };
        for (name, asked) in others {
            let both = fields.remove(name).map_or(asked.clone(), |known: Self| known.and(asked));
            fields.insert(name, both);
        }
        Self(Some(fields))
    }
}

impl Arguments {
    /// Coerced values by their names.
    pub fn new(values: Map<String, Value>) -> Self {
        Self { values, ..Self::default() }
    }

    /// The same, taken out.
    pub fn into_values(self) -> Map<String, Value> {
        self.values
    }

    /// The same without one of them, for what reads nothing of a page.
    pub fn of_no_page(&self, name: &str) -> Self {
        let values = self.values.iter().filter(|(known, _)| *known != name);
        let values = values.map(|(name, value)| (name.clone(), value.clone())).collect();
        Self::new(values).with_asked(Asked::these(BTreeMap::new()))
    }

    /// The filter on a type; nothing where it is absent or null.
    pub fn filter(&self, of: &str) -> Result<Option<Arc<Filter>>, FieldError> {
        let Some(given) = self.get("filter") else { return Ok(None) };
        self.filter.get_or_init(|| Filter::compile(of, given).map(Arc::new)).clone().map(Some)
    }

    /// The same, for a field of whose value this is asked.
    pub fn with_asked(self, asked: Asked) -> Self {
        Self { asked, ..self }
    }

    /// Whether something is known to be asked of the field's value.
    pub fn asks(&self, name: &str) -> bool {
        self.asked.0.as_ref().is_some_and(|fields| fields.contains_key(name))
    }

    /// All of them, as JSON.
    pub fn to_json(&self) -> String {
        Value::Object(self.values.clone()).to_string()
    }

    /// How many values there are in them.
    pub fn size(&self) -> usize {
        self.values.values().map(size_of).sum()
    }

    /// What is asked of the field's value.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The order of a type; nothing where it is absent, null or empty.
    pub fn order(&self, of: &str) -> Result<Option<Arc<Order>>, FieldError> {
        let Some(given) = self.get("orderBy").filter(|given| given.as_array().is_none_or(|list| !list.is_empty()))
        else {
            return Ok(None);
        };
        let compile = || Order::compile(of, &Given::share("orderBy", given)?).map(Arc::new);
        self.order.get_or_init(compile).clone().map(Some)
    }

    /// How the records of a type are grouped.
    pub fn grouping(&self, of: &'static str) -> Result<Arc<Grouping>, FieldError> {
        self.grouping.get_or_init(|| Grouping::compile(of, self).map(Arc::new)).clone()
    }

    /// The value of an argument; nothing where it is absent or null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// Whether any of these is given, and is not null.
    pub fn gives_any(&self, names: &[&str]) -> bool {
        self.values.iter().any(|(name, value)| !value.is_null() && names.contains(&name.as_str()))
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

/// How many values a value comes to.
pub fn size_of(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size_of).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(size_of).sum::<usize>(),
        _ => 1,
    }
}
