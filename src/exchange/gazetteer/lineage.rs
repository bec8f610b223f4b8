//! Which cities and counties of different editions are one place, and where the others went.
//!
//! From the newest edition back, each is compared with the next newer one. A region is the same one
//! - under the same code, unless that code was given to another and the old name goes on under a new one;
//! - or, its code being gone, where the store knows that code already as a region's;
//! - or as the one new region of the same city that has its stem (华亭县, 华亭市);
//! - or as the one new region below which most of its towns go on, if most of that one's came from it.
//!
//! Whatever else is gone is a region of its own that is no more; its successors are those below which its towns go on. A
//! new region that is none of the old ones has as predecessors those from which its towns came.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::edition::Regions;
use super::names::{Code, bare, division, stem};

/// A province, city or county through the editions. Editions are numbered from the newest, 0.
#[derive(Debug, Default)]
pub struct Entity {
    /// Its codes, the newest first.
    pub codes: Vec<Span<Code>>,
    /// Its names, the newest first.
    pub names: Vec<Span<String>>,
    /// What it was made from, or took in, and the edition that shows it first.
    pub predecessors: Vec<(usize, usize)>,
    /// The region right above it in the newest edition that has it.
    pub parent: Option<usize>,
}

/// A value, and in which editions it holds.
#[derive(Debug, Clone)]
pub struct Span<T> {
    /// The value.
    pub value: T,
    /// The newest edition with it.
    pub newest: usize,
    /// The oldest edition with it.
    pub oldest: usize,
    /// Not listed as the same region's: inferred.
    pub inferred: bool,
}

impl Entity {
    /// The newest edition that has it.
    pub fn newest(&self) -> usize {
        self.codes.first().map_or(0, |span| span.newest)
    }

    fn seen(&mut self, code: Code, name: &str, edition: usize) {
        match self.codes.last_mut() {
            Some(span) if span.value == code => span.oldest = edition,
            other => {
                let inferred = other.is_some();
                self.codes.push(Span { value: code, newest: edition, oldest: edition, inferred });
            }
        }
        match self.names.last_mut() {
            Some(span) if span.value == name => span.oldest = edition,
            _ => self.names.push(Span { value: name.to_owned(), newest: edition, oldest: edition, inferred: false }),
        }
    }
}

/// What came of comparing the editions.
#[derive(Debug, Default)]
pub struct Lineage {
    /// Every province, city and county that ever was.
    pub entities: Vec<Entity>,
    /// Which one each code means, edition by edition.
    pub at: Vec<HashMap<Code, usize>>,
}

/// Follows the upper levels through the editions, the newest first. `known` gives the region of an old code, by one of
/// its newer codes, where the store knows it.
pub fn trace(editions: &[Regions], known: &dyn Fn(Code, &str) -> Option<Code>) -> Lineage {
    let mut lineage = Lineage::default();
    for (number, older) in editions.iter().enumerate() {
        let newer = number.checked_sub(1).map(|newer| &editions[newer]);
        lineage.step(number, older, newer, known);
    }
    lineage
}

impl Lineage {
    fn step(
        &mut self,
        number: usize,
        older: &Regions,
        newer: Option<&Regions>,
        known: &dyn Fn(Code, &str) -> Option<Code>,
    ) {
        let mut here: HashMap<Code, usize> = HashMap::new();
        let mut compared = Compared::default();
        if let Some(newer) = newer {
            compared = Compared::new(older, newer, &|code, name| self.known(number, code, name, known));
        }
        for level in 0..3 {
            for (code, name) in older.real(level) {
                let same = compared.same.get(&code).and_then(|now| self.at.last()?.get(now).copied());
                let entity = same.unwrap_or_else(|| {
                    self.entities.push(Entity {
                        parent: older.parent(code).and_then(|above| here.get(&above).copied()),
                        ..Entity::default()
                    });
                    self.entities.len() - 1
                });
                self.entities[entity].seen(code, name, number);
                here.insert(code, entity);
            }
        }
        for (old, now) in &compared.went {
            let (Some(old), Some(now)) = (here.get(old), self.at.last().and_then(|at| at.get(now))) else { continue };
            let predecessors = &mut self.entities[*now].predecessors;
            if old != now && !predecessors.iter().any(|(known, _)| known == old) {
                predecessors.push((*old, number - 1));
            }
        }
        self.at.push(here);
    }

