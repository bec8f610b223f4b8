//! The national pairings: how many, what each has, and the codes that find their regions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{ask, ask_with};

/// Rows of the keeper's list that rest on memory alone: none of them is shipped.
const FROM_MEMORY: &[&str] = &[
    "p023", "p024", "p025", "p027", "p028", "p029", "p030", "p049", "p056", "p098", "p102", "p103", "p104", "p105",
    "p261", "p271", "p272",
];

/// Rows that are the article's own pairings, with the record that took each in.
const MERGED: &[(&str, &str)] = &[
    ("p060", "pairing:zhongshan-zhaotong"),
    ("p297", "pairing:zhongshan-zhaoqing"),
    ("p298", "pairing:zhongshan-chaozhou"),
    ("p299", "pairing:zhongshan-yanjin"),
    ("p300", "pairing:zhongshan-daguan"),
    ("p301", "pairing:zhongshan-yongshan"),
    ("p302", "pairing:zhongshan-suijiang"),
];

/// The article's pairings, which are no rows of the list.
const ARTICLES: usize = 13;

fn pairings() -> Vec<Value> {
    let answer = ask("{ pairings(first: 1000) { totalCount nodes {
        id name form since until untilBasis lastSeen note programme { id form } round { id form partOf { id } }
        helpers { __typename id } helped { __typename id }
        citations { field source { id title kind } }
    } } }");
    let nodes = list(&answer["pairings"]["nodes"]);
    assert_eq!(answer["pairings"]["totalCount"], nodes.len());
    nodes.to_vec()
}

