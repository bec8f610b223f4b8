//! The walk of a connection's rows, from whatever they come.

use super::item::{EdgeRow, Extras, Item, Position};
use super::{Rows, Source};
use crate::model::id::{Id, IdRef};
use crate::model::row::Row;
use crate::query::back::each_source;
use crate::query::error::FieldError;
use crate::query::paging::bad_cursor;
use crate::query::search::edge_of;
use crate::store::Direction::{self, Backward, Forward};
use crate::store::Stored;

impl<'a> Rows<'a> {
    /// Calls back for the nodes that pass the filter, in the order of their positions, from behind one on, while it says so.
    pub(super) fn walk(
        &self,
        after: Option<&[u8]>,
        direction: Direction,
        mut each: impl FnMut(Item<'a>) -> Result<bool, FieldError>,
    ) -> Result<(), FieldError> {
        let scope = self.scope;
        let snapshot = &scope.snapshot;
        let source = &*self.source()?;
        let known = matches!(source, Source::Read(_, together) if together.exact);
        let mut offer = |position: Position, node: Stored<'a>, row, extras| -> Result<bool, FieldError> {
            let passes = match &self.filter {
                Some(filter) if !known => filter.matches(scope, &node)?,
                _ => true,
            };
            Ok(!passes || each(Item { position, node, row, extras })?)
        };
        let here = EdgeRow::Here(Row::new(&[]));
        match source {
            Source::Kind(kind) => {
                for record in snapshot.scan(kind, key_of(after)?, direction)? {
                    scope.spend()?;
                    let record = record?;
                    if !offer(Position::OfKey, record, here, Vec::new())? {
                        break;
                    }
                }
            }
            Source::Later(_) => return Err(FieldError::internal("nobody looked where records come from")),
            Source::Candidates(_, narrowed) => {
                let after = key_of(after)?;
                walk_slice(
                    &narrowed.ids,
                    direction,
                    after,
                    |id, after| (*id.key).cmp(after),
                    |id| offer(Position::OfKey, scope.referred(id.as_ref())?, here, Vec::new()),
                )?;
            }
            Source::Read(_, together) => {
                let after = key_of(after)?;
                walk_slice(
                    &together.records,
                    direction,
                    after,
                    |record, after| record.key().cmp(after),
                    |record| {
                        let again = record.again();
                        let record = again.map_or_else(|| scope.referred(record.id()), Ok)?;
                        offer(Position::OfKey, record, here, Vec::new())
                    },
                )?;
            }
            Source::Containing(kind, containing) => {
                let after = key_of(after)?;
                let mut offered =
                    |key: &str| offer(Position::OfKey, scope.referred(IdRef { tag: kind.tag, key })?, here, Vec::new());
                if direction == Forward {
                    containing.each(scope, kind, after, offered)?;
                } else {
                    let mut keys = Vec::new();
                    containing.each(scope, kind, None, |key| {
                        let before = after.is_none_or(|after| key < after);
                        keys.extend(before.then(|| key.to_owned()));
                        Ok(before)
                    })?;
                    for key in keys.iter().rev() {
                        if !offered(key)? {
                            break;
                        }
                    }
                }
            }
            Source::Part(kind, part) => {
                self.each_of_part(kind, part, part.range.clone(), direction, |_, record| {
                    offer(Position::OfKey, record, here, Vec::new())
                })?;
            }
            Source::Back(target, back) => {
                each_source(scope, target.as_ref(), *back, after, direction, |source, ordinal| {
                    let row = if back.properties { EdgeRow::InNode(back.slot, ordinal) } else { here };
                    offer(Position::OfSource(ordinal), source.read(scope)?, row, Vec::new())
                })?;
            }
            Source::Listed(_, listed) => {
                walk_slice(
                    listed,
                    direction,
                    after,
                    |entry, after| (*entry.position).cmp(after),
                    |entry| {
                        let at_hand = entry.node.as_ref().and_then(Stored::again);
                        let node = at_hand.map_or_else(|| scope.referred(Id::as_ref(&entry.id)), Ok)?;
                        let extras = match &entry.extras {
                            Extras::Given(extras) => extras.to_vec(),
                            Extras::FoundBy(query) => edge_of(query, &node),
                        };
                        offer(Position::At(entry.position.to_vec()), node, EdgeRow::Here(entry.row), extras)
                    },
                )?;
            }
        }
        Ok(())
    }
}

/// The key that a position of a kind's connection is.
pub fn key_of(position: Option<&[u8]>) -> Result<Option<&str>, FieldError> {
    position.map(|position| std::str::from_utf8(position).map_err(|_| bad_cursor())).transpose()
}

/// Walks a sorted slice from behind a position on, either way, while the visitor says so.
fn walk_slice<T, P: ?Sized>(
    items: &[T],
    direction: Direction,
    after: Option<&P>,
    compare: impl Fn(&T, &P) -> std::cmp::Ordering,
    mut visit: impl FnMut(&T) -> Result<bool, FieldError>,
) -> Result<(), FieldError> {
    let range = match (after, direction) {
        (None, _) => 0..items.len(),
        (Some(after), Forward) => items.partition_point(|item| compare(item, after).is_le())..items.len(),
        (Some(after), Backward) => 0..items.partition_point(|item| compare(item, after).is_lt()),
    };
    let mut chosen = items[range].iter();
    while let Some(item) = if direction == Forward { chosen.next() } else { chosen.next_back() } {
        if !visit(item)? {
            break;
        }
    }
    Ok(())
}
