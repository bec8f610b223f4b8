//! Regions: one declaration, five types, which are the five statistical levels.

use super::super::catalog::{
    Argument, Cover, Derived, EdgeProperty, EdgeValue, FORMER_NAMES, Field, Kind, NAMED, Output, PARTY, REGION,
    Special, Struct,
};
use super::super::closed::{DIVISION, IN_FORCE, LEVEL, LINEAGE_BASIS, ROLE};
use super::super::value::{Leaf, Scalar};

/// 省级.
pub static PROVINCE: Kind = level(
    1,
    "Province",
    "province",
    "provinces",
    "省级行政区",
    "A province, an autonomous region, a municipality or a special administrative region.",
);
/// 地级.
pub static CITY: Kind = level(
    2,
    "City",
    "city",
    "cities",
    "地级行政区",
    "A prefecture-level division: a city, an autonomous prefecture (州), a prefecture (地区) or a league (盟).",
);
/// 县级.
pub static COUNTY: Kind = level(
    3,
    "County",
    "county",
    "counties",
    "县级行政区",
    "A county-level division: a county, a district (市辖区), a county-level city (县级市) or a banner (旗).",
);
/// 乡级.
pub static TOWN: Kind = level(
    4,
    "Town",
    "town",
    "towns",
    "乡级行政区",
    "A township-level division: a town (镇), a township (乡) or a subdistrict (街道).",
);
/// 村级.
pub static VILLAGE: Kind = level(
    5,
    "Village",
    "village",
    "villages",
    "村级",
    "A village (村民委员会) or a residential community (居民委员会).",
);

/// The five types, from the top of the hierarchy down; the place in this list plus one is the tag.
pub static LEVELS: [&Kind; 5] = [&PROVINCE, &CITY, &COUNTY, &TOWN, &VILLAGE];

const fn level(
    tag: u8,
    name: &'static str,
    id: &'static str,
    plural: &'static str,
    zh: &'static str,
    doc: &'static str,
) -> Kind {
    Kind {
        tag,
        name,
        id,
        plural,
        zh,
        doc,
        interfaces: &[REGION, PARTY, NAMED],
        fields: FIELDS,
        derived: DERIVED,
        covers: &[Cover { by: &["parent"] }],
        specials: SPECIALS,
    }
}

/// A code that a region has or had.
pub static REGION_CODE: Struct = Struct {
    name: "RegionCode",
    doc: "A code that a region has or had. All of them find the region.",
    fields: &[
        Field::one("code", Scalar::Text, "The code: 6 digits by GB/T 2260, 9 or 12 below the county.")
            .required()
            .indexed(),
        Field::one("system", Scalar::Text, "The system of codes: `GB/T 2260`, or `NBS` for the statistics bureau's."),
        Field::one("validFrom", Scalar::PartialDate, "From when it was valid; null where not known."),
        Field::one("validUntil", Scalar::PartialDate, "Until when; null where not known, or where it still is.")
            .not_before("validFrom"),
        Field::one(
            "basis",
            Scalar::Closed(&LINEAGE_BASIS),
            "How it is known that the code was this region's; null where the source lists this region under it.",
        ),
    ],
};

const FIELDS: &[Field] = &[
    Field::one(
        "code",
        Scalar::Text,
        "Today's code, GB/T 2260 down to the county and the statistics bureau's below; null where the source names no place.",
    )
    .indexed(),
    Field::objects("codes", &REGION_CODE, "Every code that it has or had, with validity."),
    Field::one("division", Scalar::Closed(&DIVISION), "The exact kind of division, finer than the level."),
    Field::one("latitude", Scalar::Float, "Degrees north, WGS 84, of a point in it, mostly its seat.").between(-90, 90),
    Field::one("longitude", Scalar::Float, "Degrees east, WGS 84, of the same point.").between(-180, 180),
    Field::to_one("parent", REGION, "The nearest real level above; placeholders such as 市辖区 are folded away.")
        .reverse("children", "The regions right below it, whatever their level."),
    FORMER_NAMES,
    Field::to_list(
        "predecessors",
        REGION,
        "The regions that it was made from: in a merger several, in a split the one.",
    )
    .with(LINEAGE)
    .reverse("successors", "The regions that were made from it, or that took it in, all or in part."),
    Field::one(
        "abolished",
        Scalar::PartialDate,
        "From when it is no more; null while it exists. What is abolished has no `parent` and no `code`.",
    ),
    Field::to_one("formerParent", REGION, "The nearest real level above it while it existed, where it is abolished.")
        .reverse("formerChildren", "The abolished regions that stood right below it, whatever their level."),
];

