//! One import after another: the same again, older and newer editions, a keeper's changes and newer built-in data between
//! them, and an import that is killed.

use std::time::Instant;

use jiedui::exchange::builtin;
use jiedui::exchange::gazetteer::import;
use jiedui::model::catalog::slot;
use jiedui::model::value::Value as Stored;
use jiedui::store::{Change, check};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::gazetteer::{ALL, Place, fixtures, imported};
use crate::server::jiedui;
use crate::support::{TIME_MS, open};

#[test]
fn the_same_again_changes_nothing_and_makes_no_revision() {
    let place = imported(&ALL);
    let revision = place.revision();
    let again = place.import(&ALL);
    assert_eq!((again.revision, place.revision()), (None, revision));
    assert!(again.levels.iter().all(|level| level.new == 0 && level.changed == 0), "{again:?}");
    // A part of it again, too, though it is compared over longer gaps.
    assert_eq!(place.import(&["2.0.0", "2.2.0"]).revision, None);
    assert_eq!(place.import(&["2.0.0", "2.7.0"]).revision, None);
    assert_eq!(place.import(&["2.2.0"]).revision, None);
    assert_eq!(place.import(&["2.7.0"]).revision, None);
}

#[test]
fn what_was_compared_over_shorter_gaps_is_not_told_again_over_longer_ones() {
    let place = Place::new();
    let common = "code,name,parent\n62,甘肃省,\n6299,某市,62\n";
    let rows = [
        (
            "2016",
            "629901,甲区,6299\n629902,乙区,6299\n629901001,子镇,629901\n629901002,丑镇,629901\n629901003,寅镇,629901\n629902001,卯镇,629902\n",
        ),
        (
            "2018",
            "629902,乙区,6299\n629902001,卯镇,629902\n629902002,子镇,629902\n629902003,丑镇,629902\n629902004,寅镇,629902\n",
        ),
        (
            "2023",
            "629902,乙区,6299\n629903,丙区,6299\n629902001,卯镇,629902\n629902003,丑镇,629902\n629902004,寅镇,629902\n629903001,子镇,629903\n",
        ),
    ];
    let write = |folder: &str, years: &[&str]| {
        let path = place.folder.path().join(folder);
        for (year, rows) in rows.iter().filter(|(year, _)| years.contains(year)) {
            let text = format!("{common}{rows}");
            std::fs::create_dir_all(path.join(year)).unwrap();
            std::fs::write(path.join(year).join("regions.csv"), &text).unwrap();
            let digest: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
            let descriptor = json!({
                "name": format!("list-{year}"), "edition": format!("{year}-10-31"),
                "resources": [{ "name": "regions", "path": "regions.csv", "bytes": text.len(), "hash": format!("sha256:{digest}") }],
            });
            std::fs::write(path.join(year).join("datapackage.json"), descriptor.to_string()).unwrap();
        }
        import(&place.store, &path, TIME_MS, &mut |_| {}).unwrap()
    };
    assert_eq!(write("all", &["2016", "2018", "2023"]).predecessors, 2);
    // 子镇 of 甲区 stands in 丙区 now: but it came there by way of 乙区.
    assert_eq!(write("ends", &["2016", "2023"]).revision, None);
    let asked = place.ask(
        r#"{
            region(code: "629901") { ... on County { successors { nodes { name } } } }
            c: region(code: "629903") { ... on County { predecessors { name } } }
        }"#,
    );
    assert_eq!(asked["region"]["successors"]["nodes"], json!([{ "name": "乙区" }]));
    assert_eq!(asked["c"]["predecessors"], json!([{ "name": "乙区" }]));
}

