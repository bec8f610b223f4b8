//! What stands around the names of regions, as people write them.

use crate::text::fold::{fold_char, is_han};
use crate::text::names::parts;

/// What stands behind the country's name, where a text begins with it.
pub fn within_the_country(text: &str) -> Option<&str> {
    let names = ["中华人民共和国", "中國", "中国", "中華人民共和國"];
    let rest = names.iter().find_map(|name| text.strip_prefix(name))?;
    let rest = rest.trim_start_matches(|char| fold_char(char).is_none());
    (!rest.is_empty()).then_some(rest)
}

/// A name with its parent behind it in brackets, with the parent in front: 云南 彝良县 for 彝良县（云南）.
pub fn parent_in_front(text: &str) -> Option<String> {
    let (name, parent) = text.strip_suffix(['）', ')'])?.rsplit_once(['（', '('])?;
    let parent = within_the_country(parent).unwrap_or(parent);
    let says = |part: &str| part.chars().any(|char| fold_char(char).is_some());
    (says(name) && says(parent)).then(|| format!("{parent} {name}"))
}

/// Names that are apart, the other way round: 天津 和平区 for 和平区 天津, and Guangdong Zhongshan for Zhongshan, Guangdong. A space
/// parts none that are written in letters.
pub fn turned_round(text: &str) -> Option<String> {
    let of_letters = !text.chars().any(is_han);
    let is_between = |char: char| fold_char(char).is_none() && !(of_letters && matches!(char, ' ' | '\'' | '’' | '-'));
    let mut names: Vec<&str> = text.split(is_between).map(str::trim).filter(|name| !name.is_empty()).collect();
    names.reverse();
    names.iter_mut().for_each(|name| *name = within_the_country(name).unwrap_or(name));
    (names.len() > 1).then(|| names.join(" "))
}

/// A name that says twice what the region is, with that said once: 昭阳区 for 昭阳区区.
pub fn said_once(text: &str) -> Option<&str> {
    let parts = parts(text);
    let twice = !parts.generic.is_empty()
        && parts.peoples.is_empty()
        && parts.stem.len() > parts.generic.len()
        && parts.stem.ends_with(parts.generic);
    twice.then_some(parts.stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_names_is_taken_off() {
        for (text, rest) in
            [("中国云南", Some("云南")), ("中國·雲南", Some("雲南")), ("中国", None), ("云南中国", None)]
        {
            assert_eq!(within_the_country(text), rest, "{text}");
        }
        for (text, turned) in [
            ("彝良县（云南）", Some("云南 彝良县")),
            ("彝良县(中国云南)", Some("云南 彝良县")),
            ("彝良县（）", None),
            ("（云南）", None),
            ("彝良（云南）县", None),
        ] {
            assert_eq!(parent_in_front(text).as_deref(), turned, "{text}");
        }
    }

    #[test]
    fn names_are_turned_round_and_what_is_said_twice_is_said_once() {
        for (text, turned) in [
            ("和平区 天津", Some("天津 和平区")),
            ("沙坪坝区，重庆市", Some("重庆市 沙坪坝区")),
            ("盐津县、昭通，云南", Some("云南 昭通 盐津县")),
            ("Zhongshan City, Guangdong", Some("Guangdong Zhongshan City")),
            ("Zhongshan City", None),
            ("Xi'an", None),
            ("，天津", None),
        ] {
            assert_eq!(turned_round(text).as_deref(), turned, "{text}");
        }
        for (text, once) in [
            ("昭阳区区", Some("昭阳区")),
            ("中山市市", Some("中山市")),
            ("昭阳区", None),
            ("景东彝族自治县", None),
            ("区区", None),
        ] {
            assert_eq!(said_once(text), once, "{text}");
        }
    }
}
