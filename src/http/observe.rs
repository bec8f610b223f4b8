//! What is seen of a request from outside its answer: its id, a line in the access log, the metrics.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::Shared;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: the client's, where it sends a plain one, or ours.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(new_id))
    }
}

/// Gives each request its id, logs its end, and counts it.
pub async fn observe(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    // The route, never the text of a query: what clients write is neither logged nor counted.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let observed = Observed::begin(&request, route.as_ref().map_or("none", MatchedPath::as_str));
    request.extensions_mut().insert(observed.id.clone());
    let mut response = next.run(request).await;
    observed.end(&shared, &mut response);
    response
}

/// A request that is under way.
pub struct Observed<'r> {
    begun: Instant,
    id: RequestId,
    method: &'static str,
    route: &'r str,
}

impl<'r> Observed<'r> {
    /// One that begins now.
    pub fn begin(request: &Request, route: &'r str) -> Self {
        // A client can make up any method: one that we do not know is none of ours to name.
        let known = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"];
        let method = known.into_iter().find(|known| *known == request.method().as_str()).unwrap_or("other");
        Self { begun: Instant::now(), id: given_id(request).unwrap_or_else(new_id), method, route }
    }

    /// Its id.
    pub fn id(&self) -> &RequestId {
        &self.id
    }

    /// Ends it.
    pub fn end(self, shared: &Shared, response: &mut Response) {
        let Self { begun, id, method, route } = self;
        let seconds = begun.elapsed().as_secs_f64();
        let status = response.status().as_u16();
        shared.counted.request(method, route, status, seconds);
        tracing::info!(target: "access", id = %id.0, method, route, status, ms = seconds * 1000.0);
        if let Ok(value) = HeaderValue::try_from(id.0) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
}

fn given_id(request: &Request) -> Option<RequestId> {
    let given = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    ((1..=64).contains(&given.len()) && given.bytes().all(plain)).then(|| RequestId(given.to_owned()))
}

/// An id that no other request of this process has, and hardly one of another.
fn new_id() -> RequestId {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    static SEED: std::sync::LazyLock<RandomState> = std::sync::LazyLock::new(RandomState::new);
    RequestId(format!("{:016x}", SEED.hash_one(COUNT.fetch_add(1, Ordering::Relaxed))))
}
