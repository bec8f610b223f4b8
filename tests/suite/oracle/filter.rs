//! What the oracle thinks of filters: each condition by its words, on the JSON as it was given.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::world::{At, Date, Dec, Object, Plain, What, World};

/// The fields of an object.
pub fn fields(given: &Json) -> impl Iterator<Item = (&str, &Json)> {
    given.as_object().into_iter().flatten().map(|(name, inner)| (name.as_str(), inner))
}

fn items(given: &Json) -> &[Json] {
    given.as_array().map_or_else(|| std::slice::from_ref(given), Vec::as_slice)
}

impl World {
    /// Whether a record passes a filter.
    pub fn passes(&self, at: At, filter: &Json) -> bool {
        fields(filter).all(|(name, given)| self.holds(at, name, given))
    }

    fn holds(&self, at: At, name: &str, given: &Json) -> bool {
        let rec = &self.recs[at];
        match name {
            "and" => return items(given).iter().all(|filter| self.passes(at, filter)),
            "or" => return items(given).iter().any(|filter| self.passes(at, filter)),
            "not" => return !self.passes(at, given),
            "id" => return fields(given).all(|(_, ids)| items(ids).iter().any(|id| id == &rec.id)),
            "inForce" => {
                let on = Date::parse(given["on"].as_str().unwrap()).first();
                let standing = self.in_force(at, on);
                return fields(given)
                    .filter(|(name, _)| *name != "on")
                    .all(|(_, names)| items(names).iter().any(|name| name == standing));
            }
            _ => {}
        }
        if let Some(of) = name.strip_prefix("on") {
            return rec.kind.implements(of) && self.passes(at, given);
        }
        if let Some(relation) = name.strip_suffix("Exists") {
            return given == self.one(at, relation).is_some();
        }
        match self.what(at, name) {
            What::Value(value) => compares(value.as_ref(), given),
            What::Values(values) => quantified(given, values, |value, given| compares(Some(value), given)),
            What::Struct(object) => struct_passes(object, given),
            What::Structs(objects) => quantified(given, objects, |object, given| struct_passes(Some(object), given)),
            What::One(target) => target.is_some_and(|target| self.passes(target, given)),
            What::Many(targets) => fields(given).all(|(name, inner)| match name {
                "count" => {
                    let count = self.within(&targets, inner).len() as i64;
                    compares(Some(&Plain::Int(count)), inner)
                }
                "sum" => fields(inner).all(|(number, inner)| {
                    let sum = self.sum(&self.within(&targets, inner), number);
                    sum_compares(sum.value, sum.bound, inner)
                }),
                name => quantifies(name, targets.iter().map(|target| self.passes(*target, inner))),
            }),
        }
    }

    /// Those of some records that pass the `filter` beside other conditions.
    pub fn within(&self, targets: &[At], given: &Json) -> Vec<At> {
        let passes = |at: &At| given.get("filter").is_none_or(|filter| self.passes(*at, filter));
        targets.iter().copied().filter(passes).collect()
    }

    /// Whether a pairing is in force on a day, by trying every way to read its dates: a day is certain if it is so on all of
    /// them, and presumed if it is certain or presumed on one.
    pub fn in_force(&self, at: At, on: u32) -> &'static str {
        let round = self.one(at, "round");
        let of_round = |name| round.and_then(|round| self.date(round, name));
        let readings = |date: Option<Date>| -> Vec<Option<u32>> {
            let Some(date) = date else { return vec![None] };
            // As well as its ends, the day itself, or nothing would stand just there.
            [date.first(), on, date.last()]
                .into_iter()
                .filter(|day| (date.first()..=date.last()).contains(day))
                .map(Some)
                .collect()
        };
        let (mut all, mut any) = (true, false);
        for since in readings(self.date(at, "since")) {
            for until in readings(self.date(at, "until")) {
                for seen in readings(self.date(at, "lastSeen")) {
                    let shown = until.max(seen);
                    let certain = since.is_some_and(|since| since <= on) && shown.is_some_and(|shown| on <= shown);
                    all &= certain;
                    any |= certain;
                    for opened in readings(of_round("start")) {
                        for closed in readings(of_round("end")) {
                            // Where since is unknown: from the round's start, or from the last sight if that is earlier.
                            let start = since.or_else(|| opened.into_iter().chain(seen).min());
                            // A stated end ends it; without a round nothing goes beyond what is shown.
                            let end = match (until, round) {
                                (Some(_), _) | (None, None) => shown,
                                (None, Some(_)) => of_round("end").map_or(Some(u32::MAX), |_| closed.max(shown)),
                            };
                            any |= start.is_some_and(|start| start <= on) && end.is_some_and(|end| on <= end);
                        }
                    }
                }
            }
        }
        if all {
            "CERTAIN"
        } else if any {
            "PRESUMED"
        } else {
            "OUT"
        }
    }
}

