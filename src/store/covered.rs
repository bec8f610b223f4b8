//! Reading covers: the records of a kind in another order, with their rows.

use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use redb::{AccessGuard, Range};
use smallvec::SmallVec;

use super::covers::{InBlock, Parsed};
use super::tables::Tables;
use super::{Bytes, Direction, Snapshot, StoreError, Stored, key};
use crate::model::catalog::{Kind, Shape, slot};
use crate::model::id::IdRef;
use crate::model::kinds::kind_of_tag;

/// A block as it stands in the page cache.
pub type Block = Parsed<Page>;

/// The bytes of a block.
pub struct Page(AccessGuard<'static, Bytes>);

impl AsRef<[u8]> for Page {
    fn as_ref(&self) -> &[u8] {
        self.0.value()
    }
}

/// How many of the blocks that were read last are at hand: children of one parent after another lie in the same ones, a few
/// levels beside each other.
const AT_HAND: usize = 6;

/// In how many blocks the entries of a target are remembered: more are a long list, of which the reading takes longer.
const PARTS: usize = 3;

/// The blocks of covers.
pub struct Blocks {
    tables: Arc<Tables>,
    /// Those read last, the last first.
    read: Mutex<Vec<Arc<Read>>>,
}

/// A block that was read, with the keys of its first and its last entry.
pub struct Read {
    first: Vec<u8>,
    last: Vec<u8>,
    block: Arc<Block>,
}

/// Where the entries of a target lie: finding that takes longer than reading a few of them.
pub struct Place {
    /// The first blocks, as long as somebody holds them, and which entries of each.
    parts: Vec<(Weak<Read>, std::ops::Range<usize>)>,
    /// There are no others.
    whole: bool,
}

impl Blocks {
    pub fn new(tables: Arc<Tables>) -> Self {
        Self { tables, read: Mutex::default() }
    }

    /// The block in which a key lies, or would lie: the last that begins no later, or the first of all.
    fn of(&self, key: &[u8]) -> Result<Option<Arc<Read>>, StoreError> {
        {
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = read.iter().position(|read| *read.first <= *key && *key <= *read.last) {
                read[..=place].rotate_right(1);
                return Ok(Some(read[0].clone()));
            }
        }
        let before = self.tables.covers.range::<&[u8]>(..=key)?.next_back().transpose()?;
        let found = match before {
            Some(found) => Some(found),
            None => self.tables.covers.range::<&[u8]>(..)?.next().transpose()?,
        };
        Ok(found.map(|(first, block)| self.at_hand(first.value(), block)))
    }

    /// The version, checksum and row of the entry of a key.
    pub fn entry(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(read) = self.of(key)? else { return Ok(None) };
        let block = &read.block;
        let mut found = Vec::new();
        let entry = block.entries.get(block.below(key)).filter(|entry| {
            block.key(entry, &mut found);
            found == key
        });
        Ok(entry.map(|entry| block.sealed(entry).to_vec()))
    }

    fn at_hand(&self, first: &[u8], block: AccessGuard<'static, Bytes>) -> Arc<Read> {
        let block = Parsed::new(Page(block));
        let mut last = Vec::new();
        if let Some(entry) = block.entries.last() {
            block.key(entry, &mut last);
        }
        let found = Arc::new(Read { first: first.to_vec(), last, block: Arc::new(block) });
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.truncate(AT_HAND - 1);
        read.insert(0, found.clone());
        found
    }
}

/// A cover of a kind.
#[derive(Debug, Clone, Copy)]
pub struct CoverIn {
    /// The first two bytes of its keys.
    id: [u8; 2],
}

impl CoverIn {
    /// Of a kind, the cover by its place among the kind's.
    pub fn new(kind: &'static Kind, number: usize) -> Self {
        Self { id: key::cover(kind, number) }
    }

    /// The cover whose order is that of one edge's targets, by the slot of the edge.
    pub fn by_edge(kind: &'static Kind, slot: usize) -> Option<Self> {
        let field = kind.fields.get(slot.checked_sub(slot::OWN)?)?;
        let of_edge = matches!(field.shape, Shape::Edge(_));
        let number = kind.covers.iter().position(|cover| cover.by == [field.name]);
        number.filter(|_| of_edge).map(|number| Self::new(kind, number))
    }
}

/// An entry of a cover.
pub struct Covered {
    kind: &'static Kind,
    block: Arc<Block>,
    entry: InBlock,
}

impl Covered {
    /// The kind of its record.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// Which of the record's edges led to it.
    pub fn ordinal(&self) -> u32 {
        self.entry.ordinal
    }

    /// The record.
    pub fn record<'s>(&self) -> Stored<'s> {
        Stored::packed(self.kind, self.block.clone(), self.entry)
    }

    /// The record, of an entry that is asked nothing more.
    pub fn into_record<'s>(self) -> Stored<'s> {
        Stored::packed(self.kind, self.block, self.entry)
    }

    /// The values that its key begins with, as they are sorted.
    pub fn values(&self) -> &[u8] {
        self.block.values(&self.entry).get(2..).unwrap_or_default()
    }
}

/// The entries of a cover between two keys, walked one way.
struct Entries<'s> {
    blocks: &'s Blocks,
    lower: Vec<u8>,
    upper: Vec<u8>,
    direction: Direction,
    /// The block that is walked, and which of its entries are left.
    here: Option<(Arc<Read>, std::ops::Range<usize>)>,
    /// The blocks behind it, once they are asked for.
    others: Option<Range<'static, Bytes, Bytes>>,
}

