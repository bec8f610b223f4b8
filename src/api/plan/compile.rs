//! From a document to a plan. Compiling is memoised by type and selections, so that what is shared is compiled once.

use std::collections::{BTreeMap, HashMap, HashSet};

use apollo_compiler::executable::{self, Operation, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Node};
use serde_json::{Map, Value};

use super::{Action, Dynamic, Field, Plan, Selected, Set, SetId, Source};
use crate::api::coerce;
use crate::api::error::{Code, GraphqlError};
use crate::api::gate::location;
use crate::config::Limits;
use crate::model::catalog::{NODE, REGION};
use crate::model::kinds::{KINDS, kind_named};
use crate::query::arguments::Asked;
use crate::query::object::Resolver;
use crate::query::types;
use crate::query::types::{Body, FieldDef, Type, TypeRef};

impl Plan {
    /// Compiles an operation. The variables decide its conditions, and nothing else of them enters the plan.
    pub fn compile(
        document: &ExecutableDocument,
        operation: &Operation,
        variables: &Map<String, Value>,
        limits: &Limits,
    ) -> Result<Self, GraphqlError> {
        let mut compiler = Compiler {
            document,
            variables,
            plan: Plan {
                root: 0,
                sets: Vec::new(),
                dynamic: Vec::new(),
                introspects: false,
                may_be_long: false,
                long_runs: Default::default(),
                last_bytes: Default::default(),
            },
            memo: HashMap::new(),
            fields: 0,
            most_fields: limits.plan_fields,
        };
        let Some(root) = types().find(operation.object_type()) else {
            return Err(GraphqlError::request(Code::Internal, "internal error"));
        };
        compiler.plan.root = compiler.set(root, vec![&operation.selection_set])?;
        Ok(compiler.plan)
    }
}

struct Compiler<'d> {
    document: &'d ExecutableDocument,
    variables: &'d Map<String, Value>,
    plan: Plan,
    memo: HashMap<(*const Type, Vec<*const SelectionSet>), SetId>,
    fields: usize,
    most_fields: usize,
}

/// The selections of one name in the answer, in the order of the document.
type Merged<'d> = Vec<(&'d str, Vec<&'d Node<executable::Field>>)>;

impl<'d> Compiler<'d> {
    /// The set of an object type for the selections that were merged for it.
    fn set(&mut self, ty: &'static Type, selections: Vec<&'d SelectionSet>) -> Result<SetId, GraphqlError> {
        let key = (std::ptr::from_ref(ty), selections.iter().map(|set| std::ptr::from_ref(*set)).collect::<Vec<_>>());
        if let Some(id) = self.memo.get(&key) {
            return Ok(*id);
        }
        let id = self.plan.sets.len();
        self.plan.sets.push(Set::default());
        self.memo.insert(key, id);
        let mut merged = Merged::new();
        let mut places = HashMap::new();
        let mut visited = HashSet::new();
        for set in selections {
            self.collect(ty, set, &mut merged, &mut places, &mut visited);
        }
        self.fields += merged.len();
        if self.fields > self.most_fields {
            let most = self.most_fields;
            let message = format!("the operation comes to more than {most} fields; ask in several requests");
            return Err(GraphqlError::request(Code::LimitExceeded, message));
        }
        let fields = merged.into_iter().map(|(name, fields)| self.field(ty, name, &fields));
        self.plan.sets[id].fields = fields.collect::<Result<_, _>>()?;
        Ok(id)
    }

