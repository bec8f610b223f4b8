//! The log read back: the store as of every past revision answers as it did then, and a record tells how it came to stand.

use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::config::PAST_CHANGES_MAX;
use jiedui::model::catalog::slot;
use jiedui::model::id::Id;
use jiedui::model::kinds::ENTERPRISE;
use jiedui::model::record::Record;
use jiedui::model::value::Value::Text;
use jiedui::store::{Author, Change};
use serde_json::{Value, json};

use crate::mutations::{change, keeper};
use crate::support::{data, loaded};

/// Questions that meet every table: scans both ways, indexes, ways back, postings, counts, groups, orders, cursors.
const QUESTIONS: [&str; 8] = [
    "{ products(first: 1000) { totalCount nodes { id version name nameEn aliases } } }",
    "{ products(last: 7, before: null) { nodes { id } pageInfo { hasPreviousPage startCursor } } }",
    "{ pairings(filter: { name: { contains: \"试\" } }, orderBy: [{ name: DESC }]) { totalCount nodes { id helpers { id } helped { id } } } }",
    "{ region(code: \"442000\") { pairings(first: 1000) { totalCount nodes { id } } note } }",
    "{ search(text: \"shiyan\") { size hits { nodes { id } } } contains: search(text: \"茶\", kinds: [PRODUCT]) { hits { nodes { id } } } }",
    "{ pairings { aggregate(groupBy: [{ form: VALUE }]) { nodes { count } } } enterprises { totalCount } }",
    "{ observations(filter: { value: { gte: \"7000000\" } }, orderBy: [{ value: ASC }]) { totalCount nodes { id value subject { id } } } }",
    "{ node(id: \"product:p1\") { id version citations { line source { id } } } region(code: \"T77\") { id name } }",
];

fn answers(api: &Api, at: Option<u64>) -> Vec<Value> {
    let each = QUESTIONS.iter().map(|question| {
        let query = match at {
            Some(revision) => format!("query @at(revision: {revision}) {question}"),
            None => (*question).to_owned(),
        };
        data(&api.answer_now(&Request::new(&query)))
    });
    each.collect()
}

const BATCH: &str =
    "mutation($changes: [ChangeInput!]!) { applyChanges(changes: $changes) { revision changes { id outcome } } }";

/// Whether a record is there now.
fn there(api: &Api, id: &str) -> bool {
    api.store().snapshot().unwrap().get(Id::parse(id).unwrap().as_ref()).unwrap().is_some()
}

/// A batch of changes, by a small generator of numbers.
fn batch(api: &Api, seed: &mut u64) -> Value {
    let mut next = |most: u64| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % most
    };
    let mut changes = Vec::new();
    for _ in 0..=next(5) {
        let key = next(6);
        changes.push(match next(6) {
            0 | 1 => json!({ "product": {
                "id": format!("product:p{key}"), "name": format!("试验茶{}号", next(40)), "nameEn": null,
                "citations": [{ "source": "source:beijing-yushu-2024", "line": next(9) }],
            } }),
            2 => json!({ "pairing": {
                "id": format!("pairing:t{key}"), "name": format!("试验结对{}", next(9)), "form": "AID",
                "programme": "programme:east-west", "helpers": [{ "node": "city:442000" }],
                "helped": [{ "node": if next(2) == 0 { "county:110102" } else { "county:110106" } }],
                "observations": [{
                    "id": format!("observation:t{key}"), "indicator": "indicator:fiscal-aid", "basis": "STATED",
                    "value": (7_000_000 + next(50)).to_string(), "nature": "ACTUAL", "period": { "start": "2020" },
                }],
            } }),
            3 => json!({ "city": { "id": "city:442000", "note": format!("第{}次", next(9)) } }),
            4 => json!({ "town": {
                "id": "town:t77", "name": format!("试验镇{}", next(3)), "parent": "city:442000",
                "codes": [{ "code": if next(2) == 0 { "T77" } else { "T78" } }], "division": "TOWN",
            } }),
            _ => {
                let gone = if next(2) == 0 { format!("product:p{key}") } else { format!("observation:t{key}") };
                if changes.iter().any(|change: &Value| change.to_string().contains(&gone)) || !there(api, &gone) {
                    continue;
                }
                json!({ "delete": { "id": gone } })
            }
        });
    }
    Value::Array(changes)
}

