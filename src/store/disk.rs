//! The file below redb, and what may go wrong with it: a disk that is full, a file that can only be read.
//!
//! redb gives a database up at the first error of its disk: it neither writes nor reads by it any more. So we open it anew,
//! over the same open file, whose locks stay held. What opening writes is kept in memory until the file can be written.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::backends::FileBackend;
use redb::{BackendError, DatabaseError, StorageBackend};

/// What the operating system said when the file could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    kind: io::ErrorKind,
    told: String,
}

impl Fault {
    /// What an error tells.
    pub fn of(error: &io::Error) -> Self {
        Self { kind: error.kind(), told: error.to_string() }
    }

    /// In the words of the operating system.
    pub fn told(&self) -> &str {
        &self.told
    }

    /// How it is mended.
    pub fn remedy(&self) -> &'static str {
        match self.kind {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room where the file is",
            io::ErrorKind::FileTooLarge => "let the file grow larger",
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => "make the file writable",
            _ => "look after the disk",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "no room is left for the database's file",
            io::ErrorKind::FileTooLarge => "the database's file may not grow any larger",
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                "the database's file can only be read now"
            }
            _ => "the disk of the database's file failed",
        })
    }
}

/// The byte whose lock says that a file is held: far behind any that a file has, and none of those that redb locks, since
/// a file is held before it is known to be a database.
const HOLD: u64 = 1 << 61;

/// The open file of a store that writes. Its locks last as long as this.
#[derive(Debug)]
pub struct Disk {
    file: FileBackend,
    fault: Mutex<Option<Fault>>,
    /// How often what was read by was lost, or closed.
    losses: AtomicU64,
    /// How many more times it can be written, and read.
    #[cfg(test)]
    left: [AtomicU64; 2],
}

impl Disk {
    /// Over an open file.
    pub fn new(file: File) -> Result<Arc<Self>, DatabaseError> {
        Ok(Arc::new(Self {
            file: FileBackend::new(file)?,
            fault: Mutex::default(),
            losses: AtomicU64::new(0),
            #[cfg(test)]
            left: [u64::MAX; 2].map(AtomicU64::new),
        }))
    }

    /// From now on it can be written, and read, so many more times.
    #[cfg(test)]
    pub fn fail_after(&self, writes: u64, reads: u64) {
        self.left[0].store(writes, Ordering::Relaxed);
        self.left[1].store(reads, Ordering::Relaxed);
    }

    /// A disk that works, but where a test has it fail.
    #[cfg(test)]
    fn works(&self, reading: bool) -> io::Result<()> {
        let left = &self.left[usize::from(reading)];
        let more = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        more.map(drop).map_err(|_| io::ErrorKind::StorageFull.into())
    }

    #[cfg(not(test))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "tests have it fail")]
    fn works(&self, _reading: bool) -> io::Result<()> {
        Ok(())
    }

    /// Takes hold of it for as long as it is open here; says whether nobody else has.
    pub fn hold(&self) -> io::Result<bool> {
        Ok(self.file.try_lock_range(Bound::Included(HOLD), Bound::Excluded(HOLD + 1))?)
    }

    /// Makes it empty.
    pub fn clear(&self) -> io::Result<()> {
        self.file.set_len(0)
    }

    /// What it failed with last.
    pub fn fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often what was read by was lost.
    pub fn losses(&self) -> u64 {
        self.losses.load(Ordering::Acquire)
    }

    /// Counts that what was read by is lost.
    pub fn count_loss(&self) {
        self.losses.fetch_add(1, Ordering::AcqRel);
    }

    /// Gives back its locks.
    pub fn release(&self) {
        // What remains of them ends with the file.
        let _ = self.file.close();
    }

    fn note(&self, error: &io::Error) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(Fault::of(error));
    }
}

/// One opening of the file. It counts as lost with the first error, as redb takes it too.
#[derive(Debug)]
pub struct Opening {
    disk: Arc<Disk>,
    lost: Arc<AtomicBool>,
    /// What was written, where it stays in memory.
    kept: Option<RwLock<Kept>>,
}

impl Opening {
    /// One that writes to the file.
    pub fn writing(disk: &Arc<Disk>) -> Self {
        Self { disk: disk.clone(), lost: Arc::default(), kept: None }
    }

    /// One that leaves the file as it is.
    pub fn reading(disk: &Arc<Disk>) -> io::Result<Self> {
        let kept = Kept { length: disk.file.len()?, blocks: BTreeMap::new() };
        Ok(Self { kept: Some(RwLock::new(kept)), ..Self::writing(disk) })
    }

    /// Says whether it is lost.
    pub fn lost(&self) -> Arc<AtomicBool> {
        self.lost.clone()
    }

    fn noted<T>(&self, done: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &done {
            self.disk.note(error);
            self.disk.count_loss();
            self.lost.store(true, Ordering::Release);
        }
        done
    }

