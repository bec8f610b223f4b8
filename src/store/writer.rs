//! The one writer: records, and every row that follows from them, in one transaction.

use std::collections::BTreeMap;
use std::sync::MutexGuard;

use redb::{ReadableTable, Table, WriteTransaction};

use super::derive::{Derived, derived, each_reference};
use super::log::{Entry, Revision};
use super::postings::Pending;
use super::retries::Remembered;
use super::{
    BUILTIN, COUNTS, HISTORY, INDEX, LOG, META, POSTINGS, RECORDS, RETRIES, REVERSE, Snapshot, Store, StoreError, key,
    meta_number, sealed,
};
use crate::model::catalog::Kind;
use crate::model::id::{Id, IdRef};
use crate::model::record::{Invalid, Record};
use crate::model::row::Row;

/// One change of a set. A set is self-contained: applied to the same tables it gives the same tables.
#[derive(Debug, Clone)]
pub enum Change {
    /// The record is to stand as given, whether it is there or not.
    Put(Record),
    /// The record is to be gone.
    Delete(Id),
}

impl Change {
    /// Which record it changes.
    pub fn id(&self) -> Id {
        match self {
            Self::Put(record) => record.id(),
            Self::Delete(id) => id.clone(),
        }
    }
}

/// Who changes what for.
#[derive(Debug, Clone)]
pub struct Author {
    /// When, in milliseconds since 1970 (UTC).
    pub time_ms: i64,
    /// Who.
    pub name: String,
    /// What for.
    pub note: String,
}

/// An open write transaction. Dropped without [`Writer::commit`], it leaves no trace.
pub struct Writer<'s> {
    store: &'s Store,
    transaction: WriteTransaction,
    /// No other writer begins, until this one is done and what it made was seen.
    _alone: MutexGuard<'s, ()>,
}

type Bytes = &'static [u8];

struct Tables<'t> {
    records: Table<'t, Bytes, Bytes>,
    reverse: Table<'t, Bytes, ()>,
    index: Table<'t, Bytes, ()>,
    counts: Table<'t, u8, u64>,
    history: Table<'t, Bytes, ()>,
    postings: Table<'t, Bytes, Bytes>,
    pending: Pending,
}

impl<'s> Writer<'s> {
    pub(super) fn new(store: &'s Store, transaction: WriteTransaction, alone: MutexGuard<'s, ()>) -> Self {
        Self { store, transaction, _alone: alone }
    }

    /// Applies a set of changes and logs them as one revision. Every problem is reported at once, and then the writer is gone
    /// and nothing of the set is kept. A set that changes nothing makes no revision.
    pub fn apply(self, author: &Author, changes: &[Change]) -> Result<(Self, Option<Revision>), StoreError> {
        self.apply_telling(author, changes, &mut |_| {})
    }

    /// The same, which tells how many of the changes were made so far.
    pub fn apply_telling(
        self,
        author: &Author,
        changes: &[Change],
        told: &mut dyn FnMut(usize),
    ) -> Result<(Self, Option<Revision>), StoreError> {
        let mut problems = Vec::new();
        for change in changes {
            if let Change::Put(record) = change {
                problems.extend(record.problems());
            }
        }
        if !problems.is_empty() {
            return Err(StoreError::Refused(problems));
        }
        let revision = meta_number(&self.transaction.open_table(META)?, "revision")? + 1;
        let mut tables = Tables {
            records: self.transaction.open_table(RECORDS)?,
            reverse: self.transaction.open_table(REVERSE)?,
            index: self.transaction.open_table(INDEX)?,
            counts: self.transaction.open_table(COUNTS)?,
            history: self.transaction.open_table(HISTORY)?,
            postings: self.transaction.open_table(POSTINGS)?,
            pending: Pending::default(),
        };
        // The last change of a record is the one that stands: what comes to nothing leaves no trace.
        let standing: BTreeMap<Id, &Change> = changes.iter().map(|change| (change.id(), change)).collect();
        let mut before = Vec::new();
        for (made, (id, change)) in standing.into_iter().enumerate() {
            let row = match change {
                Change::Put(record) => Some(record.pack()),
                Change::Delete(_) => None,
            };
            if let Some(old) = tables.replace(id.as_ref(), row.as_deref(), revision)? {
                before.push((id, old));
            }
            told(made + 1);
        }
        tables.pending.flush(&mut tables.postings)?;
        let problems = tables.dangling(before.iter().map(|(id, _)| id))?;
        if !problems.is_empty() {
            return Err(StoreError::Refused(problems));
        }
        drop(tables);
        if before.is_empty() {
            return Ok((self, None));
        }
        let entry =
            Entry { time_ms: author.time_ms, author: author.name.clone(), note: author.note.clone(), changes: before };
        self.transaction.open_table(LOG)?.insert(revision, entry.pack().as_slice())?;
        self.transaction.open_table(META)?.insert("revision", revision.to_le_bytes().as_slice())?;
        Ok((self, Some(revision)))
    }

