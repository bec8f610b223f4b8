//! An answer of `/graphql` as NDJSON: a line for each node of its one connection, to the connection's end.

use std::io::Write;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use super::Shared;
use super::export::no_room;
use super::graphql::{log_internal, told};
use super::negotiate::Media;
use super::observe::RequestId;
use super::stream::{Out, stream};
use crate::api::error::{Code, GraphqlError};
use crate::api::request::{Answer, Request};
use crate::api::{Lines, Passed};

/// Streams a request that passed the gate.
pub async fn answer(shared: &Shared, id: &RequestId, request: &Request, passed: &Passed) -> Response {
    let lines = match shared.api.lines(request, passed).await {
        Ok(lines) => lines,
        // What is no connection has no answer in this media type.
        Err(errors) if errors.iter().all(|error| error.code == Code::BadRequest) => {
            let answer = Answer::refused(errors).to_json();
            return (StatusCode::NOT_ACCEPTABLE, head(), [answer, b"\n".to_vec()].concat()).into_response();
        }
        Err(errors) => return told(Media::Lines, errors),
    };
    let Some(room) = shared.room() else { return no_room(shared) };
    let (out, reading) = stream(shared.settings.limits.export());
    let request = id.clone();
    let running = spawn_blocking(move || run(lines, out, &request, room));
    match reading.begun().await {
        Some(body) => (head(), body).into_response(),
        // It failed before anything was sent, and can still say so by its status.
        None => {
            told(Media::Lines, running.await.unwrap_or_else(|error| vec![GraphqlError::internal(error.to_string())]))
        }
    }
}

fn head() -> [(axum::http::HeaderName, &'static str); 2] {
    [(CONTENT_TYPE, Media::Lines.content_type()), (VARY, "accept")]
}

/// Writes the lines on this thread; gives what went wrong before any was sent. Behind the first, what goes wrong is the last
/// line, and the body has no end.
fn run(lines: Lines, mut out: Out, id: &RequestId, _room: OwnedSemaphorePermit) -> Vec<GraphqlError> {
    let done = lines.run(&mut |line| out.write_all(line).and_then(|()| out.flush_if_late()).is_ok());
    let begun = out.begun();
    let outcome = match done {
        Ok(_) => match out.end() {
            Ok(()) => "whole",
            Err(_) => "abandoned",
        },
        Err(errors) if !begun => return errors,
        Err(errors) => {
            log_internal(id, &errors);
            let mut line = Answer::refused(errors).to_json();
            line.push(b'\n');
            // A client that has gone away is told nothing.
            let _ = out.write_all(&line).and_then(|()| out.flush());
            "failed"
        }
    };
    metrics::counter!("jiedui_exports_total", "outcome" => outcome).increment(1);
    Vec::new()
}
