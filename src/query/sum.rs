//! Sums that are honest: what cannot be added is refused with the reason, and what is inexact makes the sum a bound.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::civil::Date;

use super::error::FieldError;
use super::nesting::{Whole, can_be_a_part, members, subjects_above, wholes};
use super::scope::Scope;
use crate::model::catalog::{Kind, Shape, slot};
use crate::model::closed::{MEMBER_KIND, MONEY, NATURE, QUALIFIER};
use crate::model::date::PartialDate;
use crate::model::decimal::Decimal;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{GROUP, INDICATOR, OBSERVATION, PERIOD, kind_named};
use crate::model::row::Row;
use crate::model::value::{Leaf, Scalar, date_at, name_at, text_at};
use crate::store::Stored;

const SUBJECT: usize = OBSERVATION.slot_of("subject");
const COUNTERPART: usize = OBSERVATION.slot_of("counterpart");
const THE_INDICATOR: usize = OBSERVATION.slot_of("indicator");
const NATURE_SLOT: usize = OBSERVATION.slot_of("nature");
const PERIOD_SLOT: usize = OBSERVATION.slot_of("period");
const START: usize = PERIOD.slot_of("start");
const END: usize = PERIOD.slot_of("end");
const UNIT: usize = INDICATOR.slot_of("unit");
const MONEY_SLOT: usize = INDICATOR.slot_of("money");
const PER_UNIT: usize = INDICATOR.slot_of("perUnit");
const MEMBERS_ARE: usize = GROUP.slot_of("memberKind");

/// A field of a kind that can be added up.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    kind: &'static Kind,
    /// Its GraphQL name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    slot: usize,
    scalar: Scalar,
    qualifier: Option<usize>,
}

/// The fields of a kind that can be added up: its whole numbers and decimals.
pub fn numbers(kind: &'static Kind) -> impl Iterator<Item = Number> {
    let qualifier = kind.field("qualifier").or_else(|| kind.field("sizeQualifier")).map(|(slot, _)| slot);
    kind.shown().filter_map(move |(slot, field)| match field.shape {
        Shape::One(scalar @ (Scalar::Int | Scalar::Decimal)) => {
            Some(Number { kind, name: field.name, doc: field.doc, slot, scalar, qualifier })
        }
        _ => None,
    })
}

impl Number {
    /// A number of a kind by its name.
    pub fn named(of: &str, name: &str) -> Result<Self, FieldError> {
        let found = kind_named(of).and_then(|kind| numbers(kind).find(|number| number.name == name));
        found.ok_or_else(|| FieldError::internal(format!("{of} has no number {name}")))
    }

    /// Its value in a record.
    pub fn read(&self, record: &Stored<'_>) -> Option<Decimal> {
        match self.scalar.read(record.row().slot(self.slot))? {
            Leaf::Int(number) => Decimal::parse(&number.to_string()).ok(),
            leaf => Decimal::parse(leaf.text()?).ok(),
        }
    }
}

/// Which way a sum is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bound {
    /// It is the sum.
    #[default]
    Exact,
    /// The sum is above it.
    MoreThan,
    /// The sum is it or above.
    AtLeast,
    /// The sum is below it.
    LessThan,
    /// The sum is it or below.
    AtMost,
    /// The sum is near it.
    Approximately,
}

impl Bound {
    /// As `Qualifier` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "EXACT",
            Self::MoreThan => "MORE_THAN",
            Self::AtLeast => "AT_LEAST",
            Self::LessThan => "LESS_THAN",
            Self::AtMost => "AT_MOST",
            Self::Approximately => "APPROXIMATELY",
        }
    }

    fn of(qualifier: &str) -> Self {
        match qualifier {
            "MORE_THAN" => Self::MoreThan,
            "AT_LEAST" => Self::AtLeast,
            "LESS_THAN" | "NEARLY" => Self::LessThan,
            "AT_MOST" => Self::AtMost,
            "APPROXIMATELY" => Self::Approximately,
            _ => Self::Exact,
        }
    }

    /// The bound of a sum of two; nothing where they are open to different sides.
    fn and(self, other: Self) -> Option<Self> {
        use Bound::{Approximately, AtLeast, AtMost, Exact, LessThan, MoreThan};
        Some(match (self, other) {
            (same, Exact) | (Exact, same) => same,
            (left, right) if left == right => left,
            (MoreThan, AtLeast) | (AtLeast, MoreThan) => MoreThan,
            (LessThan, AtMost) | (AtMost, LessThan) => LessThan,
            (Approximately | MoreThan | AtLeast | LessThan | AtMost, _) => return None,
        })
    }
}

/// A sum, or why there is none.
#[derive(Debug, Clone, Default)]
pub struct Sum {
    /// What it comes to; null where it is refused, or where nothing has a value.
    pub value: Option<Decimal>,
    /// Which way it is open; nothing where it has no value.
    pub bound: Option<Bound>,
    /// The unit of figures.
    pub unit: Option<String>,
    /// How many are in it.
    pub counted: u64,
    /// How many have no value, and so are not.
    pub unknown: u64,
    /// Why it is refused.
    pub refused: Option<String>,
}

