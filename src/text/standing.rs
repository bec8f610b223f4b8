//! Where a token stands in the names of a record. A search that comes to one token ranks by this what has it, and reads none of
//! it.

use std::cmp::Ordering;
use std::ops::Range;

use super::fold::Folded;
use super::matching::{Grade, Kind, Place};
use super::names;

/// The best of the places at which a token stands in the names of a record, in two bytes: the place, whether another reading
/// of the characters gives the token, and the token's first character; then how many characters the name has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Standing(u16);

/// What a search for one token ranks a record by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// Where it matches.
    pub place: Place,
    /// How.
    pub kind: Kind,
    /// How many characters the name has; 255 for more.
    pub length: u8,
    /// The folded character that the match begins at; 255 for what is further.
    pub start: u8,
}

/// The first character of a token that is not told any more.
const FAR: u16 = 31;

impl Standing {
    /// In the middle of words alone: no search for the token finds that.
    pub const NOWHERE: Self = Self(u16::MAX);
    /// Too far in to be told: whoever asks has to look at the names.
    pub const UNTOLD: Self = Self(0b111 << 13 | FAR << 8);

    /// The two bytes.
    pub fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }

    /// From the two bytes.
    pub fn from_bytes(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes))
    }

    /// Whether it is a better one, so that the other does not count. Of two alike the first name's does.
    pub fn is_better(self, other: Self) -> bool {
        self.0 >> 8 < other.0 >> 8
    }

    /// Whether a name begins with the token.
    pub fn begins(self) -> bool {
        self.0 >> 14 < Place::Inside as u16
    }

    /// How a search for the token alone finds a record, where the right reading matches in this way. `Err` where the names have
    /// to be looked at, and nothing where it finds none.
    pub fn spot(self, kind: Kind) -> Result<Option<Spot>, Untold> {
        if self == Self::NOWHERE {
            return Ok(None);
        }
        let start = self.0 >> 8 & FAR;
        if start == FAR {
            return Err(Untold);
        }
        let place = match self.0 >> 14 {
            0 => Place::Exact,
            1 => Place::Stem,
            2 => Place::Prefix,
            _ => Place::Inside,
        };
        let other = self.0 >> 13 & 1 == 1;
        // Another of the names may be better that is read right, and goes on.
        if other && kind.is_in_full() && matches!(place, Place::Exact | Place::Stem) {
            return Err(Untold);
        }
        let kind = if other { Kind::OtherReading } else { kind };
        Ok(Some(Spot { place, kind, length: self.0 as u8, start: start as u8 }))
    }
}

impl Spot {
    /// Where and how good, in one.
    pub fn grade(&self) -> Grade {
        Grade::of(self.place, self.kind)
    }

    /// Which of two ways of one query a record matches in. Of two that are alike the one that begins earlier; nothing tells that
    /// where both begin at one character of names of two lengths, or match by other readings, of which the right one would count.
    pub fn or(self, other: &Self) -> Option<Self> {
        match (self.grade(), self.kind).cmp(&(other.grade(), other.kind)) {
            Ordering::Less => Some(self),
            Ordering::Greater => Some(*other),
            Ordering::Equal if self == *other => Some(self),
            Ordering::Equal if self.start == other.start || self.kind == Kind::OtherReading => None,
            Ordering::Equal => Some(if self.start < other.start { self } else { *other }),
        }
    }
}

/// A posting does not tell where in a name the token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untold;

/// What of a name the places of its tokens follow from.
pub(super) struct Measured {
    units: usize,
    stem: usize,
    length: u16,
}

impl Measured {
    pub(super) fn of(name: &Folded<'_>) -> Self {
        let original = name.original();
        Self {
            units: name.units().len(),
            stem: name.units_before(names::stem(original).len()),
            length: original.chars().count().min(usize::from(u8::MAX)) as u16,
        }
    }

    /// How a token stands that is of these characters, by their right readings or by others.
    pub(super) fn standing(&self, span: Range<usize>, right: bool) -> Standing {
        let place = Place::of(&span, self.units, || self.stem);
        let start = span.start.min(usize::from(FAR)) as u16;
        let length = if start == FAR { 0 } else { self.length };
        Standing((place as u16) << 14 | u16::from(!right) << 13 | start << 8 | length)
    }
}
