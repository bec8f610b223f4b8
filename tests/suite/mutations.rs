//! Mutations: what is sent stands, all of it or nothing; who came in between is told; the same sent twice is made once.

use jiedui::api::request::{Answer, Request};
use jiedui::api::{Api, Caller, Executor, Role};
use jiedui::config::Limits;
use jiedui::model::id::Id;
use serde_json::{Value, json};

use crate::support::{Loaded, data, loaded};

/// Who may do everything.
pub fn keeper() -> Caller {
    Caller::Known { name: "keeper".to_owned(), role: Role::Keeper }
}

/// Makes the changes of a mutation.
pub fn change(api: &Api, query: &str, variables: Value, caller: &Caller) -> Answer {
    let Value::Object(variables) = variables else { panic!("variables are an object") };
    let request = Request { variables, ..Request::new(query) };
    let passed = api.pass(&request).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert!(passed.changes());
    api.change_now(&request, &passed, caller)
}

pub fn changed(api: &Api, query: &str, variables: Value) -> Value {
    data(&change(api, query, variables, &keeper()))
}

/// The one error of a mutation, as programs see it.
pub fn refused(api: &Api, query: &str, variables: Value) -> Value {
    let before = revision(api);
    let answer = change(api, query, variables, &keeper());
    assert_eq!(answer.errors.len(), 1, "{:#?}", answer.errors);
    assert_eq!(revision(api), before, "what is refused makes no revision");
    answer.errors[0].to_json()
}

fn revision(api: &Api) -> u64 {
    api.store().snapshot().unwrap().revision().unwrap()
}

fn ask(api: &Api, query: &str) -> Value {
    data(&api.answer_now(&Request::new(query)))
}

fn fresh() -> Loaded {
    loaded(Executor::Plan)
}

pub const PAIR: &str = "mutation($pairing: PairingInput!, $key: String) {
  upsertPairing(input: $pairing, note: \"a test\", idempotencyKey: $key) {
    revision outcome
    record { id version name helpers { id } helped { id } observations { totalCount nodes { value } } }
    nested { id outcome node { __typename } }
  }
}";

pub fn pairing() -> Value {
    json!({
        "id": "pairing:test", "name": "中山市结对彝良县", "programme": "programme:east-west", "form": "AID",
        "helpers": [{ "node": "city:442000" }], "helped": [{ "node": "county:110102" }],
        "citations": [{ "source": "source:beijing-yushu-2024", "line": 3 }],
        "observations": [{
            "id": "observation:test", "indicator": "indicator:fiscal-aid", "value": "1260000", "qualifier": "MORE_THAN",
            "nature": "ACTUAL", "basis": "STATED", "period": { "start": "2020", "end": "2020" },
        }],
    })
}

#[test]
fn an_upsert_makes_a_record_with_what_belongs_to_it_and_shows_both_as_they_stand() {
    let loaded = fresh();
    let api = &loaded.api;
    let before = revision(api);
    let made = &changed(api, PAIR, json!({ "pairing": pairing() }))["upsertPairing"];
    assert_eq!(made["revision"], before + 1);
    assert_eq!(made["outcome"], "CREATED");
    assert_eq!(made["record"]["version"], before + 1);
    assert_eq!(made["record"]["helped"], json!([{ "id": "county:110102" }]));
    assert_eq!(made["record"]["observations"], json!({ "totalCount": 1, "nodes": [{ "value": "1260000" }] }));
    assert_eq!(made["nested"][0]["outcome"], "CREATED");
    let again = &changed(api, PAIR, json!({ "pairing": pairing() }))["upsertPairing"];
    assert_eq!((&again["outcome"], &again["revision"]), (&json!("UNCHANGED"), &json!(before + 1)));
    // What is left out stays, null clears.
    let partly = json!({ "id": "pairing:test", "name": "另一个名", "citations": null });
    let made = &changed(api, PAIR, json!({ "pairing": partly }))["upsertPairing"];
    assert_eq!((&made["outcome"], &made["record"]["name"]), (&json!("UPDATED"), &json!("另一个名")));
    assert_eq!(made["record"]["helped"], json!([{ "id": "county:110102" }]));
    let left = ask(api, "{ node(id: \"pairing:test\") { ... on Pairing { citations { line } } } }");
    assert_eq!(left["node"]["citations"], json!([]));
}

