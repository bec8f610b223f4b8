//! Who may what: tokens as a keeper makes them, as a client shows them, and what a server opens to whom.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::JoinHandle;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Reply, Server, jiedui};
use crate::support::{Loaded, loaded};

pub const GRAPHQL: &str = "application/graphql-response+json";
pub const ASK: &str = "{ region(code: \"442000\") { name } }";
pub const WRITE: &str = "mutation { upsertProduct(input: { id: \"product:a\", name: \"甲\" }) { revision } }";

/// A database with the built-in data.
pub fn database() -> (TempDir, PathBuf) {
    let Loaded { folder, api } = loaded(Default::default());
    drop(api);
    let db = folder.path().join("jiedui.redb");
    (folder, db)
}

fn file(db: &Path) -> PathBuf {
    db.with_extension("redb.tokens")
}

fn token(db: &Path, arguments: &[&str]) -> Output {
    jiedui(&["token"]).args(arguments).env("JIEDUI_DB", db).output().unwrap()
}

#[track_caller]
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap().trim_end().to_owned()
}

/// Makes a token, and gives its secret.
#[track_caller]
pub fn create(db: &Path, name: &str, role: &str) -> String {
    printed(&token(db, &["create", "--name", name, "--role", role]))
}

/// Everything that is known of the tokens, as programs list it.
fn list(db: &Path) -> Value {
    serde_json::from_str(&printed(&token(db, &["list", "--format", "json"]))).unwrap()
}

fn id_of(db: &Path, name: &str) -> String {
    let all = list(db);
    let found = all.as_array().unwrap().iter().find(|token| token["name"] == name);
    found.unwrap_or_else(|| panic!("{all:#}"))["id"].as_str().unwrap().to_owned()
}

/// Changes one token in the file, as a hand with an editor would.
fn edit(db: &Path, change: impl FnOnce(&mut Value)) {
    let mut kept: Value = serde_json::from_slice(&std::fs::read(file(db)).unwrap()).unwrap();
    change(&mut kept["tokens"][0]);
    std::fs::write(file(db), kept.to_string()).unwrap();
}

/// A server, and what it logs until it ends.
pub fn logged(mut command: Command, db: &Path) -> (Server, JoinHandle<String>) {
    command.env("JIEDUI_DB", db).stderr(Stdio::piped());
    let mut server = Server::run(command);
    let mut log = server.child.stderr.take().unwrap();
    let read = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).unwrap();
        text
    });
    (server, read)
}

/// Sends a document with these values of `Authorization`.
pub fn sends(server: &Server, document: &str, shown: &[&str], accept: &str) -> Reply {
    let mut headers = vec![("accept", accept), ("content-type", "application/json")];
    headers.extend(shown.iter().map(|value| ("authorization", *value)));
    server.send("POST", "/graphql", &headers, json!({ "query": document }).to_string().as_bytes())
}

pub fn shows(server: &Server, document: &str, secret: &str) -> Reply {
    sends(server, document, &[&format!("Bearer {secret}")], GRAPHQL)
}

/// Expects a refusal of who asks: 401 in either media type, with a challenge, without data.
#[track_caller]
pub fn unauthenticated(reply: &Reply, challenge: &str, told: &str) {
    let code = &reply.json()["errors"][0]["extensions"]["code"];
    assert_eq!((reply.status, code), (401, &json!("UNAUTHENTICATED")), "{}", reply.text());
    assert_eq!(reply.header("www-authenticate"), challenge);
    assert!(reply.text().contains(told) && reply.json().get("data").is_none(), "{}", reply.text());
}

pub const INVALID: &str = "Bearer error=\"invalid_token\"";

