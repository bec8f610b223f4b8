//! What the oracle thinks of orders, groups and sums: the rules of the design, pair by pair.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::filter::{compares, fields, sum_compares};
use super::world::{At, Dec, Plain, What, World};

/// What a path leads to. What has no value stands last.
#[derive(Debug, Clone)]
pub enum Key {
    Value(Plain),
    Record(At),
    Nothing,
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => Ordering::Equal,
            (Self::Nothing, _) => Ordering::Greater,
            (_, Self::Nothing) => Ordering::Less,
            (Self::Value(left), Self::Value(right)) => left.stands(right),
            (Self::Record(left), Self::Record(right)) => left.cmp(right),
            _ => panic!("{self:?} and {other:?} are of one path"),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Key {}

impl Key {
    /// How two stand, up or down: nothing is last either way.
    fn stands(&self, other: &Self, descending: bool) -> Ordering {
        let nothing = [self, other].iter().any(|key| matches!(key, Self::Nothing));
        if descending && !nothing { other.cmp(self) } else { self.cmp(other) }
    }
}

/// A sum by the rules.
#[derive(Debug, Clone)]
pub struct Sum {
    pub value: Option<Dec>,
    pub bound: &'static str,
    pub unit: Option<String>,
    pub counted: usize,
    pub unknown: usize,
    pub refused: Option<&'static str>,
}

/// A group of records: what they share, and which they are.
pub type Group = (Vec<Key>, Vec<At>);

impl World {
    /// What a path leads to from a record.
    pub fn trail(&self, at: At, path: &Json) -> Vec<Key> {
        let Some((name, inner)) = fields(path).next() else { return Vec::new() };
        let part = inner.as_str().unwrap_or_default();
        let cut = |value: &Plain| match value {
            Plain::Date(date) => date.cut(part).map(|date| Key::Value(Plain::Date(date))),
            value => Some(Key::Value(value.clone())),
        };
        let in_struct = || fields(inner).next().map(|(name, part)| (name, part.as_str().unwrap_or_default()));
        if name == "id" {
            return vec![Key::Record(at)];
        }
        if let Some(of) = name.strip_prefix("on") {
            return if self.recs[at].kind.implements(of) { self.trail(at, inner) } else { Vec::new() };
        }
        let within = |object: &super::world::Object| {
            let (name, part) = in_struct()?;
            match object.get(name)? {
                Plain::Date(date) => date.cut(part).map(|date| Key::Value(Plain::Date(date))),
                value => Some(Key::Value(value.clone())),
            }
        };
        match self.what(at, name) {
            What::Value(value) => value.iter().filter_map(cut).collect(),
            What::Values(values) => values.iter().filter_map(cut).collect(),
            What::Struct(object) => object.into_iter().filter_map(within).collect(),
            What::Structs(objects) => objects.iter().filter_map(within).collect(),
            What::Many(targets) if inner.get("count").is_some() => {
                vec![Key::Value(Plain::Int(self.within(&targets, inner).len() as i64))]
            }
            What::One(_) | What::Many(_) => {
                self.many(at, name).into_iter().flat_map(|target| self.trail(target, inner)).collect()
            }
        }
    }

    /// Puts things in the order of their records; what is equal by it stays in the order that it has.
    pub fn order<T>(&self, things: &mut [T], record: impl Fn(&T) -> At, order: &Json) {
        let paths: Vec<_> = order.as_array().into_iter().flatten().collect();
        things.sort_by_cached_key(|thing| {
            let keys = paths.iter().map(|path| {
                let key = self.trail(record(thing), path).into_iter().next().unwrap_or(Key::Nothing);
                Standing(key, is_descending(path))
            });
            keys.collect::<Vec<_>>()
        });
    }

