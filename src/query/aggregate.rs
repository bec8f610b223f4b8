//! Aggregates: what passes a connection's filter, in groups.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::arguments::Arguments;
use super::connection::Rows;
use super::error::FieldError;
use super::filter::Conditions;
use super::given::Given;
use super::paging::{PageInfo, Paging, cursor};
use super::path::{Found, Path};
use super::scope::Scope;
use super::sum::{Number, Sum};
use super::tally::{Measure, Reckoning, Tally, Wanted, measure_named, measures_of};
use crate::config::GROUPS_MAX;
use crate::model::value::{Leaf, Scalar};
use crate::store::Direction;
use crate::store::Stored;

/// How records are grouped, and what of them is reckoned: the arguments of `aggregate`, compiled.
#[derive(Debug)]
pub struct Grouping {
    by: Vec<Path>,
    having: Vec<(Reckoned, Conditions)>,
    order: Vec<(Reckoned, bool)>,
    /// What is reckoned, by its dotted name.
    measures: Vec<(&'static str, Measure)>,
    mark: u32,
    /// All of it as text, by which what comes of it is remembered.
    text: String,
}

/// What an order of groups, or a condition on them, looks at.
#[derive(Debug, Clone)]
enum Reckoned {
    Keys,
    Count,
    Of(&'static str, Reckoning),
}

/// One group.
#[derive(Clone)]
pub struct Group {
    /// What its records share; nothing where they have no value.
    pub keys: Vec<Option<Found>>,
    /// How many they are.
    pub count: u64,
    /// Where it stands on its page.
    pub cursor: String,
    reckoned: Vec<(&'static str, Tally)>,
}

/// The page of groups that arguments chose.
pub struct Groups {
    /// In their order.
    pub items: Vec<Group>,
    /// How many groups there are in all.
    pub total: usize,
    info: PageInfo,
}

impl Groups {
    /// Where the page stands.
    pub fn page_info(&self) -> PageInfo {
        self.info.clone()
    }
}

impl Group {
    /// How many bytes it takes, roughly.
    fn weight(&self) -> usize {
        let keys = self.keys.iter().flatten().map(|key| 100 + key.sortable().len());
        size_of::<Self>() + keys.sum::<usize>() + self.reckoned.len() * 400
    }

    /// The dotted name of a measure within a struct, where it is reckoned.
    pub fn within(&self, of: &str, name: &str) -> Option<&'static str> {
        let is_it = |known: &&str| known.split_once('.') == Some((of, name));
        self.reckoned.iter().map(|(known, _)| *known).find(is_it)
    }

    /// What is reckoned of a measure.
    pub fn tally(&self, measure: &str) -> Option<&Tally> {
        self.reckoned.iter().find(|(name, _)| *name == measure).map(|(_, tally)| tally)
    }
}

impl Grouping {
    /// The arguments of `aggregate` on the records of a type.
    pub fn compile(of: &'static str, arguments: &Arguments) -> Result<Self, FieldError> {
        let given = |name: &str| arguments.get(name).map(|value| Given::share(name, value)).transpose();
        let by = given("groupBy")?;
        let by = by.map_or(Ok(Vec::new()), |by| Path::compile_each(of, "groupBy", &by))?;
        let having = given("having")?;
        let order = given("orderBy")?;
        let order: Vec<_> =
            order.iter().flat_map(|order| order.items()).filter_map(|item| reckoned(of, item)).collect();
        let having = conditions(of, "", having.as_deref())?;
        let asked = arguments.asked().of("nodes");
        let mut measures = Vec::new();
        for measurable in measures_of(of) {
            let name = measurable.name.as_str();
            let here = name.split('.').fold(asked.clone(), |asked, part| asked.of(part));
            let used = |reckoning: Reckoning| {
                let is_it = |at: &Reckoned| matches!(at, Reckoned::Of(known, of) if *known == name && *of == reckoning);
                order.iter().any(|(at, _)| is_it(at)) || having.iter().any(|(at, _)| is_it(at))
            };
            let wants = |(named, reckoning): &(&str, Reckoning)| here.has(named) || used(*reckoning);
            if Reckoning::ALL.iter().any(wants) {
                let wanted = Wanted {
                    sum: wants(&("sum", Reckoning::Sum)) || wants(&("avg", Reckoning::Avg)),
                    total: wants(&("total", Reckoning::Total)),
                    range: wants(&("min", Reckoning::Min)) || wants(&("max", Reckoning::Max)),
                    distinct: wants(&("distinct", Reckoning::Distinct)),
                };
                measures.push((name, Measure::compile(of, measurable, wanted)?));
            }
        }
        let mark =
            crc32fast::hash(format!("{of}{:?}{:?}", arguments.get("groupBy"), arguments.get("orderBy")).as_bytes());
        let wanted: Vec<_> = measures.iter().map(|(name, measure)| (name, measure.wanted)).collect();
        let argument = |name: &str| arguments.get(name).map(ToString::to_string).unwrap_or_default();
        let text = format!("{} {} {} {wanted:?}", argument("groupBy"), argument("having"), argument("orderBy"));
        Ok(Self { by, having, order, measures, mark, text })
    }

