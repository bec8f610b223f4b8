//! The records of a kind whose names have a token, walked block by block: those that stand, and in a view of the past those
//! that stood.

use std::iter::Peekable;
use std::vec::IntoIter;

use redb::AccessGuard;

use super::past::Past;
use super::snapshot::Walk;
use super::{Bytes, StoreError, key, postings};
use crate::model::id::IdRef;
use crate::text::standing::Standing;
use crate::text::tokens::Token;

/// The keys of the records of a kind whose names have a token, in order, and how it stands in them.
pub struct Postings<'s> {
    blocks: Blocks<'s>,
    past: Option<Stood<'s>>,
}

/// What a view of the past has in the place of what changed since.
struct Stood<'s> {
    past: &'s Past,
    tag: u8,
    keys: Peekable<IntoIter<(String, Standing)>>,
}

impl<'s> Postings<'s> {
    /// The blocks behind a prefix of so many bytes.
    pub(super) fn new(
        skip: usize,
        mut blocks: Walk<'s, Bytes>,
        past: Option<&'s Past>,
        token: Token,
        tag: u8,
    ) -> Result<Self, StoreError> {
        let next = blocks.next().transpose()?;
        let mut blocks =
            Blocks { skip, blocks, next, block: None, at: 0, key: String::new(), standing: Standing::UNTOLD };
        blocks.step()?;
        let stood = past.map(|past| {
            let keys = past.postings(token, tag).collect::<Vec<_>>();
            Stood { past, tag, keys: keys.into_iter().peekable() }
        });
        let mut postings = Self { blocks, past: stood };
        postings.pass_changed()?;
        Ok(postings)
    }

    /// The key that it stands at; none behind the last.
    pub fn key(&mut self) -> Option<&str> {
        self.at().map(|(key, _)| key)
    }

    /// The key that it stands at, and how the token stands in that record's names.
    pub fn at(&mut self) -> Option<(&str, Standing)> {
        let then =
            self.past.as_mut().and_then(|stood| stood.keys.peek()).map(|(key, standing)| (key.as_str(), *standing));
        let now = self.blocks.key().map(|key| (key, self.blocks.standing));
        match (now, then) {
            (Some(now), Some(then)) => Some(now.min(then)),
            (now, then) => now.or(then),
        }
    }

    /// Goes on to the next.
    pub fn step(&mut self) -> Result<(), StoreError> {
        if let Some(stood) = &mut self.past
            && let Some((then, _)) = stood.keys.peek()
            && self.blocks.key().is_none_or(|now| then.as_str() < now)
        {
            stood.keys.next();
            return Ok(());
        }
        self.blocks.step()?;
        self.pass_changed()
    }

    /// Goes on to a key, or to the first behind it, and says whether it is there.
    pub fn seek(&mut self, key: &str) -> Result<bool, StoreError> {
        self.blocks.seek(key)?;
        if let Some(stood) = &mut self.past {
            while stood.keys.next_if(|(then, _)| then.as_str() < key).is_some() {}
        }
        self.pass_changed()?;
        Ok(self.key() == Some(key))
    }

    /// What stands now of a record that changed since is no part of the past.
    fn pass_changed(&mut self) -> Result<(), StoreError> {
        let Some(Stood { past, tag, .. }) = &self.past else { return Ok(()) };
        while self.blocks.key().is_some_and(|key| past.changed(IdRef { tag: *tag, key })) {
            self.blocks.step()?;
        }
        Ok(())
    }
}

/// The bit of a kind, by its tag.
pub fn kind_bit(tag: u8) -> u64 {
    1u64.checked_shl(u32::from(tag)).unwrap_or(0)
}

/// The keys that stand in the file.
struct Blocks<'s> {
    /// How much of a row's key is not the key of its first record.
    skip: usize,
    blocks: Walk<'s, Bytes>,
    /// The block behind this one: if a key is not before it, nothing of this one need be read.
    next: Option<Block<'s>>,
    block: Option<Block<'s>>,
    /// How much of the block was read.
    at: usize,
    key: String,
    standing: Standing,
}

/// The key and the value of a row.
type Block<'s> = (AccessGuard<'s, Bytes>, AccessGuard<'s, Bytes>);

impl Blocks<'_> {
    /// The key that it stands at; none behind the last.
    fn key(&self) -> Option<&str> {
        self.block.is_some().then_some(self.key.as_str())
    }

    /// Goes on to the next.
    fn step(&mut self) -> Result<(), StoreError> {
        if let Some((_, block)) = &self.block {
            let mut rest = block.value().get(self.at..).unwrap_or_default();
            let more = postings::to_following(&mut self.key, &mut rest);
            self.at = block.value().len() - rest.len();
            if let Some(standing) = more {
                self.standing = standing;
                return Ok(());
            }
        }
        self.step_block()
    }

    /// Goes on to a key, or to the first behind it, and says whether it is there.
    fn seek(&mut self, key: &str) -> Result<bool, StoreError> {
        while self.next.as_ref().is_some_and(|(row, _)| key::posting_first(row.value(), self.skip) <= key) {
            self.step_block()?;
        }
        while self.key().is_some_and(|at| at < key) {
            self.step()?;
        }
        Ok(self.key() == Some(key))
    }

    fn step_block(&mut self) -> Result<(), StoreError> {
        self.block = self.next.take();
        self.at = 0;
        if let Some((row, block)) = &self.block {
            let mut rest = block.value();
            self.standing = postings::first_standing(&mut rest);
            self.at = block.value().len() - rest.len();
            self.key.clear();
            self.key.push_str(key::posting_first(row.value(), self.skip));
            self.next = self.blocks.next().transpose()?;
        }
        Ok(())
    }
}
