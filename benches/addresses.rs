//! How many addresses `resolve` leads back, over the whole country: `cargo bench --bench addresses`.
//!
//! Villages and towns are drawn at random, and all counties are taken, from the database that `JIEDUI_COUNTRY` names (see `country.rs`), written
//! with those above them in front in several ways, and resolved a thousand at once. It prints, for each way, how many came
//! back to the region that they were made from.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::model::catalog::Kind;
use jiedui::model::kinds::{COUNTY, TOWN, VILLAGE};
use jiedui::store::{Direction, Store};
use serde_json::{Value, json};

/// How many of a level are drawn, which is also how many names are resolved at once; where there are no more than four times as
/// many, all are taken.
const DRAWN: usize = 1_000;

/// How many names of villages are resolved at once that have no more than their province beside them.
const FAR: usize = 20;

const REGIONS: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Region { name ancestors { name level } } } }";
const RESOLVE: &str = "query($names: [String!]!) {
    resolve(names: $names) { region { id } confidence runnersUp { region { id } confidence } }
}";

/// A region's name, and those above it with their levels from the top down.
struct Drawn {
    id: String,
    name: String,
    above: Vec<(String, String)>,
}

impl Drawn {
    fn join(&self, between: &str, write: impl Fn(&(String, String)) -> String) -> String {
        let names = self.above.iter().map(write).chain([self.name.clone()]);
        names.collect::<Vec<_>>().join(between)
    }
}

/// A way to write a region, and what it is called.
type Way = (&'static str, fn(&Drawn) -> String);

const WAYS: [Way; 8] = [
    ("the province in front, run together", |drawn| drawn.above[0].0.clone() + &drawn.name),
    ("the province behind in brackets", |drawn| format!("{}（{}）", drawn.name, drawn.above[0].0)),
    ("all behind, with commas", |drawn| {
        let behind = drawn.above.iter().rev().map(|(name, _)| name.as_str());
        [drawn.name.as_str()].into_iter().chain(behind).collect::<Vec<_>>().join("，")
    }),
    ("all in front, run together", |drawn| drawn.join("", |(name, _)| name.clone())),
    ("all in front, with spaces", |drawn| drawn.join(" ", |(name, _)| name.clone())),
    ("all in front, without 省 and 市", |drawn| drawn.join("", bare)),
    ("all in front, without 省 and 市, with spaces", |drawn| drawn.join(" ", bare)),
    ("the nearest two in front, run together", |drawn| {
        let from = drawn.above.len().saturating_sub(2);
        drawn.above[from..].iter().map(|(name, _)| name.as_str()).chain([drawn.name.as_str()]).collect()
    }),
];

fn bare((name, level): &(String, String)) -> String {
    let bare = name.strip_suffix('省').or_else(|| name.strip_suffix('市'));
    let upper = level == "PROVINCE" || level == "CITY";
    bare.filter(|_| upper).unwrap_or(name).to_owned()
}

fn data(api: &Api, query: &str, variables: Value) -> Value {
    let Value::Object(variables) = variables else { unreachable!("variables are an object") };
    let answer = api.answer_now(&Request { variables, ..Request::new(query) });
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    serde_json::from_slice(&answer.data.expect("data")).expect("JSON")
}

/// Regions of a level, drawn at random and always the same.
fn draw(store: &Store, api: &Api, level: &'static Kind) -> Vec<Drawn> {
    let snapshot = store.snapshot().expect("a snapshot");
    let all = snapshot.scan(level, None, Direction::Forward).expect("a scan");
    let ids: Vec<String> = all.map(|region| region.expect("a region").id().to_string()).collect();
    let mut dice = 20_260_801_u64;
    let mut drawn: Vec<&String> = std::iter::repeat_with(|| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        &ids[(dice >> 33) as usize % ids.len()]
    })
    .take(DRAWN)
    .collect();
    if ids.len() < 4 * DRAWN {
        drawn = ids.iter().collect();
    }
    drawn.sort();
    drawn.dedup();
    let each = drawn.chunks(DRAWN).map(|ids| data(api, REGIONS, json!({ "ids": ids }))["nodes"].take());
    let found: Vec<Value> = each.flat_map(|found| found.as_array().expect("nodes").clone()).collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let regions = found.iter().map(|region| Drawn {
        id: text(&region["id"]),
        name: text(&region["name"]),
        above: region["ancestors"]
            .as_array()
            .expect("ancestors")
            .iter()
            .map(|above| (text(&above["name"]), text(&above["level"])))
            .collect(),
    });
    // One that is no more stands below nothing.
    regions.filter(|region| !region.above.is_empty()).collect()
}

fn main() {
    let Ok(path) = std::env::var("JIEDUI_COUNTRY") else {
        println!("JIEDUI_COUNTRY names no database of the whole country; benches/country.rs says how to make one");
        return;
    };
    let store = Arc::new(Store::open_reading(Path::new(&path), Limits::default().cache_bytes).expect("a database"));
    let api = Api::new(store.clone(), Executor::Plan, Limits::default());
    println!("{:<62} names  right  alike  wrong   null     ms", "");
    for level in [&VILLAGE, &TOWN, &COUNTY] {
        let drawn = draw(&store, &api, level);
        for (way, write) in WAYS {
            // A village is three levels below its province, so all that are called so anywhere are read for each name: of a
            // thousand names that would be more than an answer may read.
            let at_once = if level == &VILLAGE && way.starts_with("the province") { FAR } else { DRAWN };
            let names: Vec<String> = drawn.iter().map(write).collect();
            let began = Instant::now();
            let each =
                names.chunks(at_once).map(|names| data(&api, RESOLVE, json!({ "names": names }))["resolve"].take());
            let found: Vec<Value> = each.flat_map(|found| found.as_array().expect("a list").clone()).collect();
            let took = began.elapsed().as_millis();
            let [mut right, mut alike, mut wrong, mut null] = [0; 4];
            for ((drawn, name), found) in drawn.iter().zip(&names).zip(&found) {
                let is_it = |region: &Value| region["id"] == drawn.id.as_str();
                let shares = |other: &&Value| is_it(&other["region"]) && other["confidence"] == found["confidence"];
                let counted = match &found["region"] {
                    Value::Null => &mut null,
                    region if is_it(region) => &mut right,
                    // Regions of one name below one parent cannot be told apart by it.
                    _ if found["runnersUp"].as_array().is_some_and(|others| others.iter().any(|it| shares(&it))) => {
                        &mut alike
                    }
                    _ => &mut wrong,
                };
                *counted += 1;
                if std::env::var_os("JIEDUI_TELL").is_some() && !is_it(&found["region"]) {
                    println!("    {name} ({}): {found}", drawn.id);
                }
            }
            let what = format!("{}: {way}", level.plural);
            println!("{what:<62} {:>5}  {right:>5}  {alike:>5}  {wrong:>5}  {null:>5}  {took:>5}", drawn.len());
        }
    }
}
