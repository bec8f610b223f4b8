//! The plan agrees with async-graphql: data byte for byte, errors as a set of path, code and message.

use std::sync::Arc;

use jiedui::api::error::GraphqlError;
use jiedui::api::request::{Answer, Request};
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::exchange::builtin;
use jiedui::model::id::Id;
use jiedui::store::{Store, key};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::generate::Generator;
use crate::support::{TIME_MS, data, open};

/// One store behind both executors.
struct Both {
    _folder: TempDir,
    plan: Api,
    async_graphql: Api,
}

impl Both {
    fn over(store: Store, folder: TempDir) -> Self {
        let store = Arc::new(store);
        // How long an answer takes differs from run to run, and so would what is given up.
        let limits = Limits { time_ms: 600_000, ..Limits::default() };
        let plan = Api::new(store.clone(), Executor::Plan, limits.clone());
        Self { _folder: folder, plan, async_graphql: Api::new(store, Executor::AsyncGraphql, limits) }
    }

    /// With the built-in data.
    fn loaded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("jiedui.redb"));
        builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
        Self::over(store, folder)
    }

    /// With the built-in data, from which some records were torn out behind the writer's back.
    fn damaged(torn: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jiedui.redb");
        builtin::load(&open(&path), &builtin::files(), TIME_MS).unwrap();
        let database = redb::Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        let records = redb::TableDefinition::<&[u8], &[u8]>::new("records");
        for id in torn {
            let key = key::record(Id::parse(id).unwrap().as_ref());
            assert!(transaction.open_table(records).unwrap().remove(key.as_slice()).unwrap().is_some(), "{id}");
        }
        transaction.commit().unwrap();
        drop(database);
        Self::over(open(&path), folder)
    }

    /// The answer, which both give.
    fn agree(&self, request: &Request) -> Answer {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let plan = self.plan.answer_now(request);
        let other = runtime.block_on(self.async_graphql.answer(request));
        let text = |answer: &Answer| answer.data.as_ref().map(|data| String::from_utf8(data.clone()).unwrap());
        assert_eq!(text(&plan), text(&other), "{request:#?}");
        assert_eq!(told(&plan.errors), told(&other.errors), "{request:#?}");
        assert_eq!(plan.extensions, other.extensions, "{request:#?}");
        plan
    }

    fn agree_on(&self, query: &str) -> Answer {
        self.agree(&Request::new(query))
    }
}

/// What must agree of errors, in an order of its own.
fn told(errors: &[GraphqlError]) -> Vec<String> {
    let mut told: Vec<_> =
        errors.iter().map(|error| format!("{:?} {:?} {}", error.path, error.code, error.message)).collect();
    told.sort();
    told
}

#[test]
fn every_query_of_the_project_is_answered_alike() {
    let both = Both::loaded();
    for (name, query) in queries() {
        let answer = both.agree(&Request::new(&query));
        assert!(answer.data.is_some(), "{name}: {:#?}", answer.errors);
    }
}

#[test]
fn what_a_request_asks_in_its_extensions_is_told_alike() {
    let both = Both::loaded();
    let asked = json!({ "citations": true, "plan": true, "receipt": true });
    for (name, query) in queries() {
        let extensions = asked.as_object().unwrap().clone();
        let answer = both.agree(&Request { extensions, ..Request::new(&query) });
        let mut told: Vec<_> = answer.extensions.keys().collect();
        told.sort();
        assert_eq!(told, ["citations", "plan", "receipt"], "{name}");
    }
    let extensions = json!({ "plan": "yes" }).as_object().unwrap().clone();
    let refused = both.agree(&Request { extensions, ..Request::new("{ region(code: \"442000\") { name } }") });
    assert_eq!(refused.errors.len(), 1);
}

/// The queries under `tests/suite/queries`.
fn queries() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/queries");
    let mut queries: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    queries.sort();
    assert!(queries.len() > 5);
    queries
}

#[test]
fn generated_queries_are_answered_alike() {
    let both = Both::loaded();
    let mut answered = 0;
    for seed in 0..600 {
        let request = Generator::new(seed).request();
        answered += usize::from(both.agree(&request).data.is_some());
    }
    // Some are refused, by design; if most were, the generator would prove nothing.
    assert!(answered > 400, "{answered}");
}

#[test]
fn generated_queries_are_answered_alike_where_records_are_torn_out() {
    let both = Both::damaged(&["source:seed-article", "city:441200", "programme:east-west", "indicator:fiscal-aid"]);
    let mut failed = 0;
    for seed in 1_000..1_400 {
        let answer = both.agree(&Generator::new(seed).request());
        failed += usize::from(answer.data.is_some() && !answer.errors.is_empty());
    }
    assert!(failed > 30, "{failed}");
}

