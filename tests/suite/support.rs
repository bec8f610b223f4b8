//! What the tests share: a database with the built-in data, and ways to ask it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use jiedui::api::request::{Answer, Request};
use jiedui::api::{Api, Executor};
use jiedui::exchange::builtin;
use jiedui::model::catalog::Shape;
use jiedui::model::record::Record;
use jiedui::store::Store;
use serde_json::Value;
use tempfile::TempDir;

/// When the tests' databases are loaded.
pub const TIME_MS: i64 = 1_790_000_000_000;

/// A database with the built-in data, and its API.
pub struct Loaded {
    /// Where it is; gone with this.
    pub folder: TempDir,
    /// The API over it.
    pub api: Api,
}

/// A new database with the built-in data.
pub fn loaded(executor: Executor) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jiedui.redb"));
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    Loaded { folder, api: Api::new(Arc::new(store), executor, Default::default()) }
}

/// Opens a database with a small cache.
pub fn open(path: &Path) -> Store {
    Store::open(path, 8 << 20).unwrap()
}

/// The database that all tests which only read share.
pub fn shared() -> &'static Api {
    static SHARED: LazyLock<Loaded> = LazyLock::new(|| loaded(Executor::Plan));
    &SHARED.api
}

/// Asks the shared database, and gives `data`.
///
/// # Panics
/// Where the answer holds errors.
pub fn ask(query: &str) -> Value {
    data(&shared().answer_now(&Request::new(query)))
}

/// The same, with variables.
pub fn ask_with(query: &str, variables: Value) -> Value {
    let Value::Object(variables) = variables else { panic!("variables are an object") };
    data(&shared().answer_now(&Request { variables, ..Request::new(query) }))
}

/// `data` of an answer without errors.
pub fn data(answer: &Answer) -> Value {
    assert!(answer.errors.is_empty(), "{:#?}", answer.errors);
    serde_json::from_slice(answer.data.as_ref().unwrap()).unwrap()
}

/// A row of a CSV file: a cell by its heading.
pub type Row = BTreeMap<String, String>;

/// The rows of a CSV file under `tests/seed`.
pub fn seed(name: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seed").join(name);
    let mut reader = csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    reader.deserialize().map(Result::unwrap).collect()
}

/// The record of each of the seed's entities.
pub fn seed_entities() -> BTreeMap<String, String> {
    seed("entities-map.csv").into_iter().map(|row| (row["entity"].clone(), row["record"].clone())).collect()
}

/// Expects that nothing disagrees; says all that does.
#[track_caller]
pub fn none_disagree(wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<_> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{} disagreements\n{}", wrong.len(), wrong.join("\n"));
}

/// A text, a number as one, and null as the empty text, as a cell has it.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The items of a list; none of null.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A worked question of a document as a request: its variables, and what it asks in `extensions`, stand in its first lines
/// as comments. What several lines ask is asked together.
pub fn worked(query: &str) -> Request {
    let mut request = Request::new(query);
    for line in query.lines().take_while(|line| line.starts_with('#')) {
        let read = |text| -> serde_json::Map<String, Value> {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{line}: {error}"))
        };
        if let Some(text) = line.strip_prefix("# variables: ") {
            request.variables.extend(read(text));
        } else if let Some(text) = line.strip_prefix("# extensions: ") {
            request.extensions.extend(read(text));
        }
    }
    request
}

/// A database with the built-in data and more rows in some of its files.
pub fn loaded_with(rows: &[(&str, &str)]) -> Loaded {
    let mut files = builtin::files();
    for (file, more) in rows {
        files.get_mut(*file).unwrap_or_else(|| panic!("there is no {file}")).extend_from_slice(more.as_bytes());
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jiedui.redb"));
    builtin::load(&store, &files, TIME_MS).unwrap_or_else(|error| panic!("{error}"));
    Loaded { folder, api: Api::new(Arc::new(store), Executor::Plan, Default::default()) }
}

/// A record made at random without what the model refuses in it: values out of bounds, ends before their beginnings.
pub fn lawful(mut record: Record) -> Record {
    use jiedui::model::value::Value;
    for _ in 0..8 {
        let problems = record.problems();
        for problem in &problems {
            let mut path = problem.path.split('.');
            let Some((slot, field)) = path.next().and_then(|name| record.kind.field(name)) else { continue };
            match (&mut record.values[slot], field.shape, path.next()) {
                // A struct that is required keeps its other values.
                (Value::Struct(values), Shape::Struct(of), Some(inner)) => {
                    let place = of.fields.iter().position(|field| field.name == inner).unwrap();
                    values[place] = Value::Null;
                }
                (value @ Value::Text(_), ..) => *value = Value::Text("x".to_owned()),
                (value, _, _) => *value = Value::Null,
            }
        }
        if problems.is_empty() {
            break;
        }
    }
    record
}
