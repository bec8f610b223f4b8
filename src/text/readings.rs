//! How Chinese characters are read: each one's readings, and the words whose readings are not the usual ones.
//!
//! `tools/readings/build.sh` makes the table (`assets/text/readings.txt.gz`): lines of `readings:characters`, an empty line,
//! then lines of `word readings`. It is decoded when first asked for. A character has at most four readings, tones aside.

use std::sync::OnceLock;

use super::fold::{Folded, Unit, fold_char};
use super::inflate;

/// A syllable with its tone: one of a character's readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound(u16);

/// The letters of a syllable: `v` stands for ü, no tone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Letters {
    bytes: [u8; 6],
    length: u8,
}

impl Letters {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// Some sounds in the pool.
#[derive(Clone, Copy, Default)]
struct List {
    start: u16,
    length: u8,
}

struct Word {
    chars: Box<[char]>,
    sounds: Box<[Sound]>,
}

struct Table {
    /// Every syllable without tone, in order; the place is its number.
    letters: Box<[Letters]>,
    pool: Vec<Sound>,
    lists: Vec<List>,
    /// The list of each character from [`FIRST`] on.
    list_of: Vec<u16>,
    /// The list of each character beyond, in order.
    beyond: Vec<(char, u16)>,
    /// In order.
    words: Vec<Word>,
    /// A bit for each character that a word begins with, and for those that share its bit.
    firsts: [u64; FIRSTS / 64],
}

/// The first of the characters that stand in one block.
const FIRST: usize = 0x3400;
/// How many those are.
const BLOCK: usize = 0xa000 - FIRST;

impl Sound {
    fn new(number: usize, tone: u8, spelling: bool) -> Self {
        Self((number as u16) << 4 | u16::from(spelling) << 3 | u16::from(tone))
    }

    /// The syllable's letters, without its tone; `v` stands for ü.
    pub fn letters(self) -> &'static str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    /// The same, as bytes.
    pub fn bytes(self) -> &'static [u8] {
        table().letters[usize::from(self.0 >> 4)].bytes()
    }

    /// The tone: 1 to 4, and 0 for none.
    pub fn tone(self) -> u8 {
        (self.0 & 7) as u8
    }

    /// Whether it is no reading of its own, but how some write lü (lu, lyu) or nü.
    pub fn is_spelling(self) -> bool {
        self.0 & 8 != 0
    }

    /// The same syllable, whatever the tones.
    pub fn same_letters(self, other: Self) -> bool {
        self.0 >> 4 == other.0 >> 4
    }
}

/// The letter and the tone of a letter that bears one, or of ü, which is written `v`.
pub(super) fn toned(char: char) -> Option<(char, u8)> {
    const VOWELS: [(&str, char); 6] =
        [("āáǎà", 'a'), ("ēéěè", 'e'), ("īíǐì", 'i'), ("ōóǒò", 'o'), ("ūúǔù", 'u'), ("ǖǘǚǜ", 'v')];
    if char == 'ü' {
        return Some(('v', 0));
    }
    VOWELS.iter().find_map(|(marked, vowel)| {
        let tone = marked.chars().position(|mark| mark == char)?;
        Some((*vowel, tone as u8 + 1))
    })
}

/// The letters and the tone of a syllable as it is written.
fn parse(syllable: &str) -> (Letters, u8) {
    let (mut letters, mut tone) = (Letters { bytes: [0; 6], length: 0 }, 0);
    for char in syllable.chars() {
        let (letter, mark) = if char.is_ascii() { (char, 0) } else { toned(char).unwrap_or((char, 0)) };
        tone = tone.max(mark);
        if let Some(byte) = letters.bytes.get_mut(usize::from(letters.length)) {
            *byte = letter as u8;
            letters.length += 1;
        }
    }
    (letters, tone)
}

/// How else a syllable with ü is written: without its dots, or as passports and road signs have it.
fn spellings(letters: Letters) -> impl Iterator<Item = Letters> {
    let spelled = |text: &str| parse(text).0;
    let others: &[&str] = match letters.bytes() {
        b"lv" => &["lu", "lyu"],
        b"nv" => &["nu", "nyu"],
        b"lve" => &["lue"],
        b"nve" => &["nue"],
        _ => &[],
    };
    others.iter().map(move |text| spelled(text))
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(&inflate(include_bytes!("../../assets/text/readings.txt.gz"))))
}

