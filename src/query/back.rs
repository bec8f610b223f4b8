//! The ways back along edges: every relation is a field both ways.

use super::connection::Back;
use super::error::FieldError;
use super::paging::bad_cursor;
use super::scope::Scope;
use crate::model::catalog::{COMMON, Edge, Field, Kind, Shape, slot};
use crate::model::id::{Id, IdRef};
use crate::model::kinds::KINDS;
use crate::store::key::{FieldId, source_after};
use crate::store::{CoverIn, Direction, Stored};

/// A field that leads back along an edge.
#[derive(Debug, Clone, Copy)]
pub struct WayBack {
    /// Its GraphQL name.
    pub name: &'static str,
    /// What it gives.
    pub doc: &'static str,
    /// The type of what it leads to: the kind that declares the edge, or `Region`, or `Node` for the common slots.
    pub of: &'static str,
    /// The edge.
    pub edge: &'static Edge,
    /// Where it is stored.
    pub back: Back,
}

/// The ways back that a kind has.
pub fn ways_back(kind: &'static Kind) -> impl Iterator<Item = WayBack> {
    declared().filter(move |way| kind.implements(way.edge.target))
}

/// Every way back, once for each declaration of an edge.
pub fn declared() -> impl Iterator<Item = WayBack> {
    let common = COMMON.iter().enumerate().map(|(slot, field)| ("Node", KINDS[0], slot, field));
    // The five levels of regions share one declaration: the first stands for all of them.
    let own = KINDS.iter().copied().filter(|kind| !(2..=5).contains(&kind.tag)).flat_map(|kind| {
        let of = if kind.tag == 1 { "Region" } else { kind.name };
        kind.fields.iter().enumerate().map(move |(place, field)| (of, kind, slot::OWN + place, field))
    });
    common.chain(own).filter_map(|(of, kind, slot, field)| way_back(of, kind, slot, field))
}

fn way_back(of: &'static str, kind: &'static Kind, slot: usize, field: &'static Field) -> Option<WayBack> {
    let Shape::Edge(edge) = &field.shape else { return None };
    if edge.reverse.is_empty() {
        return None;
    }
    Some(WayBack { name: edge.reverse, doc: edge.reverse_doc, of, edge, back: back_along(kind, slot) })
}

/// The way back of one edge, for a special that walks it itself.
pub fn back_along(kind: &'static Kind, slot: usize) -> Back {
    let properties =
        kind.slots().nth(slot).and_then(|(_, field)| field.as_edge()).is_some_and(|edge| !edge.properties.is_empty());
    Back { edge: FieldId::new(kind, slot), slot, properties, cover: CoverIn::by_edge(kind, slot) }
}

/// A record whose edge leads to a target.
pub enum Source<'a> {
    /// Read already, as a cover has it.
    Read(Stored<'a>),
    /// Not yet.
    Id(Id),
}

impl<'a> Source<'a> {
    /// Which record.
    pub fn id(&self) -> IdRef<'_> {
        match self {
            Self::Read(record) => record.id(),
            Self::Id(id) => id.as_ref(),
        }
    }

    /// The record.
    pub fn read(self, scope: &'a Scope) -> Result<Stored<'a>, FieldError> {
        match self {
            Self::Read(record) => Ok(record),
            Self::Id(id) => scope.referred(id.as_ref()),
        }
    }
}

/// Calls back for each record whose edge leads to a target, with which of its edges it is, in the order of their ids from
/// behind a position on, while the visitor says so. The position is what [`push_source`](crate::store::key::push_source) makes.
pub fn each_source<'a>(
    scope: &'a Scope,
    target: IdRef<'_>,
    back: Back,
    after: Option<&[u8]>,
    direction: Direction,
    mut each: impl FnMut(Source<'a>, u32) -> Result<bool, FieldError>,
) -> Result<(), FieldError> {
    let covered = match back.cover {
        Some(cover) => scope.snapshot.covered_sources(cover, target, after, direction)?,
        None => None,
    };
    if let Some(covered) = covered {
        for entry in covered {
            scope.spend()?;
            let entry = entry?;
            let ordinal = entry.ordinal();
            if !each(Source::Read(entry.into_record()), ordinal)? {
                break;
            }
        }
        return Ok(());
    }
    let after = after.map(|position| source_after(position).ok_or_else(bad_cursor)).transpose()?;
    for source in scope.snapshot.sources(target, back.edge, after, direction)? {
        scope.spend()?;
        let (source, ordinal) = source?;
        if !each(Source::Id(source), ordinal)? {
            break;
        }
    }
    Ok(())
}

/// The same from the first up, each where it stands, if a cover has that order; false where there is none, and nothing is
/// visited.
pub fn each_source_in_place(
    scope: &Scope,
    target: IdRef<'_>,
    back: Back,
    after: Option<&[u8]>,
    mut each: impl FnMut(&Stored<'_>, u32) -> Result<bool, FieldError>,
) -> Result<bool, FieldError> {
    let Some(cover) = back.cover else { return Ok(false) };
    scope.snapshot.each_covered_source(cover, target, after, |source, ordinal| {
        scope.spend()?;
        each(source, ordinal)
    })
}

/// The records of a kind whose edge in a slot leads to a target, each once, in their order.
pub fn sources_once(scope: &Scope, target: IdRef<'_>, kind: &'static Kind, slot: usize) -> Result<Vec<Id>, FieldError> {
    let mut found: Vec<Id> = Vec::new();
    each_source(scope, target, back_along(kind, slot), None, Direction::Forward, |source, _| {
        if found.last().is_none_or(|last| last.as_ref() != source.id()) {
            found.push(source.id().to_owned());
        }
        Ok(true)
    })?;
    Ok(found)
}
