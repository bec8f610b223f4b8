//! Imports for the random test against a plain model: files made at random of what the model holds, good ones and bad ones,
//! and exports of now and of the past; and what the model has to come to.

use std::collections::BTreeSet;
use std::fmt::Write;

use jiedui::exchange::intake::{ImportError, Named, Options, Report, import};
use jiedui::exchange::outlet::{Export, Format};
use jiedui::store::{Author, Store};
use serde_json::{Map, Value, json};

use crate::model::{Dice, Graph, Model, is_ours};
use crate::support::TIME_MS;

/// Files, and what they are to do.
#[derive(Clone)]
pub struct Given {
    pub files: Named,
    /// The changes that they come to, as a batch would have them; nothing where they cannot be read.
    changes: Option<Vec<Value>>,
    pub options: Options,
    /// The revision that a package says, and that counts where nobody says another.
    mark: Option<u64>,
}

impl Given {
    /// The graph after the import, or nothing where it has to be refused.
    pub fn after(&self, model: &Model) -> Option<Graph> {
        let changes = self.changes.as_ref()?;
        let ids: Vec<&str> = changes.iter().map(id_of).collect();
        if ids.iter().collect::<BTreeSet<_>>().len() < ids.len() {
            return None;
        }
        let after = model.after(changes)?;
        let as_of = if self.options.overwrite { None } else { self.options.as_of.or(self.mark) };
        let overwrites = |id: &&str, as_of: u64| match model.versions.get(*id) {
            Some(version) => *version > as_of,
            None => model.stood(id, as_of),
        };
        let changed = |id: &&str| model.graph.get(*id) != after.get(*id);
        let conflict = as_of.is_some_and(|as_of| ids.iter().any(|id| changed(id) && overwrites(id, as_of)));
        (!conflict).then_some(after)
    }

    /// Makes it.
    pub fn import(&self, store: &Store) -> Result<Report, String> {
        let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: String::new() };
        match import(store, self.files.clone(), &self.options, &author, &mut |_| {}) {
            Ok(report) => Ok(report),
            Err(ImportError::Faults(faults)) => Err(format!("{faults:#?}")),
            Err(error) => panic!("{error}"),
        }
    }
}

fn id_of(change: &Value) -> &str {
    let input = change.as_object().unwrap().values().next().unwrap();
    input["id"].as_str().unwrap()
}

/// Files of some kind.
pub fn given(dice: &mut Dice, model: &Model, store: &Store) -> Given {
    let mut given = match dice.next(8) {
        0 => exported(dice, model, store),
        1..=3 => lines(dice, model),
        4 | 5 => tables(dice),
        _ => package(dice, model),
    };
    match dice.next(6) {
        0 => given.options.overwrite = true,
        1 | 2 => given.options.as_of = Some(1 + dice.next(model.revision)),
        _ => {}
    }
    given
}

/// Changes that are no deletions, without versions.
fn upserts(dice: &mut Dice, model: &Model, most: u64) -> Vec<Value> {
    let mut changes: Vec<Value> = (0..=dice.next(most)).map(|_| dice.change(model)).collect();
    changes.retain(|change| change.get("delete").is_none());
    for change in &mut changes {
        change.as_object_mut().unwrap().values_mut().for_each(|input| {
            input.as_object_mut().unwrap().remove("expectedVersion");
        });
    }
    changes
}

fn plain(files: Named, changes: Option<Vec<Value>>) -> Given {
    // A set of nothing is a file without records, and that is a fault of its own.
    let changes = changes.filter(|changes| !changes.is_empty());
    Given { files, changes, options: Options::default(), mark: None }
}

/// An NDJSON file of records of any kinds, now and then with a line that cannot be read.
fn lines(dice: &mut Dice, model: &Model) -> Given {
    let changes = upserts(dice, model, 4);
    let mut lines: Vec<String> =
        changes.iter().map(|change| change.as_object().unwrap().values().next().unwrap().to_string()).collect();
    const BAD: [&str; 4] = [
        "{\"id\":\"product:zz1\",\"nonsense\":1}",
        "{\"id\":\"product:zz1\"",
        "{\"id\":\"observation:zz0\",\"value\":\"much\"}",
        "{\"name\":\"without an id\"}",
    ];
    let bad = dice.next(6) == 0;
    if bad {
        let place = dice.next(lines.len() as u64 + 1) as usize;
        lines.insert(place, BAD[dice.next(4) as usize].to_owned());
    }
    let text = lines.join("\n");
    plain(vec![("graph.ndjson".to_owned(), text.into_bytes())], (!bad).then_some(changes))
}

/// Single tables of products and enterprises, with columns that are left out and cells that are empty.
fn tables(dice: &mut Dice) -> Given {
    let mut changes = Vec::new();
    let mut files = Named::new();
    let mut bad = false;
    for (kind, name) in [("product", "products.csv"), ("enterprise", "企业.csv")] {
        if dice.next(3) == 0 {
            continue;
        }
        let with_note = dice.next(2) == 0;
        let mut text = if with_note { "编号,name,备注\n".to_owned() } else { "id,名称\n".to_owned() };
        for _ in 0..=dice.next(2) {
            let id = format!("{kind}:zz{}", dice.next(4));
            let name = if dice.next(10) == 0 { Value::Null } else { json!(format!("表{}", dice.next(4))) };
            let note = if dice.next(2) == 0 { Value::Null } else { json!(format!("注{}", dice.next(3))) };
            let shown =
                if dice.next(2) == 0 { id.trim_start_matches(&format!("{kind}:")).to_owned() } else { id.clone() };
            let cell = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let mut input = json!({ "id": id, "name": name });
            if with_note {
                writeln!(text, "{shown},{},{}", cell(&name), cell(&note)).unwrap();
                input["note"] = note;
            } else {
                writeln!(text, "{shown},{}", cell(&name)).unwrap();
            }
            changes.push(json!({ kind: input }));
        }
        if dice.next(8) == 0 {
            bad = true;
            text += ["zz1\n", "zz1,a,b,c\n", "不 行,名\n"][dice.next(3) as usize];
        }
        files.push((name.to_owned(), text.into_bytes()));
    }
    let mut given = plain(files, (!bad).then_some(changes));
    // Files of nothing at all.
    if given.files.is_empty() {
        given.changes = None;
    }
    given
}

