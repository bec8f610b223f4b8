//! Entries that lie in blocks, several in one row of a table: covers (`covers.rs`) and sets of keys (`key_set.rs`). Changes are
//! gathered, and made block by block in the order of their keys. The key of a block's row is that of its first entry.

use std::marker::PhantomData;
use std::ops::Bound;

use redb::{AccessGuard, ReadableTable, Table};

use super::run::Run;
use super::{Bytes, StoreError};

/// How many bytes of blocks are gathered before they are written.
const WRITTEN: usize = 4 << 20;
/// From how many changes on blocks are filled rather than halved: they come in large numbers, and more will not follow.
const MANY: usize = 1_000;
/// Where what an entry carries would end, if the entry is to be gone.
const GONE: u32 = u32::MAX;

/// An entry as it is merged.
#[derive(Clone, Copy)]
pub struct Entry<'b> {
    /// Its whole key.
    pub key: &'b [u8],
    /// How many bytes of the key it shares with its group; 0 where there are no groups.
    pub values: usize,
    /// What it carries.
    pub carried: &'b [u8],
}

/// Is told of each entry of a block: its key, how many bytes of that are its group's, and what it carries.
pub type Each<'f, 'b> = dyn FnMut(&[u8], usize, &'b [u8]) + 'f;

/// How the entries of a block are written.
pub trait Layout {
    /// How many bytes a block has at most, with its key, if it has more than one entry.
    const MOST: usize;
    /// How many bytes the blocks get in which many entries are written.
    const FILL: usize;
    /// How many bytes of changes are gathered before they are made.
    const GATHERED: usize;

    /// How many bytes an entry takes, roughly, behind another.
    fn size(entry: &Entry<'_>, before: Option<&Entry<'_>>) -> usize;

    /// The bytes of a block of entries.
    fn encode(entries: &[Entry<'_>]) -> Vec<u8>;

    /// Calls back for each entry of a block, behind the key of its row.
    fn each<'b>(first: &[u8], block: &'b [u8], found: &mut Each<'_, 'b>);
}

/// Changes of entries that are gathered, and made together.
pub struct Gathered<L> {
    bytes: Vec<u8>,
    rows: Vec<Place>,
    layout: PhantomData<L>,
}

impl<L> Default for Gathered<L> {
    fn default() -> Self {
        Self { bytes: Vec::new(), rows: Vec::new(), layout: PhantomData }
    }
}

/// Where a change stands among the bytes: its key, of which the first bytes are its group's, then what it carries.
#[derive(Clone, Copy)]
struct Place {
    start: u32,
    values_end: u32,
    key_end: u32,
    end: u32,
}

/// A block as it stands in the table: the key of its row, and its bytes.
struct Standing {
    at: Vec<u8>,
    block: Vec<u8>,
}

impl<L: Layout> Gathered<L> {
    /// An entry is to stand so, or to be gone where it carries nothing to stand. A key is given once.
    pub fn add(&mut self, key: &[u8], values: usize, carried: Option<&[u8]>) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(carried.unwrap_or_default());
        let end = if carried.is_some() { self.bytes.len() as u32 } else { GONE };
        let key_end = start + key.len() as u32;
        self.rows.push(Place { start, values_end: start + values as u32, key_end, end });
    }

    /// Whether so much was gathered that it should be made.
    pub fn is_full(&self) -> bool {
        self.bytes.len() + self.rows.len() * size_of::<Place>() >= L::GATHERED
    }

    fn key(&self, row: Place) -> &[u8] {
        &self.bytes[row.start as usize..row.key_end as usize]
    }

    /// The entry; nothing where it is to be gone.
    fn entry(&self, row: Place) -> Option<Entry<'_>> {
        (row.end != GONE).then(|| Entry {
            key: self.key(row),
            values: (row.values_end - row.start) as usize,
            carried: &self.bytes[row.key_end as usize..row.end as usize],
        })
    }

    /// Makes them.
    pub fn flush(&mut self, table: &mut Table<'_, Bytes, Bytes>) -> Result<(), StoreError> {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_unstable_by(|left, right| self.key(*left).cmp(self.key(*right)));
        let fills = rows.len() >= MANY;
        let mut run = Run::default();
        let mut rest = rows.as_slice();
        // What filled no block any more goes to the one right behind, if that is made anew too.
        let mut left = None;
        let mut behind: Option<Vec<u8>> = None;
        while let Some(first) = rest.first() {
            // The block that the first change falls into: the last that begins no later, or the first of all.
            let known = block_of(table, self.key(*first))?;
            if behind.as_deref() != known.as_ref().map(|known| known.at.as_slice()) {
                put(&mut run, left.take());
            }
            behind = None;
            let here = match &known {
                None => rest.len(),
                // It reaches to the next block.
                Some(known) => {
                    let after = (Bound::Excluded(known.at.as_slice()), Bound::Unbounded);
                    let next = table.range::<&[u8]>(after)?.next().transpose()?;
                    behind = next.map(|(next, _)| next.value().to_vec());
                    let before = |row: &Place| behind.as_deref().is_none_or(|next| self.key(*row) < next);
                    rest.partition_point(before).max(1)
                }
            };
            let (now, later) = rest.split_at(here);
            rest = later;
            left = self.merge([left, known], now, fills, &mut run);
            if behind.is_none() || rest.is_empty() {
                put(&mut run, left.take());
            }
            if run.bytes() >= WRITTEN {
                run.flush(table)?;
            }
        }
        run.flush(table)?;
        self.bytes.clear();
        Ok(())
    }

    /// Merges changes into a block, before which stands what was left of the one before. It becomes several where it grows too
    /// large, or none. Gives what is left of it, where blocks are filled.
    fn merge(
        &self,
        [left, known]: [Option<Standing>; 2],
        changes: &[Place],
        fills: bool,
        run: &mut Run,
    ) -> Option<Standing> {
        let mut keys = Vec::new();
        let mut places = Vec::new();
        for Standing { at, block } in [&left, &known].into_iter().flatten() {
            L::each(at, block, &mut |key, values, carried| {
                let start = keys.len();
                keys.extend_from_slice(key);
                places.push((start, keys.len(), values, carried));
            });
        }
        let mut standing = places
            .iter()
            .map(|&(start, end, values, carried)| Entry { key: &keys[start..end], values, carried })
            .peekable();
        let mut merged: Vec<Entry<'_>> = Vec::with_capacity(places.len() + changes.len());
        for change in changes {
            let key = self.key(*change);
            while let Some(before) = standing.next_if(|known| known.key < key) {
                merged.push(before);
            }
            let _ = standing.next_if(|known| known.key == key);
            merged.extend(self.entry(*change));
        }
        merged.extend(standing);
        let total = size::<L>(&merged);
        // A block that grows a little is halved; what comes in large numbers fills blocks.
        let most = match total {
            total if total <= L::MOST => L::MOST,
            total if !fills && total < 2 * L::FILL => total.div_ceil(2),
            _ => L::FILL,
        };
        let at = known.as_ref().map(|known| known.at.as_slice());
        let (mut kept, mut rest, mut tail) = (false, merged.as_slice(), None);
        while let Some(first) = rest.first() {
            let (mut bytes, mut before) = (0, None);
            let fits = rest.iter().take_while(|entry| {
                bytes += L::size(entry, before);
                before = Some(*entry);
                bytes <= most
            });
            let (block, others) = rest.split_at(fits.count().max(1));
            rest = others;
            let block = Standing { at: first.key.to_vec(), block: L::encode(block) };
            if rest.is_empty() && fills && total > L::MOST {
                tail = Some(block);
            } else {
                kept |= at == Some(first.key);
                put(run, Some(block));
            }
        }
        if let Some(at) = at.filter(|_| !kept) {
            // What is left may be put under the same key behind this, which then stands.
            match &tail {
                Some(tail) if tail.at == at => {}
                _ => run.remove(at),
            }
        }
        tail
    }
}

fn put(run: &mut Run, block: Option<Standing>) {
    if let Some(Standing { at, block }) = block {
        run.insert(&at, &block);
    }
}

fn size<L: Layout>(entries: &[Entry<'_>]) -> usize {
    let first = entries.first().map_or(0, |first| L::size(first, None));
    first + entries.windows(2).map(|pair| L::size(&pair[1], Some(&pair[0]))).sum::<usize>()
}

fn block_of(table: &Table<'_, Bytes, Bytes>, at: &[u8]) -> Result<Option<Standing>, StoreError> {
    let read = |(row, block): (AccessGuard<'_, Bytes>, AccessGuard<'_, Bytes>)| Standing {
        at: row.value().to_vec(),
        block: block.value().to_vec(),
    };
    if let Some(before) = table.range::<&[u8]>(..=at)?.next_back().transpose()? {
        return Ok(Some(read(before)));
    }
    Ok(table.first()?.map(read))
}
