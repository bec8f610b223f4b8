//! Claims that disagree: what is told of one thing for one time, or for times that overlap, and cannot all be true.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::arguments::Arguments;
use super::back::sources_once;
use super::error::FieldError;
use super::object::{Object, PlainValue, Resolved};
use super::provenance::kinds_behind;
use super::scope::Scope;
use crate::model::closed::{NATURE, QUALIFIER};
use crate::model::date::PartialDate;
use crate::model::decimal::Decimal;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{OBSERVATION, PERIOD};
use crate::model::row::Row;
use crate::model::value::{Leaf, Scalar, date_at, name_at};
use crate::store::Stored;

const SUBJECT: usize = OBSERVATION.slot_of("subject");
const COUNTERPART: usize = OBSERVATION.slot_of("counterpart");
const INDICATOR: usize = OBSERVATION.slot_of("indicator");
const VALUE: usize = OBSERVATION.slot_of("value");
const THE_QUALIFIER: usize = OBSERVATION.slot_of("qualifier");
const THE_NATURE: usize = OBSERVATION.slot_of("nature");
const THE_PERIOD: usize = OBSERVATION.slot_of("period");
const PART_OF: usize = OBSERVATION.slot_of("partOf");
const START: usize = PERIOD.slot_of("start");
const END: usize = PERIOD.slot_of("end");

/// The time that a claim is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Time {
    /// The first day that it can mean, and the last; a running total is of the day as of which it holds.
    from: Date,
    until: Date,
    /// It has no start: it reaches back to a beginning that nobody tells.
    running: bool,
    undated: bool,
}

impl Time {
    fn of(period: Row<'_>) -> Self {
        let (start, end) = (date_at(period, START), date_at(period, END));
        Self {
            from: start.or(end).map_or(Date::MIN, PartialDate::earliest),
            until: end.map_or(Date::MAX, PartialDate::latest),
            running: start.is_none() && end.is_some(),
            undated: start.is_none() && end.is_none(),
        }
    }

    /// How two times relate, by its name in `PeriodRelation`; nothing where they have no day in common.
    fn to(self, other: Self) -> Option<&'static str> {
        let holds = |outer: Self, inner: Self| outer.from <= inner.from && inner.until <= outer.until;
        let apart = self.until < other.from || other.until < self.from;
        Some(match () {
            () if self.undated || other.undated => "UNKNOWN",
            () if apart => return None,
            () if self == other => "SAME",
            // What ends with a running total lies within it, wherever it begins.
            () if self.running != other.running || holds(self, other) || holds(other, self) => "NESTED",
            () => "OVERLAPPING",
        })
    }
}

/// What a value can be by its wording: its ends, each with whether it is one of the values; nothing where it is open.
#[derive(Debug, Clone, Copy)]
struct Range {
    low: Option<(Decimal, bool)>,
    high: Option<(Decimal, bool)>,
}

impl Range {
    /// 约 and 近 are read as rounded to the last digit that is not zero: 约1.2万 is 11500 to 12500, 近3亿 is 2.5亿 to below 3亿.
    fn of(value: Decimal, qualifier: &str) -> Self {
        let (low, high) = value.rounded_from();
        match qualifier {
            "MORE_THAN" => Self { low: Some((value, false)), high: None },
            "AT_LEAST" => Self { low: Some((value, true)), high: None },
            "LESS_THAN" => Self { low: None, high: Some((value, false)) },
            "AT_MOST" => Self { low: None, high: Some((value, true)) },
            "NEARLY" => Self { low: Some((low, true)), high: Some((value, false)) },
            "APPROXIMATELY" => Self { low: Some((low, true)), high: Some((high, true)) },
            _ => Self { low: Some((value, true)), high: Some((value, true)) },
        }
    }

    /// Whether one value is in both.
    fn meets(self, other: Self) -> bool {
        let reaches = |low: Option<(Decimal, bool)>, high: Option<(Decimal, bool)>| match (low, high) {
            (Some((low, with_low)), Some((high, with_high))) => low < high || low == high && with_low && with_high,
            _ => true,
        };
        reaches(self.low, other.high) && reaches(other.low, self.high)
    }
}

/// One claim about a subject.
struct Claim {
    id: Id,
    value: Decimal,
    range: Range,
    time: Time,
    part_of: Option<Id>,
    kinds: Vec<&'static str>,
}

impl Claim {
    /// Whether two cannot both be true, if they speak of one time. A part says nothing against its whole.
    fn is_against(&self, other: &Self) -> bool {
        let part = |part: &Self, whole: &Self| part.part_of.as_ref() == Some(&whole.id);
        !self.range.meets(other.range) && !part(self, other) && !part(other, self)
    }
}

/// `disagreements`: the claims of one time that cannot all be true, and those of each two times that overlap.
pub fn disagreements<'a>(scope: &'a Scope, subject: &'a Stored<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let mut found = Vec::new();
    for ((indicator, ..), mut claims) in claims_about(scope, subject)? {
        claims.sort_by(|left, right| (left.time, &left.id).cmp(&(right.time, &right.id)));
        let times: Vec<&[Claim]> = claims.chunk_by(|left, right| left.time == right.time).collect();
        for (place, here) in times.iter().enumerate() {
            if contradict(scope, here, here)? {
                let relation = here[0].time.to(here[0].time).unwrap_or("SAME");
                found.push(disagreement(&indicator, relation, here.iter()));
            }
            for there in &times[place + 1..] {
                let Some(relation) = here[0].time.to(there[0].time) else { continue };
                if contradict(scope, here, there)? {
                    found.push(disagreement(&indicator, relation, here.iter().chain(there.iter())));
                }
            }
        }
    }
    Ok(Resolved::List(found))
}