#[test]
fn reading_is_open_and_writing_is_closed_without_a_token() {
    let (_folder, db) = database();
    let server = Server::start(&db, &[]);
    assert_eq!(sends(&server, ASK, &[], GRAPHQL).json(), json!({ "data": { "region": { "name": "中山市" } } }));
    let refused = sends(&server, WRITE, &[], GRAPHQL);
    assert_eq!(refused.status, 403, "{}", refused.text());
    let error = &refused.json()["errors"][0];
    assert_eq!(error["extensions"]["code"], "FORBIDDEN");
    assert_eq!(error["locations"], json!([{ "line": 1, "column": 12 }]));
    assert!(error["message"].as_str().unwrap().contains("jiedui token create"), "{error}");
    // Old clients take any other status for a failure of the transport.
    assert_eq!(sends(&server, WRITE, &[], "application/json").status, 200);
}

#[test]
fn a_role_lets_its_holder_do_what_it_says_and_the_log_has_their_name() {
    let (_folder, db) = database();
    let [reader, editor, keeper] = ["reader", "editor", "keeper"].map(|role| create(&db, &format!("李 {role}"), role));
    let server = Server::start(&db, &[]);
    for secret in [&reader, &editor, &keeper] {
        assert_eq!(shows(&server, ASK, secret).status, 200);
    }
    let refused = shows(&server, WRITE, &reader);
    assert_eq!(refused.status, 403);
    assert!(
        refused.text().contains("李 reader has the role reader, and this takes the role editor"),
        "{}",
        refused.text()
    );
    let made = shows(&server, WRITE, &editor);
    assert_eq!(made.status, 200, "{}", made.text());
    let revision = &made.json()["data"]["upsertProduct"]["revision"];
    let revert = format!("mutation {{ revert(revision: {revision}) {{ revision }} }}");
    assert_eq!(shows(&server, &revert, &editor).status, 403);
    // What is allowed beside what is not is not done either.
    let both = format!(
        "mutation {{ upsertProduct(input: {{ id: \"product:b\", name: \"乙\" }}) {{ revision }} \
         revert(revision: {revision}) {{ revision }} }}"
    );
    let refused = shows(&server, &both, &editor);
    assert_eq!((refused.status, refused.json()["errors"].as_array().unwrap().len()), (403, 1), "{}", refused.text());
    assert_eq!(
        shows(&server, "{ node(id: \"product:b\") { id } }", &editor).json(),
        json!({ "data": { "node": null } })
    );
    assert_eq!(shows(&server, &revert, &keeper).status, 200);
    drop(server);
    let store = crate::support::open(&db);
    let author = |revision| store.snapshot().unwrap().log_entry(revision).unwrap().unwrap().author;
    let revision = revision.as_u64().unwrap();
    assert_eq!((author(revision), author(revision + 1)), ("李 editor".to_owned(), "李 keeper".to_owned()));
}

#[test]
fn what_is_no_good_token_is_refused_and_never_becomes_anyone() {
    let (_folder, db) = database();
    let secret = create(&db, "李华", "keeper");
    let server = Server::start(&db, &[]);
    let good = format!("Bearer {secret}");
    let other = format!("Bearer jdt_{}", "0".repeat(64));
    let (short, long, upper) = (&good[..good.len() - 1], format!("Bearer {}", "x".repeat(20_000)), good.to_uppercase());
    for (shown, told) in [
        ([other.as_str()].as_slice(), "not known here"),
        (&[short], "not known here"),
        (&[&long], "not known here"),
        (&[&upper], "not known here"),
        (&[&format!("{good} {secret}")], "not known here"),
        (&[&format!("{good},{good}")], "not known here"),
        (&["Bearer 令牌"], "not ASCII"),
        (&["Bearer"], "no token"),
        (&[""], "is empty"),
        (&["Basic YTpi"], "another scheme"),
        (&[&secret], "another scheme"),
        (&[&good, &good], "more than once"),
        (&[&good, "Basic YTpi"], "more than once"),
    ] {
        for media in [GRAPHQL, "application/json", "text/csv"] {
            unauthenticated(&sends(&server, ASK, shown, media), INVALID, told);
        }
        let reply = sends(&server, ASK, shown, GRAPHQL);
        assert!(!reply.text().contains(&secret) && !reply.text().contains("YTpi"), "{}", reply.text());
    }
    let by_get = server.get("/graphql?query=%7B__typename%7D", &[("authorization", "Bearer x")]);
    unauthenticated(&by_get, INVALID, "not known here");
    // The scheme's name is whatever its letters; the header's too.
    assert_eq!(sends(&server, ASK, &[&format!("bearer  {secret}")], GRAPHQL).status, 200);
}

