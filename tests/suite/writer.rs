//! The writer: what it refuses, what it logs, and what comes to nothing.

use jiedui::model::catalog::{Kind, slot};
use jiedui::model::closed::{FORM, MEMBER_KIND};
use jiedui::model::id::Id;
use jiedui::model::kinds::{CITY, COUNTY, GROUP, PAIRING, PRODUCT, PROVINCE, VILLAGE};
use jiedui::model::record::Record;
use jiedui::model::value::{Scalar, Value};
use jiedui::store::log::Revision;
use jiedui::store::{Author, Change, Store, StoreError, check};
use tempfile::TempDir;

use crate::support::{TIME_MS, open};

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jiedui.redb"));
    (folder, store)
}

fn named(kind: &'static Kind, key: &str) -> Record {
    let mut record = Record::new(kind, key);
    record.values[slot::NAME] = Value::Text(format!("name of {key}"));
    record
}

fn region(kind: &'static Kind, key: &str, parent: Option<Id>) -> Change {
    let mut record = named(kind, key);
    record.values[kind.slot_of("parent")] = parent.map_or(Value::Null, Value::Ref);
    Change::Put(record)
}

fn write(store: &Store, changes: &[Change]) -> Result<Option<Revision>, StoreError> {
    let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: "a test".to_owned() };
    let (writer, revision) = store.writer()?.apply(&author, changes)?;
    writer.commit()?;
    let mut found = Vec::new();
    check(&store.snapshot()?, |difference| found.push(difference.to_string()))?;
    assert_eq!(found, Vec::<String>::new());
    Ok(revision)
}

#[track_caller]
fn refused(store: &Store, changes: &[Change], why: &[&str]) {
    let Err(StoreError::Refused(problems)) = write(store, changes) else { panic!("it was taken") };
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told, why);
    assert_eq!(store.snapshot().unwrap().revision().unwrap(), 0);
}

fn side(targets: &[&str]) -> Value {
    let edge =
        |id: &&str| Value::Struct(vec![Value::Ref(Id::parse(id).unwrap()), Value::Null, Value::Null, Value::Null]);
    Value::List(targets.iter().map(edge).collect())
}

#[test]
fn every_problem_of_a_set_is_told_at_once() {
    let (_folder, store) = store();
    let mut wrong = Record::new(&COUNTY, "a b");
    wrong.values[COUNTY.slot_of("latitude")] = Value::Float(f64::NAN);
    wrong.values[COUNTY.slot_of("codes")] = Value::List(vec![Value::Null]);
    refused(
        &store,
        &[Change::Put(wrong), Change::Put(Record::new(&PRODUCT, "x"))],
        &[
            "county:a b: id: a key is 1 to 100 letters, digits, dots, hyphens and underscores of ASCII",
            "county:a b: name: is required",
            "county:a b: codes.0: expected a RegionCode",
            "county:a b: latitude: expected a Float",
            "product:x: name: is required",
        ],
    );
}

#[test]
fn regions_cannot_stand_above_themselves() {
    let (_folder, store) = store();
    let id = |text: &str| Some(Id::parse(text).unwrap());
    let told = |id: &str, parent: &str| format!("{id}: parent: expected a region of a higher level, found {parent}");
    refused(
        &store,
        &[region(&CITY, "1", id("city:2")), region(&CITY, "2", id("city:1")), region(&PROVINCE, "3", id("village:4"))],
        &[&told("city:1", "city:2"), &told("city:2", "city:1"), &told("province:3", "village:4")],
    );
}

#[test]
fn references_that_lead_nowhere_and_deletes_that_would_leave_some_are_refused() {
    let (_folder, store) = store();
    let parent = Id::parse("province:1").unwrap();
    refused(&store, &[region(&CITY, "2", Some(parent.clone()))], &["city:2: reference: there is no record province:1"]);
    write(&store, &[region(&CITY, "2", Some(parent.clone())), region(&PROVINCE, "1", None)]).unwrap();
    let Err(StoreError::Refused(problems)) = write(&store, &[Change::Delete(parent.clone())]) else {
        panic!("it was taken")
    };
    assert_eq!(problems[0].to_string(), "province:1: reference: cannot be deleted: city:2 refers to it");
    assert_eq!(
        write(&store, &[Change::Delete(Id::parse("city:2").unwrap()), Change::Delete(parent)]).unwrap(),
        Some(2)
    );
}

