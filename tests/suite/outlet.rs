//! What is exported can be imported again, and is the same byte for byte in its next export.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use jiedui::exchange::columns::kind_called;
use jiedui::exchange::outlet::{Export, Folder, Format, write_package};
use jiedui::exchange::package::{self, Files};
use jiedui::model::catalog::{Kind, slot};
use jiedui::model::decimal::Decimal;
use jiedui::model::json;
use jiedui::model::kinds::KINDS;
use jiedui::model::record::Record;
use jiedui::model::value::Value;
use jiedui::store::{Author, Change, Direction, Snapshot, Store};
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::oracle::data::{Random, records};
use crate::support::{TIME_MS, lawful, loaded, open};

/// A store of its own with these records.
fn store_of(records: Vec<Record>) -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jiedui.redb"));
    let changes: Vec<_> = records.into_iter().map(lawful).map(Change::Put).collect();
    let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: String::new() };
    let (writer, revision) =
        store.writer().unwrap().apply(&author, &changes).unwrap_or_else(|error| panic!("{error:#?}"));
    assert_eq!(revision, Some(1));
    writer.commit().unwrap();
    (folder, store)
}

fn exported(store: &Store, format: Format, kind: Option<&'static Kind>) -> Vec<u8> {
    let mut bytes = Vec::new();
    Export::new(format, kind).unwrap().write(&store.snapshot().unwrap(), &mut bytes).unwrap();
    bytes
}

fn unzipped(bytes: &[u8]) -> Files {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = Files::new();
    for place in 0..zip.len() {
        let mut file = zip.by_index(place).unwrap();
        let mut text = Vec::new();
        file.read_to_end(&mut text).unwrap();
        files.insert(file.name().unwrap().into_owned(), text);
    }
    files
}

/// Every record's bytes, by its id.
fn rows(snapshot: &Snapshot) -> BTreeMap<String, Vec<u8>> {
    let mut rows = BTreeMap::new();
    for kind in KINDS {
        for record in snapshot.scan(kind, None, Direction::Forward).unwrap() {
            let record = record.unwrap();
            rows.insert(record.id().to_string(), Record::unpack_row(kind, record.row()).pack());
        }
    }
    rows
}

/// Expects that a store's package reads back as what the store holds, and that the next export has the same bytes.
#[track_caller]
fn comes_back(store: &Store) {
    let package = exported(store, Format::Package, None);
    let read = package::read(&unzipped(&package)).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let (_folder, next) = store_of(read);
    let (before, after) = (rows(&store.snapshot().unwrap()), rows(&next.snapshot().unwrap()));
    for (id, row) in &before {
        assert!(after.get(id) == Some(row), "{id} came back otherwise");
    }
    assert_eq!(before.len(), after.len());
    assert!(exported(store, Format::Package, None) == package, "the same snapshot gives other bytes");
    let (mut package, mut again) = (unzipped(&package), unzipped(&exported(&next, Format::Package, None)));
    // Of which database it is: nothing else of it is another.
    for files in [&mut package, &mut again] {
        let descriptor = files.get_mut("datapackage.json").unwrap();
        let mut read: Json = serde_json::from_slice(descriptor).unwrap();
        let mark = read.as_object_mut().unwrap().shift_remove("snapshot").unwrap();
        assert!(mark["revision"] == 1 && mark["entry"].as_str().unwrap().starts_with("sha256:"), "{mark}");
        *descriptor = serde_json::to_vec_pretty(&read).unwrap();
    }
    assert!(again == package, "the next export has other bytes");
    let lines = exported(store, Format::Ndjson, None);
    assert!(exported(&next, Format::Ndjson, None) == lines, "the next lines have other bytes");
}

#[test]
fn the_built_in_data_comes_back_byte_for_byte() {
    let loaded = loaded(Default::default());
    comes_back(loaded.api.store());
    let files = unzipped(&exported(loaded.api.store(), Format::Package, None));
    assert!(files.len() > 50 && files["citations.csv"].len() > 50_000);
}

/// Texts that a table, a list in a cell, or a spreadsheet could take for something else.
const UGLY: &[&str] = &[
    "a;b",
    ";",
    "a\\;b\\",
    "\\",
    " a",
    "a ",
    " ",
    "\u{3000}a\u{3000}",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\"a\"",
    "\"",
    "a,b",
    "a\nb",
    "a\r\nb",
    "\r",
    "\n",
    "\t",
    "'a",
    "#a",
    "null",
    "\u{feff}a",
    "甲；乙、丙",
    "𠮷",
    "e\u{301}",
];

fn make_ugly(value: &mut Value, random: &mut Random) {
    match value {
        Value::Text(text) => {
            let ugly = random.pick(UGLY);
            *text = [format!("{ugly}{text}"), format!("{text}{ugly}"), ugly.to_owned()][random.below(3)].clone();
        }
        Value::List(items) | Value::Struct(items) => items.iter_mut().for_each(|item| make_ugly(item, random)),
        Value::Float(number) => {
            let bits = (0..4).fold(0, |bits, _| bits << 16 | random.below(1 << 16) as u64);
            *number = Some(f64::from_bits(bits)).filter(|bits| bits.is_finite()).unwrap_or(-0.0);
        }
        Value::Decimal(decimal) if random.one_in(4) => *decimal = Decimal::parse("-0.100").unwrap(),
        _ => {}
    }
}