    /// The page of groups of what a connection chooses from.
    pub fn groups(&self, scope: &Scope, rows: &Rows<'_>, arguments: &Arguments) -> Result<Groups, FieldError> {
        let mut mark = [4; 5];
        mark[1..].copy_from_slice(&self.mark.to_be_bytes());
        let paging = Paging::read(arguments, &mark)?;
        let all = scope.reckoned(
            || rows.remembered_by().map(|rows| format!("groups of {rows} {}", self.text)),
            || self.all(scope, rows),
            |all| all.iter().map(|(position, group)| position.len() + group.weight()).sum(),
        )?;
        page(&all, mark, &paging)
    }

    /// All groups that are kept, in their order, each with its position.
    fn all(&self, scope: &Scope, rows: &Rows<'_>) -> Result<Vec<(Vec<u8>, Group)>, FieldError> {
        let mut groups: BTreeMap<Vec<u8>, Group> = BTreeMap::new();
        if self.by.is_empty() {
            // All that pass are one group, even if none does.
            groups.insert(Vec::new(), self.group(Vec::new()));
        }
        rows.each(|record| {
            for keys in self.keys(scope, record)? {
                let sortable = sortable(&keys);
                if groups.len() == GROUPS_MAX && !groups.contains_key(&sortable) {
                    return Err(too_many_groups());
                }
                let group = groups.entry(sortable).or_insert_with(|| self.group(keys));
                group.count += 1;
                for ((_, measure), (_, tally)) in self.measures.iter().zip(&mut group.reckoned) {
                    tally.add(scope, measure, record)?;
                }
            }
            Ok(())
        })?;
        let mut kept = Vec::new();
        for (sortable, mut group) in groups {
            for (_, tally) in &mut group.reckoned {
                tally.finish(scope)?;
            }
            scope.look_at_the_clock()?;
            if self.keeps(&group) {
                let mut position = self.position(&group);
                position.extend_from_slice(&sortable);
                kept.push((position, group));
            }
        }
        kept.sort_by(|(left, _), (right, _)| left.cmp(right));
        Ok(kept)
    }

    fn group(&self, keys: Vec<Option<Found>>) -> Group {
        let reckoned = self.measures.iter().map(|(name, measure)| (*name, Tally::of(measure)));
        Group { keys, count: 0, cursor: String::new(), reckoned: reckoned.collect() }
    }

    /// The groups that a record is in: one for each way that its paths fall, where a path leads to several.
    fn keys(&self, scope: &Scope, record: &Stored<'_>) -> Result<Vec<Vec<Option<Found>>>, FieldError> {
        let mut all = vec![Vec::with_capacity(self.by.len())];
        for path in &self.by {
            let mut found: Vec<Option<Found>> = Vec::new();
            // Mostly there is one; where there are many, they are told apart by a set.
            let mut met = HashSet::new();
            path.each(scope, record, &mut |value| {
                if met.is_empty() {
                    met.extend(found.iter().flatten().map(Found::sortable));
                }
                if found.is_empty() || met.insert(value.sortable()) {
                    found.push(Some(value));
                }
                Ok(())
            })?;
            if found.is_empty() {
                found.push(None);
            }
            if all.len().saturating_mul(found.len()) > GROUPS_MAX {
                return Err(too_many_groups());
            }
            let mut longer = Vec::with_capacity(all.len() * found.len());
            for keys in &all {
                for value in &found {
                    longer.push([keys.as_slice(), std::slice::from_ref(value)].concat());
                }
                scope.look_at_the_clock()?;
            }
            all = longer;
        }
        Ok(all)
    }

    fn keeps(&self, group: &Group) -> bool {
        self.having.iter().all(|(reckoned, conditions)| match reckoned {
            Reckoned::Keys => true,
            Reckoned::Count => conditions.hold(Some(&count(group.count))),
            Reckoned::Of(name, reckoning) => match (group.tally(name), reckoning) {
                (None, _) => false,
                (Some(tally), Reckoning::Sum) => conditions.hold_of_sum(tally.sum.as_ref().unwrap_or(&Sum::default())),
                (Some(tally), Reckoning::Distinct) => conditions.hold(Some(&count(tally.distinct as u64))),
                (Some(tally), reckoning) => conditions.hold(tally.read(*reckoning).map(Leaf::Owned).as_ref()),
            },
        })
    }

