//! Backups, restoring them, and compacting: with the real program, beside a running server.

use std::path::{Path, PathBuf};
use std::process::Output;

use tempfile::TempDir;

use crate::server::{Server, jiedui};
use crate::support::{Loaded, loaded};

fn database() -> (TempDir, PathBuf) {
    let Loaded { folder, api } = loaded(Default::default());
    drop(api);
    let db = folder.path().join("jiedui.redb");
    (folder, db)
}

fn run(db: &Path, arguments: &[&str]) -> Output {
    jiedui(arguments).env("JIEDUI_DB", db).output().unwrap()
}

#[track_caller]
fn does(db: &Path, arguments: &[&str], told: &str) {
    let output = run(db, arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains(told), "{output:?}");
}

#[track_caller]
fn fails(db: &Path, arguments: &[&str], code: i32, told: &str) {
    let output = run(db, arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert!(error.contains(told) && error.lines().count() == 1, "{output:?}");
}

const QUERY: &str =
    "{ pairings(first: 1000) { totalCount nodes { id name helpers { id } citations { source { id } } } } }";

#[test]
fn a_backup_beside_a_running_server_answers_what_the_database_does() {
    let (folder, db) = database();
    let server = Server::start(&db, &[]);
    let backup = folder.path().join("backup.redb");
    let name = backup.to_str().unwrap();
    // What a killed one left is in nobody's way.
    std::fs::write(folder.path().join("backup.redb.partial"), "half").unwrap();
    does(&db, &["backup", name], "rows of revision 1 copied to");
    drop(server);
    assert!(!folder.path().join("backup.redb.partial").exists());
    does(&backup, &["check"], "all as they must be");
    assert_eq!(run(&backup, &["query", QUERY]).stdout, run(&db, &["query", QUERY]).stdout);
    let bytes = std::fs::read(&backup).unwrap();
    fails(&db, &["backup", name], 2, "is there already; choose another name");
    assert!(std::fs::read(&backup).unwrap() == bytes);
    fails(&folder.path().join("none.redb"), &["backup", "x.redb"], 7, "there is no such file");
}

#[test]
fn a_backup_is_restored_where_nobody_has_the_database_open() {
    let (folder, db) = database();
    let backup = folder.path().join("backup.redb");
    let name = backup.to_str().unwrap();
    does(&db, &["backup", name], "copied");
    let other = folder.path().join("other.redb");
    does(&other, &["restore", name], "holds what");
    does(&other, &["check"], "all as they must be");
    fails(&other, &["restore", name], 2, "say --replace");
    does(&other, &["restore", name, "--replace"], "holds what");
    let server = Server::start(&other, &[]);
    fails(&other, &["restore", name, "--replace"], 3, "another jiedui has this database open");
    drop(server);
    fails(&other, &["restore", folder.path().join("none").to_str().unwrap()], 7, "there is no such file");
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let (folder, db) = database();
    let backup = folder.path().join("backup.redb");
    let name = backup.to_str().unwrap();
    does(&db, &["backup", name], "copied");
    {
        let database = redb::Database::open(&backup).unwrap();
        let transaction = database.begin_write().unwrap();
        let counts = redb::TableDefinition::<u8, u64>::new("counts");
        transaction.open_table(counts).unwrap().insert(2, 5).unwrap();
        transaction.commit().unwrap();
    }
    let bytes = std::fs::read(&db).unwrap();
    fails(&db, &["restore", name, "--replace"], 9, "1 differences");
    std::fs::write(&backup, "no database").unwrap();
    fails(&db, &["restore", name, "--replace"], 4, "this is no jiedui database");
    assert!(std::fs::read(&db).unwrap() == bytes, "the database was touched");
}

#[test]
fn a_compacted_database_answers_as_before_in_less_room() {
    let (folder, db) = database();
    let before = run(&db, &["query", QUERY]).stdout;
    let size = std::fs::metadata(&db).unwrap().len();
    let server = Server::start(&db, &[]);
    fails(&db, &["compact"], 3, "another jiedui has this database open");
    drop(server);
    does(&db, &["compact"], "bytes before");
    assert!(std::fs::metadata(&db).unwrap().len() < size);
    assert_eq!(run(&db, &["query", QUERY]).stdout, before);
    does(&db, &["check"], "all as they must be");
    fails(&folder.path().join("none.redb"), &["compact"], 7, "there is no such file");
}
