//! The bytes of keys. No other module knows them.
//!
//! ```text
//! record  = tag key
//! reverse = target.tag target.key 0 edge(2) source.tag source.key 0 ordinal(4)
//! index   = field(3) value source.tag source.key          (a text value ends in 0; others have a fixed width)
//! posting = token 0 tag first.key
//! history = tag key 0 revision(8)
//! cover   = family number value… source.tag source.key 0 ordinal(4)      (the value of an edge is target.tag target.key 0)
//! ```
//! Keys of records hold no NUL and neither does text, so a NUL ends either, and order by bytes is order by key.

use crate::model::catalog::{Field, Kind, slot};
use crate::model::closed::Closed;
use crate::model::date::PartialDate;
use crate::model::decimal::Decimal;
use crate::model::id::IdRef;
use crate::model::value::{Leaf, Scalar};
use crate::text::tokens::Token;

/// An edge, or an indexed field: who declares it, and in which slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldId {
    family: u8,
    slot: u8,
    /// The slot within a struct plus one, or 0.
    inner: u8,
}

/// Whose declaration a kind has: the five levels of regions share one.
fn family(kind: &Kind) -> u8 {
    match kind.tag {
        1..=5 => 1,
        tag => tag,
    }
}

impl FieldId {
    /// The field of a kind in a slot. The five levels of regions share a declaration, and the common slots one for all.
    pub fn new(kind: &Kind, slot: usize) -> Self {
        let family = if slot < slot::OWN { 0 } else { family(kind) };
        Self { family, slot: slot as u8, inner: 0 }
    }

    /// A field within the struct of that slot.
    pub fn within(self, inner: usize) -> Self {
        Self { inner: inner as u8 + 1, ..self }
    }

    /// The bytes that stand for it in a key.
    pub fn to_bytes(self) -> [u8; 2] {
        [self.family, self.slot]
    }

    fn index(self) -> [u8; 3] {
        [self.family, self.slot, self.inner]
    }
}

/// The key of a record.
pub fn record(id: IdRef<'_>) -> Vec<u8> {
    id.to_bytes()
}

/// The key of the row that leads back along an edge.
pub fn reverse(target: IdRef<'_>, edge: FieldId, source: IdRef<'_>, ordinal: u32) -> Vec<u8> {
    let mut key = reverse_prefix(target, edge);
    push_source(&mut key, source, ordinal);
    key
}

/// Appends a source and which of its edges it is: what keys of edges end in, and where a record stands among those whose
/// edge leads to one target.
pub fn push_source(key: &mut Vec<u8>, source: IdRef<'_>, ordinal: u32) {
    key.push(source.tag);
    key.extend_from_slice(source.key.as_bytes());
    key.push(0);
    key.extend_from_slice(&ordinal.to_be_bytes());
}

/// What all rows that lead back to a target along an edge begin with.
pub fn reverse_prefix(target: IdRef<'_>, edge: FieldId) -> Vec<u8> {
    let mut key = reverse_target(target);
    key.extend_from_slice(&edge.to_bytes());
    key
}

/// What all rows that lead back to a target begin with.
pub fn reverse_target(target: IdRef<'_>) -> Vec<u8> {
    let mut key = target.to_bytes();
    key.push(0);
    key
}

/// The source of a reverse row, and which of its edges it is.
pub fn reverse_source(key: &[u8]) -> Option<(IdRef<'_>, u32)> {
    let target_end = key.iter().position(|byte| *byte == 0)?;
    source_after(key.get(target_end + 3..)?)
}

/// The source and ordinal of what [`push_source`] appended.
pub fn source_after(rest: &[u8]) -> Option<(IdRef<'_>, u32)> {
    let (source, ordinal) = rest.split_at_checked(rest.len().checked_sub(4)?)?;
    let source = source.strip_suffix(&[0])?;
    Some((IdRef::from_bytes(source)?, u32::from_be_bytes(ordinal.try_into().ok()?)))
}

/// The key of an index row.
pub fn index(field: FieldId, value: &[u8], source: IdRef<'_>) -> Vec<u8> {
    let mut key = index_prefix(field, value);
    key.extend_from_slice(&source.to_bytes());
    key
}

/// What the index rows of one value begin with.
pub fn index_prefix(field: FieldId, value: &[u8]) -> Vec<u8> {
    let mut key = field.index().to_vec();
    key.extend_from_slice(value);
    key
}

