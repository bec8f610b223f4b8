//! `jiedui check` names whatever is damaged: a test damages each kind of row and sees it named.

use std::path::Path;

use jiedui::exchange::builtin;
use jiedui::model::catalog::slot;
use jiedui::model::id::Id;
use jiedui::model::kinds::{PRODUCT, PROGRAMME};
use jiedui::model::record::Record;
use jiedui::model::value::Value;
use jiedui::store::{Author, Change, Store, check, key};
use redb::{Database, ReadableTable, TableDefinition};

use crate::support::{TIME_MS, open};

const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");
const REVERSE: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("reverse");
const POSTINGS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("postings");
const COVERS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("covers");
const INDEX: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("index");
const COUNTS: TableDefinition<'_, u8, u64> = TableDefinition::new("counts");
const LOG: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("log");
const LOG_PARTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("log_parts");
const BUILTIN: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("builtin");
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

fn differences(path: &Path) -> Vec<String> {
    let store = open(path);
    let snapshot = store.snapshot().unwrap();
    let mut found = Vec::new();
    check(&snapshot, |difference| found.push(difference.to_string())).unwrap();
    found
}

/// Damages a loaded database behind the writer's back, and expects a difference that names the row.
#[track_caller]
fn damaged(damage: impl FnOnce(&redb::WriteTransaction), expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jiedui.redb");
    builtin::load(&open(&path), &builtin::files(), TIME_MS).unwrap();
    assert_eq!(differences(&path), Vec::<String>::new());
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    damage(&transaction);
    transaction.commit().unwrap();
    drop(database);
    let found = differences(&path);
    for expected in expected {
        assert!(found.iter().any(|line| line.contains(expected)), "{expected}\nin {found:#?}");
    }
}

fn record_key(id: &str) -> Vec<u8> {
    key::record(Id::parse(id).unwrap().as_ref())
}

/// The first key of a table, and every byte of it.
type Blocks = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Takes the first block out of a table, bends its last byte, or puts its first key in once more.
fn damages_of_blocks(table: Blocks, name: &str) {
    let first = |transaction: &redb::WriteTransaction| {
        let table = transaction.open_table(table).unwrap();
        let (key, block) = table.iter().unwrap().next().unwrap().unwrap();
        (key.value().to_vec(), block.value().to_vec())
    };
    let name = &format!("{name}: ");
    damaged(
        |transaction| {
            let (key, _) = first(transaction);
            drop(transaction.open_table(table).unwrap().remove(key.as_slice()).unwrap());
        },
        &[name, "is missing"],
    );
    damaged(
        |transaction| {
            let (key, mut block) = first(transaction);
            *block.last_mut().unwrap() ^= 0xff;
            drop(transaction.open_table(table).unwrap().insert(key.as_slice(), block.as_slice()).unwrap());
        },
        &[name, "is missing"],
    );
    damaged(
        |transaction| {
            // The first block, once more under a key before it.
            let (key, block) = first(transaction);
            drop(transaction.open_table(table).unwrap().insert(&key[..key.len() - 1], block.as_slice()).unwrap());
        },
        &["it stands out of order"],
    );
}

fn change_record(transaction: &redb::WriteTransaction, id: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut table = transaction.open_table(RECORDS).unwrap();
    let mut value = table.get(record_key(id).as_slice()).unwrap().unwrap().value().to_vec();
    change(&mut value);
    table.insert(record_key(id).as_slice(), value.as_slice()).unwrap();
}

#[test]
fn a_record_that_is_gone_is_missed_by_all_that_refer_to_it() {
    damaged(
        |transaction| {
            drop(transaction.open_table(RECORDS).unwrap().remove(record_key("city:530600").as_slice()).unwrap())
        },
        &[
            "records: county:530626: refers to city:530600, which is not there",
            "it leads to city:530600, which is not there",
            "counts: tag 2: says 333 records, there are 332",
        ],
    );
}

#[test]
fn a_record_whose_row_is_bent_is_named() {
    damaged(
        |transaction| change_record(transaction, "city:442000", |value| value.truncate(5)),
        &["records: city:442000: its row is not the one that was written"],
    );
    damaged(
        |transaction| change_record(transaction, "city:442000", |value| value[0] = 9),
        &["records: city:442000: its version is 9, the newest revision 1"],
    );
    damaged(
        |transaction| change_record(transaction, "city:442000", |value| *value.last_mut().unwrap() ^= 0xff),
        &["city:442000"],
    );
    damaged(
        |transaction| {
            let other = transaction
                .open_table(RECORDS)
                .unwrap()
                .get(record_key("city:441200").as_slice())
                .unwrap()
                .unwrap()
                .value()
                .to_vec();
            change_record(transaction, "city:442000", |value| *value = other);
        },
        &["records: city:442000: its row says that its key is \"441200\""],
    );
}

