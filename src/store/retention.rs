//! How far back the log is kept: what no promise covers any more is forgotten, a little with each commit.

use redb::{ReadableTable, WriteTransaction};

use super::log::{self, Head, Revision};
use super::{HISTORY, LOG, LOG_PARTS, RETRIES, RETRIES_BY_REVISION, StoreError, key};

/// The most revisions that one commit forgets, so that a bound that was set late makes no commit long.
const FORGOTTEN_AT_ONCE: usize = 100;

/// Forgets revisions beyond so many newest ones: what they changed, the values before, and repetitions of them.
pub fn forget(transaction: &WriteTransaction, newest: Revision, keep: Option<u64>) -> Result<(), StoreError> {
    let Some(keep) = keep else { return Ok(()) };
    let first_kept = newest.saturating_sub(keep.max(1) - 1);
    let mut log = transaction.open_table(LOG)?;
    let mut parts = transaction.open_table(LOG_PARTS)?;
    let mut history = transaction.open_table(HISTORY)?;
    for _ in 0..FORGOTTEN_AT_ONCE {
        let Some((revision, head)) = log.first()?.map(|(revision, head)| (revision.value(), head.value().to_vec()))
        else {
            break;
        };
        if revision >= first_kept {
            break;
        }
        let mut changed = Head::unpack(&head)?.entry.changes;
        for part in log::parts(&parts, revision)? {
            changed
                .extend(part?.into_iter().filter(|(_, before)| before.is_some()).map(|(id, _)| (id, Some(Vec::new()))));
        }
        for (id, _) in changed.iter().filter(|(_, before)| before.is_some()) {
            history.remove(key::history(id.as_ref(), revision).as_slice())?;
        }
        let keys = log::part_keys(revision);
        parts.retain_in::<&[u8], _>(keys.start.as_slice()..keys.end.as_slice(), |_, _| false)?;
        log.remove(revision)?;
    }
    let mut retries = transaction.open_table(RETRIES)?;
    let mut by_revision = transaction.open_table(RETRIES_BY_REVISION)?;
    let oldest = log.first()?.map_or(newest, |(revision, _)| revision.value());
    let forgotten: Vec<Vec<u8>> = by_revision
        .range::<&[u8]>(..key::retry(oldest, "").as_slice())?
        .take(FORGOTTEN_AT_ONCE * 10)
        .map(|row| Ok(row?.0.value().to_vec()))
        .collect::<Result<_, StoreError>>()?;
    for row in forgotten {
        by_revision.remove(row.as_slice())?;
        retries.remove(key::retry_key(&row))?;
    }
    Ok(())
}
