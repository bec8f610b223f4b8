//! The types of aggregates: groups of what a connection chooses from, and what is reckoned of them.

use super::aggregate::{Group, Groups};
use super::arguments::Arguments;
use super::build::{argument, object, page_arguments, plain};
use super::error::FieldError;
use super::filter_types::{input, one_of};
use super::object::{Object, Resolved, Resolver};
use super::path::Found;
use super::relation::{Member, What, members_of};
use super::scope::Scope;
use super::sum::{Sum, numbers};
use super::tally::{Measurable, Tally, measures_of};
use super::types::{FieldDef, InputDef, Type, TypeRef};
use crate::model::catalog::{NODE, Shape, Struct};
use crate::model::closed::{GROUP_BY_DATE, GROUP_BY_VALUE, ORDER_DIRECTION, QUALIFIER};
use crate::model::decimal::Decimal;
use crate::model::kinds::{STRUCTS, kind_named};
use crate::model::value::{Leaf, Scalar};

/// How a measure is aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number,
    Date,
    Value,
    Relation,
}

impl Sort {
    fn of(of: &str, name: &str, scalar: Option<Scalar>) -> Self {
        let is_number = || kind_named(of).is_some_and(|kind| numbers(kind).any(|number| number.name == name));
        match scalar {
            None => Self::Relation,
            Some(Scalar::Date | Scalar::PartialDate) => Self::Date,
            Some(_) if is_number() => Self::Number,
            Some(_) => Self::Value,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Number => "Number",
            Self::Date => "Date",
            Self::Value => "Value",
            Self::Relation => "Relation",
        }
    }

    /// The reckonings that it has, each with its type, the filter on it, and what it is.
    fn reckonings(self) -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
        let distinct = ("distinct", "Int", "IntFilter", "How many different ones there are.");
        let range = |ty, filter| {
            vec![
                ("min", ty, filter, "The smallest; null where there is none."),
                ("max", ty, filter, "The largest."),
                distinct,
            ]
        };
        match self {
            Self::Number => {
                let mut all = vec![
                    ("sum", "Sum", "DecimalFilter", "What they add up to, or why they do not."),
                    (
                        "total",
                        "Decimal",
                        "DecimalFilter",
                        "The values added up as they stand, whatever they are: what is part of another, or said of one thing twice, counts twice. Whether that is a figure, `sum` says. Null where nothing has a value, and beyond 28 digits.",
                    ),
                    (
                        "avg",
                        "Decimal",
                        "DecimalFilter",
                        "The sum's share of each, to six places; null where there is no sum.",
                    ),
                ];
                all.extend(range("Decimal", "DecimalFilter"));
                all
            }
            Self::Date => range("PartialDate", "PartialDateFilter"),
            // What is neither a number nor a date has no order that a condition on groups would ask for.
            Self::Value => vec![
                ("min", "String", "", "The first; null where there is none."),
                ("max", "String", "", "The last."),
                distinct,
            ],
            Self::Relation => vec![distinct],
        }
    }
}

/// The field of a connection that aggregates what it chooses from.
pub fn aggregate_field(of: &str) -> FieldDef {
    let list = |name: String| TypeRef::required(&name).list().or_null(true);
    let mut arguments = vec![
        argument(
            "groupBy",
            "What the records of a group share; without it, all are one group.",
            list(format!("{of}GroupBy")),
        ),
        argument("having", "Only groups of which this holds.", TypeRef::nullable(&format!("{of}Having"))),
        argument(
            "orderBy",
            "The order of the groups; by their keys where nothing else decides.",
            list(format!("{of}GroupOrder")),
        ),
    ];
    arguments.extend(page_arguments());
    FieldDef {
        arguments,
        ..plain(
            "aggregate",
            "What passes the filter, whatever the page, in groups. A record that a path leads to several values from is in the group of each.",
            TypeRef::nullable(&format!("{of}Groups")),
            Resolver::Aggregate,
        )
    }
}

