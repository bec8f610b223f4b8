//! What is special to a kind, a file each. The catalog declares a special by its name; this binds it.

mod distance;
pub mod pairing;
pub mod party;
mod programme;
pub mod region;

use crate::model::catalog::{Kind, NAMED, NODE, PARTY, REGION, slot};
use crate::model::value::{Leaf, text_at};
use crate::query::arguments::Arguments;
use crate::query::disagreement::disagreements;
use crate::query::error::FieldError;
use crate::query::history::history;
use crate::query::object::Resolved;
use crate::query::object::SpecialFn;
use crate::query::reference::reference;
use crate::query::relation::{BackFn, RelationFn};
use crate::query::scope::Scope;
use crate::store::Stored;

/// Every special: the type that has it, its name, its function.
pub const SPECIALS: &[(&str, &str, SpecialFn)] = &[
    (NODE, "disagreements", disagreements),
    (NODE, "history", history),
    (NAMED, "pinyin", pinyin),
    ("Source", "reference", reference),
    (REGION, "ancestors", region::ancestors),
    (REGION, "descendants", region::descendants),
    (REGION, "province", region::province),
    (REGION, "city", region::city),
    (REGION, "county", region::county),
    (REGION, "town", region::town),
    (PARTY, "pairings", party::pairings),
    (PARTY, "partners", party::partners),
    (REGION, "distanceTo", distance::distance_to),
    ("Programme", "allFigures", programme::all_figures),
    ("Pairing", "inForce", pairing::in_force),
    ("Pairing", "distance", distance::distance),
];

/// The specials that filters, orders and groups go along, as relations without arguments.
pub const RELATIONS: &[(&str, &str, RelationFn, Option<BackFn>)] = &[
    (REGION, "ancestors", region::ancestor_ids, Some(region::below)),
    (REGION, "province", region::province_id, Some(region::in_or_below)),
    (REGION, "city", region::city_id, Some(region::in_or_below)),
    (REGION, "county", region::county_id, Some(region::in_or_below)),
    (REGION, "town", region::town_id, Some(region::in_or_below)),
    (PARTY, "pairings", party::pairing_ids, Some(party::parties_of)),
    (PARTY, "partners", party::partner_ids, None),
    ("Programme", "allFigures", programme::all_figure_ids, None),
];

/// A kind's special as a relation, where it is one.
pub fn relation(kind: &'static Kind, name: &str) -> Option<(RelationFn, Option<BackFn>)> {
    let found = RELATIONS.iter().find(|(of, special, ..)| *special == name && kind.implements(of));
    found.map(|(_, _, forward, back)| (*forward, *back))
}

/// The function of a kind's special.
///
/// # Panics
/// Where the catalog declares one that is not bound here.
pub fn special(kind: &'static Kind, name: &str) -> SpecialFn {
    let bound = SPECIALS.iter().find(|(of, special, _)| *special == name && kind.implements(of));
    bound.unwrap_or_else(|| panic!("{}.{name} is declared and not bound", kind.name)).2
}

/// `Named.pinyin`.
fn pinyin<'a>(_: &'a Scope, record: &'a Stored<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let read = text_at(record.row(), slot::NAME).map(crate::text::pinyin::pinyin).unwrap_or_default();
    Ok(Resolved::Leaf(Leaf::Owned(read)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kinds::KINDS;

    #[test]
    fn what_is_declared_is_bound_and_what_is_bound_is_declared() {
        for kind in KINDS {
            for declared in kind.all_specials() {
                let bound = SPECIALS.iter().filter(|(of, name, _)| *name == declared.name && kind.implements(of));
                assert_eq!(bound.count(), 1, "{}.{}", kind.name, declared.name);
            }
        }
        for (of, name, _) in SPECIALS {
            let kinds: Vec<_> = KINDS.iter().filter(|kind| kind.implements(of)).collect();
            assert!(!kinds.is_empty());
            for kind in kinds {
                assert!(kind.all_specials().any(|declared| declared.name == *name), "{}.{name}", kind.name);
            }
        }
    }
}
