//! From the catalog to the types of the API.

use super::aggregate_types::{aggregate_field, group_types, shared_types};
use super::back::{WayBack, declared, ways_back};
use super::filter_types::{filter_argument, filter_types, member_types, order_argument};
use super::following::{self, subscription_fields};
use super::history;
use super::kinds::special;
use super::mutation::{self, UPLOAD, mutation_fields};
use super::network;
use super::object::{Paging, Resolver};
use super::root::root_fields;
use super::search;
use super::types::{Body, FieldDef, InputDef, MUTATION, SUBSCRIPTION, Type, TypeRef, Types};
use crate::config::{PAGE_DEFAULT, PAGE_MAX};
use crate::model::catalog::{
    COMMON, EdgeForm, EdgeProperty, EdgeValue, Field, INTERFACES, Kind, Output, REGION, Shape, Special, Struct, slot,
};
use crate::model::closed::{CLOSED, PERIODS, SOURCE_KIND};
use crate::model::kinds::{KINDS, STRUCTS, kinds_of};
use crate::model::value::Scalar;

/// Every type of the API.
pub fn build() -> Types {
    let mut types = scalars();
    types.extend(CLOSED.iter().map(|closed| Type {
        name: closed.name.to_owned(),
        doc: closed.doc.to_owned(),
        body: Body::Enum(closed),
    }));
    types.extend(filter_types());
    types.extend(shared_types());
    types.extend(member_types().flat_map(group_types));
    types.push(object("PageInfo", "Where a page stands in its connection.", page_info()));
    types.extend(STRUCTS.iter().map(|of| struct_type(of)));
    types.extend(KINDS.iter().map(|kind| kind_type(kind)));
    types.extend(connections());
    types.extend(network::types());
    types.extend(search::types());
    types.extend(disagreement_types());
    types.extend(history::types());
    types.extend(mutation::types());
    types.push(object("Query", "Where every question begins.", root_fields()));
    types.push(object(
        MUTATION,
        "Where every change begins. Each is a revision of its own, all of it or nothing; without access to write, it is refused.",
        mutation_fields(),
    ));
    types.extend(following::types());
    types.push(object(
        SUBSCRIPTION,
        "What can be followed: over WebSocket (graphql-transport-ws) or SSE (Accept: text/event-stream).",
        subscription_fields(),
    ));
    let interfaces: Vec<_> =
        INTERFACES.iter().map(|interface| interface_type(interface.name, interface.doc, &types)).collect();
    types.extend(interfaces);
    Types::new(types)
}

fn scalars() -> Vec<Type> {
    let scalar = |name: &str, doc: &str, specified_by| Type {
        name: name.to_owned(),
        doc: doc.to_owned(),
        body: Body::Scalar(specified_by),
    };
    vec![
        scalar("Int", "A whole number from -2147483648 to 2147483647.", None),
        scalar("Float", "A number of double precision.", None),
        scalar("String", "Text in Unicode.", None),
        scalar("Boolean", "True or false.", None),
        scalar("ID", "A global id: the kind in kebab case, a colon and the key, such as `city:442000`.", None),
        scalar(
            "Decimal",
            "An exact decimal of up to 28 digits, as a string such as \"126000000\" or \"-0.5\": no exponent, no separators, never rounded. A whole number of up to 64 bits may also be given as a number.",
            Some("https://www.w3.org/TR/xmlschema11-2/#decimal"),
        ),
        scalar(
            "Date",
            "A day, ISO 8601, such as \"2020-09-07\".",
            Some("https://www.rfc-editor.org/rfc/rfc3339#section-5.6"),
        ),
        scalar(
            UPLOAD,
            "A file of a GraphQL multipart request: null in `operations`, and named in `map`.",
            Some("https://github.com/jaydenseric/graphql-multipart-request-spec"),
        ),
        scalar(
            "DateTime",
            "A moment in UTC, RFC 3339, such as \"2026-11-25T09:30:00Z\".",
            Some("https://www.rfc-editor.org/rfc/rfc3339#section-5.6"),
        ),
        scalar(
            "PartialDate",
            "A date as precise as its source, EDTF (ISO 8601-2): \"2016\", \"2016-09\" or \"2020-09-07\", with \"~\" behind it where it is approximate.",
            Some("https://www.loc.gov/standards/datetime/"),
        ),
    ]
}

/// An object type.
pub fn object(name: &str, doc: &str, fields: Vec<FieldDef>) -> Type {
    Type { name: name.to_owned(), doc: doc.to_owned(), body: Body::Object { fields, interfaces: Vec::new() } }
}

/// A field without arguments.
pub fn plain(name: &str, doc: &str, ty: TypeRef, resolver: Resolver) -> FieldDef {
    FieldDef { name: name.to_owned(), doc: doc.to_owned(), arguments: Vec::new(), ty, resolver }
}

