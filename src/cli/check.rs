//! `jiedui check`.

use std::path::Path;

use anyhow::Context;

use super::exit::{print, say};
use super::{Db, Failure};
use crate::config::Limits;
use crate::store::{Store, check};

/// Checks a database, also beside a running server.
#[derive(Debug, clap::Args)]
pub struct Check {
    #[command(flatten)]
    db: Db,
}

impl Check {
    /// Prints every difference, and how many rows were looked at.
    pub fn run(self) -> Result<(), Failure> {
        let rows = checked(&self.db.db)?;
        print(format!("{rows} rows checked, all as they must be\n").as_bytes())
    }
}

/// How many rows a database has, where all of them are as they must be; every difference is printed.
pub fn checked(path: &Path) -> Result<u64, Failure> {
    let store = Store::open_reading(path, Limits::default().cache_bytes)?;
    let snapshot = store.snapshot().context("cannot read the database")?;
    let mut differences = 0;
    let rows = check(&snapshot, |difference| {
        differences += 1;
        // Standard output that is gone is no reason to stop counting.
        let _ = say(&difference.to_string());
    });
    let rows = rows.context("the check could not be finished")?;
    if differences > 0 { Err(Failure::Differs(differences)) } else { Ok(rows) }
}
