//! Amounts as people write them: `1.26亿元`, `超3亿元`, `15万余名`, `48,673人`. What is read is exact; what is not surely one
//! number is refused.

use super::numeral::{Ending, Numeral, digit_of, power_of};
use crate::model::decimal::Decimal;

/// An amount as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// The number, 亿 and 万 worked in.
    pub value: Decimal,
    /// How the wording bounds it, by its name in the closed list of qualifiers; nothing where it does not.
    pub qualifier: Option<&'static str>,
    /// What it counts, as written: 元, 人, `%`; empty where it says nothing.
    pub unit: String,
    /// Whether it is digits alone, as programs write it.
    pub plain: bool,
}

/// Words in front of a number, the longer of two that begin alike first.
const BEFORE: &[(&str, Option<&str>)] = &[
    ("不超过", Some("AT_MOST")),
    ("不多于", Some("AT_MOST")),
    ("不高于", Some("AT_MOST")),
    ("至多", Some("AT_MOST")),
    ("最多", Some("AT_MOST")),
    ("超过", Some("MORE_THAN")),
    ("突破", Some("MORE_THAN")),
    ("多于", Some("MORE_THAN")),
    ("高于", Some("MORE_THAN")),
    ("超", Some("MORE_THAN")),
    ("逾", Some("MORE_THAN")),
    ("不少于", Some("AT_LEAST")),
    ("不低于", Some("AT_LEAST")),
    ("至少", Some("AT_LEAST")),
    ("不足", Some("LESS_THAN")),
    ("不到", Some("LESS_THAN")),
    ("不满", Some("LESS_THAN")),
    ("少于", Some("LESS_THAN")),
    ("低于", Some("LESS_THAN")),
    ("将近", Some("NEARLY")),
    ("接近", Some("NEARLY")),
    ("近", Some("NEARLY")),
    ("大约", Some("APPROXIMATELY")),
    ("约", Some("APPROXIMATELY")),
    ("达到", None),
    ("达", None),
    ("共", None),
];

/// Words behind it. 以上 and 以下 include the number, as the Civil Code has it.
const BEHIND: &[(&str, &str)] = &[
    ("及以上", "AT_LEAST"),
    ("以上", "AT_LEAST"),
    ("及以下", "AT_MOST"),
    ("以下", "AT_MOST"),
    ("以内", "AT_MOST"),
    ("左右", "APPROXIMATELY"),
    ("上下", "APPROXIMATELY"),
    ("有余", "MORE_THAN"),
    ("余", "MORE_THAN"),
    ("多", "MORE_THAN"),
];

/// Units that measure: 个 never stands for them.
const MEASURES: &[&str] = &["元", "人", "人次", "户", "亩", "公顷", "吨", "公里", "%", "天", "年", "期"];

/// Other ways to write a unit.
const SAME: &[(&str, &str)] =
    &[("人民币", "元"), ("元人民币", "元"), ("名", "人"), ("位", "人"), ("千米", "公里"), ("km", "公里"), ("日", "天")];

/// Units by the English names that indicators have for them.
const ENGLISH: &[(&str, &str)] = &[
    ("yuan", "元"),
    ("person", "人"),
    ("attendance", "人次"),
    ("household", "户"),
    ("mu", "亩"),
    ("hectare", "公顷"),
    ("tonne", "吨"),
    ("kilometre", "公里"),
    ("percent", "%"),
    ("day", "天"),
    ("year", "年"),
];

/// Letters and digits of full width as their usual selves, without any blanks; nothing where without them what were two
/// things would be one: `12 5` is not 125, and what stands on two lines may be two cells.
pub fn half_width(text: &str) -> Option<String> {
    without_blanks(text, false)
}

/// The same; `grouped` says whether a single blank may part the thousands of a number.
fn without_blanks(text: &str, grouped: bool) -> Option<String> {
    let letters: Vec<char> = text.trim().chars().map(narrow).collect();
    let mut kept = String::new();
    for (at, letter) in letters.iter().enumerate() {
        if !letter.is_whitespace() {
            kept.push(*letter);
            continue;
        }
        if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') {
            return None;
        }
        let next = letters[at..].iter().find(|letter| !letter.is_whitespace());
        let parted = kept.chars().next_back().zip(next.copied()).is_some_and(|(last, next)| is_one(last, next));
        if parted && !(grouped && parts_thousands(&letters, at)) {
            return None;
        }
    }
    Some(kept)
}

fn narrow(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        '−' => '-',
        other => other,
    }
}

/// Whether two letters side by side belong to one number or word.
fn is_one(last: char, next: char) -> bool {
    let sign = |letter: char| matches!(letter, '.' | ',' | '点');
    let numeral = |letter: char| letter.is_ascii_digit() || digit_of(letter).is_some() || sign(letter);
    last.is_ascii_alphanumeric() && next.is_ascii_alphanumeric() && last.is_ascii_digit() == next.is_ascii_digit()
        || (numeral(last) || power_of(last).is_some()) && numeral(next)
}

