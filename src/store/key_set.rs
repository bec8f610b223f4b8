//! Sets of keys: what leads back along edges, and what an index has. Each key says all there is, and stands beside others that
//! begin as it does, so that a block of them takes a few bytes for each.
//!
//! ```text
//! block = key…         (behind the first, which is the key of the block's row)
//! key   = shared(varint)  2 * length + ends(varint)  rest      (ends: five NULs follow, of a source's only edge)
//! ```

use std::ops::Bound;

use redb::{AccessGuard, Range, ReadableTable};

use super::blocks::{Each, Entry, Layout};
use super::key_list::{read_varint, varint};
use super::{Bytes, Direction, StoreError};

/// What the key of a source's only edge ends in: the end of its own key, and the ordinal.
const ENDS: [u8; 5] = [0; 5];

/// How keys lie in blocks.
pub struct OfKeys;

impl Layout for OfKeys {
    /// Four take a page of the file, so that few keys are passed over to reach one.
    const MOST: usize = 1_000;
    const FILL: usize = 960;
    const GATHERED: usize = 12 << 20;

    fn size(entry: &Entry<'_>, before: Option<&Entry<'_>>) -> usize {
        let Some(before) = before else { return entry.key.len() + 8 };
        let rest = entry.key.len() - shared(before.key, entry.key);
        2 + if entry.key.ends_with(&ENDS) { rest.saturating_sub(ENDS.len()) } else { rest }
    }

    fn encode(entries: &[Entry<'_>]) -> Vec<u8> {
        let mut block = Vec::with_capacity(Self::MOST);
        for pair in entries.windows(2) {
            let shared = shared(pair[0].key, pair[1].key);
            let rest = &pair[1].key[shared..];
            let short = rest.strip_suffix(&ENDS);
            varint(&mut block, shared as u64);
            let written = short.unwrap_or(rest);
            varint(&mut block, (written.len() as u64) << 1 | u64::from(short.is_some()));
            block.extend_from_slice(written);
        }
        block
    }

    fn each<'b>(first: &[u8], block: &'b [u8], found: &mut Each<'_, 'b>) {
        let (mut key, mut rest) = (first.to_vec(), block);
        loop {
            found(&key, 0, &[]);
            if to_following(&mut key, &mut rest).is_none() {
                return;
            }
        }
    }
}

fn shared(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

/// Makes a key the one that follows it in its block, if there is one. A damaged block ends where it makes no sense.
fn to_following(key: &mut Vec<u8>, rest: &mut &[u8]) -> Option<()> {
    let shared = usize::try_from(read_varint(rest)?).ok().filter(|shared| *shared <= key.len())?;
    let length = read_varint(rest)?;
    let (written, others) = rest.split_at_checked(usize::try_from(length >> 1).ok()?)?;
    *rest = others;
    key.truncate(shared);
    key.extend_from_slice(written);
    if length & 1 == 1 {
        key.extend_from_slice(&ENDS);
    }
    Some(())
}

/// The keys of a set between two bounds, walked one way.
pub struct Keys<'s> {
    /// The first block that is walked, until it is.
    begin: Option<(AccessGuard<'s, Bytes>, AccessGuard<'s, Bytes>)>,
    /// The blocks behind it, or all where they are walked down.
    blocks: Range<'s, Bytes, Bytes>,
    bounds: (Bound<Vec<u8>>, Bound<Vec<u8>>),
    walk: InBlock<'s>,
}

/// The block that is walked.
enum InBlock<'s> {
    /// Up: the key that was given last, and where the next stands.
    Up(Option<AccessGuard<'s, Bytes>>, Vec<u8>, usize),
    /// Down: the keys that are left.
    Down(Vec<Vec<u8>>),
}