    /// The groups of some records, those that `having` keeps, in their order.
    pub fn groups(&self, of: &str, members: &[At], by: &Json, having: &Json, order: &Json) -> Vec<Group> {
        let paths: Vec<&Json> = by.as_array().into_iter().flatten().collect();
        let mut groups: BTreeMap<Vec<Key>, Vec<At>> = BTreeMap::new();
        if paths.is_empty() {
            groups.insert(Vec::new(), Vec::new());
        }
        for member in members {
            let mut ways = vec![Vec::new()];
            for path in &paths {
                let mut keys = self.trail(*member, path);
                keys.sort();
                keys.dedup();
                if keys.is_empty() {
                    keys.push(Key::Nothing);
                }
                let longer = |way: &Vec<Key>| -> Vec<_> {
                    keys.iter().map(|key| [way.as_slice(), std::slice::from_ref(key)].concat()).collect()
                };
                ways = ways.iter().flat_map(longer).collect();
            }
            for way in ways {
                groups.entry(way).or_default().push(*member);
            }
        }
        let mut groups: Vec<Group> = groups.into_iter().filter(|group| self.keeps(of, &group.1, having)).collect();
        groups.sort_by_cached_key(|(keys, members)| {
            let entries = order.as_array().into_iter().flatten().flat_map(|entry| {
                let Some((name, inner)) = fields(entry).next() else { return Vec::new() };
                let descending = is_descending(entry);
                match name {
                    "keys" => keys.iter().map(|key| Standing(key.clone(), descending)).collect(),
                    "count" => vec![Standing(Key::Value(Plain::Int(members.len() as i64)), descending)],
                    name => {
                        let (name, reckoning) = dotted(name, inner);
                        let value = self.reckon(of, members, &name, &reckoning);
                        vec![Standing(value.map_or(Key::Nothing, Key::Value), descending)]
                    }
                }
            });
            entries.collect::<Vec<_>>()
        });
        groups
    }

    fn keeps(&self, of: &str, members: &[At], having: &Json) -> bool {
        fields(having).all(|(name, given)| match name {
            "count" => compares(Some(&Plain::Int(members.len() as i64)), given),
            name => self.keeps_measure(of, members, name, given),
        })
    }

    fn keeps_measure(&self, of: &str, members: &[At], name: &str, given: &Json) -> bool {
        fields(given).all(|(reckoning, given)| match reckoning {
            "sum" => {
                let sum = self.sum(members, name);
                sum_compares(sum.value, sum.bound, given)
            }
            "total" | "avg" | "min" | "max" | "distinct" => {
                compares(self.reckon(of, members, name, reckoning).as_ref(), given)
            }
            inner => self.keeps_measure(of, members, &format!("{name}.{inner}"), given),
        })
    }

    /// The different values of a field of some records, from the first to the last.
    fn different(&self, members: &[At], name: &str) -> Vec<Key> {
        let (field, inner) =
            name.split_once('.').map_or((name, json!("VALUE")), |(field, inner)| (field, json!({ inner: "VALUE" })));
        let mut found: Vec<Key> = Vec::new();
        for member in members {
            found.extend(match self.what(*member, field) {
                What::One(_) | What::Many(_) => self.many(*member, field).into_iter().map(Key::Record).collect(),
                _ => self.trail(*member, &json!({ field: inner })),
            });
        }
        found.sort();
        found.dedup();
        found
    }

    /// How many different values a field of some records has.
    pub fn distinct(&self, members: &[At], name: &str) -> usize {
        self.different(members, name).len()
    }

    /// What is reckoned of a field of some records; nothing where there is none.
    pub fn reckon(&self, of: &str, members: &[At], name: &str, reckoning: &str) -> Option<Plain> {
        let is_number = is_number(of, name);
        let found = || self.different(members, name);
        let value = |key: Option<&Key>| match key {
            Some(Key::Value(Plain::Int(number))) if is_number => Some(Plain::Dec(Dec(i128::from(*number) * 1_000_000))),
            Some(Key::Value(value)) => Some(value.clone()),
            _ => None,
        };
        match reckoning {
            "sum" => self.sum(members, name).value.map(Plain::Dec),
            "total" => {
                let total = Dec(members.iter().filter_map(|at| self.number(*at, name)).map(|value| value.0).sum());
                let any = members.iter().any(|at| self.number(*at, name).is_some());
                (any && total.fits()).then_some(Plain::Dec(total))
            }
            "avg" => {
                let sum = self.sum(members, name);
                sum.value.map(|value| Plain::Dec(value.share(sum.counted as i128)))
            }
            "min" => value(found().first()),
            "max" => value(found().last()),
            _ => Some(Plain::Int(self.distinct(members, name) as i64)),
        }
    }

