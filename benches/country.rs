//! What questions cost over the whole country, and beside the built-in data alone: `cargo bench --bench country`.
//!
//! It opens the database that `JIEDUI_COUNTRY` names, which is made once from an edition of the gazetteer:
//! `tools/gazetteer/fetch.sh editions 2.7.0 && jiedui import gazetteer editions --db country.redb`.
//! The plans are cached, as a server's are; the figures that count are the medians.

#![allow(missing_docs, reason = "the harness makes undocumented functions")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::exchange::builtin;
use jiedui::store::Store;

const HITS: &str = "size cut hits(first: 10) { totalCount edges { place kind field before matched after node { id ... on Region { name } } } }";

/// The questions, each with what it asks.
fn questions() -> Vec<(&'static str, String)> {
    let search = |text: &str| format!("{{ search(text: \"{text}\") {{ {HITS} }} }}");
    let within =
        |text: &str, region: &str| format!("{{ search(text: \"{text}\", within: \"{region}\") {{ {HITS} }} }}");
    vec![
        (
            "a page: villages with 清水 in their name, by name",
            "{ villages(filter: { name: { contains: \"清水\" } }, orderBy: [{ name: ASC }], first: 20) { nodes { id name parent { name } } pageInfo { hasNextPage endCursor } } }".to_owned(),
        ),
        ("a search by two characters: 清水", search("清水")),
        ("a search by pinyin: zhongshan", search("zhongshan")),
        ("a search by initials: zs", search("zs")),
        ("a search by more initials: zssxlz", search("zssxlz")),
        ("a search by one character: 山", search("山")),
        ("a search by one letter: z", search("z")),
        ("a search by a syllable: zhong", search("zhong")),
        ("a search by what is many things: shan", search("shan")),
        ("a search by initials of two letters: zhsh", search("zhsh")),
        ("a search by both: 中shan", search("中shan")),
        ("a search by both: z山", search("z山")),
        ("a search by an initial and a syllable: zshan", search("zshan")),
        ("a search by a tone: shan1", search("shan1")),
        ("a search by a tone: zhōng", search("zhōng")),
        ("a search by a common letter: c", search("c")),
        ("a search by a common ending: 村", search("村")),
        ("a search by a common ending: 社区居委会", search("社区居委会")),
        (
            "a page: villages that begin with a common ending, 村委",
            "{ villages(filter: { name: { prefix: \"村委\" } }, first: 20) { totalCount nodes { id name } } }".to_owned(),
        ),
        (
            "a page: villages of 广东 with 清 in their name",
            "{ villages(filter: { name: { contains: \"清\" }, province: { id: { eq: \"province:440000\" } } }, first: 20) { totalCount nodes { id name } } }".to_owned(),
        ),
        ("a search within 广东: xc", within("xc", "province:440000")),
        ("a search within 广东: z", within("z", "province:440000")),
        ("a search within 广东: 山", within("山", "province:440000")),
        ("a search within a town: xc", within("xc", "town:442000100")),
        (
            "a coverage: the counties of 云南",
            "{ coverage(within: \"province:530000\", level: COUNTY, asOf: \"2020-06-30\") { total paired share unpaired(first: 20) { totalCount nodes { id ... on Region { name } } } } }".to_owned(),
        ),
        (
            "a path of five steps: 新市社区 to 角奎街道",
            "{ path(from: \"village:442000118001\", to: \"town:530628001\", along: [HIERARCHY, PAIRING]) { length visited cut steps { tie from { id } to { id } via { id } } } }".to_owned(),
        ),
    ]
}

/// The same page, whatever else there is.
const SAME_PAGE: &str = "{ counties(filter: { pairings: { some: { helpers: { some: { id: { eq: \"city:442000\" } } } } } }, orderBy: [{ name: ASC }], first: 10) { totalCount nodes { id name parent { name } } pageInfo { hasNextPage } } }";

fn ask(api: &Api, query: &str) -> usize {
    let answer = api.answer_now(&Request::new(query));
    assert!(answer.errors.is_empty(), "{query}: {:?}", answer.errors);
    answer.data.map_or(0, |data| data.len())
}

fn country(criterion: &mut Criterion) {
    let Ok(path) = std::env::var("JIEDUI_COUNTRY") else {
        println!(
            "JIEDUI_COUNTRY names no database; make one with\n    tools/gazetteer/fetch.sh editions 2.7.0\n    \
             jiedui import gazetteer editions --db country.redb\nand set JIEDUI_COUNTRY=country.redb"
        );
        return;
    };
    let cache = Limits::default().cache_bytes;
    // As a server has it: what it remembers until the next commit is remembered.
    let store = Store::open(Path::new(&path), cache).expect("a database");
    let whole = Api::new(Arc::new(store), Executor::Plan, Limits::default());
    for (name, query) in questions() {
        ask(&whole, &query);
        criterion.bench_function(name, |bencher| bencher.iter(|| black_box(ask(&whole, &query))));
    }

    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("bench.redb"), cache).expect("a new store");
    builtin::load(&store, &builtin::files(), 0).expect("the built-in data");
    let alone = Api::new(Arc::new(store), Executor::Plan, Limits::default());
    assert_eq!(ask(&alone, SAME_PAGE), ask(&whole, SAME_PAGE), "the same page");
    for (name, api) in [("the built-in data alone", &alone), ("the whole country", &whole)] {
        criterion.bench_function(&format!("the same page: {name}"), |bencher| {
            bencher.iter(|| black_box(ask(api, SAME_PAGE)));
        });
    }
}

criterion_group!(benches, country);
criterion_main!(benches);