impl<'s> Keys<'s> {
    /// The keys of a set's table.
    pub fn new(
        table: &'s impl ReadableTable<Bytes, Bytes>,
        bounds: (Bound<Vec<u8>>, Bound<Vec<u8>>),
        direction: Direction,
    ) -> Result<Self, StoreError> {
        let upper = bounds.1.as_ref().map(Vec::as_slice);
        let (begin, blocks, walk) = match (direction, &bounds.0) {
            (Direction::Forward, Bound::Included(lower) | Bound::Excluded(lower)) => {
                // The block in which the first key would lie may begin before it.
                let begin = table.range::<&[u8]>(..=lower.as_slice())?.next_back().transpose()?;
                let behind = (Bound::Excluded(lower.as_slice()), upper);
                let blocks = match upper {
                    Bound::Excluded(upper) | Bound::Included(upper) if upper <= lower.as_slice() => {
                        table.range::<&[u8]>(lower.as_slice()..lower.as_slice())?
                    }
                    _ => table.range::<&[u8]>(behind)?,
                };
                (begin, blocks, InBlock::Up(None, Vec::new(), 0))
            }
            (Direction::Forward, Bound::Unbounded) => {
                (None, table.range::<&[u8]>((Bound::Unbounded, upper))?, InBlock::Up(None, Vec::new(), 0))
            }
            (Direction::Backward, _) => {
                (None, table.range::<&[u8]>((Bound::Unbounded, upper))?, InBlock::Down(Vec::new()))
            }
        };
        Ok(Self { begin, blocks, bounds, walk })
    }

    fn is_before(&self, key: &[u8]) -> bool {
        match &self.bounds.0 {
            Bound::Included(lower) => key < lower.as_slice(),
            Bound::Excluded(lower) => key <= lower.as_slice(),
            Bound::Unbounded => false,
        }
    }

    fn is_behind(&self, key: &[u8]) -> bool {
        match &self.bounds.1 {
            Bound::Included(upper) => key > upper.as_slice(),
            Bound::Excluded(upper) => key >= upper.as_slice(),
            Bound::Unbounded => false,
        }
    }

    /// Goes to the next key upwards; false where there is none.
    fn step(&mut self) -> Result<bool, StoreError> {
        let InBlock::Up(block, key, at) = &mut self.walk else { return Ok(false) };
        if let Some(here) = block {
            let bytes = here.value();
            let mut rest = &bytes[*at..];
            if to_following(key, &mut rest).is_some() {
                *at = bytes.len() - rest.len();
                return Ok(true);
            }
        }
        let next = match self.begin.take() {
            Some(begin) => Some(begin),
            None => self.blocks.next().transpose()?,
        };
        let Some((first, next)) = next else { return Ok(false) };
        key.clear();
        key.extend_from_slice(first.value());
        *block = Some(next);
        *at = 0;
        Ok(true)
    }

    fn up(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        while self.step()? {
            let InBlock::Up(_, key, _) = &self.walk else { break };
            if self.is_behind(key) {
                break;
            }
            if !self.is_before(key) {
                return Ok(Some(key.clone()));
            }
        }
        Ok(None)
    }

    fn down(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        loop {
            let InBlock::Down(left) = &mut self.walk else { return Ok(None) };
            if let Some(key) = left.pop() {
                if self.is_before(&key) {
                    return Ok(None);
                }
                if !self.is_behind(&key) {
                    return Ok(Some(key));
                }
                continue;
            }
            let Some((first, block)) = self.blocks.next_back().transpose()? else { return Ok(None) };
            OfKeys::each(first.value(), block.value(), &mut |key, _, _| left.push(key.to_vec()));
        }
    }
}

impl Iterator for Keys<'_> {
    type Item = Result<Vec<u8>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match self.walk {
            InBlock::Up(..) => self.up(),
            InBlock::Down(_) => self.down(),
        };
        next.transpose()
    }
}

/// Whether a set has a key.
pub fn has(table: &impl ReadableTable<Bytes, Bytes>, key: &[u8]) -> Result<bool, StoreError> {
    let only = (Bound::Included(key.to_vec()), Bound::Included(key.to_vec()));
    Ok(Keys::new(table, only, Direction::Forward)?.next().transpose()?.is_some())
}

/// All keys of a set.
pub fn all(table: &impl ReadableTable<Bytes, Bytes>) -> Result<Keys<'_>, StoreError> {
    Keys::new(table, (Bound::Unbounded, Bound::Unbounded), Direction::Forward)
}

