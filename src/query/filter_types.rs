//! The input types of filters and orders, from the members of each type.

use super::build::argument;
use super::relation::{Member, What, members_of};
use super::sum::numbers;
use super::types::{Body, InputDef, Type, TypeRef};
use crate::model::catalog::{INTERFACES, Shape, Struct};
use crate::model::closed::{CLOSED, IN_FORCE, ORDER_DIRECTION};
use crate::model::kinds::{KINDS, STRUCTS, kind_named};
use crate::model::value::Scalar;

/// The argument that filters a connection of a type.
pub fn filter_argument(of: &str) -> InputDef {
    argument("filter", "Only those that pass.", TypeRef::nullable(&format!("{of}Filter")))
}

/// The argument that orders a connection of a type.
pub fn order_argument(of: &str) -> InputDef {
    argument(
        "orderBy",
        "The order, by the first, then by the next; what is equal by all of them stands in the order of its ids.",
        TypeRef::required(&format!("{of}Order")).list().or_null(true),
    )
}

/// Every type that has members: the kinds and the interfaces.
pub fn member_types() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name).chain(INTERFACES.iter().map(|interface| interface.name))
}

/// Every input type of filters and orders.
pub fn filter_types() -> Vec<Type> {
    let scalars = [Scalar::Text, Scalar::Int, Scalar::Float, Scalar::Bool, Scalar::Decimal, Scalar::PartialDate];
    let mut types: Vec<Type> = scalars.into_iter().map(scalar_filter).collect();
    types.extend(CLOSED.iter().map(|closed| scalar_filter(Scalar::Closed(closed))));
    types.push(input("IDFilter", "Conditions on an id.", vec![equal("ID"), among("ID")]));
    types.push(input(
        "InForceOnFilter",
        "Conditions on whether a pairing is in force on a day, all of which must hold.",
        vec![argument("on", "The day.", TypeRef::required("Date")), equal(IN_FORCE.name), among(IN_FORCE.name)],
    ));
    types.push(list_filter("String", "StringFilter", Vec::new()));
    for of in STRUCTS {
        types.push(struct_filter(of));
        types.push(list_filter(of.name, &format!("{}Filter", of.name), Vec::new()));
        types.push(struct_order(of));
    }
    for name in member_types() {
        let members = members_of(name);
        types.push(type_filter(name, &members));
        types.extend(relation_filters(name));
        types.push(type_order(name, &members));
        types.push(list_order(name));
    }
    types
}

/// An input type.
pub fn input(name: &str, doc: &str, fields: Vec<InputDef>) -> Type {
    Type { name: name.to_owned(), doc: doc.to_owned(), body: Body::Input { fields, one_of: false } }
}

/// An input type of which exactly one field is given.
pub fn one_of(name: &str, doc: &str, fields: Vec<InputDef>) -> Type {
    Type { name: name.to_owned(), doc: doc.to_owned(), body: Body::Input { fields, one_of: true } }
}

fn equal(name: &str) -> InputDef {
    argument("eq", "Equal to this.", TypeRef::nullable(name))
}

fn among(name: &str) -> InputDef {
    argument("in", "Equal to one of these.", TypeRef::required(name).list().or_null(true))
}

fn ranges(name: &str) -> [InputDef; 4] {
    let of_type = |operator: &str, doc: &str| argument(operator, doc, TypeRef::nullable(name));
    [
        of_type("lt", "Less than this."),
        of_type("lte", "Less than this, or equal."),
        of_type("gt", "Greater than this."),
        of_type("gte", "Greater than this, or equal."),
    ]
}

fn scalar_filter(scalar: Scalar) -> Type {
    let name = scalar.type_name();
    let mut fields = vec![equal(name)];
    let of_type = |operator: &str, doc: &str| argument(operator, doc, TypeRef::nullable(name));
    if !matches!(scalar, Scalar::Bool) {
        fields.push(among(name));
    }
    match scalar {
        Scalar::Int | Scalar::Float | Scalar::Decimal => fields.extend(ranges(name)),
        Scalar::Date | Scalar::PartialDate => fields.extend([
            of_type("lt", "All of it is before this."),
            of_type("lte", "It ends no later than this."),
            of_type("gt", "All of it is after this."),
            of_type("gte", "It begins no earlier than this."),
        ]),
        Scalar::Text => fields.extend([
            of_type("prefix", "Begins with this, to the letter."),
            of_type("contains", "Contains this, to the letter."),
        ]),
        Scalar::Bool | Scalar::Closed(_) => {}
    }
    fields.push(argument("isNull", "True: has no value. False: has one.", TypeRef::nullable("Boolean")));
    input(&format!("{name}Filter"), &format!("Conditions on a {name}, all of which must hold."), fields)
}

fn list_filter(name: &str, inner: &str, more: Vec<InputDef>) -> Type {
    let quantifier = |name: &str, doc: &str| argument(name, doc, TypeRef::nullable(inner));
    let mut fields = vec![
        quantifier("some", "At least one of them passes."),
        quantifier("every", "All of them pass; so does an empty list."),
        quantifier("none", "None of them passes."),
    ];
    fields.extend(more);
    let doc = format!("Conditions on a list of {name}, all of which must hold.");
    input(&format!("{name}ListFilter"), &doc, fields)
}

