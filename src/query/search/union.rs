//! Walks along postings: the records of a kind that may match in one of the ways to read a query, each once, those of which a name
//! begins with what is looked for apart from the others.

use super::Way;
use super::lookup::{Lengths, each_with};
use crate::model::catalog::Kind;
use crate::query::error::FieldError;
use crate::query::scope::Scope;
use crate::store::{Postings, kind_bit};
use crate::text::matching::Kind as MatchKind;
use crate::text::standing::{Spot, Untold};
use crate::text::tokens::Token;

/// A key as it is compared and put in order: the first bytes as a number, and the rest, which is mostly empty and then costs
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    first: u128,
    rest: Box<str>,
}

impl Key {
    /// The same key.
    pub fn new(key: &str) -> Self {
        let length = if key.len() <= 16 { key.len() } else { key.floor_char_boundary(16) };
        let (first, rest) = key.split_at(length);
        let mut bytes = [0; 16];
        bytes[..length].copy_from_slice(first.as_bytes());
        Self { first: u128::from_be_bytes(bytes), rest: rest.into() }
    }

    /// Its text.
    pub fn text(&self) -> String {
        let bytes = self.first.to_be_bytes();
        let length = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..length]).into_owned() + &self.rest
    }
}

/// Records that may match, each once, and how, where the postings tell that of each way that leads to it.
#[derive(Default)]
pub struct Once {
    /// In no order.
    pub entries: Vec<(Key, Option<Spot>)>,
    /// Where each is, plus one, by a hash of its key.
    places: Vec<u32>,
}

/// An odd number whose bits are anything: the golden ratio's.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

impl Once {
    /// The slot of a key: where it is, or where it would be.
    fn slot(&self, key: &Key) -> usize {
        let mask = self.places.len() - 1;
        // Codes differ in few bits of their digits: both halves are mixed, one after the other.
        let (high, low) = ((key.first >> 64) as u64, key.first as u64);
        let mixed = (high.wrapping_mul(MIX).rotate_left(32) ^ low).wrapping_mul(MIX);
        let mut slot = (mixed >> 32) as usize & mask;
        while let Some(at) = self.places[slot].checked_sub(1)
            && self.entries[at as usize].0 != *key
        {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn has(&self, key: &Key) -> bool {
        !self.places.is_empty() && self.places[self.slot(key)] != 0
    }

    /// Adds one, to which more ways may lead than one, unless it is known that this comes `once`, and says whether it is new.
    fn add(&mut self, key: Key, spot: Option<Spot>, once: bool) -> bool {
        if once {
            self.entries.push((key, spot));
            return true;
        }
        if self.entries.len() * 2 >= self.places.len() {
            self.places = vec![0; (self.entries.len() * 4).next_power_of_two().max(64)];
            for at in 0..self.entries.len() {
                let slot = self.slot(&self.entries[at].0);
                self.places[slot] = at as u32 + 1;
            }
        }
        let slot = self.slot(&key);
        let known = self.places[slot].checked_sub(1);
        match known {
            Some(at) => {
                let known = &mut self.entries[at as usize].1;
                *known = known.and_then(|known| known.or(spot.as_ref()?));
            }
            None => {
                self.entries.push((key, spot));
                self.places[slot] = self.entries.len() as u32;
            }
        }
        known.is_none()
    }
}

/// What the postings lead to.
pub struct Candidates {
    /// Of these a name may begin with what is looked for: that is better than whatever stands further in.
    pub beginning: Once,
    /// Of these none does. Empty, where so many begin with it that these are not wanted.
    pub further: Once,
}

/// One of the walks.
enum Walk<'s> {
    /// Along the postings of one token, each of which tells how its record matches, but for some records; in order.
    Told(Box<Postings<'s>>, MatchKind, Vec<Key>),
    /// Along those of one token, each of which tells whether a name begins with it; perhaps only where one does.
    Placed(Box<Postings<'s>>, bool),
    /// Along keys of records that have several.
    Gathered(std::vec::IntoIter<(Key, bool)>),
}

/// Postings that tell by themselves cost about as much as the rows of a scan: so many of them count as one record.
const TOLD_A_READ: usize = 16;

impl Walk<'_> {
    /// Goes on to the next record that may match: its key, whether a name may begin with what is looked for, and how it matches.
    fn next(
        &mut self,
        scope: &Scope,
        walked: &mut usize,
        wants_further: bool,
    ) -> Result<Option<(Key, bool, Option<Spot>)>, FieldError> {
        let (postings, kind, unless, only) = match self {
            Self::Gathered(keys) => return Ok(keys.next().map(|(key, begins)| (key, begins, None))),
            Self::Told(postings, kind, unless) => (postings, Some(*kind), &unless[..], !wants_further),
            Self::Placed(postings, only) => (postings, None, &[][..], *only || !wants_further),
        };
        loop {
            let Some((key, standing)) = postings.at() else { return Ok(None) };
            *walked += 1;
            if *walked % TOLD_A_READ == 1 {
                scope.spend()?;
            }
            let begins = standing.begins();
            let spot = match kind {
                _ if only && !begins => None,
                None => Some(None),
                Some(kind) => match standing.spot(kind) {
                    Ok(spot) => spot.map(Some),
                    Err(Untold) => Some(None),
                },
            };
            let found = spot.map(|spot| {
                let key = Key::new(key);
                let is_told = unless.is_empty() || unless.binary_search(&key).is_err();
                (key, begins, spot.filter(|_| is_told))
            });
            postings.step()?;
            if found.is_some() {
                return Ok(found);
            }
        }
    }
}

/// The records of a kind that may match in one of some ways, perhaps only of some that are `held`, whose keys are in order. Those
/// that stand further in are not wanted where more than `enough` surely begin with what is looked for.
pub fn candidates(
    scope: &Scope,
    kind: &'static Kind,
    ways: &[Way],
    lengths: &mut Lengths,
    held: Option<&[Key]>,
    enough: usize,
) -> Result<Candidates, FieldError> {
    let mut found = Candidates { beginning: Once::default(), further: Once::default() };
    let from = held.map(|held| held.first().map(Key::text).unwrap_or_default());
    let from = from.as_deref();
    let (mut walked, mut told, mut wants_further) = (0, 0, true);
    let of_kind = || ways.iter().filter(|way| way.kinds & kind_bit(kind.tag) != 0);
    let once = of_kind().nth(1).is_none();
    for way in of_kind() {
        let mut walk = match way.tokens[..] {
            [token] if way.told.is_some() || way.begins == [token] => {
                let postings = Box::new(scope.snapshot.postings_from(token, kind, from)?);
                match way.told {
                    Some(found) => Walk::Told(postings, found, all_of(scope, kind, &way.unless, from)?),
                    None => Walk::Placed(postings, way.only_begins),
                }
            }
            _ => Walk::Gathered(gathered(scope, kind, way, lengths, from)?.into_iter()),
        };
        let mut ahead = held.unwrap_or_default();
        while let Some((key, begins, spot)) = walk.next(scope, &mut walked, wants_further)? {
            if held.is_some() {
                ahead = from_key(ahead, &key);
                match ahead.first() {
                    None => break,
                    Some(next) if *next != key => continue,
                    _ => {}
                }
            }
            if begins {
                told += usize::from(found.beginning.add(key, spot, once) && spot.is_some());
                if wants_further && told > enough {
                    wants_further = false;
                    found.further = Once::default();
                }
            } else if wants_further {
                found.further.add(key, spot, once);
            }
        }
    }
    found.further.entries.retain(|(key, _)| !found.beginning.has(key));
    Ok(found)
}

/// The records of a kind that have one of some tokens, in order.
fn all_of(scope: &Scope, kind: &'static Kind, tokens: &[Token], from: Option<&str>) -> Result<Vec<Key>, FieldError> {
    let mut keys = Vec::new();
    for token in tokens {
        let mut postings = scope.snapshot.postings_from(*token, kind, from)?;
        while let Some(key) = postings.key() {
            keys.push(Key::new(key));
            scope.spend()?;
            postings.step()?;
        }
    }
    keys.sort_unstable();
    Ok(keys)
}

/// The rest of keys in order from one on, which is mostly near.
fn from_key<'k>(keys: &'k [Key], key: &Key) -> &'k [Key] {
    let mut step = 1;
    while keys.get(step).is_some_and(|next| next < key) {
        step *= 2;
    }
    let (from, to) = (step / 2, keys.len().min(step + 1));
    &keys[from + keys[from..to].partition_point(|next| next < key)..]
}

