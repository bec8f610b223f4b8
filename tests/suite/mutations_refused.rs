//! What a set of changes is refused for, beside what a single record has to hold: what several records come to together.

use jiedui::api::{Api, Executor};
use serde_json::{Value, json};

use crate::mutations::{BATCH, changed, refused};
use crate::support::loaded;

/// The faults of a refused batch: each path, and what is wrong.
fn faults(api: &Api, changes: Value) -> Vec<(String, String)> {
    told(&refused(api, BATCH, json!({ "changes": changes })))
}

fn told(error: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let faults = error["extensions"]["faults"].as_array().unwrap_or_else(|| panic!("{error:#}"));
    faults.iter().map(|fault| (text(&fault["path"]), text(&fault["problem"]))).collect()
}

fn programme(id: &str, part_of: Option<&str>) -> Value {
    json!({ "programme": { "id": id, "name": id, "kind": "POLICY", "partOf": part_of } })
}

#[test]
fn nothing_is_made_to_stand_above_itself() {
    let loaded = loaded(Executor::Plan);
    let api = &loaded.api;
    let itself = faults(api, json!([programme("programme:ca", Some("programme:ca"))]));
    let problem = "stands above itself: programme:ca → programme:ca".to_owned();
    assert_eq!(itself, [("changes.0.programme.partOf".to_owned(), problem)]);
    let two = json!([programme("programme:ca", Some("programme:cb")), programme("programme:cb", Some("programme:ca"))]);
    let two = faults(api, two);
    assert_eq!(two.len(), 1, "one mistake, told once: {two:?}");
    assert_eq!(two[0].1, "stands above itself: programme:ca → programme:cb → programme:ca");
    // One that closes in the store, behind two sets that are each sound.
    changed(
        api,
        BATCH,
        json!({ "changes": [programme("programme:ca", None), programme("programme:cb", Some("programme:ca"))] }),
    );
    let closed = faults(api, json!([{ "programme": { "id": "programme:ca", "partOf": "programme:cb" } }]));
    assert_eq!(closed[0].0, "changes.0.programme.partOf");
    // Turned around in one set it is none.
    let turned = json!([programme("programme:ca", Some("programme:cb")), programme("programme:cb", None)]);
    changed(api, BATCH, json!({ "changes": turned }));
    let event = faults(api, json!([{ "event": { "id": "event:ca", "name": "会", "follows": "event:ca" } }]));
    assert_eq!(event[0].0, "changes.0.event.follows", "{event:?}");
}
