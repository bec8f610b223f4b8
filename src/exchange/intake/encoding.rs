//! The text of a file: UTF-8, UTF-16 with its mark, or GB18030, which is what Excel on a Chinese Windows writes.

use encoding_rs::{Encoding, GB18030, UTF_16BE, UTF_16LE};

/// Where a file is no text.
#[derive(Debug, PartialEq, Eq)]
pub struct NoText {
    /// The line, from 1.
    pub line: u64,
    /// The byte, from 0.
    pub byte: usize,
    /// In what it is none.
    pub encodings: &'static str,
}

impl NoText {
    /// What is told of it.
    pub fn problem(&self) -> String {
        format!("expected text in {}; the byte at offset {} is part of none", self.encodings, self.byte)
    }
}

/// Reads the text, without its mark.
pub fn decode(bytes: &[u8]) -> Result<String, NoText> {
    let is_marked = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    // With the first byte of the second line, which is one there.
    let headings = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| bytes.len().min(end + 2));
    match bytes[..headings].iter().position(|byte| *byte == 0).filter(|_| !is_marked) {
        // UTF-16 would pass for a text of which every other character is none; no heading has such a one.
        Some(byte) => {
            let encodings = "UTF-8 or GB18030, or in UTF-16 with its mark";
            Err(NoText { line: line_of(bytes, byte), byte, encodings })
        }
        None => decoded(bytes),
    }
}

fn decoded(bytes: &[u8]) -> Result<String, NoText> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest, 3, "UTF-8, as its mark says"),
        [0xff, 0xfe, ..] => whole(UTF_16LE, bytes, 2, "UTF-16, as its mark says"),
        [0xfe, 0xff, ..] => whole(UTF_16BE, bytes, 2, "UTF-16, as its mark says"),
        _ => {
            let error = match std::str::from_utf8(bytes) {
                Ok(text) => return Ok(text.to_owned()),
                Err(error) => error,
            };
            // A text in UTF-8 with one broken byte is, by its bytes, mostly GB18030 too, and would turn into other characters.
            if is_mostly_utf8(bytes) {
                return utf8(bytes, 0, "UTF-8, which most of it is");
            }
            whole(GB18030, bytes, 0, "UTF-8 or GB18030").map_err(|no_text| NoText {
                // The first byte that is no UTF-8 comes first, and is as much at fault.
                line: no_text.line.max(line_of(bytes, error.valid_up_to())),
                ..no_text
            })
        }
    }
}

fn utf8(bytes: &[u8], mark: usize, encodings: &'static str) -> Result<String, NoText> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let at = error.valid_up_to();
        NoText { line: line_of(bytes, at), byte: mark + at, encodings }
    })
}

/// Decodes all of it, or tells the first byte that is no part of a character.
fn whole(encoding: &'static Encoding, bytes: &[u8], mark: usize, encodings: &'static str) -> Result<String, NoText> {
    let bytes = &bytes[mark..];
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok(text.into_owned());
    }
    // The beginnings that can be decoded are those before the first wrong byte: a search by halves finds it.
    let (mut good, mut bad) = (0, bytes.len());
    while good + 1 < bad {
        let middle = good.midpoint(bad);
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut text = String::with_capacity(decoder.max_utf8_buffer_length(middle).unwrap_or(0));
        let (result, _) = decoder.decode_to_string_without_replacement(&bytes[..middle], &mut text, false);
        match result {
            encoding_rs::DecoderResult::Malformed(..) => bad = middle,
            _ => good = middle,
        }
    }
    let before = encoding.decode_without_bom_handling(&bytes[..good]).0;
    Err(NoText { line: 1 + before.matches('\n').count() as u64, byte: mark + good, encodings })
}

fn line_of(bytes: &[u8], at: usize) -> u64 {
    1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Whether more characters of three bytes and more are whole than broken.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0u64, 0u64);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|letter| letter.len_utf8() >= 3).count() as u64;
        broken += u64::from(!chunk.invalid().is_empty());
    }
    whole > broken
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "id,name\ncity:442000,中山市\ncity:530600,昭通市\n";

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
    }

    #[test]
    fn texts_are_read_in_every_encoding_that_keepers_use() {
        let gb = GB18030.encode(TEXT).0.into_owned();
        assert_ne!(gb, TEXT.as_bytes());
        for bytes in [
            TEXT.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", TEXT.as_bytes()].concat(),
            gb,
            utf16(TEXT, u16::to_le_bytes),
            utf16(TEXT, u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(TEXT));
        }
        // Rare characters, of four bytes in GB18030.
        let rare = "𠮷,㐀";
        assert_eq!(decode(&GB18030.encode(rare).0).as_deref(), Ok(rare));
    }

    #[test]
    fn what_is_no_text_is_told_by_line_and_byte() {
        let mut broken = TEXT.as_bytes().to_vec();
        let at = TEXT.find("昭").unwrap();
        broken[at] = 0xff;
        assert_eq!(decode(&broken), Err(NoText { line: 3, byte: at, encodings: "UTF-8, which most of it is" }));
        let mut gb = GB18030.encode(TEXT).0.into_owned();
        let length = gb.len();
        gb[length - 5] = 0xff;
        let told = decode(&gb).unwrap_err();
        assert_eq!((told.line, told.byte, told.encodings), (3, length - 5, "UTF-8 or GB18030"));
        let odd = &utf16(TEXT, u16::to_le_bytes)[..21];
        assert!(decode(odd).is_err());
        assert!(decode(b"\xef\xbb\xbfa\xff").is_err());
        for text in [TEXT, "编号\n甲\n"] {
            for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                let told = decode(&utf16(text, bytes)[2..]).unwrap_err();
                assert_eq!(told.encodings, "UTF-8 or GB18030, or in UTF-16 with its mark", "{told:?}");
            }
        }
        // What a text may hold that is no heading.
        assert!(decode(b"id,note\na,b\0c\n").is_ok());
    }
}
