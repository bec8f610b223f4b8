//! A text that names several regions, each below the one before it.

use std::rc::Rc;

use super::alike::{LEAST, Likeness};
use crate::store::Stored;
use crate::text::fold::Folded;

/// A region that is named next, where its name ends, and how alike it is.
pub type Next<'a> = (Rc<Stored<'a>>, usize, Likeness);

/// A region that the beginning of a text may mean.
pub struct Front<'a> {
    /// Which.
    pub region: Rc<Stored<'a>>,
    /// How well the names so far fit.
    pub fit: f64,
    /// Where the text goes on.
    pub at: usize,
}

/// A text that names several regions.
pub struct Chain<'t> {
    /// It.
    pub text: Folded<'t>,
    /// Where a name may end.
    pub ends: Vec<usize>,
    /// Whether every way to read it is tried, or only the ways that are usual.
    pub thorough: bool,
}

impl<'t> Chain<'t> {
    /// Of a text, to be read in the usual ways.
    pub fn new(text: &'t str) -> Self {
        let text = Folded::new(text);
        let units = text.units();
        let ends = (LEAST..=units.len()).filter(|end| units.get(*end).is_none_or(|unit| unit.starts)).collect();
        Self { text, ends, thorough: false }
    }

    /// How many characters it has.
    pub fn length(&self) -> usize {
        self.text.units().len()
    }

    /// The names that may stand at a place, by where they end.
    pub fn pieces(&self, from: usize) -> impl Iterator<Item = (usize, &'t str)> + '_ {
        let ends = self.ends.iter().copied().filter(move |end| *end >= from + LEAST);
        ends.map(move |end| (end, self.text.pieces(from..end).matched))
    }
}

/// A parent is named to tell the region from others: that it is written short takes little away.
pub fn of_parent(likeness: Likeness) -> f64 {
    1.0 - (1.0 - likeness.names) / 4.0
}

/// Leaves out each name by which a region may be meant where a longer one is as much like its name: whoever writes 昭通市 does
/// not mean 昭通 and go on with 市.
pub fn usual(mut found: Vec<Next<'_>>) -> Vec<Next<'_>> {
    found.sort_by(|(one, one_end, _), (other, other_end, _)| (one.id(), other_end).cmp(&(other.id(), one_end)));
    found.dedup_by(|(one, _, its), (kept, _, best)| one.id() == kept.id() && its.names <= best.names);
    found
}
