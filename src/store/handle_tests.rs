//! A disk that fails at each of the writes of a commit: what is said of the commit is so.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::time::Duration;

use crate::config::WRITE_AGAIN_AFTER;
use crate::model::catalog::slot;
use crate::model::id::Id;
use crate::model::kinds::PRODUCT;
use crate::model::record::Record;
use crate::model::value::Value;
use crate::store::{Author, Change, Store, StoreError, check};

fn author() -> Author {
    Author { time_ms: 0, name: "shen".to_owned(), note: String::new() }
}

fn product(key: &str) -> Change {
    let mut record = Record::new(&PRODUCT, key);
    record.values[slot::NAME] = Value::Text("茶".to_owned());
    Change::Put(record)
}

fn write(store: &Store, key: &str) -> Result<(), StoreError> {
    let (writer, _) = store.writer()?.apply(&author(), &[product(key)])?;
    writer.commit()
}

fn is_there(store: &Store, key: &str) -> bool {
    let id = Id::parse(&format!("product:{key}")).unwrap();
    store.snapshot().unwrap().get(id.as_ref()).unwrap().is_some()
}

fn open(path: &Path) -> Store {
    Store::open(path, 1 << 20).unwrap()
}

/// How many writes a commit of one record takes at the most.
const WRITES: u64 = 64;

/// What a commit came to whose disk failed behind so many writes.
fn failed(path: &Path, writes: u64) -> Result<(), StoreError> {
    let store = open(path);
    write(&store, "before").unwrap();
    store.fail_after(writes, u64::MAX);
    let done = write(&store, "new");
    let stands = is_there(&store, "new");
    assert!(is_there(&store, "before"), "{writes}");
    match &done {
        Ok(()) => assert!(stands, "{writes}"),
        Err(StoreError::Disk(_)) => assert!(!stands, "{writes}: it is there, though nothing was changed"),
        Err(StoreError::Unsure(_)) => assert!(stands, "{writes}: it is not there, though it may be"),
        Err(other) => panic!("{writes}: {other}"),
    }
    store.fail_after(u64::MAX, u64::MAX);
    // Once there is room it is written again, and all that stood stands.
    std::thread::sleep(WRITE_AGAIN_AFTER + Duration::from_millis(10));
    write(&store, "after").unwrap();
    drop(store);
    let store = open(path);
    assert_eq!(["before", "new", "after"].map(|key| is_there(&store, key)), [true, stands, true], "{writes}");
    check(&store.snapshot().unwrap(), |difference| panic!("{writes}: {difference}")).unwrap();
    done
}

#[test]
fn a_commit_whose_disk_fails_at_any_write_is_none_or_not_sure_and_is_so_for_whoever_reads() {
    let folder = tempfile::tempdir().unwrap();
    let done: Vec<_> = std::thread::scope(|scope| {
        let fail = |writes| failed(&folder.path().join(format!("{writes}.redb")), writes);
        let threads: Vec<_> = (0..=WRITES).map(|writes| scope.spawn(move || fail(writes))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(matches!(done.last(), Some(Ok(()))), "a commit takes more writes: {done:?}");
    let count = |wanted: fn(&StoreError) -> bool| {
        done.iter().flat_map(|done| done.as_ref().err()).filter(|it| wanted(it)).count()
    };
    let (none, unsure) =
        (count(|it| matches!(it, StoreError::Disk(_))), count(|it| matches!(it, StoreError::Unsure(_))));
    assert!(none > 0 && unsure > 0, "{none} were none, {unsure} not sure");
}
