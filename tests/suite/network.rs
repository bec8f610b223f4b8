//! Questions about the network: paths, neighborhoods, coverage, withdrawal, distances.

use jiedui::api::error::Code;
use jiedui::api::request::{Answer, Request};
use serde_json::{Value, json};

use crate::support::{ask, data, loaded_with, shared};

fn ids(nodes: &Value) -> Vec<&str> {
    nodes.as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect()
}

fn path(arguments: &str) -> Value {
    let query = format!(
        "{{ path({arguments}) {{ length visited cut nodes {{ id }} steps {{ tie from {{ id }} to {{ id }} via {{ id }} }} }} }}"
    );
    ask(&query)["path"].clone()
}

const TO_GUILIN: &str = "from: \"city:442000\", to: \"city:450300\"";

#[test]
fn a_path_is_the_shortest_and_each_step_says_by_what() {
    let found = path(TO_GUILIN);
    assert_eq!(found["length"], 2);
    assert_eq!(ids(&found["nodes"]), ["city:442000", "city:441200", "city:450300"]);
    let steps = json!([
        { "tie": "PAIRING", "from": { "id": "city:442000" }, "to": { "id": "city:441200" },
            "via": { "id": "pairing:zhongshan-zhaoqing" } },
        { "tie": "PAIRING", "from": { "id": "city:441200" }, "to": { "id": "city:450300" },
            "via": { "id": "pairing:p064" } },
    ]);
    assert_eq!(found["steps"], steps);
    assert_eq!(found["cut"], Value::Null);
    // Pairings are walked both ways.
    let back = path("from: \"city:450300\", to: \"city:442000\"");
    assert_eq!(ids(&back["nodes"]), ["city:450300", "city:441200", "city:442000"]);
    let same = path("from: \"city:442000\", to: \"city:442000\"");
    assert_eq!((&same["length"], ids(&same["nodes"])), (&json!(0), vec!["city:442000"]));
    assert_eq!(same["steps"], json!([]));
}

/// The steps from a record, each as the record, the tie, and what stands between, in the order of records.
fn steps_from(id: &str, along: &str) -> Vec<[Value; 3]> {
    let query = format!(
        "{{ neighborhood(of: \"{id}\", along: {along}) {{ members(first: 1000) {{ edges {{ tie via {{ id }} node {{ id }} }} }} }} }}"
    );
    let edges = ask(&query)["neighborhood"]["members"]["edges"].as_array().unwrap().clone();
    edges.iter().map(|edge| [edge["node"]["id"].clone(), edge["tie"].clone(), edge["via"]["id"].clone()]).collect()
}

#[test]
fn a_path_is_the_one_that_a_plain_walk_from_its_beginning_finds_first() {
    const FROM: &str = "city:442000";
    for along in ["[PAIRING]", "[PAIRING, HIERARCHY, PLACE]"] {
        // Breadth first: each record by the first way that leads to it.
        let mut met: Vec<(String, Vec<[Value; 3]>)> = vec![(FROM.to_owned(), Vec::new())];
        let mut at = 0;
        while at < met.len() && at < 150 {
            let (id, way) = met[at].clone();
            for step in steps_from(&id, along) {
                let to = step[0].as_str().unwrap();
                if !met.iter().any(|(known, _)| known == to) {
                    met.push((to.to_owned(), [way.as_slice(), std::slice::from_ref(&step)].concat()));
                }
            }
            at += 1;
        }
        assert!(met.iter().any(|(_, way)| way.len() > 3), "{along}");
        for (to, way) in met.iter().step_by(11) {
            let found = path(&format!("from: \"{FROM}\", to: \"{to}\", along: {along}, depth: 12"));
            assert_eq!(found["length"], way.len(), "{to}");
            let steps = found["steps"].as_array().unwrap().iter();
            let steps: Vec<_> =
                steps.map(|step| [step["to"]["id"].clone(), step["tie"].clone(), step["via"]["id"].clone()]).collect();
            assert_eq!(steps, *way, "{to}");
            // What is exactly as far as may be is found, and what is a step farther is not.
            if way.len() > 1 {
                let depth = |depth: usize| {
                    path(&format!("from: \"{FROM}\", to: \"{to}\", along: {along}, depth: {depth}"))["length"].clone()
                };
                assert_eq!((depth(way.len()), depth(way.len() - 1)), (json!(way.len()), Value::Null), "{to}");
            }
        }
    }
}