    /// A number of a record.
    fn number(&self, at: At, number: &str) -> Option<Dec> {
        match self.value(at, number)? {
            Plain::Int(number) => Some(Dec(i128::from(number) * 1_000_000)),
            Plain::Dec(decimal) => Some(decimal),
            value => panic!("{value:?} is no number"),
        }
    }

    /// The sum of a number over some records.
    pub fn sum(&self, members: &[At], number: &str) -> Sum {
        let read = |at: &At| self.number(*at, number);
        let known: Vec<At> = members.iter().copied().filter(|at| read(at).is_some()).collect();
        let total = Dec(known.iter().filter_map(read).map(|value| value.0).sum());
        let named = |at: At, name: &str| self.value(at, name).map(|value| value.text());
        let qualifier = if number == "size" { "sizeQualifier" } else { "qualifier" };
        let wordings: Vec<String> = known.iter().filter_map(|at| named(*at, qualifier)).collect();
        let bound_by = |names: &[&str]| wordings.iter().any(|wording| names.contains(&wording.as_str()));
        // What has no value may be anything from zero on; beside what is below zero, anything.
        let open = !known.is_empty() && known.len() < members.len();
        let below_zero = known.iter().filter_map(read).any(|value| value.0 < 0);
        let bound = [
            (["MORE_THAN", "MORE_THAN"], "MORE_THAN"),
            (["AT_LEAST", "AT_LEAST"], "AT_LEAST"),
            (["LESS_THAN", "NEARLY"], "LESS_THAN"),
            (["AT_MOST", "AT_MOST"], "AT_MOST"),
            (["APPROXIMATELY", "APPROXIMATELY"], "APPROXIMATELY"),
        ];
        let bound = bound.iter().find(|(names, _)| bound_by(names));
        let bound = bound.map_or(if open { "AT_LEAST" } else { "EXACT" }, |(_, bound)| bound);
        let sides = [
            bound_by(&["MORE_THAN", "AT_LEAST"]) || open,
            bound_by(&["LESS_THAN", "NEARLY", "AT_MOST"]),
            bound_by(&["APPROXIMATELY"]),
        ];
        let torn = sides.iter().filter(|side| **side).count() > 1 || open && below_zero;
        let pairs = || {
            known.iter().enumerate().flat_map(|(place, left)| known[..place].iter().map(move |right| (*left, *right)))
        };
        let refused = match known.len() {
            0 => None,
            1 if !torn => None,
            _ if !total.fits() => Some("digits"),
            _ if torn => Some("bounds"),
            _ => pairs().find_map(|(left, right)| self.clash(left, right)),
        };
        let mut units: Vec<_> =
            known.iter().filter_map(|at| self.one(*at, "indicator")).filter_map(|it| named(it, "unit")).collect();
        units.sort();
        units.dedup();
        Sum {
            value: (refused.is_none() && !known.is_empty()).then_some(total),
            bound: if refused.is_some() { "EXACT" } else { bound },
            unit: units.pop().filter(|_| units.is_empty()),
            counted: known.len(),
            unknown: members.len() - known.len(),
            refused,
        }
    }