/// Every type of aggregates that does not belong to one type of records.
pub fn shared_types() -> Vec<Type> {
    let mut types = vec![
        object(
            "GroupKey",
            "What the records of a group share.",
            vec![
                plain(
                    "value",
                    "The value, as the API writes it, or the id of the record; null where they have none.",
                    TypeRef::nullable("String"),
                    Resolver::Function(key_value),
                ),
                plain(
                    "node",
                    "The record, where the group is by one.",
                    TypeRef::nullable(NODE),
                    Resolver::Function(key_node),
                ),
            ],
        ),
        object("Sum", "What figures add up to, or why they do not.", sum_fields()),
    ];
    for sort in [Sort::Number, Sort::Date, Sort::Value, Sort::Relation] {
        let (prefix, reckonings) = (sort.prefix(), sort.reckonings());
        let fields = reckonings.iter().map(|(name, ty, _, doc)| {
            let ty = TypeRef::required(ty).or_null(!matches!(*ty, "Int" | "Sum"));
            plain(name, doc, ty, Resolver::Function(reckoning(name)))
        });
        types.push(object(
            &format!("{prefix}Aggregate"),
            "What is reckoned of a field over a group.",
            fields.collect(),
        ));
        let conditions = reckonings.iter().filter(|(_, _, filter, _)| !filter.is_empty());
        let conditions = conditions.map(|(name, _, filter, doc)| argument(name, doc, TypeRef::nullable(filter)));
        types.push(input(
            &format!("{prefix}Having"),
            "Conditions on what is reckoned, all of which must hold.",
            conditions.collect(),
        ));
        let orders =
            reckonings.iter().map(|(name, _, _, doc)| argument(name, doc, TypeRef::nullable(ORDER_DIRECTION.name)));
        types.push(one_of(
            &format!("{prefix}GroupOrder"),
            "What groups are ordered by: exactly one field.",
            orders.collect(),
        ));
    }
    types.extend(STRUCTS.iter().flat_map(|of| struct_types(of)));
    types
}

fn struct_types(of: &'static Struct) -> Vec<Type> {
    let fields = || {
        of.fields.iter().filter_map(|field| match field.shape {
            Shape::One(scalar) => Some((field.name, field.doc, scalar)),
            _ => None,
        })
    };
    let sort = |scalar| Sort::of("", "", Some(scalar)).prefix();
    let input_of = |suffix: &str| -> Vec<InputDef> {
        fields()
            .map(|(name, doc, scalar)| argument(name, doc, TypeRef::nullable(&format!("{}{suffix}", sort(scalar)))))
            .collect()
    };
    let name = of.name;
    vec![
        object(
            &format!("{name}Aggregate"),
            "What is reckoned of the fields of a struct over a group.",
            fields()
                .map(|(name, doc, scalar)| {
                    plain(name, doc, TypeRef::required(&format!("{}Aggregate", sort(scalar))), Resolver::Measure(name))
                })
                .collect(),
        ),
        input(&format!("{name}Having"), "Conditions on what is reckoned, all of which must hold.", input_of("Having")),
        one_of(&format!("{name}GroupOrder"), "What groups are ordered by: exactly one field.", input_of("GroupOrder")),
        one_of(
            &format!("{name}GroupBy"),
            &format!("What of a {name} makes groups: exactly one field."),
            fields().map(|(name, doc, scalar)| group_by(name, doc, scalar)).collect(),
        ),
    ]
}

fn group_by(name: &str, doc: &str, scalar: Scalar) -> InputDef {
    let of = match scalar {
        Scalar::Date | Scalar::PartialDate => GROUP_BY_DATE.name,
        _ => GROUP_BY_VALUE.name,
    };
    argument(name, doc, TypeRef::nullable(of))
}

