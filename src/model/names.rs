//! What a record is found by: the texts of its fields that are searched.

use super::catalog::{Field, Kind, Shape};
use super::row::{List, Row};
use super::value::{Leaf, Scalar};

/// The names of a record, each with the field that holds it, in the order of the slots.
pub fn names<'r>(kind: &'static Kind, row: Row<'r>) -> Vec<(&'static str, &'r str)> {
    // Most have one or two.
    let mut names = Vec::with_capacity(2);
    for (slot, field) in kind.slots() {
        let bytes = row.slot(slot);
        if bytes.is_empty() {
            continue;
        }
        match field.shape {
            Shape::One(scalar) if field.searched => names.extend(text(scalar, bytes).map(|text| (field.name, text))),
            Shape::List(scalar) if field.searched => {
                names.extend(List::new(bytes).iter().filter_map(|item| Some((field.name, text(scalar, item)?))));
            }
            Shape::Structs(of) => {
                for (place, inner) in searched(of.fields) {
                    let Shape::One(scalar) = inner.shape else { continue };
                    let items = List::new(bytes).iter().map(|item| Row::new(item).slot(place));
                    names.extend(items.filter_map(|item| Some((field.name, text(scalar, item)?))));
                }
            }
            _ => {}
        }
    }
    names
}

fn searched(fields: &'static [Field]) -> impl Iterator<Item = (usize, &'static Field)> {
    fields.iter().enumerate().filter(|(_, field)| field.searched)
}

fn text(scalar: Scalar, bytes: &[u8]) -> Option<&str> {
    match scalar.read(bytes)? {
        Leaf::Text(text) => Some(text),
        _ => None,
    }
}
