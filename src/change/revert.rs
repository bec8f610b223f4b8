//! Taking a revision back: a new one, in which all that it changed stands as before.

use super::{Asked, Done, Fault, Refused, Sender, What, apply};
use crate::config::CHANGES_MAX;
use crate::model::record::Record;
use crate::store::Store;
use crate::store::log::{Revision, row_of};

/// Makes a revision in which the records that an earlier one changed stand as they did before it. A record that was changed
/// again since is a conflict.
pub fn revert(store: &Store, sender: &Sender, revision: Revision, path: &str) -> Result<Done, Refused> {
    let missing = |what: &str| {
        Err(Refused::Invalid(vec![Fault::new(path, format!("{what}; `revisions` lists those that are kept"))]))
    };
    let snapshot = store.snapshot()?;
    // A bulk load is refused before it is read whole.
    if snapshot.changed_by(revision, None, CHANGES_MAX + 1)?.len() > CHANGES_MAX {
        let message = format!(
            "revision {revision} changed more than {CHANGES_MAX} records, which is the most that is taken back at once"
        );
        return Err(Refused::Limit(message));
    }
    let Some(entry) = snapshot.log_entry(revision)? else {
        return missing(&format!("there is no revision {revision} in the log"));
    };
    let mut asked = Vec::new();
    for (id, before) in entry.changes {
        // It was put there by this revision, or is gone since.
        let stood = snapshot.get_at(id.as_ref(), revision)?.is_some();
        let before = before.and_then(|before| Some(Record::unpack(id.as_ref().kind()?, row_of(&before))));
        let what = match before {
            Some(record) => What::Stand(record),
            None => What::Delete { detach: false },
        };
        let expected = Some(if stood { revision } else { 0 });
        asked.push(Asked { path: path.to_owned(), id, expected, what, owner: None });
    }
    apply(store, sender, &asked, Vec::new())
}
