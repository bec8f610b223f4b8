//! Who asks: the one place where a request shows its token. Whatever serves data is reached through here.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::Shared;
use super::graphql::refuse;
use super::negotiate::{Media, accepted};
use crate::access::Refused;
use crate::api::error::Code;

/// Finds out who asks, and gives the handler their `Caller`; or refuses them. The token goes no further than here, so that
/// nothing behind can log it.
pub async fn admit(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let shown = request.headers().get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    match shared.access.caller(shown) {
        Ok(caller) => {
            request.headers_mut().remove(AUTHORIZATION);
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refused) => {
            let media = accepted(request.headers()).unwrap_or(Media::Json);
            unauthenticated(media, &refused)
        }
    }
}

/// Refuses whoever did not show a token that is good: 401 in either media type, since no answer of GraphQL came to be.
fn unauthenticated(media: Media, refused: &Refused) -> Response {
    metrics::counter!("jiedui_unauthenticated_total", "why" => refused.why()).increment(1);
    let mut response = refuse(media, StatusCode::UNAUTHORIZED, Code::Unauthenticated, refused.to_string());
    let challenge = match refused {
        Refused::Missing => "Bearer",
        _ => "Bearer error=\"invalid_token\"",
    };
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}
