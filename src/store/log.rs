//! The change log: what each revision changed, and how it was before.

use super::{StoreError, sealed};
use crate::model::id::{Id, IdRef};
use crate::model::row::{List, Row, pack_list, pack_row};

/// The number of a commit; the first is 1, and each is one more than the one before.
pub type Revision = u64;

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
    pub changes: Vec<(Id, Option<Vec<u8>>)>,
}

impl Entry {
    pub(super) fn pack(&self) -> Vec<u8> {
        let changes: Vec<_> = self
            .changes
            .iter()
            .map(|(id, before)| pack_row(&[id.as_ref().to_bytes(), before.clone().unwrap_or_default()]))
            .collect();
        let entry = pack_row(&[
            self.time_ms.to_le_bytes().to_vec(),
            self.author.clone().into_bytes(),
            self.note.clone().into_bytes(),
            pack_list(&changes),
        ]);
        sealed::seal(0, &entry)
    }

    /// The time of a packed entry, without what it changed, which may be much.
    pub(super) fn time_of(bytes: &[u8]) -> Option<i64> {
        Row::new(sealed::row_of(bytes)).slot(0).try_into().ok().map(i64::from_le_bytes)
    }

    pub(super) fn unpack(bytes: &[u8]) -> Result<Self, StoreError> {
        let damaged = || StoreError::Damaged("a revision of the log cannot be read".to_owned());
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
        Ok(Self {
            time_ms: i64::from_le_bytes(row.slot(0).try_into().map_err(|_| damaged())?),
            author: text(1)?,
            note: text(2)?,
            changes: changes.collect::<Result<_, StoreError>>()?,
        })
    }
}
