//! Names as others wrote them, led back to regions: without 市 or 县, with an old name, with a parent in front.

use std::collections::BTreeMap;

use super::lookup::each_with;
use crate::config::RESOLVE_LOOKS_MAX;
use crate::model::catalog::Kind;
use crate::model::id::Id;
use crate::model::kinds::LEVELS;
use crate::model::names::names;
use crate::query::error::FieldError;
use crate::query::kinds::region::ancestor_ids;
use crate::query::network::is_within;
use crate::query::scope::Scope;
use crate::store::Stored;
use crate::text::chains::chains;
use crate::text::fold::{Folded, fold};
use crate::text::names::{parts, short, stem};
use crate::text::tokens::{Token, is_common, tokens};

/// A region that a name may mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Meant {
    /// Which.
    pub id: Id,
    /// How sure that is, above 0 to 1.
    pub confidence: f64,
    /// By which of its fields.
    pub field: &'static str,
}

/// What a name may mean, the likeliest first.
pub fn resolve(
    scope: &Scope,
    text: &str,
    levels: &[&'static Kind],
    within: Option<&Stored<'_>>,
) -> Result<Vec<Meant>, FieldError> {
    let mut best: BTreeMap<Id, Meant> = BTreeMap::new();
    for chain in chains(text) {
        let Some((name, parents)) = chain.split_last() else { continue };
        for level in levels {
            for (region, likeness, field) in named(scope, level, name)? {
                let Some(fit) = parents_fit(scope, &region, parents)? else { continue };
                if let Some(within) = within
                    && !is_within(scope, &region, within)?
                {
                    continue;
                }
                let id = region.id().to_owned();
                let confidence = likeness * fit;
                let known = best.entry(id.clone()).or_insert(Meant { id, confidence, field });
                if confidence > known.confidence {
                    (known.confidence, known.field) = (confidence, field);
                }
            }
        }
        // What the likeliest ways to read it found outright, the others do not find better.
        if best.values().any(|meant| meant.confidence >= 0.9) {
            break;
        }
    }
    let mut meant: Vec<Meant> = best.into_values().collect();
    meant.sort_by(|left, right| right.confidence.total_cmp(&left.confidence).then_with(|| left.id.cmp(&right.id)));
    // Several that fit alike share what is sure of them: a higher level is the likelier one to be meant by its bare name.
    let alike: Vec<f64> = meant
        .iter()
        .map(|one| {
            let rivals = meant.iter().filter(|other| (other.confidence - one.confidence).abs() < 1e-9);
            let weight = |id: &Id| 0.25f64.powi(i32::from(id.tag));
            weight(&one.id) / rivals.map(|rival| weight(&rival.id)).sum::<f64>()
        })
        .collect();
    // What fits worse is no surer than any of those that share.
    let mut most = 1.0f64;
    for (one, share) in meant.iter_mut().zip(alike) {
        most = most.min((one.confidence * share * 1000.0).round() / 1000.0);
        one.confidence = most;
    }
    meant.retain(|one| one.confidence > 0.0);
    Ok(meant)
}

/// The regions of a level that a single name may mean, with how alike the names are.
fn named<'a>(
    scope: &'a Scope,
    level: &'static Kind,
    name: &str,
) -> Result<Vec<(Stored<'a>, f64, &'static str)>, FieldError> {
    // What the name says without what it is: it is in every name that can be meant.
    let bare = stem(name);
    let mut found = Vec::new();
    let mut wanted: Vec<Token> = Vec::new();
    let folded = Folded::new(bare);
    tokens(&folded, &mut wanted);
    let several = folded.units().len() > 1;
    let is_one = |token: &Token| token.class() == crate::text::tokens::CHARS && (!several || token.is_pair());
    wanted.retain(|token| is_one(token) && !is_common(*token));
    if wanted.is_empty() {
        return Ok(found);
    }
    let mut looks = 0;
    let mut keys = Vec::new();
    each_with(scope, level, &wanted, |key| {
        looks += 1;
        keys.push(key.to_owned());
        Ok(looks < RESOLVE_LOOKS_MAX)
    })?;
    for key in keys {
        let region = scope.referred(Id::new(level, &key).as_ref())?;
        let best = names(level, region.row())
            .into_iter()
            .filter_map(|(field, known)| Some((alike(name, known)? * of_field(field), field)))
            .max_by(|left, right| left.0.total_cmp(&right.0));
        if let Some((likeness, field)) = best {
            found.push((region, likeness, field));
        }
    }
    Ok(found)
}

/// A former name is what a region was, and an alias what some call it.
fn of_field(field: &str) -> f64 {
    match field {
        "name" => 1.0,
        "aliases" | "nameEn" => 0.98,
        _ => 0.97,
    }
}

/// How alike a name as it was written is to one that a region has; nothing where they are two.
fn alike(written: &str, known: &str) -> Option<f64> {
    let (mine, its) = (fold(written), fold(known));
    if mine == its {
        return Some(1.0);
    }
    if short(written) == short(known) {
        return Some(0.97);
    }
    if fold(stem(written)) != fold(stem(known)) {
        // The peoples of an autonomous region are left out by some: 景东 for 景东彝族自治县, and 景东彝族 for it too.
        let with_peoples = |name: &str| {
            let parts = parts(name);
            fold(parts.stem) + &fold(parts.peoples)
        };
        return (with_peoples(written) == with_peoples(known)).then_some(0.9);
    }
    // 彝良 for 彝良县; 华亭县 for 华亭市, if no former name says so.
    Some(if parts(written).generic.is_empty() { 0.95 } else { 0.6 })
}

/// How well the names in front fit what a region stands in: each must be one of its ancestors, in order; nothing where one is
/// not.
fn parents_fit(scope: &Scope, region: &Stored<'_>, parents: &[&str]) -> Result<Option<f64>, FieldError> {
    if parents.is_empty() {
        return Ok(Some(1.0));
    }
    let mut ancestors = ancestor_ids(scope, region)?.into_iter();
    let mut fit = 1.0;
    for parent in parents {
        let mut best = None;
        for ancestor in ancestors.by_ref() {
            let ancestor = scope.referred(ancestor.as_ref())?;
            let known = names(ancestor.kind, ancestor.row()).into_iter();
            best = known.filter_map(|(_, known)| alike(parent, known)).max_by(f64::total_cmp);
            if best.is_some() {
                break;
            }
        }
        match best {
            // A parent is named to tell the region from others: that it is written short takes little away.
            Some(likeness) => fit *= 1.0 - (1.0 - likeness) / 4.0,
            None => return Ok(None),
        }
    }
    Ok(Some(fit))
}

/// The levels to look at: all, or one.
pub fn levels(named: Option<u8>) -> Vec<&'static Kind> {
    LEVELS.iter().copied().filter(|level| named.is_none_or(|named| named == level.tag)).collect()
}
