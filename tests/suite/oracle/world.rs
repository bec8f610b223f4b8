//! The oracle's own view of the records: plain values, and relations found by one full scan. It shares nothing with
//! `src/query`, and of `src/model` only the declarations and the records as they were written.

use std::cmp::Ordering;
use std::collections::HashMap;

use jiedui::model::catalog::{EdgeForm, Field, Kind, PARTY, REGION, Shape};
use jiedui::model::id::Id;
use jiedui::model::record::Record;
use jiedui::model::value::{Scalar, Value};

/// A record by its place in the order of ids.
pub type At = usize;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Dec(Dec),
    Date(Date),
    /// A name of a closed list, behind its place in the list.
    Name(usize, &'static str),
}

/// The values of a struct that are not null.
pub type Object = HashMap<&'static str, Plain>;

/// What a record stores under a name.
#[derive(Debug)]
enum Held {
    Value(Plain),
    Values(Vec<Plain>),
    Struct(Object),
    Structs(Vec<Object>),
    One(At),
    Many(Vec<At>),
}

/// One record.
#[derive(Debug)]
pub struct Rec {
    pub id: String,
    pub kind: &'static Kind,
    held: HashMap<&'static str, Held>,
}

/// What a name means at a record.
pub enum What<'w> {
    Value(Option<Plain>),
    Values(&'w [Plain]),
    Struct(Option<&'w Object>),
    Structs(&'w [Object]),
    One(Option<At>),
    Many(Vec<At>),
}

/// All records, in the order of their ids.
pub struct World {
    pub recs: Vec<Rec>,
    /// Of each record, the ways back along edges.
    back: Vec<HashMap<&'static str, Vec<At>>>,
    /// Of each party, its pairings, once for each side on which it stands.
    sides: Vec<Vec<(At, &'static str)>>,
}

impl World {
    pub fn new<'r>(records: impl IntoIterator<Item = &'r Record>) -> Self {
        let mut sorted: Vec<&Record> = records.into_iter().collect();
        sorted.sort_by(|left, right| (left.kind.tag, left.key()).cmp(&(right.kind.tag, right.key())));
        let places: HashMap<Id, At> = sorted.iter().enumerate().map(|(at, record)| (record.id(), at)).collect();
        let mut back: Vec<HashMap<_, Vec<At>>> = vec![HashMap::new(); sorted.len()];
        let mut sides = vec![Vec::new(); sorted.len()];
        let mut recs = Vec::new();
        for (at, record) in sorted.iter().enumerate() {
            let mut held = HashMap::new();
            for (slot, field) in record.kind.shown() {
                held.extend(hold(field, &record.values[slot], &places).map(|it| (field.name, it)));
                let Shape::Edge(edge) = field.shape else { continue };
                for target in targets(&record.values[slot], &places) {
                    if edge.reverse.is_empty() {
                        sides[target].push((at, field.name));
                    } else {
                        back[target].entry(edge.reverse).or_default().push(at);
                    }
                }
            }
            recs.push(Rec { id: record.id().to_string(), kind: record.kind, held });
        }
        Self { recs, back, sides }
    }

    /// The records of a type, in the order of their ids.
    pub fn of(&self, of: &str) -> Vec<At> {
        (0..self.recs.len()).filter(|at| self.recs[*at].kind.implements(of)).collect()
    }

    pub fn find(&self, id: &str) -> Option<At> {
        self.recs.iter().position(|rec| rec.id == id)
    }

    /// What a name of the schema means at a record.
    pub fn what(&self, at: At, name: &str) -> What<'_> {
        let rec = &self.recs[at];
        if let Some(held) = rec.held.get(name) {
            return match held {
                Held::Value(value) => What::Value(Some(value.clone())),
                Held::Values(values) => What::Values(values),
                Held::Struct(object) => What::Struct(Some(object)),
                Held::Structs(objects) => What::Structs(objects),
                Held::One(target) => What::One(Some(*target)),
                Held::Many(targets) => What::Many(targets.clone()),
            };
        }
        if let Some((_, field)) = rec.kind.field(name) {
            return match field.shape {
                Shape::One(_) => What::Value(None),
                Shape::List(_) => What::Values(&[]),
                Shape::Struct(_) => What::Struct(None),
                Shape::Structs(_) => What::Structs(&[]),
                Shape::Edge(edge) if edge.form == EdgeForm::One => What::One(None),
                Shape::Edge(_) => What::Many(Vec::new()),
            };
        }
        let (is_region, is_party) = (rec.kind.implements(REGION), rec.kind.implements(PARTY));
        match name {
            "level" => {
                let place = usize::from(rec.kind.tag) - 1;
                What::Value(Some(Plain::Name(place, ["PROVINCE", "CITY", "COUNTY", "TOWN", "VILLAGE"][place])))
            }
            "levelNumber" => What::Value(Some(Plain::Int(i64::from(rec.kind.tag)))),
            "joint" => {
                let several = |side| self.many(at, side).len() > 1;
                What::Value(Some(Plain::Bool(several("helpers") || several("helped"))))
            }
            "ancestors" if is_region => What::Many(self.above(at)),
            "province" | "city" | "county" | "town" if is_region => {
                let mut way = self.above(at).into_iter().chain([at]);
                What::One(way.find(|at| self.recs[*at].kind.id == name))
            }
            "pairings" if is_party => What::Many(once(self.sides(at).iter().map(|(pairing, _)| *pairing))),
            "partners" if is_party => {
                let across = self.sides(at).iter().flat_map(|(pairing, side)| self.many(*pairing, other(side)));
                What::Many(once(across.filter(|partner| *partner != at)))
            }
            "allFigures" => What::Many(self.figures_of_all(at)),
            _ => What::Many(self.back[at].get(name).cloned().unwrap_or_default()),
        }
    }

    /// Where a relation leads, whatever its form.
    pub fn many(&self, at: At, name: &str) -> Vec<At> {
        match self.what(at, name) {
            What::One(target) => target.into_iter().collect(),
            What::Many(targets) => targets,
            _ => Vec::new(),
        }
    }

    pub fn one(&self, at: At, name: &str) -> Option<At> {
        self.many(at, name).first().copied()
    }

    pub fn value(&self, at: At, name: &str) -> Option<Plain> {
        match self.what(at, name) {
            What::Value(value) => value,
            _ => None,
        }
    }

    pub fn date(&self, at: At, name: &str) -> Option<Date> {
        match self.value(at, name) {
            Some(Plain::Date(date)) => Some(date),
            _ => None,
        }
    }

    /// The regions above one, from the top down.
    pub fn above(&self, at: At) -> Vec<At> {
        let mut above = Vec::new();
        let mut next = self.one(at, "parent");
        while let Some(parent) = next {
            above.insert(0, parent);
            next = self.one(parent, "parent");
        }
        above
    }

    /// The figures under a programme: each figure is asked whether its own programme, or one of its subject where that is a
    /// pairing, is or stands below this one.
    fn figures_of_all(&self, programme: At) -> Vec<At> {
        let stands_below = |mut at: At| {
            for _ in 0..=self.recs.len() {
                if at == programme {
                    return true;
                }
                let Some(whole) = self.one(at, "partOf") else { return false };
                at = whole;
            }
            false
        };
        let is_under = |figure: &At| {
            let subject = self.one(*figure, "subject").filter(|at| self.recs[*at].kind.name == "Pairing");
            let of_pairing = subject
                .into_iter()
                .flat_map(|pairing| [self.one(pairing, "programme"), self.one(pairing, "round")].into_iter().flatten());
            self.one(*figure, "programme").into_iter().chain(of_pairing).any(stands_below)
        };
        self.of("Observation").into_iter().filter(is_under).collect()
    }

    /// The pairings of a party, once for each side on which it stands.
    pub fn sides(&self, party: At) -> &[(At, &'static str)] {
        &self.sides[party]
    }
}

/// The side across.
pub fn other(side: &str) -> &'static str {
    if side == "helpers" { "helped" } else { "helpers" }
}

fn once(all: impl Iterator<Item = At>) -> Vec<At> {
    let mut all: Vec<_> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn hold(field: &Field, value: &Value, places: &HashMap<Id, At>) -> Option<Held> {
    let items = || match value {
        Value::List(items) => items.clone(),
        _ => Vec::new(),
    };
    Some(match (&field.shape, value) {
        (_, Value::Null) => return None,
        (Shape::One(scalar), value) => Held::Value(plain(*scalar, value)?),
        (Shape::List(scalar), _) => Held::Values(items().iter().filter_map(|item| plain(*scalar, item)).collect()),
        (Shape::Struct(of), value) => Held::Struct(object(of.fields, value)),
        (Shape::Structs(of), _) => Held::Structs(items().iter().map(|item| object(of.fields, item)).collect()),
        (Shape::Edge(edge), value) if edge.form == EdgeForm::One => Held::One(*targets(value, places).first()?),
        (Shape::Edge(_), value) => Held::Many(targets(value, places)),
    })
}

fn targets(value: &Value, places: &HashMap<Id, At>) -> Vec<At> {
    match value {
        Value::Ref(id) => vec![places[id]],
        Value::Struct(values) => targets(&values[0], places),
        Value::List(items) => items.iter().flat_map(|item| targets(item, places)).collect(),
        _ => Vec::new(),
    }
}

fn object(fields: &'static [Field], value: &Value) -> Object {
    let Value::Struct(values) = value else { return Object::new() };
    let each = fields.iter().zip(values).filter_map(|(field, value)| match field.shape {
        Shape::One(scalar) => Some((field.name, plain(scalar, value)?)),
        _ => None,
    });
    each.collect()
}

fn plain(scalar: Scalar, value: &Value) -> Option<Plain> {
    Some(match (scalar, value) {
        (Scalar::Closed(closed), Value::Closed(code)) => {
            let place = usize::from(*code) - 1;
            Plain::Name(place, closed.values[place].0)
        }
        (_, Value::Text(text)) => Plain::Text(text.clone()),
        (_, Value::Int(number)) => Plain::Int((*number).into()),
        (_, Value::Float(number)) => Plain::Float(*number),
        (_, Value::Bool(truth)) => Plain::Bool(*truth),
        (_, Value::Decimal(decimal)) => Plain::Dec(Dec::parse(&decimal.to_string())),
        (_, Value::Date(date)) => Plain::Date(Date::parse(&date.to_string())),
        _ => return None,
    })
}

impl Plain {
    /// As the API writes it in groups.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => serde_json::json!(number).to_string(),
            Self::Bool(truth) => truth.to_string(),
            Self::Dec(decimal) => decimal.text(),
            Self::Date(date) => date.text(),
            Self::Name(_, name) => (*name).to_owned(),
        }
    }

    /// How two values of one field stand: dates by their first day, then their last, exact before approximate.
    pub fn stands(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
            (Self::Int(left), Self::Int(right)) => left.cmp(right),
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(right).unwrap(),
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Dec(left), Self::Dec(right)) => left.cmp(right),
            (Self::Date(left), Self::Date(right)) => {
                (left.first(), left.last(), left.approximate).cmp(&(right.first(), right.last(), right.approximate))
            }
            (Self::Name(left, _), Self::Name(right, _)) => left.cmp(right),
            _ => panic!("{self:?} and {other:?} do not compare"),
        }
    }
}

