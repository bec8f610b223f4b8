//! The input types of filters, from the catalog.

use super::back::ways_back;
use super::build::argument;
use super::types::{Body, InputDef, Type, TypeRef};
use crate::model::catalog::{INTERFACES, Kind, Shape, Struct};
use crate::model::closed::CLOSED;
use crate::model::kinds::{KINDS, STRUCTS, kinds_of};
use crate::model::value::Scalar;

/// The argument that filters a connection of a type.
pub fn filter_argument(of: &str) -> InputDef {
    argument("filter", "Only those that pass.", TypeRef::nullable(&format!("{of}Filter")))
}

/// Every input type of filters.
pub fn filter_types() -> Vec<Type> {
    let scalars = [Scalar::Text, Scalar::Int, Scalar::Float, Scalar::Bool, Scalar::Decimal, Scalar::PartialDate];
    let mut types: Vec<Type> = scalars.into_iter().map(scalar_filter).collect();
    types.extend(CLOSED.iter().map(|closed| scalar_filter(Scalar::Closed(closed))));
    types.push(input("IDFilter", "Conditions on an id.", vec![equal("ID"), among("ID")]));
    types.push(list_filter("String", "StringFilter"));
    for of in STRUCTS {
        types.push(struct_filter(of));
        types.push(list_filter(of.name, &format!("{}Filter", of.name)));
    }
    for name in KINDS.iter().map(|kind| kind.name).chain(INTERFACES.iter().map(|interface| interface.name)) {
        types.push(type_filter(name));
        types.push(list_filter(name, &format!("{name}Filter")));
    }
    types
}

fn input(name: &str, doc: &str, fields: Vec<InputDef>) -> Type {
    Type { name: name.to_owned(), doc: doc.to_owned(), body: Body::Input(fields) }
}

fn equal(name: &str) -> InputDef {
    argument("eq", "Equal to this.", TypeRef::nullable(name))
}

fn among(name: &str) -> InputDef {
    argument("in", "Equal to one of these.", TypeRef::required(name).list().or_null(true))
}

fn scalar_filter(scalar: Scalar) -> Type {
    let name = scalar.type_name();
    let mut fields = vec![equal(name)];
    let of_type = |operator: &str, doc: &str| argument(operator, doc, TypeRef::nullable(name));
    if !matches!(scalar, Scalar::Bool) {
        fields.push(among(name));
    }
    match scalar {
        Scalar::Int | Scalar::Float | Scalar::Decimal => fields.extend([
            of_type("lt", "Less than this."),
            of_type("lte", "Less than this, or equal."),
            of_type("gt", "Greater than this."),
            of_type("gte", "Greater than this, or equal."),
        ]),
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

fn list_filter(name: &str, inner: &str) -> Type {
    let quantifier = |name: &str, doc: &str| argument(name, doc, TypeRef::nullable(inner));
    input(
        &format!("{name}ListFilter"),
        &format!("Conditions on a list of {name}, all of which must hold."),
        vec![
            quantifier("some", "At least one of them passes."),
            quantifier("every", "All of them pass; so does an empty list."),
            quantifier("none", "None of them passes."),
        ],
    )
}

fn struct_filter(of: &'static Struct) -> Type {
    let fields = of
        .fields
        .iter()
        .filter_map(|field| filter_of(&field.shape).map(|name| condition(field.name, field.doc, &name)));
    input(
        &format!("{}Filter", of.name),
        &format!("Conditions on a {}, all of which must hold.", of.name),
        fields.collect(),
    )
}

fn condition(name: &str, doc: &str, filter: &str) -> InputDef {
    argument(name, doc, TypeRef::nullable(filter))
}

/// A filter on a type; on an interface it has the conditions that all of its types share.
fn type_filter(of: &str) -> Type {
    let mut kinds = kinds_of(of);
    let mut conditions = kinds.next().map(kind_conditions).unwrap_or_default();
    for kind in kinds {
        let others = kind_conditions(kind);
        conditions.retain(|condition| others.contains(condition));
    }
    let name = format!("{of}Filter");
    let itself = || TypeRef::required(&name).list().or_null(true);
    let mut fields = vec![
        argument("and", "All of these pass.", itself()),
        argument("or", "At least one of these passes.", itself()),
        argument("not", "This does not pass.", TypeRef::nullable(&name)),
    ];
    fields.extend(conditions);
    input(&name, &format!("Conditions on a {of}, all of which must hold."), fields)
}

fn kind_conditions(kind: &'static Kind) -> Vec<InputDef> {
    let mut conditions = vec![condition("id", "Conditions on its id.", "IDFilter")];
    for (_, field) in kind.shown() {
        conditions.extend(filter_of(&field.shape).map(|name| condition(field.name, field.doc, &name)));
    }
    conditions.extend(
        kind.derived
            .iter()
            .map(|derived| condition(derived.name, derived.doc, &format!("{}Filter", derived.scalar.type_name()))),
    );
    for way in ways_back(kind) {
        conditions.push(condition(way.name, way.doc, &format!("{}ListFilter", way.of)));
    }
    conditions
}

/// The name of the filter on what a field stores.
fn filter_of(shape: &Shape) -> Option<String> {
    Some(match shape {
        Shape::One(Scalar::Date) => "PartialDateFilter".to_owned(),
        Shape::One(scalar) => format!("{}Filter", scalar.type_name()),
        Shape::List(Scalar::Text) => "StringListFilter".to_owned(),
        Shape::List(_) => return None,
        Shape::Struct(of) => format!("{}Filter", of.name),
        Shape::Structs(of) => format!("{}ListFilter", of.name),
        Shape::Edge(edge) if edge.is_list() => format!("{}ListFilter", edge.target),
        Shape::Edge(edge) => format!("{}Filter", edge.target),
    })
}
