//! Following the log: each revision that changed what is asked for is told once, in order, as it stood; who falls behind is
//! told where to go on.

use std::sync::Arc;
use std::time::Duration;

use jiedui::api::following::{Following, Step};
use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::model::catalog::slot;
use jiedui::model::id::Id;
use jiedui::model::kinds::ENTERPRISE;
use jiedui::store::{Snapshot, Stored};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::mutations::{change, keeper};
use crate::support::{Loaded, data, loaded};

pub const EVENTS: &str = "subscription($kinds: [Kind!], $of: [ID!], $after: Int) {
  changes(kinds: $kinds, of: $of, after: $after) {
    revision time author note part last changes { id outcome node { id ... on Enterprise { name } } }
  }
}";

/// A database with the built-in data, an API with bounds over it, and what runs it.
struct World {
    api: Arc<Api>,
    runtime: tokio::runtime::Runtime,
    _folder: TempDir,
}

fn world(settings: &[&str]) -> World {
    world_keeping(None, settings)
}

/// The same, whose log keeps so many revisions.
fn world_keeping(revisions: Option<u64>, settings: &[&str]) -> World {
    let Loaded { folder, api } = loaded(Executor::Plan);
    drop(api);
    let mut limits = Limits::default();
    settings.iter().for_each(|setting| limits.set(setting).unwrap());
    let store = crate::support::open(&folder.path().join("jiedui.redb")).keeping(revisions);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    World { api: Arc::new(Api::new(Arc::new(store), Executor::Plan, limits)), runtime, _folder: folder }
}

impl World {
    fn follow(&self, query: &str, variables: Value) -> Following {
        self.try_follow(query, variables).unwrap_or_else(|error| panic!("{error:#}"))
    }

    fn try_follow(&self, query: &str, variables: Value) -> Result<Following, Value> {
        let Value::Object(variables) = variables else { panic!("variables are an object") };
        let request = Request { variables, ..Request::new(query) };
        let passed = self.api.pass(&request).map_err(|errors| errors[0].to_json())?;
        assert!(passed.follows() && !passed.changes());
        self.api.follow(&request, passed).map_err(|errors| errors[0].to_json())
    }

    fn step(&self, following: &mut Following) -> Step {
        self.runtime.block_on(async {
            let wait = tokio::time::timeout(Duration::from_secs(20), following.wait());
            wait.await.expect("a revision that was not looked at");
            following.read().await
        })
    }

    /// The next event.
    fn event(&self, following: &mut Following) -> Value {
        match self.step(following) {
            Step::Event(answer) => data(&answer)["changes"].clone(),
            other => panic!("expected an event, found {other:?}"),
        }
    }

    /// The error that ends it.
    fn end(&self, following: &mut Following) -> Value {
        match self.step(following) {
            Step::End(errors) => errors[0].to_json(),
            other => panic!("expected the end, found {other:?}"),
        }
    }

    fn nothing_comes(&self, following: &mut Following) {
        let waited = async { tokio::time::timeout(Duration::from_millis(20), following.wait()).await };
        assert!(self.runtime.block_on(waited).is_err(), "nothing was to come");
    }

    /// Makes changes as one revision, which is given.
    fn batch(&self, changes: Value) -> u64 {
        let query =
            "mutation($changes: [ChangeInput!]!) { applyChanges(changes: $changes, note: \"a test\") { revision } }";
        let answer = change(&self.api, query, json!({ "changes": changes }), &keeper());
        data(&answer)["applyChanges"]["revision"].as_u64().unwrap()
    }

    fn name(&self, key: &str, name: &str) -> u64 {
        self.batch(json!([enterprise(key, name)]))
    }
}

fn enterprise(key: &str, name: &str) -> Value {
    json!({ "enterprise": { "id": format!("enterprise:{key}"), "name": name } })
}

