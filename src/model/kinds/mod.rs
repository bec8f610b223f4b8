//! The kinds, a file each. A new kind is a file here, a line in [`KINDS`], and a CSV in `data/`.

mod agreement;
mod enterprise;
mod event;
mod group;
mod indicator;
mod labor_station;
mod link;
mod observation;
mod organization;
mod pairing;
mod person;
mod product;
mod programme;
mod project;
mod region;
mod source;
mod statement;

pub use agreement::AGREEMENT;
pub use enterprise::ENTERPRISE;
pub use event::EVENT;
pub use group::GROUP;
pub use indicator::INDICATOR;
pub use labor_station::LABOR_STATION;
pub use link::LINK;
pub use observation::{OBSERVATION, PERIOD};
pub use organization::ORGANIZATION;
pub use pairing::PAIRING;
pub use person::PERSON;
pub use product::PRODUCT;
pub use programme::PROGRAMME;
pub use project::PROJECT;
pub use region::{CITY, COUNTY, LEVELS, PROVINCE, REGION_CODE, TOWN, VILLAGE};
pub use source::SOURCE;
pub use statement::STATEMENT;

use super::catalog::{FORMER_NAME, Kind, Struct};

/// Every kind, in the order of its tag: the tag is the place in this list plus one.
pub static KINDS: [&Kind; 21] = [
    &PROVINCE,
    &CITY,
    &COUNTY,
    &TOWN,
    &VILLAGE,
    &ENTERPRISE,
    &ORGANIZATION,
    &LABOR_STATION,
    &PERSON,
    &GROUP,
    &PROGRAMME,
    &PAIRING,
    &PROJECT,
    &PRODUCT,
    &AGREEMENT,
    &EVENT,
    &INDICATOR,
    &OBSERVATION,
    &STATEMENT,
    &LINK,
    &SOURCE,
];

/// Every struct that records hold.
pub static STRUCTS: [&Struct; 3] = [&REGION_CODE, &PERIOD, &FORMER_NAME];

/// The kind of a tag.
pub fn kind_of_tag(tag: u8) -> Option<&'static Kind> {
    KINDS.get(usize::from(tag).checked_sub(1)?).copied()
}

/// The kind of the first half of a global id, or of a GraphQL type.
pub fn kind_named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.id == name || kind.name == name)
}

/// The kinds that are, or implement, a type.
pub fn kinds_of(name: &str) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(move |kind| kind.implements(name))
}