/// The record that an index row leads to, given the value's type.
pub fn index_source(key: &[u8], scalar: Scalar) -> Option<IdRef<'_>> {
    index_parts(key, scalar).map(|(_, source)| source)
}

/// The value of an index row, and the record that it leads to.
pub fn index_parts(key: &[u8], scalar: Scalar) -> Option<(&[u8], IdRef<'_>)> {
    let rest = key.get(3..)?;
    let (value, source) = rest.split_at_checked(width(scalar, rest)?)?;
    Some((value, IdRef::from_bytes(source)?))
}

/// How many bytes of a text are the sortable bytes of a value; nothing where they are cut short.
pub fn width(scalar: Scalar, bytes: &[u8]) -> Option<usize> {
    Some(match scalar {
        Scalar::Text => bytes.iter().position(|byte| *byte == 0)? + 1,
        Scalar::Int => 4,
        Scalar::Float => 8,
        Scalar::Bool | Scalar::Closed(_) => 1,
        Scalar::Decimal => 33,
        Scalar::Date | Scalar::PartialDate => 8,
    })
}

/// What the postings of a token begin with that lead to records of a kind.
pub fn posting_prefix(token: Token, tag: u8) -> Vec<u8> {
    let mut key = posting_token(token);
    key.push(tag);
    key
}

/// What the postings of a token begin with, whatever kind they lead to.
pub fn posting_token(token: Token) -> Vec<u8> {
    let mut key = token.bytes().to_vec();
    key.push(0);
    key
}

/// The key of a block of postings, by its first record.
pub fn posting(token: Token, tag: u8, first: &str) -> Vec<u8> {
    let mut key = posting_prefix(token, tag);
    key.extend_from_slice(first.as_bytes());
    key
}

/// The first record of a block, behind a [`posting_prefix`] of so many bytes.
pub fn posting_first(key: &[u8], prefix: usize) -> &str {
    key.get(prefix..).and_then(|first| std::str::from_utf8(first).ok()).unwrap_or("")
}

/// Whose postings a block holds: the bytes of the token, the kind's tag, the first record.
pub fn posting_parts(key: &[u8]) -> Option<(&[u8], u8, &str)> {
    let end = key.iter().position(|byte| *byte == 0)?;
    let tag = key.get(end + 1)?;
    Some((&key[..end], *tag, posting_first(key, end + 2)))
}

/// What a record's rows in the table of histories begin with.
pub fn history_prefix(id: IdRef<'_>) -> Vec<u8> {
    reverse_target(id)
}

/// The key under which the table of histories notes that a revision changed or deleted a record that was there.
pub fn history(id: IdRef<'_>, revision: u64) -> Vec<u8> {
    let mut key = history_prefix(id);
    key.extend_from_slice(&revision.to_be_bytes());
    key
}

/// The record and the revision of a row of histories.
pub fn history_parts(key: &[u8]) -> Option<(IdRef<'_>, u64)> {
    let (id, revision) = key.split_at_checked(key.len().checked_sub(8)?)?;
    Some((IdRef::from_bytes(id.strip_suffix(&[0])?)?, u64::from_be_bytes(revision.try_into().ok()?)))
}

/// What all entries of a cover of a kind begin with, by the cover's place among the kind's.
pub fn cover(kind: &Kind, number: usize) -> [u8; 2] {
    [family(kind), number as u8]
}

/// What an edge to a target comes to in the key of a cover.
pub fn cover_target(target: IdRef<'_>) -> Vec<u8> {
    let mut key = Vec::new();
    push_cover_target(&mut key, target);
    key
}

/// Appends it.
pub fn push_cover_target(key: &mut Vec<u8>, target: IdRef<'_>) {
    key.push(target.tag);
    key.extend_from_slice(target.key.as_bytes());
    key.push(0);
}

/// The key under which an idempotency key is found by the revision of its set.
pub fn retry(revision: u64, key: &str) -> Vec<u8> {
    [revision.to_be_bytes().as_slice(), key.as_bytes()].concat()
}

/// The idempotency key of a [`retry`].
pub fn retry_key(row: &[u8]) -> &[u8] {
    row.get(8..).unwrap_or_default()
}