/// An argument without a default.
pub fn argument(name: &str, doc: &str, ty: TypeRef) -> InputDef {
    InputDef { name: name.to_owned(), doc: doc.to_owned(), ty, default: None }
}

/// A field that is a connection: it may be null, so that a fault in its arguments takes nothing else with it.
pub fn connection_field(
    name: &str,
    doc: &str,
    connection: &str,
    of: &str,
    own: Vec<InputDef>,
    resolver: Resolver,
) -> FieldDef {
    let mut arguments = own;
    arguments.extend(page_arguments());
    arguments.extend([filter_argument(of), order_argument(of)]);
    let ty = TypeRef::nullable(&format!("{connection}Connection"));
    FieldDef { name: name.to_owned(), doc: doc.to_owned(), arguments, ty, resolver }
}

/// The arguments of a page.
pub fn page_arguments() -> [InputDef; 4] {
    let size = |what: &str| {
        format!(
            "How many to take from the {what}, 0 to {PAGE_MAX}; {PAGE_DEFAULT} from the start where neither is given."
        )
    };
    [
        argument("first", &size("start"), TypeRef::nullable("Int")),
        argument("after", "Only those behind this cursor.", TypeRef::nullable("String")),
        argument("last", &size("end"), TypeRef::nullable("Int")),
        argument("before", "Only those before this cursor.", TypeRef::nullable("String")),
    ]
}

fn page_info() -> Vec<FieldDef> {
    let truth = TypeRef::required("Boolean");
    let cursor = TypeRef::nullable("String");
    vec![
        plain("hasNextPage", "There are more behind this page.", truth.clone(), Resolver::Paging(Paging::HasNext)),
        plain("hasPreviousPage", "There are more before this page.", truth, Resolver::Paging(Paging::HasPrevious)),
        plain(
            "startCursor",
            "The first edge's cursor; null on an empty page.",
            cursor.clone(),
            Resolver::Paging(Paging::Start),
        ),
        plain("endCursor", "The last edge's cursor; null on an empty page.", cursor, Resolver::Paging(Paging::End)),
    ]
}

fn struct_type(of: &'static Struct) -> Type {
    object(
        of.name,
        of.doc,
        of.fields.iter().enumerate().flat_map(|(slot, field)| stored_fields(of.name, slot, field)).collect(),
    )
}

/// The fields of a stored field: one, or two where an edge's properties need a connection beside its list.
fn stored_fields(owner: &str, slot: usize, field: &'static Field) -> Vec<FieldDef> {
    let one = |ty: TypeRef, resolver| vec![plain(field.name, field.doc, ty, resolver)];
    let null = !field.required;
    match &field.shape {
        Shape::One(scalar) => one(TypeRef::required(scalar.type_name()).or_null(null), Resolver::Value(slot, *scalar)),
        Shape::List(scalar) => one(TypeRef::required(scalar.type_name()).list(), Resolver::Values(slot, *scalar)),
        Shape::Struct(of) => one(TypeRef::required(of.name).or_null(null), Resolver::Struct(slot)),
        Shape::Structs(of) => one(TypeRef::required(of.name).list(), Resolver::Structs(slot)),
        Shape::Edge(edge) => {
            let named = format!("{owner}{}", capitalised(field.name));
            let connection = if edge.properties.is_empty() { edge.target } else { &named };
            let forward = Resolver::Forward(slot, edge);
            match edge.form {
                EdgeForm::One => one(TypeRef::required(edge.target).or_null(null), Resolver::Target(slot)),
                EdgeForm::Objects { name, .. } => one(TypeRef::required(name).list(), Resolver::Structs(slot)),
                EdgeForm::Connection => {
                    vec![connection_field(field.name, field.doc, connection, edge.target, Vec::new(), forward)]
                }
                EdgeForm::List => {
                    let mut fields = one(TypeRef::required(edge.target).list(), Resolver::Targets(slot, edge));
                    if !edge.properties.is_empty() {
                        let doc = format!("{} As a connection, whose edges say more.", field.doc);
                        let name = format!("{}Connection", field.name);
                        fields.push(connection_field(&name, &doc, connection, edge.target, Vec::new(), forward));
                    }
                    fields
                }
            }
        }
    }
}

