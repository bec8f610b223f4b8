//! The oracle: random filters, orders, pages and aggregates over random data, each answer held against a plain full scan.
//!
//! `data` makes records; `world` is the oracle's own view of them, and `filter` and `reckon` are what it thinks; `questions`
//! makes them up and `compare` asks them; `beside` has set operators meet their opposites. A difference is made as small as it can be and told with its seed, which is
//! counted from `JIEDUI_ORACLE_SEED` where that is given.

mod beside;
mod changing;
mod compare;
pub mod data;
mod filter;
mod questions;
mod reckon;
mod smaller;
mod world;

use std::sync::{Arc, LazyLock};

use jiedui::api::Api;
use jiedui::config::Limits;
use jiedui::model::kinds::{KINDS, kind_named};
use jiedui::model::record::Record;
use jiedui::query::types;
use jiedui::query::types::FieldDef;
use jiedui::store::{Author, Change, Store};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use self::compare::nodes;
use self::data::Random;
use self::questions::Asker;
use self::reckon::is_number;
use self::world::{At, World};
use crate::support::{TIME_MS, open};

/// A database of random records, and the oracle's view of them.
struct Both {
    _folder: TempDir,
    api: Api,
    world: World,
}

/// A question about one connection.
#[derive(Debug, Clone)]
struct Case {
    /// For what of the writing is random.
    seed: u64,
    /// The record whose connection it is; a root connection has none.
    at: Option<At>,
    field: String,
    of: &'static str,
    filter: Json,
    order: Json,
    page: PageCase,
    groups: Option<GroupCase>,
}

/// Which part of a connection, by places in the whole.
#[derive(Debug, Clone)]
struct PageCase {
    last: bool,
    size: usize,
    after: Option<usize>,
    before: Option<usize>,
}

#[derive(Debug, Clone)]
struct GroupCase {
    by: Json,
    having: Json,
    order: Json,
    /// What is reckoned: a field, dotted into a struct.
    measures: Vec<String>,
}

fn seed() -> u64 {
    std::env::var("JIEDUI_ORACLE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

fn write(store: &Store, changes: &[Change]) {
    let author = Author { time_ms: TIME_MS, name: "oracle".to_owned(), note: String::new() };
    let (writer, _) = store.writer().unwrap().apply(&author, changes).unwrap_or_else(|error| panic!("{error:#?}"));
    writer.commit().unwrap();
}

/// A database of these records. A nested condition may read more than a stranger's may.
fn loaded(records: &[Record]) -> (TempDir, Arc<Store>, Api) {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&folder.path().join("jiedui.redb")));
    write(&store, &records.iter().cloned().map(Change::Put).collect::<Vec<_>>());
    let limits = Limits { reads: usize::MAX, time_ms: 600_000, ..Limits::default() };
    (folder, store.clone(), Api::new(store, Default::default(), limits))
}

fn both() -> &'static Both {
    static BOTH: LazyLock<Both> = LazyLock::new(|| {
        let records = data::records(seed(), 1);
        let (folder, _, api) = loaded(&records);
        Both { _folder: folder, api, world: World::new(&records) }
    });
    &BOTH
}

/// The measures of the groups of a type.
fn measures(of: &str) -> Vec<String> {
    let fields = types().find(&format!("{of}Group")).unwrap().fields().iter();
    let fields = fields.filter(|field| !matches!(field.name.as_str(), "keys" | "count"));
    let each = fields.flat_map(|field| {
        let ty = types().find(field.ty.name()).unwrap();
        match ty.field("distinct") {
            Some(_) => vec![field.name.clone()],
            None => ty.fields().iter().map(|inner| format!("{}.{}", field.name, inner.name)).collect(),
        }
    });
    each.collect()
}

/// What a seed asks, and how it went.
#[derive(Default, Debug)]
struct Told {
    cases: usize,
    /// Where some pass and some do not.
    partial: usize,
    nodes: usize,
}

fn check(seeds: std::ops::Range<u64>, make: impl Fn(&mut Asker<'_>, u64) -> Option<Case>) -> Told {
    let both = both();
    let mut told = Told::default();
    for seed in seeds {
        let mut asker = Asker::new(&both.world, seed.wrapping_mul(0x9e37) ^ self::seed() << 40);
        let Some(mut case) = make(&mut asker, seed) else { continue };
        match both.check(&case) {
            Ok((all, passed)) => {
                told.cases += 1;
                told.partial += usize::from(passed > 0 && passed < all);
                told.nodes += all;
            }
            Err(mut why) => {
                let differs = |case: &Case| {
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| both.check(case).err())).ok().flatten()
                };
                let fails = |why: &String| why.contains("which differ at");
                while let Some((less, still)) = case.smaller().into_iter().find_map(|less| {
                    let why = differs(&less).filter(fails)?;
                    Some((less, why))
                }) {
                    (case, why) = (less, still);
                }
                panic!("seed {seed}: {why}");
            }
        }
    }
    told
}

