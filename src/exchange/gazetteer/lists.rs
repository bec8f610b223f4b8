//! The lists that an import compares, and what the file remembers of the imports before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::ImportError;
use super::edition::{Edition, Regions};
use super::lineage::Span;
use super::lower::Lower;
use super::merge::Dated;
use super::names::Code;
use crate::exchange::Step;
use crate::model::catalog::slot;
use crate::model::date::PartialDate;
use crate::model::id::Id;
use crate::model::kinds::{LEVELS, PROVINCE, SOURCE};
use crate::store::log::Revision;
use crate::store::{Direction, Snapshot, StoreError};

/// What the file remembers of the imports before.
#[derive(Debug, Default)]
pub struct Memory {
    /// The days of the editions that were imported, and their names.
    pub editions: BTreeMap<String, String>,
    /// The revisions that imports made.
    pub revisions: BTreeSet<Revision>,
}

impl Memory {
    /// Reads what was remembered.
    pub fn new(bytes: Option<&[u8]>) -> Self {
        let json: Json = bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or(Json::Null);
        let editions = json["editions"].as_object().into_iter().flatten();
        let revisions = json["revisions"].as_array().into_iter().flatten();
        Self {
            editions: editions.filter_map(|(day, name)| Some((day.clone(), name.as_str()?.to_owned()))).collect(),
            revisions: revisions.filter_map(Json::as_u64).collect(),
        }
    }

    /// With what an import adds, as it is remembered.
    pub fn and(mut self, editions: &[Edition], revision: Option<Revision>) -> Vec<u8> {
        self.editions.extend(editions.iter().map(|edition| (edition.date.to_string(), edition.name.clone())));
        self.revisions.extend(revision);
        json!({ "editions": self.editions, "revisions": self.revisions }).to_string().into_bytes()
    }

    fn dates(&self) -> impl Iterator<Item = PartialDate> {
        self.editions.keys().filter_map(|day| PartialDate::parse_day(day).ok())
    }
}

/// The lists that are compared, the newest first: the editions, and between them what the store has of later imports.
pub struct Lists<'e> {
    /// Whose list it is, and of which day; nothing for the store's own.
    pub of: Vec<(Option<&'e Edition>, PartialDate)>,
    /// The lists without their villages, but for the newest.
    pub regions: Vec<Regions>,
    /// The towns and villages of the newest, through the others.
    pub lower: Lower,
    /// The days of these and of all editions that were imported before, the oldest first.
    pub days: Vec<PartialDate>,
    /// Whether the newest is newer than all that were imported before.
    pub newer: bool,
}

impl<'e> Lists<'e> {
    /// Reads the editions, or says everything that is wrong with them.
    pub fn read(
        editions: &'e [Edition],
        memory: &Memory,
        snapshot: &Snapshot,
        progress: &mut dyn FnMut(Step<'_>),
    ) -> Result<Self, ImportError> {
        let mut of: Vec<_> = editions.iter().map(|edition| (Some(edition), edition.date)).collect();
        let last = memory.dates().max_by_key(|day| day.sort_key());
        if let Some(day) = last
            && !of.iter().any(|(_, other)| *other == day)
        {
            of.push((None, day));
        }
        of.sort_by_key(|(_, day)| std::cmp::Reverse(day.sort_key()));
        let mut days: Vec<_> = of.iter().map(|(_, day)| *day).chain(memory.dates()).collect();
        days.sort_by_key(|day| day.sort_key());
        days.dedup();
        let newer = last.is_none_or(|last| of.first().is_some_and(|(_, day)| day.sort_key() > last.sort_key()));
        let mut problems = Vec::new();
        let mut regions: Vec<Regions> = Vec::new();
        let mut lower: Option<Lower> = None;
        for (number, (edition, _)) in of.iter().enumerate() {
            let what = edition.map_or("reading the database", |edition| edition.name.as_str());
            progress(Step { what, done: number as u64, total: of.len() as u64 });
            let list = match edition {
                Some(edition) => edition.regions(),
                None => Ok(stored(snapshot)?),
            };
            match (list, &mut lower) {
                (Err(found), _) => problems.extend(found),
                // Nothing will be loaded: the others are read for what is wrong with them.
                (Ok(_), _) if !problems.is_empty() => {}
                (Ok(list), None) => {
                    lower = Some(Lower::new(&list));
                    regions.push(list);
                }
                (Ok(list), Some(lower)) => {
                    lower.older(number, &list, &regions[0]);
                    regions.push(list.without_villages());
                }
            }
        }
        match lower {
            Some(lower) if problems.is_empty() => Ok(Self { of, regions, lower, days, newer }),
            _ => Err(ImportError::Files(problems)),
        }
    }

    /// When something began that the list shows first: not known where no older list was ever seen.
    fn since(&self, oldest: usize) -> Option<PartialDate> {
        let day = self.of[oldest].1;
        self.days.iter().any(|other| other.sort_key() < day.sort_key()).then(|| day.about_its_year())
    }

    /// When something ended that the list shows last: nothing for the newest.
    pub fn until(&self, newest: usize) -> Option<PartialDate> {
        let day = self.of[newest].1;
        self.days.iter().find(|other| other.sort_key() > day.sort_key()).map(|next| next.about_its_year())
    }

    /// Whether the next newer list after one was read, and not only imported before.
    pub fn ended(&self, newest: usize) -> bool {
        let day = |number: usize| self.of[number].1.sort_key();
        let next = newest.checked_sub(1).map(day);
        next.is_some_and(|next| !self.days.iter().any(|it| it.sort_key() > day(newest) && it.sort_key() < next))
    }

    /// The source that a list is; nothing for the store's own.
    pub fn source(&self, number: usize) -> Option<Id> {
        self.of[number].0.map(|edition| Id::new(&SOURCE, &edition.name))
    }

    /// A span with its dates.
    pub fn dated<T: Clone>(&self, span: &Span<T>) -> Dated<T> {
        Dated {
            value: span.value.clone(),
            from: self.since(span.oldest),
            began: span.oldest + 1 < self.of.len(),
            until: if span.newest == 0 { None } else { self.until(span.newest) },
            ended: self.ended(span.newest),
            inferred: span.inferred,
            source: self.source(span.newest),
        }
    }
}

/// The regions of the store that have a code today.
fn stored(snapshot: &Snapshot) -> Result<Regions, StoreError> {
    let mut all = Vec::new();
    for (level, kind) in LEVELS.iter().enumerate() {
        for region in snapshot.scan(kind, None, Direction::Forward)? {
            let region = region?;
            let text = |slot| std::str::from_utf8(region.row().slot(slot)).unwrap_or_default();
            if let Some(code) = Code::of_region(level, text(PROVINCE.slot_of("code"))) {
                all.push((code, text(slot::NAME).into()));
            }
        }
    }
    Ok(Regions::new(all))
}
