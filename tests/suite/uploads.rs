//! Files sent with a mutation: all of them are imported or none, by keepers alone, and no page of another origin can send them.

use serde_json::{Value, json};

use crate::access::{create, database};
use crate::server::{Reply, Server};

const IMPORT: &str = "mutation($files: [Upload!]!, $dryRun: Boolean! = false) {
  importFiles(files: $files, dryRun: $dryRun, note: \"county office\") {
    dryRun revision tables { table created updated unchanged } emptied { list records } faults { file sheet row column cell value problem nearest }
  }
}";

/// The body of a multipart request, with a boundary that no part holds.
fn body(operations: &Value, map: &Value, files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut part = |head: String, bytes: &[u8]| {
        body.extend_from_slice(format!("--x-y-z\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    };
    part("name=\"operations\"".to_owned(), operations.to_string().as_bytes());
    part("name=\"map\"".to_owned(), map.to_string().as_bytes());
    for (name, file, bytes) in files {
        part(format!("name=\"{name}\"; filename=\"{file}\""), bytes);
    }
    body.extend_from_slice(b"--x-y-z--\r\n");
    body
}

fn sends(server: &Server, token: &str, body: &[u8], more: &[(&str, &str)]) -> Reply {
    let shown = format!("Bearer {token}");
    let mut headers = vec![
        ("content-type", "multipart/form-data; boundary=x-y-z"),
        ("accept", "application/graphql-response+json"),
        ("authorization", &shown),
    ];
    headers.extend_from_slice(more);
    server.send("POST", "/graphql", &headers, body)
}

fn imports(server: &Server, token: &str, files: &[(&str, &str, &[u8])], dry_run: bool) -> Reply {
    let nulls = vec![Value::Null; files.len()];
    let operations = json!({ "query": IMPORT, "variables": { "files": nulls, "dryRun": dry_run } });
    let map: serde_json::Map<_, _> = (0..files.len())
        .map(|place| (files[place].0.to_owned(), json!([format!("variables.files.{place}")])))
        .collect();
    sends(server, token, &body(&operations, &Value::Object(map), files), &[("graphql-require-preflight", "1")])
}

const GOOD: &[u8] = "id,名称\nproduct:upload-1,试验茶\n".as_bytes();

#[test]
fn files_are_imported_all_or_none_by_a_keeper() {
    let (_folder, db) = database();
    let (keeper, editor) = (create(&db, "shen", "keeper"), create(&db, "li", "editor"));
    let server = Server::start(&db, &[]);
    let good = GOOD;
    let dry = imports(&server, &keeper, &[("0", "products.csv", good)], true).json();
    assert_eq!(dry["data"]["importFiles"]["tables"][0]["created"], 1, "{dry:#}");
    let bad = "id,name\nproduct:upload-1,\nproduct:upload-2,乙\n".as_bytes();
    let faulty = imports(&server, &keeper, &[("0", "products.csv", bad)], false).json();
    let fault = &faulty["data"]["importFiles"]["faults"][0];
    assert_eq!((&fault["file"], &fault["row"]), (&json!("products.csv"), &json!(2)), "{faulty:#}");
    let ask = json!({ "query": "{ nodes(ids: [\"product:upload-1\", \"product:upload-2\"]) { id } }" });
    assert_eq!(server.post(&ask, "application/json").json()["data"]["nodes"], json!([null, null]));
    let two: [(&str, &str, &[u8]); 2] = [
        ("a", "products.csv", good),
        ("b", "enterprises.ndjson", b"{\"id\":\"enterprise:upload-1\",\"name\":\"x\"}\n"),
    ];
    let done = imports(&server, &keeper, &two, false).json();
    assert_eq!(done["data"]["importFiles"]["revision"], 2, "{done:#}");
    let again = imports(&server, &keeper, &two, false).json();
    assert_eq!(again["data"]["importFiles"]["revision"], Value::Null, "{again:#}");
    let log = json!({ "query": "{ revision(number: 2) { author note changes { id outcome } } }" });
    let told = server.post(&log, "application/json").json()["data"]["revision"].clone();
    assert_eq!((&told["author"], &told["note"]), (&json!("shen"), &json!("county office")));
    assert_eq!(told["changes"].as_array().unwrap().len(), 2);
    let cited = imports(
        &server,
        &keeper,
        &[(
            "0",
            "products.ndjson",
            b"{\"id\":\"product:upload-1\",\"citations\":[{\"source\":\"source:beijing-yushu-2024\"}]}\n",
        )],
        false,
    )
    .json();
    assert_eq!(cited["data"]["importFiles"]["emptied"], json!([]), "{cited:#}");
    let bare = imports(
        &server,
        &keeper,
        &[("0", "products.ndjson", b"{\"id\":\"product:upload-1\",\"citations\":null}\n")],
        false,
    )
    .json();
    let lost = json!([{ "list": "citations (引用)", "records": 1 }]);
    assert_eq!(bare["data"]["importFiles"]["emptied"], lost, "{bare:#}");
    let refused = imports(&server, &editor, &two, false);
    assert_eq!((refused.status, &refused.json()["errors"][0]["extensions"]["code"]), (403, &json!("FORBIDDEN")));
}

#[test]
fn an_upload_overwrites_nothing_that_was_changed_since_unless_it_says_so() {
    let (_folder, db) = database();
    let keeper = create(&db, "shen", "keeper");
    let server = Server::start(&db, &[]);
    let file = |name: &str| format!("id,name\nproduct:upload-1,{name}\n").into_bytes();
    let import = |bytes: &[u8], more: &str| {
        let query = format!(
            "mutation($files: [Upload!]!) {{ importFiles(files: $files{more}) {{ revision elsewhere faults {{ row conflict {{
               id asOf revision author time differences {{ field before stands given }} }} }} }} }}"
        );
        let operations = json!({ "query": query, "variables": { "files": [null] } });
        let body = body(&operations, &json!({ "0": ["variables.files.0"] }), &[("0", "products.csv", bytes)]);
        sends(&server, &keeper, &body, &[("graphql-require-preflight", "1")]).json()
    };
    let result = |reply: Value| reply["data"]["importFiles"].clone();
    assert_eq!(result(import(&file("茶"), ""))["revision"], 2);
    assert_eq!(result(import(&file("绿茶"), ", asOf: 2"))["revision"], 3);
    let refused = result(import(&file("红茶"), ", asOf: 2"));
    let conflict = &refused["faults"][0]["conflict"];
    assert_eq!(
        (&refused["revision"], &conflict["revision"], &conflict["author"]),
        (&Value::Null, &json!(3), &json!("shen"))
    );
    assert_eq!(
        conflict["differences"],
        json!([{ "field": "name", "before": "\"茶\"", "stands": "\"绿茶\"", "given": "\"红茶\"" }])
    );
    for (more, why) in [
        (", asOf: 9", "yet to come"),
        (", asOf: -1", "expected 0 or more"),
        (", asOf: 2, overwrite: true", "say one of them"),
    ] {
        let told = import(&file("红茶"), more);
        assert!(told["errors"][0]["message"].as_str().unwrap().contains(why), "{told:#}");
    }
    assert_eq!(result(import(&file("红茶"), ", overwrite: true"))["revision"], 4);
    let headers = server.send("GET", "/export/products.csv", &[], b"");
    assert_eq!(headers.header("jiedui-revision"), "4");
}

