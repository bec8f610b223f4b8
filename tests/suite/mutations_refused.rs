//! What a set of changes is refused for, beside what a single record has to hold: what several records come to together.

use jiedui::api::{Api, Executor};
use serde_json::{Value, json};

use crate::mutations::{BATCH, PAIR, changed, pairing, refused};
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

#[test]
fn a_delete_takes_out_what_refers_by_then_and_swallows_nothing_that_is_sent_behind_it() {
    let loaded = loaded(Executor::Plan);
    let api = &loaded.api;
    let product = json!({ "product": { "id": "product:d1", "name": "甲" } });
    let event = |products: &[&str]| {
        let products: Vec<_> = products.iter().map(|id| json!({ "node": id })).collect();
        json!({ "event": { "id": "event:d1", "name": "会", "products": products } })
    };
    let other = json!({ "product": { "id": "product:d2", "name": "乙" } });
    changed(api, BATCH, json!({ "changes": [product, other] }));
    let delete = json!({ "delete": { "id": "product:d1", "detach": true } });
    let behind = faults(api, json!([delete, event(&["product:d2", "product:d1"])]));
    let expected = ("changes.1.event.products.1".to_owned(), "there is no record product:d1".to_owned());
    assert_eq!(behind, [expected]);
    // What stands before it in the set is detached, as what is stored.
    let done = changed(api, BATCH, json!({ "changes": [event(&["product:d2", "product:d1"]), delete] }));
    assert_eq!(done["applyChanges"]["changes"][1]["outcome"], "DELETED");
    let stands = changed(api, BATCH, json!({ "changes": [event(&["product:d2"])] }));
    assert_eq!(stands["applyChanges"]["changes"][0]["outcome"], "UNCHANGED");
}

#[test]
fn a_record_is_not_taken_from_its_owner_by_being_sent_below_another() {
    let loaded = loaded(Executor::Plan);
    let api = &loaded.api;
    changed(api, PAIR, json!({ "pairing": pairing() }));
    let mut other = pairing();
    other["id"] = json!("pairing:other");
    let told = told(&refused(api, PAIR, json!({ "pairing": other })));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "input.observations.0.id");
    assert!(told[0].1.contains("its `subject` is pairing:test"), "{told:?}");
    // Whoever has seen it, or says whose it is to be, moves it.
    let mut seen = other.clone();
    seen["observations"][0]["expectedVersion"] = json!(2);
    assert_eq!(changed(api, PAIR, json!({ "pairing": seen }))["upsertPairing"]["nested"][0]["outcome"], "UPDATED");
    let mut said = pairing();
    said["observations"][0]["subject"] = json!("pairing:test");
    assert_eq!(changed(api, PAIR, json!({ "pairing": said }))["upsertPairing"]["nested"][0]["outcome"], "UPDATED");
}

#[test]
fn all_that_is_wrong_with_a_batch_is_told_at_once_in_the_order_of_its_changes() {
    let loaded = loaded(Executor::Plan);
    let mut changes: Vec<_> =
        (0..9).map(|at| json!({ "product": { "id": format!("product:w{at}"), "name": "甲" } })).collect();
    changes[0] = json!({ "product": { "id": "enterprise:w0", "name": "甲" } });
    changes[1] = json!({ "product": { "id": "product:w1", "expectedVersion": -1 } });
    changes[2] = json!({ "delete": { "id": "nothing" } });
    changes.push(json!({ "delete": { "id": "city:442000" } }));
    changes.push(json!({ "event": { "id": "event:w", "name": "会", "heldIn": "someday", "follows": "event:w0" } }));
    let pairing =
        json!({ "id": "x", "observations": [{ "id": "observation:w", "nature": "ACTUAL", "indicator": "much" }] });
    changes.push(json!({ "pairing": pairing }));
    let told = faults(&loaded.api, json!(changes));
    let paths: Vec<_> = told.iter().map(|(path, _)| path.as_str()).collect();
    let expected = [
        "changes.0.product.id",
        "changes.1.product.expectedVersion",
        "changes.1.product.name",
        "changes.2.delete",
        "changes.9.delete",
        "changes.10.event.follows",
        "changes.10.event.heldIn",
        "changes.11.pairing.id",
        "changes.11.pairing.observations.0.basis",
        "changes.11.pairing.observations.0.indicator",
        "changes.11.pairing.observations.0.period",
    ];
    assert_eq!(paths, expected, "{told:#?}");
}

