//! What the editions say of a region, brought into its record. What a record holds already stays.

use super::names::{Code, bare, division};
use crate::model::catalog::{COMMON, FORMER_NAME, Shape, slot};
use crate::model::closed::{Closed, DIVISION, LINEAGE_BASIS};
use crate::model::date::PartialDate;
use crate::model::id::Id;
use crate::model::kinds::{LEVELS, PROVINCE, REGION_CODE};
use crate::model::record::Record;
use crate::model::value::Value;

const CODE: usize = PROVINCE.slot_of("code");
const CODES: usize = PROVINCE.slot_of("codes");
const KIND: usize = PROVINCE.slot_of("division");
const PARENT: usize = PROVINCE.slot_of("parent");
const FORMER_NAMES: usize = PROVINCE.slot_of("formerNames");
const PREDECESSORS: usize = PROVINCE.slot_of("predecessors");
const ABOLISHED: usize = PROVINCE.slot_of("abolished");
const FORMER_PARENT: usize = PROVINCE.slot_of("formerParent");

const THE_CODE: usize = REGION_CODE.slot_of("code");
const SYSTEM: usize = REGION_CODE.slot_of("system");
const CODE_FROM: usize = REGION_CODE.slot_of("validFrom");
const CODE_UNTIL: usize = REGION_CODE.slot_of("validUntil");
const CODE_BASIS: usize = REGION_CODE.slot_of("basis");

const FORMER_NAME_ITSELF: usize = FORMER_NAME.slot_of("name");
const FORMER_UNTIL: usize = FORMER_NAME.slot_of("validUntil");

/// A code or name and when it held.
#[derive(Debug, Clone)]
pub struct Dated<T> {
    /// The code or name.
    pub value: T,
    /// From when.
    pub from: Option<PartialDate>,
    /// Whether one of the lists that were read is older and lacks it.
    pub began: bool,
    /// Until when.
    pub until: Option<PartialDate>,
    /// Whether the next newer list was read and lacks it.
    pub ended: bool,
    /// Inferred to be this region's.
    pub inferred: bool,
    /// The source that has it last; nothing where the store has it already.
    pub source: Option<Id>,
}

/// What the editions say of a region.
#[derive(Debug)]
pub struct Facts {
    /// Its codes, the newest first; one at least.
    pub codes: Vec<Dated<Code>>,
    /// Its names, the newest first; one at least.
    pub names: Vec<Dated<String>>,
    /// The names of the regions above it, which are no part of its own.
    pub above: Vec<String>,
    /// The region right above it, where it was last seen.
    pub parent: Option<Id>,
    /// From when it is no more; nothing where the newest edition has it.
    pub abolished: Option<PartialDate>,
    /// What it was made from: the region, when, and the source that shows it.
    pub predecessors: Vec<(Id, PartialDate, Option<Id>)>,
}

/// How a record stands before.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// An import wrote it last: no keeper, and not the built-in data.
    pub ours: bool,
    /// The newest edition is newer than all that were imported before.
    pub newer: bool,
}

/// What merging added.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// Former names.
    pub former_names: u64,
    /// Codes beyond the first of a new region.
    pub codes: u64,
    /// Edges to predecessors.
    pub predecessors: u64,
    /// Regions that are no more.
    pub abolished: u64,
}

/// The record with what the editions say; `record` is nothing where the region is new.
pub fn merge(record: Option<Record>, standing: Standing, facts: &Facts, added: &mut Added) -> Record {
    let code = facts.codes[0].value;
    let is_new = record.is_none();
    let mut record = record.unwrap_or_else(|| Record::new(LEVELS[code.level()], &code.to_string()));
    // Whether the newest edition decides what the region is today.
    let decides = is_new || standing.ours && standing.newer;
    let mut cited: Vec<(Id, &str)> = Vec::new();
    name(&mut record, is_new, decides, facts, added, &mut cited);
    codes(&mut record, is_new, standing.ours, facts, added, &mut cited);
    if record.values[KIND] == Value::Null || decides {
        let kind = division(code, &facts.names[0].value).and_then(|kind| DIVISION.code(kind));
        record.values[KIND] = kind.map_or(Value::Null, Value::Closed);
    }
    match facts.abolished {
        None => today(&mut record, decides, standing.newer, facts),
        Some(date) => abolish(&mut record, is_new || standing.ours, date, facts, added),
    }
    for (predecessor, on, source) in &facts.predecessors {
        let entries = list(&mut record.values[PREDECESSORS]);
        let known = entries.iter_mut().find_map(|entry| match entry {
            Value::Struct(values) if values[0] == Value::Ref(predecessor.clone()) => Some(values),
            _ => None,
        });
        if let Some(values) = known {
            mend(&mut values[1], Some(*on));
        } else {
            let basis = closed(&LINEAGE_BASIS, "INFERRED");
            entries.push(Value::Struct(vec![Value::Ref(predecessor.clone()), Value::Date(*on), basis, Value::Null]));
            added.predecessors += 1;
            cited.extend(source.clone().map(|source| (source, "predecessors")));
        }
    }
    if let Some(source) = &facts.codes[0].source {
        cite(&mut record, source, "");
    }
    for (source, field) in cited {
        cite(&mut record, &source, field);
    }
    for value in &mut record.values {
        if matches!(value, Value::List(items) if items.is_empty()) {
            *value = Value::Null;
        }
    }
    record
}

