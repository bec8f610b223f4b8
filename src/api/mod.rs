//! GraphQL: the gate, and behind it two executors over the same resolvers. The only folder that names async-graphql and
//! apollo-compiler.

mod bounds;
mod caller;
pub mod coerce;
pub mod error;
mod extensions;
pub mod following;
mod gate;
mod graphql;
mod importing;
mod literals;
mod plan;
mod registry;
pub mod request;
mod suggest;
mod tokens;
mod trusted;

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use apollo_compiler::collections::HashMap;
use apollo_compiler::response::JsonMap;
use apollo_compiler::schema::Implementers;
use apollo_compiler::{Name, introspection};

use crate::config::{COST_OF_LONG, ERRORS_MAX, EVENT_BYTES_MAX, Limits, SCHEMAS_MAX};
use crate::model::catalog::Kind;
use crate::query::arguments::Arguments;
use crate::query::error::FieldError;
use crate::query::mutation::{Changed, Mutation};
use crate::query::object::Plain;
use crate::query::scope::Scope;
use crate::store::log::Revision;
use crate::store::{Author, Snapshot, Store, StoreError};
pub use caller::{Caller, Role};
use error::{Code, GraphqlError};
use extensions::Extensions;
use following::Followed;
use gate::Gate;
pub use gate::Passed;
use plan::{Bound, Plan};
use request::{Answer, Request};
pub use suggest::nearest;
pub use trusted::Trusted;

/// Which executor runs queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Executor {
    /// The compiled plan.
    #[default]
    Plan,
    /// async-graphql.
    AsyncGraphql,
}

/// The API over a store.
pub struct Api {
    store: Arc<Store>,
    gate: Gate,
    implementers: HashMap<Name, Implementers>,
    /// Made when it is first asked: queries run without it.
    graphql: OnceLock<graphql::Schema>,
    executor: Executor,
    limits: Limits,
    trusted: Trusted,
    followed: Followed,
}

/// The schema in SDL, as it is served: made when it was last changed, since making it takes longer than all else at start.
pub const SDL: &str = include_str!("../../schema.graphql");

/// The schema in SDL, made from the catalog. A test holds [`SDL`] to it.
pub fn sdl() -> String {
    graphql::sdl(&graphql::schema())
}

/// A request that can be run: all of it that can be refused was not.
struct Ready {
    plan: Arc<Plan>,
    bound: Bound,
    /// How many records may be read for it.
    cost: u64,
    introspected: JsonMap,
    scope: Scope,
    answer_bytes: usize,
    /// What is asked beyond the data, and the document that asks.
    extensions: Extensions,
    document: String,
    cost_limit: usize,
}

impl Ready {
    /// Whether it may read much: many records of its pages, or what it looks at and does not keep.
    fn is_long(&self) -> bool {
        self.cost > COST_OF_LONG || self.plan.may_be_long || self.plan.introspects
    }

    /// Says in an error that met the bound of reads what the answer was reckoned to cost, and what to narrow.
    fn tell_cost(&self, errors: &mut [GraphqlError]) {
        tell_cost(errors, &self.plan, &self.bound, self.cost, &self.scope);
    }

    /// Runs it for a turn on this thread. Gives it back where that was not enough.
    fn run_for_a_turn(self) -> Result<Answer, Box<Self>> {
        // What is noted on the way would be noted twice.
        if self.plan.introspects || !self.extensions.is_none() || self.plan.expects_long_run() {
            return Err(Box::new(self));
        }
        self.scope.begin_turn();
        let (plan, bound) = (&self.plan, self.bound.clone());
        let run = || plan.run(&self.scope, bound, &self.introspected, self.answer_bytes);
        let mut answer = caught(run).unwrap_or_else(Answer::refused);
        if self.scope.end_turn() {
            self.plan.note_long_run();
            return Err(Box::new(self));
        }
        self.tell_cost(&mut answer.errors);
        Ok(answer)
    }

    /// Runs it.
    fn run(self) -> Answer {
        let bound = self.bound.clone();
        self.answer(|ready| ready.plan.run(&ready.scope, bound, &ready.introspected, ready.answer_bytes))
    }

    /// Runs it for one event, which is made of the view.
    fn run_event(self, event: impl FnOnce(&Snapshot) -> Result<Plain, FieldError>) -> Answer {
        let bound = self.bound.clone();
        let most = self.answer_bytes.min(EVENT_BYTES_MAX);
        self.answer(|ready| match event(&ready.scope.snapshot) {
            Ok(event) => ready.plan.run_event(event, &ready.scope, bound, most),
            Err(error) => Answer::refused(vec![GraphqlError::field(error, Vec::new(), (1, 1))]),
        })
    }

