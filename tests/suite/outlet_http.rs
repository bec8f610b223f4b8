//! Exports and streamed answers over HTTP, from the real server.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiedui::api::request::Request;
use jiedui::exchange::columns::kind_called;
use jiedui::exchange::outlet::{Export, Format};
use jiedui::model::catalog::slot;
use jiedui::model::id::Id;
use jiedui::model::record::Record;
use jiedui::model::value::Value;
use jiedui::store::{Author, Change, Store};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::server::{Reply, Server};
use crate::support::{Loaded, TIME_MS, ask, loaded, open, shared};

const LINES: &str = "application/x-ndjson";

/// A server over the built-in data.
fn built_in(arguments: &[&str]) -> (TempDir, Server) {
    let Loaded { folder, api } = loaded(Default::default());
    drop(api);
    let server = Server::start(&folder.path().join("jiedui.redb"), arguments);
    (folder, server)
}

fn put(store: &Store, records: Vec<Record>) {
    let changes: Vec<_> = records.into_iter().map(Change::Put).collect();
    let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: String::new() };
    let (writer, _) = store.writer().unwrap().apply(&author, &changes).unwrap();
    writer.commit().unwrap();
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// So many products with long notes behind the built-in ones, and a last one whose note is longer.
fn long(products: usize) -> (TempDir, PathBuf) {
    let Loaded { folder, api } = loaded(Default::default());
    let kind = kind_called("products").unwrap();
    let product = |key: &str, bytes| {
        let mut record = Record::new(kind, key);
        record.values[slot::NAME] = text(key);
        record.values[slot::NOTE] = text(&"x".repeat(bytes));
        let source = Value::Ref(Id::parse("source:seed-article").unwrap());
        let citation = [vec![source], vec![Value::Null; 5]].concat();
        record.values[slot::CITATIONS] = Value::List(vec![Value::Struct(citation)]);
        record
    };
    let mut records: Vec<_> = (0..products).map(|at| product(&format!("z{at:05}"), 50_000)).collect();
    records.push(product("zz", 90_000));
    put(api.store(), records);
    drop(api);
    let db = folder.path().join("jiedui.redb");
    (folder, db)
}

/// The answer as it came, and whether it came to its end.
fn raw(server: &Server, head: &str) -> (String, bool) {
    let mut stream = server.connect();
    stream.write_all(head.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let whole = bytes.ends_with(b"\r\n0\r\n\r\n");
    (String::from_utf8_lossy(&bytes).into_owned(), whole)
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}

fn lines(reply: &Reply) -> Vec<Json> {
    assert!(reply.text().ends_with('\n'), "{}", reply.text());
    reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn stream(server: &Server, query: &str) -> Reply {
    server.post(&json!({ "query": query }), LINES)
}

#[test]
fn each_file_is_what_the_command_writes() {
    let (_folder, server) = built_in(&[]);
    for (name, format, kind, media) in [
        ("package.zip", Format::Package, None, "application/zip"),
        ("pairings.csv", Format::Csv, Some("pairings"), "text/csv; charset=utf-8; header=present"),
        ("labor-stations.csv", Format::Csv, Some("laborStations"), "text/csv; charset=utf-8; header=present"),
        ("laborStations.ndjson", Format::Ndjson, Some("laborStations"), "application/x-ndjson; charset=utf-8"),
        ("cities.geojson", Format::Geojson, Some("cities"), "application/geo+json"),
        ("graph.ndjson", Format::Ndjson, None, "application/x-ndjson; charset=utf-8"),
        ("graph.geojson", Format::Geojson, None, "application/geo+json"),
    ] {
        let mut expected = Vec::new();
        let export = Export::new(format, kind.and_then(kind_called)).unwrap();
        export.write(&shared().store().snapshot().unwrap(), &mut expected).unwrap();
        let reply = server.get(&format!("/export/{name}"), &[]);
        assert_eq!((reply.status, reply.header("content-type")), (200, media), "{name}");
        assert!(reply.body == expected, "{name}");
        let disposition = format!("attachment; filename=\"{}\"", export.file_name());
        assert_eq!(reply.header("content-disposition"), disposition);
    }
}

#[test]
fn a_file_that_the_client_has_is_not_sent_again_until_something_changes() {
    let (folder, server) = built_in(&[]);
    let first = server.get("/export/cities.csv", &[]);
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\"1-"), "{tag}");
    for known in [tag.as_str(), tag.trim_start_matches("W/"), "*", &format!("\"other\", {tag}")] {
        let again = server.get("/export/cities.csv", &[("if-none-match", known)]);
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, tag.as_str()), "{known}");
    }
    assert_eq!(server.get("/export/cities.csv", &[("if-none-match", "W/\"0-0\"")]).status, 200);
    let head = server.send("HEAD", "/export/package.zip", &[], b"");
    assert_eq!((head.status, head.body.len(), head.header("etag")), (200, 0, tag.as_str()));
    assert_eq!((head.header("content-type"), head.header("content-length")), ("application/zip", ""));
    drop(server);
    let store = open(&folder.path().join("jiedui.redb"));
    let mut city = Record::new(kind_called("cities").unwrap(), "999999");
    city.values[slot::NAME] = text("新市");
    put(&store, vec![city]);
    drop(store);
    let server = Server::start(&folder.path().join("jiedui.redb"), &[]);
    let changed = server.get("/export/cities.csv", &[("if-none-match", &tag)]);
    assert!(changed.status == 200 && changed.header("etag").starts_with("W/\"2-"));
    assert!(changed.text().contains("city:999999,新市,"));
    // As it was before, too.
    let before = server.get("/export/cities.csv?at=1", &[]);
    assert!(before.body == first.body && before.header("etag") == tag);
    for (query, status, why) in [
        ("at=3", 404, "revision 3 is yet to come"),
        ("at=x", 400, "expected no parameter but `at`"),
        ("after=1", 400, "expected no parameter but `at`"),
    ] {
        let reply = server.get(&format!("/export/cities.csv?{query}"), &[]);
        assert!(reply.status == status && reply.text().contains(why), "{query}: {}", reply.text());
    }
}

