//! What can go wrong with a store.

use std::path::PathBuf;

use super::disk::Fault;
use crate::model::record::Invalid;

/// Why a file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file.
    #[error("{path}: there is no such file; `jiedui serve` makes one")]
    Missing {
        /// Which file.
        path: PathBuf,
    },
    /// Another process writes to it.
    #[error(
        "{path}: another jiedui has this database open for writing; stop it first, or choose another file with --db"
    )]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// It is something else.
    #[error("{path}: this is no jiedui database ({why}); nothing in it was changed; choose another file with --db")]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// A newer jiedui wrote it.
    #[error(
        "{path}: the database has format {found}, this jiedui knows formats up to {known}; nothing in it was changed; use a newer jiedui"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// An older jiedui wrote it, and reading alone cannot upgrade it.
    #[error(
        "{path}: the database has format {found}, this jiedui reads format {known}; `jiedui serve` upgrades it when it opens it, and older versions cannot open it any more"
    )]
    Older {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// It has to be repaired, which reading alone cannot do.
    #[error("{path}: the database was not closed cleanly; `jiedui serve` repairs it when it opens it")]
    NeedsRepair {
        /// Which file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The store failed.
    #[error("{path}: {source}")]
    Store {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: StoreError,
    },
}

/// Why a read or a commit failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// redb failed: the disk, or damage.
    #[error("the database failed: {0}")]
    Database(Box<redb::Error>),
    /// The disk is full, or failed; nothing was written.
    #[error("{fault} ({told})", fault = .0, told = .0.told())]
    Disk(Fault),
    /// The disk failed while it was committed: the commit is there, and nobody knows whether it lasts.
    #[error("{fault} ({told}) just as it was committed, so that it is not sure whether it lasts", fault = .0, told = .0.told())]
    Unsure(Fault),
    /// The file was opened anew while it was read.
    #[error("the database's file was opened anew meanwhile")]
    Interrupted,
    /// A row is not what its table holds.
    #[error("the database is damaged: {0}; `jiedui check` names every damaged row")]
    Damaged(String),
    /// The log does not reach there.
    #[error("{0}")]
    NotKept(String),
    /// The changes break the model; nothing was written.
    #[error("{} of the changes cannot be made; the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Refused(Vec<Invalid>),
}

impl StoreError {
    fn of(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error) => Self::Disk(Fault::of(&error)),
            redb::Error::PreviousIo | redb::Error::DatabaseClosed => Self::Interrupted,
            error => Self::Database(Box::new(error)),
        }
    }
}

macro_rules! from_redb {
    ($($error:ty),+) => {
        $(impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                Self::of(error.into())
            }
        })+
    };
}
from_redb!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::CursorError,
    redb::SetDurabilityError,
    redb::CompactionError
);
