//! The model: kinds, values and the bytes of a record. Pure: it knows no store, no API, no input or output.

pub mod bounds;
pub mod catalog;
pub mod circle;
pub mod closed;
pub mod common;
pub mod date;
pub mod decimal;
pub mod headings;
pub mod hex;
pub mod id;
pub mod json;
pub mod kinds;
pub mod names;
pub mod record;
pub mod row;
pub mod value;
