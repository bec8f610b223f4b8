//! Random requests from the schema: fields, arguments, fragments, aliases, directives, variables, and faults.

use jiedui::api::request::Request;
use jiedui::query::types;
use jiedui::query::types::{Body, FieldDef, InputDef, Type, TypeRef};
use serde_json::{Map, Value, json};

/// Makes one request of a seed: the same seed, the same request.
pub struct Generator {
    state: u64,
    fields_left: usize,
    variables: Map<String, Value>,
    declared: Vec<String>,
    fragments: Vec<String>,
}

/// Ids that exist, of many kinds, and one that does not.
const IDS: &[&str] = &[
    "city:442000",
    "city:530600",
    "province:440000",
    "county:530626",
    "village:441225114202",
    "group:villages131",
    "group:counties4",
    "pairing:zhongshan-zhaotong",
    "pairing:zhongshan-chaozhou",
    "programme:east-west",
    "project:chick-base",
    "source:seed-article",
    "observation:f067",
    "event:zhaotong-expo-2020",
    "person:huang-rongyan",
    "city:999999",
];

impl Generator {
    pub fn new(seed: u64) -> Self {
        let state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Self { state, fields_left: 60, variables: Map::new(), declared: Vec::new(), fragments: Vec::new() }
    }

    /// A request that the schema allows, but for a fault here and there.
    pub fn request(mut self) -> Request {
        let root = types().find("Query").unwrap();
        let selections = self.selections(root, 0);
        let declared = if self.declared.is_empty() { String::new() } else { format!("({})", self.declared.join(", ")) };
        let query = format!("query Generated{declared} {selections}\n{}", self.fragments.join("\n"));
        Request { variables: self.variables, operation_name: Some("Generated".to_owned()), ..Request::new(&query) }
    }

    /// The next number below a bound (xorshift64*).
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn selections(&mut self, ty: &'static Type, depth: usize) -> String {
        let mut parts = Vec::new();
        if self.one_in(4) || ty.fields().is_empty() {
            parts.push("__typename".to_owned());
        }
        let count = 1 + self.below(4);
        for _ in 0..count {
            if self.fields_left == 0 {
                break;
            }
            self.fields_left -= 1;
            let field = &ty.fields()[self.below(ty.fields().len())];
            parts.extend(self.field(field, depth, parts.len()));
        }
        parts.extend(self.fragment(ty, depth));
        if parts.is_empty() {
            parts.push("__typename".to_owned());
        }
        format!("{{ {} }}", parts.join(" "))
    }

    fn field(&mut self, field: &'static FieldDef, depth: usize, place: usize) -> Option<String> {
        let inner = types().find(field.ty.name()).unwrap();
        let is_leaf = inner.fields().is_empty();
        if !is_leaf && depth >= 6 {
            return None;
        }
        // An alias of its own keeps two choices of one field from clashing in their arguments.
        let alias = format!("f{depth}_{place}_{}", self.below(1000));
        let arguments = self.arguments(&field.arguments);
        let directive = self.directive();
        let selected = if is_leaf { String::new() } else { self.selections(inner, depth + 1) };
        Some(format!("{alias}: {}{arguments}{directive} {selected}", field.name))
    }

    fn fragment(&mut self, ty: &'static Type, depth: usize) -> Option<String> {
        if depth >= 5 || !self.one_in(3) {
            return None;
        }
        let on = match &ty.body {
            Body::Interface { types: members, .. } => types().find(&members[self.below(members.len())]).unwrap(),
            _ if !ty.interfaces().is_empty() && self.one_in(2) => types().find(&ty.interfaces()[0]).unwrap(),
            _ => ty,
        };
        let selected = self.selections(on, depth + 1);
        if self.one_in(2) {
            return Some(format!("... on {}{} {selected}", on.name, self.directive()));
        }
        let name = format!("F{}", self.fragments.len());
        self.fragments.push(format!("fragment {name} on {} {selected}", on.name));
        Some(format!("...{name}{}", self.directive()))
    }

    fn directive(&mut self) -> String {
        if !self.one_in(8) {
            return String::new();
        }
        let kind = if self.one_in(2) { "skip" } else { "include" };
        let condition = match self.below(3) {
            0 => "true".to_owned(),
            1 => "false".to_owned(),
            _ => {
                let truth = self.one_in(2);
                self.variable("Boolean!", json!(truth))
            }
        };
        format!(" @{kind}(if: {condition})")
    }

