//! What one request sees.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::civil::Date;

use super::error::{FieldError, NARROW_IT};
use super::remembered::Remembered;
use super::trace::Trace;
use crate::config::{CLOCK_EVERY, TURN_MICROS, TURN_READS};
use crate::model::id::{Id, IdRef};
use crate::model::kinds::{LEVELS, PROVINCE, REGION_CODE};
use crate::model::value::{Leaf, Scalar};
use crate::store::{Reckoned, Snapshot, Stored, key};

/// The name of the bound of records that an answer may read, as what refuses by it tells.
pub const READS: &str = "reads";

/// One request's view: the snapshot that all of its fields read, and the day that it calls today.
pub struct Scope {
    /// The store as of one revision.
    pub snapshot: Snapshot,
    /// Today (UTC).
    pub today: Date,
    /// When it began, and how long its answer may take.
    begun: Instant,
    time: Option<Duration>,
    /// Milliseconds after that, from which on the time is counted.
    counted_from: AtomicU64,
    /// How many records the answer may read, and has read.
    most_reads: u64,
    reads: AtomicU64,
    /// What is noted on the way.
    pub trace: Trace,
    /// What is remembered of records that many lead to.
    pub remembered: Remembered,
    /// Set when nobody waits for the answer any more.
    abandoned: Arc<AtomicBool>,
    /// How many records may be read before its turn is over, as long as it has one.
    turn: AtomicU64,
    turn_is_over: AtomicBool,
}