#[test]
fn the_store_as_of_a_past_revision_answers_as_it_did_then() {
    let loaded = loaded(Executor::Plan);
    let api = &loaded.api;
    let mut seed = 20_201_125;
    let mut told = vec![(1, answers(api, None))];
    while told.len() < 40 {
        let changes = batch(api, &mut seed);
        let answer = change(api, BATCH, json!({ "changes": changes }), &keeper());
        let revision = data(&answer)["applyChanges"]["revision"].as_u64().unwrap();
        if revision > told.last().unwrap().0 {
            told.push((revision, answers(api, None)));
        }
    }
    for (revision, then) in &told {
        for (question, (now, then)) in QUESTIONS.iter().zip(answers(api, Some(*revision)).iter().zip(then)) {
            assert_eq!(now, then, "{question} as of {revision}");
        }
    }
    let distinct: std::collections::BTreeSet<String> =
        told.iter().map(|(_, answers)| Value::Array(answers.clone()).to_string()).collect();
    assert!(distinct.len() > 30, "the changes hardly change the answers: {}", distinct.len());
    // Each record's history leads from what it is back to what it was.
    for id in ["product:p1", "product:p2", "pairing:t1", "city:442000", "observation:t3", "town:t77"] {
        history_is_whole(api, id, told.last().unwrap().0);
    }
    let before = data(&api.answer_now(&Request::new(
        "query @at(revision: 0) { products { totalCount } node(id: \"city:442000\") { id } }",
    )));
    assert_eq!(before, json!({ "products": { "totalCount": 0 }, "node": null }));
}

/// Holds a record's history to what the record is as of each revision.
fn history_is_whole(api: &Api, id: &str, newest: u64) {
    let query = format!(
        "{{ history(id: \"{id}\", first: 100) {{ revision {{ number }} outcome differences {{ field before after }} }} }}"
    );
    let history = data(&api.answer_now(&Request::new(&query)))["history"].clone();
    let mut told: Vec<(u64, String, Value)> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            let outcome = change["outcome"].as_str().unwrap().to_owned();
            (change["revision"]["number"].as_u64().unwrap(), outcome, change["differences"].clone())
        })
        .collect();
    assert!(told.is_sorted_by(|left, right| left.0 > right.0), "{told:#?}");
    told.reverse();
    let parsed = Id::parse(id).unwrap();
    let snapshot = api.store().snapshot().unwrap();
    let state = |revision: u64| {
        let stored = snapshot.get_at(parsed.as_ref(), revision).unwrap();
        stored.map(|stored| jiedui::model::record::Record::unpack_row(stored.kind, stored.row()))
    };
    let mut expected = Vec::new();
    for revision in 1..=newest {
        let outcome = match (state(revision - 1), state(revision)) {
            (None, Some(_)) => "CREATED",
            (Some(_), None) => "DELETED",
            (Some(before), Some(after)) if before != after => "UPDATED",
            _ => continue,
        };
        expected.push((revision, outcome.to_owned()));
    }
    // Page by page it is the same.
    let mut paged = Vec::new();
    let mut before = newest + 1;
    loop {
        let query =
            format!("{{ history(id: \"{id}\", first: 2, before: {before}) {{ revision {{ number }} outcome }} }}");
        let page = data(&api.answer_now(&Request::new(&query)))["history"].as_array().unwrap().clone();
        let Some(last) = page.last() else { break };
        before = last["revision"]["number"].as_u64().unwrap();
        paged.extend(page.iter().map(|change| {
            let outcome = change["outcome"].as_str().unwrap().to_owned();
            (change["revision"]["number"].as_u64().unwrap(), outcome)
        }));
    }
    paged.reverse();
    assert_eq!(paged, expected, "{id}");
    let without: Vec<_> = told.iter().map(|(revision, outcome, _)| (*revision, outcome.clone())).collect();
    assert_eq!(without, expected, "{id}");
    assert!(told.iter().all(|(_, _, differences)| !differences.as_array().unwrap().is_empty()), "{told:#?}");
}

