//! What the model, and the records beside them, have against the records of an import; each told where it was read.

use std::collections::BTreeSet;

use super::fault::{Fault, Wrong};
use super::known::{At, Draft};
use super::reading::{Reading, TELL_ROWS};
use crate::config::IMPORT_FAULTS_MAX;
use crate::exchange::Step;
use crate::exchange::columns::Place;
use crate::model::catalog::{Field, Shape};
use crate::model::id::Id;
use crate::model::record::Invalid;
use crate::model::value::Value;
use crate::store::StoreError;

/// How far a chain of records is followed upwards.
const STEPS_MAX: usize = 1_000;

impl Reading<'_> {
    /// Looks at every record of the import.
    pub fn review(&mut self, told: &mut dyn FnMut(Step<'_>)) -> Result<(), StoreError> {
        let mut faults = Vec::new();
        for place in 0..self.known.drafts.len() {
            if self.faults.len() + faults.len() >= IMPORT_FAULTS_MAX {
                break;
            }
            if (place as u64).is_multiple_of(TELL_ROWS) {
                told(Step { what: "checking", done: place as u64, total: self.known.drafts.len() as u64 });
            }
            for invalid in self.known.drafts[place].record.problems() {
                faults.extend(self.of_model(&self.known.drafts[place], &invalid));
            }
            let broken = self.broken(place)?;
            for (slot, path, entry, id) in broken {
                let kind = id.as_ref().kind().map_or("", |kind| kind.name);
                let nearest = self.known.nearest(kind, &id.to_string())?;
                let wrong = Wrong::said(format!("there is no record {id}, neither here nor in the database"));
                let draft = &self.known.drafts[place];
                faults.extend(self.of_slot(draft, (slot, entry, None), &path, &id.to_string(), wrong.perhaps(nearest)));
            }
            faults.extend(self.circle(place)?);
        }
        self.faults.extend(faults);
        Ok(())
    }

    /// What the model has against a record, by the path that it tells.
    fn of_model(&self, draft: &Draft, invalid: &Invalid) -> Option<Fault> {
        let mut path = invalid.path.split('.');
        let name = path.next().unwrap_or_default();
        let Some((slot, field)) = draft.record.kind.field(name) else {
            let at = draft.at.or_else(|| draft.entries.first().and_then(|(_, at)| at.first().copied()))?;
            return Some(self.fault_of(
                at,
                "id",
                &|place| place == Place::Id,
                "",
                Wrong::said(invalid.problem.clone()),
            ));
        };
        let mut entry = None;
        let mut inner = None;
        for part in path {
            match part.parse::<usize>() {
                Ok(number) => entry = Some(number),
                Err(_) => inner = inner_fields(field).iter().position(|field| field.name == part),
            }
        }
        // What could not be read was told when it was read.
        if [None, entry].iter().any(|entry| draft.faulty.contains(&(slot, *entry))) {
            return None;
        }
        let wrong = Wrong::said(invalid.problem.clone());
        self.of_slot(draft, (slot, entry, inner), &invalid.path, "", wrong)
    }

    /// A fault of what a record holds in a slot: in its own row, or in that of an entry.
    fn of_slot(
        &self,
        draft: &Draft,
        (slot, entry, inner): (usize, Option<usize>, Option<usize>),
        path: &str,
        value: &str,
        wrong: Wrong,
    ) -> Option<Fault> {
        let listed = draft.entries.iter().find(|(given, _)| *given == slot).map(|(_, at)| at);
        let entry = listed.and_then(|at| at.get(entry.unwrap_or(0)));
        if let Some(at) = entry {
            let place = inner.map_or(Place::Target, Place::Entry);
            if self.is_doubtful(*at, &|it| it == place) {
                return None;
            }
            return Some(self.fault_of(*at, path, &|it| it == place, value, wrong));
        }
        let first = || draft.entries.first().and_then(|(_, at)| at.first().copied());
        let at: At = draft.at.or_else(first)?;
        let within = move |it| match (it, inner) {
            (Place::Slot(of), _) => of == slot,
            (Place::Inner(of, _), None) => of == slot,
            (Place::Inner(of, within), Some(inner)) => of == slot && within == inner,
            _ => false,
        };
        if self.is_doubtful(at, &within) {
            return None;
        }
        let mut fault = self.fault_of(at, path, &within, value, wrong);
        if fault.column.is_none() {
            // A list that has a table of its own.
            let (_, field) = draft.record.kind.slots().nth(slot)?;
            fault.problem = format!("{}: {}", field.name, fault.problem);
        }
        Some(fault)
    }

    /// The references of a record that lead nowhere, each with its slot, its path and the place of its entry.
    fn broken(&self, place: usize) -> Result<Vec<(usize, String, Option<usize>, Id)>, StoreError> {
        let draft = &self.known.drafts[place];
        let mut broken = Vec::new();
        for (slot, field) in draft.record.kind.shown() {
            if !matches!(field.shape, Shape::Edge(_)) {
                continue;
            }
            for (entry, target) in targets(&draft.record.values[slot]) {
                let fits = |edge: &Field| {
                    edge.as_edge().zip(target.as_ref().kind()).is_some_and(|(edge, kind)| kind.implements(edge.target))
                };
                if fits(field) && !self.known.has(target)? {
                    let path = entry.map_or_else(|| field.name.to_owned(), |entry| format!("{}.{entry}", field.name));
                    broken.push((slot, path, entry, target.clone()));
                }
            }
        }
        Ok(broken)
    }

    /// A record that stands above itself, along a relation to at most one of its own kind.
    fn circle(&self, place: usize) -> Result<Option<Fault>, StoreError> {
        let draft = &self.known.drafts[place];
        let start = draft.record.id();
        for (slot, field) in draft.record.kind.shown() {
            let own = field.as_edge().is_some_and(|edge| !edge.is_list() && edge.target == draft.record.kind.name);
            let mut chain = vec![start.to_string()];
            let mut seen = BTreeSet::new();
            let mut at = draft.record.values[slot].clone();
            while let (true, Value::Ref(next)) = (own && chain.len() < STEPS_MAX, &at) {
                chain.push(next.to_string());
                if *next == start {
                    let problem = format!("stands above itself: {}", chain.join(" → "));
                    return Ok(self.of_slot(draft, (slot, None, None), field.name, &chain[1], Wrong::said(problem)));
                }
                if !seen.insert(next.clone()) {
                    break;
                }
                at = self.known.get(next)?.map_or(Value::Null, |record| record.values[slot].clone());
            }
        }
        Ok(None)
    }
}

/// The records that a value leads to, each with the place of its entry in a list.
fn targets(value: &Value) -> Vec<(Option<usize>, &Id)> {
    match value {
        Value::List(items) => {
            items.iter().enumerate().filter_map(|(at, item)| Some((Some(at), target_of(item)?))).collect()
        }
        single => target_of(single).map(|id| (None, id)).into_iter().collect(),
    }
}

fn target_of(value: &Value) -> Option<&Id> {
    match value {
        Value::Ref(id) => Some(id),
        Value::Struct(values) => values.first().and_then(target_of),
        _ => None,
    }
}

/// The fields inside a field.
fn inner_fields(field: &Field) -> &'static [Field] {
    match &field.shape {
        Shape::Struct(of) | Shape::Structs(of) => of.fields,
        Shape::Edge(edge) => edge.properties,
        _ => &[],
    }
}
