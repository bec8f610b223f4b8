//! What a plan may cost: how many records it may read, reckoned before anything is read.

use serde_json::Value;

use super::{Action, Field, Plan, Selected, SetId, Source};
use crate::config::{
    COST_OF_LONG, NODES_MAX, PAGE_DEFAULT, REMEMBERED_RECORDS, RESOLVE_LOOKS_MAX, SEARCH_LOOKS_MAX, WALK_NODES_MAX,
};
use crate::model::catalog::{Kind, NODE, Output, REGION};
use crate::model::closed::LEVEL;
use crate::model::kinds::{AGREEMENT, GROUP, LEVELS, LINK, PAIRING, kinds_of};
use crate::query::arguments::Arguments;
use crate::query::connection::Back;
use crate::query::filter::rows_that_pay;
use crate::query::object::Resolver;
use crate::query::relation::{Relation, What, member};

/// How many records of a kind there are.
pub type Sizes<'s> = &'s dyn Fn(&'static Kind) -> u64;

/// How long a list is reckoned to be whose length is not known before it is read.
const LIST_ROWS: u64 = 1_000;

/// How many edges a record is reckoned to have where it may have several, such as its citations: nobody counts them.
const EDGES_OF_A_LIST: u64 = 4;

/// Of how many of its records a field is reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Of one, at the mean.
    One,
    /// Of all that there are, each once.
    All,
}

impl Plan {
    /// Reckons the cost with bound arguments: how many records may be read, those that the answer may hold and those that are
    /// looked at to find them. A page counts as many records as it may hold, each with all below it; where that comes to
    /// much, no more than there are for all pages together.
    pub(super) fn cost_rows(&self, bound: &[Arguments], sizes: Sizes<'_>) -> u64 {
        let mut memo = vec![None; self.sets.len()];
        let apart = self.set_cost(self.root, bound, sizes, 1, &mut memo);
        if apart <= COST_OF_LONG { apart } else { self.cost_together(bound, sizes, memo) }
    }

    pub(super) fn inner(&self, field: &Field) -> Option<SetId> {
        match &field.selected {
            Selected::Nothing => None,
            Selected::Always(set) => Some(*set),
            Selected::ByKind(sets) => sets.iter().flatten().next().copied(),
        }
    }

    pub(super) fn set_cost(
        &self,
        set: SetId,
        bound: &[Arguments],
        sizes: Sizes<'_>,
        page: u64,
        memo: &mut [Option<u64>],
    ) -> u64 {
        // Below a connection the page's size is a factor of its nodes: not part of what is remembered.
        let of_page = self.sets[set].fields.iter().any(Field::is_of_page);
        if let (Some(known), false) = (memo[set], of_page) {
            return known;
        }
        let cost = self.sets[set].fields.iter().map(|field| self.field_cost(field, bound, sizes, page, memo));
        let cost = cost.fold(0u64, u64::saturating_add);
        memo[set] = Some(cost);
        cost
    }

    pub(super) fn field_cost(
        &self,
        field: &Field,
        bound: &[Arguments],
        sizes: Sizes<'_>,
        page: u64,
        memo: &mut [Option<u64>],
    ) -> u64 {
        let own_page = field.page(bound, sizes);
        let factor = match field.action {
            Action::Resolve(Resolver::Root(_)) => own_page,
            _ if field.is_of_page() => page,
            _ => field.listed(),
        };
        let inner = match &field.selected {
            Selected::Nothing => return 0,
            Selected::Always(set) => self.set_cost(*set, bound, sizes, own_page, memo),
            Selected::ByKind(sets) => {
                sets.iter().flatten().map(|set| self.set_cost(*set, bound, sizes, own_page, memo)).max().unwrap_or(0)
            }
        };
        factor.saturating_mul(inner.saturating_add(1)).saturating_add(self.looked_at(field, bound, sizes, Of::One))
    }

