//! Number formats: what they show beside the digits of a number, and how much of a date.

/// A date as its format shows it: a month typed as 2020-9 is kept as its first day, and no day is shown. What is wrong
/// where no year is shown: the one that the sheet keeps is that of the day when it was typed.
pub fn as_precise(format: &str, year: u16, month: u8, day: u8) -> Result<String, String> {
    let whole = format!("{year:04}-{month:02}-{day:02}");
    let shown = unquoted(format).to_lowercase();
    if shown.is_empty() || shown.contains("general") {
        return Ok(whole);
    }
    // `e` is the year too, in formats of East Asia.
    let years = shown.contains(['y', 'e']);
    match (shown.contains('d'), shown.contains('m'), years) {
        (_, _, false) => Err(format!("a date that is shown without its year ({whole}, in the number format {format})")),
        (false, true, true) => Ok(format!("{year:04}-{month:02}")),
        (false, false, true) => Ok(format!("{year:04}")),
        (true, _, true) => Ok(whole),
    }
}

/// A format without its literal texts and its colours.
pub fn unquoted(format: &str) -> String {
    let mut plain = String::new();
    taken_apart(format, &mut |letter| plain.push(letter), &mut |_| {});
    plain
}

/// What a format shows of a number beside its digits: words, a currency, or thousands that are left away. Any of them says
/// more than the number.
pub fn beside_digits(number: f64, format: &str) -> Option<String> {
    let sections = sections(format);
    let conditions =
        sections.iter().any(|section| section.contains("[<") || section.contains("[>") || section.contains("[="));
    let place = if number > 0.0 {
        0
    } else if number < 0.0 {
        1
    } else {
        2
    };
    let place = if place < sections.len().min(3) { place } else { 0 };
    let looked_at = sections.iter().take(3).enumerate().filter(|(at, _)| conditions || *at == place);
    looked_at.map(|(_, section)| beside(section)).find(|beside| !beside.is_empty())
}

fn beside(section: &str) -> String {
    let (mut plain, mut beside) = (String::new(), String::new());
    taken_apart(section, &mut |letter| plain.push(letter), &mut |letter| beside.push(letter));
    let plain = plain.trim();
    if plain.eq_ignore_ascii_case("general") || plain == "@" {
        return words(&beside);
    }
    beside.extend(plain.chars().filter(|letter| !"0123456789#?.,%/Ee".contains(*letter)));
    let last = plain.rfind(['0', '#', '?']).map_or("", |last| &plain[last + 1..]);
    // A comma behind the last digit leaves three of them away.
    let scaled = if last.starts_with(',') { "," } else { "" };
    words(&beside) + scaled
}

/// Without signs, brackets and blanks, which accountants write around a number.
fn words(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && !"+-()（）".contains(*letter)).collect()
}

/// The sections of a format, for positive numbers, negative ones, zero and texts.
fn sections(format: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in format.chars() {
        if letter == ';' && !quoted && !escaped {
            sections.push(String::new());
            continue;
        }
        quoted ^= letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped && !quoted;
        if let Some(section) = sections.last_mut() {
            section.push(letter);
        }
    }
    sections
}

/// Gives the letters of a format: those that stand for something, and those that are shown as they are.
fn taken_apart(format: &str, plain: &mut dyn FnMut(char), literal: &mut dyn FnMut(char)) {
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => letters.by_ref().take_while(|letter| *letter != '"').for_each(&mut *literal),
            '[' => {
                let inside: String = letters.by_ref().take_while(|letter| *letter != ']').collect();
                // `[$¥-804]` is a currency, `[$-804]` a language only.
                let currency = inside.strip_prefix('$').and_then(|rest| rest.split('-').next());
                currency.unwrap_or_default().chars().for_each(&mut *literal);
            }
            '\\' => letters.next().into_iter().for_each(&mut *literal),
            // A blank as wide as a letter, and a letter that fills the cell.
            '_' | '*' => drop(letters.next()),
            letter => plain(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_as_precise_as_their_format() {
        for (format, expected) in [
            ("yyyy-mm-dd", "2020-09-01"),
            ("mm-dd-yy", "2020-09-01"),
            ("mmm-yy", "2020-09"),
            ("yyyy\"年\"m\"月\"", "2020-09"),
            ("e\"年\"m\"月\"", "2020-09"),
            ("[$-804]yyyy\"年\"m\"月\"d\"日\"", "2020-09-01"),
            ("yyyy", "2020"),
            ("General", "2020-09-01"),
        ] {
            assert_eq!(as_precise(format, 2020, 9, 1).as_deref(), Ok(expected), "{format}");
        }
        for format in ["m\"月\"d\"日\"", "m/d", "d", "dddd", "mm\"year\""] {
            assert!(as_precise(format, 2020, 9, 1).is_err(), "{format}");
        }
    }

    #[test]
    fn what_a_format_says_beside_the_digits_is_seen() {
        for (number, format) in [
            (126.0, "0\"万元\""),
            (126.0, "\"超\"0"),
            (126.0, "[$$-409]#,##0"),
            (126.0, "¥#,##0.00"),
            (126.0, "0\\人"),
            (126.0, "0元"),
            (126_000.0, "0.0,\"K\""),
            (126_000.0, "#,##0,"),
            (-1.0, "0;\"亏\"0"),
            (0.0, "0;-0;\"无\""),
            (5.0, "[>=100]0;0\"人\""),
            (5.0, "General\"人\""),
        ] {
            assert!(beside_digits(number, format).is_some(), "{format}");
        }
        for (number, format) in [
            (126.0, ""),
            (126.0, "General"),
            (126.0, "@"),
            (126.0, "#,##0.00"),
            (0.5, "0.0%"),
            (126.0, "0.00E+00"),
            (0.5, "# ?/?"),
            (126.0, "[Red]0"),
            (126.0, "0;-0;\"无\""),
            (0.0, "_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * \"-\"??_ ;_ @_ "),
            (-126.0, "#,##0_);(#,##0)"),
            (126.0, "0_);[Red]\\(0\\)"),
        ] {
            assert_eq!(beside_digits(number, format), None, "{format}");
        }
    }
}
