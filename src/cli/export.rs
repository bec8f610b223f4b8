//! `jiedui export`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::exit::{say, with_stdout};
use super::files::{put, whole_or_gone};
use super::{Db, Failure};
use crate::api::nearest;
use crate::config::EXPORT_CACHE_BYTES;
use crate::exchange::columns::kind_called;
use crate::exchange::outlet::{Export, Folder, Format, write_package};
use crate::model::catalog::Kind;
use crate::model::kinds::KINDS;
use crate::store::log::Revision;
use crate::store::{Snapshot, Store, beside};

/// Writes the whole graph, or one kind, as the database has it now, also beside a running server.
#[derive(Debug, clap::Args)]
pub struct ExportTo {
    #[command(flatten)]
    db: Db,
    /// Where to: a folder, or a .zip, for a package; a file for anything else, standard output where it is not given.
    path: Option<PathBuf>,
    /// As what: package, csv, ndjson, geojson; what the path ends in says it too.
    #[arg(long, value_name = "FORMAT", value_parser = format_called)]
    format: Option<Format>,
    /// This kind alone, such as pairings.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// As the database was at this revision, rather than now.
    #[arg(long, value_name = "REVISION")]
    at: Option<Revision>,
    /// Write over what is there. Of a folder, only the files of the package are replaced.
    #[arg(long)]
    force: bool,
}

impl ExportTo {
    /// Writes it, all or nothing, and says how much it is.
    pub fn run(self) -> Result<(), Failure> {
        let export = self.export()?;
        let store = Store::open_reading(&self.db.db, EXPORT_CACHE_BYTES)?;
        let snapshot = store.snapshot().context("cannot read the database")?;
        let snapshot = match self.at {
            Some(revision) => snapshot.at(revision).context("--at")?,
            None => snapshot,
        };
        let revision = snapshot.revision().context("cannot read the database")?;
        let Some(path) = &self.path else {
            with_stdout(|out| Ok(export.write(&snapshot, out).map(drop)?))?;
            // For --as-of, when it is imported again.
            eprintln!("revision {revision}");
            return Ok(());
        };
        let as_folder = export.format() == Format::Package && !ends_in(path, "zip");
        self.may_write(path, as_folder)?;
        let partial = beside(path, "partial");
        clear(&partial)?;
        let rows = whole_or_gone(&partial, || {
            if as_folder { folder(&snapshot, &partial, path) } else { file(&snapshot, export, &partial, path) }
        })?;
        say(&format!("{rows} rows of revision {revision} in {}", path.display()))
    }

    /// What is asked for, where it can be had.
    fn export(&self) -> Result<Export, Failure> {
        let kind = self.kind.as_deref().map(kind_of).transpose()?;
        let by_path = self
            .path
            .as_deref()
            .and_then(|path| Format::ALL.into_iter().find(|format| ends_in(path, format.extension())));
        let format = self.format.or(by_path).unwrap_or(if kind.is_some() { Format::Csv } else { Format::Package });
        if format == Format::Package && self.path.is_none() {
            let why = "say where the package goes: a folder, or a file that ends in .zip";
            return Err(Failure::Usage(why.to_owned()));
        }
        Export::new(format, kind).map_err(Failure::Usage)
    }

    /// Refuses to write over what nobody said may go.
    fn may_write(&self, path: &Path, as_folder: bool) -> Result<(), Failure> {
        let shown = path.display();
        let Ok(found) = fs::metadata(path) else { return Ok(()) };
        let why = match (as_folder, found.is_dir()) {
            (true, false) => format!("{shown} is a file: a package goes to a folder, or to a file that ends in .zip"),
            (false, true) => format!("{shown} is a folder: name a file"),
            _ if self.force => return Ok(()),
            (true, true) if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()) => return Ok(()),
            (true, true) => {
                format!("{shown} is not empty; choose another folder, or replace a package in it with --force")
            }
            (false, false) => format!("{shown} is there already; choose another name, or replace it with --force"),
        };
        Err(Failure::Usage(why))
    }
}

/// A format by the name that it has on the command line: what its files end in, or `package`.
fn format_called(name: &str) -> Result<Format, String> {
    let named = |format: &Format| if *format == Format::Package { "package" } else { format.extension() };
    let names = Format::ALL.map(|format| named(&format)).join(", ");
    Format::ALL.into_iter().find(|format| named(format) == name).ok_or_else(|| format!("expected one of {names}"))
}

/// Whether a path ends in an extension.
fn ends_in(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

fn kind_of(name: &str) -> Result<&'static Kind, Failure> {
    kind_called(name).ok_or_else(|| {
        let near = nearest(name, KINDS.iter().map(|kind| kind.plural));
        let told = near.map_or_else(
            || format!("the kinds are {}", KINDS.map(|kind| kind.plural).join(", ")),
            |near| format!("did you mean {near}?"),
        );
        Failure::Usage(format!("--kind: no kind is called \"{name}\"; {told}"))
    })
}

/// What one that was killed left.
fn clear(partial: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(partial) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(_) => Ok(fs::remove_file(partial).with_context(|| format!("{} is in the way", partial.display()))?),
        Ok(()) => Ok(()),
    }
}

fn file(snapshot: &Snapshot, export: Export, partial: &Path, path: &Path) -> Result<u64, Failure> {
    let written = || -> anyhow::Result<u64> {
        let mut out = BufWriter::with_capacity(1 << 16, File::create(partial)?);
        let rows = export.write(snapshot, &mut out)?;
        out.flush()?;
        Ok(rows)
    };
    let rows = written().with_context(|| format!("{} was not made", path.display()))?;
    put(partial, path)?;
    Ok(rows)
}

/// Writes the files of a package beside their place, and then moves them there, the descriptor last.
fn folder(snapshot: &Snapshot, partial: &Path, path: &Path) -> Result<u64, Failure> {
    let written = || -> anyhow::Result<u64> {
        fs::create_dir(partial)?;
        Ok(write_package(snapshot, &mut Folder::new(partial.to_owned()))?)
    };
    let rows = written().with_context(|| format!("{} was not made", path.display()))?;
    if !path.exists() {
        put(partial, path)?;
        return Ok(rows);
    }
    let names = fs::read_dir(partial).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut names: Vec<_> =
        names.with_context(|| format!("{}", partial.display()))?.iter().map(|it| it.file_name()).collect();
    names.sort_by_key(|name| (name.to_string_lossy().ends_with(".json"), name.clone()));
    for name in names {
        put(&partial.join(&name), &path.join(&name))?;
    }
    clear(partial)?;
    Ok(rows)
}
