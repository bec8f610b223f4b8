//! `jiedui template`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

use super::Failure;
use super::exit::say;
use super::files::whole_or_gone;
use crate::exchange::template;

/// Writes an empty workbook for `jiedui import`: a sheet for each kind, with headings, notes and lists to choose from.
#[derive(Debug, clap::Args)]
pub struct Template {
    /// The file to write; one that is there is left as it is.
    #[arg(value_name = "PATH", default_value = "jiedui-template.xlsx")]
    path: PathBuf,
}

impl Template {
    /// Writes it.
    pub fn run(self) -> Result<(), Failure> {
        let bytes = template::empty().context("the workbook cannot be made")?;
        let cannot = || format!("{} cannot be written", self.path.display());
        // Somebody's filled workbook is never written over.
        let mut file = std::fs::File::create_new(&self.path).with_context(cannot)?;
        whole_or_gone(&self.path, || {
            Ok(file.write_all(&bytes).and_then(|()| file.sync_all()).with_context(cannot)?)
        })?;
        say(&format!(
            "{} is written; fill it in, then: jiedui import {} --dry-run",
            self.path.display(),
            self.path.display()
        ))
    }
}
