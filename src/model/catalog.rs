//! What a kind is: its fields, edges, derived fields and specials, said once in `model/kinds` and read by every layer.

use super::row::Row;
use super::value::{Leaf, Scalar};

pub use super::common::{
    CITATION, COMMON, COMMON_SPECIALS, FORMER_NAME, FORMER_NAMES, INTERFACES, Interface, NAMED, NAMED_SPECIALS, NODE,
    PARTY, REGION, slot,
};

/// A kind of record. Everything that the other layers know of it is derived from this.
#[derive(Debug)]
pub struct Kind {
    /// The byte that stands for the kind in the file. Never reused, never changed.
    pub tag: u8,
    /// The GraphQL type, `LaborStation`.
    pub name: &'static str,
    /// The kind in kebab case, the first half of a global id: `labor-station`.
    pub id: &'static str,
    /// The root connection, `laborStations`.
    pub plural: &'static str,
    /// The Chinese term.
    pub zh: &'static str,
    /// What the kind is, for a newcomer.
    pub doc: &'static str,
    /// The interfaces it implements beside `Node`.
    pub interfaces: &'static [&'static str],
    /// What a record of the kind stores, in slot order after [`COMMON`].
    pub fields: &'static [Field],
    /// What is computed from the record alone.
    pub derived: &'static [Derived],
    /// Other orders in which its records are kept.
    pub covers: &'static [Cover],
    /// What is computed from the graph; `query/kinds` binds each by its name.
    pub specials: &'static [Special],
}

/// Another order in which the records of a kind are kept, with their rows: what is read together in it lies together, and no
/// record need be looked up. It costs the file the rows once more.
#[derive(Debug, Clone, Copy)]
pub struct Cover {
    /// The fields by which they are ordered before their ids: values, edges to one, and of edges to several at most one. A
    /// record that has no value in one of them is not in it.
    pub by: &'static [&'static str],
}

/// A stored field or edge.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The GraphQL name.
    pub name: &'static str,
    /// What it means, with unit and bounds.
    pub doc: &'static str,
    /// What is stored.
    pub shape: Shape,
    /// A record without it is refused.
    pub required: bool,
    /// The store keeps an index over it.
    pub indexed: bool,
    /// `search` looks for its text.
    pub searched: bool,
    /// The unit of its numbers, where they all have one: `yuan`. Those of an observation are in its indicator's.
    pub unit: &'static str,
    /// The least and the most that its numbers can be.
    pub range: Option<(i32, i32)>,
    /// The date beside it before which its own cannot lie; empty where there is none.
    pub begins: &'static str,
    /// The field beside it without which it says nothing; empty where there is none.
    pub beside: &'static str,
}

/// What a field stores.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// One value.
    One(Scalar),
    /// A list of values, empty rather than null.
    List(Scalar),
    /// A small object that belongs to the record.
    Struct(&'static Struct),
    /// A list of such objects.
    Structs(&'static Struct),
    /// References to other records.
    Edge(Edge),
}

/// A small object inside a record; it has no id of its own.
#[derive(Debug)]
pub struct Struct {
    /// The GraphQL type.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its fields, in slot order.
    pub fields: &'static [Field],
}

/// A relation from the record that stores it to its targets.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    /// The kind or interface it leads to.
    pub target: &'static str,
    /// How it is shown.
    pub form: EdgeForm,
    /// What one edge carries; slot 0 of an edge is its target, these follow.
    pub properties: &'static [Field],
    /// The field on the target that leads back; empty where a special shows the way back.
    pub reverse: &'static str,
    /// What that field gives.
    pub reverse_doc: &'static str,
}

/// How an edge is shown in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeForm {
    /// One target or null.
    One,
    /// A plain list of targets; with properties, a `…Connection` beside it shows them.
    List,
    /// A Relay connection, for lists that can be long.
    Connection,
    /// A list of objects of this type, each of which holds its properties and, as this field, its target.
    Objects {
        /// The GraphQL type.
        name: &'static str,
        /// What it is.
        doc: &'static str,
        /// The field that leads to the target.
        target_field: &'static str,
    },
}