/// The types of the groups of one type of records.
pub fn group_types(of: &str) -> Vec<Type> {
    let group = format!("{of}Group");
    let mut fields = vec![
        plain(
            "keys",
            "What its records share, one key for each of `groupBy`.",
            TypeRef::required("GroupKey").list(),
            Resolver::Function(keys),
        ),
        plain("count", "How many records there are in it.", TypeRef::required("Int"), Resolver::Function(count)),
        plain(
            "cursor",
            "Where the group stands: what `after` and `before` take.",
            TypeRef::required("String"),
            Resolver::Function(cursor),
        ),
    ];
    let mut having = vec![argument("count", "How many records there are.", TypeRef::nullable("IntFilter"))];
    let mut order = vec![
        argument("keys", "By the keys.", TypeRef::nullable(ORDER_DIRECTION.name)),
        argument("count", "By how many records there are.", TypeRef::nullable(ORDER_DIRECTION.name)),
    ];
    let mut structs = Vec::new();
    for Measurable { name, doc, scalar } in measures_of(of) {
        let (field, prefix) = match name.split_once('.') {
            Some((field, _)) if structs.contains(&field) => continue,
            Some((field, _)) => {
                structs.push(field);
                let Some(of) = struct_of(of, field) else { continue };
                (field, of.name)
            }
            None => (name.as_str(), Sort::of(of, name, *scalar).prefix()),
        };
        let doc = if field == name { doc } else { "What is reckoned of its fields." };
        let ty = |suffix: &str| TypeRef::nullable(&format!("{prefix}{suffix}"));
        fields.push(plain(field, doc, ty("Aggregate").or_null(false), Resolver::Measure(field)));
        having.push(argument(field, doc, ty("Having")));
        order.push(argument(field, doc, ty("GroupOrder")));
    }
    let by = members_of(of).into_iter().map(|Member { name, doc, what }| match what {
        What::Id => argument(&name, doc, TypeRef::nullable(GROUP_BY_VALUE.name)),
        What::Value(_, scalar) | What::Values(_, scalar) => group_by(&name, doc, scalar),
        What::Derived(derived) => group_by(&name, doc, derived.scalar),
        What::Struct(_, of) | What::Structs(_, of) => {
            argument(&name, doc, TypeRef::nullable(&format!("{}GroupBy", of.name)))
        }
        What::One(_, of) | What::Many(_, of) | What::On(of) => {
            argument(&name, doc, TypeRef::nullable(&format!("{of}GroupBy")))
        }
    });
    let mut types = vec![
        object(&group, &format!("{of} that share their keys."), fields),
        input(&format!("{of}Having"), &format!("Conditions on groups of {of}, all of which must hold."), having),
        one_of(&format!("{of}GroupOrder"), &format!("What groups of {of} are ordered by: exactly one field."), order),
        one_of(&format!("{of}GroupBy"), &format!("What makes groups of {of}: exactly one field."), by.collect()),
    ];
    // No Relay connection: a group is no record, and has no id that would find it again.
    types.push(object(
        &format!("{of}Groups"),
        &format!("A page of groups of {of}."),
        vec![
            plain("nodes", "The groups of this page.", TypeRef::required(&group).list(), Resolver::Nodes),
            plain("pageInfo", "Where the page stands.", TypeRef::required("PageInfo"), Resolver::PageInfo),
            plain(
                "totalCount",
                "How many groups there are in all, whatever the page.",
                TypeRef::required("Int"),
                Resolver::TotalCount,
            ),
        ],
    ));
    types
}

fn struct_of(of: &str, name: &str) -> Option<&'static Struct> {
    members_of(of).into_iter().find(|member| member.name == name).and_then(|member| match member.what {
        What::Struct(_, of) | What::Structs(_, of) => Some(of),
        _ => None,
    })
}

fn sum_fields() -> Vec<FieldDef> {
    let int = TypeRef::required("Int");
    vec![
        plain(
            "value",
            "The sum; null where it is refused, or where nothing has a value.",
            TypeRef::nullable("Decimal"),
            Resolver::Function(|_, object, _| with_sum(object, |sum| decimal(sum.value))),
        ),
        plain(
            "bound",
            "How the inexact parts bound the sum; null where there is no sum.",
            TypeRef::nullable(QUALIFIER.name),
            Resolver::Function(|_, object, _| {
                with_sum(object, |sum| {
                    sum.bound.map_or(Resolved::Null, |bound| Resolved::Leaf(Leaf::Name(bound.name())))
                })
            }),
        ),
        plain(
            "unit",
            "The unit of figures; null for what is none.",
            TypeRef::nullable("String"),
            Resolver::Function(|_, object, _| with_sum(object, |sum| text(sum.unit.as_deref()))),
        ),
        plain(
            "counted",
            "How many are in it.",
            int.clone(),
            Resolver::Function(|_, object, _| with_sum(object, |sum| whole(sum.counted))),
        ),
        plain(
            "unknown",
            "How many have no value, and so are not in it.",
            int,
            Resolver::Function(|_, object, _| with_sum(object, |sum| whole(sum.unknown))),
        ),
        plain(
            "refused",
            "Why they are not added; null where they are.",
            TypeRef::nullable("String"),
            Resolver::Function(|_, object, _| with_sum(object, |sum| text(sum.refused.as_deref()))),
        ),
    ]
}

/// A field's function: on an object that is no record.
pub type ObjectFn = for<'a> fn(&'a Scope, &'a Object<'a>, &Arguments) -> Result<Resolved<'a>, FieldError>;

fn with_sum<'a>(
    object: &'a Object<'a>,
    read: impl FnOnce(&'a Sum) -> Resolved<'a>,
) -> Result<Resolved<'a>, FieldError> {
    match object {
        Object::Sum(sum) => Ok(read(sum)),
        _ => Err(FieldError::internal("the field is a sum's")),
    }
}

