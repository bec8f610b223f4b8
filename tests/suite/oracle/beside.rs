//! Set operators beside their opposites: `some`, `every`, `none`, counts and sums of one relation with one filter, on records
//! that differ by a single target, with bounds just at the counts. Chosen at random, two of them hardly ever meet on one
//! relation, and a fault in one can hide behind all that is asked beside it.

use serde_json::{Value as Json, json};

use super::questions::{Asker, has, inputs};
use super::world::At;
use super::{Case, check, root};

/// One condition on a relation by a set operator.
fn condition(asker: &mut Asker<'_>, to: &str, targets: &[At], within: &Json) -> Json {
    let number = inputs(&format!("{to}SumFilter")).first().map(|input| input.name.as_str());
    let compare = |asker: &mut Asker<'_>, given: Json| {
        let count = asker.world.within(targets, &given).len() as i64;
        let operator = asker.random.pick(&["eq", "lt", "lte", "gt", "gte"]);
        let mut count_of = given;
        count_of[operator] = json!(count + asker.random.pick(&[0, 0, 1, -1]));
        json!({ "count": count_of })
    };
    match asker.random.below(if number.is_some() { 9 } else { 7 }) {
        0 | 1 => json!({ "some": within }),
        2 | 3 => json!({ "every": within }),
        4 => json!({ "none": within }),
        5 => compare(asker, json!({ "filter": within })),
        6 => compare(asker, json!({})),
        _ => {
            let number = number.unwrap();
            let members = asker.world.within(targets, &json!({ "filter": within }));
            let mut sum = asker.sum(&members, number);
            sum.as_object_mut().unwrap().remove("isNull");
            sum["filter"] = within.clone();
            json!({ "sum": { number: sum } })
        }
    }
}

/// A question about one relation of a kind.
fn beside(asker: &mut Asker<'_>, seed: u64) -> Option<Case> {
    let case = root(asker, seed);
    // What an index narrows stands beside what none may.
    asker.sharp = asker.random.one_in(2);
    let lists: Vec<_> = inputs(&format!("{}Filter", case.of)).iter().filter(|it| has(it.ty.name(), "count")).collect();
    let relation = (!lists.is_empty()).then(|| asker.random.pick(&lists))?;
    let (name, to) = (relation.name.as_str(), relation.ty.name().strip_suffix("ListFilter").unwrap());
    // Mostly one that leads to several, of which the filter tells one from another.
    let all = asker.world.of(case.of);
    let some: Vec<At> = (0..12).map(|_| asker.random.pick(&all)).collect();
    let targets = some.iter().map(|at| asker.world.many(*at, name)).max_by_key(Vec::len)?;
    if targets.is_empty() {
        return None;
    }
    let target = asker.random.pick(&targets);
    let depth = asker.random.below(2);
    let within = if asker.random.one_in(8) { json!({}) } else { asker.filter(to, depth, Some(target)) };
    let one = |asker: &mut Asker<'_>| json!({ name: condition(asker, to, &targets, &within) });
    let (left, right) = (one(asker), one(asker));
    let filter = match asker.random.below(6) {
        0 => left,
        1 => json!({ "not": left }),
        2 => json!({ "and": [left, right] }),
        3 => json!({ "or": [left, right] }),
        _ => json!({ "and": [left, { "not": right }] }),
    };
    let direction = asker.random.pick(&["ASC", "DESC"]);
    let order = match asker.random.below(4) {
        0 => Json::Null,
        1 => json!([{ name: { "count": direction } }]),
        _ => json!([{ name: { "count": direction, "filter": within } }]),
    };
    Some(Case { filter, order, ..case })
}

#[test]
fn set_operators_beside_their_opposites_are_those_of_a_full_scan() {
    let told = check(0..4000, beside);
    assert!(told.cases > 2000 && told.partial * 2 > told.cases, "{told:?}");
}

#[test]
fn on_a_relation_to_nothing_every_and_none_hold_and_some_does_not() {
    let told = check(0..600, |asker, seed| {
        let case = root(asker, seed);
        let lists: Vec<_> =
            inputs(&format!("{}Filter", case.of)).iter().filter(|it| has(it.ty.name(), "count")).collect();
        let relation = (!lists.is_empty()).then(|| asker.random.pick(&lists))?;
        let (name, to) = (relation.name.as_str(), relation.ty.name().strip_suffix("ListFilter").unwrap());
        let within = asker.filter(to, 0, None);
        let of = |operator: &str| json!({ name: { operator: within } });
        // What passes both has no target that is asked for, and none that is not.
        let nothing =
            json!({ "and": [of("every"), of("none"), { "not": of("some") }, { name: { "count": { "eq": 0 } } }] });
        Some(Case { filter: nothing, ..case })
    });
    assert!(told.partial * 2 > told.cases, "{told:?}");
}
