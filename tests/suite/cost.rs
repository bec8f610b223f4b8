//! What an answer may cost is reckoned before anything is read: never less than what is read, and a refusal says what to
//! narrow.

use std::sync::Arc;

use jiedui::api::error::Code;
use jiedui::api::request::{Answer, Request};
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::exchange::builtin;
use jiedui::query::types;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{TIME_MS, ask, data, open, shared};

/// What a question was reckoned to read, and what it read.
fn reckoned_and_read(query: &str) -> (u64, u64) {
    let Value::Object(extensions) = json!({ "plan": true }) else { panic!("an object") };
    let answer = shared().answer_now(&Request { extensions, ..Request::new(query) });
    data(&answer);
    let plan = &answer.extensions["plan"];
    (plan["cost"].as_u64().unwrap(), plan["read"].as_u64().unwrap())
}

#[test]
fn what_is_read_is_reckoned() {
    let mut wrong = Vec::new();
    for query in [
        "{ provinces(first: 100) { nodes { descendants(level: VILLAGE, first: 1) { totalCount } } } }",
        "{ provinces(first: 100) { nodes { descendants(level: COUNTY, first: 1) { nodes { id } } } } }",
        "{ cities(filter: { children: { count: { gt: 3 } } }) { totalCount } }",
        "{ indicators(filter: { figures: { count: { gt: 3, filter: { value: { gt: \"1000\" } } } } }) { totalCount } }",
        "{ cities(orderBy: [{ pairings: { count: DESC } }], first: 1) { nodes { id } } }",
        "{ cities(filter: { parent: { name: { contains: \"山\" } } }, first: 1) { totalCount } }",
        "{ provinces(filter: { children: { some: { name: { contains: \"山\" } } } }, first: 1) { totalCount } }",
        "{ sources(first: 1000) { nodes { supports(first: 0) { totalCount } } } }",
        "{ sources(first: 1000) { nodes { supports(first: 1000) { nodes { id } totalCount } } } }",
        "{ provinces(first: 1000) { nodes { children(first: 1000) { nodes { children(first: 1000) { nodes { id } } } } } } }",
        "{ provinces(first: 1000) { nodes { descendants(level: COUNTY, first: 1000) { nodes { id } } } } }",
        "{ pairings(filter: { since: { gte: \"1990\" } }, first: 1) { totalCount } }",
        "{ cities(filter: { name: { contains: \"市\" } }, first: 1) { totalCount } }",
        "{ cities(filter: { nameEn: { contains: \"zz\" } }, first: 5) { totalCount nodes { id } } }",
        "{ counties(filter: { parent: { parent: { name: { contains: \"省\" } } } }, first: 1) { totalCount } }",
        "{ counties(filter: { not: { province: { name: { contains: \"省\" } } } }, first: 1) { totalCount } }",
        "{ counties(orderBy: [{ province: { name: ASC } }, { parent: { name: DESC } }], first: 5) { nodes { id } } }",
        "{ counties(first: 1) { aggregate(groupBy: [{ province: { name: VALUE } }, { city: { name: VALUE } }]) { totalCount } } }",
        "{ cities(first: 0) { a: aggregate(groupBy: [{ parent: { name: VALUE } }]) { totalCount } b: aggregate { nodes { count } } } }",
        "{ pairings(filter: { programme: { name: { contains: \"西\" } } }, first: 1) { totalCount } }",
        "{ pairings(filter: { helped: { some: { name: { contains: \"县\" } } } }, first: 1) { totalCount } }",
        "{ programmes(filter: { allFigures: { count: { gt: 0 } } }) { totalCount } }",
        "{ programmes(first: 1000) { nodes { allFigures(first: 0) { totalCount } } } }",
        "{ search(text: \"中\") { size } }",
        "{ search(text: \"村民委员会\") { size } }",
        "{ resolve(names: [\"云南昭通盐津\", \"红河州\", \"吉林\"]) { confidence } }",
        "{ path(from: \"city:442000\", to: \"city:450300\", depth: 12, along: [HIERARCHY, PAIRING]) { length } }",
        "{ neighborhood(of: \"city:442000\", depth: 12, along: [HIERARCHY, PAIRING, PLACE]) { size } }",
        "{ coverage(within: \"province:530000\", level: VILLAGE, asOf: \"2020-01-01\") { total } }",
        "{ coverage(within: \"province:440000\", level: CITY, asOf: \"2020-01-01\") { total } }",
        "{ withdrawal(of: \"city:442000\", asOf: \"2018-01-01\") { helped } }",
    ] {
        let (reckoned, read) = reckoned_and_read(query);
        if reckoned < read {
            wrong.push(format!("{reckoned} were reckoned, and {read} read: {query}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_is_reckoned_to_hold_no_more_than_there_are() {
    let cost = |query: &str| reckoned_and_read(query).0;
    let nested = "{ provinces(first: 1000) { nodes { children(first: 1000) { nodes { children(first: 1000) { nodes { id } } } } } } }";
    assert!(cost(nested) < 100_000_000 / 8, "{}", cost(nested));
    let provinces = cost("{ provinces(first: 0) { nodes { id } totalCount } }");
    assert!(cost("{ provinces(first: 1000) { nodes { id } } }") <= provinces + 31);
}

/// Every chain of connections of records that lead on, so many deep, each page as large as it can be.
fn chains(of: &str, depth: usize) -> Vec<String> {
    if depth == 0 {
        return vec!["id".to_owned()];
    }
    let fields = types().find(of).unwrap().fields().iter();
    let connections = fields.filter(|field| field.ty.name().ends_with("Connection"));
    let chosen = connections.filter(|field| {
        // A page of several thousand figures is as good as one of a hundred thousand.
        !["descendants", "supports"].contains(&field.name.as_str()) && (depth == 1 || field.name != "observations")
    });
    let each = chosen.flat_map(|field| {
        let to = types().find(field.ty.name()).unwrap().field("nodes").unwrap().ty.name();
        let on_all = ["... on Region", "... on Party"].into_iter().find(|on| to == "Node" || on.ends_with(to));
        let to = on_all.map_or(to, |on| &on[7..]);
        let inner = chains(to, depth - 1).into_iter().map(move |inner| {
            let inner = if inner == "id" { inner } else { format!("... on {to} {{ {inner} }}") };
            format!("{}(first: 1000) {{ nodes {{ id {inner} }} }}", field.name)
        });
        inner.collect::<Vec<_>>()
    });
    let mut all: Vec<_> = each.collect();
    if all.is_empty() {
        all.push("id".to_owned());
    }
    all
}

#[test]
fn nested_pages_never_read_more_than_is_reckoned_for_all_of_them_together() {
    let mut asked = 0;
    for root in ["provinces", "cities", "programmes"] {
        let of = ["Province", "City", "Programme"]
            [["provinces", "cities", "programmes"].iter().position(|it| *it == root).unwrap()];
        for chain in chains(of, 2) {
            let query = format!("{{ {root}(first: 1000) {{ nodes {{ id {chain} }} }} }}");
            let Value::Object(extensions) = json!({ "plan": true }) else { panic!("an object") };
            let answer = shared().answer_now(&Request { extensions, ..Request::new(&query) });
            // What is refused beforehand reads nothing.
            if answer.data.is_none() {
                continue;
            }
            let plan = &answer.extensions["plan"];
            let (reckoned, read) = (plan["cost"].as_u64().unwrap(), plan["read"].as_u64().unwrap());
            assert!(reckoned >= read, "{reckoned} were reckoned, and {read} read: {query}");
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked}");
}

#[test]
fn nested_pages_are_reckoned_to_hold_no_more_than_there_are_for_all_of_them_together() {
    let cost = |query: &str| reckoned_and_read(query).0;
    let regions: u64 = ["provinces", "cities", "counties", "towns", "villages"]
        .iter()
        .map(|kind| ask(&format!("{{ {kind}(first: 0) {{ totalCount }} }}"))[kind]["totalCount"].as_u64().unwrap())
        .sum();
    let page = |inner: &str| format!("children(first: 1000) {{ nodes {{ id {inner} }} }}");
    let deep = (0..8).fold(String::new(), |inner, _| page(&inner));
    // Of each level its regions, and their pages.
    let eight = cost(&format!("{{ provinces(first: 1000) {{ nodes {{ {deep} }} }} }}"));
    assert!(eight <= 8 * 2 * regions + 100, "{eight} of {regions}");
    // The same whatever is asked of each kind, with edges, aliases and fragments.
    let fragments = "{ provinces(first: 1000) { edges { node { ...A } } } }
        fragment A on Region { a: children(first: 1000) { edges { node { ...B } } } }
        fragment B on Region { ... on City { ...C } ... on County { ...C } }
        fragment C on Region { children(first: 1000) { nodes { children(first: 1000) { nodes { name } } } } }";
    assert!(cost(fragments) <= 3 * 4 * regions + 1_000, "{}", cost(fragments));
    let below = "{ provinces(first: 1000) { nodes { descendants(level: CITY, first: 1000) { nodes {
        descendants(level: VILLAGE, first: 1000) { nodes { id } }
    } } } } }";
    assert!(cost(below) <= 13 * regions, "{}", cost(below));
    // What several lead to is reckoned for each of them.
    let shared = "{ pairings(first: 1000) { nodes { helped { ... on Region { children(first: 1000) { nodes {
        children(first: 1000) { nodes { id } } } } } } } } }";
    let pairings = ask("{ pairings(first: 0) { totalCount } }")["pairings"]["totalCount"].as_u64().unwrap();
    assert!(cost(shared) > pairings * regions, "{}", cost(shared));
}

