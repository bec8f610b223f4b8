//! Finding records by name: `search` for what a person types, `resolve` for lists of names as others wrote them.

mod alike;
mod likelihood;
mod lookup;
mod resolve;
mod types;
mod union;
mod written;

use lookup::Lengths;
pub use lookup::{Containing, text_candidates};
pub use types::{root_fields, types};
use union::{Key, each_candidate};

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

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
use crate::text::standing::Spot;
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

/// How many blocks of postings lead to few records.
const FEW_BLOCKS: usize = 8;

/// A search that is under way.
struct Search<'s> {
    scope: &'s Scope,
    query: &'s Query,
    within: Option<&'s Stored<'s>>,
    /// What matched, each behind its rank.
    hits: Vec<(u64, Key)>,
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
    if by_scan {
        // What is found by none of the ways may match better.
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
        let mut looked = Vec::new();
        for (_, kind) in kinds {
            match self.within {
                Some(within) => self.walk_within(within, kind, ways, by_scan, lengths)?,
                None if by_scan => {
                    let mut known = HashSet::new();
                    self.each(kind, ways, lengths, |search, key, _| {
                        let key = key.text();
                        let more = search.look(kind, &key, None, false)?;
                        known.insert(key);
                        Ok(more)
                    })?;
                    looked.push((kind, known));
                }
                None => self.each(kind, ways, lengths, |search, key, spot| match spot {
                    Some(spot) => Ok(search.take(spot, kind, key)),
                    None => search.look(kind, &key.text(), None, false),
                })?,
            }
        }
        for (kind, known) in looked {
            for record in self.scope.snapshot.scan(kind, None, Direction::Forward)? {
                let record = record?;
                self.scope.spend()?;
                if !known.contains(record.key()) && !self.look_at(&record, None, false)? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The same, within a region.
    fn walk_within(
        &mut self,
        within: &Stored<'_>,
        kind: &'static Kind,
        ways: &[Way],
        by_scan: bool,
        lengths: &mut Lengths,
    ) -> Result<(), FieldError> {
        let scope = self.scope;
        let is_region = kind.implements(REGION);
        if by_scan {
            // What a region holds is less, and there is nothing else that can be found.
            for id in held(scope, within, kind)? {
                self.look(kind, &id.key, None, true)?;
            }
            return Ok(());
        }
        if !is_region || are_few(scope, kind, ways, lengths)? {
            return self.each(kind, ways, lengths, |search, key, spot| search.look(kind, &key.text(), spot, false));
        }
        let inside: Vec<Key> = held_again(scope, within, kind)?.iter().map(|id| Key::new(&id.key)).collect();
        let (Some(first), Some(last)) = (inside.first(), inside.last()) else { return Ok(()) };
        let (from, mut rest) = (first.text(), &inside[..]);
        each_candidate(scope, kind, ways, lengths, Some(&from), usize::MAX, |key, spot| {
            if key > *last {
                return Ok(false);
            }
            rest = &rest[rest.partition_point(|held| *held < key)..];
            match spot {
                _ if rest.first() != Some(&key) => Ok(true),
                Some(spot) => Ok(self.take(spot, kind, key)),
                None => self.look(kind, &key.text(), None, true),
            }
        })
    }

    /// Calls back for the records of a kind that may match, as many as may be looked at.
    fn each(
        &mut self,
        kind: &'static Kind,
        ways: &[Way],
        lengths: &mut Lengths,
        mut visit: impl FnMut(&mut Self, Key, Option<Spot>) -> Result<bool, FieldError>,
    ) -> Result<(), FieldError> {
        let most = self.left + 1;
        each_candidate(self.scope, kind, ways, lengths, None, most, |key, spot| visit(self, key, spot))
    }

    /// Counts one more record, if that is still allowed.
    fn count(&mut self) -> bool {
        self.cut |= self.left == 0;
        self.left = self.left.saturating_sub(1);
        !self.cut
    }

    /// Takes a record of which the postings tell how it matches.
    fn take(&mut self, spot: Spot, kind: &Kind, key: Key) -> bool {
        let more = self.count();
        if more {
            self.hits.push((rank(&spot, kind.tag), key));
        }
        more
    }

    /// Looks at one more record, if that is still allowed: whether it is `inside` the region, and how it matches, where that is
    /// not told.
    fn look(&mut self, kind: &'static Kind, key: &str, spot: Option<Spot>, inside: bool) -> Result<bool, FieldError> {
        if self.left == 0 {
            return Ok(self.count());
        }
        let record = self.scope.referred(IdRef { tag: kind.tag, key })?;
        self.look_at(&record, spot, inside)
    }

    /// The same of one that was read.
    fn look_at(&mut self, record: &Stored<'_>, spot: Option<Spot>, inside: bool) -> Result<bool, FieldError> {
        if !self.count() {
            return Ok(false);
        }
        let Some(spot) = spot.or_else(|| spot_of(self.query, record)) else { return Ok(true) };
        if let Some(within) = self.within
            && !inside
            && !is_within(self.scope, record, within)?
        {
            return Ok(true);
        }
        self.hits.push((rank(&spot, record.kind.tag), Key::new(record.key())));
        Ok(true)
    }

    fn finish(self) -> Found {
        let Self { mut hits, cut, within, .. } = self;
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
        if hits.len() > SEARCH_HITS_MAX {
            hits.select_nth_unstable(SEARCH_HITS_MAX);
            hits.truncate(SEARCH_HITS_MAX);
        }
        hits.sort_unstable();
        let hit = |(rank, key): (u64, Key)| {
            let (rank, key) = (rank.to_be_bytes(), key.text());
            ([&rank[3..], key.as_bytes()].concat(), Id { tag: rank[TAG], key: key.into() })
        };
        Found { hits: hits.into_iter().map(hit).collect(), cut }
    }
}

/// Which byte of a rank is the kind.
const TAG: usize = 5;

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

/// Whether so few records of a kind may match that each is asked where it stands, rather than the region what it holds.
fn are_few(scope: &Scope, kind: &'static Kind, ways: &[Way], lengths: &mut Lengths) -> Result<bool, FieldError> {
    let mut left = FEW_BLOCKS;
    for way in ways.iter().filter(|way| way.kinds & kind_bit(kind.tag) != 0) {
        let mut shortest = left + 1;
        for token in &way.tokens {
            shortest = shortest.min(lengths.of(scope, *token, kind, left + 1)?);
        }
        let Some(less) = left.checked_sub(shortest) else { return Ok(false) };
        left = less;
    }
    Ok(true)
}

/// The records of a kind that a region is or holds, or that stand in it.
fn held(scope: &Scope, within: &Stored<'_>, kind: &'static Kind) -> Result<Vec<Id>, FieldError> {
    if kind.implements(REGION) { in_or_below(scope, within.id(), kind) } else { standing_in(scope, within, kind) }
}

/// The same, remembered until the next commit: whoever types letter after letter asks for it each time.
fn held_again(scope: &Scope, within: &Stored<'_>, kind: &'static Kind) -> Result<Arc<Vec<Id>>, FieldError> {
    let of = (within.id().to_owned(), kind.tag);
    // Whoever asks how it was answered is told what is read for it, and the past is none of the tables.
    let remembers = !scope.snapshot.is_past() && !scope.trace.tells_fields();
    if let Some(known) = scope.snapshot.held().get(&of).filter(|_| remembers) {
        return Ok(known);
    }
    let held = Arc::new(held(scope, within, kind)?);
    if remembers {
        scope.snapshot.held().insert(of, held.clone());
    }
    Ok(held)
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

/// What a record is ranked by.
fn spot_of(query: &Query, record: &Stored<'_>) -> Option<Spot> {
    let (_, name, found) = best_match(query, record)?;
    let most = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
    let (length, start) = (most(name.chars().count()), most(found.span.start));
    Some(Spot { place: found.place, kind: found.kind, length, start })
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
