//! Where async-graphql departs from the specification (September 2025): each departure, with the specified answer, which the
//! plan gives. When a release of async-graphql gives it too, the second half of its test fails, and the entry can go.

use std::sync::Arc;

use jiedui::api::request::{Answer, Request};
use jiedui::api::{Api, Executor};
use serde_json::{Value, json};

use crate::support::{loaded, open};

/// A request, and the specified answer.
struct Departure {
    what: &'static str,
    query: &'static str,
    specified: Value,
}

fn departures() -> Vec<Departure> {
    vec![
        Departure {
            what: "a character beyond the basic plane can be written \\u{…}",
            query: "{ region(code: \"\\u{34}42000\") { name } }",
            specified: json!({ "region": { "name": "中山市" } }),
        },
        Departure {
            what: "and as a pair of surrogates",
            query: "{ cities(first: 1, filter: { name: { eq: \"\\uD83D\\uDE00\" } }) { totalCount } }",
            specified: json!({ "cities": { "totalCount": 0 } }),
        },
        Departure {
            what: "an operation can have a description",
            query: "\"What it is for.\" query Described { __typename }",
            specified: json!({ "__typename": "Query" }),
        },
        Departure {
            what: "an interface can implement interfaces, and says so",
            query: "{ __type(name: \"Region\") { interfaces { name } } }",
            specified: json!({ "__type": { "interfaces": [{ "name": "Node" }, { "name": "Named" }, { "name": "Party" }] } }),
        },
    ]
}

fn data(answer: &Answer) -> Value {
    answer.data.as_ref().map_or(Value::Null, |data| serde_json::from_slice(data).unwrap())
}

#[test]
fn the_plan_gives_the_specified_answer_where_async_graphql_does_not() {
    let held = loaded(Executor::Plan);
    let path = held.folder.path().join("jiedui.redb");
    let plan: Vec<_> = departures().iter().map(|it| held.api.answer_now(&Request::new(it.query))).collect();
    drop(held.api);
    let other = Api::new(Arc::new(open(&path)), Executor::AsyncGraphql, Default::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (departure, answer) in departures().iter().zip(plan) {
        assert!(answer.errors.is_empty(), "{}: {:?}", departure.what, answer.errors);
        assert_eq!(data(&answer), departure.specified, "{}", departure.what);
        let departed = runtime.block_on(other.answer(&Request::new(departure.query)));
        assert_ne!(data(&departed), departure.specified, "async-graphql departs no more: {}", departure.what);
    }
}