    /// How many records are looked at beside those of a field's page: all that there are, once for each walk of them that is
    /// asked, be it for the page, for its count or for groups, with what its filter, its order and its groups lead to. An
    /// index may spare most of them; that is found out when it is asked, and asking costs too.
    pub(super) fn looked_at(&self, field: &Field, bound: &[Arguments], sizes: Sizes<'_>, of: Of) -> u64 {
        let arguments = field.arguments(bound);
        if matches!(field.action, Action::Resolve(Resolver::Root(_))) {
            return root_reads(field.schema_name, arguments, sizes);
        }
        let (filter, order) = (arguments.get("filter"), arguments.get("orderBy"));
        let groups = self.aggregates(field);
        let chooses = filter.is_some() || order.is_some() || !groups.is_empty();
        let Some((ty, rows)) = field.chooses_from(arguments, chooses, sizes, of) else { return 0 };
        let led = |given: Option<&Value>| given.map_or(0, |given| led_to(ty, given, rows, sizes));
        // Where no cover has the records, each edge is read before what it leads to.
        let uncovered = matches!(field.action, Action::Resolve(Resolver::Back(_, back)) if back.cover.is_none());
        let edges_before = if uncovered { rows } else { 0 };
        let walk = rows.saturating_add(edges_before).saturating_add(led(filter));
        let paged = ["edges", "nodes", "pageInfo"].iter().any(|asked| arguments.asks(asked));
        let sorted = order.is_some() && paged;
        let mut all = match field.action {
            _ if field.walks() => rows,
            Action::Resolve(Resolver::Special(_)) => field.mean(reached(ty, sizes), sizes),
            _ => 0,
        };
        if paged && (filter.is_some() || sorted) {
            // What is on an unsorted page was met on the walk.
            let page = if sorted { 0 } else { field.page(bound, sizes) };
            all = all.saturating_add(walk.saturating_add(led(order)).saturating_sub(page.min(rows)));
        }
        // The one behind a page says whether there are more.
        if paged && matches!(field.action, Action::Resolve(Resolver::Back(..))) {
            let page = field.page(bound, sizes).saturating_add(1);
            let edges = if uncovered { if of == Of::All { rows } else { page } } else { 0 };
            all = all.saturating_add(edges).saturating_add(1);
        }
        // The edges that lead to a record are counted one after the other: no index has their number. A sorted page that is
        // filtered has met all that pass.
        let edges = matches!(field.action, Action::Resolve(Resolver::Back(..)));
        if arguments.asks("totalCount") && (edges || filter.is_some()) && !(sorted && filter.is_some()) {
            all = all.saturating_add(walk);
        }
        for aggregate in groups {
            let by = aggregate.arguments(bound).get("groupBy");
            all = all.saturating_add(walk).saturating_add(led(by));
        }
        let from_all = matches!(field.action, Action::Resolve(Resolver::RootKind(_)));
        match filter.filter(|_| from_all) {
            Some(filter) => all.saturating_add(attempts(ty, filter, rows_that_pay(rows))),
            None => all,
        }
    }

    /// The fields of a connection that group its records.
    fn aggregates(&self, field: &Field) -> Vec<&Field> {
        let inner = self.inner(field).map(|set| self.sets[set].fields.as_slice()).unwrap_or_default();
        inner.iter().filter(|field| matches!(field.action, Action::Resolve(Resolver::Aggregate))).collect()
    }
}

impl Field {
    /// Whether it is a connection, which multiplies what is below it.
    pub(super) fn is_page(&self) -> bool {
        matches!(
            self.action,
            Action::Resolve(
                Resolver::Forward(..)
                    | Resolver::Back(..)
                    | Resolver::RootKind(_)
                    | Resolver::Special(_)
                    | Resolver::Aggregate
                    | Resolver::PlainNodes(..)
                    | Resolver::Root(_)
            )
        )
    }

    /// How many objects a field that is no page is reckoned to give.
    pub(super) fn listed(&self) -> u64 {
        match self.action {
            Action::Resolve(Resolver::Targets(..) | Resolver::Structs(_)) => EDGES_OF_A_LIST,
            _ => 1,
        }
    }