/// A failing field in every position: what is null, and what the error says.
#[test]
fn a_failing_field_nulls_the_nearest_field_that_may_be_null() {
    let both = Both::damaged(&["source:seed-article", "city:441200", "programme:in-province"]);
    for (query, expected, paths) in [
        // The root field itself.
        (
            "{ node(id: \"nonsense\") { id } city: node(id: \"city:442000\") { id } }",
            json!({ "node": null, "city": { "id": "city:442000" } }),
            json!([["node"]]),
        ),
        // A nullable to-one relation.
        (
            "{ node(id: \"county:441225\") { ... on County { name parent { name } } } }",
            json!({ "node": { "name": "封开县", "parent": null } }),
            json!([["node", "parent"]]),
        ),
        // A required to-one relation: the record goes, and the nullable root field takes it.
        (
            "{ node(id: \"pairing:zhongshan-chaozhou\") { ... on Pairing { name programme { name } } } }",
            json!({ "node": null }),
            json!([["node", "programme"]]),
        ),
        // In a plain list without nulls: the list goes, then the record that holds it.
        (
            "{ node(id: \"pairing:zhongshan-zhaoqing\") { ... on Pairing { helped { name } } } }",
            json!({ "node": null }),
            json!([["node", "helped"]]),
        ),
        // In a list that may hold nulls: the entry alone.
        (
            "{ nodes(ids: [\"pairing:zhongshan-chaozhou\", \"city:442000\"]) { id ... on Pairing { programme { id } } } }",
            json!({ "nodes": [null, { "id": "city:442000" }] }),
            json!([["nodes", 0, "programme"]]),
        ),
        // In an object inside a list: citations need their source.
        (
            "{ node(id: \"person:huang-rongyan\") { citations { line source { id } } } city: node(id: \"city:442000\") { id } }",
            json!({ "node": null, "city": { "id": "city:442000" } }),
            json!([["node", "citations", 0, "source"]]),
        ),
        // In a node of a connection: the connection may be null.
        (
            "{ node(id: \"city:442000\") { id ... on City { pairings(first: 20) { nodes { programme { id } } } } } }",
            json!({ "node": { "id": "city:442000", "pairings": null } }),
            Value::Null,
        ),
        // A special's argument, and an alias in the path.
        (
            "{ z: region(code: \"442000\") { many: children(first: 1001) { totalCount } name } }",
            json!({ "z": { "many": null, "name": "中山市" } }),
            json!([["z", "many"]]),
        ),
        // In a special that lists.
        (
            "{ node(id: \"town:441225114\") { id ... on Town { ancestors { id } } } }",
            json!({ "node": null }),
            json!([["node", "ancestors"]]),
        ),
    ] {
        let answer = both.agree_on(query);
        let got: Value = serde_json::from_slice(answer.data.as_ref().unwrap()).unwrap();
        assert_eq!(got, expected, "{query}");
        if paths != Value::Null {
            let told: Vec<_> = answer.errors.iter().map(|error| error.to_json()["path"].clone()).collect();
            assert_eq!(json!(told), paths, "{query}");
        }
        assert!(!answer.errors.is_empty(), "{query}");
    }
}

#[test]
fn what_is_our_fault_says_no_more_than_that() {
    let both = Both::damaged(&["city:441200"]);
    let answer = both.agree_on("{ node(id: \"county:441225\") { ... on County { parent { id } } } }");
    let error = answer.errors[0].to_json();
    assert_eq!((&error["message"], &error["extensions"]["code"]), (&json!("internal error"), &json!("INTERNAL")));
    assert!(answer.errors[0].cause.as_ref().unwrap().contains("city:441200"));
    assert!(!String::from_utf8(answer.to_json()).unwrap().contains("441200"));
}

#[test]
fn conditions_follow_variables_and_their_defaults() {
    let both = Both::loaded();
    let query = "query($a: Boolean = true, $b: Boolean!) {
        region(code: \"442000\") { id @include(if: $a) name @skip(if: $b) ... @include(if: $b) { nameEn } }
    }";
    let ask = |variables: Value| {
        let Value::Object(variables) = variables else { unreachable!() };
        both.agree(&Request { variables, ..Request::new(query) })
    };
    assert_eq!(data(&ask(json!({ "b": false })))["region"], json!({ "id": "city:442000", "name": "中山市" }));
    assert_eq!(data(&ask(json!({ "a": false, "b": true })))["region"], json!({ "nameEn": "Zhongshan" }));
    assert!(ask(json!({})).data.is_none());
}

#[test]
fn names_in_the_answer_are_merged_across_fragments() {
    let both = Both::loaded();
    let answer = both.agree_on(
        "{ region(code: \"442000\") { ...A ...B ... on Party { id } ... on City { parent { name } } ... on Town { note } } }
         fragment A on Region { name parent { id } }
         fragment B on City { level parent { id level } name }",
    );
    let expected = "{\"region\":{\"name\":\"中山市\",\"parent\":{\"id\":\"province:440000\",\"level\":\"PROVINCE\",\"name\":\"广东省\"},\"level\":\"CITY\",\"id\":\"city:442000\"}}";
    assert_eq!(String::from_utf8(answer.data.unwrap()).unwrap(), expected);
}
