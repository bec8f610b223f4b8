//! A name in pinyin, for display: `中山市` is `Zhōngshān Shì`.
//!
//! The stem is one word, and so are the peoples of an autonomous region and what the region is (市, 自治县, 村民委员会);
//! each begins with a capital, and an apostrophe stands before a syllable that begins with a vowel. What is not Chinese
//! stays as it is, as words of its own. A name that is no place's but a sentence, such as a group's or a project's, has its
//! syllables apart: which of them are words, no table knows.

use super::fold::{Folded, is_han, is_mark};
use super::names::{self, Parts};
use super::readings::{self, Sound};

/// The name in pinyin, with marks for the tones.
pub fn pinyin(name: &str) -> String {
    let folded = Folded::new(name);
    let right = readings::right(&folded);
    let parts = names::parts(name);
    let breaks = breaks(parts);
    let apart = is_sentence(parts);
    let mut text = String::with_capacity(name.len() * 2);
    // Whether the last thing written was a syllable, to which the next one can be joined.
    let mut joins = false;
    let mut kept_to = 0;
    for (unit, sound) in folded.units().iter().zip(right) {
        let at = unit.at as usize;
        keep(&mut text, &name[kept_to.min(at)..at], &mut joins);
        kept_to = at + unit.original.len_utf8();
        let sound = sound.filter(|_| is_han(unit.char));
        let Some(sound) = sound else {
            keep(&mut text, &name[at..kept_to], &mut joins);
            continue;
        };
        let fresh = !joins || breaks.contains(&at);
        if fresh || apart {
            space(&mut text);
        } else if sound.letters().starts_with(['a', 'e', 'o']) {
            text.push('\'');
        }
        write(&mut text, sound, fresh);
        joins = true;
    }
    keep(&mut text, &name[kept_to..], &mut joins);
    text.truncate(text.trim_end().len());
    text
}

/// What governs a village, which can stand behind what the village is: 社区居民委员会.
const COMMITTEES: [&str; 4] = ["村民委员会", "居民委员会", "村委会", "居委会"];

/// The bytes at which a word begins: the peoples, each of them, what the region is, and its committee.
fn breaks(parts: Parts<'_>) -> Vec<usize> {
    let start = parts.stem.len();
    let generic = start + parts.peoples.len();
    let each = parts.peoples.match_indices('族').map(|(at, people)| start + at + people.len());
    let committee = COMMITTEES.iter().filter_map(|committee| parts.generic.strip_suffix(committee));
    [start, generic].into_iter().chain(each).chain(committee.map(|before| generic + before.len())).collect()
}

/// The most characters in a row that are one word: of a name that does not say what it is, and of one that does.
const WORD_CHARS: [usize; 2] = [6, 10];

/// Whether a name is rather a sentence: it has more characters in a row than any name that is one word.
fn is_sentence(parts: Parts<'_>) -> bool {
    let longest = parts.stem.split(|char| !is_han(char)).map(|run| run.chars().count()).max();
    longest > Some(WORD_CHARS[usize::from(!parts.generic.is_empty())])
}

/// Keeps a piece of the name that is not read.
fn keep(text: &mut String, piece: &str, joins: &mut bool) {
    for char in piece.chars() {
        if char.is_whitespace() {
            space(text);
        } else if !is_mark(char) && *joins && char.is_alphanumeric() {
            space(text);
            text.push(char);
        } else {
            text.push(char);
        }
        *joins = false;
    }
}

fn space(text: &mut String) {
    if !text.is_empty() && !text.ends_with([' ', '(', '（', '-', '“', '‘', '《']) {
        text.push(' ');
    }
}

/// Writes a syllable, its tone over the vowel that bears it: a or e, the o of ou, or the last one.
fn write(text: &mut String, sound: Sound, capital: bool) {
    let letters = sound.letters();
    let bearer =
        letters.find(['a', 'e']).or_else(|| letters.find("ou")).or_else(|| letters.rfind(['i', 'o', 'u', 'v']));
    for (at, letter) in letters.char_indices() {
        let char = if Some(at) == bearer { marked(letter, sound.tone()) } else { marked(letter, 0) };
        if capital && at == 0 { text.extend(char.to_uppercase()) } else { text.push(char) }
    }
}

fn marked(vowel: char, tone: u8) -> char {
    let marks = match vowel {
        'a' => ['a', 'ā', 'á', 'ǎ', 'à'],
        'e' => ['e', 'ē', 'é', 'ě', 'è'],
        'i' => ['i', 'ī', 'í', 'ǐ', 'ì'],
        'o' => ['o', 'ō', 'ó', 'ǒ', 'ò'],
        'u' => ['u', 'ū', 'ú', 'ǔ', 'ù'],
        'v' => ['ü', 'ǖ', 'ǘ', 'ǚ', 'ǜ'],
        other => return other,
    };
    marks.get(usize::from(tone)).copied().unwrap_or(vowel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_on_a_map() {
        for (name, written) in [
            ("中山市", "Zhōngshān Shì"),
            ("西安市", "Xī'ān Shì"),
            ("景东彝族自治县", "Jǐngdōng Yízú Zìzhìxiàn"),
            ("双江拉祜族佤族布朗族傣族自治县", "Shuāngjiāng Lāhùzú Wǎzú Bùlǎngzú Dǎizú Zìzhìxiàn"),
            ("吕梁市", "Lǚliáng Shì"),
            ("略阳县", "Lüèyáng Xiàn"),
            ("清水村民委员会", "Qīngshuǐ Cūnmínwěiyuánhuì"),
            ("东山村村委会", "Dōngshān Cūn Cūnwěihuì"),
            ("多福巷社区居民委员会", "Duōfúxiàng Shèqū Jūmínwěiyuánhuì"),
            ("臺灣省", "Táiwān Shěng"),
            ("G318国道", "G318 Guódào"),
            ("东升社区A座", "Dōngshēngshèqū A Zuò"),
            ("Zhongshan City", "Zhongshan City"),
            ("圣方济各堂区（路环）", "Shèngfāngjìgètángqū（Lùhuán）"),
            ("中山职业院校", "Zhōngshānzhíyèyuànxiào"),
            ("东西部扶贫协作", "Dōng xī bù fú pín xié zuò"),
            ("省级“粤菜师傅”培训基地", "Shěngjí“Yuècàishīfu” Péixùnjīdì"),
            ("签约销售昭通苹果的中山企业", "Qiān yuē xiāo shòu zhāo tōng píng guǒ de zhōng shān qǐ yè"),
            ("东北地区与东部地区对口合作 2017", "Dōng běi dì qū yǔ dōng bù dì qū duì kǒu hé zuò 2017"),
            ("克孜勒苏柯尔克孜自治州", "Kèzīlèsū Kē'ěrkèzī Zìzhìzhōu"),
            ("", ""),
        ] {
            assert_eq!(pinyin(name), written, "{name}");
        }
    }
}
