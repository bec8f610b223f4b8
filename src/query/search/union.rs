//! Walks along postings as one: the records of a kind that may match in one of the ways to read a query, each once, in the
//! order of their keys.

use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::Way;
use super::lookup::{Lengths, each_with};
use crate::model::catalog::Kind;
use crate::query::error::FieldError;
use crate::query::scope::Scope;
use crate::store::{Postings, kind_bit};
use crate::text::matching::Kind as MatchKind;
use crate::text::standing::{Spot, Untold};

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

/// One of the walks.
enum Walk<'s> {
    /// Along the postings of one token, each of which tells how its record matches.
    Told(Box<Postings<'s>>, MatchKind),
    /// Along keys of records that have to be looked at.
    Untold(std::vec::IntoIter<Key>),
}

impl Walk<'_> {
    /// The next record that may match, and how, where that is told.
    fn next(&mut self, scope: &Scope) -> Result<Option<(Key, Option<Spot>)>, FieldError> {
        match self {
            Self::Untold(keys) => Ok(keys.next().map(|key| (key, None))),
            Self::Told(postings, kind) => loop {
                let Some((key, standing)) = postings.at() else { return Ok(None) };
                scope.spend()?;
                let found = match standing.spot(*kind) {
                    Ok(None) => None,
                    Ok(spot) => Some((Key::new(key), spot)),
                    Err(Untold) => Some((Key::new(key), None)),
                };
                postings.step()?;
                if found.is_some() {
                    return Ok(found);
                }
            },
        }
    }
}

/// Where a walk stands. The first in order is the greatest, so that a heap gives it first.
struct Head {
    key: Key,
    spot: Option<Spot>,
    walk: usize,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.key.cmp(&self.key)
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Head {}

/// Calls back for the records of a kind that may match in one of some ways, each once and in the order of their keys, perhaps
/// from a key on, while the visitor says so; each with how it matches, where the postings tell it. Where no more than `most`
/// are wanted, of a way that has more only so many are found.
pub fn each_candidate(
    scope: &Scope,
    kind: &'static Kind,
    ways: &[Way],
    lengths: &mut Lengths,
    from: Option<&str>,
    most: usize,
    mut visit: impl FnMut(Key, Option<Spot>) -> Result<bool, FieldError>,
) -> Result<(), FieldError> {
    let mut walks: Vec<Walk<'_>> = Vec::new();
    for way in ways.iter().filter(|way| way.kinds & kind_bit(kind.tag) != 0) {
        walks.push(match (way.told, &way.tokens[..]) {
            (Some(found), [token]) => Walk::Told(Box::new(scope.snapshot.postings_from(*token, kind, from)?), found),
            _ => {
                let mut keys = Vec::new();
                each_with(scope, kind, &way.tokens, lengths, from, |key| {
                    keys.push(Key::new(key));
                    Ok(keys.len() < most)
                })?;
                Walk::Untold(keys.into_iter())
            }
        });
    }
    let mut heads = BinaryHeap::with_capacity(walks.len());
    for (walk, of) in walks.iter_mut().enumerate() {
        if let Some((key, spot)) = of.next(scope)? {
            heads.push(Head { key, spot, walk });
        }
    }
    let mut last: Option<(Key, Option<Spot>)> = None;
    while let Some(mut head) = heads.peek_mut() {
        let (key, spot) = match walks[head.walk].next(scope)? {
            Some((key, spot)) => (std::mem::replace(&mut head.key, key), std::mem::replace(&mut head.spot, spot)),
            None => {
                let head = PeekMut::pop(head);
                (head.key, head.spot)
            }
        };
        match &mut last {
            Some((known, best)) if *known == key => *best = best.and_then(|best| best.or(spot.as_ref()?)),
            _ => {
                if let Some((key, spot)) = last.replace((key, spot))
                    && !visit(key, spot)?
                {
                    return Ok(());
                }
            }
        }
    }
    if let Some((key, spot)) = last {
        visit(key, spot)?;
    }
    Ok(())
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
