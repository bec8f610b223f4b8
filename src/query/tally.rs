//! What is reckoned of one measure of the records of a group: sums by the rules, totals, means, the ends, and how many
//! different values there are.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use super::error::FieldError;
use super::filter_types::member_types;
use super::given::Given;
use super::path::{Found, Path};
use super::relation::{Member, What, members_of};
use super::scope::Scope;
use super::sum::{Number, Sum, Summed};
use crate::model::catalog::Shape;
use crate::model::decimal::{Adding, Decimal};
use crate::model::value::Scalar;
use crate::store::Stored;

/// What is reckoned of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reckoning {
    /// The sum.
    Sum,
    /// The values added up, whatever they are.
    Total,
    /// The mean.
    Avg,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// How many different ones.
    Distinct,
}

impl Reckoning {
    /// Every one, by its GraphQL name.
    pub const ALL: [(&'static str, Self); 6] = [
        ("sum", Self::Sum),
        ("total", Self::Total),
        ("avg", Self::Avg),
        ("min", Self::Min),
        ("max", Self::Max),
        ("distinct", Self::Distinct),
    ];

    /// One by its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, reckoning)| *reckoning)
    }
}

/// A member, or a member of a struct, that something is reckoned of.
#[derive(Debug)]
pub struct Measure {
    path: Path,
    number: Option<Number>,
    /// What of it is asked.
    pub wanted: Wanted,
}

/// What of a measure somebody asks for: nothing else is reckoned.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// The sum, or the mean, by the rules.
    pub sum: bool,
    /// The values added up, whatever they are.
    pub total: bool,
    /// The smallest or the largest.
    pub range: bool,
    /// How many different ones.
    pub distinct: bool,
}

impl Measure {
    /// A measure of a type.
    pub fn compile(of: &str, measurable: &'static Measurable, wanted: Wanted) -> Result<Self, FieldError> {
        let name = measurable.name.as_str();
        let value = || Given::Value("VALUE".into());
        let leaf = match measurable.scalar {
            Some(_) => value(),
            None => Given::Object(vec![("id".to_owned(), Arc::new(value()))]),
        };
        let inside = |inner: Arc<Given>, part: &str| Arc::new(Given::Object(vec![(part.to_owned(), inner)]));
        let path = name.rsplit('.').fold(Arc::new(leaf), inside);
        Ok(Self { path: Path::compile(of, &path)?, number: Number::named(of, name).ok(), wanted })
    }
}

/// What is reckoned of one measure in one group.
#[derive(Clone, Default)]
pub struct Tally {
    summed: Option<Summed>,
    /// The sum, once all is in.
    pub sum: Option<Sum>,
    /// What the values add up to as they stand; nothing where there is none, or beyond 28 digits.
    pub total: Option<Decimal>,
    adding: Adding,
    /// The mean.
    pub avg: Option<Decimal>,
    /// The smallest.
    pub min: Option<Found>,
    /// The largest.
    pub max: Option<Found>,
    met: HashSet<Vec<u8>>,
    /// How many different values there are, once all is in.
    pub distinct: usize,
}

impl Tally {
    /// Nothing yet of a measure.
    pub fn of(measure: &Measure) -> Self {
        let summed = measure.number.filter(|_| measure.wanted.sum).map(|_| Summed::default());
        Self { summed, ..Self::default() }
    }
}

/// What can be reckoned of the records of a type, by its dotted name; a relation, whose targets are counted, has no scalar.
pub struct Measurable {
    /// `value`, or `period.start` for what stands in a struct.
    pub name: String,
    /// What it means.
    pub doc: &'static str,
    /// The type of its values.
    pub scalar: Option<Scalar>,
}

/// The measures of a type: members, and the members of structs.
pub fn measures_of(of: &str) -> &'static [Measurable] {
    static ALL: LazyLock<HashMap<&'static str, Vec<Measurable>>> =
        LazyLock::new(|| member_types().map(|of| (of, collect_measures(of))).collect());
    ALL.get(of).map(Vec::as_slice).unwrap_or_default()
}

