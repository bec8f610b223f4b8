//! Whole files: a copy of one snapshot, and less room for the same.

use std::path::Path;

use redb::{Durability, Key, ReadableTable, TableDefinition, TableError, Value, WriteTransaction};

use super::{
    BUILTIN, COUNTS, COVERS, HISTORY, Handle, INDEX, LOG, LOG_PARTS, META, OpenError, POSTINGS, RECORDS, RETRIES,
    RETRIES_BY_REVISION, REVERSE, Snapshot, Store, StoreError, builder, open_error,
};

/// Copies all that a snapshot sees into a new file: dense, since its rows come in order. Gives how many rows.
pub fn copy(snapshot: &Snapshot, to: &Path, cache_bytes: usize) -> Result<u64, OpenError> {
    let store = |source: StoreError| OpenError::Store { path: to.to_owned(), source };
    let database = builder(cache_bytes).create(to).map_err(|error| open_error(to, error))?;
    let begin = || -> Result<WriteTransaction, StoreError> {
        let mut transaction = database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction.set_quick_repair(true);
        Ok(transaction)
    };
    let transaction = begin().map_err(store)?;
    let copied = || -> Result<u64, StoreError> {
        Ok(table(snapshot, &transaction, RECORDS)?
            + table(snapshot, &transaction, REVERSE)?
            + table(snapshot, &transaction, INDEX)?
            + table(snapshot, &transaction, POSTINGS)?
            + table(snapshot, &transaction, COVERS)?
            + table(snapshot, &transaction, COUNTS)?
            + table(snapshot, &transaction, LOG)?
            + table(snapshot, &transaction, LOG_PARTS)?
            + table(snapshot, &transaction, HISTORY)?
            + table(snapshot, &transaction, RETRIES)?
            + table(snapshot, &transaction, RETRIES_BY_REVISION)?
            + table(snapshot, &transaction, BUILTIN)?
            // Last: a file without it is none of ours.
            + table(snapshot, &transaction, META)?)
    };
    let rows = copied().map_err(store)?;
    transaction.commit().map_err(|error| store(error.into()))?;
    Ok(rows)
}

fn table<K: Key, V: Value>(
    snapshot: &Snapshot,
    transaction: &WriteTransaction,
    definition: TableDefinition<'static, K, V>,
) -> Result<u64, StoreError> {
    let from = match snapshot.transaction().open_table(definition) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(0),
        from => from?,
    };
    let mut to = transaction.open_table(definition)?;
    let mut rows = 0;
    for entry in ReadableTable::iter(&from)? {
        let (key, value) = entry?;
        to.insert(key.value(), value.value())?;
        rows += 1;
    }
    Ok(rows)
}

impl Store {
    /// Gives back the room that the file does not need. Nobody else may have it open.
    pub fn compact(&mut self) -> Result<(), StoreError> {
        // The tables that were read last hold the file as it was.
        self.renew();
        match &mut self.handle {
            Handle::Writing(writing) => {
                let database = writing.database().ok_or(StoreError::Interrupted)?;
                let mut compacted = || -> Result<(), StoreError> {
                    while database.compact()? {}
                    Ok(())
                };
                compacted().map_err(|error| self.explained(error))
            }
            Handle::Reading(_) => Err(StoreError::Damaged("the database was opened for reading".to_owned())),
        }
    }
}
