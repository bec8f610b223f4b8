//! Who is helped and who is not: how much of a level is paired, and who is left if a helper withdraws.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::model::catalog::{Kind, REGION};
use crate::model::closed::{LEVEL, MEMBER_KIND};
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{GROUP, PAIRING, PROGRAMME};
use crate::model::value::{Leaf, Scalar, name_at};
use crate::query::back::sources_once;
use crate::query::error::FieldError;
use crate::query::kinds::pairing::{in_force_on, rest_on_round};
use crate::query::kinds::party::is_cooperation;
use crate::query::kinds::region::{descendants_and_between, on_level};
use crate::query::object::targets;
use crate::query::scope::Scope;
use crate::store::{Direction, Stored};

const HELPERS: usize = PAIRING.slot_of("helpers");
const HELPED: usize = PAIRING.slot_of("helped");
const OF_PROGRAMME: usize = PAIRING.slot_of("programme");
const OF_ROUND: usize = PAIRING.slot_of("round");
const PROGRAMME_PART_OF: usize = PROGRAMME.slot_of("partOf");
const MEMBERS: usize = GROUP.slot_of("members");
const GROUP_PAIRING: usize = GROUP.slot_of("pairing");
const WITHIN: usize = GROUP.slot_of("within");
const MEMBERS_COMPLETE: usize = GROUP.slot_of("membersComplete");
const MEMBERS_KIND: usize = GROUP.slot_of("memberKind");

/// How many parts of parts of a programme are followed.
const PARTS_MAX: usize = 10;

/// How many sets within sets are followed.
const SETS_MAX: usize = 4;

/// Which pairings count.
pub struct Counting {
    /// Only those of this programme, of its rounds and parts.
    pub programme: Option<Id>,
    /// Only those in force on this day.
    pub as_of: Date,
    /// Only those that a source shows on the day.
    pub certain: bool,
}

impl Counting {
    /// Whether a pairing counts; nothing where it is of another programme, and so says nothing here.
    fn counts(&self, scope: &Scope, pairing: &Stored<'_>) -> Result<Option<bool>, FieldError> {
        if let Some(programme) = &self.programme
            && self.leads_to(scope, pairing, programme)?.is_none()
        {
            return Ok(None);
        }
        let standing = in_force_on(scope, pairing, self.as_of)?;
        Ok(Some(standing == "CERTAIN" || standing == "PRESUMED" && !self.certain))
    }

    /// What makes a pairing one of a programme: the programmes from its own up to below that; nothing where it is none of it.
    fn leads_to(&self, scope: &Scope, pairing: &Stored<'_>, programme: &Id) -> Result<Option<Vec<Id>>, FieldError> {
        let row = pairing.row();
        let named = [OF_PROGRAMME, OF_ROUND].into_iter().filter_map(|slot| IdRef::from_bytes(row.slot(slot)));
        for named in named {
            if let Some(way) = is_part_of(scope, named, programme)? {
                return Ok(Some(way));
            }
        }
        Ok(None)
    }

    /// Notes that the answer rests on a pairing, whether it counts or not: on the round where its own dates leave it open, and
    /// on what makes it one of the programme.
    fn rest_on(&self, scope: &Scope, pairing: &Stored<'_>) -> Result<(), FieldError> {
        if !scope.trace.tells_rests() {
            return Ok(());
        }
        scope.trace.rest_on(pairing.id());
        rest_on_round(scope, pairing, in_force_on(scope, pairing, self.as_of)?);
        if let Some(programme) = &self.programme {
            let way = self.leads_to(scope, pairing, programme)?.unwrap_or_default();
            way.iter().for_each(|id| scope.trace.rest_on(id.as_ref()));
        }
        Ok(())
    }

    /// The pairings of a party that count. Those that do not, though they are of the programme, are noted: that it has ended,
    /// or has not begun, is why a pairing does not count.
    fn pairings(&self, scope: &Scope, party: IdRef<'_>) -> Result<Vec<Part>, FieldError> {
        Ok(self.considered(scope, party)?.0)
    }

    /// The same, and whether there is one at all that may count on another day.
    fn considered(&self, scope: &Scope, party: IdRef<'_>) -> Result<(Vec<Part>, bool), FieldError> {
        let (mut found, mut any) = (Vec::new(), false);
        for (here, there, side) in [(HELPED, HELPERS, Side::Helped), (HELPERS, HELPED, Side::Helper)] {
            for id in sources_once(scope, party, &PAIRING, here)? {
                let pairing = scope.referred(id.as_ref())?;
                let Some(counts) = self.counts(scope, &pairing)? else { continue };
                any = true;
                self.rest_on(scope, &pairing)?;
                if counts {
                    let side = if is_cooperation(&pairing) { Side::Partner } else { side };
                    found.push(Part { side, others: targets(&pairing, there) });
                }
            }
        }
        Ok((found, any))
    }

