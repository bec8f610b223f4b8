//! Paths: from a record, through relations, to what is compared. Orders and groups are made of them.

use std::sync::{Arc, OnceLock};

use super::error::FieldError;
use super::filter::{Filter, filter_within};
use super::given::Given;
use super::relation::{Relation, What, member};
use super::remembered::Asker;
use super::scope::Scope;
use crate::model::catalog::{Derived, Kind, Shape, Struct};
use crate::model::date::PartialDate;
use crate::model::id::{Id, IdRef};
use crate::model::kinds::kinds_of;
use crate::model::row::{List, Row};
use crate::model::value::{Leaf, Scalar};
use crate::store::{Stored, key};

/// A path from the records of a type. Like a filter, it is resolved for a kind when it first meets a record of it.
#[derive(Debug)]
pub struct Path {
    given: Arc<Given>,
    /// By which what it leads to from a record is remembered.
    asker: Asker,
    kinds: Vec<(&'static Kind, OnceLock<Result<Step, FieldError>>)>,
}

/// What a path does at a record of one kind.
#[derive(Debug)]
enum Step {
    /// The record itself.
    Itself,
    Value(usize, Scalar, Part),
    Values(usize, Scalar, Part),
    Derived(Derived, Part),
    Struct(usize, InStruct),
    Structs(usize, InStruct),
    Relation(Relation, Path),
    /// How many a relation leads to that pass.
    Count(Relation, Option<Filter>),
    /// The record itself, as a type.
    On(&'static str, Path),
}

/// A value within a struct.
#[derive(Debug)]
struct InStruct {
    slot: usize,
    scalar: Scalar,
    part: Part,
}

/// How much of a value is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    /// Of a date: its year, or its year and month.
    Year,
    Month,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A value: what it compares by, and how it reads.
    Value {
        /// Bytes that compare as the values do.
        sortable: Vec<u8>,
        /// As the API writes it.
        text: String,
    },
    /// A record.
    Record(Id),
}

impl Found {
    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Value { sortable, text } => sortable.len() + text.len(),
            Self::Record(id) => id.key.len(),
        }
    }

    /// Bytes that compare as what was found does.
    pub fn sortable(&self) -> Vec<u8> {
        match self {
            Self::Value { sortable, .. } => sortable.clone(),
            Self::Record(id) => {
                let mut bytes = id.as_ref().to_bytes();
                bytes.push(0);
                bytes
            }
        }
    }
}

impl Path {
    /// A path from the records of a type, as an order or a group gives it: an object of one field, down to a leaf.
    pub fn compile(of: &str, given: &Arc<Given>) -> Result<Self, FieldError> {
        let kinds = kinds_of(of).map(|kind| (kind, OnceLock::new()));
        let path = Self { given: given.clone(), asker: Asker::another(), kinds: kinds.collect() };
        // What is wrong with it is told even if it meets no record.
        if let Some((kind, _)) = path.kinds.first() {
            path.step(kind)?;
        }
        Ok(path)
    }

    /// The paths of an argument that is a list of them.
    pub fn compile_each(of: &str, argument: &str, given: &Arc<Given>) -> Result<Vec<Self>, FieldError> {
        let path = |(place, item): (usize, &Arc<Given>)| {
            Self::compile(of, item).map_err(|error| error.within(&format!("{argument}[{place}]")))
        };
        given.items().iter().enumerate().map(path).collect()
    }

    fn step(&self, kind: &Kind) -> Result<Option<&Step>, FieldError> {
        let Some((kind, step)) = self.kinds.iter().find(|(known, _)| *known == kind) else { return Ok(None) };
        step.get_or_init(|| compile(kind, &self.given)).as_ref().map(Some).map_err(Clone::clone)
    }

    /// The slot that it reads from a record of a kind, where that is all it does.
    pub fn slot(&self, kind: &Kind) -> Option<usize> {
        match self.step(kind) {
            Ok(Some(Step::Value(slot, _, Part::Whole))) => Some(*slot),
            _ => None,
        }
    }

    /// Calls back for each value that it leads to from a record; for none where there is none.
    pub fn each(
        &self,
        scope: &Scope,
        record: &Stored<'_>,
        found: &mut dyn FnMut(Found) -> Result<(), FieldError>,
    ) -> Result<(), FieldError> {
        let Some(step) = self.step(record.kind)? else { return Ok(()) };
        let row = record.row();
        match step {
            Step::Itself => found(Found::Record(record.id().to_owned())),
            Step::Value(slot, scalar, part) => part.tell(*scalar, scalar.read(row.slot(*slot)), found),
            Step::Values(slot, scalar, part) => {
                List::new(row.slot(*slot)).iter().try_for_each(|item| part.tell(*scalar, scalar.read(item), found))
            }
            Step::Derived(derived, part) => part.tell(derived.scalar, (derived.compute)(record.kind, row), found),
            Step::Struct(slot, inner) => inner.tell(Row::new(row.slot(*slot)), found),
            Step::Structs(slot, inner) => {
                List::new(row.slot(*slot)).iter().try_for_each(|item| inner.tell(Row::new(item), found))
            }
            Step::Relation(relation, path) => relation.each(scope, record, |id| {
                path.each_from(scope, *relation, id, found)?;
                Ok(true)
            }),
            Step::Count(relation, filter) => {
                let mut count = 0i32;
                relation.each(scope, record, |id| {
                    let passes = match filter {
                        Some(filter) => filter.matches_target(scope, *relation, id)?,
                        None => true,
                    };
                    count = count.saturating_add(i32::from(passes));
                    Ok(true)
                })?;
                Part::Whole.tell(Scalar::Int, Some(Leaf::Int(count)), found)
            }
            Step::On(of, path) if record.kind.implements(of) => path.each(scope, record, found),
            Step::On(..) => Ok(()),
        }
    }

