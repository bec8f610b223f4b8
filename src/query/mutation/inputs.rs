//! The input types of records, from the catalog: what a record holds is what is sent of it.

use super::belongings;
use crate::model::catalog::{COMMON, EdgeForm, Field, Kind, REGION, Shape};
use crate::model::json::target_name;
use crate::model::kinds::{KINDS, STRUCTS};
use crate::query::build::{argument, capitalised};
use crate::query::filter_types::{input, one_of};
use crate::query::types::{InputDef, Type, TypeRef};

/// The field of a batch's change that deletes.
pub const DELETE: &str = "delete";

/// Records of another kind that are sent below the one that they belong to.
pub struct Held {
    /// The field that lists them: the way back.
    pub name: &'static str,
    /// The field of theirs that leads to the owner.
    pub field: &'static str,
    /// Their kind.
    pub of: &'static str,
}

/// What can be sent below a record of a kind.
pub fn nested(kind: &'static Kind) -> impl Iterator<Item = Held> {
    belongings(kind)
}

/// The name of a kind's input type.
pub fn input_name(kind: &Kind) -> String {
    format!("{}Input", kind.name)
}

/// The field of a batch's change that upserts a record of a kind: `laborStation`.
pub fn batch_name(kind: &Kind) -> String {
    let mut letters = kind.name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

/// Every input type of a mutation.
pub fn types() -> Vec<Type> {
    let mut types: Vec<Type> =
        STRUCTS.iter().map(|of| fields_input(&format!("{}Input", of.name), of.doc, of.fields)).collect();
    types.extend(edge_inputs());
    types.extend(KINDS.iter().map(|kind| kind_input(kind)));
    let mut changes: Vec<_> = KINDS
        .iter()
        .map(|kind| {
            let doc = format!("Upserts this {} ({}).", kind.name, kind.zh);
            argument(&batch_name(kind), &doc, TypeRef::nullable(&input_name(kind)))
        })
        .collect();
    changes.push(argument(DELETE, "Deletes a record.", TypeRef::nullable("DeleteInput")));
    types.push(one_of("ChangeInput", "One change of a batch: exactly one field is given.", changes));
    types.push(input(
        "DeleteInput",
        "A record that is to be gone.",
        vec![
            argument("id", "Which.", TypeRef::required("ID")),
            expected_version(),
            argument(
                "detach",
                "Take references to it out of whoever refers; without it, a record that others refer to stays.",
                TypeRef::nullable("Boolean"),
            ),
        ],
    ));
    types
}

/// The version that a sender saw.
pub fn expected_version() -> InputDef {
    argument(
        "expectedVersion",
        "The `version` that you saw, or 0 for a record that is to be new: where it stands otherwise, nothing is changed, and the error with the code CONFLICT says how it stands.",
        TypeRef::nullable("Int"),
    )
}

fn kind_input(kind: &'static Kind) -> Type {
    let mut fields = vec![
        argument("id", &format!("Its global id: `{}:` and a key of your choice.", kind.id), TypeRef::required("ID")),
        expected_version(),
    ];
    fields.extend(kind.shown().map(|(slot, field)| field_input(owner(kind, slot), field)));
    fields.extend(nested(kind).map(|held| {
        let doc = format!("Records of the kind {} to upsert with it: their `{}` is this record.", held.of, held.field);
        argument(held.name, &doc, TypeRef::required(&format!("{}Input", held.of)).list().or_null(true))
    }));
    let doc = format!(
        "{}: what is to stand of a {}. A field that is left out stays as it is, and null clears it.",
        kind.zh, kind.name
    );
    input(&input_name(kind), &doc, fields)
}

/// Whose edges an edge's input type is named after: the common slots share one, and so do the five levels of regions.
fn owner(kind: &'static Kind, slot: usize) -> &'static str {
    match kind {
        _ if slot < COMMON.len() => "",
        kind if kind.implements(REGION) => REGION,
        kind => kind.name,
    }
}

fn field_input(owner: &str, field: &'static Field) -> InputDef {
    let one = TypeRef::nullable;
    let list = |name: &str| TypeRef::required(name).list().or_null(true);
    let ty = match &field.shape {
        Shape::One(scalar) => one(scalar.type_name()),
        Shape::List(scalar) => list(scalar.type_name()),
        Shape::Struct(of) => one(&format!("{}Input", of.name)),
        Shape::Structs(of) => list(&format!("{}Input", of.name)),
        Shape::Edge(edge) => {
            let target = if edge.properties.is_empty() { "ID".to_owned() } else { edge_name(owner, field, edge.form) };
            if edge.is_list() { list(&target) } else { one(&target) }
        }
    };
    argument(field.name, field.doc, ty)
}

fn edge_name(owner: &str, field: &Field, form: EdgeForm) -> String {
    match form {
        EdgeForm::Objects { name, .. } => format!("{name}Input"),
        _ => format!("{owner}{}Input", capitalised(field.name)),
    }
}

fn fields_input(name: &str, doc: &str, fields: &'static [Field]) -> Type {
    input(name, doc, fields.iter().map(|field| field_input("", field)).collect())
}

/// The input types of edges that carry something: the target, and what they carry.
fn edge_inputs() -> Vec<Type> {
    let mut types: Vec<Type> = Vec::new();
    for kind in KINDS {
        for (slot, field) in kind.shown() {
            let Some(edge) = field.as_edge().filter(|edge| !edge.properties.is_empty()) else { continue };
            let name = edge_name(owner(kind, slot), field, edge.form);
            if types.iter().any(|known| known.name == name) {
                continue;
            }
            let doc = format!("An entry of `{}`: where it leads, and what it carries.", field.name);
            let target =
                argument(target_name(edge), &format!("The global id of a {}.", edge.target), TypeRef::required("ID"));
            let mut fields = vec![target];
            fields.extend(edge.properties.iter().map(|field| field_input("", field)));
            types.push(input(&name, &doc, fields));
        }
    }
    types
}
