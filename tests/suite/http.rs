//! HTTP as its draft has it: statuses, media types, methods, and what a server does with the rude and the slow.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::Digest;
use tempfile::TempDir;

use crate::server::{Reply, Server, read_reply};
use crate::support::{Loaded, loaded};

const GRAPHQL: &str = "application/graphql-response+json";
const QUERY: &str = "{ region(code: \"442000\") { name } }";

fn database() -> (TempDir, PathBuf) {
    let Loaded { folder, api } = loaded(Default::default());
    drop(api);
    let db = folder.path().join("jiedui.redb");
    (folder, db)
}

/// A server that the tests which only ask share, for as long as one of them runs.
pub fn shared() -> Arc<(Server, TempDir)> {
    static SHARED: Mutex<Weak<(Server, TempDir)>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    shared.upgrade().unwrap_or_else(|| {
        let (folder, db) = database();
        let started = Arc::new((Server::start(&db, &["--allow-origin", "https://example.org"]), folder));
        *shared = Arc::downgrade(&started);
        started
    })
}

/// Expects a refusal: a status, a code, no data.
#[track_caller]
pub fn refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let answer = reply.json();
    assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
    assert!(answer.get("data").is_none(), "{answer}");
}

#[test]
fn an_answer_by_post_and_by_get_is_the_same() {
    let shared = shared();
    let server = &shared.0;
    let posted = server.post(&json!({ "query": QUERY }), GRAPHQL);
    let target = "/graphql?query=%7B%20region%28code%3A%20%22442000%22%29%20%7B%20name%20%7D%20%7D";
    let got = server.send("GET", target, &[("accept", GRAPHQL)], b"");
    for reply in [&posted, &got] {
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), "application/graphql-response+json; charset=utf-8");
        assert_eq!(reply.json(), json!({ "data": { "region": { "name": "中山市" } } }));
    }
    let target = "/graphql?operationName=Q&variables=%7B%22c%22%3A%22530600%22%7D&query=query+Q%28%24c%3AString%21%29%7Bregion%28code%3A%24c%29%7Bname%7D%7D";
    assert_eq!(server.send("GET", target, &[], b"").json(), json!({ "data": { "region": { "name": "昭通市" } } }));
}

#[test]
fn the_status_says_what_came_of_a_request() {
    let shared = shared();
    let server = &shared.0;
    for (query, status, code) in [
        ("{", 400, "SYNTAX_ERROR"),
        ("{ nonsense }", 422, "VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", 422, "OPERATION_NOT_FOUND"),
        ("query($x: Int!) { cities(first: $x) { totalCount } }", 422, "BAD_VARIABLES"),
    ] {
        refused(&server.post(&json!({ "query": query }), GRAPHQL), status, code);
        // Old clients take any other status for a failure of the transport.
        let old = server.post(&json!({ "query": query }), "application/json");
        assert_eq!((old.status, old.header("content-type")), (200, "application/json; charset=utf-8"));
        assert!(old.json().get("data").is_none());
    }
    let partial = server.post(&json!({ "query": "{ cities(first: 5000) { totalCount } __typename }" }), GRAPHQL);
    assert_eq!(partial.status, 294);
    assert_eq!(partial.json()["data"], json!({ "cities": null, "__typename": "Query" }));
}

#[test]
fn what_is_no_request_is_refused_and_says_why() {
    let shared = shared();
    let server = &shared.0;
    let json_type = ("content-type", "application/json");
    for body in [
        "",
        "{",
        "null",
        "1",
        "[]",
        "{}",
        "{\"query\":1}",
        "{\"query\":null}",
        "\u{feff}{}",
        "{\"query\":\"{__typename}\",\"variables\":[]}",
        "{\"query\":\"{__typename}\",\"operationName\":1}",
        "{\"query\":\"{__typename}\",\"extensions\":\"x\"}",
    ] {
        refused(&server.send("POST", "/graphql", &[json_type], body.as_bytes()), 400, "BAD_REQUEST");
    }
    refused(&server.send("POST", "/graphql", &[json_type], b"{\"query\":\"\xff\"}"), 400, "BAD_REQUEST");
    let batch = server.send("POST", "/graphql", &[json_type], b"[{\"query\":\"{__typename}\"}]");
    refused(&batch, 400, "BAD_REQUEST");
    assert!(batch.text().contains("batches are not answered"));
    for target in ["/graphql", "/graphql?query=%7B__typename%7D&variables=x", "/graphql?query=a&query=b"] {
        refused(&server.send("GET", target, &[("accept", "application/json")], b""), 400, "BAD_REQUEST");
    }
    // Nulls are what is not given.
    let nulls = json!({ "query": "{ __typename }", "variables": null, "operationName": null, "extensions": null });
    assert_eq!(server.post(&nulls, GRAPHQL).status, 200);
}

