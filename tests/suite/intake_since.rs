//! What was corrected since an import's files were made is not overwritten, unless it is said that the files are to stand.

use jiedui::exchange::intake::{Fault, ImportError, Named, Options, import};
use jiedui::exchange::outlet::{Export, Format};
use jiedui::model::id::Id;
use jiedui::model::json;
use jiedui::model::record::Record;
use jiedui::store::{Author, Change, Store};
use serde_json::{Value, json};

use crate::intake::Place;
use crate::support::{TIME_MS, open};

fn author(name: &str) -> Author {
    Author { time_ms: TIME_MS, name: name.to_owned(), note: String::new() }
}

/// Somebody's change of a record; null deletes it.
fn corrects(store: &Store, id: &str, fields: Value) -> u64 {
    let id = Id::parse(id).unwrap();
    let writer = store.writer().unwrap();
    let change = match fields {
        Value::Object(fields) => {
            let kind = id.as_ref().kind().unwrap();
            let before = writer.row(id.as_ref()).unwrap();
            let before = before.map_or_else(|| Record::new(kind, &id.key), |row| Record::unpack(kind, &row));
            Change::Put(json::read(&fields, before).unwrap())
        }
        _ => Change::Delete(id),
    };
    let (writer, revision) = writer.apply(&author("李"), &[change]).unwrap();
    writer.commit().unwrap();
    revision.unwrap()
}

/// The data package of a store, as somebody downloads it.
fn package(store: &Store) -> Named {
    let mut zip = Vec::new();
    Export::new(Format::Package, None).unwrap().write(&store.snapshot().unwrap(), &mut zip).unwrap();
    vec![("package.zip".to_owned(), zip)]
}

fn csv(text: &str) -> Named {
    vec![("products.csv".to_owned(), text.as_bytes().to_vec())]
}

fn as_of(revision: u64) -> Options {
    Options { as_of: Some(revision), ..Options::default() }
}

/// A database with two products of ours.
fn place() -> Place {
    let place = Place::new();
    corrects(&place.store, "product:zz1", json!({ "name": "茶", "note": "山上" }));
    corrects(&place.store, "product:zz2", json!({ "name": "笋" }));
    place
}

#[track_caller]
fn one(told: Result<jiedui::exchange::intake::Report, Vec<Fault>>) -> Fault {
    let mut faults = told.expect_err("what was corrected since is overwritten");
    assert_eq!(faults.len(), 1, "{faults:#?}");
    faults.remove(0)
}

#[test]
fn a_package_does_not_take_back_what_was_corrected_since_it_was_exported() {
    let place = place();
    let exported = package(&place.store);
    let made = place.revision();
    let revision = corrects(&place.store, "product:zz1", json!({ "name": "绿茶" }));
    for dry_run in [true, false] {
        let fault = one(place.import_with(exported.clone(), &Options { dry_run, ..Options::default() }));
        assert_eq!((fault.file.as_str(), fault.column.as_deref()), ("package.zip/products.csv", Some("id")));
        assert_eq!(fault.value.as_deref(), Some("product:zz1"));
        assert_eq!(
            fault.problem,
            format!(
                "product:zz1 was changed in revision {revision} by 李 at 2026-09-21T14:13:20Z, after revision {made} that the file was made at: \
                 name is \"绿茶\" (was \"茶\"), the file has \"茶\""
            )
        );
        let conflict = fault.to_json()["conflict"].clone();
        assert_eq!(
            conflict,
            json!({
                "id": "product:zz1", "asOf": made, "revision": revision, "author": "李", "time": "2026-09-21T14:13:20Z",
                "differences": [{ "field": "name", "before": "茶", "stands": "绿茶", "given": "茶" }],
            })
        );
        assert_eq!((place.revision(), place.field("product:zz1", "name")), (revision, json!("绿茶")));
    }
    let done = place.import_with(exported, &Options { overwrite: true, ..Options::default() }).unwrap();
    assert_eq!(done.revision, Some(revision + 1));
    assert_eq!(place.field("product:zz1", "name"), "茶");
}

#[test]
fn what_was_deleted_since_does_not_come_back_and_what_is_alike_is_no_conflict() {
    let place = place();
    let exported = package(&place.store);
    let gone = corrects(&place.store, "product:zz2", Value::Null);
    let fault = one(place.import(exported.clone()));
    assert!(fault.problem.starts_with(&format!("product:zz2 was deleted in revision {gone} by 李")), "{fault}");
    assert!(place.record("product:zz2").is_none());
    // It is there again, and as the package has it; another that the package does not have was made.
    corrects(&place.store, "product:zz2", json!({ "name": "笋" }));
    corrects(&place.store, "product:zz3", json!({ "name": "菌" }));
    let before = place.revision();
    assert_eq!(place.import(exported).unwrap().revision, None);
    assert_eq!(place.revision(), before);
}

