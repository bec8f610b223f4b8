//! Things that are built, grown or run.

use super::super::catalog::{Cover, FORMER_NAMES, Field, Kind, NAMED, PARTY, REGION};
use super::super::closed::PROJECT_KIND;
use super::super::value::Scalar;

/// Something built, grown or run.
pub static PROJECT: Kind = Kind {
    tag: 13,
    name: "Project",
    id: "project",
    plural: "projects",
    zh: "项目",
    doc: "Something built, grown or run: a workshop, a park, a planting base, a training base.",
    interfaces: &[NAMED],
    fields: &[
        Field::one("kind", Scalar::Closed(&PROJECT_KIND), "What it is."),
        Field::to_one("region", REGION, "Where it stands.").reverse("projects", "The projects that stand in it."),
        Field::to_one("pairing", "Pairing", "The pairing that it came about under.")
            .reverse("projects", "The projects that came about under the pairing."),
        Field::to_one("operator", PARTY, "Who runs it.").reverse("operatedProjects", "The projects that it runs."),
        Field::to_list("funders", PARTY, "Who paid for it.")
            .with(&[Field::one("amount", Scalar::Decimal, "How much, in yuan; null where the source does not say.")
                .in_unit("yuan")])
            .reverse("fundedProjects", "The projects that it paid for."),
        Field::to_list("products", "Product", "What it makes or grows.")
            .reverse("projects", "The projects that make or grow it."),
        Field::one("completed", Scalar::PartialDate, "When it was completed."),
        FORMER_NAMES,
        Field::one(
            "sector",
            Scalar::Text,
            "The field that its source files it under, in the source's own words, such as 产业 or education.",
        )
        .indexed(),
        Field::one(
            "amount",
            Scalar::Decimal,
            "What it costs in all, in yuan, where a source gives the exact sum; a sum with a wording of its own, such as 约, is an observation about it.",
        )
        .in_unit("yuan")
        .indexed(),
    ],
    derived: &[],
    covers: &[Cover { by: &["pairing"] }, Cover { by: &["sector", "amount"] }],
    specials: &[],
};
