//! The import of a gazetteer: editions of one list of regions, brought into one record for each region.
//!
//! All editions are read before anything is written; what was loaded stands in one revision. A region that the store knows
//! under any code that it has or had is that record. Dates are no more precise than the editions: what is in one edition
//! and not in the next changed about the year of the next.

mod due;
mod edition;
mod lineage;
mod lists;
mod lower;
mod merge;
mod names;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use self::due::{About, Due, Known, Towns};
use self::edition::Edition;
use self::lineage::{Entity, Lineage, Span};
use self::lists::{Lists, Memory};
use self::lower::is_mangled;
use self::merge::{Added, Dated, Facts, Standing, code_of, merge, names_of};
use self::names::Code;
use super::Step;
use super::builtin::note_added;
use super::package::Problem;
use crate::model::catalog::slot;
use crate::model::closed::SOURCE_KIND;
use crate::model::id::Id;
use crate::model::kinds::{LEVELS, PROVINCE, REGION_CODE, SOURCE};
use crate::model::record::Record;
use crate::model::value::{Leaf, Scalar, Value};
use crate::store::key::{self, Indexed};
use crate::store::log::Revision;
use crate::store::{Author, Change, Given, Snapshot, Store, StoreError};

/// Under which name the file remembers what was imported.
const META: &str = "gazetteer";

/// What came of an import.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The revision that it made; nothing where all was as it should be.
    pub revision: Option<Revision>,
    /// The editions that were read, the newest first.
    pub editions: Vec<String>,
    /// New, changed and kept records of each level, from the province down.
    pub levels: [Counts; 5],
    /// Former names that were added.
    pub former_names: u64,
    /// Older and newer codes that were added to regions.
    pub codes: u64,
    /// Edges to predecessors that were added.
    pub predecessors: u64,
    /// Regions that are no more, newly so.
    pub abolished: u64,
    /// Of those, cities and counties for which no successor was found.
    pub without_successor: Vec<String>,
    /// Placeholders and dummy counties of the newest edition that are no regions.
    pub folded: u64,
    /// Towns and villages whose name an edition has in another form, which is no former name.
    pub spellings: u64,
    /// Codes of towns and villages that only older editions have, and that no region has.
    pub vanished: [u64; 2],
}

/// What became of the records of a level.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Records that were made.
    pub new: u64,
    /// Records that were there, and were added to.
    pub changed: u64,
    /// Records that were there and stayed as they were.
    pub kept: u64,
}

/// Why an import came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The files have faults.
    #[error("the editions have {} faults; the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Files(Vec<Problem>),
    /// The store failed, or refused it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Imports the editions below a path. The store must hold the built-in data already, for its records to be found.
pub fn import(
    store: &Store,
    path: &Path,
    time_ms: i64,
    progress: &mut dyn FnMut(Step<'_>),
) -> Result<Report, ImportError> {
    let editions = edition::find(path).map_err(ImportError::Files)?;
    let snapshot = store.snapshot()?;
    let writer = store.writer()?;
    let memory = Memory::new(writer.meta(META)?.as_deref());
    let builtin = writer.builtin()?;
    drop(writer);
    let lists = Lists::read(&editions, &memory, &snapshot, progress)?;
    let mut import = Import::new(&snapshot, &memory, &builtin, &lists, progress);
    let upper = import.upper()?;
    let names: Vec<_> = editions.iter().map(|edition| edition.name.clone()).collect();
    let note = format!("gazetteer: {}", names.join(", "));
    let author = Author { time_ms, name: "jiedui import gazetteer".to_owned(), note };
    let (writer, revision) = store.writer()?.apply_stream(&author, import.changes(upper)?)?;
    for (id, given) in import.added_to.iter().filter_map(|id| Some((id.as_ref(), builtin.get(id)?))) {
        if let (Some(before), Some(after)) = (snapshot.get(id)?, writer.row(id)?) {
            note_added(&writer, id, given, before.bytes(), &after)?;
        }
    }
    let report = Report { revision, editions: names, ..import.report };
    let memory = memory.and(&editions, revision);
    if writer.meta(META)?.as_deref() != Some(&memory) {
        writer.set_meta(META, &memory)?;
        writer.commit()?;
    }
    Ok(report)
}

struct Import<'a> {
    snapshot: &'a Snapshot,
    memory: &'a Memory,
    builtin: &'a BTreeMap<Id, Given>,
    lists: &'a Lists<'a>,
    progress: &'a mut dyn FnMut(Step<'_>),
    /// The index over every code that a region has or had.
    codes: Option<Indexed>,
    /// The records of the newest list's provinces, cities and counties.
    ids: HashMap<Code, Id>,
    cited: BTreeSet<Id>,
    /// The records of the built-in data that change.
    added_to: Vec<Id>,
    report: Report,
}

