//! Towns and villages through the editions, by their codes alone.

use std::collections::{BTreeMap, HashMap};

use super::edition::Regions;
use super::lineage::Span;
use super::names::{Code, bare};

/// What the older editions say of the towns and villages of the newest.
pub struct Lower {
    /// The oldest edition that has each, in the order of the newest's.
    oldest: Vec<u16>,
    /// The names of those that had others, the newest first.
    names: HashMap<Code, Vec<Span<String>>>,
    /// What the newest does not have: its last edition and its name there.
    pub vanished: BTreeMap<Code, (usize, Box<str>)>,
    /// Which have their name in another form in some edition.
    spelled: Vec<bool>,
}

impl Lower {
    /// Nothing older yet.
    pub fn new(newest: &Regions) -> Self {
        Self {
            oldest: vec![0; newest.lower().len()],
            names: HashMap::new(),
            vanished: BTreeMap::new(),
            spelled: vec![false; newest.lower().len()],
        }
    }

    /// Takes in an older edition: they are given from the newest to the oldest.
    pub fn older(&mut self, number: usize, older: &Regions, newest: &Regions) {
        let listed = newest.lower();
        for (code, name) in older.lower() {
            let Ok(place) = listed.binary_search_by_key(code, |(code, _)| *code) else {
                self.vanished.entry(*code).or_insert_with(|| (number, name.clone()));
                continue;
            };
            self.oldest[place] = number as u16;
            let names = self.names.get_mut(code);
            let last = names.as_ref().and_then(|names| names.last()).map_or(&*listed[place].1, |span| &span.value);
            if last == &**name {
                if let Some(span) = names.and_then(|names| names.last_mut()) {
                    span.oldest = number;
                }
                continue;
            }
            if bare(last, &newest.above(*code)) == bare(name, &older.above(*code)) {
                self.spelled[place] = true;
                if let Some(span) = names.and_then(|names| names.last_mut()) {
                    span.oldest = number;
                }
                continue;
            }
            if is_mangled(name) {
                continue;
            }
            let span = |value: &str, edition| Span {
                value: value.to_owned(),
                newest: edition,
                oldest: edition,
                inferred: false,
            };
            let names = self.names.entry(*code).or_insert_with(|| {
                let newest = span(&listed[place].1, 0);
                vec![Span { oldest: number - 1, ..newest }]
            });
            names.push(span(name, number));
        }
    }

    /// The oldest edition that has the region at a place among the newest's towns and villages.
    pub fn oldest(&self, place: usize) -> usize {
        usize::from(self.oldest[place])
    }

    /// How many have their name in another form in some edition.
    pub fn spellings(&self) -> u64 {
        self.spelled.iter().filter(|spelled| **spelled).count() as u64
    }

    /// Its names where it had others than the newest's, the newest first.
    pub fn names(&self, code: Code) -> &[Span<String>] {
        self.names.get(&code).map_or(&[], Vec::as_slice)
    }
}

/// Whether a letter of the name was lost on its way into the package.
pub fn is_mangled(name: &str) -> bool {
    name.contains(['?', '\u{fffd}'])
}