fn quantifies(name: &str, mut each: impl Iterator<Item = bool>) -> bool {
    match name {
        "some" => each.any(|passes| passes),
        "every" => each.all(|passes| passes),
        "none" => !each.any(|passes| passes),
        name => panic!("{name} is no quantifier"),
    }
}

fn quantified<T>(given: &Json, items: &[T], passes: impl Fn(&T, &Json) -> bool) -> bool {
    fields(given).all(|(name, inner)| quantifies(name, items.iter().map(|item| passes(item, inner))))
}

fn struct_passes(object: Option<&Object>, given: &Json) -> bool {
    fields(given).all(|(name, inner)| compares(object.and_then(|object| object.get(name)), inner))
}

/// Whether all comparisons hold of a value.
pub fn compares(value: Option<&Plain>, given: &Json) -> bool {
    fields(given).all(|(operator, operand)| match (operator, value) {
        ("filter", _) => true,
        ("isNull", value) => operand == value.is_none(),
        (_, None) => false,
        ("in", Some(value)) => items(operand).iter().any(|operand| compare(value, "eq", operand)),
        (_, Some(value)) => compare(value, operator, operand),
    })
}

fn compare(value: &Plain, operator: &str, operand: &Json) -> bool {
    let order = match value {
        Plain::Text(text) => {
            let operand = operand.as_str().unwrap();
            match operator {
                "prefix" => return text.starts_with(operand),
                "contains" => return text.contains(operand),
                _ => text.as_str().cmp(operand),
            }
        }
        Plain::Date(date) => {
            let operand = Date::parse(operand.as_str().unwrap());
            return match operator {
                "eq" => *date == operand,
                "lt" => date.last() < operand.first(),
                "lte" => date.last() <= operand.last(),
                "gt" => date.first() > operand.last(),
                _ => date.first() >= operand.first(),
            };
        }
        Plain::Int(number) => number.cmp(&operand.as_i64().unwrap()),
        Plain::Float(number) => number.partial_cmp(&operand.as_f64().unwrap()).unwrap(),
        Plain::Bool(truth) => truth.cmp(&operand.as_bool().unwrap()),
        Plain::Dec(decimal) => decimal.cmp(&Dec::parse(operand.as_str().unwrap())),
        Plain::Name(_, name) => (*name).cmp(operand.as_str().unwrap()),
    };
    match operator {
        "eq" => order == Ordering::Equal,
        "lt" => order == Ordering::Less,
        "lte" => order != Ordering::Greater,
        "gt" => order == Ordering::Greater,
        "gte" => order != Ordering::Less,
        operator => panic!("{operator} is no operator"),
    }
}

/// Whether all comparisons surely hold of a sum: for each value that its bound leaves open. What is near, or refused, is
/// surely nothing.
pub fn sum_compares(value: Option<Dec>, bound: &str, given: &Json) -> bool {
    let surely = |operator: &str, operand: &Json| {
        let (Some(value), operand) = (value, Dec::parse(operand.as_str().unwrap())) else { return false };
        // The sum lies from `low` to `high`, in steps smaller than any figure has.
        let (low, high) = (Some(value.0 * 2), Some(value.0 * 2));
        let (low, high) = match bound {
            "EXACT" => (low, high),
            "AT_LEAST" => (low, None),
            "MORE_THAN" => (Some(value.0 * 2 + 1), None),
            "AT_MOST" => (None, high),
            "LESS_THAN" => (None, Some(value.0 * 2 - 1)),
            _ => (None, None),
        };
        let operand = operand.0 * 2;
        match operator {
            "eq" => low == Some(operand) && high == Some(operand),
            "lt" => high.is_some_and(|high| high < operand),
            "lte" => high.is_some_and(|high| high <= operand),
            "gt" => low.is_some_and(|low| low > operand),
            _ => low.is_some_and(|low| low >= operand),
        }
    };
    fields(given).all(|(operator, operand)| match operator {
        "filter" => true,
        "isNull" => operand == value.is_none(),
        "in" => items(operand).iter().any(|operand| surely("eq", operand)),
        operator => surely(operator, operand),
    })
}
