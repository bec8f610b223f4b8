//! Random records of every kind from the catalog: many nulls, many equal values, dates of every precision.

use jiedui::model::catalog::{Edge, EdgeForm, Field, Kind, REGION, Shape, slot};
use jiedui::model::date::PartialDate;
use jiedui::model::decimal::Decimal;
use jiedui::model::id::Id;
use jiedui::model::kinds::{KINDS, kinds_of};
use jiedui::model::record::Record;
use jiedui::model::value::{Scalar, Value};

use crate::support::lawful;

/// Numbers of a seed: the same seed, the same numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 16) as usize % bound
    }

    pub fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

/// How many records of each kind, by tag.
const COUNTS: [usize; 21] =
    [6, 30, 120, 160, 220, 80, 60, 30, 50, 140, 24, 320, 130, 60, 70, 40, 16, 560, 110, 110, 40];

const NAMES: &[&str] = &[
    "昭通市",
    "昭通",
    "中山市",
    "中山",
    "小榄镇",
    "盐津县",
    "村",
    "第1村",
    "第2村",
    "Zhongshan",
    "zhongshan",
    "a",
    "ab",
    "A",
    "é",
    "𠮷村",
];

const TEXTS: &[&str] = &["", "100%", "a\"b\\c", "line\nline", "甲", "甲乙", "乙", "year", "x", "X"];

const DECIMALS: &[&str] = &[
    "0",
    "1",
    "1.5",
    "-1.5",
    "2",
    "10",
    "100",
    "300000000",
    "126000000",
    "0.1",
    "0.2",
    "12.345678",
    "-0.000001",
    "7.5",
];

/// The records of a seed: about two thousand and four hundred, or a share of them.
pub fn records(seed: u64, share: usize) -> Vec<Record> {
    let mut random = Random(seed);
    let keys: Vec<Vec<Id>> = KINDS.iter().zip(COUNTS).map(|(kind, count)| ids(kind, count / share)).collect();
    let mut records: Vec<Record> = Vec::new();
    for (kind, ids) in KINDS.iter().zip(&keys) {
        for (place, id) in ids.iter().enumerate() {
            let mut record = Making { random: &mut random, keys: &keys, kind, place }.record(&id.key);
            if let (true, Some(last)) = (kind.name == "Observation" && random.one_in(3), records.last()) {
                follow(&mut record, last, &mut random);
            }
            records.push(record);
        }
    }
    records
}

/// Makes a figure the next of the same thing: its period begins on the day on which the last ends, or when it pleases.
fn follow(record: &mut Record, last: &Record, random: &mut Random) {
    if last.kind != record.kind {
        return;
    }
    let slot = |name: &str| record.kind.slot_of(name);
    for slot in ["subject", "counterpart", "indicator"].map(slot) {
        record.values[slot] = last.values[slot].clone();
    }
    let period = record.kind.slot_of("period");
    if let (Value::Struct(last), Value::Struct(next)) = (&last.values[period], &mut record.values[period])
        && let Value::Date(day) = last[2]
    {
        let end = if random.one_in(2) { day.latest() } else { day.latest().tomorrow().unwrap() };
        next[0] = Value::Date(PartialDate::parse(&end.to_string()).unwrap());
        next[2] = Value::Date(PartialDate::parse(&end.to_string()[..4]).unwrap());
    }
}

fn ids(kind: &'static Kind, count: usize) -> Vec<Id> {
    // Keys of different lengths and cases, whose order is that of their bytes.
    let forms = ["a", "b", "B", "a-", "a_", "a."];
    let key = |at: usize| match kind.tag {
        1 => format!("{}0000", 11 + at),
        2 => format!("{}00", 1100 + at),
        3..=5 => format!("{}", 110_000 + at * 7),
        _ => format!("{}{}", forms[at % forms.len()], at / 3),
    };
    (0..count).map(|at| Id::new(kind, &key(at))).collect()
}

/// Makes one record.
struct Making<'m> {
    random: &'m mut Random,
    keys: &'m [Vec<Id>],
    kind: &'static Kind,
    place: usize,
}