/// How many records are looked at whether their names begin so or not.
const FEW: usize = 1_000;

/// The records that have all tokens of a way, each with whether a name of it may begin so.
fn gathered(
    scope: &Scope,
    kind: &'static Kind,
    way: &Way,
    lengths: &mut Lengths,
    from: Option<&str>,
) -> Result<Vec<(Key, bool)>, FieldError> {
    let mut keys = Vec::new();
    each_with(scope, kind, &way.tokens, lengths, from, |key| {
        keys.push((Key::new(key), true));
        Ok(true)
    })?;
    let known = !way.begins.is_empty() && way.begins.len() <= FEW;
    if keys.len() <= FEW || !known {
        return Ok(keys);
    }
    keys.iter_mut().for_each(|(_, begins)| *begins = false);
    for token in &way.begins {
        let mut postings = scope.snapshot.postings_from(*token, kind, from)?;
        for (key, begins) in &mut keys {
            *begins |= postings.seek(&key.text())? && postings.at().is_some_and(|(_, standing)| standing.begins());
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_their_text() {
        let mut keys = vec!["", "1", "10", "2", "530101999001", "a", "zhongshan-zhaotong", "zhongshan-zhaotonh"];
        keys.extend(["zhongshan-zhaoto", "zhongshan-zhaot", "昭通昭通昭通", "昭通昭通昭", "昭通昭通昭通甲"]);
        keys.sort_unstable();
        let made: Vec<Key> = keys.iter().map(|key| Key::new(key)).collect();
        assert!(made.is_sorted());
        assert_eq!(made.iter().map(Key::text).collect::<Vec<_>>(), keys);
    }
}
