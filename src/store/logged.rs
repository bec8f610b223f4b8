//! What the log tells of revisions and of records, as far back as it is kept, in a view of one revision.

use redb::ReadableTable;

use super::log::{self, Revision};
use super::{HISTORY, LOG, LOG_PARTS, Snapshot, StoreError, key};
use crate::model::id::{Id, IdRef};

impl Snapshot {
    /// What a revision did; nothing where the log keeps it no more, or not yet. One that changed very much is better read by [`Snapshot::log_changes`].
    pub fn log_entry(&self, revision: Revision) -> Result<Option<log::Entry>, StoreError> {
        let Some(log::Head { mut entry, parts }) = self.log_head(revision)? else { return Ok(None) };
        let table = self.tables.transaction.open_table(LOG_PARTS)?;
        let mut found = 0;
        for part in log::parts(&table, revision)? {
            entry.changes.extend(part?);
            found += 1;
        }
        if found != parts {
            return Err(StoreError::Damaged(format!("of revision {revision} the log has {found} parts, not {parts}")));
        }
        Ok(Some(entry))
    }

    /// What a revision did, without holding all that it changed: calls back for each record, with its value before. Gives
    /// the entry without its changes.
    pub fn log_changes(
        &self,
        revision: Revision,
        mut found: impl FnMut(log::Changed),
    ) -> Result<Option<log::Entry>, StoreError> {
        if self.is_behind(revision) {
            return Ok(None);
        }
        self.changes_while(revision, |changed| {
            found(changed);
            true
        })
    }

    /// The same, of a revision that may be behind this view, while the visitor wants more.
    pub(super) fn changes_while(
        &self,
        revision: Revision,
        mut found: impl FnMut(log::Changed) -> bool,
    ) -> Result<Option<log::Entry>, StoreError> {
        let Some(log::Head { mut entry, .. }) = self.head_of(revision)? else { return Ok(None) };
        let mut more = entry.changes.drain(..).all(&mut found);
        let table = self.tables.transaction.open_table(LOG_PARTS)?;
        let mut parts = log::parts(&table, revision)?;
        while let (true, Some(part)) = (more, parts.next()) {
            more = part?.into_iter().all(&mut found);
        }
        Ok(Some(entry))
    }

    /// What a revision did, without what it changed: when, by whom, what for.
    pub fn log_head_entry(&self, revision: Revision) -> Result<Option<log::Entry>, StoreError> {
        Ok(self.log_head(revision)?.map(|head| log::Entry { changes: Vec::new(), ..head.entry }))
    }

    /// The records that a revision changed, in order, from behind one on, at most so many.
    pub fn changed_by(&self, revision: Revision, after: Option<&Id>, most: usize) -> Result<Vec<Id>, StoreError> {
        let Some(log::Head { entry, .. }) = self.log_head(revision)? else { return Ok(Vec::new()) };
        let behind = |(id, _): log::Changed| after.is_none_or(|after| id > *after).then_some(id);
        let mut found: Vec<Id> = entry.changes.into_iter().filter_map(behind).take(most).collect();
        let table = self.tables.transaction.open_table(LOG_PARTS)?;
        for part in log::parts(&table, revision)? {
            if found.len() == most {
                break;
            }
            let left = most - found.len();
            found.extend(part?.into_iter().filter_map(behind).take(left));
        }
        Ok(found)
    }

    fn log_head(&self, revision: Revision) -> Result<Option<log::Head>, StoreError> {
        if self.is_behind(revision) { Ok(None) } else { self.head_of(revision) }
    }

    pub(super) fn head_of(&self, revision: Revision) -> Result<Option<log::Head>, StoreError> {
        let log = self.tables.transaction.open_table(LOG)?;
        let head = ReadableTable::get(&log, revision)?;
        head.map(|bytes| log::Head::unpack(bytes.value())).transpose()
    }

    /// When a revision was committed, in milliseconds since 1970 (UTC); nothing where the log does not have it.
    pub fn time_of(&self, revision: Revision) -> Result<Option<i64>, StoreError> {
        let log = self.tables.transaction.open_table(LOG)?;
        let entry = ReadableTable::get(&log, revision)?;
        Ok(entry.and_then(|bytes| log::Head::time_of(bytes.value())))
    }

    /// The oldest revision that can be read: the one before the first that the log has.
    pub fn oldest_kept(&self) -> Result<Revision, StoreError> {
        let log = self.tables.transaction.open_table(LOG)?;
        let first = ReadableTable::first(&log)?.map(|(revision, _)| revision.value());
        match first {
            Some(first) => Ok(first.saturating_sub(1)),
            None => self.revision(),
        }
    }

    /// The revisions that changed or deleted a record that was there, the newest first, from before one on. The one that made
    /// it is not among them: the value before the first of these tells its version.
    pub fn history(
        &self,
        id: IdRef<'_>,
        before: Option<Revision>,
    ) -> Result<impl Iterator<Item = Result<Revision, StoreError>> + use<>, StoreError> {
        let newest = self.view.as_ref().map_or(Revision::MAX, |view| view.revision + 1);
        let before = before.map_or(newest, |before| before.min(newest));
        let history = self.tables.transaction.open_table(HISTORY)?;
        let (from, until) = (key::history_prefix(id), key::history(id, before));
        let rows = history.range::<&[u8]>(from.as_slice()..until.as_slice())?.rev();
        Ok(rows.map(|row| {
            let revision = key::history_parts(row?.0.value()).map(|(_, revision)| revision);
            revision.ok_or_else(no_revision)
        }))
    }
}

pub(super) fn no_revision() -> StoreError {
    StoreError::Damaged("a row of histories has no revision".to_owned())
}