#[test]
fn a_form_of_another_origin_cannot_ask() {
    let shared = shared();
    let server = &shared.0;
    let body = json!({ "query": QUERY }).to_string();
    for sent in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=gb18030",
        "",
    ] {
        let reply = server.send("POST", "/graphql", &[("content-type", sent)], body.as_bytes());
        refused(&reply, 415, "BAD_REQUEST");
    }
    refused(&server.send("POST", "/graphql", &[], body.as_bytes()), 415, "BAD_REQUEST");
    assert_eq!(
        server.send("POST", "/graphql", &[("content-type", "application/json; charset=UTF-8")], body.as_bytes()).status,
        200
    );
}

#[test]
fn origins_read_answers_only_where_they_are_allowed_to() {
    let shared = shared();
    let server = &shared.0;
    let ask = |origin| {
        server.send(
            "OPTIONS",
            "/graphql",
            &[
                ("origin", origin),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "content-type"),
            ],
            b"",
        )
    };
    assert_eq!(ask("https://example.org").header("access-control-allow-origin"), "https://example.org");
    assert_eq!(ask("https://example.com").header("access-control-allow-origin"), "");
    let (_folder, db) = database();
    let closed = Server::start(&db, &[]);
    let reply = closed.send("GET", "/graphql?query=%7B__typename%7D", &[("origin", "https://example.org")], b"");
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, ""));
}

#[test]
fn media_types_that_we_do_not_have_and_methods_that_we_do_not_know_are_refused() {
    let shared = shared();
    let server = &shared.0;
    refused(&server.post(&json!({ "query": QUERY }), "text/csv"), 406, "BAD_REQUEST");
    for method in ["PUT", "DELETE", "PATCH"] {
        let reply = server.send(method, "/graphql", &[], b"");
        refused(&reply, 405, "BAD_REQUEST");
        assert_eq!(reply.header("allow"), "GET, HEAD, POST");
    }
    assert_eq!(server.send("GET", "/nothing", &[], b"").status, 404);
}

#[test]
fn a_request_that_is_too_long_is_refused() {
    let shared = shared();
    let server = &shared.0;
    let long = json!({ "query": "{ __typename }", "variables": { "x": "x".repeat(2 << 20) } });
    refused(&server.post(&long, GRAPHQL), 413, "LIMIT_EXCEEDED");
    let long = json!({ "query": format!("{{ __typename }} # {}", "x".repeat(100_000)) });
    refused(&server.post(&long, GRAPHQL), 422, "LIMIT_EXCEEDED");
}

#[test]
fn every_answer_has_an_id_the_clients_where_it_is_plain() {
    let shared = shared();
    let server = &shared.0;
    let body = json!({ "query": QUERY }).to_string();
    let ask = |id| {
        server.send("POST", "/graphql", &[("content-type", "application/json"), ("x-request-id", id)], body.as_bytes())
    };
    assert_eq!(ask("trace-1.a_b").header("x-request-id"), "trace-1.a_b");
    for unfit in ["a b", "<script>", &"x".repeat(65)] {
        let given = ask(unfit).header("x-request-id").to_owned();
        assert!(given.len() == 16 && given.bytes().all(|byte| byte.is_ascii_hexdigit()), "{given}");
    }
}

