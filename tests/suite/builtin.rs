//! The built-in data: loaded once, mended in place, and never over what a keeper changed.

use jiedui::exchange::builtin::{self, Loaded};
use jiedui::exchange::package::Files;
use jiedui::model::catalog::slot;
use jiedui::model::id::Id;
use jiedui::model::record::Record;
use jiedui::model::value::Value;
use jiedui::store::{Author, Change, Store, check};
use tempfile::TempDir;

use crate::support::{TIME_MS, open};

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jiedui.redb"));
    (folder, store)
}

/// The built-in files with one text in one of them replaced: a newer binary's.
fn newer(file: &str, old: &str, new: &str) -> Files {
    let mut files = builtin::files();
    let text = String::from_utf8(files[file].clone()).unwrap();
    assert!(text.contains(old), "{file} has no {old}");
    files.insert(file.to_owned(), text.replace(old, new).into_bytes());
    files
}

fn record(store: &Store, id: &str) -> Option<Record> {
    let id = Id::parse(id).unwrap();
    let row = store.writer().unwrap().row(id.as_ref()).unwrap()?;
    Some(Record::unpack(id.as_ref().kind().unwrap(), &row))
}

fn name(store: &Store, id: &str) -> Option<Value> {
    record(store, id).map(|record| record.values[slot::NAME].clone())
}

fn keeper(store: &Store, changes: &[Change]) {
    let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: "a correction".to_owned() };
    let (writer, revision) = store.writer().unwrap().apply(&author, changes).unwrap();
    assert!(revision.is_some());
    writer.commit().unwrap();
}

fn renamed(store: &Store, id: &str, name: &str) -> Change {
    let mut record = record(store, id).unwrap();
    record.values[slot::NAME] = Value::Text(name.to_owned());
    Change::Put(record)
}

fn is_clean(store: &Store) {
    let mut found = Vec::new();
    check(&store.snapshot().unwrap(), |difference| found.push(difference.to_string())).unwrap();
    assert_eq!(found, Vec::<String>::new());
}

fn text(name: &str) -> Option<Value> {
    Some(Value::Text(name.to_owned()))
}

#[test]
fn loading_twice_changes_nothing_and_makes_no_revision() {
    let (_folder, store) = store();
    let first = builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    assert_eq!((first.revision, first.kept, first.left_out.len()), (Some(1), 0, 0));
    assert!(first.changed > 1_000);
    assert_eq!(builtin::load(&store, &builtin::files(), TIME_MS).unwrap(), Loaded::default());
    assert_eq!(store.snapshot().unwrap().revision().unwrap(), 1);
    is_clean(&store);
}

#[test]
fn newer_data_mends_what_nobody_touched_and_nothing_else() {
    let (_folder, store) = store();
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    keeper(&store, &[renamed(&store, "product:potato", "洋芋")]);
    let files = newer("products.csv", "稻花香米", "稻花香大米");
    let loaded = builtin::load(&store, &files, TIME_MS).unwrap();
    assert_eq!((loaded.changed, loaded.kept, loaded.revision), (1, 1, Some(3)));
    assert_eq!(name(&store, "product:daohuaxiang-rice"), text("稻花香大米"));
    assert_eq!(name(&store, "product:potato"), text("洋芋"));
    is_clean(&store);
}

#[test]
fn a_keepers_change_outlives_a_newer_version_of_the_same_record() {
    let (_folder, store) = store();
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    keeper(&store, &[renamed(&store, "product:potato", "洋芋")]);
    builtin::load(&store, &newer("products.csv", "马铃薯", "土豆"), TIME_MS).unwrap();
    assert_eq!(name(&store, "product:potato"), text("洋芋"));
    // Set back to what the binary brings now, it is the binary's again.
    keeper(&store, &[renamed(&store, "product:potato", "土豆")]);
    builtin::load(&store, &newer("products.csv", "马铃薯", "阳芋"), TIME_MS).unwrap();
    assert_eq!(name(&store, "product:potato"), text("阳芋"));
    is_clean(&store);
}

#[test]
fn what_a_keeper_deleted_stays_deleted_and_what_refers_to_it_is_left_out() {
    let (_folder, store) = store();
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    // The blueberry base and its product, with nothing left that refers to them.
    let ids = ["project:blueberry-base", "observation:f062", "product:blueberry"].map(|id| Id::parse(id).unwrap());
    keeper(&store, &ids.clone().map(Change::Delete));
    let files = newer("projects.csv", "blueberry base", "base of blueberries");
    let loaded = builtin::load(&store, &files, TIME_MS).unwrap();
    assert_eq!((loaded.changed, loaded.kept, loaded.left_out.len()), (0, 3, 0));
    assert_eq!(name(&store, "project:blueberry-base"), None);
    // A newer binary makes another record refer to what is gone here.
    let files = newer("projects.csv", "product:flowers", "product:blueberry");
    let loaded = builtin::load(&store, &files, TIME_MS).unwrap();
    assert_eq!(loaded.left_out, [Id::parse("project:flower-base").unwrap()]);
    assert_eq!(name(&store, "project:flower-base"), text("花卉苗木示范基地"));
    is_clean(&store);
    // The next one no longer does, and changes it too: what was left out is mended, what was deleted stays so.
    let loaded = builtin::load(&store, &newer("projects.csv", "花卉苗木示范基地", "花卉苗木基地"), TIME_MS).unwrap();
    assert_eq!((loaded.changed, loaded.left_out.len()), (1, 0));
    assert_eq!(name(&store, "project:flower-base"), text("花卉苗木基地"));
    assert_eq!(name(&store, "project:blueberry-base"), None);
    is_clean(&store);
}

