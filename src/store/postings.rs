//! Postings: for each token and kind, the records whose names have it, by key, and how it stands in them. They lie in blocks, so
//! that a common token costs bytes and not rows, and a change of one record rewrites one block of each of its tokens.
//!
//! A block is the key of its first record, in the row's own key, and the others as differences (`key_list.rs`); behind each, the
//! first too, two bytes say how the token stands.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use redb::{ReadableTable, Table};

use super::key_list::{self, read_varint, varint};
use super::run::Run;
use super::{Bytes, StoreError, key};
use crate::text::standing::Standing;
use crate::text::tokens::Token;

/// The most keys that a block holds; one that grows beyond is split.
const MOST: usize = 128;
/// How many keys the blocks get that a long list is written in.
const FILL: usize = 96;

/// Changes of postings that are gathered, and made together: a record has some twenty, and those of many records share
/// their blocks. Of a record only its place is kept for each token, as the difference to the one before.
#[derive(Default)]
pub struct Pending {
    /// The keys of the records, one after the other, and where each ends.
    keys: String,
    ends: Vec<u32>,
    /// What changes, for each kind.
    lists: BTreeMap<u8, HashMap<Token, List>>,
    /// How many bytes the lists have.
    bytes: usize,
}

/// Which records gain or lose a token.
#[derive(Default)]
struct List {
    /// The place behind the last record.
    next: u32,
    /// For each record, how many there are between it and the one before, and whether it gains the token; if so, how it stands.
    changes: Vec<u8>,
}

/// How many bytes of changes are gathered before they are made: those of a whole country.
const GATHERED: usize = 64 << 20;
/// How many bytes of blocks are gathered before they are written.
const WRITTEN: usize = 4 << 20;

impl Pending {
    /// Changes of one record: tokens that it has from now on, or that stand otherwise, and tokens that it has no more. The
    /// records of a kind come in the order of their keys.
    pub fn add(&mut self, tag: u8, key: &str, gained: &[(Token, Standing)], lost: &[Token]) {
        if gained.is_empty() && lost.is_empty() {
            return;
        }
        let record = self.ends.len() as u32;
        self.keys.push_str(key);
        self.ends.push(self.keys.len() as u32);
        let lists = self.lists.entry(tag).or_default();
        let gained = gained.iter().map(|(token, standing)| (token, Some(standing)));
        for (token, standing) in gained.chain(lost.iter().map(|token| (token, None))) {
            let list = lists.entry(*token).or_default();
            let before = list.changes.len();
            varint(&mut list.changes, u64::from(record - list.next) << 1 | u64::from(standing.is_some()));
            list.changes.extend(standing.into_iter().flat_map(|standing| standing.to_bytes()));
            list.next = record + 1;
            self.bytes += list.changes.len() - before;
        }
    }

    /// Whether so much was gathered that it should be made.
    pub fn is_full(&self) -> bool {
        self.bytes + self.keys.len() >= GATHERED
    }

    fn key(&self, record: u32) -> &str {
        let place = record as usize;
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.keys[start as usize..self.ends[place] as usize]
    }

    /// Makes them.
    pub fn flush(&mut self, table: &mut Table<'_, Bytes, Bytes>) -> Result<(), StoreError> {
        let gathered = std::mem::take(self);
        let mut lists: Vec<_> =
            gathered.lists.iter().flat_map(|(tag, lists)| lists.keys().map(move |token| (*token, *tag))).collect();
        lists.sort_unstable();
        let mut run = Run::default();
        let mut changes: Vec<(&str, Option<Standing>)> = Vec::new();
        for (token, tag) in lists {
            let Some(list) = gathered.lists.get(&tag).and_then(|lists| lists.get(&token)) else { continue };
            let (mut rest, mut next) = (list.changes.as_slice(), 0);
            changes.clear();
            while let Some(change) = read_varint(&mut rest) {
                let record = next + (change >> 1) as u32;
                let standing = if change & 1 == 1 { read_standing(&mut rest) } else { None };
                changes.push((gathered.key(record), standing));
                next = record + 1;
            }
            apply(table, &mut run, token, tag, &changes)?;
            if run.bytes() >= WRITTEN {
                run.flush(table)?;
            }
        }
        run.flush(table)
    }
}

/// Makes the changes of one list, which are in the order of their keys.
fn apply(
    table: &Table<'_, Bytes, Bytes>,
    run: &mut Run,
    token: Token,
    tag: u8,
    mut changes: &[(&str, Option<Standing>)],
) -> Result<(), StoreError> {
    let prefix = key::posting_prefix(token, tag);
    let end = key::after_prefix(&prefix);
    while let Some((first, _)) = changes.first() {
        // The block that the first change falls into: the last that begins no later, or the first of all.
        let at = key::posting(token, tag, first);
        let (row, known) = match block_of(table, &prefix, &at, &end)? {
            Some((row, keys)) => (Some(row), keys),
            None => (None, Vec::new()),
        };
        // It reaches to the next block.
        let next = match &row {
            None => None,
            Some(row) => {
                let after = (Bound::Excluded(row.as_slice()), Bound::Excluded(end.as_slice()));
                let next = table.range::<&[u8]>(after)?.next().transpose()?;
                next.map(|(next, _)| key::posting_first(next.value(), prefix.len()).to_owned())
            }
        };
        let here = next.map_or(changes.len(), |next| changes.partition_point(|(key, _)| *key < next.as_str()));
        let (now, later) = changes.split_at(here.max(1));
        changes = later;
        let merged = merge(&known, now);
        let size = if merged.len() > MOST { FILL } else { MOST };
        let mut kept = false;
        for block in merged.chunks(size) {
            let at = key::posting(token, tag, block[0].0);
            kept |= row.as_ref() == Some(&at);
            run.insert(&at, &encode(block));
        }
        if let Some(row) = row.filter(|_| !kept) {
            run.remove(&row);
        }
    }
    Ok(())
}

