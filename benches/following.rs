//! Two hundred who follow, half of them slowly, under constant writing: `cargo bench --bench following`. What it shows is the
//! memory, which does not grow with how far the slow ones are behind, and that nobody misses a revision.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiedui::access::{Access, Reading};
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::http::{Settings, Stopping, routes, serve};
use jiedui::model::catalog::slot;
use jiedui::model::kinds::ENTERPRISE;
use jiedui::model::record::Record;
use jiedui::model::value::Value;
use jiedui::store::{Author, Change, Store};
use metrics_exporter_prometheus::PrometheusBuilder;

const FOLLOWERS: usize = 200;
const SECONDS: u64 = 20;
/// A record of some size, so that what a slow reader does not take would show.
const NAME_BYTES: usize = 20_000;

/// What all followers counted together.
#[derive(Default)]
struct Counts {
    told: AtomicU64,
    resumed: AtomicU64,
    most_behind: AtomicU64,
    newest: AtomicU64,
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(Store::open(&folder.path().join("bench.redb"), 16 << 20).expect("a new store"));
    let limits = Limits::default();
    let api = Arc::new(Api::new(store.clone(), Executor::Plan, limits.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a port that waits for nobody");
    let address = listener.local_addr().expect("an address");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let settings = Settings { limits: limits.clone(), ..Settings::default() };
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let stopping = Stopping::default();
    let access = Access::open(folder.path().join("tokens"), Reading::Open).expect("no tokens");
    let front = routes(api, access, settings, metrics, stopping.clone());
    runtime.spawn(async move { serve(listener, front, None, &limits, stopping, std::future::pending()).await });

    let first = write(&store, 0);
    let counts = Arc::new(Counts::default());
    for follower in 0..FOLLOWERS {
        let counts = counts.clone();
        let pause = Duration::from_millis(if follower % 2 == 0 { 0 } else { 250 });
        std::thread::spawn(move || follow(address, first, pause, &counts));
    }
    std::thread::sleep(Duration::from_secs(2));
    println!("{FOLLOWERS} follow, half of them slowly; memory before the first write {} MB", resident_mb());
    let begun = Instant::now();
    let mut shown = 0;
    let mut revision = first;
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        revision = write(&store, revision);
        counts.newest.store(revision, Ordering::Relaxed);
        if begun.elapsed().as_secs() / 4 > shown {
            shown = begun.elapsed().as_secs() / 4;
            println!(
                "{:>3} s: {} revisions, {} events of {} kB told, {} resumed, at most {} revisions behind, memory {} MB",
                begun.elapsed().as_secs(),
                revision - first,
                counts.told.load(Ordering::Relaxed),
                NAME_BYTES / 1000,
                counts.resumed.load(Ordering::Relaxed),
                counts.most_behind.load(Ordering::Relaxed),
                resident_mb()
            );
        }
    }
    // The followers have nobody to follow any more.
    std::process::exit(0);
}

/// Writes a revision, and gives its number.
fn write(store: &Store, number: u64) -> u64 {
    let mut record = Record::new(&ENTERPRISE, "bench");
    record.values[slot::NAME] = Value::Text(format!("{number:0NAME_BYTES$}"));
    let author = Author { time_ms: 0, name: "bench".to_owned(), note: String::new() };
    let writer = store.writer().expect("the only writer");
    let (writer, revision) = writer.apply(&author, &[Change::Put(record)]).expect("a record");
    writer.commit().expect("a disk");
    revision.expect("a change")
}

/// Follows, and panics where a revision is missing or comes twice.
fn follow(address: SocketAddr, first: u64, pause: Duration, counts: &Counts) {
    let mut told = first;
    let mut lines = subscribe(address, told);
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).unwrap_or(0) == 0 {
            lines = subscribe(address, told);
            continue;
        }
        let Some(data) = line.strip_prefix("data: {\"") else { continue };
        if data.starts_with("errors") {
            assert!(data.contains(&format!("\"after\":{told}")), "{data}");
            counts.resumed.fetch_add(1, Ordering::Relaxed);
            lines = subscribe(address, told);
            continue;
        }
        let revision = data.split("\"revision\":").nth(1).and_then(|rest| rest.split(',').next()?.parse().ok());
        assert_eq!(revision, Some(told + 1), "one after the other");
        told += 1;
        counts.told.fetch_add(1, Ordering::Relaxed);
        let behind = counts.newest.load(Ordering::Relaxed).saturating_sub(told);
        counts.most_behind.fetch_max(behind, Ordering::Relaxed);
        std::thread::sleep(pause);
    }
}

fn subscribe(address: SocketAddr, after: u64) -> BufReader<TcpStream> {
    let body = format!(
        "{{\"query\":\"subscription {{ changes(after: {after}) {{ revision changes {{ node {{ ... on Enterprise {{ name }} }} }} }} }}\"}}"
    );
    let mut stream = TcpStream::connect(address).expect("the server");
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\ncontent-type: application/json";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).expect("a request");
    BufReader::new(stream)
}

/// What the process holds in memory.
fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