impl Scope {
    /// A request that begins now, and may take as long as it needs.
    pub fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot,
            today: jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date(),
            begun: Instant::now(),
            time: None,
            counted_from: AtomicU64::new(0),
            most_reads: u64::MAX,
            reads: AtomicU64::new(0),
            trace: Trace::default(),
            remembered: Remembered::default(),
            abandoned: Arc::default(),
            turn: AtomicU64::new(u64::MAX),
            turn_is_over: AtomicBool::new(false),
        }
    }

    /// What was reckoned of many records, a count or groups, remembered under what it is reckoned of until the next commit: page
    /// after page asks for the same. `weight` says how many bytes it takes.
    pub fn reckoned<T: Send + Sync + 'static>(
        &self,
        of: impl FnOnce() -> Option<String>,
        reckon: impl FnOnce() -> Result<T, FieldError>,
        weight: impl FnOnce(&T) -> usize,
    ) -> Result<Arc<T>, FieldError> {
        let remembers = !self.trace.notes() && !self.snapshot.is_past();
        let Some(of) = remembers.then(of).flatten() else { return reckon().map(Arc::new) };
        let (remembered, key) = (self.snapshot.reckoned(), format!("{} {of}", self.today));
        if let Some(known) = remembered.get(&key).and_then(|known| known.value.downcast::<T>().ok()) {
            return Ok(known);
        }
        let reckoned = Arc::new(reckon()?);
        let weight = (key.len() + weight(&reckoned)) as u64;
        remembered.insert(key, Reckoned { weight, value: reckoned.clone() });
        Ok(reckoned)
    }

    /// Begins a turn: beyond it the request stops, and [`Scope::end_turn`] says so.
    pub fn begin_turn(&self) {
        self.turn.store(TURN_READS, Ordering::Relaxed);
    }

    /// Ends its turn, and says whether that was not enough: then what was read is forgotten.
    pub fn end_turn(&self) -> bool {
        self.turn.store(u64::MAX, Ordering::Relaxed);
        let over = self.turn_is_over.swap(false, Ordering::Relaxed);
        if over {
            self.reads.store(0, Ordering::Relaxed);
        }
        over
    }

    /// The same, which may take only so long and read only so much.
    pub fn within(self, time: Duration, reads: u64) -> Self {
        Self { begun: Instant::now(), time: Some(time), most_reads: reads, ..self }
    }

    /// Begins to count time and reads anew: each line of an answer that is streamed has its own.
    pub fn renew(&self) {
        self.counted_from.store(self.begun.elapsed().as_millis() as u64, Ordering::Relaxed);
        self.reads.store(0, Ordering::Relaxed);
    }

    /// The same, which notes what its request asks for.
    pub fn noting(self, trace: Trace) -> Self {
        Self { trace, ..self }
    }

    /// How many records were read so far.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// How many it may read.
    pub fn most_reads(&self) -> u64 {
        self.most_reads
    }

    /// Counts and notes what another part of the same request read. What it rests on and is gone here is left out: a later
    /// change of the request deleted it.
    pub fn take_over(&self, other: &Self) {
        self.reads.fetch_add(other.reads(), Ordering::Relaxed);
        self.trace.take_over(&other.trace, |id| self.snapshot.get(id).is_ok_and(|found| found.is_some()));
    }

    /// A flag that ends the request at the next record that it reads.
    pub fn abandon(&self) -> Arc<AtomicBool> {
        self.abandoned.clone()
    }

    /// Counts a record that is read, and says whether there are time and reads left. Whatever reads record after record
    /// comes here at each.
    pub fn spend(&self) -> Result<(), FieldError> {
        let most = self.most_reads;
        // One thread reads at a time: what it adds need not be one step.
        let reads = self.reads.load(Ordering::Relaxed);
        self.reads.store(reads + 1, Ordering::Relaxed);
        let turn = self.turn.load(Ordering::Relaxed);
        let late = || reads.is_multiple_of(CLOCK_EVERY) && self.begun.elapsed().as_micros() as u64 > TURN_MICROS;
        if turn < u64::MAX && (reads >= turn || late()) {
            self.turn_is_over.store(true, Ordering::Relaxed);
            return Err(FieldError::limit("its turn is over"));
        }
        if reads >= most {
            let message = format!(
                "the answer reads more than {most} records; {NARROW_IT} by a filter that an index serves, a smaller page, or fewer names at once"
            );
            return Err(FieldError::limit(message).with("bound", READS.into()).with("limit", most.into()));
        }
        // Looking at it each time would take as long as reading does.
        if reads.is_multiple_of(CLOCK_EVERY) { self.look_at_the_clock() } else { Ok(()) }
    }

    /// Says whether there is time left, and somebody who waits. What goes on for long without reading comes here.
    pub fn look_at_the_clock(&self) -> Result<(), FieldError> {
        if self.abandoned.load(Ordering::Relaxed) {
            return Err(FieldError::limit("nobody waits for the answer any more"));
        }
        let counted_from = || Duration::from_millis(self.counted_from.load(Ordering::Relaxed));
        match self.time {
            Some(time) if self.begun.elapsed() > time + counted_from() => {
                let most = time.as_millis();
                Err(FieldError::limit(format!(
                    "the answer takes longer than {most} ms; ask for smaller pages, or in several requests"
                )))
            }
            _ => Ok(()),
        }
    }

    /// The record that another refers to. That it is there is the writer's promise.
    pub fn referred(&self, id: IdRef<'_>) -> Result<Stored<'_>, FieldError> {
        self.spend()?;
        self.snapshot.get(id)?.ok_or_else(|| FieldError::internal(format!("{id} is referred to and not there")))
    }

    /// The region that has, or had, a code.
    pub fn region_of_code(&self, code: &str) -> Result<Option<Stored<'_>>, FieldError> {
        self.spend()?;
        const CODE: usize = REGION_CODE.slot_of("code");
        // Where a code of its form mostly stands is looked first: no two regions have one code.
        let form = match (code.len(), code.get(2..), code.get(4..)) {
            (2, ..) | (6, Some("0000"), _) => 0,
            (4, ..) | (6, _, Some("00")) => 1,
            (9, ..) => 3,
            (12, ..) => 4,
            _ => 2,
        };
        let others = (0..LEVELS.len()).filter(|level| *level != form);
        for level in std::iter::once(form).chain(others).map(|level| LEVELS[level]) {
            if let Some(region) = self.snapshot.get(Id::new(level, code).as_ref())? {
                return Ok(Some(region));
            }
        }
        let field = key::indexed(&PROVINCE).find(|field| field.inner == Some(CODE));
        let value = key::sortable(Scalar::Text, &Leaf::Text(code));
        let (Some(field), Some(value)) = (field, value) else { return Ok(None) };
        match self.snapshot.find(field, &value)?.next() {
            Some(found) => Ok(Some(self.referred(found?.as_ref())?)),
            None => Ok(None),
        }
    }

    /// The record that an argument names: by its global id, or a region by the bare code, as `region(code:)` takes it.
    pub fn named(&self, argument: &str, text: &str) -> Result<Option<Stored<'_>>, FieldError> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.region_of_code(text);
        }
        let id = Id::parse(text).map_err(|error| FieldError::input(format!("{argument}: {error}")))?;
        self.node(id.as_ref())
    }

    /// The record of a global id; a region also by any other code that it has or had.
    pub fn node(&self, id: IdRef<'_>) -> Result<Option<Stored<'_>>, FieldError> {
        self.spend()?;
        if let Some(found) = self.snapshot.get(id)? {
            return Ok(Some(found));
        }
        let is_region = id.kind().is_some_and(|kind| LEVELS.contains(&kind));
        let region = if is_region { self.region_of_code(id.key)? } else { None };
        Ok(region.filter(|region| region.kind.tag == id.tag))
    }
}
