//! The file of the tokens, beside the database. It is only ever replaced whole, so that it is changed while a server has the
//! database open, and whoever reads it reads one that is whole.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::token::{State, Token, digest, same};
use crate::config::{TOKENS_FILE_BYTES, TOKENS_MAX};

/// The version of the file.
const FORMAT: u32 = 1;

/// Its owner reads and writes it, and nobody else.
const MODE: u32 = 0o600;

/// The tokens of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    format: u32,
    tokens: Vec<Token>,
}

/// What can go wrong with the file of the tokens. No text holds any of what is in it.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The file system refused.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// It is no file of tokens.
    #[error("{}: {why}; mend it, or move it away and make new tokens", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// What was asked cannot be done.
    #[error("{0}")]
    Asked(String),
}

/// The file of the tokens of a database.
pub fn beside(db: &Path) -> PathBuf {
    with_ending(db, ".tokens")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// What tells one state of a file from another, for the price of a look at its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stamp {
    /// There is none.
    Missing,
    /// It is there: which file, how long, and when it and its mode were changed.
    There([i64; 6]),
    /// Nobody knows.
    Unknown(io::ErrorKind),
}

impl Stamp {
    /// The state of a file now.
    pub fn of(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(it) => Self::There([
                it.ino().cast_signed(),
                it.len().cast_signed(),
                it.mtime(),
                it.mtime_nsec(),
                it.ctime(),
                it.ctime_nsec(),
            ]),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::Missing,
            Err(error) => Self::Unknown(error.kind()),
        }
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self { format: FORMAT, tokens: Vec::new() }
    }
}

impl Tokens {
    /// Reads a file; where there is none, there are no tokens.
    pub fn read(path: &Path) -> Result<Self, TokensError> {
        let refused = |error| TokensError::Io { path: path.to_owned(), error };
        let mut file = match File::open(path) {
            Ok(file) => file.take(TOKENS_FILE_BYTES + 1),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(refused(error)),
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(refused)?;
        Self::parse(&bytes).map_err(|why| TokensError::Damaged { path: path.to_owned(), why })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() as u64 > TOKENS_FILE_BYTES {
            return Err(format!("more than {TOKENS_FILE_BYTES} bytes are no file of tokens"));
        }
        // What serde says of a value holds the value: only the place is told.
        let tokens: Self = serde_json::from_slice(bytes)
            .map_err(|error| format!("line {}, column {}: no file of tokens", error.line(), error.column()))?;
        if tokens.format != FORMAT {
            return Err(format!("it has format {}, and this jiedui reads format {FORMAT}", tokens.format));
        }
        for (place, token) in tokens.tokens.iter().enumerate() {
            let twice = tokens.tokens[..place].iter().any(|other| other.id == token.id || other.sha256 == token.sha256);
            let twice = twice.then(|| "it is there twice".to_owned());
            if let Some(problem) = token.problem().or(twice) {
                return Err(format!("token {}: {problem}", place + 1));
            }
        }
        Ok(tokens)
    }

    /// Every token, the oldest first.
    pub fn all(&self) -> &[Token] {
        &self.tokens
    }

    /// The token of a secret.
    pub fn of_secret(&self, secret: &str) -> Option<&Token> {
        let digest = digest(secret)?;
        self.tokens.iter().find(|token| same(&token.sha256, &digest))
    }

    /// Adds a token. Where there are as many as there may be, the oldest that is no longer good makes room.
    pub fn add(&mut self, token: Token) -> Result<(), TokensError> {
        if self.tokens.len() >= TOKENS_MAX {
            let now = Timestamp::now();
            let ended = self.tokens.iter().position(|token| token.state(now) != State::Valid);
            let ended = ended.ok_or_else(|| {
                TokensError::Asked(format!("there are {TOKENS_MAX} tokens that are good; revoke one first"))
            })?;
            self.tokens.remove(ended);
        }
        if self.tokens.iter().any(|other| other.id == token.id) {
            return Err(TokensError::Asked(format!("the id {} was drawn twice; try again", token.id)));
        }
        self.tokens.push(token);
        Ok(())
    }

    /// Takes a token back. One that was taken back before stays so since then.
    pub fn revoke(&mut self, id: &str) -> Result<&Token, TokensError> {
        let found = self.tokens.iter_mut().find(|token| token.id == id);
        let token = found.ok_or_else(|| {
            // The id is not told back: it may be a secret, taken for an id.
            TokensError::Asked("no token has this id; `jiedui token list` shows those there are".to_owned())
        })?;
        token.revoked.get_or_insert_with(Timestamp::now);
        Ok(token)
    }

    /// Changes the tokens of a file. Two that do so at once do it one after the other.
    pub fn change<T>(path: &Path, change: impl FnOnce(&mut Self) -> Result<T, TokensError>) -> Result<T, TokensError> {
        let partial = with_ending(path, ".partial");
        let refused = |path: &Path| {
            let path = path.to_owned();
            move |error| TokensError::Io { path, error }
        };
        let mut file = locked(&partial).map_err(refused(&partial))?;
        let changed = Self::read(path).and_then(|mut tokens| {
            let done = change(&mut tokens)?;
            let mut bytes = serde_json::to_vec_pretty(&tokens).map_err(|error| refused(path)(error.into()))?;
            bytes.push(b'\n');
            let mut put = || -> io::Result<()> {
                file.set_permissions(Permissions::from_mode(MODE))?;
                file.set_len(0)?;
                file.write_all(&bytes)?;
                file.sync_all()?;
                fs::rename(&partial, path)?;
                let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
                File::open(folder)?.sync_all()
            };
            put().map_err(refused(path))?;
            Ok(done)
        });
        if changed.is_err() {
            let _ = fs::remove_file(&partial);
        }
        changed
    }
}

/// The file that the next one is written to, held by nobody else. Whoever waited for it may hold one that was moved to its
/// place since: then there is another to wait for.
fn locked(partial: &Path) -> io::Result<File> {
    loop {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(MODE).open(partial)?;
        file.lock()?;
        let held = file.metadata()?;
        match fs::metadata(partial) {
            Ok(there) if (there.dev(), there.ino()) == (held.dev(), held.ino()) => return Ok(file),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
}
