//! Random sets of changes, imports, exports that come back, reverts and restarts against a plain model in memory: both refuse
//! the same, and both stand alike after each; `check` finds nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::exchange::builtin;
use jiedui::model::json;
use jiedui::model::kinds::KINDS;
use jiedui::model::record::Record;
use jiedui::store::{self, Direction};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::model_imports::given;
use crate::mutations::{change, keeper};
use crate::support::{TIME_MS, open};

pub type Graph = BTreeMap<String, Map<String, Value>>;

/// The plain model: the records that the test makes, and what stood as of each revision.
pub struct Model {
    pub graph: Graph,
    pub versions: BTreeMap<String, u64>,
    pub revision: u64,
    /// What each revision changed, and how it stood before.
    log: BTreeMap<u64, BTreeMap<String, Option<Map<String, Value>>>>,
}

/// The fields without which a record is refused.
fn required(id: &str) -> &'static [&'static str] {
    match id.split(':').next().unwrap() {
        "pairing" => &["name", "helpers", "helped", "programme", "form"],
        "observation" => &["subject", "indicator", "nature", "basis", "period"],
        _ => &["name"],
    }
}

/// The ids that a value names, among those that the test makes.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if is_ours(text) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(fields) => fields.values().for_each(|value| references(value, found)),
        _ => {}
    }
}

pub fn is_ours(id: &str) -> bool {
    ["product:zz", "enterprise:zz", "pairing:zz", "observation:zz"].iter().any(|prefix| id.starts_with(prefix))
}

fn referred(record: &Map<String, Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    record.iter().filter(|(name, _)| *name != "id").for_each(|(_, value)| references(value, &mut found));
    found
}

/// A record without its references to another.
fn detached(mut record: Map<String, Value>, from: &str) -> Map<String, Value> {
    let refers = |item: &Value| item == from || item.get("node").is_some_and(|node| node == from);
    record.retain(|_, value| {
        if let Value::Array(items) = value {
            items.retain(|item| !refers(item));
            return !items.is_empty();
        }
        !refers(value)
    });
    record
}

impl Model {
    /// The graph after a batch, or nothing where it has to be refused.
    pub fn after(&self, changes: &[Value]) -> Option<Graph> {
        let mut graph = self.graph.clone();
        for change in changes {
            let (name, input) = change.as_object().unwrap().iter().next().unwrap();
            let id = input["id"].as_str().unwrap();
            if let Some(expected) = input.get("expectedVersion").and_then(Value::as_u64)
                && expected != self.versions.get(id).copied().unwrap_or(0)
            {
                return None;
            }
            if name == "delete" {
                graph.remove(id)?;
                // Who comes behind and refers to it is wrong.
                if input["detach"] == true {
                    graph = graph.into_iter().map(|(key, record)| (key, detached(record, id))).collect();
                }
                continue;
            }
            let record = graph.entry(id.to_owned()).or_insert_with(|| json!({ "id": id }).as_object().unwrap().clone());
            for (field, value) in input.as_object().unwrap() {
                match (field.as_str(), value) {
                    ("id" | "expectedVersion", _) => {}
                    (field, Value::Null) => drop(record.remove(field)),
                    (field, Value::Array(items)) if items.is_empty() => drop(record.remove(field)),
                    (field, value) => drop(record.insert(field.to_owned(), value.clone())),
                }
            }
        }
        is_sound(&graph).then_some(graph)
    }

    /// Takes over what a revision made of the graph.
    fn commit(&mut self, graph: Graph) {
        let keys: BTreeSet<&String> = self.graph.keys().chain(graph.keys()).collect();
        let changed: BTreeMap<String, Option<Map<String, Value>>> = keys
            .into_iter()
            .filter(|key| self.graph.get(*key) != graph.get(*key))
            .map(|key| (key.clone(), self.graph.get(key).cloned()))
            .collect();
        if !changed.is_empty() {
            self.revision += 1;
            for key in changed.keys() {
                match graph.contains_key(key) {
                    true => drop(self.versions.insert(key.clone(), self.revision)),
                    false => drop(self.versions.remove(key)),
                }
            }
            self.log.insert(self.revision, changed);
        }
        self.graph = graph;
    }

    /// The graph with a revision taken back, or nothing where that has to be refused.
    fn reverted(&self, revision: u64) -> Option<Graph> {
        let mut graph = self.graph.clone();
        for (id, before) in self.log.get(&revision)? {
            let stood = self.stood(id, revision);
            if self.versions.get(id).copied().unwrap_or(0) != if stood { revision } else { 0 } {
                return None;
            }
            match before {
                Some(before) => drop(graph.insert(id.clone(), before.clone())),
                None => drop(graph.remove(id)?),
            }
        }
        is_sound(&graph).then_some(graph)
    }

    /// Whether a record was there right after a revision.
    pub fn stood(&self, id: &str, revision: u64) -> bool {
        match self.log.range(revision + 1..).find_map(|(_, changed)| changed.get(id)) {
            Some(before) => before.is_some(),
            None => self.graph.contains_key(id),
        }
    }
}