/// The keys of a set that begin with a prefix.
pub fn of_prefix<'s>(table: &'s impl ReadableTable<Bytes, Bytes>, prefix: &[u8]) -> Result<Keys<'s>, StoreError> {
    let end = super::key::after_prefix(prefix);
    Keys::new(table, (Bound::Included(prefix.to_vec()), Bound::Excluded(end)), Direction::Forward)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use redb::{Database, ReadableDatabase, TableDefinition, backends::InMemoryBackend};

    use super::*;
    use crate::store::blocks::Gathered;

    const TABLE: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("t");

    #[test]
    fn a_set_has_the_keys_that_it_was_given_whichever_way_it_is_walked() {
        let mut random = 7u64;
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        let mut expected: BTreeSet<Vec<u8>> = BTreeSet::new();
        for round in 0..60 {
            let transaction = database.begin_write().unwrap();
            let mut gathered = Gathered::<OfKeys>::default();
            // Few and many, near each other and far apart, long ones and such as end in NULs.
            let (count, near) = (1 + next(if round % 2 == 0 { 30 } else { 4_000 }), 1 + next(50));
            let mut given = BTreeSet::new();
            for _ in 0..count {
                let mut key = format!("{:06}", next(30_000) / near).into_bytes();
                match next(4) {
                    0 => key.extend(ENDS),
                    1 => key.extend([0, 0, 0, 0, 1]),
                    2 => key.extend(vec![b'x'; next(if round % 7 == 0 { 1_500 } else { 9 }) as usize]),
                    _ => {}
                }
                if given.insert(key.clone()) {
                    let stands = next(3) > 0;
                    gathered.add(&key, 0, stands.then_some(&[]));
                    if stands {
                        expected.insert(key)
                    } else {
                        expected.remove(&key)
                    };
                }
            }
            gathered.flush(&mut transaction.open_table(TABLE).unwrap()).unwrap();
            transaction.commit().unwrap();
            let table = database.begin_read().unwrap().open_table(TABLE).unwrap();
            let told: Vec<_> = all(&table).unwrap().map(Result::unwrap).collect();
            assert!(told.iter().eq(&expected), "round {round}: {} keys, {} expected", told.len(), expected.len());
            for _ in 0..20 {
                let mut bound = || format!("{:06}", next(30_000) / near).into_bytes();
                let (lower, upper) = (bound(), bound());
                let bounds = match next(3) {
                    0 => (Bound::Included(lower.clone()), Bound::Excluded(upper.clone())),
                    1 => (Bound::Excluded(lower.clone()), Bound::Included(upper.clone())),
                    _ => (Bound::Unbounded, Bound::Excluded(upper.clone())),
                };
                let inside = |key: &&Vec<u8>| {
                    let above = match &bounds.0 {
                        Bound::Included(lower) => *key >= lower,
                        Bound::Excluded(lower) => *key > lower,
                        Bound::Unbounded => true,
                    };
                    let below = match &bounds.1 {
                        Bound::Included(upper) => *key <= upper,
                        Bound::Excluded(upper) => *key < upper,
                        Bound::Unbounded => true,
                    };
                    above && below
                };
                let wanted: Vec<_> = expected.iter().filter(inside).cloned().collect();
                let walk = |direction| Keys::new(&table, bounds.clone(), direction).unwrap().map(Result::unwrap);
                assert_eq!(walk(Direction::Forward).collect::<Vec<_>>(), wanted, "round {round}");
                let mut down: Vec<_> = walk(Direction::Backward).collect();
                down.reverse();
                assert_eq!(down, wanted, "round {round}");
                assert_eq!(has(&table, &lower).unwrap(), expected.contains(&lower));
            }
        }
        assert!(expected.len() > 1_000);
    }

    #[test]
    fn a_damaged_block_ends_where_it_makes_no_sense() {
        let keys: Vec<Vec<u8>> = (0..50u8).map(|at| [b"key".as_slice(), &[at], &ENDS].concat()).collect();
        let entries: Vec<_> = keys.iter().map(|key| Entry { key, values: 0, carried: &[] }).collect();
        let block = OfKeys::encode(&entries);
        let count = |block: &[u8]| {
            let mut count = 0;
            OfKeys::each(&keys[0], block, &mut |_, _, _| count += 1);
            count
        };
        assert_eq!(count(&block), 50);
        for cut in 0..block.len() {
            assert!(count(&block[..cut]) < 50);
            let mut wrong = block.clone();
            wrong[cut] = 0xff;
            assert!(count(&wrong) <= block.len());
        }
    }
}
