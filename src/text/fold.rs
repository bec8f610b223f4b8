//! What texts are compared by: letters and digits alone, in their plain form, lower case, simplified.
//!
//! One character becomes one or none, so a place in the folded text is a place in the original. Spaces, punctuation and
//! marks fall away: `zhong shan`, `Zhōng-shān` and `zhongshan` are one text. Which character stands for which comes from
//! Unicode and OpenCC (`assets/text/fold.txt.gz`). Where several traditional characters share a simplified one, both sides
//! fold to it, so 乾縣 and 乾县 find each other; that 干县 would find them too does no harm.

use std::ops::Range;
use std::sync::OnceLock;

use super::inflate;
use crate::config::NAME_CHARS;

/// Code points of a page of the table.
const PAGE: usize = 64;

/// The table: for each 64 code points a page, and for each of them the character that it folds to.
struct Table {
    /// Where in `chars` the page of a code point begins, in pages; 0 where the page changes nothing.
    pages: Vec<u16>,
    chars: Vec<char>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(&inflate(include_bytes!("../../assets/text/fold.txt.gz"))))
}

impl Table {
    /// Reads lines of two characters: from what, to what.
    fn read(text: &str) -> Self {
        // The first page is the one that no code point has.
        let mut table = Self { pages: Vec::new(), chars: vec!['\0'; PAGE] };
        for line in text.lines() {
            let mut chars = line.chars();
            let (Some(from), Some(to)) = (chars.next(), chars.next()) else { continue };
            let (page, place) = (from as usize / PAGE, from as usize % PAGE);
            if table.pages.len() <= page {
                table.pages.resize(page + 1, 0);
            }
            if table.pages[page] == 0 {
                table.pages[page] = (table.chars.len() / PAGE) as u16;
                let first = (page * PAGE) as u32;
                table.chars.extend((first..first + PAGE as u32).map(|code| char::from_u32(code).unwrap_or('\0')));
            }
            table.chars[usize::from(table.pages[page]) * PAGE + place] = to;
        }
        table.chars.shrink_to_fit();
        table
    }

    fn get(&self, char: char) -> char {
        match self.pages.get(char as usize / PAGE) {
            None | Some(0) => char,
            Some(page) => self.chars[usize::from(*page) * PAGE + char as usize % PAGE],
        }
    }
}

/// Whether a character is written in Chinese.
pub fn is_han(char: char) -> bool {
    matches!(char, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '〇' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a character is a digit, and no Chinese one.
pub fn is_digit(char: char) -> bool {
    char.is_numeric() && !is_han(char)
}

/// What a character is compared as; none for one that is no letter and no digit.
pub fn fold_char(char: char) -> Option<char> {
    if char.is_ascii() {
        return char.is_ascii_alphanumeric().then(|| char.to_ascii_lowercase());
    }
    (is_han(char) || char.is_alphanumeric()).then(|| table().get(char))
}

/// The folded text alone.
pub fn fold(text: &str) -> String {
    text.chars().filter_map(fold_char).collect()
}

/// One character of a folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// What it is compared as.
    pub char: char,
    /// What it was.
    pub original: char,
    /// The byte of the original that it begins at.
    pub at: u32,
    /// Whether a word begins here: at each Chinese character, and where a run of letters or of digits begins.
    pub starts: bool,
}

/// A text with its folded form, and the way back.
#[derive(Debug, Clone)]
pub struct Folded<'a> {
    original: &'a str,
    units: Vec<Unit>,
}

/// A text in three pieces, around what matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pieces<'a> {
    /// What stands before.
    pub before: &'a str,
    /// What matched.
    pub matched: &'a str,
    /// What stands after.
    pub after: &'a str,
}

/// What a run is of, where it has no Chinese characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    None,
    Letters,
    Digits,
}

