//! The writer: what it refuses, what it logs, and what comes to nothing.

use jiedui::model::catalog::{Kind, slot};
use jiedui::model::closed::{FORM, MEMBER_KIND};
use jiedui::model::id::Id;
use jiedui::model::kinds::{CITY, COUNTY, ENTERPRISE, GROUP, PAIRING, PRODUCT, PROVINCE, VILLAGE};
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

/// Applies a stream of changes.
fn stream(
    store: &Store,
    changes: impl Iterator<Item = Result<Change, StoreError>>,
) -> Result<Option<Revision>, StoreError> {
    let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: "many".to_owned() };
    let (writer, revision) = store.writer()?.apply_stream(&author, changes)?;
    writer.commit()?;
    Ok(revision)
}

#[test]
fn the_log_of_very_many_changes_tells_each_with_its_value_before() {
    let (_folder, store) = store();
    // Keys that are numbers of one length, and others between them.
    let key = |at: usize| if at.is_multiple_of(10) { format!("x-{at}") } else { format!("{at:09}") };
    let mut ids: Vec<Id> = (0..9_000).map(|at| Id::new(&PRODUCT, &key(at))).collect();
    ids.extend((0..5_000).map(|at| Id::new(&VILLAGE, &format!("{at:012}"))));
    ids.sort();
    let record = |id: &Id| named(id.as_ref().kind().unwrap(), &id.key);
    assert_eq!(stream(&store, ids.iter().map(|id| Ok(Change::Put(record(id))))).unwrap(), Some(1));
    let logged = |revision| store.snapshot().unwrap().log_entry(revision).unwrap().unwrap();
    assert!(logged(1).changes == ids.iter().map(|id| (id.clone(), None)).collect::<Vec<_>>());
    // A third is changed, some of it by much; a third deleted; a third stays as it is; and some are new.
    let change = |(at, id): (usize, &Id)| match at % 3 {
        0 => {
            let mut record = record(id);
            record.values[slot::NAME] = Value::Text(format!("another {at} {}", "long ".repeat(at % 500)));
            Change::Put(record)
        }
        1 => Change::Delete(id.clone()),
        _ => Change::Put(record(id)),
    };
    let new = (0..10).map(|at| named(&ENTERPRISE, &format!("new-{at}")));
    let mut changes: Vec<Change> = ids.iter().enumerate().map(change).chain(new.map(Change::Put)).collect();
    changes.sort_by_key(Change::id);
    assert_eq!(stream(&store, changes.iter().cloned().map(Ok)).unwrap(), Some(2));
    let mut expected: Vec<(Id, Option<Record>)> =
        ids.iter().enumerate().filter(|(at, _)| at % 3 != 2).map(|(_, id)| (id.clone(), Some(record(id)))).collect();
    expected.extend((0..10).map(|at| (Id::new(&ENTERPRISE, &format!("new-{at}")), None)));
    expected.sort_by(|(left, _), (right, _)| left.cmp(right));
    let entry = logged(2);
    assert!(entry.changes.iter().map(|(id, _)| id).eq(expected.iter().map(|(id, _)| id)));
    for ((id, before), (_, expected)) in entry.changes.iter().zip(&expected) {
        // The version, a checksum, and the row.
        let row = before.as_ref().map(|before| before.split_at(12));
        assert_eq!(row.map(|(_, row)| row), expected.as_ref().map(Record::pack).as_deref(), "{id}");
        assert!(row.is_none_or(|(head, _)| head.starts_with(&1u64.to_le_bytes())), "{id}");
    }
    let mut told = Vec::new();
    let head = store.snapshot().unwrap().log_changes(2, |changed| told.push(changed)).unwrap().unwrap();
    assert!(told == entry.changes && head.changes.is_empty() && head.note == "many");
    // What was changed by much is so again, the other way: values before are many bytes.
    let back = ids.iter().map(|id| Ok(Change::Put(record(id))));
    assert_eq!(stream(&store, back).unwrap(), Some(3));
    let longest = |revision| logged(revision).changes.iter().flat_map(|(_, before)| before).map(Vec::len).max();
    assert!(longest(3) > longest(2));
    let mut found = Vec::new();
    check(&store.snapshot().unwrap(), |difference| found.push(difference.to_string())).unwrap();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_stream_is_all_or_nothing() {
    let (_folder, store) = store();
    let put = |record: Record| Ok(Change::Put(record));
    let told = |changes: Vec<Result<Change, StoreError>>| match stream(&store, changes.into_iter()) {
        Err(StoreError::Refused(problems)) => problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let (one, two) = (named(&PRODUCT, "1"), named(&PRODUCT, "2"));
    assert!(told(vec![put(two.clone()), put(one.clone())])[0].starts_with("product:1: id: comes out of order"));
    assert!(told(vec![put(one.clone()), put(one.clone())])[0].starts_with("product:1: id: comes out of order"));
    // All that is wrong with the records is told, also behind the first fault.
    let wrong = ["3", "4"].map(|key| put(Record::new(&PRODUCT, key)));
    let changes = [put(one.clone())].into_iter().chain(wrong).chain([put(named(&PRODUCT, "5"))]).collect();
    assert_eq!(told(changes), ["product:3: name: is required", "product:4: name: is required"]);
    let hanging = region(&CITY, "2", Some(Id::parse("province:1").unwrap()));
    assert_eq!(told(vec![Ok(hanging), put(one.clone())]), ["city:2: reference: there is no record province:1"]);
    // So does an error of whoever makes the changes.
    let changes = vec![put(one), Err(StoreError::Damaged("the source".to_owned())), put(two)];
    assert!(matches!(stream(&store, changes.into_iter()), Err(StoreError::Damaged(why)) if why == "the source"));
    let snapshot = store.snapshot().unwrap();
    assert_eq!((snapshot.revision().unwrap(), snapshot.count(&PRODUCT).unwrap()), (0, 0));
}
