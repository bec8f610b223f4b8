//! Covers: the records of a kind once more, in another order, with their rows. The rows lie in blocks of about a page, so that
//! what is read together is read at once.
//!
//! ```text
//! block = group…          group = length(varint) values  count(varint) entry…
//! entry = tag ordinal(varint) length(varint) version, checksum and row
//! ```
//! The values of a group are what its entries' keys begin with; a key goes on with the record's id and the ordinal, see [`key`].
//! The key of a block's row is that of its first entry.

use std::ops::Bound;

use redb::{ReadableTable, Table};

use super::derive::each_target;
use super::key_list::{read_varint, varint};
use super::run::Run;
use super::{Bytes, StoreError, key, sealed};
use crate::model::catalog::{Cover, Kind, Shape, slot};
use crate::model::id::IdRef;
use crate::model::row::Row;

/// How many bytes a block has at most, with its key, if it has more than one entry: a page of the file takes it.
const MOST: usize = 3_900;
/// How many bytes the blocks get in which many entries are written.
const FILL: usize = 3_600;
/// How many bytes of changes are gathered before they are made.
const GATHERED: usize = 64 << 20;
/// How many bytes of blocks are gathered before they are written.
const WRITTEN: usize = 4 << 20;
/// Where the row of a change would end, if its entry is to be gone.
const GONE: u32 = u32::MAX;

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

/// Changes of entries that are gathered, and made together.
#[derive(Default)]
pub struct Gathered {
    bytes: Vec<u8>,
    rows: Vec<Place>,
}

/// Where a change stands among the bytes: the values and the rest of the key, then version, checksum and row.
#[derive(Clone, Copy)]
struct Place {
    start: u32,
    values_end: u32,
    key_end: u32,
    end: u32,
}

/// An entry as it is merged.
#[derive(Clone, Copy)]
struct Entry<'b> {
    key: &'b [u8],
    values: usize,
    sealed: &'b [u8],
}

impl Gathered {
    /// What a record's entries are replaced by. The value is the new one, version, checksum and row.
    pub fn replace(&mut self, kind: &'static Kind, id: IdRef<'_>, old: Option<&[u8]>, new: Option<&[u8]>) {
        if kind.covers.is_empty() {
            return;
        }
        let mut kept = Vec::new();
        if let Some(new) = new {
            entries(kind, id, Row::new(sealed::row_of(new)), |key, values| {
                self.add(key, values, Some(new));
                if old.is_some() {
                    kept.push(key.to_vec());
                }
            });
        }
        if let Some(old) = old {
            entries(kind, id, Row::new(old), |key, values| {
                if !kept.iter().any(|kept| kept == key) {
                    self.add(key, values, None);
                }
            });
        }
    }

