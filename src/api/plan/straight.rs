//! A page of the plainest kind: the nodes of a kind or of a relation in their own order, and where the page stands. They are
//! written as they are read, where they stand, without a list of them in between.

use super::run::{Bubble, Run, Step};
use super::{Action, Field, Selected};
use crate::model::catalog::Kind;
use crate::query::back::each_source_in_place;
use crate::query::connection::{Back, key_of, mark_of_back, mark_of_kind};
use crate::query::error::FieldError;
use crate::query::object::{Object, Paging as Asked, Resolved, Resolver};
use crate::query::paging::{PageInfo, Paging, cursor};
use crate::query::types::TypeRef;
use crate::store::Stored;
use crate::store::key::{push_source, source_after};

/// Whose page it is.
#[derive(Clone, Copy)]
pub(super) enum Whose<'o> {
    /// The records of a kind.
    Kind(&'static Kind),
    /// Those whose edge leads to a record.
    Back(Back, &'o Stored<'o>),
}

/// What is asked of a page.
struct Page<'r> {
    nodes: &'r Field,
    of: &'static TypeRef,
    info: Option<&'r Field>,
}

/// A page as it is written.
struct Written {
    nodes: usize,
    /// The positions of its first and its last node, where they are asked for.
    first: Vec<u8>,
    last: Vec<u8>,
    has_next: bool,
    done: Result<(), Bubble>,
}

impl Written {
    /// Where it stands. Nothing before it was looked for.
    fn info(&self, mark: &[u8]) -> PageInfo {
        let end = |position: &[u8]| (self.nodes > 0).then(|| cursor(mark, position));
        PageInfo { has_next: self.has_next, has_previous: false, start: end(&self.first), end: end(&self.last) }
    }
}

impl<'r> Run<'r> {
    /// What of a field's page is asked, if it is such a one. `goes_on`: it begins behind another.
    fn page(&self, field: &'r Field, goes_on: bool) -> Option<Page<'r>> {
        let Selected::Always(set) = &field.selected else { return None };
        let plan = self.plan;
        let (nodes, info) = match plan.sets[*set].fields.as_slice() {
            [nodes] => (nodes, None),
            [nodes, info] if matches!(info.action, Action::Resolve(Resolver::PageInfo)) => (nodes, Some(info)),
            _ => return None,
        };
        let (Action::Resolve(Resolver::Nodes), TypeRef::List { of, .. }) = (&nodes.action, nodes.ty) else {
            return None;
        };
        // Whether something stands before a page is not seen on the way through it.
        let before = |asked: &Field| matches!(asked.action, Action::Resolve(Resolver::Paging(Asked::HasPrevious)));
        let looks_back = |info: &&Field| info.selected.sets().any(|set| plan.sets[set].fields.iter().any(before));
        (!goes_on || info.filter(looks_back).is_none()).then_some(Page { nodes, of, info })
    }

    /// Writes the page, if it is such a one. What is wrong with its arguments is told by the way of all others.
    pub(super) fn straight_page(&mut self, field: &'r Field, whose: Whose<'_>) -> Option<Result<(), Bubble>> {
        let scope = self.scope;
        // What is noted on the way is noted of connections.
        if scope.snapshot.is_past() || scope.trace.notes() {
            return None;
        }
        let arguments = self.arguments(field);
        if arguments.gives_any(&["filter", "orderBy", "before", "last"]) {
            return None;
        }
        let mark = match whose {
            Whose::Kind(kind) => mark_of_kind(kind),
            Whose::Back(back, _) if back.cover.is_some() => mark_of_back(back),
            Whose::Back(..) => return None,
        };
        let Paging { after, size, .. } = Paging::read(arguments, &mark).ok()?;
        let after = after.as_deref();
        let key = match whose {
            Whose::Kind(_) => key_of(after).ok()?,
            Whose::Back(..) => after.map(source_after).is_none_or(|position| position.is_some()).then_some(None)?,
        };
        let page = self.page(field, after.is_some())?;
        // What is read of nodes that lead on is told by the field that reads it: a kind's come first, all of them.
        if matches!(whose, Whose::Kind(_)) && !self.is_flat(page.nodes) {
            return None;
        }
        let (start, errors) = (self.out.len(), self.errors.len());
        self.out.push(b'{');
        self.out.extend_from_slice(page.nodes.key(0));
        let begun = self.out.len();
        self.out.push(b'[');
        self.path.push(Step::Field(page.nodes));
        let mut written = Written { nodes: 0, first: Vec::new(), last: Vec::new(), has_next: false, done: Ok(()) };
        let walked = match whose {
            Whose::Kind(kind) => scope.snapshot.each_in_place(kind, key, |record| {
                scope.spend()?;
                self.straight_node(&page, size, record, &mut written, |position| {
                    position.extend_from_slice(record.key_bytes());
                })
            }),
            Whose::Back(back, target) => each_source_in_place(scope, target.id(), back, after, |source, ordinal| {
                self.straight_node(&page, size, source, &mut written, |position| {
                    push_source(position, source.id(), ordinal);
                })
            }),
        };
        self.out.push(b']');
        let info = page.info.map(|info| (info, written.info(&mark)));
        let done = written.done.or_else(|Bubble| self.null(page.nodes.ty, begun));
        self.path.pop();
        let done = match (done, info) {
            (Ok(()), Some((field, info))) => {
                self.out.extend_from_slice(field.key(1));
                self.path.push(Step::Field(field));
                let done = self.value(field, field.ty, &Resolved::Object(Object::PageInfo(info)));
                self.path.pop();
                done
            }
            (done, _) => done,
        };
        self.out.push(b'}');
        Some(match walked {
            Ok(_) => done.or_else(|Bubble| self.null(field.ty, start)),
            Err(error) => self.fail(field, error, start, errors),
        })
    }

    /// Whether nothing but leaves is asked of a field's objects.
    fn is_flat(&self, field: &Field) -> bool {
        let mut sets = field.selected.sets();
        sets.all(|set| self.plan.sets[set].fields.iter().all(|field| matches!(field.selected, Selected::Nothing)))
    }

    /// Writes a node of the page, and says whether more is to be read.
    fn straight_node(
        &mut self,
        page: &Page<'r>,
        size: usize,
        node: &Stored<'_>,
        written: &mut Written,
        position: impl FnOnce(&mut Vec<u8>),
    ) -> Result<bool, FieldError> {
        // One node beyond the page says that there is more.
        if written.nodes == size {
            written.has_next = true;
            return Ok(false);
        }
        if written.nodes > 0 {
            self.out.push(b',');
        }
        self.path.push(Step::Index(written.nodes));
        written.done = self.value(page.nodes, page.of, &Resolved::Object(Object::Held(node)));
        self.path.pop();
        written.nodes += 1;
        if page.info.is_some() {
            written.last.clear();
            position(&mut written.last);
            if written.nodes == 1 {
                written.first.clone_from(&written.last);
            }
        }
        Ok(written.done.is_ok() && (written.nodes < size || page.info.is_some()))
    }

    /// The page could not be read: as if nothing of it had been.
    fn fail(&mut self, field: &'r Field, error: FieldError, start: usize, errors: usize) -> Result<(), Bubble> {
        if !self.given_up {
            self.errors.truncate(errors);
        }
        self.note(field, error);
        self.null(field.ty, start)
    }
}