    /// Whether it is read once for each node of its connection's page.
    pub(super) fn is_of_page(&self) -> bool {
        matches!(self.action, Action::Resolve(Resolver::Edges | Resolver::Nodes))
    }

    /// The type of its records and how many it chooses from, where it is a connection. `all` says that all of them are looked
    /// at, not just counted.
    pub(super) fn chooses_from(
        &self,
        arguments: &Arguments,
        all: bool,
        sizes: Sizes<'_>,
        asked_of: Of,
    ) -> Option<(&'static str, u64)> {
        let Action::Resolve(resolver) = &self.action else { return None };
        Some(match resolver {
            Resolver::RootKind(kind) => (kind.name, sizes(kind)),
            Resolver::Back(of, back) if asked_of == Of::All => (*of, edges(of, *back, sizes)),
            Resolver::Back(of, back) => {
                let mean = self.mean(edges(of, *back, sizes), sizes);
                (*of, if all { mean.max(LIST_ROWS) } else { mean })
            }
            Resolver::Forward(_, edge) => (edge.target, LIST_ROWS),
            Resolver::PlainNodes(_, of) => (*of, size_of(of, sizes)),
            Resolver::Special(_) if self.walks() && asked_of == Of::All => (REGION, levels_to(arguments, sizes)),
            Resolver::Special(_) if self.walks() => (REGION, self.mean(levels_to(arguments, sizes), sizes)),
            Resolver::Special(_) => (self.special_of(), LIST_ROWS),
            _ => return None,
        })
    }

    /// Whether all that it may hold is read for whatever is asked of it.
    pub(super) fn walks(&self) -> bool {
        matches!(self.action, Action::Resolve(Resolver::Special(_))) && self.schema_name == "descendants"
    }

    /// So many records as are reckoned to each record that the field is asked of, if they lead to so many in all. Records of
    /// one page mostly lead to different ones, as regions do to what is below them; were each reckoned to lead to all, a page
    /// of a whole level would be refused.
    fn mean(&self, all: u64, sizes: Sizes<'_>) -> u64 {
        self.of.map_or(all, |kind| all.div_ceil(sizes(kind).max(1)))
    }

    /// The type of the nodes of a special's connection.
    fn special_of(&self) -> &'static str {
        let special = self.of.and_then(|kind| kind.all_specials().find(|special| special.name == self.schema_name));
        match special.map(|special| &special.output) {
            Some(Output::Connection { of, .. } | Output::List(of)) => of,
            _ => "",
        }
    }

    pub(super) fn arguments<'b>(&'b self, bound: &'b [Arguments]) -> &'b Arguments {
        match &self.arguments {
            Source::Constant(arguments) => arguments,
            Source::Dynamic(place) => &bound[*place],
        }
    }

    /// How many nodes its page may hold: no more than there are, where each is in it once.
    pub(super) fn page(&self, bound: &[Arguments], sizes: Sizes<'_>) -> u64 {
        let arguments = self.arguments(bound);
        if matches!(self.action, Action::Resolve(Resolver::Root(_))) {
            let ids = arguments.get("ids").and_then(Value::as_array);
            return ids.map_or(1, |ids| ids.len().min(NODES_MAX) as u64);
        }
        let size = arguments.int("first").or_else(|| arguments.int("last"));
        let size = size.map_or(PAGE_DEFAULT as u64, |size| u64::try_from(size).unwrap_or(0));
        match self.action {
            Action::Resolve(Resolver::RootKind(kind)) => size.min(sizes(kind)),
            Action::Resolve(Resolver::Back(of, back)) if !has_several(of, back) => size.min(size_of(of, sizes)),
            Action::Resolve(Resolver::Special(_)) if self.schema_name == "descendants" => {
                size.min(levels_to(arguments, sizes))
            }
            _ => size,
        }
    }
}

