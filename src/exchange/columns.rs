//! The tables of a data package and their columns, which follow from the catalog: for files that are read and files that are
//! written alike.

use std::sync::LazyLock;

use crate::model::catalog::{COMMON, Field, Kind, Shape};
use crate::model::headings;
use crate::model::kinds::KINDS;

/// A table of a package: a file of its own.
#[derive(Debug)]
pub struct Table {
    /// The resource's name, `groups-members`; its file is called so too.
    pub name: String,
    /// What a row of it is.
    pub rows: Rows,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
}

/// What a row of a table is.
#[derive(Debug, Clone, Copy)]
pub enum Rows {
    /// A record of a kind.
    Records(&'static Kind),
    /// An item of a list that a record holds in a slot: of a kind, or of any where none is named.
    Entries(Option<&'static Kind>, usize, &'static Field),
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// What its cells are read from.
    pub place: Place,
    /// The field that it holds; nothing for `id`.
    pub field: Option<&'static Field>,
}

/// Where a column's value is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It is the record's global id.
    Id,
    /// In a slot of the record.
    Slot(usize),
    /// In the struct that a slot of the record holds: the slot, and the place in the struct.
    Inner(usize, usize),
    /// It is the target of an entry that is an edge.
    Target,
    /// In an entry: the place among its fields, its target not counted.
    Entry(usize),
}

/// Every table, those of kinds first. A record stands in them before what belongs to it.
pub fn tables() -> &'static [Table] {
    static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
        let records = KINDS.iter().map(|kind| Table::of_kind(kind));
        let own = KINDS.iter().flat_map(|kind| kind.shown().map(move |(slot, field)| (Some(*kind), slot, field)));
        let own = own.filter(|(_, slot, _)| *slot >= COMMON.len());
        let common = COMMON.iter().enumerate().map(|(slot, field)| (None, slot, field));
        let entries = own.chain(common).filter(|(.., field)| has_own_file(field));
        records.chain(entries.map(|(kind, slot, field)| Table::of_entries(kind, slot, field))).collect()
    });
    &TABLES
}

/// The table of a kind.
pub fn table_of(kind: &'static Kind) -> Option<&'static Table> {
    tables().iter().find(|table| matches!(table.rows, Rows::Records(of) if of == kind))
}

/// The kind of a name that a person gives: `laborStations`, or as its file is called, `labor-stations`.
pub fn kind_called(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.plural == name || kebab(kind.plural) == name)
}

impl Table {
    /// `id`, the names, the kind's own fields, and last the keeper's remark.
    fn of_kind(kind: &'static Kind) -> Self {
        let mut columns = vec![Column::new("id".to_owned(), Place::Id, None)];
        let (common, own): (Vec<_>, Vec<_>) = kind.shown().partition(|(slot, _)| *slot < COMMON.len());
        let (note, names): (Vec<_>, Vec<_>) = common.into_iter().partition(|(_, field)| field.name == "note");
        for (slot, field) in names.into_iter().chain(own).chain(note).filter(|(_, field)| !has_own_file(field)) {
            match &field.shape {
                Shape::Struct(of) => columns.extend(of.fields.iter().enumerate().map(|(place, inner)| {
                    let heading = format!("{}.{}", field.name, inner.name);
                    Column::new(heading, Place::Inner(slot, place), Some(inner))
                })),
                _ => columns.push(Column::new(field.name.to_owned(), Place::Slot(slot), Some(field))),
            }
        }
        Self { name: kebab(kind.plural), rows: Rows::Records(kind), columns }
    }

