//! Dates as people write them: 2020年9月7日, 2020/9/7, 2020.9, 2020年, or EDTF.

use super::amounts::half_width;
use crate::model::date::PartialDate;

/// Reads a date, as precise as it is written; nothing where the text is not surely one.
pub fn read(text: &str) -> Option<PartialDate> {
    if let Ok(date) = PartialDate::parse(text) {
        return Some(date);
    }
    let text = half_width(text)?;
    let (text, approximate) = match text.strip_prefix("大约").or_else(|| text.strip_prefix('约')) {
        Some(rest) => (rest.to_owned(), true),
        None => match text.strip_suffix('~').or_else(|| text.strip_suffix("左右")) {
            Some(rest) => (rest.to_owned(), true),
            None => (text, false),
        },
    };
    let parts = if text.contains('年') { chinese(&text)? } else { separated(&text)? };
    let mut edtf = String::new();
    for (place, part) in parts.iter().enumerate() {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = if place == 0 { part.len() == 4 } else { (1..=2).contains(&part.len()) };
        if !digits || !fits {
            return None;
        }
        edtf.push_str(&if place == 0 { (*part).to_owned() } else { format!("-{part:0>2}") });
    }
    if approximate {
        edtf.push('~');
    }
    PartialDate::parse(&edtf).ok()
}

/// Year, month and day behind which 年, 月 and 日 stand.
fn chinese(text: &str) -> Option<Vec<&str>> {
    let (year, rest) = text.split_once('年')?;
    if rest.is_empty() {
        return Some(vec![year]);
    }
    let (month, rest) = rest.split_once('月')?;
    if rest.is_empty() {
        return Some(vec![year, month]);
    }
    let day = rest.strip_suffix('日').or_else(|| rest.strip_suffix('号'))?;
    Some(vec![year, month, day])
}

/// Year, month and day between which one sign stands throughout.
fn separated(text: &str) -> Option<Vec<&str>> {
    let sign = text.chars().find(|letter| !letter.is_ascii_digit())?;
    let parts: Vec<_> = text.split(sign).collect();
    // As a number that lost its last zero, 2020.1 is October.
    let ambiguous = sign == '.' && parts.len() == 2 && parts[1] == "1";
    (matches!(sign, '-' | '/' | '.') && parts.len() <= 3 && !ambiguous).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_write_them() {
        for (text, expected) in [
            ("2020年9月7日", "2020-09-07"),
            ("2020年09月07号", "2020-09-07"),
            ("2020-09-07", "2020-09-07"),
            ("2020-9-7", "2020-09-07"),
            ("2020/9/7", "2020-09-07"),
            ("2020.9", "2020-09"),
            ("2020.10", "2020-10"),
            ("2020.01", "2020-01"),
            ("2020.1.2", "2020-01-02"),
            ("2020 - 9", "2020-09"),
            ("2020年9月", "2020-09"),
            ("2020年", "2020"),
            ("2020", "2020"),
            ("２０２０年", "2020"),
            ("2020-09~", "2020-09~"),
            ("约2016年", "2016~"),
            ("2016年左右", "2016~"),
            (" 2020 年 9 月 ", "2020-09"),
        ] {
            assert_eq!(read(text).map(|date| date.to_string()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_surely_a_date_is_refused() {
        for text in [
            "",
            "9/7/2020",
            "20-9-7",
            "2020-13",
            "2020年13月",
            "2020.9.31",
            "2020-9/7",
            "2020年9",
            "9月7日",
            "2020年底",
            "2020-09-07 12:00",
            "44081",
            "2019-2020",
            "2020年9月7日日",
            "2020..9",
            "2020-1 2",
            "20 20年",
            "2 020年",
            "2020\n9",
            "2020年\n9月",
            "2020.1",
            "约2020.1",
            "2020年9月日",
            "二〇二〇年",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