#[test]
fn an_older_edition_adds_former_names_and_codes_and_nothing_else() {
    let place = imported(&["2.7.0"]);
    let before = place.record("county:620881").unwrap();
    let report = place.import(&["2.2.0", "2.1.1"]);
    assert_eq!(report.levels[3].new + report.levels[4].new, 0, "{report:?}");
    let after = place.record("county:620881").unwrap();
    let may_differ = ["codes", "formerNames"].map(|field| before.kind.slot_of(field));
    for (slot, (before, after)) in before.values.iter().zip(&after.values).enumerate() {
        assert_eq!(
            before != after,
            may_differ.contains(&slot) || slot == slot::CITATIONS,
            "{slot}: {before:?}, {after:?}"
        );
    }
    let asked = place.ask(
        r#"{ region(code: "620824") { id codes { code validFrom validUntil } formerNames { name validUntil } } }"#,
    );
    assert_eq!(
        asked["region"],
        json!({
            "id": "county:620881",
            "codes": [
                { "code": "620881", "validFrom": "2018~", "validUntil": null },
                { "code": "620824", "validFrom": null, "validUntil": "2018~" },
            ],
            "formerNames": [{ "name": "华亭县", "validUntil": "2018~" }],
        })
    );
}

#[test]
fn an_edition_between_tells_dates_better() {
    let query = r#"{
        liangping: region(code: "500228") { codes { code validFrom validUntil } formerNames { name validUntil } }
        longhua: region(code: "440309") { predecessorsConnection { edges { on } } }
        laiwu: region(code: "371200") { ... on City { abolished } }
    }"#;
    let place = imported(&["2.0.0", "2.7.0"]);
    place.import(&ALL);
    let mended = place.ask(query);
    assert_eq!(mended["liangping"]["formerNames"][0]["validUntil"], "2017~");
    assert_eq!(mended["laiwu"]["abolished"], "2019~");
    assert_eq!(mended["longhua"]["predecessorsConnection"]["edges"][0]["on"], "2017~");
    assert_eq!(mended, imported(&ALL).ask(query));
}

#[test]
fn a_newer_edition_keeps_the_record_and_makes_it_todays() {
    let place = imported(&["2.1.1"]);
    let note = Stored::Text("a keeper's remark".to_owned());
    let mut huating = place.record("county:620824").unwrap();
    // A series that began under the old code.
    assert_eq!(huating.values[slot::NAME], Stored::Text("华亭县".to_owned()));
    place.import(&["2.7.0"]);
    huating = place.record("county:620824").unwrap();
    assert_eq!(huating.values[slot::NAME], Stored::Text("华亭市".to_owned()));
    huating.values[slot::NOTE] = note.clone();
    place.keeper(Change::Put(huating));
    assert_eq!(place.import(&["2.7.0", "2.1.1"]).revision, None);
    let asked = place.ask(
        r#"{
            region(code: "620881") { id name note code codes { code basis } formerNames { name } children { totalCount } formerChildren { totalCount } }
            town: node(id: "town:620824100") { ... on Town { abolished code parent { id } formerParent { id } } }
        }"#,
    );
    assert_eq!(
        asked["region"],
        json!({
            "id": "county:620824", "name": "华亭市", "note": "a keeper's remark", "code": "620881",
            "codes": [{ "code": "620824", "basis": null }, { "code": "620881", "basis": "INFERRED" }],
            "formerNames": [{ "name": "华亭县" }], "children": { "totalCount": 11 }, "formerChildren": { "totalCount": 12 },
        })
    );
    assert_eq!(
        asked["town"],
        json!({ "abolished": "2023~", "code": null, "parent": null, "formerParent": { "id": "county:620824" } })
    );
}

