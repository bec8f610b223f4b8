//! HTTP: one thin handler over the API, and what a server needs around it.

mod access;
mod counted;
mod events;
mod export;
mod front;
mod graphql;
mod guard;
mod lines;
mod listen;
mod negotiate;
mod observe;
mod pages;
mod stream;
mod subscriptions;
mod upload;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Semaphore, watch};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::cors::{AllowOrigin, CorsLayer};

pub use front::Front;
pub use listen::{Tls, serve};

use counted::Counted;

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

/// What every handler has, taken on by each layer of each request.
type Shared = Arc<Parts>;

/// What there is of it once.
struct Parts {
    api: Arc<Api>,
    access: Arc<Access>,
    settings: Arc<Settings>,
    metrics: PrometheusHandle,
    counted: Counted,
    stopping: Stopping,
    /// Room for bodies that are written while they are sent.
    exports: Arc<Semaphore>,
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
pub fn routes(
    api: Arc<Api>,
    access: Access,
    settings: Settings,
    metrics: PrometheusHandle,
    stopping: Stopping,
) -> Front {
    let cors = cors(&settings.origins);
    let bytes = settings.limits.request_bytes;
    let exports = Arc::new(Semaphore::new(settings.limits.exports.min(Semaphore::MAX_PERMITS)));
    let (access, settings) = (Arc::new(access), Arc::new(settings));
    let shared = Arc::new(Parts { api, access, settings, metrics, counted: Counted::default(), stopping, exports });
    // What serves data is behind this: none of it is answered before it is known who asks.
    let admit = from_fn_with_state(shared.clone(), access::admit);
    let playground_first = from_fn_with_state(shared.clone(), graphql::playground_first);
    let graphql = get(graphql::get).post(graphql::post).fallback(graphql::other);
    // What is compressed already stays as it is.
    let compressed = DefaultPredicate::new().and(NotForContentType::const_new("application/zip"));
    let router = Router::new()
        .route("/", get(pages::landing))
        .route("/graphql", graphql.layer(admit.clone()).layer(playground_first))
        .route("/playground/{file}", get(pages::asset))
        .route("/export/{file}", get(export::export).layer(admit))
        .route("/schema.graphql", get(pages::schema))
        .route("/health", get(pages::health))
        .route("/ready", get(pages::ready))
        .route("/metrics", get(pages::metrics))
        .route("/README.md", get(async || pages::readme(include_str!("../../README.md"))))
        .route("/README.zh-CN.md", get(async || pages::readme(include_str!("../../README.zh-CN.md"))))
        .fallback(pages::nothing)
        .method_not_allowed_fallback(pages::wrong_method)
        .layer(DefaultBodyLimit::max(bytes))
        .layer(CompressionLayer::new().compress_when(compressed))
        .layer(cors)
        .layer(axum::middleware::from_fn_with_state(shared.clone(), observe::observe))
        .with_state(shared.clone());
    Front::new(shared, router)
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
            upload::PREFLIGHT[0].clone(),
            upload::PREFLIGHT[1].clone(),
        ])
        .expose_headers([HeaderName::from_static("x-request-id"), export::REVISION])
        .max_age(Duration::from_secs(3_600))
}

/// The status of an answer whose data came with errors.
const PARTIAL: StatusCode = match StatusCode::from_u16(294) {
    Ok(status) => status,
    Err(_) => StatusCode::OK,
};
