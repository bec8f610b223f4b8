//! Which names a query can match, by the tokens that they are kept under.
//!
//! A query can be read in several ways: `xian` as two syllables, as one, as the beginning of xiang, by initials. Each way
//! says which tokens a name has that matches so, and together they cover all of [`Query::matches`]: a name that has all the
//! tokens of none of them does not match. Of a long query that can be read in many ways, only the beginning is looked at.
//!
//! Where a way is one token, and all that has it matches, where the token stands tells how ([`super::standing`]).

use super::matching::Kind;
use super::query::{Query, is_initial};
use super::readings::{is_syllable, syllables_from};
use super::tokens::Token;
use crate::config::QUERY_READINGS;

/// The most letters of a syllable.
const LETTERS: usize = 6;
/// How many characters of a name are looked at: the most, and the fewest where there are too many ways.
const DEPTH: std::ops::RangeInclusive<usize> = 2..=8;

/// A way to read a query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// What every name has that the query matches so; in order.
    pub tokens: Vec<Token>,
    /// How the query matches at each place where the token stands as it is read, if that is all that the way asks for.
    pub told: Option<Kind>,
}

/// What a part of a query stands for in a name: one character.
#[derive(Clone, Copy)]
enum Part<'q> {
    Own(char),
    Syllable(&'q [u8]),
    /// Of a syllable that is typed in part.
    Initial(u8),
}

impl Part<'_> {
    fn initial(self) -> Option<u8> {
        match self {
            Self::Own(_) => None,
            Self::Syllable(letters) => Some(letters[0]),
            Self::Initial(initial) => Some(initial),
        }
    }
}

impl Query {
    /// The ways to read the query, by the tokens that names have which it matches so. A store intersects the names of the tokens
    /// of a way, beginning with the rarest, and unites the ways.
    pub fn candidates(&self) -> Vec<Way> {
        let mut ways = vec![self.text_way()];
        if self.has_letters {
            let letters: Vec<u8> = self.atoms.iter().map(|atom| atom.letter).collect();
            let finishes = self.finishes(&letters);
            let read = |depth| {
                let most = if depth == *DEPTH.start() { usize::MAX } else { QUERY_READINGS };
                let read = |in_full, most| self.read(&letters, &finishes, depth, in_full, most);
                read(true, QUERY_READINGS).or_else(|| read(false, most))
            };
            ways.extend(DEPTH.rev().find_map(read).unwrap_or_default());
        }
        without_narrower(ways)
    }

    fn text_way(&self) -> Way {
        let chars: Vec<char> = self.atoms.iter().map(|atom| atom.char).collect();
        let tokens = match chars.len() {
            1 => vec![Token::chars(&chars)],
            _ => in_order(chars.windows(2).map(Token::chars).collect()),
        };
        Way { tokens, told: (chars.len() < 3).then_some(Kind::Text) }
    }

