//! Fairs and festivals.

use super::super::catalog::{FORMER_NAMES, Field, Kind, NAMED, PARTY};
use super::super::closed::{BASIS, EXHIBIT_ROLE};
use super::super::value::Scalar;

/// An activity on known days at a place.
pub static EVENT: Kind = Kind {
    tag: 16,
    name: "Event",
    id: "event",
    plural: "events",
    zh: "活动",
    doc: "An activity on known days at a place: a fair, a harvest festival.",
    interfaces: &[NAMED],
    fields: &[
        Field::to_one("heldIn", PARTY, "The region or the organization's place where it was held.")
            .reverse("events", "The events held in it."),
        Field::to_list("hosts", PARTY, "Who held it.").reverse("hosted", "The events that it held."),
        Field::one("start", Scalar::PartialDate, "The opening day; null where not known."),
        Field::one("startBasis", Scalar::Closed(&BASIS), "How the opening day is known."),
        Field::one("end", Scalar::PartialDate, "The closing day; null where not known.").not_before("start"),
        Field::one("endBasis", Scalar::Closed(&BASIS), "How the closing day is known."),
        Field::to_list("products", "Product", "The products on show or promoted.")
            .with(&[Field::one("role", Scalar::Closed(&EXHIBIT_ROLE), "What the event did with the product.")])
            .reverse("events", "The events that showed or promoted it."),
        Field::to_one("follows", "Event", "The event that it followed on.")
            .reverse("followedBy", "The events that followed on it."),
        FORMER_NAMES,
    ],
    derived: &[],
    covers: &[],
    specials: &[],
};
