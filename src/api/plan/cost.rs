//! What a plan may cost: how many records it may read, reckoned before anything is read.

use super::{Action, Field, Plan, Selected, SetId, Source};
use crate::config::{NODES_MAX, PAGE_DEFAULT};
use crate::model::catalog::Kind;
use crate::query::arguments::Arguments;
use crate::query::object::Resolver;

/// A plan's cost, and the field that has the greatest part of it.
pub struct Cost {
    /// How many records may be read: those that the answer may hold, and those that are looked at to find them.
    pub rows: u64,
    /// The connection below the root that costs most, and where it stands.
    pub dearest: Option<(String, (usize, usize))>,
}

/// How many records of a kind there are.
pub type Sizes<'s> = &'s dyn Fn(&'static Kind) -> u64;

/// How long a list is reckoned to be whose length is not known before it is read.
const LIST_ROWS: u64 = 1_000;

impl Plan {
    /// Reckons the cost with bound arguments: a page counts as many records as it may hold, each with all below it.
    pub(super) fn cost(&self, bound: &[Arguments], sizes: Sizes<'_>) -> Cost {
        let mut memo = vec![None; self.sets.len()];
        let mut dearest: Option<(u64, &Field)> = None;
        for field in &self.sets[self.root].fields {
            let mut at = field;
            let own = self.field_cost(field, bound, sizes, 1, &mut memo);
            // Down to the connection that multiplies.
            while !at.is_page()
                && let Some(inner) = self.inner(at)
                && let Some(next) = self.sets[inner]
                    .fields
                    .iter()
                    .max_by_key(|field| self.field_cost(field, bound, sizes, 1, &mut memo))
            {
                at = next;
            }
            if dearest.is_none_or(|(most, _)| own > most) {
                dearest = Some((own, at));
            }
        }
        let rows = self.set_cost(self.root, bound, sizes, 1, &mut memo);
        Cost { rows, dearest: dearest.map(|(_, field)| (field.name.clone(), field.location)) }
    }

    fn inner(&self, field: &Field) -> Option<SetId> {
        match &field.selected {
            Selected::Nothing => None,
            Selected::Always(set) => Some(*set),
            Selected::ByKind(sets) => sets.iter().flatten().next().copied(),
        }
    }

    fn set_cost(&self, set: SetId, bound: &[Arguments], sizes: Sizes<'_>, page: u64, memo: &mut [Option<u64>]) -> u64 {
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

    fn field_cost(
        &self,
        field: &Field,
        bound: &[Arguments],
        sizes: Sizes<'_>,
        page: u64,
        memo: &mut [Option<u64>],
    ) -> u64 {
        let own_page = field.page(bound);
        let factor = match field.action {
            Action::Resolve(Resolver::Root(_)) => own_page,
            _ if field.is_of_page() => page,
            _ => 1,
        };
        let inner = match &field.selected {
            Selected::Nothing => return 0,
            Selected::Always(set) => self.set_cost(*set, bound, sizes, own_page, memo),
            Selected::ByKind(sets) => {
                sets.iter().flatten().map(|set| self.set_cost(*set, bound, sizes, own_page, memo)).max().unwrap_or(0)
            }
        };
        factor.saturating_mul(inner.saturating_add(1)).saturating_add(field.looked_at(bound, sizes))
    }
}

impl Field {
    /// Whether it is a connection, which multiplies what is below it.
    fn is_page(&self) -> bool {
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

    /// Whether it is read once for each node of its connection's page.
    fn is_of_page(&self) -> bool {
        matches!(self.action, Action::Resolve(Resolver::Edges | Resolver::Nodes))
    }

    /// How many records are looked at beside those of its page: all that there are, where they are filtered, sorted, counted
    /// with a filter or grouped. An index may spare most of them; that is found out when it is asked.
    fn looked_at(&self, bound: &[Arguments], sizes: Sizes<'_>) -> u64 {
        let Action::Resolve(resolver) = &self.action else { return 0 };
        let arguments = self.arguments(bound);
        let asked = |name: &str| arguments.get(name).is_some();
        if !(asked("filter") || asked("orderBy") || arguments.asks("aggregate")) {
            return 0;
        }
        match resolver {
            Resolver::RootKind(kind) => sizes(kind),
            Resolver::Forward(..) | Resolver::Back(..) | Resolver::Special(_) | Resolver::PlainNodes(..) => LIST_ROWS,
            _ => 0,
        }
    }

    fn arguments<'b>(&'b self, bound: &'b [Arguments]) -> &'b Arguments {
        match &self.arguments {
            Source::Constant(arguments) => arguments,
            Source::Dynamic(place) => &bound[*place],
        }
    }

    /// How many nodes its page may hold.
    fn page(&self, bound: &[Arguments]) -> u64 {
        let arguments = self.arguments(bound);
        if matches!(self.action, Action::Resolve(Resolver::Root(_))) {
            let ids = arguments.get("ids").and_then(serde_json::Value::as_array);
            return ids.map_or(1, |ids| ids.len().min(NODES_MAX) as u64);
        }
        let size = arguments.int("first").or_else(|| arguments.int("last"));
        size.map_or(PAGE_DEFAULT as u64, |size| u64::try_from(size).unwrap_or(0))
    }
}
