//! What the log tells: revisions, what each changed, and how a record came to stand as it does.

use serde_json::Value as Json;

use super::arguments::Arguments;
use super::build::{argument, object, plain};
use super::error::FieldError;
use super::mutation::revision_leaf;
use super::object::{Object, Plain, PlainValue, Resolved, Resolver};
use super::scope::Scope;
use super::types::{FieldDef, InputDef, Type, TypeRef};
use crate::change::{Outcome, differences};
use crate::config::HISTORY_MAX;
use crate::model::catalog::NODE;
use crate::model::closed::CHANGE_OUTCOME;
use crate::model::id::Id;
use crate::model::record::Record;
use crate::model::value::Leaf;
use crate::store::Stored;
use crate::store::log::{Entry, Revision};

/// The root fields.
pub fn root_fields() -> Vec<FieldDef> {
    vec![
        FieldDef {
            arguments: vec![most("revisions"), before()],
            ..plain(
                "revisions",
                "What was committed, the newest first, as far back as the log is kept.",
                TypeRef::required("Revision").list().or_null(true),
                Resolver::Root(revisions),
            )
        },
        FieldDef {
            arguments: vec![argument("number", "Which.", TypeRef::required("Int"))],
            ..plain(
                "revision",
                "One commit; null where the log keeps it no more, or it is yet to come.",
                TypeRef::nullable("Revision"),
                Resolver::Root(revision),
            )
        },
        FieldDef {
            arguments: vec![
                argument("id", "Which record; it may be gone.", TypeRef::required("ID")),
                most("changes"),
                before(),
            ],
            ..plain(
                "history",
                "How a record came to stand as it does, the newest change first, as far back as the log is kept.",
                TypeRef::required("RecordChange").list().or_null(true),
                Resolver::Root(history_of_id),
            )
        },
    ]
}

/// The types.
pub fn types() -> Vec<Type> {
    let value = |name: &'static str, doc: &str, ty: TypeRef| plain(name, doc, ty, Resolver::Plain(name));
    let text = || TypeRef::required("String");
    vec![
        object(
            "Revision",
            "One commit: what was changed at once, by whom and what for.",
            vec![
                value("number", "Its number: each is one more than the one before.", TypeRef::required("Int")),
                value("time", "When it was committed.", TypeRef::required("DateTime")),
                value("author", "Who did it.", text()),
                value("note", "What for; empty where nobody said.", text()),
                FieldDef {
                    arguments: vec![most("changes"), after()],
                    ..plain(
                        "changes",
                        "What it changed, in the order of ids.",
                        TypeRef::required("RecordChange").list(),
                        Resolver::Function(changes),
                    )
                },
            ],
        ),
        object(
            "RecordChange",
            "What a revision did to a record.",
            vec![
                value("id", "Which record.", TypeRef::required("ID")),
                plain(
                    "revision",
                    "The revision that did it.",
                    TypeRef::required("Revision"),
                    Resolver::Function(revision_of_change),
                ),
                value("outcome", "What became of it.", TypeRef::required(CHANGE_OUTCOME.name)),
                plain(
                    "differences",
                    "Each field that holds another value than before.",
                    TypeRef::required("Difference").list(),
                    Resolver::Function(differences_of_change),
                ),
                value(
                    "node",
                    "The record as it stands in the revision that the query reads; null where it is gone.",
                    TypeRef::nullable(NODE),
                ),
            ],
        ),
        object(
            "Difference",
            "A field that a revision changed.",
            vec![
                value("field", "Which.", text()),
                value("before", "What it held, as JSON; null where it held nothing.", TypeRef::nullable("String")),
                value(
                    "after",
                    "What it holds since, as JSON; null where it holds nothing.",
                    TypeRef::nullable("String"),
                ),
            ],
        ),
    ]
}

fn most(what: &str) -> InputDef {
    let doc = format!("How many {what} at most, 1 to {HISTORY_MAX}.");
    InputDef { default: Some(20.into()), ..argument("first", &doc, TypeRef::required("Int")) }
}

