//! Relay connections: pages that survive inserts, because a cursor is a position in an order and not a count.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::arguments::Arguments;
use super::error::FieldError;
use super::filter::Filter;
use super::object::{Object, Resolved};
use super::scope::Scope;
use crate::config::{PAGE_DEFAULT, PAGE_MAX};
use crate::model::catalog::Kind;
use crate::model::id::{Id, IdRef};
use crate::model::row::{List, Row};
use crate::model::value::Leaf;
use crate::store::Direction::{self, Backward, Forward};
use crate::store::Stored;
use crate::store::key::FieldId;

/// The way back along an edge.
#[derive(Debug, Clone, Copy)]
pub struct Back {
    /// Which edge.
    pub edge: FieldId,
    /// The slot of the source that holds it.
    pub slot: usize,
    /// The edge has properties, so that its entries are rows.
    pub properties: bool,
}

/// A connection: its page, read, and what more of it can be asked for.
pub struct Connection<'a> {
    chosen: Chosen<'a>,
    /// The page that its arguments chose.
    pub page: Page<'a>,
}

/// What a connection's arguments choose from what there is.
struct Chosen<'a> {
    scope: &'a Scope,
    source: Source<'a>,
    filter: Option<Arc<Filter>>,
}

/// Where the nodes of a connection come from. Each is in the order of its positions.
enum Source<'a> {
    /// All records of a kind, by key.
    Kind(&'static Kind),
    /// The sources of an edge to a target, by id.
    Back(Id, Back),
    /// What a resolver listed, by position.
    Listed(Vec<Listed<'a>>),
}

/// One node that a resolver listed, with what its edge carries.
pub struct Listed<'a> {
    position: Vec<u8>,
    id: Id,
    row: Row<'a>,
    extras: Vec<Extra>,
}

/// What a special puts on an edge.
#[derive(Debug, Clone)]
pub enum Extra {
    /// A name of a closed list, or null.
    Name(Option<&'static str>),
    /// A record.
    Node(Id),
}

/// One edge of a page.
pub struct Item<'a> {
    position: Vec<u8>,
    /// The node.
    pub node: Stored<'a>,
    row: EdgeRow<'a>,
    extras: Vec<Extra>,
}

/// Where an edge's stored properties are.
enum EdgeRow<'a> {
    /// In the row that holds the edge.
    Here(Row<'a>),
    /// In the node, which holds the edge: its slot, and which entry.
    InNode(usize, u32),
}

/// A page of a connection.
pub struct Page<'a> {
    /// Its edges, in the connection's order whichever way it was walked.
    pub items: Vec<Item<'a>>,
    /// There are more behind it.
    pub has_next: bool,
    /// There are more before it.
    pub has_previous: bool,
}

struct Paging {
    after: Option<Vec<u8>>,
    before: Option<Vec<u8>>,
    direction: Direction,
    size: usize,
}

impl<'a> Listed<'a> {
    /// A node at a position: its id, then `rest`, which tells edges to the same node apart.
    pub fn new(id: Id, rest: &[u8]) -> Self {
        let mut position = id.as_ref().to_bytes();
        position.push(0);
        position.extend_from_slice(rest);
        Self { position, id, row: Row::new(&[]), extras: Vec::new() }
    }

    /// The same, with the edge's stored properties.
    pub fn with_row(self, row: Row<'a>) -> Self {
        Self { row, ..self }
    }

    /// The same, with what a special puts on the edge.
    pub fn with_extras(self, extras: Vec<Extra>) -> Self {
        Self { extras, ..self }
    }
}

impl<'a> Item<'a> {
    /// The row of the edge's stored properties.
    pub fn row(&'a self) -> Row<'a> {
        match self.row {
            EdgeRow::Here(row) => row,
            EdgeRow::InNode(slot, ordinal) => Row::new(List::new(self.node.row().slot(slot)).get(ordinal as usize)),
        }
    }

    /// What a special put on the edge.
    pub fn extra(&'a self, scope: &'a Scope, place: usize) -> Result<Resolved<'a>, FieldError> {
        Ok(match self.extras.get(place) {
            None | Some(Extra::Name(None)) => Resolved::Null,
            Some(Extra::Name(Some(name))) => Resolved::Leaf(Leaf::Name(name)),
            Some(Extra::Node(id)) => Resolved::Object(Object::Record(scope.referred(id.as_ref())?)),
        })
    }
}

