//! What a set of changes came to, kept under the key that its sender gave it: the same sent twice is made once.

use super::log::Revision;
use super::{StoreError, sealed};
use crate::model::id::{Id, IdRef};
use crate::model::row::{List, Row, pack_list, pack_row};

/// What a set came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// What tells the set from others.
    pub fingerprint: Vec<u8>,
    /// The revision that it made, or found.
    pub revision: Revision,
    /// What became of each of its changes, as a code.
    pub outcomes: Vec<u8>,
    /// Records that a deleted one was detached from.
    pub detached: Vec<Id>,
}

impl Remembered {
    pub(super) fn pack(&self) -> Vec<u8> {
        let detached: Vec<_> = self.detached.iter().map(|id| id.as_ref().to_bytes()).collect();
        let row = pack_row(&[
            self.fingerprint.clone(),
            self.revision.to_le_bytes().to_vec(),
            self.outcomes.clone(),
            pack_list(&detached),
        ]);
        sealed::seal(0, &row)
    }

    pub(super) fn unpack(bytes: &[u8]) -> Result<Self, StoreError> {
        let damaged = || StoreError::Damaged("what an idempotency key stands for cannot be read".to_owned());
        if !sealed::is_intact(bytes) {
            return Err(damaged());
        }
        let row = Row::new(sealed::row_of(bytes));
        let detached = List::new(row.slot(3)).iter().map(|id| IdRef::from_bytes(id).map(IdRef::to_owned));
        Ok(Self {
            fingerprint: row.slot(0).to_vec(),
            revision: u64::from_le_bytes(row.slot(1).try_into().map_err(|_| damaged())?),
            outcomes: row.slot(2).to_vec(),
            detached: detached.collect::<Option<_>>().ok_or_else(damaged)?,
        })
    }
}
