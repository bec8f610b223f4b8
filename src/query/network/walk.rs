//! Walks through the network: the shortest path between two records, and what stands around one.

use std::collections::HashMap;

use super::ties::{Along, Step};
use crate::config::WALK_NODES_MAX;
use crate::model::id::Id;
use crate::query::error::FieldError;
use crate::query::scope::Scope;

/// What a walk came by.
pub struct Walked {
    /// The record it began with and every other it met, in the order it met them: nearest first.
    pub met: Vec<Met>,
    /// Why it went no further, where there may be more.
    pub cut: Option<String>,
}

/// A record that a walk met.
pub struct Met {
    /// Which.
    pub id: Id,
    /// How many steps away.
    pub distance: usize,
    /// The step that led to it, and the place in the walk that the step began at; nothing for the first.
    pub by: Option<(usize, Step)>,
}

/// Walks breadth first from a record, so many steps far at most.
pub fn walk(scope: &Scope, from: &Id, along: &Along, depth: usize) -> Result<Walked, FieldError> {
    let mut front = Front::new(from);
    let mut cut = None;
    while cut.is_none() && front.distance < depth && front.width() > 0 {
        let whole = front.advance(scope, along, WALK_NODES_MAX, |_| false)?;
        cut = (!whole).then(too_many);
    }
    Ok(Walked { met: front.met, cut })
}

/// What a search for the shortest path came by.
pub struct Shortest {
    /// Its steps; nothing where none was found.
    pub steps: Option<Vec<Step>>,
    /// How many records were looked at.
    pub visited: usize,
    /// Why it went no further, where there may be a path that it did not find.
    pub cut: Option<String>,
}

/// The shortest path between two records, of so many steps at most; of several, the first in the order of steps. It is
/// looked for from both ends, always from where there is less to look at: all ties lead both ways.
pub fn shortest(scope: &Scope, from: &Id, to: &Id, along: &Along, depth: usize) -> Result<Shortest, FieldError> {
    let (mut there, mut back) = (Front::new(from), Front::new(to));
    let mut meeting = (from == to).then_some(0);
    let mut cut = None;
    while meeting.is_none() && cut.is_none() && there.width() > 0 && back.width() > 0 {
        let onward = there.width() <= back.width();
        if there.distance + back.distance == depth {
            let nearer = if onward { &there } else { &back };
            cut = nearer.leads_on(scope, along)?.then(|| too_far(depth));
            break;
        }
        let whole = if onward {
            // What is met first is what the first path leads to.
            let room = WALK_NODES_MAX.saturating_sub(back.met.len());
            there.advance(scope, along, room, |id| back.places.contains_key(id))?
        } else {
            let room = WALK_NODES_MAX.saturating_sub(there.met.len());
            back.advance(scope, along, room, |_| false)?
        };
        meeting = (there.level..there.met.len()).find(|place| back.places.contains_key(&there.met[*place].id));
        cut = (!whole && meeting.is_none()).then(too_many);
    }
    let beyond = back.met.iter().filter(|met| !there.places.contains_key(&met.id)).count();
    // The other end alone is no record that was looked at.
    let visited = there.met.len() + if back.distance > 0 { beyond } else { 0 };
    let steps = meeting.map(|place| {
        let mut steps = there.steps_to(place);
        steps.extend(back.steps_home(scope, along, &there.met[place].id)?);
        Ok::<_, FieldError>(steps)
    });
    Ok(Shortest { steps: steps.transpose()?, visited, cut })
}

fn too_many() -> String {
    format!("only the nearest {WALK_NODES_MAX} records were looked at")
}

fn too_far(depth: usize) -> String {
    format!("nothing farther than {depth} step{} was looked at", if depth == 1 { "" } else { "s" })
}

/// A walk from one record, a level at a time.
struct Front {
    met: Vec<Met>,
    /// Where each stands in `met`.
    places: HashMap<Id, usize>,
    /// Where the farthest level begins.
    level: usize,
    /// How far that is.
    distance: usize,
}

impl Front {
    fn new(from: &Id) -> Self {
        let met = vec![Met { id: from.clone(), distance: 0, by: None }];
        Self { met, places: HashMap::from([(from.clone(), 0)]), level: 0, distance: 0 }
    }

    /// How many stand on the farthest level.
    fn width(&self) -> usize {
        self.met.len() - self.level
    }

    /// Meets the next level, up to the first record that is enough. Says whether there was room for all of it.
    fn advance(
        &mut self,
        scope: &Scope,
        along: &Along,
        room: usize,
        enough: impl Fn(&Id) -> bool,
    ) -> Result<bool, FieldError> {
        let level = self.level..self.met.len();
        self.level = level.end;
        self.distance += 1;
        for at in level {
            let id = self.met[at].id.clone();
            for step in along.steps(scope, id.as_ref())? {
                if self.places.contains_key(&step.to) {
                    continue;
                }
                if self.met.len() >= room {
                    return Ok(false);
                }
                let to = step.to.clone();
                self.places.insert(to.clone(), self.met.len());
                self.met.push(Met { id: to.clone(), distance: self.distance, by: Some((at, step)) });
                if enough(&to) {
                    return Ok(true);
                }
            }
        }
        Ok(true)
    }

    /// Whether there is anything beyond the farthest level.
    fn leads_on(&self, scope: &Scope, along: &Along) -> Result<bool, FieldError> {
        for met in &self.met[self.level..] {
            if along.steps(scope, met.id.as_ref())?.iter().any(|step| !self.places.contains_key(&step.to)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The steps that led to a place.
    fn steps_to(&self, place: usize) -> Vec<Step> {
        let before = |at: &usize| self.met[*at].by.as_ref().map(|(before, _)| *before);
        let places = std::iter::successors(Some(place), before);
        let mut steps: Vec<Step> = places.filter_map(|at| Some(self.met[at].by.as_ref()?.1.clone())).collect();
        steps.reverse();
        steps
    }

    /// The steps from a record that was met back to where the walk began: of several ways, the first.
    fn steps_home(&self, scope: &Scope, along: &Along, from: &Id) -> Result<Vec<Step>, FieldError> {
        let far = |id: &Id| self.places.get(id).map(|place| self.met[*place].distance);
        let mut steps: Vec<Step> = Vec::new();
        for left in (0..far(from).unwrap_or(0)).rev() {
            let at = steps.last().map_or(from, |step| &step.to);
            let nearer = along.steps(scope, at.as_ref())?.into_iter().find(|step| far(&step.to) == Some(left));
            steps.push(nearer.ok_or_else(|| FieldError::internal(format!("no tie leads back from {at}")))?);
        }
        Ok(steps)
    }
}
