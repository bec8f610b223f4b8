//! Files with a GraphQL request: the multipart request specification, for the mutation that imports.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRequest, Multipart};
use axum::http::{HeaderName, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::Shared;
use super::graphql::{refuse, request_of_json};
use super::negotiate::Media;
use crate::api::Caller;
use crate::api::error::Code;
use crate::api::request::{Request, Uploads};
use crate::query::mutation::Mutation;

/// A form can be sent across origins without asking, unless a header is with it that a form cannot send: one of these.
pub const PREFLIGHT: [HeaderName; 2] =
    [HeaderName::from_static("graphql-require-preflight"), HeaderName::from_static("apollo-require-preflight")];

/// The request that a multipart body holds, with its files. It is read for those alone who may import.
pub async fn read(
    shared: &Shared,
    caller: &Caller,
    media: Media,
    mut request: axum::extract::Request,
) -> Result<Request, Box<Response>> {
    let bad = |message: String| Box::new(refuse(media, StatusCode::BAD_REQUEST, Code::BadRequest, message));
    if !PREFLIGHT.iter().any(|name| request.headers().contains_key(name)) {
        let message = format!("a request with files is sent with the header {}: 1", PREFLIGHT[0]);
        return Err(Box::new(refuse(media, StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest, message)));
    }
    if let Err(error) = caller.may(Mutation::Import) {
        return Err(Box::new(refuse(media, StatusCode::FORBIDDEN, Code::Forbidden, error.message)));
    }
    let limits = &shared.settings.limits;
    DefaultBodyLimit::max(limits.upload_bytes).apply(&mut request);
    let mut parts = Multipart::from_request(request, shared).await.map_err(|error| bad(error.body_text()))?;
    let late = || {
        let message = format!("nothing of the body came for {} ms", limits.stall().as_millis());
        Box::new(refuse(media, StatusCode::REQUEST_TIMEOUT, Code::LimitExceeded, message))
    };
    let (mut operations, mut map) = (None::<Request>, None::<Value>);
    let mut uploads = Uploads::new();
    loop {
        let next = tokio::time::timeout(limits.stall(), parts.next_field()).await;
        let next = next.map_err(|_| late())?;
        let Some(mut part) = next.map_err(|error| bad(error.body_text()))? else { break };
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        // A large file takes its time, as long as something of it comes.
        while let Some(chunk) =
            tokio::time::timeout(limits.stall(), part.chunk()).await.map_err(|_| late())?.map_err(|error| {
                let (status, text) = (error.status(), error.body_text());
                let code = if status == StatusCode::PAYLOAD_TOO_LARGE { Code::LimitExceeded } else { Code::BadRequest };
                Box::new(refuse(media, status, code, format!("the part \"{name}\" cannot be read: {text}")))
            })?
        {
            bytes.extend_from_slice(&chunk);
        }
        match name.as_str() {
            "operations" => {
                operations = Some(request_of_json(&bytes).map_err(|why| bad(format!("operations: {why}")))?)
            }
            "map" => map = Some(serde_json::from_slice(&bytes).map_err(|error| bad(format!("map: {error}")))?),
            _ => drop(uploads.insert(name, (file, bytes))),
        }
    }
    let mut operations = operations.ok_or_else(|| bad("the part \"operations\" is missing".to_owned()))?;
    let Some(Value::Object(map)) = map else {
        return Err(bad("the part \"map\" is missing, or no object of lists of paths".to_owned()));
    };
    for (file, paths) in &map {
        if !uploads.contains_key(file) {
            return Err(bad(format!("map: there is no part \"{file}\"")));
        }
        for path in paths.as_array().into_iter().flatten() {
            let place = path.as_str().and_then(|path| path.strip_prefix("variables.")).and_then(|path| {
                let (name, rest) = path.split_once('.').unwrap_or((path, ""));
                let value = operations.variables.get_mut(name)?;
                if rest.is_empty() { Some(value) } else { value.get_mut(rest.parse::<usize>().ok()?) }
            });
            let place = place.filter(|place| place.is_null());
            let place = place.ok_or_else(|| bad(format!("map: {path} is no null of the variables")))?;
            *place = Value::String(file.clone());
        }
    }
    operations.uploads = Arc::new(uploads);
    Ok(operations)
}
