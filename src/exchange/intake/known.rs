//! What records there are: those of the import, and those of the database beneath them.

use std::collections::HashMap;

use super::fault::{Wrong, shown};
use crate::config::IMPORT_NEAREST_LOOKS_MAX;
use crate::model::catalog::{Edge, Kind};
use crate::model::id::{Id, KEY_BYTES, is_key};
use crate::model::kinds::{KINDS, LEVELS, PROVINCE, REGION_CODE, kinds_of};
use crate::model::names::names;
use crate::model::record::Record;
use crate::model::row::Row;
use crate::model::value::{Leaf, Scalar, Value};
use crate::store::{Direction, Snapshot, StoreError, Stored, key};
use crate::text::amounts::half_width;

/// Where something was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// The place of its table among those that were given.
    pub part: u32,
    /// Its line or row.
    pub row: u64,
}

/// A record as the import is to leave it.
#[derive(Debug)]
pub struct Draft {
    /// The record.
    pub record: Record,
    /// Its row in the table of its kind; nothing where only entries of it were given.
    pub at: Option<At>,
    /// Where each entry of each list that was given comes from, in the order of the list.
    pub entries: Vec<(usize, Vec<At>)>,
    /// The slots that an object gave whole.
    pub given: Vec<usize>,
    /// The slots of which something could not be read, with the place of the entry in a list.
    pub faulty: Vec<(usize, Option<usize>)>,
}

impl Draft {
    /// Nothing of it was changed yet.
    pub fn new(record: Record, at: Option<At>) -> Self {
        Self { record, at, entries: Vec::new(), given: Vec::new(), faulty: Vec::new() }
    }
}

/// What records there are.
pub struct Known<'s> {
    snapshot: Option<&'s Snapshot>,
    /// The records of the import, in the order in which they came.
    pub drafts: Vec<Draft>,
    places: HashMap<Id, usize>,
    /// The regions of the import, by each code that they have.
    codes: HashMap<String, Id>,
    looks_left: u64,
    told: HashMap<(String, String), Vec<String>>,
}

impl<'s> Known<'s> {
    /// Nothing but what a database has.
    pub fn new(snapshot: Option<&'s Snapshot>) -> Self {
        Self {
            snapshot,
            drafts: Vec::new(),
            places: HashMap::new(),
            codes: HashMap::new(),
            looks_left: IMPORT_NEAREST_LOOKS_MAX,
            told: HashMap::new(),
        }
    }

    /// Whether there is a database beneath.
    pub fn is_over_database(&self) -> bool {
        self.snapshot.is_some()
    }

