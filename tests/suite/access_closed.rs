//! What a server closes beyond writing: reading, introspection, the playground, its address, other origins.

use std::net::TcpListener;

use serde_json::json;

use crate::access::{ASK, GRAPHQL, INVALID, WRITE, create, database, fails, logged, sends, shows, unauthenticated};
use crate::server::{Server, jiedui};

#[test]
fn reading_takes_a_token_where_that_is_asked() {
    let (_folder, db) = database();
    let secret = create(&db, "李华", "reader");
    let server = Server::start(&db, &["--require-token"]);
    for media in [GRAPHQL, "application/json"] {
        unauthenticated(&sends(&server, ASK, &[], media), "Bearer", "a token is needed here");
        let by_get = server.get("/graphql?query=%7B__typename%7D", &[("accept", media)]);
        unauthenticated(&by_get, "Bearer", "a token is needed here");
    }
    unauthenticated(&sends(&server, "{ __schema { queryType { name } } }", &[], GRAPHQL), "Bearer", "a token");
    unauthenticated(&server.send("PUT", "/graphql", &[], b""), "Bearer", "a token");
    assert_eq!(server.send("HEAD", "/graphql?query=%7B__typename%7D", &[], b"").status, 401);
    assert_eq!(shows(&server, ASK, &secret).json(), json!({ "data": { "region": { "name": "中山市" } } }));
    let lines = [("accept", "application/x-ndjson"), ("content-type", "application/json")];
    let body = json!({ "query": "{ provinces { nodes { name } } }" }).to_string();
    unauthenticated(&server.send("POST", "/graphql", &lines, body.as_bytes()), "Bearer", "a token is needed here");
    for export in ["/export/provinces.csv", "/export/package.zip", "/export/nothing"] {
        unauthenticated(&server.get(export, &[]), "Bearer", "a token is needed here");
        unauthenticated(&server.get(export, &[("authorization", "Bearer x")]), INVALID, "not known here");
    }
    let exported = server.get("/export/provinces.csv", &[("authorization", &format!("Bearer {secret}"))]);
    assert!(exported.status == 200 && exported.text().contains("广东省"), "{}", exported.text());
    // A browser gets the page in which it can give its token, and no data.
    let page = server.get("/graphql", &[("accept", "text/html")]);
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let landing = server.get("/", &[]).text();
    assert!(landing.contains("reading takes a token") && !landing.contains("<td>"), "{landing}");
    for open in ["/health", "/ready"] {
        assert_eq!(server.get(open, &[]).status, 200);
    }
}

#[test]
fn introspection_is_switched_off_with_all_that_tells_the_schema() {
    let (folder, db) = database();
    let documents = folder.path().join("documents.json");
    std::fs::write(&documents, "{\"schema\": \"{ __schema { queryType { name } } }\"}").unwrap();
    for executor in [[].as_slice(), &["--async-graphql"]] {
        let mut arguments = vec!["--no-introspection", "--trusted-documents", documents.to_str().unwrap()];
        arguments.extend(executor);
        let server = Server::start(&db, &arguments);
        for query in [
            "{ __schema { queryType { name } } }",
            "{ __type(name: \"Query\") { name } }",
            "{ a: __schema { queryType { name } } }",
            "{ ... { ...F } } fragment F on Query { __type(name: \"Query\") { name } }",
            "query A { region(code: \"1\") { id } ... @include(if: true) { __schema { types { name } } } }",
        ] {
            let reply = sends(&server, query, &[], GRAPHQL);
            let error = &reply.json()["errors"][0];
            assert_eq!((reply.status, &error["extensions"]["code"]), (403, &json!("FORBIDDEN")), "{query}: {error}");
            assert!(error["message"].as_str().unwrap().contains("introspection is switched off"), "{error}");
        }
        let body = json!({ "documentId": "schema" });
        assert_eq!(server.post(&body, GRAPHQL).status, 403);
        let reply = sends(&server, "{ region(code: \"442000\") { __typename } }", &[], GRAPHQL);
        assert_eq!(reply.json(), json!({ "data": { "region": { "__typename": "City" } } }));
    }
    let server = Server::start(&db, &["--no-introspection"]);
    assert_eq!(server.get("/schema.graphql", &[]).status, 404);
    assert!(!server.get("/", &[]).text().contains("/schema.graphql"));
    let wrong = sends(&server, "{ provincs { totalCount } }", &[], GRAPHQL);
    assert!(wrong.status == 422 && !wrong.text().contains("provinces"), "{}", wrong.text());
}

#[test]
fn the_playground_is_switched_off_with_all_that_leads_to_it() {
    let (_folder, db) = database();
    let server = Server::start(&db, &["--no-playground"]);
    let page = server.get("/graphql", &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")]);
    assert_eq!((page.status, page.header("content-type")), (404, "text/plain; charset=utf-8"));
    assert!(page.text().contains("There is no playground here"), "{}", page.text());
    assert_eq!(server.get("/playground/favicon.svg", &[]).status, 404);
    let landing = server.get("/", &[]).text();
    assert!(!landing.contains("href=\"/graphql\"") && landing.contains("href=\"/schema.graphql\""), "{landing}");
    assert_eq!(sends(&server, ASK, &[], GRAPHQL).status, 200);
    let (_other, db) = database();
    assert_eq!(Server::start(&db, &[]).get("/playground/favicon.svg", &[]).status, 200);
}

#[test]
fn an_address_that_others_reach_is_refused_before_it_is_bound_until_somebody_says_who_may_read() {
    let (_folder, db) = database();
    let kept = std::fs::read(&db).unwrap();
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    // Bound, it would be told that it is taken.
    for host in ["0.0.0.0", "[::]", "192.0.2.1", "[::ffff:192.0.2.1]"] {
        let address = format!("{host}:{port}");
        let output = jiedui(&["--listen", &address]).env("JIEDUI_DB", &db).output().unwrap();
        fails(&output, 6, "nobody said whether they may read: say --public");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--require-token"));
    }
    assert!(std::fs::read(&db).unwrap() == kept, "the database was opened");
    let output = jiedui(&["--listen", "no-such-host.invalid:80"]).env("JIEDUI_DB", &db).output().unwrap();
    fails(&output, 6, "cannot listen on no-such-host.invalid:80");
    let output = jiedui(&["--public", "--require-token"]).env("JIEDUI_DB", &db).output().unwrap();
    fails(&output, 2, "say one of the two");
    drop(taken);
    for option in ["--public", "--require-token"] {
        let (server, log) = logged(jiedui(&["--listen", "0.0.0.0:0", option]), &db);
        let expected = if option == "--public" { 200 } else { 401 };
        assert_eq!(sends(&server, ASK, &[], GRAPHQL).status, expected);
        assert_eq!(sends(&server, WRITE, &[], GRAPHQL).status, if option == "--public" { 403 } else { 401 });
        drop(server);
        let told = log.join().unwrap();
        assert_eq!(told.matches("tokens travel in the clear").count(), 1, "{told}");
    }
}

#[test]
fn the_pages_of_an_allowed_origin_may_show_a_token() {
    let (_folder, db) = database();
    let server = Server::start(&db, &["--allow-origin", "https://example.org", "--require-token"]);
    let origin = ("origin", "https://example.org");
    let asks = [origin, ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")];
    let reply = server.send("OPTIONS", "/graphql", &asks, b"");
    assert!(reply.header("access-control-allow-headers").contains("authorization"), "{reply:?}");
    // And may read why it was refused.
    let refused = server.get("/graphql?query=%7B__typename%7D", &[origin]);
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, "https://example.org"));
}
