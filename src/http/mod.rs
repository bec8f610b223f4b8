//! HTTP: one thin handler over the API.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::api::Api;
use crate::api::error::{Code, GraphqlError};
use crate::api::request::{Answer, Request};

const GRAPHQL_RESPONSE: &str = "application/graphql-response+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

/// Every route.
pub fn router(api: Arc<Api>) -> Router {
    Router::new().route("/graphql", post(answer_post)).with_state(api)
}

async fn answer_post(State(api): State<Arc<Api>>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = match parse(&headers, &body) {
        Ok(request) => api.answer(&request).await,
        Err(error) => Answer::refused(vec![error]),
    };
    respond(&headers, &answer)
}

fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Request, GraphqlError> {
    let refuse = |message: String| GraphqlError::request(Code::BadRequest, message);
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media_type.split(';').next().map(str::trim) != Some("application/json") {
        return Err(refuse(format!("expected the content type application/json, found \"{media_type}\"")));
    }
    serde_json::from_slice(body).map_err(|error| refuse(format!("expected a JSON object with `query`: {error}")))
}

fn respond(headers: &HeaderMap, answer: &Answer) -> Response {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (status, media_type) = match accept.contains("application/json") {
        // Old clients take any other status for a failure of the transport.
        true => (StatusCode::OK, JSON),
        false => (status(answer), GRAPHQL_RESPONSE),
    };
    (status, [(CONTENT_TYPE, media_type)], answer.to_json()).into_response()
}

fn status(answer: &Answer) -> StatusCode {
    match (&answer.data, answer.errors.first().map(|error| error.code)) {
        (Some(_), None) => StatusCode::OK,
        (Some(_), Some(_)) => StatusCode::from_u16(294).unwrap_or(StatusCode::OK),
        (None, Some(Code::BadRequest | Code::SyntaxError)) => StatusCode::BAD_REQUEST,
        (None, Some(Code::Internal)) => StatusCode::INTERNAL_SERVER_ERROR,
        (None, _) => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