    /// The `id` of the record that holds the entry, the entry's target where it is an edge, and its fields.
    fn of_entries(kind: Option<&'static Kind>, slot: usize, field: &'static Field) -> Self {
        let name = match kind {
            Some(kind) => format!("{}-{}", kebab(kind.plural), kebab(field.name)),
            None => kebab(field.name),
        };
        let (target, fields): (_, &'static [Field]) = match &field.shape {
            // A citation's target is its source, and called so; any other edge's is a node.
            Shape::Edge(edge) => (Some(if kind.is_none() { "source" } else { "node" }), edge.properties),
            Shape::Structs(of) => (None, of.fields),
            _ => (None, &[]),
        };
        let id = Column::new("id".to_owned(), Place::Id, None);
        let target = target.map(|heading| Column::new(heading.to_owned(), Place::Target, Some(field)));
        let each = fields.iter().enumerate();
        let fields = each.map(|(place, field)| Column::new(field.name.to_owned(), Place::Entry(place), Some(field)));
        let columns = [id].into_iter().chain(target).chain(fields).collect();
        Self { name, rows: Rows::Entries(kind, slot, field), columns }
    }

    /// Its name in Chinese, which is that of its sheet in a workbook: 结对-帮扶方.
    pub fn zh(&self) -> String {
        let field = |field: &Field| headings::field(field.name).unwrap_or(field.name);
        match self.rows {
            Rows::Records(kind) => kind.zh.to_owned(),
            Rows::Entries(Some(kind), _, list) => format!("{}-{}", kind.zh, field(list)),
            Rows::Entries(None, _, list) => field(list).to_owned(),
        }
    }

    /// The table that a person calls so: by its name in either language, or as the API calls its kind.
    pub fn called(text: &str) -> Option<&'static Self> {
        let text = text.trim();
        tables().iter().find(|table| {
            let kind = match table.rows {
                Rows::Records(kind) => [kind.id, kind.name, kind.plural].iter().any(|it| it.eq_ignore_ascii_case(text)),
                Rows::Entries(..) => false,
            };
            kind || table.name.eq_ignore_ascii_case(text) || table.zh() == text
        })
    }

    /// How many values an entry has, its target included.
    pub fn entry_width(&self) -> usize {
        self.columns.iter().filter(|column| !matches!(column.place, Place::Id)).count()
    }

    /// Where the values of an entry begin behind its target, if it has one.
    pub fn entry_start(&self) -> usize {
        usize::from(self.columns.iter().any(|column| column.place == Place::Target))
    }

    /// Its file in a package.
    pub fn path(&self) -> String {
        format!("{}.csv", self.name)
    }
}

impl Column {
    fn new(heading: String, place: Place, field: Option<&'static Field>) -> Self {
        Self { heading, place, field }
    }

    /// Its heading in Chinese.
    pub fn zh(&self) -> String {
        let part = |part: &'_ str| match self.place {
            Place::Id => headings::ID.to_owned(),
            Place::Target if part == "node" => headings::NODE.to_owned(),
            _ => headings::field(part).unwrap_or(part).to_owned(),
        };
        self.heading.split('.').map(part).collect::<Vec<_>>().join(".")
    }

    /// Whether a new record, or an entry, must have a value in it.
    pub fn required(&self) -> bool {
        match self.place {
            Place::Id | Place::Target => true,
            _ => self.field.is_some_and(|field| field.required),
        }
    }
}

/// Whether a field's items hold several values, so that a cell cannot.
pub fn has_own_file(field: &Field) -> bool {
    match &field.shape {
        Shape::Structs(_) => true,
        Shape::Edge(edge) => !edge.properties.is_empty(),
        _ => false,
    }
}