#[test]
fn every_fault_is_told_by_the_path_under_which_it_was_sent() {
    let loaded = fresh();
    let mut wrong = pairing();
    wrong["programme"] = Value::Null;
    wrong["helped"] = json!([{ "node": "county:110102" }, { "node": "county:000000" }, { "node": "product:tea" }]);
    wrong["observations"][0]["indicator"] = json!("indicator:nothing");
    let error = refused(&loaded.api, PAIR, json!({ "pairing": wrong }));
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
    let paths: Vec<_> =
        error["extensions"]["faults"].as_array().unwrap().iter().map(|fault| fault["path"].as_str().unwrap()).collect();
    for expected in ["input.programme", "input.helped.1", "input.helped", "input.observations.0.indicator"] {
        assert!(paths.iter().any(|path| path.starts_with(expected)), "{expected} in {error:#}");
    }
    let elsewhere =
        json!({ "id": "pairing:test", "observations": [{ "id": "observation:x", "subject": "city:442000" }] });
    let error = refused(&loaded.api, PAIR, json!({ "pairing": elsewhere }));
    let subject = |fault: &Value| {
        fault["path"] == "input.observations.0.subject" && fault["problem"].to_string().contains("stands below")
    };
    assert!(error["extensions"]["faults"].as_array().unwrap().iter().any(subject), "{error}");
    let error = refused(&loaded.api, PAIR, json!({ "pairing": { "id": "city:442000" } }));
    assert!(error["message"].as_str().unwrap().contains("input.id"), "{error}");
}

#[test]
fn a_stale_version_is_a_conflict_that_says_how_the_record_stands_and_what_differs() {
    let loaded = fresh();
    let api = &loaded.api;
    let query = "mutation($input: CityInput!) { upsertCity(input: $input) { revision record { version note } } }";
    let write = |version: u64, note: &str| json!({ "input": { "id": "city:442000", "expectedVersion": version, "note": note } });
    let made = &changed(api, query, write(1, "one"))["upsertCity"];
    assert_eq!(made["record"], json!({ "version": 2, "note": "one" }));
    let error = refused(api, query, write(1, "two"));
    assert_eq!(error["extensions"]["code"], "CONFLICT");
    let expected = json!([{
        "path": "input", "id": "city:442000", "expectedVersion": 1, "version": 2,
        "differences": [{ "field": "note", "stands": "one", "sent": "two" }],
    }]);
    assert_eq!(error["extensions"]["conflicts"], expected);
    let new = json!({ "input": { "id": "city:999999", "name": "x", "expectedVersion": 7 } });
    assert_eq!(refused(api, query, new)["extensions"]["conflicts"][0]["version"], Value::Null);
    assert_eq!(refused(api, query, write(0, "new"))["extensions"]["conflicts"][0]["version"], 2);
    assert!(
        refused(api, query, json!({ "input": { "id": "city:442000", "expectedVersion": -1 } }))["message"]
            .as_str()
            .unwrap()
            .contains("expectedVersion")
    );
}

const DELETE: &str = "mutation($id: ID!, $detach: Boolean! = false) {
  delete(id: $id, detach: $detach) { revision changes { id outcome node { id } } detached { id outcome node { id } } }
}";

