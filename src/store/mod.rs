//! The store: one redb file. The only folder that names redb, and [`key`] the only module that knows its keys.

mod applying;
mod blocks;
mod check;
mod copy;
mod covered;
mod covers;
mod derive;
mod disk;
mod error;
mod handle;
pub mod key;
mod key_list;
mod key_set;
pub mod log;
mod logged;
mod mark;
mod past;
mod place;
mod posting_list;
mod postings;
mod rebuild;
mod retention;
mod retries;
mod run;
mod sealed;
mod snapshot;
mod tables;
mod view;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use redb::{
    Builder, ConcurrencyMode, Database, DatabaseError, Durability, ReadableDatabase, ReadableTable, TableDefinition,
    TableError,
};

pub use check::{Difference, check};
pub use copy::copy;
pub use covered::{CoverIn, Covered};
pub use disk::Fault;
pub use error::{OpenError, StoreError};
pub use mark::{Kept, Mark};
pub use place::{Making, beside, let_as, put};
pub use posting_list::{Postings, kind_bit};
pub use retries::Remembered;
pub use snapshot::{Direction, Snapshot, Stored};
pub use tables::Reckoned;
use tables::Tables;
pub use writer::{AddedTo, Author, Change, Given, Writer};

use handle::{Handle, Writing};

/// The version of the file format that this binary writes.
pub const FORMAT: u32 = 5;

/// The first version whose files have histories, and logs in parts.
const WITH_HISTORIES: u32 = 3;

/// Bytes, as most tables have them for keys and values.
type Bytes = &'static [u8];

/// Record -> version and row.
const RECORDS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("records");
/// Target, edge and source of the first of a block -> the others.
const REVERSE: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("reverse");
/// Field, value and record of the first of a block -> the others.
const INDEX: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("index");
/// Token, kind and first record -> the other records of a block.
const POSTINGS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("postings");
/// Cover, values and first record -> the records of a block, with their rows.
const COVERS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("covers");
/// Kind -> how many records.
const COUNTS: TableDefinition<'static, u8, u64> = TableDefinition::new("counts");
/// Revision -> what it changed.
const LOG: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("log");
/// Revision and part -> changes of one that made many.
const LOG_PARTS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("log_parts");
/// Record and revision: the revision changed or deleted the record, which was there.
const HISTORY: TableDefinition<'static, &[u8], ()> = TableDefinition::new("history");
/// Idempotency key -> what the set of changes came to that was sent under it.
const RETRIES: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("retries");
/// Revision and idempotency key: the set under the key came to the revision.
const RETRIES_BY_REVISION: TableDefinition<'static, &[u8], ()> = TableDefinition::new("retries_by_revision");
/// Record -> hash of what the built-in data gave for it; and where an import added to that, the row before and a hash of that after.
const BUILTIN: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("builtin");
/// Name -> value: the format, the newest revision, which built-in data was loaded.
const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");

/// An open store.
pub struct Store {
    path: PathBuf,
    /// The tables as the last commit left them, for as long as no other comes. They are closed before the file is.
    /// The number of the opening of the file that they are read by stands with them.
    current: Mutex<Option<(u64, Arc<Tables>)>>,
    handle: Handle,
    /// How many of the newest revisions the log keeps; all where nothing is said.
    keep_revisions: Option<u64>,
    /// Held by whoever writes.
    alone: Mutex<()>,
    /// Whoever wants to know of commits.
    followers: Mutex<Vec<Follower>>,
}

/// Is told of each commit, by its revision.
pub type Follower = Box<dyn Fn(log::Revision) + Send>;

impl Store {
    /// Opens a file for reading and writing, and makes a new one where there is none. A file that is something else, or
    /// of a newer format, is left as it is.
    pub fn open(path: &Path, cache_bytes: usize) -> Result<Self, OpenError> {
        let mut store = Self::begin(path, cache_bytes)?;
        store.settle()?;
        Ok(store)
    }

    /// The same; but a new file stands under its name only when it is [settled](Self::settle), and is gone with the store
    /// where it never is.
    pub fn begin(path: &Path, cache_bytes: usize) -> Result<Self, OpenError> {
        for _ in 0..place::ATTEMPTS {
            let writing = if place::is_there(path)? {
                // Reading alone decides whether the file is ours: opening it for writing already changes it.
                drop(Self::open_any(path, cache_bytes)?);
                Writing::open(path, cache_bytes)?
            } else {
                Writing::make(path, cache_bytes)?
            };
            // What stood there may have been replaced in the meantime, or one may have come there.
            let Some(writing) = writing else { continue };
            let store = Self::new(path, Handle::Writing(writing));
            store.prepare().map_err(|source| OpenError::Store { path: path.to_owned(), source })?;
            return Ok(store);
        }
        Err(OpenError::InUse { path: path.to_owned() })
    }