    fn answer(self, run: impl FnOnce(&Self) -> Answer) -> Answer {
        let run = || {
            let mut answer = run(&self);
            self.tell_cost(&mut answer.errors);
            self.extensions.answer_in(&mut answer, &self.scope, &self.document, (self.cost, self.cost_limit));
            answer
        };
        caught(run).unwrap_or_else(Answer::refused)
    }
}

fn tell_cost(errors: &mut [GraphqlError], plan: &Plan, bound: &Bound, cost: u64, scope: &Scope) {
    let sizes = |kind: &'static Kind| scope.snapshot.count(kind).unwrap_or(0);
    errors.iter_mut().for_each(|error| plan.tell_cost(error, bound, cost, &sizes));
}

/// A page of the file that is damaged makes the store panic: that is one answer's end, and no other's.
fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Vec<GraphqlError>> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
        .map_err(|_| vec![GraphqlError::internal("a panic while it was answered")])
}

/// What the store failed with, as the errors of a request.
fn internal(error: StoreError) -> Vec<GraphqlError> {
    vec![GraphqlError::of_store(error)]
}

/// A request that is ready to be streamed.
pub struct Lines(Ready);

impl Lines {
    /// Gives each line to the visitor, while it wants more; then how many there were, or what went wrong.
    pub fn run(self, each: &mut dyn FnMut(&[u8]) -> bool) -> Result<u64, Vec<GraphqlError>> {
        let Self(ready) = self;
        let run = || ready.plan.stream(&ready.scope, ready.bound.clone(), ready.answer_bytes, each);
        caught(run).and_then(|streamed| streamed).map_err(|mut errors| {
            ready.tell_cost(&mut errors);
            errors
        })
    }
}

/// How often a question is asked of the store whose file is opened anew meanwhile: once to read, once to write, and then not
/// again for a while.
const ATTEMPTS: usize = 3;