    /// The same from a record that a relation leads to. Where the path ends with the record itself, it is not even read; where
    /// others may lead to it too, what is found is remembered.
    fn each_from(
        &self,
        scope: &Scope,
        relation: Relation,
        id: IdRef<'_>,
        found: &mut dyn FnMut(Found) -> Result<(), FieldError>,
    ) -> Result<(), FieldError> {
        match id.kind().map(|kind| self.step(kind)).transpose()?.flatten() {
            Some(Step::Itself) => found(Found::Record(id.to_owned())),
            Some(_) if !relation.is_shared() => self.each(scope, &scope.referred(id)?, found),
            Some(_) => {
                let known = scope.remembered.found.of(self.asker, id, || {
                    let mut all = Vec::new();
                    self.each(scope, &scope.referred(id)?, &mut |one| {
                        all.push(one);
                        Ok(())
                    })?;
                    Ok(all.into())
                })?;
                known.iter().try_for_each(|one| found(one.clone()))
            }
            None => Ok(()),
        }
    }
}

fn compile(kind: &'static Kind, given: &Given) -> Result<Step, FieldError> {
    // An object with one field: its type says so.
    let Some((name, inner)) = given.fields().next() else {
        return Err(FieldError::internal(format!("{} has an empty path", kind.name)));
    };
    compile_step(kind, name, inner).map_err(|error| error.within(&format!(".{name}")))
}

fn compile_step(kind: &'static Kind, name: &str, inner: &Arc<Given>) -> Result<Step, FieldError> {
    let fault = || FieldError::internal(format!("{} has no {name} to order or group by", kind.name));
    Ok(match member(kind, name).ok_or_else(fault)? {
        What::Id => Step::Itself,
        What::Value(slot, scalar) => Step::Value(slot, scalar, Part::of(inner)),
        What::Values(slot, scalar) => Step::Values(slot, scalar, Part::of(inner)),
        What::Derived(derived) => Step::Derived(derived, Part::of(inner)),
        What::Struct(slot, of) => Step::Struct(slot, in_struct(of, inner).ok_or_else(fault)?),
        What::Structs(slot, of) => Step::Structs(slot, in_struct(of, inner).ok_or_else(fault)?),
        What::One(relation, of) => Step::Relation(relation, Path::compile(of, inner)?),
        What::Many(relation, of) if inner.field("count").is_some() => Step::Count(relation, filter_within(of, inner)?),
        What::Many(relation, of) => Step::Relation(relation, Path::compile(of, inner)?),
        What::On(of) => Step::On(of, Path::compile(of, inner)?),
    })
}

fn in_struct(of: &'static Struct, given: &Given) -> Option<InStruct> {
    let (name, inner) = given.fields().next()?;
    let (slot, field) = of.fields.iter().enumerate().find(|(_, field)| field.name == name)?;
    match field.shape {
        Shape::One(scalar) => Some(InStruct { slot, scalar, part: Part::of(inner) }),
        _ => None,
    }
}

impl InStruct {
    fn tell(&self, row: Row<'_>, found: &mut dyn FnMut(Found) -> Result<(), FieldError>) -> Result<(), FieldError> {
        self.part.tell(self.scalar, self.scalar.read(row.slot(self.slot)), found)
    }
}

impl Part {
    fn of(given: &Given) -> Self {
        match given.text() {
            "YEAR" => Self::Year,
            "MONTH" => Self::Month,
            _ => Self::Whole,
        }
    }

    fn tell(
        self,
        scalar: Scalar,
        leaf: Option<Leaf<'_>>,
        found: &mut dyn FnMut(Found) -> Result<(), FieldError>,
    ) -> Result<(), FieldError> {
        let Some(leaf) = leaf else { return Ok(()) };
        let text = match leaf {
            Leaf::Int(number) => number.to_string(),
            // As JSON has it: 113.0 and not 113.
            Leaf::Float(number) => format!("{number:?}"),
            Leaf::Bool(truth) => truth.to_string(),
            Leaf::Id(kind, key) => format!("{kind}:{key}"),
            Leaf::Text(text) => text.to_owned(),
            Leaf::Name(text) => text.to_owned(),
            Leaf::Owned(ref text) => text.clone(),
        };
        let cut = match self {
            Self::Whole => None,
            // A date that is less precise than what is asked of it has no such part.
            Self::Year => Some(4),
            Self::Month => Some(7),
        };
        let (sortable, text) = match cut {
            None => (key::sortable(scalar, &leaf).map(|key| told_apart(scalar, key, &text)), text),
            Some(digits) => match text.get(..digits).and_then(|part| PartialDate::parse(part).ok()) {
                Some(date) => (Some(date.sort_key().to_vec()), text[..digits].to_owned()),
                None => return Ok(()),
            },
        };
        match sortable {
            Some(sortable) => found(Found::Value { sortable, text }),
            None => Ok(()),
        }
    }
}

/// The key of a date that is approximate is that of the exact one: here the two are told apart, the exact one first.
fn told_apart(scalar: Scalar, mut key: Vec<u8>, text: &str) -> Vec<u8> {
    if let Scalar::Date | Scalar::PartialDate = scalar {
        key.push(u8::from(text.ends_with('~')));
    }
    key
}