#[test]
fn a_path_goes_along_the_chosen_ties_alone() {
    let up = path("from: \"city:442000\", to: \"city:445100\", along: [HIERARCHY]");
    assert_eq!(ids(&up["nodes"]), ["city:442000", "province:440000", "city:445100"]);
    assert!(up["steps"].as_array().unwrap().iter().all(|it| it["tie"] == "HIERARCHY" && it["via"].is_null()));
    assert_eq!(path(&format!("{TO_GUILIN}, along: [HIERARCHY]"))["length"], Value::Null);
    // Along nothing leads nowhere.
    assert_eq!(path(&format!("{TO_GUILIN}, along: []"))["length"], Value::Null);
    let both =
        path("from: \"city:442000\", to: \"province:540000\", along: [PAIRING, HIERARCHY], asOf: \"2018-01-01\"");
    let ties: Vec<_> = both["steps"].as_array().unwrap().iter().map(|step| step["tie"].clone()).collect();
    assert_eq!(ties.iter().filter(|tie| **tie == "PAIRING").count(), 1, "{both}");
    assert_eq!(both["length"].as_u64(), Some(ties.len() as u64));
    let member = path("from: \"group:villages131\", to: \"village:441225114202\", along: [MEMBERSHIP]");
    assert_eq!(member["length"], 1);
    let place = path("from: \"organization:zhongshan-market\", to: \"city:442000\", along: [PLACE]");
    assert_eq!((&place["length"], &place["steps"][0]["tie"]), (&json!(1), &json!("PLACE")));
    assert_eq!(
        path("from: \"organization:zhongshan-market\", to: \"city:442000\", along: [OPERATION]")["length"],
        Value::Null
    );
}

#[test]
fn a_path_as_of_a_day_goes_by_pairings_in_force_on_it() {
    assert_eq!(path(&format!("{TO_GUILIN}, asOf: \"2018-01-01\""))["length"], 2);
    let before = path(&format!("{TO_GUILIN}, asOf: \"1990-01-01\""));
    assert_eq!((&before["length"], &before["nodes"], &before["visited"]), (&Value::Null, &json!([]), &json!(1)));
    // 中山 helped 六盘水 after that day.
    let later = "from: \"city:442000\", to: \"city:520200\"";
    assert_eq!(path(later)["length"], 1);
    assert_ne!(path(&format!("{later}, asOf: \"2018-01-01\""))["length"], 1);
}

