//! Finding records by name: `search` for what a person types, `resolve` for lists of names as others wrote them.

mod alike;
mod lookup;
mod resolve;
mod types;

pub use lookup::text_candidates;
use lookup::{Lengths, each_with};
pub use types::{root_fields, types};

use std::collections::{HashMap, HashSet};

use crate::config::{SEARCH_HITS_MAX, SEARCH_LOOKS_MAX};
use crate::model::catalog::{Kind, REGION};
use crate::model::id::{Id, IdRef};
use crate::model::names::names;
use crate::query::connection::Extra;
use crate::query::error::FieldError;
use crate::query::kinds::region::in_or_below;
use crate::query::network::{is_within, standing_in};
use crate::query::scope::Scope;
use crate::store::{Direction, Stored, kind_bit};
use crate::text::fold::{Folded, Pieces};
use crate::text::matching::{Kind as MatchKind, Match, Place};
use crate::text::query::Query;
use crate::text::tokens::{Token, is_common};

/// A record that a search found, behind what it stands by: where and how it matched, its level, how much else the name says.
pub type Hit = (Vec<u8>, Id);

/// What a search came by.
pub struct Found {
    /// The best first.
    pub hits: Vec<Hit>,
    /// Why no more was looked at, where there may be more.
    pub cut: Option<String>,
}

/// A search that is under way.
struct Search<'s> {
    scope: &'s Scope,
    query: &'s Query,
    within: Option<&'s Stored<'s>>,
    hits: Vec<Hit>,
    /// How many more records it may look at.
    left: usize,
    /// There was one more.
    cut: bool,
}

/// Searches the names of kinds for what a person typed, perhaps only within a region.
pub fn search(
    scope: &Scope,
    query: &Query,
    kinds: &[&'static Kind],
    within: Option<&Stored<'_>>,
) -> Result<Found, FieldError> {
    let (ways, by_scan) = ways(scope, query)?;
    let mut search = Search { scope, query, within, hits: Vec::new(), left: SEARCH_LOOKS_MAX, cut: false };
    let (mut looked, mut lengths) = (Vec::new(), Lengths::default());
    for kind in kinds {
        let keys = candidates(scope, kind, &ways, &mut lengths, search.left + 1)?;
        match within {
            // What a region holds is fewer, and there is nothing else that can be found.
            Some(within) if by_scan || keys.len() > search.left => {
                for id in held(scope, within, kind)? {
                    search.look(|| scope.referred(id.as_ref()), true)?;
                }
            }
            _ => {
                for key in &keys {
                    search.look(|| scope.referred(IdRef { tag: kind.tag, key }), false)?;
                }
                looked.push((kind, keys));
            }
        }
    }
    if by_scan && within.is_none() {
        for (kind, keys) in looked {
            let known: HashSet<&str> = keys.iter().map(String::as_str).collect();
            for record in scope.snapshot.scan(kind, None, Direction::Forward)? {
                let record = record?;
                scope.spend()?;
                if !known.contains(record.key()) && !search.look(|| Ok(record), false)? {
                    break;
                }
            }
        }
    }
    Ok(search.finish())
}

impl Search<'_> {
    /// Looks at one more record, if that is still allowed. `inside` says that it stands within the region.
    fn look<'r>(
        &mut self,
        record: impl FnOnce() -> Result<Stored<'r>, FieldError>,
        inside: bool,
    ) -> Result<bool, FieldError> {
        if self.left == 0 {
            self.cut = true;
            return Ok(false);
        }
        self.left -= 1;
        let record = record()?;
        let Some((_, name, found)) = best_match(self.query, &record) else { return Ok(true) };
        if let Some(within) = self.within
            && !inside
            && !is_within(self.scope, &record, within)?
        {
            return Ok(true);
        }
        let id = record.id();
        let most = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
        let mut position = Vec::with_capacity(5 + id.key.len());
        position.extend([found.place as u8, found.kind as u8, id.tag]);
        position.extend([most(name.chars().count()), most(found.span.start)]);
        position.extend_from_slice(id.key.as_bytes());
        self.hits.push((position, id.to_owned()));
        Ok(true)
    }

    fn finish(self) -> Found {
        let Self { mut hits, cut, within, .. } = self;
        hits.sort_unstable();
        let smaller = if within.is_some() { "a smaller region as `within`" } else { "`within`" };
        let cut = if cut {
            Some(format!(
                "only {SEARCH_LOOKS_MAX} records were looked at: say more of the name, fewer kinds, or {smaller}"
            ))
        } else if hits.len() > SEARCH_HITS_MAX {
            Some(format!("only the best {SEARCH_HITS_MAX} are shown: say more of the name, fewer kinds, or {smaller}"))
        } else {
            None
        };
        hits.truncate(SEARCH_HITS_MAX);
        Found { hits, cut }
    }
}