/// A package whose pairings have their helpers in tables of their own; in them, who is in no row has none.
fn package(dice: &mut Dice, model: &Model) -> Given {
    let all = upserts(dice, model, 6);
    let mut changes: Vec<Value> = Vec::new();
    let mut pairings = "id,name,programme,form\n".to_owned();
    let (mut helpers, mut helped) = ("id,node\n".to_owned(), "id,node\n".to_owned());
    let mut observations = "id,subject,indicator,value,qualifier,nature,basis,period.start\n".to_owned();
    for mut change in all {
        // In a table digits alone are exact, where no cell says otherwise: here one says it.
        if let Some(input) = change.get_mut("observation") {
            input["qualifier"] = json!("EXACT");
        }
        if let Some(input) = change.get("pairing") {
            let text = |name: &str| input[name].as_str().unwrap();
            writeln!(pairings, "{},{},{},{}", text("id"), text("name"), text("programme"), text("form")).unwrap();
            for (table, list) in [(&mut helpers, "helpers"), (&mut helped, "helped")] {
                for item in input[list].as_array().unwrap() {
                    writeln!(table, "{},{}", text("id"), item["node"].as_str().unwrap()).unwrap();
                }
            }
            changes.push(change);
        } else if let Some(input) = change.get("observation") {
            let cells = ["id", "subject", "indicator", "value", "qualifier", "nature", "basis"]
                .map(|name| input[name].as_str().unwrap());
            writeln!(observations, "{},{}", cells.join(","), input["period"]["start"].as_str().unwrap()).unwrap();
            changes.push(change);
        }
    }
    let mut files: Named = [
        ("pairings", pairings),
        ("pairings-helpers", helpers),
        ("pairings-helped", helped),
        ("observations", observations),
    ]
    .into_iter()
    .map(|(name, text)| (format!("{name}.csv"), text.into_bytes()))
    .collect();
    let resources: Vec<Value> =
        files.iter().map(|(path, _)| json!({ "name": path.trim_end_matches(".csv"), "path": path })).collect();
    // Twice the same entry of a list, as a list of the model would have it, comes to the same.
    let missing = dice.next(8) == 0;
    if missing {
        let place = dice.next(files.len() as u64) as usize;
        files.remove(place);
    }
    files.push(("datapackage.json".to_owned(), json!({ "resources": resources }).to_string().into_bytes()));
    let is_empty = changes.is_empty();
    let given = plain(files, Some(changes));
    // Tables without rows say nothing, and there is nothing wrong with them.
    let changes = if missing { None } else { given.changes.or(is_empty.then(Vec::new)) };
    Given { changes, ..given }
}

/// An export of now or of the past, as it is or with a name mended by hand.
fn exported(dice: &mut Dice, model: &Model, store: &Store) -> Given {
    let at = if dice.next(3) == 0 { model.revision } else { 1 + dice.next(model.revision) };
    let snapshot = store.snapshot().unwrap().at(at).unwrap();
    let graph = model.graph_at(at);
    let mut changes: Vec<Value> = graph.values().map(|record| whole(record, model)).collect();
    let kind = ["products", "pairings", "observations"][dice.next(3) as usize];
    let mut bytes = Vec::new();
    let (name, format, of) = match dice.next(3) {
        0 => (format!("{kind}.ndjson"), Format::Ndjson, Some(kind)),
        _ => ("package.zip".to_owned(), Format::Package, None),
    };
    let of = of.and_then(jiedui::exchange::columns::kind_called);
    Export::new(format, of).unwrap().write(&snapshot, &mut bytes).unwrap();
    if let Some(of) = of {
        // In a file of lines what is absent is left as it is.
        changes = graph
            .values()
            .filter(|record| record["id"].as_str().unwrap().starts_with(&format!("{}:", of.id)))
            .map(as_it_is)
            .collect();
        if bytes.is_empty() {
            return plain(vec![(name, bytes)], None);
        }
        // The built-in records stand in it too, and are as they are.
        return Given { files: vec![(name, bytes)], changes: Some(changes), options: Options::default(), mark: None };
    }
    Given { files: vec![(name, bytes)], changes: Some(changes), options: Options::default(), mark: Some(at) }
}

fn as_it_is(record: &Map<String, Value>) -> Value {
    let id = record["id"].as_str().unwrap();
    assert!(is_ours(id));
    json!({ (id.split(':').next().unwrap()): record })
}

/// A record as a package has it: what it holds, and nothing else.
fn whole(record: &Map<String, Value>, model: &Model) -> Value {
    let mut input = record.clone();
    if let Some(now) = model.graph.get(record["id"].as_str().unwrap()) {
        for field in now.keys().filter(|field| !record.contains_key(*field)) {
            input.insert(field.clone(), Value::Null);
        }
    }
    as_it_is(&input)
}
