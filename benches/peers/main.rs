//! The seven questions of the peers' kit, over its tables.
//!
//! `cargo bench --bench peers -- load DATA DATABASE` loads the kit's CSV files, which its `make_dataset.py` makes, into a new
//! database, and says how long it took. `JIEDUI_PEERS=DATABASE JIEDUI_PEERS_DATA=DATA cargo bench --bench peers` asks the
//! questions in the process, each with the kit's variables in turn; the plans are cached, as a server's are.
//! `cargo bench --bench peers -- tables DATABASE` tells what its tables take.
//! `benches/peers/compare.py` runs all servers and prints one table.

#![allow(missing_docs, reason = "the harness makes undocumented functions")]

mod load;

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use criterion::Criterion;
use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::config::Limits;
use jiedui::store::Store;
use redb::{ReadableDatabase, ReadableTableMetadata, TableHandle};
use serde_json::Value;

const QUESTIONS: [(&str, &str); 8] = [
    ("Q1", include_str!("queries/Q1.graphql")),
    ("Q2", include_str!("queries/Q2.graphql")),
    ("Q3", include_str!("queries/Q3.graphql")),
    ("Q4", include_str!("queries/Q4.graphql")),
    ("Q5", include_str!("queries/Q5.graphql")),
    ("Q6", include_str!("queries/Q6.graphql")),
    ("Q6r", include_str!("queries/Q6r.graphql")),
    ("Q7", include_str!("queries/Q7.graphql")),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [command, data, database] if command == "load" => {
            let begun = Instant::now();
            match load::load(Path::new(data), Path::new(database)) {
                Ok(records) => println!("{records} records in {:.2} s", begun.elapsed().as_secs_f64()),
                Err(fault) => {
                    eprintln!("{fault}");
                    return ExitCode::FAILURE;
                }
            }
        }
        [command, database] if command == "tables" => {
            if let Err(fault) = tables(Path::new(database)) {
                eprintln!("{fault}");
                return ExitCode::FAILURE;
            }
        }
        _ => match (std::env::var("JIEDUI_PEERS"), std::env::var("JIEDUI_PEERS_DATA")) {
            (Ok(database), Ok(data)) => {
                let mut criterion = Criterion::default().configure_from_args();
                ask_all(&mut criterion, Path::new(&database), Path::new(&data));
                criterion.final_summary();
            }
            _ => println!(
                "JIEDUI_PEERS names no database, or JIEDUI_PEERS_DATA no folder of the kit's; make one with\n    \
                 cargo bench --bench peers -- load DATA DATABASE"
            ),
        },
    }
    ExitCode::SUCCESS
}

/// What each table of a database takes, in megabytes: its rows, what it takes to find them, and room that is left in its pages.
fn tables(database: &Path) -> Result<(), redb::Error> {
    let database = redb::Database::open(database)?;
    let transaction = database.begin_read()?;
    println!("{:>20} {:>10} {:>8} {:>8} {:>8}", "table", "rows", "stored", "finding", "left");
    for table in transaction.list_tables()? {
        let (name, table) = (table.name().to_owned(), transaction.open_untyped_table(table)?);
        let stats = table.stats()?;
        let mb = |bytes: u64| bytes as f64 / 1e6;
        let (stored, finding, left) =
            (mb(stats.stored_bytes()), mb(stats.metadata_bytes()), mb(stats.fragmented_bytes()));
        println!("{name:>20} {:>10} {stored:>8.1} {finding:>8.1} {left:>8.1}", table.len()?);
    }
    Ok(())
}

fn ask_all(criterion: &mut Criterion, database: &Path, data: &Path) {
    let params = std::fs::read(data.join("params.json")).expect("the kit's params.json");
    let params: Value = serde_json::from_slice(&params).expect("JSON");
    // As a server has it: one that only reads beside another process looks for its commits at each question.
    let store = Store::open(database, Limits::default().cache_bytes).expect("a database");
    let api = Api::new(Arc::new(store), Executor::Plan, Limits::default());
    for (name, query) in QUESTIONS {
        let variables = params[name].as_array().cloned().unwrap_or_else(|| vec![Value::Object(Default::default())]);
        let requests: Vec<Request> = variables
            .into_iter()
            .take(400)
            .map(|variables| match variables {
                Value::Object(variables) => Request { variables, ..Request::new(query) },
                _ => Request::new(query),
            })
            .collect();
        let mut next = requests.iter().cycle();
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let answer = next.next().map(|request| api.answer_now(request));
                assert!(answer.as_ref().is_some_and(|answer| answer.errors.is_empty()), "{name}: {answer:?}");
                black_box(answer)
            });
        });
    }
}
