//! A set of changes being worked out: each record as it would stand, and from which change it comes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Asked, Conflict, Fault, What};
use crate::config::{CHANGES_MAX, REFERRERS_TOLD};
use crate::model::catalog::slot;
use crate::model::circle::{Circles, above, upward};
use crate::model::id::Id;
use crate::model::json;
use crate::model::record::Record;
use crate::model::row::Row;
use crate::store::log::Revision;
use crate::store::{StoreError, Writer};

/// The set as far as it is worked out.
pub struct Draft<'w, 's> {
    writer: &'w Writer<'s>,
    /// Every record that was met.
    met: BTreeMap<Id, Met>,
    /// Who refers to whom, or did so before a later change.
    referring: BTreeMap<Id, BTreeSet<Id>>,
    /// What is wrong so far.
    pub faults: Vec<Fault>,
    /// Who came in between.
    pub conflicts: Vec<Conflict>,
}

/// A record that a set is about.
pub struct Met {
    /// As it stands in the store.
    pub before: Option<Record>,
    /// Its version there.
    version: Option<Revision>,
    /// As it would stand.
    pub after: Option<Record>,
    /// The path of the change that it last came by.
    path: String,
    /// It was deleted, and whoever refers is left without.
    detach: bool,
    /// It was seen, and is not there any more: what was sent is not all of it, so that what it lacks is no fault.
    vanished: bool,
    /// Its fields of which something was told already.
    faulty: BTreeSet<String>,
    /// No change named it: something was detached from it.
    pub only_detached: bool,
}

impl<'w, 's> Draft<'w, 's> {
    /// Nothing is worked out yet, but something may be known to be wrong.
    pub fn new(writer: &'w Writer<'s>, faults: Vec<Fault>) -> Self {
        Self { writer, met: BTreeMap::new(), referring: BTreeMap::new(), faults, conflicts: Vec::new() }
    }

    /// Works out one change on top of those before.
    pub fn ask(&mut self, asked: &Asked) -> Result<(), StoreError> {
        let Asked { path, id, expected, what, owner } = asked;
        let Some(kind) = id.as_ref().kind() else { return Ok(()) };
        let met = self.meet(id)?;
        met.path.clone_from(path);
        met.only_detached = false;
        met.detach = false;
        let (version, stands) = (met.version, met.before.clone());
        let mut faults = Vec::new();
        let after = match what {
            What::Stand(record) => Some(record.clone()),
            What::Delete { detach } => {
                met.detach = *detach;
                met.faulty.clear();
                if met.after.is_none() && expected.is_none_or(|expected| expected == 0) {
                    self.faults.push(Fault::new(path, format!("there is no record {id} to delete")));
                    return Ok(());
                }
                None
            }
            What::Upsert(fields) => {
                let belongs = met.after.as_ref().zip(*owner).and_then(|(record, owner)| {
                    elsewhere(record, owner, fields.get(owner)).filter(|_| expected.is_none())
                });
                if let Some(problem) = belongs {
                    faults.push(Fault::new(under(path, "id"), problem));
                }
                // Below a record whose id cannot be read, nothing says whose it is.
                met.faulty.extend(owner.filter(|owner| !fields.contains_key(*owner)).map(ToOwned::to_owned));
                let base = met.after.take().unwrap_or_else(|| Record::new(kind, &id.key));
                let (record, problems) = json::read_some(fields, base);
                for problem in problems {
                    met.faulty.insert(first_of(&problem.path).to_owned());
                    faults.push(Fault::new(under(path, &problem.path), problem.problem));
                }
                Some(record)
            }
        };
        self.faults.extend(faults);
        if let Some(expected) = *expected
            && expected != version.unwrap_or(0)
        {
            let differences = differences(stands.as_ref(), after.as_ref());
            self.conflicts.push(Conflict { path: path.clone(), id: id.clone(), expected, version, differences });
            self.meet(id)?.vanished = version.is_none();
        }
        for (_, target) in after.iter().flat_map(Record::references) {
            self.referring.entry(target.clone()).or_default().insert(id.clone());
        }
        self.meet(id)?.after = after;
        if matches!(what, What::Delete { detach: true }) {
            self.detach(id, path)?;
        }
        Ok(())
    }

