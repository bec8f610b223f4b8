//! Postings: for each token and kind, the records whose names have it, by key. They lie in blocks, so that a common token
//! costs bytes and not rows, and a change of one record rewrites one block of each of its tokens.
//!
//! A block is the key of its first record, in the row's own key, and the others as differences: a number's digits after
//! those before it where both are numbers of one length, as codes of regions are, or the text that differs.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use redb::{ReadableTable, Table};

use super::run::Run;
use super::{Bytes, StoreError, key};
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
    /// For each record, how many there are between it and the one before, and whether it gains the token.
    changes: Vec<u8>,
}

/// How many bytes of changes are gathered before they are made: those of a whole country.
const GATHERED: usize = 64 << 20;
/// How many bytes of blocks are gathered before they are written.
const WRITTEN: usize = 4 << 20;

impl Pending {
    /// Changes of one record: tokens that it has from now on, and tokens that it has no more. The records of a kind come in
    /// the order of their keys.
    pub fn add(&mut self, tag: u8, key: &str, gained: &[Token], lost: &[Token]) {
        if gained.is_empty() && lost.is_empty() {
            return;
        }
        let record = self.ends.len() as u32;
        self.keys.push_str(key);
        self.ends.push(self.keys.len() as u32);
        let lists = self.lists.entry(tag).or_default();
        for (tokens, add) in [(gained, true), (lost, false)] {
            for token in tokens {
                let list = lists.entry(*token).or_default();
                let before = list.changes.len();
                varint(&mut list.changes, u64::from(record - list.next) << 1 | u64::from(add));
                list.next = record + 1;
                self.bytes += list.changes.len() - before;
            }
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
        let mut changes: Vec<(&str, bool)> = Vec::new();
        for (token, tag) in lists {
            let Some(list) = gathered.lists.get(&tag).and_then(|lists| lists.get(&token)) else { continue };
            let (mut rest, mut next) = (list.changes.as_slice(), 0);
            changes.clear();
            while let Some(change) = read_varint(&mut rest) {
                let record = next + (change >> 1) as u32;
                changes.push((gathered.key(record), change & 1 == 1));
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
    mut changes: &[(&str, bool)],
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
            let at = key::posting(token, tag, block[0]);
            kept |= row.as_ref() == Some(&at);
            run.insert(&at, &encode(block));
        }
        if let Some(row) = row.filter(|_| !kept) {
            run.remove(&row);
        }
    }
    Ok(())
}

/// A block: the key of its row, and the keys that it holds.
type Block = (Vec<u8>, Vec<String>);

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

fn merge<'k>(known: &'k [String], changes: &[(&'k str, bool)]) -> Vec<&'k str> {
    let mut merged = Vec::with_capacity(known.len() + changes.len());
    let mut known = known.iter().map(String::as_str).peekable();
    for (key, add) in changes {
        while let Some(before) = known.next_if(|known| known < key) {
            merged.push(before);
        }
        let _ = known.next_if(|known| known == key);
        if *add && merged.last() != Some(key) {
            merged.push(key);
        }
    }
    merged.extend(known);
    merged
}

/// A key that is a number: its value and how many digits it has.
fn number(key: &str) -> Option<(u64, usize)> {
    let digits = (1..=18).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Some((key.parse().ok()?, key.len())) } else { None }
}

/// The block of keys in order: the first is not in it.
pub fn encode(keys: &[&str]) -> Vec<u8> {
    let mut block = Vec::with_capacity(keys.len() * 4);
    for pair in keys.windows(2) {
        match (number(pair[0]), number(pair[1])) {
            (Some((before, length)), Some((after, same))) if length == same && after > before => {
                varint(&mut block, (after - before) << 1);
            }
            _ => {
                let shared = pair[0].bytes().zip(pair[1].bytes()).take_while(|(left, right)| left == right).count();
                varint(&mut block, (shared as u64) << 1 | 1);
                varint(&mut block, (pair[1].len() - shared) as u64);
                block.extend_from_slice(&pair[1].as_bytes()[shared..]);
            }
        }
    }
    block
}

/// The keys of a block, in order. A damaged one ends where it makes no sense.
pub fn decode<'b>(first: &str, block: &'b [u8]) -> impl Iterator<Item = String> + use<'b> {
    let mut rest = block;
    let mut key = first.to_owned();
    let mut more = true;
    std::iter::from_fn(move || {
        if !more {
            return None;
        }
        let found = key.clone();
        more = to_following(&mut key, &mut rest).is_some();
        Some(found)
    })
}

/// Makes a key the one that follows it in its block, if there is one.
pub fn to_following(key: &mut String, rest: &mut &[u8]) -> Option<()> {
    let head = read_varint(rest)?;
    if head & 1 == 0 {
        let (before, length) = number(key)?;
        return to_digits(key, before.checked_add(head >> 1)?, length);
    }
    let shared = key.as_bytes().get(..usize::try_from(head >> 1).ok()?)?;
    let length = usize::try_from(read_varint(rest)?).ok()?;
    let (own, others) = rest.split_at_checked(length)?;
    *rest = others;
    *key = String::from_utf8([shared, own].concat()).ok()?;
    Some(())
}

/// Makes a key a number of so many digits. Lists are long, and the formatter takes several times as long.
fn to_digits(key: &mut String, mut value: u64, length: usize) -> Option<()> {
    let mut digits = [b'0'; 20];
    let mut from = digits.len();
    while value > 0 || digits.len() - from < length {
        from -= 1;
        digits[from] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    key.clear();
    key.push_str(std::str::from_utf8(&digits[from..]).ok()?);
    Some(())
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, others) = rest.split_first()?;
        *rest = others;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
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
            vec!["001", "002", "1000", "9", "99"],
            vec!["f002", "f010", "seed-article"],
        ] {
            let block = encode(&keys);
            assert_eq!(decode(keys[0], &block).collect::<Vec<_>>(), keys);
            for cut in 0..block.len() {
                assert!(decode(keys[0], &block[..cut]).count() <= keys.len());
            }
        }
    }

    #[test]
    fn changes_are_merged_in_order() {
        let known = ["b".to_owned(), "d".to_owned()];
        let changes = [("a", true), ("b", false), ("c", true), ("d", true), ("e", false)];
        assert_eq!(merge(&known, &changes), ["a", "c", "d"]);
        assert_eq!(merge(&[], &[("a", true)]), ["a"]);
        assert_eq!(merge(&known, &[]), ["b", "d"]);
    }
}
