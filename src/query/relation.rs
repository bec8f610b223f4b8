//! What leads from a record to others, and what of a record can be compared: the members of a kind, by their names in
//! filters, orders and groups.

use super::back::{each_source, ways_back};
use super::connection::Back;
use super::error::FieldError;
use super::kinds::relation;
use super::object::entries;
use super::scope::Scope;
use std::sync::LazyLock;

use crate::model::catalog::{Derived, Edge, INTERFACES, Kind, Output, Shape, Struct};
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{KINDS, kinds_of};
use crate::model::value::Scalar;
use crate::store::{Direction, Stored};

/// A special's function as a relation: the records that it leads to, in the order of the special.
pub type RelationFn = fn(&Scope, &Stored<'_>) -> Result<Vec<Id>, FieldError>;

/// The way back along a special's relation: the records of a kind from which it leads to a target, where that can be told
/// without looking at all of them.
pub type BackFn = fn(&Scope, IdRef<'_>, &'static Kind) -> Result<Vec<Id>, FieldError>;

/// What leads from a record to others.
#[derive(Debug, Clone, Copy)]
pub enum Relation {
    /// An edge to one, in a slot.
    Target(usize),
    /// An edge to several.
    Targets(usize, &'static Edge),
    /// The way back along an edge.
    Back(Back),
    /// What a special computes, and the way back.
    Special(RelationFn, Option<BackFn>),
}

impl Relation {
    /// Whether several records may lead to the same by it. Back along an edge each is led to by its own targets.
    pub fn is_shared(self) -> bool {
        !matches!(self, Self::Back(_))
    }

    /// Calls back for each record that it leads to, while it says so; an edge that is there twice counts twice.
    pub fn each(
        self,
        scope: &Scope,
        record: &Stored<'_>,
        mut each: impl FnMut(IdRef<'_>) -> Result<bool, FieldError>,
    ) -> Result<(), FieldError> {
        match self {
            Self::Target(slot) => {
                if let Some(target) = IdRef::from_bytes(record.row().slot(slot)) {
                    each(target)?;
                }
            }
            Self::Targets(slot, edge) => {
                for (target, _) in entries(edge, record.row().slot(slot)) {
                    if !each(target)? {
                        break;
                    }
                }
            }
            Self::Back(back) => {
                each_source(scope, record.id(), back, None, Direction::Forward, |source, _| each(source.id()))?;
            }
            Self::Special(special, _) => {
                for id in special(scope, record)? {
                    if !each(id.as_ref())? {
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

/// What of a record can be compared, ordered and grouped by.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// What it means.
    pub doc: &'static str,
    /// What it is.
    pub what: What,
}

/// What a member is.
#[derive(Debug, Clone, Copy)]
pub enum What {
    /// The global id.
    Id,
    /// A stored value.
    Value(usize, Scalar),
    /// A stored list of values.
    Values(usize, Scalar),
    /// A stored struct.
    Struct(usize, &'static Struct),
    /// A stored list of structs.
    Structs(usize, &'static Struct),
    /// Computed from the record alone.
    Derived(Derived),
    /// A relation to one record at most, of a type.
    One(Relation, &'static str),
    /// A relation to several.
    Many(Relation, &'static str),
    /// The record itself, where it is of a type; an interface's only.
    On(&'static str),
}

impl Member {
    fn new(name: &str, doc: &'static str, what: What) -> Self {
        Self { name: name.to_owned(), doc, what }
    }

    /// What tells two members of one name apart: kinds share a member where this is the same.
    fn shape(&self) -> (&str, u8, &'static str) {
        let (tag, of) = match self.what {
            What::Id => (0, "ID"),
            What::Value(_, scalar) => (1, scalar.type_name()),
            What::Derived(derived) => (1, derived.scalar.type_name()),
            What::Values(_, scalar) => (2, scalar.type_name()),
            What::Struct(_, of) => (3, of.name),
            What::Structs(_, of) => (4, of.name),
            What::One(_, of) => (5, of),
            What::Many(_, of) => (6, of),
            What::On(of) => (7, of),
        };
        (&self.name, tag, of)
    }
}

/// The members of a kind.
pub fn members(kind: &'static Kind) -> &'static [Member] {
    static MEMBERS: LazyLock<Vec<Vec<Member>>> = LazyLock::new(|| KINDS.iter().map(|kind| collect(kind)).collect());
    &MEMBERS[usize::from(kind.tag) - 1]
}

fn collect(kind: &'static Kind) -> Vec<Member> {
    let mut members = vec![Member::new("id", "The global id.", What::Id)];
    for (slot, field) in kind.shown() {
        let what = match &field.shape {
            Shape::One(scalar) => What::Value(slot, *scalar),
            Shape::List(scalar) => What::Values(slot, *scalar),
            Shape::Struct(of) => What::Struct(slot, of),
            Shape::Structs(of) => What::Structs(slot, of),
            Shape::Edge(edge) if edge.is_list() => What::Many(Relation::Targets(slot, edge), edge.target),
            Shape::Edge(edge) => What::One(Relation::Target(slot), edge.target),
        };
        members.push(Member::new(field.name, field.doc, what));
    }
    members.extend(kind.derived.iter().map(|derived| Member::new(derived.name, derived.doc, What::Derived(*derived))));
    for special in kind.specials {
        let Some((forward, back)) = relation(kind, special.name) else { continue };
        let function = Relation::Special(forward, back);
        match special.output {
            Output::One(of) => members.push(Member::new(special.name, special.doc, What::One(function, of))),
            Output::Connection { of, .. } | Output::List(of) => {
                members.push(Member::new(special.name, special.doc, What::Many(function, of)));
            }
            Output::Value(_) | Output::Maybe(_) | Output::Objects(_) => {}
        }
    }
    members.extend(
        ways_back(kind).map(|way| Member::new(way.name, way.doc, What::Many(Relation::Back(way.back), way.of))),
    );
    members
}

/// A member of a kind by its name, also where the name is an interface's `on…`.
pub fn member(kind: &'static Kind, name: &str) -> Option<What> {
    if let Some(of) = name.strip_prefix("on").and_then(|of| downcasts().find(|known| *known == of)) {
        return Some(What::On(of));
    }
    members(kind).iter().find(|member| member.name == name).map(|member| member.what)
}

/// The members of a type. An interface has those that all of its types share, and for each of its types the record itself
/// as that type.
pub fn members_of(of: &str) -> Vec<Member> {
    let mut kinds = kinds_of(of);
    let mut shared = kinds.next().map(members).unwrap_or_default().to_vec();
    for kind in kinds {
        let others = members(kind);
        shared.retain(|member| others.iter().any(|other| other.shape() == member.shape()));
    }
    let narrower = |name: &&str| {
        *name != of && kinds_of(name).all(|kind| kind.implements(of)) && kinds_of(name).count() < kinds_of(of).count()
    };
    shared.extend(downcasts().filter(narrower).map(|name| Member {
        name: format!("on{name}"),
        doc: "The record itself, where it is of this type.",
        what: What::On(name),
    }));
    shared
}

/// The types that a record of an interface can be asked as.
fn downcasts() -> impl Iterator<Item = &'static str> {
    INTERFACES.iter().map(|interface| interface.name).chain(KINDS.iter().map(|kind| kind.name))
}