    fn collect(
        &self,
        ty: &Type,
        set: &'d SelectionSet,
        merged: &mut Merged<'d>,
        places: &mut HashMap<&'d str, usize>,
        visited: &mut HashSet<&'d str>,
    ) {
        for selection in &set.selections {
            if self.is_left_out(selection) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let name = field.response_name().as_str();
                    let place = *places.entry(name).or_insert_with(|| {
                        merged.push((name, Vec::new()));
                        merged.len() - 1
                    });
                    merged[place].1.push(field);
                }
                Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(|condition| is_of(ty, condition)) {
                        self.collect(ty, &fragment.selection_set, merged, places, visited);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if visited.insert(spread.fragment_name.as_str())
                        && let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                        && is_of(ty, fragment.type_condition())
                    {
                        self.collect(ty, &fragment.selection_set, merged, places, visited);
                    }
                }
            }
        }
    }

    fn is_left_out(&self, selection: &Selection) -> bool {
        selection.directives().iter().any(|directive| {
            let condition = directive.specified_argument_by_name("if");
            let holds =
                condition.and_then(|value| coerce::literal(value, self.variables)).and_then(|value| value.as_bool());
            match directive.name.as_str() {
                "skip" => holds == Some(true),
                "include" => holds != Some(true),
                _ => false,
            }
        })
    }

    fn field(
        &mut self,
        ty: &'static Type,
        name: &str,
        fields: &[&'d Node<executable::Field>],
    ) -> Result<Field, GraphqlError> {
        static NAME: TypeRef = TypeRef::Named { name: String::new(), nullable: true };
        let first = fields[0];
        let place = location(self.document, first.location()).unwrap_or((0, 0));
        let of = kind_named(&ty.name);
        let made = |schema_name, action, ty, arguments, selected| Field {
            schema_name,
            of,
            name: name.to_owned(),
            key: format!(",\"{name}\":").into_bytes(),
            action,
            ty,
            arguments,
            selected,
            location: place,
        };
        let nothing = || Source::Constant(Box::default());
        match first.name.as_str() {
            "__typename" => {
                let bytes = format!("\"{}\"", ty.name).into_bytes();
                return Ok(made("__typename", Action::TypeName(bytes), &NAME, nothing(), Selected::Nothing));
            }
            "__schema" | "__type" => {
                self.plan.introspects = true;
                return Ok(made("__schema", Action::Introspect, &NAME, nothing(), Selected::Nothing));
            }
            _ => {}
        }
        let Some(def) = ty.field(&first.name) else {
            return Err(GraphqlError::request(Code::Internal, "internal error"));
        };
        self.plan.may_be_long |=
            first.arguments.iter().any(|argument| matches!(argument.name.as_str(), "filter" | "level" | "orderBy"))
                || matches!(def.resolver, Resolver::Aggregate)
                || matches!(def.resolver, Resolver::Root(_)) && !matches!(def.ty.name(), NODE | REGION);
        let inner: Vec<&SelectionSet> = fields.iter().filter_map(|field| field.selection_set.as_ref()).collect();
        let selected = self.selected(def.ty.name(), inner)?;
        let asked = match (&selected, kind_named(def.ty.name())) {
            (Selected::Always(set), None) => self.asked(*set),
            _ => Asked::default(),
        };
        // What leads to a record is counted one edge after the other.
        self.plan.may_be_long |= matches!(def.resolver, Resolver::Back(..)) && asked.has("totalCount");
        let arguments = self.arguments(def, first, place, asked)?;
        Ok(made(&def.name, Action::Resolve(def.resolver), &def.ty, arguments, selected))
    }

    fn arguments(
        &mut self,
        def: &'static FieldDef,
        field: &executable::Field,
        place: (usize, usize),
        asked: Asked,
    ) -> Result<Source, GraphqlError> {
        if field.arguments.iter().any(|argument| coerce::has_variable(&argument.value)) {
            let given = field.arguments.iter().map(|argument| (argument.name.to_string(), argument.value.clone()));
            self.plan.dynamic.push(Dynamic { defs: &def.arguments, given: given.collect(), location: place, asked });
            return Ok(Source::Dynamic(self.plan.dynamic.len() - 1));
        }
        let value = |name: &str| coerce::literal(field.specified_argument_by_name(name)?, self.variables);
        let coerced = coerce::arguments(&def.arguments, value);
        coerced
            .map(|coerced| Source::Constant(Box::new(coerced.with_asked(asked))))
            .map_err(|wrong| GraphqlError::of_arguments(Code::ValidationFailed, &wrong).at(Some(place)))
    }

    /// What a set asks of its value: its fields, and what they ask of theirs where those are made for the asking too.
    fn asked(&self, set: SetId) -> Asked {
        let mut fields: BTreeMap<&'static str, Asked> = BTreeMap::new();
        for field in &self.plan.sets[set].fields {
            let asked = match (&field.selected, kind_named(field.ty.name())) {
                (Selected::Always(inner), None) => self.asked(*inner),
                _ => Asked::these(BTreeMap::new()),
            };
            let both = fields.remove(field.schema_name).map_or(asked.clone(), |known| known.and(asked));
            fields.insert(field.schema_name, both);
        }
        Asked::these(fields)
    }

    fn selected(&mut self, name: &str, inner: Vec<&'d SelectionSet>) -> Result<Selected, GraphqlError> {
        let Some(ty) = types().find(name) else { return Ok(Selected::Nothing) };
        match &ty.body {
            Body::Object { .. } => Ok(Selected::Always(self.set(ty, inner)?)),
            Body::Interface { types: names, .. } => {
                let mut by_kind = vec![None; KINDS.len() + 1];
                for name in names {
                    if let (Some(kind), Some(ty)) = (kind_named(name), types().find(name)) {
                        by_kind[usize::from(kind.tag)] = Some(self.set(ty, inner.clone())?);
                    }
                }
                Ok(Selected::ByKind(by_kind))
            }
            _ => Ok(Selected::Nothing),
        }
    }
}

/// Whether an object type is, or implements, a type.
fn is_of(ty: &Type, condition: &str) -> bool {
    ty.name == condition || ty.interfaces().iter().any(|interface| interface == condition)
}
