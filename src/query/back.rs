//! The ways back along edges: every relation is a field both ways.

use super::connection::Back;
use super::error::FieldError;
use super::scope::Scope;
use crate::model::catalog::{COMMON, Edge, Field, Kind, Shape, slot};
use crate::model::id::{Id, IdRef};
use crate::model::kinds::KINDS;
use crate::store::Direction;
use crate::store::key::FieldId;

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
    let back = Back { edge: FieldId::new(kind, slot), slot, properties: !edge.properties.is_empty() };
    Some(WayBack { name: edge.reverse, doc: edge.reverse_doc, of, edge, back })
}

/// The way back of one edge, for a special that walks it itself.
pub fn back_along(kind: &'static Kind, slot: usize) -> Back {
    let properties =
        kind.slots().nth(slot).and_then(|(_, field)| field.as_edge()).is_some_and(|edge| !edge.properties.is_empty());
    Back { edge: FieldId::new(kind, slot), slot, properties }
}

/// The records of a kind whose edge in a slot leads to a target, each once, in their order.
pub fn sources_once(scope: &Scope, target: IdRef<'_>, kind: &'static Kind, slot: usize) -> Result<Vec<Id>, FieldError> {
    let mut found: Vec<Id> = Vec::new();
    for source in scope.snapshot.sources(target, back_along(kind, slot).edge, None, Direction::Forward)? {
        scope.spend()?;
        let (source, _) = source?;
        if found.last() != Some(&source) {
            found.push(source);
        }
    }
    Ok(found)
}