#[test]
fn a_delete_that_leaves_a_reference_says_who_refers_unless_told_to_detach() {
    let loaded = fresh();
    let api = &loaded.api;
    changed(api, PAIR, json!({ "pairing": pairing() }));
    let error = refused(api, DELETE, json!({ "id": "pairing:test" }));
    assert_eq!(error["extensions"]["faults"][0]["referrers"], json!(["observation:test"]));
    // A figure is always about something: it cannot be left without.
    let error = refused(api, DELETE, json!({ "id": "pairing:test", "detach": true }));
    assert!(error["message"].as_str().unwrap().contains("observation:test would be left without it"), "{error}");
    changed(api, DELETE, json!({ "id": "observation:test" }));
    let gone = &changed(api, DELETE, json!({ "id": "pairing:test" }))["delete"];
    assert_eq!(gone["changes"], json!([{ "id": "pairing:test", "outcome": "DELETED", "node": null }]));
    let error = refused(api, DELETE, json!({ "id": "pairing:test" }));
    assert!(error["message"].as_str().unwrap().contains("there is no record pairing:test"), "{error}");
    // A county's villages stand below a town, which they can be without; a pairing has other helpers.
    let who = "{ node(id: \"enterprise:e1\") { ... on Enterprise { name } } }";
    let two = json!({ "changes": [
        { "enterprise": { "id": "enterprise:e1", "name": "甲" } },
        { "pairing": { "id": "pairing:two", "name": "乙", "programme": "programme:east-west", "form": "AID",
            "helpers": [{ "node": "city:442000" }, { "node": "enterprise:e1" }], "helped": [{ "node": "county:110102" }] } },
    ] });
    changed(api, BATCH, two);
    assert_eq!(ask(api, who)["node"]["name"], "甲");
    let done = &changed(api, DELETE, json!({ "id": "enterprise:e1", "detach": true }))["delete"];
    assert_eq!(done["detached"][0]["id"], "pairing:two");
    assert_eq!(ask(api, who)["node"], Value::Null);
    let left = ask(api, "{ node(id: \"pairing:two\") { ... on Pairing { helpers { id } } } }");
    assert_eq!(left["node"]["helpers"], json!([{ "id": "city:442000" }]));
}

pub const BATCH: &str = "mutation($changes: [ChangeInput!]!, $key: String) {
  applyChanges(changes: $changes, idempotencyKey: $key) { revision changes { id outcome } }
}";

#[test]
fn a_batch_is_one_revision_or_nothing_and_each_change_stands_on_those_before_it() {
    let loaded = fresh();
    let api = &loaded.api;
    let before = revision(api);
    let changes = json!({ "changes": [
        { "enterprise": { "id": "enterprise:new", "name": "新企业" } },
        { "product": { "id": "product:new", "name": "新产品" } },
        { "enterprise": { "id": "enterprise:new", "nameEn": "New" } },
        { "delete": { "id": "product:new" } },
    ] });
    let done = &changed(api, BATCH, changes)["applyChanges"];
    assert_eq!(done["revision"], before + 1);
    let outcomes: Vec<_> = done["changes"].as_array().unwrap().iter().map(|change| change["outcome"].clone()).collect();
    assert_eq!(outcomes, ["CREATED", "UNCHANGED", "CREATED", "UNCHANGED"]);
    let made = ask(api, "{ node(id: \"enterprise:new\") { ... on Enterprise { name nameEn } } }");
    assert_eq!(made["node"], json!({ "name": "新企业", "nameEn": "New" }));
    let wrong = json!({ "changes": [
        { "enterprise": { "id": "enterprise:newer", "name": "更新" } },
        { "delete": { "id": "city:442000" } },
        { "product": { "id": "product:newer" } },
    ] });
    let error = refused(api, BATCH, wrong);
    let paths: Vec<_> = error["extensions"]["faults"].as_array().unwrap().iter().map(|it| it["path"].clone()).collect();
    assert!(paths.contains(&json!("changes.1.delete")) && paths.contains(&json!("changes.2.product.name")), "{error}");
    assert_eq!(ask(api, "{ node(id: \"enterprise:newer\") { id } }")["node"], Value::Null);
}

#[test]
fn the_same_sent_again_under_its_key_is_answered_and_not_made_again() {
    let loaded = fresh();
    let api = &loaded.api;
    let first = changed(api, PAIR, json!({ "pairing": pairing(), "key": "k1" }));
    let made = revision(api);
    let renamed = json!({ "pairing": { "id": "pairing:test", "name": "后来的名" } });
    changed(api, PAIR, renamed.clone());
    // Answered as of the revision that it made, though the record stands otherwise by now.
    assert_eq!(changed(api, PAIR, json!({ "pairing": pairing(), "key": "k1" })), first);
    assert_eq!(revision(api), made + 1);
    let mut other = renamed;
    other["key"] = json!("k1");
    assert_eq!(refused(api, PAIR, other)["extensions"]["code"], "CONFLICT");
    assert!(
        refused(api, PAIR, json!({ "pairing": pairing(), "key": "" }))["message"]
            .as_str()
            .unwrap()
            .contains("1 to 200 bytes")
    );
}