#[test]
fn nobody_stands_on_a_side_twice() {
    let (_folder, store) = store();
    let mut pairing = named(&PAIRING, "p");
    pairing.values[PAIRING.slot_of("helpers")] = side(&["city:1"]);
    pairing.values[PAIRING.slot_of("helped")] = side(&["city:2", "city:2"]);
    pairing.values[PAIRING.slot_of("programme")] = Value::Ref(Id::parse("programme:x").unwrap());
    pairing.values[PAIRING.slot_of("form")] = Scalar::Closed(&FORM).parse("AID").unwrap();
    refused(&store, &[Change::Put(pairing)], &["pairing:p: helped.1: names city:2 twice"]);
}

#[test]
fn what_comes_to_nothing_makes_no_revision() {
    let (_folder, store) = store();
    let (first, second) = (named(&PRODUCT, "x"), {
        let mut other = named(&PRODUCT, "x");
        other.values[slot::NAME] = Value::Text("another".to_owned());
        other
    });
    let put = |record: &Record| Change::Put(record.clone());
    let id = first.id();
    assert_eq!(write(&store, &[put(&first)]).unwrap(), Some(1));
    assert_eq!(write(&store, &[put(&first)]).unwrap(), None);
    assert_eq!(write(&store, &[put(&second), put(&first)]).unwrap(), None);
    assert_eq!(write(&store, &[Change::Delete(id.clone()), put(&first)]).unwrap(), None);
    assert_eq!(
        write(&store, &[put(&named(&PRODUCT, "y")), Change::Delete(Id::parse("product:y").unwrap())]).unwrap(),
        None
    );
    assert_eq!(write(&store, &[put(&second)]).unwrap(), Some(2));
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.get(id.as_ref()).unwrap().unwrap().version(), 2);
    let entry = snapshot.log_entry(2).unwrap().unwrap();
    assert_eq!((entry.author.as_str(), entry.note.as_str(), entry.time_ms), ("keeper", "a test", TIME_MS));
    // The value before is the one that the first revision wrote.
    assert_eq!(entry.changes.len(), 1);
    assert!(entry.changes[0].1.as_ref().unwrap().ends_with(&first.pack()));
}

#[test]
fn a_list_of_more_than_sixty_five_thousand_edges_keeps_them_apart() {
    let (_folder, store) = store();
    let count = 66_000;
    let villages = (0..count).map(|at| Change::Put(named(&VILLAGE, &format!("{at:06}"))));
    let mut group = named(&GROUP, "many");
    group.values[GROUP.slot_of("memberKind")] = Scalar::Closed(&MEMBER_KIND).parse("VILLAGE").unwrap();
    group.values[GROUP.slot_of("membersComplete")] = Value::Bool(true);
    let edge = |at: usize| {
        Value::Struct(vec![
            Value::Ref(Id::new(&VILLAGE, &format!("{at:06}"))),
            Value::Null,
            Value::Text(format!("note {at}")),
        ])
    };
    group.values[GROUP.slot_of("members")] = Value::List((0..count).map(edge).collect());
    let changes: Vec<_> = villages.chain([Change::Put(group)]).collect();
    let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: String::new() };
    let (writer, _) = store.writer().unwrap().apply(&author, &changes).unwrap();
    writer.commit().unwrap();
    let api = jiedui::api::Api::new(std::sync::Arc::new(store), Default::default(), Default::default());
    let query = "{ node(id: \"village:065540\") { ... on Village { memberOf { edges { note node { id } } } } } }";
    let answer = api.answer_now(&jiedui::api::request::Request::new(query));
    let told = String::from_utf8(answer.data.unwrap()).unwrap();
    assert!(told.contains("\"note\":\"note 65540\""), "{told}");
}
