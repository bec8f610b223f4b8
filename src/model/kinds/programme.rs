//! Policies under which pairings exist.

use super::super::catalog::{FORMER_NAMES, Field, Kind, NAMED, Output, PARTY, Special};
use super::super::closed::{BASIS, FORM, PROGRAMME_KIND};
use super::super::value::Scalar;

/// A policy under which pairings exist.
pub static PROGRAMME: Kind = Kind {
    tag: 11,
    name: "Programme",
    id: "programme",
    plural: "programmes",
    zh: "帮扶行动",
    doc: "The policy under which pairings exist, or one of its rounds; a policy without pairings is one too.",
    interfaces: &[NAMED],
    fields: &[
        Field::one("kind", Scalar::Closed(&PROGRAMME_KIND), "Whether it is a programme, a round of one, or a policy.")
            .required(),
        Field::one("form", Scalar::Closed(&FORM), "The form of the assistance."),
        Field::to_one(
            "partOf",
            "Programme",
            "The programme that holds it; of a round, the programme whose round it is.",
        )
        .reverse("parts", "Its rounds, and the programmes and policies within it."),
        Field::one("start", Scalar::PartialDate, "When it began."),
        Field::one(
            "end",
            Scalar::PartialDate,
            "Its last day; null where not stated, which never means still in force.",
        )
        .not_before("start"),
        Field::one("endBasis", Scalar::Closed(&BASIS), "How the end is known."),
        Field::one("pairedLevels", Scalar::Text, "Between which levels its pairings are, as its source says."),
        Field::to_list("issuedBy", PARTY, "Who issued it.")
            .reverse("issued", "The programmes and policies that it issued."),
        FORMER_NAMES,
    ],
    derived: &[],
    covers: &[],
    specials: &[Special {
        name: "allFigures",
        doc: "All figures under it: its `figures`, those about its pairings, and those of its rounds and parts, each once.",
        arguments: &[],
        output: Output::Connection { of: "Observation", name: "", edge: &[] },
    }],
};
