//! `jiedui backup`, `jiedui restore`, `jiedui compact`: whole files.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::check::checked;
use super::exit::say;
use super::{Db, Failure};
use crate::config::Limits;
use crate::store::{OpenError, Store, copy};

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
        if to.exists() {
            if !self.replace {
                let to = to.display();
                return Err(Failure::Usage(format!(
                    "{to} is there already; say --replace to put the backup in its place"
                )));
            }
            // Whoever has it open for writing would go on writing to what nobody sees any more.
            match Store::open(to, Limits::default().cache_bytes) {
                Err(error @ OpenError::InUse { .. }) => return Err(error.into()),
                opened => drop(opened),
            }
        }
        let partial = beside(to, "restoring");
        whole_or_gone(&partial, || {
            fs::copy(from, &partial).with_context(|| format!("{} cannot be written", partial.display()))?;
            put(&partial, to)
        })?;
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

/// A name beside a file's, in the same folder, so that moving it there is one step.
pub fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{what}"));
    PathBuf::from(name)
}

/// Moves a file or a folder to its place, on disk when this returns.
pub fn put(from: &Path, to: &Path) -> Result<(), Failure> {
    let moved = || -> io::Result<()> {
        File::open(from)?.sync_all()?;
        fs::rename(from, to)?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    };
    Ok(moved().with_context(|| format!("{} cannot be written", to.display()))?)
}