#[test]
fn a_path_that_is_longer_than_asked_is_none_and_says_why() {
    let short = path(&format!("{TO_GUILIN}, depth: 1"));
    assert_eq!(short["length"], Value::Null);
    assert_eq!(short["cut"], "nothing farther than 1 step was looked at");
    assert_eq!(path(&format!("{TO_GUILIN}, depth: 2"))["length"], 2);
    // Nothing more is there to be looked at: that is no cut.
    let none = path("from: \"city:442000\", to: \"city:450300\", along: [HIERARCHY], depth: 12");
    assert_eq!((&none["length"], &none["cut"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_neighborhood_lists_the_nearest_first_each_once() {
    let query = "{ neighborhood(of: \"city:442000\", depth: 2, asOf: \"2018-01-01\") {
        size cut members(first: 100) { totalCount edges { distance tie via { id } node { id } } }
        cities: members(filter: { id: { in: [\"city:530600\", \"city:442000\"] } }) { totalCount }
    } }";
    let found = &ask(query)["neighborhood"];
    let edges = found["members"]["edges"].as_array().unwrap();
    assert_eq!(found["size"], edges.len());
    assert_eq!(found["members"]["totalCount"], edges.len());
    let distances: Vec<_> = edges.iter().map(|edge| edge["distance"].as_u64().unwrap()).collect();
    assert!(distances.is_sorted() && distances.first() == Some(&1) && distances.last() == Some(&2), "{distances:?}");
    let mut seen: Vec<_> = edges.iter().map(|edge| edge["node"]["id"].as_str().unwrap()).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), edges.len());
    // It is not among its own neighbors, though pairings lead back to it.
    assert!(!seen.contains(&"city:442000") && seen.contains(&"city:450300"), "{seen:?}");
    assert_eq!(found["cities"]["totalCount"], 1);
    let one = &ask("{ neighborhood(of: \"city:442000\", asOf: \"2018-01-01\") { size cut } }")["neighborhood"];
    assert_eq!(one["size"], distances.iter().filter(|distance| **distance == 1).count());
    assert_eq!(one["cut"], Value::Null);
}

fn coverage(arguments: &str) -> Value {
    let query = format!(
        "{{ coverage({arguments}) {{ total paired share pairedRegions {{ nodes {{ id }} }}
            unpaired {{ nodes {{ id }} }} unlistedGroups {{ nodes {{ id }} }} }} }}"
    );
    ask(&query)["coverage"].clone()
}

#[test]
fn coverage_tells_who_is_helped_and_who_is_not() {
    let found = coverage("within: \"province:520000\", level: CITY, asOf: \"2018-01-01\"");
    assert_eq!((&found["total"], &found["paired"], &found["share"]), (&json!(9), &json!(8), &json!("88.888889")));
    assert_eq!(ids(&found["unpaired"]["nodes"]), ["city:520100"]);
    assert_eq!(ids(&found["pairedRegions"]["nodes"]).len(), 8);
    // What is only presumed on a day is left out on demand.
    let day = "within: \"province:520000\", level: CITY, asOf: \"2021-06-01\"";
    let (all, certain) = (coverage(day), coverage(&format!("{day}, certain: true")));
    assert!(certain["paired"].as_u64() < all["paired"].as_u64(), "{certain}");
    assert_eq!(coverage("within: \"province:520000\", level: CITY, asOf: \"1980-01-01\"")["paired"], 0);
    // Nobody helps the helpers, and to help is not to be helped.
    assert_eq!(coverage("within: \"province:440000\", level: CITY, asOf: \"2012-06-01\"")["paired"], 0);
    let none = coverage("within: \"county:530623\", level: VILLAGE, asOf: \"2018-01-01\"");
    assert_eq!((&none["total"], &none["share"]), (&json!(0), &Value::Null));
}

#[test]
fn coverage_by_a_programme_counts_its_rounds_and_their_parts_too() {
    let day = "within: \"province:530000\", level: COUNTY, asOf: \"2020-01-01\"";
    let four = ["county:530623", "county:530624", "county:530625", "county:530626"];
    for programme in ["east-west", "east-west-round-2016", "east-west-round-2016-zhongshan-zhaotong", "hand-in-hand"] {
        let found = coverage(&format!("{day}, programme: \"programme:{programme}\""));
        assert_eq!(ids(&found["pairedRegions"]["nodes"]), four, "{programme}");
    }
    let other = coverage(&format!("{day}, programme: \"programme:tibet\""));
    assert_eq!((&other["paired"], &other["total"]), (&json!(0), &json!(5)));
}

#[test]
fn sets_whose_members_are_not_listed_are_told_beside_the_count() {
    let found = coverage("within: \"city:441200\", level: VILLAGE, asOf: \"2020-01-01\"");
    assert_eq!(ids(&found["unlistedGroups"]["nodes"]), ["group:villages131"]);
    // Its known member counts as helped.
    assert_eq!(ids(&found["pairedRegions"]["nodes"]), ["village:441225114202"]);
    // The 182 villages stand within a set of four counties, and so within the province.
    for within in ["province:530000", "city:530600", "county:530626"] {
        let found = coverage(&format!("within: \"{within}\", level: VILLAGE, asOf: \"2020-01-01\""));
        assert!(ids(&found["unlistedGroups"]["nodes"]).contains(&"group:villages182"), "{within}: {found}");
    }
    let elsewhere = coverage("within: \"province:520000\", level: VILLAGE, asOf: \"2020-01-01\"");
    assert_eq!(elsewhere["unlistedGroups"]["nodes"], json!([]));
    let towns = coverage("within: \"province:530000\", level: TOWN, asOf: \"2020-01-01\"");
    assert_eq!(towns["unlistedGroups"]["nodes"], json!([]));
}