/// What filters a relation to several of a type: by those that pass, by how many do, by what their numbers add up to.
fn relation_filters(of: &str) -> Vec<Type> {
    let within = || argument("filter", "Of those that pass.", TypeRef::nullable(&format!("{of}Filter")));
    let condition = |name: &str| {
        let mut fields = vec![within(), equal(name)];
        fields.extend(ranges(name));
        fields
    };
    let count = format!("{of}CountFilter");
    let mut more = vec![argument("count", "How many of them there are.", TypeRef::nullable(&count))];
    let mut types = vec![input(&count, &format!("Conditions on how many {of} there are."), condition("Int"))];
    let sums: Vec<_> = kind_named(of).into_iter().flat_map(numbers).collect();
    if !sums.is_empty() {
        let (sum, total) = (format!("{of}SumFilter"), format!("{of}TotalFilter"));
        more.push(argument("sum", "What their numbers add up to.", TypeRef::nullable(&sum)));
        let fields = sums.iter().map(|number| argument(number.name, number.doc, TypeRef::nullable(&total)));
        types.push(input(&sum, &format!("Conditions on sums over {of}, all of which must hold."), fields.collect()));
        types.push(input(
            &total,
            &format!(
                "Conditions on a sum over {of}. A sum that is a bound passes where it surely does; one that is refused never."
            ),
            condition("Decimal"),
        ));
    }
    types.push(list_filter(of, &format!("{of}Filter"), more));
    types
}

fn struct_filter(of: &'static Struct) -> Type {
    let fields = of.fields.iter().filter_map(|field| match field.shape {
        Shape::One(scalar) => Some(condition(field.name, field.doc, &scalar_filter_name(scalar))),
        _ => None,
    });
    let doc = format!("Conditions on a {}, all of which must hold.", of.name);
    input(&format!("{}Filter", of.name), &doc, fields.collect())
}

fn condition(name: &str, doc: &str, filter: &str) -> InputDef {
    argument(name, doc, TypeRef::nullable(filter))
}

fn scalar_filter_name(scalar: Scalar) -> String {
    match scalar {
        Scalar::Date => "PartialDateFilter".to_owned(),
        scalar => format!("{}Filter", scalar.type_name()),
    }
}

/// A filter on a type; on an interface it has the conditions that all of its types share, and one for each type.
fn type_filter(of: &str, members: &[Member]) -> Type {
    let name = format!("{of}Filter");
    let itself = || TypeRef::required(&name).list().or_null(true);
    let mut fields = vec![
        argument("and", "All of these pass.", itself()),
        argument("or", "At least one of these passes.", itself()),
        argument("not", "This does not pass.", TypeRef::nullable(&name)),
    ];
    for Member { name, doc, what } in members {
        let filter = match what {
            What::Id => "IDFilter".to_owned(),
            What::Value(_, scalar) => scalar_filter_name(*scalar),
            What::Derived(derived) => scalar_filter_name(derived.scalar),
            What::Values(_, Scalar::Text) => "StringListFilter".to_owned(),
            What::Values(..) => continue,
            What::Struct(_, of) => format!("{}Filter", of.name),
            What::Structs(_, of) => format!("{}ListFilter", of.name),
            What::One(_, of) | What::On(of) => format!("{of}Filter"),
            What::Many(_, of) => format!("{of}ListFilter"),
        };
        fields.push(condition(name, doc, &filter));
        if let What::One(..) = what {
            let doc = format!("True: there is such a record behind `{name}`. False: there is none.");
            fields.push(argument(&format!("{name}Exists"), &doc, TypeRef::nullable("Boolean")));
        }
    }
    if of == "Pairing" {
        fields.push(condition("inForce", "Whether it is in force on a day.", "InForceOnFilter"));
    }
    input(&name, &format!("Conditions on a {of}, all of which must hold."), fields)
}

fn direction(name: &str, doc: &str) -> InputDef {
    argument(name, doc, TypeRef::nullable(ORDER_DIRECTION.name))
}

fn type_order(of: &str, members: &[Member]) -> Type {
    let fields = members.iter().filter_map(|Member { name, doc, what }| {
        Some(match what {
            What::Id | What::Value(..) | What::Derived(_) => direction(name, doc),
            What::Struct(_, of) => argument(name, doc, TypeRef::nullable(&format!("{}Order", of.name))),
            What::One(_, of) | What::On(of) => argument(name, doc, TypeRef::nullable(&format!("{of}Order"))),
            What::Many(_, of) => argument(name, doc, TypeRef::nullable(&format!("{of}ListOrder"))),
            What::Values(..) | What::Structs(..) => return None,
        })
    });
    one_of(&format!("{of}Order"), &format!("What {of} are ordered by: exactly one field."), fields.collect())
}

fn struct_order(of: &'static Struct) -> Type {
    let fields = of.fields.iter().filter(|field| matches!(field.shape, Shape::One(_)));
    let fields = fields.map(|field| direction(field.name, field.doc)).collect();
    one_of(&format!("{}Order", of.name), &format!("What a {} is ordered by: exactly one field.", of.name), fields)
}

fn list_order(of: &str) -> Type {
    let fields = vec![
        argument("count", "How many of them there are.", TypeRef::required(ORDER_DIRECTION.name)),
        argument("filter", "Of those that pass.", TypeRef::nullable(&format!("{of}Filter"))),
    ];
    input(&format!("{of}ListOrder"), &format!("An order by how many {of} there are."), fields)
}
