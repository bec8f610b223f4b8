//! The root fields of a mutation: what is sent becomes a set of changes, and what they came to an object that fields are read
//! from, over the store right behind the commit.

mod inputs;
mod types;

pub use types::{UPLOAD, mutation_fields, types};

use serde_json::{Map, Value};

use super::arguments::Arguments;
use super::back::declared;
use super::error::FieldError;
use super::object::{Plain, PlainValue};
use crate::change::{Asked, Conflict, Done, Fault, Outcome, Refused, Sender, What, apply, revert};
use crate::model::catalog::Kind;
use crate::model::id::Id;
use crate::model::json;
use crate::model::kinds::{KINDS, kind_named};
use crate::model::value::Leaf;
use crate::store::log::Revision;
use crate::store::{Author, Snapshot, Store};

/// A root field of `Mutation`.
#[derive(Debug, Clone, Copy)]
pub enum Mutation {
    /// Upserts a record of a kind.
    Upsert(&'static Kind),
    /// Deletes a record.
    Delete,
    /// Makes a batch of changes.
    Batch,
    /// Takes a revision back.
    Revert,
    /// Imports files; the layer that imports makes it.
    Import,
}

/// What a mutation came to: an object, to be read over a view of the store.
pub struct Changed {
    /// The object.
    pub object: Plain,
    /// The store as of the revision that the object names.
    pub snapshot: Snapshot,
}

impl Mutation {
    /// Makes the changes that the arguments ask for.
    pub fn run(self, store: &Store, author: &Author, arguments: &Arguments) -> Result<Changed, FieldError> {
        let author = Author { note: arguments.text("note").unwrap_or_default().to_owned(), ..author.clone() };
        let sender = Sender { author, idempotency_key: arguments.text("idempotencyKey").map(ToOwned::to_owned) };
        let mut asked = Vec::new();
        match self {
            Self::Upsert(kind) => {
                collect(kind, object(arguments.get("input")), "input", &mut asked)?;
                let done = apply(store, &sender, &asked).map_err(refused)?;
                Ok(upserted(kind, done))
            }
            Self::Delete => {
                asked.push(deletion(
                    arguments.get("id"),
                    arguments.get("expectedVersion"),
                    arguments.truth("detach"),
                    "id",
                )?);
                apply(store, &sender, &asked).map(changes).map_err(refused)
            }
            Self::Batch => {
                let all = arguments.get("changes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                for (place, change) in all.iter().enumerate() {
                    batched(object(Some(change)), &format!("changes.{place}"), &mut asked)?;
                }
                apply(store, &sender, &asked).map(changes).map_err(refused)
            }
            Self::Revert => {
                let revision = arguments.int("revision").and_then(|revision| Revision::try_from(revision).ok());
                revert(store, &sender, revision.unwrap_or(0), "revision").map(changes).map_err(refused)
            }
            Self::Import => Err(FieldError::internal("an import is made where files are read")),
        }
    }
}

fn object(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// One change of a batch.
fn batched(change: Map<String, Value>, path: &str, asked: &mut Vec<Asked>) -> Result<(), FieldError> {
    for (name, value) in change {
        let path = format!("{path}.{name}");
        if name == inputs::DELETE {
            let of = object(Some(&value));
            let detach = of.get("detach").and_then(Value::as_bool).unwrap_or(false);
            asked.push(deletion(of.get("id"), of.get("expectedVersion"), detach, &path)?);
        } else if let Some(kind) = KINDS.iter().find(|kind| inputs::batch_name(kind) == name) {
            collect(kind, object(Some(&value)), &path, asked)?;
        }
    }
    Ok(())
}

fn deletion(id: Option<&Value>, expected: Option<&Value>, detach: bool, path: &str) -> Result<Asked, FieldError> {
    let id = Id::parse(id.and_then(Value::as_str).unwrap_or_default());
    let id = id.map_err(|error| FieldError::input(format!("{path}: {error}")))?;
    Ok(Asked { path: path.to_owned(), id, expected: version(expected, path)?, what: What::Delete { detach } })
}

fn version(expected: Option<&Value>, path: &str) -> Result<Option<Revision>, FieldError> {
    let Some(number) = expected.and_then(Value::as_i64) else { return Ok(None) };
    let problem = || FieldError::input(format!("{path}: expectedVersion: expected 0 or more, found {number}"));
    Revision::try_from(number).map(Some).map_err(|_| problem())
}

/// The change of an input, and behind it those of the records that it holds.
fn collect(
    kind: &'static Kind,
    mut fields: Map<String, Value>,
    path: &str,
    asked: &mut Vec<Asked>,
) -> Result<(), FieldError> {
    let id =
        json::read_id(&fields, Some(kind)).map_err(|problem| FieldError::input(format!("{path}.id: {problem}")))?;
    let expected = version(fields.shift_remove("expectedVersion").as_ref(), path)?;
    let mut nested = Vec::new();
    for held in inputs::nested(kind) {
        if let Some(Value::Array(items)) = fields.shift_remove(held.name) {
            nested.push((held, items));
        }
    }
    asked.push(Asked { path: path.to_owned(), id: id.clone(), expected, what: What::Upsert(fields) });
    for (held, items) in nested {
        for (place, item) in items.into_iter().enumerate() {
            let path = format!("{path}.{}.{place}", held.name);
            let mut fields = object(Some(&item));
            let owner = Value::String(id.to_string());
            if fields.get(held.field).is_some_and(|given| *given != owner) {
                let message = format!("{path}.{}: stands below {id}, and so is its own; leave it out", held.field);
                return Err(FieldError::input(message));
            }
            fields.insert(held.field.to_owned(), owner);
            if let Some(kind) = kind_named(held.of) {
                collect(kind, fields, &path, asked)?;
            }
        }
    }
    Ok(())
}

fn upserted(kind: &'static Kind, done: Done) -> Changed {
    let mut outcomes = done.outcomes.into_iter();
    let (id, outcome) = outcomes.next().unwrap_or_else(|| (Id::new(kind, ""), Outcome::Unchanged));
    let nested = outcomes.map(|(id, outcome)| change(id, outcome)).collect();
    let object = vec![
        ("revision", revision_leaf(done.revision)),
        ("outcome", PlainValue::Leaf(Some(Leaf::Name(outcome.name())))),
        ("record", PlainValue::Record(Some(id))),
        ("nested", PlainValue::List(nested)),
    ];
    Changed { object, snapshot: done.snapshot }
}

fn changes(done: Done) -> Changed {
    let detached = done.detached.into_iter().map(|id| change(id, Outcome::Updated));
    let object = vec![
        ("revision", revision_leaf(done.revision)),
        ("changes", PlainValue::List(done.outcomes.into_iter().map(|(id, outcome)| change(id, outcome)).collect())),
        ("detached", PlainValue::List(detached.collect())),
    ];
    Changed { object, snapshot: done.snapshot }
}

/// What became of a record, as a `Change`.
pub fn change(id: Id, outcome: Outcome) -> PlainValue {
    let there = (outcome != Outcome::Deleted).then(|| id.clone());
    PlainValue::Object(vec![
        ("id", PlainValue::Leaf(Some(Leaf::Owned(id.to_string())))),
        ("outcome", PlainValue::Leaf(Some(Leaf::Name(outcome.name())))),
        ("node", PlainValue::Record(there)),
    ])
}

/// A revision as a number of the API.
pub fn revision_leaf(revision: Revision) -> PlainValue {
    PlainValue::Leaf(Some(Leaf::Int(i32::try_from(revision).unwrap_or(i32::MAX))))
}

/// What was refused, as the error of the field.
fn refused(refused: Refused) -> FieldError {
    let message = refused.to_string();
    match refused {
        Refused::Invalid(faults) => {
            FieldError::input(message).with("faults", faults.iter().map(Fault::to_json).collect())
        }
        Refused::Conflict(conflicts) => {
            FieldError::conflict(message).with("conflicts", conflicts.iter().map(Conflict::to_json).collect())
        }
        Refused::KeyReused(_) => FieldError::conflict(message),
        Refused::Limit(_) => FieldError::input(message),
        Refused::Store(error) => error.into(),
    }
}

/// The ways back along which records are sent below the one that they belong to: those of an edge that its record cannot be
/// without.
fn belongings(kind: &'static Kind) -> impl Iterator<Item = inputs::Held> {
    declared().filter(move |way| kind.implements(way.edge.target) && !way.edge.is_list()).filter_map(|way| {
        let of = kind_named(way.of)?;
        let (_, field) = of.slots().find(|(_, field)| field.as_edge().is_some_and(|edge| edge.reverse == way.name))?;
        field.required.then_some(inputs::Held { name: way.name, field: field.name, of: way.of })
    })
}
