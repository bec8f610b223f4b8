//! What ties two records together in the network.

use jiff::civil::Date;

use crate::config::STANDING_FEW;
use crate::model::catalog::{Kind, REGION};
use crate::model::closed::TIE;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{
    AGREEMENT, ENTERPRISE, EVENT, GROUP, LABOR_STATION, LEVELS, LINK, ORGANIZATION, PAIRING, PRODUCT, PROJECT, PROVINCE,
};
use crate::query::back::sources_once;
use crate::query::error::FieldError;
use crate::query::kinds::pairing::in_force_on;
use crate::query::kinds::region::{in_or_below, on_level};
use crate::query::object::targets;
use crate::query::scope::Scope;
use crate::store::{Direction, Stored};

/// What a walk goes along.
#[derive(Debug, Clone)]
pub struct Along {
    /// Names of `Tie`.
    ties: Vec<&'static str>,
    /// Only pairings in force on this day, certain or presumed.
    as_of: Option<Date>,
}

/// One step from a record to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// Where it leads.
    pub to: Id,
    /// A name of `Tie`.
    pub tie: &'static str,
    /// The record that ties the two, where there is one between them.
    pub via: Option<Id>,
}

/// A tie that is an edge of one record to another: who declares it, and the slot.
type Direct = (&'static str, &'static Kind, usize);

/// A tie through a record between the two: its kind, and the slots of its two ends.
type Between = (&'static str, &'static Kind, usize, usize);

const DIRECT: &[Direct] = &[
    ("HIERARCHY", &PROVINCE, PROVINCE.slot_of("parent")),
    ("MEMBERSHIP", &GROUP, GROUP.slot_of("members")),
    ("MEMBERSHIP", &GROUP, GROUP.slot_of("within")),
    ("PLACE", &ENTERPRISE, ENTERPRISE.slot_of("region")),
    ("PLACE", &ORGANIZATION, ORGANIZATION.slot_of("region")),
    ("PLACE", &LABOR_STATION, LABOR_STATION.slot_of("region")),
    ("PLACE", &PROJECT, PROJECT.slot_of("region")),
    ("PLACE", &EVENT, EVENT.slot_of("heldIn")),
    ("PLACE", &PRODUCT, PRODUCT.slot_of("origin")),
    ("OPERATION", &LABOR_STATION, LABOR_STATION.slot_of("operator")),
    ("OPERATION", &PROJECT, PROJECT.slot_of("operator")),
    ("OPERATION", &PROJECT, PROJECT.slot_of("funders")),
    ("OPERATION", &EVENT, EVENT.slot_of("hosts")),
    ("OPERATION", &ENTERPRISE, ENTERPRISE.slot_of("founders")),
];

const BETWEEN: &[Between] = &[
    ("PAIRING", &PAIRING, PAIRING.slot_of("helpers"), PAIRING.slot_of("helped")),
    ("AGREEMENT", &AGREEMENT, AGREEMENT.slot_of("parties"), AGREEMENT.slot_of("parties")),
    ("LINK", &LINK, LINK.slot_of("subject"), LINK.slot_of("object")),
];

impl Along {
    /// Along ties of these names.
    pub fn new(names: &[String], as_of: Option<Date>) -> Self {
        let known = TIE.values.iter().map(|(name, _)| *name);
        Self { ties: known.filter(|tie| names.iter().any(|name| name == tie)).collect(), as_of }
    }

    /// The steps that lead from a record, in the order of where they lead.
    pub fn steps(&self, scope: &Scope, from: IdRef<'_>) -> Result<Vec<Step>, FieldError> {
        let mut steps = Vec::new();
        let record = scope.referred(from)?;
        for (tie, kind, slot) in DIRECT.iter().filter(|(tie, ..)| self.ties.contains(tie)) {
            if declares(kind, &record) {
                steps.extend(targets(&record, *slot).into_iter().map(|to| Step { to, tie, via: None }));
            }
            for source in sources_once(scope, from, kind, *slot)? {
                steps.push(Step { to: source, tie, via: None });
            }
        }
        for (tie, kind, near, far) in BETWEEN.iter().filter(|(tie, ..)| self.ties.contains(tie)) {
            // Where both ends are one list, one walk meets everyone.
            let ways: &[_] = if near == far { &[(*near, *far)] } else { &[(*near, *far), (*far, *near)] };
            for (here, there) in ways.iter().copied() {
                for via in sources_once(scope, from, kind, here)? {
                    let between = scope.referred(via.as_ref())?;
                    if let (Some(day), true) = (self.as_of, *tie == "PAIRING")
                        && in_force_on(scope, &between, day)? == "OUT"
                    {
                        continue;
                    }
                    let others = targets(&between, there).into_iter().filter(|to| to.as_ref() != from);
                    steps.extend(others.map(|to| Step { to, tie, via: Some(via.clone()) }));
                }
            }
        }
        steps.sort();
        steps.dedup();
        Ok(steps)
    }
}

/// Whether a record is a region, or stands in one, that another region is or holds.
pub fn is_within(scope: &Scope, record: &Stored<'_>, within: &Stored<'_>) -> Result<bool, FieldError> {
    let holds = |region: &Stored<'_>| -> Result<bool, FieldError> {
        Ok(on_level(scope, region, within.kind)?.is_some_and(|id| id.as_ref() == within.id()))
    };
    if record.kind.implements(REGION) {
        return holds(record);
    }
    for (_, _, slot) in places().filter(|(_, kind, _)| declares(kind, record)) {
        for place in targets(record, *slot) {
            let place = scope.referred(place.as_ref())?;
            if place.kind.implements(REGION) && holds(&place)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The records of a kind that is no region which stand in one, or in one that it holds.
pub fn standing_in(scope: &Scope, within: &Stored<'_>, kind: &'static Kind) -> Result<Vec<Id>, FieldError> {
    let mut found = Vec::new();
    if scope.snapshot.count(kind)? <= STANDING_FEW {
        for record in scope.snapshot.scan(kind, None, Direction::Forward)? {
            scope.spend()?;
            let record = record?;
            if is_within(scope, &record, within)? {
                found.push(record.id().to_owned());
            }
        }
        return Ok(found);
    }
    for level in LEVELS {
        for region in in_or_below(scope, within.id(), level)? {
            for (_, kind, slot) in places().filter(|(_, declaring, _)| *declaring == kind) {
                found.extend(sources_once(scope, region.as_ref(), kind, *slot)?);
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The edges by which a record stands in a region.
fn places() -> impl Iterator<Item = &'static Direct> {
    let stands = |(tie, kind, slot): &&Direct| *tie == "PLACE" || *kind == &GROUP && *slot == GROUP.slot_of("within");
    DIRECT.iter().filter(stands)
}

/// Whether a record's kind declares an edge: the five levels of regions share a declaration.
fn declares(kind: &Kind, record: &Stored<'_>) -> bool {
    record.kind == kind || kind == &PROVINCE && record.kind.implements(REGION)
}
