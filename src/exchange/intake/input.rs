//! What was given, taken apart into tables: packages, zips, workbooks and single files.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value as Json;

use super::archive::{is_workbook, is_zip, unpack};
use super::fault::{Fault, nearest};
use super::part::{Bytes, Lines, Part, Rows};
use super::workbook::Workbook;
use crate::config::IMPORT_BYTES_MAX;
use crate::exchange::columns::{self, Table, tables};
use crate::store::Mark;

/// Files by their names, or their paths in a folder.
pub type Named = Vec<(String, Vec<u8>)>;

/// The same, to be read more than once.
pub type Shared = Vec<(String, Bytes)>;

/// What a package describes itself by.
pub const DESCRIPTOR: &str = "datapackage.json";

/// The sheet of a template that explains it.
pub const EXPLANATION: &str = "说明";

/// What was taken apart so far.
#[derive(Default)]
pub struct Input {
    /// The tables.
    pub parts: Vec<Part>,
    /// The files of objects.
    pub lines: Vec<Lines>,
    /// What is wrong with files as a whole.
    pub faults: Vec<Fault>,
    /// The revision of the package that is being taken apart.
    mark: Option<Mark>,
    /// How many bytes may yet be unpacked.
    left: u64,
}

impl Input {
    /// Takes files apart. `of` says what a single file is where its name does not.
    pub fn new(files: Shared, of: Option<&'static Table>) -> Self {
        let mut input = Self { left: IMPORT_BYTES_MAX, ..Self::default() };
        if files.is_empty() {
            input.fault("", "there is no file to import");
        }
        input.files("", files, of);
        input
    }

    fn fault(&mut self, file: &str, problem: impl Into<String>) {
        self.faults.push(Fault::of_file(file, problem));
    }

    /// Files side by side: a package where a descriptor is among them, else each by itself.
    fn files(&mut self, above: &str, files: Shared, of: Option<&'static Table>) {
        let mut descriptors: Vec<_> =
            files.iter().map(|(name, _)| name).filter(|name| is_descriptor(name)).cloned().collect();
        descriptors.sort_by_key(String::len);
        if let [first, others @ ..] = descriptors.as_slice() {
            for other in others {
                let problem = format!("is a second data package beside {above}{first}; import each by itself");
                self.fault(&format!("{above}{other}"), problem);
            }
            if others.is_empty() {
                self.package(above, first, files);
            }
            return;
        }
        for (name, bytes) in files {
            self.file(&format!("{above}{name}"), bytes, of);
        }
    }

    /// A package: the files that its descriptor lists, and no others.
    fn package(&mut self, above: &str, descriptor: &str, files: Shared) {
        let count = files.len();
        let mut files: BTreeMap<String, Bytes> = files.into_iter().collect();
        if files.len() < count {
            self.fault(above, "holds two files of one name; leave one of them out");
        }
        let folder = descriptor.strip_suffix(DESCRIPTOR).unwrap_or_default();
        let shown = format!("{above}{descriptor}");
        let resources = match resources(files[descriptor].as_ref()) {
            Ok(resources) => resources,
            Err(problem) => return self.fault(&shown, problem),
        };
        match mark(files[descriptor].as_ref()) {
            Ok(mark) => self.mark = mark,
            Err(problem) => return self.fault(&shown, problem),
        }
        for (name, path) in resources {
            let whole = format!("{folder}{path}");
            match (Table::called(&name), files.remove(&whole)) {
                (table, Some(bytes)) if is_lines(&path) => self.objects(&format!("{above}{whole}"), bytes, table),
                (Some(table), Some(bytes)) => self.table(&format!("{above}{whole}"), bytes, table),
                (_, None) => self.fault(&shown, format!("the file {path} of the resource {name} is missing")),
                (None, Some(_)) => {
                    let problem = format!("the resource \"{name}\" is of no kind, and of no list of one");
                    let nearest = nearest_tables(&name);
                    self.faults.push(Fault { nearest, ..Fault::of_file(&format!("{above}{whole}"), problem) });
                }
            }
        }
        self.mark = None;
        for name in files.into_keys().filter(|name| is_data(name)) {
            let problem =
                format!("is not listed in {shown}, so nothing of it would be taken; list it there, or leave it out");
            self.fault(&format!("{above}{name}"), problem);
        }
    }

    fn file(&mut self, name: &str, bytes: Bytes, of: Option<&'static Table>) {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default();
        match extension.as_str() {
            "xls" | "xlsb" | "ods" | "et" | "numbers" if !is_workbook(bytes.as_ref()) => {
                self.fault(name, format!(".{extension} is not read; save it as a workbook of Excel (.xlsx)"));
            }
            _ if is_zip(bytes.as_ref()) => self.zip(name, bytes, of),
            "xlsx" => self.fault(name, "is no workbook (.xlsx), as if it were cut off or another file renamed"),
            "zip" => self.fault(name, "is no zip, as if it were cut off or another file renamed"),
            "ndjson" | "jsonl" => self.objects(name, bytes, of.or_else(|| Table::called(stem_of(name)))),
            "csv" | "tsv" | "txt" => {
                let stem = stem_of(name);
                match of.or_else(|| Table::called(stem_of(name))) {
                    Some(table) => self.table(name, bytes, table),
                    None => {
                        let problem = format!(
                            "\"{stem}\" is no name of a table; name the file as its table, such as pairings.csv or 结对.csv, or say --kind"
                        );
                        self.faults.push(Fault { nearest: nearest_tables(stem), ..Fault::of_file(name, problem) });
                    }
                }
            }
            _ => self.fault(name, "expected a data package, a workbook (.xlsx), a CSV or an NDJSON file"),
        }
    }

