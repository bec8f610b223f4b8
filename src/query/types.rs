//! The types of the API as data: what the catalog comes to in GraphQL. Both executors and the SDL are fed from it.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::object::Resolver;
use crate::model::closed::Closed;

/// The root type of changes.
pub const MUTATION: &str = "Mutation";

/// The root type of what is followed.
pub const SUBSCRIPTION: &str = "Subscription";

/// Every type of the API.
pub struct Types {
    all: Vec<Type>,
    by_name: HashMap<String, usize>,
}

/// A type.
pub struct Type {
    /// Its name.
    pub name: String,
    /// What it is, for a newcomer.
    pub doc: String,
    /// What it consists of.
    pub body: Body,
}

/// What a type consists of.
pub enum Body {
    /// Fields, each with its resolver.
    Object {
        /// In the order of the declaration.
        fields: Vec<FieldDef>,
        /// The interfaces it implements.
        interfaces: Vec<String>,
    },
    /// The fields that all of its types share.
    Interface {
        /// Never resolved: an object's own field is.
        fields: Vec<FieldDef>,
        /// The objects.
        types: Vec<String>,
        /// The interfaces that all of them implement too.
        interfaces: Vec<String>,
    },
    /// An enum.
    Enum(&'static Closed),
    /// A scalar, with the address of its specification where it is ours.
    Scalar(Option<&'static str>),
    /// An input object.
    Input {
        /// In the order of the declaration.
        fields: Vec<InputDef>,
        /// Exactly one of them is given.
        one_of: bool,
    },
}

/// A field.
#[derive(Clone)]
pub struct FieldDef {
    /// Its name.
    pub name: String,
    /// What it means.
    pub doc: String,
    /// Its arguments.
    pub arguments: Vec<InputDef>,
    /// Its type.
    pub ty: TypeRef,
    /// How it gets its value.
    pub resolver: Resolver,
}

/// An argument, or a field of an input object.
#[derive(Clone, PartialEq)]
pub struct InputDef {
    /// Its name.
    pub name: String,
    /// What it does.
    pub doc: String,
    /// Its type.
    pub ty: TypeRef,
    /// What is used where it is not given.
    pub default: Option<serde_json::Value>,
}

/// A reference to a type, with its wrappers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TypeRef {
    /// A type by its name.
    Named {
        /// Which.
        name: String,
        /// It may be null.
        nullable: bool,
    },
    /// A list.
    List {
        /// Of what.
        of: Box<TypeRef>,
        /// It may be null.
        nullable: bool,
    },
}

impl TypeRef {
    /// A type that may be null.
    pub fn nullable(name: &str) -> Self {
        Self::Named { name: name.to_owned(), nullable: true }
    }

    /// A type that may not.
    pub fn required(name: &str) -> Self {
        Self::Named { name: name.to_owned(), nullable: false }
    }

    /// A list of it that is never null.
    pub fn list(self) -> Self {
        Self::List { of: Box::new(self), nullable: false }
    }

    /// The same, nullable or not.
    pub fn or_null(self, null: bool) -> Self {
        match self {
            Self::Named { name, .. } => Self::Named { name, nullable: null },
            Self::List { of, .. } => Self::List { of, nullable: null },
        }
    }

    /// Whether it may be null.
    pub fn is_nullable(&self) -> bool {
        match self {
            Self::Named { nullable, .. } | Self::List { nullable, .. } => *nullable,
        }
    }

    /// The name at its core.
    pub fn name(&self) -> &str {
        match self {
            Self::Named { name, .. } => name,
            Self::List { of, .. } => of.name(),
        }
    }
}

impl fmt::Display for TypeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { name, .. } => f.write_str(name)?,
            Self::List { of, .. } => write!(f, "[{of}]")?,
        }
        f.write_str(if self.is_nullable() { "" } else { "!" })
    }
}

impl Types {
    /// Puts the types together that a query can meet.
    ///
    /// # Panics
    /// Where two have one name, be they types or fields of one, or a field's type is missing: the catalog is at fault, and every test sees it.
    pub fn new(all: Vec<Type>) -> Self {
        let all = reachable(all);
        let mut by_name = HashMap::new();
        for (id, ty) in all.iter().enumerate() {
            assert!(by_name.insert(ty.name.clone(), id).is_none(), "two types are called {}", ty.name);
        }
        let types = Self { all, by_name };
        for ty in &types.all {
            let mut fields = HashSet::new();
            for field in ty.fields() {
                assert!(fields.insert(&field.name), "{} has two fields {}", ty.name, field.name);
            }
            for name in ty.names() {
                assert!(types.find(name).is_some(), "{} names {name}, which is no type", ty.name);
            }
        }
        types
    }

    /// Every type, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Type> {
        self.all.iter()
    }

    /// The type of a name, where there is one.
    pub fn find(&self, name: &str) -> Option<&Type> {
        self.by_name.get(name).map(|id| &self.all[*id])
    }
}

/// The types that `Query` leads to, and the scalars.
fn reachable(all: Vec<Type>) -> Vec<Type> {
    let places: HashMap<&str, usize> = all.iter().enumerate().map(|(place, ty)| (ty.name.as_str(), place)).collect();
    let mut met = vec![false; all.len()];
    let mut open: Vec<usize> = all.iter().enumerate().filter(|(_, ty)| ty.is_first()).map(|(place, _)| place).collect();
    while let Some(place) = open.pop() {
        if !std::mem::replace(&mut met[place], true) {
            open.extend(all[place].names().filter_map(|name| places.get(name)));
        }
    }
    let mut met = met.into_iter();
    let mut all = all;
    all.retain(|_| met.next() == Some(true));
    all
}

impl Type {
    fn is_first(&self) -> bool {
        ["Query", MUTATION, SUBSCRIPTION].contains(&self.name.as_str()) || matches!(self.body, Body::Scalar(_))
    }

    /// The types that it names.
    fn names(&self) -> impl Iterator<Item = &str> {
        let inputs = match &self.body {
            Body::Input { fields, .. } => fields.as_slice(),
            _ => &[],
        };
        let members = match &self.body {
            Body::Interface { types, .. } => types.as_slice(),
            _ => &[],
        };
        let fields = self.fields().iter();
        let outputs =
            fields.flat_map(|field| std::iter::once(&field.ty).chain(field.arguments.iter().map(|it| &it.ty)));
        let named = outputs.chain(inputs.iter().map(|input| &input.ty)).map(TypeRef::name);
        named.chain(members.iter().chain(self.interfaces()).map(String::as_str))
    }

    /// The fields of an object or interface.
    pub fn fields(&self) -> &[FieldDef] {
        match &self.body {
            Body::Object { fields, .. } | Body::Interface { fields, .. } => fields,
            _ => &[],
        }
    }

    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<&FieldDef> {
        self.fields().iter().find(|field| field.name == name)
    }

    /// The interfaces of an object or interface.
    pub fn interfaces(&self) -> &[String] {
        match &self.body {
            Body::Object { interfaces, .. } | Body::Interface { interfaces, .. } => interfaces,
            _ => &[],
        }
    }
}
