//! The store as of a past revision: what stands now, but for what was changed since.
//!
//! The log gives each record that a later revision changed, as it was. A [`Past`] holds those, and the rows that follow from
//! them. Whoever walks a table leaves out what belongs to a changed record, and meets the past's rows in its place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use super::derive::{Derived, derived};
use super::log::{Changed, Revision};
use super::posting_list::kind_bit;
use super::snapshot::Direction;
use super::{StoreError, key, sealed};
use crate::config::PAST_CHANGES_MAX;
use crate::model::id::IdRef;
use crate::model::row::Row;
use crate::text::standing::Standing;
use crate::text::tokens::Token;

/// What was other as of a revision than it is now.
pub struct Past {
    /// The revision.
    pub revision: Revision,
    /// Every record that changed since, by its key, as it stood then: version and row, or nothing where it was not there.
    records: BTreeMap<Vec<u8>, Option<Arc<[u8]>>>,
    reverse: BTreeSet<Vec<u8>>,
    index: BTreeSet<Vec<u8>>,
    postings: BTreeMap<(Token, u8), BTreeMap<String, Standing>>,
    /// How many records of a kind there were more than now.
    more: BTreeMap<u8, i64>,
}

impl Past {
    /// The past as of a revision, before anything is known of it.
    pub fn new(revision: Revision) -> Self {
        Self {
            revision,
            records: BTreeMap::new(),
            reverse: BTreeSet::new(),
            index: BTreeSet::new(),
            postings: BTreeMap::new(),
            more: BTreeMap::new(),
        }
    }

    /// Takes note of what a later revision changed; they come in their order. Beyond the bound nothing more is held, and it
    /// says so.
    pub fn note(&mut self, (id, before): Changed) -> bool {
        // The first later change says how it stood.
        self.records.entry(key::record(id.as_ref())).or_insert_with(|| before.map(Into::into));
        !self.is_full()
    }

    /// Whether more was noted than the bound allows.
    pub fn is_full(&self) -> bool {
        self.records.len() > PAST_CHANGES_MAX
    }

    /// Makes what follows from the records that were noted. `now` says whether a record is there now.
    pub fn derive(&mut self, now: impl Fn(&[u8]) -> Result<bool, StoreError>) -> Result<(), StoreError> {
        if self.is_full() {
            let revision = self.revision;
            return Err(StoreError::NotKept(format!(
                "more than {PAST_CHANGES_MAX} records changed since revision {revision}: ask for a later one, or for single records by their ids"
            )));
        }
        for (key, row) in &self.records {
            let Some(id) = IdRef::from_bytes(key) else { continue };
            *self.more.entry(id.tag).or_default() += i64::from(row.is_some()) - i64::from(now(key)?);
            let (Some(kind), Some(row)) = (id.kind(), row) else { continue };
            for follows in derived(kind, id, Row::new(sealed::row_of(row))) {
                match follows {
                    Derived::Reverse(key) => drop(self.reverse.insert(key)),
                    Derived::Index(key) => drop(self.index.insert(key)),
                    Derived::Posting(token, standing) => {
                        self.postings.entry((token, id.tag)).or_default().insert(id.key.to_owned(), standing);
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a record was changed since.
    pub fn changed(&self, id: IdRef<'_>) -> bool {
        self.records.contains_key(&key::record(id))
    }

    /// A record that was changed since, as it stood: nothing where it was not changed.
    pub fn record(&self, id: IdRef<'_>) -> Option<Option<Arc<[u8]>>> {
        self.records.get(&key::record(id)).cloned()
    }

    /// The changed records that stood, between two keys.
    pub fn records<'a>(
        &'a self,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> impl Iterator<Item = (Vec<u8>, Arc<[u8]>)> + use<'a> {
        let rows = self.records.range::<[u8], _>(range);
        directed(rows.filter_map(|(key, row)| Some((key.clone(), row.clone()?))), direction)
    }

    /// The rows of reverse edges that followed from changed records, between two keys.
    pub fn reverse<'a>(
        &'a self,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> impl Iterator<Item = (Vec<u8>, ())> + use<'a> {
        directed(self.reverse.range::<[u8], _>(range).map(|key| (key.clone(), ())), direction)
    }

    /// The index rows that followed from changed records, between two keys.
    pub fn index<'a>(
        &'a self,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        direction: Direction,
    ) -> impl Iterator<Item = (Vec<u8>, ())> + use<'a> {
        directed(self.index.range::<[u8], _>(range).map(|key| (key.clone(), ())), direction)
    }

    /// The keys of changed records of a kind whose names had a token, in order, each with how it stood in them.
    pub fn postings(&self, token: Token, tag: u8) -> impl Iterator<Item = (String, Standing)> + use<'_> {
        self.postings.get(&(token, tag)).into_iter().flatten().map(|(key, standing)| (key.clone(), *standing))
    }

    /// The kinds of the changed records whose names had a token, as bits.
    pub fn posting_kinds(&self, token: Token) -> u64 {
        let tags = self.postings.keys().filter(|(known, _)| *known == token).map(|(_, tag)| *tag);
        tags.fold(0, |kinds, tag| kinds | kind_bit(tag))
    }

    /// How many records of a kind there were, where there are so many now.
    pub fn count(&self, tag: u8, now: u64) -> u64 {
        now.saturating_add_signed(self.more.get(&tag).copied().unwrap_or(0))
    }
}

/// An iterator, or its reverse.
fn directed<'a, T: 'a>(
    rows: impl DoubleEndedIterator<Item = T> + 'a,
    direction: Direction,
) -> Box<dyn Iterator<Item = T> + 'a> {
    match direction {
        Direction::Forward => Box::new(rows),
        Direction::Backward => Box::new(rows.rev()),
    }
}

/// Two walks in one order as one: what stands in a table, and what the past has in its place. A fault of the first comes as
/// soon as it is met.
pub fn merged<'a, K: Ord + 'a, T: 'a>(
    now: impl Iterator<Item = Result<(K, T), StoreError>> + 'a,
    then: impl Iterator<Item = (K, T)> + 'a,
    direction: Direction,
) -> impl Iterator<Item = Result<(K, T), StoreError>> + 'a {
    let (mut now, mut then) = (now.peekable(), then.peekable());
    std::iter::from_fn(move || {
        let first = match (now.peek(), then.peek()) {
            (Some(Ok((left, _))), Some((right, _))) => match direction {
                Direction::Forward => left < right,
                Direction::Backward => left > right,
            },
            (Some(_), _) => true,
            (None, _) => false,
        };
        if first { now.next() } else { then.next().map(Ok) }
    })
}
