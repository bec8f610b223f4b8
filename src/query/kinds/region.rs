//! A region's ancestors and descendants.

use std::collections::BTreeSet;

use crate::model::catalog::REGION;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{LEVELS, PROVINCE};
use crate::model::value::Leaf;
use crate::query::arguments::Arguments;
use crate::query::back::back_along;
use crate::query::connection::{Connection, Listed};
use crate::query::error::FieldError;
use crate::query::object::{Object, Resolved, connection};
use crate::query::scope::Scope;
use crate::store::{Direction, Stored};

const PARENT: usize = PROVINCE.slot_of("parent");

/// The regions above one, from the top down.
pub fn ancestors<'a>(scope: &'a Scope, region: &'a Stored<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    let mut above = Vec::new();
    let mut parent = IdRef::from_bytes(region.row().slot(PARENT)).map(IdRef::to_owned);
    while let Some(id) = parent {
        // Parents of parents cannot go on for longer than there are levels, unless the data runs in a circle.
        if above.len() == LEVELS.len() {
            return Err(FieldError::internal(format!("the parents of {} run in a circle", region.id())));
        }
        let found = scope.referred(id.as_ref())?;
        parent = IdRef::from_bytes(found.row().slot(PARENT)).map(IdRef::to_owned);
        above.push(Resolved::Object(Object::Record(found)));
    }
    above.reverse();
    Ok(Resolved::List(above))
}

/// The regions of a level below one, at any depth.
pub fn descendants<'a>(
    scope: &'a Scope,
    region: &'a Stored<'a>,
    arguments: &Arguments,
) -> Result<Resolved<'a>, FieldError> {
    let level = arguments.text("level").unwrap_or_default();
    let named = LEVELS.iter().find(|kind| level_name(kind.tag) == Some(level));
    let Some(wanted) = named else { return Err(FieldError::internal("a level is one of five")) };
    let mut found: BTreeSet<Id> = BTreeSet::new();
    let mut open = vec![region.id().to_owned()];
    while let Some(id) = open.pop() {
        for child in
            scope.snapshot.sources(id.as_ref(), back_along(&PROVINCE, PARENT).edge, None, Direction::Forward)?
        {
            scope.spend()?;
            let (child, _) = child?;
            if child.tag == wanted.tag {
                found.insert(child.clone());
            }
            // Only what stands above the level can hold more of it, and below its own parent.
            if child.tag < wanted.tag && child.tag > id.tag {
                open.push(child);
            }
        }
    }
    let listed = found.into_iter().map(|id| Listed::new(id, &[])).collect();
    Ok(connection(Connection::listed(scope, REGION, listed, arguments)?))
}

fn level_name(tag: u8) -> Option<&'static str> {
    let kind = LEVELS.iter().find(|kind| kind.tag == tag)?;
    match (kind.derived.first()?.compute)(kind, crate::model::row::Row::new(&[]))? {
        Leaf::Name(name) => Some(name),
        _ => None,
    }
}
