//! What nested pages cost together. Each region has one parent, so the children of a thousand regions are no more than there
//! are regions, whatever each page may hold: four levels of pages of 1,000 read some three million rows of the whole country,
//! and not a million million.

use super::cost::{Of, Sizes, has_several, levels_to, size_of};
use super::{Action, Field, Plan, Selected, SetId};
use crate::config::COST_STEPS;
use crate::model::kinds::KINDS;
use crate::query::arguments::Arguments;
use crate::query::object::Resolver;

/// Objects of the answer, of which one set is read.
struct Objects {
    set: SetId,
    count: u64,
}

/// So many objects in one place of the answer.
#[derive(Clone, Copy)]
struct Many {
    count: u64,
    /// How often one record is among them at most.
    again: u64,
}

/// How a field leads on from what it is asked of.
#[derive(PartialEq, Eq)]
enum Way {
    /// To each record of a kind, once.
    Kind,
    /// Back along an edge of which each record has one.
    Back(&'static str, [u8; 2]),
    /// To the regions below.
    Below,
    /// Nowhere: the same record in other clothes.
    Same,
    /// To whatever it may be, perhaps to one record from everywhere.
    Anywhere,
}

/// The fields of one name that are read in one place, of records of several kinds, and of how many each.
type Family<'p> = Vec<(&'p Field, u64)>;

/// The reckoning of a plan.
struct Together<'p> {
    plan: &'p Plan,
    bound: &'p [Arguments],
    sizes: Sizes<'p>,
    /// What each set costs of one object.
    memo: Vec<Option<u64>>,
    /// How many fields may still be looked at: a set is reckoned once for each way to it, and of those there may be too many.
    steps: usize,
}

impl Plan {
    /// The cost, where what pages can hold together is told from what each may hold.
    pub(super) fn cost_together(&self, bound: &[Arguments], sizes: Sizes<'_>, memo: Vec<Option<u64>>) -> u64 {
        let root = Objects { set: self.root, count: 1 };
        Together { plan: self, bound, sizes, memo, steps: COST_STEPS }.level(&[root], Many { count: 1, again: 1 })
    }
}

impl<'p> Together<'p> {
    /// What is read of objects that stand in one place of the answer. Never more than if each were alone.
    fn level(&mut self, objects: &[Objects], all: Many) -> u64 {
        let (plan, bound, sizes) = (self.plan, self.bound, self.sizes);
        let each = objects.iter().map(|objects| plan.set_cost(objects.set, bound, sizes, 1, &mut self.memo)).max();
        let apart = all.count.saturating_mul(each.unwrap_or(0));
        let Some(families) = self.families(objects) else { return apart };
        let mut together = 0u64;
        for family in families {
            together = together.saturating_add(self.family(&family, all));
        }
        together.min(apart)
    }

    /// The fields of the objects that lead on, those of one name that lead on alike together; nothing where there are too
    /// many to look at.
    fn families(&mut self, objects: &[Objects]) -> Option<Vec<Family<'p>>> {
        let mut families: Vec<Family<'p>> = Vec::new();
        for Objects { set, count } in objects.iter().filter(|objects| objects.count > 0) {
            let fields = self.plan.sets[*set].fields.iter();
            for field in fields.filter(|field| !matches!(field.selected, Selected::Nothing)) {
                self.steps = self.steps.checked_sub(1 + families.len())?;
                match families.iter_mut().find(|family| field.is_as(family[0].0)) {
                    Some(family) => family.push((field, *count)),
                    None => families.push(vec![(field, *count)]),
                }
            }
        }
        Some(families)
    }

    fn family(&mut self, family: &Family<'p>, all: Many) -> u64 {
        let sum = |each: &dyn Fn(&Field) -> u64| {
            let each = family.iter().map(|(field, count)| count.saturating_mul(each(field)));
            each.fold(0u64, u64::saturating_add)
        };
        let (plan, bound, sizes) = (self.plan, self.bound, self.sizes);
        let field = family[0].0;
        let count = sum(&|_| 1).min(all.count);
        let looked_at = sum(&|field| plan.looked_at(field, bound, sizes, Of::One));
        if !field.is_page() || matches!(field.action, Action::Resolve(Resolver::Root(_))) {
            let each = if field.is_page() { field.page(bound, sizes) } else { field.listed() };
            let count = count.saturating_mul(each);
            let again = if field.way() == Way::Same { all.again } else { count };
            let below = self.selected(field, Many { count, again });
            return count.saturating_add(below).saturating_add(looked_at);
        }
        let rows = sum(&|field| field.page(bound, sizes));
        // What all of them look at, each record once: once again for each way to ask.
        let of_all = || {
            let each = family.iter().map(|(field, _)| (field.location, plan.looked_at(field, bound, sizes, Of::All)));
            let mut each: Vec<_> = each.collect();
            each.sort_unstable_by(|left, right| right.cmp(left));
            each.dedup_by_key(|(location, _)| *location);
            each.iter().map(|(_, looked_at)| *looked_at).fold(0u64, u64::saturating_add)
        };
        let (rows, looked_at) = match field.way() {
            Way::Kind => (Many { count: rows, again: count }, looked_at),
            Way::Back(of, _) => {
                let most = all.again.saturating_mul(size_of(of, sizes));
                let looked_at = looked_at.min(all.again.saturating_mul(of_all()));
                (Many { count: rows.min(most), again: all.again }, looked_at)
            }
            Way::Below => {
                // A region stands below one of each level.
                let again = all.again.saturating_mul(family.len() as u64);
                let each = family.iter().map(|(field, _)| levels_to(field.arguments(bound), sizes)).max();
                let most = again.saturating_mul(each.unwrap_or(0));
                (Many { count: rows.min(most), again }, looked_at.min(again.saturating_mul(of_all())))
            }
            Way::Same | Way::Anywhere => (Many { count: rows, again: rows }, looked_at),
        };
        let mut cost = count.saturating_add(looked_at);
        let pages: &[_] = match plan.inner(field) {
            Some(set) => &plan.sets[set].fields,
            None => &[],
        };
        for inner in pages {
            let own = if inner.is_of_page() {
                rows.count.saturating_add(self.selected(inner, rows))
            } else if matches!(inner.selected, Selected::Nothing) {
                0
            } else {
                self.family(&vec![(inner, count)], Many { count, again: count })
            };
            cost = cost.saturating_add(own);
        }
        cost
    }

    /// What is read of the objects that a field gives.
    fn selected(&mut self, field: &Field, all: Many) -> u64 {
        match &field.selected {
            Selected::Nothing => 0,
            Selected::Always(set) => self.level(&[Objects { set: *set, count: all.count }], all),
            Selected::ByKind(sets) => {
                let of_kind = |(tag, set): (usize, &Option<SetId>)| {
                    let kind = KINDS.iter().find(|kind| usize::from(kind.tag) == tag)?;
                    let most = all.again.saturating_mul((self.sizes)(kind));
                    Some(Objects { set: (*set)?, count: all.count.min(most) })
                };
                let objects: Vec<_> = sets.iter().enumerate().filter_map(of_kind).collect();
                self.level(&objects, all)
            }
        }
    }
}

