//! Bodies that are no companies.

use super::super::catalog::{FORMER_NAMES, Field, Kind, NAMED, PARTY, REGION};
use super::super::closed::ORGANIZATION_KIND;
use super::super::value::Scalar;
use super::region::{PAIRINGS, PARTNERS};

/// A body that is no company.
pub static ORGANIZATION: Kind = Kind {
    tag: 7,
    name: "Organization",
    id: "organization",
    plural: "organizations",
    zh: "机构",
    doc: "A body that is no company: a bureau, a market, a school, an association, a work team, a corps division.",
    interfaces: &[PARTY, NAMED],
    fields: &[
        Field::one("kind", Scalar::Closed(&ORGANIZATION_KIND), "What it is."),
        Field::to_one("region", REGION, "The region that it belongs to or stands in.")
            .reverse("organizations", "The organizations that belong to it or stand in it."),
        Field::to_one("partOf", "Organization", "The organization or place that holds it, as a market holds a hall.")
            .reverse("units", "The organizations or places that it holds."),
        Field::one("founded", Scalar::PartialDate, "When it was set up."),
        FORMER_NAMES,
    ],
    derived: &[],
    covers: &[],
    specials: &[PAIRINGS, PARTNERS],
};
