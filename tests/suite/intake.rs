//! Import: what is given becomes records, all of it or nothing, and every fault is told in its place.

use std::path::Path;

use jiedui::exchange::builtin;
use jiedui::exchange::intake::{self, Counts, Fault, ImportError, Named, Options, Report};
use jiedui::model::id::Id;
use jiedui::model::record::Record;
use jiedui::store::{Author, Store};
use tempfile::TempDir;

use crate::support::{TIME_MS, open};

/// A database with the built-in data, and ways to import into it.
pub struct Place {
    pub folder: TempDir,
    pub store: Store,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("jiedui.redb"));
        builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
        Self { folder, store }
    }

    pub fn revision(&self) -> u64 {
        self.store.snapshot().unwrap().revision().unwrap()
    }

    pub fn record(&self, id: &str) -> Option<Record> {
        let snapshot = self.store.snapshot().unwrap();
        let stored = snapshot.get(Id::parse(id).unwrap().as_ref()).unwrap()?;
        Some(Record::unpack_row(stored.kind, stored.row()))
    }

    /// One field of a record, as JSON has it.
    pub fn field(&self, id: &str, name: &str) -> serde_json::Value {
        let record = self.record(id).unwrap_or_else(|| panic!("there is no {id}"));
        let (slot, field) = record.kind.field(name).unwrap();
        jiedui::model::json::write_field(field, &record.values[slot])
    }

    pub fn import(&self, files: Named) -> Result<Report, Vec<Fault>> {
        self.import_with(files, &Options::default())
    }

    pub fn import_with(&self, files: Named, options: &Options) -> Result<Report, Vec<Fault>> {
        let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: "a test".to_owned() };
        match intake::import(&self.store, files, options, &author, &mut |_| {}) {
            Ok(report) => Ok(report),
            Err(ImportError::Faults(faults)) => Err(faults),
            Err(ImportError::Store(error)) => panic!("{error}"),
        }
    }

    /// Imports a text file, and gives what is told of it.
    #[track_caller]
    pub fn refused(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Vec<String> {
        let before = self.revision();
        let told = self.import(named(name, bytes)).expect_err("it was taken");
        assert_eq!(self.revision(), before);
        told.iter().map(ToString::to_string).collect()
    }
}

/// One file.
pub fn named(name: &str, bytes: impl Into<Vec<u8>>) -> Named {
    vec![(name.to_owned(), bytes.into())]
}

/// The built-in data as files.
pub fn package() -> Named {
    builtin::files().into_iter().collect()
}

#[test]
fn the_built_in_data_again_changes_nothing() {
    let place = Place::new();
    let before = place.revision();
    let report = place.import(package()).unwrap();
    assert_eq!((report.revision, place.revision()), (None, before));
    let same: u64 = report.kinds.iter().map(|(_, counts)| counts.same).sum();
    assert!(same > 1_000 && report.kinds.iter().all(|(_, counts)| counts.new + counts.changed == 0), "{report:#?}");
    // From the disk too.
    let files = intake::read_path(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data")).unwrap();
    assert_eq!(place.import(files), Ok(report));
}

#[test]
fn a_column_that_is_not_given_stays_and_an_empty_cell_clears() {
    let place = Place::new();
    let name = place.field("pairing:p001", "name");
    let text = "id,until,note\npairing:p001,2011年,\n";
    let report = place.import(named("pairings.csv", text)).unwrap();
    assert_eq!(report.kinds, [("pairings", Counts { new: 0, changed: 1, same: 0 })]);
    assert_eq!(report.revision, Some(place.revision()));
    assert_eq!(place.field("pairing:p001", "until"), "2011");
    assert_eq!(place.field("pairing:p001", "note"), serde_json::Value::Null);
    assert_eq!(place.field("pairing:p001", "name"), name);
    assert_eq!(place.field("pairing:p001", "helpers").as_array().unwrap().len(), 1);
    let again = place.import(named("结对.csv", text)).unwrap();
    assert_eq!(again.revision, None);
}
