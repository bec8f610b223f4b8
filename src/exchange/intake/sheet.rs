//! A table as it was given: which of its columns hold what, and how a fault in it is told.

use super::cell::Cell;
use super::fault::{Fault, Wrong, nearest, shown};
use super::known::At;
use super::part::Row;
use super::reading::Reading;
use super::workbook::name_of;
use crate::exchange::columns::{Column, Place, Table};
use crate::store::Mark;

/// A column of a table as it was given.
pub(super) struct Given {
    /// Where it stands in the rows.
    pub source: usize,
    /// Its heading, as it was given.
    pub heading: String,
    /// What it holds.
    pub column: &'static Column,
}

/// A table as it was given, for whoever tells of it.
pub(super) struct Sheet {
    pub file: String,
    pub sheet: Option<String>,
    /// The revision that it was exported at, where its package says it.
    pub mark: Option<Mark>,
    /// Nothing for a file of objects.
    pub table: Option<&'static Table>,
    pub columns: Vec<Given>,
    /// How many cells the row of headings has, up to the last that is none of blank ones.
    pub width: usize,
    /// Where a heading is blank.
    pub blank: Vec<usize>,
    /// A heading could not be read, so that a column that is missing may be that one.
    pub misread: bool,
    /// It is a sheet that has headings and no rows.
    pub says_nothing: bool,
}

impl Sheet {
    pub fn new(file: &str, sheet: Option<&str>, mark: Option<Mark>, table: Option<&'static Table>) -> Self {
        let (file, sheet) = (file.to_owned(), sheet.map(str::to_owned));
        Self {
            file,
            sheet,
            mark,
            table,
            columns: Vec::new(),
            width: 0,
            blank: Vec::new(),
            misread: false,
            says_nothing: false,
        }
    }
}

