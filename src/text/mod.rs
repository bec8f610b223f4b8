//! Text: what names are compared by, how they are read, and what finds them. Pure: it knows no store.
//!
//! A name is folded ([`fold`]), its characters have readings ([`readings`]), both give the [`tokens`] that a store keeps it
//! under, each with where in the name it stands ([`standing`]). What a user types becomes a [`query`], which names the tokens of
//! whatever may match ([`candidates`]) and verifies each name ([`matching`]). [`pinyin`] writes a name for display; [`names`] takes names apart. [`amounts`] and [`dates`] read
//! what people write in cells.

pub mod amounts;
pub mod candidates;
pub mod dates;
pub mod fold;
pub mod matching;
pub mod names;
mod numeral;
pub mod pinyin;
pub mod query;
pub mod readings;
pub mod standing;
pub mod tokens;

/// The text of an asset, which `tools/readings/build.sh` made. A test reads each, so none is damaged.
fn inflate(compressed: &[u8]) -> String {
    let mut text = String::new();
    let read = std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(compressed), &mut text);
    if read.is_err() { String::new() } else { text }
}
