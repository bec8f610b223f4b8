//! Names as others wrote them, led back to regions: without 市 or 县, with an old name, with what stands above in front.
//!
//! A text is read as one name, by the index of names; and as several, each below the one before it. There what stands in front
//! is found first, and what follows is looked for among the regions below it alone: so the data say where to cut the text, and
//! a name that thousands have is no harder than a rare one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::alike::{Likeness, SURE, beginnings, customary, is_in_letters, keys, likeness, wanted};
use super::chain::{Chain, Front, Next, of_parent, usual};
use super::likelihood::shared;
use super::lookup::{Lengths, each_with};
use super::written::{parent_in_front, said_once, turned_round, within_the_country};
use crate::config::{NAME_CHARS, RESOLVE_ALIKE_MAX, RESOLVE_FEW, RESOLVE_KEPT, RESOLVE_LOOKS_MAX};
use crate::model::catalog::Kind;
use crate::model::id::Id;
use crate::model::kinds::{CITY, COUNTY, LEVELS, PROVINCE, VILLAGE};
use crate::model::names::names;
use crate::query::error::FieldError;
use crate::query::kinds::region::{ancestor_ids, children, in_or_below};
use crate::query::network::is_within;
use crate::query::scope::Scope;
use crate::store::{Stored, kind_bit};
use crate::text::names::parts_as_written;
use crate::text::query::Query;
use crate::text::tokens::{Token, is_common};

/// A region that a name may mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Meant {
    /// Which.
    pub id: Id,
    /// How sure that is, above 0 to 1.
    pub confidence: f64,
    /// By which of its fields.
    pub field: &'static str,
    /// What speaks against it.
    pub doubt: Option<String>,
}

/// What a name may mean.
pub struct Resolution {
    /// The likeliest first.
    pub meant: Vec<Meant>,
    /// Why others may be missing.
    pub cut: Option<String>,
}

/// Resolves the names of one question, and remembers what they share: most of a list stand below the same regions.
pub struct Resolving<'a> {
    scope: &'a Scope,
    levels: Vec<&'static Kind>,
    within: Option<Stored<'a>>,
    lengths: Lengths,
    /// The kinds that have a token.
    held: HashMap<Token, u64>,
    /// The regions of a level that a name may mean, by the name, and whether how it sounds counts.
    named: HashMap<(u8, bool, String), Rc<Named<'a>>>,
    /// The regions right below one.
    below: HashMap<Id, Below<'a>>,
    /// How many these two keep.
    kept: usize,
    /// Names are compared by how they sound, too.
    by_sound: bool,
    /// The regions of a level in `within`, by what names are alike by.
    inside: HashMap<u8, HashMap<String, Vec<Id>>>,
}

type Below<'a> = Rc<Vec<Rc<Stored<'a>>>>;

/// The regions of a level that a name may mean.
#[derive(Default)]
struct Named<'a> {
    regions: Vec<(Rc<Stored<'a>>, Likeness)>,
    /// There may be others.
    cut: bool,
}

/// What a text was found to mean so far.
#[derive(Default)]
struct Best {
    by_id: BTreeMap<Id, Meant>,
    /// One has a name that is surely what was written.
    sure: bool,
    cut: bool,
}

impl<'a> Resolving<'a> {
    /// Of regions of some levels, perhaps only within one.
    pub fn new(scope: &'a Scope, levels: Vec<&'static Kind>, within: Option<Stored<'a>>) -> Self {
        Self {
            scope,
            levels,
            within,
            lengths: Lengths::default(),
            held: HashMap::new(),
            named: HashMap::new(),
            below: HashMap::new(),
            kept: 0,
            by_sound: false,
            inside: HashMap::new(),
        }
    }

    /// What a name may mean.
    pub fn resolve(&mut self, text: &str) -> Result<Resolution, FieldError> {
        if self.kept > RESOLVE_KEPT {
            self.named.clear();
            self.below.clear();
            self.kept = 0;
        }
        let text = text.trim();
        let mut best = Best::default();
        self.read(text, &mut best)?;
        if !best.sure {
            self.read_again(text, &mut best)?;
        }
        let advice = if self.within.is_some() { "" } else { ", or give `within`" };
        let cut = best.cut.then(|| {
            format!("too many regions have a name like it, and not all were looked at: put what it stands in in front{advice}")
        });
        Ok(Resolution { meant: shared(best.by_id.into_values().collect()), cut })
    }

    /// Reads a text as one name and as several, with the country in front or without.
    fn read(&mut self, text: &str, best: &mut Best) -> Result<(), FieldError> {
        self.as_one(text, best)?;
        let rest = within_the_country(text).filter(|_| !best.sure);
        if let Some(rest) = rest {
            self.as_one(rest, best)?;
        }
        self.as_several(rest.unwrap_or(text), best)
    }

