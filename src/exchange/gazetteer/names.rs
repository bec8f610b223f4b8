//! What a name and a code tell of a region: its level, its exact kind, whether it is a placeholder, and when two names are
//! one in two spellings.

use std::fmt;

/// A code as the editions write it: 2, 4, 6, 9 or 12 digits, which tell the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u64);

/// How many digits the codes of each level have, from the province down.
pub const DIGITS: [usize; 5] = [2, 4, 6, 9, 12];

impl Code {
    /// Reads a code as the editions write it.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = DIGITS.contains(&text.len()) && !text.starts_with('0') && text.bytes().all(|it| it.is_ascii_digit());
        fits.then(|| text.parse().ok().map(Self)).flatten()
    }

    /// Reads the code of a region of a level (from 0 for the province) as the store writes it.
    pub fn of_region(level: usize, text: &str) -> Option<Self> {
        let plain = match level {
            0 => text.strip_suffix("0000")?,
            1 => text.strip_suffix("00")?,
            _ => text,
        };
        Self::parse(plain).filter(|code| code.level() == level)
    }

    /// The level, from 0 for the province.
    pub fn level(self) -> usize {
        match self.0 {
            0..100 => 0,
            100..10_000 => 1,
            10_000..1_000_000 => 2,
            1_000_000..1_000_000_000 => 3,
            _ => 4,
        }
    }

    /// The code that it begins with, one level up.
    pub fn above(self) -> Option<Self> {
        match self.level() {
            0 => None,
            1 | 2 => Some(Self(self.0 / 100)),
            _ => Some(Self(self.0 / 1_000)),
        }
    }

    /// The digits that tell it from its neighbours.
    fn own(self) -> u64 {
        self.0 % if self.level() > 2 { 1_000 } else { 100 }
    }

    /// The system that the code is of.
    pub fn system(self) -> &'static str {
        if self.level() > 2 || self.is_statistical() { "NBS" } else { "GB/T 2260" }
    }

    /// 71 to 79 among the counties of a city are the statistics bureau's own, for zones without the rank of a county.
    fn is_statistical(self) -> bool {
        self.level() == 2 && (71..80).contains(&self.own())
    }
}

/// As the store writes it: by GB/T 2260 with six digits down to the county.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level() {
            0 => write!(f, "{}0000", self.0),
            1 => write!(f, "{}00", self.0),
            _ => write!(f, "{}", self.0),
        }
    }
}

/// Whether a city or county is none: the list needs something between a province and what hangs right below it.
pub fn is_placeholder(code: Code, name: &str) -> bool {
    matches!(code.level(), 1 | 2) && (matches!(name, "市辖区" | "县") || name.contains("直辖县级行政区划"))
}

/// The exact kind of a region, where name and code tell it.
pub fn division(code: Code, name: &str) -> Option<&'static str> {
    let ends = |with: &[&str]| with.iter().any(|end| name.ends_with(end));
    Some(match code.level() {
        0 if ends(&["特别行政区"]) => "SPECIAL_ADMINISTRATIVE_REGION",
        0 if ends(&["自治区"]) => "AUTONOMOUS_REGION",
        0 if ends(&["市"]) => "MUNICIPALITY",
        0 if ends(&["省"]) => "PROVINCE",
        1 if ends(&["自治州"]) => "AUTONOMOUS_PREFECTURE",
        1 if ends(&["地区"]) => "PREFECTURE",
        1 if ends(&["盟"]) => "LEAGUE",
        1 if ends(&["市"]) => "CITY",
        2 if code.is_statistical() && !ends(&["市", "县", "旗"]) => "DEVELOPMENT_ZONE",
        2 if ends(&["自治县"]) => "AUTONOMOUS_COUNTY",
        2 if ends(&["自治旗"]) => "AUTONOMOUS_BANNER",
        // 神农架林区 has a county's number; 碑林区 and 新林区 are districts.
        2 if ends(&["特区"]) || ends(&["林区"]) && (21..51).contains(&code.own()) => "SPECIAL_DISTRICT",
        2 if ends(&["县"]) => "COUNTY",
        2 if ends(&["旗"]) => "BANNER",
        2 if ends(&["市"]) => "COUNTY_CITY",
        2 if ends(&["区"]) => "DISTRICT",
        3 if ends(&["族乡", "族苏木"]) => "ETHNIC_TOWNSHIP",
        3 if ends(&["乡", "苏木"]) => "TOWNSHIP",
        3 if ends(&["镇"]) => "TOWN",
        3 if ends(&["街道", "街道办事处"]) || ends(&["办事处"]) && code.own() < 100 => "SUBDISTRICT",
        // From 400 on stands what is like a town: farms, prisons, and zones.
        3 if code.own() >= 400 && ends(&["开发区", "园区", "工业园", "产业园", "新区", "保税区", "示范区"]) => {
            "DEVELOPMENT_ZONE"
        }
        4 if ends(&["居民委员会", "居委会"]) => "COMMUNITY",
        4 if ends(&["村民委员会", "村委会", "嘎查"]) => "VILLAGE",
        4 if code.own() < 200 => "COMMUNITY",
        4 if code.own() < 400 => "VILLAGE",
        _ => return None,
    })
}

