//! Covers: whatever is written and deleted, they hold the records in their order, and give what the reverse edges give.

use std::collections::BTreeSet;

use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::model::catalog::slot;
use jiedui::model::decimal::Decimal;
use jiedui::model::id::Id;
use jiedui::model::kinds::{CITY, OBSERVATION, PAIRING, PROGRAMME, PROJECT, PROVINCE};
use jiedui::model::record::Record;
use jiedui::model::value::Value;
use jiedui::store::key::{FieldId, source_after};
use jiedui::store::{Author, Change, CoverIn, Direction, Snapshot, Store, StoreError, check};
use serde_json::json;

use crate::support::{TIME_MS, data};

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn author() -> Author {
    Author { time_ms: TIME_MS, name: "test".to_owned(), note: String::new() }
}

fn apply(store: &Store, changes: &[Change]) {
    store.writer().unwrap().apply(&author(), changes).unwrap().0.commit().unwrap();
}

fn set(record: &mut Record, field: &str, value: Value) {
    let slot = record.kind.slot_of(field);
    record.values[slot] = value;
}

fn city(number: u64, province: u64, name: &str) -> Record {
    let mut record = Record::new(&CITY, &format!("{number:06}"));
    record.values[slot::NAME] = Value::Text(name.to_owned());
    set(&mut record, "parent", Value::Ref(Id::new(&PROVINCE, &format!("{province:02}"))));
    record
}

fn base(store: &Store, provinces: u64) {
    let mut changes: Vec<_> = (0..provinces)
        .map(|number| {
            let mut record = Record::new(&PROVINCE, &format!("{number:02}"));
            record.values[slot::NAME] = Value::Text(format!("省{number}"));
            Change::Put(record)
        })
        .collect();
    let mut programme = Record::new(&PROGRAMME, "p");
    programme.values[slot::NAME] = Value::Text("帮扶".to_owned());
    set(&mut programme, "kind", Value::Closed(1));
    changes.push(Change::Put(programme));
    apply(store, &changes);
}

fn differences(snapshot: &Snapshot) -> Vec<String> {
    let mut found = Vec::new();
    check(snapshot, |difference| found.push(difference.to_string())).unwrap();
    found
}

/// What the cover gives for a province, from behind a position on, beside what the reverse edges and the records give.
fn compare(snapshot: &Snapshot, province: u64, direction: Direction, after: Option<&[u8]>) {
    let parent = CITY.slot_of("parent");
    let target = Id::new(&PROVINCE, &format!("{province:02}"));
    let cover = CoverIn::by_edge(&CITY, parent).unwrap();
    let covered = snapshot.covered_sources(cover, target.as_ref(), after, direction).unwrap().unwrap();
    let covered: Vec<_> = covered
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.record().id().to_owned(), entry.ordinal(), entry.record().version(), entry.record().bytes().to_vec())
        })
        .collect();
    // Where they stand: the second time, where they lie is remembered. Some who read want no more after a while.
    for most in [usize::MAX, usize::MAX, 3, covered.len()].into_iter().filter(|_| direction == Direction::Forward) {
        let mut found = Vec::new();
        let visited = snapshot.each_covered_source(cover, target.as_ref(), after, |record, ordinal| {
            found.push((record.id().to_owned(), ordinal, record.version(), record.bytes().to_vec()));
            Ok::<_, StoreError>(found.len() < most)
        });
        assert!(visited.unwrap());
        let expected = covered.len().min(most.max(1));
        assert!(found == covered[..expected], "{province} in place: {} and {expected}", found.len());
    }
    let behind = after.map(|after| source_after(after).unwrap());
    let sources = snapshot.sources(target.as_ref(), FieldId::new(&CITY, parent), behind, direction).unwrap();
    let expected: Vec<_> = sources
        .map(|source| {
            let (id, ordinal) = source.unwrap();
            let record = snapshot.get(id.as_ref()).unwrap().unwrap();
            let (version, bytes) = (record.version(), record.bytes().to_vec());
            drop(record);
            (id, ordinal, version, bytes)
        })
        .collect();
    assert!(covered == expected, "{province} {direction:?}: {} and {}", covered.len(), expected.len());
}

