//! Comparisons of values: what a filter on a scalar asks.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde_json::Value;

use crate::model::date::PartialDate;
use crate::model::decimal::Decimal;
use crate::model::value::{Leaf, Scalar};
use crate::query::error::FieldError;
use crate::query::given::Given;
use crate::query::sum::{Bound, Sum};
use crate::store::key::sortable;

/// Conditions on a value that is no record's: a count, a reckoning.
#[derive(Debug)]
pub struct Conditions(Vec<Compare>);

impl Conditions {
    /// The conditions of a filter on a scalar.
    pub fn compile(scalar: Scalar, given: &Given) -> Result<Self, FieldError> {
        compile_compares(scalar, given).map(Self)
    }

    /// Whether they all hold.
    pub fn hold(&self, value: Option<&Leaf<'_>>) -> bool {
        self.0.iter().all(|compare| compare.holds(value))
    }

    /// Whether they all hold of a sum, whatever its bounds leave open.
    pub fn hold_of_sum(&self, sum: &Sum) -> bool {
        self.0.iter().all(|compare| compare.holds_sum(sum))
    }
}

/// One comparison of a value.
#[derive(Debug)]
pub struct Compare {
    scalar: Scalar,
    pub(super) operator: Operator,
    pub(super) operands: Vec<Operand>,
    /// Where operands of the same sortable bytes stand, where there are many: looking at each would be slow.
    places: Option<HashMap<Vec<u8>, Vec<usize>>>,
}

/// From how many operands on they are looked up.
const MANY: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Equal to one of the operands.
    In,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Prefix,
    Contains,
    /// Null, or not.
    IsNull(bool),
}

#[derive(Debug)]
pub enum Operand {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Decimal(Decimal),
    Date(PartialDate),
}

/// The comparisons of a filter on a scalar; what stands beside them, as the filter of a count does, is left out.
pub fn compile_compares(scalar: Scalar, given: &Given) -> Result<Vec<Compare>, FieldError> {
    let mut compares = Vec::new();
    for (name, operand) in given.fields() {
        let operator = match name {
            "eq" | "in" => Operator::In,
            "lt" => Operator::Less,
            "lte" => Operator::LessOrEqual,
            "gt" => Operator::Greater,
            "gte" => Operator::GreaterOrEqual,
            "prefix" => Operator::Prefix,
            "contains" => Operator::Contains,
            "isNull" => Operator::IsNull(operand.value().as_bool().unwrap_or(true)),
            // What stands beside the comparisons of a count or a sum.
            _ => continue,
        };
        let operands = match operator {
            Operator::IsNull(_) => Vec::new(),
            _ => {
                let operands = operand.items().iter().map(|item| operand_of(scalar, item.value()));
                operands.collect::<Result<_, _>>().map_err(|error: FieldError| error.within(&format!(".{name}")))?
            }
        };
        let many = operator == Operator::In && operands.len() > MANY;
        let places = many.then(|| {
            let mut places: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
            for (place, operand) in operands.iter().enumerate() {
                // What has no bytes equals nothing that is stored.
                if let Some(bytes) = sortable(scalar, &operand.leaf()) {
                    places.entry(bytes).or_default().push(place);
                }
            }
            places
        });
        compares.push(Compare { scalar, operator, operands, places });
    }
    Ok(compares)
}

fn operand_of(scalar: Scalar, value: &Value) -> Result<Operand, FieldError> {
    let fault = |why: &str| FieldError::input(format!(": {why}"));
    let text = || value.as_str().ok_or_else(|| fault("expected text"));
    Ok(match scalar {
        Scalar::Text | Scalar::Closed(_) => Operand::Text(text()?.to_owned()),
        Scalar::Int => Operand::Int(value.as_i64().ok_or_else(|| fault("expected a whole number"))?),
        Scalar::Float => Operand::Float(value.as_f64().ok_or_else(|| fault("expected a number"))?),
        Scalar::Bool => Operand::Bool(value.as_bool().ok_or_else(|| fault("expected true or false"))?),
        Scalar::Decimal => Operand::Decimal(Decimal::parse(text()?).map_err(|error| fault(&error.to_string()))?),
        Scalar::Date => Operand::Date(PartialDate::parse_day(text()?).map_err(|error| fault(&error.to_string()))?),
        Scalar::PartialDate => Operand::Date(PartialDate::parse(text()?).map_err(|error| fault(&error.to_string()))?),
    })
}

impl Compare {
    /// The type of what it compares.
    pub(super) fn scalar(&self) -> Scalar {
        self.scalar
    }

    /// Whether it compares dates, of which one may be approximate.
    pub(super) fn is_of_dates(&self) -> bool {
        matches!(self.scalar, Scalar::Date | Scalar::PartialDate)
    }

    /// Whether it holds of a stored value.
    pub fn holds_bytes(&self, bytes: &[u8]) -> bool {
        self.holds(self.scalar.read(bytes).as_ref())
    }