    fn kept(&self) -> Option<RwLockReadGuard<'_, Kept>> {
        self.kept.as_ref().map(|kept| kept.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn kept_to_write(&self) -> Option<RwLockWriteGuard<'_, Kept>> {
        self.kept.as_ref().map(|kept| kept.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads and writes go to the file or to memory; redb's locks are the file's own, which this process has already where the file is
/// opened anew. They are given back with the file, so that nobody else writes in between.
impl StorageBackend for Opening {
    fn len(&self) -> io::Result<u64> {
        match self.kept() {
            Some(kept) => Ok(kept.length),
            None => self.noted(self.disk.file.len()),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.noted(match self.kept() {
            Some(kept) => kept.read(&self.disk.file, offset, out),
            None => self.disk.works(true).and_then(|()| self.disk.file.read(offset, out)),
        })
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        match self.kept_to_write() {
            Some(mut kept) => {
                kept.length = length;
                Ok(())
            }
            None => self.noted(self.disk.works(false).and_then(|()| self.disk.file.set_len(length))),
        }
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.kept.is_some() {
            return Ok(());
        }
        self.noted(self.disk.works(false).and_then(|()| self.disk.file.sync_data()))
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.noted(match self.kept_to_write() {
            Some(mut kept) => kept.write(&self.disk.file, offset, data),
            None => self.disk.works(false).and_then(|()| self.disk.file.write(offset, data)),
        })
    }

    fn close(&self) -> io::Result<()> {
        Ok(())
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.disk.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.disk.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.disk.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.disk.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.disk.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.disk.file.query_lock_range(start, end)
    }
}

/// How many bytes are kept at once.
const BLOCK: usize = 4096;

/// What was written to memory, in blocks, over a file.
#[derive(Debug)]
struct Kept {
    length: u64,
    blocks: BTreeMap<u64, Vec<u8>>,
}

impl Kept {
    fn read(&self, file: &FileBackend, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if offset + out.len() as u64 > self.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (block, at, part) in parts(offset, out.len()) {
            let out = &mut out[part];
            match self.blocks.get(&block) {
                Some(bytes) => out.copy_from_slice(&bytes[at..at + out.len()]),
                None => below(file, block * BLOCK as u64 + at as u64, out)?,
            }
        }
        Ok(())
    }

    fn write(&mut self, file: &FileBackend, offset: u64, data: &[u8]) -> io::Result<()> {
        self.length = self.length.max(offset + data.len() as u64);
        for (block, at, part) in parts(offset, data.len()) {
            let data = &data[part];
            let bytes = match self.blocks.entry(block) {
                Entry::Occupied(kept) => kept.into_mut(),
                Entry::Vacant(new) => {
                    let mut bytes = vec![0; BLOCK];
                    below(file, block * BLOCK as u64, &mut bytes)?;
                    new.insert(bytes)
                }
            };
            bytes[at..at + data.len()].copy_from_slice(data);
        }
        Ok(())
    }
}

/// What the file has, and zeros behind its end.
fn below(file: &FileBackend, offset: u64, out: &mut [u8]) -> io::Result<()> {
    let there = file.len()?.saturating_sub(offset).min(out.len() as u64) as usize;
    let (there, behind) = out.split_at_mut(there);
    behind.fill(0);
    if there.is_empty() { Ok(()) } else { file.read(offset, there) }
}

/// The parts of a range that each lie in one block: the block, the place in it, and which bytes of the range.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let place = offset + done as u64;
        let at = (place % BLOCK as u64) as usize;
        let part = done..length.min(done + BLOCK - at);
        done = part.end;
        (!part.is_empty()).then_some((place / BLOCK as u64, at, part))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    #[test]
    fn what_is_kept_lies_over_the_file_and_leaves_it_as_it_is() {
        let mut file = tempfile::tempfile().unwrap();
        let below: Vec<u8> = (0..10_000).map(|at| at as u8).collect();
        io::Write::write_all(&mut file, &below).unwrap();
        let disk = Disk::new(file).unwrap();
        let opening = Opening::reading(&disk).unwrap();
        let mut expected = below.clone();
        for (offset, length, byte) in [(0, 1, 200), (4_000, 5_000, 201), (9_999, 1, 202), (9_000, 3_000, 203)] {
            if offset + length > expected.len() {
                expected.resize(offset + length, 0);
                opening.set_len(expected.len() as u64).unwrap();
            }
            opening.write(offset as u64, &vec![byte; length]).unwrap();
            expected[offset..offset + length].fill(byte);
            for (from, to) in [(0, expected.len()), (3_999, 4_001), (8_191, 8_193), (4_096, 8_192)] {
                let mut found = vec![0; to - from];
                opening.read(from as u64, &mut found).unwrap();
                assert!(found == expected[from..to], "{from}..{to} after {offset}");
            }
        }
        let mut beyond = [0];
        assert!(opening.read(expected.len() as u64, &mut beyond).is_err());
        let mut found = vec![0; below.len()];
        disk.file.read(0, &mut found).unwrap();
        assert!(found == below);
        assert_eq!(disk.file.len().unwrap(), below.len() as u64);
    }
}
