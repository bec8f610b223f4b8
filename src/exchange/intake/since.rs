//! What was changed in the database since the files of an import were made: to overwrite it would take back what somebody
//! corrected, and who imports may not have seen that. It is refused, unless it is said that the files are to stand.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::fault::{Wrong, shown};
use super::known::{At, Draft, record_of};
use super::reading::Reading;
use super::{ImportError, Options};
use crate::change::differences;
use crate::config::IMPORT_FAULTS_MAX;
use crate::exchange::columns::Place;
use crate::model::id::Id;
use crate::model::json::write_field;
use crate::model::record::Record;
use crate::store::log::Revision;
use crate::store::{Kept, Snapshot, StoreError};

/// How many fields of a record are told to a person.
const FIELDS_TOLD: usize = 5;

/// A record that was changed since the files were made, and that they would change again.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Which record.
    pub id: Id,
    /// The revision that the files were made at.
    pub as_of: Revision,
    /// The newest revision that changed it.
    pub revision: Revision,
    /// Who did that; nothing where the log has it no more.
    pub author: Option<String>,
    /// When, as the API writes it.
    pub time: Option<String>,
    /// Each field in which the files and the record differ.
    pub differences: Vec<Overwritten>,
}

/// A field that would be overwritten.
#[derive(Debug, Clone, PartialEq)]
pub struct Overwritten {
    /// Its name.
    pub field: &'static str,
    /// What it held when the files were made.
    pub before: Json,
    /// What it holds.
    pub stands: Json,
    /// What the files have.
    pub given: Json,
}

impl Eq for Conflict {}

impl Conflict {
    /// As programs read it.
    pub fn to_json(&self) -> Json {
        let differences = self.differences.iter().map(|field| {
            json!({ "field": field.field, "before": field.before, "stands": field.stands, "given": field.given })
        });
        json!({
            "id": self.id.to_string(), "asOf": self.as_of, "revision": self.revision, "author": self.author,
            "time": self.time, "differences": differences.collect::<Vec<_>>(),
        })
    }

    /// As a person reads it.
    fn problem(&self, what: &str, is_sure: bool) -> String {
        let Self { id, as_of, revision, author, time, differences } = self;
        let by = author.as_ref().map(|author| format!(" by {author}")).unwrap_or_default();
        let at = time.as_ref().map(|time| format!(" at {time}")).unwrap_or_default();
        let sure = if is_sure { "" } else { ", if that is one of this database, whose log has it no more" };
        let value = |json: &Json| if json.is_null() { "nothing".to_owned() } else { shown(&json.to_string()) };
        let told = differences.iter().take(FIELDS_TOLD).map(|Overwritten { field, before, stands, given }| {
            let was = if before == stands { String::new() } else { format!(" (was {})", value(before)) };
            format!("{field} is {}{was}, the file has {}", value(stands), value(given))
        });
        let told: Vec<_> = told.collect();
        let more = match differences.len().saturating_sub(FIELDS_TOLD) {
            0 => String::new(),
            more => format!("; and {more} more fields"),
        };
        let told = if told.is_empty() { String::new() } else { format!(": {}{more}", told.join("; ")) };
        format!(
            "{id} was {what} in revision {revision}{by}{at}, after revision {as_of} that the file was made at{sure}{told}"
        )
    }
}

/// The revision that files were made at.
#[derive(Clone, Copy)]
struct AsOf {
    revision: Revision,
    is_sure: bool,
}

