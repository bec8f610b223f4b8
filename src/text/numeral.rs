//! Numbers in digits of ours, in Chinese ones, and in both: 1.26亿, 三千二百, 3亿5千万.

use crate::model::decimal::Decimal;

/// How digits behind a power are read that may stand for more: 3万5, 一百五, 1亿2000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ending {
    /// They are no number that is sure.
    #[default]
    Unsure,
    /// Their power was dropped: 3.5万, 150, 1.2亿.
    Shortened,
    /// They are what they say: 30005, 105, 100002000.
    Literal,
}

impl Ending {
    /// What a part is worth that may have dropped a power, which it may only at the `end` of a number.
    fn worth(self, part: Decimal, power: i32, end: bool) -> Option<Decimal> {
        match self {
            _ if power == 0 => Some(part),
            Self::Literal if end => Some(part),
            Self::Shortened if end => part.times_ten_to(power),
            _ => None,
        }
    }
}

/// What a Chinese digit says.
pub fn digit_of(letter: char) -> Option<u32> {
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

/// Which power of ten a character says.
pub fn power_of(letter: char) -> Option<i32> {
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
pub struct Numeral {
    /// What it says.
    pub value: Decimal,
    /// How many bytes it takes.
    pub length: usize,
    /// 余 or 多 stands within it, as in 10多万.
    pub more: bool,
    /// It is a power alone: 百, 万.
    pub bare: bool,
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
    /// 零 stands right behind the last 万 or 亿: what follows is what it says.
    behind_zero: bool,
    more: bool,
    bare: bool,
    /// What stands in front of a power has a fraction: no digits go on behind it.
    broken: bool,
    /// How the last digits are read where they may stand for more.
    ending: Ending,
}

impl Numeral {
    /// Reads it; nothing where it is not surely one.
    pub fn read(text: &str, ending: Ending) -> Option<Self> {
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (1, rest),
            None => (0, text),
        };
        let mut partly = Partly { ending, ..Partly::default() };
        let mut rest = unsigned;
        while let Some(letter) = rest.chars().next() {
            if letter.is_ascii_digit() {
                let (digits, length) = arabic(rest)?;
                partly.arabic(&digits, rest[length..].chars().next().and_then(power_of))?;
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
    /// Digits of ours: at the beginning, or behind 万 or 亿 where their power is sure: four of them, as in 1万2000, or some
    /// in front of a power, as in 3亿5千万 and 3亿500万.
    fn arabic(&mut self, digits: &str, power: Option<i32>) -> Option<()> {
        let begins = self.sum.is_none() && self.section.is_none() && !self.zero;
        let few = !digits.starts_with('0') && (power.is_some() || self.ending != Ending::Unsure && digits.len() == 1);
        let fits = digits.len() == 4 || few && digits.len() < 4;
        let goes_on = self.section.is_none() && self.small.is_none() && !self.zero && !self.broken && fits;
        if self.digits.is_some() || self.more || !(begins || goes_on && !digits.contains('.')) {
            return None;
        }
        self.digits = Some(Decimal::parse(digits).ok()?);
        Some(())
    }

    /// A Chinese digit, perhaps with a fraction. Two of them in a row are no number that is sure: 五六百.
    fn digit(&mut self, digit: Decimal) -> Option<()> {
        if self.digits.is_some() || self.more || self.broken {
            return None;
        }
        if digit == Decimal::parse("0").ok()? {
            self.behind_zero |= self.section.is_none();
            self.zero = true;
            return Some(());
        }
        // 一百五 is 150 to one and 105 to another; 一百零五 and 二十五 are sure, and so is a digit that gets its power.
        self.digits = Some(digit);
        Some(())
    }

    /// 十, 百, 千.
    fn small_power(&mut self, power: i32) -> Option<()> {
        if self.more || self.broken || self.small.is_some_and(|last| power >= last) {
            return None;
        }
        self.broken = self.digits.is_some_and(|digits| !is_whole(digits));
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
        let before = self.section(false)?;
        self.broken |= before.is_some_and(|before| !is_whole(before));
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
        self.behind_zero = false;
        self.big = Some(power);
        Some(())
    }

    /// What stands behind the last 万 or 亿, if it is sure. At the `end` of a number a power may have been dropped.
    fn section(&self, end: bool) -> Option<Option<Decimal>> {
        if self.zero && self.digits.is_none() && (self.section.is_some() || self.sum.is_some()) {
            return None;
        }
        let digits = match self.digits {
            Some(digits) => {
                let power = self.power_behind(digits, end)?;
                let single = power == 0 || is_whole(digits) && digits < one()?.times_ten_to(1)?;
                Some(self.ending.worth(digits, power, end).filter(|_| single)?)
            }
            None => None,
        };
        if (self.section, digits) == (None, None) {
            return Some(None);
        }
        let section = add(self.section, digits)?;
        // 一亿二千 is 一亿二千万 to most.
        let thousands = self.section.is_some() || self.digits >= Some(one()?.times_ten_to(3)?);
        let lacks_wan = end && self.big == Some(8) && !self.behind_zero && thousands;
        self.ending.worth(section, if lacks_wan { 4 } else { 0 }, end).map(Some)
    }

    /// The power that last digits without one may have dropped; nothing where it cannot be told.
    fn power_behind(&self, digits: Decimal, end: bool) -> Option<i32> {
        let less_than = |power| Some(digits < one()?.times_ten_to(power)?);
        match (self.small, self.big) {
            _ if self.zero => Some(0),
            (Some(small), _) => Some(small - 1),
            (None, _) if !end => Some(0),
            (None, Some(big)) if less_than(1)? => Some(big - 1),
            (None, Some(_)) if less_than(3)? => None,
            (None, _) => Some(0),
        }
    }

    fn whole(self) -> Option<Decimal> {
        match (self.section(true)?, self.sum) {
            (None, None) if self.zero => Decimal::parse("0").ok(),
            (None, None) => None,
            (section, sum) => add(sum, section),
        }
    }
}

fn is_whole(number: Decimal) -> bool {
    !number.to_string().contains('.')
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
