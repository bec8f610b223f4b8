//! Filters: one predicate, which serves rows and counts alike.

mod access;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

pub use access::{Candidates, Narrowed};
use jiff::civil::Date;
use serde_json::Value;

use crate::model::catalog::{Derived, Kind, Shape, Struct};
use crate::model::date::PartialDate;
use crate::model::decimal::Decimal;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::kinds_of;
use crate::model::row::{List, Row};
use crate::model::value::{Leaf, Scalar};
use crate::query::error::FieldError;
use crate::query::given::Given;
use crate::query::kinds::pairing::in_force_on;
use crate::query::relation::{Relation, What, member};
use crate::query::scope::Scope;
use crate::query::sum::{Bound, Number, Sum, Summed};
use crate::store::Stored;
use crate::store::key::sortable;

/// A filter on a type. It is resolved for a kind when it first meets a record of it: an interface of many kinds, filtered
/// through relations to others, would come to more conditions than anyone could meet.
#[derive(Debug)]
pub struct Filter {
    given: Arc<Given>,
    kinds: Vec<(&'static Kind, OnceLock<Compiled>)>,
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
    /// The record that a relation to one leads to passes.
    One(Relation, Filter),
    /// Those that a relation leads to pass.
    Many(Relation, Quantifier, Filter),
    /// A relation leads somewhere, or not.
    Exists(Relation, bool),
    /// How many of those that pass a relation leads to.
    Count(Relation, Option<Filter>, Vec<Compare>),
    /// What a number of those that pass adds up to.
    Sum(Relation, Option<Filter>, Number, Vec<Compare>),
    /// The record is of a type, and passes.
    On(&'static str, Filter),
    /// A pairing's standing on a day is one of these.
    InForce(Date, Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    Some,
    Every,
    None,
}

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
struct Compare {
    scalar: Scalar,
    operator: Operator,
    operands: Vec<Operand>,
    /// Where operands of the same sortable bytes stand, where there are many: looking at each would be slow.
    places: Option<HashMap<Vec<u8>, Vec<usize>>>,
}

/// From how many operands on they are looked up.
const MANY: usize = 16;

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
        Self::from_given(of, &Given::share("filter", filter)?)
    }

    /// The same from an argument that was taken over.
    pub fn from_given(of: &str, given: &Arc<Given>) -> Result<Self, FieldError> {
        Self::on(kinds_of(of), given)
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

    /// Whether the record of an id passes.
    pub fn matches_id(&self, scope: &Scope, id: IdRef<'_>) -> Result<bool, FieldError> {
        // What asks for nothing but the id needs no record.
        if let Some(kind) = id.kind()
            && self.kinds.iter().any(|(known, _)| *known == kind)
            && let tests = self.tests(kind)?
            && tests.iter().all(|test| matches!(test, Test::Id(_)))
        {
            return Ok(tests.iter().all(|test| matches!(test, Test::Id(ids) if holds_id(ids, id))));
        }
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
        let mut ids: Vec<Id> = ids.map_err(|error| FieldError::input(format!("filter.id.{operator}: {error}")))?;
        ids.sort();
        tests.push(Test::Id(ids));
    }
    Ok(tests)
}

fn compile_field(kind: &'static Kind, name: &str, value: &Arc<Given>) -> Result<Vec<Test>, FieldError> {
    if name == "inForce" {
        return compile_in_force(value);
    }
    if let Some(What::One(relation, _)) = name.strip_suffix("Exists").and_then(|name| member(kind, name)) {
        return Ok(vec![Test::Exists(relation, value.value() == &Value::Bool(true))]);
    }
    let Some(what) = member(kind, name) else {
        return Err(FieldError::internal(format!("{} has no field {name} to filter by", kind.name)));
    };
    Ok(match what {
        What::Id => compile_id(value)?,
        What::Value(slot, scalar) => vec![Test::Value(slot, compile_compares(scalar, value)?)],
        What::Values(slot, scalar) => {
            quantified(value, |quantifier, inner| Ok(Test::Values(slot, quantifier, compile_compares(scalar, inner)?)))?
        }
        What::Struct(slot, of) => vec![Test::Struct(slot, compile_struct(of, value)?)],
        What::Structs(slot, of) => {
            quantified(value, |quantifier, inner| Ok(Test::Structs(slot, quantifier, compile_struct(of, inner)?)))?
        }
        What::Derived(derived) => vec![Test::Derived(derived, compile_compares(derived.scalar, value)?)],
        What::One(relation, of) => vec![Test::One(relation, Filter::from_given(of, value)?)],
        What::Many(relation, of) => compile_many(relation, of, value)?,
        What::On(of) => vec![Test::On(of, Filter::from_given(of, value)?)],
    })
}

fn compile_many(relation: Relation, of: &'static str, given: &Given) -> Result<Vec<Test>, FieldError> {
    let mut tests = Vec::new();
    for (name, inner) in given.fields() {
        let within = |inner: &Given| inner.field("filter").map(|filter| Filter::from_given(of, filter)).transpose();
        match name {
            "count" => tests.push(Test::Count(relation, within(inner)?, compile_compares(Scalar::Int, inner)?)),
            "sum" => {
                for (name, inner) in inner.fields() {
                    let number = Number::named(of, name)?;
                    tests.push(Test::Sum(relation, within(inner)?, number, compile_compares(Scalar::Decimal, inner)?));
                }
            }
            quantifier => {
                tests.push(Test::Many(relation, Quantifier::named(quantifier), Filter::from_given(of, inner)?));
            }
        }
    }
    Ok(tests)
}

fn compile_in_force(given: &Arc<Given>) -> Result<Vec<Test>, FieldError> {
    let on = given.field("on").map_or("", |on| on.text());
    let on = PartialDate::parse_day(on).map_err(|error| FieldError::input(format!("filter: inForce.on: {error}")))?;
    let named =
        |name: &str| given.field(name).map(|names| names.items().iter().map(|it| it.text().to_owned()).collect());
    let tests = ["eq", "in"].into_iter().filter_map(named);
    Ok(tests.map(|names| Test::InForce(on.earliest(), names)).collect())
}

fn compile_struct(of: &'static Struct, given: &Given) -> Result<Vec<Test>, FieldError> {
    let mut tests = Vec::new();
    for (name, value) in given.fields() {
        let field = of.fields.iter().enumerate().find(|(_, field)| field.name == name);
        if let Some((slot, field)) = field
            && let Shape::One(scalar) = field.shape
        {
            tests.push(Test::Value(slot, compile_compares(scalar, value)?));
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
        tests.push(test(Quantifier::named(name), inner)?);
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
            "isNull" => Operator::IsNull(operand.value().as_bool().unwrap_or(true)),
            // What stands beside the comparisons of a count or a sum.
            _ => continue,
        };
        let operands = match operator {
            Operator::IsNull(_) => Vec::new(),
            _ => operand.items().iter().map(|item| operand_of(scalar, name, item.value())).collect::<Result<_, _>>()?,
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
            Self::Id(ids) => Ok(record.is_some_and(|record| holds_id(ids, record.id()))),
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
            Self::One(relation, filter) => {
                let mut holds = false;
                each_of(*relation, scope, record, |target| {
                    holds = filter.matches_id(scope, target)?;
                    Ok(false)
                })?;
                Ok(holds)
            }
            Self::Many(relation, quantifier, filter) => {
                // One that passes decides `some` and `none`; one that fails decides `every`.
                let decisive = *quantifier != Quantifier::Every;
                let mut decided = false;
                each_of(*relation, scope, record, |target| {
                    decided = filter.matches_id(scope, target)? == decisive;
                    Ok(!decided)
                })?;
                Ok(decided == (*quantifier == Quantifier::Some))
            }
            Self::Exists(relation, exists) => {
                let mut any = false;
                each_of(*relation, scope, record, |_| {
                    any = true;
                    Ok(false)
                })?;
                Ok(any == *exists)
            }
            Self::Count(relation, filter, compares) => {
                let mut count = 0i32;
                each_of(*relation, scope, record, |target| {
                    count = count.saturating_add(i32::from(passes(filter.as_ref(), scope, target)?));
                    Ok(true)
                })?;
                Ok(compares.iter().all(|compare| compare.holds(Some(&Leaf::Int(count)))))
            }
            Self::Sum(relation, filter, number, compares) => {
                let mut summed = Summed::default();
                each_of(*relation, scope, record, |target| {
                    if passes(filter.as_ref(), scope, target)? {
                        summed.add(number, &scope.referred(target)?);
                    }
                    Ok(true)
                })?;
                let sum = summed.sum(scope)?;
                Ok(compares.iter().all(|compare| compare.holds_sum(&sum)))
            }
            Self::On(of, filter) => match record {
                Some(record) if record.kind.implements(of) => filter.matches(scope, record),
                _ => Ok(false),
            },
            Self::InForce(on, names) => {
                let Some(record) = record else { return Ok(false) };
                let standing = in_force_on(scope, record, *on)?;
                Ok(names.iter().any(|name| name == standing))
            }
        }
    }
}

/// Whether an id is among sorted ones.
fn holds_id(ids: &[Id], id: IdRef<'_>) -> bool {
    ids.binary_search_by(|known| known.as_ref().cmp(&id)).is_ok()
}

fn each_of(
    relation: Relation,
    scope: &Scope,
    record: Option<&Stored<'_>>,
    each: impl FnMut(IdRef<'_>) -> Result<bool, FieldError>,
) -> Result<(), FieldError> {
    record.map_or(Ok(()), |record| relation.each(scope, record, each))
}

fn passes(filter: Option<&Filter>, scope: &Scope, id: IdRef<'_>) -> Result<bool, FieldError> {
    filter.map_or(Ok(true), |filter| filter.matches_id(scope, id))
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
    fn named(name: &str) -> Self {
        match name {
            "some" => Self::Some,
            "every" => Self::Every,
            _ => Self::None,
        }
    }

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
    fn holds_sum(&self, sum: &Sum) -> bool {
        let compares = |operand: &Operand| match (operand, sum.value) {
            (Operand::Decimal(operand), Some(value)) => match (self.operator, sum.bound) {
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
