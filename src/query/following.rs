//! What is followed: which changes of which revisions a subscription wants, and the event that tells them.
//!
//! A revision is one event, or several where it changed much: each tells a part of its changes, in the order of the log. Whoever
//! follows stands behind a revision, and perhaps behind some of the changes of the next; that is all that is kept of them.

use std::collections::HashSet;

use serde_json::Value;

use super::arguments::Arguments;
use super::build::{argument, object, plain};
use super::error::FieldError;
use super::history::rfc_3339;
use super::mutation::{change, revision_leaf};
use super::object::{Plain, PlainValue, Resolver};
use super::types::{FieldDef, Type, TypeRef};
use crate::change::Outcome;
use crate::config::{EVENT_CHANGES_MAX, NODES_MAX};
use crate::model::closed::KIND;
use crate::model::id::Id;
use crate::model::value::Leaf;
use crate::store::log::Revision;
use crate::store::{Snapshot, StoreError};

/// The fields of `Subscription`.
pub fn subscription_fields() -> Vec<FieldDef> {
    let arguments = vec![
        argument(
            "kinds",
            "Only changes of records of these kinds; of all where it is not given.",
            TypeRef::required(KIND.name).list().or_null(true),
        ),
        argument(
            "of",
            &format!(
                "Only changes of the records of these global ids themselves, at most {NODES_MAX}: not of what refers to them, nor by former codes. A record need not be there yet."
            ),
            TypeRef::required("ID").list().or_null(true),
        ),
        argument(
            "after",
            "Resume behind this revision, the last that came whole. Where the log does not reach from there, the error NOT_KEPT says so: load anew. From now on where it is not given.",
            TypeRef::nullable("Int"),
        ),
    ];
    let doc = "What each revision changes, once and in order, as it is committed. A revision without a change that is asked for makes no event. \
               Whoever falls too far behind, or is there when the server stops, gets the error RESUME with the revision to give as `after`.";
    vec![FieldDef { arguments, ..plain("changes", doc, TypeRef::required("RevisionChanges"), Resolver::Follow) }]
}

/// The types of what it gives.
pub fn types() -> Vec<Type> {
    let value = |name: &'static str, doc: &str, ty: TypeRef| plain(name, doc, ty, Resolver::Plain(name));
    let changes_doc = format!(
        "What became of the records that are asked for, in the order of the log, at most {EVENT_CHANGES_MAX}. Each is read as it stands in the revision."
    );
    vec![object(
        "RevisionChanges",
        "What a revision changed, or a part of it.",
        vec![
            value("revision", "Which revision.", TypeRef::required("Int")),
            value("time", "When it was committed.", TypeRef::required("DateTime")),
            value("author", "Who made it.", TypeRef::required("String")),
            value("note", "What for; empty where nothing was said.", TypeRef::required("String")),
            value("part", "Which part of the revision this is, from 1.", TypeRef::required("Int")),
            value(
                "last",
                "Whether it is the last part: only then the revision came whole, and `after` may name it.",
                TypeRef::required("Boolean"),
            ),
            value("changes", &changes_doc, TypeRef::required("Change").list()),
        ],
    )]
}

/// Which changes somebody wants to hear of.
#[derive(Debug, Clone)]
pub struct Wanted {
    kinds: Option<Vec<u8>>,
    of: Option<HashSet<Id>>,
    /// Behind which revision; nothing for from now on.
    pub after: Option<i64>,
}

impl Wanted {
    /// What the arguments of the root field ask for.
    pub fn read(arguments: &Arguments) -> Result<Self, FieldError> {
        let kinds = given(arguments, "kinds")?.map(|kinds| kinds.iter().filter_map(|kind| KIND.code(kind)).collect());
        let of = given(arguments, "of")?.map(|ids| {
            if ids.len() > NODES_MAX {
                let message = format!("of: expected at most {NODES_MAX}, found {}; follow in several", ids.len());
                return Err(FieldError::input(message));
            }
            let read = |id: &str| Id::parse(id).map_err(|error| FieldError::input(format!("of: {error}")));
            ids.into_iter().map(read).collect()
        });
        Ok(Self { kinds, of: of.transpose()?, after: arguments.int("after") })
    }

