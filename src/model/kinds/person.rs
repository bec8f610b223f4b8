//! Named persons.

use super::super::catalog::{FORMER_NAMES, Field, Kind, NAMED};
use super::super::value::Scalar;

/// A named person.
pub static PERSON: Kind = Kind {
    tag: 9,
    name: "Person",
    id: "person",
    plural: "persons",
    zh: "人物",
    doc: "A person whom a source names, and their role; an unnamed one is `anonymous`.",
    interfaces: &[NAMED],
    fields: &[
        Field::one("role", Scalar::Text, "The person's role, such as 驻村第一书记."),
        Field::to_list("affiliations", "Organization", "The organizations that the person belongs to or works for.")
            .reverse("affiliates", "The persons who belong to it or work for it."),
        FORMER_NAMES,
    ],
    derived: &[],
    covers: &[],
    specials: &[],
};