fn before() -> InputDef {
    argument(
        "before",
        "Only revisions before this one: what a page ended with begins the next.",
        TypeRef::nullable("Int"),
    )
}

fn after() -> InputDef {
    argument("after", "Only records behind this id.", TypeRef::nullable("ID"))
}

fn first(arguments: &Arguments) -> Result<usize, FieldError> {
    let first = arguments.int("first").and_then(|first| usize::try_from(first).ok());
    first
        .filter(|first| (1..=HISTORY_MAX).contains(first))
        .ok_or_else(|| FieldError::input(format!("first: expected 1 to {HISTORY_MAX}")))
}

fn before_of(arguments: &Arguments) -> Option<Revision> {
    arguments.int("before").map(|before| Revision::try_from(before).unwrap_or(0))
}

fn revisions<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let newest = scope.snapshot.revision()?;
    let until = before_of(arguments).unwrap_or(Revision::MAX).min(newest + 1);
    let mut found = Vec::new();
    for number in (1..until).rev().take(first(arguments)?) {
        scope.spend()?;
        match scope.snapshot.log_head_entry(number)? {
            Some(entry) => found.push(Resolved::Object(Object::Plain(plain_revision(number, &entry)))),
            None => break,
        }
    }
    Ok(Resolved::List(found))
}

fn revision<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    scope.spend()?;
    let number = arguments.int("number").and_then(|number| Revision::try_from(number).ok()).unwrap_or(0);
    let entry = scope.snapshot.log_head_entry(number)?;
    Ok(entry.map_or(Resolved::Null, |entry| Resolved::Object(Object::Plain(plain_revision(number, &entry)))))
}

/// A revision as an object.
pub fn plain_revision(number: Revision, entry: &Entry) -> Plain {
    let text = |text: String| PlainValue::Leaf(Some(Leaf::Owned(text)));
    vec![
        ("number", revision_leaf(number)),
        ("time", text(rfc_3339(entry.time_ms))),
        ("author", text(entry.author.clone())),
        ("note", text(entry.note.clone())),
    ]
}

/// A time as the API writes it, in UTC.
pub fn rfc_3339(time_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(time_ms).map_or_else(|_| String::new(), |time| time.to_string())
}

fn number_of(object: &Object<'_>, name: &str) -> Result<Revision, FieldError> {
    match object {
        Object::Plain(fields) => match fields.iter().find(|(known, _)| *known == name) {
            Some((_, PlainValue::Leaf(Some(Leaf::Int(number))))) => Ok(u64::try_from(*number).unwrap_or(0)),
            _ => Err(FieldError::internal("a revision has a number")),
        },
        _ => Err(FieldError::internal("the field is a plain object's")),
    }
}

fn changes<'a>(scope: &'a Scope, object: &'a Object<'a>, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let number = number_of(object, "number")?;
    let after = match arguments.text("after") {
        Some(text) => Some(Id::parse(text).map_err(|error| FieldError::input(format!("after: {error}")))?),
        None => None,
    };
    let mut found = Vec::new();
    for id in scope.snapshot.changed_by(number, after.as_ref(), first(arguments)?)? {
        let before = scope.snapshot.before(id.as_ref(), number)?;
        let outcome = outcome(scope, &id, number, before.is_some())?;
        found.push(change(scope, id, number, outcome)?);
    }
    Ok(Resolved::List(found))
}

/// What a revision did to a record that it changed.
fn outcome(scope: &Scope, id: &Id, revision: Revision, was_there: bool) -> Result<Outcome, FieldError> {
    scope.spend()?;
    Ok(match (was_there, scope.snapshot.get_at(id.as_ref(), revision)?.is_some()) {
        (false, _) => Outcome::Created,
        (true, true) => Outcome::Updated,
        (true, false) => Outcome::Deleted,
    })
}

fn change<'a>(scope: &'a Scope, id: Id, revision: Revision, outcome: Outcome) -> Result<Resolved<'a>, FieldError> {
    let there = scope.snapshot.get(id.as_ref())?.is_some();
    Ok(Resolved::Object(Object::Plain(vec![
        ("id", PlainValue::Leaf(Some(Leaf::Owned(id.to_string())))),
        ("by", revision_leaf(revision)),
        ("outcome", PlainValue::Leaf(Some(Leaf::Name(outcome.name())))),
        ("node", PlainValue::Record(there.then_some(id))),
    ])))
}

