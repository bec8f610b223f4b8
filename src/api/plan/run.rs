//! Running a plan.

use std::sync::atomic::Ordering;

use apollo_compiler::response::JsonMap;
use serde_json::Map;

use super::straight::Whose;
use super::{Action, Bound, Field, Plan, Selected, SetId, Source};
use crate::api::error::{GraphqlError, Segment};
use crate::api::request::Answer;
use crate::config::ERRORS_MAX;
use crate::model::value::Leaf;
use crate::query::arguments::Arguments;
use crate::query::error::{Code, FieldError};
use crate::query::mutation::Mutation;
use crate::query::object::{Object, Plain, Resolved, Resolver};
use crate::query::scope::Scope;
use crate::query::types::TypeRef;

impl Plan {
    /// Runs the plan over a snapshot, with its arguments bound. `introspected` holds the answers to `__schema` and `__type`.
    pub fn run(&self, scope: &Scope, bound: Bound, introspected: &JsonMap, answer_bytes: usize) -> Answer {
        let mut run = Run::new(self, scope, bound, introspected, answer_bytes);
        if run.object(self.root, &Object::Root).is_err() {
            run.out.clear();
            run.out.extend_from_slice(b"null");
        }
        run.finish()
    }
}

impl Plan {
    /// What the plan of a mutation changes, each with its place in the document.
    pub fn mutations(&self) -> impl Iterator<Item = (Mutation, (usize, usize))> {
        self.sets[self.root].fields.iter().filter_map(|field| match &field.action {
            Action::Resolve(Resolver::Change(mutation)) => Some((*mutation, field.location)),
            _ => None,
        })
    }

    /// Runs the plan of a mutation: one root field after the other, each with a view of its own, which `make` gives with what
    /// the change came to. Gives these views too, in their order.
    pub fn run_changes(
        &self,
        mut make: impl FnMut(Mutation, &Arguments) -> Result<(Plain, Scope), FieldError>,
        now: &Scope,
        bound: Bound,
        answer_bytes: usize,
    ) -> (Answer, Vec<Scope>) {
        let nothing = JsonMap::new();
        let mut scopes = Vec::new();
        let (mut out, mut errors, mut bound, mut given_up) = (vec![b'{'], Vec::new(), bound, false);
        for (place, field) in self.sets[self.root].fields.iter().enumerate() {
            let arguments = match &field.arguments {
                Source::Constant(arguments) => arguments,
                Source::Dynamic(place) => &bound[*place],
            };
            let mut scope = None;
            let resolved = match &field.action {
                // What was made stays made; of the others nothing is begun once the answer is given up.
                _ if given_up => Some(Err(FieldError::limit("not made: the answer was given up before it"))),
                Action::Resolve(Resolver::Change(mutation)) => Some(make(*mutation, arguments).map(|(object, of)| {
                    scope = Some(of);
                    Resolved::Object(Object::Plain(object))
                })),
                _ => None,
            };
            let mut run = Run::new(self, scope.as_ref().unwrap_or(now), bound, &nothing, answer_bytes);
            (run.out, run.errors, run.path) = (out, errors, vec![Step::Field(field)]);
            run.out.extend_from_slice(field.key(place));
            let start = run.out.len();
            let written = match resolved {
                None => run.field(field, &Object::Root),
                Some(Ok(resolved)) => run.value(field, field.ty, &resolved),
                Some(Err(error)) => {
                    run.note(field, error);
                    Err(Bubble)
                }
            };
            // Every root field of a mutation may be null.
            if written.is_err() {
                run.out.truncate(start);
                run.out.extend_from_slice(b"null");
            }
            given_up |= run.given_up;
            (out, errors, bound) = (run.out, run.errors, run.bound);
            scopes.extend(scope);
        }
        out.push(b'}');
        (Answer { data: Some(out), errors, extensions: Map::new() }, scopes)
    }
}

impl Plan {
    /// The arguments of the root field of a subscription, and what is asked of its events; nothing where there is no such
    /// field, or more than one.
    pub fn followed<'b>(&'b self, bound: &'b [Arguments]) -> Option<&'b Arguments> {
        let [field] = self.sets[self.root].fields.as_slice() else { return None };
        matches!(field.action, Action::Resolve(Resolver::Follow)).then_some(match &field.arguments {
            Source::Constant(arguments) => arguments,
            Source::Dynamic(place) => &bound[*place],
        })
    }

    /// Runs the plan of a subscription for one event.
    pub fn run_event(&self, event: Plain, scope: &Scope, bound: Bound, answer_bytes: usize) -> Answer {
        let nothing = JsonMap::new();
        let mut run = Run::new(self, scope, bound, &nothing, answer_bytes);
        // It is the only one.
        if let Some(field) = self.sets[self.root].fields.first() {
            run.out.push(b'{');
            run.out.extend_from_slice(field.key(0));
            run.path.push(Step::Field(field));
            let written = run.value(field, field.ty, &Resolved::Object(Object::Plain(event)));
            run.path.pop();
            match written {
                Ok(()) => run.out.push(b'}'),
                Err(Bubble) => {
                    run.out.clear();
                    run.out.extend_from_slice(b"null");
                }
            }
        }
        run.finish()
    }
}

