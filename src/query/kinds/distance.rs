//! Distances between regions, in kilometres.

use crate::model::catalog::REGION;
use crate::model::id::Id;
use crate::model::kinds::{PAIRING, PROVINCE};
use crate::model::value::{Leaf, Scalar};
use crate::query::arguments::Arguments;
use crate::query::error::FieldError;
use crate::query::object::{Resolved, targets};
use crate::query::scope::Scope;
use crate::store::Stored;

const LATITUDE: usize = PROVINCE.slot_of("latitude");
const LONGITUDE: usize = PROVINCE.slot_of("longitude");
const HELPERS: usize = PAIRING.slot_of("helpers");
const HELPED: usize = PAIRING.slot_of("helped");

/// The mean radius of the Earth in kilometres (IUGG).
const RADIUS: f64 = 6_371.008_8;

/// `Region.distanceTo(region:)`.
pub fn distance_to<'a>(
    scope: &'a Scope,
    region: &'a Stored<'a>,
    arguments: &Arguments,
) -> Result<Resolved<'a>, FieldError> {
    let text = arguments.text("region").unwrap_or_default();
    let other = match Id::parse(text) {
        Ok(id) => scope.node(id.as_ref())?,
        Err(_) => scope.region_of_code(text)?,
    };
    let other = other.filter(|other| other.kind.implements(REGION));
    let other = other.ok_or_else(|| FieldError::input(format!("region: no region has the id or code \"{text}\"")))?;
    Ok(told(between(region, &other)))
}

/// `Pairing.distance`.
pub fn distance<'a>(scope: &'a Scope, pairing: &'a Stored<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let (helpers, helped) = (targets(pairing, HELPERS), targets(pairing, HELPED));
    let ([helper], [helped]) = (helpers.as_slice(), helped.as_slice()) else { return Ok(Resolved::Null) };
    let (helper, helped) = (scope.referred(helper.as_ref())?, scope.referred(helped.as_ref())?);
    let regions = helper.kind.implements(REGION) && helped.kind.implements(REGION);
    Ok(if regions { told(between(&helper, &helped)) } else { Resolved::Null })
}

fn told(kilometres: Option<f64>) -> Resolved<'static> {
    kilometres.map_or(Resolved::Null, |kilometres| Resolved::Leaf(Leaf::Float((kilometres * 10.0).round() / 10.0)))
}

/// The great-circle distance by the haversine formula; nothing where a point is not known.
fn between(one: &Stored<'_>, other: &Stored<'_>) -> Option<f64> {
    let degrees = |region: &Stored<'_>, slot| match Scalar::Float.read(region.row().slot(slot)) {
        Some(Leaf::Float(degrees)) => Some(degrees.to_radians()),
        _ => None,
    };
    let (from, to) = (degrees(one, LATITUDE)?, degrees(other, LATITUDE)?);
    let north = to - from;
    let east = degrees(other, LONGITUDE)? - degrees(one, LONGITUDE)?;
    let half = (north / 2.0).sin().powi(2) + from.cos() * to.cos() * (east / 2.0).sin().powi(2);
    Some(2.0 * RADIUS * half.sqrt().min(1.0).asin())
}