    /// The code in the newer edition of a region that has, or had, this code and name by what is known already.
    fn known(&self, number: usize, code: Code, name: &str, known: &dyn Fn(Code, &str) -> Option<Code>) -> Option<Code> {
        let newer = self.at.get(number.checked_sub(1)?)?;
        let had = |entity: &Entity| {
            entity.codes.iter().any(|span| span.value == code) && entity.names.iter().any(|span| span.value == name)
        };
        // Left out of one edition by mistake: the editions around it list it.
        if let Some((now, _)) = newer.iter().find(|(_, entity)| had(&self.entities[**entity])) {
            return Some(*now);
        }
        let today = known(code, name)?;
        let entity = self.at.first()?.get(&today)?;
        newer.iter().find(|(_, other)| *other == entity).map(|(now, _)| *now)
    }
}

/// An edition and the next newer one.
#[derive(Debug, Default)]
struct Compared {
    /// Regions that are one: the code in the older, and in the newer.
    same: HashMap<Code, Code>,
    /// From which region of the older to which of the newer something went, where they are not one.
    went: BTreeSet<(Code, Code)>,
}

/// Where the towns of a county go on, or came from.
#[derive(Debug, Default)]
struct Votes {
    /// How many go on below which county.
    found: BTreeMap<Code, usize>,
    /// How many there are, found again or not.
    towns: usize,
}

impl Votes {
    /// The counties of enough towns to tell: what one town in ten says is a chance of its name, and where too few are found
    /// again nothing is told.
    fn told(&self) -> impl Iterator<Item = Code> {
        let all: usize = self.found.values().sum();
        let enough = all * 4 >= self.towns;
        self.found.iter().filter(move |(_, count)| enough && **count * 10 >= all).map(|(county, _)| *county)
    }

    /// Whether more than half of all its towns go on below a county.
    fn mostly(&self, county: Code) -> bool {
        self.found.get(&county).is_some_and(|count| count * 2 > self.towns)
    }
}

impl Compared {
    fn new(older: &Regions, newer: &Regions, known: &dyn Fn(Code, &str) -> Option<Code>) -> Self {
        let mut compared = Self::default();
        for (code, _) in older.real(0).filter(|(code, _)| newer.has(*code)) {
            compared.same.insert(code, code);
        }
        for level in [1, 2] {
            compared.level(level, older, newer, known);
        }
        // A city that is gone went where its counties went.
        for (city, _) in older.real(1) {
            if compared.same.contains_key(&city) {
                continue;
            }
            for (county, _) in older.real(2).filter(|(county, _)| older.parent(*county) == Some(city)) {
                let parent = compared.same.get(&county).and_then(|now| newer.parent(*now));
                compared.went.extend(parent.filter(|parent| parent.level() == 1).map(|parent| (city, parent)));
            }
        }
        compared
    }

    fn level(&mut self, level: usize, older: &Regions, newer: &Regions, known: &dyn Fn(Code, &str) -> Option<Code>) {
        let mut new: BTreeMap<Code, &str> = newer.real(level).filter(|(code, _)| !older.has(*code)).collect();
        let mut gone: BTreeMap<Code, &str> = BTreeMap::new();
        for (code, name) in older.real(level) {
            match newer.name(code).filter(|_| newer.has(code)) {
                None => drop(gone.insert(code, name)),
                // The code was given to another: the name goes on under a new one of the same city.
                Some(now)
                    if stem(now) != stem(name)
                        && new
                            .iter()
                            .any(|(other, same)| *same == name && self.is_below_same(older, newer, code, *other)) =>
                {
                    gone.insert(code, name);
                    new.insert(code, now);
                }
                Some(_) => drop(self.same.insert(code, code)),
            }
        }
        let mut free = new.clone();
        gone.retain(|code, name| match known(*code, name).filter(|now| *now != *code && newer.has(*now)) {
            Some(now) if free.remove(&now).is_some() || !self.same.values().any(|taken| *taken == now) => {
                self.same.insert(*code, now);
                false
            }
            _ => true,
        });
        self.by_stem(older, newer, &mut gone, &mut free);
        if level == 2 {
            self.by_towns(older, newer, gone, &new, free);
        }
    }

