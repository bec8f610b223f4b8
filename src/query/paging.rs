//! The four arguments of a page, and its cursors: positions behind a mark of their connection, opaque to clients.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::arguments::Arguments;
use super::error::FieldError;
use crate::config::{PAGE_DEFAULT, PAGE_MAX};
use crate::store::Direction::{self, Backward, Forward};

/// Which part of a connection is asked for.
#[derive(Debug)]
pub struct Paging {
    /// Only what stands behind this position.
    pub after: Option<Vec<u8>>,
    /// Only what stands before this one.
    pub before: Option<Vec<u8>>,
    /// From which end.
    pub direction: Direction,
    /// How many at most.
    pub size: usize,
}

/// Where a page stands: `PageInfo`.
#[derive(Debug, Clone, Default)]
pub struct PageInfo {
    /// There are more behind it.
    pub has_next: bool,
    /// There are more before it.
    pub has_previous: bool,
    /// The first edge's cursor.
    pub start: Option<String>,
    /// The last edge's.
    pub end: Option<String>,
}

impl Paging {
    /// The page that arguments ask for, of a connection whose cursors begin with a mark.
    pub fn read(arguments: &Arguments, mark: &[u8]) -> Result<Self, FieldError> {
        let size = |name: &str| match arguments.int(name) {
            None => Ok(None),
            Some(size) => match usize::try_from(size) {
                Ok(size) if size <= PAGE_MAX => Ok(Some(size)),
                _ => Err(FieldError::input(format!(
                    "{name}: expected 0 to {PAGE_MAX}, found {size}; page through with `after`"
                ))),
            },
        };
        let cursor = |name: &str| match arguments.text(name) {
            None => Ok(None),
            Some(text) => {
                let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad_cursor())?;
                bytes.strip_prefix(mark).map(|position| Some(position.to_vec())).ok_or_else(bad_cursor)
            }
        };
        let (direction, size) = match (size("first")?, size("last")?) {
            (Some(_), Some(_)) => return Err(FieldError::input("first and last: give one of the two")),
            (None, Some(last)) => (Backward, last),
            (first, None) => (Forward, first.unwrap_or(PAGE_DEFAULT)),
        };
        Ok(Self { after: cursor("after")?, before: cursor("before")?, direction, size })
    }

    /// Where the page begins, seen in its direction.
    pub fn from(&self) -> Option<&[u8]> {
        if self.direction == Forward { self.after.as_deref() } else { self.before.as_deref() }
    }

    /// Whether the page ends by its size alone.
    pub fn is_open(&self) -> bool {
        match self.direction {
            Forward => self.before.is_none(),
            Backward => self.after.is_none(),
        }
    }

    /// Whether a position stands before the place where the page must end, seen in its direction.
    pub fn is_inside(&self, position: &[u8]) -> bool {
        match (self.direction, &self.after, &self.before) {
            (Forward, _, Some(until)) => position < until.as_slice(),
            (Backward, Some(until), _) => position > until.as_slice(),
            _ => true,
        }
    }

    /// Whether a position stands before where the page begins, or there, seen in its direction.
    pub fn is_behind(&self, position: &[u8]) -> bool {
        match (self.direction, self.from()) {
            (_, None) => false,
            (Forward, Some(from)) => position <= from,
            (Backward, Some(from)) => position >= from,
        }
    }
}

/// The cursor of a position.
pub fn cursor(mark: &[u8], position: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode([mark, position].concat())
}

/// A cursor that is none of this connection's.
pub fn bad_cursor() -> FieldError {
    FieldError::input(
        "after and before: expected a cursor that an edge or pageInfo of this connection gave, with the same `orderBy`",
    )
}
