//! Whether a query matches a name, where, and how: the verification of one candidate.
//!
//! From each character on, the walk keeps which parts of the query the characters so far can have used up, as bits, one set
//! for each way they were matched. So every way to cut the query into syllables is tried at once: `xian` is 西安, 县 and 现.

use std::ops::Range;

use super::fold::{Folded, Unit, is_digit};
use super::names;
use super::query::Query;
use super::readings::{self, Sound, sounds};
use crate::config::NAME_CHARS;

/// Where a query matches in a name; the better comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The whole name.
    Exact,
    /// The whole name without what the region is: 中山 of 中山市.
    Stem,
    /// The beginning.
    Prefix,
    /// Further in.
    Inside,
}

impl Place {
    /// Where these characters stand in a name of so many, whose stem has so many.
    pub(super) fn of(span: &Range<usize>, units: usize, stem: impl FnOnce() -> usize) -> Self {
        match span.start {
            0 if span.end == units => Self::Exact,
            0 if span.end == stem() => Self::Stem,
            0 => Self::Prefix,
            _ => Self::Inside,
        }
    }
}

/// How a query matches; the better comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// As it stands, but for forms of letters and traditional characters.
    Text,
    /// By whole syllables, perhaps some characters as they stand.
    Pinyin,
    /// Some syllables by their initials or, the last one, by its beginning.
    Partly,
    /// All syllables by their initials.
    Initials,
    /// By readings that the characters have elsewhere: zhongqing for 重庆.
    OtherReading,
}

/// Where and how good, in one: what is typed in full stands before what is typed in part, or reads otherwise, at the same place
/// and at the one before it: whoever types `shan` means 单县 before 上, and 山东村 before 尚县. A name that begins so always
/// stands before one that has it further in, so whoever looks at the beginnings first has found the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The whole name, in full.
    Exact,
    /// The whole name without what the region is, in full.
    Stem,
    /// The whole name, in part.
    ExactInPart,
    /// The beginning, in full.
    Prefix,
    /// The whole name without what the region is, in part.
    StemInPart,
    /// The beginning, in part.
    PrefixInPart,
    /// Further in, in full.
    Inside,
    /// Further in, in part.
    InsideInPart,
}

impl Grade {
    /// Of a match.
    pub fn of(place: Place, kind: Kind) -> Self {
        match (place, kind.is_in_full()) {
            (Place::Exact, true) => Self::Exact,
            (Place::Stem, true) => Self::Stem,
            (Place::Exact, false) => Self::ExactInPart,
            (Place::Prefix, true) => Self::Prefix,
            (Place::Stem, false) => Self::StemInPart,
            (Place::Prefix, false) => Self::PrefixInPart,
            (Place::Inside, true) => Self::Inside,
            (Place::Inside, false) => Self::InsideInPart,
        }
    }
}

impl Kind {
    /// Whether all is typed that stands there, and as it is read there.
    pub fn is_in_full(self) -> bool {
        matches!(self, Self::Text | Self::Pinyin)
    }
}

/// A match of a query with a name. The order is that of ranking: by grade, then by kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Where.
    pub place: Place,
    /// How.
    pub kind: Kind,
    /// The characters of the folded name that matched; [`Folded::pieces`] tells them in the original.
    pub span: Range<usize>,
}

impl Match {
    /// What matches are ranked by, the best first; then the earliest and shortest.
    pub fn rank(&self) -> (Grade, Kind, usize, usize) {
        (Grade::of(self.place, self.kind), self.kind, self.span.start, self.span.end)
    }
}

impl Query {
    /// The best match with a name, if there is one.
    pub fn matches(&self, name: &Folded<'_>) -> Option<Match> {
        let mut best = Best { name, found: None, stem: None };
        self.find_text(&mut best);
        if self.has_letters && best.found.as_ref().is_none_or(|found| found.place != Place::Exact) {
            self.find_pinyin(name, &mut best);
        }
        best.found
    }

    fn find_text(&self, best: &mut Best<'_, '_>) {
        let units = best.name.units();
        let first = self.atoms[0].char;
        let Some(last) = units.len().checked_sub(self.length()) else { return };
        for start in 0..=last {
            let same = || {
                let fits = |at: usize| at == 0 || self.goes_on(at, in_number(units, start + at));
                (0..self.length()).all(|at| units[start + at].char == self.atoms[at].char && fits(at))
            };
            if units[start].char == first && units[start].starts && same() {
                best.take(Kind::Text, start..start + self.length());
                return;
            }
        }
    }

    fn find_pinyin(&self, name: &Folded<'_>, best: &mut Best<'_, '_>) {
        let loose = |_| Kind::OtherReading;
        let starts = self.walk_all(name, u128::MAX, best, loose, |at| sounds(name.units()[at]).iter().copied());
        if starts == 0 {
            return;
        }
        let right = readings::right(name);
        // The right reading is one of all: where none of them matched, it does not either.
        self.walk_all(name, starts, best, |kind| kind, |at| right_sounds(name.units()[at], right[at]));
    }

