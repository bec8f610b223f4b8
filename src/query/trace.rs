//! What is noted while a request is answered, where it asks for it: the records that the answer rests on, and how each
//! connection came by its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::config::CITED_MAX;
use crate::model::id::{Id, IdRef};

/// The notes of one request.
#[derive(Debug, Default)]
pub struct Trace {
    /// The records that the answer rests on; nothing where nobody asks.
    rests_on: Option<Mutex<BTreeSet<Id>>>,
    /// How fields were answered, by their paths; nothing where nobody asks.
    fields: Option<Mutex<BTreeMap<String, Found>>>,
    /// How the root field that is being answered came by its answer, where it is no connection.
    root: Mutex<Option<Found>>,
}

/// How a connection came by its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The index, the relation, or the scan.
    pub by: String,
    /// How many records were read for it.
    pub read: u64,
    /// How many of them passed.
    pub kept: u64,
    /// All that passed were sorted.
    pub sorted: bool,
    /// How often the field was answered.
    pub times: u64,
}

impl Trace {
    /// Notes to take.
    pub fn new(rests_on: bool, fields: bool) -> Self {
        Self { rests_on: rests_on.then(Mutex::default), fields: fields.then(Mutex::default), root: Mutex::default() }
    }

    /// Whether it is noted on which records the answer rests.
    pub fn tells_rests(&self) -> bool {
        self.rests_on.is_some()
    }

    /// The answer rests on a record.
    pub fn rest_on(&self, id: IdRef<'_>) {
        if let Some(rests_on) = &self.rests_on {
            let mut rests_on = rests_on.lock().unwrap_or_else(PoisonError::into_inner);
            if rests_on.len() <= CITED_MAX {
                rests_on.insert(id.to_owned());
            }
        }
    }

    /// Whether anything is noted.
    pub fn notes(&self) -> bool {
        self.tells_rests() || self.tells_fields()
    }

    /// Whether it is noted how fields are answered.
    pub fn tells_fields(&self) -> bool {
        self.fields.is_some()
    }

    /// By what a root field that is no connection came by its answer, and how much it kept.
    pub fn came_by(&self, by: impl FnOnce() -> String, kept: usize) {
        if self.tells_fields() {
            let found = Found { by: by(), kept: kept as u64, times: 1, ..Found::default() };
            *self.root.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        }
    }

    /// The same, taken out.
    pub fn take_root(&self) -> Option<Found> {
        self.root.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// How a field was answered once: what was read for it, and how many more of its connection's records than were told
    /// passed.
    pub fn tell(&self, path: String, read: u64, found: Option<Found>, newly_kept: u64) {
        let Some(fields) = &self.fields else { return };
        let mut fields = fields.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = found {
            let known = fields.entry(path).or_default();
            *known = Found {
                read: known.read + read,
                kept: known.kept + found.kept,
                times: known.times + 1,
                by: found.by,
                sorted: found.sorted,
            };
        } else if read + newly_kept > 0
            && let Some(known) = path.rsplit_once('.').and_then(|(above, _)| fields.get_mut(above))
        {
            // What a field of a connection reads, such as its count, is the connection's.
            known.read += read;
            known.kept += newly_kept;
        }
    }

    /// Takes over what another noted: of the records those that are still there.
    pub fn take_over(&self, other: &Self, is_there: impl Fn(IdRef<'_>) -> bool) {
        for id in other.records().unwrap_or_default().iter().filter(|id| is_there(id.as_ref())) {
            self.rest_on(id.as_ref());
        }
        if let Some(fields) = &self.fields {
            fields.lock().unwrap_or_else(PoisonError::into_inner).extend(other.fields().unwrap_or_default());
        }
    }

    /// What was noted of the records.
    pub fn records(&self) -> Option<BTreeSet<Id>> {
        self.rests_on.as_ref().map(|rests_on| rests_on.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// What was noted of the fields.
    pub fn fields(&self) -> Option<BTreeMap<String, Found>> {
        self.fields.as_ref().map(|fields| fields.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