    /// Whether two regions, of the older and the newer, stand right below one and the same.
    fn is_below_same(&self, older: &Regions, newer: &Regions, old: Code, now: Code) -> bool {
        let above = older.parent(old).and_then(|above| self.same.get(&above).copied());
        above.is_some() && above == newer.parent(now)
    }

    fn by_stem(
        &mut self,
        older: &Regions,
        newer: &Regions,
        gone: &mut BTreeMap<Code, &str>,
        free: &mut BTreeMap<Code, &str>,
    ) {
        let mut pairs: Vec<(Code, Code)> = Vec::new();
        for (old, name) in gone.iter() {
            for (now, new_name) in free.iter() {
                let same_stem = stem(name) == stem(new_name) || stem(new_name) == *name;
                if same_stem && self.is_below_same(older, newer, *old, *now) {
                    pairs.push((*old, *now));
                }
            }
        }
        for (old, now) in &pairs {
            let alone = pairs.iter().filter(|(other, same)| other == old || same == now).count() == 1;
            if alone {
                self.same.insert(*old, *now);
                gone.remove(old);
                free.remove(now);
            }
        }
    }

    fn by_towns(
        &mut self,
        older: &Regions,
        newer: &Regions,
        gone: BTreeMap<Code, &str>,
        new: &BTreeMap<Code, &str>,
        mut free: BTreeMap<Code, &str>,
    ) {
        let forwards = Towns::new(older, newer);
        let backwards = Towns::new(newer, older);
        let went: BTreeMap<Code, Votes> = gone.keys().map(|old| (*old, forwards.votes(older, *old))).collect();
        let came: BTreeMap<Code, Votes> = new.keys().map(|now| (*now, backwards.votes(newer, *now))).collect();
        let mut heirs: Vec<(Code, Code)> = Vec::new();
        for (old, votes) in &went {
            heirs.extend(free.keys().filter(|now| votes.mostly(**now)).map(|now| (*old, *now)));
        }
        for (old, now) in &heirs {
            if came[now].mostly(*old) {
                self.same.insert(*old, *now);
                free.remove(now);
            }
        }
        for (old, votes) in went.iter().filter(|(old, _)| !self.same.contains_key(old)) {
            self.went.extend(votes.told().map(|now| (*old, now)));
        }
        for now in free.keys().filter(|now| division(**now, new[now]) != Some("DEVELOPMENT_ZONE")) {
            self.went.extend(came[now].told().map(|old| (old, *now)));
        }
    }
}

/// Finds the towns of one edition again in another, in which they have other codes.
struct Towns<'r> {
    other: &'r Regions,
    /// Towns of the other whose codes the first does not have, by province and bare name.
    by_name: HashMap<(u64, String), Vec<Code>>,
}

impl<'r> Towns<'r> {
    fn new(one: &Regions, other: &'r Regions) -> Self {
        let mut by_name: HashMap<_, Vec<Code>> = HashMap::new();
        for (code, name) in other.real(3).filter(|(code, name)| one.name(*code) != Some(name)) {
            by_name.entry(name_in_province(other, code, name)).or_default().push(code);
        }
        Self { other, by_name }
    }

    /// The counties in which a county's towns are found again.
    fn votes(&self, one: &Regions, county: Code) -> Votes {
        let mut votes = Votes::default();
        for (town, name) in one.towns(county) {
            votes.towns += 1;
            let Some(found) = self.by_name.get(&name_in_province(one, town, name)) else { continue };
            // In the same city the name tells it, and of several the number; in another both must be the same.
            let same_city: Vec<_> = found.iter().filter(|code| code.0 / 100_000 == town.0 / 100_000).collect();
            let same_number = |codes: &[&Code]| {
                let mut same = codes.iter().filter(|code| code.0 % 1_000 == town.0 % 1_000);
                same.next().filter(|_| same.next().is_none()).map(|code| **code)
            };
            let chosen = match same_city.as_slice() {
                [] => same_number(&found.iter().collect::<Vec<_>>()),
                [one] => Some(**one),
                several => same_number(several),
            };
            let county = chosen.and_then(|town| self.other.parent(town)).filter(|parent| parent.level() == 2);
            if let Some(county) = county {
                *votes.found.entry(county).or_default() += 1;
            }
        }
        votes
    }
}

fn name_in_province(regions: &Regions, code: Code, name: &str) -> (u64, String) {
    (code.0 / 10_000_000, bare(name, &regions.above(code)))
}
