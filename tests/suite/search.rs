//! `search`: what a person types finds the record that they mean, says by what, and the best stands first.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiedui::api::error::Code;
use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::config::SEARCH_LOOKS_MAX;
use jiedui::model::catalog::slot;
use jiedui::model::closed::MEMBER_KIND;
use jiedui::model::id::Id;
use jiedui::model::kinds::{CITY, GROUP, ORGANIZATION, PRODUCT, PROVINCE, TOWN, VILLAGE};
use jiedui::model::record::Record;
use jiedui::model::value::Value as Cell;
use jiedui::store::{Author, Change};
use serde_json::{Value, json};

use crate::support::{TIME_MS, data, open, shared};

const QUERY: &str = "query($text: String!, $kinds: [Kind!], $within: ID, $first: Int, $after: String) {
    search(text: $text, kinds: $kinds, within: $within) {
        size cut
        hits(first: $first, after: $after) {
            totalCount pageInfo { hasNextPage endCursor }
            edges { place kind field before matched after node { id } }
        }
    }
}";

fn search(api: &Api, variables: Value) -> Value {
    let Value::Object(variables) = variables else { panic!("variables are an object") };
    data(&api.answer_now(&Request { variables, ..Request::new(QUERY) }))["search"].clone()
}

/// The hits as `id place kind field before[matched]after`.
fn told(found: &Value) -> Vec<String> {
    let edges = found["hits"]["edges"].as_array().unwrap();
    let text = |edge: &Value, field: &str| edge[field].as_str().unwrap().to_owned();
    edges
        .iter()
        .map(|edge| {
            let [place, kind, field] = ["place", "kind", "field"].map(|name| text(edge, name));
            let [before, matched, after] = ["before", "matched", "after"].map(|name| text(edge, name));
            format!("{} {place} {kind} {field} {before}[{matched}]{after}", edge["node"]["id"].as_str().unwrap())
        })
        .collect()
}

/// The hits among the upper three levels, which every reader knows.
fn places(text: &str) -> Vec<String> {
    told(&search(shared(), json!({ "text": text, "kinds": ["PROVINCE", "CITY", "COUNTY"] })))
}

#[track_caller]
fn first(text: &str, hit: &str) {
    assert_eq!(places(text).first().map(String::as_str), Some(hit), "{text}");
}

/// The store of a test, with a few records of its own.
fn store_of(records: impl IntoIterator<Item = Record>) -> (tempfile::TempDir, Api) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("jiedui.redb"));
    let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: "a test".to_owned() };
    let changes: Vec<Change> = records.into_iter().map(Change::Put).collect();
    let (writer, _) = store.writer().unwrap().apply(&author, &changes).unwrap();
    writer.commit().unwrap();
    (folder, Api::new(Arc::new(store), Executor::Plan, Default::default()))
}

fn named(kind: &'static jiedui::model::catalog::Kind, key: &str, name: &str) -> Record {
    let mut record = Record::new(kind, key);
    record.values[slot::NAME] = Cell::Text(name.to_owned());
    record
}

#[test]
fn a_chinese_text_is_found_from_one_character_on_simplified_or_traditional() {
    assert_eq!(places("潮"), ["city:445100 PREFIX TEXT name [潮]州市", "county:445103 PREFIX TEXT name [潮]安区"]);
    first("昭通", "city:530600 EXACT TEXT aliases [昭通]");
    first("昭通市", "city:530600 EXACT TEXT name [昭通市]");
    first("雲南", "province:530000 EXACT TEXT aliases [云南]");
    first("重慶市", "province:500000 EXACT TEXT name [重庆市]");
    assert_eq!(places("福州福州"), Vec::<String>::new());
    // A character that stands in nearly every name is looked for from record to record.
    let all = search(shared(), json!({ "text": "市", "kinds": ["PROVINCE"] }));
    assert_eq!(all["size"], 4, "{all}");
}