#[test]
fn what_contradicts_itself_is_refused() {
    let loaded = loaded(Executor::Plan);
    let observation = |fields: Value| {
        let mut observation = json!({
            "id": "observation:c", "subject": "city:442000", "indicator": "indicator:fiscal-aid", "nature": "ACTUAL",
            "basis": "STATED", "value": "1", "period": { "start": "2020" },
        });
        observation.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({ "observation": observation })
    };
    let group = |fields: Value| {
        let mut group = json!({ "id": "group:c", "name": "甲", "memberKind": "REGION", "membersComplete": false });
        group.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({ "group": group })
    };
    let wrong = [
        (
            json!({ "city": { "id": "city:442000", "latitude": 90.5 } }),
            "city.latitude",
            "expected -90 to 90, found 90.5",
        ),
        (
            json!({ "city": { "id": "city:442000", "longitude": -181 } }),
            "city.longitude",
            "expected -180 to 180, found -181",
        ),
        (group(json!({ "size": -1 })), "group.size", "expected 0 or more, found -1"),
        (group(json!({ "sizeQualifier": "MORE_THAN" })), "group.sizeQualifier", "there is no `size`"),
        (
            observation(json!({ "value": null, "qualifier": "MORE_THAN" })),
            "observation.qualifier",
            "there is no `value`",
        ),
        (
            observation(json!({ "period": { "start": "2020-06", "end": "2020-05" } })),
            "observation.period.end",
            "2020-05 lies before `start`, 2020-06",
        ),
        (
            json!({ "pairing": { "id": "pairing:p001", "since": "2020", "until": "2019-12-31" } }),
            "pairing.until",
            "lies before `since`",
        ),
        (
            json!({ "product": { "id": "product:c", "name": " \u{200b}\u{3000}" } }),
            "product.name",
            "nothing that can be seen",
        ),
        (
            json!({ "product": { "id": "product:c", "name": "甲", "aliases": ["乙", "\u{feff}"] } }),
            "product.aliases.1",
            "nothing that can be seen",
        ),
    ];
    for (change, path, problem) in wrong {
        let told = faults(&loaded.api, json!([change]));
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, format!("changes.0.{path}"), "{told:?}");
        assert!(told[0].1.contains(problem), "{told:?}");
    }
    // What an imprecise or approximate date leaves open is no contradiction.
    for period in [json!({ "start": "2020-06", "end": "2020" }), json!({ "start": "2020~", "end": "2019" })] {
        changed(&loaded.api, BATCH, json!({ "changes": [observation(json!({ "period": period }))] }));
    }
    changed(&loaded.api, BATCH, json!({ "changes": [group(json!({ "size": 0, "sizeQualifier": "MORE_THAN" }))] }));
}

#[test]
fn of_a_record_that_is_deleted_and_made_again_in_one_batch_the_delete_is_told_as_one() {
    let loaded = loaded(Executor::Plan);
    let make = |name: &str| json!({ "product": { "id": "product:o", "name": name } });
    let delete = json!({ "delete": { "id": "product:o" } });
    let outcomes = |changes: Value| {
        let done = changed(&loaded.api, BATCH, json!({ "changes": changes }));
        let changes = done["applyChanges"]["changes"].as_array().unwrap().clone();
        changes.iter().map(|change| change["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let new = outcomes(json!([make("甲"), make("乙"), delete, make("丙")]));
    assert_eq!(new, ["CREATED", "CREATED", "UNCHANGED", "CREATED"]);
    assert_eq!(outcomes(json!([delete, make("丁")])), ["DELETED", "UPDATED"]);
}

#[test]
fn what_else_is_wrong_with_a_set_is_told_beside_a_conflict() {
    let loaded = loaded(Executor::Plan);
    let api = &loaded.api;
    let product = |id: &str, version: u64| json!({ "product": { "id": id, "name": "甲", "expectedVersion": version } });
    changed(api, BATCH, json!({ "changes": [product("product:s1", 0)] }));
    let event = json!({ "event": { "id": "event:s", "name": "会", "heldIn": "city:000000", "follows": "event:none" } });
    // One that is gone is not told to lack what was not sent of it.
    let gone = json!({ "product": { "id": "product:s2", "note": "gone", "expectedVersion": 2 } });
    let error = refused(api, BATCH, json!({ "changes": [product("product:s1", 1), event, gone] }));
    assert_eq!(error["extensions"]["code"], "CONFLICT");
    let paths = |name: &str| {
        let told = error["extensions"][name].as_array().unwrap_or_else(|| panic!("{error:#}"));
        told.iter().map(|told| told["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(paths("conflicts"), ["changes.0.product", "changes.2.product"]);
    assert_eq!(error["extensions"]["conflicts"][0]["version"], 2);
    assert_eq!(paths("faults"), ["changes.1.event.follows", "changes.1.event.heldIn"]);
    let message = error["message"].as_str().unwrap();
    assert!(message.ends_with("; and 1 more; beside it, 2 of the changes cannot be made"), "{message}");
    // A conflict alone is told alone.
    let alone = refused(api, BATCH, json!({ "changes": [product("product:s1", 1)] }));
    assert_eq!(alone["extensions"].as_object().unwrap().keys().collect::<Vec<_>>(), ["code", "conflicts"]);
}

#[test]
fn a_pairing_has_no_more_sides_than_can_be_found_by_each() {
    let loaded = loaded(Executor::Plan);
    let api = &loaded.api;
    let villages: Vec<_> = (0..501)
        .map(|at| json!({ "village": { "id": format!("village:v{at}"), "name": format!("村{at}") } }))
        .collect();
    changed(api, BATCH, json!({ "changes": villages }));
    let many = |sides: usize| {
        let helped: Vec<_> = (0..sides).map(|at| json!({ "node": format!("village:v{at}") })).collect();
        let mut pairing = pairing();
        (pairing["id"], pairing["helped"]) = (json!("pairing:many"), helped.into());
        pairing.as_object_mut().unwrap().remove("observations");
        json!([{ "pairing": pairing }])
    };
    let [(path, problem)] = faults(api, many(501)).try_into().unwrap();
    assert_eq!(path, "changes.0.pairing.helped");
    assert_eq!(problem, "has 501 entries, of which there are at most 500: say it in several records");
    changed(api, BATCH, json!({ "changes": many(500) }));
}