/// What is being added up.
#[derive(Clone, Default)]
pub struct Summed {
    total: Option<Decimal>,
    overflow: bool,
    bound: Bound,
    /// Two that are open to different sides.
    torn: Option<(Bound, Bound)>,
    /// One is below zero, so that what has no value may be too.
    negative: bool,
    counted: u64,
    unknown: u64,
    figures: Vec<Figure>,
    /// Each record, as a hash, and of what it says that it is a part.
    parts: Vec<(u64, Vec<Whole>)>,
    /// What the members of groups are whose sizes are added.
    members: HashSet<&'static str>,
    indicators: HashSet<Id>,
    natures: HashSet<&'static str>,
    /// Whom figures are about, with the indicator.
    subjects: HashSet<(Id, u64)>,
}

/// What of a figure decides whether it can be added to another, as hashes: a sum may be over a million.
#[derive(Clone)]
struct Figure {
    /// Of whom it is, what it measures, and with whom.
    of: u64,
    /// From which day to which; without a start it is a running total.
    start: Option<Date>,
    end: Option<Date>,
}

impl Summed {
    /// Adds a record's number.
    pub fn add(&mut self, number: &Number, record: &Stored<'_>) {
        if record.kind != number.kind {
            return;
        }
        let row = record.row();
        let Some(value) = number.read(record) else {
            self.unknown += 1;
            return;
        };
        self.counted += 1;
        self.negative |= value.is_negative();
        match self.total {
            None => self.total = Some(value),
            Some(total) => match total.checked_add(value) {
                Some(total) => self.total = Some(total),
                None => self.overflow = true,
            },
        }
        let qualifier = number.qualifier.and_then(|slot| name_at(&QUALIFIER, row, slot));
        let bound = Bound::of(qualifier.unwrap_or("EXACT"));
        match self.bound.and(bound) {
            Some(both) => self.bound = both,
            None => self.torn = self.torn.or(Some((self.bound, bound))),
        }
        if record.kind == &OBSERVATION {
            self.add_figure(row);
        }
        if record.kind == &GROUP {
            self.members.extend(name_at(&MEMBER_KIND, row, MEMBERS_ARE));
        }
        self.parts.push((hash(&record.id().to_bytes()), wholes(record).collect()));
    }

    fn add_figure(&mut self, row: Row<'_>) {
        let indicator = IdRef::from_bytes(row.slot(THE_INDICATOR));
        if let Some(indicator) = indicator
            && !self.indicators.iter().any(|known| known.as_ref() == indicator)
        {
            self.indicators.insert(indicator.to_owned());
        }
        self.natures.extend(name_at(&NATURE, row, NATURE_SLOT));
        let measured = hash(row.slot(THE_INDICATOR));
        if let Some(subject) = IdRef::from_bytes(row.slot(SUBJECT)) {
            self.subjects.insert((subject.to_owned(), measured));
        }
        let period = Row::new(row.slot(PERIOD_SLOT));
        self.figures.push(Figure {
            of: hash(&[row.slot(SUBJECT), &[0], row.slot(THE_INDICATOR), &[0], row.slot(COUNTERPART)].concat()),
            start: date_at(period, START).map(PartialDate::earliest),
            end: date_at(period, END).map(PartialDate::latest),
        });
    }

    /// What it comes to.
    pub fn sum(&self, scope: &Scope) -> Result<Sum, FieldError> {
        let mut units = HashSet::new();
        for indicator in &self.indicators {
            units.insert(text_at(scope.referred(indicator.as_ref())?.row(), UNIT).map(ToOwned::to_owned));
        }
        // Figures of several units are refused, and have no unit in common.
        let unit = if units.len() == 1 { units.into_iter().next().flatten() } else { None };
        let sum = Sum { unit, counted: self.counted, unknown: self.unknown, ..Sum::default() };
        Ok(match self.refusal(scope)? {
            Some(why) => Sum { refused: Some(why), ..sum },
            None => Sum { value: self.total, bound: self.total.and(self.open()), ..sum },
        })
    }

    /// Which way it is open with the parts that have no value, which only add to it; nothing where it is bounded on no side.
    fn open(&self) -> Option<Bound> {
        match self.unknown {
            0 => Some(self.bound),
            _ if self.negative => None,
            _ => self.bound.and(Bound::AtLeast),
        }
    }

    /// Why they cannot be added, where they cannot.
    fn refusal(&self, scope: &Scope) -> Result<Option<String>, FieldError> {
        if self.counted == 0 {
            return Ok(None);
        }
        if self.overflow {
            return Ok(Some("it has more than 28 digits".to_owned()));
        }
        if let Some((left, right)) = self.torn {
            let (left, right) = (left.name(), right.name());
            return Ok(Some(format!("one part is {left} and another {right}: the sum is bounded on no side")));
        }
        if self.open().is_none() {
            let known = if self.negative { "below zero" } else { self.bound.name() };
            return Ok(Some(format!("one part is {known} and another has no value: the sum is bounded on no side")));
        }
        if self.counted == 1 {
            return Ok(None);
        }
        if self.natures.len() > 1 {
            return Ok(Some(format!(
                "they differ in nature: {}",
                listed(self.natures.iter().map(ToString::to_string))
            )));
        }
        if self.members.len() > 1 {
            let members = listed(self.members.iter().map(ToString::to_string));
            return Ok(Some(format!("they count different things: {members}")));
        }
        if let Some(why) = self.mixed(scope)? {
            return Ok(Some(why));
        }
        if let Some(why) = self.nested_records(scope)?.or_else(|| self.double()) {
            return Ok(Some(why.to_owned()));
        }
        self.nested_subjects(scope)
    }

