//! `/graphql`: GraphQL over HTTP, as its draft of August 2026 has it.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequest, State};
use axum::http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, UPGRADE, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::access::Shown;
use super::negotiate::{Media, accepted, content_coding, prefers_html, sent, takes_events};
use super::observe::RequestId;
use super::{PARTIAL, Shared, events, lines, pages, upload, websocket};
use crate::access::Refused;
use crate::api::error::{Code, GraphqlError};
use crate::api::request::{Answer, Request};
use crate::api::{Caller, Passed};

/// An answer by POST.
pub async fn post(
    State(shared): State<Shared>,
    Extension(shown): Extension<Shown>,
    Extension(caller): Extension<Caller>,
    id: RequestId,
    request: axum::extract::Request,
) -> Response {
    posted(&shared, &shown, &caller, &id, request).await
}

/// The same, of a caller who is known.
pub async fn posted(
    shared: &Shared,
    shown: &Shown,
    caller: &Caller,
    id: &RequestId,
    request: axum::extract::Request,
) -> Response {
    let headers = request.headers();
    let Some(takes) = Takes::read(headers) else { return not_acceptable() };
    let media = takes.refusals();
    let asker = Asker { shared, shown, caller, id, takes };
    let (name, charset) = sent(headers);
    if name == "multipart/form-data" {
        return match upload::read(shared, caller, media, request).await {
            Ok(request) => resolve(&asker, request).await,
            Err(refused) => *refused,
        };
    }
    // A form can send any other type across origins without asking: refusing them closes the door to that.
    if name != "application/json" || charset.as_ref().is_some_and(|charset| charset != "utf-8") {
        let found = headers.get(CONTENT_TYPE).map_or("none", |value| value.to_str().unwrap_or("another"));
        let message = format!("expected the content type application/json in UTF-8, found {found}");
        return refuse(media, StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest, message);
    }
    if let Some(coding) = content_coding(headers) {
        let message = format!("the body is sent with the content coding {coding}: send it as it is");
        let mut refused = refuse(media, StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest, message);
        refused.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        return refused;
    }
    // What says that it is too long is not waited for.
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > shared.settings.limits.request_bytes as u64) {
        return too_long(media, shared);
    }
    let stall = shared.settings.limits.stall();
    let body = match tokio::time::timeout(stall, Bytes::from_request(request, &shared)).await {
        Ok(Ok(body)) => body,
        Err(_) => {
            let message = format!("the body did not come within {} ms", stall.as_millis());
            return refuse(media, StatusCode::REQUEST_TIMEOUT, Code::LimitExceeded, message);
        }
        Ok(Err(rejected)) if rejected.status() == StatusCode::PAYLOAD_TOO_LARGE => return too_long(media, shared),
        Ok(Err(rejected)) => {
            return refuse(
                media,
                StatusCode::BAD_REQUEST,
                Code::BadRequest,
                format!("the body cannot be read: {rejected}"),
            );
        }
    };
    match request_of_json(&body) {
        Ok(request) => resolve(&asker, request).await,
        Err(message) => refuse(media, StatusCode::BAD_REQUEST, Code::BadRequest, message),
    }
}

/// Who asks, and how the answer is to come.
struct Asker<'r> {
    shared: &'r Shared,
    shown: &'r Shown,
    caller: &'r Caller,
    id: &'r RequestId,
    takes: Takes,
}

/// Answers a request that was sent by its text or by the id of a trusted document.
async fn resolve(asker: &Asker<'_>, request: Request) -> Response {
    match asker.shared.api.trusted().resolve(request) {
        Ok((request, trusted)) => {
            let passed = asker.shared.api.pass(&request);
            answer(asker, &request, passed, trusted).await
        }
        Err(error) => asker.takes.respond(asker.shared, Answer::refused(vec![error])),
    }
}

/// The playground for a browser that asks nothing: a page without data, which anyone may have so as to give it their token.
pub async fn playground_first(State(shared): State<Shared>, request: axum::extract::Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let is_question = form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "query" || name == "documentId");
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match reads && !is_question && prefers_html(request.headers()) {
        true if shared.settings.without_playground => pages::no_playground(),
        true => pages::playground(request.headers()),
        false => next.run(request).await,
    }
}

