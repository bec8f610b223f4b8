//! One consistent view of the store, which a request reads from first to last.

use std::ops::Bound;

use redb::{AccessGuard, Range, ReadOnlyTable, ReadTransaction, ReadableTable, TableError};

use super::key::{self, FieldId};
use super::log::{self, Revision};
use super::{COUNTS, INDEX, LOG, META, POSTINGS, RECORDS, REVERSE, StoreError, meta_number, postings, sealed};
use crate::model::catalog::{Kind, slot};
use crate::model::id::{Id, IdRef};
use crate::model::row::Row;
use crate::text::tokens::Token;

type Bytes = &'static [u8];

/// A view of the store as of one revision. Later commits do not change it.
pub struct Snapshot {
    records: ReadOnlyTable<Bytes, Bytes>,
    reverse: ReadOnlyTable<Bytes, ()>,
    index: ReadOnlyTable<Bytes, ()>,
    postings: ReadOnlyTable<Bytes, Bytes>,
    transaction: ReadTransaction,
}

/// A record's row, as it stands in the page cache.
pub struct Stored<'s> {
    /// What it is.
    pub kind: &'static Kind,
    bytes: AccessGuard<'s, Bytes>,
}

impl Stored<'_> {
    /// Its row.
    pub fn row(&self) -> Row<'_> {
        Row::new(sealed::row_of(self.bytes.value()))
    }

    /// The revision that last changed it.
    pub fn version(&self) -> Revision {
        sealed::version_of(self.bytes.value())
    }

    /// Its key.
    pub fn key(&self) -> &str {
        std::str::from_utf8(self.row().slot(slot::KEY)).unwrap_or("")
    }

    /// Its id.
    pub fn id(&self) -> IdRef<'_> {
        IdRef { tag: self.kind.tag, key: self.key() }
    }
}

/// Which way a range is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the smallest key up.
    Forward,
    /// From the largest key down.
    Backward,
}

/// A range of keys, walked either way.
struct Walk<'s, V: redb::Value + 'static> {
    range: Range<'s, Bytes, V>,
    direction: Direction,
}

impl<'s, V: redb::Value + 'static> Iterator for Walk<'s, V> {
    type Item = Result<(AccessGuard<'s, Bytes>, AccessGuard<'s, V>), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match self.direction {
            Direction::Forward => self.range.next(),
            Direction::Backward => self.range.next_back(),
        };
        next.map(|entry| entry.map_err(Into::into))
    }
}