#[test]
fn what_is_no_multipart_request_is_refused_with_what_is_wrong() {
    let (_folder, db) = database();
    let keeper = create(&db, "shen", "keeper");
    let server = Server::start(&db, &["--limit", "upload-bytes=20000"]);
    let operations = json!({ "query": IMPORT, "variables": { "files": [null] } });
    let preflight = [("graphql-require-preflight", "1")];
    let file: [(&str, &str, &[u8]); 1] = [("0", "products.csv", GOOD)];
    type Case<'c> = (Vec<u8>, &'c [(&'c str, &'c str)], u16, &'c str);
    let cases: Vec<Case<'_>> = vec![
        (body(&operations, &json!({ "0": ["variables.files.0"] }), &file), &[], 415, "graphql-require-preflight"),
        (body(&operations, &json!({ "1": ["variables.files.0"] }), &file), &preflight, 400, "map: there is no part"),
        (
            body(&operations, &json!({ "0": ["variables.files.7"] }), &file),
            &preflight,
            400,
            "is no null of the variables",
        ),
        (body(&operations, &json!([]), &file), &preflight, 400, "is missing, or no object of lists of paths"),
        (b"--x-y-z\r\ncut off".to_vec(), &preflight, 400, ""),
        (b"--x-y-z--\r\n".to_vec(), &preflight, 400, "is missing"),
        (
            body(&operations, &json!({ "0": ["variables.files.0"] }), &[("0", "products.csv", &[b'x'; 30_000])]),
            &preflight,
            413,
            "",
        ),
    ];
    for (body, headers, status, why) in cases {
        let reply = sends(&server, &keeper, &body, headers);
        assert!(reply.status == status && reply.text().contains(why), "{why}: {} {}", reply.status, reply.text());
    }
    let without = json!({ "query": "mutation { importFiles(files: [\"0\"]) { revision } }" });
    let shown = format!("Bearer {keeper}");
    let headers = [("content-type", "application/json"), ("authorization", shown.as_str())];
    let reply = server.send("POST", "/graphql", &headers, without.to_string().as_bytes());
    assert!(reply.text().contains("multipart request"), "{}", reply.text());
}
