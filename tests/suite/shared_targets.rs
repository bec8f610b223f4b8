//! What many records lead to is read once: parents and what stands above them, by filters, orders and groups.

use std::sync::Arc;

use jiedui::api::error::Code;
use jiedui::api::request::{Answer, Request};
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::exchange::builtin;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{TIME_MS, ask, data, open, shared};

fn read_by(query: &str) -> u64 {
    let Value::Object(extensions) = json!({ "plan": true }) else { panic!("an object") };
    let answer = shared().answer_now(&Request { extensions, ..Request::new(query) });
    data(&answer);
    answer.extensions["plan"]["read"].as_u64().unwrap()
}

fn count_of(kind: &str) -> u64 {
    ask(&format!("{{ all: {kind}(first: 0) {{ totalCount }} }}"))["all"]["totalCount"].as_u64().unwrap()
}

#[test]
fn what_many_lead_to_is_read_once() {
    let (cities, provinces, pairings) = (count_of("cities"), count_of("provinces"), count_of("pairings"));
    // What an index is asked in vain is read as well: up to 64 entries for each of the two kinds.
    let attempts = 2 * 65;
    for (query, all, targets) in [
        ("{ cities(filter: { not: { parent: { name: { contains: \"省\" } } } }) { totalCount } }", cities, provinces),
        (
            "{ cities(filter: { not: { province: { name: { contains: \"省\" } } } }) { totalCount } }",
            cities,
            2 * provinces,
        ),
        ("{ cities(filter: { parent: { name: { contains: \"省\" } } }) { totalCount } }", cities, provinces + attempts),
        ("{ cities(orderBy: [{ parent: { name: ASC } }], first: 1) { nodes { id } } }", cities, provinces + 1),
        (
            "{ cities(first: 0) { aggregate(groupBy: [{ parent: { name: VALUE } }]) { totalCount } } }",
            cities,
            provinces,
        ),
        (
            "{ cities(first: 0) { aggregate(groupBy: [{ province: { name: VALUE } }]) { totalCount } } }",
            cities,
            2 * provinces,
        ),
        (
            "{ pairings(filter: { not: { programme: { name: { contains: \"西\" } } } }) { totalCount } }",
            pairings,
            count_of("programmes"),
        ),
    ] {
        let read = read_by(query);
        assert!(all <= read && read <= all + targets, "{read} read, of {all} that lead to {targets}: {query}");
    }
}

#[test]
fn what_is_remembered_for_one_question_is_not_taken_for_anothers() {
    let found = ask("{
        a: cities(filter: { not: { parent: { name: { contains: \"省\" } } } }, first: 0) { totalCount }
        b: cities(filter: { not: { parent: { name: { contains: \"自治区\" } } } }, first: 0) { totalCount }
        c: cities(filter: { or: [
            { parent: { name: { contains: \"自治区\" } } }, { not: { parent: { name: { contains: \"自治区\" } } } }
        ] }, first: 0) { totalCount }
        d: cities(first: 0) {
            byName: aggregate(groupBy: [{ parent: { name: VALUE } }], first: 1) { nodes { keys { value } } }
            byCode: aggregate(groupBy: [{ parent: { code: VALUE } }], first: 1) { nodes { keys { value } } }
        }
    }");
    let total = |name: &str| found[name]["totalCount"].as_u64().unwrap();
    let (cities, key) = (count_of("cities"), |name: &str| found["d"][name]["nodes"][0]["keys"][0]["value"].clone());
    assert!(total("a") != total("b") && total("c") == cities && total("a") < cities, "{found}");
    assert_ne!(key("byName"), key("byCode"));
}

/// The built-in data behind a bound on what is read.
fn bounded(reads: usize, executor: Executor) -> (TempDir, Api) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jiedui.redb"));
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    (folder, Api::new(Arc::new(store), executor, Limits { reads, ..Limits::default() }))
}

#[test]
fn a_refusal_at_the_bound_on_reads_names_the_field() {
    let (_folder, api) = bounded(20, Executor::Plan);
    for (query, field) in [
        ("{ cities(first: 40) { nodes { id } } }", "cities"),
        ("{ many: cities(filter: { not: { code: { eq: \"1\" } } }, first: 0) { totalCount } }", "many"),
        ("{ cities(first: 0) { aggregate(groupBy: [{ code: VALUE }]) { totalCount } } }", "cities"),
        ("{ provinces(first: 15) { nodes { children(first: 30) { nodes { id } } } } }", "provinces.nodes.children"),
    ] {
        let Answer { errors, .. } = api.answer_now(&Request::new(query));
        let told: Vec<_> = errors.iter().map(|error| (error.code, error.message.as_str())).collect();
        let expected = format!("the answer reads more than 20 records; narrow `{field}` by a filter");
        assert!(
            matches!(&told[..], [(Code::LimitExceeded, message)] if message.starts_with(&expected)),
            "{query}: {told:?}"
        );
    }
}
