//! The whole graph as a data package: a descriptor and a CSV for each table, in a folder or in a zip file.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::rc::Rc;

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::{OutletError, descriptor, write_table};
use crate::exchange::columns::tables;
use crate::store::Snapshot;

/// Where the files of a package go, one after another.
pub trait Place {
    /// Begins a file, and gives what it is written to.
    fn begin(&mut self, path: &str) -> io::Result<&mut dyn Write>;
    /// Ends the file.
    fn end(&mut self) -> io::Result<()>;
}

/// Writes the package, and gives how many rows its tables have. Every table is there, also where it is empty: whoever reads
/// packages again and again finds the same files and columns in each.
pub fn write_package(snapshot: &Snapshot, place: &mut dyn Place) -> Result<u64, OutletError> {
    let descriptor = descriptor::descriptor(snapshot)?;
    place.begin(descriptor::PATH)?.write_all(&descriptor)?;
    place.end()?;
    let mut rows = 0;
    for table in tables() {
        rows += write_table(snapshot, table, place.begin(&table.path())?)?;
        place.end()?;
    }
    Ok(rows)
}

/// A folder that is there, for the files of a package.
pub struct Folder {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Folder {
    /// This folder.
    pub fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }
}

impl Place for Folder {
    fn begin(&mut self, path: &str) -> io::Result<&mut dyn Write> {
        let file = fs::OpenOptions::new().write(true).create_new(true).open(self.path.join(path))?;
        Ok(self.file.insert(BufWriter::with_capacity(1 << 16, file)))
    }

    fn end(&mut self) -> io::Result<()> {
        match self.file.take() {
            Some(file) => file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all(),
            None => Ok(()),
        }
    }
}

/// A zip file, written from its beginning to its end, to where nothing can be changed any more.
pub struct Zip<W: Write> {
    /// There until it is finished.
    zip: Option<ZipWriter<StreamWriter<Cut<W>>>>,
    cut: Rc<Cell<bool>>,
}

/// What is written to, until it is cut off.
struct Cut<W> {
    out: W,
    cut: Rc<Cell<bool>>,
}

impl<W: Write> Zip<W> {
    /// Writes one to there.
    pub fn new(out: W) -> Self {
        let cut = Rc::new(Cell::new(false));
        Self { zip: Some(ZipWriter::new_stream(Cut { out, cut: cut.clone() })), cut }
    }

    /// Writes the list of its files, without which it is none.
    pub fn finish(mut self) -> io::Result<()> {
        match self.zip.take() {
            Some(zip) => zip.finish()?.into_inner().flush(),
            None => Ok(()),
        }
    }
}

/// The library finishes what is dropped, so that half of a package would look like all of it: nothing more comes out.
impl<W: Write> Drop for Zip<W> {
    fn drop(&mut self) {
        self.cut.set(true);
    }
}

impl<W: Write> Write for Cut<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.cut.get() {
            return Ok(bytes.len());
        }
        // Nothing goes behind a gap.
        self.out.write(bytes).inspect_err(|_| self.cut.set(true))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.cut.get() { Ok(()) } else { self.out.flush() }
    }
}

impl<W: Write> Place for Zip<W> {
    fn begin(&mut self, path: &str) -> io::Result<&mut dyn Write> {
        // Neither the clock nor the machine is in it, so that the same data gives the same bytes.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::DEFAULT)
            .system(System::Unix)
            .unix_permissions(0o644);
        let zip = self.zip.as_mut().ok_or_else(|| io::Error::other("the zip file is finished"))?;
        zip.start_file(path, options)?;
        Ok(zip)
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
