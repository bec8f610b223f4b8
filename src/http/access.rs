//! Who asks: the one place where a request shows its token. Whatever serves data is reached through here.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, UPGRADE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::Shared;
use super::graphql::refuse;
use super::negotiate::{Media, accepted};
use crate::access::Refused;
use crate::api::Caller;
use crate::api::error::Code;

/// What a request showed, for those that stay: whoever follows is asked again. Nothing can print it.
#[derive(Clone)]
pub struct Shown(Vec<Vec<u8>>);

impl Shown {
    /// What came by another way than the header.
    pub fn instead(value: &str) -> Self {
        Self(vec![value.as_bytes().to_vec()])
    }

    /// Who it is at this moment.
    pub fn caller(&self, shared: &Shared) -> Result<Caller, Refused> {
        shared.access.caller(self.0.iter().map(Vec::as_slice))
    }
}

/// Finds out who asks, and gives the handler their `Caller`; or refuses them. The token goes no further than here, but as
/// [`Shown`], so that nothing behind can log it. A browser can show none with a WebSocket but in its first message: one that
/// shows none goes on without a `Caller`, so that nothing but a WebSocket can come of it.
pub async fn admit(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let websocket = begins_websocket(&request);
    let (shown, caller) = known(&shared, request.headers_mut());
    match caller {
        Ok(caller) => drop(request.extensions_mut().insert(caller)),
        Err(Refused::Missing) if websocket => {}
        Err(refused) => return unauthenticated(request.headers(), &refused),
    }
    request.extensions_mut().insert(shown);
    next.run(request).await
}

/// What a request shows, which is taken from it, and who it is by that.
pub fn known(shared: &Shared, headers: &mut HeaderMap) -> (Shown, Result<Caller, Refused>) {
    let shown = Shown(headers.get_all(AUTHORIZATION).iter().map(|value| value.as_bytes().to_vec()).collect());
    headers.remove(AUTHORIZATION);
    let caller = shown.caller(shared);
    (shown, caller)
}

/// Whether a request would become a WebSocket. No other route than that one is reached without a `Caller`.
fn begins_websocket(request: &Request) -> bool {
    let upgrade = request.headers().get(UPGRADE).map(HeaderValue::as_bytes).unwrap_or_default();
    request.method() == Method::GET && request.uri().path() == "/graphql" && upgrade.eq_ignore_ascii_case(b"websocket")
}

/// Refuses whoever did not show a token that is good: 401 in either media type, since no answer of GraphQL came to be.
pub fn unauthenticated(headers: &HeaderMap, refused: &Refused) -> Response {
    let media = accepted(headers).unwrap_or(Media::Json);
    metrics::counter!("jiedui_unauthenticated_total", "why" => refused.why()).increment(1);
    let mut response = refuse(media, StatusCode::UNAUTHORIZED, Code::Unauthenticated, refused.to_string());
    let challenge = match refused {
        Refused::Missing => "Bearer",
        _ => "Bearer error=\"invalid_token\"",
    };
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}
