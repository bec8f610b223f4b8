//! Objects and their fields: each has one resolver, a plain function over the snapshot and the record's bytes, which both
//! executors call.

use super::aggregate::{Group, Groups};
use super::aggregate_types::{ObjectFn, aggregate, measure};
use super::arguments::Arguments;
use super::connection::{Back, Connection, Extra, Item, Listed};
use super::error::FieldError;
use super::mutation::Mutation;
use super::paging::PageInfo;
use super::path::Found;
use super::root;
use super::scope::Scope;
use super::sum::Sum;
use crate::model::catalog::{Edge, Kind};
use crate::model::id::{Id, IdRef};
use crate::model::row::{List, Row};
use crate::model::value::{Leaf, Scalar};
use crate::store::Stored;
use crate::text::query::Query;

/// What a selection is read from.
pub enum Object<'a> {
    /// The root of a query.
    Root,
    /// A record.
    Record(Stored<'a>),
    /// A record that something else holds.
    Held(&'a Stored<'a>),
    /// A struct inside a record, or an edge's entry shown as an object.
    Row(Row<'a>),
    /// A connection.
    Connection(Box<Connection<'a>>),
    /// A page's standing.
    PageInfo(PageInfo),
    /// One of its edges.
    Edge(&'a Connection<'a>, &'a Item<'a>),
    /// A page of groups.
    Groups(Box<Groups>),
    /// A group.
    Group(&'a Group),
    /// What its records share.
    Key(&'a Option<Found>),
    /// What is reckoned of one measure, or of a struct's, in a group.
    Measure(&'a Group, &'static str),
    /// A sum.
    Sum(&'a Sum),
    /// What is made of plain values, such as an answer about the network.
    Plain(Plain),
}

/// The nodes of a connection of a [`Plain`] object.
#[derive(Debug, Clone)]
pub struct Nodes {
    /// The arguments of the question that they answer: a position among them is none among another's.
    pub question: String,
    /// Records, each at a position, with what its edge carries.
    pub records: Vec<(Vec<u8>, Id, Vec<Extra>)>,
    /// The text that they were found by, where what their edges carry follows from it.
    pub found_by: Option<Query>,
}

/// An object of plain values by the names of their fields.
pub type Plain = Vec<(&'static str, PlainValue)>;

/// A value of a [`Plain`] object.
#[derive(Debug, Clone)]
pub enum PlainValue {
    /// Null, or a value.
    Leaf(Option<Leaf<'static>>),
    /// Null, or a record.
    Record(Option<Id>),
    /// A list.
    List(Vec<PlainValue>),
    /// An object.
    Object(Plain),
    /// The nodes of a connection.
    Nodes(Nodes),
}

/// What a field gives.
pub enum Resolved<'a> {
    /// Nothing.
    Null,
    /// A value.
    Leaf(Leaf<'a>),
    /// An object.
    Object(Object<'a>),
    /// A list; what is null in it is nullable there.
    List(Vec<Resolved<'a>>),
}

/// A special's function.
pub type SpecialFn = for<'a> fn(&'a Scope, &'a Stored<'a>, &Arguments) -> Result<Resolved<'a>, FieldError>;

/// How a field gets its value.
#[derive(Clone, Copy)]
pub enum Resolver {
    /// The global id.
    Id,
    /// The revision that last changed the record.
    Version,
    /// A stored value.
    Value(usize, Scalar),
    /// A stored list of values.
    Values(usize, Scalar),
    /// A stored struct.
    Struct(usize),
    /// A stored list of structs, or of edges shown as objects.
    Structs(usize),
    /// The target of an edge to one.
    Target(usize),
    /// The targets of an edge to several, as a plain list.
    Targets(usize, &'static Edge),
    /// The same as a connection.
    Forward(usize, &'static Edge),
    /// The records whose edge leads here, as a connection.
    Back(&'static str, Back),
    /// Computed from the record alone.
    Derived(fn(&'static Kind, Row<'_>) -> Option<Leaf<'static>>),
    /// Computed from the graph.
    Special(SpecialFn),
    /// A connection's edges.
    Edges,
    /// A connection's nodes.
    Nodes,
    /// A connection's paging.
    PageInfo,
    /// How many there are behind a connection.
    TotalCount,
    /// One of the four fields of the paging.
    Paging(Paging),
    /// An edge's cursor.
    Cursor,
    /// An edge's node.
    Node,
    /// What a special put on the edge.
    Extra(usize),
    /// A connection's groups.
    Aggregate,
    /// What is reckoned of a measure.
    Measure(&'static str),
    /// A root field that changes something: the executor makes the change, and reads what it came to.
    Change(Mutation),
    /// The root field of a subscription: the executor follows the log, and reads each event.
    Follow,
    /// A field of an object that is no record.
    Function(ObjectFn),
    /// A field of a [`Plain`] object.
    Plain(&'static str),
    /// A connection of the nodes that a [`Plain`] object holds, and their type.
    PlainNodes(&'static str, &'static str),
    /// A root field.
    Root(root::RootFn),
    /// The connection of a kind.
    RootKind(&'static Kind),
}

/// The fields of `PageInfo`.
#[derive(Debug, Clone, Copy)]
pub enum Paging {
    /// `hasNextPage`
    HasNext,
    /// `hasPreviousPage`
    HasPrevious,
    /// `startCursor`
    Start,
    /// `endCursor`
    End,
}

impl PlainValue {
    fn resolve<'a>(&'a self, scope: &'a Scope) -> Result<Resolved<'a>, FieldError> {
        Ok(match self {
            Self::Leaf(None) | Self::Record(None) => Resolved::Null,
            Self::Leaf(Some(leaf)) => Resolved::Leaf(leaf.clone()),
            Self::Record(Some(id)) => Resolved::Object(Object::Record(scope.referred(id.as_ref())?)),
            Self::List(items) => {
                Resolved::List(items.iter().map(|item| item.resolve(scope)).collect::<Result<_, _>>()?)
            }
            Self::Object(fields) => Resolved::Object(Object::Plain(fields.clone())),
            Self::Nodes(_) => Resolved::Null,
        })
    }
}

impl<'a> Object<'a> {
    /// The record, where it is one.
    pub fn record(&'a self) -> Option<&'a Stored<'a>> {
        match self {
            Self::Record(record) => Some(record),
            Self::Held(record) => Some(record),
            _ => None,
        }
    }

    /// The row that stored fields are read from.
    pub fn row(&'a self) -> Row<'a> {
        match self {
            Self::Record(record) => record.row(),
            Self::Held(record) => record.row(),
            Self::Row(row) => *row,
            Self::Edge(_, item) => item.row(),
            _ => Row::new(&[]),
        }
    }

    fn stored(&'a self) -> Result<&'a Stored<'a>, FieldError> {
        self.record().ok_or_else(|| FieldError::internal("the field is a record's"))
    }

    fn connection(&'a self) -> Result<&'a Connection<'a>, FieldError> {
        match self {
            Self::Connection(connection) => Ok(connection),
            Self::Edge(connection, _) => Ok(connection),
            _ => Err(FieldError::internal("the field is a connection's")),
        }
    }

    fn item(&'a self) -> Result<&'a Item<'a>, FieldError> {
        match self {
            Self::Edge(_, item) => Ok(item),
            _ => Err(FieldError::internal("the field is an edge's")),
        }
    }
}

impl Resolver {
    /// Whether it reads only what is asked of its value.
    pub fn looks_ahead(self) -> bool {
        matches!(
            self,
            Self::Forward(..)
                | Self::Back(..)
                | Self::RootKind(_)
                | Self::Special(_)
                | Self::Root(_)
                | Self::Aggregate
                | Self::PlainNodes(..)
        )
    }

    /// The field's value, with a note of how it was come by at the path of names that leads to it.
    pub fn resolve_noting<'a>(
        self,
        scope: &'a Scope,
        object: &'a Object<'a>,
        arguments: &Arguments,
        path: impl FnOnce() -> String,
    ) -> Result<Resolved<'a>, FieldError> {
        if !scope.trace.tells_fields() {
            return self.resolve(scope, object, arguments);
        }
        let before = scope.reads();
        let resolved = self.resolve(scope, object, arguments);
        let found = match &resolved {
            Ok(Resolved::Object(Object::Connection(connection))) => Some(connection.found()),
            _ => scope.trace.take_root(),
        };
        let newly_kept = match object {
            Object::Connection(connection) => connection.newly_kept(),
            _ => 0,
        };
        scope.trace.tell(path(), scope.reads() - before, found, newly_kept);
        resolved
    }

    /// The field's value.
    pub fn resolve<'a>(
        self,
        scope: &'a Scope,
        object: &'a Object<'a>,
        arguments: &Arguments,
    ) -> Result<Resolved<'a>, FieldError> {
        Ok(match self {
            Self::Id => {
                let record = object.stored()?;
                Resolved::Leaf(Leaf::Id(record.kind.id, record.key()))
            }
            Self::Version => Resolved::Leaf(Leaf::Int(i32::try_from(object.stored()?.version()).unwrap_or(i32::MAX))),
            Self::Value(slot, scalar) => leaf(scalar.read(object.row().slot(slot))),
            Self::Values(slot, scalar) => {
                Resolved::List(List::new(object.row().slot(slot)).iter().map(|item| leaf(scalar.read(item))).collect())
            }
            Self::Struct(slot) => match object.row().slot(slot) {
                [] => Resolved::Null,
                bytes => Resolved::Object(Object::Row(Row::new(bytes))),
            },
            Self::Structs(slot) => {
                let items = List::new(object.row().slot(slot)).iter();
                Resolved::List(items.map(|item| Resolved::Object(Object::Row(Row::new(item)))).collect())
            }
            Self::Target(slot) => match IdRef::from_bytes(object.row().slot(slot)) {
                None => Resolved::Null,
                Some(id) => Resolved::Object(Object::Record(scope.referred(id)?)),
            },
            Self::Targets(slot, edge) => {
                let targets = entries(edge, object.row().slot(slot))
                    .map(|(target, _)| Ok(Resolved::Object(Object::Record(scope.referred(target)?))));
                Resolved::List(targets.collect::<Result<_, FieldError>>()?)
            }
            Self::Forward(slot, edge) => {
                let listed = entries(edge, object.row().slot(slot)).enumerate().map(|(ordinal, (target, row))| {
                    Listed::new(target.to_owned(), &(ordinal as u32).to_be_bytes()).with_row(row)
                });
                let list = format!("{slot} to {}", edge.target);
                connection(Connection::listed(scope, edge.target, &list, listed.collect(), arguments)?)
            }
            Self::Back(of, back) => connection(Connection::back(scope, object.stored()?.id(), of, back, arguments)?),
            Self::Derived(compute) => {
                let record = object.stored()?;
                leaf(compute(record.kind, record.row()))
            }
            Self::Special(special) => special(scope, object.stored()?, arguments)?,
            Self::Edges => {
                let connection = object.connection()?;
                let items = connection.page.items.iter();
                Resolved::List(items.map(|item| Resolved::Object(Object::Edge(connection, item))).collect())
            }
            Self::Nodes => Resolved::List(match object {
                Object::Groups(groups) => {
                    groups.items.iter().map(|group| Resolved::Object(Object::Group(group))).collect()
                }
                object => {
                    let items = object.connection()?.page.items.iter();
                    items.map(|item| Resolved::Object(Object::Held(&item.node))).collect()
                }
            }),
            Self::PageInfo => Resolved::Object(Object::PageInfo(match object {
                Object::Groups(groups) => groups.page_info(),
                object => object.connection()?.page_info(),
            })),
            Self::TotalCount => {
                let total = match object {
                    Object::Groups(groups) => groups.total as u64,
                    object => object.connection()?.total_count()?,
                };
                Resolved::Leaf(Leaf::Int(i32::try_from(total).unwrap_or(i32::MAX)))
            }
            Self::Paging(paging) => {
                let Object::PageInfo(info) = object else {
                    return Err(FieldError::internal("the field is a page's"));
                };
                let cursor = |cursor: &'a Option<String>| leaf(cursor.as_deref().map(Leaf::Text));
                match paging {
                    Paging::HasNext => Resolved::Leaf(Leaf::Bool(info.has_next)),
                    Paging::HasPrevious => Resolved::Leaf(Leaf::Bool(info.has_previous)),
                    Paging::Start => cursor(&info.start),
                    Paging::End => cursor(&info.end),
                }
            }
            Self::Cursor => Resolved::Leaf(Leaf::Owned(object.connection()?.cursor(object.item()?))),
            Self::Node => Resolved::Object(Object::Held(&object.item()?.node)),
            Self::Extra(place) => object.item()?.extra(scope, place)?,
            Self::Aggregate => aggregate(scope, object, arguments)?,
            Self::Measure(name) => measure(object, name)?,
            Self::Function(function) => function(scope, object, arguments)?,
            Self::PlainNodes(name, of) => match object {
                Object::Plain(fields) => {
                    let found = fields.iter().find(|(known, _)| *known == name);
                    let Some((_, PlainValue::Nodes(nodes))) = found else {
                        return Err(FieldError::internal(format!("there are no nodes {name}")));
                    };
                    let listed = nodes
                        .records
                        .iter()
                        .map(|(position, id, extras)| Listed::at(position, id, extras, nodes.found_by.as_ref()));
                    let list = format!("{name} {}", nodes.question);
                    connection(Connection::listed(scope, of, &list, listed.collect(), arguments)?)
                }
                _ => return Err(FieldError::internal("the field is a plain object's")),
            },
            Self::Plain(name) => match object {
                Object::Plain(fields) => match fields.iter().find(|(known, _)| *known == name) {
                    Some((_, value)) => value.resolve(scope)?,
                    None => Resolved::Null,
                },
                _ => return Err(FieldError::internal("the field is a plain object's")),
            },
            Self::Change(_) => return Err(FieldError::internal("a change was resolved as a question")),
            Self::Follow => return Err(FieldError::internal("a subscription was resolved as a question")),
            Self::Root(root) => root(scope, arguments)?,
            Self::RootKind(kind) => connection(Connection::of_kind(scope, kind, arguments)?),
        })
    }
}

/// The entries of an edge to several: each target, and the row of its properties.
pub fn entries<'a>(edge: &'static Edge, bytes: &'a [u8]) -> impl Iterator<Item = (IdRef<'a>, Row<'a>)> {
    let plain = edge.properties.is_empty();
    List::new(bytes).iter().filter_map(move |entry| {
        let row = Row::new(if plain { &[] } else { entry });
        Some((IdRef::from_bytes(if plain { entry } else { row.slot(0) })?, row))
    })
}

/// The records that an edge of a record leads to, be it to one or to several; none where the slot holds no edge.
pub fn targets(record: &Stored<'_>, slot: usize) -> Vec<Id> {
    let bytes = record.row().slot(slot);
    match record.kind.slots().nth(slot).and_then(|(_, field)| field.as_edge()) {
        Some(edge) if edge.is_list() => entries(edge, bytes).map(|(target, _)| target.to_owned()).collect(),
        Some(_) => IdRef::from_bytes(bytes).map(IdRef::to_owned).into_iter().collect(),
        None => Vec::new(),
    }
}

fn leaf(leaf: Option<Leaf<'_>>) -> Resolved<'_> {
    leaf.map_or(Resolved::Null, Resolved::Leaf)
}

/// A connection as a field's value.
pub fn connection(connection: Connection<'_>) -> Resolved<'_> {
    Resolved::Object(Object::Connection(Box::new(connection)))
}
