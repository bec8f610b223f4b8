//! Both executors on the same questions, with the cost of the gate apart: `cargo bench --bench executors`.
//!
//! The figures that count are the ratios of one run. The store is a made-up province of 10 cities, 10 counties in each and
//! 10 towns in each of those, beside the built-in data, so that a deep answer holds 1,111 regions.

#![allow(missing_docs, reason = "the harness makes undocumented functions")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::exchange::builtin;
use jiedui::model::catalog::slot;
use jiedui::model::id::Id;
use jiedui::model::kinds::{CITY, COUNTY, LEVELS, PROVINCE, TOWN};
use jiedui::model::record::Record;
use jiedui::model::value::Value;
use jiedui::store::{Author, Change, Store};

const POINT: &str = "{ region(code: \"442000\") { id name level } }";
const FIGURES: &str = "{ node(id: \"pairing:zhongshan-zhaotong\") { ... on Pairing { name observations(first: 50) { nodes { value qualifier indicator { name unit } citations { line printed source { title } } } } } } }";
const DEEP: &str = "{ node(id: \"province:990000\") { ... on Region { id name level children { nodes { id name level children { nodes { id name level children { nodes { id name level } } } } } } } } }";

fn region(
    kind: &'static jiedui::model::catalog::Kind,
    key: &str,
    parent: Option<(&jiedui::model::catalog::Kind, &str)>,
) -> Change {
    let mut record = Record::new(kind, key);
    record.values[slot::NAME] = Value::Text(format!("测试行政区{key}"));
    record.values[kind.slot_of("parent")] = parent.map_or(Value::Null, |(kind, key)| Value::Ref(Id::new(kind, key)));
    Change::Put(record)
}

/// A store with the built-in data and 1,111 made-up regions.
fn store(folder: &tempfile::TempDir) -> Arc<Store> {
    let store = Store::open(&folder.path().join("bench.redb"), 64 << 20).expect("a new store");
    builtin::load(&store, &builtin::files(), 0).expect("the built-in data");
    let mut changes = vec![region(&PROVINCE, "990000", None)];
    for city in 0..10 {
        let city_key = format!("99{city:02}00");
        changes.push(region(&CITY, &city_key, Some((&PROVINCE, "990000"))));
        for county in 0..10 {
            let county_key = format!("99{city:02}{:02}", county + 1);
            changes.push(region(&COUNTY, &county_key, Some((&CITY, &city_key))));
            for town in 0..10 {
                changes.push(region(&TOWN, &format!("{county_key}{town:03}"), Some((&COUNTY, &county_key))));
            }
        }
    }
    assert_eq!((changes.len(), LEVELS.len()), (1_111, 5));
    let author = Author { time_ms: 0, name: "bench".to_owned(), note: String::new() };
    let (writer, _) = store.writer().and_then(|writer| writer.apply(&author, &changes)).expect("made-up regions");
    writer.commit().expect("a commit");
    Arc::new(store)
}

fn executors(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder);
    let plan = Api::new(store.clone(), Executor::Plan, Default::default());
    let other = Api::new(store, Executor::AsyncGraphql, Default::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for (name, query) in [("point", POINT), ("figures", FIGURES), ("deep", DEEP)] {
        let request = Request::new(query);
        let bytes = plan.answer_now(&request).data.map_or(0, |data| data.len());
        let mut group = criterion.benchmark_group(format!("{name} ({bytes} bytes)"));
        group.bench_function("plan, cached", |bencher| bencher.iter(|| black_box(plan.answer_now(&request))));
        let mut fresh = 0u64;
        group.bench_function("plan, nothing cached", |bencher| {
            bencher.iter(|| {
                fresh += 1;
                black_box(plan.answer_now(&Request::new(&format!("{query} # {fresh}"))))
            });
        });
        group.bench_function("async-graphql", |bencher| {
            bencher.iter(|| runtime.block_on(async { black_box(other.answer(&request).await) }));
        });
        group.finish();
    }
}

criterion_group!(benches, executors);
criterion_main!(benches);
