//! The sixteen traps of the seed article and the national list, each of which breaks a naive model.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{ask, ask_with};

const ARTICLE: &str = "source:seed-article";

/// Figures that the article prints as bounds.
const LOWER_BOUNDS: &[(&str, &[&str])] = &[
    ("MORE_THAN", &["f082", "f087", "f109"]),
    ("AT_LEAST", &["f019", "f022", "f027", "f029", "f063", "f083", "f092"]),
];

/// One record, with a selection of its kind.
fn node(id: &str, selection: &str) -> Value {
    let kind = id.split(':').next().unwrap_or_default();
    let kind: String = kind.split('-').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..])).collect();
    let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {selection} }} }} }}");
    let found = ask_with(&query, json!({ "id": id }))["node"].clone();
    assert!(found.is_object(), "there is no {id}");
    found
}

/// What each id's record answers to a selection.
fn each(ids: &[&str], selection: &str) -> Vec<Value> {
    ids.iter().map(|id| node(id, selection)).collect()
}

/// The ids of the observations that pass a filter.
fn observations(filter: &str) -> BTreeSet<String> {
    let answer = ask(&format!("{{ observations(first: 1000, filter: {{ {filter} }}) {{ nodes {{ id }} }} }}"));
    ids(&answer["observations"]["nodes"])
}

fn figures(numbers: &[&str]) -> BTreeSet<String> {
    numbers.iter().map(|number| format!("observation:{number}")).collect()
}

fn ids(nodes: &Value) -> BTreeSet<String> {
    list(nodes).iter().map(|node| text(&node["id"])).collect()
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The lines of the article that a record is cited with as a whole, with the remark on each.
fn lines(id: &str) -> Vec<(i64, String)> {
    let node = ask_with(
        "query($id: ID!) { node(id: $id) { citations { source { id } line field note } } }",
        json!({ "id": id }),
    );
    let cited = list(&node["node"]["citations"]).iter();
    let whole = cited.filter(|citation| citation["source"]["id"] == ARTICLE && citation["field"].is_null());
    let mut lines: Vec<_> =
        whole.map(|citation| (citation["line"].as_i64().unwrap_or_default(), text(&citation["note"]))).collect();
    lines.sort();
    lines
}

/// The pairings that a party has on a day.
fn pairings_on(party: &str, day: &str) -> BTreeSet<String> {
    let query = "query($id: ID!, $on: Date!) { node(id: $id) { ... on Party {
        pairings(asOf: $on, first: 1000) { nodes { id } }
    } } }";
    ids(&ask_with(query, json!({ "id": party, "on": day }))["node"]["pairings"]["nodes"])
}

#[test]
fn trap_01_one_figure_for_several_pairings_stays_one() {
    let joint = "pairing:zhongshan-zhaoqing-chaozhou";
    let found = node(joint, "joint helped { id } parts(first: 9) { nodes { id observations { totalCount } } }");
    assert_eq!(found["joint"], true);
    assert_eq!(ids(&found["helped"]), set(&["city:441200", "city:445100"]));
    // The parts have no figure of their own, and none that came down to them.
    let parts = &found["parts"]["nodes"];
    assert_eq!(ids(parts), set(&["pairing:zhongshan-zhaoqing", "pairing:zhongshan-chaozhou"]));
    assert!(list(parts).iter().all(|part| part["observations"]["totalCount"] == 0), "{parts}");
    for (figure, value) in [("f003", "131"), ("f004", "6028"), ("f102", "1230000000")] {
        let id = format!("observation:{figure}");
        let found = node(&id, "value subject { id }");
        assert_eq!((&found["value"], &found["subject"]["id"]), (&json!(value), &json!(joint)), "{figure}");
    }
    for city in each(&["city:441200", "city:445100"], "id observations { totalCount }") {
        assert_eq!(city["observations"]["totalCount"], 0, "{city}");
    }
}

