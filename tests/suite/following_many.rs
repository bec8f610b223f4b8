//! Many who follow at once, half of them slowly, while somebody writes without a pause: nobody misses a revision or sees one
//! twice, and who falls too far behind resumes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::following_live::{Events, Live};

const FOLLOWERS: u64 = 200;
const REVISIONS: u64 = 60;
const FOLLOW: &str = "subscription($after: Int) { changes(after: $after) { revision last changes { node { id ... on Enterprise { name } } } } }";

/// Follows from behind a revision up to another, and resumes where it is told to.
fn follow(live: &Live, after: u64, until: u64, pause: Duration) {
    let subscribe = |after: u64| -> Events {
        live.events("text/event-stream", &json!({ "query": FOLLOW, "variables": { "after": after } })).0
    };
    let mut told = after;
    let mut events = subscribe(told);
    while told < until {
        let answer = events.answer();
        if let Some(error) = answer["errors"].get(0) {
            assert_eq!(error["extensions"], json!({ "code": "RESUME", "after": told }));
            events.complete();
            events = subscribe(told);
            continue;
        }
        let event = &answer["data"]["changes"];
        assert_eq!(event["revision"], told + 1, "one after the other");
        assert_eq!(event["last"], true);
        assert_eq!(event["changes"][0]["node"]["name"], (told + 1).to_string(), "as it stood");
        told += 1;
        std::thread::sleep(pause);
    }
}

#[test]
fn nobody_misses_a_revision_or_sees_one_twice_however_slowly_they_read() {
    let live = Arc::new(Live::start(&["behind=20"]));
    let first = live.name("a", "begin");
    std::thread::scope(|scope| {
        for follower in 0..FOLLOWERS {
            let live = live.clone();
            let pause = Duration::from_millis(if follower % 2 == 0 { 0 } else { 15 });
            scope.spawn(move || follow(&live, first, first + REVISIONS, pause));
        }
        for revision in 1..=REVISIONS {
            assert_eq!(live.name("a", &(first + revision).to_string()), first + revision);
        }
    });
}

#[test]
fn who_reads_nothing_is_cut_off_and_holds_nothing_up() {
    let live = Live::start(&["stall-ms=1000", "behind=1000000"]);
    let padding = "长".repeat(30_000);
    let first = live.name("a", &padding);
    let query = "subscription($after: Int) { changes(after: $after) { revision changes { node { ... on Enterprise { name a: name b: name c: name d: name } } } } }";
    let asked = json!({ "query": query, "variables": { "after": first - 1 } });
    let (mut deaf, _) = live.events("text/event-stream", &asked);
    let (mut hears, _) = live.events("text/event-stream", &asked);
    let revisions = 60;
    for revision in 1..=revisions {
        live.name("a", &format!("{revision}{padding}"));
    }
    for revision in 0..=revisions {
        assert_eq!(hears.answer()["data"]["changes"]["revision"], first + revision);
    }
    std::thread::sleep(Duration::from_millis(2_500));
    // What was sent before is there, in order, and then it ends without a `complete`: it was cut off, and can tell.
    let mut told: Vec<Value> = Vec::new();
    let cut_off = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        while let Some((name, data)) = deaf.next() {
            assert_ne!(name, "complete");
            match serde_json::from_str::<Value>(&data) {
                Ok(answer) => told.push(answer["data"]["changes"]["revision"].clone()),
                // The last one was cut in two.
                Err(_) => break,
            }
        }
    }));
    drop(cut_off);
    assert!((told.len() as u64) < revisions, "{} were sent to one who does not read", told.len());
    let expected: Vec<Value> = (first..).take(told.len()).map(Value::from).collect();
    assert_eq!(told, expected);
}
