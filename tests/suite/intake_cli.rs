//! `jiedui import` and `jiedui template`, as a keeper meets them.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, jiedui};
use crate::support::{Loaded, loaded};

/// A folder with a closed database that has the built-in data.
fn database() -> (TempDir, PathBuf) {
    let Loaded { folder, api } = loaded(Default::default());
    drop(api);
    let db = folder.path().join("jiedui.redb");
    (folder, db)
}

fn import(db: &Path, arguments: &[&str]) -> Output {
    jiedui(&["import"]).args(arguments).env("JIEDUI_DB", db).env_remove("JIEDUI_AUTHOR").output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn ask(db: &Path, query: &str) -> Value {
    let output = jiedui(&["query", query]).env("JIEDUI_DB", db).output().unwrap();
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["data"].clone()
}

fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_file_is_tried_loaded_and_loaded_again() {
    let (folder, db) = database();
    let file = write(&folder, "产品.csv", "编号,名称,产地\nproduct:tea,茶,530600\n");
    let dry = import(&db, &[&file, "--dry-run"]);
    assert_eq!(
        (dry.status.code(), told(&dry).as_str()),
        (Some(0), "products: 1 new, 0 changed, 0 as they were\ndry run: nothing was written\n")
    );
    assert_eq!(ask(&db, "{ node(id: \"product:tea\") { id } }"), json!({ "node": null }));
    let loaded = import(&db, &[&file, "--author", "李", "--note", "县里的表"]);
    assert_eq!(
        (loaded.status.code(), told(&loaded).as_str()),
        (Some(0), "products: 1 new, 0 changed, 0 as they were\nrevision 2\n")
    );
    assert_eq!(
        ask(&db, "{ node(id: \"product:tea\") { ... on Product { origin { name } } } }"),
        json!({ "node": { "origin": { "name": "昭通市" } } })
    );
    let again = import(&db, &[&file, "--format", "json"]);
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    let counts = json!({ "new": 0, "changed": 0, "same": 1 });
    assert_eq!(
        again,
        json!({
            "dryRun": false, "revision": null, "kinds": { "products": counts }, "emptied": {}, "elsewhere": [], "faults": [],
        })
    );
    let checked = jiedui(&["check"]).env("JIEDUI_DB", &db).output().unwrap();
    assert!(checked.status.success());
}

#[test]
fn faults_are_told_a_line_each_up_to_a_bound_and_all_of_them_in_json() {
    let (folder, db) = database();
    let rows: String = (0..25).map(|at| format!("product:p{at},{at},city:nowhere\n")).collect();
    let file = write(&folder, "products.csv", &format!("id,name,origin\n{rows}"));
    let text = import(&db, &[&file]);
    assert_eq!(text.status.code(), Some(10));
    assert_eq!(told(&text).lines().count(), 21);
    assert!(told(&text).ends_with("and 5 more; --format json tells all\n"), "{}", told(&text));
    assert_eq!(String::from_utf8_lossy(&text.stderr).lines().last(), Some("jiedui: 25 faults; nothing was loaded"));
    let all: Value = serde_json::from_slice(&import(&db, &[&file, "--format", "json"]).stdout).unwrap();
    let faults = all["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 25);
    assert_eq!(
        (&faults[3]["file"], &faults[3]["row"], &faults[3]["column"]),
        (&json!("products.csv"), &json!(5), &json!("origin"))
    );
    assert_eq!(faults[3]["value"], "city:nowhere");
}

#[test]
fn a_running_server_keeps_the_database_and_lets_a_dry_run_read() {
    let (folder, db) = database();
    let file = write(&folder, "x.csv", "id,name\nproduct:tea,茶\n");
    let _server = Server::start(&db, &[]);
    let output = import(&db, &[&file, "--kind", "products"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("another jiedui has this database open"));
    let dry = import(&db, &[&file, "--kind", "产品", "--dry-run"]);
    assert_eq!(told(&dry), "products: 1 new, 0 changed, 0 as they were\ndry run: nothing was written\n");
    let wrong = import(&db, &[&file, "--kind", "prodcts"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&wrong.stderr).contains("--kind: there is no table \"prodcts\"; there are: provinces,")
    );
}

#[test]
fn what_was_corrected_since_is_told_with_what_to_say_next() {
    let (folder, db) = database();
    let write = |name: &str| write(&folder, "products.csv", &format!("id,name\nproduct:tea,{name}\n"));
    assert_eq!(import(&db, &[&write("茶")]).status.code(), Some(0));
    let package = folder.path().join("package");
    let package = package.to_str().unwrap();
    let exported = jiedui(&["export", package]).env("JIEDUI_DB", &db).output().unwrap();
    assert!(exported.status.success(), "{exported:?}");
    assert_eq!(import(&db, &[&write("绿茶"), "--author", "李"]).status.code(), Some(0));
    let refused = import(&db, &[package]);
    assert_eq!(refused.status.code(), Some(10));
    let lines: Vec<_> = told(&refused).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].starts_with("products.csv, line ") && lines[0].contains("in revision 3 by 李"), "{lines:#?}");
    assert!(lines[1].contains("--as-of 3") && lines[1].contains("--overwrite"), "{lines:#?}");
    let json: Value = serde_json::from_slice(&import(&db, &[package, "--format", "json"]).stdout).unwrap();
    assert_eq!(json["faults"][0]["conflict"]["differences"][0]["stands"], "绿茶");
    let file = write("红茶");
    assert_eq!(import(&db, &[&file, "--as-of", "2"]).status.code(), Some(10));
    assert_eq!(import(&db, &[&file, "--as-of", "9"]).status.code(), Some(2));
    assert_eq!(import(&db, &[&file, "--as-of", "3", "--overwrite"]).status.code(), Some(2));
    assert!(told(&import(&db, &[&file, "--as-of", "3"])).ends_with("revision 4\n"));
    assert!(told(&import(&db, &[package, "--overwrite"])).ends_with("revision 5\n"));
    assert_eq!(
        ask(&db, "{ node(id: \"product:tea\") { ... on Product { name } } }"),
        json!({ "node": { "name": "茶" } })
    );
}

#[test]
fn a_path_that_cannot_be_read_is_told() {
    let (folder, db) = database();
    let missing = import(&db, &["/nowhere/products.csv"]);
    assert_eq!(missing.status.code(), Some(7));
    let why = String::from_utf8_lossy(&missing.stderr);
    assert!(why.starts_with("jiedui: /nowhere/products.csv: No such file"), "{why}");
    let new = folder.path().join("new.redb");
    assert_eq!(import(&new, &["/nowhere/products.csv"]).status.code(), Some(7));
    assert!(!new.exists(), "a database was made for nothing");
    // A folder that is called as a file, without anything to import.
    let odd = folder.path().join("products.csv");
    std::fs::create_dir(&odd).unwrap();
    let output = import(&db, &[odd.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(10));
    assert!(told(&output).contains("expected a folder with datapackage.json"), "{}", told(&output));
    assert_eq!(import(&db, &[]).status.code(), Some(2));
}

#[test]
fn a_folder_called_gazetteer_is_a_folder_by_its_path() {
    let (folder, db) = database();
    std::fs::create_dir(folder.path().join("gazetteer")).unwrap();
    std::fs::write(folder.path().join("gazetteer/products.csv"), "id,name\nproduct:tea,茶\n").unwrap();
    let run = |path: &str| jiedui(&["import", path]).env("JIEDUI_DB", &db).current_dir(folder.path()).output().unwrap();
    assert!(told(&run("./gazetteer")).starts_with("products: 1 new"));
    assert_eq!(run("gazetteer").status.code(), Some(2));
}

#[test]
fn a_template_is_written_once_and_reads_back() {
    let (folder, db) = database();
    let path = folder.path().join("模板.xlsx");
    let path = path.to_str().unwrap();
    let output = jiedui(&["template", path]).output().unwrap();
    assert!(output.status.success() && told(&output).contains("--dry-run"), "{output:?}");
    let bytes = std::fs::read(path).unwrap();
    let again = jiedui(&["template", path]).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(std::fs::read(path).unwrap() == bytes);
    assert_eq!(told(&import(&db, &[path])), "nothing to change: no revision was made\n");
    // On paper each sheet is as wide as a page.
    let mut book = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let names = book.file_names().map(|name| name.unwrap().into_owned());
    let sheets: Vec<_> = names.filter(|name| name.starts_with("xl/worksheets/sheet")).collect();
    assert!(sheets.len() > 40, "{sheets:?}");
    for sheet in sheets {
        let text = std::io::read_to_string(book.by_name(&sheet).unwrap()).unwrap();
        assert!(text.contains("<pageSetUpPr fitToPage=\"1\"/>") && text.contains("fitToHeight=\"0\""), "{sheet}");
    }
}

#[test]
fn an_import_that_loads_nothing_leaves_no_database_where_there_was_none() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("new.redb");
    let file = write(&folder, "products.csv", "id,name\nproduct:tea,\n");
    let names = || {
        let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(import(&db, &[&file]).status.code(), Some(10));
    assert_eq!(names(), ["products.csv"]);
    assert_eq!(import(&db, &[&file, "--dry-run"]).status.code(), Some(10));
    assert_eq!(import(&db, &[&file, "--as-of", "77"]).status.code(), Some(2));
    let gazetteer = import(&db, &["gazetteer", folder.path().to_str().unwrap()]);
    assert_eq!(gazetteer.status.code(), Some(10), "{gazetteer:?}");
    assert_eq!(names(), ["products.csv"]);
    // A dry run tells what would come of it, beside the built-in data.
    let file = write(&folder, "products.csv", "id,name,origin\nproduct:tea,茶,530600\n");
    let dry = import(&db, &[&file, "--dry-run"]);
    let expected = "products: 1 new, 0 changed, 0 as they were\ndry run: nothing was written\n";
    assert_eq!((dry.status.code(), told(&dry).as_str()), (Some(0), expected), "{dry:?}");
    assert_eq!(names(), ["products.csv"]);
    // An empty file is none, and keeps who may read it; what a killed one left is in nobody's way.
    std::fs::write(&db, "").unwrap();
    std::fs::set_permissions(&db, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(folder.path().join("new.redb.making"), "half").unwrap();
    assert_eq!(import(&db, &[&file]).status.code(), Some(0));
    assert_eq!(names(), ["new.redb", "products.csv"]);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&db).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(ask(&db, "{ node(id: \"product:tea\") { id } }"), json!({ "node": { "id": "product:tea" } }));
}