#[test]
fn whoever_has_another_helper_is_not_left_without_help() {
    let withdrawal = |arguments: &str| {
        let query =
            format!("{{ withdrawal({arguments}) {{ helped leftAlone left {{ totalCount nodes {{ id }} }} }} }}");
        let found = ask(&query)["withdrawal"].clone();
        assert_eq!(found["leftAlone"], found["left"]["totalCount"]);
        found
    };
    let found = withdrawal("of: \"city:442000\", asOf: \"2019-01-01\"");
    assert_eq!(found["helped"], 8);
    assert_eq!(ids(&found["left"]["nodes"]), ["city:441200", "city:445100"]);
    // Certain pairings alone: 昭通 has 东莞 as well, the counties have nobody else.
    let certain = withdrawal("of: \"city:442000\", asOf: \"2019-01-01\", certain: true");
    assert!(ids(&certain["left"]["nodes"]).contains(&"county:530623"), "{certain}");
    assert!(!ids(&certain["left"]["nodes"]).contains(&"city:530600"), "{certain}");
    assert_eq!(withdrawal("of: \"city:442000\", asOf: \"1980-01-01\"")["helped"], 0);
    assert_eq!(
        withdrawal("of: \"city:441200\", asOf: \"2019-01-01\"")["left"]["nodes"],
        json!([{ "id": "city:450300" }])
    );
}

#[test]
fn in_a_cooperation_nobody_is_helped_and_so_nobody_is_left_without_help() {
    let withdrawal = |of: &str, day: &str| {
        let query = format!(
            "{{ withdrawal(of: \"{of}\", asOf: \"{day}\") {{ helped left {{ nodes {{ id }} }}
                partners {{ nodes {{ id }} }} unpaired {{ nodes {{ id }} }} }} }}"
        );
        ask(&query)["withdrawal"].clone()
    };
    for (one, other) in [("province:210000", "province:320000"), ("province:320000", "province:210000")] {
        let found = withdrawal(one, "2019-01-01");
        assert_eq!(ids(&found["partners"]["nodes"]), [other]);
        assert!(!ids(&found["left"]["nodes"]).contains(&other), "{one}: {found}");
    }
    // 梅州 has nobody but 广州, 龙岩 another too; both lose a partner and no help.
    let found = withdrawal("city:440100", "2023-01-01");
    assert_eq!(ids(&found["partners"]["nodes"]), ["city:350800", "city:441400"]);
    let unpaired = ids(&found["unpaired"]["nodes"]);
    assert!(!unpaired.contains(&"city:350800") && unpaired.contains(&"city:441400"), "{found}");
    assert_eq!(withdrawal("city:350800", "2023-01-01")["unpaired"]["nodes"], json!([]));
    // 陕西 loses the help of 江苏, and has a pairing with others still: it helps a part of Tibet.
    let found = withdrawal("province:320000", "2019-01-01");
    assert!(ids(&found["left"]["nodes"]).contains(&"province:610000"), "{found}");
    assert!(!ids(&found["unpaired"]["nodes"]).contains(&"province:610000"), "{found}");
    // 龙岩 cooperates with 广州, and 梅州 too: to be paired so is not to be helped.
    for (within, city) in [("province:350000", "city:350800"), ("province:440000", "city:441400")] {
        let found = coverage(&format!("within: \"{within}\", level: CITY, asOf: \"2023-01-01\""));
        assert!(ids(&found["unpaired"]["nodes"]).contains(&city), "{city}: {found}");
    }
}