impl<'s> Entries<'s> {
    fn new(blocks: &'s Blocks, lower: Vec<u8>, upper: Vec<u8>, direction: Direction) -> Result<Self, StoreError> {
        let begin = if direction == Direction::Forward { &lower } else { &upper };
        let here = blocks.of(begin)?;
        let mut entries = Self { blocks, lower, upper, direction, here: None, others: None };
        entries.here = here.map(|read| entries.of(read));
        Ok(entries)
    }

    /// A block, and those of its entries that lie between the bounds.
    fn of(&self, read: Arc<Read>) -> (Arc<Read>, std::ops::Range<usize>) {
        let from = if *read.first >= *self.lower { 0 } else { read.block.below(&self.lower) };
        let until = if *read.last < *self.upper { read.block.entries.len() } else { read.block.below(&self.upper) };
        (read, from..until.max(from))
    }

    /// The block that follows, if entries of it can lie between the bounds.
    fn next_block(&mut self) -> Result<bool, StoreError> {
        let Some((read, _)) = &self.here else { return Ok(false) };
        let ended = match self.direction {
            Direction::Forward => *read.last >= *self.upper,
            Direction::Backward => *read.first <= *self.lower,
        };
        if ended {
            return Ok(false);
        }
        if self.others.is_none() {
            let (first, upper) = (read.first.as_slice(), self.upper.as_slice());
            let bounds = match self.direction {
                Direction::Forward if first < upper => (Bound::Excluded(first), Bound::Excluded(upper)),
                // The first of all was taken, and lies behind the end.
                Direction::Forward => return Ok(false),
                // The block before may hold what lies between, wherever it begins.
                Direction::Backward => (Bound::Unbounded, Bound::Excluded(first)),
            };
            self.others = Some(self.blocks.tables.covers.range::<&[u8]>(bounds)?);
        }
        let next = match (&mut self.others, self.direction) {
            (Some(others), Direction::Forward) => others.next(),
            (Some(others), Direction::Backward) => others.next_back(),
            (None, _) => None,
        };
        let Some((first, block)) = next.transpose()? else { return Ok(false) };
        let read = self.blocks.at_hand(first.value(), block);
        self.here = Some(self.of(read));
        Ok(true)
    }
}

impl Entries<'_> {
    /// Calls back for each record where it stands, with which of its edges led to it, while the visitor says so.
    fn each_in_place<E: From<StoreError>>(
        mut self,
        each: &mut impl FnMut(&Stored<'_>, u32) -> Result<bool, E>,
    ) -> Result<(), E> {
        while let Some((read, left)) = &self.here {
            if !read.each_in_place(left.clone(), each)? || !self.next_block()? {
                break;
            }
        }
        Ok(())
    }
}

