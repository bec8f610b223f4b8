//! What came of an import.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value as Json, json};

use super::fault::Fault;
use crate::exchange::columns::{has_own_file, table_of};
use crate::model::headings;
use crate::model::kinds::kind_of_tag;
use crate::model::record::Record;
use crate::model::value::Value;
use crate::store::log::Revision;

/// What came of an import, or would come of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Nothing was written.
    pub dry_run: bool,
    /// The revision that it made; nothing where all was as it should be.
    pub revision: Option<Revision>,
    /// Each table of a kind of which there were records.
    pub kinds: Vec<(&'static str, Counts)>,
    /// How many records lost all entries of a list, by the list's name.
    pub emptied: BTreeMap<String, u64>,
    /// The files that were exported from another database: what was changed in this one since was not looked for.
    pub elsewhere: BTreeSet<String>,
}

/// The records of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that were not there.
    pub new: u64,
    /// Those that were otherwise.
    pub changed: u64,
    /// Those that were as they are given.
    pub same: u64,
}

impl Report {
    pub(super) fn count(&mut self, kinds: BTreeMap<u8, Counts>) {
        let each =
            kinds.into_iter().filter_map(|(tag, counts)| Some((table_of(kind_of_tag(tag)?)?.name.as_str(), counts)));
        self.kinds = each.collect();
    }

    /// Notes the lists of a record that had entries and have none any more.
    pub(super) fn note_emptied(&mut self, stored: &Record, record: &Record) {
        for (slot, field) in record.kind.shown().filter(|(_, field)| has_own_file(field)) {
            if matches!(stored.values[slot], Value::List(_)) && record.values[slot] == Value::Null {
                let zh = headings::field(field.name).unwrap_or_default();
                *self.emptied.entry(format!("{} ({zh})", field.name)).or_default() += 1;
            }
        }
    }

    /// As programs read it.
    pub fn to_json(&self) -> Json {
        let counts = |counts: &Counts| json!({ "new": counts.new, "changed": counts.changed, "same": counts.same });
        let kinds: Map<_, _> = self.kinds.iter().map(|(name, of)| ((*name).to_owned(), counts(of))).collect();
        json!({
            "dryRun": self.dry_run,
            "revision": self.revision,
            "kinds": kinds,
            "emptied": self.emptied,
            "elsewhere": self.elsewhere,
            "faults": [],
        })
    }
}

/// What programs read of an import that was refused.
pub fn refused(faults: &[Fault], dry_run: bool) -> Json {
    let mut told = Report { dry_run, ..Report::default() }.to_json();
    told["faults"] = faults.iter().map(Fault::to_json).collect();
    told
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, Counts { new, changed, same }) in &self.kinds {
            writeln!(f, "{name}: {new} new, {changed} changed, {same} as they were")?;
        }
        for (list, count) in &self.emptied {
            writeln!(f, "note: {count} records lose all their {list}")?;
        }
        if let Some(file) = self.elsewhere.first() {
            let more = self.elsewhere.len() - 1;
            let more = if more == 0 { String::new() } else { format!(" and {more} more files") };
            writeln!(
                f,
                "note: exported from another database, or from this one before an older state was restored: {file}{more}; what was changed here since was not looked for, which --as-of REVISION does"
            )?;
        }
        match (self.revision, self.dry_run) {
            (Some(revision), _) => write!(f, "revision {revision}"),
            (None, true) if self.kinds.iter().any(|(_, counts)| counts.new + counts.changed > 0) => {
                f.write_str("dry run: nothing was written")
            }
            (None, _) => f.write_str("nothing to change: no revision was made"),
        }
    }
}
