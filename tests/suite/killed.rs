//! A server that is killed at any moment: what it acknowledged is there, no half of anything is, and the file is whole.

use std::process::Stdio;
use std::time::Duration;

use jiedui::model::catalog::slot;
use jiedui::model::id::Id;
use jiedui::model::value::text_at;
use jiedui::store;
use serde_json::{Value, json};

use crate::access::{create, database};
use crate::server::{Server, jiedui};
use crate::support::open;

/// How often a server is killed: each time at another moment of a stream of writes.
const TIMES: u64 = 60;

/// A batch that is whole only with all of its records: two products that name each other's number.
fn pair(number: u64) -> Value {
    let product = |half: &str| {
        json!({ "product": {
        "id": format!("product:kill-{number}-{half}"), "name": format!("第{number}次"), "note": "x".repeat(2_000),
    } })
    };
    json!([product("a"), product("b")])
}

const BATCH: &str = "mutation($changes: [ChangeInput!]!, $key: String) { applyChanges(changes: $changes, idempotencyKey: $key) { revision } }";

#[test]
fn a_server_killed_while_it_writes_keeps_what_it_acknowledged_and_no_half_of_the_rest() {
    let (folder, db) = database();
    let token = create(&db, "shen", "keeper");
    let shown = format!("Bearer {token}");
    let headers = [("content-type", "application/json"), ("authorization", shown.as_str())];
    let (mut sent, mut acknowledged) = (0, Vec::new());
    for time in 0..TIMES {
        let mut server = Server::start(&db, &[]);
        std::thread::scope(|scope| {
            let (address, headers) = (server.address, &headers);
            let first = sent;
            let writer = scope.spawn(move || {
                let mut done = Vec::new();
                for number in first.. {
                    let body =
                        json!({ "query": BATCH, "variables": { "changes": pair(number), "key": format!("{number}") } });
                    match crate::server::try_send(address, "POST", "/graphql", headers, body.to_string().as_bytes()) {
                        Some(reply) => {
                            assert!(reply.json()["data"]["applyChanges"]["revision"].is_u64(), "{}", reply.text());
                            done.push(number);
                        }
                        None => return (number + 1, done),
                    }
                }
                unreachable!("the numbers do not end");
            });
            // Another moment each time: of the commit, of the answer, of the next request.
            std::thread::sleep(Duration::from_micros(20_000 + time * 7_919 % 40_000));
            server.child.kill().unwrap();
            server.child.wait().unwrap();
            let (next, done) = writer.join().unwrap();
            sent = next;
            acknowledged.extend(done);
        });
    }
    assert!(acknowledged.len() > TIMES as usize, "{} were acknowledged", acknowledged.len());
    whole(&db, sent, &acknowledged);
    drop(folder);
}

/// Holds a file to what was sent and what was acknowledged.
fn whole(db: &std::path::Path, sent: u64, acknowledged: &[u64]) {
    let store = open(db);
    let snapshot = store.snapshot().unwrap();
    let there = |number: u64, half: &str| {
        let id = Id::parse(&format!("product:kill-{number}-{half}")).unwrap();
        snapshot.get(id.as_ref()).unwrap().is_some()
    };
    for number in 0..sent {
        assert_eq!(there(number, "a"), there(number, "b"), "half of {number} is there");
    }
    for number in acknowledged {
        assert!(there(*number, "a"), "{number} was acknowledged and is not there");
    }
    store::check(&snapshot, |difference| panic!("{difference}")).unwrap();
}

#[test]
fn an_import_killed_at_any_moment_leaves_all_of_it_or_nothing() {
    let (folder, db) = database();
    let rows = 2_000;
    let path = folder.path().join("products.csv");
    let (mut halved, mut stands) = (0, None::<u64>);
    for time in 0..TIMES {
        let mut text = "id,name\n".to_owned();
        (0..rows).for_each(|row| text.push_str(&format!("product:bulk-{row:05},第{time}代\n")));
        std::fs::write(&path, text).unwrap();
        let mut import = jiedui(&["import"]);
        let mut import =
            import.arg(&path).env("JIEDUI_DB", &db).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Another moment each time: while it reads, while it writes, while it commits.
        std::thread::sleep(Duration::from_millis(20 + time * 37 % 700));
        import.kill().unwrap();
        import.wait().unwrap();
        let store = open(&db);
        let snapshot = store.snapshot().unwrap();
        let name = |row: u64| {
            let id = Id::parse(&format!("product:bulk-{row:05}")).unwrap();
            let stored = snapshot.get(id.as_ref()).unwrap();
            stored.map(|stored| text_at(stored.row(), slot::NAME).unwrap_or_default().to_owned())
        };
        let first = name(0);
        assert!((1..rows).all(|row| name(row) == first), "a part of an import is there");
        if first == Some(format!("第{time}代")) {
            stands = Some(time);
        } else {
            halved += 1;
            assert_eq!(first, stands.map(|time| format!("第{time}代")), "what stood before stands no more");
        }
        store::check(&snapshot, |difference| panic!("{difference}")).unwrap();
    }
    assert!(halved > 0, "no import was killed half-way");
}

#[test]
fn a_database_that_is_killed_while_it_is_made_is_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let start = |db: &std::path::Path| {
        let mut command = jiedui(&["--listen", "127.0.0.1:0"]);
        command.env("JIEDUI_DB", db).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    // How long it takes until one stands there, beside all else that runs.
    let takes = |db: &std::path::Path| {
        let (began, mut child) = (std::time::Instant::now(), start(db));
        while !db.exists() {
            std::thread::sleep(Duration::from_micros(200));
        }
        let takes = began.elapsed();
        child.kill().unwrap();
        child.wait().unwrap();
        takes
    };
    let takes = (0..3).map(|time| takes(&folder.path().join(format!("whole-{time}.redb")))).min().unwrap();
    let (mut there, mut begun) = (0, 0);
    for time in 0..TIMES {
        let db = folder.path().join(format!("{time}.redb"));
        let mut child = start(&db);
        // From half of that time on to a little beyond it.
        std::thread::sleep(takes.mul_f64(0.5 + 0.7 * time as f64 / TIMES as f64));
        child.kill().unwrap();
        child.wait().unwrap();
        begun += u64::from(folder.path().join(format!("{time}.redb.making")).exists());
        if db.exists() {
            there += 1;
            store::Store::open_reading(&db, 1 << 20).unwrap();
        }
        let store = open(&db);
        store::check(&store.snapshot().unwrap(), |difference| panic!("{difference}")).unwrap();
        assert!(!folder.path().join(format!("{time}.redb.making")).exists());
    }
    assert!(there > 0 && there < TIMES, "{there} stood there, {begun} were begun");
}