#[test]
fn a_circle_of_parents_is_named_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jiedui.redb");
    {
        let store = open(&path);
        let programme = |key: &str, above: &str| {
            let mut record = Record::new(&PROGRAMME, key);
            record.values[slot::NAME] = Value::Text("圈".to_owned());
            record.values[PROGRAMME.slot_of("kind")] = Value::Closed(1);
            record.values[PROGRAMME.slot_of("partOf")] = Value::Ref(Id::parse(above).unwrap());
            Change::Put(record)
        };
        // The writer below the sets of changes asks for no more than that each record is sound.
        let changes = [
            programme("a", "programme:b"),
            programme("b", "programme:c"),
            programme("c", "programme:a"),
            programme("d", "programme:a"),
        ];
        let author = Author { time_ms: TIME_MS, name: "test".to_owned(), note: String::new() };
        let (writer, _) = store.writer().unwrap().apply(&author, &changes).unwrap();
        writer.commit().unwrap();
    }
    let circle = "stands above itself: programme:a → programme:b → programme:c → programme:a";
    assert_eq!(differences(&path), [format!("records: programme:a: partOf: {circle}")]);
    let checked = crate::server::jiedui(&["check"]).env("JIEDUI_DB", &path).output().unwrap();
    assert_eq!(checked.status.code(), Some(9), "{checked:?}");
    assert!(String::from_utf8_lossy(&checked.stdout).contains(circle), "{checked:?}");
}

#[test]
fn a_record_of_no_kind_is_named() {
    damaged(
        |transaction| {
            drop(
                transaction.open_table(RECORDS).unwrap().insert([250u8, b'x'].as_slice(), [0u8; 9].as_slice()).unwrap(),
            )
        },
        &["records: kind 250:x: no kind has this tag"],
    );
}

#[test]
fn an_entry_of_a_cover_that_is_missing_bent_or_too_many_is_named() {
    let first = |transaction: &redb::WriteTransaction| {
        let table = transaction.open_table(COVERS).unwrap();
        let (key, block) = table.iter().unwrap().next().unwrap().unwrap();
        (key.value().to_vec(), block.value().to_vec())
    };
    damaged(
        |transaction| {
            let (key, _) = first(transaction);
            drop(transaction.open_table(COVERS).unwrap().remove(key.as_slice()).unwrap());
        },
        &["covers: ", "is missing or has another row"],
    );
    damaged(
        |transaction| {
            let (key, mut block) = first(transaction);
            *block.last_mut().unwrap() ^= 0xff;
            drop(transaction.open_table(COVERS).unwrap().insert(key.as_slice(), block.as_slice()).unwrap());
        },
        &["covers: ", "is missing or has another row"],
    );
    damaged(
        |transaction| {
            let (_, block) = first(transaction);
            drop(transaction.open_table(COVERS).unwrap().insert([0u8, 0].as_slice(), block.as_slice()).unwrap());
        },
        &["it stands out of order"],
    );
}

#[test]
fn a_posting_that_is_missing_or_too_many_is_named() {
    let of_zhongshan = || [b"c".as_slice(), "中山".as_bytes(), &[0, 2]].concat();
    damaged(
        |transaction| {
            let mut table = transaction.open_table(POSTINGS).unwrap();
            let prefix = of_zhongshan();
            let first = table.range(prefix.as_slice()..).unwrap().next().unwrap().unwrap().0.value().to_vec();
            assert!(first.starts_with(&prefix));
            table.remove(first.as_slice()).unwrap();
        },
        &["postings: city:442000: the row c", "is missing"],
    );
    damaged(
        |transaction| {
            // How the token stands in the first record of a block.
            let mut table = transaction.open_table(POSTINGS).unwrap();
            let (first, mut block) = {
                let (first, block) = table.range(of_zhongshan().as_slice()..).unwrap().next().unwrap().unwrap();
                (first.value().to_vec(), block.value().to_vec())
            };
            block[1] += 1;
            table.insert(first.as_slice(), block.as_slice()).unwrap();
        },
        &["postings: city:442000: the row c", "is missing"],
    );
    damaged(
        |transaction| {
            let mut table = transaction.open_table(POSTINGS).unwrap();
            let row = [of_zhongshan(), b"110".to_vec()].concat();
            table.insert(row.as_slice(), [].as_slice()).unwrap();
        },
        &["postings: c", "it leads to city:110, which is not there"],
    );
    damaged(
        |transaction| {
            let mut table = transaction.open_table(POSTINGS).unwrap();
            let row = [of_zhongshan(), b"441200".to_vec()].concat();
            table.insert(row.as_slice(), [].as_slice()).unwrap();
        },
        &["it does not follow from city:441200"],
    );
}

