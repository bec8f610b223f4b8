//! The change log: what each revision changed, and how it was before.
//!
//! ```text
//! log       = revision -> head                    (few changes stand in the head)
//! log_parts = revision(8) part(4) -> part         (many stand in parts, in the order in which they were made)
//! head      = time author note changes parts(4)
//! part      = stretches befores                   (a stretch: the tag, the first key, the other keys as differences)
//! ```
//! A new record has no value before: of a bulk load little more is kept than which codes it made.

use std::ops::Range;

use redb::{ReadableTable, Table};

pub use super::sealed::{row_of, version_of};
use super::{Bytes, StoreError, key_list, sealed};
use crate::model::id::{Id, IdRef};
use crate::model::row::{List, Row, pack_list, pack_row};

/// The number of a commit; the first is 1, and each is one more than the one before.
pub type Revision = u64;

/// A record that a revision changed, with its value before: the version and row, or nothing where it was new.
pub type Changed = (Id, Option<Vec<u8>>);

/// The most changes of a part, and of a head.
const PART_CHANGES: usize = 4_096;
/// How many bytes of values before a part gets.
const PART_BYTES: usize = 1 << 20;

/// What one revision did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was committed, in milliseconds since 1970 (UTC).
    pub time_ms: i64,
    /// Who did it.
    pub author: String,
    /// What for.
    pub note: String,
    /// The records that it changed, each with its value before: the version and row, or nothing where it was new.
    pub changes: Vec<Changed>,
}

/// What stands in the log's own row.
pub(super) struct Head {
    /// The entry, with such changes as stand here.
    pub entry: Entry,
    /// How many parts hold the others.
    pub parts: u32,
}

impl Head {
    fn pack(&self) -> Vec<u8> {
        let Entry { time_ms, author, note, changes } = &self.entry;
        let changes: Vec<_> = changes
            .iter()
            .map(|(id, before)| pack_row(&[id.as_ref().to_bytes(), before.clone().unwrap_or_default()]))
            .collect();
        let parts = if self.parts == 0 { Vec::new() } else { self.parts.to_le_bytes().to_vec() };
        let (author, note) = (author.clone().into_bytes(), note.clone().into_bytes());
        sealed::seal(0, &pack_row(&[time_ms.to_le_bytes().to_vec(), author, note, pack_list(&changes), parts]))
    }

    /// The time of a packed head, without the rest of it.
    pub fn time_of(bytes: &[u8]) -> Option<i64> {
        Row::new(sealed::row_of(bytes)).slot(0).try_into().ok().map(i64::from_le_bytes)
    }

    pub fn unpack(bytes: &[u8]) -> Result<Self, StoreError> {
        if !sealed::is_intact(bytes) {
            return Err(damaged());
        }
        let row = Row::new(sealed::row_of(bytes));
        let text = |slot| String::from_utf8(row.slot(slot).to_vec()).map_err(|_| damaged());
        let changes = List::new(row.slot(3)).iter().map(|change| {
            let change = Row::new(change);
            let id = IdRef::from_bytes(change.slot(0)).ok_or_else(damaged)?.to_owned();
            let before = change.slot(1);
            Ok((id, (!before.is_empty()).then(|| before.to_vec())))
        });
        let entry = Entry {
            time_ms: i64::from_le_bytes(row.slot(0).try_into().map_err(|_| damaged())?),
            author: text(1)?,
            note: text(2)?,
            changes: changes.collect::<Result<_, StoreError>>()?,
        };
        let parts = match row.slot(4) {
            [] => 0,
            parts => u32::from_le_bytes(parts.try_into().map_err(|_| damaged())?),
        };
        Ok(Self { entry, parts })
    }
}

fn damaged() -> StoreError {
    StoreError::Damaged("a revision of the log cannot be read".to_owned())
}

/// The key of a part.
fn part_key(revision: Revision, part: u32) -> Vec<u8> {
    [revision.to_be_bytes().as_slice(), &part.to_be_bytes()].concat()
}

/// The keys of all parts of a revision.
pub(super) fn part_keys(revision: Revision) -> Range<Vec<u8>> {
    part_key(revision, 0)..part_key(revision + 1, 0)
}

