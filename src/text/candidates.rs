//! Which names a query can match, by the tokens that they are kept under.
//!
//! A query can be read in several ways: `xian` as two syllables, as one, as the beginning of xiang, by initials. Each way
//! says which tokens a name has that matches so, and together they cover all of [`Query::matches`]: a name that has all the
//! tokens of none of them does not match. Of a long query that can be read in many ways, only the beginning is looked at.
//!
//! Where a way is one token, and all that has it matches, where the token stands tells how ([`super::standing`]).

use std::collections::HashMap;

use super::fold::is_digit;
use super::matching::Kind;
use super::query::{Query, is_initial, tone_of_digit};
use super::readings::{MayRead, chars_read, is_syllable, syllables_from, syllables_of};
use super::tokens::{Token, is_common};
use crate::config::{QUERY_READINGS, QUERY_WAYS};

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
    /// What a name begins with that the query matches so from its beginning on: one of these stands there. No common ending is
    /// a whole name, so each name is kept under what it begins with. In order.
    pub begins: Vec<Token>,
    /// What a name that has one of these tells, only a look at it does.
    pub unless: Vec<Token>,
}

/// What a part of a query stands for in a name: one character.
#[derive(Clone, Copy)]
enum Part<'q> {
    Own(char),
    Syllable(&'q [u8]),
    /// Of a syllable that is typed in part: how it begins.
    Begun(&'q [u8]),
}

impl<'q> Part<'q> {
    fn initial(self) -> Option<u8> {
        match self {
            Self::Own(_) => None,
            Self::Syllable(letters) | Self::Begun(letters) => Some(letters[0]),
        }
    }

    /// Whether it is one letter, of which a token of initials says all.
    fn is_letter(self) -> bool {
        matches!(self, Self::Begun([_]))
    }

    /// The syllables that the character may be read as.
    fn syllables(self) -> Vec<&'q [u8]> {
        match self {
            Self::Own(char) => syllables_of(char),
            Self::Syllable(letters) => vec![letters],
            Self::Begun(letters) => syllables_from(letters).collect(),
        }
    }
}

