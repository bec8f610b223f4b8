//! Pairings: the heart of the graph.

use super::super::catalog::{Argument, Cover, Derived, FORMER_NAMES, Field, Kind, NAMED, Output, PARTY, Special, slot};
use super::super::closed::{BASIS, EXTENT, FORM, IN_FORCE};
use super::super::row::List;
use super::super::value::{Leaf, Scalar};

/// Helpers -> helped under a programme, for a time.
pub static PAIRING: Kind = Kind {
    tag: 12,
    name: "Pairing",
    id: "pairing",
    plural: "pairings",
    zh: "结对",
    doc: "Helpers -> helped under a programme, for a time. A joint pairing carries the figures that its parts share without a split.",
    interfaces: &[NAMED],
    fields: FIELDS,
    derived: DERIVED,
    covers: &[Cover { by: &["helpers"] }, Cover { by: &["helped"] }],
    specials: &[
        Special {
            name: "inForce",
            doc: "Whether it is in force on a day, by what sources show and by its round.",
            arguments: &[Argument {
                name: "on",
                doc: "The day; today (UTC) where it is not given.",
                scalar: Scalar::Date,
                required: false,
                default: None,
            }],
            output: Output::Value(Scalar::Closed(&IN_FORCE)),
        },
        Special {
            name: "distance",
            doc: "Kilometres between the two sides, where each is one region: along the great circle between their points, to a tenth; null where there are several, or a point is not known.",
            arguments: &[],
            output: Output::Maybe(Scalar::Float),
        },
    ],
};

/// What either side's edge carries.
const SIDE: &[Field] = &[
    Field::one(
        "extent",
        Scalar::Closed(&EXTENT),
        "Whether the pairing is with all of it; null where the source does not say.",
    ),
    Field::one("leftOut", Scalar::Text, "What the pairing leaves out, where it is with a part."),
    Field::one("note", Scalar::Text, "A remark on this side."),
];

const FIELDS: &[Field] = &[
    Field::to_list(
        "helpers",
        PARTY,
        "Who helps; in a cooperation, one of the two sides, neither of which helps the other.",
    )
    .with(SIDE)
    .required(),
    Field::to_list("helped", PARTY, "Who is helped; in a cooperation, the other side.").with(SIDE).required(),
    Field::to_one("programme", "Programme", "The programme under which it exists.")
        .reverse("pairings", "The pairings that exist under the programme.")
        .required(),
    Field::to_one(
        "round",
        "Programme",
        "The round of the programme that it belongs to, whose end ends the presumption that it is in force.",
    )
    .reverse("roundPairings", "The pairings of the round."),
    Field::one("form", Scalar::Closed(&FORM), "The form of the assistance.").required(),
    Field::one(
        "since",
        Scalar::PartialDate,
        "The first day that it held, as precise as the source; null where unknown.",
    )
    .indexed(),
    Field::one(
        "until",
        Scalar::PartialDate,
        "The last day that it held; null where not stated, which never means still in force.",
    )
    .indexed()
    .not_before("since"),
    Field::one("untilBasis", Scalar::Closed(&BASIS), "How `until` is known."),
    Field::one("lastSeen", Scalar::PartialDate, "The last day on which a source shows it."),
    Field::to_one("partOf", "Pairing", "The pairing of which it is a part.")
        .reverse("parts", "Its parts. Figures of the whole never flow down to them."),
    FORMER_NAMES,
];

const DERIVED: &[Derived] = &[Derived {
    name: "joint",
    doc: "Whether there are several parties on a side.",
    scalar: Scalar::Bool,
    required: true,
    compute: |_, row| {
        let several = |slot| List::new(row.slot(slot)).len() > 1;
        Some(Leaf::Bool(several(slot::OWN) || several(slot::OWN + 1)))
    },
}];
