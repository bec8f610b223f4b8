//! Finding records by name: `search` for what a person types, `resolve` for lists of names as others wrote them.

mod alike;
mod lookup;
mod resolve;
mod types;

pub use lookup::{Containing, text_candidates};
use lookup::{Lengths, each_standing, each_with};
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
use crate::text::candidates;
use crate::text::fold::{Folded, Pieces};
use crate::text::matching::{Kind as MatchKind, Match, Place};
use crate::text::query::Query;
use crate::text::standing::{Spot, Untold};
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
    /// What matched, each behind its rank.
    hits: Vec<(u64, Id)>,
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
    let (mut ways, by_scan) = ways(scope, query)?;
    if by_scan || within.is_some() {
        // What is found by none of the ways may match better, and where a record stands is read from it.
        ways.iter_mut().for_each(|way| way.told = None);
    }
    let mut search = Search { scope, query, within, hits: Vec::new(), left: SEARCH_LOOKS_MAX, cut: false };
    let mut lengths = Lengths::default();
    let mut sizes = Vec::new();
    for kind in kinds {
        sizes.push((scope.snapshot.count(kind)?, *kind));
    }
    // Small kinds first, and each wholly, as long as half is left: else the villages would leave nothing for what few there are.
    sizes.sort_by_key(|(size, _)| *size);
    let mut all = 0;
    let (few, many): (Vec<_>, Vec<_>) = sizes.into_iter().partition(|(size, _)| {
        all += size;
        all <= SEARCH_LOOKS_MAX as u64 / 2
    });
    for kinds in [few, many] {
        search.walk(&kinds, &ways, by_scan, &mut lengths)?;
    }
    Ok(search.finish())
}