#[test]
fn a_second_helper_changes_who_is_left() {
    let pairing = "pairing:t1,再帮扶肇庆,,,,programme:in-province,programme:in-province-round-2016,AID,2016,,,,,\n";
    let loaded = loaded_with(&[
        ("pairings.csv", pairing),
        ("pairings-helpers.csv", "pairing:t1,city:440100,,,\n"),
        ("pairings-helped.csv", "pairing:t1,city:441200,,,\n"),
        ("citations.csv", "pairing:t1,source:seed-article,,1,,,\n"),
    ]);
    let query = "{ withdrawal(of: \"city:442000\", asOf: \"2019-01-01\") { left { nodes { id } } } }";
    let found = data(&loaded.api.answer_now(&Request::new(query)));
    assert_eq!(ids(&found["withdrawal"]["left"]["nodes"]), ["city:445100"]);
}

#[test]
fn whoever_a_helped_set_lists_is_not_left_without_help() {
    // 肇庆 and 潮州 have nobody but 中山. A set lists 肇庆, and 广州 helps the set.
    let rows = |helped: &str, of_set: &str| {
        loaded_with(&[
            ("groups.csv", &format!("group:t1,两市,,,,REGION,2,EXACT,false,,{of_set},,\n")),
            ("groups-members.csv", "group:t1,city:441200,STATED,\n"),
            (
                "pairings.csv",
                "pairing:t1,再帮扶两市,,,,programme:in-province,programme:in-province-round-2016,AID,2016,,,,,\n",
            ),
            ("pairings-helpers.csv", "pairing:t1,city:440100,,,\n"),
            ("pairings-helped.csv", &format!("pairing:t1,{helped},,,\n")),
            ("citations.csv", "pairing:t1,source:seed-article,,1,,,\ngroup:t1,source:seed-article,,1,,,\n"),
        ])
    };
    let query = "{ withdrawal(of: \"city:442000\", asOf: \"2019-01-01\") { left { nodes { id } } } }";
    let left = |helped: &str, of_set: &str| {
        let found = data(&rows(helped, of_set).api.answer_now(&Request::new(query)));
        found["withdrawal"]["left"]["nodes"].clone()
    };
    assert_eq!(ids(&left("group:t1", "")), ["city:445100"]);
    // The set came about under a pairing that helps: so it is helped too.
    assert_eq!(ids(&left("county:530623", "pairing:t1")), ["city:445100"]);
    assert_eq!(ids(&left("county:530623", "")), ["city:441200", "city:445100"]);
}

