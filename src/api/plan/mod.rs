//! The plan: an operation compiled against the types, run over one snapshot, JSON bytes written straight out.

mod compile;
mod cost;
mod narrow;
mod run;
mod straight;
mod stream;
mod together;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use serde_json::{Map, Value};

use self::narrow::{Narrow, told};
use super::error::{Code, GraphqlError};
use crate::config::{BOUND_VALUES_MAX, LONG_RUNS, Limits};
use crate::model::catalog::Kind;
use crate::query::arguments::{Arguments, Asked};
use crate::query::object::Resolver;
use crate::query::types::{InputDef, TypeRef};

/// Arguments that hold variables, as one request binds them.
pub type Bound = Arc<Vec<Arguments>>;

/// The place of a [`Set`] in a plan.
type SetId = usize;

/// A compiled operation. It belongs to one document, one operation, and one way that the conditions fall.
pub struct Plan {
    root: SetId,
    sets: Vec<Set>,
    /// Arguments that hold variables, coerced anew for each request.
    dynamic: Vec<Dynamic>,
    /// The operation asks for the schema itself.
    pub introspects: bool,
    /// It may read much: something is filtered, sorted, grouped, or walked.
    pub may_be_long: bool,
    /// How many of its next runs are taken to be long, because one was.
    long_runs: AtomicU32,
    /// How many bytes its last answer took.
    last_bytes: AtomicUsize,
}

/// What is selected on one object type.
#[derive(Default)]
struct Set {
    fields: Vec<Field>,
}

/// One field of the answer.
struct Field {
    /// Its name in the answer.
    name: String,
    /// The same as JSON, between a comma and a colon.
    key: Vec<u8>,
    /// Its name in the schema.
    schema_name: &'static str,
    /// The kind of record that it is asked of, where it is a record's.
    of: Option<&'static Kind>,
    action: Action,
    ty: &'static TypeRef,
    arguments: Source,
    selected: Selected,
    location: (usize, usize),
}

impl Field {
    /// Its name as JSON with the colon, and with the comma in front unless it is the first of its object.
    fn key(&self, place: usize) -> &[u8] {
        &self.key[usize::from(place == 0)..]
    }
}

/// How a field is answered.
enum Action {
    /// By its resolver.
    Resolve(Resolver),
    /// `__typename`: the bytes of its JSON.
    TypeName(Vec<u8>),
    /// `__schema` and `__type`: the gate's library answers them.
    Introspect,
}

/// Where a field's arguments are.
enum Source {
    /// Coerced when the plan was compiled.
    Constant(Box<Arguments>),
    /// In [`Plan::dynamic`].
    Dynamic(usize),
}

/// Arguments that hold variables.
struct Dynamic {
    defs: &'static [InputDef],
    given: Vec<(String, apollo_compiler::Node<apollo_compiler::ast::Value>)>,
    location: (usize, usize),
    asked: Asked,
}

/// What is selected on a field's value.
#[derive(PartialEq, Eq)]
enum Selected {
    /// Nothing: it is a leaf.
    Nothing,
    /// A set, whatever the object.
    Always(SetId),
    /// A set for each kind of record, by its tag; other kinds are not of the type.
    ByKind(Vec<Option<SetId>>),
}

impl Selected {
    /// Every set that it may be.
    fn sets(&self) -> impl Iterator<Item = SetId> {
        let (always, by_kind) = match self {
            Self::Nothing => (None, [].as_slice()),
            Self::Always(set) => (Some(*set), [].as_slice()),
            Self::ByKind(sets) => (None, sets.as_slice()),
        };
        always.into_iter().chain(by_kind.iter().flatten().copied())
    }
}

