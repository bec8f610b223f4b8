//! Sets known by the kind of their members and their size.

use super::super::catalog::{FORMER_NAMES, Field, Kind, NAMED, NODE, PARTY};
use super::super::closed::{BASIS, MEMBER_KIND, QUALIFIER};
use super::super::value::Scalar;
use super::region::{PAIRINGS, PARTNERS};

/// A set known by the kind of its members and its size.
pub static GROUP: Kind = Kind {
    tag: 10,
    name: "Group",
    id: "group",
    plural: "groups",
    zh: "集合",
    doc: "A set known by the kind of its members and its size: 131 villages; companies whose number is not said; 10 labor stations of both sides.",
    interfaces: &[PARTY, NAMED],
    fields: &[
        Field::one("memberKind", Scalar::Closed(&MEMBER_KIND), "What its members are.").required(),
        Field::one("size", Scalar::Int, "How many members it has; null where the source does not say.")
            .between(0, i32::MAX),
        Field::one(
            "sizeQualifier",
            Scalar::Closed(&QUALIFIER),
            "How the source bounds the size; null where the size is.",
        )
        .only_with("size"),
        Field::to_many("members", NODE, "Its members, as far as they are known.")
            .with(&[
                Field::one("basis", Scalar::Closed(&BASIS), "How the membership is known."),
                Field::one("note", Scalar::Text, "A remark on the membership."),
            ])
            .reverse("memberOf", "The groups of which it is a known member."),
        Field::one("membersComplete", Scalar::Bool, "Whether `members` holds all of them.").required(),
        Field::to_list(
            "within",
            PARTY,
            "The regions, or other parties, in which its members stand; with several, the split is on the edge.",
        )
        .with(&[Field::one(
            "share",
            Scalar::Int,
            "How many of the members stand there; null where the source does not split them.",
        )
        .between(0, i32::MAX)])
        .reverse("groups", "The groups whose members stand in it, all or in part."),
        Field::to_one("partOf", "Group", "The group of which all its members are members.")
            .reverse("subsets", "The groups all of whose members are members of this one."),
        Field::to_one("pairing", "Pairing", "The pairing that it came about under.")
            .reverse("groups", "The groups that came about under the pairing."),
        Field::to_one("programme", "Programme", "The programme that it belongs to.")
            .reverse("groups", "The groups that belong to the programme."),
        FORMER_NAMES,
    ],
    derived: &[],
    covers: &[],
    specials: &[PAIRINGS, PARTNERS],
};