/// How many records there are of a type.
pub(super) fn size_of(of: &str, sizes: Sizes<'_>) -> u64 {
    kinds_of(of).map(sizes).fold(0, u64::saturating_add)
}

/// How many records of a type specials reach in all: by way of others, and some from several.
fn reached(of: &str, sizes: Sizes<'_>) -> u64 {
    EDGES_OF_A_LIST.saturating_mul(size_of(of, sizes).saturating_add(sizes(&PAIRING)))
}

/// Whether a record of a type may have several of the edges that are gone back along.
pub(super) fn has_several(of: &str, back: Back) -> bool {
    let field = kinds_of(of).next().and_then(|kind| kind.slots().nth(back.slot));
    field.and_then(|(_, field)| field.as_edge()).is_none_or(|edge| edge.is_list())
}

/// How many edges of records of a type there are, as far as that can be told.
fn edges(of: &str, back: Back, sizes: Sizes<'_>) -> u64 {
    let each = if has_several(of, back) { EDGES_OF_A_LIST } else { 1 };
    size_of(of, sizes).saturating_mul(each)
}

/// How many regions can stand above one of a type: those of higher levels.
fn regions_above(of: &str, sizes: Sizes<'_>) -> u64 {
    let lowest = kinds_of(of).map(|kind| kind.tag).max().unwrap_or_default();
    LEVELS.iter().filter(|level| level.tag < lowest).map(|level| sizes(level)).fold(0, u64::saturating_add)
}

/// How many regions there are down to the level that an argument names.
pub(super) fn levels_to(arguments: &Arguments, sizes: Sizes<'_>) -> u64 {
    let last = arguments.text("level").and_then(|level| LEVEL.code(level)).map_or(LEVELS.len(), usize::from);
    LEVELS.iter().take(last).map(|level| sizes(level)).fold(0, u64::saturating_add)
}

/// How many records a question of the root may read by its bounds, beside those that it shows.
fn root_reads(name: &str, arguments: &Arguments, sizes: Sizes<'_>) -> u64 {
    let most = |bound: usize, of: &str| size_of(of, sizes).min(bound as u64);
    let pairings = sizes(&PAIRING);
    match name {
        "search" => most(SEARCH_LOOKS_MAX, NODE),
        "resolve" => {
            let names = arguments.get("names").and_then(Value::as_array).map_or(1, Vec::len) as u64;
            names.saturating_mul(LEVELS.iter().map(|level| sizes(level).min(RESOLVE_LOOKS_MAX as u64)).sum())
        }
        // Each record and the edge that leads to it, and what stands between two from both of its sides.
        "path" | "neighborhood" => 2 * (most(WALK_NODES_MAX, NODE) + pairings + sizes(&AGREEMENT) + sizes(&LINK)),
        // The regions down to the level, the sets that may hold some, and the pairings from both of their sides.
        "coverage" => levels_to(arguments, sizes) + sizes(&GROUP) + 2 * pairings,
        // The pairings of the party, and those of each party on their other side.
        "withdrawal" => 3 * pairings,
        _ => 0,
    }
}

/// How many records are read where so many lead to one each: what many of them lead to is remembered.
fn once_each(rows: u64, all: u64) -> u64 {
    if all <= REMEMBERED_RECORDS { rows.min(all) } else { rows }
}

/// How many entries of indexes are read to find out whether one serves a filter: of each condition up to as many as pay, and
/// of one on a relation as many of the targets.
fn attempts(of: &str, given: &Value, most: u64) -> u64 {
    let fields = match given {
        Value::Array(items) => return items.iter().map(|item| attempts(of, item, most)).fold(0, u64::saturating_add),
        Value::Object(fields) => fields,
        _ => return 0,
    };
    let Some(kind) = kinds_of(of).next() else { return 0 };
    let each = fields.iter().map(|(name, inner)| match (name.as_str(), member(kind, name)) {
        ("and" | "or", _) => attempts(of, inner, most),
        ("not", _) => 0,
        (_, Some(What::One(_, to))) => most.saturating_mul(2).saturating_add(attempts(to, inner, most)),
        (_, Some(What::Many(_, to))) => match inner.get("some") {
            Some(inner) => most.saturating_mul(2).saturating_add(attempts(to, inner, most)),
            None => 0,
        },
        (_, Some(What::On(to))) => attempts(to, inner, most),
        _ => most,
    });
    each.fold(0, u64::saturating_add)
}

