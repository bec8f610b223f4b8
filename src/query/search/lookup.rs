//! Walking postings: the records of a kind that have several tokens.

use std::collections::HashMap;

use crate::model::catalog::Kind;
use crate::query::error::FieldError;
use crate::query::scope::Scope;
use crate::text::fold::Folded;
use crate::text::tokens::{Token, beginning, is_common, tokens};

/// A list this many times as long as the shortest is not walked: to look at the shortest's records costs less.
const LONGER: usize = 8;

/// How many blocks lists have, as far as they were counted: the ways to read a query share their tokens.
#[derive(Default)]
pub struct Lengths {
    /// How many blocks were counted, and how many would have been.
    counted: HashMap<(Token, u8), (usize, usize)>,
}

impl Lengths {
    /// How many blocks a list has, up to a bound.
    pub fn of(&mut self, scope: &Scope, token: Token, kind: &Kind, most: usize) -> Result<usize, FieldError> {
        let known = self.counted.get(&(token, kind.tag));
        if let Some((blocks, bound)) = known
            && (blocks < bound || most <= *bound)
        {
            return Ok(most.min(*blocks));
        }
        let blocks = scope.snapshot.posting_blocks(token, kind, most)?;
        self.counted.insert((token, kind.tag), (blocks, most));
        Ok(blocks)
    }
}

/// Calls back for the keys of records that have all of some tokens, in order, perhaps from a key on, while the visitor says so.
/// They can be too many, where a list was too long to be walked, and never too few.
pub fn each_with(
    scope: &Scope,
    kind: &'static Kind,
    tokens: &[Token],
    known: &mut Lengths,
    from: Option<&str>,
    visit: impl FnMut(&str) -> Result<bool, FieldError>,
) -> Result<(), FieldError> {
    each_beginning(scope, kind, tokens, None, known, from, visit)
}

/// The same of records of which a name begins with one of the tokens.
fn each_beginning(
    scope: &Scope,
    kind: &'static Kind,
    tokens: &[Token],
    begins: Option<Token>,
    known: &mut Lengths,
    from: Option<&str>,
    mut visit: impl FnMut(&str) -> Result<bool, FieldError>,
) -> Result<(), FieldError> {
    let mut lengths = Vec::new();
    for token in tokens {
        let most = lengths.iter().map(|(blocks, _)| *blocks).min().unwrap_or(usize::MAX / LONGER);
        let blocks = known.of(scope, *token, kind, most.saturating_mul(LONGER).saturating_add(1))?;
        if blocks == 0 {
            return Ok(());
        }
        lengths.push((blocks, *token));
    }
    lengths.sort_unstable();
    let most = lengths.first().map_or(0, |(blocks, _)| blocks * LONGER);
    let mut lists = Vec::new();
    for (_, token) in lengths.iter().filter(|(blocks, token)| *blocks <= most || Some(*token) == begins) {
        lists.push((scope.snapshot.postings_from(*token, kind, from)?, Some(*token) == begins));
    }
    let Some(((shortest, must_begin), others)) = lists.split_first_mut() else { return Ok(()) };
    while let Some((key, standing)) = shortest.at() {
        let mut in_all = !*must_begin || standing.begins();
        for (list, must_begin) in others.iter_mut() {
            in_all = in_all && list.seek(key)?;
            if !in_all {
                break;
            }
            in_all = !*must_begin || list.at().is_some_and(|(_, standing)| standing.begins());
        }
        if in_all {
            scope.spend()?;
            if !visit(key)? {
                break;
            }
        }
        shortest.step()?;
    }
    Ok(())
}

/// The records of a kind whose names can contain a text, or begin with it, by their keys, as they are walked.
pub struct Containing {
    tokens: Vec<Token>,
    /// The one that a name begins with, where it has to begin with the text.
    begins: Option<Token>,
    /// Those of names that are longer than what is kept of one: they can contain anything.
    long: Vec<String>,
}

impl Containing {
    /// Nothing where no index tells.
    pub fn new(scope: &Scope, kind: &'static Kind, text: &str, most: usize) -> Result<Option<Self>, FieldError> {
        let folded = Folded::new(text);
        let mut wanted = Vec::new();
        tokens(&folded, &mut wanted);
        let chars = crate::text::tokens::CHARS;
        let several = folded.units().len() > 1;
        // Of a text of several characters, those that follow each other narrow more than each alone.
        wanted.retain(|token| token.class() == chars && !is_common(*token) && (!several || token.is_pair()));
        if wanted.is_empty() {
            return Ok(None);
        }
        let mut long = Vec::new();
        let mut fits = true;
        each_with(scope, kind, &[Token::LONG], &mut Lengths::default(), None, |key| {
            fits = long.len() < most;
            if fits {
                long.push(key.to_owned());
            }
            Ok(fits)
        })?;
        Ok(fits.then_some(Self { tokens: wanted, begins: None, long }))
    }

    /// The same of names that begin with it: of each it is kept how it begins, be it a common ending or longer than what is kept.
    pub fn beginning(text: &str) -> Option<Self> {
        let folded = Folded::new(text);
        let begins = beginning(&folded)?;
        let mut wanted = Vec::new();
        tokens(&folded, &mut wanted);
        wanted.retain(|token| *token == begins || token.is_pair() && !is_common(*token));
        Some(Self { tokens: wanted, begins: Some(begins), long: Vec::new() })
    }

    /// Calls back for their keys in order, from behind one on, while the visitor says so.
    pub fn each(
        &self,
        scope: &Scope,
        kind: &'static Kind,
        after: Option<&str>,
        mut visit: impl FnMut(&str) -> Result<bool, FieldError>,
    ) -> Result<(), FieldError> {
        let behind = |key: &&String| after.is_none_or(|after| key.as_str() > after);
        let mut long = self.long.iter().filter(behind).peekable();
        let mut more = true;
        each_beginning(scope, kind, &self.tokens, self.begins, &mut Lengths::default(), after, |key| {
            if after == Some(key) {
                return Ok(true);
            }
            while let Some(before) = long.next_if(|long| long.as_str() < key) {
                more = visit(before)?;
                if !more {
                    return Ok(false);
                }
            }
            let _ = long.next_if(|long| long.as_str() == key);
            more = visit(key)?;
            Ok(more)
        })?;
        while let (true, Some(key)) = (more, long.next()) {
            more = visit(key)?;
        }
        Ok(())
    }
}

/// The keys of a kind's records whose names can contain a text, or begin with it, where that is no more than so many; nothing
/// where no index tells.
pub fn text_candidates(
    scope: &Scope,
    kind: &'static Kind,
    text: &str,
    begins: bool,
    most: usize,
) -> Result<Option<Vec<String>>, FieldError> {
    let containing = if begins { Containing::beginning(text) } else { Containing::new(scope, kind, text, most)? };
    let Some(containing) = containing else { return Ok(None) };
    let mut keys = Vec::new();
    let mut fits = true;
    containing.each(scope, kind, None, |key| {
        fits = keys.len() < most;
        if fits {
            keys.push(key.to_owned());
        }
        Ok(fits)
    })?;
    Ok(fits.then_some(keys))
}
