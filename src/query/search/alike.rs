//! Whether a name as somebody wrote it is one that a region has, and how surely.

use crate::model::catalog::Kind;
use crate::model::kinds::{CITY, COUNTY, PROVINCE, TOWN};
use crate::model::names::names;
use crate::store::Stored;
use crate::text::fold::{Folded, fold, fold_char, is_han};
use crate::text::matching::{Kind as MatchKind, Place};
use crate::text::names::{Parts, parts_as_written, short};
use crate::text::query::Query;
use crate::text::tokens::{CHARS, Token, beginning, is_common, tokens};

/// How alike a written name is to a region's.
#[derive(Debug, Clone, Copy)]
pub struct Likeness {
    /// By the names alone.
    pub names: f64,
    /// And by what the region has the name in: a former name is what a region was, and an alias what some call it.
    pub with_field: f64,
    /// The field that holds the name.
    pub field: &'static str,
}

/// The name of a region that a written one is most like, perhaps by how it sounds.
pub fn likeness(written: &str, region: &Stored<'_>, by_sound: bool) -> Option<Likeness> {
    let each = names(region.kind, region.row()).into_iter().filter_map(|(field, known)| {
        let names = match alike(written, known, region.kind) {
            None if by_sound && known.starts_with(is_han) => sounding(written, known, region.kind)?,
            alike => alike?,
        };
        Some(Likeness { names, with_field: names * of_field(field), field })
    });
    each.max_by(|left, right| left.with_field.total_cmp(&right.with_field))
}

/// A name as the region has it, where one is written that is customary and is a part of it.
pub fn customary(written: &str) -> &str {
    if fold(written) == "内蒙" { "内蒙古" } else { written }
}

/// The written names that begin at a place of a text and mean a region, by where they end.
pub fn beginnings(
    text: &Folded<'_>,
    from: usize,
    ends: &[usize],
    region: &Stored<'_>,
    by_sound: bool,
) -> Vec<(usize, Likeness)> {
    if by_sound {
        let ends = ends.iter().copied().filter(|end| *end >= from + LEAST);
        return ends.filter_map(|end| Some((end, likeness(text.pieces(from..end).matched, region, true)?))).collect();
    }
    let mut found: Vec<(usize, Likeness)> = Vec::new();
    for (_, known) in names(region.kind, region.row()) {
        // Whatever is alike begins with what the region is called, and then says what it is.
        let parts = parts_as_written(known);
        let called = fold(people_of(&parts).unwrap_or(parts.stem));
        let begins = text.units()[from..].iter().map(|unit| unit.char).take(called.chars().count());
        if called.is_empty() || !begins.eq(called.chars()) {
            continue;
        }
        let least = from + called.chars().count().max(LEAST);
        for end in ends.iter().copied().filter(|end| (least..=least + ENDING_CHARS).contains(end)) {
            if found.iter().all(|(known, _)| *known != end)
                && let Some(likeness) = likeness(text.pieces(from..end).matched, region, false)
            {
                found.push((end, likeness));
            }
        }
    }
    found
}

/// From where on a written name is surely one that a region has. What is called so, and is something else, is below it.
pub const SURE: f64 = 0.9;

/// The fewest characters of a written name that stands among others.
pub const LEAST: usize = 2;

/// The most characters by which a name goes on behind what the region is called: its peoples, and what it is.
const ENDING_CHARS: usize = 24;

/// What any name that is alike to this one is alike by: each of them has one of these in common with it.
pub fn keys(name: &str) -> Vec<String> {
    let parts = parts_as_written(name);
    let mut keys = vec![fold(name), fold(parts.stem), with_peoples(parts)];
    keys.extend(people_of(&parts).map(fold));
    keys.sort();
    keys.dedup();
    keys
}

/// The tokens of what a name calls a region: every name that can be meant is kept under them.
pub fn wanted(name: &str) -> Vec<Token> {
    let folded = Folded::new(parts_as_written(name).stem.trim_end());
    let mut wanted: Vec<Token> = Vec::new();
    tokens(&folded, &mut wanted);
    let several = folded.units().len() > 1;
    wanted.retain(|token| token.class() == CHARS && (!several || token.is_pair()) && !is_common(*token));
    if wanted.is_empty() {
        // 道县 is called what lies in 街道办事处. No common ending is a whole name, so how a name begins is kept of all.
        wanted.extend(beginning(&folded));
    }
    wanted
}

