//! The tables read into records, upon those that the database has: a column that is not given leaves its field as it is, an
//! empty cell clears it, and a list that is given is the list.

use std::collections::HashMap;

use super::cell::Cell;
use super::fault::{Fault, Wrong};
use super::figures::{self, Said, figure_of};
use super::input::Input;
use super::known::{At, Draft, Known};
use super::part::{Part, Row};
use super::sheet::{Given, Sheet};
use super::values::{no_amount, scalar, unreadable};
use crate::config::IMPORT_FAULTS_MAX;
use crate::exchange::Step;
use crate::exchange::columns::{Place, Rows, Table, items, tables};
use crate::model::catalog::{Edge, Field, Kind, Shape};
use crate::model::id::{Id, is_key};
use crate::model::record::Record;
use crate::model::value::{Scalar, Value};
use crate::store::{Mark, Snapshot, StoreError};
use crate::text::amounts;

/// How often it is told how far reading is.
pub(super) const TELL_ROWS: u64 = 1_000;

/// What was read so far.
pub struct Reading<'s> {
    /// The records.
    pub known: Known<'s>,
    /// What is wrong.
    pub faults: Vec<Fault>,
    pub(super) sheets: Vec<Sheet>,
    /// The kinds of tables that were not read to their end, whose records may be there all the same.
    unread: Vec<&'static Kind>,
}

impl<'s> Reading<'s> {
    /// Nothing was read yet.
    pub fn new(snapshot: Option<&'s Snapshot>) -> Self {
        Self { known: Known::new(snapshot), faults: Vec::new(), sheets: Vec::new(), unread: Vec::new() }
    }