    /// Matches from each of some places on, and tells from which it did.
    fn walk_all<S: Iterator<Item = Sound>>(
        &self,
        name: &Folded<'_>,
        starts: u128,
        best: &mut Best<'_, '_>,
        kind: impl Fn(Kind) -> Kind,
        sounds: impl Fn(usize) -> S,
    ) -> u128 {
        // A bit for each place of a name.
        const { assert!(NAME_CHARS <= 128) };
        let units = name.units();
        let mut matched = 0;
        for start in (0..units.len()).filter(|start| starts >> start & 1 == 1) {
            let mut ways = Ways { text: 1, ..Ways::default() };
            for (at, unit) in units.iter().enumerate().skip(start) {
                let own = (at > start || unit.starts).then_some(unit.char);
                let number = if at > start { in_number(units, at) } else { None };
                ways = self.step(ways, own, number, sounds(at));
                for found in ways.take_finished(self.length()) {
                    best.take(kind(found), start..at + 1);
                    matched |= 1 << start;
                }
                if ways.all() == 0 {
                    break;
                }
            }
        }
        matched
    }

    /// Whether a number of the query goes on as one of the name does: 12 is no 1-2.
    fn goes_on(&self, at: usize, number: Option<bool>) -> bool {
        number.is_none_or(|goes_on| goes_on != self.atoms[at].breaks)
    }

    /// What can have been used up of the query after one more character: `own` as it stands, or as one of `sounds`.
    fn step(&self, ways: Ways, own: Option<char>, number: Option<bool>, sounds: impl Iterator<Item = Sound>) -> Ways {
        let mut next = Ways::default();
        let ends = ways.all();
        for from in bits(ends) {
            let atom = self.atoms[from];
            if atom.letter == 0 && own == Some(atom.char) && self.goes_on(from, number) {
                next.by_text(ways, from, from + 1);
            }
        }
        for sound in sounds {
            let (letters, tone) = (sound.bytes(), Some(sound.tone()));
            for from in bits(ends) {
                if self.atoms[from].letter != letters[0] {
                    continue;
                }
                let initials = self.initial_ends(from, letters);
                if let Some(to) = self.syllable_end(from, letters, tone) {
                    next.by_syllable(ways, from, to);
                    if let Some(to) = self.tone_end(to, tone) {
                        next.by_syllable(ways, from, to);
                    }
                } else if !initials.contains(&Some(self.length())) && self.is_beginning(from, letters, tone) {
                    next.partly |= 1 << self.length();
                }
                for to in initials.into_iter().flatten() {
                    next.by_initial(ways, from, to);
                }
            }
        }
        next
    }
}

/// Of a digit behind a digit, whether both are of one number.
fn in_number(units: &[Unit], at: usize) -> Option<bool> {
    let digits = is_digit(units[at].char) && is_digit(units[at - 1].char);
    digits.then_some(!units[at].starts)
}

/// The right sound of a character, and how else it is spelled.
pub(super) fn right_sounds(unit: Unit, right: Option<Sound>) -> impl Iterator<Item = Sound> {
    let dotted = right.is_some_and(|sound| sound.bytes().contains(&b'v'));
    let spelled = sounds(unit).iter().copied().filter(move |sound| dotted && sound.is_spelling());
    right.into_iter().chain(spelled)
}

/// Which lengths of the query the characters so far can have used up, by how they were matched: a bit for each length.
#[derive(Clone, Copy, Default)]
struct Ways {
    /// All as they stand.
    text: u64,
    /// By whole syllables, perhaps some as they stand.
    whole: u64,
    /// All by initials.
    initials: u64,
    /// Anything else.
    partly: u64,
}

impl Ways {
    fn all(self) -> u64 {
        self.text | self.whole | self.initials | self.partly
    }

    fn by_text(&mut self, ways: Self, from: usize, to: usize) {
        let came = |way: u64| (way >> from & 1) << to;
        self.text |= came(ways.text);
        self.whole |= came(ways.whole);
        self.partly |= came(ways.initials | ways.partly);
    }

    fn by_syllable(&mut self, ways: Self, from: usize, to: usize) {
        let came = |way: u64| (way >> from & 1) << to;
        self.whole |= came(ways.text | ways.whole);
        self.partly |= came(ways.initials | ways.partly);
    }

    fn by_initial(&mut self, ways: Self, from: usize, to: usize) {
        let came = |way: u64| (way >> from & 1) << to;
        self.initials |= came(ways.initials);
        match from {
            0 => self.initials |= came(ways.text),
            _ => self.partly |= came(ways.text),
        }
        self.partly |= came(ways.whole | ways.partly);
    }

    /// How the query is used up by now, if it is; it is not carried on.
    fn take_finished(&mut self, length: usize) -> impl Iterator<Item = Kind> + use<> {
        let taken = |way: &mut u64, kind| {
            let done = *way >> length & 1 == 1;
            *way &= !(1 << length);
            done.then_some(kind)
        };
        [
            taken(&mut self.text, Kind::Text),
            taken(&mut self.whole, Kind::Pinyin),
            taken(&mut self.partly, Kind::Partly),
            taken(&mut self.initials, Kind::Initials),
        ]
        .into_iter()
        .flatten()
    }
}

fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(bit)
    })
}

/// The best match so far.
struct Best<'n, 'a> {
    name: &'n Folded<'a>,
    found: Option<Match>,
    /// How many characters the stem has, once it was asked.
    stem: Option<usize>,
}

impl Best<'_, '_> {
    fn take(&mut self, kind: Kind, span: Range<usize>) {
        let place = Place::of(&span, self.name.units().len(), || self.stem());
        let new = Match { place, kind, span };
        if self.found.as_ref().is_none_or(|found| new.rank() < found.rank()) {
            self.found = Some(new);
        }
    }

    fn stem(&mut self) -> usize {
        let name = self.name;
        *self.stem.get_or_insert_with(|| name.units_before(names::stem(name.original()).len()))
    }
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
