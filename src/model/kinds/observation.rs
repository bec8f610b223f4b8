//! Figures.

use super::super::catalog::{Cover, Field, Kind, NODE, PARTY, Struct};
use super::super::closed::{BASIS, NATURE, PERIOD_BASIS, QUALIFIER};
use super::super::value::Scalar;

/// One figure.
pub static OBSERVATION: Kind = Kind {
    tag: 18,
    name: "Observation",
    id: "observation",
    plural: "observations",
    zh: "观测",
    doc: "One figure: subject, indicator, value, qualifier, period and source.",
    interfaces: &[],
    fields: &[
        Field::to_one("subject", NODE, "What the figure is about.")
            .reverse("observations", "The figures about it.")
            .required(),
        Field::to_one("counterpart", PARTY, "The second party of the figure, such as from whom something was bought.")
            .reverse("counterpartObservations", "The figures in which it is the second party."),
        Field::to_one("indicator", "Indicator", "What is measured, and in which unit.")
            .reverse("figures", "The figures that measure it.")
            .required(),
        Field::one(
            "value",
            Scalar::Decimal,
            "The exact figure in the indicator's unit; null where the source does not know it.",
        )
        .indexed(),
        Field::one(
            "qualifier",
            Scalar::Closed(&QUALIFIER),
            "How the source's wording bounds the value; null where the value is.",
        )
        .only_with("value"),
        Field::one("nature", Scalar::Closed(&NATURE), "Whether it happened.").required(),
        Field::one("basis", Scalar::Closed(&BASIS), "How it came out of the source.").required(),
        Field::object("period", &PERIOD, "The time that the figure is of.").required(),
        Field::to_one(
            "programme",
            "Programme",
            "The programme under which it came about, where there is no pairing to say so.",
        )
        .reverse("figures", "The figures that came about under the programme."),
        Field::to_one(
            "partOf",
            "Observation",
            "The figure of which this is stated to be a part: the two are never added.",
        )
        .reverse("parts", "The figures stated to be parts of this one."),
        Field::to_one(
            "possiblyPartOf",
            "Observation",
            "The figure of which this is likely, but not stated, to be a part: that blocks adding the two.",
        )
        .reverse("possibleParts", "The figures that are likely parts of this one."),
    ],
    derived: &[],
    covers: &[Cover { by: &["subject", "indicator"] }],
    specials: &[],
};

/// The time that a figure or claim is of.
pub static PERIOD: Struct = Struct {
    name: "Period",
    doc: "The time that a figure or claim is of.",
    fields: &[
        Field::one(
            "start",
            Scalar::PartialDate,
            "Its first day; null where the source gives none, as for a running total.",
        ),
        Field::one("startBasis", Scalar::Closed(&PERIOD_BASIS), "How the start is known; null where there is none."),
        Field::one("end", Scalar::PartialDate, "Its last day, or the day as of which the figure holds.")
            .not_before("start"),
        Field::one("endBasis", Scalar::Closed(&PERIOD_BASIS), "How the end is known, or why there is none."),
    ],
};