fn revision_of_change<'a>(scope: &'a Scope, object: &'a Object<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    scope.spend()?;
    let number = number_of(object, "by")?;
    let entry = scope.snapshot.log_head_entry(number)?;
    let entry = entry.ok_or_else(|| FieldError::internal(format!("revision {number} is not in the log")))?;
    Ok(Resolved::Object(Object::Plain(plain_revision(number, &entry))))
}

fn differences_of_change<'a>(
    scope: &'a Scope,
    object: &'a Object<'a>,
    _: &Arguments,
) -> Result<Resolved<'a>, FieldError> {
    let number = number_of(object, "by")?;
    let id = match object {
        Object::Plain(fields) => fields.iter().find_map(|(name, value)| match (*name, value) {
            ("id", PlainValue::Leaf(Some(Leaf::Owned(text)))) => Id::parse(text).ok(),
            _ => None,
        }),
        _ => None,
    };
    let id = id.ok_or_else(|| FieldError::internal("a change has an id"))?;
    let record = |stored: Option<Stored<'_>>| stored.map(|stored| Record::unpack_row(stored.kind, stored.row()));
    scope.spend()?;
    let before = record(scope.snapshot.before(id.as_ref(), number)?);
    let after = record(scope.snapshot.get_at(id.as_ref(), number)?);
    let json = |value: Json| PlainValue::Leaf((!value.is_null()).then(|| Leaf::Owned(value.to_string())));
    let each = differences(before.as_ref(), after.as_ref()).into_iter().map(|(field, before, after)| {
        Resolved::Object(Object::Plain(vec![
            ("field", PlainValue::Leaf(Some(Leaf::Name(field)))),
            ("before", json(before)),
            ("after", json(after)),
        ]))
    });
    Ok(Resolved::List(each.collect()))
}

fn history_of_id<'a>(scope: &'a Scope, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let id = Id::parse(arguments.text("id").unwrap_or_default());
    let id = id.map_err(|error| FieldError::input(format!("id: {error}")))?;
    history_of(scope, &id, arguments)
}

/// `history` of a record.
pub fn history<'a>(
    scope: &'a Scope,
    record: &'a Stored<'a>,
    arguments: &Arguments,
) -> Result<Resolved<'a>, FieldError> {
    history_of(scope, &record.id().to_owned(), arguments)
}

/// The changes of a record, the newest first. A revision that made it is told by the version of what it made: in the value
/// before the next change, or in the record.
fn history_of<'a>(scope: &'a Scope, id: &Id, arguments: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let (first, before) = (first(arguments)?, before_of(arguments));
    let stands = match before {
        Some(before) => scope.snapshot.get_at(id.as_ref(), before.saturating_sub(1))?,
        None => scope.snapshot.get(id.as_ref())?,
    };
    let mut found: Vec<(Revision, Outcome)> = Vec::new();
    // Which revision made what stands after the next older change.
    let mut made = stands.map(|record| record.version());
    for changed in scope.snapshot.history(id.as_ref(), before)? {
        let changed = changed?;
        scope.spend()?;
        match made {
            Some(made) if made == changed => found.push((changed, Outcome::Updated)),
            made => {
                found.extend(made.map(|made| (made, Outcome::Created)));
                found.push((changed, Outcome::Deleted));
            }
        }
        made = scope.snapshot.before(id.as_ref(), changed)?.map(|before| before.version());
        if found.len() > first {
            break;
        }
    }
    let oldest = scope.snapshot.oldest_kept()?;
    found.extend(made.filter(|made| *made > oldest).map(|made| (made, Outcome::Created)));
    let each = found.into_iter().take(first).map(|(revision, outcome)| change(scope, id.clone(), revision, outcome));
    Ok(Resolved::List(each.collect::<Result<_, _>>()?))
}
