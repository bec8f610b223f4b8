//! What a request remembers of records that many others lead to, such as a parent: what a filter said of one, what a path
//! found behind it, and what stands above a region. Neighbours mostly share them, and reading one costs more than all else.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::FieldError;
use super::path::Found;
use crate::config::REMEMBERED_BYTES;
use crate::model::id::{Id, IdRef};

/// Which compiled filter or path asks. Each has a number of its own, since what is compiled may outlive a request, and
/// another may come to stand where it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Asker(u64);

impl Asker {
    /// Whoever asks for what is the same for all.
    pub const ANYONE: Self = Self(0);

    /// One that never was.
    pub fn another() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// What one request remembers. It is over one snapshot, and so is this.
#[derive(Default)]
pub struct Remembered {
    /// Whether the record passes a filter.
    pub passes: Memo<bool>,
    /// What a path leads to from the record.
    pub found: Memo<Arc<[Found]>>,
    /// The regions from the record up; and which records the ids of a filter mean.
    pub ids: Memo<Arc<[Id]>>,
}

/// What is remembered by who asks and of which record. Where it grows beyond its bound, it begins anew.
pub struct Memo<T>(Mutex<Held<T>>);

struct Held<T> {
    /// What was asked last: it is mostly asked next.
    last: Option<(Asker, Id, T)>,
    all: HashMap<(Asker, u8), HashMap<Box<str>, T>>,
    bytes: usize,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(Mutex::new(Held { last: None, all: HashMap::new(), bytes: 0 }))
    }
}

impl<T: Clone + Weighed> Memo<T> {
    /// What is known of a record, or else what it comes to now.
    pub fn of(
        &self,
        asker: Asker,
        id: IdRef<'_>,
        make: impl FnOnce() -> Result<T, FieldError>,
    ) -> Result<T, FieldError> {
        // Making one asks for others: nothing is held meanwhile.
        if let Some(known) = self.held().known(asker, id) {
            return Ok(known);
        }
        let made = make()?;
        self.held().keep(asker, id, &made);
        Ok(made)
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone + Weighed> Held<T> {
    fn known(&mut self, asker: Asker, id: IdRef<'_>) -> Option<T> {
        if let Some((last, of, known)) = &self.last
            && *last == asker
            && of.as_ref() == id
        {
            return Some(known.clone());
        }
        let known = self.all.get(&(asker, id.tag))?.get(id.key)?.clone();
        self.last = Some((asker, id.to_owned(), known.clone()));
        Some(known)
    }

    fn keep(&mut self, asker: Asker, id: IdRef<'_>, made: &T) {
        let bytes = ENTRY_BYTES + id.key.len() + made.bytes();
        if self.bytes + bytes > REMEMBERED_BYTES {
            (self.all, self.bytes) = (HashMap::new(), 0);
        }
        self.last = Some((asker, id.to_owned(), made.clone()));
        if bytes <= REMEMBERED_BYTES {
            self.bytes += bytes;
            self.all.entry((asker, id.tag)).or_default().insert(id.key.into(), made.clone());
        }
    }
}

/// What an entry takes beside its key and its value.
const ENTRY_BYTES: usize = 64;

/// What can say how many bytes it takes.
pub trait Weighed {
    /// Beside itself.
    fn bytes(&self) -> usize;
}

impl Weighed for bool {
    fn bytes(&self) -> usize {
        0
    }
}

impl Weighed for Arc<[Found]> {
    fn bytes(&self) -> usize {
        self.iter().map(|found| size_of::<Found>() + found.bytes()).sum()
    }
}

impl Weighed for Arc<[Id]> {
    fn bytes(&self) -> usize {
        self.iter().map(|id| size_of::<Id>() + id.key.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;
    use crate::model::kinds::TOWN;

    fn asked(memo: &Memo<bool>, asker: Asker, key: &str) -> bool {
        let mut made = false;
        memo.of(asker, Id::new(&TOWN, key).as_ref(), || {
            made = true;
            Ok(true)
        })
        .unwrap();
        made
    }

    #[test]
    fn each_is_made_once_for_each_who_asks() {
        let memo = Memo::default();
        let (one, other) = (Asker::another(), Asker::another());
        assert!(asked(&memo, one, "a") && asked(&memo, one, "b"));
        assert!(!asked(&memo, one, "a") && !asked(&memo, one, "b") && !asked(&memo, one, "b"));
        assert!(asked(&memo, other, "a"));
        assert!(!asked(&memo, one, "a"));
    }

    #[test]
    fn what_failed_is_asked_again() {
        let memo = Memo::<bool>::default();
        let id = Id::new(&TOWN, "a");
        assert!(memo.of(Asker::ANYONE, id.as_ref(), || Err(FieldError::limit("no"))).is_err());
        assert!(asked(&memo, Asker::ANYONE, "a"));
    }

    #[test]
    fn it_has_a_bound() {
        let memo = Memo::default();
        let most = REMEMBERED_BYTES / ENTRY_BYTES;
        for number in 0..=most {
            asked(&memo, Asker::ANYONE, &number.to_string());
        }
        let held = memo.held();
        assert!(held.bytes <= REMEMBERED_BYTES);
        assert!(held.all.values().map(HashMap::len).sum::<usize>() < most);
        drop(held);
        assert!(!asked(&memo, Asker::ANYONE, &most.to_string()));
    }
}
