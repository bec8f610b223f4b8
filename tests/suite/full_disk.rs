//! A file that may not grow any larger, as on a disk that is full: a change is refused and says why, reading goes on, and what
//! fits is written again.
//!
//! The bound is the shell's `ulimit -f`, which takes no rights. Its signal is ignored, so that a write fails as on a full disk.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiedui::model::id::Id;
use jiedui::store;
use serde_json::{Value, json};

use crate::access::{create, database};
use crate::server::{Server, jiedui, try_send};
use crate::support::open;

const CHANGE: &str = "mutation($changes: [ChangeInput!]!) { applyChanges(changes: $changes) { revision } }";
const READ: &str = "{ cities(first: 300) { nodes { id name children(first: 5) { nodes { id name } } } } }";

/// A command of jiedui whose files may grow by so many blocks beyond the length of a file. A block has 512 bytes or 1,024,
/// as the shell counts.
fn bounded(by: &Path, more: u64, arguments: &[&str]) -> Command {
    let blocks = by.metadata().unwrap().len() / 512 + more;
    let mut command = Command::new("sh");
    // The environment is that of a command as other tests run it.
    let plain = jiedui(arguments);
    for (name, value) in plain.get_envs().filter(|(_, value)| value.is_none()) {
        debug_assert!(value.is_none());
        command.env_remove(name);
    }
    command.args([
        "-c",
        &format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\""),
        env!("CARGO_BIN_EXE_jiedui"),
    ]);
    command.args(arguments).env("JIEDUI_DB", by);
    command
}

/// Two products that name each other's number, so long that few fit.
fn pair(number: usize, length: usize) -> Value {
    let product = |half: &str| json!({ "product": { "id": format!("product:full-{number}-{half}"), "name": "满", "note": "x".repeat(length) } });
    json!([product("a"), product("b")])
}

#[test]
fn a_server_whose_file_may_not_grow_says_so_reads_on_and_writes_what_fits() {
    let (folder, db) = database();
    let shown = format!("Bearer {}", create(&db, "shen", "keeper"));
    let headers = [("content-type", "application/json"), ("authorization", shown.as_str())];
    // A small cache: what is read comes from the file.
    let server =
        Server::run(bounded(&db, 4_000, &["serve", "--listen", "127.0.0.1:0", "--limit", "cache-bytes=65536"]));
    let address = server.address;
    let ask = |query: &str, variables: Value| {
        let body = json!({ "query": query, "variables": variables }).to_string();
        try_send(address, "POST", "/graphql", &headers, body.as_bytes()).expect("an answer").json()
    };
    let whole = ask(READ, json!({}))["data"].clone();
    assert!(!whole.is_null());
    let (stop, reads) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut made = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let answer = ask(READ, json!({}));
                    assert_eq!(answer["data"], whole, "{answer}");
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let change = |number, length| ask(CHANGE, json!({ "changes": pair(number, length) }));
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            // Until it is full, and that several times over.
            for round in 0..3 {
                let (refused, error) = (made.len() + 1_000 * round..)
                    .find_map(|number| {
                        let answer = change(number, 90_000);
                        match answer["errors"][0].clone() {
                            Value::Null => made.push(number),
                            error => return Some((number, error)),
                        }
                        None
                    })
                    .unwrap();
                assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{error}");
                assert_eq!(
                    error["message"],
                    "the database's file may not grow any larger: nothing was changed, and reading goes on; let the file grow larger, then send it again"
                );
                let there = ask(&format!("{{ node(id: \"product:full-{refused}-a\") {{ id }} }}"), json!({}));
                assert_eq!(there, json!({ "data": { "node": null } }));
                // What is small fits between what is there.
                let (begun, small) = (Instant::now(), 100_000 + round);
                while let Some(error) = change(small, 10)["errors"].get(0) {
                    assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{error}");
                    assert!(begun.elapsed() < Duration::from_secs(20), "it does not write any more");
                    std::thread::sleep(Duration::from_millis(50));
                }
                made.push(small);
            }
        }));
        stop.store(true, Ordering::Relaxed);
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
    assert!(reads.load(Ordering::Relaxed) > 0);
    // Nobody else writes to the file in between.
    let second = jiedui(&["import"]).arg(folder.path()).env("JIEDUI_DB", &db).output().unwrap();
    assert_eq!(second.status.code(), Some(3), "{second:?}");
    drop(server);

    let store = open(&db);
    let snapshot = store.snapshot().unwrap();
    let there = |number: usize, half: &str| {
        let id = Id::parse(&format!("product:full-{number}-{half}")).unwrap();
        snapshot.get(id.as_ref()).unwrap().is_some()
    };
    for number in (0..4_000).chain(100_000..100_004) {
        assert_eq!([there(number, "a"), there(number, "b")], [made.contains(&number); 2], "{number}");
    }
    store::check(&snapshot, |difference| panic!("{difference}")).unwrap();
}

#[test]
fn an_import_for_which_there_is_no_room_leaves_the_file_as_it_was() {
    let (folder, db) = database();
    let revision = open(&db).snapshot().unwrap().revision().unwrap();
    let path = folder.path().join("products.csv");
    let rows = (0..20_000).map(|row| format!("product:row-{row},第{row}种,{}\n", "x".repeat(500)));
    std::fs::write(&path, format!("id,name,note\n{}", rows.collect::<String>())).unwrap();
    let refused = bounded(&db, 2_000, &["import"]).arg(&path).output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(7), "{told}");
    assert!(told.contains("the database's file may not grow any larger"), "{told}");
    assert!(told.contains("nothing was kept of it"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");

    let store = open(&db);
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.revision().unwrap(), revision);
    store::check(&snapshot, |difference| panic!("{difference}")).unwrap();
    drop((snapshot, store));
    let done = jiedui(&["import"]).arg(&path).env("JIEDUI_DB", &db).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn a_template_for_which_there_is_no_room_leaves_no_file_and_one_that_is_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, filled) = (folder.path().join("empty"), folder.path().join("filled.xlsx"));
    std::fs::write(&empty, b"").unwrap();
    std::fs::write(&filled, b"filled").unwrap();
    let template = folder.path().join("new.xlsx");
    let cut = bounded(&empty, 4, &["template", template.to_str().unwrap()]).output().unwrap();
    assert!(!cut.status.success() && !template.exists(), "{cut:?}");
    let there = bounded(&empty, 1_000_000, &["template", filled.to_str().unwrap()]).output().unwrap();
    assert!(!there.status.success(), "{there:?}");
    assert_eq!(std::fs::read(&filled).unwrap(), b"filled");
}