    fn arguments(&mut self, defs: &[InputDef]) -> String {
        let mut given = Vec::new();
        for def in defs {
            // Both ends of a page at once is a fault, and one fault in a while is enough.
            let wanted = !def.ty.is_nullable() || self.one_in(if def.name == "last" { 12 } else { 4 });
            if wanted {
                let value = self.value(&def.ty, &def.name, 0);
                let written =
                    if self.one_in(3) { self.variable(&def.ty.to_string(), value) } else { literal(&value, &def.ty) };
                given.push(format!("{}: {written}", def.name));
            }
        }
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    fn variable(&mut self, ty: &str, value: Value) -> String {
        let name = format!("v{}", self.declared.len());
        let nullable = !ty.ends_with('!');
        self.declared.push(format!("${name}: {ty}"));
        // A nullable variable is sometimes not given at all.
        if !(nullable && self.one_in(5)) {
            self.variables.insert(name.clone(), value);
        }
        format!("${name}")
    }

    fn value(&mut self, ty: &TypeRef, name: &str, depth: usize) -> Value {
        if ty.is_nullable() && self.one_in(10) {
            return Value::Null;
        }
        let TypeRef::Named { name: type_name, .. } = ty else {
            let TypeRef::List { of, .. } = ty else { unreachable!() };
            let length = self.below(3);
            return (0..length).map(|_| self.value(of, name, depth)).collect();
        };
        let found = types().find(type_name).unwrap();
        match &found.body {
            Body::Enum(closed) => json!(closed.values[self.below(closed.values.len())].0),
            Body::Input { fields, one_of } => {
                let mut object = Map::new();
                for field in fields.iter().filter(|field| !field.ty.is_nullable()) {
                    object.insert(field.name.clone(), self.value(&field.ty, &field.name, depth + 1));
                }
                let count = match (one_of, depth > 2) {
                    (true, _) => 1,
                    (false, true) => 0,
                    (false, false) => 1 + self.below(2),
                };
                // One that leads no deeper ends what would go on for ever.
                let is_leaf =
                    |field: &&InputDef| !matches!(types().find(field.ty.name()).unwrap().body, Body::Input { .. });
                let leaves: Vec<_> = fields.iter().filter(is_leaf).collect();
                for _ in 0..count {
                    let deep = depth > 2 && !leaves.is_empty();
                    let field = if deep { leaves[self.below(leaves.len())] } else { &fields[self.below(fields.len())] };
                    // What is given alone may not be null.
                    let ty = field.ty.clone().or_null(!one_of && field.ty.is_nullable());
                    object.insert(field.name.clone(), self.value(&ty, &field.name, depth + 1));
                }
                Value::Object(object)
            }
            _ => self.scalar(type_name, name),
        }
    }

    fn scalar(&mut self, type_name: &str, name: &str) -> Value {
        match (type_name, name) {
            ("Int", "first" | "last") => json!(self.below(6)),
            ("Int", _) => json!([0, 1, 131, -5][self.below(4)]),
            ("Float", _) => json!([22.5, 0.0, 113.0][self.below(3)]),
            ("Boolean", _) => json!(self.one_in(2)),
            ("ID", _) => json!(IDS[self.below(IDS.len())]),
            ("Decimal", _) => json!(["0", "100", "300000000", "-1.5"][self.below(4)]),
            ("Date", _) => json!(["2012-06-01", "2020-09-29", "2022-06-01"][self.below(3)]),
            ("PartialDate", _) => json!(["2016", "2016-09", "2020-09-07"][self.below(3)]),
            // No cursor, or one of another connection.
            (_, "after" | "before") => json!(["AQI0NDEyMDA", "!", "AgEMBDQ0MjAwMDAwMwAAAAAA"][self.below(3)]),
            (_, "code") => json!(["442000", "530600", "510200", "1"][self.below(4)]),
            _ => json!(["中", "市", "Zhong", "", "\"\\\n"][self.below(5)]),
        }
    }
}

/// A value as GraphQL writes it.
fn literal(value: &Value, ty: &TypeRef) -> String {
    match (value, ty) {
        (Value::Array(items), TypeRef::List { of, .. }) => {
            format!("[{}]", items.iter().map(|item| literal(item, of)).collect::<Vec<_>>().join(", "))
        }
        (Value::Object(object), TypeRef::Named { name, .. }) => {
            let Body::Input { fields, .. } = &types().find(name).unwrap().body else { unreachable!() };
            let ty = |name: &str| &fields.iter().find(|field| field.name == name).unwrap().ty;
            let each = object.iter().map(|(name, value)| format!("{name}: {}", literal(value, ty(name))));
            format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))
        }
        (Value::String(text), TypeRef::Named { name, .. })
            if matches!(types().find(name).unwrap().body, Body::Enum(_)) =>
        {
            text.clone()
        }
        (value, _) => value.to_string(),
    }
}