#[test]
fn pinyin_is_found_in_all_its_forms() {
    let exact = "city:530600 EXACT PINYIN aliases [昭通]";
    for text in ["zhao1tong1", "zhao1 tong1", "昭tong", "zhao通", "zhāo通", "zhao1tōng"] {
        first(text, exact);
    }
    first("zhaot", "city:530600 EXACT PARTLY aliases [昭通]");
    first("ztong", "city:530600 EXACT PARTLY aliases [昭通]");
    first("zt", "city:530600 EXACT INITIALS aliases [昭通]");
    // A tone that is typed must be the right one.
    assert_eq!(places("zhao4tong4"), Vec::<String>::new());
    for text in ["lvliang", "lüliang", "lu:liang", "luliang", "lǚliáng", "LVLIANG"] {
        first(text, "city:141100 STEM PINYIN name [吕梁]市");
    }
    // The same sounds are two provinces, and the tone tells which.
    let both = places("shanxi");
    assert_eq!(both[..2], ["province:140000 EXACT TEXT nameEn [Shanxi]", "province:610000 STEM PINYIN name [陕西]省"]);
    first("shaanxi", "province:610000 EXACT TEXT nameEn [Shaanxi]");
    assert_eq!(places("shan1xi1"), ["province:140000 STEM PINYIN name [山西]省"]);
    assert_eq!(places("shan3xi1"), ["province:610000 STEM PINYIN name [陕西]省"]);
    // A mark between syllables parts them.
    assert!(places("xian").len() > 50);
    // So do two tones: no county sounds like both.
    let toned = places("xīān");
    let sounds: Vec<_> = toned.iter().filter(|hit| !hit.contains(" TEXT ")).collect();
    assert_eq!(sounds, ["city:610100 STEM PINYIN name [西安]市"]);
    assert_eq!(places("xi'an"), ["city:610100 STEM PINYIN name [西安]市"]);
}

#[test]
fn a_name_that_reads_otherwise_than_its_characters_is_found_by_its_reading_and_later_by_the_other() {
    for (right, wrong, id, name) in [
        ("chong2qing4", "zhongqing", "province:500000", "重庆"),
        ("luan", "liuan", "city:341500", "六安"),
        ("changchun", "zhangchun", "city:220100", "长春"),
    ] {
        first(right, &format!("{id} STEM PINYIN name [{name}]市"));
        first(wrong, &format!("{id} STEM OTHER_READING name [{name}]市"));
    }
    // Whoever types zhangsha means no 长沙 before a name that is read so.
    let records = [named(&CITY, "430100", "长沙市"), named(&PRODUCT, "sand", "张沙")];
    let (_folder, api) = store_of(records);
    let found = told(&search(&api, json!({ "text": "zhangsha" })));
    assert_eq!(found[0], "product:sand EXACT PINYIN name [张沙]");
    assert_eq!(found[1], "city:430100 STEM OTHER_READING name [长沙]市");
}

#[test]
fn former_names_aliases_and_english_names_find_the_record_too() {
    first("昭通地区", "city:530600 EXACT TEXT aliases [昭通地区]");
    first("Zhaotong", "city:530600 EXACT TEXT nameEn [Zhaotong]");
    first("zhàotōng", "city:530600 EXACT TEXT nameEn [Zhaotong]");
    let found = told(&search(shared(), json!({ "text": "zhaotong APPLES" })));
    assert_eq!(
        found,
        ["group:apple-sellers INSIDE TEXT nameEn Zhongshan companies that signed to sell [Zhaotong apples]"]
    );
    let found = told(&search(shared(), json!({ "text": "種子" })));
    assert!(found.contains(&"source:seed-article PREFIX TEXT title [种子]文章".to_owned()), "{found:?}");

    let mut city = named(&CITY, "420600", "襄阳市");
    let former = Cell::Struct(vec![Cell::Text("襄樊市".to_owned()), Cell::Null, Cell::Null]);
    city.values[CITY.slot_of("formerNames")] = Cell::List(vec![former]);
    let (_folder, api) = store_of([city]);
    for (text, hit) in [
        ("襄樊", "city:420600 STEM TEXT formerNames [襄樊]市"),
        ("xiangfan", "city:420600 STEM PINYIN formerNames [襄樊]市"),
        ("襄", "city:420600 PREFIX TEXT name [襄]阳市"),
    ] {
        assert_eq!(told(&search(&api, json!({ "text": text }))), [hit], "{text}");
    }
}

