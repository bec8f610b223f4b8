//! Changes as people send them: upserts and deletes, one by one or as a batch, checked against the versions that the sender
//! saw, validated by path, and made all or not at all.
//!
//! A set is worked out inside the write transaction that makes it, so that nothing comes between what was read and what is
//! written. What is wrong is told at once, each by the path under which it was sent.

mod apply;
mod draft;
mod error;
mod revert;

use serde_json::{Map, Value as Json};

use crate::model::id::Id;
use crate::model::record::Record;
use crate::store::log::Revision;
use crate::store::{Author, Snapshot};

pub use apply::apply;
pub use draft::differences;
pub use error::{Conflict, Fault, Refused};
pub use revert::revert;

/// One change as it was sent.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Under which path it was sent.
    pub path: String,
    /// Of which record.
    pub id: Id,
    /// The version that the sender saw: 0 for no record. Nothing where the sender does not say.
    pub expected: Option<Revision>,
    /// What is to become of it.
    pub what: What,
    /// Its field that leads to the record below which it was sent, where only that says whose it is.
    pub owner: Option<&'static str>,
}

/// What is to become of a record.
#[derive(Debug, Clone)]
pub enum What {
    /// These fields are to stand, and the others as they are; the record is made where there is none.
    Upsert(Map<String, Json>),
    /// It is to stand as given.
    Stand(Record),
    /// It is to be gone.
    Delete {
        /// References to it are taken out of whoever refers.
        detach: bool,
    },
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The record was made.
    Created,
    /// It was changed.
    Updated,
    /// It stood so before.
    Unchanged,
    /// It is gone.
    Deleted,
}

/// A set that was made, or that a repeated request made before.
pub struct Done {
    /// The revision that it made; that of the store where it changed nothing.
    pub revision: Revision,
    /// What became of each change, in the order in which they were sent.
    pub outcomes: Vec<(Id, Outcome)>,
    /// Records that were changed because a deleted one was detached from them.
    pub detached: Vec<Id>,
    /// The store as of the revision.
    pub snapshot: Snapshot,
}

/// Who sends a set.
#[derive(Debug, Clone)]
pub struct Sender {
    /// Who, when, and what for.
    pub author: Author,
    /// Under which key a repetition is known.
    pub idempotency_key: Option<String>,
}
