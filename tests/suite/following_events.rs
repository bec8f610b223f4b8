//! Server-sent events, as graphql-sse has them with a connection for each operation.

use serde_json::json;

use crate::following_live::Live;

const FOLLOW: &str = "subscription($after: Int) { changes(after: $after) { revision changes { id } } }";

#[test]
fn what_is_committed_comes_as_events_and_is_resumed() {
    let live = Live::start(&["keepalive-ms=200"]);
    let (mut events, head) = live.events("text/event-stream", &json!({ "query": FOLLOW }));
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-type: text/event-stream") && !head.contains("content-encoding"), "{head}");
    assert!(events.comment().starts_with(':'));
    let first = live.name("a", "甲");
    let told =
        |revision| json!({ "data": { "changes": { "revision": revision, "changes": [{ "id": "enterprise:a" }] } } });
    assert_eq!(events.answer(), told(first));
    live.name("a", "乙");
    live.name("a", "丙");
    assert_eq!(events.answer(), told(first + 1));
    assert_eq!(events.answer(), told(first + 2));
    let target =
        format!("/graphql?query=subscription%7Bchanges%28after%3A{first}%29%7Brevision%20changes%7Bid%7D%7D%7D");
    let (mut resumed, _) = live.events_by_get(&target);
    assert_eq!(resumed.answer(), told(first + 1));
    assert_eq!(resumed.answer(), told(first + 2));
}

#[test]
fn whatever_is_wrong_with_an_operation_comes_as_an_event() {
    let live = Live::start(&[]);
    for (body, code) in [
        (json!({ "query": "{" }), "SYNTAX_ERROR"),
        (json!({ "query": "subscription { nonsense }" }), "VALIDATION_FAILED"),
        (json!({ "query": FOLLOW, "variables": { "after": 1_000_000 } }), "NOT_KEPT"),
        (json!({ "documentId": "nonsense" }), "DOCUMENT_NOT_FOUND"),
    ] {
        let (mut events, head) = live.events("text/event-stream", &body);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let answer = events.answer();
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
        assert!(answer.get("data").is_none());
        assert_eq!(events.next(), Some(("complete".to_owned(), String::new())));
    }
    let (mut events, _) = live.events("text/event-stream", &json!({ "query": "{ __typename }" }));
    assert_eq!(events.answer(), json!({ "data": { "__typename": "Query" } }));
    assert_eq!(events.next(), Some(("complete".to_owned(), String::new())));
    // What is no request is refused as by any other client.
    let (_, head) = live.events("text/event-stream", &json!([]));
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
}

#[test]
fn a_subscription_that_one_answer_is_asked_of_is_told_what_to_ask() {
    let live = Live::start(&[]);
    for (accept, kind) in [
        ("application/json", "application/json"),
        ("application/graphql-response+json", "application/graphql-response+json"),
    ] {
        let (_, head) = live.events(accept, &json!({ "query": FOLLOW }));
        assert!(head.starts_with("HTTP/1.1 406") && head.contains(kind), "{head}");
    }
    // A client that takes both gets each as it has to be.
    let both = "application/graphql-response+json, application/json, text/event-stream";
    let (_, head) = live.events(both, &json!({ "query": FOLLOW }));
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    let (_, head) = live.events(both, &json!({ "query": "{ __typename }" }));
    assert!(head.contains("content-type: application/json"), "{head}");
}

#[test]
fn a_server_that_stops_says_where_to_go_on() {
    let mut live = Live::start(&[]);
    let revision = live.name("a", "甲");
    let after = json!({ "after": revision - 1 });
    let (mut events, _) = live.events("text/event-stream", &json!({ "query": FOLLOW, "variables": after }));
    assert_eq!(events.answer()["data"]["changes"]["revision"], revision);
    live.stop();
    let answer = events.answer();
    assert_eq!(answer["errors"][0]["extensions"], json!({ "code": "RESUME", "after": revision }));
    events.complete();
    live.stopped();
}
