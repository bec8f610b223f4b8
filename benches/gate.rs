//! What each document that is made to hurt costs: `cargo bench --bench gate`. All are refused, or answered, in well under
//! the time that reading their bytes from a socket takes.

#![allow(missing_docs, reason = "the harness makes undocumented functions")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use jiedui::api::Api;
use jiedui::api::request::Request;
use jiedui::exchange::builtin;
use jiedui::store::Store;

/// Documents, each with what it abuses.
fn documents() -> Vec<(&'static str, String)> {
    let bomb = |depth: usize| {
        let step = |at| format!("fragment F{at} on Query {{ ...F{} ...F{} }}", at + 1, at + 1);
        let steps: Vec<_> = (0..depth).map(step).collect();
        format!("{{ ...F0 }} {} fragment F{depth} on Query {{ __typename }}", steps.join(" "))
    };
    let doubled = |depth: usize| {
        let step =
            |at| format!("fragment F{at} on Region {{ parent {{ ...F{} }} parent {{ ...F{} }} }}", at + 1, at + 1);
        let steps: Vec<_> = (0..depth).map(step).collect();
        format!("{{ region(code: \"442000\") {{ ...F0 }} }} {} fragment F{depth} on Region {{ id }}", steps.join(" "))
    };
    let nested = |depth: usize| {
        format!("{{ region(code: \"1\") {{ {} id {} }} }}", "parent { ".repeat(depth), "} ".repeat(depth))
    };
    vec![
        ("fragments, each spread twice, 20 steps (800 bytes)", bomb(20)),
        ("fragments, each spread twice, 200 steps", bomb(200)),
        ("fields, each selecting the next twice, 30 steps", doubled(30)),
        ("60 levels of fields", nested(60)),
        ("nesting of 5,000 levels", nested(5_000)),
        ("4,000 aliases", format!("{{ {} }}", (0..4_000).map(|at| format!("a{at}:__typename ")).collect::<String>())),
        ("one field 4,000 times", format!("{{ {} }}", "a:__typename ".repeat(4_000))),
        ("one field 4,000 times without an alias", format!("{{ {} }}", "__typename ".repeat(4_000))),
        ("one field 1,000 times, which is allowed", format!("{{ {} }}", "__typename ".repeat(1_000))),
        ("2,000 directives", format!("{{ __typename {} }}", "@include(if: true) ".repeat(2_000))),
        ("a string of 60,000 bytes", format!("{{ region(code: \"{}\") {{ id }} }}", "9".repeat(60_000))),
        ("a number of 60,000 digits", format!("{{ cities(first: {}) {{ totalCount }} }}", "9".repeat(60_000))),
        (
            "a filter of 2,000 levels",
            format!("{{ cities(filter: {}{}) {{ totalCount }} }}", "{not:".repeat(2_000), "}".repeat(2_000)),
        ),
        ("60,000 braces", "{".repeat(60_000)),
        ("1 MB of anything", "x".repeat(1 << 20)),
    ]
}

fn gate(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("bench.redb"), 64 << 20).expect("a new store");
    builtin::load(&store, &builtin::files(), 0).expect("the built-in data");
    let api = Api::new(Arc::new(store), Default::default(), Default::default());
    for (name, document) in documents() {
        let mut fresh = 0u64;
        let answer = api.answer_now(&Request::new(&document));
        let outcome = answer.errors.first().map_or("answered", |error| error.code.name());
        criterion.bench_function(&format!("{name}: {outcome}"), |bencher| {
            bencher.iter(|| {
                // A comment makes it another document, so that nothing of it is kept.
                fresh += 1;
                black_box(api.answer_now(&Request::new(&format!("{document} #{fresh}"))))
            });
        });
    }
}

criterion_group!(benches, gate);
criterion_main!(benches);