#[test]
fn a_keepers_name_outlives_a_newer_edition() {
    let place = imported(&["2.1.1"]);
    let mut huating = place.record("county:620824").unwrap();
    huating.values[slot::NAME] = Stored::Text("华亭".to_owned());
    place.keeper(Change::Put(huating));
    // The newer edition lacks this town's code: it is for the keeper to say that it is no more.
    let mut town = place.record("town:620824100").unwrap();
    town.values[slot::NOTE] = Stored::Text("the seat".to_owned());
    place.keeper(Change::Put(town.clone()));
    place.import(&["2.7.0"]);
    let after = place.record("town:620824100").unwrap();
    for field in ["code", "parent", "abolished"] {
        let slot = town.kind.slot_of(field);
        assert_eq!(after.values[slot], town.values[slot], "{field}");
    }
    let asked = place.ask(r#"{ region(code: "620881") { id name aliases code } }"#);
    assert_eq!(
        asked["region"],
        json!({ "id": "county:620824", "name": "华亭", "aliases": ["华亭市"], "code": "620881" })
    );
}

#[test]
fn what_an_import_added_does_not_keep_newer_data_from_mending_a_record() {
    let place = imported(&ALL);
    let newer = |old: &str, new: &str| {
        let mut files = builtin::files();
        let text = String::from_utf8(files["cities.csv"].clone()).unwrap();
        assert!(text.contains(old));
        files.insert("cities.csv".to_owned(), text.replace(old, new).into_bytes());
        builtin::load(&place.store, &files, TIME_MS).unwrap()
    };
    let before = place.record("city:370100").unwrap();
    let [predecessors, latitude] = ["predecessors", "latitude"].map(|field| before.kind.slot_of(field));
    assert_ne!(before.values[predecessors], Stored::Null);
    assert_eq!(newer("city:370100,济南市,,", "city:370100,济南市,Jinan,").kept, 0);
    let mended = place.record("city:370100").unwrap();
    assert_eq!(mended.values[slot::NAME_EN], Stored::Text("Jinan".to_owned()));
    // What the import added is still there.
    for slot in [predecessors, slot::CITATIONS] {
        assert_eq!(mended.values[slot], before.values[slot]);
    }
    assert_eq!(place.import(&ALL).revision, None);
    // And again; and a keeper's change still stands, before and after another import.
    assert_eq!(newer("city:370100,济南市,,", "city:370100,济南市,Jinan City,").kept, 0);
    let mut kept = place.record("city:370100").unwrap();
    assert_eq!(kept.values[slot::NAME_EN], Stored::Text("Jinan City".to_owned()));
    kept.values[latitude] = Stored::Float(36.5);
    place.keeper(Change::Put(kept.clone()));
    place.import(&["2.7.0"]);
    assert_eq!(newer("city:370100,济南市,,", "city:370100,济南市,JN,").kept, 1);
    assert_eq!(place.record("city:370100"), Some(kept));
}

#[test]
fn an_import_that_is_killed_leaves_all_of_it_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.redb");
    let start = |db: &std::path::Path| {
        let mut command = jiedui(&["import", "gazetteer", fixtures().to_str().unwrap()]);
        command.env("JIEDUI_DB", db).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command.spawn().unwrap()
    };
    let began = Instant::now();
    assert!(start(&whole).wait().unwrap().success());
    let takes = began.elapsed();
    let mut seen = [0; 3];
    for part in 1..=16 {
        let db = folder.path().join(format!("{part}.redb"));
        let mut child = start(&db);
        std::thread::sleep(takes * part / 17);
        child.kill().unwrap();
        child.wait().unwrap();
        let store = open(&db);
        let snapshot = store.snapshot().unwrap();
        let revision = snapshot.revision().unwrap();
        seen[usize::try_from(revision).unwrap()] += 1;
        let mut found = Vec::new();
        check(&snapshot, |difference| found.push(difference.to_string())).unwrap();
        assert_eq!(found, Vec::<String>::new());
        drop((snapshot, store));
        // The next one goes on as if nothing had been.
        assert!(start(&db).wait().unwrap().success());
        let store = open(&db);
        assert_eq!(store.snapshot().unwrap().revision().unwrap(), 2);
    }
    assert!(seen[0] + seen[1] > 0, "none was killed before it was done, in {takes:?}: {seen:?}");
}
