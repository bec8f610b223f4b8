//! `jiedui check`: every derived row is recomputed from the records and compared with what the file holds.

use std::fmt;
use std::hash::{DefaultHasher, Hasher};

use redb::{ReadableTable, ReadableTableMetadata};

use super::covers::{self, Parsed};
use super::derive::{Derived, derived, each_reference};
use super::key;
use super::log::{self, Changed, Head};
use super::writer::Given;
use super::{
    BUILTIN, COUNTS, COVERS, HISTORY, INDEX, LOG, LOG_PARTS, POSTINGS, RECORDS, REVERSE, Snapshot, StoreError, key_set,
    postings, sealed,
};
use crate::model::circle::{Circles, above, upward};
use crate::model::id::IdRef;
use crate::model::kinds::{KINDS, kind_of_tag};
use crate::model::record::Record;
use crate::model::row::Row;
use crate::model::value::Scalar;

/// A row that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which table.
    pub table: &'static str,
    /// Which row, as a person finds it.
    pub row: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.table, self.row, self.problem)
    }
}

/// What a derived table comes to, whatever its order: how many rows, and the sum of their hashes. Where the rows that follow
/// from the records come to the same as those that are there, they are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    hashes: u64,
}

impl Sum {
    fn add(&mut self, row: impl std::hash::Hash) {
        let mut hasher = DefaultHasher::new();
        row.hash(&mut hasher);
        self.rows += 1;
        self.hashes = self.hashes.wrapping_add(hasher.finish());
    }
}

/// The sums of the derived tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sums {
    reverse: Sum,
    index: Sum,
    postings: Sum,
    covers: Sum,
}

/// Compares everything that follows from the records with what is stored. Calls back for every difference, and gives how
/// many rows it looked at. It holds no more in memory than one record, what follows from it, and long chains of parts. Only where a table does not
/// come to what follows from the records are its rows looked at one by one.
pub fn check(snapshot: &Snapshot, mut found: impl FnMut(Difference)) -> Result<u64, StoreError> {
    let mut report = |table, row: String, problem: String| found(Difference { table, row, problem });
    let mut rows = 0;
    let mut counts = [0u64; 256];
    let mut follows = Sums::default();
    let newest = snapshot.revision()?;
    let mut circles = Circles::default();
    let records = snapshot.transaction().open_table(RECORDS)?;
    for entry in ReadableTable::iter(&records)? {
        let (key, value) = entry?;
        rows += 1;
        check_record(snapshot, key.value(), value.value(), newest, &mut counts, &mut follows, &mut report)?;
        check_circles(snapshot, key.value(), sealed::row_of(value.value()), &mut circles, &mut report)?;
    }
    let there = sums(snapshot)?;
    rows += there.reverse.rows + there.index.rows + there.postings.rows + there.covers.rows;
    if follows != there {
        for entry in ReadableTable::iter(&records)? {
            let (key, value) = entry?;
            check_missing(snapshot, key.value(), value.value(), &mut report)?;
        }
        check_derived(snapshot, &mut report)?;
    }
    rows += check_counts(snapshot, &counts, &mut report)?;
    rows += check_log(snapshot, newest, &mut report)?;
    let builtin = snapshot.transaction().open_table(BUILTIN)?;
    for entry in ReadableTable::iter(&builtin)? {
        let (key, hash) = entry?;
        rows += 1;
        match IdRef::from_bytes(key.value()).filter(|id| id.kind().is_some()) {
            None => report("builtin", hex(key.value()), "its key is no record's".to_owned()),
            Some(id) if Given::unpack(hash.value()).is_none() => {
                report("builtin", id.to_string(), "its hash has not 32 bytes".to_owned());
            }
            Some(_) => {}
        }
    }
    Ok(rows)
}

type Report<'r> = dyn FnMut(&'static str, String, String) + 'r;

