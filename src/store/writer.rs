//! The one writer: records, and every row that follows from them, in one transaction.

use std::collections::BTreeMap;
use std::sync::MutexGuard;

use redb::{ReadableTable, WriteTransaction};

use super::applying::{Follows, Records, few, many};
use super::log::Revision;
use super::retention;
use super::retries::Remembered;
use super::{
    BUILTIN, LOG, META, RECORDS, RETRIES, RETRIES_BY_REVISION, REVERSE, Snapshot, Store, StoreError, key, key_set,
    meta_number, sealed,
};
use crate::model::id::{Id, IdRef};
use crate::model::record::{Invalid, Record};

/// From how many changes on a second thread is worth its start.
const MANY: usize = 2_000;

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

/// What the built-in data last gave for a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The hash of the row that it gave.
    pub hash: [u8; 32],
    /// What an import added to that row since.
    pub added: Option<AddedTo>,
}

/// What an import added to a row of the built-in data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedTo {
    /// The hash of the row with it.
    pub with: [u8; 32],
    /// The row without it, as the built-in data gave it.
    pub without: Vec<u8>,
}

impl Given {
    fn pack(&self) -> Vec<u8> {
        let mut bytes = self.hash.to_vec();
        if let Some(AddedTo { with, without }) = &self.added {
            bytes.extend_from_slice(with);
            bytes.extend_from_slice(without);
        }
        bytes
    }

    pub(super) fn unpack(bytes: &[u8]) -> Option<Self> {
        let (hash, rest) = bytes.split_first_chunk()?;
        let added = match rest.split_first_chunk() {
            Some((with, without)) => Some(AddedTo { with: *with, without: without.to_vec() }),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self { hash: *hash, added })
    }
}

/// An open write transaction. Dropped without [`Writer::commit`], it leaves no trace.
pub struct Writer<'s> {
    store: &'s Store,
    transaction: WriteTransaction,
    /// The revision that it makes.
    made: Option<Revision>,
    /// No other writer begins, until this one is done and what it made was seen.
    _alone: MutexGuard<'s, ()>,
}

impl<'s> Writer<'s> {
    pub(super) fn new(store: &'s Store, transaction: WriteTransaction, alone: MutexGuard<'s, ()>) -> Self {
        Self { store, transaction, made: None, _alone: alone }
    }

    /// Applies a set of changes and logs them as one revision. Every problem is reported at once, and then the writer is gone
    /// and nothing of the set is kept. A set that changes nothing makes no revision.
    pub fn apply(self, author: &Author, changes: &[Change]) -> Result<(Self, Option<Revision>), StoreError> {
        let problems: Vec<_> = changes.iter().flat_map(problems).collect();
        if !problems.is_empty() {
            return Err(StoreError::Refused(problems));
        }
        // The last change of a record is the one that stands: what comes to nothing leaves no trace.
        let standing: BTreeMap<Id, &Change> = changes.iter().map(|change| (change.id(), change)).collect();
        let standing = standing.into_values().map(Ok);
        self.logged(author, |records, follows| {
            if changes.len() < MANY { few(records, follows, standing) } else { many(records, follows, standing) }
        })
    }

    /// Applies changes as they are made, in the order of their ids, each record once, and logs them as one revision: of a
    /// set of any size little is held in memory. Every problem is reported at once, as by [`Writer::apply`]; so is an error
    /// of whoever makes the changes, and then too nothing is kept.
    pub fn apply_stream(
        self,
        author: &Author,
        changes: impl Iterator<Item = Result<Change, StoreError>>,
    ) -> Result<(Self, Option<Revision>), StoreError> {
        self.logged(author, |records, follows| {
            let mut refused = Vec::new();
            // After the first fault the others are only looked at for theirs.
            let sound = changes.filter(|change| {
                refused.extend(change.iter().flat_map(problems));
                change.is_err() || refused.is_empty()
            });
            many(records, follows, sound)?;
            if refused.is_empty() { Ok(()) } else { Err(StoreError::Refused(refused)) }
        })
    }