/// Ends a request when its caller goes away.
struct Abandon(Arc<AtomicBool>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Api {
    /// The API over a store, which runs queries by an executor within bounds.
    pub fn new(store: Arc<Store>, executor: Executor, limits: Limits) -> Self {
        let gate = Gate::new(SDL, &limits);
        let implementers = gate.schema.implementers_map();
        let (graphql, trusted) = (OnceLock::new(), Trusted::default());
        let followed = Followed::new(&store);
        Self { store, gate, implementers, graphql, executor, limits, trusted, followed }
    }

    /// The same, which trusts the documents of a JSON object by their ids, perhaps those alone.
    pub fn trusting(mut self, json: &str, only: bool) -> Result<Self, String> {
        self.trusted = Trusted::read(json, only, &self.gate)?;
        Ok(self)
    }

    /// The same, which tells nobody its schema.
    pub fn without_introspection(mut self) -> Self {
        self.gate.introspects = false;
        self
    }

    /// Whether it tells its schema to those who ask.
    pub fn introspects(&self) -> bool {
        self.gate.introspects
    }

    /// The documents that are trusted.
    pub fn trusted(&self) -> &Trusted {
        &self.trusted
    }

    /// The store behind it.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Lets a request through the gate, or says everything that is wrong with it.
    pub fn pass(&self, request: &Request) -> Result<Passed, Vec<GraphqlError>> {
        self.gate.pass(request)
    }

    /// Answers a request.
    pub async fn answer(&self, request: &Request) -> Answer {
        match self.pass(request) {
            Ok(passed) => self.run(request, passed).await,
            Err(errors) => Answer::refused(errors),
        }
    }

    /// Answers a request that passed the gate. A long one runs on a thread that may block, so that it starves no other; one
    /// that nobody waits for any more stops at the next record it reads.
    pub async fn run(&self, request: &Request, passed: Passed) -> Answer {
        let mut attempts = 0;
        loop {
            let losses = self.store.losses();
            let answer = self.run_once(request, &passed).await;
            attempts += 1;
            // Where the file was opened anew under a question, whoever asks need not know of it.
            if answer.errors.is_empty() || self.store.losses() == losses || attempts == ATTEMPTS {
                return answer;
            }
        }
    }

    async fn run_once(&self, request: &Request, passed: &Passed) -> Answer {
        if passed.changes() || passed.follows() {
            return Answer::refused(vec![GraphqlError::internal("a change or a subscription came as a question")]);
        }
        let snapshot = match self.snapshot_at(passed).await {
            Ok(snapshot) => snapshot,
            Err(errors) => return Answer::refused(errors),
        };
        if self.executor == Executor::AsyncGraphql {
            return self.run_async_graphql(request, passed, snapshot).await.unwrap_or_else(Answer::refused);
        }
        let ready = match self.ready(request, passed, snapshot) {
            Ok(ready) if ready.is_long() => match ready.run_for_a_turn() {
                Ok(answer) => return answer,
                Err(ready) => *ready,
            },
            Ok(ready) => return ready.run(),
            Err(errors) => return Answer::refused(errors),
        };
        let _abandon = Abandon(ready.scope.abandon());
        tokio::task::spawn_blocking(move || ready.run())
            .await
            .unwrap_or_else(|error| Answer::refused(vec![GraphqlError::internal(error.to_string())]))
    }

    /// Answers a request in the plan, on this thread, without an async runtime.
    pub fn answer_now(&self, request: &Request) -> Answer {
        let ready = self.gate.pass(request).and_then(|passed| {
            if passed.changes() || passed.follows() {
                let message = "only queries are answered here; send a mutation or a subscription to a running server";
                return Err(vec![GraphqlError::request(Code::BadRequest, message)]);
            }
            self.ready_now(request, &passed)
        });
        match ready {
            Ok(ready) => ready.run(),
            Err(errors) => Answer::refused(errors),
        }
    }

    /// Makes the changes of a mutation that passed the gate, for a caller. It goes on where the caller goes away: what was
    /// begun is made or refused, and a repetition under the same key tells which.
    pub async fn change(self: &Arc<Self>, request: &Request, passed: Passed, caller: &Caller) -> Answer {
        let (api, request, caller) = (self.clone(), request.clone(), caller.clone());
        tokio::task::spawn_blocking(move || api.change_now(&request, &passed, &caller))
            .await
            .unwrap_or_else(|error| Answer::refused(vec![GraphqlError::internal(error.to_string())]))
    }

    /// The same, on this thread.
    pub fn change_now(&self, request: &Request, passed: &Passed, caller: &Caller) -> Answer {
        let ready = match self.ready_now(request, passed) {
            Ok(ready) => ready,
            Err(errors) => return Answer::refused(errors),
        };
        let Ready { plan, bound, cost, scope: now, answer_bytes, extensions, document, cost_limit, .. } = ready;
        // Whoever may not make one of the changes makes none of them.
        let refused = plan.mutations().filter_map(|(mutation, location)| {
            let error = caller.may(mutation).err()?;
            Some(GraphqlError::request(error.code.into(), error.message).at(Some(location)))
        });
        let refused: Vec<_> = refused.take(ERRORS_MAX).collect();
        if !refused.is_empty() {
            return Answer::refused(refused);
        }
        let make = |mutation: Mutation, arguments: &Arguments| {
            let author = Author {
                time_ms: jiff::Timestamp::now().as_millisecond(),
                name: caller.name().to_owned(),
                note: String::new(),
            };
            let Changed { object, snapshot } = match mutation {
                Mutation::Import => importing::import(&self.store, &author, arguments, &request.uploads)?,
                mutation => mutation.run(&self.store, &author, arguments)?,
            };
            Ok((object, self.scope(snapshot).noting(extensions.trace())))
        };
        let run = || {
            let (mut answer, scopes) = plan.run_changes(make, &now, bound.clone(), answer_bytes);
            tell_cost(&mut answer.errors, &plan, &bound, cost, &now);
            // It is told over the newest state that the answer shows: that of the last change which was made.
            let last = scopes.last().unwrap_or(&now);
            scopes.iter().rev().skip(1).for_each(|scope| last.take_over(scope));
            extensions.answer_in(&mut answer, last, &document, (cost, cost_limit));
            answer
        };
        caught(run).unwrap_or_else(Answer::refused)
    }

    fn ready_now(&self, request: &Request, passed: &Passed) -> Result<Ready, Vec<GraphqlError>> {
        let at = passed.at().map_err(|error| vec![error])?;
        self.ready(request, passed, snapshot(&self.store, at)?)
    }

    fn ready(&self, request: &Request, passed: &Passed, snapshot: Snapshot) -> Result<Ready, Vec<GraphqlError>> {
        let extensions = Extensions::read(&request.extensions).map_err(|error| vec![error])?;
        let plan = self.gate.plan(passed)?;
        let scope = self.scope(snapshot).noting(extensions.trace());
        let known = RefCell::new(HashMap::<u8, u64>::default());
        let sizes = |kind: &'static Kind| {
            let count = || scope.snapshot.count(kind).unwrap_or(0);
            *known.borrow_mut().entry(kind.tag).or_insert_with(count)
        };
        let (bound, cost) = plan.bind(&passed.variables, &self.limits, &sizes).map_err(|error| vec![error])?;
        let introspected = if plan.introspects { self.introspect(passed)? } else { JsonMap::new() };
        let document = if extensions.is_none() { String::new() } else { request.query.clone() };
        let (answer_bytes, cost_limit) = (self.limits.answer_bytes, self.limits.cost);
        Ok(Ready { plan, bound, cost, introspected, scope, answer_bytes, extensions, document, cost_limit })
    }

    /// Makes a request that passed the gate ready to be streamed, a line for each node of its one connection.
    pub async fn lines(&self, request: &Request, passed: &Passed) -> Result<Lines, Vec<GraphqlError>> {
        let snapshot = self.snapshot_at(passed).await?;
        let ready = self.ready(request, passed, snapshot)?;
        ready.plan.can_stream().map_err(|error| vec![error])?;
        if !ready.extensions.is_none() {
            let message = "an answer in lines has no room for what `extensions` ask for; ask for it as JSON";
            return Err(vec![GraphqlError::request(Code::BadRequest, message)]);
        }
        Ok(Lines(ready))
    }

    async fn run_async_graphql(
        &self,
        request: &Request,
        passed: &Passed,
        snapshot: Snapshot,
    ) -> Result<Answer, Vec<GraphqlError>> {
        // The plan is compiled for what it finds wrong with the arguments, the gate's last check, and for its bounds.
        let Ready { plan, bound, cost, scope, extensions, document, cost_limit, .. } =
            self.ready(request, passed, snapshot)?;
        let (schema, scope) = (self.graphql.get_or_init(graphql::schema), Arc::new(scope));
        let answered = graphql::run(schema, scope.clone(), request, passed.variables.clone(), plan.clone()).await;
        let mut answer = answered.unwrap_or_else(Answer::refused);
        tell_cost(&mut answer.errors, &plan, &bound, cost, &scope);
        extensions.answer_in(&mut answer, &scope, &document, (cost, cost_limit));
        Ok(answer)
    }

    /// The store as of the revision that a request asks for, if it asks for one. What changed since is gathered where that
    /// may take its time.
    async fn snapshot_at(&self, passed: &Passed) -> Result<Snapshot, Vec<GraphqlError>> {
        let at = passed.at().map_err(|error| vec![error])?;
        if at.is_none() {
            return snapshot(&self.store, None);
        }
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || snapshot(&store, at))
            .await
            .unwrap_or_else(|error| Err(vec![GraphqlError::internal(error.to_string())]))
    }

    fn scope(&self, snapshot: Snapshot) -> Scope {
        Scope::new(snapshot).within(self.limits.time(), self.limits.reads as u64)
    }

    fn introspect(&self, passed: &Passed) -> Result<JsonMap, Vec<GraphqlError>> {
        let document = &passed.document.parsed;
        let refused = |code, error: apollo_compiler::request::RequestError| {
            let location = gate::location(document, error.location());
            vec![GraphqlError::request(code, error.message().to_string()).at(location)]
        };
        let asked = passed.operation.root_fields(document).filter(|field| field.name == "__schema").count();
        if asked > SCHEMAS_MAX {
            let message = format!("the document asks for __schema {asked} times; at most {SCHEMAS_MAX} are answered");
            return Err(vec![GraphqlError::request(Code::LimitExceeded, message)]);
        }
        introspection::check_max_depth(document, &passed.operation)
            .map_err(|error| refused(Code::LimitExceeded, error))?;
        let schema = &self.gate.schema;
        let answer =
            introspection::partial_execute(schema, &self.implementers, document, &passed.operation, &passed.coerced)
                .map_err(|error| refused(Code::ValidationFailed, error))?;
        Ok(answer.data.unwrap_or_default())
    }
}

