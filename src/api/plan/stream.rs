//! Running a plan that is one connection to the connection's end, a line for each of its nodes.

use super::run::Run;
use super::{Action, Bound, Field, Plan, Selected, Source};
use crate::api::error::{Code, GraphqlError};
use crate::query::error::FieldError;
use crate::query::object::{Object, Resolved, Resolver};
use crate::query::scope::Scope;
use crate::query::types::TypeRef;

/// Takes a line, and says whether it wants another.
pub type Each<'e> = &'e mut dyn FnMut(&[u8]) -> bool;

impl Plan {
    /// The one connection of the operation, and what of it is a list; or why it is none that can be streamed.
    fn connection(&self) -> Result<(&Field, &Field), GraphqlError> {
        let refused = |why: &str, field: Option<&Field>| {
            let why = format!(
                "{why}: an answer in lines is that of one root field that is a connection, with its `nodes` or its `edges` alone, as in {{ cities {{ nodes {{ id name }} }} }}"
            );
            GraphqlError::request(Code::BadRequest, why).at(field.map(|field| field.location))
        };
        let [root] = self.sets[self.root].fields.as_slice() else {
            return Err(refused("the operation has several root fields", self.sets[self.root].fields.get(1)));
        };
        let (Action::Resolve(Resolver::RootKind(_)), Selected::Always(set)) = (&root.action, &root.selected) else {
            return Err(refused(&format!("`{}` is no connection", root.schema_name), Some(root)));
        };
        let lists = |field: &&Field| matches!(field.action, Action::Resolve(Resolver::Nodes | Resolver::Edges));
        match self.sets[*set].fields.as_slice() {
            [list] if lists(&list) => Ok((root, list)),
            fields => {
                let other = fields.iter().find(|field| !lists(field)).or(fields.get(1));
                let name = other.map_or("it", |field| field.schema_name);
                Err(refused(&format!("`{name}` stands beside the list, and has no line"), other))
            }
        }
    }

    /// Whether it can be streamed; if not, why.
    pub fn can_stream(&self) -> Result<(), GraphqlError> {
        self.connection().map(drop)
    }

    /// Streams it over a snapshot, with its arguments bound. Time, reads and bytes are counted for each line. Gives what went
    /// wrong, behind which nothing more is written.
    pub fn stream(
        &self,
        scope: &Scope,
        bound: Bound,
        line_bytes: usize,
        each: Each<'_>,
    ) -> Result<u64, Vec<GraphqlError>> {
        let (root, list) = self.connection().map_err(|error| vec![error])?;
        let introspected = Default::default();
        let mut run = Run::new(self, scope, bound, &introspected, line_bytes);
        match run.lines(root, list, each) {
            Ok(lines) if run.errors.is_empty() => Ok(lines),
            Ok(_) => Err(run.errors),
            Err(error) => {
                let path = vec![crate::api::error::Segment::Field(root.name.clone())];
                Err(run.errors.into_iter().chain([GraphqlError::field(error, path, root.location)]).collect())
            }
        }
    }
}

impl<'r> Run<'r> {
    fn lines(&mut self, root: &'r Field, list: &'r Field, each: Each<'_>) -> Result<u64, FieldError> {
        let given = match &root.arguments {
            Source::Constant(arguments) => arguments,
            Source::Dynamic(place) => &self.bound[*place],
        };
        if given.get("last").is_some() {
            return Err(FieldError::input(
                "last: lines run from the first to the last; order the other way with `orderBy`",
            ));
        }
        let most = match given.int("first").map(u64::try_from) {
            Some(Err(_)) => return Err(FieldError::input("first: expected how many lines at most")),
            Some(Ok(most)) => most,
            None => u64::MAX,
        };
        // A stream is not bound to the size of a page.
        let arguments = given.of_no_page("first");
        let (Action::Resolve(resolver), TypeRef::List { of, .. }) = (&root.action, list.ty) else {
            return Err(FieldError::internal("a connection has a list"));
        };
        let scope = self.scope;
        let Resolved::Object(Object::Connection(connection)) = resolver.resolve(scope, &Object::Root, &arguments)?
        else {
            return Err(FieldError::internal("the field is a connection's"));
        };
        let as_edges = matches!(list.action, Action::Resolve(Resolver::Edges));
        let mut lines = 0;
        if most == 0 {
            return Ok(0);
        }
        connection.each_edge(&arguments, |item| {
            let object = if as_edges { Object::Edge(&connection, item) } else { Object::Held(&item.node) };
            let written = self.line([root, list], lines, of, &Resolved::Object(object));
            lines += 1;
            let goes_on = written && each(&self.out) && lines < most;
            scope.renew();
            Ok(goes_on)
        })?;
        Ok(lines)
    }

    /// Makes a line of a node; whether nothing went wrong.
    fn line(&mut self, path: [&'r Field; 2], place: u64, of: &TypeRef, node: &Resolved<'_>) -> bool {
        self.out.clear();
        self.at(path, usize::try_from(place).unwrap_or(usize::MAX));
        let written = self.value(path[1], of, node);
        self.out.push(b'\n');
        written.is_ok() && self.errors.is_empty()
    }
}