    /// Reads everything: objects first, which are whole; then the tables, those of kinds first.
    pub fn input(&mut self, input: Input, told: &mut dyn FnMut(Step<'_>)) -> Result<(), StoreError> {
        let Input { mut parts, mut lines, faults, .. } = input;
        self.faults.extend(faults);
        let order: HashMap<&str, usize> =
            tables().iter().enumerate().map(|(at, table)| (table.name.as_str(), at)).collect();
        parts.sort_by_key(|part| order.get(part.table.name.as_str()).copied());
        for lines in &mut lines {
            self.lines(lines, told)?;
        }
        for part in &mut parts {
            self.part(part, told)?;
        }
        self.clear_unlisted();
        Ok(())
    }

    /// Begins with a file of objects, and gives its place.
    pub(super) fn begin(&mut self, file: &str, mark: Option<Mark>) -> u32 {
        self.sheets.push(Sheet::new(file, None, mark, None));
        self.sheets.len() as u32 - 1
    }

    /// The record as it stands in the database, or a new one; nothing where it is told that the import has it already.
    pub(super) fn before(&mut self, at: At, id: &Id) -> Result<Option<Record>, StoreError> {
        let Some(kind) = id.as_ref().kind() else { return Ok(None) };
        let Some(place) = self.known.place(id) else {
            return Ok(Some(self.known.stored(id)?.unwrap_or_else(|| Record::new(kind, &id.key))));
        };
        let there = self.known.drafts[place].at.map(|there| self.place_of(there)).unwrap_or_default();
        let problem = match self.known.is_over_database() {
            true => format!("{id} stands in {there} too; leave one of them out"),
            false => format!("{id} stands in the package twice"),
        };
        self.report_id(at, &Cell::Text(id.to_string()), Wrong::said(problem));
        Ok(None)
    }

    /// Whether a record that was not found may stand in what was not read.
    pub(super) fn may_be_unread(&self, id: &Id) -> bool {
        self.unread.iter().any(|kind| kind.tag == id.tag)
    }

    fn part(&mut self, part: &mut Part, told: &mut dyn FnMut(Step<'_>)) -> Result<(), StoreError> {
        let (file, sheet, table) = (part.file.clone(), part.sheet.clone(), part.table);
        self.sheets.push(Sheet::new(&file, sheet.as_deref(), part.mark.take(), Some(table)));
        let mut headings = false;
        let mut rows = 0;
        let mut failed = None;
        let walked = part.walk(&mut |row| {
            if failed.is_some() || self.faults.len() >= IMPORT_FAULTS_MAX {
                return;
            }
            if !headings {
                headings = row.cells.iter().any(|cell| !cell.is_empty());
                if headings {
                    self.headings(&row, table);
                }
                return;
            }
            if row.number.is_multiple_of(TELL_ROWS) {
                told(Step { what: &file, done: row.number, total: 0 });
            }
            rows += usize::from(row.cells.iter().any(|cell| !cell.is_empty()));
            failed = self.row(&row, table).err();
        });
        if let Err(fault) = walked {
            self.faults.push(*fault);
            if let Rows::Records(kind) = table.rows {
                self.unread.push(kind);
            }
        } else if !headings && self.known.is_over_database() {
            self.faults.push(Fault::of_sheet(
                &file,
                sheet.as_deref(),
                "is empty; expected a row of headings, and records below",
            ));
        }
        if let Some(given) = self.sheets.last_mut() {
            // A keeper leaves most sheets of a template as they are: without rows they say nothing.
            given.says_nothing = sheet.is_some() && rows == 0;
        }
        failed.map_or(Ok(()), Err)
    }

    fn row(&mut self, row: &Row, table: &'static Table) -> Result<(), StoreError> {
        let at = At { part: self.sheets.len() as u32 - 1, row: row.number };
        let sheet = &self.sheets[at.part as usize];
        let stray = |at: &usize| *at >= sheet.width || sheet.blank.contains(at);
        let stray = (0..row.cells.len()).filter(stray).find(|at| !row.cells[*at].is_blank());
        if let Some(source) = stray {
            let what = "the cell stands below no heading; give it one, or begin one with # for remarks of your own";
            self.report(at, Some(source), &row.cells[source], Wrong::said(what.to_owned()));
            return Ok(());
        }
        let holds = |given: &Given| row.cells.get(given.source).is_some_and(|cell| !cell.is_blank());
        if !sheet.columns.iter().any(holds) {
            return Ok(());
        }
        if sheet.sheet.is_none() && row.cells.len() < sheet.width {
            let problem = format!("the row has {} cells, the headings are {}", row.cells.len(), sheet.width);
            self.report(at, None, &Cell::Empty, Wrong::said(problem));
            return Ok(());
        }
        let Some(given) = sheet.columns.iter().find(|given| given.column.place == Place::Id) else { return Ok(()) };
        let cell = row.cells.get(given.source).cloned().unwrap_or(Cell::Empty);
        if cell == Cell::Covered {
            return Ok(());
        }
        match table.rows {
            Rows::Records(kind) => match own_id(&cell, Some(kind)) {
                Ok(id) => self.record(at, kind, self.known.own(id)?, row),
                Err(wrong) => {
                    self.report_id(at, &cell, wrong);
                    Ok(())
                }
            },
            Rows::Entries(kind, slot, field) => match own_id(&cell, kind) {
                Ok(id) => self.entry(at, self.known.own(id)?, (table, slot, field), row),
                Err(wrong) => {
                    self.report_id(at, &cell, wrong);
                    Ok(())
                }
            },
        }
    }

    /// A row of a kind's table.
    fn record(&mut self, at: At, kind: &'static Kind, id: Id, row: &Row) -> Result<(), StoreError> {
        let Some(before) = self.before(at, &id)? else { return Ok(()) };
        let mut draft = Draft::new(before.clone(), Some(at));
        let figure = figure_of(kind);
        let mut worded = None;
        for given in 0..self.sheets[at.part as usize].columns.len() {
            let Given { source, column, .. } = self.sheets[at.part as usize].columns[given];
            let cell = row.cells.get(source).unwrap_or(&Cell::Empty);
            let (slot, inner) = match column.place {
                Place::Slot(slot) => (slot, None),
                Place::Inner(slot, inner) => (slot, Some(inner)),
                Place::Id | Place::Target | Place::Entry(_) => continue,
            };
            if figure.is_some_and(|figure| figure.value == slot) && !cell.is_empty() {
                worded = Some((source, cell));
                continue;
            }
            let Some(field) = column.field else { continue };
            if *cell == Cell::Covered {
                draft.faulty.push((slot, None));
                continue;
            }
            match self.value(field, cell)? {
                Ok(value) => set(&mut draft.record.values[slot], kind, slot, inner, value),
                Err(wrong) => {
                    draft.faulty.push((slot, None));
                    self.report(at, Some(source), cell, wrong);
                }
            }
        }
        if let (Some(figure), Some((source, cell))) = (figure, worded) {
            self.figure(at, figure, &before, &mut draft, source, cell)?;
        }
        self.known.add(draft);
        Ok(())
    }

    /// The figure of a row, whose wording may say how it is bounded, and in which unit it is.
    fn figure(
        &mut self,
        at: At,
        figure: figures::Figure,
        before: &Record,
        draft: &mut Draft,
        source: usize,
        cell: &Cell,
    ) -> Result<(), StoreError> {
        let values = &draft.record.values;
        let qualifier_given =
            self.sheets[at.part as usize].columns.iter().any(|it| it.column.place == Place::Slot(figure.qualifier));
        let said = match (&values[figure.qualifier], qualifier_given) {
            (_, false) => Said::NoColumn,
            // What its cell says could not be read, and is told.
            _ if draft.faulty.contains(&(figure.qualifier, None)) => Said::Nothing,
            (Value::Closed(code), true) => Said::Code(*code),
            (_, true) => Said::Nothing,
        };
        let unit = match figure.indicator.map(|slot| &values[slot]) {
            Some(Value::Ref(id)) => self.known.get(id)?.map(|indicator| figures::unit_of(&indicator)),
            _ => None,
        };
        if figure.indicator.is_some() && unit.is_none() {
            // That there is no such indicator is told, and without it there is no unit.
            draft.faulty.push((figure.value, None));
            return Ok(());
        }
        let old = (&before.values[figure.value], &before.values[figure.qualifier]);
        match figures::read(cell, said, unit.as_ref(), old) {
            Ok((value, qualifier)) => {
                let Some(value) = as_declared(draft.record.kind, figure.value, &value.to_string()) else {
                    draft.faulty.push((figure.value, None));
                    self.report(
                        at,
                        Some(source),
                        cell,
                        Wrong::expected("a whole number of 32 bits", &cell.to_string()),
                    );
                    return Ok(());
                };
                draft.record.values[figure.value] = value;
                if let Some(qualifier) = qualifier {
                    draft.record.values[figure.qualifier] = qualifier;
                }
            }
            Err(wrong) => {
                draft.faulty.push((figure.value, None));
                self.report(at, Some(source), cell, wrong);
            }
        }
        Ok(())
    }

    /// A row of the table of a list.
    fn entry(
        &mut self,
        at: At,
        id: Id,
        (table, slot, field): (&'static Table, usize, &'static Field),
        row: &Row,
    ) -> Result<(), StoreError> {
        let place = match self.known.place(&id) {
            Some(place) => place,
            None => match self.known.stored(&id)? {
                Some(record) => self.known.add(Draft::new(record, None)),
                None if self.may_be_unread(&id) => return Ok(()),
                None => {
                    let problem = match self.known.is_over_database() {
                        true => format!("there is no record {id}, neither here nor in the database"),
                        false => format!("there is no record {id} in the package"),
                    };
                    let kind = id.as_ref().kind().map_or("", |kind| kind.name);
                    let near = self.known.nearest(kind, &id.to_string())?;
                    self.report_id(at, &Cell::Text(id.to_string()), Wrong::said(problem).perhaps(near));
                    return Ok(());
                }
            },
        };
        let draft = &self.known.drafts[place];
        if let (true, Some(there)) = (draft.given.contains(&slot), draft.at) {
            let problem = format!("the list of {id} stands in {} too; leave one of them out", self.place_of(there));
            self.report_id(at, &Cell::Text(id.to_string()), Wrong::said(problem));
            return Ok(());
        }
        let start = table.entry_start();
        let mut values = vec![Value::Null; table.entry_width()];
        let mut faulty = false;
        for given in 0..self.sheets[at.part as usize].columns.len() {
            let Given { source, column, .. } = self.sheets[at.part as usize].columns[given];
            let cell = row.cells.get(source).unwrap_or(&Cell::Empty);
            if *cell == Cell::Covered {
                faulty = true;
                continue;
            }
            let (inner, read) = match (column.place, column.field, &field.shape) {
                (Place::Target, _, Shape::Edge(edge)) => {
                    let target = match cell.is_blank() {
                        true => Err(Wrong::said("is required: it says whom, or what, the row is about".to_owned())),
                        false => self.target(edge, cell)?,
                    };
                    (0, target)
                }
                (Place::Entry(inner), Some(field), _) => (start + inner, self.value(field, cell)?),
                _ => continue,
            };
            match read {
                Ok(value) => values[inner] = value,
                Err(wrong) => {
                    faulty = true;
                    self.report(at, Some(source), cell, wrong);
                }
            }
        }
        let draft = &mut self.known.drafts[place];
        let list = match draft.entries.iter().position(|(given, _)| *given == slot) {
            Some(list) => list,
            None => {
                draft.record.values[slot] = Value::Null;
                draft.entries.push((slot, Vec::new()));
                draft.entries.len() - 1
            }
        };
        if faulty {
            draft.faulty.push((slot, Some(draft.entries[list].1.len())));
        }
        draft.entries[list].1.push(at);
        match &mut draft.record.values[slot] {
            Value::List(items) => items.push(Value::Struct(values)),
            held => *held = Value::List(vec![Value::Struct(values)]),
        }
        Ok(())
    }

    /// Where a kind's table and that of one of its lists were both given, a record without entries has none.
    fn clear_unlisted(&mut self) {
        let lists = self.sheets.iter().filter_map(|sheet| match sheet.table?.rows {
            // A table whose headings cannot be used says nothing.
            Rows::Entries(kind, slot, _) if !sheet.columns.is_empty() && !sheet.says_nothing => Some((kind, slot)),
            _ => None,
        });
        let lists: Vec<_> = lists.collect();
        let in_table = |at: At| self.sheets[at.part as usize].table.is_some();
        for draft in self.known.drafts.iter_mut().filter(|draft| draft.at.is_some_and(in_table)) {
            for (kind, slot) in &lists {
                let has = kind.is_none_or(|kind| kind == draft.record.kind);
                if has && !draft.entries.iter().any(|(given, _)| given == slot) {
                    draft.record.values[*slot] = Value::Null;
                }
            }
        }
    }

    /// One cell as a field's value.
    fn value(&mut self, field: &'static Field, cell: &Cell) -> Result<Result<Value, Wrong>, StoreError> {
        let list = |values: Vec<Value>| if values.is_empty() { Value::Null } else { Value::List(values) };
        match (&field.shape, cell) {
            (_, Cell::Error(what)) => Ok(Err(unreadable(what))),
            (Shape::One(of), cell) => Ok(field_value(field, *of, cell)),
            (Shape::List(of), cell) => {
                let each = items(&cell.to_string());
                let values = each.iter().map(|item| field_value(field, *of, &Cell::Text(item.clone())));
                Ok(values.collect::<Result<Vec<_>, _>>().map(list))
            }
            (Shape::Edge(edge), cell) if edge.is_list() => {
                let mut values = Vec::new();
                for item in cell.to_string().split([';', '；', '、', '\n']).filter(|item| !item.trim().is_empty()) {
                    match self.known.reference(edge, item)? {
                        Ok(id) => values.push(Value::Ref(id)),
                        Err(wrong) => return Ok(Err(wrong)),
                    }
                }
                Ok(Ok(list(values)))
            }
            (Shape::Edge(edge), cell) => self.target(edge, cell),
            (Shape::Struct(_) | Shape::Structs(_), _) => {
                Ok(Err(Wrong::said("stands in columns or a table of its own".to_owned())))
            }
        }
    }

    fn target(&mut self, edge: &Edge, cell: &Cell) -> Result<Result<Value, Wrong>, StoreError> {
        let text = cell.to_string();
        match cell {
            Cell::Error(what) => Ok(Err(unreadable(what))),
            _ if text.trim().is_empty() => Ok(Ok(Value::Null)),
            _ => Ok(self.known.reference(edge, &text)?.map(Value::Ref)),
        }
    }
}

/// The id in a row's own cell; of a kind that is known, its key is enough.
fn own_id(cell: &Cell, kind: Option<&'static Kind>) -> Result<Id, Wrong> {
    let text = match cell {
        Cell::Error(what) => return Err(unreadable(what)),
        cell => cell.to_string(),
    };
    let text = text.trim();
    if let (Some(kind), false) = (kind, text.contains(':'))
        && is_key(text)
    {
        return Ok(Id::new(kind, text));
    }
    let id = Id::parse(text).map_err(|error| Wrong::said(error.to_string()))?;
    match kind {
        Some(kind) if id.tag != kind.tag => Err(Wrong::said(format!("expected the id of a {}, found {id}", kind.id))),
        _ => Ok(id),
    }
}

/// Puts a value in its slot, or in the struct there.
fn set(held: &mut Value, kind: &'static Kind, slot: usize, inner: Option<usize>, value: Value) {
    let Some(inner) = inner else {
        *held = value;
        return;
    };
    if !matches!(held, Value::Struct(_)) {
        if value == Value::Null {
            return;
        }
        let fields = kind.slots().nth(slot).map_or(0, |(_, field)| match &field.shape {
            Shape::Struct(of) => of.fields.len(),
            _ => 0,
        });
        *held = Value::Struct(vec![Value::Null; fields]);
    }
    if let Value::Struct(values) = held {
        values[inner] = value;
        if values.iter().all(|value| *value == Value::Null) {
            *held = Value::Null;
        }
    }
}

/// A number as its field keeps it.
fn as_declared(kind: &'static Kind, slot: usize, digits: &str) -> Option<Value> {
    let (_, field) = kind.slots().nth(slot)?;
    match field.shape {
        Shape::One(scalar) => scalar.parse(digits).ok(),
        _ => None,
    }
}

/// One value; an amount in a column of one unit may say that unit.
fn field_value(field: &Field, of: Scalar, cell: &Cell) -> Result<Value, Wrong> {
    if !matches!(of, Scalar::Decimal)
        || field.unit.is_empty()
        || matches!(cell, Cell::Empty | Cell::Covered | Cell::Error(_))
    {
        return scalar(of, cell);
    }
    let text = cell.to_string();
    let amount = amounts::read(&text).filter(|amount| amount.qualifier.is_none());
    let value = amount.and_then(|amount| amounts::in_unit(&amount, field.unit, None));
    let what = format!("an exact amount in {}, such as 126000000 or 1.26亿元", field.unit);
    value.map(Value::Decimal).ok_or_else(|| no_amount(&what, &text))
}
