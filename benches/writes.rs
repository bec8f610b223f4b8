//! What a durable write costs beside redb itself: `cargo bench --bench writes`.
//!
//! **Single mutations.** A rehearsal makes the same mutations on a copy of the database, closes it after each, and compares all
//! tables with how they were before: what a mutation put and what it removed, byte for byte. Then, in turns and on two further
//! copies, each mutation is made through the API in this process (gate, plan, model, commit, answer), and redb alone puts and
//! removes the same rows in one transaction with the same durability (immediate, with quick repair, and so in two phases). Only
//! times in the log differ.
//!
//! **Bulk import.** A CSV file is imported into a copy, and redb alone writes the rows that this made into another, in one
//! transaction, each table in the order of its keys, which is the fastest that redb has. Of the import it is told how long it
//! read and checked the file, and how long it wrote.
//!
//! The figures that count are the ratios of one run. `TMPDIR` says which disk is measured.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiedui::api::request::Request;
use jiedui::api::{Api, Caller, Executor, Role};
use jiedui::exchange::builtin;
use jiedui::exchange::intake::{self, Options};
use jiedui::store::{Author, Store};
use redb::{ConcurrencyMode, Database, Durability, Key, ReadableDatabase, ReadableTable, TableDefinition, Value};
use serde_json::json;

/// How many mutations are measured, half of them new records, half corrections.
const MUTATIONS: usize = 200;
/// How many rows the imported file has.
const ROWS: usize = 50_000;
/// How many enterprises are there before a mutation.
const BEFORE: usize = 2_000;
const CACHE_BYTES: usize = 64 << 20;

const UPSERT: &str =
    "mutation($input: EnterpriseInput!) { upsertEnterprise(input: $input) { revision record { id name version } } }";

/// Every table of the file, by the types of its keys and values.
const BYTES: [&str; 8] = ["records", "reverse", "index", "postings", "covers", "log_parts", "retries", "builtin"];
const KEYS: [&str; 2] = ["history", "retries_by_revision"];

/// A row by its table and its key, as bytes.
type Rows = BTreeMap<(&'static str, Vec<u8>), Vec<u8>>;
/// What is put, and what is removed, where there is no value.
type Writes = BTreeMap<(&'static str, Vec<u8>), Option<Vec<u8>>>;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    prepare(&at("base"));
    let copy = |name: &str| {
        std::fs::copy(at("base"), at(name)).expect("room for a copy");
        at(name)
    };
    println!("rehearsing {MUTATIONS} mutations");
    let mutations: Vec<_> = (0..MUTATIONS).map(mutation).collect();
    let rehearsed = rehearse(&copy("rehearsal"), &mutations);
    let rows: usize = rehearsed.iter().map(BTreeMap::len).sum();
    let api = open(&copy("ours"));
    let raw = database(&copy("raw"));
    let (mut ours, mut redb) = (Vec::new(), Vec::new());
    for (mutation, writes) in mutations.iter().zip(&rehearsed) {
        ours.push(timed(|| change(&api, mutation)));
        redb.push(timed(|| write(&raw, writes)));
    }
    println!("{MUTATIONS} durable mutations, {:.1} rows each", rows as f64 / MUTATIONS as f64);
    tell(&mut ours, &mut redb);
    drop((api, raw));
    bulk(&copy("bulk"), &copy("bulk raw"));
}

fn prepare(path: &Path) {
    let store = Store::open(path, CACHE_BYTES).expect("a new store");
    builtin::load(&store, &builtin::files(), 0).expect("the built-in data");
    intake(&store, BEFORE, "先");
}

/// Imports a file of so many enterprises, and gives how long it read, and how long it wrote.
fn intake(store: &Store, rows: usize, prefix: &str) -> [Duration; 2] {
    let author = Author { time_ms: 0, name: "bench".to_owned(), note: String::new() };
    let files = vec![("enterprises.csv".to_owned(), csv(rows, prefix).into_bytes())];
    let begun = Instant::now();
    let mut writing = None;
    intake::import(store, files, &Options::default(), &author, &mut |step| {
        if step.what == "writing" {
            writing.get_or_insert_with(Instant::now);
        }
    })
    .expect("a file without faults");
    let writing = writing.expect("something to write");
    [writing - begun, writing.elapsed()]
}

fn csv(rows: usize, prefix: &str) -> String {
    let tag = if prefix == "先" { "a" } else { "b" };
    let rows = (0..rows).map(|row| {
        format!("enterprise:{tag}{row:06},{prefix}进{}号茶叶合作社,city:442000,茶\n", (row * 7_919) % 99_991)
    });
    ["id,name,region,industry\n".to_owned()].into_iter().chain(rows).collect()
}

/// A new record, or a correction of one that is there.
fn mutation(number: usize) -> serde_json::Value {
    match number % 2 {
        0 => {
            json!({ "input": { "id": format!("enterprise:new{number}"), "name": format!("新办{number}号加工厂"), "region": "city:442000" } })
        }
        _ => {
            json!({ "input": { "id": format!("enterprise:a{:06}", number * 9), "industry": format!("绿茶{number}") } })
        }
    }
}

fn open(path: &Path) -> Api {
    Api::new(Arc::new(Store::open(path, CACHE_BYTES).expect("a store")), Executor::Plan, Default::default())
}

fn change(api: &Api, variables: &serde_json::Value) {
    let variables = variables.as_object().cloned().unwrap_or_default();
    let request = Request { variables, ..Request::new(UPSERT) };
    let passed = api.pass(&request).expect("a sound document");
    let caller = Caller::Known { name: "bench".to_owned(), role: Role::Keeper };
    let answer = api.change_now(&request, &passed, &caller);
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
}

/// What each mutation writes.
fn rehearse(path: &Path, mutations: &[serde_json::Value]) -> Vec<Writes> {
    let mut before = dump(path);
    let each = mutations.iter().map(|mutation| {
        change(&open(path), mutation);
        let after = dump(path);
        let writes = writes(&before, &after);
        before = after;
        writes
    });
    each.collect()
}

fn writes(before: &Rows, after: &Rows) -> Writes {
    let put = after.iter().filter(|(key, value)| before.get(*key) != Some(value));
    let put = put.map(|(key, value)| (key.clone(), Some(value.clone())));
    let gone = before.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), None));
    put.chain(gone).collect()
}

