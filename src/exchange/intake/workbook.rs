//! Workbooks: the sheets of an `.xlsx`, cell after cell, as exact as they are shown.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Dimensions, Reader, Style, Xlsx, XlsxError};

use super::cell::Cell;
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
        let mut reader = self.book.worksheet_cells_reader(sheet).map_err(|error| problem(&error))?;
        let mut row = Row { number: 0, cells: Vec::new() };
        while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|error| problem(&error))? {
            let (at, column) = cell.get_position();
            let number = u64::from(at) + 1;
            if number != row.number {
                let finished = std::mem::replace(&mut row, Row { number, cells: Vec::new() });
                if finished.number > 0 && !each(finished) {
                    return Ok(());
                }
            }
            let style = reader.styles().get(style);
            let value = if merged.contains_key(&(at, column)) && !matches!(cell.get_value(), DataRef::Empty) {
                Cell::Error(merged[&(at, column)].clone())
            } else {
                read(cell.get_value(), style)
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
            each(row);
        }
        Ok(())
    }

    /// The first cell of each merged range, which alone holds its value, and what is told of it.
    fn merged(&mut self, sheet: &str) -> Result<BTreeMap<(u32, u32), String>, String> {
        let ranges = self.book.merge_cells_by_sheet_name(sheet).map_err(|error| problem(&error))?;
        let told = |Dimensions { start, end }: Dimensions| {
            (start, format!("merged cells {}:{}", name_of(start.0, start.1 as usize), name_of(end.0, end.1 as usize)))
        };
        Ok(ranges.into_iter().map(told).collect())
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
        DataRef::Int(number) => Cell::Number(number.to_string()),
        DataRef::Float(number) if unquoted(format).contains('%') => {
            shown_digits(*number, 2).map_or_else(|| Cell::Error(number.to_string()), Cell::Share)
        }
        DataRef::Float(number) => {
            shown_digits(*number, 0).map_or_else(|| Cell::Error(number.to_string()), Cell::Number)
        }
        DataRef::DateTime(date) => {
            let (year, month, day, hour, minute, second, milli) = date.to_ymd_hms_milli();
            let midnight = (hour, minute, second, milli) == (0, 0, 0, 0);
            if date.is_duration() || !midnight || date.as_f64() < 1.0 {
                return Cell::Error(format!(
                    "a time of day ({year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02})"
                ));
            }
            Cell::Date(as_precise(format, year, month, day))
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

/// A date as its format shows it: a month typed as 2020-9 is kept as its first day, and no day is shown.
fn as_precise(format: &str, year: u16, month: u8, day: u8) -> String {
    let format = unquoted(format).to_lowercase();
    match (format.contains('d'), format.contains('m'), format.contains('y')) {
        (false, true, true) => format!("{year:04}-{month:02}"),
        (false, false, true) => format!("{year:04}"),
        _ => format!("{year:04}-{month:02}-{day:02}"),
    }
}

/// A format without its literal texts and its colours.
fn unquoted(format: &str) -> String {
    let mut plain = String::new();
    let mut closing = None;
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        match (closing, letter) {
            (Some(end), letter) if letter == end => closing = None,
            (Some(_), _) => {}
            (None, '"') => closing = Some('"'),
            (None, '[') => closing = Some(']'),
            (None, '\\' | '_' | '*') => drop(letters.next()),
            (None, letter) => plain.push(letter),
        }
    }
    plain
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
    fn dates_are_as_precise_as_their_format() {
        for (format, expected) in [
            ("yyyy-mm-dd", "2020-09-01"),
            ("mm-dd-yy", "2020-09-01"),
            ("mmm-yy", "2020-09"),
            ("yyyy\"年\"m\"月\"", "2020-09"),
            ("[$-804]yyyy\"年\"m\"月\"d\"日\"", "2020-09-01"),
            ("yyyy", "2020"),
            ("General", "2020-09-01"),
        ] {
            assert_eq!(as_precise(format, 2020, 9, 1), expected, "{format}");
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
