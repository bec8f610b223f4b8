//! The rows that follow from a record. The writer keeps them; `check` recomputes them. Nothing else makes any, but for the
//! entries of covers (`covers.rs`), which hold the record's row too.

use super::key::{self, FieldId};
use crate::config::NAME_CHARS;
use crate::model::catalog::{Edge, Kind, Shape};
use crate::model::id::IdRef;
use crate::model::names::names;
use crate::model::row::{List, Row};
use crate::text::fold::Folded;
use crate::text::standing::Standing;
use crate::text::tokens::{Kept, Token, kept};

/// A row that follows from a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Derived {
    /// An edge leads from its target back to the record.
    Reverse(Vec<u8>),
    /// An indexed value leads to the record.
    Index(Vec<u8>),
    /// A token of its names leads to the record, and how it stands in them.
    Posting(Token, Standing),
}

/// Every row that follows from a record's row.
pub fn derived(kind: &'static Kind, id: IdRef<'_>, row: Row<'_>) -> Vec<Derived> {
    let mut rows = Vec::new();
    each_reference(kind, row, |edge, target, ordinal| {
        rows.push(Derived::Reverse(key::reverse(target, edge, id, ordinal)));
    });
    for field in key::indexed(kind) {
        let slot = row.slot(field.slot);
        let mut add = |bytes: &[u8]| {
            let value = field.scalar.read(bytes).and_then(|leaf| key::sortable(field.scalar, &leaf));
            rows.extend(value.map(|value| Derived::Index(key::index(field.id, &value, id))));
        };
        match field.inner {
            None => add(slot),
            Some(inner) => List::new(slot).iter().for_each(|item| add(Row::new(item).slot(inner))),
        }
    }
    rows.extend(tokens(kind, row).into_iter().map(|kept| Derived::Posting(kept.token(), kept.standing())));
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The tokens of all names of a record, each once, as it stands best.
fn tokens(kind: &'static Kind, row: Row<'_>) -> Vec<Kept> {
    let (mut all, mut of_one) = (Vec::new(), Vec::new());
    for (_, name) in names(kind, row) {
        if name.len() > NAME_CHARS && name.chars().count() > NAME_CHARS {
            all.push(Kept::new(Token::LONG, Standing::NOWHERE));
        }
        kept(&Folded::new(name), &mut of_one);
        all.append(&mut of_one);
    }
    // One name's are so already; of several names, the tokens of an earlier one come first.
    all.sort_by_key(|kept| kept.token());
    all.dedup_by(|later, best| {
        let same = later.token() == best.token();
        if same && later.standing().is_better(best.standing()) {
            *best = *later;
        }
        same
    });
    all
}

/// Calls back for every reference that a row holds: the edge, the target, and which of the edge's entries it is.
pub fn each_reference(kind: &'static Kind, row: Row<'_>, mut found: impl FnMut(FieldId, IdRef<'_>, u32)) {
    for (slot, field) in kind.slots() {
        let Shape::Edge(edge) = field.shape else { continue };
        let bytes = row.slot(slot);
        if bytes.is_empty() {
            continue;
        }
        let id = FieldId::new(kind, slot);
        each_target(&edge, bytes, |target, ordinal| found(id, target, ordinal));
    }
}

/// Calls back for every target of an edge's slot, and which of the edge's entries it is.
pub fn each_target(edge: &Edge, bytes: &[u8], mut found: impl FnMut(IdRef<'_>, u32)) {
    let mut add = |entry: &[u8], ordinal: u32| {
        let target = if edge.properties.is_empty() { entry } else { Row::new(entry).slot(0) };
        if let Some(target) = IdRef::from_bytes(target) {
            found(target, ordinal);
        }
    };
    if edge.is_list() {
        List::new(bytes).iter().enumerate().for_each(|(ordinal, entry)| add(entry, ordinal as u32));
    } else {
        add(bytes, 0);
    }
}
