//! Arguments that are trees: filters, orders, groups. Taken over once, shared between the kinds that they are resolved for.

use std::sync::Arc;

use serde_json::Value;

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
        Self::share_within(name, value, &mut FILTER_VALUES.clone())
    }

    fn share_within(name: &str, value: &Value, left: &mut usize) -> Result<Arc<Self>, FieldError> {
        *left = left.checked_sub(1).ok_or_else(|| {
            FieldError::limit(format!("an argument holds more than {FILTER_VALUES} values; ask in several requests"))
        })?;
        Ok(Arc::new(match value {
            Value::Null => {
                let why = format!("{name}: is null; leave the condition out, or ask for `isNull: true`");
                return Err(FieldError::input(why));
            }
            Value::Object(object) => {
                let fields =
                    object.iter().map(|(name, value)| Ok((name.clone(), Self::share_within(name, value, left)?)));
                Self::Object(fields.collect::<Result<_, FieldError>>()?)
            }
            Value::Array(items) => {
                let items = items.iter().map(|item| Self::share_within(name, item, left));
                Self::List(items.collect::<Result<_, _>>()?)
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
