//! Where a filter begins to look: what an index leaves of a kind's records. They are looked at all the same, so an index can
//! be too wide, and never too narrow.

use super::compare::{Compare, Operand, Operator};
use super::covers::Together;
use super::{Filter, Quantifier, Test};
use crate::model::catalog::{Kind, Shape};
use crate::model::id::Id;
use crate::model::value::Scalar;
use crate::query::back::{back_along, each_source};
use crate::query::connection::Back;
use crate::query::error::FieldError;
use crate::query::object::targets;
use crate::query::relation::Relation;
use crate::query::scope::Scope;
use crate::query::search::{Containing, text_candidates};
use crate::store::Direction;
use crate::store::key::{self, Indexed};

/// Which records of a kind a filter can pass.
pub enum Candidates<'a> {
    /// Any: no index serves.
    All,
    /// These, by key.
    These(Narrowed),
    /// These, read already.
    Read(Together<'a>),
}

/// What an index leaves.
pub struct Narrowed {
    /// By key.
    pub ids: Vec<Id>,
    /// Which index, for whoever asks how the answer was found.
    pub by: String,
    /// They are all that pass, and no others.
    pub(super) exact: bool,
}

/// How many long names there may be beside those that are walked.
const LONG_NAMES: usize = 1_000;

/// A lookup reads a page of the file, a scan the next row of one it has: an index pays where it leaves less than this share.
const PAYS: u64 = 16;

/// How many of so many records an index may leave, so that it pays to look them up.
pub fn rows_that_pay(rows: u64) -> u64 {
    (rows / PAYS).max(64)
}

impl Filter {
    /// Which records of a kind it can pass.
    pub fn candidates<'a>(&self, scope: &'a Scope, kind: &'static Kind) -> Result<Candidates<'a>, FieldError> {
        let most = usize::try_from(rows_that_pay(scope.snapshot.count(kind)?)).unwrap_or(usize::MAX);
        if let Some(together) = self.together(scope, kind)? {
            return Ok(Candidates::Read(together));
        }
        Ok(self.narrow(scope, kind, most)?.map_or(Candidates::All, Candidates::These))
    }

    /// The records whose names can contain what it asks a name for, to be walked and not gathered, where it asks for
    /// nothing else.
    pub fn containing(&self, scope: &Scope, kind: &'static Kind) -> Result<Option<Containing>, FieldError> {
        let [Test::Value(slot, compares)] = self.tests(kind)? else { return Ok(None) };
        let [compare] = compares.as_slice() else { return Ok(None) };
        let searched = kind.slots().nth(*slot).is_some_and(|(_, field)| field.searched);
        match (compare.operator, compare.operands.as_slice()) {
            (Operator::Prefix, [Operand::Text(text)]) if searched => Ok(Containing::beginning(text)),
            (Operator::Contains, [Operand::Text(text)]) if searched => Containing::new(scope, kind, text, LONG_NAMES),
            _ => Ok(None),
        }
    }

    /// The fewest that one of its conditions leaves, where that is no more than so many.
    fn narrow(&self, scope: &Scope, kind: &'static Kind, most: usize) -> Result<Option<Narrowed>, FieldError> {
        narrowest(self.tests(kind)?, scope, kind, most)
    }

    /// The same over all kinds that it is on.
    pub(super) fn narrow_all(&self, scope: &Scope, most: usize) -> Result<Option<Narrowed>, FieldError> {
        let mut all = Union::default();
        for (kind, _) in &self.kinds {
            match self.narrow(scope, kind, most)? {
                Some(narrowed) => all.add(narrowed),
                None => return Ok(None),
            }
        }
        Ok(Some(all.narrowed()).filter(|all| all.ids.len() <= most))
    }
}

impl Narrowed {
    fn new(mut ids: Vec<Id>, by: String) -> Self {
        ids.sort();
        ids.dedup();
        Self { ids, by, exact: false }
    }

    /// The same, of which it is known whether they are all that pass, and no others.
    fn exactly(self, exact: bool) -> Self {
        Self { exact, ..self }
    }
}

