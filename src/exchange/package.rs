//! Reading a Data Package: a CSV file for each kind, and one for each list whose items hold several values.
//!
//! The columns follow from the catalog (`columns.rs`): a value, or a reference as a global id, is a cell; a list is one cell,
//! its items parted by `;`; a struct is a column for each field, `period.start`; the entries of an edge with properties, and a
//! list of structs, are a file of their own, `groups-members.csv`.
//!
//! A text is its cell as it stands, spaces and a leading `=` with it; an empty cell is null, and so is an empty list. In a
//! list, `\` takes the special sense from what follows: `\;` is a `;` of the item, `\\` a `\`, and `\` before white space keeps
//! it, where white space around an item is else trimmed. Before anything else a `\` is itself.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde_json::Value as Json;

use super::columns::{has_own_file, items, kebab};
use crate::model::catalog::{COMMON, Field, Kind, Shape};
use crate::model::id::Id;
use crate::model::kinds::KINDS;
use crate::model::record::Record;
use crate::model::value::{Scalar, Value};

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

/// Reads every record of a package, or says everything that is wrong with it.
pub fn read(files: &Files) -> Result<Vec<Record>, Vec<Problem>> {
    let mut reading = Reading {
        files,
        resources: resources(files)?,
        records: Vec::new(),
        places: HashMap::new(),
        problems: Vec::new(),
    };
    for kind in KINDS {
        reading.kind(kind);
    }
    for kind in KINDS {
        for (slot, field) in kind.shown().filter(|(slot, field)| *slot >= COMMON.len() && has_own_file(field)) {
            reading.entries(&format!("{}-{}", kebab(kind.plural), kebab(field.name)), Some(kind), slot, field);
        }
    }
    for (slot, field) in COMMON.iter().enumerate().filter(|(_, field)| has_own_file(field)) {
        reading.entries(&kebab(field.name), None, slot, field);
    }
    let Reading { resources, records, mut problems, .. } = reading;
    for (name, path) in resources {
        let problem = format!("the resource \"{name}\" is of no kind, and of no list of one");
        problems.push(Problem { file: path, line: 0, column: String::new(), problem });
    }
    if problems.is_empty() { Ok(records) } else { Err(problems) }
}

/// The name and path of every resource that the descriptor lists.
fn resources(files: &Files) -> Result<BTreeMap<String, String>, Vec<Problem>> {
    const DESCRIPTOR: &str = "datapackage.json";
    let problem =
        |problem: String| vec![Problem { file: DESCRIPTOR.to_owned(), line: 0, column: String::new(), problem }];
    let descriptor =
        files.get(DESCRIPTOR).ok_or_else(|| problem("is missing: it lists the files of the package".to_owned()))?;
    let descriptor: Json =
        serde_json::from_slice(descriptor).map_err(|error| problem(format!("is no JSON: {error}")))?;
    let Some(list) = descriptor["resources"].as_array() else {
        return Err(problem("expected a list `resources`".to_owned()));
    };
    let each = list.iter().map(|resource| match (resource["name"].as_str(), resource["path"].as_str()) {
        (Some(name), Some(path)) if files.contains_key(path) => Ok((name.to_owned(), path.to_owned())),
        (Some(name), Some(path)) => Err(problem(format!("the file {path} of the resource {name} is missing"))),
        _ => Err(problem("a resource needs a `name` and one `path`".to_owned())),
    });
    each.collect()
}

struct Reading<'f> {
    files: &'f Files,
    /// What was not read yet.
    resources: BTreeMap<String, String>,
    records: Vec<Record>,
    places: HashMap<Id, usize>,
    problems: Vec<Problem>,
}

