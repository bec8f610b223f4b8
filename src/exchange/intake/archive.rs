//! Zips: packages that are sent as one file, and what a workbook unpacks to.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::part::Bytes;
use crate::config::{IMPORT_BYTES_MAX, IMPORT_FILES_MAX};

/// Whether bytes are those of a zip, or of the beginning of one.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Whether a zip is a workbook.
pub fn is_workbook(bytes: &[u8]) -> bool {
    ZipArchive::new(Cursor::new(bytes)).is_ok_and(|zip| zip.index_for_name("[Content_Types].xml").is_some())
}

/// Unpacks every file, or only counts what they come to, as far as the bound goes. What a zip says of its sizes is not believed.
pub fn unpack(bytes: &[u8], keep: bool, left: &mut u64) -> Result<Vec<(String, Bytes)>, String> {
    let cut_off = |error| format!("is a zip that cannot be read, as if it were cut off: {error}");
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| cut_off(error.to_string()))?;
    if zip.len() > IMPORT_FILES_MAX {
        return Err(format!("is a zip of {} files; at most {IMPORT_FILES_MAX} are taken", zip.len()));
    }
    // Of entries with one name the library keeps the last.
    if entries(bytes).is_some_and(|said| said != zip.len()) {
        return Err("is a zip that holds two files of one name; leave one of them out".to_owned());
    }
    let mut files = Vec::new();
    for place in 0..zip.len() {
        let file = zip.by_index(place).map_err(|error| cut_off(error.to_string()))?;
        if file.is_dir() {
            continue;
        }
        let name = file.name().map_err(|error| cut_off(error.to_string()))?.into_owned();
        let mut unpacked = Vec::new();
        let mut limited = file.take(*left + 1);
        let count = if keep {
            limited.read_to_end(&mut unpacked).map(|count| count as u64)
        } else {
            std::io::copy(&mut limited, &mut std::io::sink())
        };
        let count = count.map_err(|error| cut_off(format!("{name}: {error}")))?;
        *left = left.checked_sub(count).ok_or_else(|| {
            format!("unpacks to more than {IMPORT_BYTES_MAX} bytes, which is the most that an import takes")
        })?;
        files.push((name, Bytes(unpacked.into())));
    }
    Ok(files)
}

/// How many entries the end of a zip says that it has; nothing where they are more than it can say there.
fn entries(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let count = bytes.get(end + 10..end + 12)?;
    let count = usize::from(u16::from_le_bytes([count[0], count[1]]));
    (count < usize::from(u16::MAX)).then_some(count)
}
