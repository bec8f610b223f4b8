//! One consistent view of the store, which a request reads from first to last.

use std::ops::Bound;
use std::sync::Arc;

use either::Either;
use quick_cache::sync::Cache;
use redb::{AccessGuard, Range, ReadOnlyTable, ReadTransaction, ReadableTable};

use super::covered::{Block, Blocks};
use super::covers::InBlock;
use super::key::{self, FieldId};
use super::key_set::{self, Keys};
use super::log::Revision;
use super::past::{Past, merged};
use super::posting_list::{Postings, kind_bit};
use super::tables::{ByWeight, Reckoned, Tables};
use super::view::View;
use super::{Bytes, StoreError, postings, sealed};
use crate::model::catalog::{Kind, slot};
use crate::model::id::{Id, IdRef};
use crate::model::row::Row;
use crate::text::standing::Standing;
use crate::text::tokens::Token;

/// How many blocks of a token are passed one by one, before they are skipped kind by kind.
const FEW_BLOCKS: usize = 8;

/// A view of the store as of one revision. Later commits do not change it.
pub struct Snapshot {
    pub(super) tables: Arc<Tables>,
    pub(super) covers: Blocks,
    /// Where it is a view of the past.
    pub(super) view: Option<View>,
}

/// A record's row, as it stands in the page cache, or stood once.
pub struct Stored<'s> {
    /// What it is.
    pub kind: &'static Kind,
    sealed: Sealed<'s>,
}

