//! Subscriptions: each is a place in the log, and a plan that is run for each event. Nothing is queued for whoever follows: the
//! next event is made when the last one is taken, so that who reads slowly falls behind in the log and costs no memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, watch};

use super::error::{Code, GraphqlError};
use super::gate::Passed;
use super::request::{Answer, Request};
use super::{Api, internal, snapshot};
use crate::config::{EVENT_CHANGES_MAX, EVENTS_READ_AT_ONCE, PASSED_OVER_MAX, TOLD_CHANGES_KEPT};
use crate::query::following::{Part, Place, Told, Wanted};
use crate::store::log::Revision;
use crate::store::{Snapshot, Store, StoreError};

/// What all subscriptions share.
pub struct Followed {
    /// The newest revision that was committed.
    newest: watch::Sender<Revision>,
    /// Whose turn it is to read.
    turns: Arc<Semaphore>,
    told: Mutex<VecDeque<(Revision, Arc<Told>)>>,
}

impl Followed {
    /// Follows the commits of a store.
    pub fn new(store: &Store) -> Self {
        let (newest, _) = watch::channel(0);
        let teller = newest.clone();
        store.follow(Box::new(move |revision| raise(&teller, revision)));
        Self { newest, turns: Arc::new(Semaphore::new(EVENTS_READ_AT_ONCE)), told: Mutex::default() }
    }

    /// What a revision did. Who is up to date asks for the newest few; they are kept.
    fn told(&self, snapshot: &Snapshot, revision: Revision) -> Result<Option<Arc<Told>>, StoreError> {
        let kept = || self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, told)) = kept().iter().find(|(known, _)| *known == revision) {
            return Ok(Some(told.clone()));
        }
        let Some(told) = Told::read(snapshot, revision)?.map(Arc::new) else { return Ok(None) };
        let mut kept = kept();
        kept.push_back((revision, told.clone()));
        let mut changes: usize = kept.iter().map(|(_, told)| told.len() + 1).sum();
        while changes > TOLD_CHANGES_KEPT || kept.len() > PASSED_OVER_MAX {
            changes -= kept.pop_front().map_or(changes, |(_, told)| told.len() + 1);
        }
        Ok(Some(told))
    }
}

/// Commits are told in no order.
fn raise(newest: &watch::Sender<Revision>, revision: Revision) {
    newest.send_if_modified(|known| {
        let newer = revision > *known;
        *known = revision.max(*known);
        newer
    });
}

/// A subscription that is followed.
pub struct Following {
    asked: Arc<Asked>,
    newest: watch::Receiver<Revision>,
    place: Place,
    /// How many revisions it may be behind.
    most_behind: u64,
}

/// What a subscription asks.
struct Asked {
    api: Arc<Api>,
    request: Request,
    passed: Passed,
    wanted: Wanted,
    /// Its events show records, so that each needs a view as of its revision.
    shows_records: bool,
}

/// What comes next of a subscription.
#[derive(Debug)]
pub enum Step {
    /// An event.
    Event(Answer),
    /// Nothing that it wants, so far.
    Nothing,
    /// It is over, for this reason.
    End(Vec<GraphqlError>),
}

impl Api {
    /// Follows what a subscription that passed the gate asks for, or says why it cannot.
    pub fn follow(self: &Arc<Self>, request: &Request, passed: Passed) -> Result<Following, Vec<GraphqlError>> {
        let snapshot = snapshot(&self.store, None)?;
        let stands = snapshot.revision().map_err(internal)?;
        let oldest = snapshot.oldest_kept().map_err(internal)?;
        let ready = self.ready(request, &passed, snapshot)?;
        let Some(arguments) = ready.plan.followed(&ready.bound) else {
            let message = "a subscription has one root field, `changes`";
            return Err(vec![GraphqlError::request(Code::ValidationFailed, message)]);
        };
        let wanted =
            Wanted::read(arguments).map_err(|error| vec![GraphqlError::request(error.code.into(), error.message)])?;
        let shows_records = arguments.asked().of("changes").has("node");
        let after = match wanted.after {
            None => stands,
            Some(after) => match Revision::try_from(after) {
                Ok(after) if (oldest..=stands).contains(&after) => after,
                _ => return Err(vec![not_kept(after, oldest, stands)]),
            },
        };
        raise(&self.followed.newest, stands);
        let asked = Asked { api: self.clone(), request: request.clone(), passed, wanted, shows_records };
        Ok(Following {
            asked: Arc::new(asked),
            newest: self.followed.newest.subscribe(),
            place: Place::behind(after),
            most_behind: (stands - after).saturating_add(self.limits.behind as u64),
        })
    }
}