/// A way to read a query: the tokens that every name has which matches so, and the kinds that have each of them somewhere.
struct Way {
    tokens: Vec<Token>,
    kinds: u64,
}

/// The ways to read a query by tokens that names are kept under, and whether there are others. The tokens of a common ending
/// lead to nearly all names, and names are not kept under them: a way that has nothing else is looked for from record to record.
fn ways(scope: &Scope, query: &Query) -> Result<(Vec<Way>, bool), FieldError> {
    // A query of letters is read in dozens of ways, which share their tokens, and most of which no name has.
    let mut known: HashMap<Token, u64> = HashMap::new();
    let (mut ways, mut by_scan) = (Vec::new(), false);
    for mut tokens in query.candidates() {
        tokens.retain(|token| !is_common(*token));
        by_scan |= tokens.is_empty();
        let mut kinds = if tokens.is_empty() { 0 } else { u64::MAX };
        for token in &tokens {
            let held = match known.get(token) {
                Some(held) => *held,
                None => scope.snapshot.posting_kinds(*token)?,
            };
            known.insert(*token, held);
            kinds &= held;
            if kinds == 0 {
                break;
            }
        }
        if kinds != 0 {
            ways.push(Way { tokens, kinds });
        }
    }
    Ok((ways, by_scan))
}

/// The keys of a kind's records that may match in one of some ways, each once and in order; where there are more than `most`,
/// some of them.
fn candidates(
    scope: &Scope,
    kind: &'static Kind,
    ways: &[Way],
    lengths: &mut Lengths,
    most: usize,
) -> Result<Vec<String>, FieldError> {
    let mut keys = Vec::new();
    let mut several = 0;
    for way in ways.iter().filter(|way| way.kinds & kind_bit(kind.tag) != 0) {
        let before = keys.len();
        several += 1;
        each_with(scope, kind, &way.tokens, lengths, |key| {
            keys.push(key.to_owned());
            Ok(keys.len() - before < most)
        })?;
    }
    if several > 1 {
        keys.sort_unstable();
        keys.dedup();
    }
    Ok(keys)
}

/// The records of a kind that a region is or holds, or that stand in it.
fn held(scope: &Scope, within: &Stored<'_>, kind: &'static Kind) -> Result<Vec<Id>, FieldError> {
    if kind.implements(REGION) { in_or_below(scope, within.id(), kind) } else { standing_in(scope, within, kind) }
}

/// The best match of a record's names: the field that has it, the name, and how it matches.
fn best_match<'r>(query: &Query, record: &'r Stored<'_>) -> Option<(&'static str, &'r str, Match)> {
    let mut best: Option<(&'static str, &str, Match)> = None;
    for (field, name) in names(record.kind, record.row()) {
        if let Some(found) = query.matches(&Folded::new(name))
            && best.as_ref().is_none_or(|(_, _, known)| found.rank() < known.rank())
        {
            best = Some((field, name, found));
        }
    }
    best
}

/// What the edge to a hit carries, in the order of the fields of `SearchHitEdge`.
pub fn edge_of(query: &Query, hit: &Stored<'_>) -> Vec<Extra> {
    let Some((field, name, found)) = best_match(query, hit) else { return Vec::new() };
    let Pieces { before, matched, after } = Folded::new(name).pieces(found.span.clone());
    let text = |piece: &str| Extra::Text(piece.to_owned());
    vec![
        Extra::Name(Some(place_name(found.place))),
        Extra::Name(Some(kind_name(found.kind))),
        Extra::Name(Some(field)),
        text(before),
        text(matched),
        text(after),
    ]
}

/// As `MatchPlace` names it.
fn place_name(place: Place) -> &'static str {
    match place {
        Place::Exact => "EXACT",
        Place::Stem => "STEM",
        Place::Prefix => "PREFIX",
        Place::Inside => "INSIDE",
    }
}

/// As `MatchKind` names it.
fn kind_name(kind: MatchKind) -> &'static str {
    match kind {
        MatchKind::Text => "TEXT",
        MatchKind::Pinyin => "PINYIN",
        MatchKind::Partly => "PARTLY",
        MatchKind::Initials => "INITIALS",
        MatchKind::OtherReading => "OTHER_READING",
    }
}