/// A name without what changes from edition to edition and means nothing: 村民委员会 and 村委会 are 村, 居委会 is 社区,
/// 街道办事处 is 街道, and the names of the regions above it are no part of it.
pub fn bare(name: &str, above: &[&str]) -> String {
    const FORMS: &[(&str, &str)] = &[
        ("社区居民委员会", "社区"),
        ("社区居委会", "社区"),
        ("社区委员会", "社区"),
        ("居民委员会", "社区"),
        ("居委会", "社区"),
        ("嘎查村民委员会", "嘎查"),
        ("嘎查村委会", "嘎查"),
        ("村村民委员会", "村"),
        ("村民委员会", "村"),
        ("村村委会", "村"),
        ("村委会", "村"),
        ("街道办事处", "街道"),
        ("办事处", "街道"),
    ];
    let mut rest = name;
    for above in above {
        // What is left must still be a name: 城关镇居委会 below 城关镇 is no 居委会.
        if let Some(short) = rest.strip_prefix(above)
            && !FORMS.iter().any(|(form, _)| *form == short)
            && short.chars().count() > 1
        {
            rest = short;
        }
    }
    let mut bare: String = rest
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| match letter {
            '（' => '(',
            '）' => ')',
            letter => letter,
        })
        .collect();
    if let Some((form, short)) = FORMS.iter().find(|(form, _)| bare.len() > form.len() && bare.ends_with(form)) {
        bare.truncate(bare.len() - form.len());
        bare.push_str(short);
    }
    bare
}

/// What stays of the name of a city or county when its kind changes: 华亭 of 华亭县 and of 华亭市.
pub fn stem(name: &str) -> &str {
    const KINDS: &[&str] = &["地区", "盟", "县", "市", "区", "旗"];
    let cut = KINDS.iter().find_map(|kind| name.strip_suffix(kind));
    cut.filter(|stem| stem.chars().count() > 1).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_knows_its_level_what_stands_above_it_and_how_the_store_writes_it() {
        for (text, level, above, written) in [
            ("44", 0, None, "440000"),
            ("4420", 1, Some(44), "442000"),
            ("620881", 2, Some(6208), "620881"),
            ("442000118", 3, Some(442000), "442000118"),
            ("442000118001", 4, Some(442000118), "442000118001"),
        ] {
            let code = Code::parse(text).unwrap();
            assert_eq!((code.level(), code.above().map(|code| code.0)), (level, above), "{text}");
            assert_eq!(code.to_string(), written);
            assert_eq!(Code::of_region(level, written), Some(code));
        }
        for wrong in ["", "4", "04", "442", "44200", "4420000", "44200x", "４４", "-4"] {
            assert_eq!(Code::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_exact_kind_follows_from_name_and_code() {
        for (code, name, kind) in [
            (50, "重庆市", "MUNICIPALITY"),
            (15, "内蒙古自治区", "AUTONOMOUS_REGION"),
            (5323, "楚雄彝族自治州", "AUTONOMOUS_PREFECTURE"),
            (6523, "昌吉回族自治州", "AUTONOMOUS_PREFECTURE"),
            (5425, "阿里地区", "PREFECTURE"),
            (1522, "兴安盟", "LEAGUE"),
            (620881, "华亭市", "COUNTY_CITY"),
            (500240, "石柱土家族自治县", "AUTONOMOUS_COUNTY"),
            (150722, "莫力达瓦达斡尔族自治旗", "AUTONOMOUS_BANNER"),
            (150221, "土默特右旗", "BANNER"),
            (429021, "神农架林区", "SPECIAL_DISTRICT"),
            (520203, "六枝特区", "SPECIAL_DISTRICT"),
            (320576, "苏州工业园区", "DEVELOPMENT_ZONE"),
            (371471, "德州天衢新区", "DEVELOPMENT_ZONE"),
            (310115, "浦东新区", "DISTRICT"),
            (610103, "碑林区", "DISTRICT"),
            (232763, "新林区", "DISTRICT"),
            (130172, "石家庄循环化工园区", "DEVELOPMENT_ZONE"),
            (130181, "辛集市", "COUNTY_CITY"),
            (500235202, "某土家族乡", "ETHNIC_TOWNSHIP"),
            (150525203, "茫汗苏木", "TOWNSHIP"),
            (110101001, "东华门街道办事处", "SUBDISTRICT"),
            (230381400, "某经济开发区", "DEVELOPMENT_ZONE"),
            (530626105205, "清水村民委员会", "VILLAGE"),
            (110101001001, "多福巷社区居委会", "COMMUNITY"),
            (140730101200, "某社区", "VILLAGE"),
        ] {
            assert_eq!(division(Code(code), name), Some(kind), "{code} {name}");
        }
        assert_eq!(division(Code(650109501500), "某连生活区"), None);
        assert_eq!(division(Code(632857), "大柴旦行政委员会"), None);
    }

    #[test]
    fn one_name_in_two_forms_is_one_name() {
        let above = ["广东省", "潮州市", "潮安区", "归湖镇"];
        for (left, right) in [
            ("狮峰村委会", "潮州市潮安区归湖镇狮峰村民委员会"),
            ("安靖村村委会", "安靖村民委员会"),
            ("多福巷社区居委会", "多福巷社区居民委员会"),
            ("东华门街道办事处", "东华门街道"),
            ("某镇（北）", "某镇(北)"),
        ] {
            assert_eq!(bare(left, &above), bare(right, &above));
        }
        for (left, right) in [("东庄村委会", "西庄村委会"), ("石岭村民委员会", "石岭社区居民委员会")]
        {
            assert_ne!(bare(left, &above), bare(right, &above));
        }
        assert_eq!(bare("归湖镇居委会", &above), "归湖镇社区");
    }

    #[test]
    fn a_stem_outlives_the_kind() {
        assert_eq!(stem("华亭县"), stem("华亭市"));
        assert_eq!(stem("那曲地区"), stem("那曲市"));
        assert_eq!(stem("赣县"), "赣县");
        assert_ne!(stem("城区"), stem("郊区"));
    }
}
