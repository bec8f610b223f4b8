//! What tells a revision from those of the same number in other databases: a copy of data says of which it is, and whoever
//! brings the copy back learns whether it was made here.

use redb::ReadableTable;
use sha2::{Digest, Sha256};

use super::log::Revision;
use super::{LOG, Snapshot, StoreError};
use crate::model::hex::hex;

/// A revision of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its number.
    pub revision: Revision,
    /// The hash of its row in the log: when it was made, by whom, what for, what it changed and how that was before.
    pub entry: String,
}

/// Whether a marked revision is one of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is.
    Here,
    /// It is one of another, or of this one before an older state of it was restored.
    Elsewhere,
    /// The log reaches back to it no more, so that nobody can tell.
    NoMore,
}

impl Snapshot {
    /// The mark of the revision that it is a view of; nothing where the log does not have it.
    pub fn mark(&self) -> Result<Option<Mark>, StoreError> {
        let revision = self.revision()?;
        Ok(self.entry_hash(revision)?.map(|entry| Mark { revision, entry }))
    }

    /// Whether a mark is of a revision of this database.
    pub fn keeps(&self, mark: &Mark) -> Result<Kept, StoreError> {
        Ok(match self.entry_hash(mark.revision)? {
            Some(entry) if entry == mark.entry => Kept::Here,
            None if mark.revision <= self.oldest_kept()? => Kept::NoMore,
            _ => Kept::Elsewhere,
        })
    }

    fn entry_hash(&self, revision: Revision) -> Result<Option<String>, StoreError> {
        let log = self.transaction().open_table(LOG)?;
        let row = ReadableTable::get(&log, revision)?;
        Ok(row.map(|row| format!("sha256:{}", hex(&Sha256::digest(row.value())))))
    }
}
