//! Import: packages, workbooks, CSV and NDJSON files become records, all of them or none.
//!
//! `input` takes what was given apart into tables (`part`); `reading` reads those, cell by cell (`values`, `figures`,
//! `known` for references), into records upon those of the database; `review` asks the model and looks for what is referred
//! to; `since` looks for what would be overwritten. Whatever is wrong is told at once, each in its place (`fault`).

mod archive;
mod cell;
mod encoding;
pub mod fault;
mod figures;
mod files;
mod format;
mod input;
mod known;
mod lines;
mod part;
mod reading;
mod report;
mod review;
mod separated;
mod sheet;
mod since;
mod values;
mod workbook;

use std::collections::BTreeMap;

pub use fault::Fault;
pub use files::{Unread, read_path};
pub use input::{EXPLANATION, Named};
pub use report::{Counts, Report, refused};
pub use since::{Conflict, Overwritten};

use self::input::{Input, Shared};
use self::known::Known;
use self::part::Bytes;
use self::reading::{Reading, TELL_ROWS};
use super::Step;
use super::columns::Table;
use crate::model::record::Record;
use crate::store::log::Revision;
use crate::store::{Author, Change, Snapshot, Store, StoreError, Writer};

/// How often an import is read again because the database changed meanwhile, before it keeps others from writing.
const ATTEMPTS: usize = 2;

/// What is imported how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What single files hold whose names do not say it.
    pub table: Option<&'static Table>,
    /// Only tell what would come of it.
    pub dry_run: bool,
    /// The revision that the files were made at: what was changed since is not overwritten. Nothing where the files say it, or
    /// nobody.
    pub as_of: Option<Revision>,
    /// What was changed since is overwritten.
    pub overwrite: bool,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// What was given has faults.
    #[error("{} faults; the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Faults(Vec<Fault>),
    /// The files cannot have been made at the revision that was said.
    #[error("{0}")]
    AsOf(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports files, all or nothing, as one revision.
pub fn import(
    store: &Store,
    files: Named,
    options: &Options,
    author: &Author,
    told: &mut dyn FnMut(Step<'_>),
) -> Result<Report, ImportError> {
    let files = shared(files);
    if options.dry_run {
        let snapshot = store.snapshot()?;
        return Ok(plan(&snapshot, files, options, told)?.0);
    }
    for _ in 0..ATTEMPTS {
        let snapshot = store.snapshot()?;
        let planned = plan(&snapshot, files.clone(), options, told)?;
        let writer = store.writer()?;
        // What was read may have been changed by another since.
        if store.snapshot()?.revision()? == snapshot.revision()? {
            return write(writer, planned, author, told);
        }
    }
    let writer = store.writer()?;
    let planned = plan(&store.snapshot()?, files, options, told)?;
    write(writer, planned, author, told)
}

/// The records of a package that stands for itself. What its records refer to is the store's to check.
pub fn records(files: Named) -> Result<Vec<Record>, Vec<Fault>> {
    let mut input = Input::default();
    if files.iter().any(|(name, _)| name == input::DESCRIPTOR) {
        input = Input::new(shared(files), None);
    } else {
        input.faults.push(Fault::of_file(input::DESCRIPTOR, "is missing: it lists the files of the package"));
    }
    let mut reading = Reading::new(None);
    if let Err(error) = reading.input(input, &mut |_| {}) {
        reading.faults.push(Fault::of_file("", error.to_string()));
    }
    if !reading.faults.is_empty() {
        return Err(reading.sorted_faults());
    }
    Ok(reading.known.drafts.into_iter().map(|draft| draft.record).collect())
}

fn shared(files: Named) -> Shared {
    files.into_iter().map(|(name, bytes)| (name, Bytes(bytes.into()))).collect()
}

fn write(
    writer: Writer<'_>,
    (mut report, changes): (Report, Vec<Change>),
    author: &Author,
    told: &mut dyn FnMut(Step<'_>),
) -> Result<Report, ImportError> {
    if changes.is_empty() {
        return Ok(report);
    }
    let total = changes.len() as u64;
    // Each record stands in an import once, so in the order of their ids they can be written as they come.
    let mut ordered: Vec<_> = changes.into_iter().map(|change| (change.id(), change)).collect();
    ordered.sort_by(|left, right| left.0.cmp(&right.0));
    let changes = ordered.into_iter().enumerate().map(|(done, (_, change))| {
        if (done as u64).is_multiple_of(TELL_ROWS) {
            told(Step { what: "writing", done: done as u64, total });
        }
        Ok(change)
    });
    let (writer, revision) = writer.apply_stream(author, changes)?;
    writer.commit()?;
    report.revision = revision;
    Ok(report)
}

/// What is to be changed so that a database has what files say.
fn plan(
    snapshot: &Snapshot,
    files: Shared,
    options: &Options,
    told: &mut dyn FnMut(Step<'_>),
) -> Result<(Report, Vec<Change>), ImportError> {
    let input = Input::new(files, options.table);
    let mut reading = Reading::new(Some(snapshot));
    reading.input(input, told)?;
    reading.review(told)?;
    let elsewhere = reading.guard(options)?;
    if !reading.faults.is_empty() {
        return Err(ImportError::Faults(reading.sorted_faults()));
    }
    let (report, changes) = compare(reading.known, options.dry_run)?;
    Ok((Report { elsewhere, ..report }, changes))
}

/// What differs from the database.
fn compare(known: Known<'_>, dry_run: bool) -> Result<(Report, Vec<Change>), StoreError> {
    let mut kinds: BTreeMap<u8, Counts> = BTreeMap::new();
    let mut report = Report { dry_run, ..Report::default() };
    let mut changes = Vec::new();
    let stored: Vec<_> = known.drafts.iter().map(|draft| known.stored(&draft.record.id())).collect::<Result<_, _>>()?;
    for (draft, stored) in known.drafts.into_iter().zip(stored) {
        let counts = kinds.entry(draft.record.kind.tag).or_default();
        match stored {
            None => counts.new += 1,
            Some(stored) if same(&stored, &draft.record) => {
                counts.same += 1;
                continue;
            }
            Some(stored) => {
                counts.changed += 1;
                report.note_emptied(&stored, &draft.record);
            }
        }
        changes.push(Change::Put(draft.record));
    }
    report.count(kinds);
    Ok((report, changes))
}

fn same(stored: &Record, record: &Record) -> bool {
    stored.pack() == record.pack()
}
