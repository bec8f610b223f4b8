//! What is a part of what, for those who add up: nothing is added beside its whole.

use std::collections::BTreeSet;

use super::back::sources_once;
use super::error::FieldError;
use super::kinds::region::ancestor_ids;
use super::object::targets;
use super::scope::Scope;
use crate::model::catalog::REGION;
use crate::model::closed::MEMBER_KIND;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{GROUP, LEVELS, OBSERVATION, PAIRING};
use crate::model::value::name_at;
use crate::store::Stored;

const PART_OF: usize = OBSERVATION.slot_of("partOf");
const POSSIBLY_PART_OF: usize = OBSERVATION.slot_of("possiblyPartOf");
const WHOLE: usize = PAIRING.slot_of("partOf");
const SUPERSET: usize = GROUP.slot_of("partOf");
const MEMBERS: usize = GROUP.slot_of("members");
const WITHIN: usize = GROUP.slot_of("within");
const MEMBERS_ARE: usize = GROUP.slot_of("memberKind");

/// Of what a record is a part, and whether it is only possibly.
pub type Whole = (Id, bool);

/// Of what a figure or a group says that it is a part, the stated one last.
pub fn wholes<'r>(record: &'r Stored<'_>) -> impl Iterator<Item = Whole> + use<'r> {
    let slots: &[(usize, bool)] = match record.kind {
        kind if kind == &OBSERVATION => &[(POSSIBLY_PART_OF, true), (PART_OF, false)],
        kind if kind == &GROUP => &[(SUPERSET, false)],
        _ => &[],
    };
    let named = |(slot, possibly): &(usize, bool)| {
        IdRef::from_bytes(record.row().slot(*slot)).map(|id| (id.to_owned(), *possibly))
    };
    slots.iter().filter_map(named)
}

/// The pairings of which a pairing is a part, or a part of a part.
fn pairings_above(scope: &Scope, pairing: &Stored<'_>) -> Result<Vec<Id>, FieldError> {
    let mut above: Vec<Id> = Vec::new();
    let mut next = IdRef::from_bytes(pairing.row().slot(WHOLE)).map(IdRef::to_owned);
    while let Some(id) = next.filter(|id| !above.contains(id)) {
        next = IdRef::from_bytes(scope.referred(id.as_ref())?.row().slot(WHOLE)).map(IdRef::to_owned);
        above.push(id);
    }
    Ok(above)
}

/// Whether what a figure is about can be a part of something else that one is about, sets aside.
pub fn can_be_a_part(subject: IdRef<'_>) -> bool {
    subject.tag == PAIRING.tag || LEVELS.iter().any(|level| level.tag == subject.tag)
}

/// Of what the subject of a figure is a part: a pairing of pairings, a region of regions; and where there are sets among the
/// subjects, of the sets that hold it, and a set of what holds that.
pub fn subjects_above(scope: &Scope, subject: &Stored<'_>, of_sets: bool) -> Result<Vec<Id>, FieldError> {
    let mut above = if subject.kind == &PAIRING {
        pairings_above(scope, subject)?
    } else if subject.kind.implements(REGION) {
        ancestor_ids(scope, subject)?
    } else {
        Vec::new()
    };
    if of_sets {
        let by_sets = above_with_sets(scope, subject)?.into_iter();
        above.extend(by_sets.filter(|whole| subject.kind == &GROUP || whole.tag == GROUP.tag));
    }
    Ok(above)
}

/// The same by every way: up the regions and the pairings, to the sets of which it is a member or a subset, and from a set
/// of regions to those in which they stand.
fn above_with_sets(scope: &Scope, subject: &Stored<'_>) -> Result<Vec<Id>, FieldError> {
    let mut above = BTreeSet::new();
    let mut open = vec![subject.id().to_owned()];
    while let Some(id) = open.pop() {
        let record = scope.referred(id.as_ref())?;
        let mut next = sources_once(scope, id.as_ref(), &GROUP, MEMBERS)?;
        if record.kind == &PAIRING {
            next.extend(pairings_above(scope, &record)?);
        } else if record.kind == &GROUP {
            next.extend(targets(&record, SUPERSET));
            let of_regions = matches!(
                name_at(&MEMBER_KIND, record.row(), MEMBERS_ARE),
                Some("REGION" | "COUNTY" | "TOWN" | "VILLAGE")
            );
            if of_regions {
                next.extend(targets(&record, WITHIN).into_iter().filter(is_region));
            }
        } else if record.kind.implements(REGION) {
            next.extend(ancestor_ids(scope, &record)?);
        }
        // A set that comes back to where it began is no part of itself.
        next.retain(|id| id.as_ref() != subject.id() && !above.contains(id));
        open.extend(next.iter().cloned());
        above.extend(next);
    }
    Ok(above.into_iter().collect())
}

fn is_region(id: &Id) -> bool {
    LEVELS.iter().any(|level| level.tag == id.tag)
}

/// The listed members of a set; none of anything else.
pub fn members(record: &Stored<'_>) -> BTreeSet<Id> {
    if record.kind == &GROUP { targets(record, MEMBERS).into_iter().collect() } else { BTreeSet::new() }
}