/// How many records a filter or an order on so many records of a type may read beside them: those that its relations lead
/// to, on the mean. What a relation to one leads to is read once for all that lead to it; what is led to from several places
/// otherwise is read there anew, and the bound on reads stops what comes of that.
pub(super) fn led_to(of: &str, given: &Value, rows: u64, sizes: Sizes<'_>) -> u64 {
    let fields = match given {
        Value::Array(items) => {
            return items.iter().map(|item| led_to(of, item, rows, sizes)).fold(0, u64::saturating_add);
        }
        Value::Object(fields) => fields,
        _ => return 0,
    };
    let Some(kind) = kinds_of(of).next() else { return 0 };
    let each = fields.iter().map(|(name, inner)| match name.as_str() {
        "and" | "or" | "not" => led_to(of, inner, rows, sizes),
        name => match member(kind, name.strip_suffix("Exists").unwrap_or(name)) {
            Some(What::One(relation, to)) => {
                let is_above = to == REGION && name == "parent";
                let all = if is_above { regions_above(of, sizes) } else { size_of(to, sizes) };
                let read = once_each(rows, all);
                // To a region of a level it climbs, and what stands above a region is remembered too.
                let climbed = match relation {
                    Relation::Special(..) => {
                        once_each(rows.saturating_mul(LEVELS.len() as u64), regions_above(of, sizes))
                    }
                    _ => 0,
                };
                climbed.saturating_add(read).saturating_add(led_to(to, inner, read, sizes))
            }
            Some(What::Many(relation, to)) => {
                let all = match relation {
                    Relation::Special(..) => reached(to, sizes),
                    _ => size_of(to, sizes),
                };
                let mean = all.div_ceil(size_of(of, sizes).max(1));
                let edges = rows.saturating_mul(mean);
                edges.saturating_add(led_within(to, inner, edges, sizes))
            }
            Some(What::On(to)) => led_to(to, inner, rows, sizes),
            _ => 0,
        },
    });
    each.fold(0, u64::saturating_add)
}

/// The same of what is asked of a relation to several: filters of its records, beside a count, and below a sum; or, in an
/// order, a path that goes on. An edge is read first, and then the record that it leads to.
fn led_within(of: &str, given: &Value, rows: u64, sizes: Sizes<'_>) -> u64 {
    let Value::Object(fields) = given else { return 0 };
    let each = fields.iter().map(|(name, inner)| match (name.as_str(), inner) {
        ("filter" | "some" | "every" | "none", inner) => rows.saturating_add(led_to(of, inner, rows, sizes)),
        ("count", inner) => led_within(of, inner, rows, sizes),
        ("sum", Value::Object(numbers)) => {
            let each = numbers.values().map(|number| led_within(of, number, rows, sizes));
            each.fold(rows, u64::saturating_add)
        }
        _ => 0,
    });
    each.fold(led_to(of, given, rows, sizes), u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Limits, RESOLVE_NAMES_MAX};

    #[test]
    fn as_many_names_as_are_taken_are_resolved_over_the_whole_country() {
        let sizes = |kind: &'static Kind| match LEVELS.iter().position(|level| *level == kind) {
            Some(level) => [31, 334, 3_026, 41_353, 620_574][level],
            None => 100,
        };
        let names = Value::from(vec!["中山市"; RESOLVE_NAMES_MAX]);
        let arguments = Arguments::new([("names".to_owned(), names)].into_iter().collect());
        let reads = root_reads("resolve", &arguments, &sizes);
        assert!(reads + 10_000 < Limits::default().cost as u64, "{reads}");
    }
}