/// The parts that a query is cut into, and where they end.
type Reading<'q> = (Vec<Part<'q>>, usize);

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
                let readings = self.read(&letters, &finishes, depth, most)?;
                self.spelled(&letters, &readings).or_else(|| {
                    let ways = readings.iter().flat_map(|reading| self.ways_of(&letters, reading)).collect();
                    Some(ways)
                })
            };
            ways.extend(DEPTH.rev().find_map(read).unwrap_or_default());
        }
        without_narrower(ways)
    }

    /// The ways to read the query by whole syllables alone, by the tokens of each; none where it says anything else.
    pub fn spelled_out(&self) -> Vec<Vec<Token>> {
        let letters: Vec<u8> = self.atoms.iter().map(|atom| atom.letter).collect();
        let (mut ways, mut open) = (Vec::new(), vec![(Vec::new(), 0)]);
        while let Some((parts, from)) = open.pop() {
            if ways.len() == QUERY_READINGS {
                break;
            }
            if from == letters.len() {
                ways.push(tokens_of(&parts));
                continue;
            }
            let whole = self.parts(&letters, from).into_iter().filter(|(part, _)| matches!(part, Part::Syllable(_)));
            open.extend(whole.map(|(part, to)| ([&parts[..], &[part]].concat(), to)));
        }
        ways
    }

    fn text_way(&self) -> Way {
        let chars: Vec<char> = self.atoms.iter().map(|atom| atom.char).collect();
        let tokens = match chars.len() {
            1 => vec![Token::chars(&chars)],
            _ => in_order(chars.windows(2).map(Token::chars).collect()),
        };
        // No token knows whether two digits are of one number.
        let number = chars.len() == 2 && chars.iter().all(|char| is_digit(*char));
        let begins = vec![Token::chars(&chars[..chars.len().min(2)])];
        Way { tokens, told: (chars.len() < 3 && !number).then_some(Kind::Text), begins, unless: Vec::new() }
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
            parts.push((Part::Begun(&letters[from..=from]), from + 1));
            if matches!(atom.letter, b'z' | b'c' | b's') && end > from + 1 && letters[from + 1] == b'h' {
                parts.push((Part::Begun(&letters[from..from + 2]), from + 2));
            }
        }
        let is_there = parts.iter().any(|(part, to)| matches!(part, Part::Begun(_)) && *to == end);
        if end == letters.len() && !is_there && syllables_from(&letters[from..]).next().is_some() {
            parts.push((Part::Begun(&letters[from..]), end));
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

    /// The ways to cut the first characters into parts, unless there are more than `most`.
    fn read<'q>(&self, letters: &'q [u8], finishes: &[bool], depth: usize, most: usize) -> Option<Vec<Reading<'q>>> {
        let mut readings = Vec::new();
        let mut open = vec![(Vec::new(), 0)];
        while let Some((parts, from)) = open.pop() {
            if from == letters.len() || parts.len() == depth {
                readings.push((parts, from));
                if readings.len() > most {
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
        Some(readings)
    }

    /// The ways by tokens where one or two characters are looked for by each syllable that they can be, unless those are too many:
    /// the names of each are few, and those of one or two syllables without tones all match.
    fn spelled(&self, letters: &[u8], readings: &[Reading<'_>]) -> Option<Vec<Way>> {
        let mut ways = Vec::new();
        for reading @ (parts, to) in readings {
            let kind = || match parts.iter().any(|part| matches!(part, Part::Begun(_))) {
                false => Kind::Pinyin,
                true if parts.iter().all(|part| matches!(part, Part::Begun(letters) if is_initials(letters))) => {
                    Kind::Initials
                }
                true => Kind::Partly,
            };
            match parts[..] {
                [Part::Syllable(typed) | Part::Begun(typed)]
                    if *to == self.length() && self.tone_of(typed).is_some() =>
                {
                    ways.extend(self.toned_ways(parts[0], typed, kind()));
                }
                [Part::Own(_), Part::Own(_)] => ways.extend(self.ways_of(letters, reading)),
                [one, other] if !(one.is_letter() && other.is_letter()) => {
                    let (firsts, seconds) = (one.syllables(), other.syllables());
                    if firsts.is_empty() || seconds.is_empty() {
                        // A digit is read as no syllable.
                        ways.extend(self.ways_of(letters, reading));
                        continue;
                    }
                    let own = parts.iter().filter_map(|part| match part {
                        Part::Own(char) => Some(Token::chars(&[*char])),
                        _ => None,
                    });
                    let (own, told): (Vec<Token>, _) = (own.collect(), self.tells(*to).then(kind));
                    for (first, second) in firsts.iter().flat_map(|one| seconds.iter().map(move |other| (one, other))) {
                        let pair = Token::syllables(&[first, second]);
                        let tokens = in_order([&own[..], &[pair]].concat());
                        ways.push(Way { tokens, told, begins: vec![pair], unless: Vec::new() });
                    }
                }
                _ => ways.extend(self.ways_of(letters, reading)),
            }
            if ways.len() > QUERY_WAYS {
                return None;
            }
        }
        Some(ways)
    }

    /// The ways of a reading by tokens that name no more than it does.
    fn ways_of(&self, letters: &[u8], (parts, to): &Reading<'_>) -> Vec<Way> {
        let way = |tokens: Vec<Token>, told: Option<Kind>| Way {
            tokens,
            told: told.filter(|_| self.tells(*to)),
            begins: beginnings_of(parts),
            unless: Vec::new(),
        };
        match parts[..] {
            // One initial alone has no token: the syllables that it can be of have.
            [Part::Begun(begun)] => {
                let kind = if is_initials(letters) { Kind::Initials } else { Kind::Partly };
                let whole = |syllable| {
                    let token = Token::syllables(&[syllable]);
                    Way { begins: vec![token], ..way(vec![token], Some(kind)) }
                };
                syllables_from(begun).map(whole).collect()
            }
            [Part::Syllable(one)] => vec![way(vec![Token::syllables(&[one])], Some(Kind::Pinyin))],
            [Part::Syllable(one), Part::Syllable(other)] => {
                vec![way(vec![Token::syllables(&[one, other])], Some(Kind::Pinyin))]
            }
            _ => {
                // Each by one letter: `zh` is no initial of 宗.
                let by_initials = parts.len() < 4 && parts.iter().all(|part| part.is_letter());
                vec![way(tokens_of(parts), by_initials.then_some(Kind::Initials))]
            }
        }
    }

    /// The tone that is typed with a query of one syllable, if it is one.
    fn tone_of(&self, typed: &[u8]) -> Option<u8> {
        let (syllable, digit) = self.atoms.split_at(typed.len());
        let mut tones = syllable.iter().map(|atom| atom.tone).filter(|tone| *tone != 0);
        match (tones.next(), tones.next(), digit) {
            (Some(tone), None, []) => Some(tone),
            (None, None, [digit]) => tone_of_digit(digit.char),
            _ => None,
        }
    }

    /// The ways of one syllable with a tone: by the characters that are read so. How those are read the token tells, but beside
    /// some others.
    fn toned_ways(&self, part: Part<'_>, typed: &[u8], kind: Kind) -> Vec<Way> {
        let Some(tone) = self.tone_of(typed) else { return Vec::new() };
        let whole = matches!(part, Part::Syllable(_));
        let read_so = |letters: &[u8]| if whole { letters == typed } else { letters.starts_with(typed) };
        let way = |MayRead { char, mostly, unless }: MayRead| {
            let tokens = vec![Token::chars(&[char])];
            let pairs: Option<Vec<Token>> = unless.map(|pairs| pairs.iter().map(|pair| Token::chars(pair)).collect());
            // What lies in a common ending is not told of.
            let pairs = pairs.filter(|pairs| !pairs.iter().any(|pair| is_common(*pair)));
            let told = pairs.is_some().then_some(if mostly { kind } else { Kind::OtherReading });
            Way { begins: tokens.clone(), tokens, told, unless: pairs.unwrap_or_default() }
        };
        chars_read(read_so, tone).into_iter().map(way).collect()
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
            (Part::Syllable(_), _, Some(Part::Syllable(_))) | (Part::Begun(_), ..) => {}
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

/// What a name begins with that has characters of these parts from there on: one of these.
fn beginnings_of(parts: &[Part<'_>]) -> Vec<Token> {
    match parts {
        [Part::Own(char), Part::Own(next), ..] => vec![Token::chars(&[*char, *next])],
        [Part::Own(char), ..] => vec![Token::chars(&[*char])],
        [Part::Syllable(one), Part::Syllable(next), ..] => vec![Token::syllables(&[one, next])],
        [Part::Syllable(one), ..] => vec![Token::syllables(&[one])],
        [Part::Begun(begun), rest @ ..] => {
            let rest = rest.iter().map_while(|part| part.initial());
            let run: Vec<u8> = begun.iter().take(1).copied().chain(rest).take(3).collect();
            match run.len() {
                1 => syllables_from(begun).map(|syllable| Token::syllables(&[syllable])).collect(),
                _ => vec![Token::initials(&run)],
            }
        }
        [] => Vec::new(),
    }
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
    ways.dedup_by(|other, one| {
        let same = other.tokens == one.tokens;
        if same {
            one.begins.append(&mut other.begins);
        }
        same
    });
    let mut kept: Vec<Way> = Vec::with_capacity(ways.len());
    // Where those lie that may be wider: most ways are told by one token, and of others most have as many tokens.
    let (mut single, mut several): (HashMap<Token, usize>, Vec<usize>) = (HashMap::new(), Vec::new());
    for way in ways {
        let has = |token| way.tokens.binary_search(token).is_ok();
        let narrower = |at: &usize| kept[*at].tokens.len() < way.tokens.len() && kept[*at].tokens.iter().all(has);
        let one = way.tokens.iter().filter(|_| way.tokens.len() > 1).find_map(|token| single.get(token).copied());
        let shorter = || several.iter().take_while(|at| kept[**at].tokens.len() < way.tokens.len()).copied();
        if let Some(wider) = one.or_else(|| shorter().find(|at| narrower(at))) {
            kept[wider].begins.extend(way.begins);
            continue;
        }
        match (way.told, &way.tokens[..]) {
            (None, [token]) => drop(single.insert(*token, kept.len())),
            (None, _) => several.push(kept.len()),
            _ => {}
        }
        kept.push(way);
    }
    for way in &mut kept {
        way.begins.sort_unstable();
        way.begins.dedup();
    }
    kept
}

#[cfg(test)]
#[path = "candidates_tests.rs"]
mod tests;