/// An answer by GET, or the beginning of a WebSocket.
pub async fn get(
    State(shared): State<Shared>,
    Extension(shown): Extension<Shown>,
    caller: Option<Extension<Caller>>,
    id: RequestId,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) if websocket::may_connect(&headers, &shared.settings.origins) => {
            return websocket::upgrade(shared, shown, id, upgrade);
        }
        Ok(_) => {
            let message = "a page of another origin may not connect; `--allow-origin` names those that may".to_owned();
            return refuse(Media::Json, StatusCode::FORBIDDEN, Code::Forbidden, message);
        }
        Err(rejected) if headers.contains_key(UPGRADE) => {
            let message = format!("the WebSocket cannot be opened: {rejected}");
            return refuse(Media::Json, StatusCode::BAD_REQUEST, Code::BadRequest, message);
        }
        Err(_) => {}
    }
    let query = uri.query().unwrap_or_default();
    let Some(takes) = Takes::read(&headers) else { return not_acceptable() };
    let media = takes.refusals();
    // Only what becomes a WebSocket comes without one.
    let Some(Extension(caller)) = caller else {
        return refuse(media, StatusCode::UNAUTHORIZED, Code::Unauthenticated, Refused::Missing.to_string());
    };
    if query.len() > shared.settings.limits.request_bytes {
        let message = format!("the query string has more than {} bytes", shared.settings.limits.request_bytes);
        return refuse(media, StatusCode::URI_TOO_LONG, Code::LimitExceeded, message);
    }
    let request = match request_of_query(query) {
        Ok(request) => request,
        Err(message) => return refuse(media, StatusCode::BAD_REQUEST, Code::BadRequest, message),
    };
    let (request, trusted) = match shared.api.trusted().resolve(request) {
        Ok(resolved) => resolved,
        Err(error) => return takes.respond(&shared, Answer::refused(vec![error])),
    };
    let passed = shared.api.pass(&request);
    if passed.as_ref().is_ok_and(Passed::changes) {
        let message = "a mutation is sent by POST: a GET may be repeated by anyone on the way".to_owned();
        let mut refused = refuse(media, StatusCode::METHOD_NOT_ALLOWED, Code::BadRequest, message);
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return refused;
    }
    let asker = Asker { shared: &shared, shown: &shown, caller: &caller, id: &id, takes };
    answer(&asker, &request, passed, trusted).await
}

/// Any other method.
pub async fn other(headers: HeaderMap) -> Response {
    let media = accepted(&headers).unwrap_or(Media::Json);
    let message = "expected GET or POST".to_owned();
    let mut refused = refuse(media, StatusCode::METHOD_NOT_ALLOWED, Code::BadRequest, message);
    refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    refused
}

/// What a client takes an answer as.
#[derive(Clone, Copy)]
struct Takes {
    /// One answer: nothing where it takes a stream alone.
    media: Option<Media>,
    /// A stream of events.
    events: bool,
}

impl Takes {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let takes = Self { media: accepted(headers), events: takes_events(headers) };
        (takes.media.is_some() || takes.events).then_some(takes)
    }

    /// In which type it is told that its request is none.
    fn refusals(self) -> Media {
        self.media.unwrap_or(Media::Json)
    }

    /// One answer as it likes it.
    fn respond(self, shared: &Shared, answer: Answer) -> Response {
        match self.media {
            Some(media) => respond(media, status(&answer), &answer),
            None => events::one(shared, answer),
        }
    }
}

async fn answer(
    asker: &Asker<'_>,
    request: &Request,
    passed: Result<Passed, Vec<GraphqlError>>,
    trusted: bool,
) -> Response {
    let Asker { shared, shown, caller, id, takes } = *asker;
    match passed {
        Ok(passed) if passed.follows() && takes.events => match shared.api.follow(request, passed) {
            Ok(following) => events::follow(shared, shown, following),
            Err(errors) => events::one(shared, Answer::refused(errors)),
        },
        Ok(passed) if passed.follows() => {
            let message = "a subscription has many answers: follow it with `Accept: text/event-stream`, or over WebSocket at this address with the subprotocol graphql-transport-ws";
            refuse(takes.refusals(), StatusCode::NOT_ACCEPTABLE, Code::BadRequest, message.to_owned())
        }
        Ok(passed) if takes.media == Some(Media::Lines) => lines::answer(shared, id, request, &passed).await,
        passed => {
            let answer = reckon(shared, request, passed, trusted, caller, id).await;
            takes.respond(shared, answer)
        }
    }
}

/// The answer to a query or a mutation, counted and logged.
pub async fn reckon(
    shared: &Shared,
    request: &Request,
    passed: Result<Passed, Vec<GraphqlError>>,
    trusted: bool,
    caller: &Caller,
    id: &RequestId,
) -> Answer {
    // The name that a client made up is not counted by: only the names of documents that are known.
    let operation = passed.as_ref().ok().filter(|_| trusted).and_then(Passed::operation_name).map(str::to_owned);
    let answer = match passed {
        Ok(passed) if passed.changes() => shared.api.change(request, passed, caller).await,
        Ok(passed) => shared.api.run(request, passed).await,
        Err(errors) => Answer::refused(errors),
    };
    let outcome = answer.errors.first().map_or("OK", |error| error.code.name());
    shared.counted.answer(outcome, operation.as_deref().unwrap_or_default());
    log_internal(id, &answer.errors);
    answer
}