fn check_record(
    snapshot: &Snapshot,
    key: &[u8],
    value: &[u8],
    newest: u64,
    counts: &mut [u64; 256],
    follows: &mut Sums,
    report: &mut Report<'_>,
) -> Result<(), StoreError> {
    let Some(id) = IdRef::from_bytes(key) else {
        report("records", hex(key), "its key is no record's".to_owned());
        return Ok(());
    };
    let Some(kind) = id.kind() else {
        report("records", id.to_string(), "no kind has this tag".to_owned());
        return Ok(());
    };
    counts[usize::from(id.tag)] += 1;
    if !sealed::is_intact(value) {
        report("records", id.to_string(), "its row is not the one that was written".to_owned());
    }
    let (version, row) = (sealed::version_of(value), sealed::row_of(value));
    if version == 0 || version > newest {
        report("records", id.to_string(), format!("its version is {version}, the newest revision {newest}"));
    }
    let record = Record::unpack(kind, row);
    if record.key() != id.key {
        report("records", id.to_string(), format!("its row says that its key is \"{}\"", record.key()));
    }
    if record.pack() != row {
        report("records", id.to_string(), "its row is not what its values pack to".to_owned());
    }
    for problem in record.problems() {
        report("records", id.to_string(), format!("{}: {}", problem.path, problem.problem));
    }
    let row = Row::new(row);
    covers::entries(kind, id, row, |key, _| follows.covers.add((key, value)));
    for expected in derived(kind, id, row) {
        match expected {
            Derived::Reverse(key) => follows.reverse.add(key),
            Derived::Index(key) => follows.index.add(key),
            Derived::Posting(token, standing) => {
                follows.postings.add((&*token.bytes(), id.tag, id.key, standing));
            }
        }
    }
    let mut targets = Vec::new();
    each_reference(kind, row, |_, target, _| targets.push(target.to_owned()));
    for target in targets {
        if snapshot.get(target.as_ref())?.is_none() {
            report("records", id.to_string(), format!("refers to {target}, which is not there"));
        }
    }
    Ok(())
}

/// A record that stands above itself.
fn check_circles(
    snapshot: &Snapshot,
    key: &[u8],
    row: &[u8],
    circles: &mut Circles,
    report: &mut Report<'_>,
) -> Result<(), StoreError> {
    let Some(id) = IdRef::from_bytes(key) else { return Ok(()) };
    let Some(kind) = id.kind() else { return Ok(()) };
    for (slot, field) in upward(kind).filter(|(slot, _)| !Row::new(row).slot(*slot).is_empty()) {
        let walk = circles.find(slot, &id.to_owned(), |at| {
            let stored = snapshot.get(at.as_ref())?;
            Ok::<_, StoreError>(stored.and_then(|stored| above(&Record::unpack_row(stored.kind, stored.row()), slot)))
        })?;
        if let Some(problem) = walk.problem() {
            report("records", id.to_string(), format!("{}: {problem}", field.name));
        }
        circles.remember(walk);
    }
    Ok(())
}

/// What the derived tables come to.
fn sums(snapshot: &Snapshot) -> Result<Sums, StoreError> {
    let mut sums = Sums::default();
    for key in key_set::all(&snapshot.transaction().open_table(REVERSE)?)? {
        sums.reverse.add(key?);
    }
    for key in key_set::all(&snapshot.transaction().open_table(INDEX)?)? {
        sums.index.add(key?);
    }
    for entry in ReadableTable::iter(&snapshot.transaction().open_table(POSTINGS)?)? {
        let (row, block) = entry?;
        if let Some((token, tag, first)) = key::posting_parts(row.value()) {
            postings::decode(first, block.value())
                .for_each(|(key, standing)| sums.postings.add((token, tag, key.as_str(), standing)));
        }
    }
    for entry in ReadableTable::iter(&snapshot.transaction().open_table(COVERS)?)? {
        let (_, block) = entry?;
        let block = Parsed::new(block.value());
        let mut key = Vec::new();
        for entry in &block.entries {
            key.clear();
            block.key(entry, &mut key);
            sums.covers.add((key.as_slice(), block.sealed(entry)));
        }
    }
    Ok(sums)
}

/// The rows that follow from a record and are not there.
fn check_missing(snapshot: &Snapshot, key: &[u8], value: &[u8], report: &mut Report<'_>) -> Result<(), StoreError> {
    let Some(id) = IdRef::from_bytes(key) else { return Ok(()) };
    let Some(kind) = id.kind() else { return Ok(()) };
    let row = sealed::row_of(value);
    let mut entries = Vec::new();
    covers::entries(kind, id, Row::new(row), |key, _| entries.push(key.to_vec()));
    for entry in entries {
        if snapshot.covers.entry(&entry)?.as_deref() != Some(value) {
            report("covers", id.to_string(), format!("the entry {} is missing or has another row", hex(&entry)));
        }
    }
    for expected in derived(kind, id, Row::new(row)) {
        let (table, there, told) = match &expected {
            Derived::Reverse(key) => ("reverse", snapshot.has_reverse(key)?, hex(key)),
            Derived::Index(key) => ("index", snapshot.has_index(key)?, hex(key)),
            Derived::Posting(token, standing) => {
                ("postings", snapshot.standing(*token, id)? == Some(*standing), hex(&token.bytes()))
            }
        };
        if !there {
            report(table, id.to_string(), format!("the row {told} is missing"));
        }
    }
    Ok(())
}

