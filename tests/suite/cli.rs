//! The command line, as a person meets it: the real program, its one clear line, its exit codes.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::json;
use tempfile::TempDir;

use crate::server::{Server, jiedui};
use crate::support::{Loaded, loaded};

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("jiedui.redb");
    (folder, db)
}

/// A closed database with the built-in data.
fn database() -> (TempDir, PathBuf) {
    let Loaded { folder, api } = loaded(Default::default());
    drop(api);
    let db = folder.path().join("jiedui.redb");
    (folder, db)
}

/// Expects an exit code, and one line on standard error that says why.
#[track_caller]
fn fails(output: &Output, code: i32, why: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.lines().count() == 1 && told.contains(why), "{told}");
}

#[test]
fn a_first_start_loads_the_data_and_answers() {
    let (_folder, db) = folder();
    let server = Server::start(&db, &[]);
    let reply = server.post(&json!({ "query": "{ region(code: \"442000\") { name } }" }), "*/*");
    assert_eq!((reply.status, reply.json()), (200, json!({ "data": { "region": { "name": "中山市" } } })));
}

#[test]
fn the_log_has_no_colours_in_a_file() {
    let (folder, db) = database();
    let log = folder.path().join("log");
    let mut command = jiedui(&["--listen", "127.0.0.1:0", "--db", db.to_str().unwrap()]);
    command.env("RUST_LOG", "access=info").stderr(std::fs::File::create(&log).unwrap());
    let server = Server::run(command);
    assert_eq!(server.get("/health", &[]).status, 200);
    drop(server);
    let told = std::fs::read_to_string(&log).unwrap();
    assert!(told.contains("INFO access: id=") && told.contains("route=\"/health\""), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");
}

#[test]
fn query_answers_beside_a_running_server_from_an_argument_a_file_or_standard_input() {
    let (folder, db) = database();
    let _server = Server::start(&db, &[]);
    let db = db.to_str().unwrap();
    let query = "query Q($code: String!) { region(code: $code) { name } }";
    let expected = "{\"data\":{\"region\":{\"name\":\"昭通市\"}}}\n";
    let variables = ["--variables", "{\"code\":\"530600\"}", "--db", db];
    let argument = jiedui(&["query", query]).args(variables).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&argument.stdout), expected);
    let file = folder.path().join("q.graphql");
    std::fs::write(&file, query).unwrap();
    let from_file = jiedui(&["query", "--file", file.to_str().unwrap()]).args(variables).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&from_file.stdout), expected);
    let mut child = jiedui(&["query"]).args(variables).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(query.as_bytes()).unwrap();
    assert_eq!(String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout), expected);
}

