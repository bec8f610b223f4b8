//! The long tail of relations.

use super::super::catalog::{Field, Kind, NODE};
use super::super::closed::LINK_PREDICATE;
use super::super::value::Scalar;

/// Any other stated relation.
pub static LINK: Kind = Kind {
    tag: 20,
    name: "Link",
    id: "link",
    plural: "links",
    zh: "关联",
    doc: "Any other stated relation: a subject, a predicate from a closed list, an object. What is asked often is a field instead.",
    interfaces: &[],
    fields: &[
        Field::to_one("subject", NODE, "What the relation starts from.")
            .reverse("links", "The links that start from it.")
            .required(),
        Field::one("predicate", Scalar::Closed(&LINK_PREDICATE), "What the subject has to do with the object.")
            .required()
            .indexed(),
        Field::to_one("object", NODE, "What the relation leads to.")
            .reverse("linkedFrom", "The links that lead to it.")
            .required(),
        Field::one("start", Scalar::PartialDate, "From when it held."),
        Field::one("end", Scalar::PartialDate, "Until when it held.").not_before("start"),
    ],
    derived: &[],
    covers: &[],
    specials: &[],
};
