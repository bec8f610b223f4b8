//! The gate: what it refuses, with which code, and in time that is linear in the document.

use jiedui::api::error::Code;
use jiedui::api::request::{Answer, Request};
use serde_json::{Value, json};

use crate::mutations::{change, keeper};
use crate::support::shared;

fn ask(query: &str, variables: Value) -> Answer {
    let Value::Object(variables) = variables else { panic!("variables are an object") };
    shared().answer_now(&Request { variables, ..Request::new(query) })
}

/// Expects a request to be refused: a code, no data, and a message that names what is wrong.
#[track_caller]
fn refused(query: &str, variables: Value, code: Code, why: &str) {
    let answer = ask(query, variables);
    assert!(answer.data.is_none(), "{query}");
    let error = &answer.errors[0];
    assert_eq!(error.code, code, "{query}: {}", error.message);
    assert!(error.message.contains(why), "{query}: {}", error.message);
    assert!(!String::from_utf8(answer.to_json()).unwrap().contains("\"data\""));
}

#[test]
fn what_is_no_graphql_or_does_not_fit_the_schema_is_refused() {
    for query in ["", "{", "{ cities(first: 1 { totalCount } }", "query { \"", "nonsense", "{ cities }}"] {
        refused(query, json!({}), Code::SyntaxError, "");
    }
    for query in [
        "{ nonsense }",
        "{ cities }",
        "{ cities { nonsense } }",
        "{ cities(frist: 1) { totalCount } }",
        "{ cities(filter: { level: { eq: \"CITY\" } }) { totalCount } }",
        "{ cities(filter: { level: { eq: NOWHERE } }) { totalCount } }",
        "{ cities(first: 3000000000) { totalCount } }",
        "{ cities(first: \"1\") { totalCount } }",
        "{ node { id } }",
        "{ node(id: null) { id } }",
        "{ ...A } fragment A on Query { ...A }",
        "{ a: cities { totalCount } a: towns { totalCount } }",
        "query($x: Int!) { cities(first: $y) { totalCount } }",
        "query($x: String) { cities(first: $x) { totalCount } }",
        "{ region(code: \"1\") { ... on Pairing { id } } }",
        "{ observations(filter: { value: { gt: \"1.2.3\" } }) { totalCount } }",
        "{ region(code: \"442000\") { pairings(asOf: \"2022\") { totalCount } } }",
        "{ region(code: \"442000\") @skip(if: true) { pairings(asOf: \"2022\") { totalCount } } }",
        "query($d: Date! = \"x\") { region(code: \"442000\") { pairings(asOf: $d) { totalCount } } }",
        "mutation { x }",
    ] {
        refused(query, json!({}), Code::ValidationFailed, "");
    }
}

#[test]
fn an_answer_of_nothing_but_errors_is_given_up() {
    let fields: String = (0..400).map(|at| format!("a{at}: pairings(after: \"zz\") {{ totalCount }} ")).collect();
    refused(
        &format!("{{ cities(first: 100) {{ nodes {{ {fields} }} }} }}"),
        json!({}),
        Code::LimitExceeded,
        "more than 100 fields fail",
    );
    let unknown: String = (0..900).map(|at| format!("x{at} ")).collect();
    assert_eq!(ask(&format!("{{ {unknown} }}"), json!({})).errors.len(), 100);
}

#[test]
fn a_wrong_name_is_told_the_nearest() {
    for (query, nearest) in [
        ("{ citys { totalCount } }", "did you mean `cities`?"),
        ("{ cities(frist: 1) { totalCount } }", "did you mean `first`?"),
        ("{ region(code: \"1\") { descendants(level: TOWNS) { totalCount } } }", "did you mean `TOWN`?"),
        ("{ cities(filter: { naem: { eq: \"x\" } }) { totalCount } }", "did you mean `name`?"),
        ("{ region(code: \"1\") { ... on City { parrent { id } } } }", "did you mean `parent`?"),
        ("mutation { upsertProdukt(input: { id: \"product:x\" }) { revision } }", "did you mean `upsertProduct`?"),
        ("mutation { upsertProduct(input: { id: \"product:x\" }) { revison } }", "did you mean `revision`?"),
        ("mutation { upsertProduct(input: { id: \"product:x\", nmae: \"x\" }) { revision } }", "did you mean `name`?"),
        ("subscription { changes { revison } }", "did you mean `revision`?"),
    ] {
        refused(query, json!({}), Code::ValidationFailed, nearest);
    }
    let far = ask("{ zzzzzzzz }", json!({}));
    assert!(!far.errors[0].message.contains("did you mean"));
}