    fn has(&self, id: &Id) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&id.tag))
            && self.of.as_ref().is_none_or(|ids| ids.contains(id))
    }
}

/// The texts of a list that was given. An empty one would never be answered.
fn given<'a>(arguments: &'a Arguments, name: &str) -> Result<Option<Vec<&'a str>>, FieldError> {
    let Some(list) = arguments.get(name).and_then(Value::as_array) else { return Ok(None) };
    if list.is_empty() {
        return Err(FieldError::input(format!("{name}: an empty list wants nothing; leave it out to follow all")));
    }
    Ok(Some(list.iter().filter_map(Value::as_str).collect()))
}

/// What a revision did, without the values before: the same for all who follow.
#[derive(Debug)]
pub struct Told {
    time_ms: i64,
    author: String,
    note: String,
    /// The records that it changed, each with whether it was new.
    changes: Vec<(Id, bool)>,
}

impl Told {
    /// Reads it from the log; nothing where that does not have it.
    pub fn read(snapshot: &Snapshot, revision: Revision) -> Result<Option<Self>, StoreError> {
        let mut changes = Vec::new();
        let entry = snapshot.log_changes(revision, |(id, before)| changes.push((id, before.is_none())))?;
        Ok(entry.map(|entry| Self { time_ms: entry.time_ms, author: entry.author, note: entry.note, changes }))
    }

    /// How many records it changed.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether it changed none.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Where somebody stands who follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The last revision that is behind them whole.
    pub revision: Revision,
    /// How many changes of the next one are.
    changes: usize,
    /// How many parts those came in.
    parts: i32,
}

impl Place {
    /// Behind a whole revision.
    pub fn behind(revision: Revision) -> Self {
        Self { revision, changes: 0, parts: 0 }
    }
}

/// A part of what a revision did that somebody wants.
pub struct Part<'t> {
    told: &'t Told,
    revision: Revision,
    number: i32,
    changes: Vec<&'t (Id, bool)>,
    last: bool,
    /// Where they stand behind it.
    pub then: Place,
}

impl<'t> Part<'t> {
    /// The next part from a place on, of at most so many changes; nothing where no more of the revision is wanted.
    pub fn next(wanted: &Wanted, told: &'t Told, place: Place, most: usize) -> Option<Self> {
        let left = told.changes.iter().enumerate().skip(place.changes).filter(|(_, (id, _))| wanted.has(id));
        let mut found: Vec<_> = left.take(most + 1).collect();
        let last = found.len() <= most;
        found.truncate(most);
        let end = found.last()?.0 + 1;
        let revision = place.revision + 1;
        let then = if last {
            Place::behind(revision)
        } else {
            Place { revision: place.revision, changes: end, parts: place.parts + 1 }
        };
        let changes = found.into_iter().map(|(_, change)| change).collect();
        Some(Self { told, revision, number: place.parts + 1, changes, last, then })
    }

    /// How many changes it tells.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether it tells none.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The event that tells it, over a view of the store as of the revision or later.
    pub fn event(&self, view: &Snapshot) -> Result<Plain, FieldError> {
        let mut changes = Vec::with_capacity(self.changes.len());
        for (id, new) in &self.changes {
            let outcome = match (view.get_at(id.as_ref(), self.revision)?, new) {
                (None, _) => Outcome::Deleted,
                (Some(_), true) => Outcome::Created,
                (Some(_), false) => Outcome::Updated,
            };
            changes.push(change(id.clone(), outcome));
        }
        let text = |text: &str| PlainValue::Leaf(Some(Leaf::Owned(text.to_owned())));
        Ok(vec![
            ("revision", revision_leaf(self.revision)),
            ("time", text(&rfc_3339(self.told.time_ms))),
            ("author", text(&self.told.author)),
            ("note", text(&self.told.note)),
            ("part", PlainValue::Leaf(Some(Leaf::Int(self.number)))),
            ("last", PlainValue::Leaf(Some(Leaf::Bool(self.last)))),
            ("changes", PlainValue::List(changes)),
        ])
    }
}