    fn add(&mut self, key: &[u8], values: usize, sealed: Option<&[u8]>) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(sealed.unwrap_or_default());
        let end = if sealed.is_some() { self.bytes.len() as u32 } else { GONE };
        let key_end = start + key.len() as u32;
        self.rows.push(Place { start, values_end: start + values as u32, key_end, end });
    }

    /// Whether so much was gathered that it should be made.
    pub fn is_full(&self) -> bool {
        self.bytes.len() + self.rows.len() * size_of::<Place>() >= GATHERED
    }

    fn key(&self, row: Place) -> &[u8] {
        &self.bytes[row.start as usize..row.key_end as usize]
    }

    /// The entry; nothing where it is to be gone.
    fn entry(&self, row: Place) -> Option<Entry<'_>> {
        (row.end != GONE).then(|| Entry {
            key: self.key(row),
            values: (row.values_end - row.start) as usize,
            sealed: &self.bytes[row.key_end as usize..row.end as usize],
        })
    }

    /// Makes them.
    pub fn flush(&mut self, table: &mut Table<'_, Bytes, Bytes>) -> Result<(), StoreError> {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_unstable_by(|left, right| self.key(*left).cmp(self.key(*right)));
        let mut run = Run::default();
        let mut rest = rows.as_slice();
        while let Some(first) = rest.first() {
            // The block that the first change falls into: the last that begins no later, or the first of all.
            let known = block_of(table, self.key(*first))?;
            let here = match &known {
                None => rest.len(),
                // It reaches to the next block.
                Some((at, _)) => {
                    let behind = (Bound::Excluded(at.as_slice()), Bound::Unbounded);
                    let next = table.range::<&[u8]>(behind)?.next().transpose()?;
                    next.map_or(rest.len(), |(next, _)| {
                        rest.partition_point(|row| self.key(*row) < next.value()).max(1)
                    })
                }
            };
            let (now, later) = rest.split_at(here);
            rest = later;
            self.merge(known, now, &mut run)?;
            if run.bytes() >= WRITTEN {
                run.flush(table)?;
            }
        }
        run.flush(table)?;
        self.bytes.clear();
        Ok(())
    }

    /// Merges changes into a block, which becomes several where it grows too large, or none.
    fn merge(&self, known: Option<(Vec<u8>, Vec<u8>)>, changes: &[Place], run: &mut Run) -> Result<(), StoreError> {
        let (at, block) = known.unzip();
        let parsed = Parsed::new(block.as_deref().unwrap_or_default());
        let mut keys = Vec::new();
        let places: Vec<_> = parsed
            .entries
            .iter()
            .map(|entry| {
                let start = keys.len();
                parsed.key(entry, &mut keys);
                (start, keys.len(), entry)
            })
            .collect();
        let mut known = places
            .iter()
            .map(|(start, end, entry)| Entry {
                key: &keys[*start..*end],
                values: parsed.values(entry).len(),
                sealed: parsed.sealed(entry),
            })
            .peekable();
        let mut merged: Vec<Entry<'_>> = Vec::with_capacity(places.len() + changes.len());
        for change in changes {
            let key = self.key(*change);
            while let Some(before) = known.next_if(|known| known.key < key) {
                merged.push(before);
            }
            let _ = known.next_if(|known| known.key == key);
            merged.extend(self.entry(*change));
        }
        merged.extend(known);
        let total = size_of_entries(&merged);
        // A block that grows a little is halved; what comes in large numbers fills blocks.
        let most = match total {
            total if total <= MOST => MOST,
            total if total < 2 * FILL => total.div_ceil(2),
            _ => FILL,
        };
        let (mut kept, mut rest) = (false, merged.as_slice());
        while let Some(first) = rest.first() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|entry| {
                bytes += size_of_entry(entry);
                bytes <= most
            });
            let (block, others) = rest.split_at(fits.count().max(1));
            rest = others;
            kept |= at.as_deref() == Some(first.key);
            run.insert(first.key, &encode(block));
        }
        if let Some(at) = at.filter(|_| !kept) {
            run.remove(&at);
        }
        Ok(())
    }
}

/// What an entry takes, roughly: as if it were a group of its own.
fn size_of_entry(entry: &Entry<'_>) -> usize {
    entry.values + entry.sealed.len() + 8
}

fn size_of_entries(entries: &[Entry<'_>]) -> usize {
    entries.iter().map(size_of_entry).sum()
}

/// A block as it stands in the table: the key of its row, and its bytes.
type Standing = (Vec<u8>, Vec<u8>);

fn block_of(table: &Table<'_, Bytes, Bytes>, at: &[u8]) -> Result<Option<Standing>, StoreError> {
    let read = |(row, block): (redb::AccessGuard<'_, Bytes>, redb::AccessGuard<'_, Bytes>)| {
        (row.value().to_vec(), block.value().to_vec())
    };
    if let Some(before) = table.range::<&[u8]>(..=at)?.next_back().transpose()? {
        return Ok(Some(read(before)));
    }
    Ok(table.first()?.map(read))
}

fn encode(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut block = Vec::with_capacity(MOST);
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
            varint(&mut block, entry.sealed.len() as u64);
            block.extend_from_slice(entry.sealed);
        }
    }
    block
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