    /// Takes a deleted record out of whoever refers to it by now. Whoever comes behind and refers to it is wrong.
    fn detach(&mut self, id: &Id, path: &str) -> Result<(), StoreError> {
        let stored: BTreeSet<Id> = self.writer.referrers(id.as_ref(), CHANGES_MAX + 1)?.into_iter().collect();
        if stored.len() > CHANGES_MAX {
            self.faults.push(Fault::new(path, format!("more than {CHANGES_MAX} records refer to {id}")));
            return Ok(());
        }
        for referrer in stored.into_iter().chain(self.referring.remove(id).unwrap_or_default()) {
            let met = self.meet(&referrer)?;
            let detached = met.after.as_mut().is_some_and(|record| record.detach(id));
            if detached && met.only_detached {
                path.clone_into(&mut met.path);
            }
        }
        Ok(())
    }

    /// Who refers to whom among the records as they would stand.
    fn drafted_referrers(&self) -> BTreeMap<Id, BTreeSet<Id>> {
        let mut referrers: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
        for (id, met) in &self.met {
            for (_, target) in met.after.iter().flat_map(Record::references) {
                referrers.entry(target.clone()).or_default().insert(id.clone());
            }
        }
        referrers
    }

    /// Checks every record as it would stand: by the model, and for references that would lead nowhere.
    pub fn check(&mut self) -> Result<(), StoreError> {
        let mut faults = Vec::new();
        let mut circles = Circles::default();
        let mut drafted = self.drafted_referrers();
        for (id, met) in &self.met {
            match &met.after {
                Some(_) if met.vanished => {}
                Some(record) => {
                    let is_told = |path: &str| met.faulty.contains(first_of(path));
                    let problems = record.problems().into_iter().filter(|problem| !is_told(&problem.path));
                    faults.extend(problems.map(|problem| {
                        let why = match met.only_detached {
                            true => format!("{}: {id} would be left without it", problem.problem),
                            false => problem.problem,
                        };
                        Fault::new(under(&met.path, &problem.path), why)
                    }));
                    faults.extend(self.circle(met, record, &mut circles)?);
                    for (path, target) in record.references() {
                        let there = match self.met.get(target) {
                            Some(target) => target.after.is_some(),
                            None => self.writer.stored(target.as_ref())?.is_some(),
                        };
                        // Where it is deleted in this set, its own change tells who refers; unless all were to be detached.
                        let deleted = self.met.get(target).is_some_and(|gone| gone.before.is_some() && !gone.detach);
                        if !there && !deleted && !is_told(&path) {
                            faults.push(Fault::new(under(&met.path, &path), format!("there is no record {target}")));
                        }
                    }
                }
                None if met.before.is_some() && !met.detach => {
                    faults.extend(self.left_behind(id, met, drafted.remove(id).unwrap_or_default())?);
                }
                None => {}
            }
        }
        self.faults.extend(faults);
        Ok(())
    }

    /// A record that would stand above itself. A circle that the set closes leads through a relation that it changes; one that
    /// is there from before keeps nobody from changing something else.
    fn circle(&self, met: &Met, record: &Record, circles: &mut Circles) -> Result<Option<Fault>, StoreError> {
        for (slot, field) in upward(record.kind) {
            let stood = met.before.as_ref().and_then(|before| above(before, slot));
            let stands = above(record, slot);
            if stands.is_none() || stands == stood {
                continue;
            }
            let walk = circles.find(slot, &record.id(), |at| match self.met.get(at) {
                Some(met) => Ok(met.after.as_ref().and_then(|record| above(record, slot))),
                None => {
                    let stored = self.writer.stored(at.as_ref())?;
                    let record = stored.as_ref().map(|(_, row)| Record::unpack(record.kind, row));
                    Ok::<_, StoreError>(record.and_then(|record| above(&record, slot)))
                }
            })?;
            let fault = walk.problem().map(|problem| Fault::new(under(&met.path, field.name), problem));
            circles.remember(walk);
            if fault.is_some() {
                return Ok(fault);
            }
        }
        Ok(None)
    }

