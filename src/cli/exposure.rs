//! What of a server is open to whom.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::path::Path;

use clap::builder::FalseyValueParser;

use super::Failure;
use crate::access::{Access, Reading, beside};

/// Who may read, and what is shown beside the data.
#[derive(Debug, clap::Args)]
pub struct Exposure {
    /// Let only those read who show a token.
    #[arg(long, env = "JIEDUI_REQUIRE_TOKEN", value_parser = FalseyValueParser::new())]
    require_token: bool,
    /// Let anyone read who reaches the server, also from other machines.
    #[arg(long, env = "JIEDUI_PUBLIC", value_parser = FalseyValueParser::new())]
    public: bool,
    /// Tell nobody the schema: no introspection, no /schema.graphql, no nearest names.
    #[arg(long, env = "JIEDUI_NO_INTROSPECTION", value_parser = FalseyValueParser::new())]
    pub no_introspection: bool,
    /// Serve no playground.
    #[arg(long, env = "JIEDUI_NO_PLAYGROUND", value_parser = FalseyValueParser::new())]
    pub no_playground: bool,
}

impl Exposure {
    /// Listens on an address; refused before it is bound where others can reach it and nobody said what they may.
    pub fn listen(&self, address: &str) -> Result<TcpListener, Failure> {
        if self.public && self.require_token {
            let why = "--public lets anyone read, and --require-token only those with a token: say one of the two";
            return Err(Failure::Usage(why.to_owned()));
        }
        let refused = |error| Failure::Listen(address.to_owned(), error);
        // All that the name means, and the same ones are bound then.
        let addresses: Vec<SocketAddr> = address.to_socket_addrs().map_err(refused)?.collect();
        let exposed = addresses.iter().find(|address| !is_local(address));
        match exposed {
            Some(exposed) if !self.public && !self.require_token => Err(Failure::Exposed(*exposed)),
            _ => TcpListener::bind(addresses.as_slice()).map_err(refused),
        }
    }

    /// The access to the server of a database. What a keeper should know of it is logged once.
    pub fn access(&self, db: &Path, address: &SocketAddr, has_tls: bool) -> Result<Access, Failure> {
        let reading = if self.require_token { Reading::ByToken } else { Reading::Open };
        let access = Access::open(beside(db), reading)?;
        if self.require_token && access.tokens().all().is_empty() {
            tracing::warn!("nobody can read yet: `jiedui token create` makes the first token");
        }
        if !has_tls && !is_local(address) {
            tracing::warn!(
                "{address} is without TLS: tokens travel in the clear; see --tls-certificate, or put TLS in front"
            );
        }
        Ok(access)
    }
}

/// Whether only programs of this machine reach an address.
fn is_local(address: &SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_local() {
        for (address, local) in [
            ("127.0.0.1:80", true),
            ("127.9.9.9:80", true),
            ("[::1]:80", true),
            ("[::ffff:127.0.0.1]:80", true),
            ("0.0.0.0:80", false),
            ("[::]:80", false),
            ("[::ffff:0.0.0.0]:80", false),
            ("192.168.1.10:80", false),
            ("10.0.0.1:80", false),
            ("[fe80::1]:80", false),
        ] {
            assert_eq!(is_local(&address.parse().unwrap()), local, "{address}");
        }
    }
}
