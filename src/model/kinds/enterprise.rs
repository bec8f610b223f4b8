//! Companies.

use super::super::catalog::{FORMER_NAMES, Field, Kind, NAMED, PARTY, REGION};
use super::super::value::Scalar;
use super::region::{PAIRINGS, PARTNERS};

/// A company.
pub static ENTERPRISE: Kind = Kind {
    tag: 6,
    name: "Enterprise",
    id: "enterprise",
    plural: "enterprises",
    zh: "企业",
    doc: "A company. Companies of which only the number is known are a Group.",
    interfaces: &[PARTY, NAMED],
    fields: &[
        Field::to_one("region", REGION, "Where it stands.").reverse("enterprises", "The companies that stand in it."),
        Field::one("industry", Scalar::Text, "What it does."),
        Field::to_list("founders", "Person", "Who founded it.")
            .reverse("founded", "The companies that the person founded."),
        FORMER_NAMES,
    ],
    derived: &[],
    covers: &[],
    specials: &[PAIRINGS, PARTNERS],
};
