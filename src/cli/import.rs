//! `jiedui import`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::exit::say;
use super::{Db, Failure};
use crate::config::{IMPORT_CACHE_BYTES, PROBLEMS_MAX};
use crate::exchange::columns::{Table, tables};
use crate::exchange::gazetteer::{self, Counts, ImportError, Report};
use crate::exchange::intake::{self, Fault, Options, Unread};
use crate::exchange::{Step, builtin};
use crate::store::log::Revision;
use crate::store::{Author, OpenError, Store};

/// Loads data into a database that no server has open, all of it or none.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = HELP)]
pub struct Import {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    db: Db,
    /// A data package (a folder with datapackage.json, or a zip of one), a folder of files, a workbook (.xlsx), or a CSV or
    /// NDJSON file of one table.
    #[arg(value_name = "PATH", required = true)]
    path: Option<PathBuf>,
    /// Only tell what would come of it; works beside a running server.
    #[arg(long)]
    dry_run: bool,
    /// Which table a single file is, where its name does not say it: `pairings`, `pairings-helpers`, 结对.
    #[arg(long, value_name = "TABLE")]
    kind: Option<String>,
    /// The revision that the files were made at: what somebody changed since is not overwritten, but told. A data package that
    /// was exported says it itself.
    #[arg(long, value_name = "REVISION", conflicts_with = "overwrite")]
    as_of: Option<Revision>,
    /// Overwrite all the same what somebody changed since the files were made.
    #[arg(long)]
    overwrite: bool,
    /// Who loads it, for the log; your user name where it is not given.
    #[arg(long, value_name = "NAME", env = "JIEDUI_AUTHOR")]
    author: Option<String>,
    /// What it is loaded for, for the log; the path's name where it is not given.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// How what came of it is told.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

const HELP: &str = "A folder that is called gazetteer is imported as ./gazetteer.";

/// How a report is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people, a line for each fault.
    Text,
    /// For programs, one object.
    Json,
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
        match (&self.what, &self.path) {
            (Some(What::Gazetteer(gazetteer)), _) => gazetteer.run(),
            (None, Some(path)) => self.load(path),
            (None, None) => Err(Failure::Usage("import what? expected a path".to_owned())),
        }
    }

    fn load(&self, path: &Path) -> Result<(), Failure> {
        let table = self.kind.as_deref().map(table_called).transpose()?;
        let files = match intake::read_path(path) {
            Ok(files) => Ok(files),
            Err(Unread::Faulty(fault)) => Err(intake::ImportError::Faults(vec![*fault])),
            Err(Unread::Refused { path, source }) => return Err(OpenError::Io { path, source }.into()),
        };
        let now = jiff::Timestamp::now().as_millisecond();
        let mut store = match self.dry_run.then(|| Store::open_reading(&self.db.db, IMPORT_CACHE_BYTES)) {
            // One that is made for it is gone again with what a dry run, or a refused import, put there.
            None | Some(Err(OpenError::Missing { .. })) => with_builtin(&self.db.db, now)?,
            Some(opened) => opened?,
        };
        let author = Author { time_ms: now, name: self.author(), note: self.note(path) };
        let mut shown = Shown::new(false);
        let options = Options { table, dry_run: self.dry_run, as_of: self.as_of, overwrite: self.overwrite };
        let done =
            files.and_then(|files| intake::import(&store, files, &options, &author, &mut |step| shown.show(step)));
        shown.bar.finish_and_clear();
        if done.is_ok() && !self.dry_run {
            store.settle()?;
        }
        match done {
            Ok(report) if self.format == Format::Json => say(&report.to_json().to_string()),
            Ok(report) => say(&report.to_string()),
            Err(intake::ImportError::Faults(faults)) => self.refuse(&faults),
            Err(intake::ImportError::AsOf(why)) => Err(Failure::Usage(format!("--as-of: {why}"))),
            Err(intake::ImportError::Store(error)) => Err(Failure::Other(error.into())),
        }
    }

    /// Tells the faults: to people the first of them, to programs all.
    fn refuse(&self, faults: &[Fault]) -> Result<(), Failure> {
        if self.format == Format::Json {
            say(&intake::refused(faults, self.dry_run).to_string())?;
        } else {
            for fault in faults.iter().take(PROBLEMS_MAX) {
                say(&fault.to_string())?;
            }
            if let Some(more) = faults.len().checked_sub(PROBLEMS_MAX).filter(|more| *more > 0) {
                say(&format!("and {more} more; --format json tells all"))?;
            }
            if let Some(newest) = faults.iter().filter_map(|fault| Some(fault.conflict.as_ref()?.revision)).max() {
                say(&format!(
                    "what others changed is not overwritten: take it over into the files and say --as-of {newest}, or say --overwrite to have the files stand"
                ))?;
            }
        }
        Err(Failure::Faulty(faults.len()))
    }

    fn author(&self) -> String {
        let user = || ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
        self.author.clone().or_else(user).unwrap_or_else(|| "jiedui import".to_owned())
    }

    fn note(&self, path: &Path) -> String {
        let name =
            || path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        self.note.clone().unwrap_or_else(|| format!("import of {}", name()))
    }
}

/// The database with the built-in data, to which what is imported may refer. A new one has its name only once it is settled.
fn with_builtin(db: &Path, now: i64) -> Result<Store, Failure> {
    let store = Store::begin(db, IMPORT_CACHE_BYTES)?;
    builtin::load(&store, &builtin::files(), now).context("the built-in data cannot be loaded")?;
    Ok(store)
}

/// The table of a name that a person gives.
fn table_called(name: &str) -> Result<&'static Table, Failure> {
    Table::called(name).ok_or_else(|| {
        let names: Vec<_> = tables().iter().map(|table| table.name.as_str()).collect();
        Failure::Usage(format!("--kind: there is no table \"{name}\"; there are: {}", names.join(", ")))
    })
}

impl Gazetteer {
    fn run(&self) -> Result<(), Failure> {
        let now = jiff::Timestamp::now().as_millisecond();
        // The regions that the built-in data has are found by their codes, so it comes first.
        let mut store = with_builtin(&self.db.db, now)?;
        let mut shown = Shown::new(true);
        let done = gazetteer::import(&store, &self.path, now, &mut |step| shown.show(step));
        shown.bar.finish_and_clear();
        if done.is_ok() {
            store.settle()?;
        }
        match done {
            Ok(report) => {
                // A file that grew has up to twice the room that it needs. What was imported stands, whatever comes of this.
                if report.revision.is_some()
                    && let Err(error) = store.compact()
                {
                    say(&format!("the file keeps room that it does not need: {error}"))?;
                }
                tell(&report)
            }
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

/// How far it is: a bar on a terminal; elsewhere, of what takes long, a line for each part.
struct Shown {
    bar: ProgressBar,
    lines: bool,
    what: String,
}

impl Shown {
    fn new(long: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = if terminal { ProgressBar::new(0) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {bar:40} {human_pos}/{human_len} {msg}") {
            bar.set_style(style);
        }
        Self { bar, lines: long && !terminal, what: String::new() }
    }

    fn show(&mut self, step: Step<'_>) {
        if step.what != self.what {
            self.what = step.what.to_owned();
            if self.lines {
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
