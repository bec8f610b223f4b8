//! Relay connections: pages that survive inserts, because a cursor is a position in an order and not a count.

mod item;
mod sorted;
mod walk;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::config::CITED_MAX;
use crate::model::catalog::Kind;
use crate::model::id::{Id, IdRef};
use crate::query::arguments::Arguments;
use crate::query::back::each_source;
use crate::query::error::FieldError;
use crate::query::filter::{Candidates, Filter, Narrowed, Part, Together};
use crate::query::order::Order;
use crate::query::paging::{PageInfo, Paging, bad_cursor, cursor};
use crate::query::scope::Scope;
use crate::query::search::Containing;
use crate::query::trace::Found;
use crate::store::Direction::{self, Backward, Forward};
use crate::store::key::FieldId;
use crate::store::{CoverIn, Stored};

use item::{EdgeRow, Position};
pub use item::{Extra, Item, Listed};
pub use walk::key_of;

/// The way back along an edge.
#[derive(Debug, Clone, Copy)]
pub struct Back {
    /// Which edge.
    pub edge: FieldId,
    /// The slot of the source that holds it.
    pub slot: usize,
    /// The edge has properties, so that its entries are rows.
    pub properties: bool,
    /// The cover that has the order of its targets, where there is one.
    pub cover: Option<CoverIn>,
}

/// A connection: its page, where one is asked for, and what more of it can be asked.
pub struct Connection<'a> {
    rows: Rows<'a>,
    /// The page that its arguments chose.
    pub page: Page<'a>,
    /// How many pass, where the page's reading came by it.
    total: Option<u64>,
    /// An index gave the order: no more was read than the page needed.
    by_index: bool,
    /// How many of those that pass were told to the notes.
    told: AtomicU64,
}

/// What a connection's arguments choose from what there is. One predicate serves rows, counts, orders and groups.
pub struct Rows<'a> {
    scope: &'a Scope,
    /// The type of its nodes.
    pub of: &'static str,
    source: Source<'a>,
    filter: Option<Arc<Filter>>,
    order: Option<Arc<Order>>,
    /// How many pass, once they were counted.
    passed: AtomicU64,
}