#[test]
fn variables_that_do_not_fit_are_refused() {
    let query = "query($day: Date, $first: Int!, $level: Level) {
        region(code: \"442000\") { pairings(asOf: $day, first: $first) { totalCount } descendants(level: $level) { totalCount } }
    }";
    refused(query, json!({ "first": 1 }), Code::ValidationFailed, "");
    let query = "query($day: Date, $first: Int!) { region(code: \"442000\") { pairings(asOf: $day, first: $first) { totalCount } } }";
    refused(query, json!({}), Code::BadVariables, "first");
    refused(query, json!({ "first": null }), Code::BadVariables, "first");
    refused(query, json!({ "first": "1" }), Code::BadVariables, "Int");
    refused(query, json!({ "first": 3_000_000_000u64 }), Code::BadVariables, "Int");
    refused(query, json!({ "first": 1, "day": "2022" }), Code::BadVariables, "expected a day such as 2020-09-07");
    refused(query, json!({ "first": 1, "day": 7 }), Code::BadVariables, "expected Date, found 7");
    assert!(ask(query, json!({ "first": 1, "day": null })).errors.is_empty());
    let query = "query($filter: CityFilter) { cities(filter: $filter) { totalCount } }";
    refused(query, json!({ "filter": { "nonsense": 1 } }), Code::BadVariables, "nonsense");
    refused(query, json!({ "filter": { "level": { "eq": "NOWHERE" } } }), Code::BadVariables, "NOWHERE");
    // One value stands for a list of it.
    let one = ask(query, json!({ "filter": { "level": { "in": "CITY" } } }));
    assert_eq!(String::from_utf8(one.data.unwrap()).unwrap(), "{\"cities\":{\"totalCount\":333}}");
}

#[test]
fn the_operation_is_chosen_by_its_name() {
    let query = "query A { cities { totalCount } } query B { towns { totalCount } }";
    refused(query, json!({}), Code::OperationNotFound, "A, B");
    let named = |name: &str| Request { operation_name: Some(name.to_owned()), ..Request::new(query) };
    assert!(shared().answer_now(&named("B")).errors.is_empty());
    assert_eq!(shared().answer_now(&named("C")).errors[0].code, Code::OperationNotFound);
}

#[test]
fn documents_made_to_hurt_are_refused_or_answered_at_once() {
    let bomb = |depth: usize| {
        let fragments = (0..depth).map(|at| format!("fragment F{at} on Query {{ ...F{} ...F{} }}", at + 1, at + 1));
        format!("{{ ...F0 }} {} fragment F{depth} on Query {{ __typename }}", fragments.collect::<Vec<_>>().join(" "))
    };
    let nested = |depth: usize| {
        let (open, close) = ("parent { ".repeat(depth), "} ".repeat(depth));
        format!("{{ region(code: \"442000\") {{ {open} id {close} }} }}")
    };
    // A chain whose every step selects the next one twice, under a field.
    let doubled = |depth: usize| {
        let step =
            |at| format!("fragment F{at} on Region {{ parent {{ ...F{} }} parent {{ ...F{} }} }}", at + 1, at + 1);
        let steps: Vec<_> = (0..depth).map(step).collect();
        format!("{{ region(code: \"442000\") {{ ...F0 }} }} {} fragment F{depth} on Region {{ id }}", steps.join(" "))
    };
    for query in [
        bomb(30),
        bomb(200),
        nested(30),
        nested(5_000),
        doubled(20),
        doubled(40),
        format!("{{ {} }}", "a: __typename ".repeat(3_000)),
        format!("{{ {} }}", (0..3_000).map(|at| format!("a{at}: __typename ")).collect::<String>()),
        format!("{{ __typename {} }}", "@include(if: true) ".repeat(2_000)),
        format!("{{ region(code: \"{}\") {{ id }} }}", "9".repeat(50_000)),
        format!("{{ cities(first: {}) {{ totalCount }} }}", "9".repeat(50_000)),
        "x".repeat(1 << 20),
        "{".repeat(60_000),
        format!("{{ cities(filter: {}{}) {{ totalCount }} }}", "{ not: ".repeat(2_000), "}".repeat(2_000)),
    ] {
        // What would take seconds takes the test past its limit; a benchmark says what it does take.
        let answer = shared().answer_now(&Request::new(&query));
        assert!(answer.data.is_some() != answer.errors.iter().any(|error| error.path.is_empty()), "{:.80}", query);
    }
}