#[test]
fn what_a_keeper_deleted_does_not_come_back_by_way_of_data_that_lacked_it() {
    let (_folder, store) = store();
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    let ids = ["project:blueberry-base", "observation:f062"].map(|id| Id::parse(id).unwrap());
    keeper(&store, &ids.map(Change::Delete));
    let mut without = builtin::files();
    for file in ["projects.csv", "observations.csv", "citations.csv"] {
        let text = String::from_utf8(without[file].clone()).unwrap();
        let kept: Vec<_> = text
            .lines()
            .filter(|line| !line.contains("project:blueberry-base") && !line.contains("observation:f062"))
            .collect();
        without.insert(file.to_owned(), (kept.join("\n") + "\n").into_bytes());
    }
    builtin::load(&store, &without, TIME_MS).unwrap();
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    assert_eq!(name(&store, "project:blueberry-base"), None);
    is_clean(&store);
}

#[test]
fn what_newer_data_no_longer_brings_is_removed_unless_a_keeper_needs_it() {
    let (_folder, store) = store();
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    let mut files = builtin::files();
    for file in ["products.csv", "citations.csv", "events-products.csv"] {
        let text = String::from_utf8(files[file].clone()).unwrap();
        let kept: Vec<_> = text.lines().filter(|line| !line.contains("product:silkie")).collect();
        files.insert(file.to_owned(), (kept.join("\n") + "\n").into_bytes());
    }
    let loaded = builtin::load(&store, &files, TIME_MS).unwrap();
    assert_eq!(name(&store, "product:silkie"), None);
    assert_eq!(loaded.changed, 2);
    is_clean(&store);
}

#[test]
fn a_load_that_is_killed_half_way_leaves_nothing_of_it() {
    let (folder, first) = store();
    let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: String::new() };
    let potato = Record::new(&jiedui::model::kinds::PRODUCT, "potato");
    let refused = first.writer().unwrap().apply(&author, &[Change::Put(potato.clone())]).err().unwrap();
    assert!(refused.to_string().contains("product:potato: name: is required"), "{refused}");
    let mut named = potato;
    named.values[slot::NAME] = Value::Text("马铃薯".to_owned());
    let (writer, revision) = first.writer().unwrap().apply(&author, &[Change::Put(named)]).unwrap();
    assert_eq!(revision, Some(1));
    // The process ends here: the change was applied and never committed.
    drop(writer);
    drop(first);
    let second = open(&folder.path().join("jiedui.redb"));
    assert_eq!(second.snapshot().unwrap().revision().unwrap(), 0);
    assert_eq!(name(&second, "product:potato"), None);
    builtin::load(&second, &builtin::files(), TIME_MS).unwrap();
    is_clean(&second);
}

#[test]
fn a_merger_is_lineage_and_what_merged_hangs_below_nothing() {
    let asked = crate::support::ask(
        r#"{
            into: region(code: "442000118") {
                id ... on Town { predecessorsConnection { edges { on basis note node { id } } } successors { totalCount } }
            }
            gone: node(id: "town:442000104") {
                ... on Town { code abolished parent { id } formerParent { id } successors { nodes { id } } }
            }
            zhongshan: region(code: "442000") {
                children { totalCount } ... on City { formerChildren { nodes { id } } }
            }
        }"#,
    );
    let edge = &asked["into"]["predecessorsConnection"]["edges"][0];
    assert_eq!((&edge["on"], &edge["basis"]), (&"2021-07-19".into(), &"INFERRED".into()), "{asked}");
    assert_eq!(edge["node"]["id"], "town:442000104");
    assert_eq!(
        asked["gone"],
        serde_json::json!({
            "code": null, "abolished": "2021-07-19", "parent": null, "formerParent": { "id": "city:442000" },
            "successors": { "nodes": [{ "id": "town:442000100" }] },
        })
    );
    assert_eq!(asked["zhongshan"]["children"]["totalCount"], 23);
    assert_eq!(asked["zhongshan"]["formerChildren"]["nodes"], serde_json::json!([{ "id": "town:442000104" }]));
}