#[test]
fn a_token_in_the_query_string_or_the_body_is_nothing() {
    let (_folder, db) = database();
    let secret = create(&db, "李华", "keeper");
    let server = Server::start(&db, &[]);
    let headers = [("accept", GRAPHQL), ("content-type", "application/json")];
    for name in ["access_token", "token", "authorization"] {
        let target = format!("/graphql?{name}={secret}");
        let body = json!({ "query": WRITE, name: secret, "extensions": { name: secret } }).to_string();
        let reply = server.send("POST", &target, &headers, body.as_bytes());
        assert_eq!(reply.status, 403, "{name}: {}", reply.text());
    }
}

#[test]
fn tokens_are_made_and_revoked_while_the_server_runs() {
    let (_folder, db) = database();
    let server = Server::start(&db, &[]);
    let secret = create(&db, "李华", "editor");
    assert_eq!(shows(&server, WRITE, &secret).status, 200);
    let id = id_of(&db, "李华");
    let told = printed(&token(&db, &["revoke", &id]));
    assert!(told.contains(&format!("token {id} of 李华 is revoked since 20")), "{told}");
    unauthenticated(&shows(&server, ASK, &secret), INVALID, "this token was revoked at 20");
    // Once more changes nothing.
    let revoked = list(&db)[0]["revoked"].clone();
    printed(&token(&db, &["revoke", &id]));
    assert_eq!((&list(&db)[0]["revoked"], &list(&db)[0]["state"]), (&revoked, &json!("revoked")));
    assert_eq!(shows(&server, ASK, &create(&db, "李华", "reader")).status, 200);
    // Without their file there are no tokens.
    let last = create(&db, "王", "reader");
    assert_eq!(shows(&server, ASK, &last).status, 200);
    std::fs::remove_file(file(&db)).unwrap();
    unauthenticated(&shows(&server, ASK, &last), INVALID, "not known here");
}

#[test]
fn a_token_ends_when_it_says() {
    let (_folder, db) = database();
    let made = token(&db, &["create", "--name", "李华", "--role", "reader", "--expires", "90d", "--note", "试用"]);
    let secret = printed(&made);
    assert!(String::from_utf8_lossy(&made.stderr).contains("for 李华, reader, until 20"), "{made:?}");
    let server = Server::start(&db, &[]);
    assert_eq!(shows(&server, ASK, &secret).status, 200);
    edit(&db, |token| token["expires"] = json!("2026-01-01T00:00:00Z"));
    unauthenticated(&shows(&server, ASK, &secret), INVALID, "expired at 2026-01-01T00:00:00Z");
    assert_eq!((&list(&db)[0]["state"], &list(&db)[0]["note"]), (&json!("expired"), &json!("试用")));
}

