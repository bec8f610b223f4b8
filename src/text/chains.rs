//! A text that names a region with those above it in front, and no mark between: 广东省中山市小榄镇, 云南昭通彝良.
//!
//! Text alone is looked at: which of the ways to cut it are places, the caller finds out.

use super::names::parts;
use crate::config::{CHAINS_MAX, CUT_ANYWHERE_CHARS, NAME_CHARS};

/// A way to read a text as names, behind what it costs.
type Way<'a> = (u32, Vec<&'a str>);

/// The most names of a chain: the five levels.
const LEVELS: usize = 5;

/// The ways to read a text as a chain of names, each below the one before: 广东省中山市小榄镇 and 中山小榄 alike. The likeliest
/// comes first, at most [`CHAINS_MAX`] are told, and the text as one name is always among them; a text of more
/// than [`NAME_CHARS`] characters is one.
pub fn chains(text: &str) -> Vec<Vec<&str>> {
    let whole = text.trim();
    if whole.chars().nth(NAME_CHARS).is_some() {
        return vec![vec![whole]];
    }
    let stretches: Vec<&str> = text.split(is_separator).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let mut ways: Vec<Way<'_>> = vec![(0, Vec::new())];
    for stretch in &stretches {
        let mut longer = Vec::new();
        let cut = cuts(stretch);
        for (cost, way) in &ways {
            for (more, names) in &cut {
                if way.len() + names.len() <= LEVELS {
                    longer.push((cost + more, way.iter().chain(names).copied().collect()));
                }
            }
        }
        best(&mut longer);
        ways = longer;
    }
    let mut chains: Vec<Vec<&str>> = ways.into_iter().map(|(_, way)| way).filter(|way| !way.is_empty()).collect();
    if !whole.is_empty() && !chains.iter().any(|way| *way == [whole]) {
        chains.truncate(CHAINS_MAX - 1);
        chains.push(vec![whole]);
    }
    chains
}

fn is_separator(char: char) -> bool {
    char.is_whitespace() || matches!(char, '/' | '>' | '-' | '—' | '·' | ',' | '，' | '、' | '|')
}

fn best(ways: &mut Vec<Way<'_>>) {
    ways.sort_by(|(cost, one), (other_cost, other)| (cost, one.len(), one).cmp(&(other_cost, other.len(), other)));
    ways.truncate(CHAINS_MAX);
}

/// The ways to cut a stretch into names of two characters or more, with what each costs.
fn cuts(stretch: &str) -> Vec<Way<'_>> {
    let ends: Vec<usize> = stretch.char_indices().map(|(at, char)| at + char.len_utf8()).collect();
    let Some(last) = ends.len().checked_sub(1) else { return Vec::new() };
    let anywhere = ends.len() <= CUT_ANYWHERE_CHARS && !stretch.is_ascii();
    let places = (1..last).filter(|at| anywhere || closes(stretch, ends[*at])).chain([last]);
    // For each place where a name may end, the best ways to read what stands before it.
    let mut reached: Vec<(usize, Vec<Way<'_>>)> = Vec::new();
    for place in places {
        let whole = &stretch[..ends[place]];
        let mut here = vec![(cost_of(whole), vec![whole])];
        for (to, ways) in reached.iter().filter(|(to, _)| place - to >= 2) {
            let name = &stretch[ends[*to]..ends[place]];
            let more = cost_of(name);
            let ways = ways.iter().filter(|(_, way)| way.len() < LEVELS);
            here.extend(ways.map(|(cost, way)| (cost + more, way.iter().copied().chain([name]).collect())));
        }
        best(&mut here);
        reached.push((place, here));
    }
    reached.pop().map(|(_, ways)| ways).unwrap_or_default()
}

/// Whether a name may end here, behind what a region is.
fn closes(text: &str, end: usize) -> bool {
    text[..end].ends_with(['省', '市', '县', '区', '镇', '乡', '旗', '盟', '州', '村', '縣', '區', '鎮', '鄉'])
}

/// How unlikely it is that this is one name: places have two characters and say what they are.
fn cost_of(name: &str) -> u32 {
    let parts = parts(name);
    let length = parts.stem.chars().count() as u32;
    let inside = parts.stem.char_indices().filter(|(at, _)| closes(parts.stem, *at)).count() as u32;
    let by_length = match length {
        0 => 20,
        1 => 5,
        2 => 2,
        3 => 5,
        _ => 4 * length - 7,
    };
    by_length + 6 * inside + if parts.generic.is_empty() { 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_chain_comes_first() {
        for (text, expected) in [
            ("广东省中山市小榄镇", "广东省 中山市 小榄镇"),
            ("云南昭通彝良", "云南 昭通 彝良"),
            ("中山小榄", "中山 小榄"),
            ("广东中山市小榄镇", "广东 中山市 小榄镇"),
            ("云南省普洱市景东彝族自治县锦屏镇", "云南省 普洱市 景东彝族自治县 锦屏镇"),
            ("云南 昭通/彝良", "云南 昭通 彝良"),
            ("彝良县", "彝良县"),
            ("昭通", "昭通"),
            ("沙市区", "沙市区"),
            ("Zhongshan", "Zhongshan"),
        ] {
            assert_eq!(chains(text)[0].join(" "), expected);
        }
    }

    #[test]
    fn every_cut_is_told_within_bounds() {
        let ways = chains("齐齐哈尔讷河");
        assert!(ways.contains(&vec!["齐齐哈尔", "讷河"]) && ways.contains(&vec!["齐齐哈尔讷河"]));
        for text in [
            "山".repeat(5_000),
            "中山市".repeat(400),
            "中山市".repeat(42),
            " ".repeat(500),
            "a b ".repeat(900),
            String::new(),
            " /".into(),
        ] {
            let ways = chains(&text);
            assert!(ways.len() <= 64, "{}", ways.len());
            assert!(ways.iter().flatten().all(|name| !name.is_empty()));
            assert!(ways.iter().all(|way| (1..=5).contains(&way.len())));
        }
        assert_eq!(chains("一 二 三 四 五 六"), [["一 二 三 四 五 六"]]);
        assert!(chains("New York").contains(&vec!["New York"]));
    }
}