#[test]
fn after_any_changes_a_cover_gives_what_the_reverse_edges_give() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jiedui.redb"), 8 << 20).unwrap();
    const PROVINCES: u64 = 5;
    base(&store, PROVINCES);
    let mut random = Random(7);
    let mut there = BTreeSet::new();
    for round in 0..40 {
        // Few, many, and thousands at once; names of a few bytes, and of more than a block holds of others.
        let count = [1, 3, 40, 2_500][random.below(if round == 20 { 4 } else { 3 }) as usize];
        let mut changes = Vec::new();
        for _ in 0..count {
            let number = random.below(900);
            if random.below(3) == 0 {
                there.remove(&number);
                changes.push(Change::Delete(Id::new(&CITY, &format!("{number:06}"))));
            } else {
                there.insert(number);
                let length = [3, 30, 300, 5_000][random.below(40).min(3) as usize % 4];
                let name = "市".repeat(1 + random.below(length) as usize);
                changes.push(Change::Put(city(number, random.below(PROVINCES), &name)));
            }
        }
        apply(&store, &changes);
        let snapshot = store.snapshot().unwrap();
        assert_eq!(differences(&snapshot), Vec::<String>::new(), "round {round}");
        for province in 0..PROVINCES {
            for direction in [Direction::Forward, Direction::Backward] {
                compare(&snapshot, province, direction, None);
                let number = random.below(900);
                let id = Id::new(&CITY, &format!("{number:06}"));
                let position = [id.as_ref().to_bytes(), vec![0, 0, 0, 0, 0]].concat();
                compare(&snapshot, province, direction, Some(&position));
            }
        }
    }
    assert!(there.len() > 100, "{}", there.len());
}

/// Pairings of one helper, projects of a few sectors with and without amounts, figures of a few indicators.
fn graph(store: &Store, random: &mut Random) {
    base(store, 2);
    let side = |id: Id| Value::List(vec![Value::Struct(vec![Value::Ref(id), Value::Null, Value::Null, Value::Null])]);
    let mut changes: Vec<_> = (0..30).map(|number| Change::Put(city(number, number % 2, "市"))).collect();
    for number in 0..20 {
        let mut pairing = Record::new(&PAIRING, &format!("p{number:03}"));
        pairing.values[slot::NAME] = Value::Text(format!("结对{number}"));
        set(&mut pairing, "helpers", side(Id::new(&CITY, &format!("{:06}", number % 3))));
        set(&mut pairing, "helped", side(Id::new(&CITY, &format!("{:06}", 3 + number))));
        set(&mut pairing, "programme", Value::Ref(Id::new(&PROGRAMME, "p")));
        set(&mut pairing, "form", Value::Closed(1));
        changes.push(Change::Put(pairing));
    }
    for number in 0..400 {
        let mut project = Record::new(&PROJECT, &format!("{number:04}"));
        project.values[slot::NAME] = Value::Text(format!("项目{number}"));
        set(&mut project, "pairing", Value::Ref(Id::new(&PAIRING, &format!("p{:03}", random.below(20)))));
        if random.below(10) > 0 {
            set(&mut project, "sector", Value::Text(["产业", "教育", "health"][random.below(3) as usize].to_owned()));
        }
        if random.below(6) > 0 {
            // Several of one amount, so that the id has to decide.
            set(&mut project, "amount", Value::Decimal(Decimal::parse(&random.below(60).to_string()).unwrap()));
        }
        changes.push(Change::Put(project));
    }
    apply(store, &changes);
    let mut changes = Vec::new();
    for name in ["funds", "people"] {
        let mut indicator = Record::new(&jiedui::model::kinds::INDICATOR, name);
        indicator.values[slot::NAME] = Value::Text(name.to_owned());
        set(&mut indicator, "unit", Value::Text("yuan".to_owned()));
        changes.push(Change::Put(indicator));
    }
    for number in 0..2_000 {
        let mut figure = Record::new(&OBSERVATION, &format!("{number:05}"));
        set(&mut figure, "subject", Value::Ref(Id::new(&PAIRING, &format!("p{:03}", random.below(20)))));
        let indicator = ["funds", "people"][random.below(2) as usize];
        set(&mut figure, "indicator", Value::Ref(Id::new(&jiedui::model::kinds::INDICATOR, indicator)));
        set(&mut figure, "value", Value::Decimal(Decimal::parse(&random.below(1_000).to_string()).unwrap()));
        set(&mut figure, "qualifier", Value::Closed(1));
        set(&mut figure, "nature", Value::Closed(1));
        set(&mut figure, "basis", Value::Closed(1));
        let year = jiedui::model::date::PartialDate::parse(&(2016 + random.below(8)).to_string()).unwrap();
        set(&mut figure, "period", Value::Struct(vec![Value::Date(year), Value::Null, Value::Date(year), Value::Null]));
        changes.push(Change::Put(figure));
    }
    apply(store, &changes);
}

