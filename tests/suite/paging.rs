//! Pages: walked either way they give each node once, and say truly what lies before and behind.

use jiedui::api::error::Code;
use jiedui::api::request::Request;
use serde_json::{Value, json};

use crate::support::{ask_with, shared};

/// Connections of every kind: of a kind, back along an edge, forward along one, listed by a special; filtered or not.
const CONNECTIONS: &[&str] = &[
    "{ page: sources(PAGE) { BODY } }",
    "{ page: pairings(PAGE, filter: { form: { eq: COOPERATION } }) { BODY } }",
    "{ at: region(code: \"442000\") { page: children(PAGE) { BODY } } }",
    "{ at: node(id: \"group:towns25\") { ... on Group { page: members(PAGE) { BODY } } } }",
    "{ at: region(code: \"110000\") { page: partners(PAGE) { BODY } } }",
    "{ at: region(code: \"530000\") { page: descendants(level: COUNTY, PAGE) { BODY } } }",
    "{ at: node(id: \"source:seed-article\") { ... on Source { page: supports(PAGE, filter: { observations: { none: {} } }) { BODY } } } }",
];

fn page(connection: &str, page: Value) -> Value {
    let query = connection.replace("PAGE", "first: $first, after: $after, last: $last, before: $before").replace(
        "BODY",
        "totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }",
    );
    let query = format!("query($first: Int, $after: String, $last: Int, $before: String) {query}");
    let data = ask_with(&query, page);
    let found = if data["at"].is_object() { &data["at"]["page"] } else { &data["page"] };
    assert!(found.is_object(), "{query}");
    found.clone()
}

fn cursors(page: &Value) -> Vec<String> {
    page["edges"].as_array().unwrap().iter().map(|edge| edge["cursor"].as_str().unwrap().to_owned()).collect()
}

fn ends(page: &Value) -> (bool, bool) {
    let truth = |name: &str| page["pageInfo"][name].as_bool().unwrap();
    (truth("hasPreviousPage"), truth("hasNextPage"))
}

#[test]
fn walked_either_way_each_edge_comes_once_and_the_ends_are_told() {
    for connection in CONNECTIONS {
        let whole = page(connection, json!({ "first": 1000 }));
        let all = cursors(&whole);
        assert!(all.len() > 3 && whole["totalCount"] == json!(all.len()), "{connection}: {}", all.len());
        assert_eq!(ends(&whole), (false, false));
        for size in [1, 3, all.len()] {
            let (mut forward, mut after) = (Vec::new(), Value::Null);
            loop {
                let next = page(connection, json!({ "first": size, "after": after }));
                assert_eq!(ends(&next).0, !forward.is_empty(), "{connection} {size}");
                forward.extend(cursors(&next));
                after = next["pageInfo"]["endCursor"].clone();
                if !ends(&next).1 {
                    break;
                }
            }
            assert_eq!(forward, all, "{connection} forward by {size}");
            let (mut backward, mut before) = (Vec::new(), Value::Null);
            loop {
                let next = page(connection, json!({ "last": size, "before": before }));
                assert_eq!(ends(&next).1, !backward.is_empty(), "{connection} {size}");
                backward.splice(0..0, cursors(&next));
                before = next["pageInfo"]["startCursor"].clone();
                if !ends(&next).0 {
                    break;
                }
            }
            assert_eq!(backward, all, "{connection} backward by {size}");
        }
    }
}

#[test]
fn an_empty_page_says_what_lies_around_it() {
    for connection in CONNECTIONS {
        let all = cursors(&page(connection, json!({ "first": 1000 })));
        let (first, last) = (&all[0], &all[all.len() - 1]);
        assert_eq!(ends(&page(connection, json!({ "first": 5, "after": last }))), (true, false), "{connection}");
        assert_eq!(ends(&page(connection, json!({ "last": 5, "before": first }))), (false, true), "{connection}");
        assert_eq!(ends(&page(connection, json!({ "first": 0, "after": first }))), (true, true), "{connection}");
        assert_eq!(ends(&page(connection, json!({ "first": 0 }))), (false, true), "{connection}");
        assert_eq!(
            cursors(&page(connection, json!({ "first": 1000, "after": first, "before": last }))),
            all[1..all.len() - 1]
        );
        assert_eq!(
            cursors(&page(connection, json!({ "first": 1000, "after": last, "before": first }))),
            Vec::<String>::new()
        );
    }
}