/// What a column of a kind's file holds.
enum Column {
    Id,
    Field(usize, &'static Field),
    Struct(usize, usize, &'static Field, usize),
}

impl Reading<'_> {
    fn kind(&mut self, kind: &'static Kind) {
        let columns = |heading: &str| column(kind, heading);
        let Some((path, columns, rows)) = self.table(&kebab(kind.plural), columns) else { return };
        for (line, cells) in rows {
            let Some(id) = self.own_id(&path, line, cells.get(id_place(&columns)).map(String::as_str), Some(kind))
            else {
                continue;
            };
            let mut record = Record::new(kind, &id.key);
            for ((heading, column), cell) in columns.iter().zip(&cells) {
                let value = match column {
                    Column::Id => continue,
                    Column::Field(_, field) | Column::Struct(_, _, field, _) => read_cell(field, cell),
                };
                match (value, column) {
                    (Ok(value), Column::Field(slot, _)) => record.values[*slot] = value,
                    (Ok(Value::Null), _) => {}
                    (Ok(value), Column::Struct(slot, inner, _, size)) => {
                        if let Value::Struct(values) = struct_in(&mut record.values[*slot], *size) {
                            values[*inner] = value;
                        }
                    }
                    (Ok(_), Column::Id) => {}
                    (Err(problem), _) => self.report(&path, line, heading, problem),
                }
            }
            if self.places.insert(id.clone(), self.records.len()).is_some() {
                self.report(&path, line, "id", format!("{id} stands in the package twice"));
            }
            self.records.push(record);
        }
    }

    /// Reads the file of an edge with properties, or of a list of structs, into the records that hold them.
    fn entries(&mut self, name: &str, kind: Option<&'static Kind>, slot: usize, field: &'static Field) {
        let (target, fields): (Option<&str>, &'static [Field]) = match &field.shape {
            Shape::Edge(edge) => (Some(edge.target), edge.properties),
            Shape::Structs(of) => (None, of.fields),
            _ => return,
        };
        // A citation's target is its source, and called so; any other edge's is a node.
        let target_heading = if kind.is_none() { "source" } else { "node" };
        let columns = |heading: &str| match heading {
            "id" => Some(None),
            heading if target.is_some() && heading == target_heading => Some(Some(0)),
            heading => fields.iter().position(|field| field.name == heading).map(|place| Some(place + 1)),
        };
        let Some((path, columns, rows)) = self.table(name, columns) else { return };
        let id_place = columns.iter().position(|(_, column)| column.is_none()).unwrap_or(0);
        for (line, cells) in rows {
            let Some(id) = self.own_id(&path, line, cells.get(id_place).map(String::as_str), kind) else { continue };
            let Some(place) = self.places.get(&id).copied() else {
                self.report(&path, line, "id", format!("there is no record {id} in the package"));
                continue;
            };
            let mut values = vec![Value::Null; fields.len() + 1];
            for ((heading, column), cell) in columns.iter().zip(&cells) {
                let Some(inner) = column else { continue };
                let value = match inner.checked_sub(1) {
                    None => read_ref(cell),
                    Some(place) => read_cell(&fields[place], cell),
                };
                match value {
                    Ok(value) => values[*inner] = value,
                    Err(problem) => self.report(&path, line, heading, problem),
                }
            }
            if target.is_none() {
                values.remove(0);
            }
            let held = &mut self.records[place].values[slot];
            match held {
                Value::List(items) => items.push(Value::Struct(values)),
                _ => *held = Value::List(vec![Value::Struct(values)]),
            }
        }
    }

    /// The path, columns and rows of a resource; nothing where the package has none of the name.
    #[expect(clippy::type_complexity, reason = "said once, and read from left to right")]
    fn table<C>(
        &mut self,
        name: &str,
        column: impl Fn(&str) -> Option<C>,
    ) -> Option<(String, Vec<(String, C)>, Vec<(u64, Vec<String>)>)> {
        let path = self.resources.remove(name)?;
        let mut reader = csv::ReaderBuilder::new().from_reader(self.files.get(&path)?.as_slice());
        let headings = match reader.headers() {
            Ok(headings) => headings.clone(),
            Err(error) => {
                self.report(&path, 1, "", error.to_string());
                return None;
            }
        };
        let mut columns = Vec::new();
        for heading in &headings {
            match column(heading) {
                Some(column) => columns.push((heading.to_owned(), column)),
                None => self.report(&path, 1, heading, "there is no such field".to_owned()),
            }
        }
        if columns.len() < headings.len() {
            return None;
        }
        let mut rows = Vec::new();
        for row in reader.records() {
            match row {
                Ok(row) => {
                    rows.push((row.position().map_or(0, csv::Position::line), row.iter().map(str::to_owned).collect()))
                }
                Err(error) => {
                    self.report(&path, error.position().map_or(0, csv::Position::line), "", error.to_string())
                }
            }
        }
        Some((path, columns, rows))
    }

    fn own_id(&mut self, path: &str, line: u64, cell: Option<&str>, kind: Option<&'static Kind>) -> Option<Id> {
        let problem = match Id::parse(cell.unwrap_or_default()) {
            Ok(id) => match kind {
                Some(kind) if id.tag != kind.tag => format!("expected the id of a {}, found {id}", kind.id),
                _ => return Some(id),
            },
            Err(error) => error.to_string(),
        };
        self.report(path, line, "id", problem);
        None
    }

    fn report(&mut self, file: &str, line: u64, column: &str, problem: String) {
        self.problems.push(Problem { file: file.to_owned(), line, column: column.to_owned(), problem });
    }
}

fn column(kind: &'static Kind, heading: &str) -> Option<Column> {
    if heading == "id" {
        return Some(Column::Id);
    }
    if let Some((outer, inner)) = heading.split_once('.') {
        let (slot, field) = kind.field(outer)?;
        let Shape::Struct(of) = &field.shape else { return None };
        let place = of.fields.iter().position(|field| field.name == inner)?;
        return Some(Column::Struct(slot, place, &of.fields[place], of.fields.len()));
    }
    let (slot, field) = kind.field(heading)?;
    let has_columns = matches!(field.shape, Shape::Struct(_));
    (!has_own_file(field) && !has_columns).then_some(Column::Field(slot, field))
}

fn id_place(columns: &[(String, Column)]) -> usize {
    columns.iter().position(|(_, column)| matches!(column, Column::Id)).unwrap_or(0)
}

fn struct_in(value: &mut Value, size: usize) -> &mut Value {
    if !matches!(value, Value::Struct(_)) {
        *value = Value::Struct(vec![Value::Null; size]);
    }
    value
}

fn read_cell(field: &Field, cell: &str) -> Result<Value, String> {
    let list = |items: Vec<Value>| if items.is_empty() { Value::Null } else { Value::List(items) };
    let scalar = |scalar: Scalar, cell: &str| if cell.is_empty() { Ok(Value::Null) } else { scalar.parse(cell) };
    match &field.shape {
        Shape::One(of) => scalar(*of, cell),
        Shape::List(of) => items(cell).iter().map(|item| of.parse(item)).collect::<Result<_, _>>().map(list),
        Shape::Edge(edge) if edge.is_list() => {
            items(cell).iter().map(|item| read_ref(item)).collect::<Result<_, _>>().map(list)
        }
        Shape::Edge(_) => read_ref(cell),
        Shape::Struct(_) | Shape::Structs(_) => Err("stands in columns or a file of its own".to_owned()),
    }
}

fn read_ref(cell: &str) -> Result<Value, String> {
    if cell.is_empty() { Ok(Value::Null) } else { Id::parse(cell).map(Value::Ref).map_err(|error| error.to_string()) }
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
