//! What a user typed to find a name, read once: Chinese, pinyin in full or by initials, any mix, Latin words, digits.
//!
//! Letters are read in two ways. As they stand, they match Latin letters of a name from where a word begins. As pinyin, each
//! stretch of them stands for one Chinese character: a whole syllable, its initial (z, or zh), or, as the last one, the
//! beginning of a syllable. The letters of a query are all read the one way or all the other. Spaces, apostrophes and
//! hyphens mark where a syllable ends; a tone, by a mark or a digit, must be the syllable's.

use std::fmt;

use super::fold::fold_char;
use super::readings::toned;
use crate::config::QUERY_CHARS;

/// Why a text is no query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// It has no letter and no digit.
    #[error("the text has no letter and no digit to search for")]
    Empty,
    /// It has more letters and digits than [`QUERY_CHARS`].
    #[error("the text has more than {QUERY_CHARS} letters and digits")]
    TooLong,
}

/// One letter, digit or Chinese character of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Atom {
    /// As it stands, folded.
    pub char: char,
    /// As a letter of pinyin, with `v` for ü; 0 if it is none.
    pub letter: u8,
    /// The tone that it bears, 1 to 4.
    pub tone: u8,
    /// Whether a space or the like stands before it, so that no syllable goes across.
    pub breaks: bool,
}

/// What a user typed, read.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    pub(super) atoms: Vec<Atom>,
    /// Whether it has letters that can be pinyin.
    pub(super) has_letters: bool,
}

impl Query {
    /// Reads what a user typed.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut atoms: Vec<Atom> = Vec::new();
        let mut breaks = false;
        for char in text.chars() {
            if let Some(mark) = Mark::of(char) {
                if let Some(last) = atoms.last_mut() {
                    mark.put_on(last);
                }
                continue;
            }
            if is_unseen(char) {
                continue;
            }
            let Some(folded) = fold_char(char) else {
                // `lu:` is how some type ü.
                match atoms.last_mut() {
                    Some(last) if char == ':' && last.letter == b'u' => last.letter = b'v',
                    _ => breaks = true,
                }
                continue;
            };
            if atoms.len() == QUERY_CHARS {
                return Err(QueryError::TooLong);
            }
            let lower = char.to_lowercase().next().unwrap_or(char);
            let (letter, tone) = toned(lower).unwrap_or((folded, 0));
            let letter = if letter.is_ascii_lowercase() { letter as u8 } else { 0 };
            atoms.push(Atom { char: folded, letter, tone, breaks });
            breaks = false;
        }
        if atoms.is_empty() {
            return Err(QueryError::Empty);
        }
        let has_letters = atoms.iter().any(|atom| atom.letter != 0);
        Ok(Self { atoms, has_letters })
    }

    /// How many atoms there are.
    pub(super) fn length(&self) -> usize {
        self.atoms.len()
    }

    /// Where reading a syllable ends at the latest: before the next break, digit or Chinese character, or the query's end.
    pub(super) fn stretch_end(&self, from: usize) -> usize {
        let ends = |atom: &Atom| atom.letter == 0 || atom.breaks;
        let more = self.atoms[from..].iter().skip(1).position(ends);
        more.map_or(self.length(), |more| from + 1 + more)
    }

    /// Where a syllable ends that is typed here in full, its tone included: none if it is not, or has another tone.
    /// `tone` is that of the syllable; `None` takes any.
    pub(super) fn syllable_end(&self, from: usize, letters: &[u8], tone: Option<u8>) -> Option<usize> {
        let to = from + letters.len();
        let typed = self.atoms.get(from..to)?;
        let fits = typed.iter().zip(letters.iter()).all(|(atom, letter)| atom.letter == *letter);
        if !fits || typed[1..].iter().any(|atom| atom.breaks) {
            return None;
        }
        fits_tone(typed, tone).then_some(to)
    }

    /// Where the digit ends that gives a tone to the syllable that ends here, if there is one and it is this tone.
    pub(super) fn tone_end(&self, from: usize, tone: Option<u8>) -> Option<usize> {
        let atom = self.atoms.get(from).filter(|atom| !atom.breaks)?;
        let given = tone_of_digit(atom.char)?;
        tone.is_none_or(|tone| tone == given).then_some(from + 1)
    }

    /// Whether the rest of the query, to its end, is the beginning of a syllable of this tone.
    pub(super) fn is_beginning(&self, from: usize, letters: &[u8], tone: Option<u8>) -> bool {
        let rest = &self.atoms[from..];
        if rest.len() > letters.len() || rest.iter().skip(1).any(|atom| atom.breaks) {
            return false;
        }
        rest.iter().zip(letters.iter()).all(|(atom, letter)| atom.letter == *letter) && fits_tone(rest, tone)
    }

    /// Where initials of a syllable end that are typed here: z, and zh where it begins so.
    pub(super) fn initial_ends(&self, from: usize, letters: &[u8]) -> [Option<usize>; 2] {
        if !self.atoms.get(from).is_some_and(|atom| atom.letter == letters[0] && atom.tone == 0) {
            return [None; 2];
        }
        let next = self.atoms.get(from + 1).filter(|next| !next.breaks);
        let both = matches!(letters, [b'z' | b'c' | b's', b'h', ..]) && next.is_some_and(|next| next.letter == b'h');
        [Some(from + 1), both.then_some(from + 2)]
    }
}

/// Whether letters bear no tone, or the one that a syllable has: with two marks they are two syllables.
fn fits_tone(typed: &[Atom], tone: Option<u8>) -> bool {
    let mut given = typed.iter().map(|atom| atom.tone).filter(|tone| *tone != 0);
    match (given.next(), given.next()) {
        (None, _) => true,
        (Some(given), None) => tone.is_none_or(|tone| tone == given),
        (Some(_), Some(_)) => false,
    }
}

/// The tone that a digit stands for.
pub(super) fn tone_of_digit(char: char) -> Option<u8> {
    match char {
        '1'..='4' => Some(char as u8 - b'0'),
        '0' | '5' => Some(0),
        _ => None,
    }
}

/// Whether a letter can be the initial of a syllable.
pub(super) fn is_initial(letter: u8) -> bool {
    letter.is_ascii_lowercase() && !matches!(letter, b'i' | b'u' | b'v')
}

/// Whether a character shows nothing, as those that come along when a text is copied: it parts no syllables.
fn is_unseen(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
        || matches!(char, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0100}'..='\u{e01ef}')
}

/// A mark that combines with the letter before it.
enum Mark {
    Tone(u8),
    Dots,
    Other,
}

impl Mark {
    fn of(char: char) -> Option<Self> {
        Some(match char {
            '\u{304}' => Self::Tone(1),
            '\u{301}' => Self::Tone(2),
            '\u{30c}' => Self::Tone(3),
            '\u{300}' => Self::Tone(4),
            '\u{308}' => Self::Dots,
            '\u{302}'..='\u{36f}' => Self::Other,
            _ => return None,
        })
    }

    fn put_on(self, atom: &mut Atom) {
        match self {
            Self::Tone(tone) if atom.letter != 0 => atom.tone = tone,
            Self::Dots if atom.letter == b'u' => atom.letter = b'v',
            _ => {}
        }
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.atoms.iter().map(|atom| atom.char).collect();
        write!(f, "Query({text:?})")
    }
}