#[test]
fn a_page_of_a_part_of_a_cover_is_what_reading_everything_gives() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jiedui.redb"), 8 << 20).unwrap();
    let mut random = Random(11);
    graph(&store, &mut random);
    let api = Api::new(std::sync::Arc::new(store), Executor::Plan, Limits::default());
    let used = |query: &str| {
        let mut request = Request::new(query);
        request.extensions = json!({ "plan": true }).as_object().unwrap().clone();
        let answer = api.answer_now(&request);
        serde_json::to_string(&answer.extensions).unwrap()
    };
    for sector in ["产业", "教育", "none"] {
        for amount in ["gt: \"20\"", "gte: \"20\", lt: \"40\"", "lte: \"7\"", "eq: \"30\"", "in: [\"1\", \"2\"]"] {
            for direction in ["ASC", "DESC"] {
                // An `or` of one is the same condition, and no cover serves it.
                let plain = format!("sector: {{ eq: \"{sector}\" }}, amount: {{ {amount} }}");
                let filter = |covered: bool| if covered { plain.clone() } else { format!("or: [{{ {plain} }}]") };
                let page = |covered: bool, page: &str| {
                    let query = format!(
                        "{{ projects(filter: {{ {} }}, orderBy: [{{ amount: {direction} }}], {page}) {{ totalCount nodes {{ id amount sector }} edges {{ cursor }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}",
                        filter(covered)
                    );
                    (data(&api.answer_now(&Request::new(&query)))["projects"].clone(), query)
                };
                for size in [3, 50] {
                    for from in ["first", "last"] {
                        let mut after: Option<String> = None;
                        for _ in 0..5 {
                            let cursor = after.map(|after| {
                                format!(", {}: \"{after}\"", if from == "first" { "after" } else { "before" })
                            });
                            let asked = format!("{from}: {size}{}", cursor.unwrap_or_default());
                            let ((with, query), (without, _)) = (page(true, &asked), page(false, &asked));
                            assert_eq!(with, without, "{query}");
                            if from == "first" && amount != "in: [\"1\", \"2\"]" {
                                assert!(used(&query).contains("cover Project.sector+amount"), "{}", used(&query));
                            }
                            let edges = with["edges"].as_array().unwrap();
                            let next = if from == "first" { edges.last() } else { edges.first() };
                            match next {
                                Some(edge) => after = edge["cursor"].as_str().map(ToOwned::to_owned),
                                None => break,
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn figures_that_a_cover_has_together_are_those_that_pass() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jiedui.redb"), 8 << 20).unwrap();
    let mut random = Random(13);
    graph(&store, &mut random);
    let api = Api::new(std::sync::Arc::new(store), Executor::Plan, Limits::default());
    for helper in 0..4 {
        for name in ["funds", "people", "none"] {
            let plain = format!(
                "indicator: {{ name: {{ eq: \"{name}\" }} }}, subject: {{ onPairing: {{ helpers: {{ some: {{ id: {{ eq: \"city:{helper:06}\" }} }} }} }} }}"
            );
            for more in ["", ", value: { gt: \"500\" }", ", period: { start: { eq: \"2018\" } }"] {
                let ask = |filter: String| {
                    let query = format!(
                        "{{ observations(filter: {{ {filter} }}, first: 20) {{ totalCount nodes {{ id value }} pageInfo {{ hasNextPage }} aggregate(groupBy: [{{ period: {{ start: YEAR }} }}]) {{ nodes {{ keys {{ value }} count value {{ total min }} }} }} }} }}"
                    );
                    let mut request = Request::new(&query);
                    request.extensions = json!({ "plan": true }).as_object().unwrap().clone();
                    let answer = api.answer_now(&request);
                    (data(&answer), serde_json::to_string(&answer.extensions).unwrap())
                };
                let (with, plan) = ask(format!("{plain}{more}"));
                let (without, _) = ask(format!("or: [{{ {plain}{more} }}]"));
                assert_eq!(with, without, "{plain}{more}");
                assert!(plan.contains("cover Observation.subject+indicator"), "{plan}");
                if helper < 3 && name != "none" && more.is_empty() {
                    assert!(with["observations"]["totalCount"].as_i64().unwrap() > 100, "{with}");
                }
            }
        }
    }
}

/// No stored text holds a NUL, which ends one in a key: looked for, it would reach into the value behind it.
#[test]
fn a_text_that_ends_within_finds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jiedui.redb"), 8 << 20).unwrap();
    graph(&store, &mut Random(3));
    let api = Api::new(std::sync::Arc::new(store), Executor::Plan, Limits::default());
    let question = "query($s: String!) { projects(filter: { sector: { eq: $s }, amount: { lt: \"5\" } }, orderBy: [{ amount: ASC }]) { nodes { sector } } }";
    let all = api.answer_now(&Request::new("{ projects(first: 1000) { nodes { sector } } }"));
    let all: serde_json::Value = serde_json::from_slice(all.data.as_ref().unwrap()).unwrap();
    let sectors: BTreeSet<&str> =
        all["projects"]["nodes"].as_array().unwrap().iter().filter_map(|node| node["sector"].as_str()).collect();
    assert!(!sectors.is_empty());
    for sector in sectors {
        for rest in ["\0", "\0\u{1}", "\0\u{1}\0"] {
            let request = Request {
                variables: json!({ "s": format!("{sector}{rest}") }).as_object().unwrap().clone(),
                ..Request::new(question)
            };
            let answer = api.answer_now(&request);
            assert!(answer.errors.is_empty(), "{:?}", answer.errors);
            let found: serde_json::Value = serde_json::from_slice(answer.data.as_ref().unwrap()).unwrap();
            assert_eq!(found["projects"]["nodes"], json!([]), "{sector} {rest:?}");
        }
    }
}