#[test]
fn what_cannot_be_exported_is_no_file_and_says_what_is() {
    let (_folder, server) = built_in(&[]);
    for (name, why) in [
        ("parings.csv", "did you mean pairings.csv?"),
        ("pairings.xls", "expected package.zip, graph.ndjson"),
        ("pairings", "expected package.zip, graph.ndjson"),
        ("pairings.zip", "the whole data package: package.zip"),
        ("graph.csv", "holds one kind"),
        ("pairings.geojson", "pairings have no coordinates of their own; provinces, cities"),
        ("%ff.csv", "expected package.zip"),
    ] {
        let reply = server.get(&format!("/export/{name}"), &[]);
        assert_eq!(reply.status, 404, "{name}");
        assert!(reply.text().contains(why), "{name}: {}", reply.text());
    }
    assert_eq!(server.send("POST", "/export/pairings.csv", &[], b"").status, 405);
}

#[test]
fn text_is_compressed_where_the_client_takes_it_and_a_zip_file_is_not() {
    let (_folder, server) = built_in(&[]);
    let gzip = [("accept-encoding", "gzip")];
    let plain = server.get("/export/pairings.ndjson", &[]);
    let compressed = server.get("/export/pairings.ndjson", &gzip);
    assert_eq!(compressed.header("content-encoding"), "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(compressed.body.as_slice()).read_to_string(&mut text).unwrap();
    assert!(text == plain.text() && compressed.body.len() * 3 < plain.body.len());
    assert_eq!(server.get("/export/package.zip", &gzip).header("content-encoding"), "");
}

#[test]
fn there_are_only_so_many_exports_at_once_and_a_client_that_reads_nothing_frees_its_place() {
    let (_folder, db) = long(800);
    let server = Server::start(&db, &["--limit", "exports=1,stall-ms=700"]);
    let mut stuck = server.connect();
    stuck.write_all(get("/export/products.ndjson").as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let refused = server.get("/export/cities.csv", &[]);
    assert_eq!((refused.status, refused.header("retry-after")), (503, "5"), "{}", refused.text());
    assert!(refused.text().contains("1 exports are under way"));
    let refused = stream(&server, "{ cities { nodes { id } } }");
    assert_eq!((refused.status, refused.header("retry-after")), (503, "5"));
    // What is no export goes on.
    assert_eq!(server.get("/health", &[]).status, 200);
    assert_eq!(server.send("HEAD", "/export/cities.csv", &[], b"").status, 200);
    let begun = Instant::now();
    while server.get("/export/cities.csv", &[]).status == 503 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the place was not freed");
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut bytes = Vec::new();
    let _ = stuck.read_to_end(&mut bytes);
    assert!(bytes.len() > 100_000 && !bytes.ends_with(b"\r\n0\r\n\r\n"), "the body looks whole");
    let metrics = server.get("/metrics", &[]).text();
    assert!(metrics.contains("jiedui_exports_total{outcome=\"abandoned\"} 1"), "{metrics}");
    assert!(metrics.contains("jiedui_exports_total{outcome=\"refused\"}"), "{metrics}");
    let (answer, whole) = raw(&server, &get("/export/products.ndjson"));
    assert!(whole && answer.len() > 800 * 50_000);
}

#[test]
fn an_export_that_takes_too_long_is_cut_and_does_not_look_whole() {
    let (_folder, db) = long(800);
    let server = Server::start(&db, &["--limit", "export-ms=300"]);
    let mut slow = server.connect();
    slow.write_all(get("/export/package.zip").replace("package.zip", "products.csv").as_bytes()).unwrap();
    let mut bytes = vec![0; 100_000];
    let mut all = Vec::new();
    while let Ok(read @ 1..) = slow.read(&mut bytes) {
        all.extend_from_slice(&bytes[..read]);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(all.len() > 100_000 && !all.ends_with(b"\r\n0\r\n\r\n"));
}

#[test]
fn a_connection_streams_to_its_end_as_its_pages_have_it() {
    let (_folder, server) = built_in(&[]);
    for (kind, arguments, fields) in [
        // An index has these orders; many share a value, and many have none.
        ("pairings", "orderBy: [{ since: DESC }], ", "id since"),
        ("pairings", "orderBy: [{ until: ASC }, { name: DESC }], filter: { form: { eq: AID } }, ", "id until"),
        ("cities", "", "id name"),
        ("cities", "orderBy: [{ name: DESC }], ", "id name parent { name }"),
        (
            "cities",
            "filter: { parent: { name: { contains: \"广\" } } }, ",
            "__typename id children(first: 2) { nodes { id } }",
        ),
        (
            "cities",
            "orderBy: [{ latitude: ASC }, { name: ASC }], filter: { name: { contains: \"州\" } }, ",
            "n: name latitude",
        ),
    ] {
        let mut paged: Vec<Json> = Vec::new();
        let mut after = String::new();
        loop {
            let page = ask(&format!(
                "{{ {kind}({arguments} first: 10 {after}) {{ nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}"
            ));
            paged.extend(page[kind]["nodes"].as_array().unwrap().iter().cloned());
            if page[kind]["pageInfo"]["hasNextPage"] != true {
                break;
            }
            after = format!("after: {}", page[kind]["pageInfo"]["endCursor"]);
        }
        assert!(paged.len() > 15);
        let given = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
        let reply = stream(&server, &format!("{{ {kind}{given} {{ nodes {{ {fields} }} }} }}"));
        assert_eq!((reply.status, reply.header("content-type")), (200, "application/x-ndjson; charset=utf-8"));
        assert_eq!(lines(&reply), paged, "{arguments}");
        // From behind a cursor, and only so many.
        for at in [7, paged.len() - 6] {
            let cursor = ask(&format!("{{ {kind}({arguments} first: {at}) {{ pageInfo {{ endCursor }} }} }}"));
            let cursor = &cursor[kind]["pageInfo"]["endCursor"];
            let reply = stream(
                &server,
                &format!("{{ {kind}({arguments} after: {cursor}, first: 5) {{ nodes {{ {fields} }} }} }}"),
            );
            assert_eq!(lines(&reply), paged[at..at + 5], "{arguments}");
        }
    }
}

#[test]
fn a_stream_is_not_bound_to_the_size_of_a_page_and_takes_variables_and_edges() {
    let Loaded { folder, api } = loaded(Default::default());
    let town = |at: usize| {
        let kind = kind_called("towns").unwrap();
        let mut record = Record::new(kind, &format!("9{at:08}"));
        record.values[slot::NAME] = text(&format!("镇{}", at * 7919 % 5_000));
        record.values[kind.slot_of("code")] = text(&format!("9{:08}", at * 7919 % 5_000));
        record
    };
    put(api.store(), (0..5_000).map(town).collect());
    let total = api.answer_now(&Request::new("{ towns { totalCount } }"));
    let total: Json = serde_json::from_slice(&total.data.unwrap()).unwrap();
    drop(api);
    let server = Server::start(&folder.path().join("jiedui.redb"), &[]);
    let total = total["towns"]["totalCount"].as_u64().unwrap() as usize;
    assert_eq!(lines(&stream(&server, "{ towns { nodes { id } } }")).len(), total);
    assert_eq!(lines(&stream(&server, "{ towns(first: 3000) { nodes { id } } }")).len(), 3_000);
    assert_eq!(stream(&server, "{ towns(first: 0) { nodes { id } } }").body, b"");
    // An index has the order of codes: page after page of it.
    let sorted = lines(&stream(&server, "{ towns(orderBy: [{ code: DESC }]) { nodes { code } } }"));
    // What has none stands last.
    let codes: Vec<_> = sorted.iter().map(|line| line["code"].as_str().unwrap_or_default()).collect();
    assert!(codes.len() == total && codes.is_sorted_by(|left, right| left > right || right.is_empty()), "{codes:?}");
    let query = "query Q($name: String, $n: Int) { towns(filter: { name: { eq: $name } }, first: $n) { edges { cursor node { name } } } }";
    let reply = server.post(&json!({ "query": query, "variables": { "name": "镇7", "n": null } }), LINES);
    let found = lines(&reply);
    assert!(found.len() == 1 && found[0]["node"]["name"] == "镇7" && found[0]["cursor"].is_string(), "{found:?}");
}

#[test]
fn what_is_no_one_connection_has_no_lines_and_says_why() {
    let (_folder, server) = built_in(&[]);
    for (query, status, why) in [
        ("{ cities { nodes { id } } counties { nodes { id } } }", 406, "several root fields"),
        ("{ region(code: \"442000\") { name } }", 406, "`region` is no connection"),
        ("{ cities { totalCount nodes { id } } }", 406, "`totalCount` stands beside the list"),
        ("{ cities { totalCount } }", 406, "`totalCount` stands beside the list"),
        ("{ cities { nodes { id } edges { cursor } } }", 406, "`edges` stands beside the list"),
        ("{ __schema { types { name } } }", 406, "is no connection"),
        ("{ cities(last: 3) { nodes { id } } }", 422, "last: lines run from the first to the last"),
        ("{ cities(first: -1) { nodes { id } } }", 422, "first: expected how many"),
        ("{ cities(after: \"x\") { nodes { id } } }", 422, "expected a cursor"),
        ("{ cities { nodes { nmae } } }", 422, "did you mean `name`?"),
        ("{", 400, ""),
    ] {
        let reply = stream(&server, query);
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (status, "application/x-ndjson; charset=utf-8"),
            "{query}"
        );
        let message = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(why), "{query}: {message}");
    }
    let body = json!({ "query": "{ cities { nodes { id } } }", "extensions": { "citations": true } });
    assert_eq!(server.post(&body, LINES).status, 406);
    // Others get an answer of the kind that they like as well.
    let reply = server
        .post(&json!({ "query": "{ cities(first: 1) { nodes { id } } }" }), "application/json, application/x-ndjson");
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
}

#[test]
fn a_failure_midway_is_the_last_line_and_the_answer_does_not_look_whole() {
    let (_folder, db) = long(20);
    let server = Server::start(&db, &["--limit", "answer-bytes=60000"]);
    let query = "{ products { nodes { id note citations { source { id } } } } }";
    let body = json!({ "query": query }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept: {LINES}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (answer, whole) = raw(&server, &head);
    assert!(answer.starts_with("HTTP/1.1 200 OK") && !whole);
    assert_eq!(answer.matches("\"id\":\"product:z0").count(), 20);
    let last = answer.lines().rfind(|line| line.starts_with('{')).unwrap();
    let error: Json = serde_json::from_str(last).unwrap();
    assert_eq!(error["errors"][0]["extensions"]["code"], "LIMIT_EXCEEDED", "{error}");
    assert_eq!(error["errors"][0]["path"][1], "nodes");
    // Each line has its own bound: all of them together are far beyond it.
    let (answer, whole) = raw(
        &server,
        &head.replace("products {", "products(first: 22) {").replace(
            &format!("content-length: {}", body.len()),
            &format!("content-length: {}", body.len() + "(first: 22)".len()),
        ),
    );
    assert!(whole && answer.len() > 60_000 * 5, "{}", answer.len());
}

#[test]
fn a_server_that_was_told_to_stop_does_not_wait_for_an_export() {
    let (_folder, db) = long(800);
    let mut server = Server::start(&db, &["--limit", "stall-ms=500"]);
    let mut stuck = server.connect();
    stuck.write_all(get("/export/products.ndjson").as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let stopped = std::process::Command::new("kill").arg(server.child.id().to_string()).status().unwrap();
    assert!(stopped.success());
    let begun = Instant::now();
    while server.child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it does not stop");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(Path::new(&db).exists());
}
