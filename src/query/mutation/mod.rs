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
        let mut sent = Sent::default();
        match self {
            Self::Upsert(kind) => {
                sent.upsert(kind, object(arguments.get("input")), "input", None);
                Ok(upserted(kind, sent.apply(store, &sender)?))
            }
            Self::Delete => {
                sent.delete(arguments.get("id"), arguments.get("expectedVersion"), arguments.truth("detach"), "id");
                sent.apply(store, &sender).map(changes)
            }
            Self::Batch => {
                let all = arguments.get("changes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                for (place, change) in all.iter().enumerate() {
                    sent.batched(object(Some(change)), &format!("changes.{place}"));
                }
                sent.apply(store, &sender).map(changes)
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

/// A set as it was sent: its changes, and what of it is none.
#[derive(Default)]
struct Sent {
    asked: Vec<Asked>,
    wrong: Vec<Fault>,
}

impl Sent {
    fn apply(self, store: &Store, sender: &Sender) -> Result<Done, FieldError> {
        apply(store, sender, &self.asked, self.wrong).map_err(refused)
    }

    /// One change of a batch.
    fn batched(&mut self, change: Map<String, Value>, path: &str) {
        for (name, value) in change {
            let path = format!("{path}.{name}");
            if name == inputs::DELETE {
                let of = object(Some(&value));
                let detach = of.get("detach").and_then(Value::as_bool).unwrap_or(false);
                self.delete(of.get("id"), of.get("expectedVersion"), detach, &path);
            } else if let Some(kind) = KINDS.iter().find(|kind| inputs::batch_name(kind) == name) {
                self.upsert(kind, object(Some(&value)), &path, None);
            }
        }
    }

    fn delete(&mut self, id: Option<&Value>, expected: Option<&Value>, detach: bool, path: &str) {
        let expected = self.version(expected, path);
        match Id::parse(id.and_then(Value::as_str).unwrap_or_default()) {
            Ok(id) => {
                let what = What::Delete { detach };
                self.asked.push(Asked { path: path.to_owned(), id, expected, what, owner: None });
            }
            Err(error) => self.wrong.push(Fault::new(path, error.to_string())),
        }
    }

    fn version(&mut self, expected: Option<&Value>, path: &str) -> Option<Revision> {
        let number = expected.and_then(Value::as_i64)?;
        let version = Revision::try_from(number).ok();
        if version.is_none() {
            let path = format!("{path}.expectedVersion");
            self.wrong.push(Fault::new(path, format!("expected 0 or more, found {number}")));
        }
        version
    }

    /// The change of an input, and behind it those of the records that it holds.
    fn upsert(&mut self, kind: &'static Kind, mut fields: Map<String, Value>, path: &str, owner: Option<&'static str>) {
        let id = json::read_id(&fields, Some(kind)).map_err(|problem| {
            self.wrong.push(Fault::new(format!("{path}.id"), problem));
        });
        let id = id.ok();
        let expected = self.version(fields.shift_remove("expectedVersion").as_ref(), path);
        let mut nested = Vec::new();
        for held in inputs::nested(kind) {
            if let Some(Value::Array(items)) = fields.shift_remove(held.name) {
                nested.push((held, items));
            }
        }
        if let Some(id) = id.clone() {
            self.asked.push(Asked { path: path.to_owned(), id, expected, what: What::Upsert(fields), owner });
        }
        for (held, items) in nested {
            for (place, item) in items.into_iter().enumerate() {
                let path = format!("{path}.{}.{place}", held.name);
                if let Some(kind) = kind_named(held.of) {
                    self.below(id.as_ref(), &held, kind, object(Some(&item)), &path);
                }
            }
        }
    }

    /// The change of a record that was sent below another, whose it is.
    fn below(
        &mut self,
        id: Option<&Id>,
        held: &inputs::Held,
        kind: &'static Kind,
        mut fields: Map<String, Value>,
        path: &str,
    ) {
        let owner = id.map(|id| Value::String(id.to_string()));
        let given = fields.shift_remove(held.field);
        if let (Some(id), Some(given)) = (id, &given)
            && Some(given) != owner.as_ref()
        {
            let problem = format!("stands below {id}, and so is its own; leave it out");
            self.wrong.push(Fault::new(format!("{path}.{}", held.field), problem));
        }
        fields.extend(owner.map(|owner| (held.field.to_owned(), owner)));
        self.upsert(kind, fields, path, (id.is_none() || given.is_none()).then_some(held.field));
    }
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
        Refused::Invalid(faults) => FieldError::input(message).with("faults", told(&faults)),
        Refused::Conflict(conflicts, faults) => {
            let conflicts = conflicts.iter().map(Conflict::to_json).collect();
            let error = FieldError::conflict(message).with("conflicts", conflicts);
            if faults.is_empty() { error } else { error.with("faults", told(&faults)) }
        }
        Refused::KeyReused(_) => FieldError::conflict(message),
        Refused::Limit(_) => FieldError::input(message),
        Refused::Store(error) => error.into(),
    }
}

fn told(faults: &[Fault]) -> Value {
    faults.iter().map(Fault::to_json).collect()
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
