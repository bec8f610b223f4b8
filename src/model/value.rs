//! The values of fields: what is stored, what is read from the bytes, and how each is written in text.

use super::closed::Closed;
use super::date::PartialDate;
use super::decimal::Decimal;
use super::row::Row;

/// The type of one value.
#[derive(Debug, Clone, Copy)]
pub enum Scalar {
    /// Text; never empty.
    Text,
    /// A whole number of 32 bits, as GraphQL's Int.
    Int,
    /// A number that is no figure, such as a coordinate.
    Float,
    /// True or false.
    Bool,
    /// An exact decimal, text in the API.
    Decimal,
    /// A day.
    Date,
    /// A date as precise as its source.
    PartialDate,
    /// One of a closed list.
    Closed(&'static Closed),
}

impl Scalar {
    /// The GraphQL type.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Text => "String",
            Self::Int => "Int",
            Self::Float => "Float",
            Self::Bool => "Boolean",
            Self::Decimal => "Decimal",
            Self::Date => "Date",
            Self::PartialDate => "PartialDate",
            Self::Closed(closed) => closed.name,
        }
    }

    /// Reads what a person wrote. The error says what was expected.
    pub fn parse(self, text: &str) -> Result<Value, String> {
        let expected = |what: &str| format!("expected {what}, found \"{text}\"");
        Ok(match self {
            Self::Text if text.is_empty() => return Err(expected("text")),
            Self::Text => Value::Text(text.to_owned()),
            Self::Int => Value::Int(text.parse().map_err(|_| expected("a whole number of 32 bits"))?),
            Self::Float => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Value::Float(number),
                _ => return Err(expected("a number")),
            },
            Self::Bool => match text {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return Err(expected("true or false")),
            },
            Self::Decimal => Value::Decimal(Decimal::parse(text).map_err(|error| error.to_string())?),
            Self::Date => Value::Date(PartialDate::parse_day(text).map_err(|error| error.to_string())?),
            Self::PartialDate => Value::Date(PartialDate::parse(text).map_err(|error| error.to_string())?),
            Self::Closed(closed) => match closed.code(text) {
                Some(code) => Value::Closed(code),
                None => {
                    let names: Vec<_> = closed.values.iter().map(|(name, _)| *name).collect();
                    return Err(expected(&format!("one of {}", names.join(", "))));
                }
            },
        })
    }

    /// Reads stored bytes; null where there are none, or where they are not what the type writes.
    pub fn read(self, bytes: &[u8]) -> Option<Leaf<'_>> {
        if bytes.is_empty() {
            return None;
        }
        match self {
            Self::Text | Self::Decimal | Self::Date | Self::PartialDate => {
                std::str::from_utf8(bytes).ok().map(Leaf::Text)
            }
            Self::Int => Some(Leaf::Int(i32::from_le_bytes(bytes.try_into().ok()?))),
            Self::Float => Some(Leaf::Float(f64::from_le_bytes(bytes.try_into().ok()?))),
            Self::Bool => Some(Leaf::Bool(bytes[0] == 1)),
            Self::Closed(closed) => closed.value(bytes[0]).map(Leaf::Name),
        }
    }
}

/// One value of a record, owned: what import reads and the writer packs.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Int(i32),
    /// A number that is no figure.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// An exact decimal.
    Decimal(Decimal),
    /// A date.
    Date(PartialDate),
    /// The code of a value of a closed list.
    Closed(u8),
    /// A reference to a record.
    Ref(super::id::Id),
    /// A struct, or one edge: its target, then its properties.
    Struct(Vec<Value>),
    /// A list.
    List(Vec<Value>),
}

/// One value as it is read from a row, without copying text.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf<'a> {
    /// Text, or whatever the API writes as text: a decimal, a date.
    Text(&'a str),
    /// Text that was made for the answer.
    Owned(String),
    /// A global id.
    Id(&'static str, &'a str),
    /// A whole number.
    Int(i32),
    /// A number that is no figure.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// A value of a closed list.
    Name(&'static str),
}

/// The text in a slot of a row.
pub fn text_at<'r>(row: Row<'r>, slot: usize) -> Option<&'r str> {
    match Scalar::Text.read(row.slot(slot))? {
        Leaf::Text(text) => Some(text),
        _ => None,
    }
}

/// The date in a slot of a row.
pub fn date_at(row: Row<'_>, slot: usize) -> Option<PartialDate> {
    match Scalar::PartialDate.read(row.slot(slot))? {
        Leaf::Text(text) => PartialDate::parse(text).ok(),
        _ => None,
    }
}

/// The name of a closed list's value in a slot of a row.
pub fn name_at(closed: &'static Closed, row: Row<'_>, slot: usize) -> Option<&'static str> {
    match Scalar::Closed(closed).read(row.slot(slot))? {
        Leaf::Name(name) => Some(name),
        _ => None,
    }
}

impl Leaf<'_> {
    /// The text of a leaf that is text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Owned(text) => Some(text),
            Self::Name(name) => Some(name),
            _ => None,
        }
    }
}
