//! A cell as a value of a field.

use super::cell::Cell;
use super::fault::{Wrong, nearest};
use crate::model::closed::Closed;
use crate::model::date::PartialDate;
use crate::model::headings::labels;
use crate::model::value::{Scalar, Value};
use crate::text::amounts::{self, half_width};
use crate::text::dates;

/// What is expected of an amount.
pub const AMOUNT: &str = "an amount such as 126000000, 1.26亿元, 超3亿元 or 15万余";

/// Reads one value; null for an empty cell.
pub fn scalar(scalar: Scalar, cell: &Cell) -> Result<Value, Wrong> {
    match (scalar, cell) {
        (_, Cell::Empty | Cell::Covered) => Ok(Value::Null),
        (_, Cell::Error(what)) => Err(unreadable(what)),
        (Scalar::Text, cell) => Ok(Value::Text(cell.to_string())),
        // Of numbers, the last zero is not kept: is 2020.1 January or October?
        (Scalar::Date | Scalar::PartialDate, Cell::Number(number)) if number.contains('.') => Err(Wrong::expected(
            "a date; write it as text, such as 2020-10, since a number loses its last zero",
            number,
        )),
        (Scalar::Date | Scalar::PartialDate, cell) => date(scalar, &cell.to_string()),
        (scalar, cell) => {
            let text = cell.to_string();
            if text.trim().is_empty() {
                return Ok(Value::Null);
            }
            match scalar {
                Scalar::Closed(of) => closed(of, text.trim()),
                Scalar::Bool => truth(&text),
                Scalar::Int => whole(&text),
                Scalar::Decimal => match amounts::read(&text) {
                    Some(amount) if amount.unit.is_empty() && amount.qualifier.is_none() => {
                        Ok(Value::Decimal(amount.value))
                    }
                    _ => Err(no_amount("an exact amount such as 126000000 or 1.26亿", &text)),
                },
                other => other.parse(&half_width(&text).unwrap_or(text)).map_err(Wrong::said),
            }
        }
    }
}

/// What is told of a text that is not the amount that was expected; where it may be either of two, which.
pub fn no_amount(what: &str, text: &str) -> Wrong {
    let mut wrong = Wrong::expected(what, text);
    if let Some([with, without]) = amounts::either(text) {
        wrong.problem.push_str(&format!(", which may be {with} or {without}; write which"));
    }
    wrong
}

/// What is told of a cell that cannot be read, whatever its column.
pub fn unreadable(what: &str) -> Wrong {
    let why = match what {
        what if what.starts_with("merged cells") => "unmerge them, and give each row its own value",
        "a formula without a value" => "open the workbook in Excel and save it, so that the value is in the file",
        what if what.contains("number format") => {
            "show it in a plain format, and write what else it says into the cell"
        }
        what if what.starts_with('#') => "the formula has an error; mend it, or write its value",
        _ => "write a plain value",
    };
    Wrong::said(format!("expected a value, found {what}: {why}"))
}

fn date(scalar: Scalar, text: &str) -> Result<Value, Wrong> {
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    let whole =
        |date: &PartialDate| !matches!(scalar, Scalar::Date) || PartialDate::parse_day(&date.to_string()).is_ok();
    match dates::read(text).filter(whole) {
        Some(date) => Ok(Value::Date(date)),
        None if text.trim().ends_with(".1") => {
            Err(Wrong::expected("a date; write 2020-01 or 2020-10, since 2020.1 may be either", text))
        }
        None => scalar.parse(text).map_err(Wrong::said),
    }
}

fn truth(text: &str) -> Result<Value, Wrong> {
    match half_width(text).map(|text| text.to_lowercase()).as_deref() {
        Some("true" | "是") => Ok(Value::Bool(true)),
        Some("false" | "否") => Ok(Value::Bool(false)),
        _ => Err(Wrong::expected("true or false, 是 or 否", text)),
    }
}

fn whole(text: &str) -> Result<Value, Wrong> {
    let number = amounts::read(text).filter(|amount| amount.unit.is_empty() && amount.qualifier.is_none());
    let number = number.and_then(|amount| amount.value.to_string().parse().ok());
    number.map(Value::Int).ok_or_else(|| no_amount("a whole number of 32 bits", text))
}

/// A value of a closed list, by its name or its Chinese label.
pub fn closed(of: &'static Closed, text: &str) -> Result<Value, Wrong> {
    let labels = labels(of);
    let label = labels.iter().position(|label| *label == text).map(|place| place as u8 + 1);
    let named = of.values.iter().position(|(name, _)| name.eq_ignore_ascii_case(text)).map(|place| place as u8 + 1);
    if let Some(code) = named.or(label) {
        return Ok(Value::Closed(code));
    }
    let names = of.values.iter().map(|(name, _)| *name);
    if text.is_ascii() {
        let names: Vec<_> = names.collect();
        let upper = text.to_uppercase();
        let wrong = Wrong::expected(&format!("one of {}", names.join(", ")), text);
        return Err(wrong.perhaps(nearest(&upper, names.into_iter())));
    }
    let both: Vec<_> = labels.iter().zip(names).map(|(label, name)| format!("{label} ({name})")).collect();
    let wrong = Wrong::expected(&format!("one of {}", both.join(", ")), text);
    Err(wrong.perhaps(nearest(text, labels.iter().copied())))
}
