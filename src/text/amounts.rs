//! Amounts as people write them: `1.26亿元`, `超3亿元`, `15万余名`, `48,673人`. What is read is exact; what is not surely one
//! number is refused.

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
    let numeral = Numeral::read(share.unwrap_or(rest))?;
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

fn digit_of(letter: char) -> Option<u32> {
    Some(match letter {
        '零' | '〇' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

fn power_of(letter: char) -> Option<i32> {
    Some(match letter {
        '十' => 1,
        '百' => 2,
        '千' => 3,
        '万' => 4,
        '亿' => 8,
        _ => return None,
    })
}

/// A number at the beginning of a text.
struct Numeral {
    value: Decimal,
    /// How many bytes it takes.
    length: usize,
    /// 余 or 多 stands within it, as in 10多万.
    more: bool,
    /// It is a power alone: 百, 万.
    bare: bool,
}

/// What of a number was read so far.
#[derive(Default)]
struct Partly {
    /// What stands in front of the last 万 or 亿, worked in.
    sum: Option<Decimal>,
    /// What stands behind it, but for the last digits.
    section: Option<Decimal>,
    /// The last digits, which wait for their power.
    digits: Option<Decimal>,
    /// The last powers below and from 万 on; the next must be smaller.
    small: Option<i32>,
    big: Option<i32>,
    /// 零 was just read, so that a single digit may follow anywhere.
    zero: bool,
    more: bool,
    bare: bool,
}

impl Numeral {
    fn read(text: &str) -> Option<Self> {
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (1, rest),
            None => (0, text),
        };
        let mut partly = Partly::default();
        let mut rest = unsigned;
        while let Some(letter) = rest.chars().next() {
            if letter.is_ascii_digit() {
                let (digits, length) = arabic(rest)?;
                partly.arabic(&digits)?;
                rest = &rest[length..];
                continue;
            }
            let behind = &rest[letter.len_utf8()..];
            if let Some(digit) = digit_of(letter) {
                let (digit, length) = with_fraction(digit, behind)?;
                partly.digit(digit)?;
                rest = &behind[length..];
            } else if let Some(power) = power_of(letter) {
                if power < 4 {
                    partly.small_power(power)?
                } else {
                    partly.big_power(power)?
                }
                rest = behind;
            } else if matches!(letter, '余' | '多') && behind.starts_with(['万', '亿']) && !partly.more {
                partly.more = true;
                rest = behind;
            } else {
                break;
            }
        }
        let length = sign + unsigned.len() - rest.len();
        let (more, bare) = (partly.more, partly.bare);
        let value = partly.whole()?;
        let value = if sign == 1 { Decimal::parse(&format!("-{value}")).ok()? } else { value };
        Some(Self { value, length, more, bare })
    }
}

impl Partly {
    /// Digits of ours: at the beginning, or four of them behind 万 or 亿, as in 1万2000.
    fn arabic(&mut self, digits: &str) -> Option<()> {
        let begins = self.sum.is_none() && self.section.is_none() && !self.zero;
        let goes_on = self.section.is_none() && self.small.is_none() && digits.len() == 4 && !self.zero;
        if self.digits.is_some() || self.more || !(begins || goes_on && !digits.contains('.')) {
            return None;
        }
        self.digits = Some(Decimal::parse(digits).ok()?);
        Some(())
    }

    /// A Chinese digit, perhaps with a fraction. Two of them in a row are no number that is sure: 五六百.
    fn digit(&mut self, digit: Decimal) -> Option<()> {
        if self.digits.is_some() || self.more {
            return None;
        }
        if digit == Decimal::parse("0").ok()? {
            self.zero = true;
            return Some(());
        }
        // 一百五 is 150 to one and 105 to another; 一百零五 and 二十五 are sure, and so is a digit that gets its power.
        self.digits = Some(digit);
        Some(())
    }

    /// 十, 百, 千.
    fn small_power(&mut self, power: i32) -> Option<()> {
        if self.more || self.small.is_some_and(|last| power >= last) {
            return None;
        }
        let digits = match self.digits.take() {
            Some(digits) if digits < Decimal::parse("10").ok()? => digits,
            Some(_) => return None,
            None if power == 1 && self.section.is_none() => one()?,
            None if self.section.is_none() && self.sum.is_none() && !self.zero => {
                self.bare = true;
                one()?
            }
            None => return None,
        };
        self.section = Some(add(self.section, Some(digits.times_ten_to(power)?))?);
        self.small = Some(power);
        self.zero = false;
        Some(())
    }

    /// 万, 亿; 万亿 is both.
    fn big_power(&mut self, power: i32) -> Option<()> {
        let before = self.section()?;
        self.sum = match (before, self.sum) {
            (Some(before), sum) if self.big.is_none_or(|last| power < last) => {
                Some(add(sum, Some(before.times_ten_to(power)?))?)
            }
            (None, Some(sum)) if self.big == Some(4) && power == 8 => Some(sum.times_ten_to(8)?),
            (None, None) if !self.zero => {
                self.bare = true;
                Some(one()?.times_ten_to(power)?)
            }
            _ => return None,
        };
        (self.section, self.digits, self.small, self.zero) = (None, None, None, false);
        self.big = Some(power);
        Some(())
    }

    /// What stands behind the last 万 or 亿, if it is sure.
    fn section(&self) -> Option<Option<Decimal>> {
        if let Some(digits) = self.digits {
            let behind_small = self.small.is_some_and(|last| last > 1) && !self.zero;
            let behind_big =
                self.section.is_none() && self.sum.is_some() && !self.zero && digits < one()?.times_ten_to(3)?;
            if behind_small || behind_big {
                return None;
            }
        }
        if self.zero && self.digits.is_none() && (self.section.is_some() || self.sum.is_some()) {
            return None;
        }
        match (self.section, self.digits) {
            (None, None) => Some(None),
            (section, digits) => add(section, digits).map(Some),
        }
    }

    fn whole(self) -> Option<Decimal> {
        match (self.section()?, self.sum) {
            (None, None) if self.zero => Decimal::parse("0").ok(),
            (None, None) => None,
            (section, sum) => add(sum, section),
        }
    }
}

fn one() -> Option<Decimal> {
    Decimal::parse("1").ok()
}

fn add(left: Option<Decimal>, right: Option<Decimal>) -> Option<Decimal> {
    match (left, right) {
        (Some(left), Some(right)) => left.checked_add(right),
        (left, right) => left.or(right),
    }
}

/// Digits, perhaps with separators in their places and a fraction: without the separators, and how many bytes they take.
fn arabic(text: &str) -> Option<(String, usize)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | ',')).unwrap_or(text.len());
    let whole = text[..end].split('.').next()?;
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let mut others = groups.peekable();
    if others.peek().is_some() && !(1..=3).contains(&first.len()) || others.any(|group| group.len() != 3) {
        return None;
    }
    let digits = text[..end].replacen(',', "", whole.matches(',').count());
    Decimal::parse(&digits).ok().map(|_| (digits, end))
}

/// A Chinese digit with what stands behind 点.
fn with_fraction(digit: u32, behind: &str) -> Option<(Decimal, usize)> {
    let Some(rest) = behind.strip_prefix('点') else {
        return Some((Decimal::parse(&digit.to_string()).ok()?, 0));
    };
    let fraction: String = rest.chars().map_while(digit_of).filter_map(|digit| char::from_digit(digit, 10)).collect();
    let length = rest.chars().take_while(|letter| digit_of(*letter).is_some()).map(char::len_utf8).sum::<usize>();
    Some((Decimal::parse(&format!("{digit}.{fraction}")).ok()?, '点'.len_utf8() + length))
}

#[cfg(test)]
#[path = "amounts_tests.rs"]
mod tests;