#[test]
fn a_revision_tells_who_did_what_when_and_what_for() {
    let loaded = loaded(Executor::Plan);
    let api = &loaded.api;
    let query = "mutation { upsertCity(note: \"mended\", input: { id: \"city:442000\", note: \"a\" }) { revision } }";
    change(api, query, json!({}), &keeper());
    let query = "{
      revisions(first: 1) { number author note changes { id outcome node { id } differences { field before after } } }
      built: revision(number: 1) { author changes(first: 2, after: \"county:110102\") { id outcome } }
      never: revision(number: 99) { number }
      node(id: \"city:442000\") { history { revision { number time } outcome } }
    }";
    let told = data(&api.answer_now(&Request::new(query)));
    let expected = json!([{
        "number": 2, "author": "keeper", "note": "mended",
        "changes": [{
            "id": "city:442000", "outcome": "UPDATED", "node": { "id": "city:442000" },
            "differences": [{ "field": "note", "before": null, "after": "\"a\"" }],
        }],
    }]);
    assert_eq!(told["revisions"], expected);
    assert_eq!(told["built"]["author"], "jiedui");
    assert_eq!(told["built"]["changes"][0], json!({ "id": "county:110106", "outcome": "CREATED" }));
    assert_eq!(told["never"], Value::Null);
    let history = told["node"]["history"].as_array().unwrap();
    assert_eq!(history.iter().map(|change| change["outcome"].clone()).collect::<Vec<_>>(), ["UPDATED", "CREATED"]);
    assert!(history[0]["revision"]["time"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn behind_a_bulk_load_single_records_are_found_and_walks_are_refused() {
    let loaded = loaded(Executor::Plan);
    let api = &loaded.api;
    let upsert = |name: &str| {
        let query =
            format!("mutation {{ upsertProduct(input: {{ id: \"product:far\", name: \"{name}\" }}) {{ revision }} }}");
        data(&change(api, &query, json!({}), &keeper()))["upsertProduct"]["revision"].as_u64().unwrap()
    };
    let (first, second) = (upsert("甲"), upsert("乙"));
    let author = Author { time_ms: 0, name: "bulk".to_owned(), note: String::new() };
    let bulk = (0..PAST_CHANGES_MAX + 1).map(|number| {
        let mut record = Record::new(&ENTERPRISE, &format!("bulk{number:06}"));
        record.values[slot::NAME] = Text(format!("企业{number}"));
        Ok(Change::Put(record))
    });
    let (writer, bulk) = api.store().writer().unwrap().apply_stream(&author, bulk).unwrap();
    writer.commit().unwrap();
    let ask = |at: u64, query: &str| api.answer_now(&Request::new(&format!("query @at(revision: {at}) {query}")));
    let node = "{ node(id: \"product:far\") { ... on Product { name version } } }";
    assert_eq!(data(&ask(first, node))["node"], json!({ "name": "甲", "version": first }));
    assert_eq!(data(&ask(second, node))["node"]["name"], "乙");
    assert_eq!(data(&ask(first, "{ node(id: \"enterprise:bulk000000\") { id } }"))["node"], Value::Null);
    let walked = ask(first, "{ products { totalCount } }");
    assert!(walked.errors[0].message.contains("ask for a later one"), "{:#?}", walked.errors);
    assert!(
        data(&ask(bulk.unwrap(), "{ enterprises { totalCount } }"))["enterprises"]["totalCount"].as_u64()
            > Some(50_000)
    );
    // What was changed before it is taken back as ever; the bulk load itself is too much.
    let revert = |revision: u64| {
        change(
            api,
            "mutation($revision: Int!) { revert(revision: $revision) { revision } }",
            json!({ "revision": revision }),
            &keeper(),
        )
    };
    assert!(revert(bulk.unwrap()).errors[0].message.contains("more than 50000 records"));
    assert!(revert(second).errors.is_empty());
    assert_eq!(data(&api.answer_now(&Request::new(node)))["node"]["name"], "甲");
}

#[test]
fn what_the_log_does_not_reach_is_refused() {
    let loaded = loaded(Executor::Plan);
    for (query, why) in [
        ("query @at(revision: 7) { products { totalCount } }", "revision 7 is yet to come: the newest is 1"),
        ("query @at(revision: -1) { products { totalCount } }", "a whole number of 0 or more"),
        ("{ revisions(first: 0) { number } }", "first: expected 1 to 100"),
    ] {
        let answer = loaded.api.answer_now(&Request::new(query));
        assert!(answer.errors[0].message.contains(why), "{:#?}", answer.errors);
    }
}