fn collect_measures(of: &str) -> Vec<Measurable> {
    let mut measures = Vec::new();
    for Member { name, doc, what } in members_of(of) {
        match what {
            What::Value(_, scalar) | What::Values(_, scalar) => {
                measures.push(Measurable { name, doc, scalar: Some(scalar) });
            }
            What::Derived(derived) => measures.push(Measurable { name, doc, scalar: Some(derived.scalar) }),
            What::Struct(_, of) | What::Structs(_, of) => {
                measures.extend(of.fields.iter().filter_map(|field| match field.shape {
                    Shape::One(scalar) => {
                        let name = format!("{name}.{}", field.name);
                        Some(Measurable { name, doc: field.doc, scalar: Some(scalar) })
                    }
                    _ => None,
                }));
            }
            What::One(..) | What::Many(..) => measures.push(Measurable { name, doc, scalar: None }),
            What::Id | What::On(_) => {}
        }
    }
    measures
}

/// The measure of a type by its dotted name.
pub fn measure_named(of: &str, name: &str) -> Option<&'static Measurable> {
    measures_of(of).iter().find(|measure| measure.name == name)
}

impl Tally {
    /// Takes a record in.
    pub fn add(&mut self, scope: &Scope, measure: &Measure, record: &Stored<'_>) -> Result<(), FieldError> {
        if let (Some(summed), Some(number)) = (&mut self.summed, &measure.number) {
            summed.add(number, record);
        }
        if measure.wanted.total
            && let Some(value) = measure.number.and_then(|number| number.read(record))
        {
            self.adding.add(value);
        }
        if !measure.wanted.range && !measure.wanted.distinct {
            return Ok(());
        }
        measure.path.each(scope, record, &mut |found| {
            let sortable = found.sortable();
            if self.min.as_ref().is_none_or(|min| sortable < min.sortable()) {
                self.min = Some(found.clone());
            }
            if self.max.as_ref().is_none_or(|max| sortable > max.sortable()) {
                self.max = Some(found.clone());
            }
            if measure.wanted.distinct {
                self.met.insert(sortable);
            }
            Ok(())
        })
    }

    /// Reckons what needs all of them.
    pub fn finish(&mut self, scope: &Scope) -> Result<(), FieldError> {
        self.total = self.adding.total();
        self.distinct = std::mem::take(&mut self.met).len();
        if let Some(summed) = self.summed.take() {
            let sum = summed.sum(scope)?;
            self.avg = summed.mean(&sum);
            self.sum = Some(sum);
        }
        Ok(())
    }

    /// A reckoning as text.
    pub fn read(&self, reckoning: Reckoning) -> Option<String> {
        let text = |found: &Option<Found>| match found {
            Some(Found::Value { text, .. }) => Some(text.clone()),
            _ => None,
        };
        match reckoning {
            Reckoning::Total => self.total.map(|total| total.to_string()),
            Reckoning::Avg => self.avg.map(|avg| avg.to_string()),
            Reckoning::Min => text(&self.min),
            Reckoning::Max => text(&self.max),
            Reckoning::Sum | Reckoning::Distinct => None,
        }
    }

    /// Bytes that compare as a reckoning does.
    pub fn sortable(&self, reckoning: Reckoning) -> Option<Vec<u8>> {
        let decimal = |decimal: Decimal| decimal.sort_key().to_vec();
        match reckoning {
            Reckoning::Sum => self.sum.as_ref()?.value.map(decimal),
            Reckoning::Total => self.total.map(decimal),
            Reckoning::Avg => self.avg.map(decimal),
            Reckoning::Min => self.min.as_ref().map(Found::sortable),
            Reckoning::Max => self.max.as_ref().map(Found::sortable),
            Reckoning::Distinct => Some((self.distinct as u64).to_be_bytes().to_vec()),
        }
    }
}
