//! Arguments that are trees: filters, orders, groups. Taken over once, shared between the kinds that they are resolved for.

use std::sync::Arc;

use serde_json::Value;

use super::arguments::size_of;
use super::error::FieldError;
use crate::config::FILTER_VALUES;

/// A coerced argument as it was given.
#[derive(Debug)]
pub enum Given {
    /// Fields by their names.
    Object(Vec<(String, Arc<Given>)>),
    /// Several.
    List(Vec<Arc<Given>>),
    /// A leaf.
    Value(Value),
}

impl Given {
    /// Takes an argument over. A null in it is refused: it reads as "no condition" to one and as "has no value" to another.
    pub fn share(name: &str, value: &Value) -> Result<Arc<Self>, FieldError> {
        if size_of(value) > FILTER_VALUES {
            let why = format!("{name}: holds more than {FILTER_VALUES} values; ask in several requests");
            return Err(FieldError::limit(why));
        }
        Self::share_part(value).map_err(|error| error.within(name))
    }

    fn share_part(value: &Value) -> Result<Arc<Self>, FieldError> {
        Ok(Arc::new(match value {
            Value::Null => {
                return Err(FieldError::input(": is null; leave the condition out, or ask for `isNull: true`"));
            }
            Value::Object(object) => {
                let field = |(name, value): (&String, &Value)| {
                    let inner = Self::share_part(value).map_err(|error| error.within(&format!(".{name}")))?;
                    Ok((name.clone(), inner))
                };
                Self::Object(object.iter().map(field).collect::<Result<_, FieldError>>()?)
            }
            Value::Array(items) => {
                let item = |(place, item): (usize, &Value)| {
                    Self::share_part(item).map_err(|error| error.within(&format!("[{place}]")))
                };
                Self::List(items.iter().enumerate().map(item).collect::<Result<_, _>>()?)
            }
            value => Self::Value(value.clone()),
        }))
    }

    /// The fields of an object.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Arc<Self>)> {
        let fields = match self {
            Self::Object(fields) => fields.as_slice(),
            _ => &[],
        };
        fields.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A field of an object.
    pub fn field(&self, name: &str) -> Option<&Arc<Self>> {
        self.fields().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The items of a list; one alone is a list of it.
    pub fn items(self: &Arc<Self>) -> &[Arc<Self>] {
        match &**self {
            Self::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// As it was given.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value.to_json())).collect(),
            Self::List(items) => items.iter().map(|item| item.to_json()).collect(),
            Self::Value(value) => value.clone(),
        }
    }

    /// The leaf.
    pub fn value(&self) -> &Value {
        match self {
            Self::Value(value) => value,
            _ => &Value::Null,
        }
    }

    /// The leaf's text.
    pub fn text(&self) -> &str {
        self.value().as_str().unwrap_or_default()
    }
}
