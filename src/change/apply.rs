//! Making a set of changes.

use std::cmp::Ordering;

use sha2::{Digest, Sha256};

use super::draft::{Draft, Met};
use super::{Asked, Done, Fault, Outcome, Refused, Sender, What};
use crate::config::{CHANGES_MAX, IDEMPOTENCY_KEY_BYTES};
use crate::store::{Change, Remembered, Store, Writer};

/// Makes all of a set, or nothing of it. A set under a key that made one before is answered as it was then. `wrong` is what of
/// the set could not be read as changes; it is told with all else that is wrong.
pub fn apply(store: &Store, sender: &Sender, asked: &[Asked], wrong: Vec<Fault>) -> Result<Done, Refused> {
    if asked.len() > CHANGES_MAX {
        let message = format!("{} changes in one set; at most {CHANGES_MAX} are made at once", asked.len());
        return Err(Refused::Limit(message));
    }
    let writer = store.writer()?;
    let key = sender.idempotency_key.as_deref();
    if key.is_some_and(|key| key.is_empty() || key.len() > IDEMPOTENCY_KEY_BYTES) {
        return Err(Refused::Limit(format!("an idempotency key has 1 to {IDEMPOTENCY_KEY_BYTES} bytes")));
    }
    let fingerprint = fingerprint(&sender.author.name, asked);
    if let (Some(key), true) = (key, wrong.is_empty())
        && let Some(remembered) = writer.remembered(key)?
    {
        return repeated(writer, key, remembered, &fingerprint, asked);
    }
    let mut draft = Draft::new(&writer, wrong);
    for asked in asked {
        draft.ask(asked)?;
    }
    draft.check()?;
    draft.faults.sort_by(|left, right| in_order(&left.path, &right.path));
    if !draft.conflicts.is_empty() {
        return Err(Refused::Conflict(draft.conflicts, draft.faults));
    }
    if !draft.faults.is_empty() {
        return Err(Refused::Invalid(draft.faults));
    }
    let met = draft.into_met();
    let outcomes: Vec<_> =
        asked.iter().map(|asked| (asked.id.clone(), outcome(met.get(&asked.id), &asked.what))).collect();
    let mut changes = Vec::new();
    let mut detached = Vec::new();
    for (id, met) in met {
        if met.after == met.before {
            continue;
        }
        if met.only_detached {
            detached.push(id.clone());
        }
        changes.push(met.after.map_or_else(|| Change::Delete(id), Change::Put));
    }
    let (writer, revision) = writer.apply(&sender.author, &changes)?;
    let revision = match revision {
        Some(revision) => revision,
        None => writer.revision()?,
    };
    if let Some(key) = key {
        let codes = outcomes.iter().map(|(_, outcome)| outcome.code()).collect();
        let detached = detached.clone();
        writer.remember(key, &Remembered { fingerprint: fingerprint.to_vec(), revision, outcomes: codes, detached })?;
    }
    let snapshot = writer.commit_seen()?;
    Ok(Done { revision, outcomes, detached, snapshot })
}

/// The answer to a set that was sent before.
fn repeated(
    writer: Writer<'_>,
    key: &str,
    remembered: Remembered,
    fingerprint: &[u8],
    asked: &[Asked],
) -> Result<Done, Refused> {
    if remembered.fingerprint != fingerprint {
        return Err(Refused::KeyReused(key.to_owned()));
    }
    let outcomes = asked.iter().zip(&remembered.outcomes);
    let outcomes = outcomes.map(|(asked, code)| (asked.id.clone(), Outcome::of_code(*code))).collect();
    let seen = writer.seen()?;
    // Nobody waits while what stood then is looked for.
    drop(writer);
    let snapshot = seen.at_lazily(remembered.revision)?;
    Ok(Done { revision: remembered.revision, outcomes, detached: remembered.detached, snapshot })
}

/// Paths as they were sent: their numbers by value.
fn in_order(left: &str, right: &str) -> Ordering {
    let parts = |path: &str| -> Vec<(usize, String)> {
        path.split('.').map(|part| (part.parse().unwrap_or(0), part.to_owned())).collect()
    };
    parts(left).cmp(&parts(right))
}

fn outcome(met: Option<&Met>, what: &What) -> Outcome {
    let is_delete = matches!(what, What::Delete { .. });
    match met.map(|met| (&met.before, &met.after)) {
        // A later change made it again: that one tells what the record came to.
        Some((Some(_), Some(_))) if is_delete => Outcome::Deleted,
        Some((None, Some(_))) if is_delete => Outcome::Unchanged,
        Some((None, Some(_))) => Outcome::Created,
        Some((Some(_), None)) => Outcome::Deleted,
        Some((before, after)) if before != after => Outcome::Updated,
        _ => Outcome::Unchanged,
    }
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Created, Self::Updated, Self::Unchanged, Self::Deleted];

    fn code(self) -> u8 {
        self as u8
    }

    fn of_code(code: u8) -> Self {
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Self::Unchanged)
    }

    /// As `ChangeOutcome` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Updated => "UPDATED",
            Self::Unchanged => "UNCHANGED",
            Self::Deleted => "DELETED",
        }
    }
}

/// What tells one set from another: who sends it, and what is in it.
fn fingerprint(author: &str, asked: &[Asked]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(format!("{} {author} ", author.len()));
    for Asked { id, expected, what, .. } in asked {
        let what = match what {
            What::Upsert(fields) => serde_json::to_vec(fields).unwrap_or_default(),
            What::Stand(record) => record.pack(),
            What::Delete { detach } => vec![u8::from(*detach)],
        };
        hash.update(format!("{id} {expected:?} {} ", what.len()));
        hash.update(&what);
    }
    hash.finalize().into()
}