#[test]
fn a_query_with_errors_prints_them_and_exits_with_8() {
    let (_folder, db) = database();
    let output = jiedui(&["query", "{ nonsense }", "--db", db.to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(8));
    assert!(String::from_utf8_lossy(&output.stdout).contains("VALIDATION_FAILED"));
    let output = jiedui(&["query", "{ cities { totalCount } }", "--variables", "[1]", "--db", db.to_str().unwrap()])
        .output()
        .unwrap();
    fails(&output, 2, "--variables: expected a JSON object");
}

#[test]
fn a_query_asks_for_more_by_its_extensions() {
    let (_folder, db) = database();
    let asks = |extensions: &str| {
        let options = ["--extensions", extensions, "--db", db.to_str().unwrap()];
        jiedui(&["query", "{ region(code: \"530600\") { name } }"]).args(options).output().unwrap()
    };
    let answer: serde_json::Value = serde_json::from_slice(&asks("{\"receipt\": true}").stdout).unwrap();
    assert_eq!(answer["extensions"]["receipt"]["revision"], 1, "{answer}");
    let output = asks("true");
    fails(&output, 2, "--extensions: expected a JSON object");
}

#[test]
fn a_second_server_on_the_same_file_is_refused() {
    let (_folder, db) = database();
    let _server = Server::start(&db, &[]);
    let output = jiedui(&["--listen", "127.0.0.1:0", "--db", db.to_str().unwrap()]).output().unwrap();
    fails(&output, 3, "another jiedui has this database open");
}

#[test]
fn a_taken_port_is_refused_and_no_database_is_made() {
    let (_folder, db) = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = jiedui(&["serve", "--db", db.to_str().unwrap()]).env("JIEDUI_LISTEN", &address).output().unwrap();
    fails(&output, 6, &format!("{address} is taken"));
    assert!(!db.exists());
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    for bytes in [b"id,name\n1,x\n".to_vec(), vec![0u8; 10_000], b"redb".to_vec(), vec![0xff; 4096 * 3]] {
        let (_folder, db) = folder();
        std::fs::write(&db, &bytes).unwrap();
        for command in [["serve", "--listen", "127.0.0.1:0"].as_slice(), &["query", "{ __typename }"], &["check"]] {
            let output = jiedui(command).env("JIEDUI_DB", &db).output().unwrap();
            fails(&output, 4, "this is no jiedui database");
            assert!(std::fs::read(&db).unwrap() == bytes, "{command:?} changed it");
        }
    }
}

#[test]
fn a_database_of_another_program_is_left_as_it_is() {
    let (_folder, db) = folder();
    let other = redb::Database::create(&db).unwrap();
    let transaction = other.begin_write().unwrap();
    transaction.open_table(redb::TableDefinition::<u64, u64>::new("other")).unwrap();
    transaction.commit().unwrap();
    drop(other);
    let bytes = std::fs::read(&db).unwrap();
    fails(&jiedui(&["--listen", "127.0.0.1:0"]).env("JIEDUI_DB", &db).output().unwrap(), 4, "it holds other tables");
    assert!(std::fs::read(&db).unwrap() == bytes);
}

#[test]
fn an_older_format_is_upgraded_by_the_server_and_left_as_it_is_by_a_reader() {
    for (format, packed) in [
        (1, include_bytes!("../fixtures/format-1.redb.gz").as_slice()),
        (2, include_bytes!("../fixtures/format-2.redb.gz")),
        (3, include_bytes!("../fixtures/format-3.redb.gz")),
        (4, include_bytes!("../fixtures/format-4.redb.gz")),
    ] {
        let (_folder, db) = folder();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed), &mut bytes).unwrap();
        std::fs::write(&db, &bytes).unwrap();
        for command in [["query", "{ __typename }"].as_slice(), &["check"]] {
            let output = jiedui(command).env("JIEDUI_DB", &db).output().unwrap();
            let told = format!("has format {format}, this jiedui reads format 5; `jiedui serve` upgrades it");
            fails(&output, 5, &told);
            assert!(std::fs::read(&db).unwrap() == bytes, "{command:?} changed it");
        }
        drop(crate::server::Server::start(&db, &[]));
        let output = jiedui(&["check"]).env("JIEDUI_DB", &db).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let query = "{ region(code: \"442000\") { name pairings { totalCount } } provinces { totalCount } search(text: \"zt\") { hits(first: 1) { edges { place matched } } } }";
        let output = jiedui(&["query", query]).env("JIEDUI_DB", &db).output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["data"]["region"]["name"], "中山市");
        assert_eq!(answer["data"]["provinces"]["totalCount"], 31);
        let hit = &answer["data"]["search"]["hits"]["edges"][0];
        assert_eq!((&hit["place"], &hit["matched"]), (&"EXACT".into(), &"昭通".into()));
        // What its log says is still read.
        let entry = crate::support::open(&db).snapshot().unwrap().log_entry(1).unwrap().unwrap();
        assert!(entry.author == "jiedui" && entry.changes.len() > 1_000, "{}", entry.changes.len());
    }
}

#[test]
fn a_newer_format_is_left_as_it_is() {
    let (_folder, db) = database();
    let database = redb::Database::open(&db).unwrap();
    let transaction = database.begin_write().unwrap();
    let meta = redb::TableDefinition::<&str, &[u8]>::new("meta");
    transaction.open_table(meta).unwrap().insert("format", 999u32.to_le_bytes().as_slice()).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let bytes = std::fs::read(&db).unwrap();
    for command in [["serve", "--listen", "127.0.0.1:0"].as_slice(), &["query", "{ __typename }"], &["check"]] {
        let output = jiedui(command).env("JIEDUI_DB", &db).output().unwrap();
        fails(&output, 5, "format 999");
        assert!(std::fs::read(&db).unwrap() == bytes, "{command:?} changed it");
    }
}

#[test]
fn what_is_no_origin_is_refused_before_anything_is_opened() {
    let (_folder, db) = folder();
    for wrong in ["not an origin", "example.org", "https://example.org/", "*,https://example.org"] {
        let output = jiedui(&["--allow-origin", wrong]).env("JIEDUI_DB", &db).output().unwrap();
        fails(&output, 2, "is no origin such as https://example.org, nor * alone");
    }
    assert!(!db.exists());
}