    /// The same, and those of the sets of which it is a listed member: what helps a set helps its members.
    fn pairings_with_sets(&self, scope: &Scope, party: IdRef<'_>) -> Result<Vec<Part>, FieldError> {
        let mut found = self.pairings(scope, party)?;
        for set in sources_once(scope, party, &GROUP, MEMBERS)? {
            let (parts, mut any) = self.considered(scope, set.as_ref())?;
            found.extend(parts);
            let record = scope.referred(set.as_ref())?;
            if let Some(pairing) = IdRef::from_bytes(record.row().slot(GROUP_PAIRING)) {
                let pairing = scope.referred(pairing)?;
                let counts = if is_cooperation(&pairing) { None } else { self.counts(scope, &pairing)? };
                if let Some(counts) = counts {
                    any = true;
                    self.rest_on(scope, &pairing)?;
                    found.extend(counts.then(|| Part { side: Side::Helped, others: targets(&pairing, HELPERS) }));
                }
            }
            if any {
                scope.trace.rest_on(set.as_ref());
            }
        }
        Ok(found)
    }

    /// Whether a party is helped; nothing where no pairing would help it on any day. Where it is, that rests on what helps it;
    /// where not, on what would if it were in force.
    fn is_helped(&self, scope: &Scope, party: IdRef<'_>) -> Result<Option<bool>, FieldError> {
        let (mut helping, mut out) = (Vec::new(), Vec::new());
        for id in sources_once(scope, party, &PAIRING, HELPED)? {
            let pairing = scope.referred(id.as_ref())?;
            // In a cooperation nobody is helped.
            if is_cooperation(&pairing) {
                continue;
            }
            match self.counts(scope, &pairing)? {
                Some(true) => helping.push(pairing),
                Some(false) => out.push(pairing),
                None => {}
            }
        }
        let is_helped = !helping.is_empty();
        let chosen = if is_helped { helping } else { out };
        for pairing in &chosen {
            self.rest_on(scope, pairing)?;
        }
        Ok((!chosen.is_empty()).then_some(is_helped))
    }
}

/// A party's part in a pairing.
struct Part {
    /// What the party is in it.
    side: Side,
    /// Who is on the other side.
    others: Vec<Id>,
}

/// What a party is in a pairing. In a cooperation nobody helps and nobody is helped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Helper,
    Helped,
    Partner,
}

/// The programmes from one up to below a whole of which it is a part; none where it is the whole, nothing where it is no part.
fn is_part_of(scope: &Scope, programme: IdRef<'_>, whole: &Id) -> Result<Option<Vec<Id>>, FieldError> {
    let mut at = Some(programme.to_owned());
    let mut way = Vec::new();
    while let Some(id) = at {
        if id == *whole {
            return Ok(Some(way));
        }
        if way.len() == PARTS_MAX {
            break;
        }
        let record = scope.referred(id.as_ref())?;
        at = IdRef::from_bytes(record.row().slot(PROGRAMME_PART_OF)).map(IdRef::to_owned);
        way.push(id);
    }
    Ok(None)
}

/// How much of a level is helped.
pub struct Coverage {
    /// Those of the level that are helped.
    pub paired: Vec<Id>,
    /// Those that are not, as far as sources list who is.
    pub unpaired: Vec<Id>,
    /// Sets of the level that are helped and whose members sources do not list.
    pub unlisted: Vec<Id>,
}

/// How much of a level below a region is helped.
pub fn coverage(
    scope: &Scope,
    within: &Stored<'_>,
    level: &'static Kind,
    counting: &Counting,
) -> Result<Coverage, FieldError> {
    let (all, between) = descendants_and_between(scope, within.id(), level)?;
    let mut by_group = BTreeSet::new();
    let mut unlisted = Vec::new();
    for group in helped_groups(scope, within, level, counting)? {
        by_group.extend(targets(&group, MEMBERS));
        if Scalar::Bool.read(group.row().slot(MEMBERS_COMPLETE)) != Some(Leaf::Bool(true)) {
            unlisted.push(group.id().to_owned());
        }
    }
    let (mut paired, mut unpaired) = (Vec::new(), Vec::new());
    for id in all {
        scope.spend()?;
        let is_paired = by_group.contains(&id) || counting.is_helped(scope, id.as_ref())? == Some(true);
        if is_paired { &mut paired } else { &mut unpaired }.push(id);
    }
    // Of notes there is a bound: what says who helps whom comes before what says where they are.
    scope.trace.rest_on(within.id());
    between.iter().chain(&paired).chain(&unpaired).for_each(|id| scope.trace.rest_on(id.as_ref()));
    Ok(Coverage { paired, unpaired, unlisted })
}