#[test]
fn trap_02_helpers_can_be_several_a_set_or_of_unknown_number() {
    let bureaus = node("pairing:bureaus-anjing", "joint helpers { id } helped { id }");
    assert_eq!(bureaus["joint"], true);
    assert_eq!(
        ids(&bureaus["helpers"]),
        set(&["organization:zhongshan-ecology-bureau", "organization:zhongshan-urban-management-bureau"])
    );
    assert_eq!(ids(&bureaus["helped"]), set(&["village:441225114202"]));
    // The 25 towns help the four counties; which of their groups helps which county is not said.
    let towns = node("pairing:town-groups-counties", "helpers { id } helped { id } parts { totalCount }");
    assert_eq!(ids(&towns["helpers"]), set(&["group:towns25"]));
    assert_eq!((ids(&towns["helped"]), &towns["parts"]["totalCount"]), (set(&["group:counties4"]), &json!(0)));
    let groups = node("group:towns25", "size subsets(first: 9) { nodes { id size pairings { totalCount } } }");
    assert_eq!((&groups["size"], list(&groups["subsets"]["nodes"]).len()), (&json!(25), 4));
    for group in list(&groups["subsets"]["nodes"]) {
        assert_eq!((&group["size"], &group["pairings"]["totalCount"]), (&Value::Null, &json!(0)), "{group}");
    }
    // One buyer or several: neither.
    assert_eq!(node("group:rice-buyer", "size sizeQualifier"), json!({ "size": null, "sizeQualifier": null }));
    assert_eq!(node("observation:f049", "value qualifier"), json!({ "value": null, "qualifier": null }));
}

#[test]
fn trap_03_a_set_has_its_size_without_its_members_and_a_two_way_total_no_split() {
    let selection = "size sizeQualifier membersComplete members(first: 9) { nodes { id } }";
    let member = json!([{ "id": "village:441225114202" }]);
    for (id, size, members) in [("group:villages131", 131, member), ("group:villages182", 182, json!([]))] {
        let expected = json!({
            "size": size, "sizeQualifier": "EXACT", "membersComplete": false, "members": { "nodes": members },
        });
        assert_eq!(node(id, selection), expected, "{id}");
    }
    let stations = node("group:labor-stations10", "size withinConnection(first: 9) { edges { node { id } share } }");
    assert_eq!(stations["size"], 10);
    let edges = list(&stations["withinConnection"]["edges"]);
    let regions: BTreeSet<_> = edges.iter().map(|edge| text(&edge["node"]["id"])).collect();
    assert_eq!(regions, set(&["city:442000", "city:530600"]));
    assert!(edges.iter().all(|edge| edge["share"].is_null()), "{edges:?}");
    // No station is made up, and either region points to the group.
    assert_eq!(ask("{ laborStations { totalCount } }")["laborStations"]["totalCount"], 0);
    for city in
        each(&["city:442000", "city:530600"], "laborStations { totalCount } groups(first: 1000) { nodes { id } }")
    {
        assert_eq!(city["laborStations"]["totalCount"], 0);
        assert!(ids(&city["groups"]["nodes"]).contains("group:labor-stations10"), "{city}");
    }
    assert_eq!(node("observation:f064", "value"), json!({ "value": "10" }));
}

#[test]
fn trap_04_stated_and_likely_parts_are_told_apart() {
    for (field, back, pairs) in [
        ("partOf", "parts", &[("f068", "f067"), ("f099", "f082")][..]),
        ("possiblyPartOf", "possibleParts", &[("f030", "f024"), ("f104", "f102"), ("f110", "f106")]),
    ] {
        let parts: Vec<_> = pairs.iter().map(|(part, _)| *part).collect();
        // An empty filter on a relation passes wherever there is a target.
        assert_eq!(observations(&format!("{field}: {{}}")), figures(&parts), "{field}");
        for (part, whole) in pairs {
            let found = node(
                &format!("observation:{part}"),
                &format!("{field} {{ id {back}(first: 9) {{ nodes {{ id }} }} }}"),
            );
            assert_eq!(found[field]["id"], format!("observation:{whole}"), "{part}");
            assert!(ids(&found[field][back]["nodes"]).contains(&format!("observation:{part}")), "{part}");
        }
    }
    // Bought in Guangdong itself: no part of what was bought in the middle and west.
    let apart = node("observation:f100", "value partOf { id } possiblyPartOf { id }");
    assert_eq!(apart, json!({ "value": "20860000", "partOf": null, "possiblyPartOf": null }));
}