/// A null that its parent has to take, because the field may not hold it. What went wrong is noted already.
pub(super) struct Bubble;

/// A step from the root of the answer to where the run stands.
pub(super) enum Step<'r> {
    Field(&'r Field),
    Index(usize),
}

/// A plan as it is run.
pub(super) struct Run<'r> {
    pub(super) plan: &'r Plan,
    pub(super) scope: &'r Scope,
    pub(super) bound: Bound,
    introspected: &'r JsonMap,
    pub(super) out: Vec<u8>,
    pub(super) path: Vec<Step<'r>>,
    pub(super) errors: Vec<GraphqlError>,
    answer_bytes: usize,
    /// The answer is beyond a bound: nothing more is read, and the request is refused.
    pub(super) given_up: bool,
}

impl<'r> Run<'r> {
    pub(super) fn new(
        plan: &'r Plan,
        scope: &'r Scope,
        bound: Bound,
        introspected: &'r JsonMap,
        answer_bytes: usize,
    ) -> Self {
        let (path, errors) = (Vec::new(), Vec::new());
        // The next answer is mostly about as long as the last.
        let out = Vec::with_capacity(plan.last_bytes.load(Ordering::Relaxed).clamp(1 << 10, 1 << 18));
        Self { plan, scope, bound, introspected, out, path, errors, answer_bytes, given_up: false }
    }

    /// The answer, or the refusal of one that was given up.
    fn finish(mut self) -> Answer {
        if self.given_up {
            return Answer::refused(self.errors.pop().into_iter().collect());
        }
        self.plan.last_bytes.store(self.out.len() + self.out.len() / 16, Ordering::Relaxed);
        Answer { data: Some(self.out), errors: self.errors, extensions: Map::new() }
    }