#[test]
fn many_ways_to_one_fragment_are_reckoned_in_no_time() {
    let limits = Limits::default();
    let spread = |name: usize| {
        format!("a: children(first: 2) {{ nodes {{ ...F{name} }} }} b: children(first: 3) {{ nodes {{ ...F{name} }} }}")
    };
    let fragments: Vec<_> = (0..13).map(|at| format!("fragment F{at} on Region {{ {} }}", spread(at + 1))).collect();
    let query = format!(
        "{{ provinces(first: 1) {{ nodes {{ ...F0 }} }} }} {} fragment F13 on Region {{ id }}",
        fragments.join(" ")
    );
    assert!(query.len() < limits.document_bytes);
    let begun = std::time::Instant::now();
    let Answer { errors, .. } = shared().answer_now(&Request::new(&query));
    assert!(errors.iter().all(|error| error.code == Code::LimitExceeded), "{errors:?}");
    assert!(begun.elapsed().as_millis() < 2_000, "{:?}", begun.elapsed());
}

#[test]
fn what_reads_little_is_reckoned_to_read_little() {
    for (query, most) in [
        ("{ region(code: \"442000\") { name } }", 5),
        ("{ cities(first: 10) { nodes { id } } }", 25),
        ("{ cities(first: 10, filter: { name: { eq: \"中山市\" } }) { nodes { id } } }", 400),
        ("{ resolve(names: [\"中山\"]) { confidence } }", 2_600),
    ] {
        let (reckoned, _) = reckoned_and_read(query);
        assert!(reckoned <= most, "{reckoned}: {query}");
    }
    // More names may read more; a level higher up, less.
    let cost = |query: &str| reckoned_and_read(query).0;
    assert!(
        cost("{ resolve(names: [\"中山\", \"昭通\"]) { confidence } }")
            > cost("{ resolve(names: [\"中山\"]) { confidence } }")
    );
    let descendants =
        |level| cost(&format!("{{ region(code: \"440000\") {{ descendants(level: {level}) {{ totalCount }} }} }}"));
    assert!(descendants("CITY") < descendants("VILLAGE"));
}