impl Table {
    fn read(text: &str) -> Self {
        let (characters, words) = text.split_once("\n\n").unwrap_or_default();
        let mut syllables: Vec<Letters> = characters
            .lines()
            .filter_map(|line| line.split_once(':'))
            .flat_map(|(readings, _)| readings.split(' '))
            .chain(words.lines().flat_map(|line| line.split(' ').skip(1)))
            .map(|syllable| parse(syllable).0)
            .collect();
        let others: Vec<Letters> = syllables.iter().flat_map(|letters| spellings(*letters)).collect();
        syllables.extend(others);
        syllables.sort_unstable();
        syllables.dedup();
        let letters = syllables.into_boxed_slice();
        let number = |of: Letters| letters.binary_search(&of).unwrap_or_default();
        let sound = |syllable: &str| {
            let (letters, tone) = parse(syllable);
            Sound::new(number(letters), tone, false)
        };

        let (mut pool, mut lists) = (Vec::new(), vec![List::default()]);
        let (mut list_of, mut beyond) = (vec![0; BLOCK], Vec::new());
        for (readings, chars) in characters.lines().filter_map(|line| line.split_once(':')) {
            let start = pool.len();
            pool.extend(readings.split(' ').map(sound));
            for at in start..pool.len() {
                let (letters, tone) = (letters[usize::from(pool[at].0 >> 4)], pool[at].tone());
                pool.extend(spellings(letters).map(|other| Sound::new(number(other), tone, true)));
            }
            let list = lists.len() as u16;
            lists.push(List { start: start as u16, length: (pool.len() - start) as u8 });
            for char in chars.chars() {
                match (char as usize).checked_sub(FIRST).and_then(|place| list_of.get_mut(place)) {
                    Some(slot) => *slot = list,
                    None => beyond.push((char, list)),
                }
            }
        }
        beyond.sort_unstable();
        pool.shrink_to_fit();
        lists.shrink_to_fit();
        let words = words.lines().filter_map(|line| line.split_once(' ')).map(|(word, readings)| Word {
            chars: word.chars().collect(),
            sounds: readings.split(' ').map(sound).collect(),
        });
        let mut words: Vec<Word> = words.collect();
        words.sort_unstable_by(|one, other| one.chars.cmp(&other.chars));
        let mut firsts = [0; FIRSTS / 64];
        for word in &words {
            let (place, bit) = first_bit(word.chars[0]);
            firsts[place] |= bit;
        }
        Self { letters, pool, lists, list_of, beyond, words, firsts }
    }

    fn sounds(&self, char: char) -> &[Sound] {
        let list = match (char as usize).checked_sub(FIRST) {
            Some(place) if place < BLOCK => self.list_of[place],
            _ => self.beyond.binary_search_by_key(&char, |(of, _)| *of).map_or(0, |place| self.beyond[place].1),
        };
        self.listed(self.lists[usize::from(list)])
    }

    fn listed(&self, List { start, length }: List) -> &[Sound] {
        &self.pool[usize::from(start)..][..usize::from(length)]
    }

    /// The characters that have readings, each with its list.
    fn chars(&self) -> impl Iterator<Item = (char, u16)> {
        let block = (FIRST as u32..).zip(&self.list_of).filter(|(_, list)| **list != 0);
        let block = block.filter_map(|(code, list)| Some((char::from_u32(code)?, *list)));
        block.chain(self.beyond.iter().copied())
    }

    /// The pairs of characters with which a character is read otherwise than mostly.
    fn unless(&self, char: char) -> Option<Vec<[char; 2]>> {
        let mostly = self.sounds(char).first()?;
        let mut pairs = Vec::new();
        for word in &self.words {
            for (at, sound) in word.sounds.iter().enumerate() {
                if word.chars[at] == char && sound != mostly {
                    let from = at.saturating_sub(1);
                    pairs.push([*word.chars.get(from)?, *word.chars.get(from + 1)?]);
                }
            }
        }
        Some(pairs)
    }

    /// The longest word that begins here.
    fn word(&self, units: &[Unit]) -> Option<&Word> {
        let first = units.first()?.char;
        // Most characters begin no word, and most of those are told by a bit.
        let (place, bit) = first_bit(first);
        if self.firsts[place] & bit == 0 {
            return None;
        }
        let from = self.words.partition_point(|word| word.chars[0] < first);
        let fits = |word: &&Word| {
            word.chars.len() <= units.len() && word.chars.iter().zip(units).all(|(char, unit)| *char == unit.char)
        };
        self.words[from..]
            .iter()
            .take_while(|word| word.chars[0] == first)
            .filter(fits)
            .max_by_key(|word| word.chars.len())
    }
}

/// How many bits tell what characters words may begin with.
const FIRSTS: usize = 4096;

fn first_bit(char: char) -> (usize, u64) {
    let place = char as usize % FIRSTS;
    (place / 64, 1 << (place % 64))
}

