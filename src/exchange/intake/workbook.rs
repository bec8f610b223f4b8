//! Workbooks: the sheets of an `.xlsx`, cell after cell, as exact as they are shown.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{DataRef, Dimensions, Reader, Style, Xlsx, XlsxError};

use super::cell::Cell;
use super::format;
use super::part::{Bytes, Row};
use crate::config::IMPORT_COLUMNS_MAX;

/// An open workbook.
pub struct Workbook {
    book: Xlsx<Cursor<Bytes>>,
}

impl Workbook {
    /// Opens it. What it unpacks to was counted before.
    pub fn open(bytes: Bytes) -> Result<Self, String> {
        let book = Xlsx::new(Cursor::new(bytes)).map_err(|error| problem(&error))?;
        Ok(Self { book })
    }

    /// Its sheets.
    pub fn sheets(&self) -> Vec<String> {
        self.book.sheet_names()
    }

    /// Whether a sheet holds nothing at all.
    pub fn is_empty(&mut self, sheet: &str) -> bool {
        let mut empty = true;
        let walked = self.walk(sheet, &mut |row| {
            empty = row.cells.iter().all(Cell::is_empty);
            empty
        });
        walked.is_ok() && empty
    }

    /// Gives each row that has a cell, until told to stop.
    pub fn walk(&mut self, sheet: &str, each: &mut dyn FnMut(Row) -> bool) -> Result<(), String> {
        let merged = self.merged(sheet)?;
        let formulas = self.formulas(sheet)?;
        // The merged ranges that reach into the row at hand, whose first cell holds something.
        let mut reaching: Vec<Dimensions> = Vec::new();
        let mut reader = self.book.worksheet_cells_reader(sheet).map_err(|error| problem(&error))?;
        let mut row = Row { number: 0, cells: Vec::new() };
        while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|error| problem(&error))? {
            let (at, column) = cell.get_position();
            let number = u64::from(at) + 1;
            if number != row.number {
                let mut finished = std::mem::replace(&mut row, Row { number, cells: Vec::new() });
                cover(&mut finished, &mut reaching);
                if finished.number > 0 && !each(finished) {
                    return Ok(());
                }
            }
            let style = reader.styles().get(style);
            let value = match (merged.get(&(at, column)), cell.get_value()) {
                (_, DataRef::Empty) if formulas.contains(&(at, column)) => {
                    Cell::Error("a formula without a value".to_owned())
                }
                (Some(range), value) if !matches!(value, DataRef::Empty) => {
                    reaching.push(*range);
                    let Dimensions { start, end } = *range;
                    let (first, last) = (name_of(start.0, start.1 as usize), name_of(end.0, end.1 as usize));
                    Cell::Error(format!("merged cells {first}:{last}"))
                }
                (_, value) => read(value, style),
            };
            let column = column as usize;
            if value.is_empty() {
                continue;
            }
            if column >= IMPORT_COLUMNS_MAX {
                let name = name_of(at, column);
                return Err(format!("the cell {name} stands behind the {IMPORT_COLUMNS_MAX} columns that are read"));
            }
            if row.cells.len() <= column {
                row.cells.resize(column + 1, Cell::Empty);
            }
            row.cells[column] = value;
        }
        if row.number > 0 {
            cover(&mut row, &mut reaching);
            each(row);
        }
        Ok(())
    }

    /// Each merged range by its first cell, which alone holds its value.
    fn merged(&mut self, sheet: &str) -> Result<BTreeMap<(u32, u32), Dimensions>, String> {
        let ranges = self.book.merge_cells_by_sheet_name(sheet).map_err(|error| problem(&error))?;
        Ok(ranges.into_iter().map(|range| (range.start, range)).collect())
    }

    /// The cells that have a formula. A program that cannot compute writes it without a value, which reads as an empty cell.
    fn formulas(&mut self, sheet: &str) -> Result<BTreeSet<(u32, u32)>, String> {
        let mut formulas = BTreeSet::new();
        let mut reader = self.book.worksheet_cells_reader(sheet).map_err(|error| problem(&error))?;
        while let Some(cell) = reader.next_formula().map_err(|error| problem(&error))? {
            if !cell.get_value().is_empty() {
                formulas.insert(cell.get_position());
            }
        }
        Ok(formulas)
    }
}

/// Marks the cells of a row that a merged range covers: what they hold is told at its first cell.
fn cover(row: &mut Row, reaching: &mut Vec<Dimensions>) {
    reaching.retain(|range| u64::from(range.end.0) + 1 >= row.number);
    for range in reaching.iter().filter(|range| u64::from(range.start.0) < row.number) {
        let last = (range.end.1 as usize).min(IMPORT_COLUMNS_MAX - 1);
        for column in range.start.1 as usize..=last {
            if row.cells.len() <= column {
                row.cells.resize(column + 1, Cell::Empty);
            }
            if row.cells[column] == Cell::Empty {
                row.cells[column] = Cell::Covered;
            }
        }
    }
}

