//! What every request meets first. A question by POST is most of what comes: it goes straight to its handler, and what a
//! browser's page or a compressed answer needs, and every other route, is the router's.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::DefaultBodyLimit;
use axum::http::header::ORIGIN;
use axum::http::{Method, Request};
use axum::response::Response;
use axum::{BoxError, Router};
use tower_service::Service;

use super::negotiate::takes_gzip;
use super::observe::Observed;
use super::{Shared, access, graphql};

/// The way of each request.
#[derive(Clone)]
pub struct Front {
    shared: Shared,
    router: Router,
}

impl Front {
    pub(super) fn new(shared: Shared, router: Router) -> Self {
        Self { shared, router }
    }

    /// Whether a request needs nothing that only the router has: no page of another origin asks, and the answer is sent as it
    /// is.
    fn is_straight<B>(request: &Request<B>) -> bool {
        request.method() == Method::POST
            && request.uri().path() == "/graphql"
            && !request.headers().contains_key(ORIGIN)
            && !takes_gzip(request.headers())
    }
}

impl<B> Service<Request<B>> for Front
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router always is.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if !Self::is_straight(&request) {
            return Box::pin(self.router.call(request));
        }
        let shared = self.shared.clone();
        Box::pin(async move { Ok(straight(&shared, request.map(Body::new)).await) })
    }
}

/// What the router would do with a question by POST, without its layers.
async fn straight(shared: &Shared, mut request: axum::extract::Request) -> Response {
    let observed = Observed::begin(&request, "/graphql");
    DefaultBodyLimit::max(shared.settings.limits.request_bytes).apply(&mut request);
    let mut response = match access::known(shared, request.headers_mut()) {
        (shown, Ok(caller)) => graphql::posted(shared, &shown, &caller, observed.id(), request).await,
        (_, Err(refused)) => access::unauthenticated(request.headers(), &refused),
    };
    observed.end(shared, &mut response);
    response
}