/// The helped sets of members of a level that stand within a region, or within what it stands in or holds.
fn helped_groups<'a>(
    scope: &'a Scope,
    within: &Stored<'_>,
    level: &'static Kind,
    counting: &Counting,
) -> Result<Vec<Stored<'a>>, FieldError> {
    let mut found = Vec::new();
    for group in scope.snapshot.scan(&GROUP, None, Direction::Forward)? {
        scope.spend()?;
        let group = group?;
        // What is not of the level needs no look at where it stands.
        if name_at(&MEMBER_KIND, group.row(), MEMBERS_KIND) != LEVEL.value(level.tag) {
            continue;
        }
        let mut stands_within = false;
        for place in targets(&group, WITHIN) {
            stands_within |= stands_in(scope, &scope.referred(place.as_ref())?, within, 0)?;
        }
        if !stands_within {
            continue;
        }
        let mut is_helped = counting.is_helped(scope, group.id())?;
        if is_helped != Some(true) {
            is_helped = came_about(scope, &group, within, counting)?.or(is_helped);
        }
        if is_helped.is_some() {
            scope.trace.rest_on(group.id());
        }
        if is_helped == Some(true) {
            found.push(group);
        }
    }
    Ok(found)
}

/// Whether a region is, or stands in, another; of a set, whether one of its members does, or what they stand within.
fn stands_in(scope: &Scope, place: &Stored<'_>, within: &Stored<'_>, climbed: usize) -> Result<bool, FieldError> {
    if place.kind.implements(REGION) {
        return Ok(on_level(scope, place, within.kind)?.is_some_and(|id| id.as_ref() == within.id()));
    }
    if place.kind != &GROUP || climbed > SETS_MAX {
        return Ok(false);
    }
    scope.spend()?;
    for slot in [MEMBERS, WITHIN] {
        for id in targets(place, slot) {
            if stands_in(scope, &scope.referred(id.as_ref())?, within, climbed + 1)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether a set came about under a pairing that counts and helps the region, or one that the region is in or holds; nothing
/// where it did so under none that would on any day.
fn came_about(
    scope: &Scope,
    group: &Stored<'_>,
    within: &Stored<'_>,
    counting: &Counting,
) -> Result<Option<bool>, FieldError> {
    let Some(pairing) = IdRef::from_bytes(group.row().slot(GROUP_PAIRING)) else { return Ok(None) };
    let pairing = scope.referred(pairing)?;
    if is_cooperation(&pairing) {
        return Ok(None);
    }
    let Some(counts) = counting.counts(scope, &pairing)? else { return Ok(None) };
    for party in targets(&pairing, HELPED) {
        let party = scope.referred(party.as_ref())?;
        let holds = party.kind.implements(REGION)
            && on_level(scope, within, party.kind)?.is_some_and(|id| id.as_ref() == party.id());
        if holds || stands_in(scope, &party, within, 0)? {
            counting.rest_on(scope, &pairing)?;
            return Ok(Some(counts));
        }
    }
    Ok(None)
}

/// What comes of a party's withdrawal.
pub struct Withdrawal {
    /// Those that it helps.
    pub helped: Vec<Id>,
    /// Those of them that no other pairing in force helps.
    pub left: Vec<Id>,
    /// Those that it cooperates with.
    pub partners: Vec<Id>,
    /// Those that have no pairing with anyone else, whatever they are in the one with it.
    pub unpaired: Vec<Id>,
}

/// Who is left without help, and without any pairing, if a party withdraws from all of its pairings. A set is one party; its
/// listed members are not left as long as they, or a set that lists them, are helped by someone else.
pub fn withdrawal(scope: &Scope, party: &Stored<'_>, counting: &Counting) -> Result<Withdrawal, FieldError> {
    let (mut helped, mut partners, mut all) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    scope.trace.rest_on(party.id());
    for Part { side, others } in counting.pairings(scope, party.id())? {
        let others = others.into_iter().filter(|other| other.as_ref() != party.id());
        for other in others {
            match side {
                Side::Helper => drop(helped.insert(other.clone())),
                Side::Partner => drop(partners.insert(other.clone())),
                Side::Helped => {}
            }
            all.insert(other);
        }
    }
    let (mut left, mut unpaired) = (Vec::new(), Vec::new());
    for id in all {
        let mut rest = counting.pairings_with_sets(scope, id.as_ref())?;
        rest.retain(|part| part.others.iter().any(|other| other.as_ref() != party.id()));
        scope.trace.rest_on(id.as_ref());
        // To help someone else, or to work with someone, is no help to oneself.
        if helped.contains(&id) && !rest.iter().any(|part| part.side == Side::Helped) {
            left.push(id.clone());
        }
        if rest.is_empty() {
            unpaired.push(id);
        }
    }
    let (helped, partners) = (helped.into_iter().collect(), partners.into_iter().collect());
    Ok(Withdrawal { helped, left, partners, unpaired })
}