    /// The parts that can begin here, each with where the next one begins.
    fn parts<'q>(&self, letters: &'q [u8], from: usize) -> Vec<(Part<'q>, usize)> {
        let atom = self.atoms[from];
        if atom.letter == 0 {
            return vec![(Part::Own(atom.char), from + 1)];
        }
        let mut parts = Vec::new();
        let end = self.stretch_end(from);
        for to in from + 1..=end.min(from + LETTERS) {
            if is_syllable(&letters[from..to]) {
                parts.push((Part::Syllable(&letters[from..to]), to));
                if self.tone_end(to, None).is_some() {
                    parts.push((Part::Syllable(&letters[from..to]), to + 1));
                }
            }
        }
        if atom.tone == 0 && is_initial(atom.letter) {
            parts.push((Part::Initial(atom.letter), from + 1));
            if matches!(atom.letter, b'z' | b'c' | b's') && end > from + 1 && letters[from + 1] == b'h' {
                parts.push((Part::Initial(atom.letter), from + 2));
            }
        }
        let is_there = parts.iter().any(|(part, to)| matches!(part, Part::Initial(_)) && *to == end);
        if end == letters.len() && !is_there && syllables_from(&letters[from..]).next().is_some() {
            parts.push((Part::Initial(atom.letter), end));
        }
        parts
    }

    /// Whether tokens tell how the query matches that is read up to an atom: they know no tones, and nothing of what is left.
    fn tells(&self, to: usize) -> bool {
        to == self.length() && self.atoms.iter().all(|atom| atom.letter != 0 && atom.tone == 0)
    }

    /// From where the rest of the query can be read to its end.
    fn finishes(&self, letters: &[u8]) -> Vec<bool> {
        let mut finishes = vec![false; letters.len() + 1];
        finishes[letters.len()] = true;
        for from in (0..letters.len()).rev() {
            finishes[from] = self.parts(letters, from).iter().any(|(_, to)| finishes[*to]);
        }
        finishes
    }

    /// The ways to read the first characters as pinyin, unless there are more than `most`. `in_full` takes a second syllable that
    /// is typed in part for each that begins so: those are few names, and all of them match.
    fn read(&self, letters: &[u8], finishes: &[bool], depth: usize, in_full: bool, most: usize) -> Option<Vec<Way>> {
        let mut ways = Vec::new();
        let mut open = vec![(Vec::new(), 0)];
        while let Some((parts, from)) = open.pop() {
            if from == letters.len() || parts.len() == depth {
                let way = |tokens, told: Option<Kind>| Way { tokens, told: told.filter(|_| self.tells(from)) };
                match parts[..] {
                    // One initial alone has no token: the syllables that it can be of have.
                    [Part::Initial(_)] => {
                        let kind = if is_initials(letters) { Kind::Initials } else { Kind::Partly };
                        let whole = |syllable| way(vec![Token::syllables(&[syllable])], Some(kind));
                        ways.extend(syllables_from(letters).map(whole));
                    }
                    [Part::Syllable(one), Part::Initial(_)] if in_full && self.tells(from) => {
                        let whole = |other| way(vec![Token::syllables(&[one, other])], Some(Kind::Partly));
                        ways.extend(syllables_from(&letters[one.len()..]).map(whole));
                    }
                    [Part::Syllable(one)] => ways.push(way(vec![Token::syllables(&[one])], Some(Kind::Pinyin))),
                    [Part::Syllable(one), Part::Syllable(other)] => {
                        ways.push(way(vec![Token::syllables(&[one, other])], Some(Kind::Pinyin)));
                    }
                    _ => {
                        // Each by one letter: `zh` is no initial of 宗.
                        let by_initials = parts.len() < 4
                            && parts.len() == letters.len()
                            && parts.iter().all(|part| matches!(part, Part::Initial(_)));
                        ways.push(way(tokens_of(&parts), by_initials.then_some(Kind::Initials)));
                    }
                }
                if ways.len() > most {
                    return None;
                }
                continue;
            }
            for (part, to) in self.parts(letters, from) {
                if finishes[to] {
                    open.push(([&parts[..], &[part]].concat(), to));
                }
            }
        }
        Some(ways)
    }
}

/// The tokens of a name that has characters of these parts, one behind the other.
fn tokens_of(parts: &[Part<'_>]) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| parts[at]);
        match (*part, parts.get(at + 1), before) {
            (Part::Own(char), Some(Part::Own(next)), _) => tokens.push(Token::chars(&[char, *next])),
            (Part::Own(_), _, Some(Part::Own(_))) => {}
            (Part::Own(char), _, _) => tokens.push(Token::chars(&[char])),
            (Part::Syllable(one), Some(Part::Syllable(next)), _) => tokens.push(Token::syllables(&[one, next])),
            (Part::Syllable(_), _, Some(Part::Syllable(_))) | (Part::Initial(_), ..) => {}
            (Part::Syllable(one), _, _) => tokens.push(Token::syllables(&[one])),
        }
    }
    let initials: Vec<Option<u8>> = parts.iter().map(|part| part.initial()).collect();
    for run in initials.split(Option::is_none).filter(|run| run.len() > 1) {
        let run: Vec<u8> = run.iter().copied().flatten().collect();
        tokens.extend(run.windows(run.len().min(3)).map(Token::initials));
    }
    in_order(tokens)
}

fn in_order(mut tokens: Vec<Token>) -> Vec<Token> {
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// Whether these letters are how the initial of a syllable is typed.
fn is_initials(letters: &[u8]) -> bool {
    matches!(letters, [_] | [b'z' | b'c' | b's', b'h'])
}

/// Drops each way whose names are all among those of another, unless that one is told by its token: it tells nothing of how the
/// narrower one matches.
fn without_narrower(mut ways: Vec<Way>) -> Vec<Way> {
    ways.sort_unstable_by(|one, other| (one.tokens.len(), one).cmp(&(other.tokens.len(), other)));
    // Of ways with the same token the better is told, if each is told: `None` is sorted first.
    ways.dedup_by(|other, one| other.tokens == one.tokens);
    let mut kept: Vec<Way> = Vec::new();
    for way in ways {
        let has = |token| way.tokens.binary_search(token).is_ok();
        if !kept.iter().any(|wider| wider.told.is_none() && wider.tokens.iter().all(has)) {
            kept.push(way);
        }
    }
    kept
}

#[cfg(test)]
#[path = "candidates_tests.rs"]
mod tests;
