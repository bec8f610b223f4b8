//! The nodes of a connection: as a resolver lists them, and as the edges of a page.

use std::borrow::Cow;

use crate::model::id::Id;
use crate::model::row::{List, Row};
use crate::model::value::Leaf;
use crate::query::error::FieldError;
use crate::query::object::{Object, Resolved};
use crate::query::scope::Scope;
use crate::store::Stored;
use crate::store::key::push_source;
use crate::text::query::Query;

/// One node that a resolver listed, with what its edge carries.
pub struct Listed<'a> {
    pub(super) position: Cow<'a, [u8]>,
    pub(super) id: Cow<'a, Id>,
    /// The node, where it is at hand.
    pub(super) node: Option<Stored<'a>>,
    pub(super) row: Row<'a>,
    pub(super) extras: Extras<'a>,
}

/// What specials put on an edge.
#[derive(Clone)]
pub(super) enum Extras<'a> {
    /// At hand.
    Given(Cow<'a, [Extra]>),
    /// What follows from the node and the text that it was found by. Of thousands of hits a page of them is shown.
    FoundBy(&'a Query),
}

/// What a special puts on an edge.
#[derive(Debug, Clone)]
pub enum Extra {
    /// A name of a closed list, or null.
    Name(Option<&'static str>),
    /// A record.
    Node(Id),
    /// A text.
    Text(String),
    /// A whole number.
    Int(i32),
}

/// One edge of a page.
pub struct Item<'a> {
    pub(super) position: Position,
    /// The node.
    pub node: Stored<'a>,
    pub(super) row: EdgeRow<'a>,
    pub(super) extras: Vec<Extra>,
}

/// Where an edge stands in its connection. Of a whole page mostly the first and the last are asked.
pub(super) enum Position {
    /// At these bytes.
    At(Vec<u8>),
    /// Where its node's key says.
    OfKey,
    /// Where its node's id says, and which of the node's edges it is.
    OfSource(u32),
}

/// Where an edge's stored properties are.
#[derive(Clone, Copy)]
pub(super) enum EdgeRow<'a> {
    /// In the row that holds the edge.
    Here(Row<'a>),
    /// In the node, which holds the edge: its slot, and which entry.
    InNode(usize, u32),
}

impl<'a> Listed<'a> {
    /// A node at a position: its id, then `rest`, which tells edges to the same node apart.
    pub fn new(id: Id, rest: &[u8]) -> Self {
        let mut position = id.as_ref().to_bytes();
        position.push(0);
        position.extend_from_slice(rest);
        let extras = Extras::Given(Cow::Borrowed(&[]));
        Self { position: Cow::Owned(position), id: Cow::Owned(id), node: None, row: Row::new(&[]), extras }
    }

    /// A node at a position of its own, for what is ranked.
    pub fn at(position: &'a [u8], id: &'a Id, extras: &'a [Extra], found_by: Option<&'a Query>) -> Self {
        let extras = found_by.map_or(Extras::Given(Cow::Borrowed(extras)), Extras::FoundBy);
        Self { position: Cow::Borrowed(position), id: Cow::Borrowed(id), node: None, row: Row::new(&[]), extras }
    }

    /// The same, with the node where it is at hand.
    pub fn with_node(self, node: Option<Stored<'a>>) -> Self {
        Self { node, ..self }
    }

    /// The same, with the edge's stored properties.
    pub fn with_row(self, row: Row<'a>) -> Self {
        Self { row, ..self }
    }

    /// The same, with what a special puts on the edge.
    pub fn with_extras(self, extras: Vec<Extra>) -> Self {
        Self { extras: Extras::Given(Cow::Owned(extras)), ..self }
    }
}

impl<'a> Item<'a> {
    /// Where it stands in its connection.
    pub(super) fn position(&self) -> Cow<'_, [u8]> {
        match &self.position {
            Position::At(bytes) => Cow::Borrowed(bytes),
            Position::OfKey => Cow::Borrowed(self.node.key().as_bytes()),
            Position::OfSource(ordinal) => {
                let mut position = Vec::new();
                push_source(&mut position, self.node.id(), *ordinal);
                Cow::Owned(position)
            }
        }
    }

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
            Some(Extra::Text(text)) => Resolved::Leaf(Leaf::Text(text)),
            Some(Extra::Int(number)) => Resolved::Leaf(Leaf::Int(*number)),
            Some(Extra::Node(id)) => Resolved::Object(Object::Record(scope.referred(id.as_ref())?)),
        })
    }
}