impl<'a> Folded<'a> {
    /// Folds a text. Of a longer one only the first [`NAME_CHARS`] letters and digits count.
    pub fn new(original: &'a str) -> Self {
        let mut units = Vec::with_capacity((original.len() / 3 + 1).min(NAME_CHARS));
        let mut run = Run::None;
        for (at, char) in original.char_indices() {
            let Some(folded) = fold_char(char) else {
                // A combining mark belongs to the letter before it.
                if !is_mark(char) {
                    run = Run::None;
                }
                continue;
            };
            if units.len() == NAME_CHARS {
                break;
            }
            let now = match folded {
                _ if is_han(folded) => Run::None,
                _ if is_digit(folded) => Run::Digits,
                _ => Run::Letters,
            };
            units.push(Unit { char: folded, original: char, at: at as u32, starts: now == Run::None || now != run });
            run = now;
        }
        Self { original, units }
    }

    /// The text as it was.
    pub fn original(&self) -> &'a str {
        self.original
    }

    /// The folded characters.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// How many of the folded characters begin before this byte of the original.
    pub fn units_before(&self, byte: usize) -> usize {
        self.units.partition_point(|unit| (unit.at as usize) < byte)
    }

    /// The original around some of the folded characters.
    pub fn pieces(&self, span: Range<usize>) -> Pieces<'a> {
        let start = self.units.get(span.start).map_or(self.original.len(), |unit| unit.at as usize);
        let last = if span.is_empty() { None } else { self.units.get(span.end - 1) };
        let end = last.map_or(start, |unit| {
            let rest = &self.original[unit.at as usize + unit.original.len_utf8()..];
            self.original.len() - rest.trim_start_matches(is_mark).len()
        });
        Pieces { before: &self.original[..start], matched: &self.original[start..end], after: &self.original[end..] }
    }
}

/// A mark that combines with the letter before it.
pub(super) fn is_mark(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_and_simplified_are_one() {
        for (traditional, simplified) in [
            ("臺灣", "台湾"),
            ("廣東", "广东"),
            ("昭通", "昭通"),
            ("乾縣", "乾县"),
            ("乾安", "乾安"),
            ("瀋陽", "沈阳"),
            ("鍾祥", "钟祥"),
            ("锺祥", "钟祥"),
            ("蘋果鄉", "苹果乡"),
            ("瞭望", "瞭望"),
            ("後壟裡", "后垄里"),
            ("蓬萊邨", "蓬莱村"),
            ("彞良縣小欖鎮", "彝良县小榄镇"),
        ] {
            assert_eq!(fold(traditional), fold(simplified), "{traditional}");
        }
        assert_ne!(fold("东莞"), fold("东官"));
    }

    #[test]
    fn forms_case_marks_and_punctuation_fall_away() {
        for (text, folded) in [
            ("Ａ１２座（東）", "a12座东"),
            ("Ürümqi City", "urumqicity"),
            ("Zhōng-shān", "zhongshan"),
            ("Zho\u{304}ng", "zhong"),
            ("①號", "1号"),
            ("\u{f9d1}安", "六安"),
            (" · 　", ""),
            ("Ⅹ", "x"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for char in (0..0x30000).filter_map(char::from_u32) {
            if let Some(once) = fold_char(char) {
                assert_eq!(fold_char(once), Some(once), "{char}");
            }
        }
    }

    #[test]
    fn a_span_leads_back_to_the_original() {
        let folded = Folded::new("廣東（中山）市e\u{301}");
        let pieces = folded.pieces(1..4);
        assert_eq!((pieces.before, pieces.matched, pieces.after), ("廣", "東（中山", "）市e\u{301}"));
        assert_eq!(folded.pieces(5..6).matched, "e\u{301}");
        assert_eq!(folded.pieces(6..6).before, folded.original());
        assert_eq!(folded.units_before("廣東（中".len()), 3);
    }

    #[test]
    fn words_begin_at_chinese_characters_and_runs() {
        let starts = |text| Folded::new(text).units().iter().map(|unit| u8::from(unit.starts)).collect::<Vec<_>>();
        assert_eq!(starts("G318国道"), [1, 1, 0, 0, 1, 1]);
        assert_eq!(starts("Oe\u{301}k Ab"), [1, 0, 0, 1, 0]);
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(Folded::new(&"山".repeat(10_000)).units().len(), NAME_CHARS);
    }
}