/// Bytes of a value that compare as the values do. None for a text with the byte that ends one here: no record holds such a
/// text, and whoever looks for it would reach into what stands behind the value.
pub fn sortable(scalar: Scalar, leaf: &Leaf<'_>) -> Option<Vec<u8>> {
    Some(match (scalar, leaf) {
        (Scalar::Text, leaf) => {
            let text = leaf.text().filter(|text| !text.contains('\0'))?;
            let mut bytes = text.as_bytes().to_vec();
            bytes.push(0);
            bytes
        }
        (Scalar::Decimal, leaf) => Decimal::parse(leaf.text()?).ok()?.sort_key().to_vec(),
        (Scalar::Date | Scalar::PartialDate, leaf) => PartialDate::parse(leaf.text()?).ok()?.sort_key().to_vec(),
        (Scalar::Closed(closed), leaf) => vec![Closed::code(closed, leaf.text()?)?],
        (Scalar::Int, Leaf::Int(number)) => (*number as u32 ^ 1 << 31).to_be_bytes().to_vec(),
        (Scalar::Bool, Leaf::Bool(truth)) => vec![u8::from(*truth)],
        (Scalar::Float, Leaf::Float(number)) => {
            let bits = number.to_bits();
            let flipped = if bits >> 63 == 1 { !bits } else { bits ^ 1 << 63 };
            flipped.to_be_bytes().to_vec()
        }
        _ => return None,
    })
}

/// The first key after all that begin with a prefix.
pub fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    vec![u8::MAX; prefix.len() + 200]
}

/// The fields of a kind that have an index: `(id, scalar, slot, inner slot)`.
pub fn indexed(kind: &'static Kind) -> impl Iterator<Item = Indexed> {
    use crate::model::catalog::Shape;
    kind.slots().flat_map(move |(slot, field)| {
        let id = FieldId::new(kind, slot);
        let own = match field.shape {
            Shape::One(scalar) if field.indexed => Some(Indexed { id, scalar, slot, inner: None }),
            _ => None,
        };
        let inner: &'static [Field] = match field.shape {
            Shape::Structs(of) => of.fields,
            _ => &[],
        };
        let inner = inner.iter().enumerate().filter(|(_, field)| field.indexed).filter_map(move |(place, field)| {
            match field.shape {
                Shape::One(scalar) => Some(Indexed { id: id.within(place), scalar, slot, inner: Some(place) }),
                _ => None,
            }
        });
        own.into_iter().chain(inner)
    })
}

/// A field that has an index.
#[derive(Debug, Clone, Copy)]
pub struct Indexed {
    /// Whose index.
    pub id: FieldId,
    /// The type of its values.
    pub scalar: Scalar,
    /// Where the record holds it.
    pub slot: usize,
    /// Where the struct in that slot holds it.
    pub inner: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::Id;
    use crate::model::kinds::{CITY, PAIRING, TOWN};

    #[test]
    fn a_reverse_key_gives_back_its_source() {
        let (target, source) = (Id::parse("city:442000").unwrap(), Id::parse("pairing:p-1").unwrap());
        let key = reverse(target.as_ref(), FieldId::new(&PAIRING, 9), source.as_ref(), 513);
        assert_eq!(reverse_source(&key), Some((source.as_ref(), 513)));
        assert!(key.starts_with(&reverse_prefix(target.as_ref(), FieldId::new(&PAIRING, 9))));
    }

    #[test]
    fn the_levels_of_regions_share_their_fields() {
        assert_eq!(FieldId::new(&CITY, 9), FieldId::new(&TOWN, 9));
        assert_ne!(FieldId::new(&CITY, 9), FieldId::new(&PAIRING, 9));
        assert_eq!(FieldId::new(&CITY, 1), FieldId::new(&PAIRING, 1));
    }

    #[test]
    fn sortable_bytes_compare_as_the_values_do() {
        let ints: Vec<_> = [i32::MIN, -1, 0, 1, i32::MAX].map(|n| sortable(Scalar::Int, &Leaf::Int(n)).unwrap()).into();
        assert!(ints.is_sorted());
        let floats: Vec<_> =
            [-1e9, -0.5, 0.0, 0.5, 1e9].map(|n| sortable(Scalar::Float, &Leaf::Float(n)).unwrap()).into();
        assert!(floats.is_sorted());
        assert!(after_prefix(b"ab") > b"ab\xff".to_vec());
        assert_eq!(after_prefix(b"a\xff"), b"b".to_vec());
    }
}
