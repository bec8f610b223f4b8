//! References to sources, as GB/T 7714—2015 writes them.

use super::arguments::Arguments;
use super::error::FieldError;
use super::object::{Resolved, targets};
use super::scope::Scope;
use crate::model::catalog::slot;
use crate::model::closed::SOURCE_KIND;
use crate::model::id::IdRef;
use crate::model::kinds::SOURCE;
use crate::model::value::{Leaf, Scalar, name_at, text_at};
use crate::store::Stored;

/// The edition of the standard.
pub const STYLE: &str = "GB/T 7714—2015";

const TITLE: usize = SOURCE.slot_of("title");
const SUPPLIED: usize = SOURCE.slot_of("titleSupplied");
const KIND: usize = SOURCE.slot_of("kind");
const EDITION: usize = SOURCE.slot_of("edition");
const PUBLISHED: usize = SOURCE.slot_of("published");
const PUBLISHER: usize = SOURCE.slot_of("publisher");
const AUTHORS: usize = SOURCE.slot_of("authors");
const PART_OF: usize = SOURCE.slot_of("partOf");

/// `Source.reference`.
pub fn reference<'a>(scope: &'a Scope, source: &'a Stored<'a>, _: &Arguments) -> Result<Resolved<'a>, FieldError> {
    Ok(Resolved::Leaf(Leaf::Owned(reference_to(scope, source)?)))
}

/// Who wrote it; its title, in brackets where it was supplied, with the mark of its kind, and of what it is a part; its
/// edition; who published it when. What is not known is left out.
pub fn reference_to(scope: &Scope, source: &Stored<'_>) -> Result<String, FieldError> {
    let mut parts = Vec::new();
    let authors = authors(scope, source)?;
    if !authors.is_empty() {
        // Three are named at most.
        let more = if authors.len() > 3 { ", 等" } else { "" };
        parts.push(format!("{}{more}", authors[..authors.len().min(3)].join(", ")));
    }
    let mut title = titled(source);
    let whole = IdRef::from_bytes(source.row().slot(PART_OF)).map(|whole| scope.referred(whole)).transpose()?;
    if let Some(whole) = &whole {
        title.push_str("//");
        title.push_str(&titled(whole));
    }
    parts.push(title);
    // A part that says nothing of these has them from its whole.
    let text = |slot| {
        let of_whole = || whole.as_ref().and_then(|whole| text_at(whole.row(), slot));
        text_at(source.row(), slot).or_else(of_whole).map(ToOwned::to_owned)
    };
    parts.extend(text(EDITION));
    let publisher = [Some(source), whole.as_ref()]
        .into_iter()
        .flatten()
        .find_map(|source| IdRef::from_bytes(source.row().slot(PUBLISHER)).map(IdRef::to_owned));
    let publisher = publisher.map(|id| scope.referred(id.as_ref())).transpose()?;
    let publisher =
        publisher.as_ref().and_then(|publisher| text_at(publisher.row(), slot::NAME)).map(ToOwned::to_owned);
    let published = [publisher, text(PUBLISHED)].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if !published.is_empty() {
        parts.push(published);
    }
    Ok(format!("{}.", parts.join(". ")))
}

fn titled(source: &Stored<'_>) -> String {
    let title = text_at(source.row(), TITLE).unwrap_or_default();
    // The standard's marks: N a newspaper, J a journal, A an archive, DS a data set, EB a notice online, Z anything else.
    let mark = match name_at(&SOURCE_KIND, source.row(), KIND) {
        Some("NEWSPAPER" | "STATE_MEDIA") => "N",
        Some("JOURNAL") => "J",
        Some("ORAL_HISTORY") => "A",
        Some("DATASET") => "DS",
        Some("PHOTO") | None => "Z",
        Some(_) => "EB",
    };
    match Scalar::Bool.read(source.row().slot(SUPPLIED)) {
        Some(Leaf::Bool(true)) => format!("[{title}][{mark}]"),
        _ => format!("{title}[{mark}]"),
    }
}

fn authors(scope: &Scope, source: &Stored<'_>) -> Result<Vec<String>, FieldError> {
    let mut named = Vec::new();
    for author in targets(source, AUTHORS) {
        named.extend(text_at(scope.referred(author.as_ref())?.row(), slot::NAME).map(ToOwned::to_owned));
    }
    Ok(named)
}
