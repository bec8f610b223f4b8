//! What a store reads and writes by, and how it goes on where the disk failed: it reads what was committed last, and writes
//! again once the file lets it.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

use redb::{Database, DatabaseError, ReadOnlyDatabase, ReadTransaction, ReadableDatabase};

use super::disk::{Disk, Fault, Opening};
use super::place::{self, Making};
use super::{OpenError, StoreError, builder, open_error};
use crate::config::WRITE_AGAIN_AFTER;

/// An open database.
pub enum Handle {
    /// For reading and writing.
    Writing(Writing),
    /// For reading, perhaps beside a process that writes.
    Reading(ReadOnlyDatabase),
}

/// A database that is written to.
pub struct Writing {
    disk: Arc<Disk>,
    cache_bytes: usize,
    state: RwLock<State>,
    /// Of a new file, as long as it has no name.
    making: Option<Making>,
}

enum State {
    /// It can be written.
    Sound(Opened),
    /// Its disk failed: it is read from the file as the last commit left it.
    Failed { reading: Option<Opened>, since: Instant },
}

struct Opened {
    /// Which opening of a file it is, of all in this process.
    number: u64,
    database: Database,
    lost: Arc<AtomicBool>,
}

impl Opened {
    fn new(opening: Opening, cache_bytes: usize) -> Result<Self, DatabaseError> {
        let lost = opening.lost();
        static OPENED: AtomicU64 = AtomicU64::new(0);
        let database = builder(cache_bytes).create_with_backend(opening)?;
        Ok(Self { number: OPENED.fetch_add(1, Ordering::Relaxed), database, lost })
    }

    fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }
}

impl State {
    /// What it is read by, if that still answers.
    fn read_by(&self) -> Option<&Opened> {
        let opened = match self {
            Self::Sound(opened) => Some(opened),
            Self::Failed { reading, .. } => reading.as_ref(),
        };
        opened.filter(|opened| !opened.is_lost())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // Closed first, which still writes; what never got a name is gone; and then the locks go, though a snapshot may keep
        // the file open.
        *self.state.get_mut().unwrap_or_else(PoisonError::into_inner) =
            State::Failed { reading: None, since: Instant::now() };
        self.making = None;
        self.disk.release();
    }
}

impl Writing {
    /// Opens a file for writing; nothing where another stands in its place by then.
    pub fn open(path: &Path, cache_bytes: usize) -> Result<Option<Self>, OpenError> {
        let Some(disk) = place::hold(path, OpenOptions::new().read(true).write(true))? else { return Ok(None) };
        Self::over(disk, None, cache_bytes).map(Some).map_err(|error| open_error(path, error))
    }

    /// Makes a new file, which gets its name by [`Writing::name`]; nothing where one stands there by then.
    pub fn make(path: &Path, cache_bytes: usize) -> Result<Option<Self>, OpenError> {
        let Some(making) = Making::begin(path, false)? else { return Ok(None) };
        let disk = making.disk().clone();
        Self::over(disk, Some(making), cache_bytes).map(Some).map_err(|error| open_error(path, error))
    }

    fn over(disk: Arc<Disk>, making: Option<Making>, cache_bytes: usize) -> Result<Self, DatabaseError> {
        let state = RwLock::new(State::Sound(Opened::new(Opening::writing(&disk), cache_bytes)?));
        Ok(Self { disk, cache_bytes, state, making })
    }

    /// Gives a new file its name; one that has it keeps it.
    pub fn name(&mut self) -> io::Result<()> {
        if let Some(making) = &mut self.making {
            making.name()?;
        }
        self.making = None;
        Ok(())
    }

    /// Begins to read what was committed last.
    pub fn begin_read(&self) -> Result<ReadTransaction, StoreError> {
        if let Some(opened) = self.state().read_by() {
            return Ok(opened.database.begin_read()?);
        }
        self.fall_back();
        match self.state().read_by() {
            Some(opened) => Ok(opened.database.begin_read()?),
            None => Err(self.failed()),
        }
    }

    /// Which opening of the file is read by; nothing where it has to be opened anew. What was read by another is of no use.
    pub fn opening(&self) -> Option<u64> {
        self.state().read_by().map(|opened| opened.number)
    }

    /// Begins to write. Whoever asks is alone. Where the disk failed, the file is tried again, but not at once: that cuts off
    /// whoever reads just then.
    pub fn begin_write(&self) -> Result<redb::WriteTransaction, StoreError> {
        let found = self.state();
        match &*found {
            State::Sound(opened) if !opened.is_lost() => return Ok(opened.database.begin_write()?),
            State::Failed { since, .. } if since.elapsed() < WRITE_AGAIN_AFTER => return Err(self.failed()),
            _ => drop(found),
        }
        self.try_again()?;
        match &*self.state() {
            State::Sound(opened) => Ok(opened.database.begin_write()?),
            State::Failed { .. } => Err(self.failed()),
        }
    }

    /// What the disk failed with, where an error of redb comes from there.
    pub fn explained(&self, error: StoreError) -> StoreError {
        match (error, self.disk.fault()) {
            (StoreError::Interrupted, Some(fault)) => StoreError::Disk(fault),
            (error, _) => error,
        }
    }

    /// How often whoever read was cut off.
    pub fn losses(&self) -> u64 {
        self.disk.losses()
    }

    /// The file below.
    #[cfg(test)]
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Gives the database for what needs it alone.
    pub fn database(&mut self) -> Option<&mut Database> {
        match self.state.get_mut().unwrap_or_else(PoisonError::into_inner) {
            State::Sound(opened) => Some(&mut opened.database),
            State::Failed { .. } => None,
        }
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self) -> StoreError {
        self.disk.fault().map_or(StoreError::Interrupted, StoreError::Disk)
    }

    fn reading(&self) -> Option<Opened> {
        let opening = Opening::reading(&self.disk).map_err(DatabaseError::from);
        let opened = opening.and_then(|opening| Opened::new(opening, self.cache_bytes));
        opened.inspect_err(|error| tracing::error!(%error, "the database cannot be read")).ok()
    }

    /// Reads on from the file as the last commit left it, if nobody saw to that in the meantime.
    fn fall_back(&self) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if state.read_by().is_some() {
            return;
        }
        let since = match &*state {
            State::Sound(_) => {
                let fault = self.disk.fault();
                let told = fault.as_ref().map_or("no cause", Fault::told);
                tracing::error!(cause = told, "the database's file cannot be written; it is only read until it can");
                Instant::now()
            }
            State::Failed { since, .. } => *since,
        };
        // What was open is closed by now: a transaction that still writes fails at its next step, and writes nothing.
        *state = State::Failed { reading: None, since };
        *state = State::Failed { reading: self.reading(), since };
    }

    /// Opens the file for writing again. Who still reads by what was open before is cut off: its pages may be written over.
    fn try_again(&self) -> Result<(), StoreError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        self.disk.count_loss();
        *state = State::Failed { reading: None, since: Instant::now() };
        match Opened::new(Opening::writing(&self.disk), self.cache_bytes) {
            Ok(opened) => {
                tracing::warn!("the database's file is open for writing again");
                *state = State::Sound(opened);
                Ok(())
            }
            Err(error) => {
                *state = State::Failed { reading: self.reading(), since: Instant::now() };
                Err(match error {
                    DatabaseError::Storage(error) => self.explained(error.into()),
                    error => StoreError::Damaged(error.to_string()),
                })
            }
        }
    }
}

#[cfg(test)]
#[path = "handle_tests.rs"]
mod tests;