/// Those of the list, by their ids `p001` to `p302`.
fn national() -> BTreeMap<String, Value> {
    let of_list = |node: Value| {
        let id = text(&node["id"]);
        let number = id.strip_prefix("pairing:")?.to_owned();
        (number.len() == 4 && number.starts_with('p')).then_some((number, node))
    };
    pairings().into_iter().filter_map(of_list).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn ids(nodes: &Value) -> Vec<String> {
    list(nodes).iter().map(|node| text(&node["id"])).collect()
}

#[test]
fn all_that_were_verified_are_there_once() {
    let found: BTreeSet<_> = national().into_keys().collect();
    let not_shipped = |id: &String| {
        let id = id.as_str();
        FROM_MEMORY.contains(&id) || MERGED.iter().any(|(merged, _)| *merged == id)
    };
    let expected: BTreeSet<_> = (1..=302).map(|number| format!("p{number:03}")).filter(|id| !not_shipped(id)).collect();
    assert_eq!(expected.len(), 278);
    assert_eq!(found, expected);
    assert_eq!(pairings().len(), 278 + ARTICLES);
}

#[test]
fn no_pairing_rests_on_memory() {
    for id in FROM_MEMORY {
        assert!(ask(&format!("{{ node(id: \"pairing:{id}\") {{ id }} }}"))["node"].is_null(), "{id}");
    }
    for node in pairings() {
        let cited = list(&node["citations"]).iter().filter(|citation| citation["field"].is_null());
        let sources: BTreeSet<_> = cited.map(|citation| text(&citation["source"]["id"])).collect();
        // The keeper's own table says what a round is; that a pairing was, it does not.
        let seen = sources.iter().any(|source| source != "source:keeper-programmes");
        assert!(seen, "{}: {sources:?}", node["id"]);
        assert!(!sources.iter().any(|source| source.contains("memory")), "{}", node["id"]);
    }
}

#[test]
fn every_national_pairing_has_a_programme_a_round_a_form_and_a_source_with_its_kind() {
    let mut wrong = Vec::new();
    for (id, node) in national() {
        let mut holds = |condition: bool, what: &str| {
            if !condition {
                wrong.push(format!("{id}: {what}"));
            }
        };
        holds(!text(&node["programme"]["id"]).is_empty(), "no programme");
        holds(!node["round"].is_null() || !node["note"].is_null(), "neither a round nor a reason");
        holds(node["form"] == node["programme"]["form"], "another form than its programme");
        let round = &node["round"];
        holds(round.is_null() || node["form"] == round["form"], "another form than its round");
        holds(list(&node["citations"]).iter().all(|cited| !text(&cited["source"]["kind"]).is_empty()), "no kind");
        holds(node["until"].is_null() == node["untilBasis"].is_null(), "`until` and how it is known go together");
        holds(list(&node["helpers"]).len() == 1 && list(&node["helped"]).len() == 1, "one party on each side");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_round_belongs_to_the_programme_of_its_pairings() {
    // A round can stand within another round of the same programme, as those of counties do.
    let query = "query($id: ID!) { node(id: $id) { ... on Programme { partOf { id partOf { id } } } } }";
    let pairs: BTreeSet<_> =
        national().values().map(|node| (text(&node["round"]["id"]), text(&node["programme"]["id"]))).collect();
    assert_eq!(pairs.len(), 23);
    for (round, programme) in pairs {
        let above = &ask_with(query, json!({ "id": round }))["node"]["partOf"];
        let found = [text(&above["id"]), text(&above["partOf"]["id"])];
        assert!(found.contains(&programme), "{round} stands within {found:?}, not {programme}");
    }
}

#[test]
fn the_articles_own_pairings_took_theirs_in() {
    for (id, record) in MERGED {
        assert!(ask(&format!("{{ node(id: \"pairing:{id}\") {{ id }} }}"))["node"].is_null(), "{id}");
        let query = "query($id: ID!) { node(id: $id) { ... on Pairing { round { id } citations { source { id } } } } }";
        let node = ask_with(query, json!({ "id": record }))["node"].clone();
        assert!(!node["round"].is_null(), "{record} has no round");
        let sources: BTreeSet<_> = list(&node["citations"]).iter().map(|cited| text(&cited["source"]["id"])).collect();
        // P060 had a source of its own; the rest had the article.
        let other = if *id == "p060" { "source:zhaotong-daily-2019" } else { "source:keeper-programmes" };
        assert!(sources.contains(other) && sources.contains("source:seed-article"), "{record}: {sources:?}");
    }
}

#[test]
fn sources_of_each_kind_stand_behind_the_pairings() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for node in national().values() {
        let of_record = list(&node["citations"]).iter().filter(|citation| citation["field"].is_null());
        let found: BTreeSet<_> = of_record
            .filter(|citation| citation["source"]["id"] != "source:keeper-programmes")
            .map(|citation| text(&citation["source"]["kind"]))
            .collect();
        for kind in found {
            *kinds.entry(kind).or_default() += 1;
        }
    }
    // The list of Xinjiang is a forum's: 49 pairings, and one more of another forum. No reader is spared it.
    assert_eq!(kinds.get("FORUM"), Some(&50), "{kinds:?}");
    for kind in ["GOVERNMENT", "NEWSPAPER", "REPRINT", "WIKI", "STATE_MEDIA", "ORAL_HISTORY", "COMPANY", "JOURNAL"] {
        assert!(kinds.contains_key(kind), "{kind}: {kinds:?}");
    }
    assert!(!kinds.contains_key("DATASET"), "{kinds:?}");
}

#[test]
fn both_sides_of_a_cooperation_are_partners_and_nobody_helps() {
    let query = "query($id: ID!) { node(id: $id) { ... on Party {
        pairings(first: 1000) { edges { role node { id } } }
        partner: pairings(role: PARTNER, first: 1000) { nodes { id } }
        helper: pairings(role: HELPER, first: 1000) { nodes { id } }
        helped: pairings(role: HELPED, first: 1000) { nodes { id } }
    } } }";
    let all = national();
    let cooperations: Vec<_> = all.values().filter(|node| node["form"] == "COOPERATION").collect();
    assert_eq!(cooperations.len(), 21);
    for pairing in cooperations {
        for party in ["helpers", "helped"].iter().flat_map(|side| ids(&pairing[*side])) {
            let node = ask_with(query, json!({ "id": party }))["node"].clone();
            let mut edges = list(&node["pairings"]["edges"]).iter().filter(|edge| edge["node"]["id"] == pairing["id"]);
            assert!(edges.all(|edge| edge["role"] == "PARTNER"), "{} of {party}", pairing["id"]);
            let id = text(&pairing["id"]);
            let found = ["partner", "helper", "helped"].map(|role| ids(&node[role]["nodes"]).contains(&id));
            assert_eq!(found, [true, false, false], "{id} of {party}");
        }
    }
}

#[test]
fn both_sides_of_aid_and_support_have_their_role() {
    let query = "query($id: ID!, $role: Role!) { node(id: $id) { ... on Party {
        pairings(role: $role, first: 1000) { nodes { id } }
    } } }";
    let all = national();
    let one_sided: Vec<_> = all.values().filter(|node| node["form"] != "COOPERATION").collect();
    assert_eq!(one_sided.len(), 278 - 21);
    for pairing in one_sided {
        for (side, role) in [("helpers", "HELPER"), ("helped", "HELPED")] {
            for party in ids(&pairing[side]) {
                let node = ask_with(query, json!({ "id": party, "role": role }))["node"].clone();
                assert!(ids(&node["pairings"]["nodes"]).contains(&text(&pairing["id"])), "{party} {role}");
            }
        }
    }
}