/// The rows of the derived tables that follow from no record.
fn check_derived(snapshot: &Snapshot, report: &mut Report<'_>) -> Result<(), StoreError> {
    let mut before = Vec::new();
    for key in key_set::all(&snapshot.transaction().open_table(REVERSE)?)? {
        let key = key?;
        let source = key::reverse_source(&key).map(|(source, _)| source);
        let wanted = |row: &Derived| matches!(row, Derived::Reverse(known) if *known == key);
        check_follows("reverse", snapshot, &key, source, wanted, report)?;
        check_order("reverse", &mut before, key, report);
    }
    before.clear();
    for key in key_set::all(&snapshot.transaction().open_table(INDEX)?)? {
        let key = key?;
        let source = scalar_of_index(&key).and_then(|scalar| key::index_source(&key, scalar));
        let wanted = |row: &Derived| matches!(row, Derived::Index(known) if *known == key);
        check_follows("index", snapshot, &key, source, wanted, report)?;
        check_order("index", &mut before, key, report);
    }
    for entry in ReadableTable::iter(&snapshot.transaction().open_table(POSTINGS)?)? {
        let (row, block) = entry?;
        let Some((token, tag, first)) = key::posting_parts(row.value()) else {
            report("postings", hex(row.value()), "its key is no posting's".to_owned());
            continue;
        };
        for (key, standing) in postings::decode(first, block.value()) {
            let wanted = |row: &Derived| matches!(row, Derived::Posting(known, stands) if *known.bytes() == *token && *stands == standing);
            check_follows("postings", snapshot, token, Some(IdRef { tag, key: &key }), wanted, report)?;
        }
    }
    for entry in ReadableTable::iter(&snapshot.transaction().open_table(COVERS)?)? {
        let (first, block) = entry?;
        check_block(snapshot, first.value(), &Parsed::new(block.value()), report)?;
    }
    Ok(())
}

/// A key of a set that stands where nobody looks for it, or stands twice.
fn check_order(table: &'static str, before: &mut Vec<u8>, key: Vec<u8>, report: &mut Report<'_>) {
    if !before.is_empty() && key <= *before {
        report(table, hex(&key), "it stands out of order".to_owned());
    }
    *before = key;
}

/// The entries of a block that follow from no record, or stand where nobody looks for them.
fn check_block(
    snapshot: &Snapshot,
    first: &[u8],
    block: &Parsed<&[u8]>,
    report: &mut Report<'_>,
) -> Result<(), StoreError> {
    let mut before: Option<Vec<u8>> = None;
    for entry in &block.entries {
        let mut key = Vec::new();
        block.key(entry, &mut key);
        if before.as_ref().map_or(key != first, |before| key <= *before) {
            report("covers", hex(&key), "it stands out of order".to_owned());
        }
        let source = std::str::from_utf8(block.source(entry)).unwrap_or_default();
        let id = IdRef { tag: entry.tag, key: source };
        let mut follows = false;
        if let Some(record) = snapshot.get(id)? {
            covers::entries(record.kind, id, record.row(), |known, _| follows |= known == key);
        }
        if !follows {
            report("covers", hex(&key), format!("it does not follow from {source}"));
        }
        before = Some(key);
    }
    Ok(())
}

fn check_follows(
    table: &'static str,
    snapshot: &Snapshot,
    key: &[u8],
    source: Option<IdRef<'_>>,
    wanted: impl Fn(&Derived) -> bool,
    report: &mut Report<'_>,
) -> Result<(), StoreError> {
    let Some(source) = source.filter(|source| source.kind().is_some()) else {
        report(table, hex(key), "it leads to no record".to_owned());
        return Ok(());
    };
    match snapshot.get(source)? {
        None => report(table, hex(key), format!("it leads to {source}, which is not there")),
        Some(record) if !derived(record.kind, source, record.row()).iter().any(wanted) => {
            report(table, hex(key), format!("it does not follow from {source}"));
        }
        Some(_) => {}
    }
    Ok(())
}