/// Its name, where the newest edition decides it; other names are former ones, or aliases where today's has another form.
fn name<'f>(
    record: &mut Record,
    is_new: bool,
    decides: bool,
    facts: &'f Facts,
    added: &mut Added,
    cited: &mut Vec<(Id, &'f str)>,
) {
    let above: Vec<&str> = facts.above.iter().map(String::as_str).collect();
    let bare = |name: &str| bare(name, &above);
    let newest = &facts.names[0];
    let known: Vec<String> = texts(&record.values[slot::NAME])
        .into_iter()
        .chain(texts(&record.values[slot::ALIASES]))
        .map(|name| bare(&name))
        .collect();
    let mut former: Vec<&Dated<String>> = facts.names[1..].iter().collect();
    let mut replaced = None;
    if is_new {
        record.values[slot::NAME] = Value::Text(newest.value.clone());
    } else if facts.abolished.is_some() {
        // Its last name is the one that the store has, or one of those before.
        former.insert(0, newest);
    } else if !known.contains(&bare(&newest.value)) {
        if decides {
            let old = std::mem::replace(&mut record.values[slot::NAME], Value::Text(newest.value.clone()));
            if let [old] = texts(&old).as_slice() {
                replaced = Some(Dated {
                    value: old.clone(),
                    from: None,
                    began: false,
                    until: newest.from,
                    ended: false,
                    inferred: false,
                    source: None,
                });
            }
        } else if newest.source.is_some() {
            list(&mut record.values[slot::ALIASES]).push(Value::Text(newest.value.clone()));
        }
    }
    former.extend(&replaced);
    for dated in former {
        if names_of(record).iter().any(|other| bare(other) == bare(&dated.value)) {
            for item in list(&mut record.values[FORMER_NAMES]) {
                if let Value::Struct(values) = item
                    && values[FORMER_NAME_ITSELF] == Value::Text(dated.value.clone())
                {
                    mend(&mut values[FORMER_UNTIL], dated.until.filter(|_| dated.ended));
                }
            }
            continue;
        }
        let values = vec![Value::Text(dated.value.clone()), date(dated.from), date(dated.until)];
        debug_assert_eq!(values.len(), FORMER_NAME.fields.len());
        list(&mut record.values[FORMER_NAMES]).push(Value::Struct(values));
        added.former_names += 1;
        cited.extend(dated.source.clone().map(|source| (source, "formerNames")));
    }
}

/// Adds the codes that it does not know yet, and mends the dates that imports before could tell less exactly.
fn codes<'f>(
    record: &mut Record,
    is_new: bool,
    ours: bool,
    facts: &'f Facts,
    added: &mut Added,
    cited: &mut Vec<(Id, &'f str)>,
) {
    let entries = list(&mut record.values[CODES]);
    for (place, dated) in facts.codes.iter().enumerate() {
        let text = Value::Text(dated.value.to_string());
        let known = entries.iter().position(|entry| matches!(entry, Value::Struct(values) if values[THE_CODE] == text));
        let Some(known) = known else {
            let mut values = vec![Value::Null; REGION_CODE.fields.len()];
            values[THE_CODE] = text;
            values[SYSTEM] = Value::Text(dated.value.system().to_owned());
            values[CODE_FROM] = date(dated.from);
            values[CODE_UNTIL] = date(dated.until);
            // In an old record it is the newer code that is joined to it.
            if dated.inferred || !is_new && facts.codes.len() > 1 {
                values[CODE_BASIS] = closed(&LINEAGE_BASIS, "INFERRED");
            }
            entries.push(Value::Struct(values));
            if !is_new || place > 0 {
                added.codes += 1;
                cited.extend(dated.source.clone().map(|source| (source, "codes")));
            }
            continue;
        };
        let Value::Struct(values) = &mut entries[known] else { continue };
        if values[CODE_UNTIL] == Value::Null {
            values[CODE_UNTIL] = date(dated.until);
        }
        mend(&mut values[CODE_UNTIL], dated.until.filter(|_| dated.ended));
        // Only dates of ours are approximate: an older edition that has the code already tells it better.
        if values[CODE_FROM] == Value::Null && ours && dated.began {
            values[CODE_FROM] = date(dated.from);
        }
        let Value::Date(before) = values[CODE_FROM] else { continue };
        let earlier = dated.from.is_none_or(|from| from.sort_key() < before.sort_key());
        if before.is_approximate() && earlier {
            values[CODE_FROM] = date(dated.from);
            for entry in entries.iter_mut() {
                if let (Value::Struct(values), Some(from)) = (entry, dated.from)
                    && values[CODE_UNTIL] == Value::Date(before)
                {
                    values[CODE_UNTIL] = Value::Date(from);
                }
            }
        }
    }
}

