//! Covers: the records of a kind once more, in another order, with their rows. The rows lie in blocks of about a page, so that
//! what is read together is read at once.
//!
//! ```text
//! block = group…          group = length(varint) values  count(varint) entry…
//! entry = tag ordinal(varint) length(varint) version, checksum and row
//! ```
//! The values of a group are what its entries' keys begin with; a key goes on with the record's id and the ordinal, see [`key`].

use super::blocks::{Each, Entry, Gathered, Layout};
use super::derive::each_target;
use super::key_list::{read_varint, varint};
use super::{key, sealed};
use crate::model::catalog::{Cover, Kind, Shape, slot};
use crate::model::id::IdRef;
use crate::model::row::Row;

/// The entries of a record: of each its key, and how many bytes of that are values.
pub fn entries(kind: &'static Kind, id: IdRef<'_>, row: Row<'_>, mut each: impl FnMut(&[u8], usize)) {
    let mut bytes = Vec::new();
    for (number, cover) in kind.covers.iter().enumerate() {
        bytes.clear();
        bytes.extend_from_slice(&key::cover(kind, number));
        extend(kind, cover, row, &mut bytes, 0, 0, &mut |values, ordinal| {
            let length = values.len();
            key::push_source(values, id, ordinal);
            each(values, length);
            values.truncate(length);
        });
    }
}

/// Extends a key by the values of the cover's fields from one on, and calls back for every way there is.
fn extend(
    kind: &'static Kind,
    cover: &Cover,
    row: Row<'_>,
    bytes: &mut Vec<u8>,
    place: usize,
    ordinal: u32,
    each: &mut dyn FnMut(&mut Vec<u8>, u32),
) {
    let Some(name) = cover.by.get(place) else { return each(bytes, ordinal) };
    let slot = kind.slot_of(name);
    let stored = row.slot(slot);
    let length = bytes.len();
    let mut go_on = |value: &[u8], ordinal: u32, bytes: &mut Vec<u8>| {
        bytes.extend_from_slice(value);
        extend(kind, cover, row, bytes, place + 1, ordinal, each);
        bytes.truncate(length);
    };
    match kind.fields[slot - slot::OWN].shape {
        _ if stored.is_empty() => {}
        Shape::One(scalar) => {
            if let Some(value) = scalar.read(stored).and_then(|leaf| key::sortable(scalar, &leaf)) {
                go_on(&value, ordinal, bytes);
            }
        }
        Shape::Edge(edge) => {
            each_target(&edge, stored, |target, entry| {
                // At most one edge of a cover leads to several.
                let ordinal = if edge.is_list() { entry } else { ordinal };
                go_on(&key::cover_target(target), ordinal, bytes);
            });
        }
        _ => {}
    }
}

/// How the records of a cover lie in blocks: in groups that share their values.
pub struct OfCover;

impl Layout for OfCover {
    /// A page of the file takes it.
    const MOST: usize = 3_900;
    const FILL: usize = 3_800;
    const GATHERED: usize = 32 << 20;

    /// As if it were a group of its own, if it is the first.
    fn size(entry: &Entry<'_>, before: Option<&Entry<'_>>) -> usize {
        let shares = before.is_some_and(|before| group_of(before) == group_of(entry));
        entry.carried.len() + if shares { 4 } else { entry.values + 8 }
    }

    fn encode(entries: &[Entry<'_>]) -> Vec<u8> {
        let mut block = Vec::with_capacity(Self::MOST);
        let mut rest = entries;
        while let Some(first) = rest.first() {
            let values = &first.key[..first.values];
            let count =
                rest.iter().take_while(|entry| entry.values == first.values && entry.key.starts_with(values)).count();
            let (group, others) = rest.split_at(count);
            rest = others;
            varint(&mut block, values.len() as u64);
            block.extend_from_slice(values);
            varint(&mut block, count as u64);
            for entry in group {
                block.push(entry.key.get(entry.values).copied().unwrap_or(0));
                let ordinal = entry.key.last_chunk().map_or(0, |ordinal| u32::from_be_bytes(*ordinal));
                varint(&mut block, u64::from(ordinal));
                varint(&mut block, entry.carried.len() as u64);
                block.extend_from_slice(entry.carried);
            }
        }
        block
    }

    fn each<'b>(_: &[u8], block: &'b [u8], found: &mut Each<'_, 'b>) {
        let parsed = Parsed::new(block);
        let mut key = Vec::new();
        for entry in &parsed.entries {
            key.clear();
            parsed.key(entry, &mut key);
            found(&key, parsed.values(entry).len(), &block[entry.start as usize..entry.end as usize]);
        }
    }
}

