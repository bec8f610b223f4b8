//! What an answer may cost is reckoned before anything is read: never less than what is read, and a refusal says what to
//! narrow.

use std::sync::Arc;

use jiedui::api::error::Code;
use jiedui::api::request::{Answer, Request};
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::exchange::builtin;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{TIME_MS, ask, data, open, shared};

/// What a question was reckoned to read, and what it read.
fn reckoned_and_read(query: &str) -> (u64, u64) {
    let Value::Object(extensions) = json!({ "plan": true }) else { panic!("an object") };
    let answer = shared().answer_now(&Request { extensions, ..Request::new(query) });
    data(&answer);
    let plan = &answer.extensions["plan"];
    (plan["cost"].as_u64().unwrap(), plan["read"].as_u64().unwrap())
}

#[test]
fn what_is_read_is_reckoned() {
    let mut wrong = Vec::new();
    for query in [
        "{ provinces(first: 100) { nodes { descendants(level: VILLAGE, first: 1) { totalCount } } } }",
        "{ provinces(first: 100) { nodes { descendants(level: COUNTY, first: 1) { nodes { id } } } } }",
        "{ cities(filter: { children: { count: { gt: 3 } } }) { totalCount } }",
        "{ indicators(filter: { figures: { count: { gt: 3, filter: { value: { gt: \"1000\" } } } } }) { totalCount } }",
        "{ cities(orderBy: [{ pairings: { count: DESC } }], first: 1) { nodes { id } } }",
        "{ cities(filter: { parent: { name: { contains: \"山\" } } }, first: 1) { totalCount } }",
        "{ provinces(filter: { children: { some: { name: { contains: \"山\" } } } }, first: 1) { totalCount } }",
        "{ sources(first: 1000) { nodes { supports(first: 0) { totalCount } } } }",
        "{ sources(first: 1000) { nodes { supports(first: 1000) { nodes { id } totalCount } } } }",
        "{ provinces(first: 1000) { nodes { children(first: 1000) { nodes { children(first: 1000) { nodes { id } } } } } } }",
        "{ provinces(first: 1000) { nodes { descendants(level: COUNTY, first: 1000) { nodes { id } } } } }",
        "{ pairings(filter: { since: { gte: \"1990\" } }, first: 1) { totalCount } }",
        "{ cities(filter: { name: { contains: \"市\" } }, first: 1) { totalCount } }",
        "{ cities(filter: { nameEn: { contains: \"zz\" } }, first: 5) { totalCount nodes { id } } }",
        "{ counties(filter: { parent: { parent: { name: { contains: \"省\" } } } }, first: 1) { totalCount } }",
        "{ counties(filter: { not: { province: { name: { contains: \"省\" } } } }, first: 1) { totalCount } }",
        "{ counties(orderBy: [{ province: { name: ASC } }, { parent: { name: DESC } }], first: 5) { nodes { id } } }",
        "{ counties(first: 1) { aggregate(groupBy: [{ province: { name: VALUE } }, { city: { name: VALUE } }]) { totalCount } } }",
        "{ cities(first: 0) { a: aggregate(groupBy: [{ parent: { name: VALUE } }]) { totalCount } b: aggregate { nodes { count } } } }",
        "{ pairings(filter: { programme: { name: { contains: \"西\" } } }, first: 1) { totalCount } }",
        "{ pairings(filter: { helped: { some: { name: { contains: \"县\" } } } }, first: 1) { totalCount } }",
        "{ programmes(filter: { allFigures: { count: { gt: 0 } } }) { totalCount } }",
        "{ programmes(first: 1000) { nodes { allFigures(first: 0) { totalCount } } } }",
        "{ search(text: \"中\") { size } }",
        "{ search(text: \"村民委员会\") { size } }",
        "{ resolve(names: [\"云南昭通盐津\", \"红河州\", \"吉林\"]) { confidence } }",
        "{ path(from: \"city:442000\", to: \"city:450300\", depth: 12, along: [HIERARCHY, PAIRING]) { length } }",
        "{ neighborhood(of: \"city:442000\", depth: 12, along: [HIERARCHY, PAIRING, PLACE]) { size } }",
        "{ coverage(within: \"province:530000\", level: VILLAGE, asOf: \"2020-01-01\") { total } }",
        "{ coverage(within: \"province:440000\", level: CITY, asOf: \"2020-01-01\") { total } }",
        "{ withdrawal(of: \"city:442000\", asOf: \"2018-01-01\") { helped } }",
    ] {
        let (reckoned, read) = reckoned_and_read(query);
        if reckoned < read {
            wrong.push(format!("{reckoned} were reckoned, and {read} read: {query}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_is_reckoned_to_hold_no_more_than_there_are() {
    let cost = |query: &str| reckoned_and_read(query).0;
    let nested = "{ provinces(first: 1000) { nodes { children(first: 1000) { nodes { children(first: 1000) { nodes { id } } } } } } }";
    assert!(cost(nested) < 100_000_000 / 8, "{}", cost(nested));
    let provinces = cost("{ provinces(first: 0) { nodes { id } totalCount } }");
    assert!(cost("{ provinces(first: 1000) { nodes { id } } }") <= provinces + 31);
}

#[test]
fn what_reads_little_is_reckoned_to_read_little() {
    for (query, most) in [
        ("{ region(code: \"442000\") { name } }", 5),
        ("{ cities(first: 10) { nodes { id } } }", 25),
        ("{ cities(first: 10, filter: { name: { eq: \"中山市\" } }) { nodes { id } } }", 400),
        ("{ resolve(names: [\"中山\"]) { confidence } }", 2_600),
    ] {
        let (reckoned, _) = reckoned_and_read(query);
        assert!(reckoned <= most, "{reckoned}: {query}");
    }
    // More names may read more; a level higher up, less.
    let cost = |query: &str| reckoned_and_read(query).0;
    assert!(
        cost("{ resolve(names: [\"中山\", \"昭通\"]) { confidence } }")
            > cost("{ resolve(names: [\"中山\"]) { confidence } }")
    );
    let descendants =
        |level| cost(&format!("{{ region(code: \"440000\") {{ descendants(level: {level}) {{ totalCount }} }} }}"));
    assert!(descendants("CITY") < descendants("VILLAGE"));
}

/// The built-in data behind a bound on the cost.
fn bounded(cost: usize) -> (TempDir, Api) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jiedui.redb"));
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    (folder, Api::new(Arc::new(store), Executor::Plan, Limits { cost, ..Limits::default() }))
}

#[test]
fn a_refusal_names_what_to_narrow() {
    let (_folder, api) = bounded(300);
    for (query, named) in [
        ("{ region(code: \"442000\") { name } hits: search(text: \"中\") { size } }", "hits"),
        ("{ resolve(names: [\"中山\"]) { confidence } }", "resolve"),
        ("{ path(from: \"city:442000\", to: \"city:450300\") { length } }", "path"),
        ("{ neighborhood(of: \"city:442000\") { size } }", "neighborhood"),
        ("{ coverage(within: \"province:530000\", level: VILLAGE) { total } }", "coverage"),
        ("{ withdrawal(of: \"city:442000\") { helped } }", "withdrawal"),
        ("{ provinces(first: 40) { nodes { descendants(level: VILLAGE) { totalCount } } } }", "provinces"),
        (
            "{ region(code: \"442000\") { name } cities(filter: { children: { count: { gt: 3 } } }) { totalCount } }",
            "cities",
        ),
    ] {
        let Answer { errors, .. } = api.answer_now(&Request::new(query));
        let told: Vec<_> = errors.iter().map(|error| (error.code, error.message.as_str())).collect();
        let expected = format!("at most 300 are read; narrow `{named}` ");
        assert!(
            matches!(&told[..], [(Code::LimitExceeded, message)] if message.contains(&expected)),
            "{query}: {told:?}"
        );
    }
    assert!(ask("{ region(code: \"442000\") { name } }")["region"]["name"].is_string());
}
