//! The data that the binary brings: loaded into a new database, and mended in place when a newer binary brings newer data.

use std::collections::{BTreeMap, BTreeSet};

use rust_embed::Embed;
use sha2::{Digest, Sha256};

use super::package::{Files, Problem, read};
use crate::model::catalog::slot;
use crate::model::id::{Id, IdRef};
use crate::model::record::Record;
use crate::model::value::Value;
use crate::store::log::Revision;
use crate::store::{AddedTo, Author, Change, Given, Store, StoreError, Writer};

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
        let row = record.pack();
        let stands = writer.row(id.as_ref())?;
        let last = before.get(id);
        let mut given = Given { hash: hash(&row), added: None };
        match (&stands, last.and_then(|last| last.added.as_ref())) {
            // As it should be already.
            (Some(stands), _) if *stands == row => {}
            (Some(stands), Some(added)) if hash(stands) == added.with => {
                let mended = mended(record, &added.without, stands);
                given.added = Some(AddedTo { with: hash(&mended.pack()), without: row });
                if mended.pack() != *stands {
                    changes.push(Change::Put(mended));
                }
            }
            _ if stands.as_deref().map(hash) == last.map(|last| last.hash) => changes.push(Change::Put(record.clone())),
            _ => kept += 1,
        }
        writer.set_builtin(id.as_ref(), Some(&given))?;
    }
    for (id, given) in before.iter().filter(|(id, _)| !records.contains_key(id)) {
        match writer.row(id.as_ref())? {
            Some(stands) if hash(&stands) == given.hash && !left_out.contains(id) => {
                changes.push(Change::Delete(id.clone()));
                writer.set_builtin(id.as_ref(), None)?;
            }
            // What a keeper changed or deleted is remembered, for newer data may bring it back; an import has the others too.
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

/// A record as newer data has it, with what an import added to the one of the data before.
fn mended(newer: &Record, without: &[u8], with: &[u8]) -> Record {
    let unpack = |row| Record::unpack(newer.kind, row);
    let (without, with) = (unpack(without), unpack(with));
    let mut mended = newer.clone();
    for (slot, value) in mended.values.iter_mut().enumerate() {
        let (before, after) = (&without.values[slot], &with.values[slot]);
        if value == before {
            value.clone_from(after);
        } else if let (Value::List(items), Value::List(after)) = (&mut *value, after) {
            let had: &[Value] = if let Value::List(had) = before { had } else { &[] };
            for item in after.iter().filter(|item| !had.contains(item)) {
                // The data's own word for a code, a name or a target stands; a record can cite one source for several fields.
                let same =
                    |known: &Value| known == item || slot != slot::CITATIONS && first_of(known) == first_of(item);
                if !items.iter().any(same) {
                    items.push(item.clone());
                }
            }
        }
    }
    mended
}

fn first_of(item: &Value) -> &Value {
    match item {
        Value::Struct(values) => values.first().unwrap_or(item),
        _ => item,
    }
}

/// Notes what an import added to a record of the built-in data, if it stood as the data gave it but for what imports added:
/// so newer data can still mend it. A record that a keeper changed is the keeper's, before and after.
pub fn note_added(
    writer: &Writer,
    id: IdRef<'_>,
    given: &Given,
    before: &[u8],
    after: &[u8],
) -> Result<(), StoreError> {
    let without = match &given.added {
        _ if hash(before) == given.hash => before.to_vec(),
        Some(added) if hash(before) == added.with => added.without.clone(),
        _ => return Ok(()),
    };
    let added = Some(AddedTo { with: hash(after), without });
    writer.set_builtin(id, Some(&Given { hash: given.hash, added }))
}

fn hash(row: &[u8]) -> [u8; 32] {
    Sha256::digest(row).into()
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
