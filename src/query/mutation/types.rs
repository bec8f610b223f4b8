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
    fields.push(FieldDef {
        arguments: vec![
            argument(
                "files",
                "The files: a data package as a zip, workbooks, CSV or NDJSON files; each a part of a GraphQL multipart request.",
                TypeRef::required(UPLOAD).list(),
            ),
            argument(
                "table",
                "Which table single files hold whose names do not say it: `pairings`, `pairings-helpers`, 结对.",
                TypeRef::nullable("String"),
            ),
            InputDef {
                default: Some(false.into()),
                ..argument("dryRun", "Only tell what would come of it.", TypeRef::required("Boolean"))
            },
            argument(
                "asOf",
                "The revision that the files were made at: what was changed since is not overwritten, but told among the faults. A data package that was exported says it itself.",
                TypeRef::nullable("Int"),
            ),
            InputDef {
                default: Some(false.into()),
                ..argument(
                    "overwrite",
                    "Overwrite all the same what was changed since the files were made.",
                    TypeRef::required("Boolean"),
                )
            },
            argument("note", "What for, for the log.", TypeRef::nullable("String")),
        ],
        ..plain(
            "importFiles",
            "Imports files as `jiedui import` does, all or nothing, as one revision; the same again changes nothing. For keepers.",
            TypeRef::nullable("Import"),
            Resolver::Change(Mutation::Import),
        )
    });
    fields
}

/// The scalar of a file in a multipart request.
pub const UPLOAD: &str = "Upload";

fn field(name: &str, doc: &str, own: Vec<InputDef>, ty: TypeRef, mutation: Mutation) -> FieldDef {
    let mut arguments = own;
    arguments.push(argument("note", "What for, for the log.", TypeRef::nullable("String")));
    arguments.push(argument(
        "idempotencyKey",
        &format!(
            "A text of your choice, of 1 to {IDEMPOTENCY_KEY_BYTES} bytes: the same changes sent again under it are answered as they were, and not made twice, as long as the log keeps the revision that they made."
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
    types.extend(import_types());
    types.push(object(
        "Changes",
        "What a set of changes came to.",
        vec![
            revision(),
            changes("changes", "What became of the record of each change by the whole set, in the order in which they were sent; of a delete behind which the record was made again, what became of the one that was there."),
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

fn import_types() -> [Type; 6] {
    let value = |name: &'static str, doc: &str, ty: TypeRef| plain(name, doc, ty, Resolver::Plain(name));
    let text = || TypeRef::nullable("String");
    let count = |name: &'static str, doc: &str| value(name, doc, TypeRef::required("Int"));
    [
        object(
            "Import",
            "What came of an import.",
            vec![
                value("dryRun", "Nothing was written.", TypeRef::required("Boolean")),
                value(
                    "revision",
                    "The revision that it made; null where it changed nothing, or was refused.",
                    TypeRef::nullable("Int"),
                ),
                value("tables", "The records of each kind that there were.", TypeRef::required("ImportCount").list()),
                value(
                    "emptied",
                    "The lists of which records lost all entries.",
                    TypeRef::required("ImportEmptied").list(),
                ),
                value(
                    "elsewhere",
                    "Files that were exported from another database: what was changed in this one since was not looked for.",
                    TypeRef::required("String").list(),
                ),
                value(
                    "faults",
                    "Everything that is wrong with the files: where there is anything, nothing was changed.",
                    TypeRef::required("ImportFault").list(),
                ),
            ],
        ),
        object(
            "ImportCount",
            "The records of one kind in an import.",
            vec![
                value("table", "The table of the kind.", TypeRef::required("String")),
                count("created", "How many were not there."),
                count("updated", "How many were otherwise."),
                count("unchanged", "How many stood so before."),
            ],
        ),
        object(
            "ImportEmptied",
            "A list of which records lost all entries in an import.",
            vec![
                value("list", "The list, by its name and its Chinese heading.", TypeRef::required("String")),
                count("records", "How many records lost all of it."),
            ],
        ),
        object(
            "ImportFault",
            "One thing that is wrong with files, and where.",
            vec![
                value("file", "The file.", TypeRef::required("String")),
                value("sheet", "The sheet of a workbook.", text()),
                value("row", "The row or line, from 1 for the headings.", TypeRef::nullable("Int")),
                value("column", "The column's heading.", text()),
                value("cell", "The cell of a sheet, such as C7.", text()),
                value("value", "What stands there.", text()),
                value("problem", "What is wrong, and what was expected.", TypeRef::required("String")),
                value("nearest", "Ids that may have been meant.", TypeRef::required("String").list()),
                value(
                    "conflict",
                    "What it would overwrite, where somebody changed a record since the files were made.",
                    TypeRef::nullable("ImportConflict"),
                ),
            ],
        ),
        object(
            "ImportConflict",
            "A record that was changed since files were made, and that they would change again.",
            vec![
                value("id", "Which record; it may be gone.", TypeRef::required("ID")),
                count("asOf", "The revision that the files were made at."),
                count("revision", "The newest revision that changed it, after that."),
                value("author", "Who did; null where the log has it no more.", text()),
                value("time", "When; null where the log has it no more.", TypeRef::nullable("DateTime")),
                value(
                    "differences",
                    "Where the files differ from what stands.",
                    TypeRef::required("ImportDifference").list(),
                ),
            ],
        ),
        object(
            "ImportDifference",
            "A field of a record that files would overwrite.",
            vec![
                value("field", "Which.", TypeRef::required("String")),
                value("before", "What it held when the files were made, as JSON; null for nothing.", text()),
                value("stands", "What it holds, as JSON; null for nothing.", text()),
                value("given", "What the files have, as JSON; null for nothing.", text()),
            ],
        ),
    ]
}
