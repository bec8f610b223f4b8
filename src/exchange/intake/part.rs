//! One table as it was given: rows of cells, from a text file or from a sheet.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::cell::Cell;
use super::encoding::decode;
use super::fault::Fault;
use super::separated::separated;
use super::workbook::Workbook;
use crate::exchange::columns::Table;
use crate::model::catalog::Kind;
use crate::store::Mark;

/// The bytes of a file, which several attempts read.
#[derive(Debug, Clone, Default)]
pub struct Bytes(pub Arc<Vec<u8>>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A row, from the first cell to the last that holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its line or row, from 1.
    pub number: u64,
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// A table as it was given.
pub struct Part {
    /// The file.
    pub file: String,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The revision that it was exported at, where its package says it.
    pub mark: Option<Mark>,
    /// Which table.
    pub table: &'static Table,
    /// Where its rows come from.
    pub rows: Rows,
}

/// A file of objects, a record on each line.
pub struct Lines {
    /// The file.
    pub file: String,
    /// The revision that it was exported at, where its package says it.
    pub mark: Option<Mark>,
    /// The kind that all of them are, where its name says it.
    pub kind: Option<&'static Kind>,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Where the rows of a table come from.
pub enum Rows {
    /// A file of values with separators.
    Separated(Bytes),
    /// A sheet.
    Sheet(Rc<RefCell<Workbook>>),
}

impl Part {
    /// Gives the rows of a table, headings first.
    pub fn walk(&mut self, each: &mut dyn FnMut(Row)) -> Result<(), Box<Fault>> {
        match &mut self.rows {
            Rows::Separated(bytes) => {
                // Its bytes are not needed beside its text.
                let text = text_of(&self.file, &std::mem::take(bytes).0)?;
                separated(&self.file, &text, each)
            }
            Rows::Sheet(book) => {
                let sheet = self.sheet.clone().unwrap_or_default();
                let walked = book.borrow_mut().walk(&sheet, &mut |row| {
                    each(row);
                    true
                });
                walked.map_err(|problem| Fault::of_sheet(&self.file, Some(&sheet), problem).into())
            }
        }
    }
}

/// The text of a file, whatever its encoding.
pub fn text_of(file: &str, bytes: &[u8]) -> Result<String, Box<Fault>> {
    decode(bytes).map_err(|no_text| Fault { row: Some(no_text.line), ..Fault::of_file(file, no_text.problem()) }.into())
}
