//! Who may ask and who may write: tokens, the file that keeps them, and who shows which.

mod file;
mod token;
mod until;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

use crate::api::Caller;
use file::Stamp;
pub use file::{Tokens, TokensError, beside};
pub use token::{State, Token};
pub use until::until;

/// Whether those who show no token may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Anyone reads.
    Open,
    /// Reading takes a token too.
    ByToken,
}

/// Why a request is not answered before anybody looks at what it asks. No text holds any of what was shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No token, where one is needed.
    #[error(
        "a token is needed here: whoever keeps this server makes one with `jiedui token create`, and a request shows it as `Authorization: Bearer …`"
    )]
    Missing,
    /// What was shown is no token.
    #[error("{0}: expected one header `Authorization: Bearer …` with a token that `jiedui token create` printed")]
    Malformed(&'static str),
    /// A token that there is not.
    #[error("this token is not known here: `jiedui token create` makes one; without a token, leave the header out")]
    Unknown,
    /// A token whose time is over.
    #[error("this token expired at {0}: `jiedui token create` makes another")]
    Expired(Timestamp),
    /// A token that was taken back.
    #[error("this token was revoked at {0}: `jiedui token create` makes another")]
    Revoked(Timestamp),
}

impl Refused {
    /// What it is counted by.
    pub fn why(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed(_) => "malformed",
            Self::Unknown => "unknown",
            Self::Expired(_) => "expired",
            Self::Revoked(_) => "revoked",
        }
    }
}

/// Who may what on a server: its tokens, as their file says at this moment.
pub struct Access {
    path: PathBuf,
    reading: Reading,
    seen: RwLock<Seen>,
}

/// What was last read, and of which file.
struct Seen {
    stamp: Stamp,
    tokens: Arc<Tokens>,
}

impl Access {
    /// The access to a server whose tokens are in a file. A file that is there must be readable; none is one without tokens.
    pub fn open(path: PathBuf, reading: Reading) -> Result<Self, TokensError> {
        let stamp = Stamp::of(&path);
        let tokens = Arc::new(Tokens::read(&path)?);
        Ok(Self { path, reading, seen: RwLock::new(Seen { stamp, tokens }) })
    }

    /// Who asks, by the values of all `Authorization` headers of a request. Whoever shows a token that is not good is refused,
    /// and never becomes anyone.
    pub fn caller<'v>(&self, mut shown: impl Iterator<Item = &'v [u8]>) -> Result<Caller, Refused> {
        let caller = match (shown.next(), shown.next()) {
            (None, _) => Caller::Anyone,
            (Some(value), None) => self.known(bearer(value)?)?,
            (Some(_), Some(_)) => return Err(Refused::Malformed("the header Authorization came more than once")),
        };
        match (&caller, self.reading) {
            (Caller::Anyone, Reading::ByToken) => Err(Refused::Missing),
            _ => Ok(caller),
        }
    }

    /// Whether those who show no token may read.
    pub fn admits_anyone(&self) -> bool {
        self.reading == Reading::Open
    }

    /// The tokens, read anew where their file has changed.
    pub fn tokens(&self) -> Arc<Tokens> {
        let stamp = Stamp::of(&self.path);
        {
            let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
            if seen.stamp == stamp {
                return seen.tokens.clone();
            }
        }
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if seen.stamp != stamp {
            // The stamp is taken before the file is read: what changes in between is read again with the next request.
            seen.stamp = stamp;
            match Tokens::read(&self.path) {
                Ok(tokens) => seen.tokens = Arc::new(tokens),
                Err(error) => tracing::error!("{error}; the tokens stand as they were last read"),
            }
        }
        seen.tokens.clone()
    }

    fn known(&self, secret: &str) -> Result<Caller, Refused> {
        let tokens = self.tokens();
        let token = tokens.of_secret(secret).ok_or(Refused::Unknown)?;
        match token.state(Timestamp::now()) {
            State::Valid => Ok(Caller::Known { name: token.name.clone(), role: token.role }),
            State::Expired(at) => Err(Refused::Expired(at)),
            State::Revoked(at) => Err(Refused::Revoked(at)),
        }
    }
}

/// The token of a header's value.
fn bearer(value: &[u8]) -> Result<&str, Refused> {
    let text = std::str::from_utf8(value).ok().filter(|text| text.is_ascii());
    let text = text.ok_or(Refused::Malformed("the header Authorization is not ASCII"))?.trim();
    if text.is_empty() {
        return Err(Refused::Malformed("the header Authorization is empty"));
    }
    let (scheme, secret) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refused::Malformed("the header Authorization has another scheme"));
    }
    match secret.trim() {
        "" => Err(Refused::Malformed("the header Authorization has no token")),
        secret => Ok(secret),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bearer_is_read_and_nothing_else() {
        for (value, secret) in [("Bearer jdt_1", "jdt_1"), ("bearer  jdt_1 ", "jdt_1"), ("BEARER a b", "a b")] {
            assert_eq!(bearer(value.as_bytes()), Ok(secret));
        }
        for (value, told) in [
            ("", "empty"),
            ("  ", "empty"),
            ("Bearer", "no token"),
            ("Bearer ", "no token"),
            ("Basic YTpi", "another scheme"),
            ("jdt_1", "another scheme"),
            ("Bearer 令牌", "not ASCII"),
        ] {
            assert!(bearer(value.as_bytes()).unwrap_err().to_string().contains(told), "{value}");
        }
        assert!(bearer(b"Bearer \xff").is_err());
    }
}