#[test]
fn trap_05_every_figure_of_money_says_which_kind_it_is_of() {
    for (figure, money) in [
        ("f106", "FISCAL_AID"),
        ("f107", "SOCIAL_AID"),
        ("f059", "COMPANY_INVESTMENT"),
        ("f082", "PURCHASE_AND_SALE"),
        ("f023", "PROGRAMME_SPENDING"),
        ("f087", "SIGNED_SALES"),
        ("f018", "INCOME"),
    ] {
        let found = node(&format!("observation:{figure}"), "indicator { unit money }");
        assert_eq!(found["indicator"], json!({ "unit": "yuan", "money": money }), "{figure}");
    }
    let indicators = ask("{ indicators(first: 1000) { nodes { id unit money } } }");
    let indicators = list(&indicators["indicators"]["nodes"]);
    assert!(indicators.len() > 70);
    for indicator in indicators {
        assert_eq!(indicator["unit"] == "yuan", !indicator["money"].is_null(), "{indicator}");
    }
}

#[test]
fn trap_06_units_never_mix() {
    let units = [
        ("f005", "person"),
        ("f031", "attendance"),
        ("f004", "household"),
        ("f065", "class"),
        ("f062", "mu"),
        ("f017", "bird"),
        ("f066", "person"),
    ];
    for (figure, unit) in units {
        let found = node(&format!("observation:{figure}"), "indicator { unit }");
        assert_eq!(found["indicator"]["unit"], unit, "{figure}");
    }
    // Sets of persons and of households are of different kinds, and neither is a part of the other.
    let groups = each(&["group:persons17428", "group:households6028"], "memberKind size partOf { id }");
    assert_eq!(groups[0], json!({ "memberKind": "PERSON", "size": 17428, "partOf": null }));
    assert_eq!(groups[1], json!({ "memberKind": "HOUSEHOLD", "size": 6028, "partOf": null }));
}

#[test]
fn trap_07_zero_unknown_and_all_are_values_and_capacity_is_no_result() {
    for (figure, value) in [("f034", json!("0")), ("f015", json!("0")), ("f049", Value::Null), ("f056", json!("100"))] {
        assert_eq!(node(&format!("observation:{figure}"), "value")["value"], value, "{figure}");
    }
    assert_eq!(observations("value: { eq: \"0\" }"), figures(&["f015", "f034"]));
    assert_eq!(observations("value: { isNull: true }"), figures(&["f049"]));
    assert!(!observations("value: { lt: \"1\" }").contains("observation:f049"));
    assert_eq!(observations("nature: { eq: CAPACITY }"), figures(&["f017"]));
    assert_eq!(observations("nature: { eq: FORECAST }"), figures(&["f018", "f019"]));
}

#[test]
fn trap_08_bounds_survive_storage() {
    for (qualifier, bounded) in LOWER_BOUNDS {
        assert_eq!(observations(&format!("qualifier: {{ eq: {qualifier} }}")), figures(bounded), "{qualifier}");
    }
    assert_eq!(observations("qualifier: { eq: LESS_THAN }"), figures(&["f009"]));
    // The bound is the figure as printed, in base units.
    let bounds = each(&["observation:f082", "observation:f109", "observation:f019"], "value");
    let bounds: Vec<_> = bounds.iter().map(|bound| text(&bound["value"])).collect();
    assert_eq!(bounds, ["300000000", "150000", "3000"]);
    let reached = node("group:persons150000", "size sizeQualifier");
    assert_eq!(reached, json!({ "size": 150000, "sizeQualifier": "MORE_THAN" }));
}