fn of_field(field: &str) -> f64 {
    match field {
        "name" => 1.0,
        "aliases" | "nameEn" => 0.98,
        _ => 0.97,
    }
}

/// How alike a name that is written in pinyin is to how one sounds that a region of a level has.
fn sounding(written: &str, known: &str, level: &Kind) -> Option<f64> {
    let parts = parts_as_written(written);
    let generic = fold(parts.generic);
    let called = Query::parse(parts.stem).ok()?.matches(&Folded::new(known))?;
    let whole = called.kind == MatchKind::Pinyin
        && match called.place {
            Place::Exact => generic.is_empty(),
            Place::Stem => generic.is_empty() || is_called(level, &generic),
            _ => false,
        };
    whole.then_some(SOUNDS)
}

/// Whether a name is written in letters, which may be pinyin.
pub fn is_in_letters(name: &str) -> bool {
    let mut letters = name.chars().filter(|char| fold_char(*char).is_some()).peekable();
    letters.peek().is_some() && letters.all(|char| char.is_alphabetic() && !is_han(char))
}

/// How well a name fits that sounds so: others sound like it, and it is no name that is written down.
const SOUNDS: f64 = 0.85;

/// How alike a name as it was written is to one that a region of a level has; nothing where they are two.
fn alike(written: &str, known: &str, level: &Kind) -> Option<f64> {
    let (mine, its) = (fold(written), fold(known));
    if mine == its {
        return Some(1.0);
    }
    if short(written) == short(known) {
        return Some(0.97);
    }
    let (written, known) = (parts_as_written(written), parts_as_written(known));
    // 景德镇 is no 镇: it is what 景德镇市 is called.
    if mine == fold(known.stem) {
        return Some(bare(&known));
    }
    // Whoever names a people means no region that is none of a people's.
    if !written.peoples.is_empty() && known.peoples.is_empty() {
        return None;
    }
    let generic = fold(written.generic);
    if let Some(people) = people_of(&known)
        && fold(written.stem) == fold(people)
    {
        // 鄂温克旗 for 鄂温克族自治旗, and 鄂温克 for it too.
        return match fold(known.generic).strip_prefix("自治") {
            Some(its) if its == generic => Some(0.97),
            _ if generic.is_empty() => Some(SURE),
            _ => None,
        };
    }
    if fold(written.stem) != fold(known.stem) {
        // The peoples of an autonomous region are left out by some: 景东 for 景东彝族自治县, and 景东彝族 for it too.
        return (with_peoples(written) == with_peoples(known)).then_some(0.9);
    }
    // An English name mostly does not say what the region is.
    let is_said = || known.generic.is_empty() && is_called(level, &generic);
    // 彝良 for 彝良县; 华亭县 for 华亭市, if no former name says so.
    Some(if generic.is_empty() || is_said() { bare(&known) } else { 0.6 })
}

/// Whether regions of a level are called so in English.
fn is_called(level: &Kind, word: &str) -> bool {
    let words: &[&str] = match level {
        level if level == &PROVINCE => &["province", "municipality", "city"],
        level if level == &CITY => &["city", "municipality", "prefecture", "league"],
        level if level == &COUNTY => &["county", "district", "city", "banner"],
        level if level == &TOWN => &["town", "township", "subdistrict"],
        _ => &["village", "community"],
    };
    words.contains(&word)
}

/// The people of an autonomous region that is called after one alone: 鄂温克 of 鄂温克族自治旗.
fn people_of<'a>(parts: &Parts<'a>) -> Option<&'a str> {
    let autonomous = fold(parts.generic).starts_with("自治") && parts.peoples.is_empty();
    parts.stem.strip_suffix('族').filter(|people| autonomous && !people.is_empty())
}

/// How alike a name is to one that goes on with what the region is: 邢台 means 邢台市 rather than 邢台经济开发区.
fn bare(known: &Parts<'_>) -> f64 {
    let generic = fold(known.generic);
    if generic.ends_with("开发区") || generic.ends_with("园区") { SURE } else { 0.95 }
}

fn with_peoples(parts: Parts<'_>) -> String {
    fold(parts.stem) + &fold(parts.peoples)
}