    /// What a group stands by; its keys follow, so that no two stand alike.
    fn position(&self, group: &Group) -> Vec<u8> {
        let mut position = Vec::new();
        for (reckoned, descending) in &self.order {
            let mut stand = |bytes: Option<Vec<u8>>| match bytes {
                None => position.push(1),
                Some(bytes) => {
                    position.push(0);
                    let flip = if *descending { u8::MAX } else { 0 };
                    position.extend(bytes.iter().map(|byte| byte ^ flip));
                }
            };
            match reckoned {
                Reckoned::Keys => group.keys.iter().for_each(|key| stand(key.as_ref().map(Found::sortable))),
                Reckoned::Count => stand(Some(group.count.to_be_bytes().to_vec())),
                Reckoned::Of(name, reckoning) => {
                    stand(group.tally(name).and_then(|tally| tally.sortable(*reckoning)));
                }
            }
        }
        position
    }
}

fn too_many_groups() -> FieldError {
    FieldError::limit(format!("there are more than {GROUPS_MAX} groups; narrow the filter, or group by less"))
}

fn count(number: u64) -> Leaf<'static> {
    Leaf::Int(i32::try_from(number).unwrap_or(i32::MAX))
}

/// Bytes that compare as keys do. What has no value stands last.
fn sortable(keys: &[Option<Found>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for key in keys {
        match key {
            None => bytes.push(1),
            Some(found) => {
                bytes.push(0);
                bytes.extend(found.sortable());
            }
        }
    }
    bytes
}

fn page(all: &[(Vec<u8>, Group)], mark: [u8; 5], paging: &Paging) -> Result<Groups, FieldError> {
    let total = all.len();
    let begins = paging.after.as_ref().map_or(0, |after| all.partition_point(|(position, _)| position <= after));
    let ends = paging.before.as_ref().map_or(total, |before| all.partition_point(|(position, _)| position < before));
    let ends = ends.max(begins);
    let (from, until) = match paging.direction {
        Direction::Forward => (begins, ends.min(begins + paging.size)),
        Direction::Backward => (begins.max(ends.saturating_sub(paging.size)), ends),
    };
    let items = all[from..until].iter();
    let items: Vec<_> =
        items.map(|(position, group)| Group { cursor: cursor(&mark, position), ..group.clone() }).collect();
    let at = |group: Option<&Group>| group.map(|group| group.cursor.clone());
    let info =
        PageInfo { has_next: until < total, has_previous: from > 0, start: at(items.first()), end: at(items.last()) };
    Ok(Groups { items, total, info })
}

/// One entry of an order of groups: an object with one field, down to the direction.
fn reckoned(of: &str, given: &Arc<Given>) -> Option<(Reckoned, bool)> {
    let mut name = String::new();
    let mut at = given;
    while let Some((part, inner)) = at.fields().next() {
        let descending = inner.text() == "DESC";
        match (name.is_empty(), part, Reckoning::named(part)) {
            (true, "keys", _) => return Some((Reckoned::Keys, descending)),
            (true, "count", _) => return Some((Reckoned::Count, descending)),
            (false, _, Some(reckoning)) => {
                return Some((Reckoned::Of(&measure_named(of, &name)?.name, reckoning), descending));
            }
            (empty, part, _) => {
                if !empty {
                    name.push('.');
                }
                name.push_str(part);
            }
        }
        at = inner;
    }
    None
}

/// The conditions on groups, each with what it looks at; those on a measure, or on those of a struct, by its dotted name.
fn conditions(of: &str, name: &str, given: Option<&Given>) -> Result<Vec<(Reckoned, Conditions)>, FieldError> {
    let mut all = Vec::new();
    for (part, inner) in given.into_iter().flat_map(Given::fields) {
        let of_number = Number::named(of, name).is_ok();
        match Reckoning::named(part) {
            _ if name.is_empty() && part == "count" => {
                all.push((Reckoned::Count, Conditions::compile(Scalar::Int, inner)?));
            }
            Some(reckoning) if !name.is_empty() => {
                let scalar = match reckoning {
                    Reckoning::Distinct => Scalar::Int,
                    Reckoning::Sum | Reckoning::Total | Reckoning::Avg => Scalar::Decimal,
                    Reckoning::Min | Reckoning::Max if of_number => Scalar::Decimal,
                    Reckoning::Min | Reckoning::Max => Scalar::PartialDate,
                };
                let measure = measure_named(of, name)
                    .ok_or_else(|| FieldError::internal(format!("{of} has no {name} to reckon")))?;
                all.push((Reckoned::Of(&measure.name, reckoning), Conditions::compile(scalar, inner)?));
            }
            _ if name.is_empty() => all.extend(conditions(of, part, Some(inner))?),
            _ => all.extend(conditions(of, &format!("{name}.{part}"), Some(inner))?),
        }
    }
    Ok(all)
}