#[test]
fn trap_09_a_restatement_is_a_further_citation() {
    for (figure, expected) in [
        ("f003", &[5, 15, 21, 77][..]),
        ("f004", &[5, 21]),
        ("f005", &[5, 21]),
        ("f007", &[5, 31, 67, 79]),
        ("f056", &[31, 41]),
        ("f082", &[65, 73]),
    ] {
        let found: Vec<_> = lines(&format!("observation:{figure}")).into_iter().map(|(line, _)| line).collect();
        assert_eq!(found, expected, "{figure}");
    }
    // With another metric, period or value, the citation says so.
    for (figure, line) in [("f007", 31), ("f007", 67), ("f007", 79), ("f082", 73)] {
        let noted =
            lines(&format!("observation:{figure}")).into_iter().any(|(at, note)| at == line && !note.is_empty());
        assert!(noted, "{figure} in line {line}");
    }
    assert_eq!(
        observations("value: { eq: \"131\" }, indicator: { id: { eq: \"indicator:poor-villages-helped\" } }").len(),
        1
    );
}

#[test]
fn trap_10_two_spellings_are_one_record_and_what_is_open_stays_open() {
    for (name, expected) in [
        ("广东东西部扶贫协作产品交易市场", "organization:guangdong-market"),
        ("广东省东西部扶贫协作产品交易市场", "organization:guangdong-market"),
        ("中山市城市管理局和综合执法局", "organization:zhongshan-urban-management-bureau"),
        ("中山市城市管理和综合执法局", "organization:zhongshan-urban-management-bureau"),
        // Perhaps one place, which nobody says: two records.
        ("中山农产品交易市场", "organization:zhongshan-market"),
        ("中山农产品交易中心", "organization:zhongshan-center"),
    ] {
        let query = "query($name: String!) { organizations(filter: {
            or: [{ name: { eq: $name } }, { aliases: { some: { eq: $name } } }]
        }) { nodes { id } } }";
        let found = ask_with(query, json!({ "name": name }));
        assert_eq!(ids(&found["organizations"]["nodes"]), set(&[expected]), "{name}");
    }
    let links = node("organization:zhongshan-center", "links(first: 9) { nodes { predicate object { id } } }");
    let maybe = json!([{ "predicate": "MAYBE_SAME_AS", "object": { "id": "organization:zhongshan-market" } }]);
    assert_eq!(links["links"]["nodes"], maybe);
    // Two helpers or three: about two, counted.
    let counted = node("observation:f012", "value qualifier basis");
    assert_eq!(counted, json!({ "value": "2", "qualifier": "APPROXIMATELY", "basis": "COUNTED" }));
}

#[test]
fn trap_11_one_day_closes_a_fair_and_another_opens_one() {
    let selection = "start startBasis end endBasis";
    let expo = node("event:zhaotong-expo-2020", selection);
    let expected = json!({ "start": "2020-09-05", "startBasis": "DERIVED", "end": "2020-09-07", "endBasis": "STATED" });
    assert_eq!(expo, expected);
    assert_eq!(node("observation:f085", "value")["value"], "3");
    let fair = node("event:apple-fair", selection);
    assert_eq!(fair, json!({ "start": "2020-09-20", "startBasis": "STATED", "end": null, "endBasis": null }));
}