/// Logs what caused the errors that are our fault.
pub fn log_internal(id: &RequestId, errors: &[GraphqlError]) {
    for error in errors.iter().filter(|error| matches!(error.code, Code::Internal | Code::Unavailable)) {
        let cause = error.cause.as_deref().unwrap_or("no cause");
        tracing::error!(id = %id.0, path = ?error.path, cause, "{}", error.message);
    }
}

/// An answer that is refused whole.
pub fn told(media: Media, errors: Vec<GraphqlError>) -> Response {
    let answer = Answer::refused(errors);
    respond(media, status(&answer), &answer)
}

fn respond(media: Media, status: StatusCode, answer: &Answer) -> Response {
    let status = match media {
        Media::GraphqlResponse | Media::Lines => status,
        Media::Json => StatusCode::OK,
    };
    (status, [(CONTENT_TYPE, media.content_type()), (VARY, "accept")], answer.to_json()).into_response()
}

/// What comes of an answer as a status.
fn status(answer: &Answer) -> StatusCode {
    match (&answer.data, answer.errors.first().map(|error| error.code)) {
        (Some(_), None) => StatusCode::OK,
        (Some(_), Some(_)) => PARTIAL,
        (None, Some(Code::BadRequest | Code::SyntaxError)) => StatusCode::BAD_REQUEST,
        (None, Some(Code::Unauthenticated)) => StatusCode::UNAUTHORIZED,
        (None, Some(Code::Forbidden)) => StatusCode::FORBIDDEN,
        (None, Some(Code::Unavailable)) => StatusCode::SERVICE_UNAVAILABLE,
        (None, Some(Code::Internal)) => StatusCode::INTERNAL_SERVER_ERROR,
        (None, _) => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Refuses what is no GraphQL request: the status says so in either media type.
pub fn refuse(media: Media, status: StatusCode, code: Code, message: String) -> Response {
    let answer = Answer::refused(vec![GraphqlError::request(code, message)]);
    (status, [(CONTENT_TYPE, media.content_type()), (VARY, "accept")], answer.to_json()).into_response()
}

fn too_long(media: Media, shared: &Shared) -> Response {
    let message = format!("the request has more than {} bytes", shared.settings.limits.request_bytes);
    refuse(media, StatusCode::PAYLOAD_TOO_LARGE, Code::LimitExceeded, message)
}

fn not_acceptable() -> Response {
    let message = "the answer comes as application/graphql-response+json or application/json, one connection also as application/x-ndjson, and what is followed as text/event-stream: accept one of them";
    refuse(Media::Json, StatusCode::NOT_ACCEPTABLE, Code::BadRequest, message.to_owned())
}

pub(super) fn request_of_json(body: &[u8]) -> Result<Request, String> {
    if body.trim_ascii_start().starts_with(b"[") {
        return Err("batches are not answered: send one request, with several root fields".to_owned());
    }
    let members: Result<Members, _> = serde_json::from_slice(body);
    let Members(members) = members.map_err(|error| match error.is_data() {
        true => error.to_string(),
        false => format!("the body is no JSON: {error}"),
    })?;
    request(members)
}

/// The members of a JSON object. One that is given twice is refused: of two questions, nobody knows which is meant.
struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object with `query`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.contains_key(&name) {
                        return Err(A::Error::custom(format!("`{name}` is given twice")));
                    }
                    members.insert(name, value);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Each)
    }
}

/// A request from the parameters of a query string; `variables` and `extensions` are JSON.
fn request_of_query(query: &str) -> Result<Request, String> {
    let mut object = Map::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let value = match name.as_ref() {
            "query" | "documentId" | "operationName" => Value::String(text.into_owned()),
            "variables" | "extensions" if text.is_empty() => Value::Null,
            "variables" | "extensions" => {
                serde_json::from_str(&text).map_err(|error| format!("{name} is no JSON: {error}"))?
            }
            _ => continue,
        };
        if object.insert(name.clone().into_owned(), value).is_some() {
            return Err(format!("{name} is given twice"));
        }
    }
    request(object)
}

/// The request that a JSON object is, or what is wrong with it.
pub fn request(mut object: Map<String, Value>) -> Result<Request, String> {
    let query = match object.remove("query") {
        Some(Value::String(text)) => text,
        None if object.contains_key("documentId") => String::new(),
        _ => return Err("`query`: expected a string, or a `documentId` in its place".to_owned()),
    };
    let mut text = |name: &str| match object.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{name}`: expected a string or null")),
    };
    let (document_id, operation_name) = (text("documentId")?, text("operationName")?);
    let mut members = |name: &str| match object.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(format!("`{name}`: expected an object or null")),
    };
    let (variables, extensions) = (members("variables")?, members("extensions")?);
    Ok(Request { query, document_id, operation_name, variables, extensions, uploads: Arc::default() })
}