    /// Gives a new file its name, whole; one that has it keeps it.
    pub fn settle(&mut self) -> Result<(), OpenError> {
        match &mut self.handle {
            Handle::Writing(writing) => {
                writing.name().map_err(|source| OpenError::Io { path: self.path.clone(), source })
            }
            Handle::Reading(_) => Ok(()),
        }
    }

    /// Opens a file for reading, also beside a process that writes to it.
    pub fn open_reading(path: &Path, cache_bytes: usize) -> Result<Self, OpenError> {
        let (store, format) = Self::open_any(path, cache_bytes)?;
        match format {
            Some(found) if found < FORMAT => Err(OpenError::Older { path: path.to_owned(), found, known: FORMAT }),
            _ => Ok(store),
        }
    }

    /// The same with a file of any format that we know, and which it is.
    fn open_any(path: &Path, cache_bytes: usize) -> Result<(Self, Option<u32>), OpenError> {
        let database = match builder(cache_bytes).open_read_only(path) {
            // A process that wrote to it was killed. Opening it for writing mends that, if nobody else does so just now.
            Err(DatabaseError::RepairAborted) => {
                drop(builder(cache_bytes).open(path).map_err(|error| open_error(path, error))?);
                builder(cache_bytes).open_read_only(path)
            }
            opened => opened,
        };
        let database = database.map_err(|error| open_error(path, error))?;
        let store = Self::new(path, Handle::Reading(database));
        let format = store.recognise()?;
        Ok((store, format))
    }

    fn new(path: &Path, handle: Handle) -> Self {
        Self {
            path: path.to_owned(),
            handle,
            keep_revisions: None,
            alone: Mutex::default(),
            current: Mutex::default(),
            followers: Mutex::default(),
        }
    }

    /// The same, which keeps in its log no more than so many of the newest revisions; the commits to come forget the others.
    pub fn keeping(self, revisions: Option<u64>) -> Self {
        Self { keep_revisions: revisions, ..self }
    }

