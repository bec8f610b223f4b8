//! Questions of explorers that are asked straight, in one query; each answer is worked out here by hand from plain lists.

use std::collections::BTreeMap;

use jiedui::api::request::Request;
use serde_json::Value;

use crate::support::{Loaded, ask, data, loaded_with};

fn nodes<'v>(found: &'v Value, name: &str) -> &'v [Value] {
    found[name]["nodes"].as_array().unwrap_or_else(|| panic!("{found}"))
}

fn texts(nodes: &[Value], name: &str) -> Vec<String> {
    nodes.iter().map(|node| node[name].as_str().unwrap().to_owned()).collect()
}

/// Each programme with what it is a part of.
fn wholes() -> BTreeMap<String, Option<String>> {
    let found = ask("{ programmes(first: 1000) { nodes { id partOf { id } } } }");
    let each = nodes(&found, "programmes")
        .iter()
        .map(|node| (node["id"].as_str().unwrap().to_owned(), node["partOf"]["id"].as_str().map(ToOwned::to_owned)));
    each.collect()
}

#[test]
fn programmes_whose_observed_fiscal_aid_exceeds_a_bound() {
    let found = ask("{ observations(first: 1000, filter: { indicator: { money: { eq: FISCAL_AID } } }) { nodes {
        value nature qualifier programme { id } possiblyPartOf { id }
        subject { ... on Pairing { programme { id } round { id } } }
    } } }");
    let wholes = wholes();
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for figure in nodes(&found, "observations").iter().filter(|figure| figure["possiblyPartOf"].is_null()) {
        assert_eq!((&figure["nature"], &figure["qualifier"]), (&"ACTUAL".into(), &"EXACT".into()));
        let subject = &figure["subject"];
        let mut under: Vec<&str> = [&figure["programme"], &subject["programme"], &subject["round"]]
            .into_iter()
            .filter_map(|programme| programme["id"].as_str())
            .collect();
        let mut at = 0;
        while let Some(programme) = under.get(at) {
            under.extend(wholes[*programme].as_deref());
            at += 1;
        }
        under.sort_unstable();
        under.dedup();
        for programme in under {
            *sums.entry(programme.to_owned()).or_default() += figure["value"].as_str().unwrap().parse::<i64>().unwrap();
        }
    }
    assert!(sums.len() > 4, "{sums:?}");
    // At each sum, and one yuan beside it.
    for bound in sums.values().flat_map(|sum| [sum - 1, *sum, sum + 1]).chain([0]) {
        let found = ask(&format!(
            "{{ programmes(first: 1000, filter: {{ allFigures: {{ sum: {{ value: {{
                gt: \"{bound}\", filter: {{ indicator: {{ money: {{ eq: FISCAL_AID }} }}, possiblyPartOfExists: false }}
            }} }} }} }}) {{ totalCount nodes {{ id }} }} }}"
        ));
        let expected: Vec<_> = sums.iter().filter(|(_, sum)| **sum > bound).map(|(id, _)| id.clone()).collect();
        let mut told = texts(nodes(&found, "programmes"), "id");
        told.sort();
        assert_eq!(told, expected, "over {bound}");
        assert_eq!(found["programmes"]["totalCount"], expected.len());
    }
}

/// The built-in data, and 盐津县 helped by as many more cities as are given, each with since and last seen.
fn with_pairings(dates: &[(&str, &str)]) -> Loaded {
    let helpers = ["440100", "440300", "440600", "441900", "440500"];
    let each = |row: &dyn Fn(usize, (&str, &str)) -> String| -> String {
        dates.iter().enumerate().map(|(at, dates)| row(at, *dates)).collect()
    };
    let pairing = |at: usize, (since, seen): (&str, &str)| {
        format!("pairing:t{at},再帮扶,,,,programme:east-west,,AID,{since},,,{seen},,\n")
    };
    loaded_with(&[
        ("pairings.csv", &each(&pairing)),
        ("pairings-helpers.csv", &each(&|at, _| format!("pairing:t{at},city:{},,,\n", helpers[at]))),
        ("pairings-helped.csv", &each(&|at, _| format!("pairing:t{at},county:530623,,,\n"))),
        ("citations.csv", &each(&|at, _| format!("pairing:t{at},source:seed-article,,1,,,\n"))),
    ])
}

