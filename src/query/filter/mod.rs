//! Filters: one predicate, which serves rows and counts alike.

mod access;
mod compare;
mod covers;

use std::sync::{Arc, OnceLock};

pub use access::{Candidates, Narrowed, Range, rows_that_pay};
pub use compare::Conditions;
use compare::{Compare, compile_compares};
pub use covers::{Part, Together};
use jiff::civil::Date;
use serde_json::Value;

use crate::model::catalog::{Derived, Kind, Shape, Struct};
use crate::model::date::PartialDate;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{LEVELS, kinds_of};
use crate::model::row::{List, Row};
use crate::model::value::{Leaf, Scalar};
use crate::query::error::FieldError;
use crate::query::given::Given;
use crate::query::kinds::pairing::in_force_on;
use crate::query::relation::{Relation, What, member};
use crate::query::remembered::Asker;
use crate::query::scope::Scope;
use crate::query::sum::{Number, Summed};
use crate::store::Stored;

/// A filter on a type. It is resolved for a kind when it first meets a record of it: an interface of many kinds, filtered
/// through relations to others, would come to more conditions than anyone could meet.
#[derive(Debug)]
pub struct Filter {
    given: Arc<Given>,
    /// By which what it says of a record is remembered.
    asker: Asker,
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
    /// The record is one of these.
    Id(Ids),
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

/// The ids that a condition names, in their order.
#[derive(Debug)]
struct Ids {
    given: Vec<Id>,
    /// Where regions are among them: by which it is remembered which those are, since a code that one had leads to it too.
    regions: Option<Asker>,
}

impl Ids {
    fn new(mut given: Vec<Id>) -> Self {
        given.sort();
        let regions = given.iter().any(|id| is_level(id.tag)).then(Asker::another);
        Self { given, regions }
    }

    /// Whether a record is among them.
    fn holds(&self, scope: &Scope, id: IdRef<'_>) -> Result<bool, FieldError> {
        let among = |ids: &[Id]| ids.binary_search_by(|known| known.as_ref().cmp(&id)).is_ok();
        match self.regions {
            Some(_) if is_level(id.tag) => Ok(among(&self.meant(scope)?)),
            _ => Ok(among(&self.given)),
        }
    }

    /// The ids of the records that are meant, in their order: of a region its own, by whatever code it was named.
    fn meant(&self, scope: &Scope) -> Result<Arc<[Id]>, FieldError> {
        let (Some(asker), Some(first)) = (self.regions, self.given.first()) else {
            return Ok(self.given.clone().into());
        };
        scope.remembered.ids.of(asker, first.as_ref(), || {
            let own = |id: &Id| match scope.node(id.as_ref())? {
                Some(region) if is_level(id.tag) => Ok(region.id().to_owned()),
                _ => Ok(id.clone()),
            };
            let mut meant = self.given.iter().map(own).collect::<Result<Vec<_>, FieldError>>()?;
            meant.sort();
            Ok(meant.into())
        })
    }
}

/// Whether a tag is that of a level of regions.
fn is_level(tag: u8) -> bool {
    LEVELS.iter().any(|level| level.tag == tag)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    Some,
    Every,
    None,
}

impl Filter {
    /// A coerced filter on a type.
    pub fn compile(of: &str, filter: &Value) -> Result<Self, FieldError> {
        Self::from_given(of, &Given::share("filter", filter)?).map_err(|error| error.within("filter"))
    }

    /// The same from an argument that was taken over.
    pub fn from_given(of: &str, given: &Arc<Given>) -> Result<Self, FieldError> {
        Self::on(kinds_of(of), given)
    }

    fn on(kinds: impl Iterator<Item = &'static Kind>, given: &Arc<Given>) -> Result<Self, FieldError> {
        let filter = Self {
            given: given.clone(),
            asker: Asker::another(),
            kinds: kinds.map(|kind| (kind, OnceLock::new())).collect(),
        };
        // What is wrong with it is told even if it meets no record; one kind finds that as well as another.
        filter.kinds.first().map(|(kind, _)| filter.tests(kind)).transpose()?;
        Ok(filter)
    }

    /// What it was made of, as JSON.
    pub fn given(&self) -> String {
        self.given.to_json().to_string()
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
        match self.matches_by_id(scope, id)? {
            Some(passes) => Ok(passes),
            None => self.matches(scope, &scope.referred(id)?),
        }
    }

    /// The same where it asks for nothing but the id, and needs no record.
    fn matches_by_id(&self, scope: &Scope, id: IdRef<'_>) -> Result<Option<bool>, FieldError> {
        let Some((kind, _)) = self.kinds.iter().find(|(known, _)| known.tag == id.tag) else { return Ok(None) };
        let tests = self.tests(kind)?;
        if tests.iter().any(|test| !matches!(test, Test::Id(_))) {
            return Ok(None);
        }
        let holds = |test: &Test| match test {
            Test::Id(ids) => ids.holds(scope, id),
            _ => Ok(true),
        };
        all(tests, holds).map(Some)
    }