/// `laborStations` as `labor-stations`.
pub fn kebab(name: &str) -> String {
    let mut kebab = String::with_capacity(name.len() + 2);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

/// Puts an item behind those of a cell. A `\` stands before each `;`, `；` and `\` of it, and before white space at its
/// ends, which a reader would trim.
pub fn push_item(cell: &mut String, item: &str) {
    if !cell.is_empty() {
        cell.push(';');
    }
    let (start, end) = (item.len() - item.trim_start().len(), item.trim_end().len());
    for (at, letter) in item.char_indices() {
        let at_an_end = (at < start || at >= end) && letter.is_whitespace();
        if matches!(letter, ';' | '；' | '\\') || at_an_end {
            cell.push('\\');
        }
        cell.push(letter);
    }
}

/// The items of a cell, as [`push_item`] puts them there. White space around an item is nobody's; an item without anything
/// else is none. A `\` before any other character is itself.
pub fn items(cell: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut item = String::new();
    // How much of the item is not white space that may yet turn out to stand at its end.
    let mut kept = 0;
    let mut letters = cell.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().filter(|next| matches!(next, ';' | '；' | '\\') || next.is_whitespace());
        match (letter, next) {
            ('\\', Some(next)) => {
                letters.next();
                item.push(next);
                kept = item.len();
            }
            (';' | '；', _) => {
                item.truncate(kept);
                items.push(std::mem::take(&mut item));
                kept = 0;
            }
            (space, _) if space.is_whitespace() => {
                if kept > 0 {
                    item.push(space);
                }
            }
            (letter, _) => {
                item.push(letter);
                kept = item.len();
            }
        }
    }
    item.truncate(kept);
    items.push(item);
    items.retain(|item| !item.is_empty());
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(items: &[&str]) -> String {
        let mut cell = String::new();
        items.iter().for_each(|item| push_item(&mut cell, item));
        cell
    }

    #[test]
    fn a_cell_gives_back_the_items_that_were_put_in_it() {
        for list in [
            &["a", "b"][..],
            &["a;b", ";", ";;", "c"],
            &["a；b", "；", "c"],
            &["\\", "\\;", "a\\", "\\\\"],
            &[" ", "  a  ", "a b", "\n", "\u{3000}a\u{3000}"],
            &["\"quoted\"", "=1+1", "a,b", "line\r\nline"],
        ] {
            assert_eq!(items(&joined(list)), list, "{}", joined(list));
        }
    }

    #[test]
    fn what_people_write_is_read_as_they_mean_it() {
        for (cell, expected) in [
            ("", &[][..]),
            (" ; ;", &[]),
            ("a; b ;c;", &["a", "b", "c"]),
            ("甲；乙；", &["甲", "乙"]),
            // It stands in names.
            ("甲、乙", &["甲、乙"]),
            ("a\\；b", &["a；b"]),
            ("C:\\temp;b\\", &["C:\\temp", "b\\"]),
            ("a\\;b", &["a;b"]),
        ] {
            assert_eq!(items(cell), expected, "{cell}");
        }
    }

    #[test]
    fn every_table_and_column_is_found_by_its_name_in_both_languages() {
        let mut names = std::collections::BTreeSet::new();
        for table in tables() {
            for name in [table.name.clone(), table.zh()] {
                assert_eq!(Table::called(&name).map(|found| &found.name), Some(&table.name));
                // The longest name of a sheet that spreadsheets take.
                assert!(name.chars().count() <= 31, "{name}");
                assert!(names.insert(name));
            }
            let mut headings = std::collections::BTreeSet::new();
            for column in &table.columns {
                assert!(headings.insert(column.heading.clone()) & headings.insert(column.zh()), "{}", table.name);
            }
        }
        assert_eq!(Table::called("labor-station").map(Table::zh), Some("劳务工作站".to_owned()));
        assert_eq!(Table::called("pairings-helper").map(Table::zh), None);
    }

    #[test]
    fn every_field_that_is_shown_stands_in_one_table() {
        for kind in KINDS {
            let own: Vec<_> = table_of(kind).unwrap().columns.iter().map(|column| column.heading.as_str()).collect();
            assert_eq!(own[0], "id");
            for (_, field) in kind.shown() {
                let flattened = own.iter().any(|heading| heading.starts_with(&format!("{}.", field.name)));
                let entries = tables().iter().any(|table| match table.rows {
                    Rows::Entries(of, _, entry) => of.is_none_or(|of| of == kind) && entry.name == field.name,
                    Rows::Records(_) => false,
                });
                let places = [own.contains(&field.name), flattened, entries];
                assert_eq!(places.iter().filter(|place| **place).count(), 1, "{}.{}", kind.name, field.name);
            }
        }
        assert_eq!(table_of(kind_called("labor-stations").unwrap()).unwrap().path(), "labor-stations.csv");
    }
}