    /// The place of a record among those of the import.
    pub fn place(&self, id: &Id) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// What is beneath.
    pub fn database(&self) -> Option<&'s Snapshot> {
        self.snapshot
    }

    /// The record that the database has.
    pub fn stored(&self, id: &Id) -> Result<Option<Record>, StoreError> {
        let Some(snapshot) = self.snapshot else { return Ok(None) };
        Ok(snapshot.get(id.as_ref())?.map(|stored| record_of(&stored)))
    }

    /// The record of the import, or else of the database.
    pub fn get(&self, id: &Id) -> Result<Option<Record>, StoreError> {
        match self.place(id) {
            Some(place) => Ok(Some(self.drafts[place].record.clone())),
            None => self.stored(id),
        }
    }

    /// Whether there is such a record.
    pub fn has(&self, id: &Id) -> Result<bool, StoreError> {
        if self.places.contains_key(id) {
            return Ok(true);
        }
        match self.snapshot {
            Some(snapshot) => Ok(snapshot.get(id.as_ref())?.is_some()),
            None => Ok(false),
        }
    }

    /// Takes a record of the import in, and gives its place.
    pub fn add(&mut self, draft: Draft) -> usize {
        const CODE: usize = PROVINCE.slot_of("code");
        let id = draft.record.id();
        if LEVELS.contains(&draft.record.kind) {
            self.codes.insert(id.key.to_string(), id.clone());
            if let Value::Text(code) = &draft.record.values[CODE] {
                self.codes.insert(code.clone(), id.clone());
            }
        }
        let place = self.drafts.len();
        self.places.insert(id, place);
        self.drafts.push(draft);
        place
    }

    /// The region that has, or had, a code.
    fn region(&self, code: &str) -> Result<Option<Id>, StoreError> {
        if let Some(id) = self.codes.get(code) {
            return Ok(Some(id.clone()));
        }
        let Some(snapshot) = self.snapshot else { return Ok(None) };
        for level in LEVELS {
            let id = Id::new(level, code);
            if snapshot.get(id.as_ref())?.is_some() {
                return Ok(Some(id));
            }
        }
        const CODE: usize = REGION_CODE.slot_of("code");
        let field = key::indexed(&PROVINCE).find(|field| field.inner == Some(CODE));
        let value = key::sortable(Scalar::Text, &Leaf::Text(code));
        let (Some(field), Some(value)) = (field, value) else { return Ok(None) };
        snapshot.find(field, &value)?.next().transpose()
    }

    /// A row's own id: a region goes by any code that it has or had, within its level.
    pub fn own(&self, id: Id) -> Result<Id, StoreError> {
        let region = LEVELS.iter().any(|level| level.tag == id.tag);
        if !region || !self.is_over_database() || self.has(&id)? {
            return Ok(id);
        }
        Ok(self.region(&id.key)?.filter(|found| found.tag == id.tag).unwrap_or(id))
    }

    /// The record that a cell refers to, as far as its text alone tells. Whether it is there is checked when all are known.
    pub fn reference(&mut self, edge: &Edge, text: &str) -> Result<Result<Id, Wrong>, StoreError> {
        let Some(text) = half_width(text) else {
            return Ok(Err(Wrong::expected(&format!("one id of a {}", edge.target), text)));
        };
        let mut kinds = kinds_of(edge.target);
        let only = kinds.next().filter(|_| kinds.next().is_none());
        if text.contains(':') {
            let id = match Id::parse(&text) {
                Ok(id) => id,
                Err(error) => {
                    let wrong = Wrong::said(error.to_string());
                    return Ok(Err(wrong.perhaps(self.nearest(edge.target, &text)?)));
                }
            };
            let fits = id.as_ref().kind().is_some_and(|kind| kind.implements(edge.target));
            if !fits {
                return Ok(Err(Wrong::said(format!("expected a {}, found {id}", edge.target))));
            }
            return Ok(Ok(self.own(id)?));
        }
        let is_code = (2..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if let (Some(kind), true) = (only, is_key(&text)) {
            return Ok(Ok(Id::new(kind, &text)));
        }
        if is_code && kinds_of(edge.target).any(|kind| LEVELS.contains(&kind)) {
            let region =
                self.region(&text)?.filter(|id| id.as_ref().kind().is_some_and(|kind| kind.implements(edge.target)));
            return Ok(region.ok_or_else(|| Wrong::said(format!("there is no region with the code {text}"))));
        }
        let example = kinds_of(edge.target).next().map_or("city", |kind| kind.id);
        let what = match only {
            Some(kind) => format!("the key or id of a {}, such as {}:…", kind.name, kind.id),
            None => format!("the id of a {}, such as {example}:…, or a region's code", edge.target),
        };
        let nearest = self.nearest(edge.target, &text)?;
        Ok(Err(Wrong::expected(&what, &text).perhaps(nearest)))
    }

    /// The ids of records whose name is the text, or whose key is nearest to it.
    pub fn nearest(&mut self, target: &str, text: &str) -> Result<Vec<String>, StoreError> {
        if text.len() > 2 * KEY_BYTES {
            return Ok(Vec::new());
        }
        let asked = (target.to_owned(), text.to_owned());
        if let Some(told) = self.told.get(&asked) {
            return Ok(told.clone());
        }
        let (kind, key) = text.split_once(':').unwrap_or(("", text));
        let said: Vec<_> = KINDS.iter().copied().filter(|known| known.id == kind && known.implements(target)).collect();
        let kinds = if said.is_empty() { kinds_of(target).collect() } else { said };
        let far = key.chars().count() / 3 + 1;
        let mut near: Vec<(usize, String)> = Vec::new();
        let mut look = |id: String, row: Row<'_>, of: &'static Kind| {
            let its_key = id.split_once(':').map_or("", |(_, key)| key);
            let by = if names(of, row).iter().any(|(_, name)| *name == text || *name == key) {
                0
            } else if its_key.len().abs_diff(key.len()) > 3 * far {
                return;
            } else {
                1 + strsim::damerau_levenshtein(its_key, key)
            };
            if by <= far + 1 {
                near.push((by, id));
                near.sort();
                near.truncate(3);
            }
        };
        for draft in self.drafts.iter().filter(|draft| kinds.contains(&draft.record.kind)) {
            if self.looks_left == 0 {
                break;
            }
            self.looks_left -= 1;
            look(draft.record.id().to_string(), Row::new(&draft.record.pack()), draft.record.kind);
        }
        if let Some(snapshot) = self.snapshot {
            for kind in kinds {
                // A kind that is too large to look through is left out rather than looked at in part.
                if snapshot.count(kind)? > self.looks_left {
                    continue;
                }
                for stored in snapshot.scan(kind, None, Direction::Forward)? {
                    let stored = stored?;
                    self.looks_left = self.looks_left.saturating_sub(1);
                    if !self.places.contains_key(&stored.id().to_owned()) {
                        look(stored.id().to_string(), stored.row(), stored.kind);
                    }
                }
            }
        }
        let told: Vec<_> = near.into_iter().map(|(_, id)| shown(&id)).collect();
        self.told.insert(asked, told.clone());
        Ok(told)
    }
}

/// A stored record as one that can be changed.
pub fn record_of(stored: &Stored<'_>) -> Record {
    Record::unpack_row(stored.kind, stored.row())
}