impl Field {
    fn way(&self) -> Way {
        let Action::Resolve(resolver) = &self.action else { return Way::Anywhere };
        match resolver {
            Resolver::RootKind(_) => Way::Kind,
            Resolver::Back(of, back) if !has_several(of, *back) => Way::Back(of, back.edge.to_bytes()),
            Resolver::Edges | Resolver::Nodes | Resolver::Node => Way::Same,
            _ if self.walks() => Way::Below,
            _ => Way::Anywhere,
        }
    }

    /// Whether it leads on as another does, though perhaps asked of another kind.
    fn is_as(&self, other: &Self) -> bool {
        self.name == other.name
            && self.selected == other.selected
            && self.is_page() == other.is_page()
            && self.way() == other.way()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use std::sync::Arc;

    use crate::api::error::Code;
    use crate::api::request::Request;
    use crate::api::{Api, Executor};
    use crate::config::Limits;
    use crate::model::catalog::Kind;
    use crate::model::kinds::LEVELS;
    use crate::store::Store;

    #[test]
    fn four_levels_of_pages_over_the_whole_country_pass() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("jiedui.redb"), 8 << 20).unwrap();
        let api = Api::new(Arc::new(store), Executor::Plan, Limits::default());
        let sizes = |kind: &'static Kind| match LEVELS.iter().position(|level| *level == kind) {
            Some(level) => [31, 334, 3_026, 41_353, 620_574][level],
            None => 1_000,
        };
        let cost = |query: &str| {
            let passed = api.pass(&Request::new(query)).unwrap();
            let plan = api.gate.plan(&passed).unwrap();
            plan.bind(&passed.variables, &api.limits, &sizes).map(|(_, cost)| cost)
        };
        let below = |inner: &str| format!("{{ nodes {{ id {inner} }} }}");
        let page = |inner: &str| format!("children(first: 1000) {}", below(inner));
        let four = format!("{{ provinces(first: 1000) {} }}", below(&page(&page(&page("")))));
        let regions = 31 + 334 + 3_026 + 41_353 + 620_574;
        // All regions, and a page of each: of the provinces their pages, and below them at most all regions, twice.
        let rows = cost(&four).unwrap();
        assert!((regions..4 * regions).contains(&rows), "{rows}");
        // With a filter on each page, all children are looked at.
        let filtered = four.replace("first: 1000)", "first: 1000, filter: { name: { contains: \"山\" } })");
        let rows = cost(&filtered).unwrap();
        assert!((2 * regions..8 * regions).contains(&rows), "{rows}");
        // What many lead to is read for each: that is refused.
        let shared = format!(
            "{{ pairings(first: 1000) {{ nodes {{ helped {{ ... on Region {{ {} }} }} }} }} }}",
            page(&page(&page("")))
        );
        let error = cost(&shared).unwrap_err();
        assert!(
            error.code == Code::LimitExceeded && error.message.contains("narrow `pairings` by its argument `first`")
        );
    }
}
