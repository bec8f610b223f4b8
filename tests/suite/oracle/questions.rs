//! Random filters, orders and groups from the schema's input types. Most are made for a witness, a record that is to pass
//! them: conditions that are merely random pass nothing.

use jiedui::query::types;
use jiedui::query::types::{Body, InputDef, TypeRef};
use serde_json::{Map, Value as Json, json};

use super::data::Random;
use super::filter::fields;
use super::world::{At, Plain, What, World};

/// Asks at random about a world.
pub struct Asker<'w> {
    pub world: &'w World,
    pub random: Random,
    /// Most conditions are such as an index can serve.
    pub sharp: bool,
}

/// What an index can serve: ids, fields that have one, and relations to what is found by them.
const SHARP: &[&str] = &["id", "since", "until", "value", "predicate", "codes", "code"];

/// The fields of an input type.
pub fn inputs(name: &str) -> &'static [InputDef] {
    match types().find(name).map(|found| &found.body) {
        Some(Body::Input { fields, .. }) => fields,
        _ => &[],
    }
}

pub fn has(name: &str, field: &str) -> bool {
    inputs(name).iter().any(|input| input.name == field)
}

/// Whether a condition or path leads to records, its own or others.
fn is_deep(input: &InputDef) -> bool {
    let name = input.ty.name();
    has(name, "and") || has(name, "count") || has(name, "id")
}

impl<'w> Asker<'w> {
    /// Asks about a world, at random from a seed.
    pub fn new(world: &'w World, seed: u64) -> Self {
        Self { world, random: Random(seed), sharp: false }
    }

    fn anyone(&mut self, of: &str) -> Option<At> {
        let all = self.world.of(of);
        (!all.is_empty()).then(|| self.random.pick(&all))
    }

