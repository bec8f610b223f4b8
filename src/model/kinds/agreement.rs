//! Purchase, sales and cooperation agreements.

use super::super::catalog::{FORMER_NAMES, Field, Kind, NAMED, PARTY};
use super::super::closed::AGREEMENT_ROLE;
use super::super::value::Scalar;

/// A purchase, sales or cooperation agreement.
pub static AGREEMENT: Kind = Kind {
    tag: 15,
    name: "Agreement",
    id: "agreement",
    plural: "agreements",
    zh: "协议",
    doc: "A purchase, sales or cooperation agreement between parties.",
    interfaces: &[NAMED],
    fields: &[
        Field::to_list("parties", PARTY, "Who agreed.")
            .with(&[Field::one("role", Scalar::Closed(&AGREEMENT_ROLE), "The part that the party takes.")])
            .reverse("agreements", "The agreements that it is a party to."),
        Field::to_list("products", "Product", "What it covers.").reverse("agreements", "The agreements that cover it."),
        Field::to_list("brokers", PARTY, "Who brought it about.")
            .reverse("brokered", "The agreements that it brought about."),
        Field::to_one("signedAt", "Event", "The event at which it was signed.")
            .reverse("agreements", "The agreements signed at it."),
        Field::one("signed", Scalar::PartialDate, "When it was signed."),
        FORMER_NAMES,
    ],
    derived: &[],
    covers: &[],
    specials: &[],
};