fn kind_type(kind: &'static Kind) -> Type {
    let mut fields = vec![
        plain("id", "The global id, which `node(id:)` takes.", TypeRef::required("ID"), Resolver::Id),
        plain(
            "key",
            "The second half of the id, which tells the records of a kind apart: of a region the code that it was first known by.",
            TypeRef::required("String"),
            Resolver::Value(slot::KEY, Scalar::Text),
        ),
        plain("version", "The revision that last changed this record.", TypeRef::required("Int"), Resolver::Version),
    ];
    let (common, own): (Vec<_>, Vec<_>) = kind.shown().partition(|(slot, _)| *slot < COMMON.len());
    let owner = family(kind);
    let (names, records): (Vec<_>, Vec<_>) =
        common.into_iter().partition(|(_, field)| !matches!(field.name, "citations" | "note"));
    fields.extend(names.into_iter().flat_map(|(slot, field)| stored_fields(owner, slot, field)));
    fields.extend(kind.derived.iter().map(|derived| {
        let ty = TypeRef::required(derived.scalar.type_name()).or_null(!derived.required);
        plain(derived.name, derived.doc, ty, Resolver::Derived(derived.compute))
    }));
    fields.extend(own.into_iter().flat_map(|(slot, field)| stored_fields(owner, slot, field)));
    fields.extend(kind.all_specials().map(|declared| special_field(kind, declared)));
    fields.extend(ways_back(kind).map(|way| {
        connection_field(
            way.name,
            way.doc,
            &back_connection(&way),
            way.of,
            Vec::new(),
            Resolver::Back(way.of, way.back),
        )
    }));
    fields.extend(records.into_iter().flat_map(|(slot, field)| stored_fields(owner, slot, field)));
    let interfaces = INTERFACES.iter().filter(|interface| kind.implements(interface.name));
    Type {
        name: kind.name.to_owned(),
        doc: format!("{}: {}", kind.zh, kind.doc),
        body: Body::Object { fields, interfaces: interfaces.map(|interface| interface.name.to_owned()).collect() },
    }
}

/// Who declares a kind's own fields: the five levels share one declaration.
fn family(kind: &Kind) -> &'static str {
    if kind.implements(REGION) { REGION } else { kind.name }
}

fn special_field(kind: &'static Kind, declared: &'static Special) -> FieldDef {
    let arguments: Vec<_> = declared
        .arguments
        .iter()
        .map(|argument| InputDef {
            name: argument.name.to_owned(),
            doc: argument.doc.to_owned(),
            ty: TypeRef::required(argument.scalar.type_name()).or_null(!argument.required),
            default: argument.default.and_then(|default| serde_json::from_str(default).ok()),
        })
        .collect();
    let resolver = Resolver::Special(special(kind, declared.name));
    match declared.output {
        Output::Connection { of, name, .. } => {
            let connection = if name.is_empty() { of } else { name };
            connection_field(declared.name, declared.doc, connection, of, arguments, resolver)
        }
        Output::One(of) => {
            FieldDef { arguments, ..plain(declared.name, declared.doc, TypeRef::nullable(of), resolver) }
        }
        Output::List(of) => {
            FieldDef { arguments, ..plain(declared.name, declared.doc, TypeRef::required(of).list(), resolver) }
        }
        Output::Objects(of) => {
            FieldDef { arguments, ..plain(declared.name, declared.doc, TypeRef::required(of).list(), resolver) }
        }
        Output::Maybe(scalar) => FieldDef {
            arguments,
            ..plain(declared.name, declared.doc, TypeRef::nullable(scalar.type_name()), resolver)
        },
        Output::Value(scalar) => FieldDef {
            arguments,
            ..plain(declared.name, declared.doc, TypeRef::required(scalar.type_name()), resolver)
        },
    }
}

/// The connection type of a way back, without `Connection`.
fn back_connection(way: &WayBack) -> String {
    if way.edge.properties.is_empty() {
        way.of.to_owned()
    } else {
        format!("{}{}", way.edge.target, capitalised(way.name))
    }
}

/// Every connection and edge type: of each kind and interface, and of each relation whose edges carry something.
fn connections() -> Vec<Type> {
    let mut types = Vec::new();
    for kind in KINDS {
        types.extend(connection_types(kind.name, kind.name, Vec::new()));
    }
    for interface in INTERFACES {
        types.extend(connection_types(interface.name, interface.name, Vec::new()));
    }
    for kind in KINDS.iter().filter(|kind| !(2..=5).contains(&kind.tag)) {
        for (slot, field) in kind.shown() {
            if let Some(edge) = field.as_edge()
                && slot >= COMMON.len()
                && edge.is_list()
                && !edge.properties.is_empty()
            {
                let name = format!("{}{}", family(kind), capitalised(field.name));
                types.extend(connection_types(&name, edge.target, edge_properties(edge.properties)));
            }
        }
    }
    for way in declared().filter(|way| !way.edge.properties.is_empty()) {
        types.extend(connection_types(&back_connection(&way), way.of, edge_properties(way.edge.properties)));
    }
    let mut named: Vec<&str> = Vec::new();
    for special in KINDS.iter().flat_map(|kind| kind.specials) {
        if let Output::Connection { of, name, edge } = special.output
            && !name.is_empty()
            && !named.contains(&name)
        {
            named.push(name);
            types.extend(connection_types(
                name,
                of,
                edge.iter().enumerate().map(|(place, property)| extra(place, property)).collect(),
            ));
        }
    }
    let citation = COMMON.iter().find_map(|field| match field.as_edge()?.form {
        EdgeForm::Objects { name, doc, target_field } => Some((field, name, doc, target_field)),
        _ => None,
    });
    if let Some((field, name, doc, target_field)) = citation
        && let Some(edge) = field.as_edge()
    {
        let target = plain(target_field, "The source.", TypeRef::required(edge.target), Resolver::Target(0));
        let mut fields = vec![target];
        fields.extend(edge_properties(edge.properties));
        types.push(object(name, doc, fields));
    }
    types
}