const REVERT: &str = "mutation($revision: Int!) { revert(revision: $revision) { revision changes { id outcome } } }";

#[test]
fn a_revision_is_taken_back_as_a_new_one_unless_its_records_changed_since() {
    let loaded = fresh();
    let api = &loaded.api;
    let made = changed(api, PAIR, json!({ "pairing": pairing() }))["upsertPairing"]["revision"].clone();
    let all = "{ node(id: \"pairing:test\") { id } observation: node(id: \"observation:test\") { id } }";
    let note = "mutation { upsertCity(input: { id: \"city:442000\", note: \"x\" }) { revision } }";
    let noted = changed(api, note, json!({}))["upsertCity"]["revision"].clone();
    let taken = &changed(api, REVERT, json!({ "revision": made }))["revert"];
    assert_eq!(ask(api, all), json!({ "node": null, "observation": null }));
    let back = &changed(api, REVERT, json!({ "revision": taken["revision"] }))["revert"];
    assert_eq!(back["changes"][0]["outcome"], "CREATED");
    assert_eq!(ask(api, all)["node"]["id"], "pairing:test");
    // The first of the two was made and taken back: what it changed stands otherwise since.
    assert_eq!(refused(api, REVERT, json!({ "revision": made }))["extensions"]["code"], "CONFLICT");
    changed(api, REVERT, json!({ "revision": noted }));
    assert_eq!(ask(api, "{ node(id: \"city:442000\") { ... on City { note } } }")["node"]["note"], Value::Null);
    assert!(
        refused(api, REVERT, json!({ "revision": 99_999 }))["message"].as_str().unwrap().contains("no revision 99999")
    );
}

