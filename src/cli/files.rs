//! `jiedui backup`, `jiedui restore`, `jiedui compact`: whole files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::check::checked;
use super::exit::say;
use super::{Db, Failure};
use crate::config::Limits;
use crate::store::{self, Making, OpenError, Store, beside, copy, let_as};

/// Copies a database as it stands now, also beside a running server, and checks the copy.
#[derive(Debug, clap::Args)]
pub struct Backup {
    #[command(flatten)]
    db: Db,
    /// The file to make; there may be none of this name.
    file: PathBuf,
}

/// Puts a backup in the place of the database.
#[derive(Debug, clap::Args)]
pub struct Restore {
    #[command(flatten)]
    db: Db,
    /// The backup.
    file: PathBuf,
    /// Replace the database that is there.
    #[arg(long)]
    replace: bool,
}

/// Gives back the room that the database does not need. No server may have it open.
#[derive(Debug, clap::Args)]
pub struct Compact {
    #[command(flatten)]
    db: Db,
}

impl Backup {
    /// Copies one snapshot beside the file's place, checks it, and moves it there: what is there under the name is whole.
    pub fn run(self) -> Result<(), Failure> {
        if self.file.exists() {
            let file = self.file.display();
            return Err(Failure::Usage(format!("{file} is there already; choose another name for the backup")));
        }
        let cache_bytes = Limits::default().cache_bytes;
        let store = Store::open_reading(&self.db.db, cache_bytes)?;
        let snapshot = store.snapshot().context("cannot read the database")?;
        let revision = snapshot.revision().context("cannot read the database")?;
        let partial = beside(&self.file, "partial");
        // One that was killed left it.
        let _ = fs::remove_file(&partial);
        let rows = whole_or_gone(&partial, || {
            let rows = copy(&snapshot, &partial, cache_bytes)?;
            checked(&partial)?;
            // Who may not read the database may not read its copy.
            let original = fs::metadata(&self.db.db).with_context(|| format!("{}", self.db.db.display()))?;
            let_as(&partial, &original).with_context(|| format!("{}", partial.display()))?;
            put(&partial, &self.file)?;
            Ok(rows)
        })?;
        say(&format!("{rows} rows of revision {revision} copied to {} and checked", self.file.display()))
    }
}

impl Restore {
    /// Checks the backup, copies it beside the database, and moves it there.
    pub fn run(self) -> Result<(), Failure> {
        let (from, to) = (&self.file, &self.db.db);
        checked(from)?;
        if to.exists() && !self.replace {
            let to = to.display();
            return Err(Failure::Usage(format!("{to} is there already; say --replace to put the backup in its place")));
        }
        // What stands there is held until it is replaced: whoever wrote to it would write to what nobody sees any more.
        let mut making = Making::new(to, self.replace)?;
        let cannot = || format!("{} cannot be written", to.display());
        fs::copy(from, making.at()).with_context(cannot)?;
        making.name().with_context(cannot)?;
        say(&format!("{} holds what {} holds", to.display(), from.display()))
    }
}

impl Compact {
    /// Compacts the file in place.
    pub fn run(self) -> Result<(), Failure> {
        let path = &self.db.db;
        let size = || fs::metadata(path).map(|found| found.len()).with_context(|| format!("{}", path.display()));
        if !path.exists() {
            return Err(OpenError::Missing { path: path.clone() }.into());
        }
        let before = size()?;
        let mut store = Store::open(path, Limits::default().cache_bytes)?;
        store.compact().context("the database cannot be compacted")?;
        drop(store);
        say(&format!("{}: {before} bytes before, {} now", path.display(), size()?))
    }
}

/// What makes a file or a folder in several steps: where one of them fails, nothing of it stays.
pub fn whole_or_gone<T>(partial: &Path, make: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let made = make();
    if made.is_err() {
        let _ = fs::remove_file(partial).or_else(|_| fs::remove_dir_all(partial));
    }
    made
}

/// Moves a file or a folder to its place, on disk when this returns.
pub fn put(from: &Path, to: &Path) -> Result<(), Failure> {
    Ok(store::put(from, to).with_context(|| format!("{} cannot be written", to.display()))?)
}