    /// One of several inputs: more often a value than what leads on, which is the most of them.
    fn choose(&mut self, all: &'static [InputDef], depth: usize) -> &'static InputDef {
        let sharp: Vec<_> = all.iter().filter(|input| SHARP.contains(&input.name.as_str())).collect();
        if self.sharp && !sharp.is_empty() && (depth == 0 || self.random.one_in(2)) {
            // An id is too easy to be asked every time.
            let first = self.random.pick(&sharp);
            return if first.name == "id" { self.random.pick(&sharp) } else { first };
        }
        let flat: Vec<_> = all.iter().filter(|input| !is_deep(input)).collect();
        if !flat.is_empty() && (depth == 0 || self.random.one_in(2)) {
            return self.random.pick(&flat);
        }
        &all[self.random.below(all.len())]
    }

    /// A filter on a type, mostly such that the witness passes.
    pub fn filter(&mut self, of: &str, depth: usize, witness: Option<At>) -> Json {
        let witness = if witness.is_none() || self.random.one_in(6) { self.anyone(of) } else { witness };
        let mut filter = Map::new();
        let Some(witness) = witness else { return Json::Object(filter) };
        for _ in 0..1 + self.random.below(if depth == 0 { 1 } else { 2 }) {
            let input = self.choose(inputs(&format!("{of}Filter")), depth);
            if depth == 0 && is_deep(input) {
                continue;
            }
            filter.extend(self.condition(of, input, depth, witness).map(|condition| (input.name.clone(), condition)));
        }
        Json::Object(filter)
    }

    fn condition(&mut self, of: &str, input: &InputDef, depth: usize, witness: At) -> Option<Json> {
        let (name, ty) = (input.name.as_str(), input.ty.name());
        let stranger = self.anyone(of)?;
        let deeper = depth.saturating_sub(1);
        Some(match (name, ty) {
            ("and", _) => json!([self.filter(of, deeper, Some(witness)), self.filter(of, deeper, Some(witness))]),
            ("or", _) => json!([self.filter(of, deeper, Some(stranger)), self.filter(of, deeper, Some(witness))]),
            ("not", _) => self.filter(of, deeper, Some(stranger)),
            (_, "IDFilter") if self.random.one_in(2) => json!({ "eq": self.world.recs[witness].id }),
            (_, "IDFilter") => {
                let many = self.random.below(40);
                let others = (0..many).filter_map(|_| self.anyone(of)).collect::<Vec<_>>();
                let ids = others.into_iter().chain([witness]).map(|at| self.world.recs[at].id.as_str());
                json!({ "in": ids.chain(["county:nobody"]).collect::<Vec<_>>() })
            }
            (_, "InForceOnFilter") => {
                let seen = ["since", "until", "lastSeen"].iter().find_map(|name| self.world.date(witness, name));
                let seen =
                    seen.map_or(20_160_907, |date| if self.random.one_in(2) { date.first() } else { date.last() });
                let on = format!("{:04}-{:02}-{:02}", seen / 10_000, seen / 100 % 100, seen % 100);
                if self.random.one_in(2) {
                    json!({ "on": on, "eq": self.world.in_force(witness, seen) })
                } else {
                    json!({ "on": on, "in": ["PRESUMED", "OUT"] })
                }
            }
            (exists, "Boolean") => {
                json!(self.world.one(witness, exists.strip_suffix("Exists").unwrap()).is_some())
            }
            (on, ty) if has(ty, "and") => {
                let target = if on.starts_with("on") { Some(witness) } else { self.world.one(witness, on) };
                let to = ty.strip_suffix("Filter").unwrap();
                if target.is_none_or(|target| !self.world.recs[target].kind.implements(to)) && !self.random.one_in(6) {
                    return None;
                }
                self.filter(to, deeper, target.filter(|target| self.world.recs[*target].kind.implements(to)))
            }
            (relation, ty) if has(ty, "count") => {
                let targets = self.world.many(witness, relation);
                self.list(ty.strip_suffix("ListFilter").unwrap(), deeper, &targets)
            }
            (name, ty) if has(ty, "some") => {
                let quantifier = self.random.pick(&["some", "some", "every", "none"]);
                let inner = ty.strip_suffix("ListFilter").unwrap();
                match (self.world.what(witness, name), self.world.what(stranger, name)) {
                    (What::Values(items), What::Values(others)) => {
                        json!({ quantifier: self.scalar(&format!("{inner}Filter"), items.first(), others.last()) })
                    }
                    (What::Structs(items), What::Structs(others)) => {
                        let inner = self.choose(inputs(&format!("{inner}Filter")), 0);
                        let [value, other] = [items.last(), others.first()].map(|it| it?.get(inner.name.as_str()));
                        json!({ quantifier: { inner.name.as_str(): self.scalar(inner.ty.name(), value, other) } })
                    }
                    _ => return None,
                }
            }
            (name, ty) if !has(ty, "isNull") => {
                let inner = self.choose(inputs(ty), 0);
                match (self.world.what(witness, name), self.world.what(stranger, name)) {
                    (What::Struct(object), What::Struct(other)) => {
                        let [value, other] = [object, other].map(|it| it?.get(inner.name.as_str()));
                        json!({ inner.name.as_str(): self.scalar(inner.ty.name(), value, other) })
                    }
                    _ => return None,
                }
            }
            (name, ty) => {
                let (value, other) = (self.world.value(witness, name), self.world.value(stranger, name));
                self.scalar(ty, value.as_ref(), other.as_ref())
            }
        })
    }

    /// Conditions on a list of records, which the witness's pass.
    fn list(&mut self, to: &str, depth: usize, targets: &[At]) -> Json {
        let one = (!targets.is_empty()).then(|| self.random.pick(targets));
        let within = if self.random.one_in(2) { self.filter(to, depth, one) } else { json!({}) };
        let sums = inputs(&format!("{to}SumFilter"));
        match self.random.below(if sums.is_empty() { 6 } else { 8 }) {
            _ if self.sharp && one.is_some() && !self.random.one_in(4) => {
                json!({ "some": self.filter(to, depth, one) })
            }
            0..3 if one.is_some() => json!({ "some": self.filter(to, depth, one) }),
            3 => json!({ "every": within }),
            4 => json!({ "none": self.filter(to, depth, None) }),
            0..6 => {
                let count = self.world.within(targets, &json!({ "filter": within })).len() as i64;
                let operator = self.random.pick(&["eq", "lt", "lte", "gt", "gte"]);
                json!({ "count": { "filter": within, operator: count + self.random.pick(&[0, 0, 1, -1]) } })
            }
            _ => {
                let number = sums[0].name.as_str();
                let members = self.world.within(targets, &json!({ "filter": within }));
                let mut sum = self.sum(&members, number);
                // A filter on a relation does not ask that.
                sum.as_object_mut().unwrap().remove("isNull");
                sum["filter"] = within;
                json!({ "sum": { number: sum } })
            }
        }
    }

    /// A comparison of a sum, with just what it comes to where that is known.
    pub fn sum(&mut self, members: &[At], number: &str) -> Json {
        let sum = self.world.sum(members, number);
        let operand = sum.value.map_or("100".to_owned(), |value| value.text());
        match self.random.below(8) {
            0 => json!({ "isNull": sum.value.is_none() }),
            _ => json!({ self.random.pick(&["eq", "lt", "lte", "gt", "gte"]): operand }),
        }
    }

    /// Comparisons of a value, which it mostly passes.
    fn scalar(&mut self, ty: &str, value: Option<&Plain>, other: Option<&Plain>) -> Json {
        let known = if self.random.one_in(4) { other.or(value) } else { value.or(other) };
        let operator = self.random.pick(inputs(ty)).name;
        let Some(known) = known.filter(|_| operator != "isNull" && (value.is_some() || self.random.one_in(4))) else {
            return json!({ "isNull": value.is_none() != self.random.one_in(6) });
        };
        let operand = self.operand(known, &operator);
        let mut compares = json!({ operator.as_str(): if operator == "in" { json!([operand, self.operand(known, "in")]) } else { operand } });
        if let (true, Some(other)) = (has(ty, "lt") && self.random.one_in(4), other) {
            compares["gte"] = self.operand(other, "gte");
        }
        compares
    }

    fn operand(&mut self, value: &Plain, operator: &str) -> Json {
        match value {
            Plain::Int(number) => json!(number + self.random.pick(&[0, 0, 1, -1])),
            Plain::Float(number) => json!(number),
            Plain::Bool(truth) => json!(truth),
            Plain::Date(date) => {
                let cut = self.random.pick(&["VALUE", "VALUE", "YEAR", "MONTH"]);
                json!(date.cut(cut).unwrap_or(*date).text())
            }
            Plain::Text(text) if operator == "prefix" => {
                json!(text.chars().take(1 + self.random.below(2)).collect::<String>())
            }
            Plain::Text(text) if operator == "contains" => {
                json!(text.chars().skip(self.random.below(2)).take(2).collect::<String>())
            }
            value => json!(value.text()),
        }
    }

    /// An order of a type: some paths.
    pub fn order(&mut self, of: &str) -> Json {
        let count = self.random.below(4);
        (0..count).map(|_| self.path(&format!("{of}Order"), 2)).collect()
    }

    /// What groups of a type are by.
    pub fn group_by(&mut self, of: &str) -> Json {
        let count = self.random.pick(&[0, 1, 1, 2]);
        (0..count).map(|_| self.path(&format!("{of}GroupBy"), 1)).collect()
    }

    /// The order of the groups of a type.
    pub fn group_order(&mut self, of: &str) -> Json {
        let mut order: Vec<Json> = Vec::new();
        for _ in 0..self.random.below(4) {
            let mut entry = self.path(&format!("{of}GroupOrder"), 2);
            // Several reckonings of one field.
            if let Some((name, _)) = order.last().and_then(|last| fields(last).next())
                && self.random.one_in(2)
            {
                let field = inputs(&format!("{of}GroupOrder")).iter().find(|field| field.name == name).unwrap();
                entry = json!({ name: self.path(field.ty.name(), 1) });
            }
            order.push(entry);
        }
        Json::Array(order)
    }

    /// A path of an input type, each step of which is an object of one field, down to a value of an enum.
    fn path(&mut self, ty: &str, depth: usize) -> Json {
        let all = inputs(ty);
        if all.is_empty() {
            return match ty {
                "OrderDirection" => json!(self.random.pick(&["ASC", "DESC"])),
                "GroupByDate" => json!(self.random.pick(&["VALUE", "YEAR", "MONTH"])),
                _ => json!("VALUE"),
            };
        }
        if let Some(to) = ty.strip_suffix("ListOrder") {
            let mut count = json!({ "count": self.path("OrderDirection", 0) });
            if self.random.one_in(2) {
                count["filter"] = self.filter(to, 1, None);
            }
            return count;
        }
        let input = self.choose(all, depth);
        // What leads on does so for so long; the id is where every path can end.
        let input = if depth == 0 && is_deep(input) { &all[0] } else { input };
        json!({ input.name.as_str(): self.path(input.ty.name(), depth.saturating_sub(1)) })
    }

    /// Conditions on groups, of which one has so many members.
    pub fn having(&mut self, of: &str, members: &[At]) -> Json {
        let mut having = Map::new();
        for _ in 0..self.random.below(3) {
            let input = self.random.pick(inputs(&format!("{of}Having")).iter().collect::<Vec<_>>().as_slice());
            if input.name == "count" {
                let count = Plain::Int(members.len() as i64);
                having.insert("count".to_owned(), self.scalar("IntFilter", Some(&count), Some(&Plain::Int(1))));
                continue;
            }
            let mut name = input.name.clone();
            let mut inner = self.random.pick(inputs(input.ty.name()).iter().collect::<Vec<_>>().as_slice());
            let mut path = vec![input.name.clone()];
            if has(inner.ty.name(), "distinct") {
                name = format!("{name}.{}", inner.name);
                path.push(inner.name.clone());
                inner = self.random.pick(inputs(inner.ty.name()).iter().collect::<Vec<_>>().as_slice());
            }
            path.push(inner.name.clone());
            let value = self.world.reckon(of, members, &name, &inner.name);
            let other = match (inner.name.as_str(), &value) {
                ("distinct", _) => Some(Plain::Int(1)),
                _ => value.clone(),
            };
            let condition = self.scalar(inner.ty.name(), value.as_ref(), other.as_ref());
            let whole = path.iter().rev().fold(condition, |inner, name| json!({ name.as_str(): inner }));
            having.extend(fields(&whole).map(|(name, inner)| (name.to_owned(), inner.clone())));
        }
        Json::Object(having)
    }

    /// An argument as GraphQL writes it, parts of which are variables.
    pub fn written(&mut self, value: &Json, ty: &TypeRef, variables: &mut Variables) -> String {
        if self.random.one_in(8) {
            return variables.add(value, &ty.to_string());
        }
        match (value, ty) {
            (Json::Array(items), TypeRef::List { of, .. }) => {
                let items: Vec<_> = items.iter().map(|item| self.written(item, of, variables)).collect();
                format!("[{}]", items.join(", "))
            }
            (Json::Object(object), ty) => {
                let Some(Body::Input { fields, one_of }) = types().find(ty.name()).map(|found| &found.body) else {
                    panic!("{ty} is no input");
                };
                let parts = object.iter().map(|(name, value)| {
                    let field = fields.iter().find(|field| field.name == *name).unwrap();
                    // What is given alone must not be null, not even as a variable.
                    let ty = field.ty.clone().or_null(!one_of && field.ty.is_nullable());
                    format!("{name}: {}", self.written(value, &ty, variables))
                });
                format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
            }
            (Json::String(text), ty) if matches!(types().find(ty.name()).map(|it| &it.body), Some(Body::Enum(_))) => {
                text.clone()
            }
            (value, _) => value.to_string(),
        }
    }
}

/// The variables of a request.
#[derive(Default)]
pub struct Variables {
    pub values: Map<String, Json>,
    declared: Vec<String>,
}

impl Variables {
    /// Makes a value a variable, and gives its name.
    pub fn add(&mut self, value: &Json, ty: &str) -> String {
        let name = format!("v{}", self.declared.len());
        self.declared.push(format!("${name}: {ty}"));
        self.values.insert(name.clone(), value.clone());
        format!("${name}")
    }

    /// The head of the operation that has them.
    pub fn head(&self) -> String {
        if self.declared.is_empty() { "query".to_owned() } else { format!("query({})", self.declared.join(", ")) }
    }
}
