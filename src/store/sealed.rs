//! The bytes of a record's value: version, checksum, row. Reading trusts them; `jiedui check` does not.

use super::log::Revision;

const HEAD: usize = 12;

/// A row with its version and checksum.
pub fn seal(version: Revision, row: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEAD + row.len());
    value.extend_from_slice(&version.to_le_bytes());
    value.extend_from_slice(&crc32fast::hash(row).to_le_bytes());
    value.extend_from_slice(row);
    value
}

/// The row; none where the value is cut short.
pub fn row_of(value: &[u8]) -> &[u8] {
    value.get(HEAD..).unwrap_or(&[])
}

/// The revision that last changed the record.
pub fn version_of(value: &[u8]) -> Revision {
    value.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Whether the row is the one that was sealed.
pub fn is_intact(value: &[u8]) -> bool {
    value.get(8..HEAD).is_some_and(|sum| crc32fast::hash(row_of(value)).to_le_bytes() == *sum)
}
