//! Listening: plain or over TLS, until the server is told to stop.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;

use axum::ServiceExt;
use axum::http::Request;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper::body::Incoming;
use hyper_util::rt::TokioTimer;

use super::guard::Guard;
use super::{Front, Stopping};
use crate::config::Limits;

/// Where the certificate and its key are, in PEM.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The certificate, and those that lead to its root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Tls {
    /// Reads both files.
    pub async fn load(&self) -> io::Result<RustlsConfig> {
        RustlsConfig::from_pem_file(&self.certificate, &self.key).await
    }
}

/// Serves until `stop` comes; then finishes what is under way, and cuts off after the stall what does not end. A client that
/// connects and sends nothing, or reads nothing, is cut off after it too.
pub async fn serve(
    listener: TcpListener,
    front: Front,
    tls: Option<RustlsConfig>,
    limits: &Limits,
    stopping: Stopping,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let stall = limits.stall();
    let guard = Guard::new(limits.connections, stall);
    let handle = Handle::new();
    let stopper = handle.clone();
    tokio::spawn(async move {
        stop.await;
        stopping.begin();
        stopper.graceful_shutdown(Some(stall));
    });
    let service = ServiceExt::<Request<Incoming>>::into_make_service(front);
    // A client that connects, or keeps its connection, and sends no whole head of a request in time is cut off.
    let served = match tls {
        None => {
            let mut server =
                axum_server::from_tcp(listener)?.acceptor(guard.clone()).handle(handle).first_request_timeout(stall);
            server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(stall);
            server.serve(service).await
        }
        Some(tls) => {
            let server = axum_server::from_tcp(listener)?.acceptor(RustlsAcceptor::new(tls).acceptor(guard.clone()));
            let mut server = server.handle(handle).first_request_timeout(stall);
            server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(stall);
            server.serve(service).await
        }
    };
    // What became a WebSocket is no connection of HTTP any more, and is waited for all the same.
    let _ = tokio::time::timeout(stall, guard.emptied()).await;
    served
}
