//! `resolve`: names as others wrote them, led back to regions.

use jiedui::api::error::Code;
use jiedui::api::request::Request;
use serde_json::{Value, json};

use crate::support::{ask_with, loaded_with, shared};

const QUERY: &str = "query($names: [String!]!, $level: Level, $within: ID) {
    resolve(names: $names, level: $level, within: $within) {
        name region { id } confidence field runnersUp { region { id } confidence }
    }
}";

fn resolve(names: &[&str]) -> Vec<Value> {
    ask_with(QUERY, json!({ "names": names }))["resolve"].as_array().unwrap().clone()
}

#[track_caller]
fn means(name: &str, id: &str, confidence: f64, field: &str) {
    let found = &resolve(&[name])[0];
    let expected =
        json!({ "name": name, "region": { "id": id }, "confidence": confidence, "field": field, "runnersUp": [] });
    assert_eq!(*found, expected);
}

#[test]
fn a_name_may_lack_what_the_region_is() {
    means("盐津县", "county:530623", 1.0, "name");
    means("长春", "city:220100", 0.95, "name");
    means("西藏", "province:540000", 0.95, "name");
    means("红河州", "city:532500", 0.97, "name");
    means("延边", "city:222400", 0.95, "name");
    means("小榄", "town:442000100", 0.95, "name");
    means("盐津縣", "county:530623", 1.0, "name");
    // What is known by its short name as an alias is surer than what is only like it.
    means("中山", "city:442000", 0.98, "aliases");
    means("Zhongshan", "city:442000", 0.98, "nameEn");
}

#[test]
fn parents_may_stand_in_front_and_must_be_those_of_the_region() {
    means("广东省中山市", "city:442000", 1.0, "name");
    means("云南省 昭通市 盐津县", "county:530623", 1.0, "name");
    means("云南昭通盐津", "county:530623", 0.98, "aliases");
    means("昭通/盐津", "county:530623", 0.98, "aliases");
    means("广东小榄镇", "town:442000100", 1.0, "name");
    for wrong in ["湖南盐津", "中山市盐津县", "昭通市广东省"] {
        assert_eq!(resolve(&[wrong])[0]["region"], Value::Null, "{wrong}");
    }
}

#[test]
fn an_old_name_means_the_region_of_today() {
    means("铜仁地区", "city:520600", 0.98, "aliases");
    means("昭通地区", "city:530600", 0.98, "aliases");
    // One that nobody wrote down is no exact match, and is said to be less sure.
    let found = &resolve(&["长春地区"])[0];
    assert_eq!((&found["region"]["id"], found["confidence"].as_f64()), (&json!("city:220100"), Some(0.6)), "{found}");
}

#[test]
fn what_may_mean_several_tells_the_others_and_levels_and_places_choose() {
    let found = &resolve(&["吉林"])[0];
    assert_eq!(found["region"]["id"], "province:220000");
    assert_eq!(found["confidence"], 0.76);
    assert_eq!(found["runnersUp"], json!([{ "region": { "id": "city:220200" }, "confidence": 0.19 }]));
    // The whole name of the one is only like that of the other.
    let found = &resolve(&["吉林市"])[0];
    assert_eq!((&found["region"]["id"], &found["confidence"]), (&json!("city:220200"), &json!(1.0)));
    assert_eq!(found["runnersUp"][0]["region"]["id"], "province:220000");

    let by_level = ask_with(QUERY, json!({ "names": ["吉林", "海南"], "level": "CITY" }));
    assert_eq!(by_level["resolve"][0]["region"]["id"], "city:220200");
    assert_eq!(by_level["resolve"][1]["region"]["id"], "city:632500");
    assert_eq!(by_level["resolve"][1]["confidence"], 0.95);
    assert_eq!(by_level["resolve"][1]["runnersUp"], json!([]));
    let within = ask_with(QUERY, json!({ "names": ["海南", "中山"], "within": "province:630000" }));
    assert_eq!(within["resolve"][0]["region"]["id"], "city:632500");
    assert_eq!(within["resolve"][1]["region"], Value::Null);
}

#[test]
fn several_of_one_level_share_what_is_sure_and_a_parent_tells_them_apart() {
    let counties = "county:220104,朝阳区,,,,220104,DISTRICT,,,city:220100,\n\
                    county:110105,朝阳区,,,,110105,DISTRICT,,,province:110000,\n";
    let loaded = loaded_with(&[("counties.csv", counties)]);
    let ask = |names: &[&str]| {
        let Value::Object(variables) = json!({ "names": names }) else { panic!("it is an object") };
        let answer = loaded.api.answer_now(&Request { variables, ..Request::new(QUERY) });
        crate::support::data(&answer)["resolve"].as_array().unwrap().clone()
    };
    let found = &ask(&["朝阳区"])[0];
    // Neither is likelier; 朝阳市 fits worse, and is no surer than they.
    assert_eq!(found["confidence"], 0.5, "{found}");
    assert!(found["runnersUp"].as_array().unwrap().iter().all(|it| it["confidence"] == 0.5), "{found}");
    let runners: Vec<_> = found["runnersUp"].as_array().unwrap().iter().map(|it| it["region"]["id"].clone()).collect();
    assert_eq!(found["region"]["id"], "county:110105");
    assert_eq!(runners, ["county:220104", "city:211300"].map(Value::from), "{found}");
    for (name, id) in [("北京朝阳区", "county:110105"), ("长春市朝阳区", "county:220104"), ("辽宁朝阳", "city:211300")]
    {
        let found = &ask(&[name])[0];
        assert_eq!(found["region"]["id"], id, "{found}");
        assert!(found["confidence"].as_f64().unwrap() > 0.9, "{found}");
    }
}

#[test]
fn what_is_like_nothing_is_null_and_the_order_is_kept() {
    let names = ["什么地方", "昭通市", "", "盐津县", "昭通市", "   ", "市", "x"];
    let found = resolve(&names);
    let told: Vec<_> = found.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, names);
    let nothing = json!({ "region": null, "confidence": 0.0, "field": null, "runnersUp": [] });
    for place in [0, 2, 5, 6, 7] {
        let mut expected = nothing.clone();
        expected["name"] = names[place].into();
        assert_eq!(found[place], expected);
    }
    assert_eq!(found[1], found[4]);
    assert_eq!(found[3]["region"]["id"], "county:530623");
    assert_eq!(resolve(&[]), Vec::<Value>::new());
}

#[test]
fn a_thousand_names_are_taken_and_one_more_is_refused() {
    let names = vec!["盐津"; 1000];
    let found = resolve(&names);
    assert!(found.len() == 1000 && found.iter().all(|it| it["region"]["id"] == "county:530623"));
    let Value::Object(variables) = json!({ "names": vec!["盐津"; 1001] }) else { panic!("it is an object") };
    let answer = shared().answer_now(&Request { variables, ..Request::new(QUERY) });
    assert_eq!(answer.errors[0].code, Code::BadUserInput);
    assert_eq!(answer.errors[0].message, "names: expected at most 1000, found 1001; ask in several requests");
    let Value::Object(variables) = json!({ "names": ["盐津"], "within": "programme:tibet" }) else {
        panic!("so is it")
    };
    let answer = shared().answer_now(&Request { variables, ..Request::new(QUERY) });
    assert_eq!(answer.errors[0].message, "within: there is no region programme:tibet");
}
