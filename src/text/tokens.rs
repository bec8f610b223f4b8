//! What a name is kept under: short byte strings that a store can make postings of.
//!
//! A token is a byte for its class and then text: one or two folded characters that follow each other; the syllables of one
//! or two characters, without tones; the initials of two or three. Every reading of a character counts, so a name is found
//! by any of them. A name of `n` characters has at most `2n` tokens of characters, `6n + 36n` of syllables and `16n + 64n` of
//! initials (a character has at most four readings and two spellings, and their initials are at most four), and of a name
//! only the first [`NAME_CHARS`](crate::config::NAME_CHARS) characters count: a name of 10,000 is no worse than one of 128.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use super::fold::{Folded, Unit};
use super::matching::right_sounds;
use super::readings::{Sound, right, sounds};
use super::standing::{Measured, Standing};

/// The class of tokens of characters.
pub const CHARS: u8 = b'c';
/// The class of tokens of syllables.
pub const SYLLABLES: u8 = b's';
/// The class of tokens of initials.
pub const INITIALS: u8 = b'i';

/// One token: at most 16 bytes, in the order of their bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(u128);

impl Token {
    /// The token of a class with nothing in it yet.
    fn new(class: u8) -> Self {
        Self(u128::from(class) << 120)
    }

    /// What a record is kept under that has a name longer than what is looked at of one.
    pub const LONG: Self = Self((b'l' as u128) << 120);

    /// The bytes, the class first.
    pub fn bytes(&self) -> TokenBytes {
        TokenBytes { bytes: self.0.to_be_bytes(), length: 16 - (self.0.trailing_zeros() / 8).min(15) as u8 }
    }

    /// Whether it is of two characters.
    pub fn is_pair(self) -> bool {
        let bytes = self.bytes();
        self.class() == CHARS && std::str::from_utf8(&bytes[1..]).is_ok_and(|text| text.chars().count() == 2)
    }

    /// The class.
    pub fn class(self) -> u8 {
        (self.0 >> 120) as u8
    }

    /// Of characters that follow each other.
    pub(super) fn chars(chars: &[char]) -> Self {
        let (mut bytes, mut length) = ([0; 16], 1);
        bytes[0] = CHARS;
        for char in chars {
            length += char.encode_utf8(&mut bytes[length..]).len();
        }
        Self(u128::from_be_bytes(bytes))
    }

    /// Of syllables that follow each other, at most two.
    pub(super) fn syllables(syllables: &[&[u8]]) -> Self {
        let (mut bytes, mut length) = ([0; 16], 1);
        bytes[0] = SYLLABLES;
        for syllable in syllables {
            if length > 1 {
                bytes[length] = b' ';
                length += 1;
            }
            bytes[length..length + syllable.len()].copy_from_slice(syllable);
            length += syllable.len();
        }
        Self(u128::from_be_bytes(bytes))
    }

    /// Of initials that follow each other, at most three.
    pub(super) fn initials(initials: &[u8]) -> Self {
        let token = initials
            .iter()
            .zip([112, 104, 96])
            .fold(Self::new(INITIALS).0, |token, (initial, shift)| token | u128::from(*initial) << shift);
        Self(token)
    }
}

/// The bytes of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBytes {
    bytes: [u8; 16],
    length: u8,
}

impl std::ops::Deref for TokenBytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.bytes()), f)
    }
}

/// The most distinct syllables of a character, spellings among them.
pub(super) const SYLLABLES_MAX: usize = 8;