    /// Whether it holds of a value, or of there being none.
    pub fn holds(&self, value: Option<&Leaf<'_>>) -> bool {
        match (self.operator, value) {
            (Operator::IsNull(null), value) => value.is_none() == null,
            (_, None) => false,
            (Operator::Prefix, Some(leaf)) => self.text(leaf, |text, operand| text.starts_with(operand)),
            (Operator::Contains, Some(leaf)) => self.text(leaf, |text, operand| text.contains(operand)),
            (operator, Some(leaf)) => match &self.places {
                None => self.operands.iter().any(|operand| operand.compares(operator, leaf)),
                Some(places) => {
                    let places = sortable(self.scalar, leaf).and_then(|bytes| places.get(&bytes));
                    places.is_some_and(|places| places.iter().any(|at| self.operands[*at].compares(operator, leaf)))
                }
            },
        }
    }

    /// Whether a sum compares so whatever its bounds leave open: a sum of "more than" is surely above what it is surely
    /// above, and never surely below. A sum that is refused compares with nothing.
    pub fn holds_sum(&self, sum: &Sum) -> bool {
        let compares = |operand: &Operand| match (operand, sum.value, sum.bound) {
            (Operand::Decimal(operand), Some(value), Some(bound)) => match (self.operator, bound) {
                (Operator::Greater, Bound::Exact | Bound::AtLeast) => value > *operand,
                (Operator::Greater, Bound::MoreThan) => value >= *operand,
                (Operator::GreaterOrEqual, Bound::Exact | Bound::AtLeast | Bound::MoreThan) => value >= *operand,
                (Operator::Less, Bound::Exact | Bound::AtMost) => value < *operand,
                (Operator::Less, Bound::LessThan) => value <= *operand,
                (Operator::LessOrEqual, Bound::Exact | Bound::AtMost | Bound::LessThan) => value <= *operand,
                (Operator::In, Bound::Exact) => value == *operand,
                _ => false,
            },
            _ => false,
        };
        match self.operator {
            Operator::IsNull(null) => sum.value.is_none() == null,
            _ => self.operands.iter().any(compares),
        }
    }

    fn text(&self, leaf: &Leaf<'_>, test: impl Fn(&str, &str) -> bool) -> bool {
        let Some(text) = leaf.text() else { return false };
        self.operands.iter().any(|operand| matches!(operand, Operand::Text(operand) if test(text, operand)))
    }
}

impl Operand {
    /// Its value.
    pub(super) fn leaf(&self) -> Leaf<'_> {
        match self {
            Self::Text(text) => Leaf::Text(text),
            Self::Int(number) => {
                Leaf::Int(i32::try_from(*number).unwrap_or(if *number < 0 { i32::MIN } else { i32::MAX }))
            }
            Self::Float(number) => Leaf::Float(*number),
            Self::Bool(truth) => Leaf::Bool(*truth),
            Self::Decimal(decimal) => Leaf::Owned(decimal.to_string()),
            Self::Date(date) => Leaf::Owned(date.to_string()),
        }
    }

    fn compares(&self, operator: Operator, leaf: &Leaf<'_>) -> bool {
        if let (Self::Date(operand), Some(text)) = (self, leaf.text()) {
            return PartialDate::parse(text).is_ok_and(|date| compare_dates(date, operator, *operand));
        }
        let order = match (self, leaf) {
            (Self::Text(operand), leaf) => leaf.text().map(|text| text.cmp(operand)),
            (Self::Int(operand), Leaf::Int(number)) => Some(i64::from(*number).cmp(operand)),
            (Self::Float(operand), Leaf::Float(number)) => number.partial_cmp(operand),
            (Self::Bool(operand), Leaf::Bool(truth)) => Some(truth.cmp(operand)),
            (Self::Decimal(operand), leaf) => {
                leaf.text().and_then(|text| Decimal::parse(text).ok()).map(|it| it.cmp(operand))
            }
            _ => None,
        };
        order.is_some_and(|order| match operator {
            Operator::In => order == Ordering::Equal,
            Operator::Less => order == Ordering::Less,
            Operator::LessOrEqual => order != Ordering::Greater,
            Operator::Greater => order == Ordering::Greater,
            Operator::GreaterOrEqual => order != Ordering::Less,
            _ => false,
        })
    }
}

/// Dates of different precision: a date is before another if all of it is, and on or before it if it ends no later.
fn compare_dates(date: PartialDate, operator: Operator, operand: PartialDate) -> bool {
    match operator {
        Operator::In => date == operand,
        Operator::Less => date.latest() < operand.earliest(),
        Operator::LessOrEqual => date.latest() <= operand.latest(),
        Operator::Greater => date.earliest() > operand.latest(),
        Operator::GreaterOrEqual => date.earliest() >= operand.earliest(),
        _ => false,
    }
}
