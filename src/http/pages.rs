//! What a person or a machine asks for beside `/graphql`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Read;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use rust_embed::Embed;

use super::Shared;
use super::negotiate::takes_gzip;
use crate::model::closed::SOURCE_KIND;
use crate::model::hex::hex;
use crate::model::kinds::{KINDS, SOURCE};
use crate::model::value::{Leaf, Scalar};
use crate::query::error::FieldError;
use crate::query::scope::Scope;
use crate::store::Direction;

/// What a page of ours may do: load from here, talk to here, and nothing else. Monaco, the playground's editor, writes
/// styles into its elements.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; \
                      connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// The playground's files, compressed; `web/playground/build.sh` makes them.
#[derive(Embed)]
#[folder = "assets/playground/"]
#[include = "*.gz"]
struct Playground;

/// The playground's page.
pub fn playground(headers: &HeaderMap) -> Response {
    file("index.html", headers)
}

/// `/playground/{file}`: what the page loads.
pub async fn asset(
    State(shared): State<Shared>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    match name {
        Ok(Path(name)) if !shared.settings.without_playground => file(&name, &headers),
        _ => no_file(),
    }
}

/// What a browser finds where there is no playground.
pub fn no_playground() -> Response {
    let text = "There is no playground here. Questions come by POST, or by GET with `query`.\n";
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8"), (VARY, "accept")], text).into_response()
}

fn file(name: &str, headers: &HeaderMap) -> Response {
    let Some(found) = Playground::get(&format!("{name}.gz")) else { return no_file() };
    let media = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "map") => "application/json",
        Some("ttf") => "font/ttf",
        Some("txt") => "text/plain; charset=utf-8",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    };
    let tag = format!("\"{}\"", hex(&found.metadata.sha256_hash()));
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    let guards = [
        (ETAG, tag.as_str()),
        (CONTENT_TYPE, media),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
        (VARY, "accept, accept-encoding"),
    ];
    if takes_gzip(headers) {
        return (guards, [(CONTENT_ENCODING, "gzip")], found.data.into_owned()).into_response();
    }
    let mut plain = Vec::new();
    match GzDecoder::new(found.data.as_ref()).read_to_end(&mut plain) {
        Ok(_) => (guards, plain).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `/`: what is in the database, and where to go.
pub async fn landing(State(shared): State<Shared>) -> Response {
    match page(&shared) {
        Ok(page) => {
            let guards = [
                (CONTENT_TYPE, "text/html; charset=utf-8"),
                (CONTENT_SECURITY_POLICY, POLICY),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (REFERRER_POLICY, "no-referrer"),
            ];
            (guards, page).into_response()
        }
        Err(error) => {
            tracing::error!(cause = error.cause.as_deref().unwrap_or_default(), "the landing page failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn page(shared: &Shared) -> Result<String, FieldError> {
    let absent =
        [(shared.settings.without_playground, "\"/graphql\""), (!shared.api.introspects(), "\"/schema.graphql\"")];
    let leads_nowhere = |line: &&str| absent.iter().any(|(is_absent, target)| *is_absent && line.contains(target));
    let lines = include_str!("landing.html").split_inclusive('\n').filter(|line| !leads_nowhere(line));
    // Whoever reads a page in a browser shows no token.
    let contents = match shared.access.admits_anyone() {
        true => contents(shared)?,
        false => "<p>读取需要令牌 · reading takes a token</p>\n".to_owned(),
    };
    Ok(lines.collect::<String>().replace("{{contents}}", &contents))
}

fn contents(shared: &Shared) -> Result<String, FieldError> {
    let scope = Scope::new(shared.api.store().snapshot()?);
    let mut rows = String::new();
    for kind in KINDS {
        let count = scope.snapshot.count(kind)?;
        // Writing to a string cannot fail.
        let _ = writeln!(
            rows,
            "<tr><td>{}</td><td>{}</td><td><code>{}</code></td><td class=\"n\">{count}</td></tr>",
            kind.zh, kind.name, kind.plural
        );
    }
    let revision = scope.snapshot.revision()?;
    let contents = include_str!("contents.html").replace("{{rows}}", &rows).replace("{{sources}}", &sources(&scope)?);
    Ok(contents.replace("{{revision}}", &revision.to_string()))
}

/// How many sources there are of each kind.
fn sources(scope: &Scope) -> Result<String, FieldError> {
    const KIND: usize = SOURCE.slot_of("kind");
    let mut counts = BTreeMap::new();
    for source in scope.snapshot.scan(&SOURCE, None, Direction::Forward)? {
        scope.spend()?;
        if let Some(Leaf::Name(kind)) = Scalar::Closed(&SOURCE_KIND).read(source?.row().slot(KIND)) {
            *counts.entry(kind).or_insert(0) += 1;
        }
    }
    let counts: Vec<_> = counts.iter().map(|(kind, count)| format!("{count} <code>{kind}</code>")).collect();
    Ok(counts.join(", "))
}

/// The README, whose worked questions the landing page leads to.
pub fn readme(text: &'static str) -> Response {
    ([(CONTENT_TYPE, "text/markdown; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], text).into_response()
}

/// Any other path.
pub async fn nothing() -> Response {
    no_file()
}

/// A method that a page does not have.
pub async fn wrong_method() -> Response {
    let text = "This is read with GET. Questions to /graphql may also come by POST.\n";
    (StatusCode::METHOD_NOT_ALLOWED, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

fn no_file() -> Response {
    let text = "There is nothing here. The API is at /graphql.\n";
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// `/health`: the process is alive.
pub async fn health() -> Response {
    (StatusCode::OK, [(CONTENT_TYPE, "text/plain; charset=utf-8")], "alive\n").into_response()
}

/// `/ready`: the database can be read, and requests are taken.
pub async fn ready(State(shared): State<Shared>) -> Response {
    let readable = shared.api.store().snapshot().is_ok_and(|snapshot| snapshot.revision().is_ok());
    let (status, text) = match (shared.stopping.has_begun(), readable) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be read\n"),
        (false, true) => (StatusCode::OK, "ready\n"),
    };
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// `/metrics`, as Prometheus reads them.
pub async fn metrics(State(shared): State<Shared>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], shared.metrics.render()).into_response()
}

/// `/schema.graphql`.
pub async fn schema(State(shared): State<Shared>) -> Response {
    if !shared.api.introspects() {
        return no_file();
    }
    ([(CONTENT_TYPE, "application/graphql; charset=utf-8")], crate::api::SDL).into_response()
}