#[test]
fn a_region_is_named_by_its_id_or_by_any_code_alone() {
    let by = |within: &str, of: &str| {
        ask(&format!(
            "{{ coverage(within: \"{within}\", level: CITY, asOf: \"2018-01-01\") {{ total paired }}
                withdrawal(of: \"{of}\", asOf: \"2018-01-01\") {{ helped }}
                path(from: \"{of}\", to: \"city:450300\") {{ length }}
                search(text: \"市\", within: \"{within}\") {{ size }} }}"
        ))
    };
    assert_eq!(by("520000", "442000"), by("province:520000", "city:442000"));
    // 110221 was 昌平县, and is 昌平区.
    let query = "{ neighborhood(of: \"110221\", along: [HIERARCHY]) { members { nodes { id } } } }";
    assert_eq!(ids(&ask(query)["neighborhood"]["members"]["nodes"]), ["province:110000"]);
    let Answer { errors, .. } = shared().answer_now(&Request::new("{ withdrawal(of: \"999999\") { helped } }"));
    assert_eq!(errors[0].message, "of: there is no record 999999");
}

#[test]
fn a_condition_on_an_id_takes_a_code_that_a_region_had() {
    let found = ask("{
        by: counties(filter: { id: { eq: \"county:110221\" } }) { totalCount nodes { id } }
        among: counties(filter: { id: { in: [\"county:110221\", \"county:530623\"] } }) { nodes { id } }
        without: counties(filter: { not: { id: { eq: \"county:110221\" } } }, first: 0) { totalCount }
        all: counties(first: 0) { totalCount }
        below: provinces(filter: { children: { some: { id: { eq: \"county:110221\" } } } }) { nodes { id } }
        nobody: counties(filter: { id: { eq: \"county:999999\" } }) { totalCount }
        other: cities(filter: { id: { eq: \"city:110221\" } }) { totalCount }
    }");
    assert_eq!(ids(&found["by"]["nodes"]), ["county:110114"]);
    assert_eq!(ids(&found["among"]["nodes"]), ["county:110114", "county:530623"]);
    assert_eq!(found["without"]["totalCount"].as_u64().unwrap() + 1, found["all"]["totalCount"].as_u64().unwrap());
    assert_eq!(ids(&found["below"]["nodes"]), ["province:110000"]);
    assert_eq!((&found["nobody"]["totalCount"], &found["other"]["totalCount"]), (&json!(0), &json!(0)));
}

#[test]
fn distances_are_in_kilometres_and_null_where_a_side_is_no_one_place() {
    let found = ask("{
        region(code: \"442000\") {
            byCode: distanceTo(region: \"530600\") byId: distanceTo(region: \"city:530600\") self: distanceTo(region: \"442000\")
        }
        back: region(code: \"530600\") { distanceTo(region: \"442000\") }
        one: node(id: \"pairing:zhongshan-zhaotong\") { ... on Pairing { distance } }
        joint: node(id: \"pairing:zhongshan-zhaoqing-chaozhou\") { ... on Pairing { distance } }
        group: node(id: \"pairing:zhongshan-counties4\") { ... on Pairing { distance } }
        far: region(code: \"110000\") { distanceTo(region: \"310000\") }
    }");
    // By hand from the coordinates of the two, with the mean radius of the Earth.
    let kilometres = found["region"]["byCode"].as_f64().unwrap();
    assert!((1100.0..1120.0).contains(&kilometres), "{kilometres}");
    assert!((1060.0..1080.0).contains(&found["far"]["distanceTo"].as_f64().unwrap()), "{found}");
    for same in [&found["region"]["byId"], &found["back"]["distanceTo"], &found["one"]["distance"]] {
        assert_eq!(*same, kilometres);
    }
    assert_eq!(found["region"]["self"], 0.0);
    assert_eq!(found["joint"]["distance"], Value::Null);
    assert_eq!(found["group"]["distance"], Value::Null);
}

#[test]
fn what_cannot_be_asked_is_refused_with_the_reason() {
    for (question, why) in [
        ("path(from: \"city:0\", to: \"city:442000\") { length }", "from: there is no record city:0"),
        (
            "path(from: \"city:442000\", to: \"x\") { length }",
            "to: an id is a kind, a colon and a key, such as city:442000; found \"x\"",
        ),
        ("path(from: \"city:442000\", to: \"city:442000\", depth: 13) { length }", "depth: expected 1 to 12, found 13"),
        ("neighborhood(of: \"city:442000\", depth: 0) { size }", "depth: expected 1 to 12, found 0"),
        ("coverage(within: \"group:towns25\", level: VILLAGE) { total }", "within: group:towns25 is no region"),
        ("coverage(within: \"city:442000\", level: CITY) { total }", "level: there is none of it below city:442000"),
        (
            "coverage(within: \"city:442000\", level: TOWN, programme: \"city:442000\") { total }",
            "programme: city:442000 is none",
        ),
        ("withdrawal(of: \"programme:tibet\") { helped }", "of: programme:tibet can neither help nor be helped"),
        ("region(code: \"442000\") { distanceTo(region: \"99\") }", "region: no region has the id or code \"99\""),
    ] {
        let answer = shared().answer_now(&Request::new(&format!("{{ {question} }}")));
        let told: Vec<_> = answer.errors.iter().map(|error| (error.code, error.message.as_str())).collect();
        assert_eq!(told, [(Code::BadUserInput, why)], "{question}");
    }
}
