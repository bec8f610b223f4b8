//! What is grown, made or sold.

use super::super::catalog::{FORMER_NAMES, Field, Kind, NAMED, REGION};

/// What is grown, made or sold.
pub static PRODUCT: Kind = Kind {
    tag: 14,
    name: "Product",
    id: "product",
    plural: "products",
    zh: "产品",
    doc: "What is grown, made or sold.",
    interfaces: &[NAMED],
    fields: &[
        Field::to_one("origin", REGION, "Where it comes from.").reverse("products", "The products that come from it."),
        FORMER_NAMES,
    ],
    derived: &[],
    covers: &[],
    specials: &[],
};