fn pack_part(changes: &[Changed]) -> Vec<u8> {
    let stretches = changes.chunk_by(|(left, _), (right, _)| left.tag == right.tag).map(|stretch| {
        let keys: Vec<&str> = stretch.iter().map(|(id, _)| &*id.key).collect();
        pack_row(&[vec![stretch[0].0.tag], keys[0].as_bytes().to_vec(), key_list::encode(&keys)])
    });
    let stretches: Vec<_> = stretches.collect();
    let known = changes.iter().any(|(_, before)| before.is_some());
    let befores: Vec<_> =
        changes.iter().filter(|_| known).map(|(_, before)| before.clone().unwrap_or_default()).collect();
    sealed::seal(0, &pack_row(&[pack_list(&stretches), pack_list(&befores)]))
}

/// The changes of a part.
pub(super) fn unpack_part(bytes: &[u8]) -> Result<Vec<Changed>, StoreError> {
    if !sealed::is_intact(bytes) {
        return Err(damaged());
    }
    let row = Row::new(sealed::row_of(bytes));
    let befores = List::new(row.slot(1));
    let mut changes = Vec::new();
    for stretch in List::new(row.slot(0)).iter() {
        let stretch = Row::new(stretch);
        let tag = *stretch.slot(0).first().ok_or_else(damaged)?;
        let first = std::str::from_utf8(stretch.slot(1)).map_err(|_| damaged())?;
        for key in key_list::decode(first, stretch.slot(2)) {
            let before = befores.get(changes.len());
            changes.push((Id { tag, key: key.into() }, (!before.is_empty()).then(|| before.to_vec())));
        }
    }
    Ok(changes)
}

/// Logs the changes of a revision as they are made.
pub(super) struct Logging<'t> {
    table: Table<'t, Bytes, Bytes>,
    revision: Revision,
    changes: Vec<Changed>,
    bytes: usize,
    parts: u32,
}

impl<'t> Logging<'t> {
    pub fn new(table: Table<'t, Bytes, Bytes>, revision: Revision) -> Self {
        Self { table, revision, changes: Vec::new(), bytes: 0, parts: 0 }
    }

    /// Notes a change, with the value before.
    pub fn note(&mut self, id: Id, before: Option<Vec<u8>>) -> Result<(), StoreError> {
        if self.changes.len() >= PART_CHANGES || self.bytes >= PART_BYTES {
            self.part()?;
        }
        self.bytes += before.as_ref().map_or(0, Vec::len);
        self.changes.push((id, before));
        Ok(())
    }

    fn part(&mut self) -> Result<(), StoreError> {
        let part = pack_part(&self.changes);
        self.table.insert(part_key(self.revision, self.parts).as_slice(), part.as_slice())?;
        self.changes.clear();
        self.bytes = 0;
        self.parts += 1;
        Ok(())
    }

    /// The row of the log; nothing where nothing was changed.
    pub fn head(mut self, time_ms: i64, author: &str, note: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if self.parts > 0 {
            self.part()?;
        }
        if self.parts == 0 && self.changes.is_empty() {
            return Ok(None);
        }
        let entry = Entry {
            time_ms,
            author: author.to_owned(),
            note: note.to_owned(),
            changes: std::mem::take(&mut self.changes),
        };
        Ok(Some(Head { entry, parts: self.parts }.pack()))
    }
}

/// The parts of a revision, one after the other.
pub(super) fn parts<T: ReadableTable<Bytes, Bytes>>(
    table: &T,
    revision: Revision,
) -> Result<impl Iterator<Item = Result<Vec<Changed>, StoreError>> + use<'_, T>, StoreError> {
    let keys = part_keys(revision);
    let rows = table.range::<&[u8]>(keys.start.as_slice()..keys.end.as_slice())?;
    Ok(rows.map(|row| unpack_part(row?.1.value())))
}

/// The value before of a record that a revision of many parts changed; nothing where it was new, or is not among them. The
/// parts are in the order of the records.
pub(super) fn before<T: ReadableTable<Bytes, Bytes>>(
    table: &T,
    revision: Revision,
    parts: u32,
    id: IdRef<'_>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let (mut from, mut until) = (0, parts);
    while from < until {
        let middle = from + (until - from) / 2;
        let part = table.get(part_key(revision, middle).as_slice())?.ok_or_else(damaged)?;
        let changes = unpack_part(part.value())?;
        match changes.binary_search_by(|(changed, _)| changed.as_ref().cmp(&id)) {
            Ok(found) => return Ok(changes[found].1.clone()),
            Err(0) => until = middle,
            Err(_) => from = middle + 1,
        }
    }
    Ok(None)
}