fn page(random: &mut Random) -> PageCase {
    let mut place = |bound: usize| (!random.one_in(3)).then(|| random.below(bound));
    let (after, before) = (place(40), place(400).filter(|place| place % 3 > 0));
    PageCase { last: random.one_in(2), size: random.below(12), after, before }
}

fn root(asker: &mut Asker<'_>, seed: u64) -> Case {
    // The kinds with the most to ask come more often.
    let often = ["Pairing", "Observation", "County", "Group", "Project"];
    let kind =
        if asker.random.one_in(2) { kind_named(asker.random.pick(&often)).unwrap() } else { asker.random.pick(&KINDS) };
    let page = page(&mut asker.random);
    let (field, of) = (kind.plural.to_owned(), kind.name);
    Case { seed, at: None, field, of, filter: Json::Null, order: Json::Null, page, groups: None }
}

/// A connection of a record, mostly one that leads somewhere.
fn below(asker: &mut Asker<'_>, seed: u64) -> Case {
    let mut choose = || {
        let at = asker.random.below(asker.world.recs.len());
        let fields = types().find(asker.world.recs[at].kind.name).unwrap().fields().iter();
        let is_connection = |field: &&FieldDef| field.ty.name().ends_with("Connection") && field.name != "descendants";
        (at, asker.random.pick(&fields.filter(is_connection).collect::<Vec<_>>()))
    };
    let chosen: Vec<_> = (0..100).map(|_| choose()).collect();
    let relation = |name: &str| name.strip_suffix("Connection").unwrap_or(name).to_owned();
    let (at, field) =
        *chosen.iter().max_by_key(|(at, field)| asker.world.many(*at, &relation(&field.name)).len()).unwrap();
    let of = types().find(field.ty.name()).unwrap().field("nodes").unwrap().ty.name();
    let page = page(&mut asker.random);
    let (filter, order) = (Json::Null, Json::Null);
    Case { seed, at: Some(at), field: field.name.clone(), of, filter, order, page, groups: None }
}

fn grouped(asker: &mut Asker<'_>, case: &Case) -> Option<GroupCase> {
    let by = asker.group_by(case.of);
    let all = measures(case.of);
    let mut chosen: Vec<String> = (0..asker.random.below(4)).map(|_| asker.random.pick(&all)).collect();
    chosen.extend(all.into_iter().find(|name| is_number(case.of, name) && asker.random.one_in(2)));
    chosen.sort();
    chosen.dedup();
    let both = both();
    let members: Vec<At> =
        nodes(&both.world, case).into_iter().filter(|at| both.world.passes(*at, &case.filter)).collect();
    let groups = both.world.groups(case.of, &members, &by, &Json::Null, &Json::Null);
    if groups.len() > 1000 {
        return None;
    }
    let having = if groups.is_empty() || asker.random.one_in(2) {
        Json::Null
    } else {
        let (_, members) = asker.random.pick(&groups);
        asker.having(case.of, &members)
    };
    Some(GroupCase { by, having, order: asker.group_order(case.of), measures: chosen })
}

#[test]
fn random_filters_and_orders_over_kinds_are_those_of_a_full_scan() {
    let told = check(0..2000, |asker, seed| {
        let case = root(asker, seed);
        Some(Case { filter: asker.filter(case.of, 3, None), order: asker.order(case.of), ..case })
    });
    assert!(told.partial * 2 > told.cases, "{told:?}");
}

#[test]
fn random_filters_and_orders_below_a_record_are_those_of_a_full_scan() {
    let told = check(0..2000, |asker, seed| {
        let case = below(asker, seed);
        let filter = if asker.random.one_in(4) { Json::Null } else { asker.filter(case.of, 2, None) };
        Some(Case { filter, order: asker.order(case.of), ..case })
    });
    assert!(told.nodes > told.cases * 5, "{told:?}");
}

#[test]
fn what_an_index_serves_is_what_a_full_scan_gives() {
    let told = check(0..2000, |asker, seed| {
        let case = root(asker, seed);
        asker.sharp = true;
        let order = if asker.random.one_in(2) { Json::Null } else { asker.order(case.of) };
        Some(Case { filter: asker.filter(case.of, 3, None), order, ..case })
    });
    assert!(told.partial * 2 > told.cases, "{told:?}");
}

