//! Making every derived row anew: for a file of an older format, or one whose indexes or tables of readings were others.

use redb::{ReadableTable, WriteTransaction};

use super::derive::{Derived, derived};
use super::log::Entry;
use super::postings::Pending;
use super::{COUNTS, HISTORY, INDEX, LOG, META, POSTINGS, RECORDS, RETRIES, REVERSE, StoreError, key, sealed};
use crate::model::catalog::{Field, Shape};
use crate::model::id::IdRef;
use crate::model::kinds::KINDS;
use crate::model::row::Row;

/// How rows are derived. Another number makes every file's derived rows anew.
const DERIVATION: u32 = 1;

/// What derived rows depend on beside the records: which fields are indexed and searched, and the tables that names are
/// folded and read by.
pub fn fingerprint() -> [u8; 4] {
    let mut text = format!("{DERIVATION}\n{}", include_str!("../../assets/text/SHA256SUMS"));
    let mut add = |owner: &str, field: &Field| {
        if field.indexed || field.searched {
            text.push_str(&format!("\n{owner}.{} {} {}", field.name, field.indexed, field.searched));
        }
    };
    for kind in KINDS {
        for (_, field) in kind.slots() {
            add(kind.name, field);
            if let Shape::Structs(of) = field.shape {
                of.fields.iter().for_each(|inner| add(&format!("{}.{}", kind.name, field.name), inner));
            }
        }
    }
    crc32fast::hash(text.as_bytes()).to_le_bytes()
}

/// Makes the tables that a file of format 2 has not: histories from its log, and an empty one for repetitions.
pub fn histories(transaction: &WriteTransaction) -> Result<(), StoreError> {
    transaction.delete_table(HISTORY)?;
    transaction.open_table(RETRIES)?;
    let mut history = transaction.open_table(HISTORY)?;
    for entry in transaction.open_table(LOG)?.iter()? {
        let (revision, entry) = entry?;
        for (id, _) in Entry::unpack(entry.value())?.changes.iter().filter(|(_, before)| before.is_some()) {
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
    transaction.delete_table(COUNTS)?;
    {
        let records = transaction.open_table(RECORDS)?;
        let mut reverse = transaction.open_table(REVERSE)?;
        let mut index = transaction.open_table(INDEX)?;
        let mut postings = transaction.open_table(POSTINGS)?;
        let mut counts = transaction.open_table(COUNTS)?;
        let mut pending = Pending::default();
        let mut counted = [0u64; 256];
        for entry in records.iter()? {
            let (key, value) = entry?;
            let Some(id) = IdRef::from_bytes(key.value()) else { continue };
            let Some(kind) = id.kind() else { continue };
            counted[usize::from(id.tag)] += 1;
            let mut tokens = Vec::new();
            for row in derived(kind, id, Row::new(sealed::row_of(value.value()))) {
                match row {
                    Derived::Reverse(key) => drop(reverse.insert(key.as_slice(), ())?),
                    Derived::Index(key) => drop(index.insert(key.as_slice(), ())?),
                    Derived::Posting(token) => tokens.push(token),
                }
            }
            pending.add(id.tag, id.key, &tokens, &[]);
            if pending.is_full() {
                pending.flush(&mut postings)?;
            }
        }
        pending.flush(&mut postings)?;
        for kind in KINDS.iter().filter(|kind| counted[usize::from(kind.tag)] > 0) {
            counts.insert(kind.tag, counted[usize::from(kind.tag)])?;
        }
        let mut meta = transaction.open_table(META)?;
        meta.insert("derived", fingerprint().as_slice())?;
    }
    Ok(())
}