/// An exact decimal of six places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dec(pub i128);

impl Dec {
    pub fn parse(text: &str) -> Self {
        let digits = text.trim_start_matches('-');
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        assert!(fraction.len() <= 6, "{text}");
        let scaled = format!("{whole}{fraction:0<6}").parse::<i128>().unwrap();
        Self(if text.starts_with('-') { -scaled } else { scaled })
    }

    pub fn text(self) -> String {
        let (whole, fraction) = (self.0.abs() / 1_000_000, self.0.abs() % 1_000_000);
        let fraction = format!(".{fraction:06}");
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{whole}{}", fraction.trim_end_matches('0').trim_end_matches('.'))
    }

    /// Whether it takes no more than 28 digits to write.
    pub fn fits(self) -> bool {
        self.text().bytes().filter(u8::is_ascii_digit).count() <= 28
    }

    /// A share of so many, to the nearest, and to the even one of two.
    pub fn share(self, count: i128) -> Self {
        let (quotient, rest) = (self.0.div_euclid(count), self.0.rem_euclid(count));
        let up = match (rest * 2).cmp(&count) {
            Ordering::Less => false,
            Ordering::Equal => quotient % 2 != 0,
            Ordering::Greater => true,
        };
        Self(quotient + i128::from(up))
    }
}