fn bytes_of(name: &'static str) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(name)
}

fn keys_of(name: &'static str) -> TableDefinition<'static, &'static [u8], ()> {
    TableDefinition::new(name)
}

const COUNTS: TableDefinition<'static, u8, u64> = TableDefinition::new("counts");
const LOG: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("log");
const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");

/// Every row of a file.
fn dump(path: &Path) -> Rows {
    let database = database(path);
    let transaction = database.begin_read().expect("a view");
    let mut rows = Rows::new();
    fn all<K: Key + 'static, V: Value + 'static>(
        transaction: &redb::ReadTransaction,
        table: TableDefinition<'static, K, V>,
        name: &'static str,
        rows: &mut Rows,
    ) {
        let table = transaction.open_table(table).expect("a table");
        for row in table.iter().expect("rows") {
            let (key, value) = row.expect("a row");
            let (key, value) = (key.value(), value.value());
            rows.insert((name, K::as_bytes(&key).as_ref().to_vec()), V::as_bytes(&value).as_ref().to_vec());
        }
    }
    BYTES.iter().for_each(|name| all(&transaction, bytes_of(name), name, &mut rows));
    KEYS.iter().for_each(|name| all(&transaction, keys_of(name), name, &mut rows));
    all(&transaction, COUNTS, "counts", &mut rows);
    all(&transaction, LOG, "log", &mut rows);
    all(&transaction, META, "meta", &mut rows);
    rows
}

/// A file as redb opens it, with what the store asks of it.
fn database(path: &Path) -> Database {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder.set_concurrency_mode(ConcurrencyMode::SingleWriter);
    builder.open(path).expect("a database")
}

/// Makes writes in one durable transaction.
fn write(database: &Database, writes: &Writes) {
    let mut transaction = database.begin_write().expect("the only writer");
    transaction.set_durability(Durability::Immediate).expect("durable");
    transaction.set_quick_repair(true);
    fn each<K: Key + 'static, V: Value + 'static>(
        transaction: &redb::WriteTransaction,
        table: TableDefinition<'static, K, V>,
        name: &'static str,
        writes: &Writes,
    ) {
        let mut rows = writes.range((name, Vec::new())..).take_while(|((of, _), _)| *of == name).peekable();
        if rows.peek().is_none() {
            return;
        }
        let mut table = transaction.open_table(table).expect("a table");
        for ((_, key), value) in rows {
            let key = K::from_bytes(key);
            match value {
                Some(value) => drop(table.insert(&key, V::from_bytes(value)).expect("a row")),
                None => drop(table.remove(&key).expect("a row")),
            }
        }
    }
    BYTES.iter().for_each(|name| each(&transaction, bytes_of(name), name, writes));
    KEYS.iter().for_each(|name| each(&transaction, keys_of(name), name, writes));
    each(&transaction, COUNTS, "counts", writes);
    each(&transaction, LOG, "log", writes);
    each(&transaction, META, "meta", writes);
    transaction.commit().expect("a disk");
}

fn bulk(ours: &Path, raw: &Path) {
    let before = dump(ours);
    let store = Store::open(ours, CACHE_BYTES).expect("a store");
    let [reading, writing] = intake(&store, ROWS, "后");
    drop(store);
    let writes = writes(&before, &dump(ours));
    drop(before);
    let database = database(raw);
    let redb = timed(|| write(&database, &writes));
    println!("an import of {ROWS} records, which puts {} rows", writes.len());
    for (who, time) in [("jiedui", reading + writing), ("  reading", reading), ("  writing", writing), ("redb", redb)] {
        let ratio = time.as_secs_f64() / redb.as_secs_f64();
        println!(
            "  {who}: {:.0} ms, {:.0} records per second, {ratio:.2} of redb's time",
            time.as_secs_f64() * 1e3,
            ROWS as f64 / time.as_secs_f64()
        );
    }
}

fn timed(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

/// Prints medians, how many a second, and the ratios.
fn tell(ours: &mut [Duration], redb: &mut [Duration]) {
    for (who, times) in [("jiedui", &mut *ours), ("redb", &mut *redb)] {
        times.sort_unstable();
        let sum: Duration = times.iter().sum();
        println!(
            "  {who}: median {:.2} ms, a tenth above {:.2} ms, {:.1} a second",
            times[times.len() / 2].as_secs_f64() * 1e3,
            times[times.len() * 9 / 10].as_secs_f64() * 1e3,
            times.len() as f64 / sum.as_secs_f64()
        );
    }
    let sums = [&*ours, &*redb].map(|times| times.iter().sum::<Duration>().as_secs_f64());
    let medians = [&*ours, &*redb].map(|times| times[times.len() / 2].as_secs_f64());
    println!("  ratio {:.2}, of the medians {:.2}", sums[0] / sums[1], medians[0] / medians[1]);
}