impl<'a> Import<'a> {
    fn new(
        snapshot: &'a Snapshot,
        memory: &'a Memory,
        builtin: &'a BTreeMap<Id, Given>,
        lists: &'a Lists<'a>,
        progress: &'a mut dyn FnMut(Step<'_>),
    ) -> Self {
        const CODE: usize = REGION_CODE.slot_of("code");
        let report = Report {
            folded: lists.regions[0].folded().len() as u64,
            spellings: lists.lower.spellings(),
            ..Report::default()
        };
        Self {
            snapshot,
            memory,
            builtin,
            lists,
            progress,
            codes: key::indexed(&PROVINCE).find(|field| field.inner == Some(CODE)),
            ids: HashMap::new(),
            cited: BTreeSet::new(),
            added_to: Vec::new(),
            report,
        }
    }

    /// The records of a level that have or had a code; first those whose code it is today.
    fn having(&self, code: Code) -> Result<Vec<(Record, Revision)>, StoreError> {
        let text = code.to_string();
        let (Some(field), Some(value)) = (self.codes, key::sortable(Scalar::Text, &Leaf::Text(&text))) else {
            return Ok(Vec::new());
        };
        let kind = LEVELS[code.level()];
        let mut found = Vec::new();
        for id in self.snapshot.find(field, &value)? {
            let id = id?;
            if let Some(stored) = self.snapshot.get(id.as_ref())?.filter(|_| id.tag == kind.tag) {
                found.push((Record::unpack_row(kind, stored.row()), stored.version()));
            }
        }
        found.sort_by_key(|(record, _)| code_of(record) != Some(code));
        Ok(found)
    }

    fn standing(&self, record: &Record, version: Revision) -> Standing {
        let ours = self.memory.revisions.contains(&version) && !self.builtin.contains_key(&record.id());
        Standing { ours, newer: self.lists.newer }
    }

    /// Merges what the lists say into the record. Gives it where that changes it.
    fn take(&mut self, found: Option<(Record, Revision)>, facts: &[Facts]) -> Option<Record> {
        let level = facts.first()?.codes[0].value.level();
        let standing = found
            .as_ref()
            .map_or(Standing { ours: true, newer: true }, |(record, version)| self.standing(record, *version));
        let before = found.map(|(record, _)| record);
        let mut added = Added::default();
        let after = facts.iter().fold(before.clone(), |record, facts| Some(merge(record, standing, facts, &mut added)));
        let counts = &mut self.report.levels[level];
        match &before {
            None => counts.new += 1,
            Some(_) if before != after => counts.changed += 1,
            Some(_) => {
                counts.kept += 1;
                return None;
            }
        }
        self.report.former_names += added.former_names;
        self.report.codes += added.codes;
        self.report.predecessors += added.predecessors;
        self.report.abolished += added.abolished;
        for facts in facts {
            let sources = facts.codes.iter().map(|it| &it.source).chain(facts.names.iter().map(|it| &it.source));
            let sources = sources.chain(facts.predecessors.iter().map(|(_, _, source)| source));
            for source in sources.flatten().filter(|source| !self.cited.contains(source)).collect::<Vec<_>>() {
                self.cited.insert(source.clone());
            }
        }
        after
    }

    /// Provinces, cities and counties: through all lists. Gives those that change, in the order of ids.
    fn upper(&mut self) -> Result<Vec<Record>, StoreError> {
        (self.progress)(Step { what: "comparing the editions", done: 0, total: 0 });
        let failed = std::cell::RefCell::new(None);
        let known = |code: Code, name: &str| match self.having(code) {
            Ok(found) => {
                let named = found.iter().find(|(record, _)| names_of(record).iter().any(|other| other == name));
                let (record, _) = named.or(found.first().filter(|_| found.len() == 1))?;
                code_of(record)
            }
            Err(error) => {
                failed.replace(Some(error));
                None
            }
        };
        let lineage = lineage::trace(&self.lists.regions, &known);
        if let Some(error) = failed.into_inner() {
            return Err(error);
        }
        let found = self.find(&lineage)?;
        let ids: Vec<Id> = lineage
            .entities
            .iter()
            .zip(&found)
            .map(|(entity, found)| match found {
                Some((record, _)) => record.id(),
                None => Id::new(LEVELS[entity.codes[0].value.level()], &entity.codes[0].value.to_string()),
            })
            .collect();
        self.ids = lineage.at[0].iter().map(|(code, entity)| (*code, ids[*entity].clone())).collect();
        let preceding: HashSet<usize> =
            lineage.entities.iter().flat_map(|entity| entity.predecessors.iter().map(|(old, _)| *old)).collect();
        let mut changed = BTreeMap::new();
        for (place, (entity, found)) in lineage.entities.iter().zip(found).enumerate() {
            let facts = self.entity(entity, &ids);
            let before = self.report.abolished;
            changed.extend(self.take(found, &[facts]).map(|record| (record.id(), record)));
            if self.report.abolished > before && !preceding.contains(&place) {
                self.report.without_successor.push(format!("{} {}", entity.codes[0].value, entity.names[0].value));
            }
        }
        Ok(changed.into_values().collect())
    }

    /// The record of each region, where the store has one under any of its codes. None is two regions'.
    fn find(&self, lineage: &Lineage) -> Result<Vec<Option<(Record, Revision)>>, StoreError> {
        let mut taken: HashSet<Id> = HashSet::new();
        let mut all = Vec::new();
        for entity in &lineage.entities {
            let mut found = None;
            for code in &entity.codes {
                let mut having = self.having(code.value)?;
                having.retain(|(record, _)| !taken.contains(&record.id()));
                // A code that was given to another is the record's whose name it bore.
                let named = having.iter().position(|(record, _)| {
                    names_of(record).iter().any(|name| entity.names.iter().any(|span| span.value == *name))
                });
                let today = having.iter().position(|(record, _)| code_of(record) == Some(code.value));
                if let Some(place) = today.or(named).or((having.len() == 1).then_some(0)) {
                    found = Some(having.swap_remove(place));
                    break;
                }
            }
            taken.extend(found.iter().map(|(record, _)| record.id()));
            all.push(found);
        }
        Ok(all)
    }

    fn entity(&self, entity: &Entity, ids: &[Id]) -> Facts {
        let lists = self.lists;
        // Where an edition between was imported before, it was compared over shorter gaps.
        let adjacent = entity.predecessors.iter().filter(|(_, edition)| lists.ended(edition + 1));
        let predecessors = adjacent.map(|(old, edition)| {
            let day = lists.of[*edition].1;
            (ids[*old].clone(), day.about_its_year(), lists.source(*edition))
        });
        let names = entity.names.iter().enumerate().filter(|(place, span)| *place == 0 || !is_mangled(&span.value));
        Facts {
            codes: entity.codes.iter().map(|span| lists.dated(span)).collect(),
            names: names.map(|(_, span)| lists.dated(span)).collect(),
            above: Vec::new(),
            parent: entity.parent.map(|parent| ids[parent].clone()),
            abolished: if entity.newest() == 0 { None } else { lists.until(entity.newest()) },
            predecessors: predecessors.collect(),
        }
    }

    /// All that changes, in the order of ids: the upper levels, then each town and village as it is compared, then the
    /// sources.
    fn changes(
        &mut self,
        upper: Vec<Record>,
    ) -> Result<impl Iterator<Item = Result<Change, StoreError>> + use<'a, '_>, StoreError> {
        (self.progress)(Step { what: "looking through the database", done: 0, total: 0 });
        let known = Known::new(self.snapshot, self.codes, self.lists)?;
        self.report.vanished = known.without_region(self.lists);
        let towns = known.towns();
        let mut due = known.due(self.lists).enumerate();
        let total = self.lists.regions[0].lower().len() as u64;
        let mut upper = upper.into_iter();
        let mut sources: Option<std::vec::IntoIter<Record>> = None;
        let mut next = move || {
            let mut found = upper.next();
            while found.is_none()
                && let Some((done, due)) = due.next()
            {
                if done % 4_096 == 0 {
                    (self.progress)(Step { what: "comparing and writing", done: done as u64, total });
                }
                found = self.lower(&due, &towns)?;
            }
            if found.is_none() {
                if sources.is_none() {
                    (self.progress)(Step { what: "writing what they are found by", done: 0, total: 0 });
                    sources = Some(self.sources()?.into_iter());
                }
                found = sources.as_mut().and_then(Iterator::next);
            }
            let ids = found.iter().map(Record::id);
            self.added_to.extend(ids.filter(|id| self.builtin.contains_key(id)));
            Ok(found)
        };
        Ok(std::iter::from_fn(move || next().transpose()).map(|record| record.map(Change::Put)))
    }

    /// A town or village, where it changes.
    fn lower(&mut self, due: &Due, towns: &Towns) -> Result<Option<Record>, StoreError> {
        let about = |about: &About| match about {
            About::Place(place) => Some(self.listed(*place, towns)),
            About::Vanished(code) => self.vanished(*code),
        };
        let facts: Vec<Facts> = due.about.iter().filter_map(about).collect();
        let found = if due.known { self.snapshot.get(due.id.as_ref())? } else { None };
        let found = found.map(|stored| (Record::unpack_row(stored.kind, stored.row()), stored.version()));
        Ok(self.take(found, &facts))
    }

    /// What the newest list says of the town or village at a place, and the others of its code.
    fn listed(&self, place: usize, towns: &Towns) -> Facts {
        let lists = self.lists;
        let newest = &lists.regions[0];
        let (code, name) = &newest.lower()[place];
        let oldest = lists.lower.oldest(place);
        let span = Span { value: *code, newest: 0, oldest, inferred: false };
        let only = [Span { value: name.to_string(), newest: 0, oldest, inferred: false }];
        let names = match lists.lower.names(*code) {
            [] => &only,
            names => names,
        };
        Facts {
            codes: vec![lists.dated(&span)],
            names: names.iter().map(|span| lists.dated(span)).collect(),
            above: newest.above(*code).into_iter().map(str::to_owned).collect(),
            parent: newest.parent(*code).and_then(|above| match above.level() {
                3 => Some(towns.id(above)),
                _ => self.ids.get(&above).cloned(),
            }),
            abolished: None,
            predecessors: Vec::new(),
        }
    }

    /// What is said of a town or village that only older lists have: no record is made of it, but one is there.
    fn vanished(&self, code: Code) -> Option<Facts> {
        let lists = self.lists;
        let (number, name) = lists.lower.vanished.get(&code).filter(|(_, name)| !is_mangled(name))?;
        let span = Span { value: code, newest: *number, oldest: *number, inferred: false };
        let name = Span { value: name.to_string(), newest: *number, oldest: *number, inferred: false };
        Some(Facts {
            codes: vec![Dated { from: None, source: None, ..lists.dated(&span) }],
            names: vec![Dated { from: None, ..lists.dated(&name) }],
            above: lists.regions[*number].above(code).into_iter().map(str::to_owned).collect(),
            parent: None,
            abolished: lists.until(*number),
            predecessors: Vec::new(),
        })
    }

    /// The sources that are cited: each edition is one.
    fn sources(&self) -> Result<Vec<Record>, StoreError> {
        const SHA256: usize = SOURCE.slot_of("sha256");
        let mut changed = Vec::new();
        for (edition, _) in &self.lists.of {
            let Some(edition) = edition else { continue };
            let id = Id::new(&SOURCE, &edition.name);
            if !self.cited.contains(&id) {
                continue;
            }
            let before = self.snapshot.get(id.as_ref())?.map(|stored| Record::unpack_row(&SOURCE, stored.row()));
            let mut source = before.clone().unwrap_or_else(|| described(edition));
            if source.values[SHA256] == Value::Null {
                source.values[SHA256] = Value::Text(edition.sha256.clone());
            }
            if before.as_ref() != Some(&source) {
                changed.push(source);
            }
        }
        changed.sort_by_cached_key(Record::id);
        Ok(changed)
    }
}

/// The source that an edition is.
fn described(edition: &Edition) -> Record {
    let mut source = Record::new(&SOURCE, &edition.name);
    let text = |text: &str| Value::Text(text.to_owned());
    source.values[SOURCE.slot_of("title")] = text(&edition.title);
    source.values[SOURCE.slot_of("kind")] = SOURCE_KIND.code("DATASET").map_or(Value::Null, Value::Closed);
    source.values[SOURCE.slot_of("edition")] = text(&edition.date.to_string());
    source.values[SOURCE.slot_of("license")] = edition.license.as_deref().map_or(Value::Null, text);
    let from = edition.home.as_deref().map(|home| format!(", from {home}")).unwrap_or_default();
    let note = format!("The statistics bureau's (国家统计局) codes and names of divisions{from}; imported.");
    source.values[slot::NOTE] = text(&note);
    source
}
