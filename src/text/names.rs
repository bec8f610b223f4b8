//! Names taken apart: what a region is called and what it is, and a text that has the regions above in front.
//!
//! Text alone is looked at: whether there is such a place, the caller finds out.

use super::fold::fold;

/// A name in its three parts, which follow each other in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// What it is called: 景东 of 景东彝族自治县. Never empty, unless the name is.
    pub stem: &'a str,
    /// The peoples of an autonomous region or ethnic township: 彝族. Mostly empty.
    pub peoples: &'a str,
    /// What it is: 自治县. Empty where the name does not say it.
    pub generic: &'a str,
}

/// What a region can be, simplified and traditional; the longest first.
const GENERICS: &str = "高新技术产业开发区 经济技术开发区 嘎查村民委员会 社区村民委员会 社区居民委员会 村村民委员会 \
    村居民委员会 经济开发区 特别行政区 街道办事处 嘎查村委会 村民委员会 居民委员会 社区居委会 社区村委会 \
    特別行政區 村民委員會 居民委員會 工业园区 民族苏木 村居委会 村村委会 产业园区 开发区 自治区 自治州 \
    自治县 自治旗 民族乡 居委会 村委会 家委会 自治區 自治縣 新区 林区 特区 地区 街道 苏木 社区 嘎查 社區 \
    园区 省 市 盟 州 县 區 区 旗 镇 乡 村 縣 鎮 鄉";

/// The same in English, as the last word of a name.
const WORDS: &str = "Province Municipality Prefecture City County District Banner League Town Township Subdistrict \
    Village Community";

/// The peoples whose names regions bear, without 族.
const PEOPLES: &str = "蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 \
    纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 \
    鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺 各 衞吾爾 維吾爾 滿 壯 瑤 東鄉";

/// Takes a name apart.
pub fn parts(name: &str) -> Parts<'_> {
    let whole = Parts { stem: name, peoples: "", generic: "" };
    let Some(cut) = generic_at(name) else { return whole };
    let (rest, generic) = name.split_at(cut);
    let stem = without_peoples(rest, generic.starts_with("自治"));
    let (stem, peoples) = rest.split_at(stem.len());
    Parts { stem, peoples, generic }
}

/// What a name calls a region, without what it is.
pub fn stem(name: &str) -> &str {
    parts(name).stem.trim_end()
}

/// The name as it is written for short, folded: 景东县 for 景东彝族自治县, 安靖村 for 安靖村民委员会. Two regions of one level
/// below one parent that share it are mostly one.
pub fn short(name: &str) -> String {
    let parts = parts(name);
    let generic = fold(parts.generic);
    let kind = match generic.strip_prefix("自治").unwrap_or(&generic) {
        generic if generic.starts_with("嘎查") => "嘎查",
        generic if generic.starts_with("社区") || generic.contains('居') => "社区",
        generic if generic.starts_with('村') => "村",
        generic if generic.starts_with("街道") => "街道",
        generic => generic.trim_start_matches("民族"),
    };
    fold(parts.stem) + kind
}

/// Where what a region is begins in its name.
fn generic_at(name: &str) -> Option<usize> {
    if let Some((stem, word)) = name.rsplit_once(' ') {
        return (WORDS.split(' ').any(|known| known == word) && !stem.trim().is_empty())
            .then(|| name.len() - word.len());
    }
    let generic = GENERICS.split(' ').find(|generic| name.ends_with(generic))?;
    let stem = &name[..name.len() - generic.len()];
    // 广州 is no 州 called 广, 万柏林区 no 林区 and 桃园区 no 园区; 恩施州 and 神农架林区 are.
    let least = match generic {
        "州" | "园区" => 2,
        "林区" => 3,
        _ => 1,
    };
    if stem.chars().count() >= least {
        return Some(stem.len());
    }
    (least > 1 && generic.ends_with('区')).then(|| name.len() - "区".len())
}

/// Takes the peoples off a stem, as long as something is left; without 族 only where the region is autonomous.
fn without_peoples(mut stem: &str, autonomous: bool) -> &str {
    loop {
        let bare = stem.strip_suffix('族');
        let Some(from) = bare.or(autonomous.then_some(stem)) else { return stem };
        let people = PEOPLES.split(' ').filter(|people| from.ends_with(people)).max_by_key(|people| people.len());
        let Some(left) = people.map(|people| &from[..from.len() - people.len()]) else { return stem };
        // 东乡族自治县 is called after a people, and 内蒙古 is no 内.
        if left.is_empty() || bare.is_none() && left.chars().count() < 2 {
            return stem;
        }
        stem = left;
    }
}

/// A way to read a text as names, behind what it costs.
type Way<'a> = (u32, Vec<&'a str>);

/// The most names of a chain: the five levels.
const LEVELS: usize = 5;
/// The most ways that are told.
const CHAINS: usize = 64;
/// The longest stretch without a separator that is cut anywhere, in characters; a longer one is cut behind 省, 市, 县 … alone.
const ANYWHERE: usize = 20;

