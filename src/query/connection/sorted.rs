//! Pages in an order that is not that of the positions: all is read and sorted, or an index is walked that has the order.

use std::collections::{BTreeMap, BinaryHeap};

use super::{EdgeRow, Extra, Item, Page, Position, Rows, Source};
use crate::config::SORTED_BATCH;
use crate::model::catalog::{Kind, Shape};
use crate::model::id::Id;
use crate::model::row::Row;
use crate::model::value::Scalar;
use crate::query::arguments::Asked;
use crate::query::back;
use crate::query::error::FieldError;
use crate::query::filter::{Part, Range};
use crate::query::order::Order;
use crate::query::paging::Paging;
use crate::store::Direction::{self, Backward, Forward};
use crate::store::Stored;
use crate::store::key::Indexed;

/// A node that may come to stand on a sorted page.
struct Sorted<'a> {
    position: Vec<u8>,
    id: Id,
    row: EdgeRow<'a>,
    extras: Vec<Extra>,
    /// Which way the page is walked: the heap drops what is farthest.
    direction: Direction,
}

/// The nodes that come to stand on a page, and what there is beside them.
struct Nearest<'a> {
    sorted: Vec<Sorted<'a>>,
    total: u64,
    more: bool,
    behind: bool,
}

impl<'a> Sorted<'a> {
    fn item(self, rows: &Rows<'a>) -> Result<Item<'a>, FieldError> {
        let Self { position, id, row, extras, .. } = self;
        Ok(Item { position: Position::At(position), node: rows.scope.referred(id.as_ref())?, row, extras })
    }
}

impl PartialEq for Sorted<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.position == other.position
    }
}

impl Eq for Sorted<'_> {}

impl PartialOrd for Sorted<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sorted<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let order = self.position.cmp(&other.position);
        if self.direction == Forward { order } else { order.reverse() }
    }
}

/// Called back for each record with the value of what leads an order; whether it wants more.
type EachByValue<'r, 'a> = &'r mut dyn FnMut(&[u8], back::Source<'a>) -> Result<bool, FieldError>;

/// An index, or a part of a cover, that has the first field of an order.
pub struct Leading {
    /// The slot of the field.
    slot: usize,
    scalar: Scalar,
    /// The index; where it is none, the source is the part of a cover.
    index: Option<Indexed>,
    descending: bool,
}

impl Leading {
    fn direction(&self) -> Direction {
        if self.descending { Backward } else { Forward }
    }

    /// What a value of the index comes to in the order. A date's stands in the order with how exact it is behind it.
    fn sorted<'v>(&self, value: &'v [u8]) -> Option<&'v [u8]> {
        (!matches!(self.scalar, Scalar::Date | Scalar::PartialDate)).then_some(value)
    }

    /// The value from which on to walk; nothing where the page begins among those that have none.
    fn begin(&self, paging: &Paging) -> Option<Vec<u8>> {
        let flip = if self.descending { u8::MAX } else { 0 };
        // A cursor stands by the value of its record, or by none.
        match paging.after.as_deref() {
            Some([0, rest @ ..]) => {
                let mut value: Vec<u8> = rest.iter().map(|byte| byte ^ flip).collect();
                value.truncate(crate::store::key::width(self.scalar, &value).unwrap_or(0));
                Some(value)
            }
            Some(_) => None,
            None => Some(Vec::new()),
        }
    }
}

impl<'a> Rows<'a> {
    /// The page of a sorted connection: all is read once, and no more is kept than the page.
    pub(super) fn read_sorted(
        &self,
        order: &Order,
        paging: &Paging,
        counts: bool,
    ) -> Result<(Page<'a>, u64), FieldError> {
        let Nearest { sorted, total, more, behind } = self.nearest(order, paging, counts)?;
        let items = sorted.into_iter().map(|sorted| sorted.item(self));
        let items = items.collect::<Result<_, FieldError>>()?;
        Ok((Page::new(items, more, behind, paging.direction), total))
    }

