//! The root fields of `Mutation`, and the types of what they give.

use super::Mutation;
use super::inputs::{self, expected_version, input_name};
use crate::config::{CHANGES_MAX, IDEMPOTENCY_KEY_BYTES};
use crate::model::catalog::NODE;
use crate::model::closed::CHANGE_OUTCOME;
use crate::model::kinds::KINDS;
use crate::query::build::{argument, object, plain};
use crate::query::object::Resolver;
use crate::query::types::{FieldDef, InputDef, Type, TypeRef};

/// The root fields.
pub fn mutation_fields() -> Vec<FieldDef> {
    let mut fields: Vec<FieldDef> = KINDS
        .iter()
        .map(|kind| {
            let doc = format!(
                "{}: makes a {}, or changes the one that has the id; what it holds in lists of records is upserted with it, all or nothing.",
                kind.zh, kind.name
            );
            let input = argument("input", "What is to stand.", TypeRef::required(&input_name(kind)));
            let payload = TypeRef::nullable(&format!("{}Payload", kind.name));
            field(&format!("upsert{}", kind.name), &doc, vec![input], payload, Mutation::Upsert(kind))
        })
        .collect();
    fields.push(field(
        "delete",
        "Deletes a record. One that others refer to stays, and the error lists them.",
        vec![
            argument("id", "Which.", TypeRef::required("ID")),
            expected_version(),
            InputDef {
                default: Some(false.into()),
                ..argument("detach", "Take references to it out of whoever refers.", TypeRef::required("Boolean"))
            },
        ],
        TypeRef::nullable("Changes"),
        Mutation::Delete,
    ));
    fields.push(field(
        "applyChanges",
        "Makes a batch of changes of any kinds as one revision, all or nothing; each stands on those before it.",
        vec![argument(
            "changes",
            &format!("The changes, at most {CHANGES_MAX} with those that they hold."),
            TypeRef::required("ChangeInput").list(),
        )],
        TypeRef::nullable("Changes"),
        Mutation::Batch,
    ));
    fields.push(field(
        "revert",
        "Takes a revision back: a new one, in which what it changed stands as before. What was changed again since is a CONFLICT. For keepers.",
        vec![argument("revision", "Which.", TypeRef::required("Int"))],
        TypeRef::nullable("Changes"),
        Mutation::Revert,
    ));
    fields
}

fn field(name: &str, doc: &str, own: Vec<InputDef>, ty: TypeRef, mutation: Mutation) -> FieldDef {
    let mut arguments = own;
    arguments.push(argument("note", "What for, for the log.", TypeRef::nullable("String")));
    arguments.push(argument(
        "idempotencyKey",
        &format!(
            "A text of your choice, of 1 to {IDEMPOTENCY_KEY_BYTES} bytes: the same changes sent again under it are answered as they were, and not made twice."
        ),
        TypeRef::nullable("String"),
    ));
    FieldDef { arguments, ..plain(name, doc, ty, Resolver::Change(mutation)) }
}

/// The types.
pub fn types() -> Vec<Type> {
    let value = |name: &'static str, doc: &str, ty: TypeRef| plain(name, doc, ty, Resolver::Plain(name));
    let revision = || {
        let doc =
            "The revision that it made, or the newest where it changed nothing: what is read below stands as of it.";
        value("revision", doc, TypeRef::required("Int"))
    };
    let outcome = || value("outcome", "What became of it.", TypeRef::required(CHANGE_OUTCOME.name));
    let changes = |name: &'static str, doc: &str| value(name, doc, TypeRef::required("Change").list());
    let mut types = inputs::types();
    types.extend(KINDS.iter().map(|kind| {
        object(
            &format!("{}Payload", kind.name),
            &format!("What the upsert of a {} came to.", kind.name),
            vec![
                revision(),
                outcome(),
                value("record", "The record as it stands in the revision.", TypeRef::required(kind.name)),
                changes("nested", "What became of the records that were sent below it, in their order."),
            ],
        )
    }));
    types.push(object(
        "Changes",
        "What a set of changes came to.",
        vec![
            revision(),
            changes("changes", "What became of each change, in the order in which they were sent."),
            changes("detached", "Records that lost their reference to a deleted one."),
        ],
    ));
    types.push(object(
        "Change",
        "What became of one record.",
        vec![
            value("id", "Which record.", TypeRef::required("ID")),
            outcome(),
            value("node", "The record as it stands in the revision; null where it is gone.", TypeRef::nullable(NODE)),
        ],
    ));
    types
}
