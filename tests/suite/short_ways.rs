//! What is answered by a shorter way than most: a plain page of a relation, a question by POST, groups that were asked before.
//! Each says what the long way says.

use std::sync::Arc;

use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::store::{Author, Change};
use serde_json::Value;

use crate::http::shared;
use crate::support::{self, Loaded, TIME_MS, ask, data, loaded, open};

/// The nodes of a connection as its edges have them.
fn of_edges(connection: &Value) -> Vec<Value> {
    connection["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect()
}

#[test]
fn a_plain_page_has_the_nodes_that_its_edges_have() {
    let mut met = 0;
    for size in [0, 1, 2, 3, 50, 1_000] {
        let below = |shape: [&str; 2]| {
            let [open, close] = shape;
            let node = "id name ... on City { code }";
            format!(
                "{{ provinces(first: 1000) {{ nodes {{ name children(first: {size}) {{ {open} {node} children(first: {size}) {{ {open} {node} {close} }} {close} }} }} }} }}"
            )
        };
        let (plain, edges) = (ask(&below(["nodes {", "}"])), ask(&below(["edges { node {", "} }"])));
        let lists = |of: &Value| of["provinces"]["nodes"].as_array().unwrap().clone();
        for (plain, edges) in lists(&plain).iter().zip(&lists(&edges)) {
            let (cities, expected) = (plain["children"]["nodes"].as_array().unwrap(), of_edges(&edges["children"]));
            assert_eq!(cities.len(), expected.len());
            for (city, expected) in cities.iter().zip(&expected) {
                assert_eq!((&city["id"], &city["name"]), (&expected["id"], &expected["name"]));
                assert_eq!(city["children"]["nodes"], Value::Array(of_edges(&expected["children"])), "{city}");
                met += 1;
            }
        }
    }
    assert!(met > 100, "{met}");
}

/// Pages through a connection to its end, by a question that takes `after`: the ids, and each page's `pageInfo`.
fn paged(question: &dyn Fn(&str) -> String, connection: &dyn Fn(&Value) -> Value) -> (Vec<Value>, Vec<Value>) {
    let (mut ids, mut infos, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = connection(&ask(&question(&after)));
        let nodes = match &page["nodes"] {
            Value::Array(nodes) => nodes.clone(),
            _ => of_edges(&page),
        };
        ids.extend(nodes);
        let (more, end) = (page["pageInfo"]["hasNextPage"].clone(), page["pageInfo"]["endCursor"].clone());
        infos.push(page["pageInfo"].clone());
        if more != Value::Bool(true) {
            return (ids, infos);
        }
        after = format!("after: {end}");
    }
}

#[test]
fn plain_pages_follow_each_other_as_pages_of_edges_do() {
    let info = "pageInfo { hasNextPage startCursor endCursor }";
    for size in [1, 7, 30, 1_000] {
        // A kind's and a relation's; a page of edges is never written the short way.
        for connection in ["cities", "counties", "pairings", "region(code: \"440000\") { children"] {
            let (nested, close) = (connection.contains('{'), if connection.contains('{') { "}" } else { "" });
            let question = |shape: &str, after: &str| {
                format!("{{ {connection}(first: {size} {after}) {{ {shape} {info} }} {close} }}")
            };
            let of =
                |found: &Value| if nested { found["region"]["children"].clone() } else { found[connection].clone() };
            let plain = paged(&|after| question("nodes { id name }", after), &of);
            let edges = paged(&|after| question("edges { node { id name } }", after), &of);
            assert_eq!(plain, edges, "{connection} by {size}");
            assert!(plain.0.len() > 15, "{connection}");
        }
    }
    let empty = ask(&format!(
        "{{ villages(first: 0) {{ nodes {{ id }} {info} }} cities(first: 0) {{ nodes {{ id }} {info} }} }}"
    ));
    assert_eq!(empty["cities"]["pageInfo"]["hasNextPage"], Value::Bool(true));
    assert_eq!(empty["cities"]["pageInfo"]["endCursor"], Value::Null);
}

#[test]
fn a_plain_page_that_cannot_be_read_is_told_as_any_page_is() {
    let Loaded { folder, api } = loaded(Executor::Plan);
    drop(api);
    let store = Arc::new(open(&folder.path().join("jiedui.redb")));
    for reads in [1, 2, 3, 10, 40] {
        let plan = Api::new(store.clone(), Executor::Plan, Limits { reads, ..Limits::default() });
        let asked = |shape: &str| {
            let query = format!("{{ region(code: \"440000\") {{ name children(first: 30) {{ {shape} }} }} }}");
            let answer = plan.answer_now(&Request::new(&query));
            let errors = answer.errors.iter().map(|error| (error.code, error.to_json()["path"].clone()));
            (errors.collect::<Vec<_>>(), answer.data.is_some())
        };
        let plain = asked("nodes { name }");
        assert_eq!(plain, asked("edges { node { name } }"), "{reads}");
        assert_eq!(plain.0.is_empty(), reads == 40, "{reads}");
    }
    for size in ["1001", "-1"] {
        let answer = support::shared().answer_now(&Request::new(&format!(
            "{{ region(code: \"440000\") {{ name children(first: {size}) {{ nodes {{ name }} }} }} }}"
        )));
        let [error] = answer.errors.as_slice() else { panic!("{:?}", answer.errors) };
        assert!(error.message.contains("expected 0 to 1000"), "{}", error.message);
        let found: Value = serde_json::from_slice(answer.data.as_ref().unwrap()).unwrap();
        assert_eq!(found["region"]["children"], Value::Null);
    }
}

#[test]
fn a_question_by_post_is_answered_alike_by_the_short_way_and_by_the_router() {
    let shared = shared();
    let server = &shared.0;
    let named = |body: &[u8], more: &[(&str, &str)]| {
        let mut headers = vec![("content-type", "application/json"), ("x-request-id", "the-same")];
        headers.extend_from_slice(more);
        headers.dedup_by_key(|(name, _)| *name);
        server.send("POST", "/graphql", &headers, body)
    };
    let long = "x".repeat(3_000_000);
    let bodies: [&[u8]; 9] = [
        br#"{"query":"{ region(code: \"442000\") { name } }"}"#,
        br#"{"query":"{ region(code: \"442000\") { nam } }"}"#,
        br#"{"query":"{ region(code: 1) { name } }"}"#,
        br#"{"query":"query($a: Int!){ provinces(first: $a) { totalCount } }","variables":{}}"#,
        br#"{"query":"{ __typename }","query":"{ __typename }"}"#,
        br#"{"query":1}"#,
        b"[]",
        b"{",
        long.as_bytes(),
    ];
    let mut met = Vec::new();
    for body in bodies {
        for accept in ["application/json", "application/graphql-response+json", "text/html", "application/x-ndjson"] {
            let straight = named(body, &[("accept", accept)]);
            // A page of an origin that may read answers asks by the router.
            let routed = named(body, &[("accept", accept), ("origin", "https://example.org")]);
            assert_eq!((straight.status, straight.text()), (routed.status, routed.text()), "{accept}");
            for header in ["content-type", "x-request-id", "x-content-type-options"] {
                assert_eq!(straight.header(header), routed.header(header), "{header}");
            }
            assert_eq!(routed.header("access-control-allow-origin"), "https://example.org");
            met.push(straight.status);
        }
    }
    for status in [200, 400, 406, 413, 422] {
        assert!(met.contains(&status), "{met:?}");
    }
    // Each status is counted by itself, whichever way it came.
    let metrics = server.get("/metrics", &[]).text();
    assert!(metrics.lines().filter(|line| line.starts_with("jiedui_requests_total")).count() > 3, "{metrics}");
}

#[test]
fn groups_that_were_asked_before_are_those_of_their_question_and_of_the_newest_commit() {
    let loaded = loaded(Executor::Plan);
    let asked = |filter: &str, aggregate: &str, asks: &str| {
        let query = format!("{{ projects({filter}) {{ aggregate{aggregate} {{ totalCount nodes {{ {asks} }} }} }} }}");
        data(&loaded.api.answer_now(&Request::new(&query)))["projects"]["aggregate"].clone()
    };
    let by_kind = "(groupBy: [{ sector: VALUE }])";
    let counts = "count keys { value }";
    let all = asked("first: 0", by_kind, counts);
    assert_eq!(all, asked("first: 0", by_kind, counts));
    // Another question of the same records has its own.
    let by_name = asked("first: 0", "(groupBy: [{ name: VALUE }])", counts);
    assert_ne!(all, by_name);
    let few = asked("first: 0, filter: { name: { contains: \"园\" } }", by_kind, counts);
    assert_ne!(all, few);
    let having = asked("first: 0", "(groupBy: [{ name: VALUE }], having: { count: { gt: 1 } })", counts);
    assert_ne!(by_name, having);
    let distinct = asked("first: 0", by_kind, "count name { distinct min }");
    assert_eq!(distinct["nodes"][0]["count"], all["nodes"][0]["count"]);
    assert!(distinct["nodes"][0]["name"]["min"].is_string());
    // Pages of the same groups.
    let page = asked("first: 0", "(groupBy: [{ name: VALUE }], first: 2)", counts);
    assert_eq!(page["nodes"].as_array().unwrap()[..], by_name["nodes"].as_array().unwrap()[..2]);
    // A commit is seen at once, and the past stays as it was.
    let before = loaded.api.store().snapshot().unwrap().revision().unwrap();
    let snapshot = loaded.api.store().snapshot().unwrap();
    let kind = &jiedui::model::kinds::PROJECT;
    let first = snapshot.scan(kind, None, jiedui::store::Direction::Forward).unwrap().next().unwrap().unwrap();
    let mut record = jiedui::model::record::Record::unpack_row(kind, first.row());
    record.values[jiedui::model::catalog::slot::KEY] = jiedui::model::value::Value::Text("one-more".to_owned());
    let author = Author { time_ms: TIME_MS, name: "test".to_owned(), note: String::new() };
    let writer = loaded.api.store().writer().unwrap();
    writer.apply(&author, &[Change::Put(record)]).unwrap().0.commit().unwrap();
    let total = |groups: &Value| {
        groups["nodes"].as_array().unwrap().iter().map(|node| node["count"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(total(&asked("first: 0", by_kind, counts)), total(&all) + 1);
    let then = format!(
        "query @at(revision: {before}) {{ projects(first: 0) {{ aggregate{by_kind} {{ totalCount nodes {{ {counts} }} }} }} }}"
    );
    assert_eq!(data(&loaded.api.answer_now(&Request::new(&then)))["projects"]["aggregate"], all);
    assert_ne!(total(&all), 0);
}
