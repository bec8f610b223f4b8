//! What is wrong with what was to be imported, and where.

use std::fmt;

use serde_json::{Value as Json, json};

use super::since::Conflict;
use crate::config::IMPORT_SHOWN_CHARS;

/// Something wrong, in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// The file, as it was given; within a package or a zip, its path there.
    pub file: String,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The line of a text file, or the row of a sheet, from 1; nothing where it is the file as a whole.
    pub row: Option<u64>,
    /// The heading, as it stands in the file.
    pub column: Option<String>,
    /// The cell of a workbook, as spreadsheets name it: `D5`.
    pub cell: Option<String>,
    /// What stands there.
    pub value: Option<String>,
    /// What is wrong, and what was expected.
    pub problem: String,
    /// What it may have been meant for: ids of records, names of columns or values.
    pub nearest: Vec<String>,
    /// What it would overwrite, where that is what is wrong.
    pub conflict: Option<Box<Conflict>>,
}

impl Fault {
    /// A fault of a file as a whole.
    pub fn of_file(file: &str, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), problem: problem.into(), ..Self::default() }
    }

    /// The same of a sheet, where there is one.
    pub fn of_sheet(file: &str, sheet: Option<&str>, problem: impl Into<String>) -> Self {
        Self { sheet: sheet.map(str::to_owned), ..Self::of_file(file, problem) }
    }

    /// What was expected, where the problem says so.
    pub fn expected(&self) -> Option<&str> {
        let expected = self.problem.strip_prefix("expected ")?;
        Some(expected.split_once(", found ").map_or(expected, |(expected, _)| expected))
    }

    /// As programs read it. What is not known is null.
    pub fn to_json(&self) -> Json {
        json!({
            "file": self.file,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "cell": self.cell,
            "value": self.value,
            "problem": self.problem,
            "expected": self.expected(),
            "nearest": self.nearest,
            "conflict": self.conflict.as_deref().map(Conflict::to_json),
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(sheet) = &self.sheet {
            write!(f, ", sheet {sheet}")?;
        }
        if let Some(row) = self.row {
            write!(f, ", {} {row}", if self.sheet.is_some() { "row" } else { "line" })?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        if let Some(cell) = &self.cell {
            write!(f, " ({cell})")?;
        }
        write!(f, ": {}", self.problem)?;
        if !self.nearest.is_empty() {
            write!(f, "; perhaps {}", self.nearest.join(" or "))?;
        }
        Ok(())
    }
}

/// A text as it is told: on one line, and cut where it is long.
pub fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(IMPORT_SHOWN_CHARS).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if text.chars().nth(IMPORT_SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// What is wrong with one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong, and what was expected.
    pub problem: String,
    /// What may be meant.
    pub nearest: Vec<String>,
}

impl Wrong {
    /// Something else was expected.
    pub fn expected(what: &str, found: &str) -> Self {
        Self::said(format!("expected {what}, found \"{}\"", shown(found)))
    }

    /// As said.
    pub fn said(problem: String) -> Self {
        Self { problem, nearest: Vec::new() }
    }

    /// With what may be meant.
    pub fn perhaps(mut self, nearest: Vec<String>) -> Self {
        self.nearest = nearest;
        self
    }
}

/// Those of some names that are nearest to a text, the nearest first; none where all are far.
pub fn nearest<'n>(text: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let length = text.chars().count();
    if length > IMPORT_SHOWN_CHARS {
        return Vec::new();
    }
    let far = length / 3 + 1;
    let mut near: Vec<_> =
        names.map(|name| (strsim::damerau_levenshtein(text, name), name)).filter(|(by, _)| *by <= far).collect();
    near.sort();
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}
