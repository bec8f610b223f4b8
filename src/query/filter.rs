//! Filters: one predicate, which serves rows and counts alike.

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::connection::Back;
use super::error::FieldError;
use super::object::entries;
use super::scope::Scope;
use crate::config::FILTER_VALUES;
use crate::model::catalog::{Derived, Edge, Kind, Shape, Struct};
use crate::model::date::PartialDate;
use crate::model::decimal::Decimal;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::kinds_of;
use crate::model::row::{List, Row};
use crate::model::value::{Leaf, Scalar};
use crate::query::back::ways_back;
use crate::store::{Direction, Stored};

/// A filter on a type. It is resolved for a kind when it first meets a record of it: an interface of many kinds, filtered
/// through relations to others, would come to more conditions than anyone could meet.
#[derive(Debug)]
pub struct Filter {
    given: Arc<Given>,
    kinds: Vec<(&'static Kind, OnceLock<Compiled>)>,
}

/// A coerced filter as it was given, shared between the kinds that it is resolved for.
#[derive(Debug)]
enum Given {
    Object(Vec<(String, Arc<Given>)>),
    List(Vec<Arc<Given>>),
    Value(Value),
}

impl Given {
    /// Takes a filter over. A null in it is refused: it reads as "no condition" to one and as "has no value" to another.
    fn share(name: &str, value: &Value, left: &mut usize) -> Result<Arc<Self>, FieldError> {
        *left = left.checked_sub(1).ok_or_else(|| {
            FieldError::limit(format!("the filter holds more than {FILTER_VALUES} values; ask in several requests"))
        })?;
        Ok(Arc::new(match value {
            Value::Null => {
                let why = format!("{name}: is null; leave the condition out, or ask for `isNull: true`");
                return Err(FieldError::input(why));
            }
            Value::Object(object) => {
                let fields = object.iter().map(|(name, value)| Ok((name.clone(), Self::share(name, value, left)?)));
                Self::Object(fields.collect::<Result<_, FieldError>>()?)
            }
            Value::Array(items) => {
                Self::List(items.iter().map(|item| Self::share(name, item, left)).collect::<Result<_, _>>()?)
            }
            value => Self::Value(value.clone()),
        }))
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &Arc<Self>)> {
        let fields = match self {
            Self::Object(fields) => fields.as_slice(),
            _ => &[],
        };
        fields.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn items(self: &Arc<Self>) -> &[Arc<Self>] {
        match &**self {
            Self::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    fn value(&self) -> &Value {
        match self {
            Self::Value(value) => value,
            _ => &Value::Null,
        }
    }
}

/// A kind's conditions, or what is wrong with them.
type Compiled = Result<Vec<Test>, FieldError>;

/// One condition; a filter's conditions must all hold.
#[derive(Debug)]
enum Test {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Filter),
    Id(Vec<Id>),
    Value(usize, Vec<Compare>),
    Values(usize, Quantifier, Vec<Compare>),
    Derived(Derived, Vec<Compare>),
    Struct(usize, Vec<Test>),
    Structs(usize, Quantifier, Vec<Test>),
    Target(usize, Filter),
    Targets(usize, &'static Edge, Quantifier, Filter),
    Back(Back, Quantifier, Filter),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    Some,
    Every,
    None,
}

/// One comparison of a value.
#[derive(Debug)]
struct Compare {
    scalar: Scalar,
    operator: Operator,
    operands: Vec<Operand>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
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
enum Operand {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Decimal(Decimal),
    Date(PartialDate),
}

impl Filter {
    /// A coerced filter on a type.
    pub fn compile(of: &str, filter: &Value) -> Result<Self, FieldError> {
        Self::on(kinds_of(of), &Given::share("filter", filter, &mut FILTER_VALUES.clone())?)
    }

    fn on(kinds: impl Iterator<Item = &'static Kind>, given: &Arc<Given>) -> Result<Self, FieldError> {
        let filter = Self { given: given.clone(), kinds: kinds.map(|kind| (kind, OnceLock::new())).collect() };
        // What is wrong with it is told even if it meets no record; one kind finds that as well as another.
        filter.kinds.first().map(|(kind, _)| filter.tests(kind)).transpose()?;
        Ok(filter)
    }

    fn tests(&self, kind: &Kind) -> Result<&[Test], FieldError> {
        let Some((kind, tests)) = self.kinds.iter().find(|(known, _)| *known == kind) else { return Ok(&[]) };
        let tests = tests.get_or_init(|| compile_kind(kind, &self.given));
        tests.as_deref().map_err(Clone::clone)
    }

    /// Whether a record passes.
    pub fn matches(&self, scope: &Scope, record: &Stored<'_>) -> Result<bool, FieldError> {
        if !self.kinds.iter().any(|(kind, _)| *kind == record.kind) {
            return Ok(false);
        }
        all(self.tests(record.kind)?, |test| test.holds(scope, Some(record), record.row()))
    }

    fn matches_id(&self, scope: &Scope, id: IdRef<'_>) -> Result<bool, FieldError> {
        self.matches(scope, &scope.referred(id)?)
    }
}

fn all<T>(items: &[T], mut holds: impl FnMut(&T) -> Result<bool, FieldError>) -> Result<bool, FieldError> {
    for item in items {
        if !holds(item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn compile_kind(kind: &'static Kind, given: &Given) -> Result<Vec<Test>, FieldError> {
    let several = |value: &Arc<Given>| -> Result<Vec<Filter>, FieldError> {
        value.items().iter().map(|filter| Filter::on([kind].into_iter(), filter)).collect()
    };
    let mut tests = Vec::new();
    for (name, value) in given.fields() {
        tests.extend(match name {
            "and" => vec![Test::And(several(value)?)],
            "or" => vec![Test::Or(several(value)?)],
            "not" => vec![Test::Not(Filter::on([kind].into_iter(), value)?)],
            "id" => compile_id(value)?,
            _ => compile_field(kind, name, value)?,
        });
    }
    Ok(tests)
}

fn compile_id(given: &Given) -> Result<Vec<Test>, FieldError> {
    let mut tests = Vec::new();
    for (operator, operand) in given.fields() {
        let texts = operand.items().iter().filter_map(|item| item.value().as_str());
        let ids = texts.map(Id::parse).collect::<Result<_, _>>();
        tests.push(Test::Id(ids.map_err(|error| FieldError::input(format!("filter.id.{operator}: {error}")))?));
    }
    Ok(tests)
}

fn compile_field(kind: &'static Kind, name: &str, value: &Arc<Given>) -> Result<Vec<Test>, FieldError> {
    if let Some((slot, field)) = kind.field(name) {
        return compile_shape(slot, &field.shape, value);
    }
    if let Some(derived) = kind.derived.iter().find(|derived| derived.name == name) {
        return Ok(vec![Test::Derived(*derived, compile_compares(derived.scalar, value)?)]);
    }
    let Some(way) = ways_back(kind).find(|way| way.name == name) else {
        return Err(FieldError::internal(format!("{} has no field {name} to filter by", kind.name)));
    };
    let back = way.back;
    quantified(value, |quantifier, inner| Ok(Test::Back(back, quantifier, Filter::on(kinds_of(way.of), inner)?)))
}

fn compile_shape(slot: usize, shape: &'static Shape, value: &Arc<Given>) -> Result<Vec<Test>, FieldError> {
    Ok(match shape {
        Shape::One(scalar) => vec![Test::Value(slot, compile_compares(*scalar, value)?)],
        Shape::List(scalar) => quantified(value, |quantifier, inner| {
            Ok(Test::Values(slot, quantifier, compile_compares(*scalar, inner)?))
        })?,
        Shape::Struct(of) => vec![Test::Struct(slot, compile_struct(of, value)?)],
        Shape::Structs(of) => {
            quantified(value, |quantifier, inner| Ok(Test::Structs(slot, quantifier, compile_struct(of, inner)?)))?
        }
        Shape::Edge(edge) if edge.is_list() => quantified(value, |quantifier, inner| {
            Ok(Test::Targets(slot, edge, quantifier, Filter::on(kinds_of(edge.target), inner)?))
        })?,
        Shape::Edge(edge) => vec![Test::Target(slot, Filter::on(kinds_of(edge.target), value)?)],
    })
}

fn compile_struct(of: &'static Struct, given: &Given) -> Result<Vec<Test>, FieldError> {
    let mut tests = Vec::new();
    for (name, value) in given.fields() {
        let field = of.fields.iter().enumerate().find(|(_, field)| field.name == name);
        if let Some((slot, field)) = field {
            tests.extend(compile_shape(slot, &field.shape, value)?);
        }
    }
    Ok(tests)
}

fn quantified(
    given: &Given,
    mut test: impl FnMut(Quantifier, &Arc<Given>) -> Result<Test, FieldError>,
) -> Result<Vec<Test>, FieldError> {
    let mut tests = Vec::new();
    for (name, inner) in given.fields() {
        let quantifier = match name {
            "some" => Quantifier::Some,
            "every" => Quantifier::Every,
            _ => Quantifier::None,
        };
        tests.push(test(quantifier, inner)?);
    }
    Ok(tests)
}

fn compile_compares(scalar: Scalar, given: &Given) -> Result<Vec<Compare>, FieldError> {
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
            _ => Operator::IsNull(operand.value().as_bool().unwrap_or(true)),
        };
        let operands = match operator {
            Operator::IsNull(_) => Vec::new(),
            _ => operand.items().iter().map(|item| operand_of(scalar, name, item.value())).collect::<Result<_, _>>()?,
        };
        compares.push(Compare { scalar, operator, operands });
    }
    Ok(compares)
}

fn operand_of(scalar: Scalar, name: &str, value: &Value) -> Result<Operand, FieldError> {
    let fault = |why: &str| FieldError::input(format!("filter: {name}: {why}"));
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

impl Test {
    fn holds(&self, scope: &Scope, record: Option<&Stored<'_>>, row: Row<'_>) -> Result<bool, FieldError> {
        match self {
            Self::And(filters) => each_matches(filters, record, |filter, record| filter.matches(scope, record)),
            Self::Or(filters) => {
                Ok(!each_matches(filters, record, |filter, record| Ok(!filter.matches(scope, record)?))?)
            }
            Self::Not(filter) => match record {
                Some(record) => Ok(!filter.matches(scope, record)?),
                None => Ok(true),
            },
            Self::Id(ids) => Ok(record.is_some_and(|record| ids.iter().any(|id| id.as_ref() == record.id()))),
            Self::Value(slot, compares) => Ok(compares.iter().all(|compare| compare.holds_bytes(row.slot(*slot)))),
            Self::Values(slot, quantifier, compares) => {
                let holds = |item: &[u8]| Ok(compares.iter().all(|compare| compare.holds_bytes(item)));
                quantifier.holds(List::new(row.slot(*slot)).iter().map(holds))
            }
            Self::Derived(derived, compares) => {
                let value = record.and_then(|record| (derived.compute)(record.kind, row));
                Ok(compares.iter().all(|compare| compare.holds(value.as_ref())))
            }
            Self::Struct(slot, tests) => {
                let inner = Row::new(row.slot(*slot));
                all(tests, |test| test.holds(scope, None, inner))
            }
            Self::Structs(slot, quantifier, tests) => {
                let holds = |item| all(tests, |test| test.holds(scope, None, Row::new(item)));
                quantifier.holds(List::new(row.slot(*slot)).iter().map(holds))
            }
            Self::Target(slot, filter) => match IdRef::from_bytes(row.slot(*slot)) {
                None => Ok(false),
                Some(target) => filter.matches_id(scope, target),
            },
            Self::Targets(slot, edge, quantifier, filter) => {
                quantifier.holds(entries(edge, row.slot(*slot)).map(|(target, _)| filter.matches_id(scope, target)))
            }
            Self::Back(back, quantifier, filter) => {
                let Some(record) = record else { return Ok(false) };
                let sources = scope.snapshot.sources(record.id(), back.edge, None, Direction::Forward)?;
                quantifier.holds(sources.map(|source| filter.matches_id(scope, source?.0.as_ref())))
            }
        }
    }
}

fn each_matches(
    filters: &[Filter],
    record: Option<&Stored<'_>>,
    matches: impl Fn(&Filter, &Stored<'_>) -> Result<bool, FieldError>,
) -> Result<bool, FieldError> {
    match record {
        Some(record) => all(filters, |filter| matches(filter, record)),
        None => Ok(true),
    }
}

impl Quantifier {
    fn holds(self, mut each: impl Iterator<Item = Result<bool, FieldError>>) -> Result<bool, FieldError> {
        // One that passes decides `some` and `none`; one that fails decides `every`.
        let decisive = self != Self::Every;
        let decided = each.find_map(|passes| match passes {
            Ok(passes) if passes == decisive => Some(Ok(())),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        });
        Ok(decided.transpose()?.is_some() == (self == Self::Some))
    }
}

impl Compare {
    fn holds_bytes(&self, bytes: &[u8]) -> bool {
        self.holds(self.scalar.read(bytes).as_ref())
    }

    fn holds(&self, value: Option<&Leaf<'_>>) -> bool {
        match (self.operator, value) {
            (Operator::IsNull(null), value) => value.is_none() == null,
            (_, None) => false,
            (Operator::Prefix, Some(leaf)) => self.text(leaf, |text, operand| text.starts_with(operand)),
            (Operator::Contains, Some(leaf)) => self.text(leaf, |text, operand| text.contains(operand)),
            (operator, Some(leaf)) => self.operands.iter().any(|operand| operand.compares(operator, leaf)),
        }
    }

    fn text(&self, leaf: &Leaf<'_>, test: impl Fn(&str, &str) -> bool) -> bool {
        let Some(text) = leaf.text() else { return false };
        self.operands.iter().any(|operand| matches!(operand, Operand::Text(operand) if test(text, operand)))
    }
}

impl Operand {
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