impl Reading<'_> {
    /// Tells each record that the import would change, and that somebody changed since its files were made. Gives the files
    /// of which that cannot be known: they are of another database.
    pub fn guard(&mut self, options: &Options) -> Result<BTreeSet<String>, ImportError> {
        let mut elsewhere = BTreeSet::new();
        let (false, Some(database)) = (options.overwrite, self.known.database()) else { return Ok(elsewhere) };
        let newest = database.revision()?;
        if let Some(asked) = options.as_of.filter(|asked| *asked > newest) {
            return Err(ImportError::AsOf(format!("revision {asked} is yet to come: the newest is {newest}")));
        }
        let asked = options.as_of.map(|revision| AsOf { revision, is_sure: true });
        let mut made = Vec::new();
        for sheet in &self.sheets {
            made.push(match (asked, &sheet.mark) {
                (Some(asked), _) => Some(asked),
                (None, None) => None,
                (None, Some(mark)) => match database.keeps(mark)? {
                    Kept::Here => Some(AsOf { revision: mark.revision, is_sure: true }),
                    Kept::NoMore => Some(AsOf { revision: mark.revision, is_sure: false }),
                    Kept::Elsewhere => {
                        elsewhere.insert(sheet.file.clone());
                        None
                    }
                },
            });
        }
        let mut faults = Vec::new();
        for draft in self.known.drafts.iter().filter(|draft| draft.faulty.is_empty()) {
            if self.faults.len() + faults.len() >= IMPORT_FAULTS_MAX {
                break;
            }
            let rows = draft.at.into_iter().chain(draft.entries.iter().flat_map(|(_, at)| at.iter().copied()));
            // Of several files the oldest counts.
            let of = |at: At| made[at.part as usize].map(|made| (made, at));
            let Some((as_of, at)) = rows.filter_map(of).min_by_key(|(made, _)| made.revision) else { continue };
            if let Some((conflict, what)) = conflict(database, draft, as_of.revision)? {
                let wrong = Wrong::said(conflict.problem(what, as_of.is_sure));
                let at = draft.at.unwrap_or(at);
                let id = conflict.id.to_string();
                let mut fault = self.fault_of(at, "id", &|place| place == Place::Id, &id, wrong);
                fault.conflict = Some(Box::new(conflict));
                faults.push(fault);
            }
        }
        self.faults.extend(faults);
        Ok(elsewhere)
    }
}

/// What a draft would overwrite that was changed after a revision, and what was done to it then.
fn conflict(
    database: &Snapshot,
    draft: &Draft,
    as_of: Revision,
) -> Result<Option<(Conflict, &'static str)>, StoreError> {
    let id = draft.record.id();
    let now = database.get(id.as_ref())?;
    let changed = match &now {
        Some(stored) => Some(stored.version()),
        // Whether it was there, and what ended that.
        None => database.history(id.as_ref(), None)?.next().transpose()?,
    };
    let Some(revision) = changed.filter(|changed| *changed > as_of) else { return Ok(None) };
    let before = database.get_at(id.as_ref(), as_of)?.map(|stored| record_of(&stored));
    let stands = now.map(|stored| record_of(&stored));
    let what = match (&before, &stands) {
        // Whoever made the files never saw it.
        (None, None) => return Ok(None),
        (Some(_), None) => "deleted",
        (None, Some(_)) if database.oldest_kept()? <= as_of => "made",
        (_, Some(_)) => "changed",
    };
    let before_of = |field: &str| field_of(before.as_ref(), field);
    let differences: Vec<_> = differences(stands.as_ref(), Some(&draft.record))
        .into_iter()
        .map(|(field, stands, given)| Overwritten { field, before: before_of(field), stands, given })
        .collect();
    if differences.is_empty() {
        return Ok(None);
    }
    let entry = database.log_head_entry(revision)?;
    let time = entry.as_ref().and_then(|entry| jiff::Timestamp::from_millisecond(entry.time_ms).ok());
    let (author, time) = (entry.map(|entry| entry.author), time.map(|time| time.to_string()));
    Ok(Some((Conflict { id, as_of, revision, author, time, differences }, what)))
}

fn field_of(record: Option<&Record>, name: &str) -> Json {
    let found = record.and_then(|record| Some((record, record.kind.field(name)?)));
    found.map_or(Json::Null, |(record, (slot, field))| write_field(field, &record.values[slot]))
}