    /// What comes to stand on a page, in the order in which it is walked. Where all that pass are counted, they are noted.
    fn nearest(&self, order: &Order, paging: &Paging, counts: bool) -> Result<Nearest<'a>, FieldError> {
        let Paging { direction, size, .. } = paging;
        let mut nearest: BinaryHeap<Sorted<'a>> = BinaryHeap::new();
        let (mut total, mut more, mut behind) = (0, false, false);
        self.walk(None, Forward, |item| {
            total += 1;
            if counts {
                self.scope.trace.rest_on(item.node.id());
            }
            let mut position = order.sort_key(self.scope, &item.node)?;
            position.extend_from_slice(&item.position());
            if paging.is_behind(&position) {
                behind = true;
            } else if !paging.is_inside(&position) {
                more = true;
            } else {
                let Item { node, row, extras, .. } = item;
                let id = node.id().to_owned();
                nearest.push(Sorted { position, id, row, extras, direction: *direction });
                if nearest.len() > *size {
                    nearest.pop();
                    more = true;
                }
            }
            Ok(true)
        })?;
        Ok(Nearest { sorted: nearest.into_sorted_vec(), total, more, behind })
    }

    /// Calls back for all that pass in an order, from where a page begins to the end, while the visitor says so. Where an index
    /// has the order, it is walked once; else all is read for a batch after another, and no more than a batch is kept.
    pub(super) fn each_sorted(
        &self,
        order: &Order,
        mut paging: Paging,
        mut each: impl FnMut(Item<'a>) -> Result<bool, FieldError>,
    ) -> Result<(), FieldError> {
        if let Some(index) = self.index_for(order, &paging, &Asked::these(BTreeMap::new())) {
            if !self.each_by_index(order, &index, &paging, &mut each)? {
                return Ok(());
            }
            // What has no value is in no part of a cover.
            if index.index.is_none() {
                return Ok(());
            }
            // What has no value is left: it stands behind this.
            paging.after = paging.after.filter(|after| after.first() == Some(&1)).or(Some(vec![1]));
        }
        paging.size = SORTED_BATCH;
        loop {
            let Nearest { sorted, more, .. } = self.nearest(order, &paging, false)?;
            let last = sorted.last().map(|sorted| sorted.position.clone());
            for sorted in sorted {
                if !each(sorted.item(self)?)? {
                    return Ok(());
                }
            }
            match last {
                Some(last) if more => paging.after = Some(last),
                _ => return Ok(()),
            }
        }
    }

    /// Calls back for what has a value in an index, while the visitor says so; whether it did to the end. The records of one
    /// value are sorted among themselves, and no more than those are kept.
    fn each_by_index(
        &self,
        order: &Order,
        by: &Leading,
        paging: &Paging,
        each: &mut impl FnMut(Item<'a>) -> Result<bool, FieldError>,
    ) -> Result<bool, FieldError> {
        let Some(from) = by.begin(paging) else { return Ok(true) };
        let all = Paging { after: paging.after.clone(), before: None, direction: Forward, size: usize::MAX };
        let mut gathered = Gathered { rows: self, order, paging: &all, items: Vec::new(), more: false };
        let mut give = |value: &[u8], group: Vec<Stored<'a>>| {
            gathered.take(by.sorted(value), group)?;
            for item in gathered.items.drain(..) {
                if !each(item)? {
                    return Ok(false);
                }
            }
            Ok::<_, FieldError>(true)
        };
        let (mut group, mut value): (Vec<Stored<'a>>, Vec<u8>) = (Vec::new(), Vec::new());
        let mut wanted = true;
        self.each_by_value(by, &from, &mut |at, source| {
            if at != value.as_slice() {
                wanted = give(&value, std::mem::take(&mut group))?;
                value = at.to_vec();
            }
            if wanted {
                group.push(source.read(self.scope)?);
            }
            Ok(wanted)
        })?;
        if !wanted {
            return Ok(false);
        }
        give(&value, group)
    }

    /// The index to walk for an order: over the first field of it, where all records of a kind are looked at, from the start
    /// of the order on, and no count of those that pass is asked, for which all would have to be read anyway.
    pub(super) fn index_for(&self, order: &Order, paging: &Paging, asked: &Asked) -> Option<Leading> {
        let kind = match &self.source {
            Source::Kind(kind) | Source::Part(kind, _) => kind,
            _ => return None,
        };
        if let Source::Part(_, part) = &self.source {
            let (_, descending) = order.leading_slot(kind)?;
            let Shape::One(scalar) = kind.slots().nth(part.slot)?.1.shape else { return None };
            let forward = paging.direction == Forward && paging.before.is_none();
            return forward.then_some(Leading { slot: part.slot, scalar, index: None, descending });
        }
        if paging.direction == Backward || paging.before.is_some() || self.filter.is_some() && asked.has("totalCount") {
            return None;
        }
        let (slot, descending) = order.leading_slot(kind)?;
        let index = crate::store::key::indexed(kind).find(|index| index.slot == slot && index.inner.is_none())?;
        Some(Leading { slot, scalar: index.scalar, index: Some(index), descending })
    }

    /// Calls back for each record of the kind by the values of what leads an order, from a value on, while the visitor says so.
    fn each_by_value(&self, by: &Leading, from: &[u8], each: EachByValue<'_, 'a>) -> Result<(), FieldError> {
        if let (None, Source::Part(kind, part)) = (by.index, &self.source) {
            let (lower, upper) = part.range.clone();
            let range = match by.direction() {
                Forward => (lower.max(from.to_vec()), upper),
                Backward if from.is_empty() => (lower, upper),
                Backward => {
                    let until = crate::store::key::after_prefix(from);
                    (lower, Some(upper.map_or(until.clone(), |upper| upper.min(until))))
                }
            };
            return self
                .each_of_part(kind, part, range, by.direction(), |at, record| each(at, back::Source::Read(record)));
        }
        let Some(index) = by.index else { return Err(FieldError::internal("nothing leads the order")) };
        for entry in self.scope.snapshot.by_index(index, from, by.direction())? {
            let (at, id) = entry?;
            if self.holds(&id) && !each(&at, back::Source::Id(id))? {
                break;
            }
        }
        Ok(())
    }

    /// Calls back for each record in a part of a cover between two values, with the value, while the visitor says so.
    pub(super) fn each_of_part(
        &self,
        kind: &'static Kind,
        part: &Part,
        (lower, upper): Range,
        direction: Direction,
        mut each: impl FnMut(&[u8], Stored<'a>) -> Result<bool, FieldError>,
    ) -> Result<(), FieldError> {
        let scope = self.scope;
        let shared = part.shared.as_slice();
        let from = [shared, lower.as_slice()].concat();
        let until = match upper {
            Some(upper) => [shared, upper.as_slice()].concat(),
            None => crate::store::key::after_prefix(shared),
        };
        let Some(entries) = scope.snapshot.covered(part.cover, &from, &until, direction)? else {
            return Err(FieldError::internal("a view of the past has no covers"));
        };
        for entry in entries {
            scope.spend()?;
            let entry = entry?;
            if entry.kind() == kind && !each(entry.values().get(shared.len()..).unwrap_or_default(), entry.record())? {
                break;
            }
        }
        Ok(())
    }

    /// The page of an order whose first field an index has: records of one value are sorted among themselves, and no more
    /// values are walked than the page needs. What has no value stands in no index, and last.
    pub(super) fn read_by_index(&self, order: &Order, by: Leading, paging: &Paging) -> Result<Page<'a>, FieldError> {
        let mut page = Gathered { rows: self, order, paging, items: Vec::new(), more: false };
        let from = by.begin(paging);
        if let Some(from) = from {
            let mut group: Vec<Stored<'a>> = Vec::new();
            let mut value: Vec<u8> = Vec::new();
            self.each_by_value(&by, &from, &mut |at, source| {
                if at != value.as_slice() {
                    page.take(by.sorted(&value), std::mem::take(&mut group))?;
                    if page.is_full() {
                        return Ok(false);
                    }
                    value = at.to_vec();
                }
                group.push(source.read(self.scope)?);
                Ok(true)
            })?;
            page.take(by.sorted(&value), group)?;
        }
        // What has no value is in no part of a cover, and does not pass what is asked of the part.
        if !page.is_full() && by.index.is_some() {
            let mut without = Vec::new();
            let Source::Kind(kind) = &self.source else { return Err(FieldError::internal("an index is a kind's")) };
            for record in self.scope.snapshot.scan(kind, None, Forward)? {
                self.scope.spend()?;
                let record = record?;
                if record.row().slot(by.slot).is_empty() {
                    without.push(record);
                }
            }
            page.take(None, without)?;
        }
        // Something stands before the page if the first of all that pass does.
        let behind = paging.after.is_some() && self.first_is_behind(order, &by, paging)?;
        Ok(Page::new(page.items, page.more, behind, Forward))
    }

    /// Whether the connection is of the kind of an id: the levels of regions share their indexes.
    fn holds(&self, id: &Id) -> bool {
        matches!(self.source, Source::Kind(kind) if kind.tag == id.tag)
    }

    /// Whether the first record of an order stands no later than where the page begins.
    fn first_is_behind(&self, order: &Order, by: &Leading, paging: &Paging) -> Result<bool, FieldError> {
        let begin = Gathered { rows: self, order, paging, items: Vec::new(), more: false };
        // The first value that passes, of whose records any may stand first.
        let mut value: Option<Vec<u8>> = None;
        let mut is_behind = None;
        self.each_by_value(by, &[], &mut |at, source| {
            if value.as_ref().is_some_and(|value| value.as_slice() != at) {
                is_behind = Some(false);
                return Ok(false);
            }
            if let Some((position, _)) = begin.position(by.sorted(at), source.read(self.scope)?)? {
                if paging.is_behind(&position) {
                    is_behind = Some(true);
                    return Ok(false);
                }
                value = Some(at.to_vec());
            }
            Ok(true)
        })?;
        if let Some(is_behind) = is_behind {
            return Ok(is_behind);
        }
        if value.is_some() {
            return Ok(false);
        }
        // None that passes has a value: the page began among those without.
        self.walk_behind(order, paging)
    }

    fn walk_behind(&self, order: &Order, paging: &Paging) -> Result<bool, FieldError> {
        let mut behind = false;
        self.walk(None, Forward, |item| {
            let mut position = order.sort_key(self.scope, &item.node)?;
            position.extend_from_slice(&item.position());
            behind = paging.is_behind(&position);
            Ok(!behind)
        })?;
        Ok(behind)
    }
}

/// A page that is gathered value by value.
struct Gathered<'r, 'a> {
    rows: &'r Rows<'a>,
    order: &'r Order,
    paging: &'r Paging,
    items: Vec<Item<'a>>,
    more: bool,
}

impl<'a> Gathered<'_, 'a> {
    fn is_full(&self) -> bool {
        self.more
    }

    /// Where a record stands that has a value or none of what leads the order, if it passes.
    fn position(&self, value: Option<&[u8]>, record: Stored<'a>) -> Result<Option<(Vec<u8>, Stored<'a>)>, FieldError> {
        let scope = self.rows.scope;
        let passes = match (&self.rows.source, value) {
            (Source::Part(_, Part { in_doubt: Some(in_doubt), .. }), Some(value)) => value != in_doubt.as_slice(),
            _ => false,
        };
        if let Some(filter) = self.rows.filter.as_ref().filter(|_| !passes)
            && !filter.matches(scope, &record)?
        {
            return Ok(None);
        }
        let mut position = match value.and_then(|value| self.order.sort_key_of(value)) {
            Some(sort_key) => sort_key,
            None => self.order.sort_key(scope, &record)?,
        };
        position.extend_from_slice(record.key().as_bytes());
        Ok(Some((position, record)))
    }

    /// Takes the records of one value of what leads the order, or of none, in their order, as far as the page goes.
    fn take(&mut self, value: Option<&[u8]>, group: Vec<Stored<'a>>) -> Result<(), FieldError> {
        let mut placed = Vec::with_capacity(group.len());
        for record in group {
            placed.extend(self.position(value, record)?.filter(|(position, _)| !self.paging.is_behind(position)));
        }
        placed.sort_by(|(left, _), (right, _)| left.cmp(right));
        for (position, node) in placed {
            if self.items.len() == self.paging.size {
                self.more = true;
                break;
            }
            self.items.push(Item {
                position: Position::At(position),
                node,
                row: EdgeRow::Here(Row::new(&[])),
                extras: Vec::new(),
            });
        }
        Ok(())
    }
}