    /// A text file of a table.
    fn table(&mut self, name: &str, bytes: Bytes, table: &'static Table) {
        let (file, mark) = (name.to_owned(), self.mark.clone());
        self.parts.push(Part { file, sheet: None, mark, table, rows: Rows::Separated(bytes) });
    }

    /// A file of objects: of one kind where its name is a kind's, else of any.
    fn objects(&mut self, name: &str, bytes: Bytes, table: Option<&'static Table>) {
        let kind = match table.map(|table| table.rows) {
            Some(columns::Rows::Entries(..)) => {
                return self.fault(name, "holds the entries of lists; in NDJSON they stand in their records");
            }
            Some(columns::Rows::Records(kind)) => Some(kind),
            None => None,
        };
        self.lines.push(Lines { file: name.to_owned(), mark: self.mark.clone(), kind, bytes });
    }

    fn zip(&mut self, name: &str, bytes: Bytes, of: Option<&'static Table>) {
        let workbook = is_workbook(bytes.as_ref());
        match unpack(bytes.as_ref(), !workbook, &mut self.left) {
            Err(problem) => self.fault(name, problem),
            Ok(_) if workbook => self.workbook(name, bytes, of),
            Ok(files) if files.iter().any(|(inside, bytes)| is_zip(bytes.as_ref()) && !inside.ends_with(".xlsx")) => {
                self.fault(name, "holds another zip; unpack it first");
            }
            Ok(files) => {
                let mut known = files;
                known.retain(|(inside, _)| is_descriptor(inside) || is_data(inside));
                if known.is_empty() {
                    self.fault(name, "holds no data package, no workbook, no CSV and no NDJSON file");
                }
                self.files(&format!("{name}/"), known, of);
            }
        }
    }

    fn workbook(&mut self, name: &str, bytes: Bytes, of: Option<&'static Table>) {
        let book = match Workbook::open(bytes) {
            Ok(book) => Rc::new(RefCell::new(book)),
            Err(problem) => return self.fault(name, problem),
        };
        let mut sheets = book.borrow().sheets();
        sheets.retain(|sheet| sheet != EXPLANATION && !sheet.starts_with('#'));
        let filled: Vec<_> = sheets.iter().filter(|sheet| !book.borrow_mut().is_empty(sheet)).cloned().collect();
        let single = filled.len() == 1;
        for sheet in filled {
            let table = Table::called(&sheet).or_else(|| {
                // A workbook of one sheet is like a single file.
                if single { of.or_else(|| Table::called(stem_of(name))) } else { None }
            });
            match table {
                Some(table) => {
                    let rows = Rows::Sheet(Rc::clone(&book));
                    let (file, mark) = (name.to_owned(), self.mark.clone());
                    self.parts.push(Part { file, sheet: Some(sheet), mark, table, rows });
                }
                None => {
                    let problem = "is no name of a table; name the sheet as its table, such as 结对 or pairings, or begin its name with # to have it left out";
                    let nearest = nearest_tables(&sheet);
                    self.faults.push(Fault { nearest, ..Fault::of_sheet(name, Some(&sheet), problem) });
                }
            }
        }
    }
}

/// The name of a file without its folder and its ending.
fn stem_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn is_lines(path: &str) -> bool {
    path.ends_with(".ndjson") || path.ends_with(".jsonl")
}

fn is_descriptor(path: &str) -> bool {
    path.rsplit('/').next() == Some(DESCRIPTOR)
}

/// Whether a file of a folder is taken by its name. Spreadsheets in other formats are, so that they are told and not passed
/// over; a `.txt` is where its name is a table's.
pub fn is_data(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default();
    let known = ["csv", "tsv", "ndjson", "jsonl", "xlsx", "xls", "xlsb", "ods", "et", "numbers", "zip"];
    // What Excel keeps beside an open workbook is none.
    let table = extension == "txt" && Table::called(stem_of(name)).is_some();
    (table || known.contains(&extension.as_str())) && !name.starts_with(['.', '~'])
}

fn nearest_tables(name: &str) -> Vec<String> {
    let names: Vec<_> = tables().iter().flat_map(|table| [table.name.clone(), table.zh()]).collect();
    nearest(name, names.iter().map(String::as_str))
}

/// The name and path of every resource that a descriptor lists.
pub fn resources(descriptor: &[u8]) -> Result<Vec<(String, String)>, String> {
    let descriptor: Json = serde_json::from_slice(descriptor).map_err(|error| format!("is no JSON: {error}"))?;
    let list = descriptor["resources"].as_array().ok_or("expected a list `resources`")?;
    let each = list.iter().map(|resource| match (resource["name"].as_str(), resource["path"].as_str()) {
        (Some(name), Some(path)) => Ok((name.to_owned(), path.to_owned())),
        _ => Err("a resource needs a `name` and one `path`".to_owned()),
    });
    each.collect()
}

/// The revision that a package was exported at, where its descriptor says it.
fn mark(descriptor: &[u8]) -> Result<Option<Mark>, String> {
    let descriptor: Json = serde_json::from_slice(descriptor).map_err(|error| format!("is no JSON: {error}"))?;
    let said = &descriptor["snapshot"];
    match (said["revision"].as_u64(), said["entry"].as_str()) {
        (Some(revision), Some(entry)) => Ok(Some(Mark { revision, entry: entry.to_owned() })),
        _ if said.is_null() => Ok(None),
        _ => Err("expected `snapshot` as it was exported, with `revision` and `entry`; or leave it out".to_owned()),
    }
}