impl Reading<'_> {
    pub(super) fn headings(&mut self, row: &Row, table: &'static Table) {
        let at = At { part: self.sheets.len() as u32 - 1, row: row.number };
        let mut columns: Vec<Given> = Vec::new();
        let mut faults = Vec::new();
        for (source, cell) in row.cells.iter().enumerate() {
            let heading = cell.to_string().trim().to_owned();
            // A column without a heading is looked at where it holds something; one with # is the keeper's own.
            if heading.is_empty() || heading.starts_with('#') {
                continue;
            }
            match column(table, &heading) {
                Some(column) if columns.iter().any(|given| std::ptr::eq(given.column, column)) => {
                    faults.push((source, heading, Wrong::said("stands in the table twice".to_owned())));
                }
                Some(column) => columns.push(Given { source, heading: one_line(&heading), column }),
                None => {
                    let names: Vec<_> = table.columns.iter().flat_map(|it| [it.heading.clone(), it.zh()]).collect();
                    let near = nearest(&heading, names.iter().map(String::as_str));
                    faults.push((source, heading, Wrong::said("there is no such field".to_owned()).perhaps(near)));
                }
            }
        }
        if !columns.iter().any(|given| given.column.place == Place::Id) {
            let wrong =
                Wrong::said("expected a column id, or 编号, found none: it says which record a row is".to_owned());
            faults.push((usize::MAX, String::new(), wrong));
        }
        let sheet = &mut self.sheets[at.part as usize];
        sheet.width = row.cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        sheet.blank = (0..sheet.width).filter(|at| row.cells[*at].to_string().trim().is_empty()).collect();
        sheet.misread = !faults.is_empty();
        sheet.columns = columns;
        for (source, heading, wrong) in faults {
            let mut fault = self.fault_at(at, Some(source), &Cell::Empty, wrong);
            fault.column = Some(one_line(&heading)).filter(|heading| !heading.is_empty());
            self.faults.push(fault);
        }
    }

    pub(super) fn report_id(&mut self, at: At, cell: &Cell, wrong: Wrong) {
        let ids = |given: &&Given| given.column.place == Place::Id;
        let source = self.sheets[at.part as usize].columns.iter().find(ids).map(|given| given.source);
        self.report(at, source, cell, wrong);
    }

    pub(super) fn report(&mut self, at: At, source: Option<usize>, cell: &Cell, wrong: Wrong) {
        let fault = self.fault_at(at, source, cell, wrong);
        self.faults.push(fault);
    }

    /// A fault in a row, of the column that stands at a place in it.
    pub(super) fn fault_at(&self, at: At, source: Option<usize>, cell: &Cell, wrong: Wrong) -> Fault {
        let sheet = &self.sheets[at.part as usize];
        let source = source.filter(|source| *source != usize::MAX);
        let heading =
            sheet.columns.iter().find(|given| Some(given.source) == source).map(|given| given.heading.clone());
        let name = source.filter(|_| sheet.sheet.is_some()).map(|source| name_of(at.row as u32 - 1, source));
        Fault {
            file: sheet.file.clone(),
            sheet: sheet.sheet.clone(),
            row: Some(at.row),
            column: heading,
            cell: name,
            value: (!cell.is_empty()).then(|| shown(&cell.to_string())),
            problem: wrong.problem,
            nearest: wrong.nearest,
            conflict: None,
        }
    }

    /// A fault of what a row gave to a place of its record; of the row as a whole where it has no such column. An object
    /// tells its place by the path.
    pub fn fault_of(&self, at: At, path: &str, place: &dyn Fn(Place) -> bool, value: &str, wrong: Wrong) -> Fault {
        let sheet = &self.sheets[at.part as usize];
        let given = sheet.columns.iter().find(|given| place(given.column.place)).map(|given| given.source);
        let mut fault = self.fault_at(at, given, &Cell::of_text(value), wrong);
        let Some(table) = sheet.table else {
            fault.column = Some(path.to_owned());
            return fault;
        };
        if given.is_none() {
            // The column is not there at all, and its heading is what the keeper has to add.
            let missing = table.columns.iter().find(|column| place(column.place));
            fault.column = missing.map(|column| format!("{} ({})", column.zh(), column.heading));
        }
        fault
    }

    /// The faults in the order of the files, as they were read.
    pub fn sorted_faults(mut self) -> Vec<Fault> {
        let order = |fault: &Fault| {
            let there = |sheet: &Sheet| sheet.file == fault.file && sheet.sheet == fault.sheet;
            (self.sheets.iter().position(there).unwrap_or(0), fault.row)
        };
        let mut faults = std::mem::take(&mut self.faults);
        faults.sort_by_key(order);
        faults
    }

    /// Whether a row has no column for a place, and a heading that may have been meant for it.
    pub(super) fn is_doubtful(&self, at: At, place: &dyn Fn(Place) -> bool) -> bool {
        let sheet = &self.sheets[at.part as usize];
        sheet.misread && !sheet.columns.iter().any(|given| place(given.column.place))
    }

    /// How a row is named to a person.
    pub(super) fn place_of(&self, at: At) -> String {
        let sheet = &self.sheets[at.part as usize];
        match &sheet.sheet {
            Some(name) => format!("{}, sheet {name}, row {}", sheet.file, at.row),
            None => format!("{}, line {}", sheet.file, at.row),
        }
    }
}

/// The column of a heading: its name in either language, perhaps both, perhaps marked as required.
fn column(table: &'static Table, heading: &str) -> Option<&'static Column> {
    let mut found: Option<&'static Column> = None;
    for part in heading.split(['\n', '(', ')', '（', '）']).map(|part| part.trim().trim_end_matches('*').trim()) {
        if part.is_empty() {
            continue;
        }
        let column = table.columns.iter().find(|it| it.heading.eq_ignore_ascii_case(part) || it.zh() == part)?;
        if found.is_some_and(|found| !std::ptr::eq(found, column)) {
            return None;
        }
        found = Some(column);
    }
    found
}

fn one_line(heading: &str) -> String {
    shown(&heading.split_whitespace().collect::<Vec<_>>().join(" "))
}