#[test]
fn several_root_fields_are_made_one_after_the_other_each_as_a_revision_of_its_own() {
    let loaded = fresh();
    let api = &loaded.api;
    let query = "mutation {
      a: upsertProduct(input: { id: \"product:a\", name: \"甲\" }) { revision record { name } }
      b: upsertProduct(input: { id: \"product:b\" }) { revision }
      c: upsertProduct(input: { id: \"product:a\", name: \"丙\" }) { revision record { name } }
      __typename
    }";
    let answer = change(api, query, json!({}), &keeper());
    let told: Value = serde_json::from_slice(answer.data.as_ref().unwrap()).unwrap();
    assert_eq!(told["a"]["record"]["name"], "甲");
    assert_eq!(told["b"], Value::Null);
    assert_eq!(told["c"]["record"]["name"], "丙");
    assert_eq!(told["c"]["revision"].as_u64().unwrap(), told["a"]["revision"].as_u64().unwrap() + 1);
    assert_eq!(told["__typename"], "Mutation");
    assert_eq!(answer.errors.len(), 1);
    assert_eq!(answer.errors[0].to_json()["path"], json!(["b"]));
}

#[test]
fn a_mutation_tells_what_its_extensions_ask_for_as_a_query_does() {
    let loaded = fresh();
    let api = &loaded.api;
    let asked = json!({ "receipt": true, "citations": true, "plan": true });
    let told = |query: &str, variables: Value| {
        let (Value::Object(variables), Value::Object(extensions)) = (variables, asked.clone()) else {
            panic!("objects")
        };
        let request = Request { variables, extensions, ..Request::new(query) };
        let passed = api.pass(&request).unwrap();
        let answer = match passed.changes() {
            true => api.change_now(&request, &passed, &keeper()),
            false => api.answer_now(&request),
        };
        assert!(answer.errors.is_empty(), "{:#?}", answer.errors);
        Value::Object(answer.extensions)
    };
    let made = told(PAIR, json!({ "pairing": pairing() }));
    assert_eq!(made["receipt"]["revision"], revision(api));
    let sources = made["citations"]["sources"].as_array().unwrap();
    assert!(sources.iter().any(|source| {
        source["id"] == "source:beijing-yushu-2024" && source["places"].to_string().contains("pairing:test")
    }));
    assert!(made["plan"]["connections"].to_string().contains("upsertPairing.record.observations"), "{made:#}");
    // The same records, asked for: they rest on the same sources, and the same data have the same hash.
    let record = "{ id name citations { line source { id } } }";
    let write = format!(
        "mutation {{ a: upsertProduct(input: {{ id: \"product:a\", name: \"甲\", citations: [{{ source: \"source:beijing-yushu-2024\" }}] }}) {{ record {record} }}
           b: delete(id: \"observation:test\") {{ changes {{ id node {{ id }} }} }} c: upsertCity(input: {{ id: \"city:442000\", note: \"x\" }}) {{ record {record} }} }}"
    );
    let several = told(&write, json!({}));
    let read = told(
        &format!(
            "{{ a: node(id: \"product:a\") {{ ... on Product {record} }} c: node(id: \"city:442000\") {{ ... on City {record} }} }}"
        ),
        json!({}),
    );
    assert_eq!(several["citations"], read["citations"]);
    assert_eq!(several["receipt"]["revision"], read["receipt"]["revision"]);
    // What one change shows and the next deletes is left out.
    let gone = told(
        "mutation { a: upsertProduct(input: { id: \"product:z\", name: \"乙\" }) { record { id } } b: delete(id: \"product:z\") { revision } }",
        json!({}),
    );
    assert_eq!(gone["citations"]["uncited"], json!([]));
}

#[test]
fn an_answer_that_is_given_up_names_what_was_made_and_makes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::support::open(&folder.path().join("jiedui.redb"));
    let limits = Limits { answer_bytes: 400, ..Limits::default() };
    let api = Api::new(std::sync::Arc::new(store), Executor::Plan, limits);
    let long = "x".repeat(1_000);
    let query = format!(
        "mutation {{
           a: upsertProduct(input: {{ id: \"product:a\", name: \"{long}\" }}) {{ revision record {{ name history {{ id }} }} }}
           b: upsertProduct(input: {{ id: \"product:b\", name: \"乙\" }}) {{ revision }}
         }}"
    );
    let answer = change(&api, &query, json!({}), &keeper());
    let told: Value = serde_json::from_slice(answer.data.as_ref().unwrap()).unwrap();
    assert_eq!(told, json!({ "a": null, "b": null }));
    let paths: Vec<_> = answer.errors.iter().map(|error| error.to_json()["path"][0].clone()).collect();
    assert_eq!(paths, ["a", "b"], "{:#?}", answer.errors);
    assert!(answer.errors[1].message.contains("not made"), "{:#?}", answer.errors);
    let made = |id: &str| api.store().snapshot().unwrap().get(Id::parse(id).unwrap().as_ref()).unwrap().is_some();
    assert!(made("product:a") && !made("product:b"));
}

#[test]
fn only_who_may_write_writes() {
    let loaded = fresh();
    let api = &loaded.api;
    let before = revision(api);
    let query = "mutation { upsertProduct(input: { id: \"product:a\", name: \"甲\" }) { revision } }";
    let known = |role| Caller::Known { name: "someone".to_owned(), role };
    for caller in [Caller::Anyone, known(Role::Reader)] {
        let answer = change(api, query, json!({}), &caller);
        assert_eq!(answer.errors[0].to_json()["extensions"]["code"], "FORBIDDEN");
    }
    assert_eq!(revision(api), before);
    assert!(change(api, query, json!({}), &known(Role::Editor)).errors.is_empty());
    let entry = api.store().snapshot().unwrap().log_entry(before + 1).unwrap().unwrap();
    assert_eq!(entry.author, "someone");
    let answer = change(api, REVERT, json!({ "revision": before + 1 }), &known(Role::Editor));
    assert_eq!(answer.errors[0].to_json()["extensions"]["code"], "FORBIDDEN");
}