/// Where the nodes of a connection come from. Each is in the order of its positions.
enum Source<'a> {
    /// All records of a kind, by key.
    Kind(&'static Kind),
    /// Those of a kind that an index leaves to look at, by key.
    Candidates(&'static Kind, Narrowed),
    /// Those of a kind that a cover had together, by key.
    Read(&'static Kind, Together<'a>),
    /// Those of a kind whose names can contain a text, by key, as they are walked.
    Containing(&'static Kind, Containing),
    /// Those of a kind in a part of a cover, in its order: there is an order, so that nobody asks for that of keys.
    Part(&'static Kind, Part),
    /// Those of a kind, once somebody looks: only what is remembered of them may be asked.
    Later(&'static Kind),
    /// The sources of an edge to a target, by id.
    Back(Id, Back),
    /// What a resolver listed, by position, behind a hash of which list it is.
    Listed(u32, Vec<Listed<'a>>),
}

/// Where nodes come from, chosen when the connection was made or when somebody looks.
enum Chosen<'s, 'a> {
    Before(&'s Source<'a>),
    Now(Source<'a>),
}

impl<'a> Deref for Chosen<'_, 'a> {
    type Target = Source<'a>;

    fn deref(&self) -> &Source<'a> {
        match self {
            Self::Before(source) => source,
            Self::Now(source) => source,
        }
    }
}

impl<'a> Source<'a> {
    /// Those of a kind that can pass a filter, as an index or a cover has them.
    fn chosen(scope: &'a Scope, kind: &'static Kind, filter: &Filter) -> Result<Self, FieldError> {
        Ok(match filter.candidates(scope, kind)? {
            Candidates::All => Source::Kind(kind),
            Candidates::These(narrowed) => Source::Candidates(kind, narrowed),
            Candidates::Read(together) => Source::Read(kind, together),
        })
    }
}

/// Whether one thing is asked for, which is remembered, and not the page.
fn asks_once(arguments: &Arguments) -> bool {
    !asks_page(arguments) && arguments.asked().has("totalCount") != arguments.asked().has("aggregate")
}

/// Whether the page is asked for, and not only what there is of all.
fn asks_page(arguments: &Arguments) -> bool {
    ["edges", "nodes", "pageInfo"].iter().any(|field| arguments.asked().has(field))
}

/// A page of a connection.
#[derive(Default)]
pub struct Page<'a> {
    /// Its edges, in the connection's order whichever way it was walked.
    pub items: Vec<Item<'a>>,
    has_next: bool,
    has_previous: bool,
}

/// What the cursors of the records of a kind begin with.
pub fn mark_of_kind(kind: &Kind) -> Vec<u8> {
    vec![1, kind.tag]
}

/// What the cursors of the records that an edge leads back to begin with.
pub fn mark_of_back(back: Back) -> Vec<u8> {
    [2].into_iter().chain(back.edge.to_bytes()).collect()
}

impl<'a> Connection<'a> {
    /// The records of a kind.
    pub fn of_kind(scope: &'a Scope, kind: &'static Kind, arguments: &Arguments) -> Result<Self, FieldError> {
        let filter = arguments.filter(kind.name)?;
        let order = arguments.order(kind.name)?;
        let ordered = order.as_ref().and_then(|order| order.leading_slot(kind));
        let Some(filter) = filter else { return Self::new(scope, kind.name, Source::Kind(kind), arguments) };
        // A view of the past has no covers.
        let covers = !scope.snapshot.is_past();
        let part = match ordered.filter(|_| covers) {
            Some((slot, _)) => filter.part(kind, slot)?,
            None => None,
        };
        let backward = ["last", "before"].iter().any(|name| arguments.get(name).is_some());
        // Walking pays for a page: whoever counts meets all of them, which a scan may do for less.
        let counts = ["totalCount", "aggregate"].iter().any(|field| arguments.asked().has(field));
        let walked = match &part {
            None if order.is_none() && !backward && !counts => filter.containing(scope, kind)?,
            _ => None,
        };
        let source = match (part, walked) {
            (Some(part), _) => Source::Part(kind, part),
            (None, Some(containing)) => Source::Containing(kind, containing),
            // Each who looks chooses: where several do, it is done for all of them.
            (None, None) if !scope.trace.notes() && asks_once(arguments) => Source::Later(kind),
            (None, None) => Source::chosen(scope, kind, &filter)?,
        };
        Self::new(scope, kind.name, source, arguments)
    }

    /// The records of a type whose edge leads to a target.
    pub fn back(
        scope: &'a Scope,
        target: IdRef<'_>,
        of: &'static str,
        back: Back,
        arguments: &Arguments,
    ) -> Result<Self, FieldError> {
        Self::new(scope, of, Source::Back(target.to_owned(), back), arguments)
    }

    /// The nodes of a type that a resolver listed, in any order. `list` says which list it is, so that a cursor of another,
    /// or of another question's, is told from its own.
    pub fn listed(
        scope: &'a Scope,
        of: &'static str,
        list: &str,
        mut listed: Vec<Listed<'a>>,
        arguments: &Arguments,
    ) -> Result<Self, FieldError> {
        listed.sort_by(|left, right| left.position.cmp(&right.position));
        Self::new(scope, of, Source::Listed(crc32fast::hash(list.as_bytes()), listed), arguments)
    }

    fn new(scope: &'a Scope, of: &'static str, source: Source<'a>, arguments: &Arguments) -> Result<Self, FieldError> {
        let rows = Rows {
            scope,
            of,
            source,
            filter: arguments.filter(of)?,
            order: arguments.order(of)?,
            passed: AtomicU64::new(0),
        };
        // What is wrong with the page's arguments is told even if nobody looks at the page.
        let paging = Paging::read(arguments, &rows.mark())?;
        rows.check(&paging)?;
        let asked = arguments.asked();
        let mut by_index = false;
        let (page, total) = match &rows.order {
            _ if !asks_page(arguments) => (Page::default(), None),
            None => (rows.read_page(&paging)?, None),
            Some(order) => match rows.index_for(order, &paging, asked) {
                Some(index) => {
                    by_index = true;
                    (rows.read_by_index(order, index, &paging)?, None)
                }
                None => {
                    let counts = asked.has("totalCount");
                    let (page, total) = rows.read_sorted(order, &paging, counts)?;
                    (page, Some(total))
                }
            },
        };
        Ok(Self { rows, page, total, by_index, told: AtomicU64::new(0) })
    }

    /// The cursor of an edge: good for as long as the order is the same.
    pub fn cursor(&self, item: &Item<'a>) -> String {
        cursor(&self.rows.mark(), &item.position())
    }

    /// Where the page stands.
    pub fn page_info(&self) -> PageInfo {
        let Page { items, has_next, has_previous } = &self.page;
        PageInfo {
            has_next: *has_next,
            has_previous: *has_previous,
            start: items.first().map(|item| self.cursor(item)),
            end: items.last().map(|item| self.cursor(item)),
        }
    }

    /// How many nodes there are in all, whatever the page; with a filter, how many pass it.
    pub fn total_count(&self) -> Result<u64, FieldError> {
        match self.total {
            // Those that were sorted are noted as they were read.
            Some(total) => Ok(total),
            None => self.rows.count(),
        }
    }

    /// How it came by its page.
    pub fn found(&self) -> Found {
        let by = match &self.rows.source {
            Source::Kind(kind) if self.by_index => format!("index {} in its order", kind.name),
            Source::Kind(kind) | Source::Later(kind) => format!("scan of {}", kind.plural),
            Source::Candidates(_, narrowed) => format!("index {}", narrowed.by),
            Source::Read(_, together) => together.by.clone(),
            Source::Part(_, part) => part.by.clone(),
            Source::Containing(kind, _) => format!("index {}.name by its characters", kind.name),
            Source::Back(target, _) => {
                format!("edges that lead to {}", target.as_ref().kind().map_or("it", |kind| kind.name))
            }
            Source::Listed(..) => "a list".to_owned(),
        };
        let kept = self.total.unwrap_or(self.page.items.len() as u64);
        self.told.store(kept, Ordering::Relaxed);
        Found { by, read: 0, kept, sorted: self.rows.order.is_some() && !self.by_index, times: 1 }
    }

    /// Calls back for each edge in the connection's order, from where its page begins and whatever its size, while the visitor
    /// says so. In the order of positions this is one walk.
    pub fn each_edge(
        &self,
        arguments: &Arguments,
        mut each: impl FnMut(&Item<'a>) -> Result<bool, FieldError>,
    ) -> Result<(), FieldError> {
        let paging = Paging::read(arguments, &self.rows.mark())?;
        match &self.rows.order {
            None => self.rows.walk(paging.from(), Forward, |item| {
                Ok((paging.is_open() || paging.is_inside(&item.position())) && each(&item)?)
            }),
            Some(order) => self.rows.each_sorted(order, paging, |item| each(&item)),
        }
    }

    /// How many more passed than were told, after a field of it looked at more than its page.
    pub fn newly_kept(&self) -> u64 {
        let passed = self.rows.passed.load(Ordering::Relaxed);
        passed.saturating_sub(self.told.fetch_max(passed, Ordering::Relaxed))
    }

    /// Whatever the page: all that pass.
    pub fn rows(&self) -> &Rows<'a> {
        &self.rows
    }
}

impl<'a> Rows<'a> {
    /// What the cursors of this connection begin with, so that one of another, or of another order, is told from its own.
    fn mark(&self) -> Vec<u8> {
        let mut mark = match &self.source {
            Source::Kind(kind)
            | Source::Later(kind)
            | Source::Candidates(kind, _)
            | Source::Read(kind, _)
            | Source::Containing(kind, _)
            | Source::Part(kind, _) => mark_of_kind(kind),
            Source::Back(_, back) => mark_of_back(*back),
            Source::Listed(list, _) => [3].into_iter().chain(list.to_be_bytes()).collect(),
        };
        if let Some(order) = &self.order {
            mark[0] |= 8;
            mark.extend_from_slice(&order.mark);
        }
        mark
    }

    /// Refuses cursors that lead nowhere in an order by positions.
    fn check(&self, paging: &Paging) -> Result<(), FieldError> {
        for position in [&paging.after, &paging.before].into_iter().flatten().filter(|_| self.order.is_none()) {
            match &self.source {
                Source::Kind(_)
                | Source::Later(_)
                | Source::Candidates(..)
                | Source::Read(..)
                | Source::Containing(..)
                | Source::Part(..) => {
                    key_of(Some(position)).map(drop)?;
                }
                Source::Back(..) => drop(crate::store::key::source_after(position).ok_or_else(bad_cursor)?),
                Source::Listed(..) => {}
            }
        }
        Ok(())
    }

    fn count(&self) -> Result<u64, FieldError> {
        let of = || self.remembered_by().filter(|_| self.filter.is_some());
        let count = *self.scope.reckoned(of, || self.count_all(), |_| size_of::<u64>())?;
        self.passed.store(count, Ordering::Relaxed);
        Ok(count)
    }

    /// What says which records they are, where what comes of them is remembered until the next commit.
    pub fn remembered_by(&self) -> Option<String> {
        let is_kind = !matches!(self.source, Source::Back(..) | Source::Listed(..));
        let filter = || self.filter.as_ref().map(|filter| filter.given()).unwrap_or_default();
        is_kind.then(|| format!("{} {}", self.of, filter()))
    }

    /// Where they come from.
    fn source(&self) -> Result<Chosen<'_, 'a>, FieldError> {
        match (&self.source, &self.filter) {
            (Source::Later(kind), Some(filter)) => Source::chosen(self.scope, kind, filter).map(Chosen::Now),
            (source, _) => Ok(Chosen::Before(source)),
        }
    }

    /// Notes the records of a kind, as far as they are told: how many there are is known without reading them.
    fn note_first(&self) -> Result<(), FieldError> {
        let mut noted = 0;
        self.walk(None, Forward, |item| {
            self.scope.trace.rest_on(item.node.id());
            noted += 1;
            Ok(noted <= CITED_MAX)
        })
    }

    /// Counts those that pass, and notes them.
    fn count_all(&self) -> Result<u64, FieldError> {
        match (&*self.source()?, &self.filter) {
            (Source::Kind(kind), None) => {
                if self.scope.trace.tells_rests() {
                    self.note_first()?;
                }
                Ok(self.scope.snapshot.count(kind)?)
            }
            (Source::Listed(_, listed), None) => {
                listed.iter().for_each(|entry| self.scope.trace.rest_on(Id::as_ref(&entry.id)));
                Ok(listed.len() as u64)
            }
            (Source::Back(target, back), None) => {
                let mut count = 0;
                each_source(self.scope, target.as_ref(), *back, None, Forward, |source, _| {
                    self.scope.trace.rest_on(source.id());
                    count += 1;
                    Ok(true)
                })?;
                Ok(count)
            }
            _ => {
                let mut count = 0;
                self.walk(None, Forward, |item| {
                    self.scope.trace.rest_on(item.node.id());
                    count += 1;
                    Ok(true)
                })?;
                Ok(count)
            }
        }
    }

    /// Calls back for each record that passes, whatever the page and the order.
    pub fn each(&self, mut each: impl FnMut(&Stored<'a>) -> Result<(), FieldError>) -> Result<(), FieldError> {
        let mut count = 0;
        self.walk(None, Forward, |item| {
            if self.scope.trace.tells_rests() {
                self.scope.trace.rest_on(item.node.id());
            }
            each(&item.node)?;
            count += 1;
            Ok(true)
        })?;
        self.passed.store(count, Ordering::Relaxed);
        Ok(())
    }

    fn read_page(&self, paging: &Paging) -> Result<Page<'a>, FieldError> {
        let Paging { direction, size, .. } = paging;
        let mut items: Vec<Item<'a>> = Vec::with_capacity((*size).min(64));
        let mut more = false;
        self.walk(paging.from(), *direction, |item| {
            // One node beyond the page, or beyond the bound, says that there is more that way.
            more = items.len() == *size || !paging.is_open() && !paging.is_inside(&item.position());
            if !more {
                items.push(item);
            }
            Ok(!more)
        })?;
        let opposite = if *direction == Forward { Backward } else { Forward };
        // Something stands before the page if something stands before its first node; before an empty page, if the first of
        // all stands no later than where the page was to begin.
        let mut behind = false;
        if paging.from().is_some() {
            match items.first() {
                Some(first) => self.walk(Some(&first.position()), opposite, |_| {
                    behind = true;
                    Ok(false)
                })?,
                None => self.walk(None, *direction, |first| {
                    behind = paging.is_behind(&first.position());
                    Ok(false)
                })?,
            }
        }
        Ok(Page::new(items, more, behind, *direction))
    }
}

impl<'a> Page<'a> {
    /// A page as it was walked: what was met first stands first.
    fn new(mut items: Vec<Item<'a>>, more: bool, behind: bool, direction: Direction) -> Self {
        if direction == Backward {
            items.reverse();
            return Self { items, has_next: behind, has_previous: more };
        }
        Self { items, has_next: more, has_previous: behind }
    }
}