enum Sealed<'s> {
    Here(Box<AccessGuard<'s, Bytes>>),
    Past(Arc<[u8]>),
    Packed(Arc<Block>, InBlock),
    /// Of a record that is looked at where it stands, by who holds its page.
    Lent(&'s [u8]),
}

impl<'s> Stored<'s> {
    pub(super) fn here(kind: &'static Kind, bytes: AccessGuard<'s, Bytes>) -> Self {
        Self { kind, sealed: Sealed::Here(Box::new(bytes)) }
    }

    /// A record as the log has it: version and row.
    pub(super) fn past(kind: &'static Kind, bytes: Arc<[u8]>) -> Self {
        Self { kind, sealed: Sealed::Past(bytes) }
    }

    /// A record as an entry of a cover has it.
    pub(super) fn packed(kind: &'static Kind, block: Arc<Block>, entry: InBlock) -> Self {
        Self { kind, sealed: Sealed::Packed(block, entry) }
    }

    /// A record where it stands, for as long as its page is held.
    pub(super) fn lent(kind: &'static Kind, sealed: &'s [u8]) -> Self {
        Self { kind, sealed: Sealed::Lent(sealed) }
    }
}

impl<'s> Stored<'s> {
    /// The same once more, where that costs nothing: not of one that was looked up.
    pub fn again(&self) -> Option<Self> {
        let sealed = match &self.sealed {
            Sealed::Here(_) => return None,
            Sealed::Past(bytes) => Sealed::Past(bytes.clone()),
            Sealed::Packed(block, entry) => Sealed::Packed(block.clone(), *entry),
            Sealed::Lent(bytes) => Sealed::Lent(bytes),
        };
        Some(Self { kind: self.kind, sealed })
    }
}

impl Stored<'_> {
    fn sealed(&self) -> &[u8] {
        match &self.sealed {
            Sealed::Here(bytes) => bytes.value(),
            Sealed::Past(bytes) => bytes,
            Sealed::Packed(block, entry) => block.sealed(entry),
            Sealed::Lent(bytes) => bytes,
        }
    }

    /// Its row.
    pub fn row(&self) -> Row<'_> {
        Row::new(self.bytes())
    }

    /// The bytes of its row.
    pub fn bytes(&self) -> &[u8] {
        sealed::row_of(self.sealed())
    }

    /// The revision that last changed it.
    pub fn version(&self) -> Revision {
        sealed::version_of(self.sealed())
    }

    /// Its key.
    pub fn key(&self) -> &str {
        std::str::from_utf8(self.key_bytes()).unwrap_or("")
    }

    /// The bytes of its key, for what only compares it.
    pub fn key_bytes(&self) -> &[u8] {
        self.row().slot(slot::KEY)
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
pub(super) struct Walk<'s, V: redb::Value + 'static> {
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
    pub(super) fn new(tables: Arc<Tables>) -> Self {
        Self { covers: Blocks::new(tables.clone()), tables, view: None }
    }

    /// The records of a kind in the order of their keys, from behind a key on.
    pub fn scan<'s>(
        &'s self,
        kind: &'static Kind,
        after: Option<&str>,
        direction: Direction,
    ) -> Result<impl Iterator<Item = Result<Stored<'s>, StoreError>> + use<'s>, StoreError> {
        let after = after.map(|key| key::record(IdRef { tag: kind.tag, key }));
        let bounds = Bounds::new(&[kind.tag], after.as_deref(), direction);
        let walk = walk(&self.tables.records, &bounds, direction)?;
        let Some(past) = self.past()? else {
            return Ok(Either::Left(walk.map(move |entry| entry.map(|(_, bytes)| Stored::here(kind, bytes)))));
        };
        let now = walk.filter_map(move |entry| match entry {
            Ok((key, _)) if IdRef::from_bytes(key.value()).is_some_and(|id| past.changed(id)) => None,
            Ok((key, bytes)) => Some(Ok((key.value().to_vec(), Stored::here(kind, bytes)))),
            Err(error) => Some(Err(error)),
        });
        let then = past.records(bounds.as_ref(), direction).map(move |(key, bytes)| (key, Stored::past(kind, bytes)));
        let merged = merged(now, then, direction);
        Ok(Either::Right(boxed(merged.map(|entry| entry.map(|(_, record)| record)))))
    }

    /// The same from its first record up, each where it stands, while the visitor says so; false in a view of the past, of
    /// which nothing is visited.
    pub fn each_in_place<E: From<StoreError>>(
        &self,
        kind: &'static Kind,
        after: Option<&str>,
        mut each: impl FnMut(&Stored<'_>) -> Result<bool, E>,
    ) -> Result<bool, E> {
        if self.is_past() {
            return Ok(false);
        }
        let after = after.map(|key| key::record(IdRef { tag: kind.tag, key }));
        let bounds = Bounds::new(&[kind.tag], after.as_deref(), Direction::Forward);
        for entry in walk(&self.tables.records, &bounds, Direction::Forward)? {
            let (_, sealed) = entry?;
            if !each(&Stored::lent(kind, sealed.value()))? {
                break;
            }
        }
        Ok(true)
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
        let bounds = Bounds::new(&prefix, after.as_deref(), direction);
        let source = |key: &[u8]| key::reverse_source(key).map(|(source, ordinal)| (source.to_owned(), ordinal));
        let missing = || StoreError::Damaged("a reverse edge has no source".to_owned());
        let keys = Keys::new(&self.tables.reverse, bounds.cloned(), direction)?;
        let Some(past) = self.past()? else {
            return Ok(Either::Left(keys.map(move |key| source(&key?).ok_or_else(missing))));
        };
        let rows = unchanged(keys, past, move |key| key::reverse_source(key).map(|(source, _)| source));
        let merged = merged(rows, past.reverse(bounds.as_ref(), direction), direction);
        Ok(Either::Right(boxed(merged.map(move |entry| source(&entry?.0).ok_or_else(missing)))))
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
        let end = match until {
            Some(until) => key::index_prefix(field.id, until),
            None => key::after_prefix(&key::index_prefix(field.id, &[])),
        };
        let rows = self.indexed(field, Bounds::between(start, end), Direction::Forward)?;
        Ok(rows.map(move |key| {
            let source = key.map(|key| key::index_source(&key, field.scalar).map(IdRef::to_owned));
            source?.ok_or_else(no_record)
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
        let bounds = match direction {
            Direction::Forward => Bounds::between(from, key::after_prefix(&all)),
            Direction::Backward => {
                let end = key::after_prefix(&from);
                Bounds::between(all, end)
            }
        };
        Ok(self.indexed(field, bounds, direction)?.map(move |key| {
            let parts =
                key.map(|key| key::index_parts(&key, field.scalar).map(|(value, id)| (value.to_vec(), id.to_owned())));
            parts?.ok_or_else(no_record)
        }))
    }

    /// The keys of index rows between bounds.
    fn indexed<'s>(
        &'s self,
        field: key::Indexed,
        bounds: Bounds,
        direction: Direction,
    ) -> Result<impl Iterator<Item = Result<Vec<u8>, StoreError>> + use<'s>, StoreError> {
        let keys = Keys::new(&self.tables.index, bounds.cloned(), direction)?;
        let Some(past) = self.past()? else { return Ok(Either::Left(keys)) };
        let rows = unchanged(keys, past, move |key| key::index_source(key, field.scalar));
        let merged = merged(rows, past.index(bounds.as_ref(), direction), direction);
        Ok(Either::Right(boxed(merged.map(|entry| entry.map(|(key, ())| key)))))
    }

    /// The keys of the records of a kind whose names have a token, in order, perhaps from one on; it stands at the first.
    pub fn postings_from<'s>(
        &'s self,
        token: Token,
        kind: &Kind,
        from: Option<&str>,
    ) -> Result<Postings<'s>, StoreError> {
        let prefix = key::posting_prefix(token, kind.tag);
        let mut bounds = Bounds::new(&prefix, None, Direction::Forward);
        if let Some(from) = from {
            // The block that it falls into begins no later.
            let at = key::posting(token, kind.tag, from);
            let before = ReadableTable::range::<&[u8]>(&self.tables.postings, prefix.as_slice()..=at.as_slice())?;
            if let Some((row, _)) = { before }.next_back().transpose()? {
                bounds.0 = Bound::Included(row.value().to_vec());
            }
        }
        let blocks = walk(&self.tables.postings, &bounds, Direction::Forward)?;
        let mut postings = Postings::new(prefix.len(), blocks, self.past()?, token, kind.tag)?;
        if let Some(from) = from {
            postings.seek(from)?;
        }
        Ok(postings)
    }

    /// The kinds of the records whose names have a token: for each a bit, by its tag.
    pub fn posting_kinds(&self, token: Token) -> Result<u64, StoreError> {
        let end = key::after_prefix(&key::posting_token(token));
        let mut kinds = self.past()?.map_or(0, |past| past.posting_kinds(token));
        let mut tag = 0;
        // Most tokens have few blocks in all: to pass them costs less than to look for each kind.
        let from = key::posting_token(token);
        let mut rows = ReadableTable::range::<&[u8]>(&self.tables.postings, from.as_slice()..end.as_slice())?;
        for _ in 0..FEW_BLOCKS {
            let Some((row, _)) = rows.next().transpose()? else { return Ok(kinds) };
            let Some((_, found, _)) = key::posting_parts(row.value()) else { return Ok(kinds) };
            kinds |= kind_bit(found);
            tag = found.saturating_add(1);
        }
        loop {
            let from = key::posting_prefix(token, tag);
            let next = ReadableTable::range::<&[u8]>(&self.tables.postings, from.as_slice()..end.as_slice())?.next();
            let Some((row, _)) = next.transpose()? else { return Ok(kinds) };
            let Some((_, found, _)) = key::posting_parts(row.value()) else { return Ok(kinds) };
            kinds |= kind_bit(found);
            match found.checked_add(1) {
                Some(after) => tag = after,
                None => return Ok(kinds),
            }
        }
    }

    /// How many blocks the postings of a token and a kind have, up to a bound: how long the list is, roughly.
    pub fn posting_blocks(&self, token: Token, kind: &Kind, most: usize) -> Result<usize, StoreError> {
        let prefix = key::posting_prefix(token, kind.tag);
        let blocks = walk(&self.tables.postings, &Bounds::new(&prefix, None, Direction::Forward), Direction::Forward)?;
        let past = self.past()?.is_some_and(|past| past.postings(token, kind.tag).next().is_some());
        let mut count = usize::from(past);
        for block in blocks.take(most) {
            block?;
            count += 1;
        }
        Ok(count)
    }

    /// How many records of a kind there are.
    pub fn count(&self, kind: &Kind) -> Result<u64, StoreError> {
        let count = self.tables.counts.get(&kind.tag).copied().unwrap_or(0);
        Ok(self.past()?.map_or(count, |past| past.count(kind.tag, count)))
    }

    /// What was reckoned of the tables as they stand, by whoever reads them, until the next commit.
    pub fn reckoned(&self) -> &Cache<String, Reckoned, ByWeight> {
        &self.tables.reckoned
    }

    /// What regions hold of a level, in the order of ids, likewise.
    pub fn held(&self) -> &Cache<(Id, u8), Arc<Vec<Id>>> {
        &self.tables.held
    }

    /// Whether it is a view of the past, which has no covers.
    pub fn is_past(&self) -> bool {
        self.view.is_some()
    }

    /// The revision that it is a view of.
    pub fn revision(&self) -> Result<Revision, StoreError> {
        match &self.view {
            Some(view) => Ok(view.revision),
            None => Ok(self.newest()),
        }
    }

    pub(super) fn newest(&self) -> Revision {
        self.tables.revision
    }

    pub(super) fn transaction(&self) -> &ReadTransaction {
        &self.tables.transaction
    }

    pub(super) fn has_reverse(&self, key: &[u8]) -> Result<bool, StoreError> {
        key_set::has(&self.tables.reverse, key)
    }

    /// How a token stands in the names of a record; nothing where it is not kept under it.
    pub(super) fn standing(&self, token: Token, id: IdRef<'_>) -> Result<Option<Standing>, StoreError> {
        let at = key::posting(token, id.tag, id.key);
        let prefix = key::posting_prefix(token, id.tag);
        let Some(entry) =
            ReadableTable::range::<&[u8]>(&self.tables.postings, prefix.as_slice()..=at.as_slice())?.next_back()
        else {
            return Ok(None);
        };
        let (row, block) = entry?;
        let first = key::posting_first(row.value(), prefix.len());
        let mut here = postings::decode(first, block.value());
        Ok(here.find_map(|(key, standing)| (key == id.key).then_some(standing)))
    }

    pub(super) fn has_index(&self, key: &[u8]) -> Result<bool, StoreError> {
        key_set::has(&self.tables.index, key)
    }
}