/// A date as precise as its source; what it does not say is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    pub year: u32,
    pub month: u32,
    pub day: u32,
    pub approximate: bool,
}

impl Date {
    pub fn parse(text: &str) -> Self {
        let plain = text.trim_end_matches('~');
        let mut parts = plain.split('-').map(|part| part.parse().unwrap());
        let mut next = || parts.next().unwrap_or(0);
        Self { year: next(), month: next(), day: next(), approximate: plain != text }
    }

    pub fn text(self) -> String {
        let mut text = format!("{:04}", self.year);
        for part in [self.month, self.day].into_iter().filter(|part| *part > 0) {
            text += &format!("-{part:02}");
        }
        if self.approximate { text + "~" } else { text }
    }

    /// The first day that it can mean, as a number such as 20200907.
    pub fn first(self) -> u32 {
        self.year * 10_000 + self.month.max(1) * 100 + self.day.max(1)
    }

    /// The last day that it can mean.
    pub fn last(self) -> u32 {
        let month = if self.month == 0 { 12 } else { self.month };
        let by = |years: u32| self.year.is_multiple_of(years);
        let leap = by(4) && (!by(100) || by(400));
        let days = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        self.year * 10_000 + month * 100 + if self.day == 0 { days } else { self.day }
    }

    /// It as far as its year, or its month; nothing where it does not say.
    pub fn cut(self, part: &str) -> Option<Self> {
        match part {
            "YEAR" => Some(Self { month: 0, day: 0, approximate: false, ..self }),
            "MONTH" if self.month > 0 => Some(Self { day: 0, approximate: false, ..self }),
            "MONTH" => None,
            _ => Some(self),
        }
    }
}
