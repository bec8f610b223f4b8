//! A page of the plainest kind: the nodes of a relation from its beginning, nothing else of it asked. They are written as they
//! are read, without a list of them in between.

use super::run::{Bubble, Run, Step};
use super::{Action, Field, Selected};
use crate::query::back::each_source;
use crate::query::connection::Back;
use crate::query::error::FieldError;
use crate::query::object::{Object, Resolved, Resolver};
use crate::query::paging::Paging;
use crate::query::types::TypeRef;

impl<'r> Run<'r> {
    /// Writes the page, if it is such a one. What is wrong with its arguments is told by the way of all others.
    pub(super) fn straight_page(
        &mut self,
        field: &'r Field,
        object: &Object<'_>,
        back: Back,
    ) -> Option<Result<(), Bubble>> {
        let (scope, plan) = (self.scope, self.plan);
        let Selected::Always(set) = &field.selected else { return None };
        let [nodes] = plan.sets[*set].fields.as_slice() else { return None };
        let (Action::Resolve(Resolver::Nodes), TypeRef::List { of, .. }) = (&nodes.action, nodes.ty) else {
            return None;
        };
        let arguments = self.arguments(field);
        // What is noted on the way is noted of connections.
        let others = ["filter", "orderBy", "after", "before", "last"];
        if back.cover.is_none() || scope.snapshot.is_past() || scope.trace.notes() || arguments.gives_any(&others) {
            return None;
        }
        let size = Paging::read(arguments, &[]).ok()?.size;
        let target = object.record()?.id();
        let (start, errors) = (self.out.len(), self.errors.len());
        self.out.push(b'{');
        self.out.extend_from_slice(&nodes.key);
        let begun = self.out.len();
        self.out.push(b'[');
        self.path.push(Step::Field(nodes));
        let (mut place, mut written) = (0, Ok(()));
        let walked = match size {
            0 => Ok(()),
            _ => each_source(scope, target, back, None, crate::store::Direction::Forward, |source, _| {
                if place > 0 {
                    self.out.push(b',');
                }
                self.path.push(Step::Index(place));
                written = self.value(nodes, of, &Resolved::Object(Object::Record(source.read(scope)?)));
                self.path.pop();
                place += 1;
                Ok(written.is_ok() && place < size)
            }),
        };
        self.out.push(b']');
        let written = written.or_else(|Bubble| self.null(nodes.ty, begun));
        self.path.pop();
        self.out.push(b'}');
        Some(match walked {
            Ok(()) => written.or_else(|Bubble| self.null(field.ty, start)),
            Err(error) => self.fail(field, error, start, errors),
        })
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
