//! A set of changes on its way into the tables: the records first, and behind them, on a thread of its own where there are
//! many, what follows from each.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, sync_channel};

use redb::{ReadableTable, Table, WriteTransaction};

use super::blocks::Gathered;
use super::covers::OfCover;
use super::derive::{Derived, derived};
use super::key_set::OfKeys;
use super::log::{Logging, Revision};
use super::postings::Pending;
use super::run::Run;
use super::{
    Bytes, COUNTS, COVERS, Change, HISTORY, INDEX, LOG_PARTS, POSTINGS, RECORDS, REVERSE, StoreError, covers, key,
    key_set, sealed,
};
use crate::model::id::{Id, IdRef};
use crate::model::record::Invalid;
use crate::model::row::Row;

/// How many bytes of records are gathered before they are written.
const RECORD_BYTES: usize = 4 << 20;
/// How many changes go to the other thread together, and how many such batches may wait there.
const BATCH: usize = 512;
const BATCHES: usize = 8;

/// A row that was replaced.
pub struct Replaced {
    id: Id,
    /// Its row before.
    old: Option<Vec<u8>>,
    /// Its version, checksum and row from now on.
    new: Option<Vec<u8>>,
    /// What followed from it, and what follows from now on, both in order.
    had: Vec<Derived>,
    has: Vec<Derived>,
}

impl Replaced {
    /// One from its row before, and its version, checksum and row from now on.
    pub fn new(id: Id, old: Option<Vec<u8>>, new: Option<Vec<u8>>) -> Result<Self, StoreError> {
        let kind = id.as_ref().kind().ok_or_else(|| StoreError::Damaged(format!("no kind has the tag {}", id.tag)))?;
        let follows = |row: &[u8]| derived(kind, id.as_ref(), Row::new(row));
        let had = old.as_deref().map(follows).unwrap_or_default();
        let has = new.as_deref().map(sealed::row_of).map(follows).unwrap_or_default();
        Ok(Self { id, old, new, had, has })
    }
}

/// The records.
pub struct Records<'t> {
    table: Table<'t, Bytes, Bytes>,
    counts: Table<'t, u8, u64>,
    history: Table<'t, Bytes, ()>,
    log: Logging<'t>,
    run: Run,
    revision: Revision,
    last: Option<Id>,
    /// How many more there are of each kind.
    more: [i64; 256],
    /// What was deleted.
    deleted: BTreeSet<Id>,
}

impl<'t> Records<'t> {
    pub fn open(transaction: &'t WriteTransaction, revision: Revision) -> Result<Self, StoreError> {
        Ok(Self {
            table: transaction.open_table(RECORDS)?,
            counts: transaction.open_table(COUNTS)?,
            history: transaction.open_table(HISTORY)?,
            log: Logging::new(transaction.open_table(LOG_PARTS)?, revision),
            run: Run::default(),
            revision,
            last: None,
            more: [0; 256],
            deleted: BTreeSet::new(),
        })
    }

    /// Makes a change, and logs it. They come in the order of their ids, each record once. Gives nothing where the row stays
    /// the same.
    pub fn replace(&mut self, change: &Change) -> Result<Option<Replaced>, StoreError> {
        let id = change.id();
        if self.last.as_ref().is_some_and(|last| *last >= id) {
            let problem = "comes out of order: many changes are given in the order of their ids, each record once";
            let (id, path) = (id.to_string(), "id".to_owned());
            return Err(StoreError::Refused(vec![Invalid { id, path, problem: problem.to_owned() }]));
        }
        self.last = Some(id.clone());
        let new = match change {
            Change::Put(record) => Some(sealed::seal(self.revision, &record.pack())),
            Change::Delete(_) => None,
        };
        let key = key::record(id.as_ref());
        let old = self.table.get(key.as_slice())?.map(|old| old.value().to_vec());
        if old.as_deref().map(sealed::row_of) == new.as_deref().map(sealed::row_of) {
            return Ok(None);
        }
        match &new {
            Some(new) => self.run.insert(&key, new),
            None => self.run.remove(&key),
        }
        if self.run.bytes() >= RECORD_BYTES {
            self.run.flush(&mut self.table)?;
        }
        self.more[usize::from(id.tag)] += i64::from(new.is_some()) - i64::from(old.is_some());
        if new.is_none() {
            self.deleted.insert(id.clone());
        }
        if old.is_some() {
            self.history.insert(key::history(id.as_ref(), self.revision).as_slice(), ())?;
        }
        let row = old.as_deref().map(|old| sealed::row_of(old).to_vec());
        self.log.note(id.clone(), old)?;
        Replaced::new(id, row, new).map(Some)
    }