#[test]
fn kinds_and_within_leave_out_what_stands_elsewhere() {
    let ids = |variables: Value| -> BTreeSet<String> {
        told(&search(shared(), variables)).iter().map(|hit| hit.split(' ').next().unwrap().to_owned()).collect()
    };
    let everywhere = ids(json!({ "text": "中山" }));
    let kinds: BTreeSet<&str> = everywhere.iter().map(|id| id.split(':').next().unwrap()).collect();
    assert!(kinds.len() > 4, "{kinds:?}");
    assert_eq!(ids(json!({ "text": "中山", "kinds": ["CITY"] })), BTreeSet::from(["city:442000".to_owned()]));
    let towns_too = ids(json!({ "text": "中山", "kinds": ["CITY", "TOWN"] }));
    assert_eq!(towns_too, BTreeSet::from(["city:442000", "town:442000003"].map(ToOwned::to_owned)));
    // No pairing stands in a place; what does, does so also within what holds the place.
    let in_city = ids(json!({ "text": "中山", "within": "city:442000" }));
    assert!(in_city.contains("city:442000") && in_city.contains("organization:zhongshan-market"), "{in_city:?}");
    assert!(in_city.is_subset(&everywhere) && !in_city.iter().any(|id| id.starts_with("pairing:")));
    assert_eq!(in_city, ids(json!({ "text": "中山", "within": "province:440000" })));
    assert!(ids(json!({ "text": "中山", "within": "province:530000" })).is_empty());
    // Sets stand where their members do.
    let sets = ids(json!({ "text": "Zhongshan companies", "within": "city:442000", "kinds": ["GROUP"] }));
    assert!(sets.contains("group:apple-sellers"), "{sets:?}");
    let elsewhere = ids(json!({ "text": "Zhongshan companies", "within": "province:530000", "kinds": ["GROUP"] }));
    assert_eq!(elsewhere, BTreeSet::new());
}

#[test]
fn the_best_match_stands_first() {
    let records = [
        named(&PRODUCT, "a", "小榄"),
        named(&PRODUCT, "b", "小榄菊花"),
        named(&PRODUCT, "c", "小榄花"),
        named(&PRODUCT, "d", "中山小榄"),
        named(&PRODUCT, "e", "晓岚"),
        named(&CITY, "1", "小榄市"),
        named(&CITY, "2", "小榄花"),
    ];
    let mut english = named(&PRODUCT, "f", "别的");
    english.values[slot::NAME_EN] = Cell::Text("all of Xiaolan".to_owned());
    let (_folder, api) = store_of(records.into_iter().chain([english]));
    let order: Vec<_> = told(&search(&api, json!({ "text": "小榄" })))
        .iter()
        .map(|hit| hit.split(' ').next().unwrap().to_owned())
        .collect();
    // The whole name, then its stem, then its beginning, where the higher level and then the shorter name stands first.
    assert_eq!(order, ["product:a", "city:1", "city:2", "product:c", "product:b", "product:d"]);
    let found = told(&search(&api, json!({ "text": "xiaolan" })));
    // Both sound alike, and 晓岚 is as whole as 小榄.
    assert_eq!(found[..2], ["product:a EXACT PINYIN name [小榄]", "product:e EXACT PINYIN name [晓岚]"]);
    // Where it matches comes before how: what stands inside as it is typed comes behind every whole name that sounds so.
    let last = &found[found.len() - 2..];
    assert_eq!(last, ["product:f INSIDE TEXT nameEn all of [Xiaolan]", "product:d INSIDE PINYIN name 中山[小榄]"]);
}