/// Every reading of a character, the usual one first, and then how else they are spelled; none for what is not Chinese.
pub fn sounds(unit: Unit) -> &'static [Sound] {
    if (unit.char as usize) < 0x3000 {
        return &[];
    }
    // A traditional character that reads otherwise than the simplified one has readings of its own.
    match table().sounds(unit.original) {
        [] => table().sounds(unit.char),
        own => own,
    }
}

/// Whether these letters are a syllable of some character.
pub(super) fn is_syllable(letters: &[u8]) -> bool {
    table().letters.binary_search_by(|known| known.bytes().cmp(letters)).is_ok()
}

/// The syllables that begin with these letters.
pub(super) fn syllables_from(letters: &[u8]) -> impl Iterator<Item = &'static [u8]> + '_ {
    let all = &table().letters;
    let from = all.partition_point(|known| known.bytes() < letters);
    all[from..].iter().map(Letters::bytes).take_while(move |known| known.starts_with(letters))
}

/// The traditional characters that have readings of their own, each behind what it is compared as.
fn traditional() -> &'static [(char, char)] {
    static ALL: OnceLock<Vec<(char, char)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let all = table().chars().filter_map(|(char, _)| Some((fold_char(char)?, char)));
        let mut all: Vec<_> = all.filter(|(folded, char)| folded != char).collect();
        all.sort_unstable();
        all
    })
}

/// The characters that are compared as this one and have readings of their own: it, and perhaps traditional ones.
fn written(folded: char) -> impl Iterator<Item = char> {
    let all = traditional();
    let from = all.partition_point(|(known, _)| *known < folded);
    let others = all[from..].iter().take_while(move |(known, _)| *known == folded).map(|(_, char)| *char);
    std::iter::once(folded).chain(others)
}

/// The syllables that what is compared as a character may be read as, tones aside.
pub(super) fn syllables_of(folded: char) -> Vec<&'static [u8]> {
    let mut all: Vec<_> = written(folded).flat_map(|char| table().sounds(char)).map(|sound| sound.bytes()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A character that may be read in a way.
pub(super) struct MayRead {
    /// As it is compared.
    pub char: char,
    /// Whether it is mostly read so; else it is so elsewhere.
    pub mostly: bool,
    /// Beside which characters it is read otherwise than mostly; nothing where more than that decides.
    pub unless: Option<Vec<[char; 2]>>,
}

/// The characters that may be read with some letters and a tone.
pub(super) fn chars_read(letters: impl Fn(&[u8]) -> bool, tone: u8) -> Vec<MayRead> {
    let table = table();
    let wanted: Vec<bool> = table.letters.iter().map(|of| letters(of.bytes())).collect();
    let is = |sound: &Sound| sound.tone() == tone && wanted[usize::from(sound.0 >> 4)];
    let lists: Vec<bool> = table.lists.iter().map(|list| table.listed(*list).iter().any(is)).collect();
    let chars = table.chars().filter(|(_, list)| lists[usize::from(*list)]);
    let mut chars: Vec<char> = chars.filter_map(|(char, _)| fold_char(char)).collect();
    chars.sort_unstable();
    chars.dedup();
    let read = |char: char| {
        let sounds = table.sounds(char);
        let right = sounds.first();
        let dotted = right.is_some_and(|sound| sound.bytes().contains(&b'v'));
        let mostly = right.is_some_and(is) || dotted && sounds.iter().filter(|sound| sound.is_spelling()).any(is);
        // Traditional ones have readings of their own.
        let unless = if written(char).nth(1).is_some() { None } else { table.unless(char) };
        MayRead { char, mostly, unless }
    };
    chars.into_iter().map(read).collect()
}

/// How each character of a name is read in it; none for what is not Chinese.
pub fn right(name: &Folded<'_>) -> Vec<Option<Sound>> {
    let units = name.units();
    let mut right: Vec<_> = units.iter().map(|unit| sounds(*unit).first().copied()).collect();
    let mut at = 0;
    while at < units.len() {
        let Some(word) = table().word(&units[at..]) else {
            at += 1;
            continue;
        };
        for (slot, sound) in right[at..].iter_mut().zip(&word.sounds) {
            *slot = Some(*sound);
        }
        at += word.chars.len();
    }
    right
}

/// The readings of each character of a name, the right one first, then what else it can be.
pub fn readings(name: &Folded<'_>) -> Vec<Vec<Sound>> {
    let others = |unit: Unit| sounds(unit).iter().copied().filter(|sound| !sound.is_spelling());
    let all = |(unit, right): (&Unit, Option<Sound>)| {
        let mut all: Vec<Sound> = right.into_iter().collect();
        all.extend(others(*unit).filter(|sound| Some(*sound) != right));
        all
    };
    name.units().iter().zip(right(name)).map(all).collect()
}

#[cfg(test)]
#[path = "readings_tests.rs"]
mod tests;
