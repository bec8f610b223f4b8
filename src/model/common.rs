//! What kinds have in common: the interfaces, the first slots, and the specials of every kind.

use super::catalog::{Argument, EdgeForm, Field, Output, Special, Struct};
use super::value::Scalar;

/// Which other fields a kind's first slots hold; see [`COMMON`].
pub mod slot {
    /// The record's key.
    pub const KEY: usize = 0;
    /// Its citations.
    pub const CITATIONS: usize = 1;
    /// Its name, where the kind is named.
    pub const NAME: usize = 2;
    /// Its English name.
    pub const NAME_EN: usize = 3;
    /// Its other names.
    pub const ALIASES: usize = 4;
    /// The keeper's remark.
    pub const NOTE: usize = 5;
    /// Whether the name was supplied.
    pub const ANONYMOUS: usize = 6;
    /// The first slot of a kind's own fields.
    pub const OWN: usize = 7;
}

/// The interface of every record.
pub const NODE: &str = "Node";
/// The interface of records that have a name.
pub const NAMED: &str = "Named";
/// The interface of whoever can help or be helped.
pub const PARTY: &str = "Party";
/// The interface of the five levels of regions.
pub const REGION: &str = "Region";

/// An interface; its fields are those that all of its types share.
#[derive(Debug)]
pub struct Interface {
    /// The GraphQL type.
    pub name: &'static str,
    /// What its types have in common.
    pub doc: &'static str,
}

/// Every interface.
pub const INTERFACES: &[Interface] = &[
    Interface { name: NODE, doc: "Whatever has a global id. `node(id:)` finds it again." },
    Interface { name: NAMED, doc: "Whatever has a name (名称)." },
    Interface {
        name: PARTY,
        doc: "主体: whoever can help or be helped: a Region, an Enterprise, an Organization or a Group.",
    },
    Interface {
        name: REGION,
        doc: "行政区划: a place in the administrative hierarchy. Its five statistical levels are the types Province, City, County, Town and Village; `division` keeps the exact kind.",
    },
];

/// The slots that every kind begins with. The named ones are shown on kinds that implement `Named`.
pub static COMMON: [Field; slot::OWN] = [
    Field::one("key", Scalar::Text, "The second half of the id.").required(),
    Field::edge(
        "citations",
        "Source",
        EdgeForm::Objects {
            name: "Citation",
            doc: "引用: the place in a source that supports one record, or one field of it.",
            target_field: "source",
        },
        "The places in sources that support this record. A restatement is a further citation of the same record.",
    )
    .with(CITATION)
    .reverse("supports", "The records that cite this source; each edge holds the place that supports its node."),
    Field::one("name", Scalar::Text, "The name, in the language of its source; never empty.").required().searched(),
    Field::one("nameEn", Scalar::Text, "The name in English, where there is one.").searched(),
    Field::list("aliases", Scalar::Text, "Other names and spellings under which sources know it.").searched(),
    Field::one("note", Scalar::Text, "A remark of the data's keeper: what the source leaves open, or how it was read."),
    Field::one(
        "anonymous",
        Scalar::Bool,
        "True where the source gives no name of its own, so that `name` is a description.",
    ),
];

/// The specials of every kind.
pub const COMMON_SPECIALS: &[Special] = &[
    Special {
        name: "history",
        doc: "How it came to stand as it does, the newest change first, as far back as the log is kept.",
        arguments: &[
            Argument {
                name: "first",
                doc: "How many changes at most, 1 to 100.",
                scalar: Scalar::Int,
                required: true,
                default: Some("20"),
            },
            Argument {
                name: "before",
                doc: "Only revisions before this one: what a page ended with begins the next.",
                scalar: Scalar::Int,
                required: false,
                default: None,
            },
        ],
        output: Output::Objects("RecordChange"),
    },
    Special {
        name: "disagreements",
        doc: "Claims about it of one indicator, counterpart and nature that cannot all be true as they are worded, for one time or for two that overlap, and what stands behind each: all are shown, and none is picked. More than 1000 and 1200 agree; 约 and 近 are read as rounded to the last digit that is not zero. A running total is of the day as of which it holds. A stated part is no claim against its whole.",
        arguments: &[],
        output: Output::Objects("Disagreement"),
    },
];

/// A name that a record no longer bears.
pub static FORMER_NAME: Struct = Struct {
    name: "FormerName",
    doc: "曾用名: a name that the record bore once and no longer bears.",
    fields: &[
        Field::one("name", Scalar::Text, "The name, as its source writes it.").required().searched(),
        Field::one("validFrom", Scalar::PartialDate, "From when it bore it; null where not known."),
        Field::one("validUntil", Scalar::PartialDate, "Until when; null where not known.").not_before("validFrom"),
    ],
};

/// The former names of a record: a field that every named kind declares among its own, since the common slots are full.
pub const FORMER_NAMES: Field = Field::objects(
    "formerNames",
    &FORMER_NAME,
    "The names that it bore once and no longer bears; other spellings of today's are `aliases`.",
);

/// The specials of every kind that has a name.
pub const NAMED_SPECIALS: &[Special] = &[Special {
    name: "pinyin",
    doc: "How the name is read: Hanyu Pinyin with tone marks, the generic part a word of its own, as in Zhōngshān Shì.",
    arguments: &[],
    output: Output::Value(Scalar::Text),
}];

/// What a citation holds beside its source.
pub const CITATION: &[Field] = &[
    Field::one("section", Scalar::Text, "The heading under which the place stands."),
    Field::one("line", Scalar::Int, "The line of the source's stored text, from 1."),
    Field::one("printed", Scalar::Text, "The figure as printed, such as 1.26亿元."),
    Field::one("field", Scalar::Text, "The field of the record that this place supports; null: the record as a whole."),
    Field::one("note", Scalar::Text, "Where the source's wording, value or period differs from the record."),
];
