//! The committed schema, and what every part of it must have.

use jiedui::query::types;
use jiedui::query::types::Body;

#[test]
fn schema_graphql_is_what_the_server_serves() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(committed == jiedui::api::sdl(), "schema.graphql is stale: run `cargo run -- schema > schema.graphql`");
}

#[test]
fn every_type_field_argument_and_value_has_a_description() {
    for ty in types().iter() {
        assert!(ty.doc.len() > 3, "{}", ty.name);
        for field in ty.fields() {
            assert!(field.doc.len() > 3, "{}.{}", ty.name, field.name);
            for argument in &field.arguments {
                assert!(argument.doc.len() > 3, "{}.{}({}:)", ty.name, field.name, argument.name);
            }
        }
        match &ty.body {
            Body::Enum(closed) => {
                for (name, doc) in closed.values {
                    assert!(!doc.is_empty(), "{}.{name}", ty.name);
                }
            }
            Body::Input { fields, .. } => {
                for field in fields {
                    assert!(field.doc.len() > 3, "{}.{}", ty.name, field.name);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn our_scalars_say_what_specifies_them() {
    let sdl = jiedui::api::sdl();
    for scalar in ["Decimal", "Date", "PartialDate"] {
        assert!(sdl.contains(&format!("scalar {scalar} @specifiedBy(url: \"https://")), "{scalar}");
    }
}

#[test]
fn how_many_changes_a_history_shows_is_the_bound() {
    let told = jiedui::model::catalog::COMMON_SPECIALS.iter().flat_map(|special| special.arguments);
    let told: Vec<_> = told.filter(|argument| argument.name == "first").map(|argument| argument.doc).collect();
    assert_eq!(told, [format!("How many changes at most, 1 to {}.", jiedui::config::HISTORY_MAX)]);
}