    /// Whether the record that a relation leads to passes. Where others may lead to it too, that is remembered.
    pub fn matches_target(&self, scope: &Scope, relation: Relation, id: IdRef<'_>) -> Result<bool, FieldError> {
        if let Some(passes) = self.matches_by_id(scope, id)? {
            return Ok(passes);
        }
        let read = || self.matches(scope, &scope.referred(id)?);
        if relation.is_shared() { scope.remembered.passes.of(self.asker, id, read) } else { read() }
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
        let filter = |(place, filter): (usize, &Arc<Given>)| {
            Filter::on([kind].into_iter(), filter).map_err(|error| error.within(&format!("[{place}]")))
        };
        value.items().iter().enumerate().map(filter).collect()
    };
    let test = |name: &str, value: &Arc<Given>| {
        Ok(match name {
            "and" => vec![Test::And(several(value)?)],
            "or" => vec![Test::Or(several(value)?)],
            "not" => vec![Test::Not(Filter::on([kind].into_iter(), value)?)],
            "id" => compile_id(value)?,
            _ => compile_field(kind, name, value)?,
        })
    };
    each_field(given, test)
}

/// The tests of each field of an object, one after the other. What is wrong with one is told with its name.
fn each_field(
    given: &Given,
    tests: impl Fn(&str, &Arc<Given>) -> Result<Vec<Test>, FieldError>,
) -> Result<Vec<Test>, FieldError> {
    let mut all = Vec::new();
    for (name, value) in given.fields() {
        all.extend(tests(name, value).map_err(|error| error.within(&format!(".{name}")))?);
    }
    Ok(all)
}

fn compile_id(given: &Given) -> Result<Vec<Test>, FieldError> {
    each_field(given, |_, operand| {
        let texts = operand.items().iter().filter_map(|item| item.value().as_str());
        let ids = texts.map(Id::parse).collect::<Result<_, _>>();
        let ids = ids.map_err(|error| FieldError::input(format!(": {error}")))?;
        Ok(vec![Test::Id(Ids::new(ids))])
    })
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
    let within = |inner: &Given| filter_within(of, inner);
    each_field(given, |name, inner| {
        Ok(match name {
            "count" => vec![Test::Count(relation, within(inner)?, compile_compares(Scalar::Int, inner)?)],
            "sum" => each_field(inner, |name, inner| {
                let (number, compares) = (Number::named(of, name)?, compile_compares(Scalar::Decimal, inner)?);
                Ok(vec![Test::Sum(relation, within(inner)?, number, compares)])
            })?,
            quantifier => {
                vec![Test::Many(relation, Quantifier::named(quantifier), Filter::from_given(of, inner)?)]
            }
        })
    })
}

/// The filter that stands beside what is asked of a count or a sum.
pub fn filter_within(of: &'static str, given: &Given) -> Result<Option<Filter>, FieldError> {
    let Some(filter) = given.field("filter") else { return Ok(None) };
    Filter::from_given(of, filter).map(Some).map_err(|error| error.within(".filter"))
}

fn compile_in_force(given: &Arc<Given>) -> Result<Vec<Test>, FieldError> {
    let on = given.field("on").map_or("", |on| on.text());
    let on = PartialDate::parse_day(on).map_err(|error| FieldError::input(format!(".on: {error}")))?;
    let named =
        |name: &str| given.field(name).map(|names| names.items().iter().map(|it| it.text().to_owned()).collect());
    let tests = ["eq", "in"].into_iter().filter_map(named);
    Ok(tests.map(|names| Test::InForce(on.earliest(), names)).collect())
}

fn compile_struct(of: &'static Struct, given: &Given) -> Result<Vec<Test>, FieldError> {
    each_field(given, |name, value| {
        let field = of.fields.iter().enumerate().find(|(_, field)| field.name == name);
        if let Some((slot, field)) = field
            && let Shape::One(scalar) = field.shape
        {
            return Ok(vec![Test::Value(slot, compile_compares(scalar, value)?)]);
        }
        Ok(Vec::new())
    })
}

fn quantified(
    given: &Given,
    test: impl Fn(Quantifier, &Arc<Given>) -> Result<Test, FieldError>,
) -> Result<Vec<Test>, FieldError> {
    each_field(given, |name, inner| Ok(vec![test(Quantifier::named(name), inner)?]))
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
            Self::Id(ids) => record.map_or(Ok(false), |record| ids.holds(scope, record.id())),
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
                    holds = filter.matches_target(scope, *relation, target)?;
                    Ok(false)
                })?;
                Ok(holds)
            }
            Self::Many(relation, quantifier, filter) => {
                // One that passes decides `some` and `none`; one that fails decides `every`.
                let decisive = *quantifier != Quantifier::Every;
                let mut decided = false;
                each_of(*relation, scope, record, |target| {
                    decided = filter.matches_target(scope, *relation, target)? == decisive;
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
                    count = count.saturating_add(i32::from(passes(filter.as_ref(), scope, *relation, target)?));
                    Ok(true)
                })?;
                Ok(compares.iter().all(|compare| compare.holds(Some(&Leaf::Int(count)))))
            }
            Self::Sum(relation, filter, number, compares) => {
                let mut summed = Summed::default();
                each_of(*relation, scope, record, |target| {
                    if passes(filter.as_ref(), scope, *relation, target)? {
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

fn each_of(
    relation: Relation,
    scope: &Scope,
    record: Option<&Stored<'_>>,
    each: impl FnMut(IdRef<'_>) -> Result<bool, FieldError>,
) -> Result<(), FieldError> {
    record.map_or(Ok(()), |record| relation.each(scope, record, each))
}

fn passes(filter: Option<&Filter>, scope: &Scope, by: Relation, id: IdRef<'_>) -> Result<bool, FieldError> {
    filter.map_or(Ok(true), |filter| filter.matches_target(scope, by, id))
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
