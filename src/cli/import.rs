//! `jiedui import`.

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::exit::say;
use super::{Db, Failure};
use crate::config::IMPORT_CACHE_BYTES;
use crate::exchange::builtin;
use crate::exchange::gazetteer::{self, Counts, ImportError, Report, Step};
use crate::store::Store;

/// Loads data into a database that no server has open.
#[derive(Debug, clap::Args)]
pub struct Import {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Load the regions of China down to the villages, from editions that tools/gazetteer/fetch.sh fetched.
    Gazetteer(Gazetteer),
}

#[derive(Debug, clap::Args)]
struct Gazetteer {
    #[command(flatten)]
    db: Db,
    /// The folder of an edition, or a folder of such folders.
    path: PathBuf,
}

impl Import {
    /// Loads it, all or nothing, and prints what came of it.
    pub fn run(self) -> Result<(), Failure> {
        match self.what {
            What::Gazetteer(gazetteer) => gazetteer.run(),
        }
    }
}

impl Gazetteer {
    fn run(self) -> Result<(), Failure> {
        let now = jiff::Timestamp::now().as_millisecond();
        let store = Store::open(&self.db.db, IMPORT_CACHE_BYTES)?;
        // The regions that the built-in data has are found by their codes, so it comes first.
        builtin::load(&store, &builtin::files(), now).context("the built-in data cannot be loaded")?;
        let mut shown = Shown::new();
        let done = gazetteer::import(&store, &self.path, now, &mut |step| shown.show(step));
        shown.bar.finish_and_clear();
        match done {
            Ok(report) => tell(&report),
            Err(ImportError::Files(problems)) => {
                for problem in &problems {
                    say(&problem.to_string())?;
                }
                Err(Failure::Faulty(problems.len()))
            }
            Err(ImportError::Store(error)) => Err(Failure::Other(error.into())),
        }
    }
}

/// How far it is: a bar on a terminal, a line for each part elsewhere.
struct Shown {
    bar: ProgressBar,
    terminal: bool,
    what: String,
}

impl Shown {
    fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = if terminal { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {bar:40} {human_pos}/{human_len} {msg}") {
            bar.set_style(style);
        }
        Self { bar, terminal, what: String::new() }
    }

    fn show(&mut self, step: Step<'_>) {
        if step.what != self.what {
            self.what = step.what.to_owned();
            if !self.terminal {
                eprintln!("{}", step.what);
            }
        }
        self.bar.set_length(step.total);
        self.bar.set_position(step.done);
        self.bar.set_message(self.what.clone());
    }
}

fn tell(report: &Report) -> Result<(), Failure> {
    say(&format!("editions: {}", report.editions.join(", ")))?;
    for (level, Counts { new, changed, kept }) in LEVELS.iter().zip(report.levels) {
        say(&format!("{level}: {new} new, {changed} changed, {kept} as they were"))?;
    }
    let Report { former_names, codes, predecessors, abolished, folded, spellings, .. } = report;
    say(&format!("added: {former_names} former names, {codes} codes, {predecessors} steps of lineage (inferred)"))?;
    say(&format!("no more: {abolished} regions"))?;
    for region in &report.without_successor {
        say(&format!("  where the towns of {region} went was not found"))?;
    }
    say(&format!("folded away: {folded} placeholders of the newest edition"))?;
    let [towns, villages] = report.vanished;
    say(&format!("left out: {towns} codes of towns and {villages} of villages that only older editions have"))?;
    say(&format!(
        "left out: other forms of the names of {spellings} towns and villages, such as 村委会 for 村民委员会"
    ))?;
    match report.revision {
        Some(revision) => say(&format!("revision {revision}")),
        None => say("nothing to change: no revision was made"),
    }
}

const LEVELS: [&str; 5] = ["provinces", "cities", "counties", "towns", "villages"];
