//! The data that the binary brings: loaded into a new database, and mended in place when a newer binary brings newer data.

use std::collections::{BTreeMap, BTreeSet};

use rust_embed::Embed;
use sha2::{Digest, Sha256};

use super::package::{Files, Problem, read};
use crate::model::id::Id;
use crate::model::record::Record;
use crate::store::log::Revision;
use crate::store::{Author, Change, Store, StoreError};

#[derive(Embed)]
#[folder = "data/"]
#[include = "*.csv"]
#[include = "datapackage.json"]
struct Embedded;

/// What loading came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The revision it made; nothing where all was as it should be.
    pub revision: Option<Revision>,
    /// Records that were written or removed.
    pub changed: usize,
    /// Records that were left as a keeper has them.
    pub kept: usize,
    /// Records that could not be taken, because what they refer to is gone.
    pub left_out: Vec<Id>,
}

/// Why the data could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The package has faults.
    #[error("the data package has {} faults; the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Package(Vec<Problem>),
    /// The store failed, or refused it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The files of the data that this binary brings.
pub fn files() -> Files {
    Embedded::iter().filter_map(|path| Some((path.to_string(), Embedded::get(&path)?.data.into_owned()))).collect()
}

/// Brings a store to the data of a package, where it was not brought there before. What a keeper changed, added or deleted
/// stays as the keeper has it.
pub fn load(store: &Store, files: &Files, time_ms: i64) -> Result<Loaded, LoadError> {
    let fingerprint = fingerprint(files);
    let writer = store.writer()?;
    if writer.meta("builtin")?.as_deref() == Some(&fingerprint) {
        return Ok(Loaded::default());
    }
    drop(writer);
    let records: BTreeMap<Id, Record> =
        read(files).map_err(LoadError::Package)?.into_iter().map(|it| (it.id(), it)).collect();
    let mut left_out = BTreeSet::new();
    loop {
        match attempt(store, &records, &left_out, &fingerprint, time_ms) {
            // A keeper may have deleted what some records refer to: those few are left out, and the rest is taken.
            Err(LoadError::Store(StoreError::Refused(problems))) => {
                let known = left_out.len();
                left_out.extend(problems.iter().filter_map(|problem| Id::parse(&problem.id).ok()));
                if left_out.len() == known {
                    return Err(LoadError::Store(StoreError::Refused(problems)));
                }
            }
            other => return other,
        }
    }
}

fn attempt(
    store: &Store,
    records: &BTreeMap<Id, Record>,
    left_out: &BTreeSet<Id>,
    fingerprint: &[u8],
    time_ms: i64,
) -> Result<Loaded, LoadError> {
    let writer = store.writer()?;
    let before = writer.builtin()?;
    let mut changes = Vec::new();
    let mut kept = 0;
    for (id, record) in records {
        // What could not be had stays as the last binary's data left it, to be mended when it can.
        if left_out.contains(id) {
            continue;
        }
        let hash = Sha256::digest(record.pack()).to_vec();
        let stands = writer.row(id.as_ref())?.map(|row| Sha256::digest(row).to_vec());
        let ours = stands.as_ref() == before.get(id);
        if stands.as_ref() == Some(&hash) {
            // As it should be already.
        } else if ours {
            changes.push(Change::Put(record.clone()));
        } else {
            kept += 1;
        }
        writer.set_builtin(id.as_ref(), Some(&hash))?;
    }
    for (id, hash) in before.iter().filter(|(id, _)| !records.contains_key(id)) {
        let stands = writer.row(id.as_ref())?.map(|row| Sha256::digest(row).to_vec());
        match stands {
            Some(stands) if stands == *hash && !left_out.contains(id) => {
                changes.push(Change::Delete(id.clone()));
                writer.set_builtin(id.as_ref(), None)?;
            }
            // What a keeper changed or deleted is remembered, for newer data may bring it back.
            Some(_) => kept += 1,
            None => {}
        }
    }
    writer.set_meta("builtin", fingerprint)?;
    let author = Author { time_ms, name: "jiedui".to_owned(), note: "built-in data".to_owned() };
    let (writer, revision) = writer.apply(&author, &changes)?;
    writer.commit()?;
    Ok(Loaded { revision, changed: changes.len(), kept, left_out: left_out.iter().cloned().collect() })
}

fn fingerprint(files: &Files) -> Vec<u8> {
    let mut hash = Sha256::new();
    for (path, bytes) in files {
        hash.update((path.len() as u64).to_le_bytes());
        hash.update(path);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hash.finalize().to_vec()
}
