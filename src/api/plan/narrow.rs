//! What to narrow in a question that reads too much: the field, and of its arguments the one that most is read for.

use std::fmt;

use serde_json::{Value, json};

use super::cost::{Of, Sizes, led_to};
use super::{Action, Field, Plan};
use crate::api::error::{GraphqlError, Segment};
use crate::query::arguments::Arguments;
use crate::query::error::Code;
use crate::query::object::Resolver;
use crate::query::scope::READS;

/// What to narrow.
pub struct Narrow {
    /// The field, by the names that lead to it in the answer.
    pub field: String,
    /// Its argument, with the relation in it that leads farthest: `filter.children`.
    pub argument: Option<String>,
    /// Where the field stands in the document.
    pub location: (usize, usize),
}

impl fmt::Display for Narrow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "narrow `{}`", self.field)?;
        match &self.argument {
            Some(argument) => write!(out, " by its argument `{argument}`"),
            None => Ok(()),
        }
    }
}

/// The refusal of what would cost, or did cost, too much, with what programs learn of it.
pub fn told(error: GraphqlError, limit: Option<u64>, cost: u64, narrow: Option<Narrow>) -> GraphqlError {
    let error = match limit {
        Some(limit) => error.with("bound", "cost").with("limit", limit),
        None => error,
    };
    let error = error.with("cost", cost);
    match narrow {
        Some(Narrow { field, argument, .. }) => error.with("narrow", json!({ "field": field, "argument": argument })),
        None => error,
    }
}

impl Plan {
    /// Says in an error that met the bound of reads what the answer was reckoned to cost, and what to narrow.
    pub fn tell_cost(&self, error: &mut GraphqlError, bound: &[Arguments], cost: u64, sizes: Sizes<'_>) {
        let met_reads = error.detail.iter().any(|(name, value)| *name == "bound" && value == READS);
        if error.code != Code::LimitExceeded.into() || !met_reads {
            return;
        }
        let path = error.path.iter().filter_map(|segment| match segment {
            Segment::Field(name) => Some(name.as_str()),
            Segment::Index(_) => None,
        });
        let path: Vec<_> = path.collect();
        let narrow = self.narrow(bound, sizes, &path);
        let most = narrow.as_ref().map(|Narrow { field, argument, .. }| match argument {
            Some(argument) => format!(", the most of them for `{argument}` of `{field}`"),
            None => format!(", the most of them for `{field}`"),
        });
        let message = format!("{}; it may read {cost} in all{}", error.message, most.unwrap_or_default());
        *error = told(GraphqlError { message, ..error.clone() }, None, cost, narrow);
    }

    /// What to narrow: the connection or question below the root that costs most; where that is the one in which a path
    /// ends, what stands nearest to its end.
    pub(super) fn narrow(&self, bound: &[Arguments], sizes: Sizes<'_>, path: &[&str]) -> Option<Narrow> {
        let mut memo = vec![None; self.sets.len()];
        let mut cost = |field: &Field| self.field_cost(field, bound, sizes, 1, &mut memo);
        let roots = &self.sets[self.root].fields;
        let dearest = roots.iter().rev().max_by_key(|field| cost(field))?;
        let (mut at, mut names) = (dearest, vec![dearest.name.as_str()]);
        if path.first() == Some(&dearest.name.as_str()) {
            let (mut below, mut met) = (dearest, names.clone());
            for name in &path[1..] {
                let fields = below.selected.sets().flat_map(|set| &self.sets[set].fields);
                let Some(field) = fields.into_iter().find(|field| field.name == *name) else { break };
                below = field;
                met.push(name);
                if below.is_page() && !matches!(below.action, Action::Resolve(Resolver::Aggregate)) {
                    (at, names) = (below, met.clone());
                }
            }
        } else {
            // Down to the connection that multiplies.
            while !at.is_page()
                && let Some(inner) = self.inner(at)
                && let Some(next) = self.sets[inner].fields.iter().max_by_key(|field| cost(field))
            {
                at = next;
                names.push(next.name.as_str());
            }
        }
        let argument = self.dearest_argument(at, bound, sizes);
        Some(Narrow { field: names.join("."), argument, location: at.location })
    }

    /// The argument of a field that most is read for.
    fn dearest_argument(&self, field: &Field, bound: &[Arguments], sizes: Sizes<'_>) -> Option<String> {
        if matches!(field.action, Action::Resolve(Resolver::Root(_))) {
            let argument = match field.schema_name {
                "nodes" => "ids",
                "search" => "text",
                "resolve" => "names",
                "path" | "neighborhood" => "depth",
                "coverage" => "within",
                "withdrawal" => "of",
                _ => return None,
            };
            return Some(argument.to_owned());
        }
        if !field.is_page() {
            return None;
        }
        let arguments = field.arguments(bound);
        let page = if arguments.get("last").is_some() { "last" } else { "first" };
        let all = self.field_cost(field, bound, sizes, 1, &mut vec![None; self.sets.len()]);
        let looked_at = self.looked_at(field, bound, sizes, Of::One);
        if all.saturating_sub(looked_at) >= looked_at {
            return Some(page.to_owned());
        }
        if field.walks() {
            return Some("level".to_owned());
        }
        let (of, rows) = field.chooses_from(arguments, true, sizes, Of::One)?;
        let given = |name: &'static str| Some((name, arguments.get(name)?));
        let led = [given("filter"), given("orderBy")].into_iter().flatten();
        let (name, far) = led.map(|(name, given)| (name, farthest(of, given, rows, sizes))).max_by_key(far_of)?;
        match far {
            (Some(inner), led) if led >= rows => Some(format!("{name}.{inner}")),
            _ => Some(name.to_owned()),
        }
    }
}

/// A condition or an entry of an order, and how many records it leads to.
type Far = (Option<String>, u64);

fn far_of(far: &(&'static str, Far)) -> u64 {
    far.1.1
}

/// The condition, or the entry of an order, that leads to most records.
fn farthest(of: &str, given: &Value, rows: u64, sizes: Sizes<'_>) -> Far {
    let each: Vec<Far> = match given {
        Value::Array(items) => items.iter().map(|item| farthest(of, item, rows, sizes)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, inner)| match name.as_str() {
                "and" | "or" | "not" => farthest(of, inner, rows, sizes),
                _ => (Some(name.clone()), led_to(of, &json!({ name.as_str(): inner }), rows, sizes)),
            })
            .collect(),
        _ => Vec::new(),
    };
    each.into_iter().rev().max_by_key(|(_, led)| *led).unwrap_or_default()
}