#[test]
fn trap_12_the_article_has_no_date_and_so_far_is_29_september() {
    let article = node(ARTICLE, "published note");
    assert!(article["published"].is_null(), "{article}");
    for day in ["2020-09-29", "2020"] {
        assert!(text(&article["note"]).contains(day), "{day}: {article}");
    }
    let so_far = observations("period: { endBasis: { eq: AS_OF_SOURCE } }");
    let on_the_day = observations("period: { endBasis: { eq: AS_OF_SOURCE }, end: { eq: \"2020-09-29\" } }");
    assert!(so_far.len() > 40, "{}", so_far.len());
    assert_eq!(so_far, on_the_day);
    // What bounds its day: fewer than 100 days of the year were left.
    let left = node("observation:f009", "subject { id } value qualifier basis");
    let expected =
        json!({ "subject": { "id": ARTICLE }, "value": "100", "qualifier": "LESS_THAN", "basis": "DERIVED" });
    assert_eq!(left, expected);
}

#[test]
fn trap_13_a_region_helps_and_is_helped() {
    let sides = node(
        "city:441200",
        "helper: pairings(role: HELPER, first: 9) { nodes { id helped { id } } }
         helped: pairings(role: HELPED, first: 9) { nodes { id helpers { id } } }
         partners(role: HELPER, first: 9) { nodes { id } }",
    );
    let helps = list(&sides["helper"]["nodes"]);
    assert_eq!((helps.len(), ids(&helps[0]["helped"])), (1, set(&["city:450300"])));
    assert!(ids(&sides["helped"]["nodes"]).contains("pairing:zhongshan-zhaoqing"), "{sides}");
    assert_eq!(ids(&sides["partners"]["nodes"]), set(&["city:450300"]));
    let guilin = node("city:450300", "pairings(role: HELPED, first: 9) { nodes { helpers { id } } }");
    assert!(list(&guilin["pairings"]["nodes"]).iter().any(|pairing| ids(&pairing["helpers"]).contains("city:441200")));
}

#[test]
fn trap_13_a_target_can_be_a_part_of_a_region() {
    let yili = node("pairing:p191", "helpedConnection { edges { node { id ... on Region { name } } extent leftOut } }");
    let edges = list(&yili["helpedConnection"]["edges"]);
    assert_eq!(
        (edges.len(), &edges[0]["node"]["name"], &edges[0]["extent"]),
        (1, &json!("伊犁哈萨克自治州"), &json!("PART"))
    );
    for left_out in ["塔城", "阿勒泰"] {
        assert!(text(&edges[0]["leftOut"]).contains(left_out), "{edges:?}");
    }
    // A region that is helped whole says no such thing.
    let whole = node("pairing:p095", "helpedConnection { edges { extent leftOut } }");
    assert_eq!(whole["helpedConnection"]["edges"], json!([{ "extent": null, "leftOut": null }]));
}

#[test]
fn trap_13_a_plan_can_be_replaced_within_days() {
    // 荆州: the plan of 7 February sent 湖南, that of 10 February 广东 and 海南.
    let jingzhou = "city:421000";
    let first = set(&["pairing:p222"]);
    let second = set(&["pairing:p240", "pairing:p241"]);
    assert_eq!(pairings_on(jingzhou, "2020-02-06"), BTreeSet::new());
    assert_eq!(pairings_on(jingzhou, "2020-02-08"), first);
    assert_eq!(pairings_on(jingzhou, "2020-02-15"), second);
    assert_eq!(pairings_on(jingzhou, "2020-06-01"), BTreeSet::new());
    // On the day of the change both are there.
    assert_eq!(pairings_on(jingzhou, "2020-02-10"), first.union(&second).cloned().collect());
}

#[test]
fn trap_14_the_breaks_of_the_text_are_mended_in_the_records() {
    // Line 17 breaks off and goes on in line 19: the figures of both are there, each at its own line.
    assert_eq!(lines("observation:f030").into_iter().map(|(line, _)| line).collect::<Vec<_>>(), [17]);
    assert_eq!(lines("observation:f031").into_iter().map(|(line, _)| line).collect::<Vec<_>>(), [19]);
    // Line 43 stops before a word that opens line 31: one programme under its whole name.
    let programme = node("programme:hand-in-hand", "name aliases note");
    assert_eq!((&programme["name"], &programme["aliases"]), (&json!("携手奔小康行动"), &json!(["奔小康行动"])));
    let article = node(ARTICLE, "note");
    for (record, line) in [(&article, "17"), (&article, "19"), (&article, "43"), (&article, "31"), (&programme, "43")] {
        assert!(text(&record["note"]).to_lowercase().contains(&format!("line {line}")), "{line}: {record}");
    }
}