impl Edge {
    /// Whether a record can hold several of it.
    pub const fn is_list(&self) -> bool {
        !matches!(self.form, EdgeForm::One)
    }
}

/// A field that is computed from the record's own bytes.
#[derive(Debug, Clone, Copy)]
pub struct Derived {
    /// The GraphQL name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// The type of the value.
    pub scalar: Scalar,
    /// The value is never null.
    pub required: bool,
    /// The computation.
    pub compute: fn(&'static Kind, Row<'_>) -> Option<Leaf<'static>>,
}

/// A field that needs the graph; declared here, bound in `query/kinds`.
#[derive(Debug, Clone, Copy)]
pub struct Special {
    /// The GraphQL name.
    pub name: &'static str,
    /// What it gives, with its bounds.
    pub doc: &'static str,
    /// Its arguments.
    pub arguments: &'static [Argument],
    /// What it gives.
    pub output: Output,
}

/// An argument of a special.
#[derive(Debug, Clone, Copy)]
pub struct Argument {
    /// The GraphQL name.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Its type.
    pub scalar: Scalar,
    /// It must be given.
    pub required: bool,
    /// What is used where it is not given, as GraphQL writes it.
    pub default: Option<&'static str>,
}

/// What a special gives.
#[derive(Debug, Clone, Copy)]
pub enum Output {
    /// One value, never null.
    Value(Scalar),
    /// One value, or null.
    Maybe(Scalar),
    /// At most one record of a kind or interface.
    One(&'static str),
    /// A list of objects that are no records.
    Objects(&'static str),
    /// A plain list of records of a kind or interface.
    List(&'static str),
    /// A connection of records, with the paging arguments.
    Connection {
        /// The kind or interface of its nodes.
        of: &'static str,
        /// The GraphQL type of the connection, without `Connection`; the nodes' own where empty.
        name: &'static str,
        /// What each edge carries.
        edge: &'static [EdgeProperty],
    },
}

/// What an edge of a special's connection carries.
#[derive(Debug, Clone, Copy)]
pub struct EdgeProperty {
    /// The GraphQL name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Its value.
    pub value: EdgeValue,
}

/// The value of an edge's property.
#[derive(Debug, Clone, Copy)]
pub enum EdgeValue {
    /// A value, perhaps null.
    Scalar(Scalar),
    /// A record of a kind.
    Node(&'static str),
}

impl Field {
    /// A field of one value, which may be null.
    pub const fn one(name: &'static str, scalar: Scalar, doc: &'static str) -> Self {
        Self::new(name, doc, Shape::One(scalar))
    }

    /// A field that lists values, in their order.
    pub const fn list(name: &'static str, scalar: Scalar, doc: &'static str) -> Self {
        Self::new(name, doc, Shape::List(scalar))
    }

    /// A small object that belongs to the record, which may be null.
    pub const fn object(name: &'static str, of: &'static Struct, doc: &'static str) -> Self {
        Self::new(name, doc, Shape::Struct(of))
    }

    /// A list of such objects.
    pub const fn objects(name: &'static str, of: &'static Struct, doc: &'static str) -> Self {
        Self::new(name, doc, Shape::Structs(of))
    }

    /// A relation to a kind or an interface.
    pub const fn edge(name: &'static str, target: &'static str, form: EdgeForm, doc: &'static str) -> Self {
        Self::new(name, doc, Shape::Edge(Edge { target, form, properties: &[], reverse: "", reverse_doc: "" }))
    }

    /// A relation to at most one record.
    pub const fn to_one(name: &'static str, target: &'static str, doc: &'static str) -> Self {
        Self::edge(name, target, EdgeForm::One, doc)
    }

    /// A relation to a few records, shown as a plain list.
    pub const fn to_list(name: &'static str, target: &'static str, doc: &'static str) -> Self {
        Self::edge(name, target, EdgeForm::List, doc)
    }

    /// A relation to perhaps many records, shown as a connection.
    pub const fn to_many(name: &'static str, target: &'static str, doc: &'static str) -> Self {
        Self::edge(name, target, EdgeForm::Connection, doc)
    }

    const fn new(name: &'static str, doc: &'static str, shape: Shape) -> Self {
        Self {
            name,
            doc,
            shape,
            required: false,
            indexed: false,
            searched: false,
            unit: "",
            range: None,
            begins: "",
            beside: "",
        }
    }

    /// The edge with properties on it.
    pub const fn with(mut self, properties: &'static [Field]) -> Self {
        if let Shape::Edge(edge) = &mut self.shape {
            edge.properties = properties;
        }
        self
    }

    /// The edge with a field on its target that leads back.
    pub const fn reverse(mut self, name: &'static str, doc: &'static str) -> Self {
        if let Shape::Edge(edge) = &mut self.shape {
            edge.reverse = name;
            edge.reverse_doc = doc;
        }
        self
    }

    /// A record without it is refused.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The store keeps an index over it.
    pub const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    /// `search` looks for its text.
    pub const fn searched(mut self) -> Self {
        self.searched = true;
        self
    }

    /// Its numbers are all in this unit.
    pub const fn in_unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// Its numbers are no less and no more.
    pub const fn between(mut self, least: i32, most: i32) -> Self {
        self.range = Some((least, most));
        self
    }

    /// Its date does not lie before that of a field beside it.
    pub const fn not_before(mut self, begins: &'static str) -> Self {
        self.begins = begins;
        self
    }

    /// It says something of a field beside it, and nothing without that.
    pub const fn only_with(mut self, beside: &'static str) -> Self {
        self.beside = beside;
        self
    }

    /// The edge, where the field is one.
    pub const fn as_edge(&self) -> Option<&Edge> {
        match &self.shape {
            Shape::Edge(edge) => Some(edge),
            _ => None,
        }
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag
    }
}

impl Eq for Kind {}

impl Kind {
    /// Every slot of the kind in order: the common ones, then its own.
    pub fn slots(&self) -> impl Iterator<Item = (usize, &'static Field)> + use<> {
        COMMON.iter().chain(self.fields).enumerate()
    }

    /// The slots that the API shows: the named ones only on named kinds, and never the key.
    pub fn shown(&self) -> impl Iterator<Item = (usize, &'static Field)> + use<> {
        let named = self.is_named();
        self.slots().filter(move |(slot, _)| match *slot {
            slot::KEY => false,
            slot::NAME | slot::NAME_EN | slot::ALIASES | slot::ANONYMOUS => named,
            _ => true,
        })
    }

    /// The slot and declaration of a field, by its GraphQL name.
    pub fn field(&self, name: &str) -> Option<(usize, &'static Field)> {
        self.shown().find(|(_, field)| field.name == name)
    }

    /// The slot of one of the kind's own fields, in a constant: a wrong name does not compile.
    pub const fn slot_of(&self, name: &str) -> usize {
        let mut index = 0;
        while index < self.fields.len() {
            if same(self.fields[index].name, name) {
                return slot::OWN + index;
            }
            index += 1;
        }
        panic!("the kind has no field of this name")
    }

    /// What is computed from the graph, the common ones first.
    pub fn all_specials(&self) -> impl Iterator<Item = &'static Special> + use<> {
        let named = if self.is_named() { NAMED_SPECIALS } else { &[] };
        COMMON_SPECIALS.iter().chain(named).chain(self.specials)
    }

    /// Whether records of the kind have a name.
    pub fn is_named(&self) -> bool {
        self.implements(NAMED)
    }

    /// Whether the kind is, or implements, a type.
    pub fn implements(&self, name: &str) -> bool {
        name == NODE || name == self.name || self.interfaces.contains(&name)
    }
}

impl Struct {
    /// The slot of a field, in a constant: a wrong name does not compile.
    pub const fn slot_of(&self, name: &str) -> usize {
        let mut index = 0;
        while index < self.fields.len() {
            if same(self.fields[index].name, name) {
                return index;
            }
            index += 1;
        }
        panic!("the struct has no field of this name")
    }
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}
