//! `/export/{file}`: the whole graph, or a kind, as a file that is written while it is sent.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use super::Shared;
use super::negotiate::knows;
use super::observe::RequestId;
use super::stream::{Out, stream, unread};
use crate::api::{Api, nearest};
use crate::exchange::columns::kind_called;
use crate::exchange::outlet::{Export, Format, OutletError};
use crate::model::kinds::KINDS;
use crate::store::log::Revision;
use crate::store::{Snapshot, StoreError};

/// Says of which revision an export is.
pub const REVISION: HeaderName = HeaderName::from_static("jiedui-revision");

/// Sends an export.
pub async fn export(
    State(shared): State<Shared>,
    id: RequestId,
    method: Method,
    name: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let export = match export_called(&name) {
        Ok(export) => export,
        Err(why) => return plain(StatusCode::NOT_FOUND, why),
    };
    let revision = match asked_revision(&uri) {
        Ok(revision) => revision,
        Err(why) => return plain(StatusCode::BAD_REQUEST, why),
    };
    let api = shared.api.clone();
    let (snapshot, of, tag) = match spawn_blocking(move || opened(&api, revision)).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(StoreError::NotKept(why))) => return plain(StatusCode::NOT_FOUND, why),
        Ok(Err(error)) => return failed(&id, &error.to_string()),
        Err(error) => return failed(&id, &error.to_string()),
    };
    let caching = [
        (ETAG, tag.clone()),
        (CACHE_CONTROL, "no-cache".to_owned()),
        // For `asOf`, when what was downloaded is imported again.
        (REVISION, of.to_string()),
    ];
    if knows(&headers, &tag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let disposition = format!("attachment; filename=\"{}\"", export.file_name());
    let file = [(CONTENT_TYPE, export.format().media_type().to_owned()), (CONTENT_DISPOSITION, disposition)];
    if method == Method::HEAD {
        return (caching, file, unread()).into_response();
    }
    let Some(room) = shared.room() else { return no_room(&shared) };
    let (out, reading) = stream(shared.settings.limits.export());
    let request = id.clone();
    spawn_blocking(move || run(export, &snapshot, out, &request, room));
    match reading.begun().await {
        Some(body) => (caching, file, body).into_response(),
        None => failed(&id, "an export gave nothing"),
    }
}

impl super::Parts {
    /// Room for one more body that is written while it is sent.
    pub fn room(&self) -> Option<OwnedSemaphorePermit> {
        self.exports.clone().try_acquire_owned().ok()
    }
}

/// What there is no room for.
pub fn no_room(shared: &Shared) -> Response {
    let most = shared.settings.limits.exports;
    let why =
        format!("{most} exports are under way, which is as many as there may be at once; try again in some seconds");
    metrics::counter!("jiedui_exports_total", "outcome" => "refused").increment(1);
    ([(RETRY_AFTER, "5")], plain(StatusCode::SERVICE_UNAVAILABLE, why)).into_response()
}

/// Writes an export on this thread. Where it fails, what was sent has no end, so that nobody takes it for all.
fn run(export: Export, snapshot: &Snapshot, mut out: Out, id: &RequestId, _room: OwnedSemaphorePermit) {
    // A page of the file that is damaged makes the store panic.
    let written = catch_unwind(AssertUnwindSafe(|| export.write(snapshot, &mut out)));
    let outcome = match written.map(|written| written.and_then(|_| Ok(out.end()?))) {
        Ok(Ok(())) => "whole",
        // The client went away, or reads too slowly.
        Ok(Err(OutletError::Write(_))) => "abandoned",
        Ok(Err(OutletError::Store(error))) => {
            tracing::error!(id = %id.0, cause = %error, "an export failed");
            "failed"
        }
        Err(_) => {
            tracing::error!(id = %id.0, cause = "a panic", "an export failed");
            "failed"
        }
    };
    metrics::counter!("jiedui_exports_total", "outcome" => outcome).increment(1);
}

/// The revision that `?at=` asks for; nothing for the newest.
fn asked_revision(uri: &Uri) -> Result<Option<Revision>, String> {
    let query = uri.query().unwrap_or_default();
    let mut asked = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match value.parse() {
            Ok(revision) if name == "at" => asked = Some(revision),
            _ => return Err(format!("expected no parameter but `at`, a revision, found \"{name}={value}\"")),
        }
    }
    Ok(asked)
}

/// A view of the store, and the tag of what is exported from it: it changes with each revision, with a file that takes another's
/// place, and with what a newer jiedui writes.
fn opened(api: &Arc<Api>, revision: Option<Revision>) -> Result<(Snapshot, Revision, String), StoreError> {
    let snapshot = api.store().snapshot()?;
    let snapshot = match revision {
        Some(revision) => snapshot.at(revision)?,
        None => snapshot,
    };
    let revision = snapshot.revision()?;
    let time = snapshot.time_of(revision)?.unwrap_or_default();
    // Weak: compressed or not, it is the same.
    let tag = format!("W/\"{revision}-{time}-{}\"", env!("CARGO_PKG_VERSION"));
    Ok((snapshot, revision, tag))
}

/// The export that a file's name asks for, or why there is none.
fn export_called(file: &str) -> Result<Export, String> {
    let (what, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let Some(format) = Format::ALL.into_iter().find(|format| format.extension() == extension) else {
        return Err("expected package.zip, graph.ndjson, graph.geojson, or a kind as in pairings.csv, pairings.ndjson, cities.geojson".to_owned());
    };
    match (what, format) {
        ("package", Format::Package) => Export::new(format, None),
        ("graph", _) if format != Format::Package => Export::new(format, None),
        (_, Format::Package) => Err("a zip file is the whole data package: package.zip".to_owned()),
        (name, _) => match kind_called(name) {
            Some(kind) => Export::new(format, Some(kind)),
            None => {
                let near = nearest(name, KINDS.iter().map(|kind| kind.plural))
                    .map(|near| format!("; did you mean {near}.{extension}?"));
                Err(format!("no kind is called so{}", near.unwrap_or_default()))
            }
        },
    }
}

fn failed(id: &RequestId, cause: &str) -> Response {
    tracing::error!(id = %id.0, cause, "an export failed");
    plain(StatusCode::INTERNAL_SERVER_ERROR, "internal error".to_owned())
}

fn plain(status: StatusCode, text: String) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text + "\n").into_response()
}
