//! Offices for job seekers.

use super::super::catalog::{FORMER_NAMES, Field, Kind, NAMED, PARTY, REGION};
use super::super::value::Scalar;

/// An office for job seekers.
pub static LABOR_STATION: Kind = Kind {
    tag: 8,
    name: "LaborStation",
    id: "labor-station",
    plural: "laborStations",
    zh: "劳务工作站",
    doc: "An office for job seekers. Stations of which only the number is known are a Group.",
    interfaces: &[NAMED],
    fields: &[
        Field::to_one("region", REGION, "The region it stands in.")
            .reverse("laborStations", "The labor stations that stand in it."),
        Field::to_one("operator", PARTY, "Who operates it.")
            .reverse("operatedStations", "The labor stations that it operates."),
        Field::one("opened", Scalar::PartialDate, "When it opened."),
        FORMER_NAMES,
    ],
    derived: &[],
    covers: &[],
    specials: &[],
};