impl Search<'_> {
    /// Looks at the records of some kinds: first at those to which tokens lead.
    fn walk(
        &mut self,
        kinds: &[(u64, &'static Kind)],
        ways: &[Way],
        by_scan: bool,
        lengths: &mut Lengths,
    ) -> Result<(), FieldError> {
        let scope = self.scope;
        let mut looked = Vec::new();
        for (_, kind) in kinds {
            let candidates = candidates(scope, kind, ways, lengths, self.left + 1)?;
            match self.within {
                // What a region holds is fewer, and there is nothing else that can be found.
                Some(within) if by_scan || candidates.len() > self.left => {
                    for id in held(scope, within, kind)? {
                        self.look(|| scope.referred(id.as_ref()), true)?;
                    }
                }
                _ if by_scan => {
                    for (key, _) in &candidates {
                        self.look(|| scope.referred(IdRef { tag: kind.tag, key }), false)?;
                    }
                    looked.push((kind, candidates));
                }
                _ => {
                    for (key, spot) in candidates {
                        match spot {
                            Some(spot) => self.take(spot, Id { tag: kind.tag, key: key.into() }),
                            None => self.look(|| scope.referred(IdRef { tag: kind.tag, key: &key }), false)?,
                        };
                    }
                }
            }
        }
        if by_scan && self.within.is_none() {
            for (kind, candidates) in looked {
                let known: HashSet<&str> = candidates.iter().map(|(key, _)| key.as_str()).collect();
                for record in scope.snapshot.scan(kind, None, Direction::Forward)? {
                    let record = record?;
                    scope.spend()?;
                    if !known.contains(record.key()) && !self.look(|| Ok(record), false)? {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Counts one more record, if that is still allowed.
    fn count(&mut self) -> bool {
        self.cut |= self.left == 0;
        self.left = self.left.saturating_sub(1);
        !self.cut
    }

    /// Takes a record of which the postings tell how it matches.
    fn take(&mut self, spot: Spot, id: Id) -> bool {
        let more = self.count();
        if more {
            self.hits.push((rank(&spot, id.tag), id));
        }
        more
    }

    /// Looks at one more record, if that is still allowed. `inside` says that it stands within the region.
    fn look<'r>(
        &mut self,
        record: impl FnOnce() -> Result<Stored<'r>, FieldError>,
        inside: bool,
    ) -> Result<bool, FieldError> {
        if !self.count() {
            return Ok(false);
        }
        let record = record()?;
        let Some((_, name, found)) = best_match(self.query, &record) else { return Ok(true) };
        if let Some(within) = self.within
            && !inside
            && !is_within(self.scope, &record, within)?
        {
            return Ok(true);
        }
        let most = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
        let (length, start) = (most(name.chars().count()), most(found.span.start));
        let spot = Spot { place: found.place, kind: found.kind, length, start };
        self.hits.push((rank(&spot, record.kind.tag), record.id().to_owned()));
        Ok(true)
    }

    fn finish(self) -> Found {
        let Self { mut hits, cut, within, .. } = self;
        hits.sort_unstable_by(|(one, left), (other, right)| (one, &left.key).cmp(&(other, &right.key)));
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
        let position = |rank: u64, id: &Id| [&rank.to_be_bytes()[3..], id.key.as_bytes()].concat();
        Found { hits: hits.into_iter().map(|(rank, id)| (position(rank, &id), id)).collect(), cut }
    }
}

/// What a hit stands by, but for its key: five bytes.
fn rank(spot: &Spot, tag: u8) -> u64 {
    u64::from_be_bytes([0, 0, 0, spot.place as u8, spot.kind as u8, tag, spot.length, spot.start])
}

/// A way to read a query: the tokens that every name has which matches so, the kinds that have each of them somewhere, and how
/// it matches, where the place of its one token tells that.
struct Way {
    tokens: Vec<Token>,
    kinds: u64,
    told: Option<MatchKind>,
}

/// A record that may match, and how, where the postings tell it.
type Candidate = (String, Option<Spot>);

/// The ways to read a query by tokens that names are kept under, and whether there are others. The tokens of a common ending
/// lead to nearly all names, and names are not kept under them: a way that has nothing else is looked for from record to record.
fn ways(scope: &Scope, query: &Query) -> Result<(Vec<Way>, bool), FieldError> {
    // A query of letters is read in dozens of ways, which share their tokens, and most of which no name has.
    let mut known: HashMap<Token, u64> = HashMap::new();
    let (mut ways, mut by_scan) = (Vec::new(), false);
    for candidates::Way { mut tokens, told } in query.candidates() {
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
            ways.push(Way { tokens, kinds, told });
        }
    }
    Ok((ways, by_scan))
}

/// A kind's records that may match in one of some ways, each once and in the order of their keys; where there are more than
/// `most`, some of them.
fn candidates(
    scope: &Scope,
    kind: &'static Kind,
    ways: &[Way],
    lengths: &mut Lengths,
    most: usize,
) -> Result<Vec<Candidate>, FieldError> {
    let mut all: Vec<Candidate> = Vec::new();
    let mut several = 0;
    for way in ways.iter().filter(|way| way.kinds & kind_bit(kind.tag) != 0) {
        let before = all.len();
        several += 1;
        match (way.told, &way.tokens[..]) {
            (Some(found), [token]) => each_standing(scope, kind, *token, |key, standing| {
                match standing.spot(found) {
                    Ok(None) => {}
                    Ok(spot) => all.push((key.to_owned(), spot)),
                    Err(Untold) => all.push((key.to_owned(), None)),
                }
                Ok(all.len() - before < most)
            })?,
            _ => each_with(scope, kind, &way.tokens, lengths, |key| {
                all.push((key.to_owned(), None));
                Ok(all.len() - before < most)
            })?,
        }
    }
    if several > 1 {
        // The list of each way is in order, which a stable sort makes use of.
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all.dedup_by(|(key, spot), (known, best)| {
            let same = key == known;
            if same {
                *best = best.and_then(|best| best.or(spot.as_ref()?));
            }
            same
        });
    }
    Ok(all)
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