impl Model {
    /// The graph as of a revision.
    pub fn graph_at(&self, revision: u64) -> Graph {
        let mut graph = self.graph.clone();
        for (_, changed) in self.log.range(revision + 1..).rev() {
            for (id, before) in changed {
                match before {
                    Some(before) => drop(graph.insert(id.clone(), before.clone())),
                    None => drop(graph.remove(id)),
                }
            }
        }
        graph
    }
}

/// Whether every record has what it needs, and refers to nothing that is not there.
fn is_sound(graph: &Graph) -> bool {
    graph.iter().all(|(id, record)| {
        required(id).iter().all(|field| record.contains_key(*field))
            && referred(record).iter().all(|target| graph.contains_key(target))
    })
}

/// A small generator of numbers.
pub struct Dice(u64);

impl Dice {
    pub fn next(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn party(&mut self) -> String {
        match self.next(3) {
            0 => "city:442000".to_owned(),
            _ => format!("enterprise:zz{}", self.next(4)),
        }
    }

    pub fn change(&mut self, model: &Model) -> Value {
        let key = self.next(4);
        let (name, mut input) = match self.next(9) {
            0 | 1 => {
                ("enterprise", json!({ "id": format!("enterprise:zz{key}"), "name": format!("企业{}", self.next(5)) }))
            }
            2 => {
                let note = if self.next(2) == 0 { Value::Null } else { json!(format!("注{}", self.next(3))) };
                (
                    "product",
                    json!({ "id": format!("product:zz{key}"), "name": format!("产品{}", self.next(5)), "note": note }),
                )
            }
            3 | 4 => {
                let (helper, helped) = (self.party(), format!("enterprise:zz{}", self.next(4)));
                let helpers = if self.next(8) == 0 { json!([]) } else { json!([{ "node": helper }]) };
                (
                    "pairing",
                    json!({
                        "id": format!("pairing:zz{key}"), "name": "结对", "programme": "programme:east-west", "form": "AID",
                        "helpers": helpers, "helped": [{ "node": helped }],
                    }),
                )
            }
            5 | 6 => {
                let subject = if self.next(2) == 0 { format!("pairing:zz{}", self.next(4)) } else { self.party() };
                (
                    "observation",
                    json!({
                        "id": format!("observation:zz{key}"), "subject": subject, "indicator": "indicator:fiscal-aid",
                        "value": self.next(1000).to_string(), "nature": "ACTUAL", "basis": "STATED",
                        "period": { "start": "2020" },
                    }),
                )
            }
            7 => ("product", json!({ "id": format!("product:zz{key}"), "aliases": [format!("别名{}", self.next(3))] })),
            _ => {
                let kind = ["product", "enterprise", "pairing", "observation"][self.next(4) as usize];
                ("delete", json!({ "id": format!("{kind}:zz{key}"), "detach": self.next(2) == 0 }))
            }
        };
        if self.next(5) == 0 {
            let id = input["id"].as_str().unwrap();
            let seen = model.versions.get(id).copied().unwrap_or(0);
            input["expectedVersion"] = json!(if self.next(4) == 0 { seen + 1 } else { seen });
        }
        json!({ name: input })
    }
}

/// A store that is opened again and again.
struct World {
    folder: TempDir,
    api: Api,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("jiedui.redb"));
        builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
        Self { folder, api: Api::new(Arc::new(store), Executor::Plan, Default::default()) }
    }

    fn reopen(self) -> Self {
        let Self { folder, api } = self;
        drop(api);
        let store = open(&folder.path().join("jiedui.redb"));
        Self { folder, api: Api::new(Arc::new(store), Executor::Plan, Default::default()) }
    }

    /// Every record of ours, and its version.
    fn graph(&self) -> (Graph, BTreeMap<String, u64>) {
        let snapshot = self.api.store().snapshot().unwrap();
        let (mut graph, mut versions) = (Graph::new(), BTreeMap::new());
        for kind in KINDS {
            for stored in snapshot.scan(kind, None, Direction::Forward).unwrap() {
                let stored = stored.unwrap();
                let id = stored.id().to_string();
                if is_ours(&id) {
                    versions.insert(id.clone(), stored.version());
                    graph.insert(id, json::write(&Record::unpack_row(kind, stored.row())));
                }
            }
        }
        (graph, versions)
    }

    fn check(&self) {
        let snapshot = self.api.store().snapshot().unwrap();
        store::check(&snapshot, |difference| panic!("{difference}")).unwrap();
    }
}

const BATCH: &str = "mutation($changes: [ChangeInput!]!, $key: String) { applyChanges(changes: $changes, idempotencyKey: $key) { revision } }";
const REVERT: &str = "mutation($revision: Int!) { revert(revision: $revision) { revision } }";