impl Read {
    /// Calls back for some of its records where they stand, and says whether the visitor wants more.
    fn each_in_place<E: From<StoreError>>(
        &self,
        places: std::ops::Range<usize>,
        each: &mut impl FnMut(&Stored<'_>, u32) -> Result<bool, E>,
    ) -> Result<bool, E> {
        for entry in self.block.entries.get(places).unwrap_or_default() {
            let kind = kind_of_entry(entry)?;
            if !each(&Stored::lent(kind, self.block.sealed(entry)), entry.ordinal)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn kind_of_entry(entry: &InBlock) -> Result<&'static Kind, StoreError> {
    kind_of_tag(entry.tag).ok_or_else(|| StoreError::Damaged("an entry of a cover is of no kind".to_owned()))
}

impl Iterator for Entries<'_> {
    type Item = Result<Covered, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (read, left) = self.here.as_mut()?;
            let place = if self.direction == Direction::Forward { left.next() } else { left.next_back() };
            if let Some(place) = place {
                let entry = read.block.entries[place];
                return Some(kind_of_entry(&entry).map(|kind| Covered { kind, block: read.block.clone(), entry }));
            }
            match self.next_block() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Snapshot {
    /// The entries of a cover from one key on and before another, each given by what it has behind the cover's own bytes.
    /// Nothing in a view of the past: there only the records themselves tell.
    pub fn covered<'s>(
        &'s self,
        cover: CoverIn,
        from: &[u8],
        until: &[u8],
        direction: Direction,
    ) -> Result<Option<impl Iterator<Item = Result<Covered, StoreError>> + use<'s>>, StoreError> {
        if self.is_past() {
            return Ok(None);
        }
        let whole = |rest: &[u8]| [cover.id.as_slice(), rest].concat();
        Entries::new(&self.covers, whole(from), whole(until), direction).map(Some)
    }

    /// The records whose edge leads to a target, from behind one on, in the order of their ids, where a cover has that order.
    pub fn covered_sources<'s>(
        &'s self,
        cover: CoverIn,
        target: IdRef<'_>,
        after: Option<&[u8]>,
        direction: Direction,
    ) -> Result<Option<impl Iterator<Item = Result<Covered, StoreError>> + use<'s>>, StoreError> {
        if self.is_past() {
            return Ok(None);
        }
        let (from, until) = sources(cover, target, after, direction);
        Entries::new(&self.covers, from, until, direction).map(Some)
    }

    /// The same from the first up, each where it stands, with which of its edges leads there, while the visitor says so; false
    /// in a view of the past, of which nothing is visited.
    pub fn each_covered_source<E: From<StoreError>>(
        &self,
        cover: CoverIn,
        target: IdRef<'_>,
        after: Option<&[u8]>,
        mut each: impl FnMut(&Stored<'_>, u32) -> Result<bool, E>,
    ) -> Result<bool, E> {
        if self.is_past() {
            return Ok(false);
        }
        let entries = || {
            let (from, until) = sources(cover, target, after, Direction::Forward);
            Entries::new(&self.covers, from, until, Direction::Forward)
        };
        if after.is_some() {
            entries()?.each_in_place(&mut each)?;
            return Ok(true);
        }
        let (parts, whole) = self.place(&beginning(cover, target), entries)?;
        for (read, found) in &parts {
            if !read.each_in_place(found.clone(), &mut each)? {
                return Ok(true);
            }
        }
        if let (false, Some((read, found))) = (whole, parts.into_iter().last()) {
            let here = Some((read, found.end..found.end));
            Entries { here, ..entries()? }.each_in_place(&mut each)?;
        }
        Ok(true)
    }

    /// The first blocks in which entries lie, with which of each, and whether these are all. It is remembered by what their keys
    /// begin with.
    fn place<'s>(
        &'s self,
        beginning: &[u8],
        entries: impl Fn() -> Result<Entries<'s>, StoreError>,
    ) -> Result<(Parts, bool), StoreError> {
        let (places, blocks) = (&self.tables.places, &self.tables.blocks);
        if let Some(place) = places.get(beginning) {
            let held = place.parts.iter().map(|(read, found)| Some((read.upgrade()?, found.clone())));
            if let Some(parts) = held.collect::<Option<Parts>>() {
                return Ok((parts, place.whole));
            }
        }
        let mut entries = entries()?;
        let (mut parts, mut whole) = (Parts::new(), entries.here.is_none());
        while let Some((read, found)) = entries.here.clone().filter(|_| parts.len() < PARTS && !whole) {
            let ends_block = found.end == read.block.entries.len();
            if let Some(held) = blocks.get(read.first.as_slice()) {
                parts.push((held, found));
            } else {
                blocks.insert(read.first.clone().into(), read.clone());
                parts.push((read, found));
            }
            whole = !ends_block || parts.len() < PARTS && !entries.next_block()?;
        }
        let remembered = parts.iter().map(|(read, found)| (Arc::downgrade(read), found.clone())).collect();
        places.insert(beginning.into(), Arc::new(Place { parts: remembered, whole }));
        Ok((parts, whole))
    }
}

/// Blocks, and which entries of each.
type Parts = SmallVec<[(Arc<Read>, std::ops::Range<usize>); PARTS]>;

/// What the keys of the entries of a target begin with.
fn beginning(cover: CoverIn, target: IdRef<'_>) -> Vec<u8> {
    let mut beginning = Vec::with_capacity(32);
    beginning.extend_from_slice(&cover.id);
    key::push_cover_target(&mut beginning, target);
    beginning
}

/// Between which keys the entries of a target lie, from behind a position on.
fn sources(cover: CoverIn, target: IdRef<'_>, after: Option<&[u8]>, direction: Direction) -> (Vec<u8>, Vec<u8>) {
    let all = beginning(cover, target);
    let position = |after: &[u8]| [all.as_slice(), after].concat();
    match (after, direction) {
        (None, _) => (all.clone(), key::after_prefix(&all)),
        // A position ends in four bytes: the next key there can be has one more.
        (Some(after), Direction::Forward) => ([position(after), vec![0]].concat(), key::after_prefix(&all)),
        (Some(after), Direction::Backward) => (all.clone(), position(after)),
    }
}
