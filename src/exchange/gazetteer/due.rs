//! Which towns and villages an import looks at, in the order of their records' ids, which is that of the file: so each is
//! compared, changed and written before the next is looked at.

use std::collections::BTreeMap;
use std::iter::Peekable;

use super::lists::Lists;
use super::merge::code_of;
use super::names::Code;
use crate::model::id::Id;
use crate::model::kinds::{LEVELS, TOWN};
use crate::model::record::Record;
use crate::store::key::Indexed;
use crate::store::{Direction, Snapshot, StoreError};

/// What the lists have of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The region at a place among the newest list's towns and villages.
    Place(usize),
    /// A code that only older lists have.
    Vanished(Code),
}

/// A record that is to be looked at.
#[derive(Debug)]
pub struct Due {
    /// Which.
    pub id: Id,
    /// Whether the store has it.
    pub known: bool,
    /// What there is of it.
    pub about: Vec<About>,
}

/// What the store has of the lists' towns and villages.
#[derive(Default)]
pub struct Known {
    /// At which places of the newest list the code is the key of the one record that has it.
    plain: Vec<bool>,
    /// The records of the other codes of the newest list that the store knows.
    odd: BTreeMap<Code, Id>,
    /// The records of codes that only older lists have.
    vanished: BTreeMap<Code, Id>,
}

impl Known {
    /// Looks through all codes that the store knows.
    pub fn new(snapshot: &Snapshot, codes: Option<Indexed>, lists: &Lists<'_>) -> Result<Self, StoreError> {
        let listed = lists.regions[0].lower();
        let mut known = Self { plain: vec![false; listed.len()], ..Self::default() };
        let Some(codes) = codes else { return Ok(known) };
        let mut having: Option<(Code, Vec<Id>)> = None;
        for row in snapshot.by_index(codes, &[], Direction::Forward)? {
            let (value, id) = row?;
            let level = usize::from(id.tag).wrapping_sub(1);
            let text = value.strip_suffix(&[0]).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
            let code = Code::of_region(level, text).filter(|_| (3..LEVELS.len()).contains(&level));
            match (&mut having, code) {
                (_, None) => {}
                (Some((same, ids)), Some(code)) if *same == code => ids.push(id),
                (_, Some(code)) => {
                    if let Some((code, ids)) = having.replace((code, vec![id])) {
                        known.note(snapshot, lists, code, ids)?;
                    }
                }
            }
        }
        if let Some((code, ids)) = having {
            known.note(snapshot, lists, code, ids)?;
        }
        Ok(known)
    }

    fn note(&mut self, snapshot: &Snapshot, lists: &Lists<'_>, code: Code, ids: Vec<Id>) -> Result<(), StoreError> {
        let place = lists.regions[0].lower().binary_search_by_key(&code, |(code, _)| *code);
        if place.is_err() && !lists.lower.vanished.contains_key(&code) {
            return Ok(());
        }
        // Of several it is the one whose code it is today.
        let mut chosen = 0;
        for (number, id) in ids.iter().enumerate().filter(|_| ids.len() > 1) {
            let Some(stored) = snapshot.get(id.as_ref())? else { continue };
            if code_of(&Record::unpack_row(stored.kind, stored.row())) == Some(code) {
                chosen = number;
                break;
            }
        }
        let Some(id) = ids.into_iter().nth(chosen) else { return Ok(()) };
        match place {
            Ok(place) if *id.key == code.to_string() => self.plain[place] = true,
            Ok(_) => drop(self.odd.insert(code, id)),
            Err(_) => drop(self.vanished.insert(code, id)),
        }
        Ok(())
    }

    /// The records of the newest list's towns.
    pub fn towns(&self) -> Towns {
        let odd = self.odd.iter().filter(|(code, _)| code.level() == 3);
        Towns(odd.map(|(code, id)| (*code, id.clone())).collect())
    }

    /// How many codes that only older lists have no region has: of towns, and of villages.
    pub fn without_region(&self, lists: &Lists<'_>) -> [u64; 2] {
        let mut count = [0; 2];
        for code in lists.lower.vanished.keys().filter(|code| !self.vanished.contains_key(code)) {
            count[code.level() - 3] += 1;
        }
        count
    }

    /// Everything that is to be looked at.
    pub fn due<'l>(self, lists: &'l Lists<'_>) -> impl Iterator<Item = Due> + use<'l> {
        let listed = lists.regions[0].lower();
        let mut others: BTreeMap<Id, Vec<About>> = BTreeMap::new();
        for (code, id) in &self.odd {
            if let Ok(place) = listed.binary_search_by_key(code, |(code, _)| *code) {
                others.entry(id.clone()).or_default().push(About::Place(place));
            }
        }
        for (code, id) in self.vanished {
            others.entry(id).or_default().push(About::Vanished(code));
        }
        let Self { plain, odd, .. } = self;
        let places = listed.iter().enumerate().filter(move |(_, (code, _))| !odd.contains_key(code));
        let places = places.map(move |(place, (code, _))| Due {
            id: Id::new(LEVELS[code.level()], &code.to_string()),
            known: plain[place],
            about: vec![About::Place(place)],
        });
        let others = others.into_iter().map(|(id, about)| Due { id, known: true, about });
        Merged { left: places.peekable(), right: others.peekable() }
    }
}

/// The records of the newest list's towns: of those alone whose key is not their code.
pub struct Towns(BTreeMap<Code, Id>);

impl Towns {
    /// The record of a town.
    pub fn id(&self, code: Code) -> Id {
        self.0.get(&code).cloned().unwrap_or_else(|| Id::new(&TOWN, &code.to_string()))
    }
}

/// Two lists in the order of their ids, as one; what is in both is brought together.
struct Merged<L: Iterator<Item = Due>, R: Iterator<Item = Due>> {
    left: Peekable<L>,
    right: Peekable<R>,
}

impl<L: Iterator<Item = Due>, R: Iterator<Item = Due>> Iterator for Merged<L, R> {
    type Item = Due;

    fn next(&mut self) -> Option<Due> {
        let Some(right) = self.right.peek() else { return self.left.next() };
        if let Some(left) = self.left.next_if(|left| left.id < right.id) {
            return Some(left);
        }
        let mut due = self.right.next()?;
        if let Some(same) = self.left.next_if(|left| left.id == due.id) {
            due.about.splice(0..0, same.about);
        }
        Some(due)
    }
}