#[test]
fn random_changes_imports_reverts_and_restarts_stand_as_in_a_plain_model() {
    let mut world = World::new();
    let mut model = Model { graph: Graph::new(), versions: BTreeMap::new(), revision: 1, log: BTreeMap::new() };
    let seed = std::env::var("JIEDUI_MODEL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(25_112_026);
    let mut dice = Dice(seed);
    let (mut made, mut refused, mut reverts, mut imported, mut not_imported) = (0, 0, 0, 0, 0);
    for step in 0..800 {
        if dice.next(4) == 0 {
            let given = given(&mut dice, &model, world.api.store());
            let after = given.after(&model);
            let files = || given.files.iter().map(|(name, text)| format!("{name}\n{}", String::from_utf8_lossy(text)));
            if dice.next(4) == 0 {
                let mut dry = given.clone();
                dry.options.dry_run = true;
                assert_eq!(dry.import(world.api.store()).is_ok(), after.is_some(), "step {step} of {seed}, dry");
            }
            let told = given.import(world.api.store());
            let before = model.revision;
            assert_eq!(
                told.is_ok(),
                after.is_some(),
                "step {step} of {seed}: {:?} {told:?} {}",
                given.options,
                files().filter(|text| text.len() < 5_000).collect::<String>()
            );
            match after {
                Some(graph) => {
                    imported += usize::from(graph != model.graph);
                    model.commit(graph);
                    let made = (model.revision > before).then_some(model.revision);
                    assert_eq!(told.unwrap().revision, made, "step {step} of {seed}");
                }
                None => not_imported += 1,
            }
            let (graph, versions) = world.graph();
            assert_eq!(graph, model.graph, "step {step} of {seed}");
            assert_eq!(versions, model.versions, "step {step} of {seed}");
            continue;
        }
        let (query, variables, after) = if dice.next(8) == 0 {
            let revision = 2 + dice.next(model.revision);
            reverts += 1;
            (REVERT, json!({ "revision": revision }), model.reverted(revision))
        } else {
            let changes: Vec<Value> = (0..=dice.next(3)).map(|_| dice.change(&model)).collect();
            let after = model.after(&changes);
            (BATCH, json!({ "changes": changes, "key": format!("step {step}") }), after)
        };
        let answer = change(&world.api, query, variables.clone(), &keeper());
        assert_eq!(
            answer.errors.is_empty(),
            after.is_some(),
            "step {step} of {seed}: {variables:#} {:#?}",
            answer.errors
        );
        match after {
            Some(graph) => {
                made += 1;
                model.commit(graph);
            }
            None => refused += 1,
        }
        // Sent twice: answered as before, and not made again.
        if query == BATCH && dice.next(4) == 0 && answer.errors.is_empty() {
            let again = change(&world.api, query, variables, &keeper());
            assert_eq!(again.data, answer.data, "step {step} of {seed}");
        }
        if dice.next(20) == 0 {
            world = world.reopen();
        }
        let (graph, versions) = world.graph();
        assert_eq!(graph, model.graph, "step {step} of {seed}");
        assert_eq!(versions, model.versions, "step {step} of {seed}");
    }
    world.check();
    assert!(made > 150 && refused > 50 && reverts > 30, "{made} made, {refused} refused, {reverts} reverts");
    assert!(imported > 30 && not_imported > 30, "{imported} imported, {not_imported} not imported");
}

#[test]
fn a_log_that_keeps_so_many_revisions_forgets_the_others_and_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jiedui.redb")).keeping(Some(5));
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    let api = Api::new(Arc::new(store), Executor::Plan, Default::default());
    let send = |number: u64, key: &str| {
        let changes = json!([{ "product": { "id": "product:zz1", "name": format!("产品{number}") } }]);
        let answer = change(&api, BATCH, json!({ "changes": changes, "key": key }), &keeper());
        crate::support::data(&answer)["applyChanges"]["revision"].as_u64().unwrap()
    };
    for number in 2..=20 {
        assert_eq!(send(number, &format!("key {number}")), number);
    }
    let snapshot = api.store().snapshot().unwrap();
    assert_eq!(snapshot.oldest_kept().unwrap(), 15);
    assert!(snapshot.log_entry(15).unwrap().is_none() && snapshot.log_entry(16).unwrap().is_some());
    store::check(&snapshot, |difference| panic!("{difference}")).unwrap();
    let ask = |at: u64| {
        api.answer_now(&Request::new(&format!(
            "query @at(revision: {at}) {{ node(id: \"product:zz1\") {{ ... on Product {{ name }} }} }}"
        )))
    };
    assert_eq!(crate::support::data(&ask(15))["node"]["name"], "产品15");
    assert!(ask(14).errors[0].message.contains("the oldest that can be read is 15"), "{:#?}", ask(14).errors);
    // A repetition is known as long as its revision is kept.
    assert_eq!(send(18, "key 18"), 18);
    assert_eq!(send(3, "key 3"), 21);
}