/// The region is in the newest edition.
fn today(record: &mut Record, decides: bool, newer: bool, facts: &Facts) {
    let text = Value::Text(facts.codes[0].value.to_string());
    let recoded = facts.codes[1..].iter().any(|code| Value::Text(code.value.to_string()) == record.values[CODE]);
    if decides || newer && recoded {
        record.values[CODE] = text;
    }
    if decides {
        record.values[PARENT] = facts.parent.clone().map_or(Value::Null, Value::Ref);
        record.values[ABOLISHED] = Value::Null;
        record.values[FORMER_PARENT] = Value::Null;
    }
}

/// The region is in an older edition alone.
fn abolish(record: &mut Record, ours: bool, on: PartialDate, facts: &Facts, added: &mut Added) {
    if ours {
        mend(&mut record.values[ABOLISHED], Some(on).filter(|_| facts.codes[0].ended));
    }
    let had = |code: &Dated<Code>| record.values[CODE] == Value::Text(code.value.to_string());
    let fresh = record.values[CODE] == Value::Null && record.values[PARENT] == Value::Null;
    if record.values[ABOLISHED] != Value::Null || !ours || !(fresh || facts.codes.iter().any(had)) {
        return;
    }
    record.values[CODE] = Value::Null;
    record.values[FORMER_PARENT] = match std::mem::replace(&mut record.values[PARENT], Value::Null) {
        Value::Null => facts.parent.clone().map_or(Value::Null, Value::Ref),
        parent => parent,
    };
    record.values[ABOLISHED] = Value::Date(on);
    added.abolished += 1;
}

/// Makes an approximate date earlier, where an edition between tells it better: only dates of imports are approximate.
fn mend(value: &mut Value, to: Option<PartialDate>) {
    if let (Value::Date(before), Some(to)) = (&*value, to)
        && before.is_approximate()
        && to.sort_key() < before.sort_key()
    {
        *value = Value::Date(to);
    }
}

/// Cites a source, for the record as a whole or for a field. One edition of a gazetteer is enough for the whole.
fn cite(record: &mut Record, source: &Id, field: &str) {
    let family = |key: &str| key.rsplit_once('-').map(|(family, _)| family.to_owned());
    let value = if field.is_empty() { Value::Null } else { Value::Text(field.to_owned()) };
    let Shape::Edge(edge) = COMMON[slot::CITATIONS].shape else { return };
    let place = edge.properties.iter().position(|property| property.name == "field").map_or(0, |place| place + 1);
    let entries = list(&mut record.values[slot::CITATIONS]);
    let knows = entries.iter().any(|entry| match entry {
        Value::Struct(values) => {
            let same = |cited: &Id| *cited == *source || field.is_empty() && family(&cited.key) == family(&source.key);
            matches!(&values[0], Value::Ref(cited) if same(cited)) && values[place] == value
        }
        _ => false,
    });
    if !knows {
        let mut values = vec![Value::Null; edge.properties.len() + 1];
        values[0] = Value::Ref(source.clone());
        values[place] = value;
        entries.push(Value::Struct(values));
    }
}

/// Every name that a record has or had.
pub fn names_of(record: &Record) -> Vec<String> {
    let mut names = texts(&record.values[slot::NAME]);
    names.extend(texts(&record.values[slot::ALIASES]));
    if let Value::List(items) = &record.values[FORMER_NAMES] {
        names.extend(items.iter().filter_map(|item| match item {
            Value::Struct(values) => texts(&values[0]).pop(),
            _ => None,
        }));
    }
    names
}

/// Today's code of a region, where it has one.
pub fn code_of(record: &Record) -> Option<Code> {
    let level = usize::from(record.kind.tag).checked_sub(1)?;
    match &record.values[CODE] {
        Value::Text(code) => Code::of_region(level, code),
        _ => None,
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::List(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn date(date: Option<PartialDate>) -> Value {
    date.map_or(Value::Null, Value::Date)
}

fn closed(list: &Closed, value: &str) -> Value {
    list.code(value).map_or(Value::Null, Value::Closed)
}

fn list(value: &mut Value) -> &mut Vec<Value> {
    if !matches!(value, Value::List(_)) {
        *value = Value::List(Vec::new());
    }
    match value {
        Value::List(items) => items,
        _ => unreachable!("it was made a list just now"),
    }
}
