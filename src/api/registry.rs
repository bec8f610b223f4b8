//! Feeding async-graphql's registry from the types of the API.

use async_graphql::indexmap::IndexMap;
use async_graphql::registry::{
    __DirectiveLocation, Deprecation, EnumBuilder, InputObjectBuilder, MetaDirective, MetaEnumValue, MetaField,
    MetaInputValue, MetaType, ObjectBuilder, Registry,
};
use serde_json::Value;

use super::gate::{AT, AT_REVISION};
use crate::config::PAST_CHANGES_MAX;
use crate::query::types;
use crate::query::types::{Body, FieldDef, InputDef, Type, TypeRef};

/// Puts every type into a registry, and the directive that is ours.
pub fn fill(registry: &mut Registry) {
    types().iter().for_each(|ty| register(registry, ty));
    registry.add_directive(at_directive());
}

fn register(registry: &mut Registry, ty: &'static Type) {
    let description = Some(ty.doc.clone());
    let meta = match &ty.body {
        // The registry has the scalars of the specification already.
        Body::Scalar(None) => return,
        Body::Scalar(Some(specified_by)) => MetaType::Scalar {
            name: ty.name.clone(),
            description,
            is_valid: None,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            specified_by_url: Some((*specified_by).to_owned()),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        },
        Body::Enum(closed) => {
            let value = |(name, doc): &(&str, &str)| {
                let value = MetaEnumValue { description: Some((*doc).to_owned()), ..MetaEnumValue::new(*name) };
                ((*name).to_owned(), value)
            };
            EnumBuilder::new(&ty.name, closed.values.iter().map(value).collect()).description(description).build()
        }
        Body::Input { fields, one_of } => {
            InputObjectBuilder::new(&ty.name, inputs(fields)).description(description).oneof(*one_of).build()
        }
        Body::Object { fields, .. } => ObjectBuilder::new(&ty.name, outputs(fields)).description(description).build(),
        Body::Interface { fields, types, .. } => MetaType::Interface {
            name: ty.name.clone(),
            description,
            fields: outputs(fields),
            possible_types: types.iter().cloned().collect(),
            extends: false,
            keys: None,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: None,
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        },
    };
    for interface in ty.interfaces() {
        registry.add_implements(&ty.name, interface);
    }
    registry.types.insert(ty.name.clone(), meta);
}

/// The directive by which a query is asked as of a past revision.
fn at_directive() -> MetaDirective {
    let revision = InputDef {
        name: AT_REVISION.to_owned(),
        doc: "Which, from 0 for the empty store on.".to_owned(),
        ty: TypeRef::required("Int"),
        default: None,
    };
    let doc = format!(
        "Answers the whole query as the store stood as of a revision that the log still keeps, where no more than {PAST_CHANGES_MAX} records changed since."
    );
    MetaDirective {
        name: AT.to_owned(),
        description: Some(doc),
        locations: vec![__DirectiveLocation::QUERY],
        args: inputs(&[revision]),
        is_repeatable: false,
        visible: None,
        composable: None,
    }
}

fn outputs(fields: &[FieldDef]) -> IndexMap<String, MetaField> {
    let each = fields.iter().map(|field| {
        let meta = MetaField {
            description: Some(field.doc.clone()),
            args: inputs(&field.arguments),
            deprecation: Deprecation::NoDeprecated,
            ..MetaField::new(&field.name, field.ty.to_string())
        };
        (field.name.clone(), meta)
    });
    each.collect()
}

/// A default as GraphQL writes it: an enum's value without quotes.
fn written(ty: &TypeRef, value: &Value) -> String {
    match (ty, value) {
        (TypeRef::List { of, .. }, Value::Array(items)) => {
            format!("[{}]", items.iter().map(|item| written(of, item)).collect::<Vec<_>>().join(", "))
        }
        (TypeRef::Named { name, .. }, Value::String(text)) => match types().find(name).map(|ty| &ty.body) {
            Some(Body::Enum(_)) => text.clone(),
            _ => value.to_string(),
        },
        _ => value.to_string(),
    }
}

fn inputs(fields: &[InputDef]) -> IndexMap<String, MetaInputValue> {
    let each = fields.iter().map(|field| {
        let meta = MetaInputValue {
            description: Some(field.doc.clone()),
            default_value: field.default.as_ref().map(|default| written(&field.ty, default)),
            ..MetaInputValue::new(&field.name, field.ty.to_string())
        };
        (field.name.clone(), meta)
    });
    each.collect()
}
