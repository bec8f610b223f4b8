//! graphql-transport-ws, message by message and close code by close code.

use jiedui::access::Reading;
use serde_json::{Value, json};
use tungstenite::Message;

use crate::following_live::Live;

const FOLLOW: &str =
    "subscription($after: Int) { changes(after: $after) { revision changes { node { ... on Enterprise { name } } } } }";

fn event(id: &str, revision: u64, name: &str) -> Value {
    let told = json!({ "revision": revision, "changes": [{ "node": { "name": name } }] });
    json!({ "id": id, "type": "next", "payload": { "data": { "changes": told } } })
}

#[test]
fn what_is_committed_is_told_to_each_subscription_and_resumed_behind_any_revision() {
    let live = Live::start(&[]);
    let mut socket = live.ready();
    socket.subscribe("1", FOLLOW, json!({ "after": 0 }));
    socket.subscribe("2", "{ region(code: \"442000\") { name } }", json!({}));
    let mut answered = Vec::new();
    while answered.len() < 2 {
        let message = socket.next();
        match message["id"].as_str().unwrap() {
            "2" => answered.push(message),
            _ => assert_eq!(
                (&message["type"], &message["payload"]["data"]["changes"]["revision"]),
                (&json!("next"), &json!(1))
            ),
        }
    }
    let data = json!({ "data": { "region": { "name": "中山市" } } });
    assert_eq!(answered[0], json!({ "id": "2", "type": "next", "payload": data }));
    assert_eq!(answered[1], json!({ "id": "2", "type": "complete" }));
    let first = live.name("a", "甲");
    let mut socket = live.ready();
    socket.subscribe("a", FOLLOW, json!({ "after": first - 1 }));
    assert_eq!(socket.next(), event("a", first, "甲"));
    let second = live.name("a", "乙");
    assert_eq!(socket.next(), event("a", second, "乙"));
    // Completed by the client: nothing more comes of it, and its id is free again.
    socket.send(json!({ "id": "a", "type": "complete" }));
    socket.subscribe("a", FOLLOW, json!({ "after": first }));
    assert_eq!(socket.next(), event("a", second, "乙"));
    let third = live.name("a", "丙");
    assert_eq!(socket.next(), event("a", third, "丙"));
}

