//! Data out: the whole graph or one kind, from one snapshot, in memory that does not grow with it. Rows go to where they are
//! written as they are read.
//!
//! Nothing is made to look nice: the text of a cell is the value, also where a spreadsheet would take it for a formula, so that
//! what was exported can be imported again. The same snapshot gives the same bytes.

mod descriptor;
mod lines;
mod package;
mod table;

use std::io::{self, Write};

pub use lines::has_places;
use lines::{write_features, write_lines};
pub use package::{Folder, Place, Zip, write_package};
use table::write_table;

use super::columns::{kebab, table_of};
use crate::model::catalog::Kind;
use crate::model::kinds::KINDS;
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

/// As what data goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A data package: everything, with its sources.
    Package,
    /// A kind as CSV: what its columns hold, without citations.
    Csv,
    /// A JSON object a line, citations with it.
    Ndjson,
    /// A FeatureCollection of what has a place.
    Geojson,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Package, Self::Csv, Self::Ndjson, Self::Geojson];

    /// What its files end in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Package => "zip",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Geojson => "geojson",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Package => "application/zip",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson; charset=utf-8",
            Self::Geojson => "application/geo+json",
        }
    }
}

/// What is exported, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Export {
    format: Format,
    /// All of them where it is none.
    kind: Option<&'static Kind>,
}

impl Export {
    /// One kind, or all of them, in a format; or why that cannot be.
    pub fn new(format: Format, kind: Option<&'static Kind>) -> Result<Self, String> {
        match (format, kind) {
            (Format::Package, Some(_)) => Err("a package holds every kind; one kind goes as csv or ndjson".to_owned()),
            (Format::Csv, None) => Err("a CSV file holds one kind; all of them go as a package".to_owned()),
            (Format::Geojson, Some(kind)) if !has_places(kind) => {
                let places: Vec<_> = KINDS.iter().filter(|kind| has_places(kind)).map(|kind| kind.plural).collect();
                Err(format!("{} have no coordinates of their own; {} have", kind.plural, places.join(", ")))
            }
            (format, kind) => Ok(Self { format, kind }),
        }
    }

    /// As what.
    pub fn format(self) -> Format {
        self.format
    }

    /// What a file of it is called.
    pub fn file_name(self) -> String {
        let what = self.kind.map_or_else(|| "jiedui".to_owned(), |kind| kebab(kind.plural));
        format!("{what}.{}", self.format.extension())
    }

    /// Writes it, and gives how many rows it has.
    pub fn write(self, snapshot: &Snapshot, out: &mut dyn Write) -> Result<u64, OutletError> {
        let kinds = self.kind.as_ref().map_or(KINDS.as_slice(), std::slice::from_ref);
        match (self.format, self.kind.and_then(table_of)) {
            (Format::Csv, Some(table)) => write_table(snapshot, table, out),
            (Format::Ndjson, _) => write_lines(snapshot, kinds, out),
            (Format::Geojson, _) => {
                let kinds: Vec<_> = kinds.iter().copied().filter(|kind| has_places(kind)).collect();
                write_features(snapshot, &kinds, out)
            }
            (Format::Package | Format::Csv, _) => {
                let mut zip = Zip::new(out);
                let rows = write_package(snapshot, &mut zip)?;
                zip.finish()?;
                Ok(rows)
            }
        }
    }
}