/// How spreadsheets name a cell: `D5` for row 4 and column 3, counted from 0.
pub fn name_of(row: u32, column: usize) -> String {
    let mut letters = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.insert(0, char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    format!("{letters}{}", u64::from(row) + 1)
}

fn problem(error: &XlsxError) -> String {
    match error {
        XlsxError::Password => "is locked by a password; save it without one".to_owned(),
        error => format!("cannot be read as a workbook (.xlsx): {error}"),
    }
}

fn read(value: &DataRef<'_>, style: Option<&Style>) -> Cell {
    let format = style.and_then(|style| style.number_format.as_ref()).map_or("", |format| format.format_code.as_str());
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => text_of(text),
        DataRef::SharedString(text) => text_of(text),
        DataRef::Bool(truth) => Cell::Text(truth.to_string()),
        DataRef::Int(number) => read_number(*number as f64, format),
        DataRef::Float(number) => read_number(*number, format),
        DataRef::DateTime(date) => {
            let (year, month, day, hour, minute, second, milli) = date.to_ymd_hms_milli();
            let midnight = (hour, minute, second, milli) == (0, 0, 0, 0);
            if date.is_duration() || !midnight || date.as_f64() < 1.0 {
                return Cell::Error(format!(
                    "a time of day ({year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02})"
                ));
            }
            format::as_precise(format, year, month, day).map_or_else(Cell::Error, Cell::Date)
        }
        DataRef::DateTimeIso(text) => Cell::Date(text.strip_suffix("T00:00:00").unwrap_or(text).to_owned()),
        DataRef::DurationIso(text) => Cell::Error(format!("a duration ({text})")),
        DataRef::Error(error) => Cell::Error(error.to_string()),
    }
}

/// Text without the blanks around it, which nobody sees in a sheet.
fn text_of(text: &str) -> Cell {
    Cell::of_text(text.trim())
}

fn read_number(number: f64, format: &str) -> Cell {
    let power = if format::unquoted(format).contains('%') { 2 } else { 0 };
    let Some(digits) = shown_digits(number, power) else { return Cell::Error(number.to_string()) };
    // Of whole numbers nothing beyond 15 digits is noise of arithmetic: it is lost.
    if number.abs() >= 1e15 && shown_digits(number, 0).and_then(|digits| digits.parse().ok()) != Some(number) {
        return Cell::Error(format!("a number of more than 15 digits ({number}), which a sheet does not keep"));
    }
    match format::beside_digits(number, format) {
        Some(_) => Cell::Error(format!("{digits} that its number format {format} shows as something else")),
        None if power > 0 => Cell::Share(digits),
        None => Cell::Number(digits),
    }
}

/// A number in plain digits, times a power of ten. A spreadsheet keeps and shows 15 digits; what a float has beyond them
/// comes from arithmetic in binary.
fn shown_digits(number: f64, power: i32) -> Option<String> {
    if !number.is_finite() {
        return None;
    }
    if number == 0.0 {
        return Some("0".to_owned());
    }
    let scientific = format!("{number:.14e}");
    let (mantissa, exponent) = scientific.split_once('e')?;
    let point = 1 + exponent.parse::<i32>().ok()? + power;
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    let length = digits.len() as i32;
    Some(if point <= 0 {
        format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize))
    } else if point >= length {
        format!("{sign}{digits}{}", "0".repeat((point - length) as usize))
    } else {
        format!("{sign}{}.{}", &digits[..point as usize], &digits[point as usize..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_the_sheet_shows() {
        for (number, power, expected) in [
            (126_000_000.0, 0, "126000000"),
            (1.26, 0, "1.26"),
            (0.1 + 0.2, 0, "0.3"),
            (-0.05, 0, "-0.05"),
            (0.85, 2, "85"),
            (0.855, 2, "85.5"),
            (1e-7, 0, "0.0000001"),
            (0.00012, 2, "0.012"),
            (1e20, 0, "100000000000000000000"),
            (441_225_114_202.0, 0, "441225114202"),
            (0.0, 2, "0"),
        ] {
            assert_eq!(shown_digits(number, power).as_deref(), Some(expected));
        }
        assert_eq!(shown_digits(f64::INFINITY, 0), None);
    }

    #[test]
    fn a_number_that_a_sheet_does_not_keep_is_refused() {
        for (number, kept) in [(1e20, true), (999_999_999_999_999.0, true), (1_234_567_890_123_456.0, false)] {
            assert_eq!(matches!(read_number(number, "General"), Cell::Number(_)), kept, "{number}");
        }
    }

    #[test]
    fn cells_have_the_names_that_spreadsheets_give_them() {
        assert_eq!(name_of(0, 0), "A1");
        assert_eq!(name_of(4, 25), "Z5");
        assert_eq!(name_of(9, 26), "AA10");
        assert_eq!(name_of(0, 702), "AAA1");
    }
}