    /// Reads a text that leads to nothing sure with what may be wrong in it put right.
    fn read_again(&mut self, text: &str, best: &mut Best) -> Result<(), FieldError> {
        if let Some(once) = said_once(text) {
            let mut other = Best::default();
            self.read(once, &mut other)?;
            if other.sure {
                other.by_id.values_mut().for_each(|meant| meant.confidence *= SLIP);
                *best = other;
                return Ok(());
            }
        }
        if is_in_letters(text) {
            self.by_sound = true;
            let read = self.read(text, best);
            self.by_sound = false;
            return read;
        }
        self.below_another(within_the_country(text).unwrap_or(text), best)
    }

    /// Takes what is in another province than the one in front for what is meant, if it is named in full, and says so. What is
    /// only like it in that province is less likely.
    fn below_another(&mut self, text: &str, best: &mut Best) -> Result<(), FieldError> {
        let chain = Chain::new(text);
        for (end, name) in chain.pieces(0).filter(|(end, _)| *end < chain.length()) {
            let rest = chain.text.pieces(end..chain.length()).matched;
            if parts_as_written(rest).generic.is_empty() {
                continue;
            }
            let provinces = self.named(&PROVINCE, name, false)?;
            for (province, _) in provinces.regions.iter().filter(|(_, likeness)| likeness.names >= SURE) {
                for level in [&CITY, &COUNTY] {
                    let found = self.named(level, rest, false)?;
                    for (region, likeness) in found.regions.iter().filter(|(_, likeness)| likeness.names >= WHOLE) {
                        let above = ancestor_ids(self.scope, region)?;
                        if above.is_empty() || above.iter().any(|id| id.as_ref() == province.id()) {
                            continue;
                        }
                        self.offer(region, likeness, DOUBTED, best)?;
                        if let Some(meant) = best.by_id.get_mut(&region.id().to_owned()) {
                            let province = province.id();
                            meant.doubt = Some(format!("it is not in {name} ({province}), which stands in front"));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads a text as several names in each of the orders in which they are written.
    fn as_several(&mut self, text: &str, best: &mut Best) -> Result<(), FieldError> {
        // A longer text is no chain of five names.
        if text.chars().nth(NAME_CHARS).is_some() {
            return Ok(());
        }
        match parent_in_front(text).filter(|_| !best.sure) {
            None => self.as_chains(text, best)?,
            Some(turned) => {
                self.as_chains(&turned, best)?;
                // A name may end in brackets. What is below it and only like what stands in them is not meant.
                self.as_chains_instead(text, best)?;
            }
        }
        match turned_round(text) {
            Some(turned) => self.as_chains_instead(&turned, best),
            None => Ok(()),
        }
    }

    /// Reads a text as several names in place of one that led to nothing sure, if this leads to more.
    fn as_chains_instead(&mut self, text: &str, best: &mut Best) -> Result<(), FieldError> {
        if best.sure {
            return Ok(());
        }
        let mut other = Best::default();
        self.as_chains(text, &mut other)?;
        if other.sure || best.by_id.is_empty() {
            *best = other;
        }
        Ok(())
    }

    /// Reads a text as several names from the front.
    fn as_chains(&mut self, text: &str, best: &mut Best) -> Result<(), FieldError> {
        let mut chain = Chain::new(text);
        self.as_chain(&chain, best)?;
        if !best.sure {
            chain.thorough = true;
            self.as_chain(&chain, best)?;
        }
        Ok(())
    }

    /// Reads a text as the name of one region.
    fn as_one(&mut self, text: &str, best: &mut Best) -> Result<(), FieldError> {
        for level in self.levels.clone() {
            let found = self.named(level, text, true)?;
            best.cut |= found.cut;
            for (region, likeness) in &found.regions {
                self.offer(region, likeness, 1.0, best)?;
            }
        }
        Ok(())
    }

    /// Reads a text as several names, each of a region below the one before it.
    fn as_chain(&mut self, chain: &Chain<'_>, best: &mut Best) -> Result<(), FieldError> {
        let mut open = self.fronts(chain, best)?;
        let mut seen: HashMap<(Id, usize), f64> = HashMap::new();
        while let Some(front) = open.pop() {
            let place = (front.region.id().to_owned(), front.at);
            if seen.get(&place).is_some_and(|known| *known >= front.fit) {
                continue;
            }
            seen.insert(place, front.fit);
            for (region, end, likeness) in self.next(chain, &front, best)? {
                if end == chain.length() {
                    self.offer(&region, &likeness, front.fit, best)?;
                } else {
                    open.push(Front { region, fit: front.fit * of_parent(likeness), at: end });
                }
            }
        }
        Ok(())
    }

    /// The regions that a chain may begin with.
    fn fronts(&mut self, chain: &Chain<'_>, best: &mut Best) -> Result<Vec<Front<'a>>, FieldError> {
        let mut fronts = Vec::new();
        for (end, name) in chain.pieces(0).filter(|(end, _)| *end < chain.length()) {
            for level in LEVELS.iter().filter(|level| **level != &VILLAGE) {
                let found = self.named(level, name, false)?;
                best.cut |= found.cut;
                fronts.extend(found.regions.iter().map(|(region, likeness)| (region.clone(), end, *likeness)));
            }
        }
        let fronts = if chain.thorough { fronts } else { usual(fronts) };
        let front = |(region, at, likeness)| Front { region, fit: of_parent(likeness), at };
        Ok(fronts.into_iter().map(front).collect())
    }

    /// The regions below one that may be named next, each with where its name ends.
    fn next(&mut self, chain: &Chain<'_>, front: &Front<'a>, best: &mut Best) -> Result<Vec<Next<'a>>, FieldError> {
        let mut found = Vec::new();
        let (mut sure, mut nearer) = (false, false);
        let mut row: Vec<Rc<Stored<'a>>> = vec![front.region.clone()];
        // One level may be left out.
        for _ in 0..2 {
            let mut lower = Vec::new();
            for region in &row {
                lower.extend(self.below(region)?.iter().cloned());
            }
            for region in &lower {
                let mut names = beginnings(&chain.text, front.at, &chain.ends, region, self.by_sound);
                names.sort_by_key(|(end, _)| Reverse(*end));
                // 承德县 begins with 承德, which surely is 承德市: whether it is named, its longest name tells.
                sure |= names.first().is_some_and(|(_, likeness)| likeness.names >= SURE);
                // What is further down is meant rather than 承德市 if it is 承德县, and not if it is 承德镇.
                names.retain(|(_, likeness)| !nearer || likeness.names >= SURE);
                found.extend(names.into_iter().map(|(end, likeness)| (region.clone(), end, likeness)));
            }
            if sure && !chain.thorough {
                return Ok(usual(found));
            }
            nearer = !found.is_empty();
            row = lower;
        }
        if chain.thorough {
            self.far_below(chain, front, &mut found, best)?;
        }
        Ok(if chain.thorough { found } else { usual(found) })
    }

    /// The same where more than one level is left out: those that are called so anywhere, and stand below.
    fn far_below(
        &mut self,
        chain: &Chain<'_>,
        front: &Front<'a>,
        found: &mut Vec<Next<'a>>,
        best: &mut Best,
    ) -> Result<(), FieldError> {
        let nearer = !found.is_empty();
        for (end, name) in chain.pieces(front.at) {
            for level in LEVELS.iter().filter(|level| level.tag > front.region.kind.tag + 2) {
                let named = self.named(level, name, false)?;
                best.cut |= named.cut;
                for (region, likeness) in &named.regions {
                    if (!nearer || likeness.names >= SURE)
                        && ancestor_ids(self.scope, region)?.iter().any(|id| id.as_ref() == front.region.id())
                    {
                        found.push((region.clone(), end, *likeness));
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes a region as one that is meant, if it is of a level and stands in a place that was asked for.
    fn offer(&self, region: &Stored<'a>, likeness: &Likeness, fit: f64, best: &mut Best) -> Result<(), FieldError> {
        let id = region.id().to_owned();
        let confidence = likeness.with_field * fit;
        if !self.levels.contains(&region.kind)
            || best.by_id.get(&id).is_some_and(|known| known.confidence >= confidence)
        {
            return Ok(());
        }
        match &self.within {
            Some(within) if !is_within(self.scope, region, within)? => {}
            _ => {
                best.sure |= likeness.names >= SURE;
                best.by_id.insert(id.clone(), Meant { id, confidence, field: likeness.field, doubt: None });
            }
        }
        Ok(())
    }

    /// The regions right below one.
    fn below(&mut self, region: &Stored<'a>) -> Result<Below<'a>, FieldError> {
        let id = region.id().to_owned();
        if let Some(known) = self.below.get(&id) {
            return Ok(known.clone());
        }
        let mut below = Vec::new();
        for child in children(self.scope, id.as_ref())? {
            below.push(Rc::new(self.scope.referred(child.as_ref())?));
        }
        let below = Rc::new(below);
        self.kept += below.len() + 1;
        self.below.insert(id, below.clone());
        Ok(below)
    }

    /// The regions of a level that a single name may mean: anywhere, or those that `within` holds.
    fn named(&mut self, level: &'static Kind, name: &str, inside: bool) -> Result<Rc<Named<'a>>, FieldError> {
        let name = if level == &PROVINCE { customary(name) } else { name };
        let key = (level.tag, self.by_sound, name.to_owned());
        if let Some(known) = self.named.get(&key)
            && !(inside && known.cut)
        {
            return Ok(known.clone());
        }
        let mut found = Named::default();
        let wanted = wanted(name);
        let inside = inside && self.within.is_some();
        let most = if inside { RESOLVE_FEW } else { RESOLVE_LOOKS_MAX };
        let mut ids = self.with_all(level, &wanted, most)?;
        if self.by_sound {
            self.sounding(level, name, &mut ids)?;
        }
        // Those that a region holds are fewer than those of the country that have a common name.
        let of_within = inside && ids.len() > most && !self.by_sound;
        if of_within {
            ids = self.inside(level, name)?;
        }
        found.cut = ids.len() > RESOLVE_LOOKS_MAX;
        ids.truncate(RESOLVE_LOOKS_MAX);
        for id in ids {
            let region = self.scope.referred(id.as_ref())?;
            if let Some(likeness) = likeness(name, &region, self.by_sound) {
                found.cut |= found.regions.len() == RESOLVE_ALIKE_MAX;
                if found.cut {
                    break;
                }
                found.regions.push((Rc::new(region), likeness));
            }
        }
        let found = Rc::new(found);
        // What holds within a region alone is not for the front of a chain.
        if !of_within {
            self.kept += found.regions.len() + 1;
            self.named.insert(key, found.clone());
        }
        Ok(found)
    }

    /// The regions of a level that have all of some tokens; one more than `most` where there are more.
    fn with_all(&mut self, level: &'static Kind, wanted: &[Token], most: usize) -> Result<Vec<Id>, FieldError> {
        let mut ids = Vec::new();
        if self.have(level, wanted)? {
            each_with(self.scope, level, wanted, &mut self.lengths, None, |key| {
                ids.push(Id::new(level, key));
                Ok(ids.len() <= most)
            })?;
        }
        Ok(ids)
    }

    /// Adds the regions of a level that have all syllables of a name.
    fn sounding(&mut self, level: &'static Kind, name: &str, ids: &mut Vec<Id>) -> Result<(), FieldError> {
        let Ok(query) = Query::parse(parts_as_written(name).stem) else { return Ok(()) };
        for mut tokens in query.spelled_out() {
            tokens.retain(|token| !is_common(*token));
            ids.append(&mut self.with_all(level, &tokens, RESOLVE_LOOKS_MAX)?);
        }
        ids.sort();
        ids.dedup();
        Ok(())
    }

    /// Whether regions of a level have each of some tokens.
    fn have(&mut self, level: &'static Kind, wanted: &[Token]) -> Result<bool, FieldError> {
        for token in wanted {
            let held = match self.held.get(token) {
                Some(held) => *held,
                None => {
                    let held = self.scope.snapshot.posting_kinds(*token)?;
                    self.held.insert(*token, held);
                    held
                }
            };
            if held & kind_bit(level.tag) == 0 {
                return Ok(false);
            }
        }
        Ok(!wanted.is_empty())
    }

    /// The regions of a level in `within` that may be alike to a name.
    fn inside(&mut self, level: &'static Kind, name: &str) -> Result<Vec<Id>, FieldError> {
        if !self.inside.contains_key(&level.tag) {
            let mut by_key: HashMap<String, Vec<Id>> = HashMap::new();
            let all = self.within.as_ref().map(|within| in_or_below(self.scope, within.id(), level)).transpose()?;
            for id in all.unwrap_or_default() {
                let region = self.scope.referred(id.as_ref())?;
                for key in names(level, region.row()).into_iter().flat_map(|(_, name)| keys(name)) {
                    by_key.entry(key).or_default().push(id.clone());
                }
            }
            self.inside.insert(level.tag, by_key);
        }
        let by_key = &self.inside[&level.tag];
        let mut ids: Vec<Id> = keys(name).iter().filter_map(|key| by_key.get(key)).flatten().cloned().collect();
        ids.sort();
        ids.dedup();
        Ok(ids)
    }
}

/// How well a name fits that says twice what the region is.
const SLIP: f64 = 0.95;

/// How well a whole name fits below another province than its own: better than what is only like it in that one.
const DOUBTED: f64 = 0.7;

/// From where on a written name is a whole one.
const WHOLE: f64 = 0.97;

/// The levels to look at: all, or one.
pub fn levels(named: Option<u8>) -> Vec<&'static Kind> {
    LEVELS.iter().copied().filter(|level| named.is_none_or(|named| named == level.tag)).collect()
}
