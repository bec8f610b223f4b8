//! What the model, and the records beside them, have against the records of an import; each told where it was read.

use super::fault::{Fault, Wrong};
use super::known::{At, Draft};
use super::reading::{Reading, TELL_ROWS};
use crate::config::IMPORT_FAULTS_MAX;
use crate::exchange::Step;
use crate::exchange::columns::Place;
use crate::model::catalog::{Field, Shape};
use crate::model::circle::{Circles, above, upward};
use crate::model::id::Id;
use crate::model::value::Scalar;
use crate::store::StoreError;

impl Reading<'_> {
    /// Looks at every record of the import.
    pub fn review(&mut self, told: &mut dyn FnMut(Step<'_>)) -> Result<(), StoreError> {
        let mut faults = Vec::new();
        let mut circles = Circles::default();
        for place in 0..self.known.drafts.len() {
            if self.faults.len() + faults.len() >= IMPORT_FAULTS_MAX {
                break;
            }
            if (place as u64).is_multiple_of(TELL_ROWS) {
                told(Step { what: "checking", done: place as u64, total: self.known.drafts.len() as u64 });
            }
            for invalid in self.known.drafts[place].record.problems() {
                let wrong = Wrong::said(invalid.problem);
                faults.extend(self.of_path(&self.known.drafts[place], &invalid.path, "", wrong));
            }
            for (path, id) in self.broken(place)? {
                let kind = id.as_ref().kind().map_or("", |kind| kind.name);
                let nearest = self.known.nearest(kind, &id.to_string())?;
                let wrong = Wrong::said(format!("there is no record {id}, neither here nor in the database"));
                faults.extend(self.of_path(&self.known.drafts[place], &path, &id.to_string(), wrong.perhaps(nearest)));
            }
            faults.extend(self.circle(place, &mut circles)?);
        }
        self.faults.extend(faults);
        Ok(())
    }

    /// A fault of a record, by the path that tells its place there; nothing where it was told when it was read.
    fn of_path(&self, draft: &Draft, path: &str, value: &str, wrong: Wrong) -> Option<Fault> {
        let mut parts = path.split('.');
        let name = parts.next().unwrap_or_default();
        let Some((slot, field)) = draft.record.kind.field(name) else {
            let at = draft.at.or_else(|| first_entry(draft))?;
            return Some(self.fault_of(at, "id", &|place| place == Place::Id, value, wrong));
        };
        let mut entry = None;
        let mut inner = None;
        for part in parts {
            match part.parse::<usize>() {
                Ok(number) => entry = Some(number),
                Err(_) => inner = inner_fields(field).iter().position(|field| field.name == part),
            }
        }
        // What says something of a value that could not be read says nothing wrong.
        if let Some((beside, _)) = draft.record.kind.field(field.beside)
            && draft.faulty.contains(&(beside, None))
        {
            return None;
        }
        if [None, entry].iter().any(|entry| draft.faulty.contains(&(slot, *entry))) {
            return None;
        }
        self.of_slot(draft, (slot, entry, inner), path, value, wrong)
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
        let at = draft.at.or_else(|| first_entry(draft))?;
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
        if let (Some((_, field)), Some(table)) =
            (draft.record.kind.slots().nth(slot), self.sheets[at.part as usize].table)
            && inner.is_none()
            && matches!(field.shape, Shape::Struct(_))
        {
            // Any part of it would do; how it is known says nothing alone.
            let parts: Vec<_> =
                table.columns.iter().filter(|column| within(column.place) && !is_closed(column.field)).collect();
            let names: Vec<_> = parts.iter().map(|column| format!("{} ({})", column.zh(), column.heading)).collect();
            fault.problem = format!("{}: {}; expected a value in {}", field.name, fault.problem, names.join(" or "));
            (fault.column, fault.cell) = (None, None);
        } else if fault.column.is_none() {
            // A list that has a table of its own.
            let (_, field) = draft.record.kind.slots().nth(slot)?;
            fault.problem = format!("{}: {}", field.name, fault.problem);
        }
        Some(fault)
    }

    /// The references of a record that lead nowhere, each by its path.
    fn broken(&self, place: usize) -> Result<Vec<(String, Id)>, StoreError> {
        let mut broken = Vec::new();
        for (path, target) in self.known.drafts[place].record.references() {
            if !self.known.has(target)? && !self.may_be_unread(target) {
                broken.push((path, target.clone()));
            }
        }
        Ok(broken)
    }

    /// A record that stands above itself. Of the records of a circle the first is told, with the others: it is one mistake.
    fn circle(&self, place: usize, circles: &mut Circles) -> Result<Option<Fault>, StoreError> {
        let draft = &self.known.drafts[place];
        for (slot, field) in upward(draft.record.kind) {
            let Some(first) = above(&draft.record, slot) else { continue };
            let walk = circles.find(slot, &draft.record.id(), |at| {
                Ok::<_, StoreError>(self.known.get(at)?.and_then(|record| above(&record, slot)))
            })?;
            let wrong = walk.problem().map(Wrong::said);
            let fault = wrong.as_ref().and_then(|wrong| {
                self.of_slot(draft, (slot, None, None), field.name, &first.to_string(), wrong.clone())
            });
            if wrong.is_none() || fault.is_some() {
                circles.remember(walk);
            }
            if fault.is_some() {
                return Ok(fault);
            }
        }
        Ok(None)
    }
}

/// Where the first entry of a record that has no row of its own comes from.
fn first_entry(draft: &Draft) -> Option<At> {
    draft.entries.first().and_then(|(_, at)| at.first().copied())
}

fn is_closed(field: Option<&Field>) -> bool {
    field.is_some_and(|field| matches!(field.shape, Shape::One(Scalar::Closed(_))))
}

/// The fields inside a field.
fn inner_fields(field: &Field) -> &'static [Field] {
    match &field.shape {
        Shape::Struct(of) | Shape::Structs(of) => of.fields,
        Shape::Edge(edge) => edge.properties,
        _ => &[],
    }
}