    fn logged(
        mut self,
        author: &Author,
        make: impl FnOnce(&mut Records<'_>, &mut Follows<'_>) -> Result<(), StoreError>,
    ) -> Result<(Self, Option<Revision>), StoreError> {
        let store = self.store;
        match self.log(author, make) {
            Ok(revision) => {
                self.made = revision.or(self.made);
                Ok((self, revision))
            }
            Err(error) => Err(store.explained(error)),
        }
    }

    fn log(
        &self,
        author: &Author,
        make: impl FnOnce(&mut Records<'_>, &mut Follows<'_>) -> Result<(), StoreError>,
    ) -> Result<Option<Revision>, StoreError> {
        let revision = meta_number(&self.transaction.open_table(META)?, "revision")? + 1;
        let mut records = Records::open(&self.transaction, revision)?;
        let mut follows = Follows::open(&self.transaction)?;
        make(&mut records, &mut follows)?;
        let head = records.finish(&follows)?.head(author.time_ms, &author.name, &author.note)?;
        drop(follows);
        let Some(head) = head else { return Ok(None) };
        self.transaction.open_table(LOG)?.insert(revision, head.as_slice())?;
        self.transaction.open_table(META)?.insert("revision", revision.to_le_bytes().as_slice())?;
        retention::forget(&self.transaction, revision, self.store.keep_revisions)?;
        Ok(Some(revision))
    }

    /// The row of a record as this transaction has it, without its version.
    pub fn row(&self, id: IdRef<'_>) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.stored(id)?.map(|(_, row)| row))
    }

    /// What the built-in data last gave for each of its records.
    pub fn builtin(&self) -> Result<BTreeMap<Id, Given>, StoreError> {
        let table = self.transaction.open_table(BUILTIN)?;
        let mut all = BTreeMap::new();
        for entry in table.iter()? {
            let (id, given) = entry?;
            if let (Some(id), Some(given)) = (IdRef::from_bytes(id.value()), Given::unpack(given.value())) {
                all.insert(id.to_owned(), given);
            }
        }
        Ok(all)
    }

    /// Notes what the built-in data gives for a record, or that it gives nothing any more.
    pub fn set_builtin(&self, id: IdRef<'_>, given: Option<&Given>) -> Result<(), StoreError> {
        let mut table = self.transaction.open_table(BUILTIN)?;
        match given {
            Some(given) => table.insert(key::record(id).as_slice(), given.pack().as_slice())?.map(drop),
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
        let reverse = self.transaction.open_table(REVERSE)?;
        let mut found: Vec<Id> = Vec::new();
        for key in key_set::of_prefix(&reverse, &key::reverse_target(id))? {
            let source = key::reverse_source(&key?).map(|(source, _)| source.to_owned());
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
        let by_revision = key::retry(remembered.revision, key);
        self.transaction.open_table(RETRIES_BY_REVISION)?.insert(by_revision.as_slice(), ())?;
        Ok(())
    }

    /// A view of the store without this transaction, while no other can be made.
    pub fn seen(&self) -> Result<Snapshot, StoreError> {
        self.store.snapshot()
    }

    /// Makes it last, and gives a view of the store right behind it: no other commit comes between.
    pub fn commit_seen(self) -> Result<Snapshot, StoreError> {
        // Held until what was made is seen.
        let Self { store, transaction, made, _alone } = self;
        let committed = transaction.commit();
        // Whether it failed before or behind it, what is read from now on is read anew.
        store.renew();
        if let Err(error) = committed {
            return Err(match store.explained(error.into()) {
                StoreError::Disk(fault) => match (made, store.snapshot()?.revision()?) {
                    (Some(made), stands) if stands >= made => StoreError::Unsure(fault),
                    _ => StoreError::Disk(fault),
                },
                error => error,
            });
        }
        let snapshot = store.snapshot()?;
        store.tell(snapshot.revision()?);
        Ok(snapshot)
    }

    /// Makes it last: on disk when this returns.
    pub fn commit(self) -> Result<(), StoreError> {
        self.commit_seen().map(drop)
    }
}

/// What the model has against a change.
fn problems(change: &Change) -> Vec<Invalid> {
    match change {
        Change::Put(record) => record.problems(),
        Change::Delete(_) => Vec::new(),
    }
}
