//! A region's ancestors and descendants.

use std::sync::Arc;

use crate::model::catalog::{Kind, REGION};
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{CITY, COUNTY, LEVELS, PROVINCE, TOWN};
use crate::model::value::Leaf;
use crate::query::arguments::Arguments;
use crate::query::back::{back_along, each_source};
use crate::query::connection::{Connection, Listed};
use crate::query::error::FieldError;
use crate::query::object::{Object, Resolved, connection};
use crate::query::remembered::Asker;
use crate::query::scope::Scope;
use crate::store::{Direction, Stored};

const PARENT: usize = PROVINCE.slot_of("parent");

/// The regions above one, from its parent up. Calls back for each while it says so.
fn climb<'a>(
    scope: &'a Scope,
    region: &Stored<'_>,
    mut each: impl FnMut(Stored<'a>) -> bool,
) -> Result<(), FieldError> {
    let mut climbed = 0;
    let mut parent = IdRef::from_bytes(region.row().slot(PARENT)).map(IdRef::to_owned);
    while let Some(id) = parent {
        // Parents of parents cannot go on for longer than there are levels, unless the data runs in a circle.
        if climbed == LEVELS.len() {
            return Err(in_a_circle(region));
        }
        climbed += 1;
        let found = scope.referred(id.as_ref())?;
        parent = IdRef::from_bytes(found.row().slot(PARENT)).map(IdRef::to_owned);
        if !each(found) {
            break;
        }
    }
    Ok(())
}

/// The regions above one, from the top down.
pub fn ancestors<'a>(scope: &'a Scope, region: &'a Stored<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let mut above = Vec::new();
    climb(scope, region, |found| {
        above.push(Resolved::Object(Object::Record(found)));
        true
    })?;
    above.reverse();
    Ok(Resolved::List(above))
}

/// The ids of the same.
pub fn ancestor_ids(scope: &Scope, region: &Stored<'_>) -> Result<Vec<Id>, FieldError> {
    Ok(ids_above(scope, region)?.iter().rev().cloned().collect())
}

/// The ids above a region, from its parent up.
fn ids_above(scope: &Scope, region: &Stored<'_>) -> Result<Arc<[Id]>, FieldError> {
    above(scope, region, 0)
}

/// The same, so many levels above where it began. What stands above a region is remembered.
fn above(scope: &Scope, region: &Stored<'_>, climbed: usize) -> Result<Arc<[Id]>, FieldError> {
    let Some(parent) = IdRef::from_bytes(region.row().slot(PARENT)) else { return Ok(Arc::default()) };
    if climbed == LEVELS.len() {
        return Err(in_a_circle(region));
    }
    scope.remembered.ids.of(Asker::ANYONE, parent, || {
        let above = above(scope, &scope.referred(parent)?, climbed + 1)?;
        Ok([parent.to_owned()].into_iter().chain(above.iter().cloned()).collect())
    })
}

fn in_a_circle(region: &Stored<'_>) -> FieldError {
    FieldError::internal(format!("the parents of {} run in a circle", region.id()))
}

/// The region of a level that one is in, or is.
pub fn on_level(scope: &Scope, region: &Stored<'_>, level: &Kind) -> Result<Option<Id>, FieldError> {
    if region.kind == level {
        return Ok(Some(region.id().to_owned()));
    }
    Ok(ids_above(scope, region)?.iter().find(|above| above.tag == level.tag).cloned())
}

/// The regions of a level that stand below one.
pub fn below(scope: &Scope, region: IdRef<'_>, level: &'static Kind) -> Result<Vec<Id>, FieldError> {
    if region.tag < level.tag { descendant_ids(scope, region, level) } else { Ok(Vec::new()) }
}

/// The regions of a level that one is, or that stand below it.
pub fn in_or_below(scope: &Scope, region: IdRef<'_>, level: &'static Kind) -> Result<Vec<Id>, FieldError> {
    if region.tag == level.tag { Ok(vec![region.to_owned()]) } else { below(scope, region, level) }
}

/// The two functions of a level: as a special, and as a relation.
macro_rules! level {
    ($special:ident, $relation:ident, $level:ident) => {
        /// The id of the region of the level that one is in, or is.
        pub fn $relation(scope: &Scope, region: &Stored<'_>) -> Result<Vec<Id>, FieldError> {
            Ok(on_level(scope, region, &$level)?.into_iter().collect())
        }

        /// The region of the level that one is in, or is.
        pub fn $special<'a>(
            scope: &'a Scope,
            region: &'a Stored<'a>,
            _: &Arguments,
        ) -> Result<Resolved<'a>, FieldError> {
            Ok(match on_level(scope, region, &$level)? {
                Some(id) => Resolved::Object(Object::Record(scope.referred(id.as_ref())?)),
                None => Resolved::Null,
            })
        }
    };
}

level!(province, province_id, PROVINCE);
level!(city, city_id, CITY);
level!(county, county_id, COUNTY);
level!(town, town_id, TOWN);

/// The regions of a level below one, at any depth.
pub fn descendants<'a>(
    scope: &'a Scope,
    region: &'a Stored<'a>,
    arguments: &Arguments,
) -> Result<Resolved<'a>, FieldError> {
    let level = arguments.text("level").unwrap_or_default();
    let named = LEVELS.iter().find(|kind| level_name(kind.tag) == Some(level));
    let Some(wanted) = named else { return Err(FieldError::internal("a level is one of five")) };
    let found = descendant_ids(scope, region.id(), wanted)?;
    let listed = found.into_iter().map(|id| Listed::new(id, &[])).collect();
    Ok(connection(Connection::listed(scope, REGION, "descendants", listed, arguments)?))
}

/// The ids of the regions of a level below one, in their order.
pub fn descendant_ids(scope: &Scope, region: IdRef<'_>, wanted: &Kind) -> Result<Vec<Id>, FieldError> {
    Ok(descendants_and_between(scope, region, wanted)?.0)
}

/// The same, and the regions that stand between, as far as they were gone through.
pub fn descendants_and_between(
    scope: &Scope,
    region: IdRef<'_>,
    wanted: &Kind,
) -> Result<(Vec<Id>, Vec<Id>), FieldError> {
    let (mut found, mut between): (Vec<Id>, Vec<Id>) = (Vec::new(), Vec::new());
    let mut open = vec![region.to_owned()];
    while let Some(id) = open.pop() {
        for child in children(scope, id.as_ref())? {
            // Only what stands above the level can hold more of it, and below its own parent.
            if child.tag == wanted.tag {
                found.push(child);
            } else if child.tag < wanted.tag && child.tag > id.tag {
                open.push(child);
            }
        }
        between.push(id);
    }
    between.remove(0);
    found.sort_unstable();
    found.dedup();
    Ok((found, between))
}

/// The ids of the regions right below one, in their order.
pub fn children(scope: &Scope, region: IdRef<'_>) -> Result<Vec<Id>, FieldError> {
    let mut found = Vec::new();
    each_source(scope, region, back_along(&PROVINCE, PARENT), None, Direction::Forward, |child, _| {
        found.push(child.id().to_owned());
        Ok(true)
    })?;
    Ok(found)
}

fn level_name(tag: u8) -> Option<&'static str> {
    let kind = LEVELS.iter().find(|kind| kind.tag == tag)?;
    match (kind.derived.first()?.compute)(kind, crate::model::row::Row::new(&[]))? {
        Leaf::Name(name) => Some(name),
        _ => None,
    }
}
