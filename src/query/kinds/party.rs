//! A party's pairings and partners.

use jiff::civil::Date;

use super::pairing::{in_force_on, rest_on_round};
use crate::model::catalog::{Kind, PARTY};
use crate::model::closed::FORM;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::PAIRING;
use crate::model::value::{Leaf, Scalar};
use crate::query::arguments::Arguments;
use crate::query::back::{back_along, each_source, sources_once};
use crate::query::connection::{Connection, Extra, Listed};
use crate::query::error::FieldError;
use crate::query::object::{Resolved, connection, targets};
use crate::query::scope::Scope;
use crate::store::{Direction, Stored};

const HELPERS: usize = PAIRING.slot_of("helpers");
const HELPED: usize = PAIRING.slot_of("helped");
const PAIRING_FORM: usize = PAIRING.slot_of("form");

/// A pairing that a party takes part in.
struct Part<'a> {
    pairing: Stored<'a>,
    /// The slot of the side that the party stands on.
    side: usize,
    role: &'static str,
    in_force: Option<&'static str>,
}

/// `pairings(role:, asOf:, certain:)`.
pub fn pairings<'a>(
    scope: &'a Scope,
    party: &'a Stored<'a>,
    arguments: &Arguments,
) -> Result<Resolved<'a>, FieldError> {
    let parts = parts(scope, party.id(), arguments)?;
    let listed = parts.iter().map(|part| {
        let id = part.pairing.id().to_owned();
        Listed::new(id, &[part.side as u8])
            .with_node(part.pairing.again())
            .with_extras(vec![Extra::Name(Some(part.role)), Extra::Name(part.in_force)])
    });
    Ok(connection(Connection::listed(scope, PAIRING.name, "pairings", listed.collect(), arguments)?))
}

/// `partners(role:, asOf:, certain:)`.
pub fn partners<'a>(
    scope: &'a Scope,
    party: &'a Stored<'a>,
    arguments: &Arguments,
) -> Result<Resolved<'a>, FieldError> {
    let mut listed = Vec::new();
    for part in parts(scope, party.id(), arguments)? {
        let other = if part.side == HELPERS { HELPED } else { HELPERS };
        let role = match part.role {
            "HELPER" => "HELPED",
            "HELPED" => "HELPER",
            both => both,
        };
        let pairing = part.pairing.id().to_owned();
        for partner in targets(&part.pairing, other).into_iter().filter(|partner| partner.as_ref() != party.id()) {
            let place = [pairing.as_ref().to_bytes(), vec![part.side as u8]].concat();
            let extras = vec![Extra::Node(pairing.clone()), Extra::Name(Some(role))];
            listed.push(Listed::new(partner, &place).with_extras(extras));
        }
    }
    Ok(connection(Connection::listed(scope, PARTY, "partners", listed, arguments)?))
}

/// The pairings in which a party takes part.
pub fn pairing_ids(scope: &Scope, party: &Stored<'_>) -> Result<Vec<Id>, FieldError> {
    let mut ids = sources_once(scope, party.id(), &PAIRING, HELPERS)?;
    ids.extend(sources_once(scope, party.id(), &PAIRING, HELPED)?);
    Ok(each_once(ids))
}

/// The parties of a kind that take part in a pairing.
pub fn parties_of(scope: &Scope, pairing: IdRef<'_>, kind: &'static Kind) -> Result<Vec<Id>, FieldError> {
    let pairing = scope.referred(pairing)?;
    let parties = [HELPERS, HELPED].into_iter().flat_map(|side| targets(&pairing, side));
    Ok(parties.filter(|party| party.tag == kind.tag).collect())
}

/// The parties on the other side of its pairings, each once.
pub fn partner_ids(scope: &Scope, party: &Stored<'_>) -> Result<Vec<Id>, FieldError> {
    let mut ids = Vec::new();
    for (side, other) in [(HELPERS, HELPED), (HELPED, HELPERS)] {
        for pairing in sources_once(scope, party.id(), &PAIRING, side)? {
            let partners = targets(&scope.referred(pairing.as_ref())?, other);
            ids.extend(partners.into_iter().filter(|id| id.as_ref() != party.id()));
        }
    }
    Ok(each_once(ids))
}

fn each_once(mut ids: Vec<Id>) -> Vec<Id> {
    ids.sort();
    ids.dedup();
    ids
}

fn parts<'a>(scope: &'a Scope, party: IdRef<'_>, arguments: &Arguments) -> Result<Vec<Part<'a>>, FieldError> {
    let as_of = arguments.day("asOf")?;
    let certain = arguments.truth("certain");
    if certain && as_of.is_none() {
        return Err(FieldError::input("certain: needs asOf, the day on which to be certain"));
    }
    let wanted = arguments.text("role");
    let mut parts = Vec::new();
    for (side, role) in [(HELPERS, "HELPER"), (HELPED, "HELPED")] {
        let mut last: Option<Id> = None;
        each_source(scope, party, back_along(&PAIRING, side), None, Direction::Forward, |source, _| {
            // A party that a side names twice is one party.
            if last.as_ref().is_some_and(|last| last.as_ref() == source.id()) {
                return Ok(true);
            }
            last = Some(source.id().to_owned());
            let pairing = source.read(scope)?;
            let role = if is_cooperation(&pairing) { "PARTNER" } else { role };
            if wanted.is_some_and(|wanted| wanted != role) {
                return Ok(true);
            }
            let in_force = in_force(scope, &pairing, as_of)?;
            if in_force != Some("OUT") && (!certain || in_force == Some("CERTAIN")) {
                in_force.into_iter().for_each(|standing| rest_on_round(scope, &pairing, standing));
                parts.push(Part { pairing, side, role, in_force });
            }
            Ok(true)
        })?;
    }
    Ok(parts)
}

fn in_force(scope: &Scope, pairing: &Stored<'_>, on: Option<Date>) -> Result<Option<&'static str>, FieldError> {
    on.map(|on| in_force_on(scope, pairing, on)).transpose()
}

/// Whether neither side of a pairing helps the other.
pub fn is_cooperation(pairing: &Stored<'_>) -> bool {
    Scalar::Closed(&FORM).read(pairing.row().slot(PAIRING_FORM)) == Some(Leaf::Name("COOPERATION"))
}