/// A block: the key of its row, and what it holds.
type Block = (Vec<u8>, Vec<(String, Standing)>);

/// The block that a key falls into.
fn block_of(
    table: &impl ReadableTable<Bytes, Bytes>,
    prefix: &[u8],
    at: &[u8],
    end: &[u8],
) -> Result<Option<Block>, StoreError> {
    let read = |(row, block): (redb::AccessGuard<'_, Bytes>, redb::AccessGuard<'_, Bytes>)| {
        let keys = decode(key::posting_first(row.value(), prefix.len()), block.value()).collect();
        (row.value().to_vec(), keys)
    };
    if let Some(before) = table.range::<&[u8]>(prefix..=at)?.next_back().transpose()? {
        return Ok(Some(read(before)));
    }
    Ok(table.range::<&[u8]>(prefix..end)?.next().transpose()?.map(read))
}

fn merge<'k>(known: &'k [(String, Standing)], changes: &[(&'k str, Option<Standing>)]) -> Vec<(&'k str, Standing)> {
    let mut merged = Vec::with_capacity(known.len() + changes.len());
    let mut known = known.iter().map(|(key, standing)| (key.as_str(), *standing)).peekable();
    for (key, standing) in changes {
        while let Some(before) = known.next_if(|(known, _)| known < key) {
            merged.push(before);
        }
        let _ = known.next_if(|(known, _)| known == key);
        if merged.last().is_none_or(|(last, _)| last != key) {
            merged.extend(standing.map(|standing| (*key, standing)));
        }
    }
    merged.extend(known);
    merged
}

/// The block of keys in order, each with how the token stands: the first key is not in it.
fn encode(keys: &[(&str, Standing)]) -> Vec<u8> {
    let mut block = Vec::with_capacity(keys.len() * 6);
    block.extend(keys.iter().take(1).flat_map(|(_, standing)| standing.to_bytes()));
    for pair in keys.windows(2) {
        key_list::push_following(&mut block, pair[0].0, pair[1].0);
        block.extend(pair[1].1.to_bytes());
    }
    block
}

/// The keys of a block, in order, each with how the token stands. A damaged one ends where it makes no sense.
pub fn decode<'b>(first: &str, block: &'b [u8]) -> impl Iterator<Item = (String, Standing)> + use<'b> {
    let mut rest = block;
    let mut key = first.to_owned();
    let mut next = Some(first_standing(&mut rest));
    std::iter::from_fn(move || {
        let found = (key.clone(), next?);
        next = to_following(&mut key, &mut rest);
        Some(found)
    })
}

/// How the token stands in the first record of a block.
pub fn first_standing(rest: &mut &[u8]) -> Standing {
    read_standing(rest).unwrap_or(Standing::UNTOLD)
}

/// Makes a key the one that follows it in its block, if there is one, and gives how the token stands there.
pub fn to_following(key: &mut String, rest: &mut &[u8]) -> Option<Standing> {
    key_list::to_following(key, rest)?;
    read_standing(rest)
}

fn read_standing(rest: &mut &[u8]) -> Option<Standing> {
    let (standing, others) = rest.split_first_chunk()?;
    *rest = others;
    Some(Standing::from_bytes(*standing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gives_back_its_keys() {
        for keys in [
            vec!["442000"],
            vec!["110101001001", "110101001002", "659012503999"],
            vec!["a", "ab", "b", "zhongshan-zhaoqing", "zhongshan-zhaotong"],
        ] {
            let standing = |at: usize| Standing::from_bytes([at as u8, 7]);
            let keys: Vec<_> = keys.iter().enumerate().map(|(at, key)| (*key, standing(at))).collect();
            let block = encode(&keys);
            let told: Vec<_> = decode(keys[0].0, &block).collect();
            assert_eq!(told.iter().map(|(key, standing)| (key.as_str(), *standing)).collect::<Vec<_>>(), keys);
            for cut in 0..block.len() {
                assert!(decode(keys[0].0, &block[..cut]).count() <= keys.len());
            }
        }
    }

    #[test]
    fn changes_are_merged_in_order() {
        let [one, other] = [Standing::NOWHERE, Standing::UNTOLD];
        let known = [("b".to_owned(), one), ("d".to_owned(), one)];
        let changes = [("a", Some(one)), ("b", None), ("c", Some(one)), ("d", Some(other)), ("e", None)];
        assert_eq!(merge(&known, &changes), [("a", one), ("c", one), ("d", other)]);
        assert_eq!(merge(&[], &[("a", Some(one))]), [("a", one)]);
        assert_eq!(merge(&known, &[]), [("b", one), ("d", one)]);
    }
}