#[test]
fn the_schema_answers_about_itself_beside_the_data() {
    let answer = ask(
        "{ cities(first: 1) { totalCount } __schema { queryType { name } } t: __type(name: \"Region\") { kind interfaces { name } possibleTypes { name } } __typename }",
        json!({}),
    );
    let got: Value = serde_json::from_slice(answer.data.as_ref().unwrap()).unwrap();
    let names = |list: &[&str]| list.iter().map(|name| json!({ "name": name })).collect::<Value>();
    assert_eq!(got["__schema"], json!({ "queryType": { "name": "Query" } }));
    assert_eq!(got["t"]["interfaces"], names(&["Node", "Named", "Party"]));
    assert_eq!(got["t"]["possibleTypes"], names(&["City", "County", "Province", "Town", "Village"]));
    assert_eq!((&got["__typename"], &got["cities"]["totalCount"]), (&json!("Query"), &json!(333)));
}

#[test]
fn all_that_is_wrong_with_an_input_is_told_at_once_by_its_path() {
    const BATCH: &str = "mutation($changes: [ChangeInput!]!) { applyChanges(changes: $changes) { revision } }";
    let faults = |query: &str, variables: Value| {
        let Value::Object(given) = variables.clone() else { panic!("variables are an object") };
        let errors = match shared().pass(&Request { variables: given, ..Request::new(query) }) {
            Err(errors) => errors,
            Ok(_) => change(shared(), query, variables, &keeper()).errors,
        };
        let error = errors[0].to_json();
        let told = error["extensions"]["faults"].as_array().unwrap_or_else(|| panic!("{error:#}")).clone();
        let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
        let told: Vec<_> =
            told.iter().map(|fault| format!("{}: {}", text(fault, "path"), text(fault, "problem"))).collect();
        (error["message"].as_str().unwrap().to_owned(), told)
    };
    let changes = json!([
        { "observation": { "id": "observation:f002", "value": "3,5", "period": { "start": "2020-13" }, "nature": "ACTAUL" } },
        { "pairing": { "id": "pairing:p001", "since": "20x", "sine": "2020" } },
        { "product": { "id": "product:x", "name": 5 } },
        { "product": { "id": "product:x" }, "city": { "id": "city:x" } },
    ]);
    let (message, told) = faults(BATCH, json!({ "changes": changes }));
    let expected = [
        "changes.0.observation.value: expected a decimal",
        "changes.0.observation.nature: expected Nature, found \"ACTAUL\"; did you mean `ACTUAL`?",
        "changes.0.observation.period.start: expected ",
        "changes.1.pairing.since: expected ",
        "changes.1.pairing.sine: PairingInput has no such field; did you mean `since`?",
        "changes.2.product.name: expected String, found 5",
        "changes.3: expected exactly one field of ChangeInput, and not null; found 2",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for expected in expected {
        assert!(told.iter().any(|told| told.starts_with(expected)), "{expected}\n{told:#?}");
    }
    assert!(message.contains("changes: [0]: observation: value: expected a decimal"), "{message}");
    assert!(message.contains("; changes: [2]: product: name: expected String, found 5"), "{message}");
    // So is what our own scalars find, where all else fits; and in literals.
    let scalars =
        json!([{ "observation": { "id": "observation:f002", "value": "3,5", "period": { "start": "2020-13" } } }]);
    assert_eq!(faults(BATCH, json!({ "changes": scalars })).1.len(), 2);
    let literals = "mutation { upsertObservation(input: { id: \"observation:f002\", value: \"3,5\", period: { start: \"2020-13\" } }) { revision } }";
    assert_eq!(faults(literals, json!({})).1.len(), 2);
}
