//! Reading a Data Package: a CSV file for each kind, and one for each list whose items hold several values.
//!
//! The columns follow from the catalog (`columns.rs`): a value, or a reference as a global id, is a cell; a list is one cell,
//! its items parted by `;`; a struct is a column for each field, `period.start`; the entries of an edge with properties, and a
//! list of structs, are a file of their own, `groups-members.csv`.
//!
//! A text is its cell as it stands, spaces and a leading `=` with it; an empty cell is null, and so is an empty list. In a
//! list, `\` takes the special sense from what follows: `\;` is a `;` of the item, `\\` a `\`, and `\` before white space keeps
//! it, where white space around an item is else trimmed. Before anything else a `\` is itself.

use std::collections::BTreeMap;
use std::fmt;

use super::intake::{self, Fault};
use crate::model::record::Record;

/// The files of a package, by their paths in it.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What is wrong with a package, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1 for the headings; 0 where it is the file as a whole.
    pub line: u64,
    /// The column's heading, where it is one cell.
    pub column: String,
    /// What is wrong and what was expected.
    pub problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ", line {}", self.line)?;
        }
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// Reads every record of a package that stands for itself, or says everything that is wrong with it.
pub fn read(files: &Files) -> Result<Vec<Record>, Vec<Problem>> {
    let named = files.iter().map(|(name, bytes)| (name.clone(), bytes.clone())).collect();
    intake::records(named).map_err(|faults| faults.into_iter().map(Problem::from).collect())
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let Fault { file, row, column, problem, .. } = fault;
        Self { file, line: row.unwrap_or(0), column: column.unwrap_or_default(), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(files: &[(&str, &str)]) -> Files {
        let resources: Vec<_> =
            files.iter().map(|(name, _)| format!("{{\"name\":\"{name}\",\"path\":\"{name}.csv\"}}")).collect();
        let descriptor = format!("{{\"resources\":[{}]}}", resources.join(","));
        let mut all: Files =
            files.iter().map(|(name, text)| (format!("{name}.csv"), text.as_bytes().to_vec())).collect();
        all.insert("datapackage.json".to_owned(), descriptor.into_bytes());
        all
    }

    #[test]
    fn every_problem_is_told_at_once_with_file_line_and_column() {
        let files = package(&[
            ("events", "id,name,start\nevent:a,,2020-13\ncity:1,x,\nevent:a,y,\n"),
            ("events-products", "id,node,role\nevent:a,product:p,SOLD\nevent:b,product:p,SHOWED\n"),
            ("products", "id,name,price\nproduct:p,p,1\n"),
            ("nonsense", "id\n"),
        ]);
        let told: Vec<_> = read(&files).unwrap_err().iter().map(ToString::to_string).collect();
        for expected in [
            "events.csv, line 2, column start: expected a date such as 2016, 2016-09 or 2020-09-07, in the years 0001 to 9999, with ~ behind it if approximate, found \"2020-13\"",
            "events.csv, line 3, column id: expected the id of a event, found city:1",
            "events.csv, line 4, column id: event:a stands in the package twice",
            "products.csv, line 1, column price: there is no such field",
            "events-products.csv, line 2, column role: expected one of SHOWED, PROMOTED, found \"SOLD\"",
            "events-products.csv, line 3, column id: there is no record event:b in the package",
            "nonsense.csv: the resource \"nonsense\" is of no kind, and of no list of one",
        ] {
            assert!(told.iter().any(|line| line == expected), "{expected}\nin {told:#?}");
        }
        assert_eq!(told.len(), 7, "{told:#?}");
    }

    #[test]
    fn ragged_rows_and_bytes_that_are_no_utf_8_are_told_and_do_not_panic() {
        let mut files = package(&[("products", "id,name\nproduct:p,p,q\n")]);
        assert_eq!(read(&files).unwrap_err().len(), 1);
        files.insert("products.csv".to_owned(), b"id,name\nproduct:p,\xff\xfe\n".to_vec());
        assert!(read(&files).unwrap_err()[0].problem.contains("UTF-8"));
        files.insert("products.csv".to_owned(), Vec::new());
        assert_eq!(read(&files).map(|records| records.len()), Ok(0));
        files.remove("datapackage.json");
        assert!(read(&files).unwrap_err()[0].problem.contains("missing"));
    }
}