    /// The row of a record as this transaction has it, without its version.
    pub fn row(&self, id: IdRef<'_>) -> Result<Option<Vec<u8>>, StoreError> {
        let records = self.transaction.open_table(RECORDS)?;
        let row = records.get(key::record(id).as_slice())?;
        Ok(row.map(|row| sealed::row_of(row.value()).to_vec()))
    }

    /// What the built-in data last gave for a record: a hash of its row.
    pub fn builtin(&self) -> Result<BTreeMap<Id, Vec<u8>>, StoreError> {
        let table = self.transaction.open_table(BUILTIN)?;
        let mut all = BTreeMap::new();
        for entry in table.iter()? {
            let (id, hash) = entry?;
            if let Some(id) = IdRef::from_bytes(id.value()) {
                all.insert(id.to_owned(), hash.value().to_vec());
            }
        }
        Ok(all)
    }

    /// Notes what the built-in data gives for a record, or that it gives nothing any more.
    pub fn set_builtin(&self, id: IdRef<'_>, hash: Option<&[u8]>) -> Result<(), StoreError> {
        let mut table = self.transaction.open_table(BUILTIN)?;
        match hash {
            Some(hash) => table.insert(key::record(id).as_slice(), hash)?.map(drop),
            None => table.remove(key::record(id).as_slice())?.map(drop),
        };
        Ok(())
    }

    /// A value that the file keeps under a name.
    pub fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.transaction.open_table(META)?.get(name)?.map(|value| value.value().to_vec()))
    }

    /// Keeps a value under a name.
    pub fn set_meta(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.transaction.open_table(META)?.insert(name, value)?;
        Ok(())
    }

    /// The version and the row of a record as this transaction has it.
    pub fn stored(&self, id: IdRef<'_>) -> Result<Option<(Revision, Vec<u8>)>, StoreError> {
        let records = self.transaction.open_table(RECORDS)?;
        let found = records.get(key::record(id).as_slice())?;
        Ok(found.map(|found| (sealed::version_of(found.value()), sealed::row_of(found.value()).to_vec())))
    }

    /// Records that refer to one, as this transaction has them, at most so many; a record once for each of its edges.
    pub fn referrers(&self, id: IdRef<'_>, most: usize) -> Result<Vec<Id>, StoreError> {
        let prefix = key::reverse_target(id);
        let end = key::after_prefix(&prefix);
        let reverse = self.transaction.open_table(REVERSE)?;
        let mut found: Vec<Id> = Vec::new();
        for row in reverse.range::<&[u8]>(prefix.as_slice()..end.as_slice())? {
            let (key, ()) = row.map(|(key, _)| (key, ()))?;
            let source = key::reverse_source(key.value()).map(|(source, _)| source.to_owned());
            let source = source.ok_or_else(|| StoreError::Damaged("a reverse edge has no source".to_owned()))?;
            if found.last() != Some(&source) {
                found.push(source);
            }
            if found.len() == most {
                break;
            }
        }
        Ok(found)
    }

    /// The newest revision, this transaction's own among them.
    pub fn revision(&self) -> Result<Revision, StoreError> {
        meta_number(&self.transaction.open_table(META)?, "revision")
    }

    /// What a set under a key came to, where one was made.
    pub fn remembered(&self, key: &str) -> Result<Option<Remembered>, StoreError> {
        let table = self.transaction.open_table(RETRIES)?;
        let found = table.get(key.as_bytes())?;
        found.map(|found| Remembered::unpack(found.value())).transpose()
    }

    /// Remembers what a set under a key came to.
    pub fn remember(&self, key: &str, remembered: &Remembered) -> Result<(), StoreError> {
        self.transaction.open_table(RETRIES)?.insert(key.as_bytes(), remembered.pack().as_slice())?;
        Ok(())
    }

    /// A view of the store without this transaction, while no other can be made.
    pub fn seen(&self) -> Result<Snapshot, StoreError> {
        self.store.snapshot()
    }

    /// Makes it last, and gives a view of the store right behind it: no other commit comes between.
    pub fn commit_seen(self) -> Result<Snapshot, StoreError> {
        self.transaction.commit()?;
        let snapshot = self.store.snapshot()?;
        self.store.tell(snapshot.revision()?);
        Ok(snapshot)
    }

    /// Makes it last: on disk when this returns.
    pub fn commit(self) -> Result<(), StoreError> {
        self.commit_seen().map(drop)
    }
}

