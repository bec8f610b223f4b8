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

/// Walks breadth first from a record, so many steps far at most, until one is met that is looked for.
pub fn walk(
    scope: &Scope,
    from: &Id,
    along: &Along,
    depth: usize,
    looked_for: Option<&Id>,
) -> Result<Walked, FieldError> {
    let mut met = vec![Met { id: from.clone(), distance: 0, by: None }];
    let mut places: HashMap<Id, usize> = HashMap::from([(from.clone(), 0)]);
    let mut at = 0;
    while at < met.len() && looked_for.is_none_or(|wanted| !places.contains_key(wanted)) {
        let (id, distance) = (met[at].id.clone(), met[at].distance);
        let steps = along.steps(scope, id.as_ref())?;
        for step in steps {
            if places.contains_key(&step.to) {
                continue;
            }
            if distance == depth {
                let cut = looked_for.is_some().then(|| {
                    format!("nothing farther than {depth} step{} was looked at", if depth == 1 { "" } else { "s" })
                });
                return Ok(Walked { met, cut });
            }
            if met.len() == WALK_NODES_MAX {
                let cut = Some(format!("only the nearest {WALK_NODES_MAX} records were looked at"));
                return Ok(Walked { met, cut });
            }
            places.insert(step.to.clone(), met.len());
            met.push(Met { id: step.to.clone(), distance: distance + 1, by: Some((at, step)) });
        }
        at += 1;
    }
    Ok(Walked { met, cut: None })
}

impl Walked {
    /// The places in the walk that lead to a record, from the first on; nothing where it was not met.
    pub fn path_to(&self, id: &Id) -> Option<Vec<&Met>> {
        let mut place = self.met.iter().position(|met| met.id == *id)?;
        let mut path = vec![&self.met[place]];
        while let Some((before, _)) = &self.met[place].by {
            place = *before;
            path.push(&self.met[place]);
        }
        path.reverse();
        Some(path)
    }
}