#[test]
fn each_revision_is_told_once_in_order_and_as_it_stood() {
    let world = world(&[]);
    let mut live = world.follow(EVENTS, json!({}));
    world.nothing_comes(&mut live);
    let first = world.name("a", "甲");
    let event = world.event(&mut live);
    let expected = json!([{
        "id": "enterprise:a", "outcome": "CREATED", "node": { "id": "enterprise:a", "name": "甲" },
    }]);
    assert_eq!(event["changes"], expected);
    assert_eq!(
        (&event["revision"], &event["author"], &event["note"]),
        (&json!(first), &json!("keeper"), &json!("a test"))
    );
    assert_eq!((&event["part"], &event["last"]), (&json!(1), &json!(true)));
    let time: jiff::Timestamp = event["time"].as_str().unwrap().parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(time).as_secs() < 60);
    world.nothing_comes(&mut live);
    // Three more while nobody reads: each is told as it stood, whatever came since.
    world.name("a", "乙");
    world.batch(json!([{ "delete": { "id": "enterprise:a" } }, enterprise("b", "丙")]));
    world.name("a", "丁");
    let told: Vec<_> = (0..3).map(|_| world.event(&mut live)).collect();
    let revisions: Vec<_> = told.iter().map(|event| event["revision"].as_u64().unwrap()).collect();
    assert_eq!(revisions, [first + 1, first + 2, first + 3]);
    let changes: Vec<_> = told.iter().map(|event| event["changes"].clone()).collect();
    let change = |key: &str, outcome: &str, name: Option<&str>| {
        let id = format!("enterprise:{key}");
        json!({ "id": id, "outcome": outcome, "node": name.map(|name| json!({ "id": id, "name": name })) })
    };
    assert_eq!(changes[0], json!([change("a", "UPDATED", Some("乙"))]));
    assert_eq!(changes[1], json!([change("a", "DELETED", None), change("b", "CREATED", Some("丙"))]));
    assert_eq!(changes[2], json!([change("a", "CREATED", Some("丁"))]));
    world.nothing_comes(&mut live);
    // Whoever resumes behind any of them gets the rest, byte for byte as it was told.
    for (place, event) in told.iter().enumerate() {
        let mut resumed = world.follow(EVENTS, json!({ "after": event["revision"] }));
        for expected in &told[place + 1..] {
            assert_eq!(world.event(&mut resumed), *expected);
        }
        world.nothing_comes(&mut resumed);
    }
    // Without the records, what became of them is told all the same.
    let brief = "subscription($after: Int) { changes(after: $after) { revision changes { id outcome } } }";
    let mut resumed = world.follow(brief, json!({ "after": first }));
    for expected in &told {
        let event = world.event(&mut resumed);
        for (change, expected) in
            event["changes"].as_array().unwrap().iter().zip(expected["changes"].as_array().unwrap())
        {
            assert_eq!((&change["id"], &change["outcome"]), (&expected["id"], &expected["outcome"]));
        }
    }
}