    /// Whoever would still refer to a record that is gone: the drafted ones who do, and those in the store that are not drafted.
    fn left_behind(&self, id: &Id, met: &Met, mut referrers: BTreeSet<Id>) -> Result<Option<Fault>, StoreError> {
        let most = REFERRERS_TOLD + self.met.len() + 1;
        let stored = self.writer.referrers(id.as_ref(), most)?;
        referrers.extend(stored.into_iter().filter(|referrer| !self.met.contains_key(referrer)));
        if referrers.is_empty() {
            return Ok(None);
        }
        let told = if referrers.len() > REFERRERS_TOLD {
            format!("more than {REFERRERS_TOLD} records refer to it")
        } else {
            let names: Vec<_> = referrers.iter().map(ToString::to_string).collect();
            format!("{} refer to it: {}", names.len(), names.join(", "))
        };
        let problem = format!("{id} cannot be deleted: {told}; delete or change them too, or detach it from them");
        let referrers = referrers.into_iter().take(REFERRERS_TOLD).collect();
        Ok(Some(Fault { path: met.path.clone(), problem, referrers }))
    }

    /// Every record of the set, before and after.
    pub fn into_met(self) -> BTreeMap<Id, Met> {
        self.met
    }

    fn meet(&mut self, id: &Id) -> Result<&mut Met, StoreError> {
        if !self.met.contains_key(id) {
            let stored = self.writer.stored(id.as_ref())?;
            let kind = id.as_ref().kind();
            let before = stored.as_ref().zip(kind).map(|((_, row), kind)| Record::unpack_row(kind, Row::new(row)));
            let met = Met {
                version: stored.map(|(version, _)| version),
                after: before.clone(),
                before,
                path: String::new(),
                detach: false,
                vanished: false,
                faulty: BTreeSet::new(),
                only_detached: true,
            };
            self.met.insert(id.clone(), met);
        }
        // It is there: it was put there just now.
        self.met.get_mut(id).ok_or_else(|| StoreError::Damaged(format!("{id} was not met")))
    }
}

/// Why a record that stands is not upserted below another as if it were that one's.
fn elsewhere(record: &Record, owner: &str, given: Option<&Json>) -> Option<String> {
    let (slot, field) = record.kind.field(owner)?;
    let stands = json::write_field(field, &record.values[slot]);
    let whose = stands.as_str().filter(|_| given.is_some_and(|given| *given != stands))?;
    let id = record.id();
    Some(format!(
        "{id} is there already, and its `{owner}` is {whose}: to move it, give its `{owner}` or its `expectedVersion`"
    ))
}

/// The field that a path leads into.
fn first_of(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// A path below another.
fn under(path: &str, below: &str) -> String {
    if path.is_empty() { below.to_owned() } else { format!("{path}.{below}") }
}

/// Each field in which two states of a record differ: its name, what it held, what it holds.
pub fn differences(before: Option<&Record>, after: Option<&Record>) -> Vec<(&'static str, Json, Json)> {
    let Some(kind) = before.or(after).map(|record| record.kind) else { return Vec::new() };
    let value = |record: Option<&Record>, at: usize, field| {
        record.map_or(Json::Null, |record| json::write_field(field, &record.values[at]))
    };
    let fields = kind.slots().filter(|(at, _)| *at != slot::KEY);
    let each = fields.map(|(at, field)| (field.name, value(before, at, field), value(after, at, field)));
    each.filter(|(_, before, after)| before != after).collect()
}