#[test]
fn long_answers_are_compressed_where_the_client_says_so() {
    let shared = shared();
    let server = &shared.0;
    let body = json!({ "query": "{ cities(first: 300) { nodes { id name } } }" }).to_string();
    let ask = |encoding| {
        server.send(
            "POST",
            "/graphql",
            &[("content-type", "application/json"), ("accept-encoding", encoding)],
            body.as_bytes(),
        )
    };
    let (plain, compressed) = (ask("identity"), ask("gzip"));
    assert_eq!((plain.header("content-encoding"), compressed.header("content-encoding")), ("", "gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(compressed.body.as_slice()).read_to_string(&mut text).unwrap();
    assert!(text == plain.text() && compressed.body.len() * 3 < plain.body.len());
}

#[test]
fn health_readiness_schema_and_metrics_are_there() {
    let shared = shared();
    let server = &shared.0;
    assert_eq!(server.send("GET", "/health", &[], b"").text(), "alive\n");
    assert_eq!(server.send("GET", "/ready", &[], b"").text(), "ready\n");
    assert_eq!(server.send("GET", "/schema.graphql", &[], b"").text(), jiedui::api::sdl());
    let asked = server.post(&json!({ "query": "query Secret { __typename }" }), GRAPHQL);
    assert_eq!(asked.status, 200);
    let metrics = server.send("GET", "/metrics", &[], b"").text();
    assert!(metrics.contains("jiedui_requests_total{method=\"POST\",route=\"/graphql\",status=\"200\"}"), "{metrics}");
    // What a client writes is in no label: neither a name nor a path of its own.
    server.send("GET", "/made-up", &[], b"");
    let metrics = server.send("GET", "/metrics", &[], b"").text();
    assert!(!metrics.contains("Secret") && !metrics.contains("made-up") && metrics.contains("route=\"none\""));
}

#[test]
fn the_landing_page_says_what_is_there() {
    let page = shared().0.send("GET", "/", &[("accept", "text/html")], b"");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    let text = page.text();
    for part in [
        "<td>结对</td><td>Pairing</td><td><code>pairings</code></td><td class=\"n\">291</td>",
        "href=\"/graphql\"",
        "href=\"/schema.graphql\"",
        "<code>FORUM</code>",
        "href=\"/README.md\"",
        "revision 1",
    ] {
        assert!(text.contains(part), "{part}\nin {text}");
    }
}

#[test]
fn bounds_can_be_set_and_say_what_was_exceeded_by_how_much_and_where() {
    let (_folder, db) = database();
    let limits = "tokens=60,nesting=6,fields=11,depth=3,aliases=2,directives=1,cost=100,reads=20,answer-bytes=500,document-bytes=300";
    let server = Server::start(&db, &["--limit", limits]);
    for (query, told, at) in [
        ("{ a: __typename b: __typename c: __typename }", "3 aliases; at most 2", json!({ "line": 1, "column": 31 })),
        (
            "{ a: __typename @skip(if: true) @include(if: true) }",
            "2 directives; at most 1",
            json!({ "line": 1, "column": 33 }),
        ),
        (
            "{ region(code: \"1\") { parent { parent { id } } } }",
            "4 levels of fields; at most 3",
            json!({ "line": 1, "column": 41 }),
        ),
        (
            "{ cities(first: 200) { totalCount nodes { id } } }",
            "the answer may read 201 records; at most 100",
            json!({ "line": 1, "column": 3 }),
        ),
        ("{ cities(first: 40) { nodes { id } } }", "reads more than 20 records", Value::Null),
        ("{ sources(first: 15) { nodes { title } } }", "longer than 500 bytes", Value::Null),
        (
            &format!("{{ __typename {} }}", "__typename ".repeat(27)),
            "the document has 312 bytes",
            json!({ "line": 1, "column": 301 }),
        ),
        (&format!("{{\n{} }}", "x ".repeat(70)), "72 tokens; at most 60", json!({ "line": 2, "column": 119 })),
        (&format!("{{ {} }}", "x ".repeat(12)), "12 fields; at most 11", json!({ "line": 1, "column": 25 })),
        (
            "{ cities(filter: { not: { not: { not: { not: {}}}}}) { totalCount } }",
            "7 levels of brackets; at most 6",
            json!({ "line": 1, "column": 46 }),
        ),
    ] {
        let reply = server.post(&json!({ "query": query }), GRAPHQL);
        refused(&reply, 422, "LIMIT_EXCEEDED");
        let error = &reply.json()["errors"][0];
        assert!(error["message"].as_str().unwrap().contains(told), "{query}: {error}");
        if at != Value::Null {
            assert_eq!(error["locations"], json!([at]), "{query}");
        }
    }
}

#[test]
fn the_standard_introspection_passes_the_bounds() {
    let query = include_str!("introspection.graphql");
    let reply = shared().0.post(&json!({ "query": query, "operationName": "IntrospectionQuery" }), GRAPHQL);
    assert_eq!(reply.status, 200, "{:.300}", reply.text());
    let types = reply.json()["data"]["__schema"]["types"].as_array().unwrap().len();
    assert!(types > 150, "{types}");
}

#[test]
fn a_server_that_is_told_to_stop_finishes_what_it_has() {
    let (_folder, db) = database();
    let mut server = Server::start(&db, &["--limit", "stall-ms=8000"]);
    // A request of which half has come.
    let body = json!({ "query": QUERY }).to_string();
    let mut half = server.connect();
    write!(half, "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len()).unwrap();
    half.write_all(&body.as_bytes()[..5]).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    // And one that will never come whole.
    let mut stalled = server.connect();
    stalled.write_all(b"POST /graphql HTTP/1.1\r\nhost: x\r\n").unwrap();
    assert!(Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(200));
    half.write_all(&body.as_bytes()[5..]).unwrap();
    assert_eq!(read_reply(&mut half).json(), json!({ "data": { "region": { "name": "中山市" } } }));
    let begun = Instant::now();
    assert!(server.child.wait().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_client_that_drips_is_cut_off() {
    let (_folder, db) = database();
    let server = Server::start(&db, &["--limit", "stall-ms=700"]);
    // A body, a byte at a time.
    let mut dripping = server.connect();
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n";
    write!(dripping, "{head}content-length: 1000\r\n\r\n").unwrap();
    let begun = Instant::now();
    for _ in 0..4 {
        let _ = dripping.write_all(b" ");
        std::thread::sleep(Duration::from_millis(200));
    }
    let reply = read_reply(&mut dripping);
    assert_eq!(reply.status, 408, "{}", reply.text());
    // A second request on a connection, of which the head never ends.
    let mut idle = server.connect();
    let body = json!({ "query": QUERY }).to_string();
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    write!(idle, "{head}content-length: {}\r\n\r\n{body}GET /", body.len()).unwrap();
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).unwrap();
    assert!(String::from_utf8_lossy(&rest).contains("中山市"));
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[test]
fn rude_clients_do_no_harm_to_others() {
    let shared = shared();
    let server = &shared.0;
    for rude in [
        b"".as_slice(),
        b"\0\xff\xfe garbage\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
    ] {
        let mut stream = server.connect();
        let _ = stream.write_all(rude);
        drop(stream);
    }
    let many: Vec<_> = (0..50).map(|_| server.connect()).collect();
    assert_eq!(server.post(&json!({ "query": QUERY }), GRAPHQL).status, 200);
    drop(many);
}

#[test]
fn a_page_that_is_known_is_not_sent_again_and_each_refusal_says_why() {
    let server = &shared().0;
    let page = server.get("/graphql", &[("accept", "text/html")]);
    let tag = page.header("etag");
    assert_eq!(server.get("/graphql", &[("accept", "text/html"), ("if-none-match", tag)]).status, 304);
    assert_eq!(server.get("/graphql", &[("accept", "text/html"), ("if-none-match", "\"another\"")]).status, 200);
    let plain = server.get("/graphql", &[("accept", "text/html"), ("accept-encoding", "gzip;q=0")]);
    assert!(plain.text().contains("<html"), "{}", plain.text());
    let wrong = server.send("POST", "/", &[], b"");
    assert_eq!((wrong.status, wrong.text().contains("GET")), (405, true));
    assert_eq!(server.get("/playground/%ff", &[]).status, 404);
    let wrong = server.send("DELETE", "/graphql", &[("accept", "application/json")], b"");
    assert_eq!((wrong.status, wrong.header("content-type")), (405, "application/json; charset=utf-8"));
}

#[test]
fn a_client_that_reads_nothing_is_cut_off_and_only_so_many_may_come() {
    let (_folder, db) = database();
    let server = Server::start(&db, &["--limit", "stall-ms=500,connections=2"]);
    let query = format!(
        "{{ {} }}",
        (0..40)
            .map(|at| format!("s{at}: sources(first: 100) {{ nodes {{ id title url note citations {{ note }} }} }} "))
            .collect::<String>()
    );
    let body = json!({ "query": query }).to_string();
    let mut stalled = server.connect();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    // Many answers, none of which is read: what the sockets hold is soon full.
    let sent =
        (0..200).try_for_each(|_| stalled.write_all(head.as_bytes()).and_then(|()| stalled.write_all(body.as_bytes())));
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    // Whether it noticed while it sent or not: the server has let go of it.
    let gone = sent.is_err()
        || stalled.write_all(b"GET /health HTTP/1.1\r\n\r\n").and_then(|()| stalled.write_all(b"x")).is_err();
    assert!(gone, "the server still holds a connection that reads nothing");
    let held = [server.connect(), server.connect()];
    std::thread::sleep(std::time::Duration::from_millis(100));
    let mut third = server.connect();
    let _ = third.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut reply = Vec::new();
    assert!(!third.read_to_end(&mut reply).is_ok_and(|read| read > 0), "a third connection was answered");
    drop(held);
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(server.get("/health", &[]).status, 200);
}

#[test]
fn trusted_documents_are_asked_by_their_ids_and_counted_by_their_names() {
    let (folder, db) = database();
    let text = "query Zhongshan($code: String!) { region(code: $code) { name } }";
    let digest: String = sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    let file = folder.path().join("documents.json");
    std::fs::write(&file, json!({ digest.clone(): text, "provinces": "{ provinces { totalCount } }" }).to_string())
        .unwrap();
    let file = file.to_str().unwrap();
    let server = Server::start(&db, &["--trusted-documents", file, "--only-trusted"]);
    let variables = json!({ "code": "442000" });
    let answer = json!({ "data": { "region": { "name": "中山市" } } });
    for request in [
        json!({ "documentId": digest, "variables": variables }),
        json!({ "documentId": format!("sha256:{digest}"), "variables": variables }),
        json!({ "query": text, "variables": variables }),
        json!({ "documentId": digest, "query": text, "variables": variables }),
    ] {
        assert_eq!(server.post(&request, GRAPHQL).json(), answer, "{request}");
    }
    let by_get = server.get("/graphql?documentId=provinces", &[("accept", GRAPHQL)]);
    assert_eq!(by_get.json(), json!({ "data": { "provinces": { "totalCount": 31 } } }));
    refused(&server.post(&json!({ "documentId": "another" }), GRAPHQL), 422, "DOCUMENT_NOT_FOUND");
    refused(&server.post(&json!({ "query": QUERY }), GRAPHQL), 422, "DOCUMENT_NOT_FOUND");
    refused(&server.post(&json!({ "documentId": digest, "query": QUERY }), GRAPHQL), 400, "BAD_REQUEST");
    let metrics = server.get("/metrics", &[]).text();
    assert!(metrics.contains("jiedui_answers_total{code=\"OK\",operation=\"Zhongshan\"} 4"), "{metrics}");
    let (_other, db) = database();
    let open = Server::start(&db, &[]);
    open.post(&json!({ "query": "query Mine { __typename }" }), GRAPHQL);
    assert!(!open.get("/metrics", &[]).text().contains("Mine"), "a name that a client made up is counted");
}

#[test]
fn a_list_of_trusted_documents_that_is_wrong_ends_the_start() {
    let (folder, db) = database();
    let file = folder.path().join("documents.json");
    for (content, told) in [
        ("[]", "expected a JSON object of documents by their ids"),
        ("{\"sha256:0\": \"{ __typename }\"}", "has the SHA-256"),
        ("{\"a\": \"{ nothing }\"}", "the document a is not answered"),
    ] {
        std::fs::write(&file, content).unwrap();
        let arguments = ["--listen", "127.0.0.1:0", "--trusted-documents", file.to_str().unwrap()];
        let output = crate::server::jiedui(&arguments).env("JIEDUI_DB", &db).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(told), "{error}");
    }
}