impl Making<'_> {
    fn record(mut self, key: &str) -> Record {
        let mut record = Record::new(self.kind, key);
        for (slot, field) in self.kind.shown() {
            if slot != slot::KEY && (field.required || !self.random.one_in(3)) {
                record.values[slot] = self.field(field);
            }
        }
        if self.kind.name == "Observation" {
            self.tame(&mut record);
        }
        lawful(record)
    }

    /// Figures that are too random are never added: most happened, most are exact, few are parts, and many are of regions
    /// and pairings that hold one another.
    fn tame(&mut self, record: &mut Record) {
        if self.random.one_in(2) {
            let tag = self.random.pick(&[1, 2, 3, 4, 12]);
            let subject = self.keys[tag - 1][self.random.below(3)].clone();
            record.values[self.kind.slot_of("subject")] = Value::Ref(subject);
        }
        let mut set = |name: &str, value: Value| record.values[self.kind.slot_of(name)] = value;
        if !self.random.one_in(8) {
            set("nature", Value::Closed(1));
        }
        if !self.random.one_in(3) {
            set("qualifier", [Value::Null, Value::Closed(1), Value::Closed(2)][self.random.below(3)].clone());
        }
        for name in ["counterpart", "partOf", "possiblyPartOf"] {
            if !self.random.one_in(4) {
                set(name, Value::Null);
            }
        }
    }

    fn field(&mut self, field: &'static Field) -> Value {
        let count = usize::from(field.required) + self.random.below(3);
        match field.shape {
            Shape::One(scalar) => self.scalar(scalar, field.name),
            Shape::List(scalar) => Value::List((0..count).map(|_| self.scalar(scalar, field.name)).collect()),
            Shape::Struct(of) => self.object(of.fields),
            Shape::Structs(of) => Value::List((0..count).map(|_| self.object(of.fields)).collect()),
            Shape::Edge(edge) if edge.form == EdgeForm::One => {
                self.target(&edge, field.name).map_or(Value::Null, Value::Ref)
            }
            Shape::Edge(edge) => {
                let mut targets: Vec<Id> = Vec::new();
                for _ in 0..count {
                    let twice = matches!(edge.form, EdgeForm::Objects { .. });
                    targets.extend(self.target(&edge, field.name).filter(|target| twice || !targets.contains(target)));
                }
                Value::List(targets.into_iter().map(|target| self.entry(&edge, target)).collect())
            }
        }
    }

    fn entry(&mut self, edge: &Edge, target: Id) -> Value {
        if edge.properties.is_empty() {
            return Value::Ref(target);
        }
        let mut values = vec![Value::Ref(target)];
        for property in edge.properties {
            let given = property.required || self.random.one_in(2);
            values.push(if given { self.field(property) } else { Value::Null });
        }
        Value::Struct(values)
    }

    fn object(&mut self, fields: &'static [Field]) -> Value {
        let mut values: Vec<Value> = fields.iter().map(|field| self.field(field)).collect();
        for (value, field) in values.iter_mut().zip(fields) {
            if !field.required && self.random.one_in(4) {
                *value = Value::Null;
            }
        }
        // A time that ends before it begins is nobody's.
        if let (Value::Date(start), Some(Value::Date(end))) = (values[0].clone(), values.get(2))
            && start.earliest() > end.latest()
        {
            values[2] = Value::Date(start);
        }
        if values.iter().all(|value| *value == Value::Null) {
            values[1] = self.field(&fields[1]);
        }
        Value::Struct(values)
    }

    /// A record that an edge can lead to. What holds or precedes a record of its own kind comes before it, so that nothing
    /// runs in a circle.
    fn target(&mut self, edge: &Edge, name: &str) -> Option<Id> {
        let kinds: Vec<_> = kinds_of(edge.target).collect();
        let above = |kind: &&&'static Kind| edge.target != REGION || name != "parent" || kind.tag < self.kind.tag;
        let kinds: Vec<_> = kinds.iter().filter(above).collect();
        if kinds.is_empty() {
            return None;
        }
        let ids = &self.keys[usize::from(self.random.pick(&kinds).tag) - 1];
        let before = if edge.target == self.kind.name { self.place } else { ids.len() };
        // The first of a kind are met more often than the last: some have many relations, and most few.
        let most = if self.random.one_in(2) { before } else { before.min(6) };
        (most > 0).then(|| ids[self.random.below(most)].clone())
    }

    fn scalar(&mut self, scalar: Scalar, name: &str) -> Value {
        let random = &mut *self.random;
        match (scalar, name) {
            (Scalar::Text, "name" | "aliases" | "title") => Value::Text(random.pick(NAMES).to_owned()),
            (Scalar::Text, "unit") => Value::Text(random.pick(&["yuan", "yuan", "person"]).to_owned()),
            (Scalar::Text, "perUnit") if !random.one_in(5) => Value::Null,
            (Scalar::Text, "code") => Value::Text(format!("{}", 110_000 + random.below(400) * 7)),
            (Scalar::Text, _) => Value::Text(random.pick(&TEXTS[1..]).to_owned()),
            (Scalar::Int, _) => Value::Int(random.below(24) as i32 - 3),
            (Scalar::Float, _) => Value::Float(random.pick(&[-1.5, 0.0, 22.5, 22.25, 113.0, 1e-3])),
            (Scalar::Bool, _) => Value::Bool(random.one_in(2)),
            (Scalar::Decimal, _) if random.one_in(150) => decimal("9999999999999999999999"),
            (Scalar::Decimal, _) => decimal(random.pick(DECIMALS)),
            (Scalar::Date, _) => Value::Date(PartialDate::parse("2020-09-07").unwrap()),
            (Scalar::PartialDate, _) => Value::Date(PartialDate::parse(&date(random)).unwrap()),
            (Scalar::Closed(closed), _) => Value::Closed(random.below(closed.values.len()) as u8 + 1),
        }
    }
}

fn decimal(text: &str) -> Value {
    Value::Decimal(Decimal::parse(text).unwrap())
}

/// A date of any precision, of a few years.
fn date(random: &mut Random) -> String {
    let year = 2014 + random.below(6);
    let (month, day) = (random.pick(&[1, 2, 2, 9, 12]), random.pick(&[1, 7, 28]));
    let plain = match random.below(4) {
        0 => format!("{year}"),
        1 => format!("{year}-{month:02}"),
        _ => format!("{year}-{month:02}-{day:02}"),
    };
    if random.one_in(8) { plain + "~" } else { plain }
}
