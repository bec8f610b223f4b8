//! Global ids: the kind in kebab case, a colon, the key.

use std::fmt;

use super::catalog::Kind;
use super::kinds::{kind_named, kind_of_tag};

/// The longest key, in bytes.
pub const KEY_BYTES: usize = 100;

/// Which record: its kind and its key. The key is what makes one, the kind's tag and the key's text its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdRef<'a> {
    /// The kind's tag.
    pub tag: u8,
    /// The key.
    pub key: &'a str,
}

/// An owned [`IdRef`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// The kind's tag.
    pub tag: u8,
    /// The key.
    pub key: Box<str>,
}

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// There is no colon.
    #[error("an id is a kind, a colon and a key, such as city:442000; found \"{0}\"")]
    Form(String),
    /// No kind has this name.
    #[error("no kind is called \"{0}\"; an id begins with a kind such as city, pairing or labor-station")]
    Kind(String),
    /// The key has other characters, or too many.
    #[error("a key is 1 to 100 letters, digits, dots, hyphens and underscores of ASCII; found \"{0}\"")]
    Key(String),
}

impl Id {
    /// Reads a global id.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let short = |text: &str| text.chars().take(120).collect::<String>();
        let (kind, key) = text.split_once(':').ok_or_else(|| IdError::Form(short(text)))?;
        let kind = kind_named(kind).filter(|found| found.id == kind).ok_or_else(|| IdError::Kind(short(kind)))?;
        if !is_key(key) {
            return Err(IdError::Key(short(key)));
        }
        Ok(Self { tag: kind.tag, key: key.into() })
    }

    /// The id of a record of a kind.
    pub fn new(kind: &Kind, key: &str) -> Self {
        Self { tag: kind.tag, key: key.into() }
    }

    /// The same, borrowed.
    pub fn as_ref(&self) -> IdRef<'_> {
        IdRef { tag: self.tag, key: &self.key }
    }
}

impl<'a> IdRef<'a> {
    /// Reads the bytes of a reference.
    pub fn from_bytes(bytes: &'a [u8]) -> Option<Self> {
        let (tag, key) = bytes.split_first()?;
        Some(Self { tag: *tag, key: std::str::from_utf8(key).ok()? })
    }

    /// The bytes of a reference.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1 + self.key.len());
        bytes.push(self.tag);
        bytes.extend_from_slice(self.key.as_bytes());
        bytes
    }

    /// The kind, where the tag is one.
    pub fn kind(self) -> Option<&'static Kind> {
        kind_of_tag(self.tag)
    }

    /// The same, owned.
    pub fn to_owned(self) -> Id {
        Id { tag: self.tag, key: self.key.into() }
    }
}

/// Whether a text can be a key.
pub fn is_key(text: &str) -> bool {
    (1..=KEY_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

impl fmt::Display for IdRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Some(kind) => write!(f, "{}:{}", kind.id, self.key),
            None => write!(f, "kind {}:{}", self.tag, self.key),
        }
    }
}

impl fmt::Debug for IdRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_ref(), f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_ref(), f)
    }
}