/// Whether one of these claims is against one of those.
fn contradict(scope: &Scope, these: &[Claim], those: &[Claim]) -> Result<bool, FieldError> {
    for one in these {
        scope.look_at_the_clock()?;
        if those.iter().any(|other| one.is_against(other)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The claims about a subject that have a value, by what they are of: the indicator, the counterpart and the nature.
type ByWhat = BTreeMap<(Id, Option<Id>, &'static str), Vec<Claim>>;

fn claims_about(scope: &Scope, subject: &Stored<'_>) -> Result<ByWhat, FieldError> {
    let mut claims = ByWhat::new();
    for id in sources_once(scope, subject.id(), &OBSERVATION, SUBJECT)? {
        let record = scope.referred(id.as_ref())?;
        let row = record.row();
        let value = Scalar::Decimal.read(row.slot(VALUE)).and_then(|leaf| Decimal::parse(leaf.text()?).ok());
        let named = |slot: usize| IdRef::from_bytes(row.slot(slot)).map(IdRef::to_owned);
        let (Some(value), Some(indicator)) = (value, named(INDICATOR)) else { continue };
        let nature = name_at(&NATURE, row, THE_NATURE).unwrap_or_default();
        let claim = Claim {
            id,
            value,
            range: Range::of(value, name_at(&QUALIFIER, row, THE_QUALIFIER).unwrap_or("EXACT")),
            time: Time::of(Row::new(row.slot(THE_PERIOD))),
            part_of: named(PART_OF),
            kinds: kinds_behind(scope, &record)?,
        };
        claims.entry((indicator, named(COUNTERPART), nature)).or_default().push(claim);
    }
    Ok(claims)
}

/// Claims as the object that shows them.
fn disagreement<'a, 'c>(
    indicator: &Id,
    relation: &'static str,
    claims: impl Iterator<Item = &'c Claim> + Clone,
) -> Resolved<'a> {
    let value = |value: Option<Decimal>| PlainValue::Leaf(value.map(|value| Leaf::Owned(value.to_string())));
    let values = || claims.clone().map(|claim| claim.value);
    let claim = |claim: &Claim| {
        let kinds = claim.kinds.iter().map(|kind| PlainValue::Leaf(Some(Leaf::Name(kind))));
        PlainValue::Object(vec![
            ("observation", PlainValue::Record(Some(claim.id.clone()))),
            ("value", value(Some(claim.value))),
            ("sourceKinds", PlainValue::List(kinds.collect())),
        ])
    };
    Resolved::Object(Object::Plain(vec![
        ("indicator", PlainValue::Record(Some(indicator.clone()))),
        ("periods", PlainValue::Leaf(Some(Leaf::Name(relation)))),
        ("least", value(values().min())),
        ("most", value(values().max())),
        ("claims", PlainValue::List(claims.clone().map(claim).collect())),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordings_that_one_value_fits_agree() {
        let agree = |left: (&str, &str), right: (&str, &str)| {
            let range = |(value, qualifier): (&str, &str)| Range::of(Decimal::parse(value).unwrap(), qualifier);
            let meets = range(left).meets(range(right));
            assert_eq!(meets, range(right).meets(range(left)), "{left:?} {right:?}");
            meets
        };
        for (left, right, agreed) in [
            (("1000", "MORE_THAN"), ("1200", "EXACT"), true),
            (("1000", "MORE_THAN"), ("1000", "EXACT"), false),
            (("1000", "AT_LEAST"), ("1000", "EXACT"), true),
            (("1000", "AT_LEAST"), ("999.9", "EXACT"), false),
            (("1000", "LESS_THAN"), ("1000", "AT_LEAST"), false),
            (("1000", "AT_MOST"), ("1000", "AT_LEAST"), true),
            (("1000", "MORE_THAN"), ("5000", "MORE_THAN"), true),
            (("12000", "APPROXIMATELY"), ("12500", "EXACT"), true),
            (("12000", "APPROXIMATELY"), ("12501", "EXACT"), false),
            (("12000", "APPROXIMATELY"), ("11500", "EXACT"), true),
            (("12000", "APPROXIMATELY"), ("13000", "APPROXIMATELY"), true),
            (("0.3", "APPROXIMATELY"), ("0.36", "EXACT"), false),
            (("300000000", "NEARLY"), ("290000000", "EXACT"), true),
            (("300000000", "NEARLY"), ("300000000", "EXACT"), false),
            (("300000000", "NEARLY"), ("240000000", "EXACT"), false),
            (("0", "NEARLY"), ("0", "NEARLY"), true),
            (("100", "EXACT"), ("101", "EXACT"), false),
        ] {
            assert_eq!(agree(left, right), agreed, "{left:?} {right:?}");
        }
    }
}
