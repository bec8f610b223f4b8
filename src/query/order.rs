//! Orders: lists of paths, each up or down. An order is total: what is equal by it stands in the order of its ids.

use std::sync::Arc;

use super::error::FieldError;
use super::given::Given;
use super::path::Path;
use super::scope::Scope;
use crate::model::catalog::Kind;
use crate::store::Stored;

/// An order of the records of a type.
#[derive(Debug)]
pub struct Order {
    paths: Vec<(Path, bool)>,
    /// What tells the cursors of this order from those of another.
    pub mark: [u8; 4],
}

impl Order {
    /// An order as it is given: a list of objects, each with one field, down to `ASC` or `DESC`.
    pub fn compile(of: &str, given: &Arc<Given>) -> Result<Self, FieldError> {
        let paths = Path::compile_each(of, "orderBy", given)?;
        let paths = paths.into_iter().zip(given.items().iter().map(is_descending));
        let mark = crc32fast::hash(format!("{given:?}").as_bytes()).to_be_bytes();
        Ok(Self { paths: paths.collect(), mark })
    }

    /// The slot of the stored value that it begins with for a kind, and whether it goes down; nothing where it begins with
    /// something else.
    pub fn leading_slot(&self, kind: &Kind) -> Option<(usize, bool)> {
        let (path, descending) = self.paths.first()?;
        Some((path.slot(kind)?, *descending))
    }

    /// The same as [`Order::sort_key`], for all records that have a value, as it is sorted, where that alone is their order.
    pub fn sort_key_of(&self, value: &[u8]) -> Option<Vec<u8>> {
        let [(_, descending)] = self.paths.as_slice() else { return None };
        let mut sort_key = Vec::with_capacity(32);
        push_value(&mut sort_key, value, *descending);
        Some(sort_key)
    }

    /// Bytes by which records stand in this order. What has no value stands last, up and down.
    pub fn sort_key(&self, scope: &Scope, record: &Stored<'_>) -> Result<Vec<u8>, FieldError> {
        let mut sort_key = Vec::with_capacity(32);
        for (path, descending) in &self.paths {
            let mut first = None;
            path.each(scope, record, &mut |found| {
                first.get_or_insert(found);
                Ok(())
            })?;
            match first {
                None => sort_key.push(1),
                Some(found) => push_value(&mut sort_key, &found.sortable(), *descending),
            }
        }
        Ok(sort_key)
    }
}

fn push_value(sort_key: &mut Vec<u8>, value: &[u8], descending: bool) {
    let flip = if descending { u8::MAX } else { 0 };
    sort_key.push(0);
    sort_key.extend(value.iter().map(|byte| byte ^ flip));
}

fn is_descending(given: &Arc<Given>) -> bool {
    match &**given {
        Given::Value(value) => value.as_str() == Some("DESC"),
        // The direction is the leaf; a count's filter beside it is none.
        _ => given.fields().any(|(name, inner)| name != "filter" && is_descending(inner)),
    }
}
