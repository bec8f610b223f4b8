//! HTTP: one thin handler over the API, and what a server needs around it.

mod access;
mod events;
mod graphql;
mod guard;
mod listen;
mod negotiate;
mod observe;
mod pages;
mod subscriptions;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

pub use listen::{Tls, serve};

use crate::access::Access;
use crate::api::Api;
use crate::config::Limits;

/// How the server is set up.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The bounds of requests.
    pub limits: Limits,
    /// The origins whose pages may read answers; none by default.
    pub origins: Vec<HeaderValue>,
    /// Whether browsers find no playground.
    pub without_playground: bool,
}

/// What every handler has.
#[derive(Clone)]
struct Shared {
    api: Arc<Api>,
    access: Arc<Access>,
    settings: Arc<Settings>,
    metrics: PrometheusHandle,
    stopping: Stopping,
}

/// Whether the server was told to stop: it finishes what it has, and says that it is not ready for more.
#[derive(Debug, Clone, Default)]
pub struct Stopping(Arc<watch::Sender<bool>>);

impl Stopping {
    /// From now on it is.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is.
    async fn begun(&self) {
        // Whoever waits has a sender, so that the channel stays open.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}

/// Every route.
pub fn router(
    api: Arc<Api>,
    access: Access,
    settings: Settings,
    metrics: PrometheusHandle,
    stopping: Stopping,
) -> Router {
    let cors = cors(&settings.origins);
    let bytes = settings.limits.request_bytes;
    let access = Arc::new(access);
    let shared = Shared { api, access, settings: Arc::new(settings), metrics, stopping };
    // What serves data stands here: none of it is answered before it is known who asks.
    let data = Router::new()
        .route("/graphql", get(graphql::get).post(graphql::post).fallback(graphql::other))
        .route_layer(from_fn_with_state(shared.clone(), access::admit))
        .route_layer(from_fn_with_state(shared.clone(), graphql::playground_first));
    data.route("/", get(pages::landing))
        .route("/playground/{file}", get(pages::asset))
        .route("/schema.graphql", get(pages::schema))
        .route("/health", get(pages::health))
        .route("/ready", get(pages::ready))
        .route("/metrics", get(pages::metrics))
        .route("/README.md", get(async || pages::readme(include_str!("../../README.md"))))
        .route("/README.zh-CN.md", get(async || pages::readme(include_str!("../../README.zh-CN.md"))))
        .fallback(pages::nothing)
        .method_not_allowed_fallback(pages::wrong_method)
        .layer(DefaultBodyLimit::max(bytes))
        .layer(CompressionLayer::new())
        .layer(cors)
        .layer(axum::middleware::from_fn(observe::observe))
        .with_state(shared)
}

/// Which pages of other origins may read answers. Without an origin, none may.
fn cors(origins: &[HeaderValue]) -> CorsLayer {
    if origins.is_empty() {
        return CorsLayer::new();
    }
    let origin = match origins {
        [any] if any == "*" => AllowOrigin::any(),
        some => AllowOrigin::list(some.to_vec()),
    };
    CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            axum::http::header::CONTENT_TYPE,
            axum::http::header::ACCEPT,
            axum::http::header::AUTHORIZATION,
            HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([HeaderName::from_static("x-request-id")])
        .max_age(Duration::from_secs(3_600))
}

/// The status of an answer whose data came with errors.
const PARTIAL: StatusCode = match StatusCode::from_u16(294) {
    Ok(status) => status,
    Err(_) => StatusCode::OK,
};