#[test]
fn a_missing_file_and_a_folder_are_told_apart() {
    let (folder, db) = folder();
    fails(&jiedui(&["query", "{ __typename }"]).env("JIEDUI_DB", &db).output().unwrap(), 7, "there is no such file");
    let inside = db.join("deeper.redb");
    fails(&jiedui(&["--listen", "127.0.0.1:0"]).env("JIEDUI_DB", &inside).output().unwrap(), 7, "deeper.redb");
    fails(&jiedui(&["--listen", "127.0.0.1:0"]).env("JIEDUI_DB", folder.path()).output().unwrap(), 7, "directory");
}

#[test]
fn a_killed_server_leaves_a_database_that_the_next_command_reads() {
    let (_folder, db) = folder();
    // Killed the moment it says that it answers: SIGKILL, so that nothing is closed.
    drop(Server::start(&db, &[]));
    let output = jiedui(&["query", "{ cities { totalCount } }"]).env("JIEDUI_DB", &db).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "{\"data\":{\"cities\":{\"totalCount\":333}}}\n");
    let output = jiedui(&["check"]).env("JIEDUI_DB", &db).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("all as they must be"));
}

#[test]
fn check_exits_with_9_where_something_differs() {
    let (_folder, db) = database();
    let database = redb::Database::open(&db).unwrap();
    let transaction = database.begin_write().unwrap();
    let counts = redb::TableDefinition::<u8, u64>::new("counts");
    transaction.open_table(counts).unwrap().insert(2, 5).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let output = jiedui(&["check"]).env("JIEDUI_DB", &db).output().unwrap();
    fails(&output, 9, "1 differences");
    assert!(String::from_utf8_lossy(&output.stdout).contains("counts: tag 2: says 5 records, there are 333"));
}

#[test]
fn schema_prints_what_is_committed() {
    let output = jiedui(&["schema"]).output().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    assert!(output.stdout == std::fs::read(path).unwrap());
}

#[test]
fn export_writes_a_package_or_a_kind_and_over_nothing_that_is_there() {
    let (folder, db) = database();
    let db = db.to_str().unwrap();
    let out = folder.path().join("out");
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let export = |arguments: &[&str]| jiedui(&["export", "--db", db]).args(arguments).output().unwrap();
    let done = export(&[&at("out")]);
    assert!(String::from_utf8_lossy(&done.stdout).contains("rows of revision 1 in"), "{done:?}");
    assert!(out.join("datapackage.json").exists() && out.join("pairings-helpers.csv").exists());
    fails(&export(&[&at("out")]), 2, "is not empty; choose another folder, or replace a package in it with --force");
    // What else is in the folder stays, and what was killed before is swept away.
    std::fs::write(out.join("mine.txt"), "mine").unwrap();
    std::fs::write(out.join("pairings.csv"), "old").unwrap();
    std::fs::create_dir(folder.path().join("out.partial")).unwrap();
    assert!(export(&[&at("out"), "--force"]).status.success());
    assert_eq!(std::fs::read_to_string(out.join("mine.txt")).unwrap(), "mine");
    let pairings = std::fs::read(out.join("pairings.csv")).unwrap();
    assert!(!folder.path().join("out.partial").exists());
    // One kind goes to a file, or to standard output.
    assert!(export(&["--kind", "pairings", &at("p.csv")]).status.success());
    assert_eq!(std::fs::read(at("p.csv")).unwrap(), pairings);
    assert_eq!(export(&["--kind", "pairings"]).stdout, pairings);
    let lines = export(&["--format", "ndjson"]).stdout;
    assert!(lines.starts_with(b"{\"id\":\"province:") && lines.ends_with(b"}\n"));
    fails(&export(&["--kind", "pairings", &at("p.csv")]), 2, "is there already");
    assert!(export(&[&at("p.zip")]).status.success() && export(&["--force", &at("p.zip")]).status.success());
    assert!(std::fs::read(at("p.zip")).unwrap().starts_with(b"PK"));
    for (arguments, why) in [
        (&["--kind", "parings"][..], "did you mean pairings?"),
        (&["--kind", "pairings", "--format", "geojson"], "have no coordinates of their own"),
        (&["--format", "csv"], "holds one kind"),
        (&["--kind", "pairings", &at("x.zip")], "holds every kind"),
        (&[], "say where the package goes"),
        (&[&at("out"), "--kind", "cities"], "is a folder"),
    ] {
        fails(&export(arguments), 2, why);
    }
    assert_eq!(export(&["--kind", "pairings", "--at", "1"]).stdout, pairings);
    fails(&export(&["--kind", "pairings", "--at", "9"]), 1, "revision 9 is yet to come");
    // What fails leaves nothing.
    fails(&export(&[&at("none/p.zip")]), 1, "was not made");
    fails(&export(&[&at("none/p")]), 1, "was not made");
    assert!(!folder.path().join("none").exists());
}
