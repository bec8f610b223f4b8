//! A snapshot as a view of a past revision. Single records are found by their histories; whoever walks a table first has all
//! gathered that was other, see [`Past`].

use std::sync::OnceLock;

use redb::ReadableTable;

use super::log::{self, Revision};
use super::logged::no_revision;
use super::past::Past;
use super::{HISTORY, LOG_PARTS, Snapshot, StoreError, Stored, key};
use crate::model::id::IdRef;

/// What makes a snapshot one of the past.
pub(super) struct View {
    pub revision: Revision,
    /// What was other, once somebody walks; or why it cannot be gathered.
    other: OnceLock<Result<Past, String>>,
}

impl Snapshot {
    /// The same store as of a past revision, where the log is still kept from there on. What changed since is gathered first.
    pub fn at(self, revision: Revision) -> Result<Self, StoreError> {
        let snapshot = self.at_lazily(revision)?;
        snapshot.past()?;
        Ok(snapshot)
    }

    /// The same, also where too much changed since to be gathered: single records are found all the same, and whoever walks
    /// a table is told.
    pub fn at_as_far_as_it_goes(self, revision: Revision) -> Result<Self, StoreError> {
        let snapshot = self.at_lazily(revision)?;
        match snapshot.past() {
            Err(StoreError::NotKept(_)) | Ok(_) => {}
            Err(error) => return Err(error),
        }
        Ok(snapshot)
    }

    /// The same, which gathers what changed since when something is walked: single records are found one by one.
    pub fn at_lazily(mut self, revision: Revision) -> Result<Self, StoreError> {
        let newest = self.revision()?;
        if revision == newest {
            return Ok(self);
        }
        if revision > newest {
            return Err(StoreError::NotKept(format!("revision {revision} is yet to come: the newest is {newest}")));
        }
        let oldest = self.oldest_kept()?;
        if revision < oldest {
            return Err(StoreError::NotKept(format!(
                "revision {revision} is kept no more: the oldest that can be read is {oldest}"
            )));
        }
        self.view = Some(View { revision, other: OnceLock::new() });
        Ok(self)
    }

    /// What was other, where it is a view of the past.
    pub(super) fn past(&self) -> Result<Option<&Past>, StoreError> {
        let Some(View { revision, other }) = &self.view else { return Ok(None) };
        let gathered = match other.get() {
            Some(gathered) => gathered,
            None => {
                let gathered = match self.gathered(*revision) {
                    Err(StoreError::NotKept(why)) => Err(why),
                    gathered => Ok(gathered?),
                };
                other.get_or_init(|| gathered)
            }
        };
        gathered.as_ref().map(Some).map_err(|why| StoreError::NotKept(why.clone()))
    }

    fn gathered(&self, revision: Revision) -> Result<Past, StoreError> {
        let mut past = Past::new(revision);
        for later in revision + 1..=self.newest() {
            let found = self.changes_while(later, |changed| past.note(changed))?;
            found.ok_or_else(|| StoreError::Damaged(format!("revision {later} is missing in the log")))?;
            if past.is_full() {
                break;
            }
        }
        past.derive(|key| Ok(ReadableTable::get(&self.tables.records, key)?.is_some()))?;
        Ok(past)
    }

    /// The record of an id.
    pub fn get(&self, id: IdRef<'_>) -> Result<Option<Stored<'_>>, StoreError> {
        let Some(kind) = id.kind() else { return Ok(None) };
        if let Some(View { revision, other }) = &self.view {
            match other.get().and_then(|past| past.as_ref().ok()).map(|past| past.record(id)) {
                None => return self.stood(id, *revision),
                Some(Some(stood)) => return Ok(stood.map(|bytes| Stored::past(kind, bytes))),
                Some(None) => {}
            }
        }
        self.get_now(id)
    }

    fn get_now(&self, id: IdRef<'_>) -> Result<Option<Stored<'_>>, StoreError> {
        let Some(kind) = id.kind() else { return Ok(None) };
        let found = ReadableTable::get(&self.tables.records, key::record(id).as_slice())?;
        Ok(found.map(|bytes| Stored::here(kind, bytes)))
    }

    /// A record as it stood as of a revision, as far back as the log is kept.
    pub fn get_at(&self, id: IdRef<'_>, revision: Revision) -> Result<Option<Stored<'_>>, StoreError> {
        self.stood(id, self.view.as_ref().map_or(revision, |view| view.revision.min(revision)))
    }

    /// The same, whatever this is a view of: the first later revision that changed the record has it as it stood.
    fn stood(&self, id: IdRef<'_>, revision: Revision) -> Result<Option<Stored<'_>>, StoreError> {
        let history = self.tables.transaction.open_table(HISTORY)?;
        let (from, until) = (key::history(id, revision.saturating_add(1)), key::history(id, Revision::MAX));
        let next = history.range::<&[u8]>(from.as_slice()..=until.as_slice())?.next().transpose()?;
        let stood = match next {
            None => self.get_now(id)?,
            Some((row, _)) => {
                let next = key::history_parts(row.value()).map(|(_, next)| next);
                self.before_of(id, next.ok_or_else(no_revision)?)?
            }
        };
        Ok(stood.filter(|stood| stood.version() <= revision))
    }

    /// A record as it stood before a revision changed it; nothing where it was not there, or was not changed.
    pub fn before(&self, id: IdRef<'_>, revision: Revision) -> Result<Option<Stored<'_>>, StoreError> {
        if self.is_behind(revision) { Ok(None) } else { self.before_of(id, revision) }
    }

    fn before_of(&self, id: IdRef<'_>, revision: Revision) -> Result<Option<Stored<'_>>, StoreError> {
        let Some(log::Head { entry, parts }) = self.head_of(revision)? else { return Ok(None) };
        let here = entry.changes.into_iter().find(|(changed, _)| changed.as_ref() == id);
        let before = match here {
            Some((_, before)) => before,
            None => log::before(&self.tables.transaction.open_table(LOG_PARTS)?, revision, parts, id)?,
        };
        Ok(before.zip(id.kind()).map(|(before, kind)| Stored::past(kind, before.into())))
    }

    /// Whether a revision is yet to come in this view.
    pub(super) fn is_behind(&self, revision: Revision) -> bool {
        self.view.as_ref().is_some_and(|view| revision > view.revision)
    }
}
