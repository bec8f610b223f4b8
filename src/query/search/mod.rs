//! Finding records by name: `search` for what a person types, `resolve` for lists of names as others wrote them.

mod alike;
mod lookup;
mod resolve;
mod types;

pub use lookup::text_candidates;
pub use types::{root_fields, types};

use std::collections::BTreeSet;

use crate::config::{SEARCH_HITS_MAX, SEARCH_LOOKS_MAX};
use crate::model::catalog::Kind;
use crate::model::id::Id;
use crate::model::names::names;
use crate::query::error::FieldError;
use crate::query::network::is_within;
use crate::query::scope::Scope;
use crate::store::{Direction, Stored};
use crate::text::fold::{Folded, Pieces};
use crate::text::matching::{Kind as MatchKind, Match, Place};
use crate::text::query::Query;
use crate::text::tokens::is_common;

/// A record that a search found.
pub struct Hit {
    /// Which.
    pub id: Id,
    /// By which of its fields.
    pub field: &'static str,
    /// Where in the name, and how.
    pub found: Match,
    /// The name, in pieces: what stands before, what matched, what stands behind.
    pub pieces: [String; 3],
    /// What it stands by: where and how it matched, its level, how much else the name says.
    pub position: Vec<u8>,
}

/// What a search came by.
pub struct Found {
    /// The best first.
    pub hits: Vec<Hit>,
    /// Why no more was looked at, where there may be more.
    pub cut: Option<String>,
}

/// Searches the names of kinds for what a person typed, perhaps only within a region.
pub fn search(
    scope: &Scope,
    text: &str,
    kinds: &[&'static Kind],
    within: Option<&Stored<'_>>,
) -> Result<Found, FieldError> {
    let query = Query::parse(text).map_err(|error| FieldError::input(format!("text: {error}")))?;
    // The tokens of a common ending lead to nearly all names, and names are not kept under them: a way that has nothing else
    // is looked for from record to record.
    let mut by_scan = false;
    let mut ways = Vec::new();
    for way in query.candidates() {
        let rare: Vec<_> = way.into_iter().filter(|token| !is_common(*token)).collect();
        if rare.is_empty() {
            by_scan = true
        } else {
            ways.push(rare)
        };
    }
    let mut hits = Vec::new();
    let mut looks = 0;
    for kind in kinds {
        let mut keys = BTreeSet::new();
        for way in &ways {
            lookup::each_with(scope, kind, way, |key| {
                keys.insert(key.to_owned());
                Ok(keys.len() + looks <= SEARCH_LOOKS_MAX)
            })?;
        }
        for key in keys {
            looks += 1;
            let record = scope.referred(Id::new(kind, &key).as_ref())?;
            hits.extend(look(scope, &query, &record, within)?);
        }
    }
    if by_scan {
        for kind in kinds {
            for record in scope.snapshot.scan(kind, None, Direction::Forward)? {
                if looks >= SEARCH_LOOKS_MAX {
                    break;
                }
                looks += 1;
                scope.spend()?;
                hits.extend(look(scope, &query, &record?, within)?);
            }
        }
    }
    hits.sort_by(|left, right| left.position.cmp(&right.position));
    hits.dedup_by(|left, right| left.id == right.id);
    let cut = if looks >= SEARCH_LOOKS_MAX {
        Some(format!("only {SEARCH_LOOKS_MAX} records were looked at: say more of the name, fewer kinds, or `within`"))
    } else if hits.len() > SEARCH_HITS_MAX {
        Some(format!("only the best {SEARCH_HITS_MAX} are shown: say more of the name, fewer kinds, or `within`"))
    } else {
        None
    };
    hits.truncate(SEARCH_HITS_MAX);
    Ok(Found { hits, cut })
}

/// The best match of a record's names.
fn look(
    scope: &Scope,
    query: &Query,
    record: &Stored<'_>,
    within: Option<&Stored<'_>>,
) -> Result<Option<Hit>, FieldError> {
    let row = record.row();
    let mut best: Option<(usize, &'static str, &str, Match)> = None;
    for (place, (field, name)) in names(record.kind, row).into_iter().enumerate() {
        if let Some(found) = query.matches(&Folded::new(name))
            && best.as_ref().is_none_or(|(_, _, _, known)| found.rank() < known.rank())
        {
            best = Some((place, field, name, found));
        }
    }
    let Some((_, field, name, found)) = best else { return Ok(None) };
    if let Some(within) = within
        && !is_within(scope, record, within)?
    {
        return Ok(None);
    }
    let id = record.id().to_owned();
    let Pieces { before, matched, after } = Folded::new(name).pieces(found.span.clone());
    let mut position = vec![found.place as u8, found.kind as u8, id.tag];
    position.push(u8::try_from(name.chars().count()).unwrap_or(u8::MAX));
    position.push(u8::try_from(found.span.start).unwrap_or(u8::MAX));
    position.extend_from_slice(id.key.as_bytes());
    Ok(Some(Hit { id, field, pieces: [before, matched, after].map(ToOwned::to_owned), found, position }))
}

/// As `MatchPlace` names it.
pub fn place_name(place: Place) -> &'static str {
    match place {
        Place::Exact => "EXACT",
        Place::Stem => "STEM",
        Place::Prefix => "PREFIX",
        Place::Inside => "INSIDE",
    }
}

/// As `MatchKind` names it.
pub fn kind_name(kind: MatchKind) -> &'static str {
    match kind {
        MatchKind::Text => "TEXT",
        MatchKind::Pinyin => "PINYIN",
        MatchKind::Partly => "PARTLY",
        MatchKind::Initials => "INITIALS",
        MatchKind::OtherReading => "OTHER_READING",
    }
}