fn group_of<'b>(entry: &Entry<'b>) -> &'b [u8] {
    &entry.key[..entry.values]
}

/// What a record's entries are replaced by. The value is the new one, version, checksum and row.
pub fn replace(
    gathered: &mut Gathered<OfCover>,
    kind: &'static Kind,
    id: IdRef<'_>,
    old: Option<&[u8]>,
    new: Option<&[u8]>,
) {
    if kind.covers.is_empty() {
        return;
    }
    let mut kept = Vec::new();
    if let Some(new) = new {
        entries(kind, id, Row::new(sealed::row_of(new)), |key, values| {
            gathered.add(key, values, Some(new));
            if old.is_some() {
                kept.push(key.to_vec());
            }
        });
    }
    if let Some(old) = old {
        entries(kind, id, Row::new(old), |key, values| {
            if !kept.iter().any(|kept| kept == key) {
                gathered.add(key, values, None);
            }
        });
    }
}

/// Where an entry stands in its block.
#[derive(Debug, Clone, Copy)]
pub struct InBlock {
    group: u32,
    /// The kind of its record.
    pub tag: u8,
    /// Which of the record's edges it is.
    pub ordinal: u32,
    start: u32,
    end: u32,
}

/// What is in a block. A damaged one ends where it makes no sense.
pub struct Parsed<B> {
    bytes: B,
    groups: Vec<(u32, u32)>,
    /// Its entries, in order.
    pub entries: Vec<InBlock>,
}

impl<B: AsRef<[u8]>> Parsed<B> {
    /// Finds the entries of a block.
    pub fn new(bytes: B) -> Self {
        let (mut groups, mut entries) = (Vec::new(), Vec::with_capacity(64));
        let _ = parse(bytes.as_ref(), &mut groups, &mut entries);
        Self { bytes, groups, entries }
    }

    /// The values that an entry's key begins with.
    pub fn values(&self, entry: &InBlock) -> &[u8] {
        let (start, end) = self.groups[entry.group as usize];
        &self.bytes.as_ref()[start as usize..end as usize]
    }

    /// The version, checksum and row of its record.
    pub fn sealed(&self, entry: &InBlock) -> &[u8] {
        &self.bytes.as_ref()[entry.start as usize..entry.end as usize]
    }

    /// The key of its record.
    pub fn source(&self, entry: &InBlock) -> &[u8] {
        Row::new(sealed::row_of(self.sealed(entry))).slot(slot::KEY)
    }

    /// Appends its whole key.
    pub fn key(&self, entry: &InBlock, key: &mut Vec<u8>) {
        key.extend_from_slice(self.values(entry));
        key.push(entry.tag);
        key.extend_from_slice(self.source(entry));
        key.push(0);
        key.extend_from_slice(&entry.ordinal.to_be_bytes());
    }

    /// How many of the entries have keys below one.
    pub fn below(&self, bound: &[u8]) -> usize {
        let mut key = Vec::new();
        self.entries.partition_point(|entry| {
            let values = self.values(entry);
            let shared = values.len().min(bound.len());
            match values[..shared].cmp(&bound[..shared]) {
                std::cmp::Ordering::Equal if bound.len() > values.len() => {
                    key.clear();
                    self.key(entry, &mut key);
                    key.as_slice() < bound
                }
                std::cmp::Ordering::Equal => false,
                order => order.is_lt(),
            }
        })
    }
}

fn parse(bytes: &[u8], groups: &mut Vec<(u32, u32)>, entries: &mut Vec<InBlock>) -> Option<()> {
    let mut rest = bytes;
    let at = |rest: &[u8]| (bytes.len() - rest.len()) as u32;
    while !rest.is_empty() {
        let length = usize::try_from(read_varint(&mut rest)?).ok()?;
        let start = at(rest);
        rest = rest.get(length..)?;
        groups.push((start, at(rest)));
        let group = groups.len() as u32 - 1;
        for _ in 0..read_varint(&mut rest)? {
            let (tag, others) = rest.split_first()?;
            rest = others;
            let ordinal = u32::try_from(read_varint(&mut rest)?).ok()?;
            let length = usize::try_from(read_varint(&mut rest)?).ok()?;
            let start = at(rest);
            rest = rest.get(length..)?;
            entries.push(InBlock { group, tag: *tag, ordinal, start, end: at(rest) });
        }
    }
    Some(())
}