impl Tables<'_> {
    /// Replaces a row and everything that follows from it. Gives the value before (nothing where the record was new), or
    /// nothing at all where the row stays the same.
    fn replace(
        &mut self,
        id: IdRef<'_>,
        row: Option<&[u8]>,
        revision: Revision,
    ) -> Result<Option<Option<Vec<u8>>>, StoreError> {
        let kind = id.kind().ok_or_else(|| StoreError::Damaged(format!("no kind has the tag {}", id.tag)))?;
        let key = key::record(id);
        let old = self.records.get(key.as_slice())?.map(|old| old.value().to_vec());
        let old_row = old.as_deref().map(sealed::row_of);
        if old_row == row {
            return Ok(None);
        }
        let had = old_row.map(|old| derived(kind, id, Row::new(old))).unwrap_or_default();
        let has = row.map(|row| derived(kind, id, Row::new(row))).unwrap_or_default();
        let (mut lost, mut gained) = (Vec::new(), Vec::new());
        for gone in had.iter().filter(|row| has.binary_search(row).is_err()) {
            match gone {
                Derived::Reverse(key) => drop(self.reverse.remove(key.as_slice())?),
                Derived::Index(key) => drop(self.index.remove(key.as_slice())?),
                Derived::Posting(token) => lost.push(*token),
            }
        }
        for new in has.iter().filter(|row| had.binary_search(row).is_err()) {
            match new {
                Derived::Reverse(key) => drop(self.reverse.insert(key.as_slice(), ())?),
                Derived::Index(key) => drop(self.index.insert(key.as_slice(), ())?),
                Derived::Posting(token) => gained.push(*token),
            }
        }
        self.pending.add(id.tag, id.key, &gained, &lost);
        if self.pending.is_full() {
            self.pending.flush(&mut self.postings)?;
        }
        match row {
            Some(row) => {
                self.records.insert(key.as_slice(), sealed::seal(revision, row).as_slice())?;
            }
            None => drop(self.records.remove(key.as_slice())?),
        }
        if old.is_some() {
            self.history.insert(key::history(id, revision).as_slice(), ())?;
        }
        self.count(kind, old.is_some(), row.is_some())?;
        Ok(Some(old))
    }

    fn count(&mut self, kind: &Kind, had: bool, has: bool) -> Result<(), StoreError> {
        if had != has {
            let count = self.counts.get(kind.tag)?.map_or(0, |count| count.value());
            let count = if has { count + 1 } else { count.saturating_sub(1) };
            self.counts.insert(kind.tag, count)?;
        }
        Ok(())
    }

    /// References of changed records that lead nowhere, and references that lead to deleted ones.
    fn dangling<'i>(&self, changed: impl Iterator<Item = &'i Id>) -> Result<Vec<Invalid>, StoreError> {
        let mut problems = Vec::new();
        for id in changed {
            let Some(kind) = id.as_ref().kind() else { continue };
            if let Some(row) = self.records.get(key::record(id.as_ref()).as_slice())? {
                let mut targets = Vec::new();
                each_reference(kind, Row::new(sealed::row_of(row.value())), |_, target, _| {
                    targets.push(target.to_owned());
                });
                for target in targets {
                    if self.records.get(key::record(target.as_ref()).as_slice())?.is_none() {
                        problems.push(Invalid {
                            id: id.to_string(),
                            path: "reference".to_owned(),
                            problem: format!("there is no record {target}"),
                        });
                    }
                }
                continue;
            }
            let prefix = key::reverse_target(id.as_ref());
            let end = key::after_prefix(&prefix);
            for entry in self.reverse.range(prefix.as_slice()..end.as_slice())? {
                let (key, _) = entry?;
                if let Some((source, _)) = key::reverse_source(key.value()) {
                    problems.push(Invalid {
                        id: id.to_string(),
                        path: "reference".to_owned(),
                        problem: format!("cannot be deleted: {source} refers to it"),
                    });
                }
            }
        }
        Ok(problems)
    }
}