fn not_kept(after: impl std::fmt::Display, oldest: Revision, newest: Revision) -> GraphqlError {
    let message = format!(
        "the log does not reach from revision {after}: it can be followed from revision {oldest}, and the newest is {newest}; load what you need anew, and follow from the revision that you loaded"
    );
    GraphqlError::request(Code::NotKept, message).with("oldest", oldest)
}

impl Following {
    /// Waits until there is a revision that was not looked at.
    pub async fn wait(&mut self) {
        let known = self.place.revision;
        if self.newest.wait_for(|newest| *newest > known).await.is_err() {
            // The API is gone, and nothing can be committed any more.
            std::future::pending::<()>().await;
        }
    }

    /// Reads on from where it stands, up to the next event. Few read at once; another waits here for its turn.
    pub async fn read(&mut self) -> Step {
        let turns = self.asked.api.followed.turns.clone();
        let Ok(turn) = turns.acquire_owned().await else { return Step::Nothing };
        let (asked, place, most_behind) = (self.asked.clone(), self.place, self.most_behind);
        let read = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let read = || asked.step(place, most_behind);
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(read))
                .unwrap_or_else(|_| Err(vec![GraphqlError::internal("a panic while the log was followed")]))
        });
        match read.await {
            Ok(Ok(Read { place, event, up_to_date })) => {
                self.place = place;
                if up_to_date {
                    self.most_behind = self.asked.api.limits.behind as u64;
                }
                event.map_or(Step::Nothing, Step::Event)
            }
            // The file was opened anew under it: nothing was told of what was being read.
            Ok(Err(errors)) if errors.iter().any(|error| error.code == Code::Unavailable) => {
                Step::End(vec![self.resume("the database's file was opened anew")])
            }
            Ok(Err(errors)) => Step::End(errors),
            Err(error) => Step::End(vec![GraphqlError::internal(error.to_string())]),
        }
    }

    /// The error that ends it where it stands, and says how it goes on.
    pub fn resume(&self, why: &str) -> GraphqlError {
        resume(why, self.place.revision)
    }
}

fn resume(why: &str, revision: Revision) -> GraphqlError {
    let message = format!("{why}; subscribe anew with `after: {revision}`, and nothing is lost");
    GraphqlError::request(Code::Resume, message).with("after", revision)
}

/// How far was read.
struct Read {
    place: Place,
    event: Option<Answer>,
    up_to_date: bool,
}

impl Asked {
    /// Reads the next event from a place on. The place moves by what the event tells, and over revisions of which nothing is
    /// wanted, one by one: so each change is told once and in order.
    fn step(&self, mut place: Place, most_behind: u64) -> Result<Read, Vec<GraphqlError>> {
        let snapshot = snapshot(&self.api.store, None)?;
        let newest = snapshot.revision().map_err(internal)?;
        let behind = newest.saturating_sub(place.revision);
        if behind > most_behind {
            let why = format!("the subscription fell {behind} revisions behind, and may by {most_behind}");
            return Err(vec![resume(&why, place.revision)]);
        }
        for _ in 0..PASSED_OVER_MAX {
            let revision = place.revision + 1;
            if revision > newest {
                break;
            }
            let Some(told) = self.api.followed.told(&snapshot, revision).map_err(internal)? else {
                let oldest = snapshot.oldest_kept().map_err(internal)?;
                return Err(vec![not_kept(place.revision, oldest, newest)]);
            };
            if let Some(part) = Part::next(&self.wanted, &told, place, EVENT_CHANGES_MAX) {
                drop(snapshot);
                let (event, place) = self.event(&told, place, part)?;
                return Ok(Read { up_to_date: place.revision >= newest, place, event: Some(event) });
            }
            place = Place::behind(revision);
        }
        Ok(Read { up_to_date: place.revision >= newest, place, event: None })
    }

