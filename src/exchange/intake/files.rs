//! The files of a path: one file, or those of a folder that an import takes.

use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::input::{DESCRIPTOR, Named, is_data, resources};
use crate::config::{IMPORT_BYTES_MAX, IMPORT_FILES_MAX};

/// Why the files of a path were not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// There is none, or the file system refused.
    #[error("{path}: {source}")]
    Refused {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// They are not what an import takes.
    #[error("{0}")]
    Faulty(Box<Fault>),
}

/// Reads a file, or the files of a folder: those that its descriptor lists, or else every file of data in it. Of other
/// files of data beside a descriptor only the names are given, so that they are told with all else that is wrong.
pub fn read_path(path: &Path) -> Result<Named, Unread> {
    let fault =
        |path: &Path, problem: String| Unread::Faulty(Box::new(Fault::of_file(&path.display().to_string(), problem)));
    let cannot = |path: &Path, source: std::io::Error| Unread::Refused { path: path.to_owned(), source };
    let mut left = IMPORT_BYTES_MAX;
    let mut files = Named::new();
    let mut take = |path: &Path, name: &str| {
        let about = std::fs::metadata(path).map_err(|error| cannot(path, error))?;
        if !about.is_file() {
            return Err(fault(path, "is no file".to_owned()));
        }
        left = left.checked_sub(about.len()).ok_or_else(|| {
            fault(
                path,
                format!("the files come to more than {IMPORT_BYTES_MAX} bytes, which is the most that an import takes"),
            )
        })?;
        files.push((name.to_owned(), std::fs::read(path).map_err(|error| cannot(path, error))?));
        Ok(())
    };
    if !path.is_dir() {
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        take(path, &name)?;
        return Ok(files);
    }
    let descriptor = path.join(DESCRIPTOR);
    if descriptor.exists() {
        take(&descriptor, DESCRIPTOR)?;
        let listed = std::fs::read(&descriptor).map_err(|error| cannot(&descriptor, error))?;
        let listed = resources(&listed).map_err(|problem| fault(&descriptor, problem))?;
        for (_, name) in listed {
            if Path::new(&name).components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
                return Err(fault(&descriptor, format!("the path {name} leads out of the package")));
            }
            // A file that is missing is told with all else that is wrong.
            let whole = path.join(&name);
            if whole.exists() {
                take(&whole, &name)?;
            }
        }
        for name in data_within(path)? {
            if !files.iter().any(|(taken, _)| *taken == name) {
                files.push((name, Vec::new()));
            }
        }
        return Ok(files);
    }
    let (within, names): (Vec<_>, Vec<_>) = data_within(path)?.into_iter().partition(|name| name.contains('/'));
    if let Some(name) = within.first() {
        let problem = "stands in a folder within, of which nothing is taken; move it beside the others, or import that folder by itself";
        return Err(fault(&path.join(name), problem.to_owned()));
    }
    if names.is_empty() || names.len() > IMPORT_FILES_MAX {
        let found = names.len();
        return Err(fault(
            path,
            format!(
                "expected a folder with {DESCRIPTOR}, or with 1 to {IMPORT_FILES_MAX} files such as pairings.csv or a workbook (.xlsx), found {found}"
            ),
        ));
    }
    for name in names {
        take(&path.join(&name), &name)?;
    }
    Ok(files)
}

/// The files of data in a folder and in those within, by their paths there.
fn data_within(path: &Path) -> Result<Vec<String>, Unread> {
    let cannot = |path: &Path, source: std::io::Error| Unread::Refused { path: path.to_owned(), source };
    let mut names = Vec::new();
    let mut folders = vec![(path.to_owned(), String::new())];
    while let Some((folder, above)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| cannot(&folder, error))? {
            let entry = entry.map_err(|error| cannot(&folder, error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // A link may lead back above itself.
            let is_folder = entry.file_type().map_err(|error| cannot(&folder, error))?.is_dir();
            if is_folder && !name.starts_with('.') {
                folders.push((entry.path(), format!("{above}{name}/")));
            } else if (is_data(&name) || name == DESCRIPTOR) && entry.path().is_file() {
                names.push(format!("{above}{name}"));
            }
        }
    }
    names.sort();
    Ok(names)
}