/// What several conditions leave together, of which one must hold.
#[derive(Default)]
struct Union {
    ids: Vec<Id>,
    by: Vec<String>,
    inexact: bool,
}

impl Union {
    fn add(&mut self, narrowed: Narrowed) {
        if !narrowed.ids.is_empty() && !self.by.contains(&narrowed.by) && self.by.len() < 5 {
            self.by.push(narrowed.by);
        }
        self.inexact |= !narrowed.exact;
        self.ids.extend(narrowed.ids);
    }

    fn narrowed(self) -> Narrowed {
        Narrowed::new(self.ids, self.by.join(" or ")).exactly(!self.inexact)
    }
}

fn narrowest(
    tests: &[Test],
    scope: &Scope,
    kind: &'static Kind,
    mut most: usize,
) -> Result<Option<Narrowed>, FieldError> {
    let mut best = None;
    for test in tests {
        if let Some(narrowed) = test.narrow(scope, kind, most)? {
            // Another condition is of use only where it leaves fewer still.
            most = narrowed.ids.len().saturating_sub(1);
            // What one of several conditions leaves need not pass the others.
            let exact = narrowed.exact && tests.len() == 1;
            best = Some(narrowed.exactly(exact));
        }
    }
    Ok(best)
}

impl Test {
    fn narrow(&self, scope: &Scope, kind: &'static Kind, most: usize) -> Result<Option<Narrowed>, FieldError> {
        match self {
            Self::Id(ids) => {
                let ids: Vec<Id> = ids.meant(scope)?.iter().filter(|id| id.tag == kind.tag).cloned().collect();
                // Ids that lead nowhere are none to look at.
                let mut there = Vec::with_capacity(ids.len());
                for id in ids {
                    scope.spend()?;
                    if scope.snapshot.get(id.as_ref())?.is_some() {
                        there.push(id);
                    }
                }
                let narrowed = Narrowed::new(there, format!("{}.id", kind.name)).exactly(true);
                Ok(Some(narrowed).filter(|it| it.ids.len() <= most))
            }
            Self::Value(slot, compares) => match by_index(scope, kind, *slot, None, compares, most)? {
                Some(narrowed) => Ok(Some(narrowed)),
                None => by_text(scope, kind, *slot, compares, most),
            },
            Self::Structs(slot, Quantifier::Some, tests) => {
                for test in tests {
                    if let Self::Value(inner, compares) = test
                        && let Some(found) = by_index(scope, kind, *slot, Some(*inner), compares, most)?
                    {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            }
            Self::One(Relation::Target(slot), filter)
            | Self::Many(Relation::Targets(slot, _), Quantifier::Some, filter) => {
                let Some(targets) = filter.narrow_all(scope, most)? else { return Ok(None) };
                back_to(scope, kind, *slot, &targets, most)
            }
            Self::One(Relation::Special(_, Some(back)), filter)
            | Self::Many(Relation::Special(_, Some(back)), Quantifier::Some, filter) => {
                let Some(targets) = filter.narrow_all(scope, most)? else { return Ok(None) };
                let mut ids = Vec::new();
                for target in &targets.ids {
                    ids.extend(back(scope, target.as_ref(), kind)?);
                    if ids.len() > most {
                        return Ok(None);
                    }
                }
                Ok(Some(Narrowed::new(ids, format!("{} <- {}", kind.name, targets.by))))
            }
            Self::Many(Relation::Back(back), Quantifier::Some, filter) => {
                let Some(sources) = filter.narrow_all(scope, most)? else { return Ok(None) };
                forward_from(scope, kind, *back, &sources, most)
            }
            Self::And(filters) => {
                let mut best = None;
                let mut most = most;
                for filter in filters {
                    if let Some(narrowed) = filter.narrow(scope, kind, most)? {
                        most = narrowed.ids.len().saturating_sub(1);
                        best = Some(narrowed);
                    }
                }
                Ok(best)
            }
            Self::Or(filters) => {
                let mut all = Union::default();
                for filter in filters {
                    match filter.narrow(scope, kind, most)? {
                        Some(narrowed) => all.add(narrowed),
                        None => return Ok(None),
                    }
                    if all.ids.len() > most {
                        return Ok(None);
                    }
                }
                Ok(Some(all.narrowed()).filter(|all| all.ids.len() <= most))
            }
            Self::On(of, filter) if kind.implements(of) => filter.narrow(scope, kind, most),
            Self::On(..) => {
                Ok(Some(Narrowed::new(Vec::new(), format!("{} is no other type", kind.name)).exactly(true)))
            }
            _ => Ok(None),
        }
    }
}

/// The records of a kind whose edge in a slot leads to one of these.
fn back_to(
    scope: &Scope,
    kind: &'static Kind,
    slot: usize,
    targets: &Narrowed,
    most: usize,
) -> Result<Option<Narrowed>, FieldError> {
    let mut ids = Vec::new();
    for target in &targets.ids {
        let mut fits = true;
        each_source(scope, target.as_ref(), back_along(kind, slot), None, Direction::Forward, |source, _| {
            let source = source.id();
            if source.tag == kind.tag && ids.last().is_none_or(|last: &Id| last.as_ref() != source) {
                fits = ids.len() < most;
                if fits {
                    ids.push(source.to_owned());
                }
            }
            Ok(fits)
        })?;
        if !fits {
            return Ok(None);
        }
    }
    let by = format!("{}.{} <- {}", kind.name, name_of(kind, slot), targets.by);
    Ok(Some(Narrowed::new(ids, by).exactly(targets.exact)))
}

/// The records of a kind that the edges of these lead to.
fn forward_from(
    scope: &Scope,
    kind: &'static Kind,
    back: Back,
    sources: &Narrowed,
    most: usize,
) -> Result<Option<Narrowed>, FieldError> {
    let mut ids = Vec::new();
    for source in &sources.ids {
        let record = scope.referred(source.as_ref())?;
        ids.extend(targets(&record, back.slot).into_iter().filter(|id| id.tag == kind.tag));
        if ids.len() > most {
            return Ok(None);
        }
    }
    Ok(Some(Narrowed::new(ids, format!("{} <- {}", kind.name, sources.by))))
}

/// The records of a kind that the index over a field leaves.
fn by_index(
    scope: &Scope,
    kind: &'static Kind,
    slot: usize,
    inner: Option<usize>,
    compares: &[Compare],
    most: usize,
) -> Result<Option<Narrowed>, FieldError> {
    let Some(index) = key::indexed(kind).find(|index| index.slot == slot && index.inner == inner) else {
        return Ok(None);
    };
    let mut best: Option<Narrowed> = None;
    for compare in compares {
        let Some(ranges) = compare.ranges(index.scalar) else { continue };
        let mut ids = Vec::new();
        let (mut fits, mut looked) = (true, 0);
        'ranges: for (from, until) in ranges {
            for id in scope.snapshot.find_range(index, &from, until.as_deref())? {
                scope.spend()?;
                let id = id?;
                if id.tag == kind.tag {
                    ids.push(id);
                }
                // The levels of regions share an index: of another level's entries no more is read than of its own.
                looked += 1;
                fits = looked <= most;
                if !fits {
                    break 'ranges;
                }
            }
        }
        if fits && best.as_ref().is_none_or(|best| ids.len() < best.ids.len()) {
            // Equal bytes are equal values, but for dates; a struct's may be met by one and fail by the next.
            let exact =
                compares.len() == 1 && compare.operator == Operator::In && inner.is_none() && !compare.is_of_dates();
            best = Some(Narrowed::new(ids, format!("{}.{}", kind.name, index_name(kind, index))).exactly(exact));
        }
    }
    Ok(best)
}

/// The records of a kind that the postings of its names leave, where a condition asks for a part of one.
fn by_text(
    scope: &Scope,
    kind: &'static Kind,
    slot: usize,
    compares: &[Compare],
    most: usize,
) -> Result<Option<Narrowed>, FieldError> {
    if !kind.slots().nth(slot).is_some_and(|(_, field)| field.searched) {
        return Ok(None);
    }
    for compare in compares {
        if !matches!(compare.operator, Operator::In | Operator::Prefix | Operator::Contains) {
            continue;
        }
        let mut ids = Vec::new();
        let mut fits = true;
        for operand in &compare.operands {
            let keys = match operand {
                Operand::Text(text) => {
                    text_candidates(scope, kind, text, compare.operator != Operator::Contains, most)?
                }
                _ => None,
            };
            fits = keys.is_some() && ids.len() <= most;
            if !fits {
                break;
            }
            ids.extend(keys.iter().flatten().map(|key| Id::new(kind, key)));
        }
        if fits {
            return Ok(Some(Narrowed::new(ids, format!("{}.{} by its characters", kind.name, name_of(kind, slot)))));
        }
    }
    Ok(None)
}

fn index_name(kind: &'static Kind, index: Indexed) -> String {
    let field = kind.slots().nth(index.slot).map(|(_, field)| field);
    match (field.map(|field| &field.shape), index.inner) {
        (Some(Shape::Structs(of)), Some(inner)) => format!("{}.{}", name_of(kind, index.slot), of.fields[inner].name),
        _ => name_of(kind, index.slot).to_owned(),
    }
}

fn name_of(kind: &'static Kind, slot: usize) -> &'static str {
    kind.slots().nth(slot).map_or("", |(_, field)| field.name)
}

/// From a value on, and up to another, which is not in it; to the end of the index where there is none.
pub type Range = (Vec<u8>, Option<Vec<u8>>);

impl Compare {
    /// The value that bounds a range of numbers, in which all others pass: only of the bound the operator says it.
    pub(super) fn bound(&self, scalar: Scalar) -> Option<Vec<u8>> {
        use Operator::{Greater, GreaterOrEqual, Less, LessOrEqual};
        let bounds = matches!(self.operator, Greater | GreaterOrEqual | Less | LessOrEqual);
        let is_number = matches!(scalar, Scalar::Int | Scalar::Decimal);
        let operand = self.operands.first().filter(|_| bounds && is_number)?;
        key::sortable(scalar, &operand.leaf())
    }

    /// The ranges of an index in which the values lie that can pass. Dates of a year are wider than the order of their first
    /// days, so that their ranges are a year wider than what passes.
    pub(super) fn ranges(&self, scalar: Scalar) -> Option<Vec<Range>> {
        let sortable = |operand: &Operand| key::sortable(scalar, &operand.leaf());
        let is_date = matches!(scalar, Scalar::Date | Scalar::PartialDate);
        let single = || self.operands.first().and_then(sortable);
        match self.operator {
            // An approximate date equals itself alone, and has the key of the exact one: the row is looked at anyway.
            Operator::In => self
                .operands
                .iter()
                .map(|operand| sortable(operand).map(|at| (at.clone(), Some(key::after_prefix(&at)))))
                .collect(),
            Operator::Prefix => {
                let texts = self.operands.iter().map(|operand| match operand {
                    Operand::Text(text) => Some((text.as_bytes().to_vec(), Some(key::after_prefix(text.as_bytes())))),
                    _ => None,
                });
                texts.collect()
            }
            Operator::Greater | Operator::GreaterOrEqual => {
                let mut from = single()?;
                if is_date {
                    // What begins on the same day may end before: the first day alone decides.
                    from.truncate(4);
                }
                Some(vec![(from, None)])
            }
            Operator::Less | Operator::LessOrEqual if !is_date => {
                Some(vec![(Vec::new(), Some(key::after_prefix(&single()?)))])
            }
            Operator::Less | Operator::LessOrEqual => match self.operands.first()? {
                Operand::Date(date) => {
                    let latest = crate::model::date::PartialDate::parse(&date.latest().to_string()).ok()?;
                    Some(vec![(Vec::new(), Some(key::after_prefix(&latest.sort_key()[..4])))])
                }
                _ => None,
            },
            _ => None,
        }
    }
}