/// The ways to read a text as a chain of names, each below the one before: 广东省中山市小榄镇 and 中山小榄 alike. The likeliest
/// comes first, at most 64 are told, and the text as one name is always among them.
pub fn chains(text: &str) -> Vec<Vec<&str>> {
    let stretches: Vec<&str> = text.split(is_separator).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let mut ways: Vec<Way<'_>> = vec![(0, Vec::new())];
    for stretch in stretches.iter().take(LEVELS) {
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
    let whole = text.trim();
    if !whole.is_empty() && !chains.iter().any(|way| *way == [whole]) {
        chains.truncate(CHAINS - 1);
        chains.push(vec![whole]);
    }
    chains
}

fn is_separator(char: char) -> bool {
    char.is_whitespace() || matches!(char, '/' | '>' | '-' | '—' | '·' | ',' | '，' | '、' | '|')
}

fn best(ways: &mut Vec<Way<'_>>) {
    ways.sort_by(|(cost, one), (other_cost, other)| (cost, one.len(), one).cmp(&(other_cost, other.len(), other)));
    ways.truncate(CHAINS);
}

/// The ways to cut a stretch into names of two characters or more, with what each costs.
fn cuts(stretch: &str) -> Vec<Way<'_>> {
    let ends: Vec<usize> = stretch.char_indices().map(|(at, char)| at + char.len_utf8()).collect();
    let Some(last) = ends.len().checked_sub(1) else { return Vec::new() };
    let anywhere = ends.len() <= ANYWHERE && !stretch.is_ascii();
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
    fn names_come_apart() {
        for (name, expected) in [
            ("中山市", "中山||市"),
            ("景东彝族自治县", "景东|彝族|自治县"),
            ("双江拉祜族佤族布朗族傣族自治县", "双江|拉祜族佤族布朗族傣族|自治县"),
            ("新疆维吾尔自治区", "新疆|维吾尔|自治区"),
            ("内蒙古自治区", "内蒙古||自治区"),
            ("克孜勒苏柯尔克孜自治州", "克孜勒苏|柯尔克孜|自治州"),
            ("东乡族自治县", "东乡族||自治县"),
            ("鄂伦春自治旗", "鄂伦春||自治旗"),
            ("隆林各族自治县", "隆林|各族|自治县"),
            ("管城回族区", "管城|回族|区"),
            ("安靖村民委员会", "安靖||村民委员会"),
            ("清水村村民委员会", "清水||村村民委员会"),
            ("多福巷社区居委会", "多福巷||社区居委会"),
            ("恩施州", "恩施||州"),
            ("广州", "广州||"),
            ("广州市", "广州||市"),
            ("歙县", "歙||县"),
            ("县", "县||"),
            ("区", "区||"),
            ("万柏林区", "万柏林||区"),
            ("桃园区", "桃园||区"),
            ("苏州工业园区", "苏州||工业园区"),
            ("神农架林区", "神农架||林区"),
            ("浦东新区", "浦东||新区"),
            ("石岐街道", "石岐||街道"),
            ("三里", "三里||"),
            ("Zhongshan City", "Zhongshan ||City"),
            ("City", "City||"),
            ("", "||"),
        ] {
            let parts = parts(name);
            assert_eq!(format!("{}|{}|{}", parts.stem, parts.peoples, parts.generic), expected);
        }
        assert_eq!(stem("Zhongshan City"), "Zhongshan");
    }

    #[test]
    fn names_are_shortened() {
        for (name, shorter) in [
            ("景东彝族自治县", "景东县"),
            ("景東縣", "景东县"),
            ("恩施土家族苗族自治州", "恩施州"),
            ("安靖村民委员会", "安靖村"),
            ("清水村村委会", "清水村"),
            ("多福巷社区居委会", "多福巷社区"),
            ("东升居民委员会", "东升社区"),
            ("巴彦嘎查村民委员会", "巴彦嘎查"),
            ("石岐街道办事处", "石岐街道"),
            ("龙潭回族民族乡", "龙潭乡"),
            ("Zhongshan City", "zhongshancity"),
            ("昭通", "昭通"),
        ] {
            assert_eq!(short(name), shorter, "{name}");
        }
    }

    #[test]
    fn the_longest_comes_first() {
        assert!(GENERICS.split(' ').collect::<Vec<_>>().is_sorted_by_key(|generic| std::cmp::Reverse(generic.len())));
    }

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
        for text in ["山".repeat(5_000), "中山市".repeat(400), "a b ".repeat(900), String::new(), " /".into()] {
            let ways = chains(&text);
            assert!(ways.len() <= 64, "{}", ways.len());
            assert!(ways.iter().all(|way| (1..=5).contains(&way.len())));
        }
        assert!(chains("New York").contains(&vec!["New York"]));
    }
}