    /// Writes what is left, and looks for references that lead nowhere. Gives the log of it all.
    pub fn finish(mut self, follows: &Follows<'_>) -> Result<Logging<'t>, StoreError> {
        self.run.flush(&mut self.table)?;
        for (tag, more) in (0..=u8::MAX).zip(self.more).filter(|(_, more)| *more != 0) {
            let count = self.counts.get(tag)?.map_or(0, |count| count.value());
            self.counts.insert(tag, count.saturating_add_signed(more))?;
        }
        let problems = self.dangling(follows)?;
        if problems.is_empty() { Ok(self.log) } else { Err(StoreError::Refused(problems)) }
    }

    /// New references that lead nowhere, and references to what was deleted.
    fn dangling(&self, follows: &Follows<'_>) -> Result<Vec<Invalid>, StoreError> {
        let mut problems = Vec::new();
        let deleted = self.deleted.iter().filter(|id| !follows.targets.contains(id));
        for target in follows.targets.iter().chain(deleted) {
            if self.table.get(key::record(target.as_ref()).as_slice())?.is_some() {
                continue;
            }
            for key in key_set::of_prefix(&follows.reverse, &key::reverse_target(target.as_ref()))? {
                let key = key?;
                let Some((source, _)) = key::reverse_source(&key) else { continue };
                let (id, problem) = if self.deleted.contains(target) {
                    (target.to_string(), format!("cannot be deleted: {source} refers to it"))
                } else {
                    (source.to_string(), format!("there is no record {target}"))
                };
                problems.push(Invalid { id, path: "reference".to_owned(), problem });
            }
        }
        Ok(problems)
    }
}

/// What follows from the records.
pub struct Follows<'t> {
    reverse: Table<'t, Bytes, Bytes>,
    index: Table<'t, Bytes, Bytes>,
    postings: Table<'t, Bytes, Bytes>,
    covers: Table<'t, Bytes, Bytes>,
    reversed: Gathered<OfKeys>,
    indexed: Gathered<OfKeys>,
    pending: Pending,
    covered: Gathered<OfCover>,
    /// What new references lead to.
    targets: BTreeSet<Id>,
}

impl<'t> Follows<'t> {
    pub fn open(transaction: &'t WriteTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            reverse: transaction.open_table(REVERSE)?,
            index: transaction.open_table(INDEX)?,
            postings: transaction.open_table(POSTINGS)?,
            covers: transaction.open_table(COVERS)?,
            reversed: Gathered::default(),
            indexed: Gathered::default(),
            pending: Pending::default(),
            covered: Gathered::default(),
            targets: BTreeSet::new(),
        })
    }

    /// Replaces all that follows from a record.
    pub fn replace(&mut self, replaced: &Replaced) -> Result<(), StoreError> {
        let Replaced { id, old, new, had, has } = replaced;
        if let Some(kind) = id.as_ref().kind() {
            covers::replace(&mut self.covered, kind, id.as_ref(), old.as_deref(), new.as_deref());
        }
        let (mut lost, mut gained) = (Vec::new(), Vec::new());
        for gone in had.iter().filter(|row| has.binary_search(row).is_err()) {
            match gone {
                Derived::Reverse(key) => self.reversed.add(key, 0, None),
                Derived::Index(key) => self.indexed.add(key, 0, None),
                Derived::Posting(token, _) => lost.push(*token),
            }
        }
        for new in has.iter().filter(|row| had.binary_search(row).is_err()) {
            match new {
                Derived::Reverse(key) => {
                    self.reversed.add(key, 0, Some(&[]));
                    self.refers(key);
                }
                Derived::Index(key) => self.indexed.add(key, 0, Some(&[])),
                Derived::Posting(token, standing) => gained.push((*token, *standing)),
            }
        }
        // What only stands otherwise replaces itself.
        lost.retain(|token| gained.binary_search_by_key(token, |(gained, _)| *gained).is_err());
        self.pending.add(id.tag, &id.key, &gained, &lost);
        if self.reversed.is_full() {
            self.reversed.flush(&mut self.reverse)?;
        }
        if self.indexed.is_full() {
            self.indexed.flush(&mut self.index)?;
        }
        if self.covered.is_full() {
            self.covered.flush(&mut self.covers)?;
        }
        if self.pending.is_full() {
            self.pending.flush(&mut self.postings)?;
        }
        Ok(())
    }

    fn refers(&mut self, reverse: &[u8]) {
        let target = reverse.split(|byte| *byte == 0).next().and_then(IdRef::from_bytes);
        if let Some(target) = target.map(IdRef::to_owned)
            && !self.targets.contains(&target)
        {
            self.targets.insert(target);
        }
    }

    /// Writes what is left.
    pub fn finish(&mut self) -> Result<(), StoreError> {
        self.reversed.flush(&mut self.reverse)?;
        self.indexed.flush(&mut self.index)?;
        self.covered.flush(&mut self.covers)?;
        self.pending.flush(&mut self.postings)
    }
}

/// Makes changes one by one, as they are asked of it.
pub fn few<C: Borrow<Change>>(
    records: &mut Records<'_>,
    follows: &mut Follows<'_>,
    changes: impl Iterator<Item = Result<C, StoreError>>,
) -> Result<(), StoreError> {
    for change in changes {
        if let Some(replaced) = records.replace(change?.borrow())? {
            follows.replace(&replaced)?;
        }
    }
    follows.finish()
}

/// The same of many, on two threads.
pub fn many<C: Borrow<Change>>(
    records: &mut Records<'_>,
    follows: &mut Follows<'_>,
    changes: impl Iterator<Item = Result<C, StoreError>>,
) -> Result<(), StoreError> {
    std::thread::scope(|scope| {
        let (sender, batches) = sync_channel(BATCHES);
        let following = scope.spawn(move || follow(follows, &batches));
        let mut batch = Vec::with_capacity(BATCH);
        let mut made = Ok(());
        for change in changes {
            match change.and_then(|change| records.replace(change.borrow())) {
                Ok(replaced) => batch.extend(replaced),
                Err(error) => {
                    made = Err(error);
                    break;
                }
            }
            // Where nobody takes it, the other thread failed, and says why.
            if batch.len() == BATCH && sender.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))).is_err() {
                break;
            }
        }
        if made.is_ok() {
            let _ = sender.send(batch);
        }
        drop(sender);
        let followed = following.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        made.and(followed)
    })
}

fn follow(follows: &mut Follows<'_>, batches: &Receiver<Vec<Replaced>>) -> Result<(), StoreError> {
    for batch in batches {
        batch.iter().try_for_each(|replaced| follows.replace(replaced))?;
    }
    follows.finish()
}