impl<'a> Connection<'a> {
    /// The records of a kind.
    pub fn of_kind(scope: &'a Scope, kind: &'static Kind, arguments: &Arguments) -> Result<Self, FieldError> {
        Self::new(scope, kind.name, Source::Kind(kind), arguments)
    }

    /// The records of a type whose edge leads to a target.
    pub fn back(
        scope: &'a Scope,
        target: IdRef<'_>,
        of: &str,
        back: Back,
        arguments: &Arguments,
    ) -> Result<Self, FieldError> {
        Self::new(scope, of, Source::Back(target.to_owned(), back), arguments)
    }

    /// The nodes of a type that a resolver listed, in any order.
    pub fn listed(
        scope: &'a Scope,
        of: &str,
        mut listed: Vec<Listed<'a>>,
        arguments: &Arguments,
    ) -> Result<Self, FieldError> {
        listed.sort_by(|left, right| left.position.cmp(&right.position));
        Self::new(scope, of, Source::Listed(listed), arguments)
    }

    fn new(scope: &'a Scope, of: &str, source: Source<'a>, arguments: &Arguments) -> Result<Self, FieldError> {
        let chosen = Chosen { scope, source, filter: arguments.filter(of)? };
        let page = chosen.read_page(&Paging::read(arguments, &chosen.mark())?)?;
        Ok(Self { chosen, page })
    }

    /// The cursor of an edge: opaque to clients, and good for as long as the order is the same.
    pub fn cursor(&self, item: &Item<'a>) -> String {
        let mut cursor = self.chosen.mark();
        cursor.extend_from_slice(&item.position);
        URL_SAFE_NO_PAD.encode(cursor)
    }

    /// How many nodes there are in all, whatever the page; with a filter, how many pass it.
    pub fn total_count(&self) -> Result<u64, FieldError> {
        self.chosen.count()
    }
}

impl<'a> Chosen<'a> {
    /// What the cursors of this connection begin with, so that one of another is told from its own.
    fn mark(&self) -> Vec<u8> {
        match &self.source {
            Source::Kind(kind) => vec![1, kind.tag],
            Source::Back(_, back) => [2].into_iter().chain(back.edge.to_bytes()).collect(),
            Source::Listed(_) => vec![3],
        }
    }

    fn count(&self) -> Result<u64, FieldError> {
        match (&self.source, &self.filter) {
            (Source::Kind(kind), None) => Ok(self.scope.snapshot.count(kind)?),
            (Source::Listed(listed), None) => Ok(listed.len() as u64),
            (Source::Back(target, back), None) => {
                let mut count = 0;
                for source in self.scope.snapshot.sources(target.as_ref(), back.edge, None, Forward)? {
                    self.scope.spend()?;
                    source?;
                    count += 1;
                }
                Ok(count)
            }
            (_, Some(_)) => {
                let mut count = 0;
                self.walk(None, Forward, |_| {
                    count += 1;
                    true
                })?;
                Ok(count)
            }
        }
    }