/// Sums of what can be added but for one reason at most: figures of one indicator, sizes of one kind of members.
#[test]
fn sums_are_refused_bounded_and_added_by_the_rules() {
    let told = check(0..800, |asker, seed| {
        let figures = !asker.random.one_in(4);
        let kind = kind_named(if figures { "Observation" } else { "Group" }).unwrap();
        let witness = asker.random.pick(&asker.world.of(kind.name));
        let text = |name: &str| asker.world.value(witness, name).map(|value| json!({ "eq": value.text() }));
        let mut filter = if figures {
            let indicator = asker.world.one(witness, "indicator").unwrap();
            json!({ "indicator": { "id": { "eq": asker.world.recs[indicator].id } }, "nature": text("nature") })
        } else {
            json!({ "memberKind": text("memberKind") })
        };
        let bounds =
            [["EXACT", "EXACT", "MORE_THAN"], ["EXACT", "AT_LEAST", "MORE_THAN"], ["NEARLY", "AT_MOST", "LESS_THAN"]];
        let qualifier = if figures { "qualifier" } else { "sizeQualifier" };
        match asker.random.below(6) {
            0 => {}
            1 => filter[qualifier] = json!({ "eq": "APPROXIMATELY" }),
            2 => filter[qualifier] = json!({ "isNull": true }),
            bound => filter[qualifier] = json!({ "in": bounds[bound - 3] }),
        }
        let more = asker.random.below(3);
        filter["and"] = (0..more).map(|_| asker.filter(kind.name, 1, Some(witness))).collect();
        let page = page(&mut asker.random);
        let case = Case {
            seed,
            at: None,
            field: kind.plural.to_owned(),
            of: kind.name,
            filter,
            order: Json::Null,
            page,
            groups: None,
        };
        let mut groups = grouped(asker, &case)?;
        groups.measures.push(if figures { "value" } else { "size" }.to_owned());
        groups.measures.sort();
        groups.measures.dedup();
        groups.by = match asker.random.below(4) {
            0 => json!([]),
            1 if figures => json!([{ "subject": { "id": "VALUE" } }]),
            2 if figures => json!([{ "period": { "start": "YEAR" } }]),
            _ => groups.by,
        };
        let number = if figures { "value" } else { "size" };
        let members: Vec<At> =
            nodes(asker.world, &case).into_iter().filter(|at| asker.world.passes(*at, &case.filter)).collect();
        let known = asker.world.groups(case.of, &members, &groups.by, &Json::Null, &Json::Null);
        groups.having = match known.is_empty() || asker.random.one_in(3) {
            true => Json::Null,
            false => {
                let (_, members) = asker.random.pick(&known);
                json!({ number: { "sum": asker.sum(&members, number) } })
            }
        };
        Some(Case { groups: Some(groups), ..case })
    });
    assert!(told.partial * 4 > told.cases, "{told:?}");
}

#[test]
fn filters_by_sums_pass_what_surely_passes() {
    let told = check(0..600, |asker, seed| {
        let figure = asker.random.pick(&asker.world.of("Observation"));
        // Of a programme, the figures of its pairings, rounds and parts as well.
        let (subject, relation) = match asker.random.one_in(4) {
            true => (asker.random.pick(&asker.world.of("Programme")), "allFigures"),
            false => (asker.world.one(figure, "subject").unwrap(), "observations"),
        };
        let indicator = asker.world.one(figure, "indicator").unwrap();
        let within =
            json!({ "indicator": { "id": { "eq": asker.world.recs[indicator].id } }, "nature": { "eq": "ACTUAL" } });
        let figures = asker.world.within(&asker.world.many(subject, relation), &json!({ "filter": within }));
        let mut sum = asker.sum(&figures, "value");
        sum["filter"] = within;
        sum.as_object_mut().unwrap().remove("isNull");
        let kind = asker.world.recs[subject].kind;
        let case = Case { field: kind.plural.to_owned(), of: kind.name, ..root(asker, seed) };
        Some(Case { filter: json!({ relation: { "sum": { "value": sum } } }), ..case })
    });
    assert!(told.partial * 4 > told.cases, "{told:?}");
}

#[test]
fn random_groups_are_those_of_a_full_scan() {
    let told = check(0..1500, |asker, seed| {
        let case = if asker.random.one_in(4) { below(asker, seed) } else { root(asker, seed) };
        let filter = if asker.random.one_in(2) { Json::Null } else { asker.filter(case.of, 2, None) };
        let case = Case { filter, ..case };
        let groups = Some(grouped(asker, &case)?);
        Some(Case { groups, ..case })
    });
    assert!(told.partial * 4 > told.cases, "{told:?}");
}