#[test]
fn random_records_with_ugly_texts_come_back_byte_for_byte() {
    for seed in 0..3 {
        let mut random = Random(seed);
        let mut records = records(seed, 2);
        for value in records.iter_mut().flat_map(|record| &mut record.values[slot::CITATIONS..]) {
            make_ugly(value, &mut random);
        }
        let (_folder, store) = store_of(records);
        comes_back(&store);
        for line in exported(&store, Format::Ndjson, None).split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
        {
            let Json::Object(object) = serde_json::from_slice(line).unwrap() else { panic!("a line is an object") };
            let id = json::read_id(&object, None).unwrap();
            let read = json::read(&object, Record::new(id.as_ref().kind().unwrap(), &id.key)).unwrap();
            let snapshot = store.snapshot().unwrap();
            let stored = snapshot.get(id.as_ref()).unwrap().unwrap();
            assert!(read.pack() == Record::unpack_row(stored.kind, stored.row()).pack(), "{id}");
        }
    }
}

#[test]
fn a_struct_without_a_value_is_none() {
    let kind = kind_called("observations").unwrap();
    let (period, mut record) = (kind.slot_of("period"), Record::new(kind, "x"));
    let without = record.pack();
    record.values[period] = Value::Struct(vec![Value::Null; 4]);
    assert_eq!(record.pack(), without);
}

#[test]
fn a_folder_holds_the_files_of_the_zip_and_stays_for_the_validator() {
    let loaded = loaded(Default::default());
    // `.ci/run` has the validator of the standard read what is left here.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exported");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    let snapshot = loaded.api.store().snapshot().unwrap();
    write_package(&snapshot, &mut Folder::new(folder.clone())).unwrap();
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
    });
    let files: Files = files.collect();
    assert!(files == unzipped(&exported(loaded.api.store(), Format::Package, None)));
    let descriptor: Json = serde_json::from_slice(&files["datapackage.json"]).unwrap();
    // When the revision was made, and not when it was exported.
    assert_eq!(descriptor["created"], "2026-09-21T14:13:20Z");
    assert_eq!(descriptor["licenses"][0]["name"], "CC-BY-4.0");
    let pairings = descriptor["resources"].as_array().unwrap().iter().find(|it| it["name"] == "pairings").unwrap();
    assert_eq!(pairings["schema"]["primaryKey"], serde_json::json!(["id"]));
    let programme = serde_json::json!({
        "fields": ["programme"], "reference": { "resource": "programmes", "fields": ["id"] }
    });
    assert!(pairings["schema"]["foreignKeys"].as_array().unwrap().contains(&programme));
}

#[test]
fn a_text_that_looks_like_a_formula_is_written_as_it_is() {
    let kind = kind_called("products").unwrap();
    let mut record = Record::new(kind, "p");
    record.values[slot::NAME] = Value::Text("=1+1".to_owned());
    record.values[slot::ALIASES] = Value::List(["a;b", "c"].map(|text| Value::Text(text.to_owned())).to_vec());
    let (_folder, store) = store_of(vec![record]);
    let text = String::from_utf8(exported(&store, Format::Csv, Some(kind))).unwrap();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("id,name,nameEn,aliases,anonymous,"));
    assert!(lines.next().unwrap().starts_with("product:p,=1+1,,a\\;b;c,"), "{text}");
}

#[test]
fn geojson_has_what_has_coordinates_and_nothing_else() {
    let loaded = loaded(Default::default());
    let kind = kind_called("counties").unwrap();
    let all: Json = serde_json::from_slice(&exported(loaded.api.store(), Format::Geojson, Some(kind))).unwrap();
    let lines = exported(loaded.api.store(), Format::Ndjson, Some(kind));
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let lines: Vec<Json> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    let placed: Vec<_> = lines.iter().filter(|line| line.get("latitude").is_some()).collect();
    let features = all["features"].as_array().unwrap();
    assert!(all["type"] == "FeatureCollection" && features.len() == placed.len());
    assert!(features.len() > 50 && features.len() < lines.len());
    for (feature, line) in features.iter().zip(placed) {
        assert_eq!(feature["type"], "Feature");
        assert_eq!((&feature["id"], &feature["properties"]), (&line["id"], line));
        assert_eq!(feature["geometry"]["type"], "Point");
        assert_eq!(feature["geometry"]["coordinates"], serde_json::json!([line["longitude"], line["latitude"]]));
    }
    // An empty collection is one too.
    let (_folder, store) = store_of(vec![{
        let mut record = Record::new(kind_called("products").unwrap(), "p");
        record.values[slot::NAME] = Value::Text("p".to_owned());
        record
    }]);
    let none: Json = serde_json::from_slice(&exported(&store, Format::Geojson, None)).unwrap();
    assert_eq!(none["features"], serde_json::json!([]));
    for (format, kind, why) in [
        (Format::Geojson, Some("pairings"), "pairings have no coordinates of their own; provinces, cities"),
        (Format::Csv, None, "holds one kind"),
        (Format::Package, Some("pairings"), "holds every kind"),
    ] {
        assert!(Export::new(format, kind.and_then(kind_called)).unwrap_err().contains(why));
    }
}

/// Takes so many bytes, fails once, and takes what comes then.
struct Failing {
    left: usize,
    failed: bool,
    behind: usize,
}

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.failed {
            self.behind += bytes.len();
        } else if bytes.len() > self.left {
            self.failed = true;
            return Err(std::io::Error::other("the disk is full"));
        } else {
            self.left -= bytes.len();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_package_that_could_not_be_written_is_not_finished_all_the_same() {
    let loaded = loaded(Default::default());
    let snapshot = loaded.api.store().snapshot().unwrap();
    let whole = exported(loaded.api.store(), Format::Package, None).len();
    for left in [0, 10, 5_000, whole / 2, whole - 1_000, whole - 1] {
        let mut sink = Failing { left, failed: false, behind: 0 };
        let error = Export::new(Format::Package, None).unwrap().write(&snapshot, &mut sink).unwrap_err();
        assert!(error.to_string().contains("the disk is full"), "{error}");
        assert_eq!(sink.behind, 0, "bytes behind the failure at {left}");
    }
}
