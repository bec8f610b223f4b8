//! Circles: records that stand above themselves, along a relation to at most one of their own kind.

use std::collections::{HashMap, HashSet};

use super::catalog::{Field, Kind};
use super::id::Id;
use super::record::Record;
use super::value::Value;

/// A walk of no more steps leaves no note of what it met: it is soon walked again.
const SHORT: usize = 8;

/// How many records of a circle are named.
const TOLD: usize = 20;

/// The relations of a kind in which a circle would make no sense, each with its slot.
pub fn upward(kind: &'static Kind) -> impl Iterator<Item = (usize, &'static Field)> {
    kind.shown().filter(|(_, field)| field.as_edge().is_some_and(|edge| !edge.is_list() && edge.target == kind.name))
}

/// What stands above a record, by a slot of [`upward`].
pub fn above(record: &Record, slot: usize) -> Option<Id> {
    match record.values.get(slot) {
        Some(Value::Ref(above)) => Some(above.clone()),
        _ => None,
    }
}

/// Looks for circles from record to record, and walks none of the long ways twice.
#[derive(Debug, Default)]
pub struct Circles {
    walked: HashSet<(usize, Id)>,
}

impl Circles {
    /// The way up from a record, which is a circle where it comes back to it. `next` gives what stands above a record.
    pub fn find<E>(
        &self,
        slot: usize,
        start: &Id,
        mut next: impl FnMut(&Id) -> Result<Option<Id>, E>,
    ) -> Result<Walk, E> {
        let mut way = vec![start.clone()];
        let mut places = HashMap::from([(start.clone(), 0)]);
        let mut at = start.clone();
        while !self.walked.contains(&(slot, at.clone())) {
            let Some(above) = next(&at)? else { break };
            match places.get(&above) {
                Some(0) => {
                    way.push(above);
                    return Ok(Walk { slot, way, is_circle: true });
                }
                // It leads into a circle, which its own members tell.
                Some(place) => {
                    way.truncate(*place);
                    break;
                }
                None => {
                    places.insert(above.clone(), way.len());
                    way.push(above.clone());
                    at = above;
                }
            }
        }
        Ok(Walk { slot, way, is_circle: false })
    }

    /// Remembers what a walk met, so that it is not walked, and no circle told, again.
    pub fn remember(&mut self, walk: Walk) {
        if walk.is_circle || walk.way.len() > SHORT {
            self.walked.extend(walk.way.into_iter().map(|id| (walk.slot, id)));
        }
    }
}

/// The way up from a record.
#[derive(Debug)]
pub struct Walk {
    slot: usize,
    way: Vec<Id>,
    is_circle: bool,
}

impl Walk {
    /// What is wrong, where it comes back to its beginning.
    pub fn problem(&self) -> Option<String> {
        if !self.is_circle {
            return None;
        }
        let mut names: Vec<_> = self.way.iter().take(TOLD).map(ToString::to_string).collect();
        if self.way.len() > TOLD + 1 {
            names.push(format!("… ({} records)", self.way.len() - 1));
        }
        names.extend(self.way.get(TOLD..).and_then(<[Id]>::last).map(ToString::to_string));
        Some(format!("stands above itself: {}", names.join(" → ")))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;

    use super::*;
    use crate::model::kinds::{EVENT, KINDS, OBSERVATION, PROGRAMME};

    fn id(number: usize) -> Id {
        Id::new(&PROGRAMME, &number.to_string())
    }

    #[test]
    fn a_circle_of_any_length_is_found_once_and_a_long_way_is_walked_once() {
        let most = 5_000;
        let steps = Cell::new(0);
        // All in one circle, but for 0, which leads into it.
        let above = |at: &Id| {
            steps.set(steps.get() + 1);
            let number: usize = at.key.parse().unwrap();
            Ok::<_, Infallible>(Some(id(if number == most { 1 } else { number + 1 })))
        };
        let mut circles = Circles::default();
        let mut told = Vec::new();
        for number in 0..=most {
            let walk = circles.find(7, &id(number), above).unwrap();
            told.extend(walk.problem());
            circles.remember(walk);
        }
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("stands above itself: programme:1 → programme:2 → "), "{told:?}");
        assert!(told[0].ends_with("→ programme:20 → … (5000 records) → programme:1"), "{told:?}");
        assert!(steps.get() <= 2 * most + 2, "{}", steps.get());
        // A chain that ends, from below and from above.
        for upwards in [true, false] {
            steps.set(0);
            let above = |at: &Id| {
                steps.set(steps.get() + 1);
                let number: usize = at.key.parse().unwrap();
                Ok::<_, Infallible>((number > 0).then(|| id(number - 1)))
            };
            let mut circles = Circles::default();
            for number in 0..most {
                let number = if upwards { number } else { most - number };
                let walk = circles.find(7, &id(number), above).unwrap();
                assert_eq!(walk.problem(), None);
                circles.remember(walk);
            }
            assert!(steps.get() < 12 * most, "{}", steps.get());
        }
    }

    #[test]
    fn what_leads_to_its_own_kind_is_known_by_the_catalog() {
        let of = |kind| upward(kind).map(|(_, field)| field.name).collect::<Vec<_>>();
        assert_eq!(of(&EVENT), ["follows"]);
        assert_eq!(of(&OBSERVATION), ["partOf", "possiblyPartOf"]);
        assert_eq!(KINDS.iter().filter(|kind| upward(kind).count() > 0).count(), 7);
    }
}
