//! Covers that serve a filter: what can pass lies together in one, or in a part of one that has the order.

use super::access::Range;
use super::compare::{Compare, Operator};
use super::{Filter, Test};
use crate::model::catalog::{Cover, Kind, Shape, slot};
use crate::query::error::FieldError;
use crate::query::relation::Relation;
use crate::query::scope::Scope;
use crate::store::{CoverIn, Direction, Stored, key};

/// Records that a cover had together.
pub struct Together<'a> {
    /// By key, each once.
    pub records: Vec<Stored<'a>>,
    /// Which cover, for whoever asks how the answer was found.
    pub by: String,
    /// They are all that pass, and no others.
    pub exact: bool,
}

/// A part of a cover, in its order: what passes a filter is in it.
pub struct Part {
    /// Which cover.
    pub cover: CoverIn,
    /// The slot of the field that orders it.
    pub slot: usize,
    /// The values that all of it shares, as they are sorted.
    pub shared: Vec<u8>,
    /// The values of the field from which on it is wanted, and before which.
    pub range: Range,
    /// The one value of which not all pass, where all that are in it with any other do.
    pub in_doubt: Option<Vec<u8>>,
    /// Which cover, for whoever asks how the answer was found.
    pub by: String,
}

/// How many records a cover is asked to have together at most: they are held until they are counted.
const TOGETHER_MAX: usize = 100_000;

impl Filter {
    /// What a cover of a kind has together of all that can pass, where one has that. It is read as a scan reads it, and so pays
    /// as long as it is less.
    pub(super) fn together<'a>(
        &self,
        scope: &'a Scope,
        kind: &'static Kind,
    ) -> Result<Option<Together<'a>>, FieldError> {
        let most = usize::try_from(scope.snapshot.count(kind)?).unwrap_or(usize::MAX).min(TOGETHER_MAX);
        for (number, cover) in kind.covers.iter().enumerate().filter(|(_, cover)| cover.by.len() > 1) {
            if let Some(together) = self.gather(scope, kind, number, cover, most)? {
                return Ok(Some(together));
            }
        }
        Ok(None)
    }

    /// The same of one cover, where it is no more than so much.
    fn gather<'a>(
        &self,
        scope: &'a Scope,
        kind: &'static Kind,
        number: usize,
        cover: &'static Cover,
        most: usize,
    ) -> Result<Option<Together<'a>>, FieldError> {
        let tests = self.tests(kind)?;
        let mut prefixes = vec![Vec::new()];
        for name in cover.by {
            let slot = kind.slot_of(name);
            let Some(test) = tests.iter().find(|test| test.slot() == Some(slot)) else { return Ok(None) };
            let Some(values) = test.values(scope, most)? else { return Ok(None) };
            if values.len().saturating_mul(prefixes.len()) > most {
                return Ok(None);
            }
            let longer = |prefix: &Vec<u8>| values.iter().map(|value| [prefix.as_slice(), value].concat()).collect();
            prefixes = prefixes.iter().flat_map(|prefix| -> Vec<_> { longer(prefix) }).collect();
        }
        let mut records: Vec<Stored<'a>> = Vec::new();
        for prefix in prefixes {
            let until = key::after_prefix(&prefix);
            let entries = scope.snapshot.covered(CoverIn::new(kind, number), &prefix, &until, Direction::Forward)?;
            let Some(entries) = entries else { return Ok(None) };
            for entry in entries {
                scope.spend()?;
                let entry = entry?;
                if entry.kind() == kind {
                    if records.len() == most {
                        return Ok(None);
                    }
                    records.push(entry.into_record());
                }
            }
        }
        records.sort_by(|left, right| left.key_bytes().cmp(right.key_bytes()));
        records.dedup_by(|left, right| left.key_bytes() == right.key_bytes());
        let exact = tests.len() == cover.by.len();
        Ok(Some(Together { records, by: format!("cover {}.{}", kind.name, cover.by.join("+")), exact }))
    }

    /// The part of a cover in which all stands that can pass, in the order of a field, where a cover has such a part: all but
    /// the last of its fields have one value each, the last is the one, and what has no value in it does not pass.
    pub fn part(&self, kind: &'static Kind, ordered: usize) -> Result<Option<Part>, FieldError> {
        let tests = self.tests(kind)?;
        let compares = |slot: usize| {
            tests.iter().find_map(|test| match test {
                Test::Value(known, compares) if *known == slot => Some(compares.as_slice()),
                _ => None,
            })
        };
        'covers: for (number, cover) in kind.covers.iter().enumerate() {
            let Some((_, others)) = cover.by.split_last().filter(|(last, _)| kind.slot_of(last) == ordered) else {
                continue;
            };
            let (mut shared, mut exact) = (Vec::new(), true);
            for name in others {
                let Some(compares) = compares(kind.slot_of(name)) else { continue 'covers };
                let Some(value) = single_value(compares) else { continue 'covers };
                shared.extend(value);
                exact &= !compares[0].is_of_dates();
            }
            let Shape::One(scalar) = kind.fields[ordered - slot::OWN].shape else { continue };
            let Some(compares) = compares(ordered) else { continue };
            if compares.iter().any(|compare| matches!(compare.operator, Operator::IsNull(_))) {
                continue;
            }
            // Of several conditions any one may bound what is walked: all are looked at anyway.
            let ranges = compares.iter().filter_map(|compare| compare.ranges(scalar));
            let bounding = ranges.filter_map(|ranges| <[Range; 1]>::try_from(ranges).ok()).map(|[range]| range).next();
            let Some(range) = bounding else { continue };
            // One condition for each field, and no other: the cover has looked at them.
            let in_doubt = match compares {
                [bound] if exact && tests.len() == cover.by.len() => bound.bound(scalar),
                _ => None,
            };
            let by = format!("cover {}.{}", kind.name, cover.by.join("+"));
            return Ok(Some(Part { cover: CoverIn::new(kind, number), slot: ordered, shared, range, in_doubt, by }));
        }
        Ok(None)
    }
}

/// The sortable bytes of the one value that comparisons let pass.
fn single_value(compares: &[Compare]) -> Option<Vec<u8>> {
    let [compare] = compares else { return None };
    match (compare.operator, compare.operands.as_slice()) {
        (Operator::In, [operand]) => key::sortable(compare.scalar(), &operand.leaf()),
        _ => None,
    }
}

impl Test {
    /// The slot of the value, or of the edge to one, that it looks at.
    fn slot(&self) -> Option<usize> {
        match self {
            Self::Value(slot, _) | Self::One(Relation::Target(slot), _) => Some(*slot),
            _ => None,
        }
    }

    /// What passes it, each as a cover orders by it: no value that passes is missing, and none fails.
    fn values(&self, scope: &Scope, most: usize) -> Result<Option<Vec<Vec<u8>>>, FieldError> {
        match self {
            // An approximate date has the bytes of the exact one.
            Self::Value(_, compares) => {
                Ok(single_value(compares).filter(|_| !compares[0].is_of_dates()).map(|value| vec![value]))
            }
            Self::One(Relation::Target(_), filter) => {
                let Some(targets) = filter.narrow_all(scope, most)? else { return Ok(None) };
                let mut passing = Vec::with_capacity(targets.ids.len());
                for id in &targets.ids {
                    if targets.exact || filter.matches_id(scope, id.as_ref())? {
                        passing.push(key::cover_target(id.as_ref()));
                    }
                }
                Ok(Some(passing))
            }
            _ => Ok(None),
        }
    }
}