/// A view of a store, as it stands or as it stood.
fn snapshot(store: &Store, at: Option<Revision>) -> Result<Snapshot, Vec<GraphqlError>> {
    let snapshot = store.snapshot().map_err(internal)?;
    match at {
        Some(revision) => snapshot.at_as_far_as_it_goes(revision).map_err(internal),
        None => Ok(snapshot),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;
    use crate::exchange::builtin;

    #[test]
    fn what_may_read_for_long_runs_on_a_thread_that_may_block() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("jiedui.redb"), 8 << 20).unwrap();
        builtin::load(&store, &builtin::files(), 0).unwrap();
        let api = Api::new(Arc::new(store), Executor::Plan, Limits::default());
        let is_long = |query: &str| {
            let request = Request::new(query);
            let passed = api.pass(&request).unwrap();
            api.ready_now(&request, &passed).unwrap().is_long()
        };
        for query in [
            "{ node(id: \"source:seed-article\") { ... on Source { supports(first: 0) { totalCount } } } }",
            "{ cities(filter: { children: { count: { gt: 3 } } }, first: 1) { nodes { id } } }",
            "{ cities(orderBy: [{ children: { count: DESC } }], first: 1) { nodes { id } } }",
            "{ search(text: \"中\") { size } }",
            "{ region(code: \"440000\") { descendants(level: CITY) { totalCount } } }",
        ] {
            assert!(is_long(query), "{query}");
        }
        for query in [
            "{ region(code: \"442000\") { name children(first: 5) { nodes { id } } } }",
            "{ cities(first: 5) { totalCount nodes { id } } }",
        ] {
            assert!(!is_long(query), "{query}");
        }
    }
}
