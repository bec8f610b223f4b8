//! The kit's tables as records of the graph.
//!
//! A region keeps its code as its key; what has a number gets it as a key of eight digits, so that keys stand in the order of
//! numbers. A pairing's kind is the programme that it stands under, and its supplied name; a project's kind is its sector, a
//! metric an indicator, and a year a period.

use std::error::Error;
use std::fs::File;
use std::path::Path;

use jiedui::model::catalog::{Kind, Shape, slot};
use jiedui::model::date::PartialDate;
use jiedui::model::decimal::Decimal;
use jiedui::model::id::Id;
use jiedui::model::kinds::{
    ENTERPRISE, INDICATOR, LABOR_STATION, LEVELS, OBSERVATION, PAIRING, PERIOD, PROGRAMME, PROJECT,
};
use jiedui::model::record::Record;
use jiedui::model::value::Value;
use jiedui::store::{Author, Change, Store, StoreError};

type Fault = Box<dyn Error>;
type Row = csv::StringRecord;

/// Loads the folder's tables into a new database, in one revision. Gives how many records there are.
pub fn load(data: &Path, database: &Path) -> Result<u64, Fault> {
    let store = Store::open(database, jiedui::config::IMPORT_CACHE_BYTES)?;
    let author = Author { time_ms: 0, name: "peers".to_owned(), note: "the kit's tables".to_owned() };
    let mut count = 0;
    // The store takes its own errors alone; what a table has wrong ends the load all the same.
    let wrong = std::cell::RefCell::new(None);
    let records = records(data)?.map(|record| {
        count += 1;
        record.map(Change::Put).map_err(|fault| {
            let told = fault.to_string();
            wrong.borrow_mut().get_or_insert(fault);
            StoreError::Damaged(told)
        })
    });
    let applied = store.writer()?.apply_stream(&author, records);
    if let Some(fault) = wrong.into_inner() {
        return Err(fault);
    }
    applied?.0.commit()?;
    Ok(count)
}

/// Every record, in the order of the ids.
fn records(data: &Path) -> Result<impl Iterator<Item = Result<Record, Fault>>, Fault> {
    let table = |name: &str| -> Result<_, Fault> {
        Ok(csv::Reader::from_reader(File::open(data.join(name).with_extension("csv"))?).into_records())
    };
    let each = |name: &str, make: fn(&Row) -> Result<Record, Fault>| -> Result<_, Fault> {
        Ok(table(name)?.map(move |row| make(&row?)))
    };
    let programmes = ["city_county", "county_county", "enterprise_village"].map(programme);
    let indicators = METRICS.map(|(name, unit)| Ok(indicator(name, unit)));
    Ok(each("regions", region)?
        .chain(each("enterprises", enterprise)?)
        .chain(each("labor_stations", labor_station)?)
        .chain(programmes)
        .chain(each("pairings", pairing)?)
        .chain(each("projects", project)?)
        .chain(indicators)
        .chain(each("observations", observation)?))
}

/// The kit's metrics in the order of their ids, with their units.
const METRICS: [(&str, &str); 10] = [
    ("cadres_sent", "person"),
    ("doctors_sent", "person"),
    ("factories_opened", "workshop"),
    ("funds_yuan", "yuan"),
    ("goods_bought_yuan", "yuan"),
    ("households_helped", "household"),
    ("income_per_head_yuan", "yuan"),
    ("people_trained", "person"),
    ("teachers_sent", "person"),
    ("workers_placed", "person"),
];

/// A record that is being filled.
struct Draft(Record);

impl Draft {
    fn new(kind: &'static Kind, key: &str) -> Self {
        Self(Record::new(kind, key))
    }

    fn named(kind: &'static Kind, key: &str, name: &str) -> Self {
        let mut draft = Self::new(kind, key);
        draft.0.values[slot::NAME] = Value::Text(name.to_owned());
        draft
    }

    fn with(mut self, field: &str, value: Value) -> Self {
        let slot = self.0.kind.slot_of(field);
        self.0.values[slot] = value;
        self
    }

    /// A value of the field's scalar as a person writes it; nothing where the text is empty.
    fn read(self, field: &str, text: &str) -> Result<Self, Fault> {
        let declared = &self.0.kind.fields[self.0.kind.slot_of(field) - slot::OWN];
        match declared.shape {
            _ if text.is_empty() => Ok(self),
            Shape::One(scalar) => Ok(self.with(field, scalar.parse(text)?)),
            _ => Err(format!("{field} holds no single value").into()),
        }
    }
}