/// The built-in data behind a bound on the cost.
fn bounded(cost: usize) -> (TempDir, Api) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jiedui.redb"));
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    (folder, Api::new(Arc::new(store), Executor::Plan, Limits { cost, ..Limits::default() }))
}

#[test]
fn a_refusal_names_what_to_narrow() {
    let (_folder, api) = bounded(300);
    for (query, named) in [
        ("{ region(code: \"442000\") { name } hits: search(text: \"中\") { size } }", "hits"),
        ("{ resolve(names: [\"中山\"]) { confidence } }", "resolve"),
        ("{ path(from: \"city:442000\", to: \"city:450300\") { length } }", "path"),
        ("{ neighborhood(of: \"city:442000\") { size } }", "neighborhood"),
        ("{ coverage(within: \"province:530000\", level: VILLAGE) { total } }", "coverage"),
        ("{ withdrawal(of: \"city:442000\") { helped } }", "withdrawal"),
        ("{ provinces(first: 40) { nodes { descendants(level: VILLAGE) { totalCount } } } }", "provinces"),
        (
            "{ region(code: \"442000\") { name } cities(filter: { children: { count: { gt: 3 } } }) { totalCount } }",
            "cities",
        ),
    ] {
        let Answer { errors, .. } = api.answer_now(&Request::new(query));
        let told: Vec<_> = errors.iter().map(|error| (error.code, error.message.as_str())).collect();
        let expected = format!("at most 300 are read; narrow `{named}` ");
        assert!(
            matches!(&told[..], [(Code::LimitExceeded, message)] if message.contains(&expected)),
            "{query}: {told:?}"
        );
    }
    assert!(ask("{ region(code: \"442000\") { name } }")["region"]["name"].is_string());
}

/// What a refusal tells programs.
fn refusal(api: &Api, query: &str, executor: &str) -> Value {
    let Answer { data, errors, .. } = match executor {
        "now" => api.answer_now(&Request::new(query)),
        _ => tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(api.answer(&Request::new(query))),
    };
    let [error] = errors.as_slice() else { panic!("{query}: {errors:?}") };
    assert_eq!((error.code, data), (Code::LimitExceeded, None), "{query}");
    error.to_json()
}