#[test]
fn a_reverse_edge_that_is_missing_or_too_many_is_named() {
    damages_of_blocks(REVERSE, "reverse");
    damaged(
        |transaction| {
            let target = Id::parse("city:442000").unwrap();
            let source = Id::parse("county:530626").unwrap();
            let edge = key::FieldId::new(&jiedui::model::kinds::CITY, jiedui::model::kinds::CITY.slot_of("parent"));
            let key = key::reverse(target.as_ref(), edge, source.as_ref(), 0);
            transaction.open_table(REVERSE).unwrap().insert(key.as_slice(), [].as_slice()).unwrap();
        },
        &["it does not follow from county:530626"],
    );
    damaged(
        |transaction| {
            drop(transaction.open_table(REVERSE).unwrap().insert([1u8, 2, 3].as_slice(), [].as_slice()).unwrap())
        },
        &["reverse: \\x01\\x02\\x03: it leads to no record"],
    );
}

#[test]
fn an_index_row_that_is_missing_or_too_many_is_named() {
    damages_of_blocks(INDEX, "index");
    damaged(
        |transaction| {
            let code = key::indexed(&jiedui::model::kinds::CITY).next().unwrap();
            let key = key::index(code.id, b"999999\0", Id::parse("city:442000").unwrap().as_ref());
            transaction.open_table(INDEX).unwrap().insert(key.as_slice(), [].as_slice()).unwrap();
        },
        &["it does not follow from city:442000"],
    );
}

#[test]
fn a_count_that_is_wrong_or_missing_is_named() {
    damaged(
        |transaction| drop(transaction.open_table(COUNTS).unwrap().insert(12, 5).unwrap()),
        &["counts: tag 12: says 5 records"],
    );
    damaged(
        |transaction| drop(transaction.open_table(COUNTS).unwrap().remove(12).unwrap()),
        &["counts: pairing: is missing"],
    );
}

#[test]
fn a_log_that_is_bent_or_behind_is_named() {
    damaged(
        |transaction| drop(transaction.open_table(LOG).unwrap().insert(1, [1u8, 2].as_slice()).unwrap()),
        &["log: revision 1: "],
    );
    damaged(|transaction| drop(transaction.open_table(LOG).unwrap().remove(1).unwrap()), &["meta: revision: says 1"]);
    damaged(
        |transaction| {
            let mut table = transaction.open_table(LOG).unwrap();
            let entry = table.get(1).unwrap().unwrap().value().to_vec();
            table.insert(3, entry.as_slice()).unwrap();
        },
        &["log: revision 3: the revisions before it have a gap"],
    );
}

#[test]
fn a_part_of_the_log_that_is_bent_or_missing_or_too_much_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jiedui.redb");
    let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: "many".to_owned() };
    let product = |at: u32| {
        let mut record = Record::new(&PRODUCT, &format!("{at:05}"));
        record.values[slot::NAME] = Value::Text("x".to_owned());
        Ok(Change::Put(record))
    };
    let store = open(&path);
    let (writer, _) = store.writer().unwrap().apply_stream(&author, (0..10_000).map(product)).unwrap();
    writer.commit().unwrap();
    drop(store);
    assert_eq!(differences(&path), Vec::<String>::new());
    let key = |part: u8| [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, part];
    let damage = |part: u8, value: Option<&[u8]>, expected: &str| {
        let database = Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        let before = {
            let mut table = transaction.open_table(LOG_PARTS).unwrap();
            match value {
                Some(value) => table.insert(key(part).as_slice(), value).unwrap(),
                None => table.remove(key(part).as_slice()).unwrap(),
            }
            .map(|before| before.value().to_vec())
        };
        transaction.commit().unwrap();
        drop(database);
        let found = differences(&path);
        assert!(found.iter().any(|line| line.contains(expected)), "{expected}\nin {found:#?}");
        let database = Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        {
            let mut table = transaction.open_table(LOG_PARTS).unwrap();
            match before {
                Some(before) => drop(table.insert(key(part).as_slice(), before.as_slice()).unwrap()),
                None => drop(table.remove(key(part).as_slice()).unwrap()),
            }
        }
        transaction.commit().unwrap();
    };
    damage(1, Some(&[1, 2]), "log_parts: revision 1: ");
    damage(1, None, "log_parts: revision 1: has 2 parts, its row in the log says 3");
    damage(3, Some(&[1, 2]), "log_parts: revision 1: has 4 parts");
    assert_eq!(differences(&path), Vec::<String>::new());
}

#[test]
fn a_note_of_the_built_in_data_that_is_bent_is_named() {
    damaged(
        |transaction| {
            drop(
                transaction
                    .open_table(BUILTIN)
                    .unwrap()
                    .insert(record_key("city:442000").as_slice(), [1u8].as_slice())
                    .unwrap(),
            )
        },
        &["builtin: city:442000: its hash has not 32 bytes"],
    );
}

#[test]
fn a_revision_that_the_log_does_not_know_is_named() {
    damaged(
        |transaction| {
            drop(transaction.open_table(META).unwrap().insert("revision", 7u64.to_le_bytes().as_slice()).unwrap())
        },
        &["meta: revision: says 7"],
    );
}

#[test]
fn a_store_that_was_only_written_by_the_writer_is_clean() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jiedui.redb");
    let store = Store::open(&path, 8 << 20).unwrap();
    drop(store);
    assert_eq!(differences(&path), Vec::<String>::new());
}