fn edge_properties(properties: &'static [Field]) -> Vec<FieldDef> {
    properties.iter().enumerate().flat_map(|(place, field)| stored_fields("", place + 1, field)).collect()
}

fn extra(place: usize, property: &'static EdgeProperty) -> FieldDef {
    let name = match property.value {
        EdgeValue::Scalar(scalar) => scalar.type_name(),
        EdgeValue::Node(kind) => kind,
    };
    plain(property.name, property.doc, TypeRef::nullable(name), Resolver::Extra(place))
}

/// A connection and its edges.
pub fn connection_types(name: &str, of: &str, properties: Vec<FieldDef>) -> [Type; 2] {
    let edge = format!("{name}Edge");
    let mut edge_fields = vec![
        plain(
            "cursor",
            "Where the edge stands: what `after` and `before` take.",
            TypeRef::required("String"),
            Resolver::Cursor,
        ),
        plain("node", "What the edge leads to.", TypeRef::required(of), Resolver::Node),
    ];
    edge_fields.extend(properties);
    let mut fields = vec![
        plain("edges", "The edges of this page.", TypeRef::required(&edge).list(), Resolver::Edges),
        plain("nodes", "What they lead to.", TypeRef::required(of).list(), Resolver::Nodes),
        plain("pageInfo", "Where the page stands.", TypeRef::required("PageInfo"), Resolver::PageInfo),
        plain(
            "totalCount",
            "How many there are in all, with the filter and whatever the page.",
            TypeRef::required("Int"),
            Resolver::TotalCount,
        ),
    ];
    if member_types().any(|known| known == of) {
        fields.push(aggregate_field(of));
    }
    [
        object(&format!("{name}Connection"), &format!("A page of {of}."), fields),
        object(&edge, &format!("An edge that leads to a {of}."), edge_fields),
    ]
}

fn disagreement_types() -> [Type; 2] {
    let value = |name: &'static str, doc: &str, ty: TypeRef| plain(name, doc, ty, Resolver::Plain(name));
    let decimal = || TypeRef::required("Decimal");
    [
        object(
            "Disagreement",
            "Claims of one indicator for one time, or for two times that overlap, that cannot all be true if they speak of one time.",
            vec![
                value("indicator", "What they measure.", TypeRef::required("Indicator")),
                value(
                    "periods",
                    "How the two times relate; of a part of a time and the whole of it, figures of what flows differ without contradiction.",
                    TypeRef::required(PERIODS.name),
                ),
                value("least", "The smallest value claimed.", decimal()),
                value("most", "The largest.", decimal()),
                value("claims", "All of them, by their times.", TypeRef::required("Claim").list()),
            ],
        ),
        object(
            "Claim",
            "One of the claims that disagree.",
            vec![
                value(
                    "observation",
                    "The figure, with its period, qualifier and citations.",
                    TypeRef::required("Observation"),
                ),
                value("value", "Its value.", decimal()),
                value("sourceKinds", "What stands behind it.", TypeRef::required(SOURCE_KIND.name).list()),
            ],
        ),
    ]
}

/// An interface has the fields that all of its types share.
fn interface_type(name: &str, doc: &str, types: &[Type]) -> Type {
    let members: Vec<&Type> = kinds_of(name).filter_map(|kind| types.iter().find(|ty| ty.name == kind.name)).collect();
    let same = |left: &FieldDef, right: &FieldDef| {
        left.name == right.name && left.ty == right.ty && left.arguments == right.arguments
    };
    let shared = |field: &&FieldDef| members.iter().all(|ty| ty.fields().iter().any(|other| same(field, other)));
    let fields = members[0].fields().iter().filter(shared).cloned().collect();
    let implied = |other: &str| other != name && kinds_of(name).all(|kind| kind.implements(other));
    Type {
        name: name.to_owned(),
        doc: doc.to_owned(),
        body: Body::Interface {
            fields,
            types: members.iter().map(|ty| ty.name.clone()).collect(),
            interfaces: INTERFACES
                .iter()
                .filter(|other| implied(other.name))
                .map(|other| other.name.to_owned())
                .collect(),
        },
    }
}

/// `leftOut` as a part of a type's name: `LeftOut`.
pub fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