    /// Stands at an item of a list of a root field's, for what is told of it.
    pub(super) fn at(&mut self, [root, list]: [&'r Field; 2], place: usize) {
        self.path.clear();
        self.path.extend([Step::Field(root), Step::Field(list), Step::Index(place)]);
    }

    fn object(&mut self, set: SetId, object: &Object<'_>) -> Result<(), Bubble> {
        let plan = self.plan;
        if self.scope.trace.tells_rests()
            && let Some(record) = object.record()
        {
            self.scope.trace.rest_on(record.id());
        }
        // How fields are answered is told of all of them.
        let row = (!self.scope.trace.tells_fields()).then(|| object.row());
        self.out.push(b'{');
        for (place, field) in plan.sets[set].fields.iter().enumerate() {
            self.out.extend_from_slice(field.key(place));
            // Most fields are these: they need nothing of what others do.
            if let (Action::Resolve(Resolver::Value(slot, scalar)), Some(row)) = (&field.action, row)
                && let Some(leaf) = scalar.read(row.slot(*slot))
            {
                self.leaf(&leaf);
                continue;
            }
            self.path.push(Step::Field(field));
            let answered = self.field(field, object);
            self.path.pop();
            answered?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn field(&mut self, field: &'r Field, object: &Object<'_>) -> Result<(), Bubble> {
        let resolver = match &field.action {
            Action::Resolve(resolver) => resolver,
            Action::TypeName(bytes) => {
                self.out.extend_from_slice(bytes);
                return Ok(());
            }
            Action::Introspect => {
                let answer = self.introspected.get(field.name.as_str()).map(ToString::to_string);
                self.out.extend_from_slice(answer.as_deref().unwrap_or("null").as_bytes());
                if self.out.len() > self.answer_bytes {
                    self.note(field, self.too_long());
                    return Err(Bubble);
                }
                return Ok(());
            }
        };
        let scope = self.scope;
        match resolver {
            Resolver::Back(_, back) => {
                if let Some(target) = object.record()
                    && let Some(written) = self.straight_page(field, Whose::Back(*back, target))
                {
                    return written;
                }
            }
            Resolver::RootKind(kind) => {
                if let Some(written) = self.straight_page(field, Whose::Kind(kind)) {
                    return written;
                }
            }
            _ => {}
        }
        let resolved = resolver.resolve_noting(scope, object, self.arguments(field), || self.names());
        match resolved {
            Ok(resolved) => self.value(field, field.ty, &resolved),
            Err(error) => {
                self.note(field, error);
                self.null(field.ty, self.out.len())
            }
        }
    }

    /// Its arguments, as they are bound.
    pub(super) fn arguments(&self, field: &'r Field) -> &Arguments {
        match &field.arguments {
            Source::Constant(arguments) => arguments,
            Source::Dynamic(place) => &self.bound[*place],
        }
    }

    pub(super) fn value(&mut self, field: &'r Field, ty: &TypeRef, resolved: &Resolved<'_>) -> Result<(), Bubble> {
        let start = self.out.len();
        let written = match (resolved, ty) {
            (Resolved::Null, ty) => {
                if !ty.is_nullable() {
                    self.note(field, FieldError::internal(format!("{} has no value and may not be null", field.name)));
                }
                Err(Bubble)
            }
            (Resolved::Leaf(leaf), _) => {
                self.leaf(leaf);
                Ok(())
            }
            (Resolved::Object(object), _) => match self.set_for(field, object) {
                Some(set) if self.out.len() < self.answer_bytes => self.object(set, object),
                Some(_) => {
                    self.note(field, self.too_long());
                    Err(Bubble)
                }
                None => {
                    self.note(field, FieldError::internal(format!("{} holds a record of another type", field.name)));
                    Err(Bubble)
                }
            },
            (Resolved::List(items), TypeRef::List { of, .. }) => self.list(field, of, items),
            (Resolved::List(_), TypeRef::Named { .. }) => {
                self.note(field, FieldError::internal(format!("{} holds a list", field.name)));
                Err(Bubble)
            }
        };
        match written {
            Ok(()) => Ok(()),
            Err(Bubble) => self.null(ty, start),
        }
    }

    fn list(&mut self, field: &'r Field, of: &TypeRef, items: &[Resolved<'_>]) -> Result<(), Bubble> {
        self.out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.path.push(Step::Index(index));
            let written = self.value(field, of, item);
            self.path.pop();
            written?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// Writes null from a position on where the type allows it; else it is for the parent to take.
    pub(super) fn null(&mut self, ty: &TypeRef, start: usize) -> Result<(), Bubble> {
        if !ty.is_nullable() || self.given_up {
            return Err(Bubble);
        }
        self.out.truncate(start);
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn leaf(&mut self, leaf: &Leaf<'_>) {
        match leaf {
            Leaf::Text(text) => self.text(text),
            Leaf::Owned(text) => self.text(text),
            // Neither a kind nor a key holds what JSON escapes.
            Leaf::Id(kind, key) => {
                self.out.push(b'"');
                self.out.extend_from_slice(kind.as_bytes());
                self.out.push(b':');
                self.out.extend_from_slice(key.as_bytes());
                self.out.push(b'"');
            }
            Leaf::Int(number) => self.json(number),
            Leaf::Float(number) => self.json(number),
            Leaf::Bool(truth) => self.out.extend_from_slice(if *truth { b"true" } else { b"false" }),
            Leaf::Name(name) => {
                self.out.push(b'"');
                self.out.extend_from_slice(name.as_bytes());
                self.out.push(b'"');
            }
        }
    }

    fn text(&mut self, text: &str) {
        // Hardly any holds what JSON escapes.
        if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            return self.json(text);
        }
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'"');
    }

    fn json<T: serde::Serialize + ?Sized>(&mut self, value: &T) {
        // Writing to memory cannot fail, and none of these types can.
        if serde_json::to_writer(&mut self.out, value).is_err() {
            self.out.extend_from_slice(b"null");
        }
    }

    /// The names on the path, without places in lists.
    fn names(&self) -> String {
        let names = self.path.iter().filter_map(|step| match step {
            Step::Field(field) => Some(field.name.as_str()),
            Step::Index(_) => None,
        });
        names.collect::<Vec<_>>().join(".")
    }

    fn too_long(&self) -> FieldError {
        let most = self.answer_bytes;
        FieldError::limit(format!("the answer is longer than {most} bytes; page through with `first` and `after`"))
    }

    fn set_for(&self, field: &Field, object: &Object<'_>) -> Option<SetId> {
        match &field.selected {
            Selected::Nothing => None,
            Selected::Always(set) => Some(*set),
            Selected::ByKind(sets) => sets.get(usize::from(object.record()?.kind.tag)).copied().flatten(),
        }
    }

    pub(super) fn note(&mut self, field: &Field, error: FieldError) {
        self.given_up |= error.code == Code::LimitExceeded;
        let segment = |step: &Step<'_>| match step {
            Step::Field(field) => Segment::Field(field.name.clone()),
            Step::Index(index) => Segment::Index(*index),
        };
        let path = self.path.iter().map(segment).collect();
        if self.errors.len() == ERRORS_MAX {
            self.given_up = true;
            self.errors = vec![GraphqlError::too_many_errors()];
        }
        if self.given_up && !self.errors.is_empty() && error.code != Code::LimitExceeded {
            return;
        }
        self.errors.push(GraphqlError::field(error, path, field.location));
    }
}
