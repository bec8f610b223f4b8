//! All figures of a programme: about its pairings too, and of its rounds and parts.

use std::collections::BTreeSet;

use crate::model::id::{Id, IdRef};
use crate::model::kinds::{OBSERVATION, PAIRING, PROGRAMME};
use crate::query::arguments::Arguments;
use crate::query::back::sources_once;
use crate::query::connection::{Connection, Listed};
use crate::query::error::FieldError;
use crate::query::object::{Resolved, connection};
use crate::query::scope::Scope;
use crate::store::Stored;

const WHOLE: usize = PROGRAMME.slot_of("partOf");
const UNDER: usize = OBSERVATION.slot_of("programme");
const SUBJECT: usize = OBSERVATION.slot_of("subject");
const OF_PROGRAMME: usize = PAIRING.slot_of("programme");
const OF_ROUND: usize = PAIRING.slot_of("round");

/// `Programme.allFigures`.
pub fn all_figures<'a>(
    scope: &'a Scope,
    programme: &'a Stored<'a>,
    arguments: &Arguments,
) -> Result<Resolved<'a>, FieldError> {
    let listed = all_figure_ids(scope, programme)?.into_iter().map(|id| Listed::new(id, &[]));
    Ok(connection(Connection::listed(scope, OBSERVATION.name, "allFigures", listed.collect(), arguments)?))
}

/// The ids of the same, in their order.
pub fn all_figure_ids(scope: &Scope, programme: &Stored<'_>) -> Result<Vec<Id>, FieldError> {
    let (mut figures, mut pairings) = (BTreeSet::new(), BTreeSet::new());
    for id in with_parts(scope, programme.id())? {
        figures.extend(sources_once(scope, id.as_ref(), &OBSERVATION, UNDER)?);
        for slot in [OF_PROGRAMME, OF_ROUND] {
            pairings.extend(sources_once(scope, id.as_ref(), &PAIRING, slot)?);
        }
    }
    for id in pairings {
        figures.extend(sources_once(scope, id.as_ref(), &OBSERVATION, SUBJECT)?);
    }
    Ok(figures.into_iter().collect())
}

/// A programme, its rounds and parts, and theirs.
fn with_parts(scope: &Scope, programme: IdRef<'_>) -> Result<BTreeSet<Id>, FieldError> {
    let mut all = BTreeSet::from([programme.to_owned()]);
    let mut open = vec![programme.to_owned()];
    while let Some(id) = open.pop() {
        for part in sources_once(scope, id.as_ref(), &PROGRAMME, WHOLE)? {
            if all.insert(part.clone()) {
                open.push(part);
            }
        }
    }
    Ok(all)
}
