//! Claims that are no figures.

use super::super::catalog::{Field, Kind, NODE};
use super::super::closed::{BASIS, NATURE, QUALIFIER};
use super::super::value::Scalar;
use super::observation::PERIOD;

/// One claim that is no figure.
pub static STATEMENT: Kind = Kind {
    tag: 19,
    name: "Statement",
    id: "statement",
    plural: "statements",
    zh: "陈述",
    doc: "One claim that is no figure: subject, predicate, text, period and source.",
    interfaces: &[],
    fields: &[
        Field::to_one("subject", NODE, "What the claim is about.")
            .reverse("statements", "The claims about it.")
            .required(),
        Field::one("predicate", Scalar::Text, "What is claimed, as a key such as `dropouts-from-poverty`.")
            .required()
            .indexed(),
        Field::one("text", Scalar::Text, "The claim in words; never copied from the source.").required(),
        Field::one(
            "holds",
            Scalar::Bool,
            "For a claim that holds or does not: which. Null where the claim is its text.",
        ),
        Field::one("qualifier", Scalar::Closed(&QUALIFIER), "How the source's wording bounds the claim."),
        Field::one("nature", Scalar::Closed(&NATURE), "Whether it happened.").required(),
        Field::one("basis", Scalar::Closed(&BASIS), "How it came out of the source.").required(),
        Field::object("period", &PERIOD, "The time that the claim is of.").required(),
    ],
    derived: &[],
    covers: &[],
    specials: &[],
};