    /// The event of a part, or of fewer changes where those come to too much.
    fn event<'t>(
        &self,
        told: &'t Told,
        place: Place,
        mut part: Part<'t>,
    ) -> Result<(Answer, Place), Vec<GraphqlError>> {
        loop {
            let view = self.view(place.revision + 1)?;
            let ready = self.api.ready(&self.request, &self.passed, view)?;
            let answer = ready.run_event(|view| part.event(view));
            if answer.data.is_some() {
                return Ok((answer, part.then));
            }
            let beyond = answer.errors.iter().any(|error| error.code == Code::LimitExceeded);
            match Part::next(&self.wanted, told, place, part.len() / 2) {
                Some(fewer) if beyond && !fewer.is_empty() => part = fewer,
                _ => return Err(answer.errors),
            }
        }
    }

    /// The store as of a revision, or a newer one where no records are shown.
    fn view(&self, revision: Revision) -> Result<Snapshot, Vec<GraphqlError>> {
        let snapshot = snapshot(&self.api.store, None)?;
        if !self.shows_records {
            return Ok(snapshot);
        }
        let newest = snapshot.revision().map_err(internal)?;
        let oldest = snapshot.oldest_kept().map_err(internal)?;
        snapshot.at_lazily(revision).map_err(|error| match error {
            StoreError::NotKept(_) => vec![not_kept(revision - 1, oldest, newest)],
            error => internal(error),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;
    use crate::api::Executor;
    use crate::config::Limits;
    use crate::model::catalog::slot;
    use crate::model::kinds::PRODUCT;
    use crate::model::record::Record;
    use crate::model::value::Value;
    use crate::store::{Author, Change};

    fn write(store: &Store, key: &str) {
        let author = Author { time_ms: 0, name: "shen".to_owned(), note: String::new() };
        let mut record = Record::new(&PRODUCT, key);
        record.values[slot::NAME] = Value::Text("茶".to_owned());
        let (writer, _) = store.writer().unwrap().apply(&author, &[Change::Put(record)]).unwrap();
        writer.commit().unwrap();
    }

    #[test]
    fn whoever_follows_while_the_disk_fails_is_told_where_to_go_on_and_misses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // Without a cache each read comes from the file.
        let store = Arc::new(Store::open(&folder.path().join("jiedui.redb"), 0).unwrap());
        let api = Arc::new(Api::new(store.clone(), Executor::Plan, Limits::default()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let follow = |after: Revision| {
            let query = format!("subscription {{ changes(after: {after}) {{ revision changes {{ id }} }} }}");
            let request = Request::new(&query);
            let passed = api.pass(&request).unwrap();
            api.follow(&request, passed).unwrap()
        };
        let next = |following: &mut Following| match runtime.block_on(following.read()) {
            Step::Event(answer) => String::from_utf8(answer.data.unwrap()).unwrap(),
            other => panic!("{other:?}"),
        };
        write(&store, "a");
        let mut following = follow(0);
        assert_eq!(next(&mut following), r#"{"changes":{"revision":1,"changes":[{"id":"product:a"}]}}"#);
        write(&store, "b");
        write(&store, "c");
        store.fail_after(u64::MAX, 0);
        let step = runtime.block_on(following.read());
        store.fail_after(u64::MAX, u64::MAX);
        let Step::End(errors) = step else { panic!("{step:?}") };
        assert_eq!(errors.len(), 1, "{errors:?}");
        let error = errors[0].to_json();
        assert_eq!(error["extensions"], serde_json::json!({ "code": "RESUME", "after": 1 }), "{error}");
        let mut following = follow(1);
        assert_eq!(next(&mut following), r#"{"changes":{"revision":2,"changes":[{"id":"product:b"}]}}"#);
        assert_eq!(next(&mut following), r#"{"changes":{"revision":3,"changes":[{"id":"product:c"}]}}"#);
    }
}