#[test]
fn what_is_wrong_with_an_operation_ends_it_and_not_the_connection() {
    let live = Live::start(&["operations=2"]);
    let mut socket = live.ready();
    for (query, variables, code) in [
        ("{", json!({}), "SYNTAX_ERROR"),
        ("subscription { nonsense }", json!({}), "VALIDATION_FAILED"),
        (FOLLOW, json!({ "after": "x" }), "BAD_VARIABLES"),
        (FOLLOW, json!({ "after": 1_000_000 }), "NOT_KEPT"),
        ("subscription { changes(of: []) { revision } }", json!({}), "BAD_USER_INPUT"),
    ] {
        socket.subscribe("x", query, variables);
        let message = socket.next();
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("x")), "{message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], code, "{message}");
    }
    // A mutation goes the same way as by HTTP: closed to those without a token.
    let delete = "mutation { delete(id: \"city:442000\") { revision } }";
    socket.subscribe("x", delete, json!({}));
    let message = socket.next();
    assert_eq!(
        (&message["type"], &message["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("FORBIDDEN"))
    );
    for id in ["1", "2", "3"] {
        socket.subscribe(id, FOLLOW, json!({}));
    }
    let message = socket.next();
    assert_eq!((&message["id"], &message["payload"][0]["extensions"]["code"]), (&json!("3"), &json!("LIMIT_EXCEEDED")));
}

#[test]
fn pings_are_answered_and_a_client_without_a_sign_of_life_is_closed() {
    let live = Live::start(&["keepalive-ms=200", "stall-ms=600"]);
    let mut socket = live.ready();
    socket.send(json!({ "type": "ping" }));
    assert_eq!(socket.next(), json!({ "type": "pong" }));
    socket.send(json!({ "type": "ping", "payload": { "n": 1 } }));
    assert_eq!(socket.next(), json!({ "type": "pong", "payload": { "n": 1 } }));
    for _ in 0..6 {
        assert_eq!(socket.next(), json!({ "type": "ping" }));
        socket.send(json!({ "type": "pong" }));
    }
    assert_eq!(socket.closed().0, 4408);
}

#[test]
fn each_fault_of_the_protocol_has_its_close_code() {
    let live = Live::start(&["stall-ms=500", "request-bytes=2000"]);
    let subscribe = || json!({ "id": "1", "type": "subscribe", "payload": { "query": FOLLOW } });
    let mut plain = live.socket(None, None).unwrap();
    assert_eq!(plain.closed().0, 4406);
    for wrong in [
        "nonsense",
        "[]",
        "{}",
        "{\"type\":\"next\"}",
        "{\"type\":\"start\",\"id\":\"1\"}",
        "{\"type\":\"subscribe\",\"payload\":{\"query\":\"{ __typename }\"}}",
        "{\"type\":\"subscribe\",\"id\":\"\",\"payload\":{\"query\":\"{ __typename }\"}}",
        "{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{\"query\":1}}",
        "{\"type\":\"subscribe\",\"id\":\"1\"}",
        "{\"type\":\"ping\",\"payload\":1}",
        "{\"type\":\"complete\"}",
    ] {
        let mut socket = live.ready();
        socket.0.send(Message::text(wrong)).unwrap();
        let (code, reason) = socket.closed();
        assert_eq!(code, 4400, "{wrong}");
        assert!(reason.starts_with("Invalid message"), "{reason}");
    }
    let mut socket = live.ready();
    socket.0.send(Message::binary(vec![1])).unwrap();
    assert_eq!(socket.closed().0, 4400);
    let mut socket = live.socket(Some("graphql-transport-ws"), None).unwrap();
    socket.send(subscribe());
    assert_eq!(socket.closed().0, 4401);
    let mut socket = live.socket(Some("graphql-transport-ws"), None).unwrap();
    assert_eq!(socket.closed(), (4408, "Connection initialisation timeout".to_owned()));
    let mut socket = live.ready();
    socket.send(subscribe());
    socket.send(subscribe());
    assert_eq!(socket.closed().0, 4409);
    let mut socket = live.ready();
    socket.send(json!({ "type": "connection_init" }));
    assert_eq!(socket.closed().0, 4429);
    let mut socket = live.ready();
    let _ = socket.0.send(Message::text(" ".repeat(3_000)));
    assert_eq!(socket.closed().0, 1009);
}

#[test]
fn a_page_of_another_origin_cannot_connect() {
    let live = Live::start(&[]);
    let own = format!("http://{}", live.address);
    let connect = |origin: &str| live.socket(Some("graphql-transport-ws"), Some(origin)).map(|_| ());
    assert_eq!(connect(&own), Ok(()));
    assert_eq!(connect("https://example.org"), Ok(()));
    assert_eq!(connect("https://example.com"), Err(403));
    assert_eq!(connect("null"), Err(403));
}

#[test]
fn a_server_that_stops_says_where_to_go_on_and_closes() {
    let mut live = Live::start(&[]);
    let mut socket = live.ready();
    let mut idle = live.ready();
    let revision = live.name("a", "甲");
    socket.subscribe("1", FOLLOW, json!({ "after": revision - 1 }));
    assert_eq!(socket.next(), event("1", revision, "甲"));
    live.stop();
    let message = socket.next();
    assert_eq!(message["type"], "error");
    assert_eq!(message["payload"][0]["extensions"], json!({ "code": "RESUME", "after": revision }));
    assert_eq!(socket.closed().0, 1001);
    assert_eq!(idle.closed().0, 1001);
    drop((socket, idle));
    live.stopped();
}

#[test]
fn where_reading_takes_a_token_it_comes_with_the_first_message_and_ends_with_the_token() {
    let live = Live::start_for(Reading::ByToken, &[]);
    let connect = |payload: Value| {
        let mut socket = live.socket(Some("graphql-transport-ws"), None).unwrap();
        socket.send(json!({ "type": "connection_init", "payload": payload }));
        socket
    };
    for payload in [json!({}), json!({ "Authorization": "Bearer nonsense" }), json!({ "Authorization": 1 })] {
        assert_eq!(connect(payload).closed().0, 4403);
    }
    let token = live.token();
    let mut socket = connect(json!({ "Authorization": format!("Bearer {token}") }));
    assert_eq!(socket.next(), json!({ "type": "connection_ack" }));
    socket.subscribe("1", FOLLOW, json!({}));
    socket.subscribe("2", "{ __typename }", json!({}));
    while socket.next()["type"] != "complete" {}
    let revision = live.name("a", "甲");
    assert_eq!(socket.next(), event("1", revision, "甲"));
    let asked = json!({ "query": FOLLOW });
    let (_, head) = live.events("text/event-stream", &asked);
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    // What only says that it would become a WebSocket is no way around.
    for line in ["upgrade: websocket\r\n", "upgrade: websocket\r\nconnection: upgrade\r\n"] {
        let (_, head) = live.events_with("application/json", line, &json!({ "query": "{ __typename }" }));
        assert!(head.starts_with("HTTP/1.1 401"), "{head}");
        for (target, status) in [("/export/jiedui.zip", 401), ("/graphql?query=%7B__typename%7D", 400)] {
            let (_, head) = live.events_by_get(&format!("{target} HTTP/1.1\r\n{line}x-rest:"));
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{target} {head}");
        }
    }
    let (mut events, _) = live.events_with("text/event-stream", &format!("authorization: Bearer {token}\r\n"), &asked);
    live.revoke();
    live.name("a", "乙");
    assert_eq!(socket.closed().0, 4403);
    assert_eq!(events.answer()["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}
