//! Making every derived row anew: for a file of an older format, or one whose indexes or tables of readings were others.

use redb::{ReadableTable, WriteTransaction};

use super::applying::{Follows, Replaced};
use super::log::Head;
use super::{
    COUNTS, COVERS, HISTORY, INDEX, LOG, LOG_PARTS, META, POSTINGS, RECORDS, RETRIES, RETRIES_BY_REVISION, REVERSE,
    StoreError, key,
};
use crate::model::catalog::{Field, Shape};
use crate::model::id::IdRef;
use crate::model::kinds::KINDS;

/// How rows are derived. Another number makes every file's derived rows anew.
const DERIVATION: u32 = 3;

/// What derived rows depend on beside the records: which fields are indexed and searched, which covers there are, and the tables that names are
/// folded and read by.
pub fn fingerprint() -> [u8; 4] {
    let mut text = format!("{DERIVATION}\n{}", include_str!("../../assets/text/SHA256SUMS"));
    let mut covers = String::new();
    let mut add = |owner: &str, field: &Field| {
        if field.indexed || field.searched {
            text.push_str(&format!("\n{owner}.{} {} {}", field.name, field.indexed, field.searched));
        }
    };
    for kind in KINDS {
        for cover in kind.covers {
            covers.push_str(&format!("\n{} by {}", kind.name, cover.by.join(", ")));
        }
        for (_, field) in kind.slots() {
            add(kind.name, field);
            if let Shape::Structs(of) = field.shape {
                of.fields.iter().for_each(|inner| add(&format!("{}.{}", kind.name, field.name), inner));
            }
        }
    }
    text.push_str(&covers);
    crc32fast::hash(text.as_bytes()).to_le_bytes()
}

/// Makes the tables that a file of format 2 has not: histories from its log, and empty ones for logs in parts and for
/// repetitions.
pub fn histories(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.delete_table(HISTORY)?;
    transaction.open_table(LOG_PARTS)?;
    transaction.open_table(RETRIES)?;
    transaction.open_table(RETRIES_BY_REVISION)?;
    let mut history = transaction.open_table(HISTORY)?;
    for entry in transaction.open_table(LOG)?.iter()? {
        let (revision, entry) = entry?;
        for (id, _) in Head::unpack(entry.value())?.entry.changes.iter().filter(|(_, before)| before.is_some()) {
            history.insert(key::history(id.as_ref(), revision.value()).as_slice(), ())?;
        }
    }
    Ok(())
}

/// Makes all derived rows of a file anew, and notes what they were made by.
pub fn rebuild(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.delete_table(REVERSE)?;
    transaction.delete_table(INDEX)?;
    transaction.delete_table(POSTINGS)?;
    transaction.delete_table(COVERS)?;
    transaction.delete_table(COUNTS)?;
    {
        let records = transaction.open_table(RECORDS)?;
        let mut counts = transaction.open_table(COUNTS)?;
        let mut follows = Follows::open(transaction)?;
        let mut counted = [0u64; 256];
        for entry in records.iter()? {
            let (key, value) = entry?;
            let Some(id) = IdRef::from_bytes(key.value()).filter(|id| id.kind().is_some()) else { continue };
            counted[usize::from(id.tag)] += 1;
            follows.replace(&Replaced::new(id.to_owned(), None, Some(value.value().to_vec()))?)?;
        }
        follows.finish()?;
        for kind in KINDS.iter().filter(|kind| counted[usize::from(kind.tag)] > 0) {
            counts.insert(kind.tag, counted[usize::from(kind.tag)])?;
        }
        let mut meta = transaction.open_table(META)?;
        meta.insert("derived", fingerprint().as_slice())?;
    }
    Ok(())
}