#[test]
fn a_single_file_is_compared_as_of_the_revision_that_is_said() {
    let place = place();
    let made = place.revision();
    let revision = corrects(&place.store, "product:zz1", json!({ "note": "山下" }));
    let file = || csv("id,name,note\nproduct:zz2,竹笋,\nproduct:zz1,红茶,山上\n");
    let fault = one(place.import_with(file(), &as_of(made)));
    assert_eq!((fault.file.as_str(), fault.row), ("products.csv", Some(3)));
    let told = "note is \"山下\" (was \"山上\"), the file has \"山上\"";
    assert!(fault.problem.contains("name is \"茶\", the file has \"红茶\"") && fault.problem.contains(told), "{fault}");
    assert_eq!(place.field("product:zz2", "name"), "笋", "nothing of the file was imported");
    // Of a record that nobody touched since, any change is made.
    assert!(place.import_with(csv("id,name\nproduct:zz2,竹笋\n"), &as_of(made)).unwrap().revision.is_some());
    // Whoever has seen the correction says so.
    let other = || csv("id,name,note\nproduct:zz2,冬笋,\nproduct:zz1,红茶,山上\n");
    assert!(one(place.import_with(other(), &as_of(revision))).problem.starts_with("product:zz2 was changed"));
    assert!(place.import_with(other(), &as_of(place.revision())).unwrap().revision.is_some());
    assert_eq!(place.field("product:zz1", "name"), "红茶");
    // A record that was made since, under the same id.
    let made = place.revision();
    corrects(&place.store, "product:zz4", json!({ "name": "米" }));
    let fault = one(place.import_with(csv("id,name\nproduct:zz4,面\n"), &as_of(made)));
    assert!(fault.problem.contains("product:zz4 was made in revision"), "{fault}");
    let yet_to_come = import(&place.store, file(), &as_of(999), &author("keeper"), &mut |_| {});
    assert!(matches!(yet_to_come, Err(ImportError::AsOf(why)) if why.contains("revision 999 is yet to come")));
}

#[test]
fn the_entries_of_a_list_are_told_by_their_rows() {
    let place = place();
    let made = place.revision();
    corrects(&place.store, "product:zz1", json!({ "name": "绿茶" }));
    let cited = b"id,source,line\nproduct:zz2,source:beijing-yushu-2024,1\nproduct:zz1,source:beijing-yushu-2024,2\n";
    let file = vec![("citations.csv".to_owned(), cited.to_vec())];
    let fault = one(place.import_with(file, &as_of(made)));
    assert_eq!(
        (fault.file.as_str(), fault.row, fault.value.as_deref()),
        ("citations.csv", Some(3), Some("product:zz1"))
    );
}

#[test]
fn a_package_of_another_database_is_told_and_imported() {
    let (place, other) = (place(), place());
    corrects(&other.store, "product:zz1", json!({ "name": "岩茶" }));
    let report = other.import(package(&place.store)).map_err(|faults| format!("{faults:#?}"));
    // Both logs have the same rows so far: the two are as one, until they part.
    assert!(report.unwrap_err().contains("product:zz1"));
    corrects(&place.store, "product:zz2", json!({ "name": "竹笋" }));
    let report = other.import(package(&place.store)).unwrap();
    assert!(report.elsewhere.contains("package.zip/products.csv"), "{report:#?}");
    assert!(report.to_string().contains("exported from another database"), "{report}");
    assert_eq!(other.field("product:zz1", "name"), "茶");
    // An explicit revision counts for any file.
    let before = other.revision();
    corrects(&other.store, "product:zz1", json!({ "name": "岩茶" }));
    one(other.import_with(package(&place.store), &as_of(before)));
}

#[test]
fn a_package_that_may_be_of_this_database_and_is_older_than_its_log_is_taken_for_one_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jiedui.redb")).keeping(Some(2));
    corrects(&store, "product:zz1", json!({ "name": "茶" }));
    corrects(&store, "product:zz2", json!({ "name": "笋" }));
    let exported = package(&store);
    for number in 0..4 {
        corrects(&store, "product:zz1", json!({ "name": format!("茶{number}") }));
    }
    let told = import(&store, exported, &Options::default(), &author("keeper"), &mut |_| {});
    let Err(ImportError::Faults(faults)) = told else { panic!("{told:?}") };
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert!(faults[0].problem.contains("whose log has it no more"), "{}", faults[0]);
}

#[test]
fn a_descriptor_that_says_half_of_it_is_a_fault() {
    let place = place();
    let package = |snapshot: &str| {
        let descriptor =
            format!("{{\"snapshot\":{snapshot},\"resources\":[{{\"name\":\"products\",\"path\":\"products.csv\"}}]}}");
        let mut files = csv("id,name\nproduct:zz1,茶\n");
        files.push(("datapackage.json".to_owned(), descriptor.into_bytes()));
        files
    };
    let fault = one(place.import(package("{\"revision\":2}")));
    assert!(fault.file == "datapackage.json" && fault.problem.contains("`entry`"), "{fault}");
    assert!(place.import(package("null")).is_ok());
}