fn group<'a>(object: &'a Object<'a>) -> Result<&'a Group, FieldError> {
    match object {
        Object::Group(group) => Ok(group),
        _ => Err(FieldError::internal("the field is a group's")),
    }
}

fn keys<'a>(_: &'a Scope, object: &'a Object<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    Ok(Resolved::List(group(object)?.keys.iter().map(|key| Resolved::Object(Object::Key(key))).collect()))
}

fn count<'a>(_: &'a Scope, object: &'a Object<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    Ok(whole(group(object)?.count))
}

fn cursor<'a>(_: &'a Scope, object: &'a Object<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    Ok(Resolved::Leaf(Leaf::Text(&group(object)?.cursor)))
}

fn key_value<'a>(_: &'a Scope, object: &'a Object<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    Ok(match object {
        Object::Key(Some(Found::Value { text, .. })) => Resolved::Leaf(Leaf::Text(text)),
        Object::Key(Some(Found::Record(id))) => Resolved::Leaf(Leaf::Owned(id.to_string())),
        _ => Resolved::Null,
    })
}

fn key_node<'a>(scope: &'a Scope, object: &'a Object<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    Ok(match object {
        Object::Key(Some(Found::Record(id))) => Resolved::Object(Object::Record(scope.referred(id.as_ref())?)),
        _ => Resolved::Null,
    })
}

/// What is reckoned of a measure, or the struct that holds measures.
pub fn measure<'a>(object: &'a Object<'a>, name: &'static str) -> Result<Resolved<'a>, FieldError> {
    let (group, name) = match object {
        Object::Group(group) => (*group, name),
        // Of a measure of which nothing is asked but `__typename`, nothing is reckoned.
        Object::Measure(group, of) => (*group, group.within(of, name).unwrap_or_default()),
        _ => return Err(FieldError::internal("the field is a group's")),
    };
    Ok(Resolved::Object(Object::Measure(group, name)))
}

fn tally<'a>(object: &'a Object<'a>) -> Result<Option<&'a Tally>, FieldError> {
    match object {
        Object::Measure(group, name) => Ok(group.tally(name)),
        _ => Err(FieldError::internal("the field is a measure's")),
    }
}

fn reckoning(name: &str) -> ObjectFn {
    match name {
        "sum" => |_, object, _| match tally(object)?.and_then(|tally| tally.sum.as_ref()) {
            Some(sum) => Ok(Resolved::Object(Object::Sum(sum))),
            None => Err(FieldError::internal("a sum was asked and not reckoned")),
        },
        "total" => |_, object, _| Ok(decimal(tally(object)?.and_then(|tally| tally.total))),
        "avg" => |_, object, _| Ok(decimal(tally(object)?.and_then(|tally| tally.avg))),
        "min" => |_, object, _| Ok(found(tally(object)?.and_then(|tally| tally.min.as_ref()))),
        "max" => |_, object, _| Ok(found(tally(object)?.and_then(|tally| tally.max.as_ref()))),
        _ => |_, object, _| Ok(whole(tally(object)?.map_or(0, |tally| tally.distinct as u64))),
    }
}

fn found(found: Option<&Found>) -> Resolved<'_> {
    match found {
        Some(Found::Value { text, .. }) => Resolved::Leaf(Leaf::Text(text)),
        _ => Resolved::Null,
    }
}

fn decimal(decimal: Option<Decimal>) -> Resolved<'static> {
    decimal.map_or(Resolved::Null, |decimal| Resolved::Leaf(Leaf::Owned(decimal.to_string())))
}

fn text(text: Option<&str>) -> Resolved<'_> {
    text.map_or(Resolved::Null, |text| Resolved::Leaf(Leaf::Text(text)))
}

fn whole(number: u64) -> Resolved<'static> {
    Resolved::Leaf(Leaf::Int(i32::try_from(number).unwrap_or(i32::MAX)))
}

/// The page of groups that a connection's `aggregate` gives.
pub fn aggregate<'a>(
    scope: &'a Scope,
    object: &'a Object<'a>,
    arguments: &Arguments,
) -> Result<Resolved<'a>, FieldError> {
    let Object::Connection(connection) = object else {
        return Err(FieldError::internal("the field is a connection's"));
    };
    let rows = connection.rows();
    let groups: Groups = arguments.grouping(rows.of)?.groups(scope, rows, arguments)?;
    Ok(Resolved::Object(Object::Groups(Box::new(groups))))
}