/// Whether the blank at a place parts thousands: behind one to three digits, and in front of three.
fn parts_thousands(letters: &[char], at: usize) -> bool {
    let digits = |letter: &&char| letter.is_ascii_digit();
    let before = letters[..at].iter().rev().take_while(digits).count();
    let behind = letters[at + 1..].iter().take_while(digits).count();
    let first = at.checked_sub(before + 1).map(|place| letters[place]);
    let begins = first.is_none_or(|letter| !matches!(letter, '.' | ',') && power_of(letter).is_none());
    (1..=3).contains(&before) && behind == 3 && letters.get(at + 4) != Some(&',') && begins
}

/// Reads an amount; nothing where the text is not surely one.
pub fn read(text: &str) -> Option<Amount> {
    read_as(text, Ending::Unsure)
}

/// The two numbers that a text may be whose writer may have dropped its last power: 1亿2000 is 1亿2000万 to most, and
/// 100002000 by the letter. Nothing where it is no number either way, or one.
pub fn either(text: &str) -> Option<[Decimal; 2]> {
    let [with, without] = [Ending::Shortened, Ending::Literal].map(|ending| Some(read_as(text, ending)?.value));
    with.zip(without).filter(|(with, without)| with != without).map(|(with, without)| [with, without])
}

fn read_as(text: &str, ending: Ending) -> Option<Amount> {
    if let Ok(value) = Decimal::parse(text) {
        return Some(Amount { value, qualifier: None, unit: String::new(), plain: true });
    }
    let text = without_blanks(text, true)?;
    let mut rest = text.as_str();
    let mut bounds = Vec::new();
    if let Some((word, bound)) = BEFORE.iter().find(|(word, _)| rest.starts_with(word)) {
        rest = &rest[word.len()..];
        bounds.extend(bound);
    }
    let share = rest.strip_prefix("百分之");
    let numeral = Numeral::read(share.unwrap_or(rest), ending)?;
    if numeral.more {
        bounds.push("MORE_THAN");
    }
    rest = &share.unwrap_or(rest)[numeral.length..];
    if let Some(more) = rest.strip_prefix('余').or_else(|| rest.strip_prefix('多')) {
        bounds.push("MORE_THAN");
        rest = more;
    }
    if let Some((word, bound)) = BEHIND.iter().find(|(word, _)| rest.ends_with(word)) {
        rest = &rest[..rest.len() - word.len()];
        bounds.push(bound);
    }
    let unit = match share {
        Some(_) if !rest.is_empty() => return None,
        Some(_) => "%",
        None => rest,
    };
    // 近百户 is a number; 百户 alone may be a name.
    if bounds.windows(2).any(|pair| pair[0] != pair[1]) || numeral.bare && bounds.is_empty() || !is_unit(unit) {
        return None;
    }
    Some(Amount { value: numeral.value, qualifier: bounds.first().copied(), unit: unit.to_owned(), plain: false })
}

/// How a value of a unit reads in an indicator's; nothing where the two measure different things, or nothing is said and
/// the indicator counts in multiples.
pub fn in_unit(amount: &Amount, unit: &str, unit_zh: Option<&str>) -> Option<Decimal> {
    let english =
        |unit: &str| ENGLISH.iter().find(|(english, _)| english.eq_ignore_ascii_case(unit)).map(|(_, zh)| *zh);
    let target = unit_zh.or_else(|| english(unit)).unwrap_or(unit);
    let base = target.trim_start_matches(['万', '亿', '千', '百']);
    let power: i32 = target[..target.len() - base.len()].chars().filter_map(power_of).sum();
    if amount.unit.is_empty() {
        return (amount.plain || power == 0).then_some(amount.value);
    }
    let plain = |unit: &'_ str| {
        let same = SAME.iter().find(|(other, _)| other.eq_ignore_ascii_case(unit)).map(|(_, one)| (*one).to_owned());
        same.or_else(|| english(unit).map(str::to_owned)).unwrap_or_else(|| unit.to_owned())
    };
    let (given, wanted) = (plain(&amount.unit), plain(base));
    let counted = given == "个" && !MEASURES.contains(&wanted.as_str());
    let without = wanted.strip_prefix('个').is_some_and(|rest| !rest.is_empty() && rest == given);
    let fits = given == wanted || counted || without || amount.unit.eq_ignore_ascii_case(unit);
    if fits { amount.value.times_ten_to(-power) } else { None }
}

/// Whether a text can be what is counted: no digit, and nothing that is left of a number.
fn is_unit(text: &str) -> bool {
    let wrong = |letter: char| {
        letter.is_ascii_digit()
            || digit_of(letter).is_some()
            || power_of(letter).is_some()
            || ".,-+~至几数半余多约".contains(letter)
    };
    text.chars().count() <= 6 && !text.contains(wrong)
}

#[cfg(test)]
#[path = "amounts_tests.rs"]
mod tests;
