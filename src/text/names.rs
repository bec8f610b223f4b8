//! Names taken apart: what a region is called, and what it is.

use std::sync::LazyLock;

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

/// The same, apart: a search takes many names apart.
static EACH_GENERIC: LazyLock<Vec<&str>> = LazyLock::new(|| GENERICS.split(' ').collect());

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

/// Takes a name apart as somebody wrote it, who may write `Zhongshan city`.
pub fn parts_as_written(name: &str) -> Parts<'_> {
    let word = name.rsplit_once(' ').filter(|(stem, _)| !stem.trim().is_empty()).map(|(_, word)| word);
    match word.filter(|word| WORDS.split(' ').any(|known| known.eq_ignore_ascii_case(word))) {
        Some(word) => {
            let (stem, generic) = name.split_at(name.len() - word.len());
            Parts { stem, peoples: "", generic }
        }
        None => parts(name),
    }
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
    let generic = EACH_GENERIC.iter().find(|generic| name.ends_with(**generic))?;
    let stem = &name[..name.len() - generic.len()];
    // 广州 is no 州 called 广, 万柏林区 no 林区 and 桃园区 no 园区; 恩施州 and 神农架林区 are.
    let least = match *generic {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_name_comes_apart_in_any_case() {
        for (name, stem, generic) in [
            ("zhongshan city", "zhongshan ", "city"),
            ("ZHONGSHAN CITY", "ZHONGSHAN ", "CITY"),
            ("Zhongshan City", "Zhongshan ", "City"),
            ("city", "city", ""),
            (" city", " city", ""),
            ("中山市", "中山", "市"),
        ] {
            let parts = parts_as_written(name);
            assert_eq!((parts.stem, parts.generic), (stem, generic), "{name}");
        }
    }

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
}
