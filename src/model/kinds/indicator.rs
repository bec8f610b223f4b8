//! What is measured.

use super::super::catalog::{FORMER_NAMES, Field, Kind, NAMED};
use super::super::closed::MONEY;
use super::super::value::Scalar;

/// What is measured.
pub static INDICATOR: Kind = Kind {
    tag: 17,
    name: "Indicator",
    id: "indicator",
    plural: "indicators",
    zh: "指标",
    doc: "What is measured, its unit, and for money its kind. Its name holds no year: the observation's period says it.",
    interfaces: &[NAMED],
    fields: &[
        Field::one("unit", Scalar::Text, "The unit of the values, such as `yuan`, `person`, `household`, `mu`.")
            .required(),
        Field::one("unitZh", Scalar::Text, "The unit in Chinese, such as 元, 人, 户, 亩."),
        Field::one("money", Scalar::Closed(&MONEY), "The kind of money; null where it counts none."),
        Field::one(
            "perUnit",
            Scalar::Text,
            "What one value is per, such as `year` or `person`; null where it is a total.",
        ),
        FORMER_NAMES,
    ],
    derived: &[],
    covers: &[],
    specials: &[],
};
