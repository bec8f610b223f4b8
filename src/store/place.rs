//! Where a database's file stands. A new one is made beside its name and gets the name when it is whole, so that a file
//! under its name is never half of one. Whoever writes to a file, or puts another in its place, holds it.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::Disk;
use super::{OpenError, open_error};

/// How often a name is looked at again where what stood under it was just replaced.
pub const ATTEMPTS: usize = 8;

/// How many links from name to name are followed.
const LINKS_MAX: usize = 32;

/// Opens the file of a name and takes hold of it; nothing where another stands under the name by then.
pub fn hold(name: &Path, options: &OpenOptions) -> Result<Option<Arc<Disk>>, OpenError> {
    let file = options.open(name).map_err(|source| open_error(name, source.into()))?;
    held(file, name)
}

/// Takes hold of a file that was opened by its name.
fn held(file: File, name: &Path) -> Result<Option<Arc<Disk>>, OpenError> {
    let refused = |source: io::Error| open_error(name, source.into());
    let held = file.metadata().map_err(refused)?;
    let disk = Disk::new(file).map_err(|error| open_error(name, error))?;
    if !disk.hold().map_err(refused)? {
        return Err(OpenError::InUse { path: name.to_owned() });
    }
    match fs::metadata(name) {
        Ok(there) => Ok(((there.dev(), there.ino()) == (held.dev(), held.ino())).then_some(disk)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

/// Whether a file stands under a name that is more than an empty one.
pub fn is_there(name: &Path) -> Result<bool, OpenError> {
    match fs::metadata(name) {
        Ok(found) => Ok(found.len() > 0 || !found.is_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(OpenError::Io { path: name.to_owned(), source }),
    }
}

/// A file that is being made beside the name that it is to have. Dropped before it has it, it is gone.
pub struct Making {
    /// Where it is made.
    at: PathBuf,
    /// Where it is to stand.
    to: PathBuf,
    disk: Arc<Disk>,
    /// What stands there so far; nobody writes to it any more.
    _instead: Option<Arc<Disk>>,
    /// What stands there so far, for who may read and write it.
    like: Option<Box<Metadata>>,
    named: bool,
}

impl Making {
    /// Begins with a file for a name, alone: a second one is told that the name is in use. What stands there already is
    /// `replace`d, or leaves nothing to do.
    pub(super) fn begin(name: &Path, replace: bool) -> Result<Option<Self>, OpenError> {
        let named = |error| match error {
            OpenError::InUse { .. } => OpenError::InUse { path: name.to_owned() },
            // It would have been made: it is its folder that is missing.
            OpenError::Missing { .. } => {
                let source = io::Error::new(io::ErrorKind::NotFound, "there is no such folder");
                OpenError::Io { path: name.to_owned(), source }
            }
            OpenError::Io { source, .. } => OpenError::Io { path: name.to_owned(), source },
            error => error,
        };
        let refused = |source: io::Error| OpenError::Io { path: name.to_owned(), source };
        let to = followed(name).map_err(refused)?;
        let at = beside(&to, "making");
        // Somebody put it there: what it leads to is nobody's leftover.
        if fs::symlink_metadata(&at).is_ok_and(|there| there.is_symlink()) {
            let source =
                io::Error::other(format!("{} is a link, and is where it would be made: move it away", at.display()));
            return Err(refused(source));
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        // One that was killed may have left it; whoever still makes it holds it.
        let Some(disk) = hold(&at, options.clone().create(true).truncate(false)).map_err(named)? else {
            return Ok(None);
        };
        let mut making = Self { at, to, disk, _instead: None, like: None, named: false };
        making.disk.clear().map_err(refused)?;
        match fs::metadata(&making.to) {
            Ok(found) if replace => match hold(&making.to, &options).map_err(named)? {
                Some(stands) => {
                    making._instead = Some(stands);
                    making.like = Some(Box::new(found));
                }
                None => return Ok(None),
            },
            Ok(found) if found.len() > 0 || !found.is_file() => return Ok(None),
            // An empty file may have been put there for who may read it.
            Ok(found) => making.like = Some(Box::new(found)),
            Err(_) => {}
        }
        Ok(Some(making))
    }

    /// Begins with a file for a name that was looked at: with `replace` whatever stands there is replaced, without it
    /// nothing may have come there.
    pub fn new(name: &Path, replace: bool) -> Result<Self, OpenError> {
        for _ in 0..ATTEMPTS {
            if let Some(making) = Self::begin(name, replace)? {
                return Ok(making);
            }
        }
        Err(OpenError::InUse { path: name.to_owned() })
    }

    /// Where it is made.
    pub fn at(&self) -> &Path {
        &self.at
    }

    pub(super) fn disk(&self) -> &Arc<Disk> {
        &self.disk
    }

    /// Gives it its name; on disk when this returns.
    pub fn name(&mut self) -> io::Result<()> {
        if let Some(like) = &self.like {
            let_as(&self.at, like)?;
        }
        put(&self.at, &self.to)?;
        self.named = true;
        Ok(())
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.named {
            // While it is held: nobody else makes one there.
            let _ = fs::remove_file(&self.at);
        }
    }
}

/// Lets those read and write a file who may read and write another, and gives it the same owner where that is allowed.
pub fn let_as(file: &Path, other: &Metadata) -> io::Result<()> {
    let made = fs::metadata(file)?;
    if (made.uid(), made.gid()) != (other.uid(), other.gid()) {
        // Only root may.
        let _ = chown(file, Some(other.uid()), Some(other.gid()));
    }
    fs::set_permissions(file, other.permissions())
}

/// A name beside a file's, in the same folder, so that moving it there is one step.
pub fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{what}"));
    PathBuf::from(name)
}

/// Moves a file or a folder to its place, on disk when this returns.
pub fn put(from: &Path, to: &Path) -> io::Result<()> {
    File::open(from)?.sync_all()?;
    fs::rename(from, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// The name behind links, also where nothing stands there yet.
fn followed(name: &Path) -> io::Result<PathBuf> {
    let mut at = name.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::read_link(&at) {
            Ok(to) => at = at.parent().unwrap_or(Path::new("")).join(to),
            Err(_) => return Ok(at),
        }
    }
    Err(io::Error::other("too many links from name to name"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    #[test]
    fn a_file_that_was_opened_and_then_replaced_is_not_held() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("a");
        let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&name).unwrap();
        let disk = held(open(), &name).unwrap().unwrap();
        assert!(matches!(held(open(), &name), Err(OpenError::InUse { .. })));
        // It waits at the door while the file is replaced, and the lock of what went is free.
        let waits = open();
        fs::write(folder.path().join("b"), "new").unwrap();
        fs::rename(folder.path().join("b"), &name).unwrap();
        drop(disk);
        assert!(held(waits, &name).unwrap().is_none());
        let waits = open();
        fs::remove_file(&name).unwrap();
        assert!(held(waits, &name).unwrap().is_none());
        assert!(held(open(), &name).unwrap().is_some());
    }

    #[test]
    fn one_who_makes_a_file_leaves_what_came_to_its_name_in_the_meantime() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("a");
        let making = Making::begin(&name, false).unwrap().unwrap();
        assert!(matches!(Making::begin(&name, false), Err(OpenError::InUse { path }) if path == name));
        drop(making);
        fs::write(&name, "somebody's").unwrap();
        assert!(Making::begin(&name, false).unwrap().is_none());
        assert!(matches!(Making::new(&name, false), Err(OpenError::InUse { .. })));
        let mut making = Making::begin(&name, true).unwrap().unwrap();
        fs::write(making.at(), "another's").unwrap();
        making.name().unwrap();
        assert_eq!(fs::read_to_string(&name).unwrap(), "another's");
        drop(making);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
