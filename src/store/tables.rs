//! The tables as of one commit, opened once for all who read them, with what is remembered of them until the next.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, TableError};
use smallvec::SmallVec;

use super::covered::{Place, Read};
use super::log::Revision;
use super::{Bytes, COUNTS, COVERS, INDEX, META, POSTINGS, RECORDS, REVERSE, StoreError, meta_number};
use crate::config::{BLOCKS_REMEMBERED, HELD_REMEMBERED, PLACES_REMEMBERED, RECKONED_BYTES};
use crate::model::id::Id;

/// What somebody reckoned of the tables, and how many bytes it takes.
#[derive(Clone)]
pub struct Reckoned {
    /// How many bytes.
    pub weight: u64,
    /// What it is, is known to who asks for it.
    pub value: Arc<dyn Any + Send + Sync>,
}

/// Weighs what was reckoned.
#[derive(Clone)]
pub struct ByWeight;

impl Weighter<String, Reckoned> for ByWeight {
    fn weight(&self, _: &String, reckoned: &Reckoned) -> u64 {
        reckoned.weight.max(1)
    }
}

/// The tables as of one commit, opened once for all who read them.
pub struct Tables {
    pub(super) records: ReadOnlyTable<Bytes, Bytes>,
    pub(super) reverse: ReadOnlyTable<Bytes, Bytes>,
    pub(super) index: ReadOnlyTable<Bytes, Bytes>,
    pub(super) postings: ReadOnlyTable<Bytes, Bytes>,
    pub(super) covers: ReadOnlyTable<Bytes, Bytes>,
    /// How many records there are of each kind, by its tag.
    pub(super) counts: BTreeMap<u8, u64>,
    pub(super) revision: Revision,
    /// What was reckoned of them, by what it is reckoned of.
    pub(super) reckoned: Cache<String, Reckoned, ByWeight>,
    /// What regions hold of a level, by the region and the level.
    pub(super) held: Cache<(Id, u8), Arc<Vec<Id>>>,
    /// Where the entries of covers lie that were walked last, by what their keys begin with.
    pub(super) places: Cache<SmallVec<[u8; 24]>, Arc<Place>>,
    /// The blocks in which they lie, by their first keys.
    pub(super) blocks: Cache<Box<[u8]>, Arc<Read>>,
    pub(super) transaction: ReadTransaction,
}

impl Tables {
    pub(super) fn open(transaction: ReadTransaction) -> Result<Self, StoreError> {
        let mut counts_of = BTreeMap::new();
        match transaction.open_table(COUNTS) {
            Err(TableError::TableDoesNotExist(_)) => {}
            counts => {
                for entry in ReadableTable::iter(&counts?)? {
                    let (tag, count) = entry?;
                    counts_of.insert(tag.value(), count.value());
                }
            }
        }
        Ok(Self {
            records: transaction.open_table(RECORDS)?,
            reverse: transaction.open_table(REVERSE)?,
            index: transaction.open_table(INDEX)?,
            postings: transaction.open_table(POSTINGS)?,
            covers: transaction.open_table(COVERS)?,
            counts: counts_of,
            revision: meta_number(&transaction.open_table(META)?, "revision")?,
            reckoned: Cache::with_weighter(64, RECKONED_BYTES as u64, ByWeight),
            held: Cache::new(HELD_REMEMBERED),
            places: Cache::new(PLACES_REMEMBERED),
            blocks: Cache::new(BLOCKS_REMEMBERED),
            transaction,
        })
    }
}