    /// Tells of every commit from now on.
    pub fn follow(&self, follower: Follower) {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).push(follower);
    }

    /// Forgets the tables as they were: a commit has made others.
    fn renew(&self) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn tell(&self, revision: log::Revision) {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|follower| follower(revision));
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A view of the store as it stands now.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        // Another process may write to a file that this one only reads.
        let Handle::Writing(writing) = &self.handle else {
            return Ok(Snapshot::new(Arc::new(Tables::open(self.begin_read()?)?)));
        };
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let opening = writing.opening();
        if let Some((by, tables)) = &*current
            && opening == Some(*by)
        {
            return Ok(Snapshot::new(tables.clone()));
        }
        *current = None;
        let tables = Arc::new(Tables::open(writing.begin_read()?)?);
        // What was opened in the meantime is taken the next time.
        *current = opening.map(|opening| (opening, tables.clone()));
        Ok(Snapshot::new(tables))
    }

    /// Begins to write. One writer writes at a time; another waits here.
    pub fn writer(&self) -> Result<Writer<'_>, StoreError> {
        match &self.handle {
            Handle::Writing(writing) => {
                let alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
                let mut transaction = writing.begin_write()?;
                transaction.set_durability(Durability::Immediate)?;
                // With it, a file of any size opens at once after a crash; it brings two-phase commits.
                transaction.set_quick_repair(true);
                Ok(Writer::new(self, transaction, alone))
            }
            Handle::Reading(_) => Err(StoreError::Damaged("the database was opened for reading".to_owned())),
        }
    }

    fn begin_read(&self) -> Result<redb::ReadTransaction, StoreError> {
        match &self.handle {
            Handle::Writing(writing) => writing.begin_read(),
            Handle::Reading(database) => Ok(database.begin_read()?),
        }
    }

    /// How often whoever read was cut off, since the file was opened anew. A question that failed while this grew is asked
    /// again.
    pub fn losses(&self) -> u64 {
        match &self.handle {
            Handle::Writing(writing) => writing.losses(),
            Handle::Reading(_) => 0,
        }
    }

    /// Has the disk fail: it can be written, and read, so many more times.
    #[cfg(test)]
    pub fn fail_after(&self, writes: u64, reads: u64) {
        if let Handle::Writing(writing) = &self.handle {
            writing.disk().fail_after(writes, reads);
        }
    }

    /// What the disk failed with, where an error of redb comes from there.
    fn explained(&self, error: StoreError) -> StoreError {
        match &self.handle {
            Handle::Writing(writing) => writing.explained(error),
            Handle::Reading(_) => error,
        }
    }

    /// Checks that a file is a jiedui database of a format that we know. Gives the format; nothing where the file is empty.
    fn recognise(&self) -> Result<Option<u32>, OpenError> {
        let path = || self.path.clone();
        let foreign = |why: &str| OpenError::Foreign { path: path(), why: why.to_owned() };
        let store = |source: StoreError| OpenError::Store { path: path(), source };
        let transaction = self.begin_read().map_err(store)?;
        let meta = match transaction.open_table(META) {
            Ok(meta) => meta,
            // A start that was killed before its first commit leaves a database without tables.
            Err(TableError::TableDoesNotExist(_)) => {
                let mut tables = transaction.list_tables().map_err(|error| store(error.into()))?;
                return if tables.next().is_none() { Ok(None) } else { Err(foreign("it holds other tables")) };
            }
            Err(_) => return Err(foreign("its table `meta` is of another kind")),
        };
        let format = ReadableTable::get(&meta, "format").map_err(|error| store(error.into()))?;
        let format = format.and_then(|bytes| bytes.value().try_into().ok().map(u32::from_le_bytes));
        match format {
            None => Err(foreign("it has no format version")),
            Some(found) if found > FORMAT => Err(OpenError::Newer { path: path(), found, known: FORMAT }),
            Some(found) => Ok(Some(found)),
        }
    }

    /// Makes the tables of a new file, and the derived rows of one whose rows were derived otherwise.
    fn prepare(&self) -> Result<(), StoreError> {
        let Handle::Writing(writing) = &self.handle else { return Ok(()) };
        if let Ok(meta) = self.begin_read()?.open_table(META) {
            let known =
                |name| Ok::<_, StoreError>(ReadableTable::get(&meta, name)?.map(|known| known.value().to_vec()));
            let format = known("format")?.and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
            let derived = known("derived")?.is_some_and(|known| known == rebuild::fingerprint());
            if format == FORMAT && derived {
                return Ok(());
            }
            let mut transaction = writing.begin_write()?;
            transaction.set_quick_repair(true);
            if format < WITH_HISTORIES {
                rebuild::histories(&transaction)?;
            }
            if !derived {
                tracing::warn!("the indexes of {} are made anew; it may take a while", self.path.display());
                rebuild::rebuild(&transaction)?;
            }
            transaction.open_table(META)?.insert("format", FORMAT.to_le_bytes().as_slice())?;
            return Ok(transaction.commit()?);
        }
        let transaction = writing.begin_write()?;
        transaction.open_table(RECORDS)?;
        transaction.open_table(REVERSE)?;
        transaction.open_table(INDEX)?;
        transaction.open_table(POSTINGS)?;
        transaction.open_table(COVERS)?;
        transaction.open_table(COUNTS)?;
        transaction.open_table(LOG)?;
        transaction.open_table(LOG_PARTS)?;
        transaction.open_table(HISTORY)?;
        transaction.open_table(RETRIES)?;
        transaction.open_table(RETRIES_BY_REVISION)?;
        transaction.open_table(BUILTIN)?;
        {
            let mut meta = transaction.open_table(META)?;
            meta.insert("format", FORMAT.to_le_bytes().as_slice())?;
            meta.insert("derived", rebuild::fingerprint().as_slice())?;
            meta.insert("revision", 0u64.to_le_bytes().as_slice())?;
        }
        Ok(transaction.commit()?)
    }
}

fn builder(cache_bytes: usize) -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(cache_bytes);
    // One process writes, and any number read beside it.
    builder.set_concurrency_mode(ConcurrencyMode::SingleWriter);
    builder
}

fn open_error(path: &Path, error: DatabaseError) -> OpenError {
    let path = path.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => OpenError::InUse { path },
        DatabaseError::RepairAborted => OpenError::NeedsRepair { path },
        DatabaseError::UpgradeRequired(version) => {
            OpenError::Foreign { path, why: format!("it has the redb format {version}, which is too old") }
        }
        DatabaseError::Storage(redb::StorageError::Corrupted(why)) => OpenError::Foreign { path, why },
        DatabaseError::Storage(redb::StorageError::Io(source)) => match source.kind() {
            std::io::ErrorKind::NotFound => OpenError::Missing { path },
            std::io::ErrorKind::InvalidData => OpenError::Foreign { path, why: source.to_string() },
            _ => OpenError::Io { path, source },
        },
        other => OpenError::Foreign { path, why: other.to_string() },
    }
}

/// A number that the file keeps under a name; 0 where it keeps none.
fn meta_number(meta: &impl ReadableTable<&'static str, &'static [u8]>, name: &str) -> Result<u64, StoreError> {
    match meta.get(name)? {
        None => Ok(0),
        Some(bytes) => {
            let bytes = bytes.value().try_into();
            let bytes = bytes.map_err(|_| StoreError::Damaged(format!("`{name}` in the table meta is no number")))?;
            Ok(u64::from_le_bytes(bytes))
        }
    }
}
