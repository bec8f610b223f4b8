//! The body of a request: as it is, of a length that may be, each member said once.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::http::{refused, shared};
use crate::server::{Reply, read_reply};

const BODY: &str = "{\"query\": \"{ region(code: \\\"442000\\\") { name } }\"}";

fn send(body: &str, headers: &[(&str, &str)]) -> Reply {
    let headers = [&[("content-type", "application/json")], headers].concat();
    shared().0.send("POST", "/graphql", &headers, body.as_bytes())
}

#[test]
fn a_body_that_would_have_to_be_decoded_first_is_refused() {
    for coding in ["gzip", "br", "identity, gzip", "x-unknown"] {
        let reply = send(BODY, &[("content-encoding", coding)]);
        refused(&reply, 415, "BAD_REQUEST");
        assert_eq!(reply.header("accept-encoding"), "identity");
        let named = coding.rsplit(' ').next().unwrap();
        assert!(reply.text().contains(&format!("the content coding {named}: send it as it is")), "{}", reply.text());
    }
    for coding in ["identity", "Identity", ""] {
        let reply = send(BODY, &[("content-encoding", coding)]);
        assert_eq!(
            (reply.status, reply.json()),
            (200, json!({ "data": { "region": { "name": "中山市" } } })),
            "{coding}"
        );
    }
}

#[test]
fn a_body_that_is_said_to_be_too_long_is_not_waited_for() {
    let shared = shared();
    let mut stream = shared.0.connect();
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let begun = Instant::now();
    stream.write_all(format!("{head}content-length: 99999999999\r\n\r\n").as_bytes()).unwrap();
    refused(&read_reply(&mut stream), 413, "LIMIT_EXCEEDED");
    // Without a word of the body, the server would wait for ten seconds.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn a_member_that_is_given_twice_is_refused() {
    let twice = send("{\"query\": \"{ __typename }\", \"query\": \"{ nothing }\"}", &[]);
    refused(&twice, 400, "BAD_REQUEST");
    assert!(twice.text().contains("`query` is given twice"), "{}", twice.text());
    let number = send("1", &[]);
    refused(&number, 400, "BAD_REQUEST");
    assert!(number.text().contains("expected a JSON object with `query`"), "{}", number.text());
    refused(&send("{\"query\": \"{ __typename }\"} {}", &[]), 400, "BAD_REQUEST");
}
