//! `jiedui serve`.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;

use super::{Bounds, Db, Failure};
use crate::api::{Api, Executor};
use crate::exchange::builtin;
use crate::store::Store;

/// Serves the API until it is told to stop.
#[derive(Debug, clap::Args)]
pub struct Serve {
    #[command(flatten)]
    db: Db,
    #[command(flatten)]
    bounds: Bounds,
    /// The address to listen on.
    #[arg(long, value_name = "ADDR", env = "JIEDUI_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Run queries through async-graphql instead of the plan.
    #[arg(long, env = "JIEDUI_ASYNC_GRAPHQL")]
    async_graphql: bool,
}

impl Serve {
    /// Opens the database, brings it to the built-in data, listens.
    pub fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
        runtime.block_on(self.serve())
    }

    async fn serve(self) -> Result<(), Failure> {
        let limits = self.bounds.limits()?;
        // The port first: a second server on the same machine should not wait for the database to say so.
        let listener =
            tokio::net::TcpListener::bind(self.listen).await.map_err(|error| Failure::Listen(self.listen, error))?;
        let store = Store::open(&self.db.db, limits.cache_bytes)?;
        let loaded = builtin::load(&store, &builtin::files(), jiff::Timestamp::now().as_millisecond())
            .context("the built-in data cannot be loaded")?;
        if let Some(revision) = loaded.revision {
            println!(
                "built-in data: {} records changed, {} kept as they were, revision {revision}",
                loaded.changed, loaded.kept
            );
        }
        for id in &loaded.left_out {
            println!("built-in data: {id} was left out: what it refers to was deleted here");
        }
        let executor = if self.async_graphql { Executor::AsyncGraphql } else { Executor::Plan };
        let api = Arc::new(Api::new(Arc::new(store), executor, limits));
        let address = listener.local_addr().context("the address is gone")?;
        println!("jiedui answers at http://{address}/graphql from {}", self.db.db.display());
        let served = axum::serve(listener, crate::http::router(api)).with_graceful_shutdown(told_to_stop());
        served.await.context("the server failed")?;
        Ok(())
    }
}

async fn told_to_stop() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
