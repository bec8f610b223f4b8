//! Figures with their wording: 超3亿元 is 300000000 and MORE_THAN, in the unit of its indicator.

use super::cell::Cell;
use super::fault::Wrong;
use super::values::{AMOUNT, no_amount, unreadable};
use crate::model::catalog::Kind;
use crate::model::closed::QUALIFIER;
use crate::model::decimal::Decimal;
use crate::model::kinds::{GROUP, INDICATOR, OBSERVATION};
use crate::model::record::Record;
use crate::model::value::Value;
use crate::text::amounts::{self, Amount};

/// Where a kind holds a figure and how its source bounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// The slot of the value.
    pub value: usize,
    /// The slot of the qualifier.
    pub qualifier: usize,
    /// The slot of the indicator, which has the unit; without one it is a number of things.
    pub indicator: Option<usize>,
}

/// The figure of a kind.
pub fn figure_of(kind: &Kind) -> Option<Figure> {
    const VALUE: Figure = Figure {
        value: OBSERVATION.slot_of("value"),
        qualifier: OBSERVATION.slot_of("qualifier"),
        indicator: Some(OBSERVATION.slot_of("indicator")),
    };
    const SIZE: Figure =
        Figure { value: GROUP.slot_of("size"), qualifier: GROUP.slot_of("sizeQualifier"), indicator: None };
    if *kind == OBSERVATION {
        Some(VALUE)
    } else if *kind == GROUP {
        Some(SIZE)
    } else {
        None
    }
}

/// What the qualifier's own cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// The table has no column of it.
    NoColumn,
    /// It says nothing.
    Nothing,
    /// This value.
    Code(u8),
}

/// The unit of an indicator, and the same in Chinese.
pub fn unit_of(indicator: &Record) -> (String, Option<String>) {
    const UNIT: usize = INDICATOR.slot_of("unit");
    const UNIT_ZH: usize = INDICATOR.slot_of("unitZh");
    let text = |slot: usize| match &indicator.values[slot] {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    (text(UNIT).unwrap_or_default(), text(UNIT_ZH))
}

/// What a figure's cell comes to: its value, and its qualifier where it has one to set. `before` is the value and
/// qualifier that the record had.
pub fn read(
    cell: &Cell,
    said: Said,
    unit: Option<&(String, Option<String>)>,
    before: (&Value, &Value),
) -> Result<(Decimal, Option<Value>), Wrong> {
    if let Cell::Error(what) = cell {
        return Err(unreadable(what));
    }
    let text = cell.to_string();
    let amount = amounts::read(&text).ok_or_else(|| no_amount(AMOUNT, &text))?;
    let value = in_unit(&amount, unit, &text)?;
    let code = |name: &str| QUALIFIER.code(name).map_or(Value::Null, Value::Closed);
    let qualifier = match (amount.qualifier, said) {
        (Some(worded), Said::Code(code)) if QUALIFIER.code(worded) != Some(code) => {
            let said = QUALIFIER.value(code).unwrap_or_default();
            return Err(Wrong::said(format!(
                "expected {worded}, which is what the wording \"{text}\" says, found {said}; change one of the two"
            )));
        }
        (_, Said::Code(_)) => None,
        (Some(worded), _) => Some(code(worded)),
        (None, _) if !amount.plain => Some(code("EXACT")),
        (None, Said::Nothing) => None,
        (None, Said::NoColumn) => match before {
            (Value::Null, _) => Some(code("EXACT")),
            (Value::Decimal(old), _) if *old == value => None,
            (Value::Int(old), _) if old.to_string() == value.to_string() => None,
            (_, Value::Closed(old)) if QUALIFIER.value(*old) != Some("EXACT") => {
                let old = QUALIFIER.value(*old).unwrap_or_default();
                return Err(Wrong::said(format!(
                    "expected a column for the qualifier: so far it is {old}, and whether it is so of \"{text}\" too is not said"
                )));
            }
            _ => None,
        },
    };
    Ok((value, qualifier))
}

fn in_unit(amount: &Amount, unit: Option<&(String, Option<String>)>, text: &str) -> Result<Decimal, Wrong> {
    match unit {
        Some((unit, zh)) => amounts::in_unit(amount, unit, zh.as_deref()).ok_or_else(|| {
            let zh = zh.as_deref().map(|zh| format!(" ({zh})")).unwrap_or_default();
            Wrong::expected(&format!("an amount in the indicator's unit, {unit}{zh}"), text)
        }),
        // Whose unit is not known says nothing against plain digits.
        None if amount.unit.is_empty() => Ok(amount.value),
        None => Err(Wrong::expected("a number without a unit", text)),
    }
}