fn scalar_of_index(key: &[u8]) -> Option<Scalar> {
    KINDS
        .iter()
        .flat_map(|kind| key::indexed(kind))
        .find(|field| key.starts_with(&key::index_prefix(field.id, &[])))
        .map(|field| field.scalar)
}

fn check_counts(snapshot: &Snapshot, counted: &[u64; 256], report: &mut Report<'_>) -> Result<u64, StoreError> {
    let mut rows = 0;
    let counts = snapshot.transaction().open_table(COUNTS)?;
    for entry in ReadableTable::iter(&counts)? {
        let (tag, count) = entry?;
        rows += 1;
        let (tag, count) = (tag.value(), count.value());
        if kind_of_tag(tag).is_none() {
            report("counts", format!("tag {tag}"), "no kind has this tag".to_owned());
        } else if count != counted[usize::from(tag)] {
            let counted = counted[usize::from(tag)];
            report("counts", format!("tag {tag}"), format!("says {count} records, there are {counted}"));
        }
    }
    for kind in KINDS {
        if counted[usize::from(kind.tag)] > 0 && ReadableTable::get(&counts, kind.tag)?.is_none() {
            report("counts", kind.id.to_owned(), "is missing".to_owned());
        }
    }
    Ok(rows)
}

fn check_log(snapshot: &Snapshot, newest: u64, report: &mut Report<'_>) -> Result<u64, StoreError> {
    let mut rows = 0;
    let mut histories = 0;
    let mut expected: Option<u64> = None;
    let mut all_parts = 0;
    let history = snapshot.transaction().open_table(HISTORY)?;
    let log = snapshot.transaction().open_table(LOG)?;
    let many = snapshot.transaction().open_table(LOG_PARTS)?;
    for entry in ReadableTable::iter(&log)? {
        let (revision, bytes) = entry?;
        let revision = revision.value();
        rows += 1;
        if expected.is_some_and(|expected| expected != revision) {
            report("log", format!("revision {revision}"), "the revisions before it have a gap".to_owned());
        }
        expected = Some(revision + 1);
        let told = format!("revision {revision}");
        let (mut changes, mut parts, mut foreign) = (0, 0, false);
        let mut unknown = Vec::new();
        let mut count = |(id, before): &Changed| {
            changes += 1;
            foreign |= id.as_ref().kind().is_none();
            if before.is_some() {
                histories += 1;
                let key = key::history(id.as_ref(), revision);
                if ReadableTable::get(&history, key.as_slice())?.is_none() {
                    unknown.push(id.to_string());
                }
            }
            Ok::<_, StoreError>(())
        };
        let head = match Head::unpack(bytes.value()) {
            Err(error) => {
                report("log", told, error.to_string());
                continue;
            }
            Ok(head) => head,
        };
        head.entry.changes.iter().try_for_each(&mut count)?;
        for part in log::parts(&many, revision)? {
            parts += 1;
            match part {
                Err(error) => report("log_parts", told.clone(), error.to_string()),
                Ok(changes) => changes.iter().try_for_each(&mut count)?,
            }
        }
        for id in unknown {
            report("history", id, format!("does not name {told}, which changed it"));
        }
        all_parts += u64::from(parts);
        if parts != head.parts {
            report("log_parts", told, format!("has {parts} parts, its row in the log says {}", head.parts));
        } else if changes == 0 || foreign {
            report("log", told, "it names no record that it changed".to_owned());
        }
    }
    if many.len()? != all_parts {
        report("log_parts", "all".to_owned(), format!("has {} parts, the log has {all_parts}", many.len()?));
    }
    let there = history.len()?;
    if there > histories {
        report("history", format!("{there} rows"), format!("the log names {histories} of them"));
    }
    rows += all_parts + there;
    if expected.is_some_and(|expected| expected != newest + 1) || (expected.is_none() && newest != 0) {
        report("meta", "revision".to_owned(), format!("says {newest}, which is not the log's newest"));
    }
    Ok(rows)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b' '..=b'~' => (*byte as char).to_string(),
            _ => format!("\\x{byte:02x}"),
        })
        .collect()
}
