//! Documents.

use super::super::catalog::{Field, Kind, Output, Special};
use super::super::closed::SOURCE_KIND;
use super::super::value::Scalar;

/// A document.
pub static SOURCE: Kind = Kind {
    tag: 21,
    name: "Source",
    id: "source",
    plural: "sources",
    zh: "来源",
    doc: "A document that supports records; a photo is a source within a source. A citation is a place in it.",
    interfaces: &[],
    fields: &[
        Field::one("title", Scalar::Text, "The title; one that was supplied where the source has none.")
            .required()
            .searched(),
        Field::one("titleEn", Scalar::Text, "The title in English, where there is one.").searched(),
        Field::one(
            "titleSupplied",
            Scalar::Bool,
            "True where the source has no title of its own, or none that was seen.",
        ),
        Field::one("kind", Scalar::Closed(&SOURCE_KIND), "What stands behind it, for the reader to weigh it.")
            .required(),
        Field::one("edition", Scalar::Text, "The edition that was read."),
        Field::one("published", Scalar::PartialDate, "When it was published; null where it does not say."),
        Field::to_one("publisher", "Organization", "Who published it.")
            .reverse("publications", "The sources that it published."),
        Field::to_list("authors", "Person", "Who wrote or took it.")
            .reverse("authored", "The sources that the person wrote or took."),
        Field::to_one("partOf", "Source", "The source that it is a part of, as a photo is of an article.")
            .reverse("parts", "Its parts."),
        Field::one(
            "sha256",
            Scalar::Text,
            "The SHA-256 of the text that its lines are counted in, in hexadecimal; null where none is kept.",
        ),
        Field::one(
            "license",
            Scalar::Text,
            "The licence under which its facts or data may be used, where it states one.",
        ),
    ],
    derived: &[],
    covers: &[],
    specials: &[Special {
        name: "reference",
        doc: "A reference to it as GB/T 7714—2015 writes them; what is not known is left out, and a supplied title stands in brackets.",
        arguments: &[],
        output: Output::Value(Scalar::Text),
    }],
};
