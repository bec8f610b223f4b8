//! What stands around the names of regions, as people write them.

use crate::text::fold::fold_char;

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
}