fn region(row: &Row) -> Result<Record, Fault> {
    let [code, name, level, parent] = columns(row)?;
    let level: usize = level.parse()?;
    let kind = LEVELS.get(level.wrapping_sub(1)).ok_or("a level is 1 to 5")?;
    let draft = Draft::named(kind, code, name).with("code", Value::Text(code.to_owned()));
    Ok(match parent {
        "" => draft.0,
        parent => draft.with("parent", Value::Ref(of_code(parent)?)).0,
    })
}

fn enterprise(row: &Row) -> Result<Record, Fault> {
    let [id, name, region, industry] = columns(row)?;
    let draft = Draft::named(&ENTERPRISE, &key(id)?, name).with("region", Value::Ref(of_code(region)?));
    Ok(draft.read("industry", industry)?.0)
}

fn labor_station(row: &Row) -> Result<Record, Fault> {
    let [id, name, county, operator] = columns(row)?;
    let draft = Draft::named(&LABOR_STATION, &key(id)?, name).with("region", Value::Ref(of_code(county)?));
    Ok(draft.with("operator", Value::Ref(of_code(operator)?)).0)
}

fn programme(name: &str) -> Result<Record, Fault> {
    Ok(Draft::named(&PROGRAMME, name, name).read("kind", "PROGRAMME")?.0)
}

fn pairing(row: &Row) -> Result<Record, Fault> {
    let [id, kind, region, company, helped, since, until] = columns(row)?;
    let helper = match region {
        "" => Id::new(&ENTERPRISE, &key(company)?),
        region => of_code(region)?,
    };
    let side =
        |party: Id| Value::List(vec![Value::Struct(vec![Value::Ref(party), Value::Null, Value::Null, Value::Null])]);
    let draft = Draft::named(&PAIRING, &key(id)?, kind)
        .with("helpers", side(helper))
        .with("helped", side(of_code(helped)?))
        .with("programme", Value::Ref(Id::new(&PROGRAMME, kind)))
        .read("form", "AID")?
        .read("since", since)?
        .read("until", until)?;
    let mut record = draft.0;
    record.values[slot::ANONYMOUS] = Value::Bool(true);
    Ok(record)
}

fn project(row: &Row) -> Result<Record, Fault> {
    let [id, pairing, name, kind, amount, year] = columns(row)?;
    let draft = Draft::named(&PROJECT, &key(id)?, name).with("pairing", Value::Ref(Id::new(&PAIRING, &key(pairing)?)));
    Ok(draft.read("sector", kind)?.read("amount", amount)?.read("completed", year)?.0)
}

fn indicator(name: &str, unit: &str) -> Record {
    Draft::named(&INDICATOR, name, name).with("unit", Value::Text(unit.to_owned())).0
}

fn observation(row: &Row) -> Result<Record, Fault> {
    let [id, pairing, metric, value, _, year] = columns(row)?;
    let year = Value::Date(PartialDate::parse(year)?);
    let mut period = vec![Value::Null; PERIOD.fields.len()];
    period[PERIOD.slot_of("start")] = year.clone();
    period[PERIOD.slot_of("end")] = year;
    let draft = Draft::new(&OBSERVATION, &key(id)?)
        .with("subject", Value::Ref(Id::new(&PAIRING, &key(pairing)?)))
        .with("indicator", Value::Ref(Id::new(&INDICATOR, metric)))
        .with("value", Value::Decimal(Decimal::parse(value)?))
        .with("period", Value::Struct(period));
    Ok(draft.read("qualifier", "EXACT")?.read("nature", "ACTUAL")?.read("basis", "STATED")?.0)
}

fn columns<const N: usize>(row: &Row) -> Result<[&str; N], Fault> {
    let cells: Vec<&str> = row.iter().collect();
    cells.try_into().map_err(|cells: Vec<_>| format!("{N} columns expected, {} found", cells.len()).into())
}

fn key(number: &str) -> Result<String, Fault> {
    Ok(format!("{:08}", number.parse::<u32>()?))
}

/// A code has 2, 4, 6, 9 or 12 digits, by its level.
fn of_code(code: &str) -> Result<Id, Fault> {
    let level = match code.len() {
        2 => 0,
        4 => 1,
        6 => 2,
        9 => 3,
        12 => 4,
        _ => return Err(format!("\"{code}\" is no code of a region").into()),
    };
    Ok(Id::new(LEVELS[level], code))
}