/// The keys that belong to records that did not change since.
fn unchanged<'s>(
    keys: Keys<'s>,
    past: &'s Past,
    source: impl Fn(&[u8]) -> Option<IdRef<'_>> + 's,
) -> impl Iterator<Item = Result<(Vec<u8>, ()), StoreError>> + 's {
    keys.filter_map(move |key| match key {
        Ok(key) if source(&key).is_some_and(|source| past.changed(source)) => None,
        key => Some(key.map(|key| (key, ()))),
    })
}

fn no_record() -> StoreError {
    StoreError::Damaged("an index row has no record".to_owned())
}

fn boxed<'a, T>(walk: impl Iterator<Item = T> + 'a) -> Box<dyn Iterator<Item = T> + 'a> {
    Box::new(walk)
}

/// Between which keys a walk goes.
struct Bounds(Bound<Vec<u8>>, Bound<Vec<u8>>);

impl Bounds {
    /// All that begins with a prefix, or what of it comes behind a key.
    fn new(prefix: &[u8], after: Option<&[u8]>, direction: Direction) -> Self {
        let end = key::after_prefix(prefix);
        match (after, direction) {
            (None, _) => Self::between(prefix.to_vec(), end),
            // A cursor from elsewhere can lie outside.
            (Some(after), _) if after < prefix || after >= end.as_slice() => Self::between(end.clone(), end),
            (Some(after), Direction::Forward) => Self(Bound::Excluded(after.to_vec()), Bound::Excluded(end)),
            (Some(after), Direction::Backward) => Self::between(prefix.to_vec(), after.to_vec()),
        }
    }

    /// From a key on, and before another; nothing where they cross, on which redb would panic.
    fn between(start: Vec<u8>, end: Vec<u8>) -> Self {
        let end = if end < start { start.clone() } else { end };
        Self(Bound::Included(start), Bound::Excluded(end))
    }

    /// The same, to be kept.
    fn cloned(&self) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
        (self.0.clone(), self.1.clone())
    }

    fn as_ref(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (self.0.as_ref().map(Vec::as_slice), self.1.as_ref().map(Vec::as_slice))
    }
}

fn walk<'s, V: redb::Value + 'static>(
    table: &'s ReadOnlyTable<Bytes, V>,
    bounds: &Bounds,
    direction: Direction,
) -> Result<Walk<'s, V>, StoreError> {
    let range = ReadableTable::range::<&[u8]>(table, bounds.as_ref())?;
    Ok(Walk { range, direction })
}
