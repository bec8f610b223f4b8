//! The command line.

mod check;
mod exit;
mod export;
mod exposure;
mod files;
mod import;
mod query;
mod serve;
mod template;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use exit::Failure;

use crate::config::Limits;

/// Who helps whom between regions, as a GraphQL API over one file.
#[derive(Debug, Parser)]
#[command(name = "jiedui", version, args_conflicts_with_subcommands = true, after_help = exit::CODES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API; what is done where no command is given.
    Serve(serve::Serve),
    /// Answer one query from the database, also beside a running server.
    Query(query::Query),
    /// Print the schema in SDL.
    Schema,
    /// Recompute every derived row of the database and name what differs.
    Check(check::Check),
    /// Copy the database as it stands now, also beside a running server, and check the copy.
    Backup(files::Backup),
    /// Put a backup in the place of the database.
    Restore(files::Restore),
    /// Give back the room that the database does not need.
    Compact(files::Compact),
    /// Load data from files, all or nothing.
    Import(import::Import),
    /// Make, list and revoke the tokens of those who may write, also beside a running server.
    Token(token::Tokens),
    /// Write an empty workbook to fill in and import.
    Template(template::Template),
    /// Write the whole graph, or one kind, to files that can be imported again.
    Export(export::ExportTo),
}

/// The bounds that the caller sets.
#[derive(Debug, clap::Args)]
struct Bounds {
    /// Set a bound of requests; several with commas in the variable.
    #[arg(long = "limit", value_name = "NAME=VALUE", env = "JIEDUI_LIMITS", value_delimiter = ',')]
    limits: Vec<String>,
}

impl Bounds {
    fn limits(&self) -> Result<Limits, Failure> {
        let mut limits = Limits::default();
        for setting in &self.limits {
            limits.set(setting).map_err(|why| Failure::Usage(format!("--limit: {why}")))?;
        }
        Ok(limits)
    }
}

/// Which database.
#[derive(Debug, clap::Args)]
struct Db {
    /// The database.
    #[arg(long, value_name = "FILE", env = "JIEDUI_DB", default_value = "jiedui.redb")]
    db: PathBuf,
}

/// Runs the command that the process was called with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    // A panic is a fault of ours, or a file whose pages are damaged: it is told in one line, like any other failure.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a panic")));
    let done = std::panic::catch_unwind(|| match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(serve) => serve.run(),
        Command::Query(query) => query.run(),
        Command::Check(check) => check.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Compact(compact) => compact.run(),
        Command::Import(import) => import.run(),
        Command::Token(tokens) => tokens.run(),
        Command::Template(template) => template.run(),
        Command::Export(export) => export.run(),
        Command::Schema => exit::print(crate::api::sdl().as_bytes()),
    });
    let done = done.unwrap_or_else(|panic| Err(Failure::Panicked(told_by(&panic))));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// What a panic says.
fn told_by(panic: &Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