/// What a character gives: its syllables, without those that differ in tone alone, and their initials; each with whether it is
/// how the character is read here.
#[derive(Clone, Copy, Default)]
struct Read {
    syllables: [(&'static [u8], bool); SYLLABLES_MAX],
    syllable_count: usize,
    initials: [(u8, bool); SYLLABLES_MAX],
    initial_count: usize,
}

impl Read {
    fn of(unit: Unit, right: Option<Sound>) -> Self {
        let mut read = Self::default();
        let all = sounds(unit);
        for (place, sound) in all.iter().enumerate() {
            let seen = |earlier: &Sound| earlier.same_letters(*sound);
            if all[..place].iter().any(seen) || read.syllable_count == SYLLABLES_MAX {
                continue;
            }
            let letters = sound.bytes();
            let is_right = right_sounds(unit, right).any(|right| right.same_letters(*sound));
            read.syllables[read.syllable_count] = (letters, is_right);
            read.syllable_count += 1;
            match read.initials[..read.initial_count].iter_mut().find(|(initial, _)| *initial == letters[0]) {
                Some((_, known)) => *known |= is_right,
                None => {
                    read.initials[read.initial_count] = (letters[0], is_right);
                    read.initial_count += 1;
                }
            }
        }
        read
    }

    fn syllables(&self) -> &[(&'static [u8], bool)] {
        &self.syllables[..self.syllable_count]
    }

    fn initials(&self) -> &[(u8, bool)] {
        &self.initials[..self.initial_count]
    }
}

/// Puts a name's tokens into a list, in order and each once; what was in the list before is gone.
pub fn tokens(name: &Folded<'_>, tokens: &mut Vec<Token>) {
    tokens.clear();
    each_token(name, 0..name.units().len(), |_| None, |token, _, _| tokens.push(token));
    tokens.sort_unstable();
    tokens.dedup();
}

/// The token of the first two characters of a name, or of its only one.
pub fn beginning(name: &Folded<'_>) -> Option<Token> {
    let chars: Vec<char> = name.units().iter().take(2).map(|unit| unit.char).collect();
    (!chars.is_empty()).then(|| Token::chars(&chars))
}

/// Calls back for each token that begins at some characters of a name: the token, its characters, and whether it stands there
/// as it is: for characters that a word begins there, for what is read that it is read so.
fn each_token(
    name: &Folded<'_>,
    starts: Range<usize>,
    right: impl Fn(usize) -> Option<Sound>,
    mut each: impl FnMut(Token, Range<usize>, bool),
) {
    let units = name.units();
    let read = |at: usize| units.get(at).map_or_else(Read::default, |unit| Read::of(*unit, right(at)));
    let (mut first, mut second) = (read(starts.start), read(starts.start + 1));
    for start in starts {
        let third = read(start + 2);
        let Unit { char, starts, .. } = units[start];
        each(Token::chars(&[char]), start..start + 1, starts);
        if let Some(next) = units.get(start + 1) {
            each(Token::chars(&[char, next.char]), start..start + 2, starts);
        }
        for (syllable, one) in first.syllables() {
            each(Token::syllables(&[syllable]), start..start + 1, *one);
            for (next, two) in second.syllables() {
                each(Token::syllables(&[syllable, next]), start..start + 2, *one && *two);
            }
        }
        for (initial, one) in first.initials() {
            for (next, two) in second.initials() {
                each(Token::initials(&[*initial, *next]), start..start + 2, *one && *two);
                for (last, three) in third.initials() {
                    each(Token::initials(&[*initial, *next, *last]), start..start + 3, *one && *two && *three);
                }
            }
        }
        (first, second) = (second, third);
    }
}

/// A token that a record is kept under, and how it stands in its names.
///
/// The token has no more than 14 bytes, so both are one number, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept(u128);

impl Kept {
    /// A token and how it stands.
    pub fn new(token: Token, standing: Standing) -> Self {
        Self(token.0 | u128::from(u16::from_be_bytes(standing.to_bytes())))
    }

    /// The token.
    pub fn token(self) -> Token {
        Token(self.0 >> 16 << 16)
    }

    /// How it stands.
    pub fn standing(self) -> Standing {
        Standing::from_bytes((self.0 as u16).to_be_bytes())
    }
}

/// The endings that most names of the lowest levels share. A posting of what lies in them alone would lead to nearly all.
const COMMON: [&str; 9] =
    ["村民委员会", "居民委员会", "社区居委会", "村委会", "居委会", "社区", "街道办事处", "街道", "办事处"];

/// The tokens that a store keeps a name under, in order and each once: all but those that lie in a common ending alone. What
/// was in the list before is gone.
pub fn kept(name: &Folded<'_>, kept: &mut Vec<Kept>) {
    let units = name.units();
    let ends_with = |ending: &&&str| {
        let length = ending.chars().count();
        // What is called no more than that is found by it. A traditional character may have readings of its own (員).
        length < units.len() && units[units.len() - length..].iter().map(|unit| unit.original).eq(ending.chars())
    };
    let ending = COMMON.iter().filter(ends_with).map(|ending| ending.chars().count()).max();
    let end = units.len() - ending.unwrap_or(0);
    let (measured, right) = (Measured::of(name), right(name));
    let standing = |token: Token, span, as_it_is: bool| match token.class() {
        CHARS if !as_it_is => Standing::NOWHERE,
        _ => measured.standing(span, as_it_is),
    };
    kept.clear();
    let read = |at: usize| right[at];
    // What begins behind lies in the ending alone: no search is told by it (`is_common`).
    each_token(name, 0..end, read, |token, span, as_it_is| {
        kept.push(Kept::new(token, standing(token, span, as_it_is)))
    });
    // The best of each token is the first of it.
    kept.sort_unstable();
    kept.dedup_by_key(|kept| kept.token());
}

/// Whether names may have a token that a store does not keep them under, because it lies in a common ending.
pub fn is_common(token: Token) -> bool {
    static COMMON_TOKENS: LazyLock<Vec<Token>> = LazyLock::new(|| {
        let (mut all, mut of_one) = (Vec::new(), Vec::new());
        for ending in COMMON {
            tokens(&Folded::new(ending), &mut of_one);
            all.append(&mut of_one);
        }
        all.sort_unstable();
        all.dedup();
        all
    });
    COMMON_TOKENS.binary_search(&token).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::NAME_CHARS;

    fn of(name: &str) -> Vec<String> {
        let mut list = Vec::new();
        tokens(&Folded::new(name), &mut list);
        list.iter().map(|token| String::from_utf8(token.bytes().to_vec()).unwrap()).collect()
    }

    #[test]
    fn a_name_is_kept_under_characters_syllables_and_initials() {
        let mut expected = vec!["c中", "c中山", "c山", "c山市", "c市", "izs", "izss", "iss", "szhong", "szhong shan"];
        expected.extend(["sshan", "sshan shi", "sshi"]);
        expected.sort_unstable();
        assert_eq!(of("中山市"), expected);
        assert_eq!(of("Ａb1"), ["c1", "ca", "cab", "cb", "cb1"]);
        assert_eq!(of("（ ）"), Vec::<String>::new());
    }

    #[test]
    fn every_reading_and_spelling_counts() {
        let chongqing = of("重庆");
        for token in ["schong qing", "szhong qing", "icq", "izq"] {
            assert!(chongqing.contains(&token.to_owned()), "{token}");
        }
        let lvliang = of("呂梁");
        assert!(["slv liang", "slu liang", "slyu liang"].iter().all(|token| lvliang.contains(&(*token).to_owned())));
    }

    #[test]
    fn the_longest_token_fits_and_is_in_the_order_of_its_bytes() {
        let long = Token::syllables(&[b"zhuang", b"chuang"]);
        assert_eq!(&*long.bytes(), b"szhuang chuang");
        assert_eq!(&*Token::chars(&['\u{2f800}', '\u{2f801}']).bytes(), "c\u{2f800}\u{2f801}".as_bytes());
        assert_eq!(long.class(), SYLLABLES);
        let mut list = Vec::new();
        tokens(&Folded::new("重慶市长寿区 Chongqing 2号"), &mut list);
        assert!(list.windows(2).all(|pair| *pair[0].bytes() < *pair[1].bytes()));
    }

    #[test]
    fn what_lies_in_a_common_ending_is_not_kept_and_everything_else_is() {
        let all_of = |name: &str| {
            let mut list = Vec::new();
            tokens(&Folded::new(name), &mut list);
            list
        };
        let kept_of = |name: &str| {
            let mut list = Vec::new();
            kept(&Folded::new(name), &mut list);
            list.into_iter().map(Kept::token).collect::<Vec<_>>()
        };
        for name in [
            "清水村民委员会",
            "会昌社区",
            "石岐街道",
            "街道",
            "中山市",
            "社区社区",
            "东升居民委员会",
            "道街街道办事处",
            "清水村民委員會",
            "東升社區居委會",
            "石岐街道辦事處",
        ] {
            let (all, kept) = (all_of(name), kept_of(name));
            assert!(kept.iter().all(|token| all.contains(token)), "{name}");
            for token in all {
                assert!(kept.contains(&token) || is_common(token), "{name} is not kept under {token:?}");
            }
        }
        let kept: Vec<_> = kept_of("清水村民委员会").iter().map(|token| format!("{token:?}")).collect();
        assert!(kept.contains(&"\"c水村\"".to_owned()) && !kept.contains(&"\"c民委\"".to_owned()), "{kept:?}");
    }

    #[test]
    fn a_long_name_is_bounded() {
        // Three characters with as many readings as any.
        let name: String = "重乐差".chars().cycle().take(10_000).collect();
        let mut list = Vec::new();
        tokens(&Folded::new(&name), &mut list);
        let cut: String = name.chars().take(NAME_CHARS).collect();
        let mut short = Vec::new();
        tokens(&Folded::new(&cut), &mut short);
        assert_eq!(list, short);
        assert!(list.capacity() < NAME_CHARS * 128);
    }
}