#[test]
fn what_is_typed_in_full_stands_before_what_is_typed_in_part_at_the_same_place_and_the_one_before() {
    let records = [
        named(&PRODUCT, "a", "上"),
        named(&PRODUCT, "b", "山东路"),
        named(&PRODUCT, "c", "上海路"),
        named(&PRODUCT, "d", "黄山"),
        named(&PRODUCT, "e", "海上"),
        named(&PRODUCT, "f", "山"),
        named(&CITY, "1", "单县"),
        named(&CITY, "2", "尚县"),
    ];
    let (_folder, api) = store_of(records);
    let whole = [
        "product:f EXACT PINYIN name [山]",
        "city:1 STEM PINYIN name [单]县",
        "product:a EXACT PARTLY name [上]",
        "product:b PREFIX PINYIN name [山]东路",
        "city:2 STEM PARTLY name [尚]县",
        "product:c PREFIX PARTLY name [上]海路",
        "product:d INSIDE PINYIN name 黄[山]",
        "product:e INSIDE PARTLY name 海[上]",
    ];
    assert_eq!(told(&search(&api, json!({ "text": "shan" }))), whole);
}

#[test]
fn the_hits_are_walked_page_by_page_once_each() {
    let whole = search(shared(), json!({ "text": "市", "kinds": ["CITY"], "first": 1000 }));
    let size = whole["size"].as_u64().unwrap();
    assert!(size > 250 && whole["hits"]["totalCount"] == size && whole["cut"].is_null(), "{}", whole["size"]);
    let (mut walked, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = search(shared(), json!({ "text": "市", "kinds": ["CITY"], "first": 70, "after": after }));
        walked.extend(told(&page));
        after = page["hits"]["pageInfo"]["endCursor"].clone();
        if page["hits"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(walked, told(&whole));
}

#[test]
fn a_text_that_says_nothing_or_too_much_is_refused_and_so_is_a_place_that_is_none() {
    let refused = |variables: Value| {
        let Value::Object(variables) = variables else { panic!("variables are an object") };
        let answer = shared().answer_now(&Request { variables, ..Request::new(QUERY) });
        assert_eq!(answer.errors.len(), 1, "{:?}", answer.errors);
        assert_eq!(answer.errors[0].code, Code::BadUserInput);
        answer.errors[0].message.clone()
    };
    for text in ["", "  ", "—…", "👍🏽", "\u{304}", "\u{feff}", &" ".repeat(10_000)] {
        assert!(refused(json!({ "text": text })).starts_with("text: "), "{text:?}");
    }
    for text in ["山".repeat(61), "zhong".repeat(2_000), "一👍".repeat(10_000)] {
        assert!(refused(json!({ "text": text })).contains("60"));
    }
    assert_eq!(told(&search(shared(), json!({ "text": "山".repeat(60) }))), Vec::<String>::new());
    assert!(refused(json!({ "text": "山", "kinds": [] })).starts_with("kinds: is empty"));
    assert_eq!(refused(json!({ "text": "山", "within": "city:0" })), "within: there is no region city:0");
    assert_eq!(refused(json!({ "text": "山", "within": "group:towns25" })), "within: there is no region group:towns25");
}

#[test]
fn ugly_texts_are_read_as_what_they_look_like() {
    for text in ["ｚｈｏｎｇ１ｓｈａｎ１", "zho\u{200b}ng1\u{feff}shan1\u{200f}", "\u{ad}中sha\u{ad}n"] {
        first(text, "city:442000 EXACT PINYIN aliases [中山]");
    }
    for text in ["zho\u{304}ngsha\u{304}n", "ZHŌNG\u{3000}SHĀN", "ＺＨＯＮＧ\u{2060}ＳＨＡＮ"] {
        first(text, "city:442000 EXACT TEXT nameEn [Zhongshan]");
    }
    for text in ["中\u{fe0f}山👍🏽", &format!("{}中 山", " ".repeat(10_000)), "「中」\u{200d}山\u{e0101}"] {
        first(text, "city:442000 EXACT TEXT aliases [中山]");
    }
    first("廣dong", "province:440000 EXACT PINYIN aliases [广东]");
    first("g東", "province:440000 EXACT PARTLY aliases [广东]");
    let records = [named(&PRODUCT, "a", "略阳"), named(&PRODUCT, "b", "疟疾"), named(&PRODUCT, "c", "女山1-2号")];
    let (_folder, api) = store_of(records);
    for (text, hit) in [
        ("lüe LVE lue LÜE lu:e lu\u{308}e lve4 lüè", "product:a PREFIX PINYIN name [略]阳"),
        ("nüe NVE nue nu:e nüè4", "product:b PREFIX PINYIN name [疟]疾"),
        ("nv nü NU nyu nǚ nu3", "product:c PREFIX PINYIN name [女]山1-2号"),
        ("nvshan1-2hao nüshan1.2号", "product:c EXACT PINYIN name [女山1-2号]"),
    ] {
        for text in text.split(' ') {
            let found = told(&search(&api, json!({ "text": text })));
            assert!(found.contains(&hit.to_owned()), "{text}: {found:?}");
        }
    }
    // Two numbers are not one.
    assert_eq!(told(&search(&api, json!({ "text": "12" }))), Vec::<String>::new());
    assert_eq!(told(&search(&api, json!({ "text": "1-2" }))), ["product:c INSIDE TEXT name 女山[1-2]号"]);
}

#[test]
fn a_search_that_finds_too_much_says_that_it_is_cut() {
    let products = (0..10_001).map(|number| named(&PRODUCT, &format!("p{number:05}"), &format!("苹果{number}")));
    let (_folder, api) = store_of(products);
    let found = search(&api, json!({ "text": "苹果", "first": 1 }));
    assert_eq!(found["size"], 10_000);
    assert!(found["cut"].as_str().unwrap().starts_with("only the best 10000 are shown"), "{found}");
    let found = search(&api, json!({ "text": "苹果1000", "first": 1 }));
    assert_eq!((found["size"].as_u64(), &found["cut"]), (Some(2), &Value::Null), "{found}");
}

#[test]
fn a_filter_by_how_names_begin_reads_those_alone_be_it_a_common_ending() {
    let many = (0..2_000).map(|number| named(&VILLAGE, &format!("{number:012}"), "清水村委会"));
    let begin = ["村委大街社区", "村委", "村委会"].into_iter().enumerate();
    let begin = begin.map(|(at, name)| named(&VILLAGE, &format!("9{at:011}"), name));
    let (_folder, api) = store_of(many.chain(begin));
    for (prefix, keys) in [("村委", vec![0, 1, 2]), ("村委会", vec![2]), ("村", vec![0, 1, 2]), ("村民", vec![])]
    {
        let query =
            format!("{{ villages(filter: {{ name: {{ prefix: \"{prefix}\" }} }}) {{ totalCount nodes {{ id }} }} }}");
        let Value::Object(extensions) = json!({ "plan": true }) else { panic!("it is an object") };
        let answer = api.answer_now(&Request { extensions, ..Request::new(&query) });
        let found = data(&answer)["villages"].clone();
        let ids: Vec<_> = keys.iter().map(|at| json!({ "id": format!("village:9{at:011}") })).collect();
        assert_eq!(found, json!({ "totalCount": ids.len(), "nodes": ids }), "{prefix}");
        let read = answer.extensions["plan"]["read"].as_u64().unwrap();
        assert!(read < 50, "{prefix}: {read}");
    }
}

/// Streets, of which a search for 社区 alone has to look at each.
fn streets() -> impl Iterator<Item = Record> {
    (0..SEARCH_LOOKS_MAX).map(|number| named(&VILLAGE, &format!("{number:012}"), "街道"))
}

#[test]
fn a_search_for_a_common_ending_looks_at_so_many_records_and_at_those_within_a_region_first() {
    let search_in = |api: &Api, within: Option<&str>| {
        let found =
            search(api, json!({ "text": "社区", "kinds": ["VILLAGE", "ORGANIZATION", "GROUP"], "within": within }));
        (
            told(&found).into_iter().map(|hit| hit.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>(),
            found["cut"].clone(),
        )
    };
    // As many as may be looked at are no more than may be looked at.
    let (_folder, api) = store_of(streets());
    assert_eq!(search_in(&api, None), (Vec::new(), Value::Null));

    let place = |kind: &'static jiedui::model::catalog::Kind, slot: usize, parent: Id, mut record: Record| {
        record.values[slot] = if kind == &GROUP {
            Cell::List(vec![Cell::Struct(vec![Cell::Ref(parent), Cell::Null])])
        } else {
            Cell::Ref(parent)
        };
        record
    };
    let town = || Id::new(&TOWN, "530101999");
    let mut set = named(&GROUP, "set", "各社区");
    set.values[GROUP.slot_of("memberKind")] = Cell::Closed(MEMBER_KIND.code("VILLAGE").unwrap());
    set.values[GROUP.slot_of("membersComplete")] = Cell::Bool(false);
    let last = [
        named(&PROVINCE, "530000", "云南省"),
        place(&TOWN, TOWN.slot_of("parent"), Id::new(&PROVINCE, "530000"), named(&TOWN, "530101999", "末镇")),
        place(&VILLAGE, VILLAGE.slot_of("parent"), town(), named(&VILLAGE, "530101999001", "清水社区")),
        place(&ORGANIZATION, ORGANIZATION.slot_of("region"), town(), named(&ORGANIZATION, "office", "清水社区")),
        place(&GROUP, GROUP.slot_of("within"), town(), set),
        // These begin with it.
        place(&VILLAGE, VILLAGE.slot_of("parent"), town(), named(&VILLAGE, "530101999002", "社区口社区")),
        place(&VILLAGE, VILLAGE.slot_of("parent"), town(), named(&VILLAGE, "530101999003", "社区居委会")),
        place(&VILLAGE, VILLAGE.slot_of("parent"), town(), named(&VILLAGE, "530101999004", "社区")),
        // And this has it in no ending.
        place(&VILLAGE, VILLAGE.slot_of("parent"), town(), named(&VILLAGE, "530101999005", "新社区街道")),
    ];
    let (_folder, api) = store_of(streets().chain(last));
    let (hits, cut) = search_in(&api, None);
    // What begins with it is found whatever is cut, and what the postings tell. Of the rest, what there is little of is looked
    // at first, and the streets leave nothing for the village that ends with it.
    let [longer, whole, begins, further] = ["003", "004", "002", "005"].map(|key| format!("village:530101999{key}"));
    assert_eq!(hits, [&whole, &begins, &longer, &further, "organization:office", "group:set"].map(String::from));
    assert!(cut.as_str().unwrap().ends_with("fewer kinds, or `within`"), "{cut}");
    for (text, hit) in [
        ("社区居委会", "village:530101999003 EXACT TEXT name [社区居委会]"),
        ("sqjwh", "village:530101999003 EXACT INITIALS name [社区居委会]"),
        ("shequ", "village:530101999004 EXACT PINYIN name [社区]"),
        ("she", "village:530101999002 PREFIX PINYIN name [社]区口社区"),
    ] {
        let found = search(&api, json!({ "text": text, "kinds": ["VILLAGE"] }));
        assert!(told(&found).contains(&hit.to_owned()) && !found["cut"].is_null(), "{text}: {found}");
    }
    let all = [&whole, &longer, &begins, &further, "village:530101999001", "organization:office", "group:set"];
    for within in ["town:530101999", "province:530000"] {
        let (mut hits, cut) = search_in(&api, Some(within));
        hits.sort();
        let mut all = all.map(String::from);
        all.sort();
        assert_eq!((hits.as_slice(), cut), (all.as_slice(), Value::Null), "{within}");
    }
}