#[test]
fn a_refusal_tells_the_cost_the_limit_and_the_argument_to_narrow() {
    let (_folder, api) = bounded(300);
    for (query, field, argument) in [
        ("{ sources(first: 0) { totalCount } cities(first: 1000) { nodes { id } } }", "cities", "first"),
        ("{ c: cities(last: 1000) { nodes { id } } }", "c", "last"),
        ("{ cities(filter: { parent: { name: { contains: \"山\" } } }) { totalCount } }", "cities", "filter"),
        (
            "{ cities(filter: { or: [{ name: { contains: \"山\" } }, { children: { count: { gt: 3 } } }] }) { totalCount } }",
            "cities",
            "filter.children",
        ),
        ("{ cities(filter: { name: { contains: \"山\" } }, first: 1) { totalCount } }", "cities", "filter"),
        (
            "{ cities(orderBy: [{ name: ASC }, { pairings: { count: ASC } }], first: 1) { nodes { id } } }",
            "cities",
            "orderBy.pairings",
        ),
        ("{ resolve(names: [\"中山\"]) { confidence } }", "resolve", "names"),
        ("{ neighborhood(of: \"city:442000\") { size } }", "neighborhood", "depth"),
    ] {
        let told = refusal(&api, query, "now");
        let details = &told["extensions"];
        assert_eq!(details["narrow"], json!({ "field": field, "argument": argument }), "{query}: {told}");
        assert_eq!((&details["bound"], &details["limit"]), (&json!("cost"), &json!(300)), "{query}");
        let cost = details["cost"].as_u64().unwrap();
        let message = format!(
            "the answer may read {cost} records; at most 300 are read; narrow `{field}` by its argument `{argument}`"
        );
        assert!(cost > 300 && told["message"] == message, "{told}");
    }
}

#[test]
fn a_refusal_at_the_bound_of_reads_tells_the_same_and_how_near_an_answer_came_is_in_its_plan() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&folder.path().join("jiedui.redb")));
    builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
    let limits = Limits { reads: 200, ..Limits::default() };
    let api = Api::new(store.clone(), Executor::Plan, limits.clone());
    let other = Api::new(store, Executor::AsyncGraphql, limits);
    for (query, field, argument) in [
        // It is met in the second, and the first reads the most.
        ("{ a: cities(first: 190) { nodes { id } } sources(first: 20) { nodes { id } } }", "a", "first"),
        (
            "{ cities(filter: { children: { count: { gt: 30 } } }, first: 1) { nodes { id } } }",
            "cities",
            "filter.children",
        ),
        (
            "{ provinces(first: 30) { nodes { id children(first: 30) { nodes { id } } } } }",
            "provinces.nodes.children",
            "first",
        ),
        ("{ pairings(filter: { not: { form: { eq: COOPERATION } } }, first: 0) { totalCount } }", "pairings", "filter"),
    ] {
        let told = refusal(&api, query, "now");
        let details = &told["extensions"];
        assert_eq!(details["narrow"], json!({ "field": field, "argument": argument }), "{query}: {told}");
        assert_eq!((&details["bound"], &details["limit"]), (&json!("reads"), &json!(200)), "{query}");
        let cost = details["cost"].as_u64().unwrap();
        let end = format!("; it may read {cost} in all, the most of them for `{argument}` of `{field}`");
        let message = told["message"].as_str().unwrap();
        assert!(cost > 200 && message.starts_with("the answer reads more than 200 records; narrow `"), "{told}");
        assert!(message.ends_with(&end), "{told}");
        // On a server it may have run for a turn before, and the other executor tells the same.
        assert_eq!(refusal(&api, query, "served"), told);
        assert_eq!(refusal(&other, query, "served"), told);
    }
    let planned = |query: &str| {
        let Value::Object(extensions) = json!({ "plan": true, "receipt": true }) else { panic!("an object") };
        api.answer_now(&Request { extensions, ..Request::new(query) })
    };
    let near = planned("{ cities(first: 190) { nodes { id } } }");
    assert!(near.data.is_some());
    let plan = &near.extensions["plan"];
    assert!(plan["readLimit"] == 200 && plan["read"].as_u64().is_some_and(|read| (190..200).contains(&read)), "{plan}");
    // What was refused has a plan too, which tells what was read before, and no receipt.
    let beyond = planned("{ sources(first: 50) { nodes { id } } cities(first: 190) { nodes { id } } }");
    assert!(beyond.data.is_none() && !beyond.extensions.contains_key("receipt"));
    let plan = &beyond.extensions["plan"];
    assert_eq!((&plan["connections"][0]["path"], &plan["readLimit"]), (&json!("sources"), &json!(200)), "{plan}");
    assert!(plan["read"].as_u64().is_some_and(|read| read > 200), "{plan}");
}
