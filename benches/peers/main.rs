//! The seven questions of the peers' kit, over its tables.
//!
//! `cargo bench --bench peers -- load DATA DATABASE` loads the kit's CSV files, which its `make_dataset.py` makes, and says how
//! long it took. `JIEDUI_PEERS=DATABASE JIEDUI_PEERS_DATA=DATA cargo bench --bench peers` asks the questions in the process,
//! each with the kit's variables in turn. `benches/peers/compare.sh` runs all servers and prints one table.

#![allow(missing_docs, reason = "the harness makes undocumented functions")]

mod load;

use std::path::Path;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [command, data, database] = arguments.as_slice()
        && command == "load"
    {
        let begun = Instant::now();
        match load::load(Path::new(data), Path::new(database)) {
            Ok(records) => println!("{records} records in {:.2} s", begun.elapsed().as_secs_f64()),
            Err(fault) => {
                eprintln!("{fault}");
                std::process::exit(1);
            }
        }
        return;
    }
}
