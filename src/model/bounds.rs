//! What bounds a value beside its type: a range, the fields beside it, and a name that can be seen.

use super::catalog::Field;
use super::value::{Scalar, Value};

/// What a field's own bounds have against a value.
pub fn problem(field: &Field, scalar: Scalar, value: &Value) -> Option<String> {
    if let (true, Scalar::Text, Value::Text(text)) = (field.searched, scalar, value)
        && text.chars().all(is_unseen)
    {
        return Some("holds nothing that can be seen".to_owned());
    }
    let (least, most) = field.range?;
    let (fits, found) = match value {
        Value::Int(number) => ((least..=most).contains(number), number.to_string()),
        Value::Float(number) => ((f64::from(least)..=f64::from(most)).contains(number), number.to_string()),
        _ => return None,
    };
    let expected = if most == i32::MAX { format!("{least} or more") } else { format!("{least} to {most}") };
    (!fits).then(|| format!("expected {expected}, found {found}"))
}

/// What a field's value contradicts among those beside it. `value_of` gives these by their names.
pub fn contradiction<'v>(field: &Field, value: &Value, value_of: impl Fn(&str) -> Option<&'v Value>) -> Option<String> {
    if *value == Value::Null {
        return None;
    }
    if !field.beside.is_empty() && value_of(field.beside).is_none_or(|beside| *beside == Value::Null) {
        return Some(format!("says something of `{0}`, but there is no `{0}`", field.beside));
    }
    if field.begins.is_empty() {
        return None;
    }
    let (Value::Date(end), Some(Value::Date(begin))) = (value, value_of(field.begins)) else { return None };
    // Nobody knows how far an approximate date is off.
    let sure = !end.is_approximate() && !begin.is_approximate();
    (sure && end.latest() < begin.earliest()).then(|| format!("{end} lies before `{}`, {begin}", field.begins))
}

/// Blanks, controls, and the characters of Unicode that take no place.
fn is_unseen(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
                | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}'
        )
}