#[test]
fn a_cursor_of_another_connection_is_refused() {
    let of_pairings = cursors(&page("{ page: pairings(PAGE) { BODY } }", json!({ "first": 1 })))[0].clone();
    for cursor in [of_pairings.as_str(), "", "!", "AQI", "AQL_"] {
        let query = format!("{{ cities(after: \"{cursor}\") {{ totalCount }} }}");
        let answer = shared().answer_now(&Request::new(&query));
        if cursor == "AQI" {
            // The very beginning of the cities' own cursors: nothing stands before it.
            continue;
        }
        assert_eq!(answer.errors.first().map(|error| error.code), Some(Code::BadUserInput), "{cursor}");
    }
}

#[test]
fn a_cursor_of_another_list_or_of_another_question_is_refused() {
    let of = |list: &str| format!("{{ page: {list} }}");
    let within = |list: &str, page: &str| list.replace("PAGE", page);
    let lists = [
        "search(text: \"山\", kinds: [CITY]) { page: hits(PAGE) { edges { cursor } } }",
        "search(text: \"市\", kinds: [CITY]) { page: hits(PAGE) { edges { cursor } } }",
        "neighborhood(of: \"city:442000\") { page: members(PAGE) { edges { cursor } } }",
        "neighborhood(of: \"city:441200\") { page: members(PAGE) { edges { cursor } } }",
        "coverage(within: \"province:530000\", level: COUNTY) { page: pairedRegions(PAGE) { edges { cursor } } }",
        "coverage(within: \"province:530000\", level: COUNTY) { page: unpaired(PAGE) { edges { cursor } } }",
        "region(code: \"440000\") { page: descendants(level: CITY, PAGE) { edges { cursor } } }",
        "region(code: \"440000\") { page: partners(PAGE) { edges { cursor } } }",
        "region(code: \"440000\") { page: pairings(PAGE) { edges { cursor } } }",
    ];
    let ask = |list: &str, page: &str| shared().answer_now(&Request::new(&of(&within(list, page))));
    let cursors: Vec<String> = lists
        .iter()
        .map(|list| {
            let data: serde_json::Value = serde_json::from_slice(&ask(list, "first: 1").data.unwrap()).unwrap();
            let edge = &data["page"]["page"]["edges"][0]["cursor"];
            edge.as_str().unwrap_or_else(|| panic!("{list}: {data}")).to_owned()
        })
        .collect();
    for (place, list) in lists.iter().enumerate() {
        for (of, cursor) in cursors.iter().enumerate() {
            let code = ask(list, &format!("after: \"{cursor}\"")).errors.first().map(|error| error.code);
            assert_eq!(code, (place != of).then_some(Code::BadUserInput), "{list} takes a cursor of {}", lists[of]);
        }
    }
}

#[test]
fn an_argument_with_too_many_values_is_named() {
    let ids: Vec<_> = (0..20_000).map(|number| format!("city:{number}")).collect();
    let variables = serde_json::json!({ "ids": ids });
    let query = "query($ids: [ID!]) { cities(filter: { id: { in: $ids } }) { totalCount } }";
    let variables = variables.as_object().unwrap().clone();
    let answer = shared().answer_now(&Request { variables, ..Request::new(query) });
    let told: Vec<_> = answer.errors.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(told, ["filter: holds more than 20000 values; ask in several requests"]);
}

#[test]
fn faults_in_paging_are_told() {
    for (arguments, told) in [
        ("first: 1, last: 1", "give one of the two"),
        ("first: 1001", "expected 0 to 1000, found 1001"),
        ("first: -1", "expected 0 to 1000, found -1"),
        (
            "filter: { name: { eq: null } }",
            "filter.name.eq: is null; leave the condition out, or ask for `isNull: true`",
        ),
        ("filter: { or: null }", "filter.or: is null"),
        (
            "filter: { or: [{}, { children: { some: { name: { eq: null } } } }] }",
            "filter.or[1].children.some.name.eq: is null",
        ),
        ("filter: { id: { eq: \"x\" } }", "filter.id.eq: an id is a kind, a colon and a key"),
        (
            "filter: { children: { none: { parent: { id: { in: [\"x\"] } } } } }",
            "filter.children.none.parent.id.in: an id is",
        ),
        (
            "filter: { and: [{ children: { count: { gt: 1, filter: { id: { eq: \"x\" } } } } }] }",
            "filter.and[0].children.count.filter.id.eq: an id is",
        ),
        (
            "orderBy: [{ name: ASC }, { children: { count: ASC, filter: { id: { eq: \"x\" } } } }]",
            "orderBy[1].children.filter.id.eq: an id is",
        ),
    ] {
        let answer = shared().answer_now(&Request::new(&format!("{{ cities({arguments}) {{ totalCount }} }}")));
        let message = answer.errors.first().map(|error| error.message.as_str()).unwrap_or_default();
        assert!(message.contains(told), "{arguments}: {message}");
    }
}