    /// Why two records' numbers cannot be added, where they cannot.
    fn clash(&self, left: At, right: At) -> Option<&'static str> {
        let both = [left, right];
        let name = |at: At, name: &str| self.value(at, name).map(|value| value.text());
        let either = |is: &dyn Fn(At, At) -> bool, of: [At; 2]| is(of[0], of[1]) || is(of[1], of[0]);
        if self.recs[left].kind.name == "Group" {
            let subset = either(&|part, whole| self.is_part(part, whole, &["partOf"]), both);
            // What a group counts is the unit of its size: households are never added to persons.
            return (name(left, "memberKind") != name(right, "memberKind"))
                .then_some("unit")
                .or(subset.then_some("part"));
        }
        if self.recs[left].kind.name != "Observation" {
            return None;
        }
        let indicators = both.map(|at| self.one(at, "indicator").unwrap());
        let differ = |field: &str| name(indicators[0], field) != name(indicators[1], field);
        let alike = indicators[0] == indicators[1];
        let subjects = both.map(|at| self.one(at, "subject").unwrap());
        let is_part = |part: At, whole: At| self.is_part(part, whole, &["partOf", "possiblyPartOf"]);
        let is_set = |at: At| self.recs[at].kind.name == "Group";
        let is_within = |part: At, whole: At| match self.recs[part].kind.name {
            _ if is_set(part) || is_set(whole) => self.is_subject_within(part, whole, 0),
            "Pairing" => self.is_part(part, whole, &["partOf"]),
            _ => self.recs[part].kind.implements("Region") && self.above(part).contains(&whole),
        };
        let shares = || {
            let members = subjects
                .map(|at| if self.recs[at].kind.name == "Group" { self.many(at, "members") } else { Vec::new() });
            subjects[0] != subjects[1] && members[0].iter().any(|member| members[1].contains(member))
        };
        let end = |at: At, end: &str| match self.what(at, "period") {
            What::Struct(Some(period)) => match period.get(end) {
                Some(Plain::Date(date)) => Some(*date),
                _ => None,
            },
            _ => None,
        };
        let same = |field: &str| self.one(left, field) == self.one(right, field);
        // Of one subject and counterpart: a running total holds every other figure, and periods must not overlap.
        let begins_within = |early: At, late: At| match (end(early, "end"), end(late, "start")) {
            (Some(end), Some(start)) => start.first() <= end.last(),
            _ => true,
        };
        let again = alike && same("subject") && same("counterpart");
        let running = both.iter().any(|at| end(*at, "start").is_none());
        let rules = [
            (name(left, "nature") != name(right, "nature"), "nature"),
            (indicators.iter().any(|indicator| name(*indicator, "perUnit").is_some()), "rate"),
            (differ("unit"), "unit"),
            (differ("money"), "money"),
            (!alike && name(indicators[0], "money").is_none(), "things"),
            (either(&is_part, both), "part"),
            (alike && subjects[0] != subjects[1] && either(&is_within, subjects), "within"),
            (alike && shares(), "members in common"),
            (again && running, "running total"),
            (again && begins_within(left, right) && begins_within(right, left), "overlap"),
        ];
        rules.iter().find(|(broken, _)| *broken).map(|(_, rule)| *rule)
    }

    /// Whether what one figure is about is a part of what another is about, step by step upwards.
    fn is_subject_within(&self, part: At, whole: At, climbed: usize) -> bool {
        if climbed > 12 {
            return false;
        }
        let kind = self.recs[part].kind;
        let mut above = self.many(part, "memberOf");
        if kind.name == "Pairing" || kind.name == "Group" {
            above.extend(self.one(part, "partOf"));
        }
        above.extend(if kind.implements("Region") { self.one(part, "parent") } else { None });
        let members_are = self.value(part, "memberKind").map(|kind| kind.text()).unwrap_or_default();
        if kind.name == "Group" && ["REGION", "COUNTY", "TOWN", "VILLAGE"].contains(&members_are.as_str()) {
            above.extend(self.many(part, "within").into_iter().filter(|at| self.recs[*at].kind.implements("Region")));
        }
        above.into_iter().any(|at| at == whole || self.is_subject_within(at, whole, climbed + 1))
    }

    /// Whether one record is a part of another, or of a part of it, by some of its fields.
    fn is_part(&self, part: At, whole: At, by: &[&str]) -> bool {
        by.iter()
            .filter_map(|field| self.one(part, field))
            .any(|above| above == whole || self.is_part(above, whole, by))
    }
}

/// A key, and whether it goes down.
#[derive(PartialEq, Eq)]
struct Standing(Key, bool);

impl Ord for Standing {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.stands(&other.0, self.1)
    }
}

impl PartialOrd for Standing {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The direction at the end of an order's path.
fn is_descending(path: &Json) -> bool {
    match path {
        Json::String(direction) => direction == "DESC",
        path => fields(path).any(|(name, inner)| name != "filter" && is_descending(inner)),
    }
}

/// The name of a measure, with that within a struct, and the reckoning, of an entry such as `period: { end: { max: ASC } }`.
fn dotted(name: &str, inner: &Json) -> (String, String) {
    let Some((below, inner)) = fields(inner).next() else { return (name.to_owned(), "distinct".to_owned()) };
    if inner.is_string() { (name.to_owned(), below.to_owned()) } else { dotted(&format!("{name}.{below}"), inner) }
}

/// Whether a field can be added up.
pub fn is_number(of: &str, name: &str) -> bool {
    matches!((of, name), ("Observation", "value") | ("Group", "size"))
}
