//! Why a set of changes was not made.

use serde_json::{Value as Json, json};

use crate::model::id::Id;
use crate::store::StoreError;
use crate::store::log::Revision;

/// Why nothing of a set was made.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Something in it is wrong: every fault, in the order of their changes.
    #[error("{} of the changes cannot be made; the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Invalid(Vec<Fault>),
    /// Somebody else changed what it is about; and whatever else is wrong.
    #[error("{}", conflicts(.0, .1.len()))]
    Conflict(Vec<Conflict>, Vec<Fault>),
    /// The key of a repetition was sent with another set before.
    #[error("the idempotency key \"{0}\" was sent with other changes before; choose another key for these")]
    KeyReused(String),
    /// It is beyond a bound.
    #[error("{0}")]
    Limit(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct Fault {
    /// The path under which it was sent.
    pub path: String,
    /// What is wrong, and what was expected.
    pub problem: String,
    /// The records that still refer to one that was to be deleted: some of them, where there are very many.
    pub referrers: Vec<Id>,
}

/// A record that stands otherwise than its sender saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The path under which its change was sent.
    pub path: String,
    /// Which record.
    pub id: Id,
    /// The version that the sender saw.
    pub expected: Revision,
    /// Its version now; nothing where it is not there.
    pub version: Option<Revision>,
    /// Each field in which what was sent differs from what stands: its name, what stands, what was sent.
    pub differences: Vec<(&'static str, Json, Json)>,
}

impl Fault {
    /// A fault of one place.
    pub fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into(), referrers: Vec::new() }
    }

    /// For programs.
    pub fn to_json(&self) -> Json {
        let mut fault = json!({ "path": self.path, "problem": self.problem });
        if !self.referrers.is_empty() {
            fault["referrers"] = self.referrers.iter().map(ToString::to_string).collect();
        }
        fault
    }
}

impl Conflict {
    /// For programs.
    pub fn to_json(&self) -> Json {
        let differences = self
            .differences
            .iter()
            .map(|(field, stands, sent)| json!({ "field": field, "stands": stands, "sent": sent }));
        json!({
            "path": self.path, "id": self.id.to_string(), "expectedVersion": self.expected, "version": self.version,
            "differences": differences.collect::<Vec<_>>(),
        })
    }
}

fn conflicts(conflicts: &[Conflict], faults: usize) -> String {
    let told = conflicts.first().map(|Conflict { id, expected, version, .. }| {
        let stands = match version {
            Some(version) => format!("stands in version {version}"),
            None => "is not there".to_owned(),
        };
        let seen = match expected {
            0 => "was to be new".to_owned(),
            expected => format!("was seen in version {expected}"),
        };
        format!("{id} {stands} and {seen}: read it again, and send the change on top of that")
    });
    let more = match conflicts.len() {
        0 | 1 => String::new(),
        count => format!("; and {} more", count - 1),
    };
    let beside = match faults {
        0 => String::new(),
        1 => "; beside it, 1 change cannot be made".to_owned(),
        faults => format!("; beside it, {faults} of the changes cannot be made"),
    };
    told.unwrap_or_default() + &more + &beside
}