impl Snapshot {
    pub(super) fn new(transaction: ReadTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            records: transaction.open_table(RECORDS)?,
            reverse: transaction.open_table(REVERSE)?,
            index: transaction.open_table(INDEX)?,
            postings: transaction.open_table(POSTINGS)?,
            transaction,
        })
    }

    /// The record of an id.
    pub fn get(&self, id: IdRef<'_>) -> Result<Option<Stored<'_>>, StoreError> {
        let Some(kind) = id.kind() else { return Ok(None) };
        let found = ReadableTable::get(&self.records, key::record(id).as_slice())?;
        Ok(found.map(|bytes| Stored { kind, bytes }))
    }

    /// The records of a kind in the order of their keys, from behind a key on.
    pub fn scan<'s>(
        &'s self,
        kind: &'static Kind,
        after: Option<&str>,
        direction: Direction,
    ) -> Result<impl Iterator<Item = Result<Stored<'s>, StoreError>> + use<'s>, StoreError> {
        let after = after.map(|key| key::record(IdRef { tag: kind.tag, key }));
        let walk = self.walk(&self.records, &[kind.tag], after.as_deref(), direction)?;
        Ok(walk.map(move |entry| entry.map(|(_, bytes)| Stored { kind, bytes })))
    }

    /// The sources whose edge leads to a target, in the order of their ids, from behind one on; each with the ordinal of
    /// its edge.
    pub fn sources<'s>(
        &'s self,
        target: IdRef<'_>,
        edge: FieldId,
        after: Option<(IdRef<'_>, u32)>,
        direction: Direction,
    ) -> Result<impl Iterator<Item = Result<(Id, u32), StoreError>> + use<'s>, StoreError> {
        let prefix = key::reverse_prefix(target, edge);
        let after = after.map(|(source, ordinal)| key::reverse(target, edge, source, ordinal));
        let walk = self.walk(&self.reverse, &prefix, after.as_deref(), direction)?;
        let skip = prefix.len();
        Ok(walk.map(move |entry| {
            let (key, ()) = entry.map(|(key, _)| (key, ()))?;
            match key::source_after(&key.value()[skip..]) {
                Some((source, ordinal)) => Ok((source.to_owned(), ordinal)),
                None => Err(StoreError::Damaged("a reverse edge has no source".to_owned())),
            }
        }))
    }

    /// The records whose indexed field has a value.
    pub fn find<'s>(
        &'s self,
        field: key::Indexed,
        value: &[u8],
    ) -> Result<impl Iterator<Item = Result<Id, StoreError>> + use<'s>, StoreError> {
        self.find_range(field, value, Some(&key::after_prefix(value)))
    }

    /// The records whose indexed field lies from a value on, and before another where there is one, in the order of values.
    pub fn find_range<'s>(
        &'s self,
        field: key::Indexed,
        from: &[u8],
        until: Option<&[u8]>,
    ) -> Result<impl Iterator<Item = Result<Id, StoreError>> + use<'s>, StoreError> {
        let start = key::index_prefix(field.id, from);
        let all = key::index_prefix(field.id, &[]);
        let end = until.map_or_else(|| key::after_prefix(&all), |until| key::index_prefix(field.id, until));
        // redb panics on bounds that cross.
        let end = if end < start { start.clone() } else { end };
        let range = ReadableTable::range::<&[u8]>(&self.index, start.as_slice()..end.as_slice())?;
        Ok(range.map(move |entry| {
            let (key, _) = entry?;
            key::index_source(key.value(), field.scalar)
                .map(IdRef::to_owned)
                .ok_or_else(|| StoreError::Damaged("an index row has no record".to_owned()))
        }))
    }

    /// The values of an index and their records, from a value on (of which perhaps only the beginning is given), in the order
    /// of the values up or down.
    pub fn by_index<'s>(
        &'s self,
        field: key::Indexed,
        from: &[u8],
        direction: Direction,
    ) -> Result<impl Iterator<Item = Result<(Vec<u8>, Id), StoreError>> + use<'s>, StoreError> {
        let all = key::index_prefix(field.id, &[]);
        let from = key::index_prefix(field.id, from);
        let (start, end) = match direction {
            Direction::Forward => (from, key::after_prefix(&all)),
            Direction::Backward => {
                let end = key::after_prefix(&from);
                (all, end)
            }
        };
        let range = ReadableTable::range::<&[u8]>(&self.index, start.as_slice()..end.as_slice())?;
        Ok(Walk { range, direction }.map(move |entry| {
            let (key, _) = entry?;
            key::index_parts(key.value(), field.scalar)
                .map(|(value, id)| (value.to_vec(), id.to_owned()))
                .ok_or_else(|| StoreError::Damaged("an index row has no record".to_owned()))
        }))
    }

    /// The keys of the records of a kind whose names have a token, in order.
    pub fn postings<'s>(
        &'s self,
        token: Token,
        kind: &Kind,
    ) -> Result<impl Iterator<Item = Result<String, StoreError>> + use<'s>, StoreError> {
        let prefix = key::posting_prefix(token, kind.tag);
        let skip = prefix.len();
        let blocks = self.walk(&self.postings, &prefix, None, Direction::Forward)?;
        Ok(blocks.flat_map(move |entry| match entry {
            Ok((row, block)) => {
                let first = key::posting_first(row.value(), skip);
                postings::decode(first, block.value()).map(Ok).collect::<Vec<_>>()
            }
            Err(error) => vec![Err(error)],
        }))
    }

    /// How many blocks the postings of a token and a kind have, up to a bound: how long the list is, roughly.
    pub fn posting_blocks(&self, token: Token, kind: &Kind, most: usize) -> Result<usize, StoreError> {
        let blocks = self.walk(&self.postings, &key::posting_prefix(token, kind.tag), None, Direction::Forward)?;
        let mut count = 0;
        for block in blocks.take(most) {
            block?;
            count += 1;
        }
        Ok(count)
    }

    /// How many records of a kind there are.
    pub fn count(&self, kind: &Kind) -> Result<u64, StoreError> {
        let counts = match self.transaction.open_table(COUNTS) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(0),
            counts => counts?,
        };
        let count = ReadableTable::get(&counts, kind.tag)?;
        Ok(count.map_or(0, |count| count.value()))
    }

    /// The revision that it is a view of.
    pub fn revision(&self) -> Result<Revision, StoreError> {
        let meta = self.transaction.open_table(META)?;
        meta_number(&meta, "revision")
    }

    /// What a revision did.
    pub fn log_entry(&self, revision: Revision) -> Result<Option<log::Entry>, StoreError> {
        let log = self.transaction.open_table(LOG)?;
        let entry = ReadableTable::get(&log, revision)?;
        entry.map(|bytes| log::Entry::unpack(bytes.value())).transpose()
    }

    /// When a revision was committed, in milliseconds since 1970 (UTC); nothing where the log does not have it.
    pub fn time_of(&self, revision: Revision) -> Result<Option<i64>, StoreError> {
        let log = self.transaction.open_table(LOG)?;
        let entry = ReadableTable::get(&log, revision)?;
        Ok(entry.and_then(|bytes| log::Entry::time_of(bytes.value())))
    }

    pub(super) fn transaction(&self) -> &ReadTransaction {
        &self.transaction
    }

    pub(super) fn has_reverse(&self, key: &[u8]) -> Result<bool, StoreError> {
        Ok(ReadableTable::get(&self.reverse, key)?.is_some())
    }

    pub(super) fn has_posting(&self, token: Token, id: IdRef<'_>) -> Result<bool, StoreError> {
        let at = key::posting(token, id.tag, id.key);
        let prefix = key::posting_prefix(token, id.tag);
        let Some(entry) = ReadableTable::range::<&[u8]>(&self.postings, prefix.as_slice()..=at.as_slice())?.next_back()
        else {
            return Ok(false);
        };
        let (row, block) = entry?;
        let first = key::posting_first(row.value(), prefix.len());
        Ok(postings::decode(first, block.value()).any(|key| key == id.key))
    }

    pub(super) fn has_index(&self, key: &[u8]) -> Result<bool, StoreError> {
        Ok(ReadableTable::get(&self.index, key)?.is_some())
    }

    fn walk<'s, V: redb::Value + 'static>(
        &self,
        table: &'s ReadOnlyTable<Bytes, V>,
        prefix: &[u8],
        after: Option<&[u8]>,
        direction: Direction,
    ) -> Result<Walk<'s, V>, StoreError> {
        let end = key::after_prefix(prefix);
        let bounds: (Bound<&[u8]>, Bound<&[u8]>) = match (after, direction) {
            (None, _) => (Bound::Included(prefix), Bound::Excluded(&end)),
            (Some(after), Direction::Forward) => (Bound::Excluded(after), Bound::Excluded(&end)),
            (Some(after), Direction::Backward) => (Bound::Included(prefix), Bound::Excluded(after)),
        };
        // A cursor from elsewhere can lie outside the range; redb panics on bounds that cross.
        let empty: (Bound<&[u8]>, Bound<&[u8]>) = (Bound::Included(prefix), Bound::Excluded(prefix));
        let crossed = after.is_some_and(|after| after < prefix || after >= end.as_slice());
        let range = ReadableTable::range::<&[u8]>(table, if crossed { empty } else { bounds })?;
        Ok(Walk { range, direction })
    }
}
