//! Data out: the whole graph or one kind, from one snapshot, in memory that does not grow with it. Rows go to where they are
//! written as they are read.
//!
//! Nothing is made to look nice: the text of a cell is the value, also where a spreadsheet would take it for a formula, so that
//! what was exported can be imported again. The same snapshot gives the same bytes.

mod descriptor;
mod package;
mod table;

use std::io::{self, Write};

pub use package::{Folder, Place, Zip, write_package};
pub use table::write_table;

use super::columns::table_of;
use crate::model::catalog::Kind;
use crate::store::{Snapshot, StoreError};

/// Why an export ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum OutletError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be written.
    #[error("cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// What is exported, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// All of it, as a data package in a zip file.
    Package,
    /// One kind as CSV.
    Csv(&'static Kind),
}

/// Writes an export, and gives how many rows it has.
pub fn write(snapshot: &Snapshot, export: Export, out: &mut dyn Write) -> Result<u64, OutletError> {
    match export {
        Export::Package => {
            let mut zip = Zip::new(out);
            let rows = write_package(snapshot, &mut zip)?;
            zip.finish()?;
            Ok(rows)
        }
        Export::Csv(kind) => match table_of(kind) {
            Some(table) => write_table(snapshot, table, out),
            None => Ok(0),
        },
    }
}