/// What an edge to a predecessor carries.
const LINEAGE: &[Field] = &[
    Field::one("on", Scalar::PartialDate, "When the one went over into the other, as precise as the source."),
    Field::one("basis", Scalar::Closed(&LINEAGE_BASIS), "How it is known.").required(),
    Field::one("note", Scalar::Text, "A remark on this step."),
];

const DERIVED: &[Derived] = &[
    Derived {
        name: "level",
        doc: "The statistical level.",
        scalar: Scalar::Closed(&LEVEL),
        required: true,
        compute: |kind, _| Some(Leaf::Name(LEVEL.value(kind.tag)?)),
    },
    Derived {
        name: "levelNumber",
        doc: "The statistical level as a number: 1 for a province, 2 for a city, 3 for a county, 4 for a town, 5 for a village.",
        scalar: Scalar::Int,
        required: true,
        compute: |kind, _| Some(Leaf::Int(i32::from(kind.tag))),
    },
];

const SPECIALS: &[Special] = &[
    Special {
        name: "ancestors",
        doc: "The regions above it, from the province down to its parent.",
        arguments: &[],
        output: Output::List(REGION),
    },
    Special {
        name: "descendants",
        doc: "The regions of one level below it, at any depth, in the order of their ids.",
        arguments: &[Argument {
            name: "level",
            doc: "The level to list.",
            scalar: Scalar::Closed(&LEVEL),
            required: true,
            default: None,
        }],
        output: Output::Connection { of: REGION, name: "", edge: &[] },
    },
    above("province", "Province", "The province that it is in, or is; null where it is in none."),
    above("city", "City", "The city that it is in, or is; null where there is none, as in a municipality."),
    above("county", "County", "The county that it is in, or is; null where there is none."),
    above("town", "Town", "The town that it is in, or is; null where there is none."),
    Special {
        name: "distanceTo",
        doc: "Kilometres to another region, along the great circle between the points of the two, to a tenth; null where a point is not known.",
        arguments: &[Argument {
            name: "region",
            doc: "The other region: its global id, or any code that it has or had.",
            scalar: Scalar::Text,
            required: true,
            default: None,
        }],
        output: Output::Maybe(Scalar::Float),
    },
    PAIRINGS,
    PARTNERS,
];

const fn above(name: &'static str, of: &'static str, doc: &'static str) -> Special {
    Special { name, doc, arguments: &[], output: Output::One(of) }
}

/// The arguments that choose among a party's pairings.
const CHOOSE: &[Argument] = &[
    Argument {
        name: "role",
        doc: "Only those in which it takes this side.",
        scalar: Scalar::Closed(&ROLE),
        required: false,
        default: None,
    },
    Argument {
        name: "asOf",
        doc: "Only those in force on this day, certain or presumed; ask each for `inForce(on:)`.",
        scalar: Scalar::Date,
        required: false,
        default: None,
    },
    Argument {
        name: "certain",
        doc: "With `asOf`: only those that a source shows on that day.",
        scalar: Scalar::Bool,
        required: false,
        default: Some("false"),
    },
];

/// Every party's pairings.
pub const PAIRINGS: Special = Special {
    name: "pairings",
    doc: "The pairings in which it takes part, on either side.",
    arguments: CHOOSE,
    output: Output::Connection {
        of: "Pairing",
        name: "PartyPairing",
        edge: &[
            EdgeProperty {
                name: "role",
                doc: "The side that it takes.",
                value: EdgeValue::Scalar(Scalar::Closed(&ROLE)),
            },
            EdgeProperty {
                name: "inForce",
                doc: "Whether the pairing is in force on `asOf`; null without `asOf`.",
                value: EdgeValue::Scalar(Scalar::Closed(&IN_FORCE)),
            },
        ],
    },
};

/// Every party's partners.
pub const PARTNERS: Special = Special {
    name: "partners",
    doc: "The parties on the other side of its pairings, one edge for each pairing and partner.",
    arguments: CHOOSE,
    output: Output::Connection {
        of: PARTY,
        name: "Partner",
        edge: &[
            EdgeProperty { name: "pairing", doc: "The pairing that ties the two.", value: EdgeValue::Node("Pairing") },
            EdgeProperty {
                name: "role",
                doc: "The side that the partner takes.",
                value: EdgeValue::Scalar(Scalar::Closed(&ROLE)),
            },
        ],
    },
};