    fn read_page(&self, paging: &Paging) -> Result<Page<'a>, FieldError> {
        let Paging { after, before, direction, size } = paging;
        let (from, until) = match direction {
            Forward => (after, before),
            Backward => (before, after),
        };
        let inside = |position: &[u8]| match (until, direction) {
            (None, _) => true,
            (Some(until), Forward) => position < until.as_slice(),
            (Some(until), Backward) => position > until.as_slice(),
        };
        let mut items: Vec<Item<'a>> = Vec::with_capacity((*size).min(64));
        let mut more = false;
        self.walk(from.as_deref(), *direction, |item| {
            // One node beyond the page, or beyond the bound, says that there is more that way.
            more = items.len() == *size || !inside(&item.position);
            if !more {
                items.push(item);
            }
            !more
        })?;
        let opposite = if *direction == Forward { Backward } else { Forward };
        // Something stands before the page if something stands before its first node; before an empty page, if the first of
        // all stands no later than where the page was to begin.
        let mut behind = false;
        if let Some(from) = from {
            match items.first() {
                Some(first) => self.walk(Some(&first.position), opposite, |_| {
                    behind = true;
                    false
                })?,
                None => self.walk(None, *direction, |first| {
                    behind = match direction {
                        Forward => first.position <= *from,
                        Backward => first.position >= *from,
                    };
                    false
                })?,
            }
        }
        let (has_next, has_previous) = if *direction == Forward { (more, behind) } else { (behind, more) };
        if *direction == Backward {
            items.reverse();
        }
        Ok(Page { items, has_next, has_previous })
    }

    /// Calls back for the nodes that pass the filter, in order, from behind a position on, while it says so.
    fn walk(
        &self,
        after: Option<&[u8]>,
        direction: Direction,
        mut each: impl FnMut(Item<'a>) -> bool,
    ) -> Result<(), FieldError> {
        let scope = self.scope;
        let snapshot = &scope.snapshot;
        let mut offer = |position: Vec<u8>, node: Stored<'a>, row, extras| -> Result<bool, FieldError> {
            let passes = match &self.filter {
                Some(filter) => filter.matches(scope, &node)?,
                None => true,
            };
            Ok(!passes || each(Item { position, node, row, extras }))
        };
        match &self.source {
            Source::Kind(kind) => {
                let after =
                    after.map(|position| std::str::from_utf8(position).map_err(|_| bad_cursor())).transpose()?;
                for record in snapshot.scan(kind, after, direction)? {
                    scope.spend()?;
                    let record = record?;
                    let position = record.key().as_bytes().to_vec();
                    if !offer(position, record, EdgeRow::Here(Row::new(&[])), Vec::new())? {
                        break;
                    }
                }
            }
            Source::Back(target, back) => {
                let after = after.map(|position| crate::store::key::source_after(position).ok_or_else(bad_cursor));
                for source in snapshot.sources(target.as_ref(), back.edge, after.transpose()?, direction)? {
                    let (source, ordinal) = source?;
                    let mut position = source.as_ref().to_bytes();
                    position.push(0);
                    position.extend_from_slice(&ordinal.to_be_bytes());
                    let row = match back.properties {
                        true => EdgeRow::InNode(back.slot, ordinal),
                        false => EdgeRow::Here(Row::new(&[])),
                    };
                    if !offer(position, scope.referred(source.as_ref())?, row, Vec::new())? {
                        break;
                    }
                }
            }
            Source::Listed(listed) => {
                let range = match (after, direction) {
                    (None, _) => 0..listed.len(),
                    (Some(after), Forward) => {
                        listed.partition_point(|entry| entry.position.as_slice() <= after)..listed.len()
                    }
                    (Some(after), Backward) => 0..listed.partition_point(|entry| entry.position.as_slice() < after),
                };
                let mut visit = |entry: &Listed<'a>| -> Result<bool, FieldError> {
                    let node = scope.referred(entry.id.as_ref())?;
                    offer(entry.position.clone(), node, EdgeRow::Here(entry.row), entry.extras.clone())
                };
                let chosen = &listed[range];
                match direction {
                    Forward => chosen.iter().try_for_each(|entry| go_on(visit(entry))),
                    Backward => chosen.iter().rev().try_for_each(|entry| go_on(visit(entry))),
                }
                .or_else(|stop| stop.map_or(Ok(()), Err))?;
            }
        }
        Ok(())
    }
}

/// Turns "stop" into the error that ends an iteration, which holds the fault if there was one.
fn go_on(more: Result<bool, FieldError>) -> Result<(), Option<FieldError>> {
    match more {
        Ok(true) => Ok(()),
        Ok(false) => Err(None),
        Err(error) => Err(Some(error)),
    }
}

impl Paging {
    fn read(arguments: &Arguments, mark: &[u8]) -> Result<Self, FieldError> {
        let size = |name: &str| match arguments.int(name) {
            None => Ok(None),
            Some(size) => match usize::try_from(size) {
                Ok(size) if size <= PAGE_MAX => Ok(Some(size)),
                _ => Err(FieldError::input(format!(
                    "{name}: expected 0 to {PAGE_MAX}, found {size}; page through with `after`"
                ))),
            },
        };
        let cursor = |name: &str| match arguments.text(name) {
            None => Ok(None),
            Some(text) => {
                let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad_cursor())?;
                bytes.strip_prefix(mark).map(|position| Some(position.to_vec())).ok_or_else(bad_cursor)
            }
        };
        let (direction, size) = match (size("first")?, size("last")?) {
            (Some(_), Some(_)) => return Err(FieldError::input("first and last: give one of the two")),
            (None, Some(last)) => (Backward, last),
            (first, None) => (Forward, first.unwrap_or(PAGE_DEFAULT)),
        };
        Ok(Self { after: cursor("after")?, before: cursor("before")?, direction, size })
    }
}

fn bad_cursor() -> FieldError {
    FieldError::input("after and before: expected a cursor that an edge or pageInfo of this connection gave")
}
