//! Finding records by name: `search` for what a person types, `resolve` for lists of names as others wrote them.

mod alike;
mod chain;
mod likelihood;
mod lookup;
mod resolve;
mod types;
mod union;
mod written;

use lookup::Lengths;
pub use lookup::{Containing, text_candidates};
pub use types::{root_fields, types};
use union::{Key, candidates};

use std::collections::HashMap;
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
use crate::text::candidates as text_ways;
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
    /// The best of what matched, each behind its rank, and some more.
    hits: Vec<(u64, Key)>,
    /// What stands behind this is none of the best.
    worst: u64,
    /// How many match at the beginning of a name.
    begun: usize,
    /// More matched than are shown.
    more: bool,
    /// How many more records it may look at.
    left: usize,
    /// There was one more.
    cut: bool,
}

/// What is left of a kind when all was found that begins with what is looked for.
struct Rest {
    kind: &'static Kind,
    /// What is in the region, where that was asked.
    inside: Option<Vec<Key>>,
    /// What has to be looked at, and what the postings tell of it; in order.
    later: Vec<(Key, Option<Spot>)>,
    /// What need not be looked at any more, where it is looked for from record to record; in order.
    known: Vec<Key>,
}

/// Searches the names of kinds for what a person typed, perhaps only within a region.
///
/// What begins with it is found first, of all kinds, and so is what the postings tell without a look: the bound on looks cuts
/// only what has it further in.
pub fn search(
    scope: &Scope,
    query: &Query,
    kinds: &[&'static Kind],
    within: Option<&Stored<'_>>,
) -> Result<Found, FieldError> {
    let ways = Ways::of(scope, query)?;
    let mut search = Search {
        scope,
        query,
        within,
        hits: Vec::new(),
        worst: u64::MAX,
        begun: 0,
        more: false,
        left: SEARCH_LOOKS_MAX,
        cut: false,
    };
    let mut lengths = Lengths::default();
    let mut sizes = Vec::new();
    for kind in kinds {
        sizes.push((scope.snapshot.count(kind)?, *kind));
    }
    // Small kinds first, and each wholly, as long as half is left: else the villages would leave nothing for what few there are.
    sizes.sort_by_key(|(size, _)| *size);
    let (mut all, mut few, mut many) = (0, Vec::new(), Vec::new());
    for (size, kind) in sizes {
        all += size;
        let of = if all <= SEARCH_LOOKS_MAX as u64 / 2 { &mut few } else { &mut many };
        of.push(search.beginnings(kind, &ways, &mut lengths)?);
    }
    for rests in [few, many] {
        for rest in &rests {
            search.look_at_later(rest, ways.by_scan)?;
        }
        for rest in rests.iter().filter(|_| ways.by_scan) {
            search.scan(rest)?;
        }
    }
    Ok(search.finish())
}

impl Search<'_> {
    /// Finds the records of a kind that begin with what is looked for, and what the postings tell without a look.
    fn beginnings(&mut self, kind: &'static Kind, ways: &Ways, lengths: &mut Lengths) -> Result<Rest, FieldError> {
        let scope = self.scope;
        let inside = match self.within {
            Some(within)
                if kind.implements(REGION) && (ways.by_scan || !are_few(scope, kind, &ways.ways, lengths)?) =>
            {
                let held = held_again(scope, within, kind)?;
                Some(held.iter().map(|id| Key::new(&id.key)).collect::<Vec<_>>())
            }
            _ => None,
        };
        let mut rest = Rest { kind, inside, later: Vec::new(), known: Vec::new() };
        let is_in = self.within.is_none() || rest.inside.is_some();
        let enough = if is_in { SEARCH_HITS_MAX.saturating_sub(self.begun) } else { usize::MAX / 2 };
        let found = candidates(scope, kind, &ways.ways, lengths, rest.inside.as_deref(), enough)?;
        let mut beginning = found.beginning.entries;
        if self.left < beginning.len() {
            // If not all may be looked at, it is always the same that are.
            beginning.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        }
        for (key, spot) in beginning {
            if ways.by_scan {
                rest.known.push(key.clone());
            }
            match spot {
                Some(spot) if is_in => self.take(spot, kind, key),
                spot => drop(self.look(kind, &key.text(), spot, is_in)?),
            }
        }
        for (key, spot) in found.further.entries {
            match spot {
                // What stands further in may stand in an ending as well, and be better there.
                Some(spot) if is_in && !ways.by_scan => self.take(spot, kind, key),
                spot => rest.later.push((key, spot)),
            }
        }
        rest.later.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        rest.known.sort_unstable();
        Ok(rest)
    }

    /// Looks at what may have it further in, unless enough begins with it.
    fn look_at_later(&mut self, rest: &Rest, by_scan: bool) -> Result<(), FieldError> {
        let inside = rest.inside.is_some();
        for (key, spot) in &rest.later {
            if self.begun > SEARCH_HITS_MAX {
                break;
            }
            let told = spot.filter(|_| !by_scan);
            if !self.look(rest.kind, &key.text(), told, inside)? {
                match spot {
                    // It is found, if perhaps by another of its names than the best.
                    Some(spot) if inside || self.within.is_none() => self.take(*spot, rest.kind, key.clone()),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Looks for it from record to record, or at those that the region holds.
    fn scan(&mut self, rest: &Rest) -> Result<(), FieldError> {
        let is_known = |key: &Key| {
            rest.known.binary_search(key).is_ok() || rest.later.binary_search_by(|(later, _)| later.cmp(key)).is_ok()
        };
        if self.begun > SEARCH_HITS_MAX {
            return Ok(());
        }
        if let Some(within) = self.within {
            // What a region holds is less, and there is nothing else that can be found.
            let keys = match &rest.inside {
                Some(inside) => inside.clone(),
                None => held(self.scope, within, rest.kind)?.iter().map(|id| Key::new(&id.key)).collect(),
            };
            for key in keys {
                if !is_known(&key) && !self.look(rest.kind, &key.text(), None, true)? {
                    break;
                }
            }
            return Ok(());
        }
        for record in self.scope.snapshot.scan(rest.kind, None, Direction::Forward)? {
            let record = record?;
            self.scope.spend()?;
            if !is_known(&Key::new(record.key())) && !self.look_at(&record, None, false)? {
                break;
            }
        }
        Ok(())
    }

    /// Takes a record as one that matches.
    fn take(&mut self, spot: Spot, kind: &Kind, key: Key) {
        self.begun += usize::from(spot.place != Place::Inside);
        let rank = rank(&spot, kind.tag);
        if rank > self.worst {
            self.more = true;
            return;
        }
        self.hits.push((rank, key));
        if self.hits.len() == 3 * SEARCH_HITS_MAX {
            self.keep_the_best();
        }
    }

    fn keep_the_best(&mut self) {
        if self.hits.len() > SEARCH_HITS_MAX {
            self.more = true;
            let (_, (worst, _), _) = self.hits.select_nth_unstable(SEARCH_HITS_MAX - 1);
            self.worst = *worst;
            self.hits.truncate(SEARCH_HITS_MAX);
        }
    }

    /// Looks at one more record, if that is still allowed: whether it is `inside` the region, and how it matches, where that is
    /// not told.
    fn look(&mut self, kind: &'static Kind, key: &str, spot: Option<Spot>, inside: bool) -> Result<bool, FieldError> {
        if self.left == 0 {
            self.cut = true;
            return Ok(false);
        }
        let record = self.scope.referred(IdRef { tag: kind.tag, key })?;
        self.look_at(&record, spot, inside)
    }

    /// The same of one that was read.
    fn look_at(&mut self, record: &Stored<'_>, spot: Option<Spot>, inside: bool) -> Result<bool, FieldError> {
        if self.left == 0 {
            self.cut = true;
            return Ok(false);
        }
        self.left -= 1;
        let Some(spot) = spot.or_else(|| spot_of(self.query, record)) else { return Ok(true) };
        if let Some(within) = self.within
            && !inside
            && !is_within(self.scope, record, within)?
        {
            return Ok(true);
        }
        self.take(spot, record.kind, Key::new(record.key()));
        Ok(true)
    }

    fn finish(mut self) -> Found {
        self.keep_the_best();
        let Self { mut hits, cut, more, within, .. } = self;
        let smaller = if within.is_some() { "a smaller region as `within`" } else { "`within`" };
        let cut = if cut {
            Some(format!(
                "only {SEARCH_LOOKS_MAX} records were looked at: say more of the name, fewer kinds, or {smaller}"
            ))
        } else if more {
            Some(format!("only the best {SEARCH_HITS_MAX} are shown: say more of the name, fewer kinds, or {smaller}"))
        } else {
            None
        };
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
    u64::from_be_bytes([0, 0, 0, spot.grade() as u8, spot.kind as u8, tag, spot.length, spot.start])
}

/// A way to read a query: the tokens that every name has which matches so, the kinds that have each of them somewhere, and how
/// it matches, where the place of its one token tells that.
struct Way {
    tokens: Vec<Token>,
    kinds: u64,
    told: Option<MatchKind>,
    /// One of these stands at the beginning of each name that matches from there on.
    begins: Vec<Token>,
    /// Of what has one of these nothing is told.
    unless: Vec<Token>,
    /// Only what begins so is found by it.
    only_begins: bool,
}

/// The ways to read a query.
struct Ways {
    ways: Vec<Way>,
    /// The tokens of a common ending lead to nearly all names, and names are not kept under those that lie in one alone. A way
    /// that has nothing else finds what begins so, and the rest is looked for from record to record.
    by_scan: bool,
}

impl Ways {
    fn of(scope: &Scope, query: &Query) -> Result<Self, FieldError> {
        // A query of letters is read in dozens of ways, which share their tokens, and most of which no name has.
        let mut known: HashMap<Token, u64> = HashMap::new();
        let mut kinds_of = |token: &Token| -> Result<u64, FieldError> {
            if let Some(held) = known.get(token) {
                return Ok(*held);
            }
            let held = scope.snapshot.posting_kinds(*token)?;
            known.insert(*token, held);
            Ok(held)
        };
        let mut found = Self { ways: Vec::new(), by_scan: false };
        for text_ways::Way { mut tokens, told, begins, unless } in query.candidates() {
            if tokens.iter().all(|token| is_common(*token)) {
                found.by_scan = true;
                for token in begins {
                    let kinds = kinds_of(&token)?;
                    let is_all = tokens == [token];
                    let told = told.filter(|_| is_all);
                    let way = Way {
                        tokens: vec![token],
                        kinds,
                        told,
                        begins: vec![token],
                        unless: unless.clone(),
                        only_begins: !is_all,
                    };
                    found.ways.extend((kinds != 0).then_some(way));
                }
                continue;
            }
            tokens.retain(|token| !is_common(*token));
            let mut kinds = u64::MAX;
            for token in &tokens {
                kinds &= kinds_of(token)?;
                if kinds == 0 {
                    break;
                }
            }
            if kinds != 0 {
                found.ways.push(Way { tokens, kinds, told, begins, unless, only_begins: false });
            }
        }
        Ok(found)
    }
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
