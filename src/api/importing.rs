//! The mutation that imports files: what the exchange makes of them, as an object of the API.

use serde_json::Value;

use super::request::Uploads;
use crate::exchange::columns::{Table, tables};
use crate::exchange::intake::{self, Conflict, Fault, ImportError, Options, Report};
use crate::model::value::Leaf;
use crate::query::arguments::Arguments;
use crate::query::error::FieldError;
use crate::query::mutation::Changed;
use crate::query::object::{Plain, PlainValue};
use crate::store::log::Revision;
use crate::store::{Author, Store};

/// Imports the files that the arguments name, all or nothing.
pub fn import(store: &Store, author: &Author, arguments: &Arguments, uploads: &Uploads) -> Result<Changed, FieldError> {
    let named = arguments.get("files").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let files = named.iter().map(|name| {
        let found = name.as_str().and_then(|name| uploads.get(name)).cloned();
        found.ok_or_else(|| FieldError::input("files: expected the files of a multipart request, named in its `map`"))
    });
    let files = files.collect::<Result<Vec<_>, _>>()?;
    let dry_run = arguments.truth("dryRun");
    let options = Options {
        table: arguments.text("table").map(table_called).transpose()?,
        dry_run,
        as_of: as_of(arguments)?,
        overwrite: arguments.truth("overwrite"),
    };
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let note = arguments.text("note").map_or_else(|| format!("import of {}", names.join(", ")), ToOwned::to_owned);
    let author = Author { note, ..author.clone() };
    let object = match intake::import(store, files, &options, &author, &mut |_| {}) {
        Ok(report) => told(&report, &[]),
        Err(ImportError::Faults(faults)) => told(&Report { dry_run, ..Report::default() }, &faults),
        Err(ImportError::AsOf(why)) => return Err(FieldError::input(format!("asOf: {why}"))),
        Err(ImportError::Store(error)) => return Err(error.into()),
    };
    Ok(Changed { object, snapshot: store.snapshot()? })
}

/// The revision that the files were made at, where somebody says it.
fn as_of(arguments: &Arguments) -> Result<Option<Revision>, FieldError> {
    let asked = arguments.int("asOf").map(|asked| Revision::try_from(asked).map_err(|_| asked)).transpose();
    let asked = asked.map_err(|asked| FieldError::input(format!("asOf: expected 0 or more, found {asked}")))?;
    if asked.is_some() && arguments.truth("overwrite") {
        return Err(FieldError::input(
            "asOf, overwrite: what was changed since is told, or overwritten; say one of them",
        ));
    }
    Ok(asked)
}

fn table_called(name: &str) -> Result<&'static Table, FieldError> {
    Table::called(name).ok_or_else(|| {
        let names: Vec<_> = tables().iter().map(|table| table.name.as_str()).collect();
        FieldError::input(format!("table: there is no table \"{name}\"; there are: {}", names.join(", ")))
    })
}

fn int(number: u64) -> PlainValue {
    PlainValue::Leaf(Some(Leaf::Int(i32::try_from(number).unwrap_or(i32::MAX))))
}

fn text(text: Option<&str>) -> PlainValue {
    PlainValue::Leaf(text.map(|text| Leaf::Owned(text.to_owned())))
}

fn told(report: &Report, faults: &[Fault]) -> Plain {
    let tables = report.kinds.iter().map(|(name, counts)| {
        PlainValue::Object(vec![
            ("table", text(Some(name))),
            ("created", int(counts.new)),
            ("updated", int(counts.changed)),
            ("unchanged", int(counts.same)),
        ])
    });
    let emptied = report
        .emptied
        .iter()
        .map(|(list, records)| PlainValue::Object(vec![("list", text(Some(list))), ("records", int(*records))]));
    let faults = faults.iter().map(|fault| {
        PlainValue::Object(vec![
            ("file", text(Some(&fault.file))),
            ("sheet", text(fault.sheet.as_deref())),
            ("row", fault.row.map_or(PlainValue::Leaf(None), int)),
            ("column", text(fault.column.as_deref())),
            ("cell", text(fault.cell.as_deref())),
            ("value", text(fault.value.as_deref())),
            ("problem", text(Some(&fault.problem))),
            ("nearest", PlainValue::List(fault.nearest.iter().map(|id| text(Some(id))).collect())),
            ("conflict", fault.conflict.as_deref().map_or(PlainValue::Leaf(None), conflict)),
        ])
    });
    vec![
        ("dryRun", PlainValue::Leaf(Some(Leaf::Bool(report.dry_run)))),
        ("revision", report.revision.map_or(PlainValue::Leaf(None), int)),
        ("tables", PlainValue::List(tables.collect())),
        ("emptied", PlainValue::List(emptied.collect())),
        ("elsewhere", PlainValue::List(report.elsewhere.iter().map(|file| text(Some(file))).collect())),
        ("faults", PlainValue::List(faults.collect())),
    ]
}

fn conflict(conflict: &Conflict) -> PlainValue {
    let json = |value: &Value| text((!value.is_null()).then(|| value.to_string()).as_deref());
    let differences = conflict.differences.iter().map(|field| {
        PlainValue::Object(vec![
            ("field", text(Some(field.field))),
            ("before", json(&field.before)),
            ("stands", json(&field.stands)),
            ("given", json(&field.given)),
        ])
    });
    PlainValue::Object(vec![
        ("id", text(Some(&conflict.id.to_string()))),
        ("asOf", int(conflict.as_of)),
        ("revision", int(conflict.revision)),
        ("author", text(conflict.author.as_deref())),
        ("time", text(conflict.time.as_deref())),
        ("differences", PlainValue::List(differences.collect())),
    ])
}