impl Plan {
    /// Whether this run is taken to be long, because one of the last was.
    pub fn expects_long_run(&self) -> bool {
        let less = |left: u32| left.checked_sub(1);
        self.long_runs.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    /// Notes that a run of it was long.
    pub fn note_long_run(&self) {
        self.long_runs.store(LONG_RUNS, Ordering::Relaxed);
    }

    /// What it weighs in memory, in fields: its fields, the values of its arguments, and some fifty for the plan itself.
    pub fn weight(&self) -> u64 {
        let fields = self.sets.iter().flat_map(|set| &set.fields);
        let each = fields.map(|field| match &field.arguments {
            Source::Constant(arguments) => 1 + arguments.size(),
            Source::Dynamic(_) => 1,
        });
        let given = self.dynamic.iter().flat_map(|dynamic| &dynamic.given);
        let literals = given.map(|(_, value)| super::coerce::values_of(value, &Map::new()));
        (50 + each.sum::<usize>() + literals.sum::<usize>()) as u64
    }

    /// What is asked of the value at a path of names in the answer, whatever the kinds on the way: for the other executor,
    /// so that both read the same.
    pub fn asked(&self, path: &[&str]) -> Asked {
        let mut sets = vec![self.root];
        let mut asked = None;
        for name in path {
            let fields = sets.iter().flat_map(|set| &self.sets[*set].fields).filter(|field| field.name == *name);
            let fields: Vec<&Field> = fields.collect();
            asked = fields.iter().map(|field| self.asked_of(field)).reduce(Asked::and);
            sets = fields.iter().flat_map(|field| field.selected.sets()).collect();
        }
        asked.unwrap_or_default()
    }

    fn asked_of(&self, field: &Field) -> Asked {
        match &field.arguments {
            Source::Constant(arguments) => arguments.asked().clone(),
            Source::Dynamic(place) => self.dynamic[*place].asked.clone(),
        }
    }

    /// Coerces the arguments that hold variables, and refuses what would cost too much with them. Gives the cost too.
    pub fn bind(
        &self,
        variables: &Map<String, Value>,
        limits: &Limits,
        sizes: cost::Sizes<'_>,
    ) -> Result<(Bound, u64), GraphqlError> {
        let bound = self.coerce(variables)?;
        let rows = self.cost_rows(&bound, sizes);
        if rows <= limits.cost as u64 {
            return Ok((Arc::new(bound), rows));
        }
        let most = limits.cost;
        let narrow = self.narrow(&bound, sizes, &[]);
        let (by, location) = (narrow.as_ref().map(Narrow::to_string), narrow.as_ref().map(|narrow| narrow.location));
        let by = by.map(|by| format!("; {by}")).unwrap_or_default();
        let message = format!("the answer may read {rows} records; at most {most} are read{by}");
        let error = GraphqlError::request(Code::LimitExceeded, message).at(location);
        Err(told(error, Some(most as u64), rows, narrow))
    }

    fn coerce(&self, variables: &Map<String, Value>) -> Result<Vec<Arguments>, GraphqlError> {
        // A variable is copied to each place that uses it, so it counts in each.
        let mut left = BOUND_VALUES_MAX;
        let each = self.dynamic.iter().map(|dynamic| {
            let values = dynamic.given.iter().map(|(_, value)| super::coerce::values_of(value, variables)).sum();
            left = left.checked_sub(values).ok_or_else(|| {
                let message = format!(
                    "the arguments hold more than {BOUND_VALUES_MAX} values with the variables; ask in several requests"
                );
                GraphqlError::request(Code::LimitExceeded, message).at(Some(dynamic.location))
            })?;
            let value = |name: &str| {
                let given = dynamic.given.iter().find(|(given, _)| given == name);
                given.and_then(|(_, value)| super::coerce::literal(value, variables))
            };
            super::coerce::arguments(dynamic.defs, value)
                .map(|arguments| arguments.with_asked(dynamic.asked.clone()))
                .map_err(|wrong| GraphqlError::of_arguments(Code::BadVariables, &wrong).at(Some(dynamic.location)))
        });
        each.collect()
    }
}
