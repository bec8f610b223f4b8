//! Which names a query can match, by the tokens that they are kept under.
//!
//! A query can be read in several ways: `xian` as two syllables, as one, as the beginning of xiang, by initials. Each way
//! says which tokens a name has that matches so, and together they cover all of [`Query::matches`]: a name that has all the
//! tokens of none of them does not match. Of a long query that can be read in many ways, only the beginning is looked at.

use super::query::{Query, is_initial};
use super::readings::{is_syllable, syllables_from};
use super::tokens::Token;
use crate::config::QUERY_READINGS;

/// The most letters of a syllable.
const LETTERS: usize = 6;
/// How many characters of a name are looked at: the most, and the fewest where there are too many ways.
const DEPTH: std::ops::RangeInclusive<usize> = 2..=8;

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
    /// The ways to read the query, each by the tokens that every name has that it matches so; in the order of the tokens. A
    /// store intersects the names of the tokens of a way, beginning with the rarest, and unites the ways.
    pub fn candidates(&self) -> Vec<Vec<Token>> {
        let mut ways = vec![self.text_tokens()];
        if self.has_letters {
            let letters: Vec<u8> = self.atoms.iter().map(|atom| atom.letter).collect();
            let finishes = self.finishes(&letters);
            let depths = DEPTH.rev();
            let read = |depth| {
                self.read(&letters, &finishes, depth, if depth == *DEPTH.start() { usize::MAX } else { QUERY_READINGS })
            };
            ways.extend(depths.map(read).find_map(|ways| ways).unwrap_or_default());
        }
        without_narrower(ways)
    }

    fn text_tokens(&self) -> Vec<Token> {
        let chars: Vec<char> = self.atoms.iter().map(|atom| atom.char).collect();
        match chars.len() {
            1 => vec![Token::chars(&chars)],
            _ => in_order(chars.windows(2).map(Token::chars).collect()),
        }
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
        if end == letters.len() && syllables_from(&letters[from..]).next().is_some() {
            parts.push((Part::Initial(atom.letter), end));
        }
        parts
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

    /// The ways to read the first characters as pinyin, unless there are more than `most`.
    fn read(&self, letters: &[u8], finishes: &[bool], depth: usize, most: usize) -> Option<Vec<Vec<Token>>> {
        let mut ways = Vec::new();
        let mut open = vec![(Vec::new(), 0)];
        while let Some((parts, from)) = open.pop() {
            if from == letters.len() || parts.len() == depth {
                match parts[..] {
                    // One initial alone has no token: the syllables that it can be of have.
                    [Part::Initial(_)] => {
                        ways.extend(syllables_from(letters).map(|letters| vec![Token::syllables(&[letters])]))
                    }
                    _ => ways.push(tokens_of(&parts)),
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

/// Drops each way whose names are all among those of another.
fn without_narrower(mut ways: Vec<Vec<Token>>) -> Vec<Vec<Token>> {
    ways.sort_unstable_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    let mut kept: Vec<Vec<Token>> = Vec::new();
    for way in ways {
        if !kept.iter().any(|wider| wider.iter().all(|token| way.binary_search(token).is_ok())) {
            kept.push(way);
        }
    }
    kept
}

#[cfg(test)]
#[path = "candidates_tests.rs"]
mod tests;