#[test]
fn only_what_is_asked_for_is_told() {
    let world = world(&[]);
    let mut kinds = world.follow(EVENTS, json!({ "kinds": ["PRODUCT", "CITY"] }));
    let mut of = world.follow(EVENTS, json!({ "of": ["enterprise:b", "product:p"] }));
    let mut both = world.follow(EVENTS, json!({ "of": ["enterprise:b", "product:p"], "kinds": ["ENTERPRISE"] }));
    let product = json!({ "product": { "id": "product:p", "name": "茶" } });
    world.name("a", "甲");
    let second = world.batch(json!([enterprise("a", "乙"), enterprise("b", "乙"), product]));
    let ids = |event: &Value| -> Vec<String> {
        assert_eq!(event["revision"], second, "{event}");
        event["changes"].as_array().unwrap().iter().map(|change| change["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&world.event(&mut kinds)), ["product:p"]);
    assert_eq!(ids(&world.event(&mut of)).len(), 2);
    assert_eq!(ids(&world.event(&mut both)), ["enterprise:b"]);
    world.nothing_comes(&mut kinds);
    world.name("a", "丙");
    for following in [&mut kinds, &mut of, &mut both] {
        assert!(matches!(world.step(following), Step::Nothing));
        world.nothing_comes(following);
    }
    for (wrong, says) in [
        (json!({ "kinds": [] }), "kinds: an empty list"),
        (json!({ "of": [] }), "of: an empty list"),
        (json!({ "of": ["nonsense"] }), "of: "),
        (json!({ "of": vec!["city:442000"; 1_001] }), "at most 1000"),
    ] {
        let error = world.try_follow(EVENTS, wrong).err().unwrap();
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
    }
}

#[test]
fn a_revision_from_which_the_log_does_not_reach_is_refused_with_the_oldest_that_is_kept() {
    let world = world(&[]);
    let newest = world.name("a", "甲");
    for after in [-1, newest as i64 + 1] {
        let error = world.try_follow(EVENTS, json!({ "after": after })).err().unwrap();
        assert_eq!(error["extensions"], json!({ "code": "NOT_KEPT", "oldest": 0 }));
        assert!(error["message"].as_str().unwrap().contains("load what you need anew"), "{error}");
    }
    let mut from_the_first = world.follow(EVENTS, json!({ "after": 0, "kinds": ["ENTERPRISE"] }));
    let mut told = Vec::new();
    while told.last() != Some(&newest) {
        if let Step::Event(answer) = world.step(&mut from_the_first) {
            told.push(data(&answer)["changes"]["revision"].as_u64().unwrap());
        }
    }
    assert_eq!(told, (1..=newest).collect::<Vec<_>>());
}

#[test]
fn what_the_log_has_forgotten_is_told_to_be_loaded_anew() {
    let world = world_keeping(Some(3), &[]);
    let mut slow = world.follow(EVENTS, json!({}));
    let first = world.name("a", "0");
    assert_eq!(world.event(&mut slow)["revision"], first);
    let newest = (1..=6).map(|number| world.name("a", &number.to_string())).last().unwrap();
    let oldest = world.api.store().snapshot().unwrap().oldest_kept().unwrap();
    assert!(oldest > first, "{oldest}");
    let expected = json!({ "code": "NOT_KEPT", "oldest": oldest });
    assert_eq!(world.end(&mut slow)["extensions"], expected);
    assert_eq!(world.try_follow(EVENTS, json!({ "after": oldest - 1 })).err().unwrap()["extensions"], expected);
    let mut resumed = world.follow(EVENTS, json!({ "after": oldest }));
    for revision in oldest + 1..=newest {
        assert_eq!(world.event(&mut resumed)["revision"], revision);
    }
}

#[test]
fn a_revision_that_changed_much_comes_in_parts() {
    let world = world(&[]);
    let mut live = world.follow(EVENTS, json!({}));
    let many: Vec<_> = (0..250).map(|number| enterprise(&format!("e{number:03}"), "企业")).collect();
    let revision = world.batch(json!(many));
    world.name("a", "甲");
    let mut ids = Vec::new();
    for (part, size, last) in [(1, 100, false), (2, 100, false), (3, 50, true)] {
        let event = world.event(&mut live);
        assert_eq!(
            (&event["revision"], &event["part"], &event["last"]),
            (&json!(revision), &json!(part), &json!(last))
        );
        let changes = event["changes"].as_array().unwrap();
        assert_eq!(changes.len(), size);
        ids.extend(changes.iter().map(|change| change["id"].as_str().unwrap().to_owned()));
    }
    let expected: Vec<_> = (0..250).map(|number| format!("enterprise:e{number:03}")).collect();
    assert_eq!(ids, expected);
    assert_eq!(world.event(&mut live)["revision"], revision + 1);
}

#[test]
fn an_event_is_cut_until_it_fits_and_one_that_cannot_ends_with_the_reason() {
    let world = world(&["answer-bytes=1500"]);
    let mut live = world.follow(EVENTS, json!({}));
    let many: Vec<_> = (0..150).map(|number| enterprise(&format!("e{number:03}"), "企业")).collect();
    world.batch(json!(many));
    let (mut told, mut part) = (0, 0);
    loop {
        let event = world.event(&mut live);
        part += 1;
        assert_eq!(event["part"], part);
        assert!(event.to_string().len() < 1_700, "{} bytes", event.to_string().len());
        told += event["changes"].as_array().unwrap().len();
        if event["last"] == true {
            break;
        }
    }
    assert!(told == 150 && part > 2, "{told} in {part} parts");
    let heavy = "subscription { changes(kinds: [CITY]) { changes { node { ... on City { children { nodes { id name citations { source { id title } } } } citations { source { id title publisher { name } } } pairings { nodes { id name citations { source { id title } } } } } } } } }";
    let mut heavy = world.follow(heavy, json!({}));
    world.batch(json!([{ "city": { "id": "city:530600", "note": "x" } }]));
    let error = world.end(&mut heavy);
    assert_eq!(error["extensions"]["code"], "LIMIT_EXCEEDED", "{error}");
}

#[test]
fn who_falls_too_far_behind_is_told_where_to_go_on() {
    let world = world(&["behind=5"]);
    let mut slow = world.follow(EVENTS, json!({}));
    let first = world.name("a", "0");
    assert_eq!(world.event(&mut slow)["revision"], first);
    for number in 1..=6 {
        world.name("a", &number.to_string());
    }
    let error = world.end(&mut slow);
    assert_eq!(error["extensions"], json!({ "code": "RESUME", "after": first }));
    assert!(error["message"].as_str().unwrap().contains(&format!("`after: {first}`")), "{error}");
    // Who resumes may be as far behind as it begins, until it is up to date again.
    let mut resumed = world.follow(EVENTS, json!({ "after": error["extensions"]["after"] }));
    for number in 1..=6 {
        let event = world.event(&mut resumed);
        assert_eq!(event["revision"], first + number);
        assert_eq!(event["changes"][0]["node"]["name"], number.to_string());
    }
    for number in 0..6 {
        world.name("a", &format!("later {number}"));
    }
    assert_eq!(world.end(&mut resumed)["extensions"], json!({ "code": "RESUME", "after": first + 6 }));
}

#[test]
fn a_past_that_is_gathered_when_it_is_walked_is_the_same() {
    let world = world(&[]);
    let first = world.name("a", "甲");
    world.batch(json!([enterprise("a", "乙"), enterprise("b", "乙")]));
    world.batch(json!([{ "delete": { "id": "enterprise:a" } }]));
    world.name("a", "丙");
    world.name("b", "丁");
    let ids: Vec<_> = ["a", "b", "c"].map(|key| Id::parse(&format!("enterprise:{key}")).unwrap()).into();
    for revision in first - 1..=first + 4 {
        let view = || world.api.store().snapshot().unwrap();
        let (lazy, gathered) = (view().at_lazily(revision).unwrap(), view().at(revision).unwrap());
        let read = |snapshot: &Snapshot| -> Vec<_> {
            let read = |id: &Id| {
                let stood = snapshot.get(id.as_ref()).unwrap();
                let at = snapshot.get_at(id.as_ref(), revision).unwrap();
                let version = stood.as_ref().map(Stored::version);
                assert_eq!(at.map(|at| at.version()), version);
                stood.map(|stood| (stood.version(), stood.row().slot(slot::NAME).to_vec()))
            };
            ids.iter().map(read).collect()
        };
        let found = read(&lazy);
        assert_eq!(found, read(&gathered), "as of {revision}");
        assert_eq!(lazy.revision().unwrap(), revision);
        assert_eq!(lazy.count(&ENTERPRISE).unwrap(), gathered.count(&ENTERPRISE).unwrap());
        assert_eq!(found, read(&lazy), "and once it is gathered");
        assert!(
            lazy.log_entry(revision + 1).unwrap().is_none()
                && lazy.before(ids[0].as_ref(), revision + 1).unwrap().is_none()
        );
    }
}

#[test]
fn a_subscription_follows_one_field_and_is_no_question() {
    let world = world(&[]);
    for query in ["subscription { changes { revision } again: changes { revision } }", "subscription { __typename }"] {
        let error = world.try_follow(query, json!({})).err().unwrap();
        assert_eq!(error["extensions"]["code"], "VALIDATION_FAILED", "{error}");
    }
    let answer = world.api.answer_now(&Request::new(EVENTS));
    assert_eq!(answer.errors[0].code.name(), "BAD_REQUEST");
    let asks = Request {
        extensions: json!({ "receipt": true }).as_object().unwrap().clone(),
        ..Request::new("subscription { alias: changes { n: revision } }")
    };
    let mut following = world.api.follow(&asks, world.api.pass(&asks).unwrap()).unwrap();
    let revision = world.name("a", "甲");
    let Step::Event(answer) = world.step(&mut following) else { panic!("an event") };
    assert_eq!(data(&answer), json!({ "alias": { "n": revision } }));
    assert_eq!(answer.extensions["receipt"]["revision"], revision);
}
