//! `jiedui serve`.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusBuilder;
use tracing_subscriber::EnvFilter;

use super::exit::say;
use super::exposure::Exposure;
use super::{Bounds, Db, Failure};
use crate::api::{Api, Executor};
use crate::exchange::builtin::{self, Loaded};
use crate::http::{Settings, Stopping, Tls};
use crate::store::Store;

/// Serves the API until it is told to stop.
#[derive(Debug, clap::Args)]
pub struct Serve {
    #[command(flatten)]
    db: Db,
    #[command(flatten)]
    bounds: Bounds,
    /// The address to listen on; other than loopback only with --public or --require-token.
    #[arg(long, value_name = "ADDR", env = "JIEDUI_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Let the pages of this origin read answers; `*` for all. May be given several times.
    #[arg(long = "allow-origin", value_name = "ORIGIN", env = "JIEDUI_ALLOW_ORIGIN", value_delimiter = ',')]
    origins: Vec<String>,
    /// Serve over TLS, with this certificate in PEM.
    #[arg(long, value_name = "FILE", env = "JIEDUI_TLS_CERTIFICATE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key in PEM.
    #[arg(long, value_name = "FILE", env = "JIEDUI_TLS_KEY", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Answer these documents by their ids: a JSON object, as relay-compiler and graphql-codegen write it.
    #[arg(long, value_name = "FILE", env = "JIEDUI_TRUSTED_DOCUMENTS")]
    trusted_documents: Option<PathBuf>,
    /// Answer no others.
    #[arg(long, env = "JIEDUI_ONLY_TRUSTED", requires = "trusted_documents", value_parser = clap::builder::FalseyValueParser::new())]
    only_trusted: bool,
    /// Leave the built-in data out of a database that does not have them.
    #[arg(long, env = "JIEDUI_WITHOUT_BUILTIN", value_parser = clap::builder::FalseyValueParser::new())]
    without_builtin: bool,
    #[command(flatten)]
    exposure: Exposure,
    /// Keep in the log no more than this many of the newest revisions; all where it is not given. What is older cannot be
    /// asked as it stood, taken back or followed from any more, and what was sent under an idempotency key is made again
    /// where it is sent again.
    #[arg(long, value_name = "N", env = "JIEDUI_KEEP_REVISIONS", value_parser = clap::value_parser!(u64).range(1..))]
    keep_revisions: Option<u64>,
    /// Run queries through async-graphql instead of the plan.
    #[arg(long, env = "JIEDUI_ASYNC_GRAPHQL", value_parser = clap::builder::FalseyValueParser::new())]
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
        if let Some(wrong) = self.origins.iter().find(|origin| !is_origin(origin, self.origins.len())) {
            let why = format!("--allow-origin: \"{wrong}\" is no origin such as https://example.org, nor * alone");
            return Err(Failure::Usage(why));
        }
        let origins = self.origins.iter().map(|origin| {
            origin.parse().map_err(|_| {
                Failure::Usage(format!("--allow-origin: \"{origin}\" is no origin such as https://example.org"))
            })
        });
        let settings = Settings {
            limits: limits.clone(),
            origins: origins.collect::<Result<_, _>>()?,
            without_playground: self.exposure.no_playground,
        };
        log();
        // The port first: a second server on the same machine should not wait for the database to say so.
        let listener = self.exposure.listen(&self.listen)?;
        let tls = match (self.tls_certificate, self.tls_key) {
            (Some(certificate), Some(key)) => {
                let tls = Tls { certificate, key };
                Some(tls.load().await.with_context(|| format!("TLS: {tls:?} cannot be used"))?)
            }
            _ => None,
        };
        let address = listener.local_addr().context("the address is gone")?;
        let access = self.exposure.access(&self.db.db, &address, tls.is_some())?;
        let store = Store::open(&self.db.db, limits.cache_bytes)?.keeping(self.keep_revisions);
        let loaded = match self.without_builtin {
            true => Loaded::default(),
            false => builtin::load(&store, &builtin::files(), jiff::Timestamp::now().as_millisecond())
                .context("the built-in data cannot be loaded")?,
        };
        if let Some(revision) = loaded.revision {
            let Loaded { changed, kept, .. } = loaded;
            say(&format!("built-in data: {changed} records changed, {kept} kept as they were, revision {revision}"))?;
        }
        for id in &loaded.left_out {
            say(&format!("built-in data: {id} was left out: what it refers to was deleted here"))?;
        }
        let executor = if self.async_graphql { Executor::AsyncGraphql } else { Executor::Plan };
        let mut api = Api::new(Arc::new(store), executor, limits.clone());
        if let Some(file) = &self.trusted_documents {
            let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            let trusting = api.trusting(&text, self.only_trusted);
            api = trusting.map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))?;
        }
        if self.exposure.no_introspection {
            api = api.without_introspection();
        }
        let api = Arc::new(api);
        let scheme = if tls.is_some() { "https" } else { "http" };
        say(&format!("jiedui answers at {scheme}://{address}/graphql from {}", self.db.db.display()))?;
        let stopping = Stopping::default();
        let metrics = PrometheusBuilder::new().install_recorder().context("the metrics cannot be counted")?;
        let upkeep = metrics.clone();
        tokio::spawn(async move {
            // Samples gather until somebody reads them, or this does.
            loop {
                tokio::time::sleep(Duration::from_secs(5)).await;
                upkeep.run_upkeep();
            }
        });
        let front = crate::http::routes(api, access, settings, metrics, stopping.clone());
        let served = crate::http::serve(listener, front, tls, &limits, stopping, told_to_stop());
        served.await.context("the server failed")?;
        Ok(())
    }
}

/// Whether a text is an origin: a scheme and a host, perhaps a port, and nothing behind them; or `*`, given alone.
fn is_origin(text: &str, given: usize) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    text == "*" && given == 1 || host.is_some_and(|host| !host.is_empty() && host.bytes().all(plain))
}

/// Logs to standard error what `RUST_LOG` names; without it, what goes wrong. `RUST_LOG=access=info` is the access log.
fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    // A second one in this process is the first one's.
    // Colours are for a person who looks on: in a file they are noise.
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    let _ = log.try_init();
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