    /// Whether the indicators can be added: one unit, one kind of money, and what is not money only to itself.
    fn mixed(&self, scope: &Scope) -> Result<Option<String>, FieldError> {
        let mut units = HashSet::new();
        let mut moneys = HashSet::new();
        // In their order: a sum is refused with the same words each time.
        for indicator in BTreeSet::from_iter(&self.indicators) {
            let indicator = scope.referred(indicator.as_ref())?;
            if let Some(per) = text_at(indicator.row(), PER_UNIT) {
                return Ok(Some(format!(
                    "{} is a rate, per {per}",
                    text_at(indicator.row(), slot::NAME).unwrap_or_default()
                )));
            }
            units.insert(text_at(indicator.row(), UNIT).unwrap_or_default().to_owned());
            moneys.insert(name_at(&MONEY, indicator.row(), MONEY_SLOT).unwrap_or("no money"));
        }
        let names = listed(self.indicators.iter().map(ToString::to_string));
        Ok(if units.len() > 1 {
            Some(format!("they have several units: {}", listed(units.into_iter())))
        } else if moneys.len() > 1 {
            Some(format!("they are several kinds of money: {}", listed(moneys.iter().map(ToString::to_string))))
        } else if moneys.contains("no money") && self.indicators.len() > 1 {
            Some(format!("they measure several things: {names}"))
        } else {
            None
        })
    }

    /// Whether one is a part of another: of itself, or by parts of parts that are not being added.
    fn nested_records(&self, scope: &Scope) -> Result<Option<&'static str>, FieldError> {
        let ids: HashSet<u64> = self.parts.iter().map(|(id, _)| *id).collect();
        let mut climbed = HashSet::new();
        for (_, stated) in &self.parts {
            let mut open = stated.clone();
            while let Some((whole, possibly)) = open.pop() {
                let id = hash(&whole.as_ref().to_bytes());
                if ids.contains(&id) {
                    return Ok(Some(match possibly {
                        false => "one is a part of another",
                        true => "one is possibly a part of another",
                    }));
                }
                if climbed.insert(id) {
                    let record = scope.referred(whole.as_ref())?;
                    open.extend(wholes(&record).map(|(above, maybe)| (above, possibly || maybe)));
                }
            }
        }
        Ok(None)
    }

    /// Whether something would be counted twice by the periods of the figures.
    fn double(&self) -> Option<&'static str> {
        let mut by_subject: BTreeMap<u64, Vec<&Figure>> = BTreeMap::new();
        for figure in &self.figures {
            by_subject.entry(figure.of).or_default().push(figure);
        }
        for figures in by_subject.values_mut().filter(|figures| figures.len() > 1) {
            if figures.iter().any(|figure| figure.start.is_none()) {
                return Some("several are of one subject, and one of them is a running total");
            }
            figures.sort_by_key(|figure| figure.start);
            if figures.windows(2).any(|pair| pair[0].end.is_none_or(|end| pair[1].start <= Some(end))) {
                return Some("several are of one subject, for periods that overlap");
            }
        }
        None
    }

    /// Whether the subject of one is a part of the subject of another that is measured alike, or two sets have members in
    /// common.
    fn nested_subjects(&self, scope: &Scope) -> Result<Option<String>, FieldError> {
        let of_sets = self.subjects.iter().any(|(subject, _)| subject.tag == GROUP.tag);
        let mut holders: HashMap<(Id, u64), &Id> = HashMap::new();
        for (subject, measured) in BTreeSet::from_iter(&self.subjects) {
            if !of_sets && !can_be_a_part(subject.as_ref()) {
                continue;
            }
            let record = scope.referred(subject.as_ref())?;
            let wholes = subjects_above(scope, &record, of_sets)?;
            if let Some(whole) = wholes.into_iter().find(|whole| self.subjects.contains(&(whole.clone(), *measured))) {
                return Ok(Some(format!("{subject} is a part of {whole}, and both have figures")));
            }
            for member in members(&record) {
                if let Some(other) = holders.insert((member.clone(), *measured), subject) {
                    return Ok(Some(format!("{member} is in {other} and in {subject}, and both have figures")));
                }
            }
        }
        Ok(None)
    }

    /// The mean of what could be added, to six places.
    pub fn mean(&self, sum: &Sum) -> Option<Decimal> {
        sum.value?.divided_by(sum.counted)
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

fn listed(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<_> = items.collect();
    items.sort();
    items.join(", ")
}
