//! A table as CSV: its rows straight from the bytes of the records.

use std::fmt::Write as _;
use std::io::Write;

use super::OutletError;
use crate::exchange::columns::{Column, Place, Rows, Table, push_item};
use crate::model::catalog::{Field, Kind, Shape};
use crate::model::id::IdRef;
use crate::model::kinds::KINDS;
use crate::model::row::{List, Row};
use crate::model::value::Leaf;
use crate::store::{Direction, Snapshot, Stored};

/// Writes a table, headings first, and gives how many rows it has.
pub fn write_table(snapshot: &Snapshot, table: &Table, out: &mut dyn Write) -> Result<u64, OutletError> {
    let mut lines = Lines { csv: csv::Writer::from_writer(out), cell: String::new(), rows: 0 };
    for column in &table.columns {
        lines.csv.write_field(&column.heading).map_err(io)?;
    }
    lines.end()?;
    match table.rows {
        Rows::Records(kind) => {
            for record in snapshot.scan(kind, None, Direction::Forward)? {
                let record = record?;
                lines.row(&table.columns, &record, Row::new(&[]), false)?;
            }
        }
        Rows::Entries(Some(kind), slot, field) => lines.entries(snapshot, table, kind, slot, field)?,
        Rows::Entries(None, slot, field) => {
            for kind in KINDS {
                lines.entries(snapshot, table, kind, slot, field)?;
            }
        }
    }
    lines.csv.flush()?;
    Ok(lines.rows)
}

/// The lines of a table as they are written.
struct Lines<W: Write> {
    csv: csv::Writer<W>,
    /// The cell that is made; one buffer for all.
    cell: String,
    rows: u64,
}

impl<W: Write> Lines<W> {
    fn entries(
        &mut self,
        snapshot: &Snapshot,
        table: &Table,
        kind: &'static Kind,
        slot: usize,
        field: &Field,
    ) -> Result<(), OutletError> {
        let is_edge = field.as_edge().is_some();
        for record in snapshot.scan(kind, None, Direction::Forward)? {
            let record = record?;
            let row = record.row();
            for entry in List::new(row.slot(slot)).iter() {
                self.row(&table.columns, &record, Row::new(entry), is_edge)?;
            }
        }
        Ok(())
    }

    fn row(
        &mut self,
        columns: &[Column],
        record: &Stored<'_>,
        entry: Row<'_>,
        is_edge: bool,
    ) -> Result<(), OutletError> {
        let row = record.row();
        for column in columns {
            self.cell.clear();
            match (column.place, column.field) {
                (Place::Slot(slot), Some(field)) => self.value(field, row.slot(slot)),
                (Place::Inner(slot, place), Some(field)) => self.value(field, Row::new(row.slot(slot)).slot(place)),
                (Place::Target, _) => self.id(IdRef::from_bytes(entry.slot(0))),
                // Slot 0 of an edge is its target.
                (Place::Entry(place), Some(field)) => self.value(field, entry.slot(place + usize::from(is_edge))),
                _ => self.id(Some(record.id())),
            }
            self.csv.write_field(&self.cell).map_err(io)?;
        }
        self.rows += 1;
        self.end()
    }

    fn end(&mut self) -> Result<(), OutletError> {
        Ok(self.csv.write_record(None::<&[u8]>).map_err(io)?)
    }

    /// Puts a value into the cell; null is an empty one.
    fn value(&mut self, field: &Field, bytes: &[u8]) {
        match &field.shape {
            Shape::One(scalar) => put(&mut self.cell, scalar.read(bytes)),
            Shape::List(scalar) => self.items(bytes, |item, text| put(text, scalar.read(item))),
            Shape::Edge(edge) if edge.is_list() => self.items(bytes, |item, text| {
                put(text, IdRef::from_bytes(item).and_then(|id| Some(Leaf::Id(id.kind()?.id, id.key))));
            }),
            Shape::Edge(_) => self.id(IdRef::from_bytes(bytes)),
            // They stand in columns, or in a file, of their own.
            Shape::Struct(_) | Shape::Structs(_) => {}
        }
    }

    fn items(&mut self, bytes: &[u8], mut make: impl FnMut(&[u8], &mut String)) {
        let mut text = String::new();
        for item in List::new(bytes).iter() {
            text.clear();
            make(item, &mut text);
            push_item(&mut self.cell, &text);
        }
    }

    fn id(&mut self, id: Option<IdRef<'_>>) {
        put(&mut self.cell, id.and_then(|id| Some(Leaf::Id(id.kind()?.id, id.key))));
    }
}

/// Writes a value as [`crate::model::value::Scalar::parse`] reads it.
fn put(text: &mut String, leaf: Option<Leaf<'_>>) {
    // Writing to a string cannot fail.
    let _ = match leaf {
        None => Ok(()),
        Some(Leaf::Text(value) | Leaf::Name(value)) => text.write_str(value),
        Some(Leaf::Owned(value)) => text.write_str(&value),
        Some(Leaf::Id(kind, key)) => write!(text, "{kind}:{key}"),
        Some(Leaf::Int(number)) => write!(text, "{number}"),
        // As JSON has it: 125.0, and never three hundred zeros.
        Some(Leaf::Float(number)) => write!(text, "{number:?}"),
        Some(Leaf::Bool(truth)) => write!(text, "{truth}"),
    };
}

fn io(error: csv::Error) -> std::io::Error {
    error.into()
}