#[test]
fn a_file_that_is_damaged_ends_the_start_and_a_running_server_keeps_what_it_last_read() {
    let (_folder, db) = database();
    let secret = create(&db, "李华", "reader");
    let good = std::fs::read(file(&db)).unwrap();
    let (server, log) = logged(jiedui(&["--listen", "127.0.0.1:0"]), &db);
    std::fs::write(file(&db), b"{\"format\": 1, \"tokens\": [").unwrap();
    assert_eq!(shows(&server, ASK, &secret).status, 200);
    assert_eq!(shows(&server, ASK, &secret).status, 200);
    // What was mended is read again.
    std::fs::write(file(&db), &good).unwrap();
    printed(&token(&db, &["revoke", &id_of(&db, "李华")]));
    unauthenticated(&shows(&server, ASK, &secret), INVALID, "revoked");
    drop(server);
    let told = log.join().unwrap();
    assert!(told.lines().count() == 1 && told.contains("no file of tokens"), "it is told once: {told}");
    assert!(told.contains("the tokens stand as they were last read"), "{told}");

    let digest = "0".repeat(64);
    let one = |more: &str| {
        let created = "\"created\":\"2026-01-01T00:00:00Z\"";
        format!("{{\"id\":\"00000000\",\"name\":\"a\",\"role\":\"reader\",\"sha256\":\"{digest}\",{created}{more}}}")
    };
    let of = |tokens: &str| format!("{{\"format\":1,\"tokens\":[{tokens}]}}");
    for (content, told) in [
        (String::new(), "line 1, column 0: no file of tokens"),
        ("[]".to_owned(), "no file of tokens"),
        ("{\"format\":2,\"tokens\":[]}".to_owned(), "it has format 2, and this jiedui reads format 1"),
        (of(&one(",\"scope\":\"x\"")), "no file of tokens"),
        (of(&one("").replace("reader", "admin")), "no file of tokens"),
        (of(&one("").replace("\"a\"", "\"\"")), "token 1: the name: expected 1 to 100 characters"),
        (of(&one("").replace(&digest, "secret")), "token 1: sha256: expected 64"),
        (of(&format!("{},{}", one(""), one(""))), "token 2: it is there twice"),
        (format!("{}{}", of(""), " ".repeat(3 << 20)), "no file of tokens"),
    ] {
        std::fs::write(file(&db), &content).unwrap();
        let started = jiedui(&["--listen", "127.0.0.1:0"]).env("JIEDUI_DB", &db).output().unwrap();
        for output in [started, token(&db, &["list"]), token(&db, &["create", "--name", "b", "--role", "reader"])] {
            fails(&output, 1, told);
        }
        assert!(
            std::fs::read(file(&db)).unwrap() == content.as_bytes(),
            "what is damaged is left for its keeper to mend"
        );
    }
    std::fs::remove_file(file(&db)).unwrap();
    std::fs::create_dir(file(&db)).unwrap();
    fails(&jiedui(&["--listen", "127.0.0.1:0"]).env("JIEDUI_DB", &db).output().unwrap(), 7, "redb.tokens: ");
    fails(&token(&db, &["list"]), 7, "redb.tokens: ");
}

/// Expects an exit code, and one line on standard error that says why.
#[track_caller]
pub fn fails(output: &Output, code: i32, why: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.trim_end().lines().count() == 1 && told.contains(why), "{told}");
}

#[test]
fn the_file_is_its_owners_and_holds_no_secret() {
    let (folder, db) = database();
    let secret = create(&db, "李华", "editor");
    let mode = || std::fs::metadata(file(&db)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    // Whatever it was before.
    std::fs::set_permissions(file(&db), std::fs::Permissions::from_mode(0o644)).unwrap();
    create(&db, "王", "reader");
    assert_eq!(mode(), 0o600);
    let kept = std::fs::read_to_string(file(&db)).unwrap();
    assert!(!kept.contains(&secret) && !kept.contains(&secret[4..]), "{kept}");
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&secret);
    assert!(kept.contains(&digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()));
    for shown in [printed(&token(&db, &["list"])), list(&db).to_string()] {
        assert!(shown.contains("李华") && !shown.contains("sha256") && !shown.contains(&secret), "{shown}");
    }
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing is left beside the two files: {names:?}");
}

