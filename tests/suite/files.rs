//! Backups, restoring them, and compacting: with the real program, beside a running server.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Barrier;

use jiedui::store::{Making, OpenError, Store};

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

const CACHE: usize = 1 << 20;

#[test]
fn of_several_who_make_a_database_at_once_one_has_it() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let path = folder.path().join(format!("{round}.redb"));
        let together = Barrier::new(4);
        let opened: Vec<_> = std::thread::scope(|scope| {
            let open = || {
                together.wait();
                Store::open(&path, CACHE)
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let in_use =
            |opened: &Result<Store, OpenError>| matches!(opened, Err(OpenError::InUse { path: told }) if *told == path);
        let count = |wanted: &dyn Fn(&Result<Store, OpenError>) -> bool| opened.iter().filter(|it| wanted(it)).count();
        assert_eq!((count(&|it| it.is_ok()), count(&in_use)), (1, 3), "{round}");
        drop(opened);
        assert!(!folder.path().join(format!("{round}.redb.making")).exists());
        drop(Store::open(&path, CACHE).unwrap());
    }
}

#[test]
fn a_new_database_is_made_behind_links_and_beside_nothing_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let (link, target) = (folder.path().join("link.redb"), folder.path().join("data").join("target.redb"));
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::os::unix::fs::symlink("data/target.redb", &link).unwrap();
    drop(Store::open(&link, CACHE).unwrap());
    assert!(target.is_file() && link.is_symlink());
    // What comes to the name while one is made stays.
    let path = folder.path().join("new.redb");
    let store = Store::begin(&path, CACHE).unwrap();
    assert!(!path.exists());
    assert!(matches!(Store::open(&path, CACHE), Err(OpenError::InUse { .. })));
    drop(store);
    assert!(!path.exists() && !folder.path().join("new.redb.making").exists());
    let missing = folder.path().join("none").join("x.redb");
    assert!(matches!(Store::open(&missing, CACHE), Err(OpenError::Io { path, .. }) if path == missing));
    let folders = Store::open(folder.path(), CACHE);
    assert!(folders.is_err() && folder.path().is_dir());
}

#[test]
fn nobody_writes_to_a_database_while_it_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jiedui.redb");
    drop(Store::open(&path, CACHE).unwrap());
    let bytes = std::fs::read(&path).unwrap();
    // One that is damaged is held too.
    std::fs::write(&path, "no database").unwrap();
    let mut making = Making::new(&path, true).unwrap();
    assert!(matches!(Making::new(&path, true), Err(OpenError::InUse { .. })));
    std::fs::write(making.at(), &bytes).unwrap();
    making.name().unwrap();
    drop(making);
    let making = Making::new(&path, true).unwrap();
    assert!(matches!(Store::open(&path, CACHE), Err(OpenError::InUse { .. })));
    drop(making);
    let store = Store::open(&path, CACHE).unwrap();
    assert!(matches!(Making::new(&path, true), Err(OpenError::InUse { .. })));
    drop(store);
}

#[test]
fn a_copy_is_for_those_whom_its_original_is_for() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, db) = database();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let allow = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    let backup = folder.path().join("backup.redb");
    allow(&db, 0o600);
    does(&db, &["backup", backup.to_str().unwrap()], "copied to");
    assert_eq!(mode(&backup), 0o600);
    allow(&backup, 0o644);
    does(&db, &["restore", "--replace", backup.to_str().unwrap()], "holds what");
    assert_eq!(mode(&db), 0o600);
    // Where a new one would be made stands a link: what it leads to is left as it is.
    let (other, precious) = (folder.path().join("other.redb"), folder.path().join("precious"));
    std::fs::write(&precious, "precious").unwrap();
    symlink(&precious, folder.path().join("other.redb.making")).unwrap();
    let output = run(&other, &["restore", backup.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("is a link, and is where it would be made"), "{output:?}");
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
}