#[test]
fn a_region_is_found_by_every_code_that_it_had() {
    for (code, id, name) in [
        ("540200", "city:540200", "日喀则市"),
        ("542300", "city:540200", "日喀则市"),
        ("530600", "city:530600", "昭通市"),
        ("532100", "city:530600", "昭通市"),
        ("500000", "province:500000", "重庆市"),
        ("510200", "province:500000", "重庆市"),
        ("445103", "county:445103", "潮安区"),
        ("445121", "county:445103", "潮安区"),
        // Prefectures of Tibet and Xinjiang that became cities.
        ("542200", "city:540500", "山南市"),
        ("542600", "city:540400", "林芝市"),
        ("542100", "city:540300", "昌都市"),
        ("542400", "city:540600", "那曲市"),
        ("652100", "city:650400", "吐鲁番市"),
        ("652200", "city:650500", "哈密市"),
        // A county that became a district, and one that changed province.
        ("510724", "county:510705", "安州区"),
        ("511222", "county:500233", "忠县"),
        // A town that became a subdistrict.
        ("442000100", "town:442000100", "小榄镇"),
    ] {
        let query = "query($code: String!, $id: ID!) {
            region(code: $code) { id name codes { code } } node(id: $id) { id }
        }";
        let kind = id.split(':').next().unwrap_or_default();
        let answer = ask_with(query, json!({ "code": code, "id": format!("{kind}:{code}") }));
        let region = &answer["region"];
        assert_eq!((&region["id"], &region["name"]), (&json!(id), &json!(name)), "{code}");
        assert!(list(&region["codes"]).iter().any(|had| had["code"] == code), "{code}");
        // `node` takes any code too, and gives the id that never changes.
        assert_eq!(answer["node"]["id"], id, "{kind}:{code}");
    }
}

#[test]
fn every_code_of_every_region_finds_it() {
    let levels = ["provinces", "cities", "counties", "towns", "villages"];
    let fields: Vec<_> =
        levels.iter().map(|level| format!("{level}(first: 1000) {{ nodes {{ id codes {{ code }} }} }}")).collect();
    let answer = ask(&format!("{{ {} }}", fields.join(" ")));
    let mut asked = 0;
    for region in levels.iter().flat_map(|level| list(&answer[*level]["nodes"])) {
        for code in list(&region["codes"]) {
            let found = ask_with("query($c: String!) { region(code: $c) { id } }", json!({ "c": code["code"] }));
            assert_eq!(found["region"]["id"], region["id"], "{}", code["code"]);
            asked += 1;
        }
    }
    assert!(asked > 600, "{asked}");
    assert!(ask("{ region(code: \"999999\") { id } }")["region"].is_null());
}

#[test]
fn helper_towns_of_zhongshan_are_towns_and_not_their_city() {
    let all = national();
    for (id, helper, name, helped) in [
        ("p065", "town:442000003", "火炬开发区", "county:530624"),
        ("p066", "town:442000001", "石岐区", "county:530623"),
        ("p067", "town:442000002", "东区", "county:530626"),
        ("p068", "town:442000100", "小榄镇", "county:530625"),
    ] {
        let pairing = &all[id];
        assert_eq!(ids(&pairing["helpers"]), [helper], "{id}");
        assert_eq!(ids(&pairing["helped"]), [helped], "{id}");
        assert_eq!(pairing["helpers"][0]["__typename"], "Town", "{id}");
        let query = "query($id: ID!) { node(id: $id) { ... on Town { name aliases level parent { id } } } }";
        let town = ask_with(query, json!({ "id": helper }))["node"].clone();
        assert_eq!((&town["level"], &town["parent"]["id"]), (&json!("TOWN"), &json!("city:442000")), "{id}");
        // The list has the names of 2017; some are former names by now.
        let known = town["name"] == name || list(&town["aliases"]).iter().any(|alias| alias == name);
        assert!(known, "{id}: {town}");
    }
}

#[test]
fn a_party_without_a_division_code_is_an_organization() {
    let all = national();
    for (id, side, party, kind) in [
        ("p080", "helpers", "organization:jinan-high-tech-zone", "DEVELOPMENT_ZONE"),
        ("p193", "helped", "organization:xpcc-division-14", "CORPS_DIVISION"),
        ("p194", "helped", "organization:xpcc-division-10", "CORPS_DIVISION"),
        ("p195", "helped", "organization:xpcc-division-5", "CORPS_DIVISION"),
        ("p196", "helped", "organization:xpcc-division-2", "CORPS_DIVISION"),
        ("p197", "helped", "organization:xpcc-division-4", "CORPS_DIVISION"),
        ("p198", "helped", "organization:xpcc-division-7", "CORPS_DIVISION"),
        ("p296", "helpers", "organization:dapeng-new-district", "DEVELOPMENT_ZONE"),
    ] {
        assert_eq!(ids(&all[id][side]), [party], "{id}");
        let query = "query($id: ID!) { node(id: $id) { ... on Organization { kind region { id } } } }";
        let node = ask_with(query, json!({ "id": party }))["node"].clone();
        assert_eq!(node["kind"], kind, "{party}");
        assert!(!node["region"].is_null(), "{party}");
    }
    let organizations = all.values().flat_map(|node| [&node["helpers"], &node["helped"]]);
    let count = organizations.filter(|side| side[0]["__typename"] == "Organization").count();
    assert_eq!(count, 8);
}
