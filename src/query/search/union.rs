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

/// How a record may match.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// A name of it may begin with what is looked for; where not, none does.
    pub begins: bool,
    /// The rest, where the postings tell it.
    pub spot: Option<Spot>,
}

impl Candidate {
    /// What two ways that lead to a record come to. How a name begins is better than whatever stands further in.
    fn and(self, other: Self) -> Self {
        match (self.begins, other.begins) {
            (true, false) => self,
            (false, true) => other,
            _ => Self { spot: self.spot.and_then(|spot| spot.or(other.spot.as_ref()?)), ..self },
        }
    }
}

/// One of the walks.
enum Walk<'s> {
    /// Along the postings of one token, each of which tells how its record matches.
    Told(Box<Postings<'s>>, MatchKind),
    /// Along those of one token, each of which tells whether a name begins with it; perhaps only where one does.
    Placed(Box<Postings<'s>>, bool),
    /// Along keys of records that have several.
    Gathered(std::vec::IntoIter<(Key, bool)>),
}

/// Postings that tell by themselves cost about as much as the rows of a scan: so many of them count as one record.
const TOLD_A_READ: usize = 16;

impl Walk<'_> {
    /// The next record that may match, and how.
    fn next(&mut self, scope: &Scope, walked: &mut usize) -> Result<Option<(Key, Candidate)>, FieldError> {
        let (postings, kind, only) = match self {
            Self::Gathered(keys) => {
                return Ok(keys.next().map(|(key, begins)| (key, Candidate { begins, spot: None })));
            }
            Self::Told(postings, kind) => (postings, Some(*kind), false),
            Self::Placed(postings, only) => (postings, None, *only),
        };
        loop {
            let Some((key, standing)) = postings.at() else { return Ok(None) };
            *walked += 1;
            if walked.is_multiple_of(TOLD_A_READ) {
                scope.spend()?;
            }
            let begins = standing.begins();
            let found = match kind {
                Some(kind) => match standing.spot(kind) {
                    Ok(None) => None,
                    Ok(spot) => Some(Candidate { begins, spot }),
                    Err(Untold) => Some(Candidate { begins, spot: None }),
                },
                None => (begins || !only).then_some(Candidate { begins, spot: None }),
            };
            let found = found.map(|found| (Key::new(key), found));
            postings.step()?;
            if found.is_some() {
                return Ok(found);
            }
        }
    }
}

/// Where a walk stands. The first in order is the greatest, so that a heap gives it first.
struct Head {
    key: Key,
    found: Candidate,
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
/// from a key on, while the visitor says so; each with how it may match.
pub fn each_candidate(
    scope: &Scope,
    kind: &'static Kind,
    ways: &[Way],
    lengths: &mut Lengths,
    from: Option<&str>,
    mut visit: impl FnMut(Key, Candidate) -> Result<bool, FieldError>,
) -> Result<(), FieldError> {
    let mut walks: Vec<Walk<'_>> = Vec::new();
    for way in ways.iter().filter(|way| way.kinds & kind_bit(kind.tag) != 0) {
        walks.push(match way.tokens[..] {
            [token] if way.told.is_some() || way.begins == [token] => {
                let postings = Box::new(scope.snapshot.postings_from(token, kind, from)?);
                match way.told {
                    Some(found) => Walk::Told(postings, found),
                    None => Walk::Placed(postings, way.only_begins),
                }
            }
            _ => Walk::Gathered(gathered(scope, kind, way, lengths, from)?.into_iter()),
        });
    }
    let mut walked = 0;
    let mut heads = BinaryHeap::with_capacity(walks.len());
    for (walk, of) in walks.iter_mut().enumerate() {
        if let Some((key, found)) = of.next(scope, &mut walked)? {
            heads.push(Head { key, found, walk });
        }
    }
    let mut last: Option<(Key, Candidate)> = None;
    while let Some(mut head) = heads.peek_mut() {
        let (key, found) = match walks[head.walk].next(scope, &mut walked)? {
            Some((key, found)) => (std::mem::replace(&mut head.key, key), std::mem::replace(&mut head.found, found)),
            None => {
                let head = PeekMut::pop(head);
                (head.key, head.found)
            }
        };
        match &mut last {
            Some((known, best)) if *known == key => *best = best.and(found),
            _ => {
                if let Some((key, found)) = last.replace((key, found))
                    && !visit(key, found)?
                {
                    return Ok(());
                }
            }
        }
    }
    if let Some((key, found)) = last {
        visit(key, found)?;
    }
    Ok(())
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