#[test]
fn counties_with_more_than_three_pairings_certain_on_a_day() {
    let day = "2018-06-01";
    let query = format!(
        "{{ counties(first: 1000, filter: {{ pairings: {{ count: {{
            gt: 3, filter: {{ inForce: {{ on: \"{day}\", eq: CERTAIN }} }}
        }} }} }}) {{ totalCount nodes {{ id pairings(asOf: \"{day}\", certain: true, first: 0) {{ totalCount }} }} }} }}"
    );
    // 中山 helps it certainly; three more make four, and of four one may have ended or begun another day.
    let certain = ("2017", "2019-01-01");
    for (dates, expected) in [
        (vec![], None),
        (vec![certain, certain], None),
        (vec![certain, certain, certain], Some(4)),
        (vec![certain, certain, (day, day)], Some(4)),
        (vec![certain, certain, ("2018", "2019")], None),
        (vec![certain, certain, ("2018-06-02", "2019-01-01")], None),
        (vec![certain, certain, ("2017", "2018-05-31")], None),
        (vec![certain, certain, ("2017", "2018-05-31"), certain], Some(4)),
        (vec![certain; 5], Some(6)),
    ] {
        let found = data(&with_pairings(&dates).api.answer_now(&Request::new(&query)));
        let expected: Vec<_> = expected.map(|count| ("county:530623", count)).into_iter().collect();
        let told: Vec<_> = nodes(&found, "counties")
            .iter()
            .map(|node| (node["id"].as_str().unwrap(), node["pairings"]["totalCount"].as_u64().unwrap()))
            .collect();
        assert_eq!(told, expected, "{dates:?}");
        assert_eq!(found["counties"]["totalCount"], expected.len());
    }
}

/// Groups page by page, each as its keys and its count.
fn paged(connection: &str, arguments: &str, size: usize) -> Vec<(Vec<Option<String>>, u64)> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let found = ask(&format!(
            "{{ {connection} {{ aggregate({arguments} first: {size} {after}) {{
                totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ count keys {{ value }} }}
            }} }} }}"
        ));
        let page = &found.as_object().unwrap().values().next().unwrap()["aggregate"];
        for group in page["nodes"].as_array().unwrap() {
            let keys = group["keys"].as_array().unwrap().iter();
            let keys = keys.map(|key| key["value"].as_str().map(ToOwned::to_owned)).collect();
            all.push((keys, group["count"].as_u64().unwrap()));
        }
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], all.len());
            return all;
        }
        after = format!("after: {}", page["pageInfo"]["endCursor"]);
    }
}

#[test]
fn pairings_by_the_province_of_their_helpers() {
    let found = ask("{ pairings(first: 1000) { nodes { helpers { ... on Region { province { name } } } } } }");
    let mut groups: BTreeMap<Option<String>, u64> = BTreeMap::new();
    for pairing in nodes(&found, "pairings") {
        let helpers = pairing["helpers"].as_array().unwrap().iter();
        let mut of: Vec<_> = helpers.filter_map(|helper| helper["province"]["name"].as_str()).collect();
        of.sort_unstable();
        of.dedup();
        let each = of.iter().map(|name| Some((*name).to_owned()));
        each.chain(of.is_empty().then_some(None)).for_each(|key| *groups.entry(key).or_default() += 1);
    }
    let mut expected: Vec<_> = groups.into_iter().filter(|(_, count)| *count >= 5).collect();
    expected.sort_by(|(left, of_left), (right, of_right)| {
        of_right.cmp(of_left).then((left.is_none(), left).cmp(&(right.is_none(), right)))
    });
    assert!(expected.len() > 8, "{expected:?}");
    let expected: Vec<_> = expected.into_iter().map(|(key, count)| (vec![key], count)).collect();
    let arguments = "groupBy: [{ helpers: { onRegion: { province: { name: VALUE } } } }]
        having: { count: { gte: 5 } } orderBy: [{ count: DESC }, { keys: ASC }]";
    for size in [1, 3, 1000] {
        assert_eq!(paged("pairings(first: 0)", arguments, size), expected, "{size}");
    }
}

#[test]
fn figures_by_their_indicator_and_the_year_in_which_their_period_ends() {
    let found = ask("{ observations(first: 1000) { nodes { indicator { name } period { end } } } }");
    let mut groups: BTreeMap<[Option<String>; 2], u64> = BTreeMap::new();
    for figure in nodes(&found, "observations") {
        let indicator = figure["indicator"]["name"].as_str().map(ToOwned::to_owned);
        let year = figure["period"]["end"].as_str().map(|day| day[..4].to_owned());
        *groups.entry([indicator, year]).or_default() += 1;
    }
    let mut expected: Vec<_> =
        groups.into_iter().filter(|(_, count)| *count >= 2).map(|(keys, count)| (keys.to_vec(), count)).collect();
    let standing = |keys: &[Option<String>]| keys.iter().map(|key| (key.is_none(), key.clone())).collect::<Vec<_>>();
    expected.sort_by_key(|(keys, count)| (*count, standing(keys)));
    assert!(expected.len() >= 3, "{expected:?}");
    let arguments = "groupBy: [{ indicator: { name: VALUE } }, { period: { end: YEAR } }]
        having: { count: { gte: 2 } } orderBy: [{ count: ASC }, { keys: ASC }]";
    for size in [1, 2, 1000] {
        assert_eq!(paged("observations(first: 0)", arguments, size), expected, "{size}");
    }
}