#[test]
fn trap_15_totals_of_the_four_counties_are_not_the_citys() {
    let selection = "partOf { id } helped { id } observations(first: 1000) { nodes { id value indicator { unit } } }";
    let counties = node("pairing:zhongshan-counties4", selection);
    assert_eq!(counties["partOf"]["id"], "pairing:zhongshan-zhaotong");
    let values: BTreeSet<_> =
        list(&counties["observations"]["nodes"]).iter().map(|figure| text(&figure["value"])).collect();
    assert_eq!(values, set(&["504", "809000000", "285000000", "367", "150000"]));
    // The four counties, whether one by one or as their group.
    let helped = ids(&counties["helped"]);
    let one_by_one = set(&["county:530623", "county:530624", "county:530625", "county:530626"]);
    assert!(helped == one_by_one || helped == set(&["group:counties4"]), "{helped:?}");
    let city = node("pairing:zhongshan-zhaotong", selection);
    let of_city = ids(&city["observations"]["nodes"]);
    assert!(of_city.is_superset(&figures(&["f058", "f059", "f110", "f111"])), "{of_city:?}");
    assert!(of_city.is_disjoint(&figures(&["f105", "f106", "f107", "f108", "f109"])), "{of_city:?}");
    assert_eq!(ids(&city["helped"]), set(&["city:530600"]));
    assert_eq!(node("observation:f058", "value")["value"], "41");
}

#[test]
fn trap_16_a_missing_end_is_not_still_in_force() {
    let query = "{ pairings(first: 1000) { nodes { id until inForce(on: \"2022-06-01\") round { id start } } } }";
    let all = ask(query);
    let open = list(&all["pairings"]["nodes"]).iter().filter(|pairing| pairing["until"].is_null());
    let (mut over, mut on) = (0, 0);
    for pairing in open {
        let round = text(&pairing["round"]["id"]);
        match round.as_str() {
            "programme:east-west-round-2001" | "programme:hubei-medical-round-2020-02-10" => {
                assert_eq!(pairing["inForce"], "OUT", "{pairing}");
                over += 1;
            }
            "programme:east-west-2021-round-2021" => {
                assert_ne!(pairing["inForce"], "OUT", "{pairing}");
                on += 1;
            }
            _ => {}
        }
    }
    // Of the table of 2001, three of 15 have an end; of the second plan for Hubei and of 2021, none has.
    assert_eq!((over, on), (12 + 21, 21));
    let guangxi = pairings_on("province:450000", "2022-06-01");
    assert!(guangxi.contains("pairing:p081") && !guangxi.contains("pairing:p009"), "{guangxi:?}");
}

#[test]
fn a_sum_with_a_part_of_unknown_size_is_at_least_what_is_known() {
    let groups = |having: &str| {
        let towns = "groups(filter: { memberKind: { eq: TOWN } })";
        let sum = "size { sum { value bound counted unknown } }";
        ask(&format!("{{ {towns} {{ aggregate{having} {{ nodes {{ {sum} }} }} }} }}"))["groups"]["aggregate"]["nodes"]
            .clone()
    };
    let sum = json!({ "value": "25", "bound": "AT_LEAST", "counted": 1, "unknown": 4 });
    assert_eq!(groups(""), json!([{ "size": { "sum": sum } }]));
    let passes = |condition: &str| groups(&format!("(having: {{ size: {{ sum: {{ {condition} }} }} }})")) != json!([]);
    assert!(passes("gte: \"25\"") && !passes("gt: \"25\""));
    assert!(!passes("lt: \"26\"") && !passes("eq: \"25\""));
}