#[test]
fn many_who_make_tokens_at_once_lose_none() {
    let (_folder, db) = database();
    let children: Vec<_> = (0..12)
        .map(|at| {
            let mut command = jiedui(&["token", "create", "--role", "reader", "--name", &format!("n{at}")]);
            command.env("JIEDUI_DB", &db).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for child in children {
        printed(&child.wait_with_output().unwrap());
    }
    assert_eq!(list(&db).as_array().unwrap().len(), 12);
}

#[test]
fn what_cannot_be_a_token_is_refused_before_anything_is_written() {
    let (_folder, db) = database();
    for (arguments, told) in [
        (["--name", "a", "--role", "admin"].as_slice(), "expected one of reader, editor, keeper"),
        (&["--name", "a", "--role", "reader", "--expires", "2020-01-01"], "is over already"),
        (&["--name", "a", "--role", "reader", "--expires", "soon"], "expected a time such as 12h"),
        (&["--name", "", "--role", "reader"], "the name: expected 1 to 100 characters"),
        (&["--name", "jiedui", "--role", "keeper"], "choose another"),
        (&["--name", "a"], "--role"),
    ] {
        let output = jiedui(&["token", "create"]).args(arguments).env("JIEDUI_DB", &db).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(told) && output.stdout.is_empty(), "{error}");
    }
    let secret = format!("jdt_{}", "0".repeat(64));
    let output = token(&db, &["revoke", &secret]);
    fails(&output, 1, "no token has this id; `jiedui token list` shows those there are");
    assert!(!String::from_utf8_lossy(&output.stderr).contains(&secret));
    assert_eq!(printed(&token(&db, &["list"])), "no tokens");
    assert!(!file(&db).exists());
}

#[test]
fn tokens_stand_in_no_log_metric_or_error() {
    let (_folder, db) = database();
    let secret = create(&db, "李华", "editor");
    let mut command = jiedui(&["--listen", "127.0.0.1:0"]);
    command.env("RUST_LOG", "trace").env("NO_COLOR", "1");
    let (server, log) = logged(command, &db);
    let unknown = format!("jdt_{}", "7".repeat(64));
    let told = [shows(&server, WRITE, &secret), shows(&server, WRITE, &unknown), shows(&server, "{ no }", &secret)];
    server.get(&format!("/graphql?access_token={secret}"), &[]);
    let metrics = server.get("/metrics", &[]).text();
    assert!(metrics.contains("jiedui_unauthenticated_total{why=\"unknown\"} 1"), "{metrics}");
    drop(server);
    let log = log.join().unwrap();
    assert!(log.contains("route=\"/graphql\" status=401"), "{log}");
    for text in told.iter().map(Reply::text).chain([metrics, log]) {
        assert!(!text.contains(&secret[4..]) && !text.contains(&unknown[4..]), "{text}");
    }
}

/// The commands of the READMEs, as they are written there; the id and the token are those that the first of them made.
#[test]
fn the_readmes_commands_do_what_they_say() {
    for (name, heading) in [("README.md", "## Who may what\n"), ("README.zh-CN.md", "## 谁能做什么\n")] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        let section = text.split_once(heading).unwrap_or_else(|| panic!("{name} has no {heading}")).1;
        let section = section.split("\n## ").next().unwrap();
        let (_folder, db) = database();
        let server = Server::start(&db, &[]);
        let run = |line: &str| {
            let words = format!("set -- {line}\nshift\nexec {} \"$@\"", env!("CARGO_BIN_EXE_jiedui"));
            printed(&Command::new("sh").args(["-c", &words]).env("JIEDUI_DB", &db).output().unwrap())
        };
        let of = |start: &str| section.lines().filter(|line| line.starts_with(start)).collect::<Vec<_>>();
        let [create, lists, revoke] = of("jiedui token ")[..] else { panic!("{name}: {section}") };
        let secret = run(create);
        assert!(run(lists).contains("editor  valid"), "{name}");
        let body = section.split_once("-d '").unwrap().1.split_once('\'').unwrap().0;
        let query: Value = serde_json::from_str(body).unwrap();
        assert!(section.contains("-H \"Authorization: Bearer $TOKEN\""), "{name}");
        let made = shows(&server, query["query"].as_str().unwrap(), &secret);
        assert_eq!(made.json()["data"]["upsertProduct"]["revision"], 2, "{name}: {}", made.text());
        let id = list(&db)[0]["id"].as_str().unwrap().to_owned();
        let (words, rest) = revoke.split_once("revoke ").unwrap();
        run(&format!("{words}revoke {id} {}", rest.split_once(' ').map_or("", |(_, rest)| rest)));
        unauthenticated(&shows(&server, ASK, &secret), INVALID, "revoked");
    }
}
