//! `resolve`: names as others wrote them, led back to regions.

use std::sync::Arc;

use jiedui::api::error::Code;
use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::config::RESOLVE_ALIKE_MAX;
use jiedui::model::catalog::{Kind, slot};
use jiedui::model::id::Id;
use jiedui::model::kinds::{CITY, COUNTY, PROVINCE, TOWN, VILLAGE};
use jiedui::model::record::Record;
use jiedui::model::value::Value as Cell;
use jiedui::store::{Author, Change};
use serde_json::{Value, json};

use crate::support::{TIME_MS, ask_with, data, loaded_with, open, shared};

const QUERY: &str = "query($names: [String!]!, $level: Level, $within: ID) {
    resolve(names: $names, level: $level, within: $within) {
        name region { id } confidence field runnersUp { region { id } confidence }
    }
}";

fn resolve(names: &[&str]) -> Vec<Value> {
    ask_with(QUERY, json!({ "names": names }))["resolve"].as_array().unwrap().clone()
}

#[track_caller]
fn means(name: &str, id: &str, confidence: f64, field: &str) {
    let found = &resolve(&[name])[0];
    let expected =
        json!({ "name": name, "region": { "id": id }, "confidence": confidence, "field": field, "runnersUp": [] });
    assert_eq!(*found, expected);
}

#[test]
fn a_name_may_lack_what_the_region_is() {
    means("盐津县", "county:530623", 1.0, "name");
    means("长春", "city:220100", 0.95, "name");
    means("西藏", "province:540000", 0.95, "name");
    means("红河州", "city:532500", 0.97, "name");
    means("延边", "city:222400", 0.95, "name");
    means("小榄", "town:442000100", 0.95, "name");
    means("盐津縣", "county:530623", 1.0, "name");
    // What is known by its short name as an alias is surer than what is only like it.
    means("中山", "city:442000", 0.98, "aliases");
    means("Zhongshan", "city:442000", 0.98, "nameEn");
    for name in ["Zhongshan City", "zhongshan city", "ZHONGSHAN CITY"] {
        means(name, "city:442000", 0.931, "nameEn");
    }
    // It is no county.
    means("zhongshan county", "city:442000", 0.588, "nameEn");
    means("内蒙", "province:150000", 0.95, "name");
}

#[test]
fn parents_may_stand_in_front_and_must_be_those_of_the_region() {
    means("广东省中山市", "city:442000", 1.0, "name");
    means("云南省 昭通市 盐津县", "county:530623", 1.0, "name");
    means("云南昭通盐津", "county:530623", 0.98, "aliases");
    means("昭通/盐津", "county:530623", 0.98, "aliases");
    means("广东小榄镇", "town:442000100", 1.0, "name");
    means("Yunnan zhaotong city", "city:530600", 0.931, "nameEn");
    means("内蒙赤峰市", "city:150400", 0.9875, "name");
    // The country may stand before them all.
    for name in ["中国云南省昭通市", "中華人民共和國雲南省昭通市", "中国·云南·昭通市", "中国昭通市"]
    {
        means(name, "city:530600", 1.0, "name");
    }
    means("中国云南省", "province:530000", 1.0, "name");
    // And a parent behind, in brackets.
    for name in ["盐津县（云南）", "盐津县(云南省昭通市)", "盐津县 （中国云南）"] {
        means(name, "county:530623", 1.0, "name");
    }
    for wrong in ["中国", "中国湖南盐津", "盐津县（湖南）", "湖南盐津", "中山市盐津县", "昭通市广东省"]
    {
        assert_eq!(resolve(&[wrong])[0]["region"], Value::Null, "{wrong}");
    }
}

#[test]
fn an_old_name_means_the_region_of_today() {
    means("铜仁地区", "city:520600", 0.98, "aliases");
    means("昭通地区", "city:530600", 0.98, "aliases");
    // One that nobody wrote down is no exact match, and is said to be less sure.
    let found = &resolve(&["长春地区"])[0];
    assert_eq!((&found["region"]["id"], found["confidence"].as_f64()), (&json!("city:220100"), Some(0.6)), "{found}");
}

#[test]
fn what_may_mean_several_tells_the_others_and_levels_and_places_choose() {
    let found = &resolve(&["吉林"])[0];
    assert_eq!(found["region"]["id"], "province:220000");
    assert_eq!(found["confidence"], 0.76);
    assert_eq!(found["runnersUp"], json!([{ "region": { "id": "city:220200" }, "confidence": 0.19 }]));
    // The whole name of the one is only like that of the other.
    let found = &resolve(&["吉林市"])[0];
    assert_eq!((&found["region"]["id"], &found["confidence"]), (&json!("city:220200"), &json!(0.99)));
    assert_eq!(found["runnersUp"], json!([{ "region": { "id": "province:220000" }, "confidence": 0.006 }]));

    let by_level = ask_with(QUERY, json!({ "names": ["吉林", "海南"], "level": "CITY" }));
    assert_eq!(by_level["resolve"][0]["region"]["id"], "city:220200");
    assert_eq!(by_level["resolve"][1]["region"]["id"], "city:632500");
    assert_eq!(by_level["resolve"][1]["confidence"], 0.95);
    assert_eq!(by_level["resolve"][1]["runnersUp"], json!([]));
    let within = ask_with(QUERY, json!({ "names": ["海南", "中山"], "within": "province:630000" }));
    assert_eq!(within["resolve"][0]["region"]["id"], "city:632500");
    assert_eq!(within["resolve"][1]["region"], Value::Null);
}

#[test]
fn several_of_one_level_share_what_is_sure_and_a_parent_tells_them_apart() {
    let counties = "county:220104,朝阳区,,,,220104,DISTRICT,,,city:220100,\n\
                    county:110105,朝阳区,,,,110105,DISTRICT,,,province:110000,\n";
    let loaded = loaded_with(&[("counties.csv", counties)]);
    let ask = |names: &[&str]| {
        let Value::Object(variables) = json!({ "names": names }) else { panic!("it is an object") };
        let answer = loaded.api.answer_now(&Request { variables, ..Request::new(QUERY) });
        crate::support::data(&answer)["resolve"].as_array().unwrap().clone()
    };
    let found = &ask(&["朝阳区"])[0];
    // Neither is likelier; 朝阳市 fits worse, and has what they leave.
    let sure: Vec<_> = found["runnersUp"].as_array().unwrap().iter().map(|it| it["confidence"].clone()).collect();
    assert_eq!((&found["confidence"], sure), (&json!(0.495), vec![json!(0.495), json!(0.006)]), "{found}");
    let runners: Vec<_> = found["runnersUp"].as_array().unwrap().iter().map(|it| it["region"]["id"].clone()).collect();
    assert_eq!(found["region"]["id"], "county:110105");
    assert_eq!(runners, ["county:220104", "city:211300"].map(Value::from), "{found}");
    for (name, id) in [("北京朝阳区", "county:110105"), ("长春市朝阳区", "county:220104"), ("辽宁朝阳", "city:211300")]
    {
        let found = &ask(&[name])[0];
        assert_eq!(found["region"]["id"], id, "{found}");
        assert!(found["confidence"].as_f64().unwrap() > 0.9, "{found}");
    }
}

#[test]
fn what_is_like_nothing_is_null_and_the_order_is_kept() {
    let names = ["什么地方", "昭通市", "", "盐津县", "昭通市", "   ", "市", "x"];
    let found = resolve(&names);
    let told: Vec<_> = found.iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, names);
    let nothing = json!({ "region": null, "confidence": 0.0, "field": null, "runnersUp": [] });
    for place in [0, 2, 5, 6, 7] {
        let mut expected = nothing.clone();
        expected["name"] = names[place].into();
        assert_eq!(found[place], expected);
    }
    assert_eq!(found[1], found[4]);
    assert_eq!(found[3]["region"]["id"], "county:530623");
    assert_eq!(resolve(&[]), Vec::<Value>::new());
}

#[test]
fn a_thousand_names_are_taken_and_one_more_is_refused() {
    let names = vec!["盐津"; 1000];
    let found = resolve(&names);
    assert!(found.len() == 1000 && found.iter().all(|it| it["region"]["id"] == "county:530623"));
    let Value::Object(variables) = json!({ "names": vec!["盐津"; 1001] }) else { panic!("it is an object") };
    let answer = shared().answer_now(&Request { variables, ..Request::new(QUERY) });
    assert_eq!(answer.errors[0].code, Code::BadUserInput);
    assert_eq!(answer.errors[0].message, "names: expected at most 1000, found 1001; ask in several requests");
    let Value::Object(variables) = json!({ "names": ["盐津"], "within": "programme:tibet" }) else {
        panic!("so is it")
    };
    let answer = shared().answer_now(&Request { variables, ..Request::new(QUERY) });
    assert_eq!(answer.errors[0].message, "within: there is no region programme:tibet");
}

/// A gazetteer of a test's own: regions, each with its name and what it stands in.
struct Gazetteer {
    _folder: tempfile::TempDir,
    api: Api,
}

type Region<'a> = (&'static Kind, &'a str, &'a str, Option<(&'static Kind, &'a str)>);

impl Gazetteer {
    fn new<'a>(regions: impl IntoIterator<Item = Region<'a>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("jiedui.redb"));
        let changes = regions.into_iter().map(|(kind, key, name, parent)| {
            let mut record = Record::new(kind, key);
            record.values[slot::NAME] = Cell::Text(name.to_owned());
            record.values[kind.slot_of("parent")] =
                parent.map_or(Cell::Null, |(kind, key)| Cell::Ref(Id::new(kind, key)));
            Change::Put(record)
        });
        let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: "a test".to_owned() };
        let (writer, _) = store.writer().unwrap().apply(&author, &changes.collect::<Vec<_>>()).unwrap();
        writer.commit().unwrap();
        Self { _folder: folder, api: Api::new(Arc::new(store), Executor::Plan, Default::default()) }
    }

    /// What a name means: the region, the runners-up, and whether it was cut.
    fn ask(&self, name: &str, within: Option<&str>) -> (Option<String>, Vec<String>, bool) {
        const WITH_CUT: &str = "query($names: [String!]!, $within: ID) {
            resolve(names: $names, within: $within) { region { id } confidence runnersUp { region { id } } cut }
        }";
        let Value::Object(variables) = json!({ "names": [name], "within": within }) else { panic!("it is an object") };
        let found = data(&self.api.answer_now(&Request { variables, ..Request::new(WITH_CUT) }))["resolve"][0].clone();
        let id = |region: &Value| region["id"].as_str().map(ToOwned::to_owned);
        let others = found["runnersUp"].as_array().unwrap().iter().filter_map(|other| id(&other["region"]));
        (id(&found["region"]), others.collect(), !found["cut"].is_null())
    }

    #[track_caller]
    fn means(&self, name: &str, region: &str) {
        assert_eq!(self.ask(name, None), (Some(region.to_owned()), Vec::new(), false), "{name}");
    }
}

/// A province with one of everything that a name can end in.
fn steppe() -> Gazetteer {
    let (league, banner) = (Some((&CITY, "150700")), Some((&COUNTY, "150724")));
    Gazetteer::new([
        (&PROVINCE, "150000", "内蒙古自治区", None),
        (&CITY, "150700", "呼伦贝尔市", Some((&PROVINCE, "150000"))),
        (&COUNTY, "150724", "鄂温克族自治旗", league),
        (&COUNTY, "150702", "海拉尔区", league),
        (&TOWN, "150724200", "锡尼河西苏木", banner),
        (&TOWN, "150724201", "巴彦塔拉达斡尔民族乡", banner),
        (&TOWN, "150702001", "正阳街道", Some((&COUNTY, "150702"))),
        (&TOWN, "150702002", "健康街道办事处", Some((&COUNTY, "150702"))),
        (&VILLAGE, "150724200201", "巴彦胡硕嘎查村民委员会", Some((&TOWN, "150724200"))),
        (&VILLAGE, "150724201201", "阿拉坦敖希特嘎查", Some((&TOWN, "150724201"))),
        (&VILLAGE, "150702001001", "贝尔社区居民委员会", Some((&TOWN, "150702001"))),
        (&VILLAGE, "150702002001", "草原社区居委会", Some((&TOWN, "150702002"))),
    ])
}

#[test]
fn an_address_of_all_levels_is_read_whatever_its_names_end_in() {
    let gazetteer = steppe();
    for (name, region) in [
        ("内蒙古自治区呼伦贝尔市鄂温克族自治旗锡尼河西苏木巴彦胡硕嘎查村民委员会", "village:150724200201"),
        ("内蒙古呼伦贝尔鄂温克族自治旗锡尼河西苏木巴彦胡硕嘎查", "village:150724200201"),
        ("内蒙古自治区 呼伦贝尔市 鄂温克族自治旗 巴彦塔拉达斡尔民族乡 阿拉坦敖希特嘎查", "village:150724201201"),
        ("内蒙古自治区呼伦贝尔市海拉尔区正阳街道贝尔社区居民委员会", "village:150702001001"),
        ("内蒙古自治区呼伦贝尔市海拉尔区正阳街道办事处贝尔社区居委会", "village:150702001001"),
        ("内蒙古呼伦贝尔海拉尔健康街道办事处草原社区居委会", "village:150702002001"),
        ("内蒙古自治区/呼伦贝尔市/海拉尔区/健康街道/草原社区", "village:150702002001"),
        ("內蒙古自治區呼倫貝爾市海拉爾區健康街道辦事處", "town:150702002"),
        // Levels may be left out: one, two, and three.
        ("内蒙古自治区海拉尔区健康街道草原社区居委会", "village:150702002001"),
        ("内蒙古正阳街道", "town:150702001"),
        ("内蒙古草原社区", "village:150702002001"),
        ("内蒙古呼伦贝尔鄂温克旗", "county:150724"),
        ("鄂温克旗锡尼河西苏木", "town:150724200"),
        ("内蒙海拉尔区", "county:150702"),
        ("巴彦胡硕嘎查（内蒙古自治区鄂温克旗锡尼河西苏木）", "village:150724200201"),
        // What a people is named in is no city that has none, though the rest of the name is its.
        ("内蒙古自治区呼伦贝尔鄂温克族自治旗", "county:150724"),
    ] {
        gazetteer.means(name, region);
    }
    for wrong in [
        "内蒙古自治区呼伦贝尔市海拉尔区锡尼河西苏木巴彦胡硕嘎查村民委员会",
        "内蒙古自治区呼伦贝尔市海拉尔区正阳街道草原社区居委会",
        "云南省呼伦贝尔市海拉尔区正阳街道贝尔社区居民委员会",
        "内蒙古自治区呼伦贝尔市海拉尔区正阳街道贝尔社区居民委员会门口",
    ] {
        assert_eq!(gazetteer.ask(wrong, None), (None, Vec::new(), false), "{wrong}");
    }
}

#[test]
fn a_city_whose_name_ends_like_a_town_is_found_without_what_it_is() {
    let gazetteer = Gazetteer::new([
        (&PROVINCE, "360000", "江西省", None),
        (&CITY, "360200", "景德镇市", Some((&PROVINCE, "360000"))),
        (&COUNTY, "360203", "珠山区", Some((&CITY, "360200"))),
        (&CITY, "360300", "萍乡市", Some((&PROVINCE, "360000"))),
    ]);
    for (name, region) in [
        ("景德镇", "city:360200"),
        ("江西萍乡", "city:360300"),
        ("江西景德镇珠山区", "county:360203"),
        ("江西 景德镇 珠山", "county:360203"),
    ] {
        gazetteer.means(name, region);
    }
}

/// More villages of one name than are told, each in a town of its own.
fn many() -> Gazetteer {
    let towns: Vec<_> = (0..=RESOLVE_ALIKE_MAX)
        .map(|at| (format!("530101{at:03}"), format!("第{at}镇"), format!("530101{at:03}200")))
        .collect();
    let county = Some((&COUNTY, "530101"));
    let mut regions: Vec<Region<'_>> = vec![
        (&PROVINCE, "530000", "云南省", None),
        (&COUNTY, "530101", "某县", Some((&PROVINCE, "530000"))),
        (&TOWN, "530101999", "末镇", county),
        (&VILLAGE, "530101999001", "胜利社区居民委员会", Some((&TOWN, "530101999"))),
        (&VILLAGE, "530101999201", "胜利村民委员会", Some((&TOWN, "530101999"))),
        (&VILLAGE, "530101999202", "胜利村民委员会", Some((&TOWN, "530101999"))),
    ];
    for (town, name, village) in &towns {
        regions.push((&TOWN, town, name, county));
        regions.push((&VILLAGE, village, "胜利村村民委员会", Some((&TOWN, town))));
    }
    Gazetteer::new(regions)
}

#[test]
fn a_name_that_very_many_have_is_found_below_what_stands_in_front_or_within_and_is_cut_alone() {
    let gazetteer = many();
    let last = format!("village:530101{RESOLVE_ALIKE_MAX:03}200");
    gazetteer.means(&format!("云南省某县第{RESOLVE_ALIKE_MAX}镇胜利村村民委员会"), &last);
    gazetteer.means(&format!("第{RESOLVE_ALIKE_MAX}镇胜利村"), &last);
    let town = format!("town:530101{RESOLVE_ALIKE_MAX:03}");
    assert_eq!(gazetteer.ask("胜利村", Some(&town)), (Some(last), Vec::new(), false));
    let (_, others, cut) = gazetteer.ask("胜利村", None);
    assert!(cut && others.len() == 5, "{others:?}");
}

#[test]
fn what_one_name_means_twice_in_one_town_is_told_twice() {
    let (region, others, cut) = many().ask("云南某县末镇胜利村", None);
    assert_eq!(region.as_deref(), Some("village:530101999201"));
    assert_eq!(others, ["village:530101999202", "village:530101999001"]);
    assert!(!cut);
}

#[test]
fn a_list_of_neighbours_reads_what_they_share_once() {
    let gazetteer = many();
    let names: Vec<_> = (0..1000).map(|at| format!("云南省某县第{}镇胜利村村民委员会", at % 500)).collect();
    let Value::Object(variables) = json!({ "names": names }) else { panic!("it is an object") };
    let Value::Object(extensions) = json!({ "plan": true }) else { panic!("so is it") };
    let answer = gazetteer.api.answer_now(&Request { variables, extensions, ..Request::new(QUERY) });
    let found = data(&answer);
    for (at, it) in found["resolve"].as_array().unwrap().iter().enumerate() {
        assert_eq!(it["region"]["id"], format!("village:530101{:03}200", at % 500), "{it}");
    }
    let read = answer.extensions["plan"]["read"].as_u64().unwrap();
    assert!(read < 10_000, "{read}");
}

#[test]
fn no_text_is_too_odd_to_resolve() {
    // Apart by commas.
    const ODD: &str =
        "内蒙古,呼伦贝尔,海拉尔,正阳,街道,社区,贝尔,市,区,苏木,嘎查,族,自治旗, ,·,/,e\u{301},a,１,（,👍🏽,\u{20000}";
    let odd: Vec<&str> = ODD.split(',').collect();
    let gazetteer = steppe();
    let mut dice = 11_u64;
    let mut below = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % sides
    };
    let mut names: Vec<String> = (0..900).map(|_| (0..below(9)).map(|_| odd[below(odd.len())]).collect()).collect();
    names.extend(["山".repeat(5_000), "中山市".repeat(42), "贝尔".repeat(60), " ".repeat(500), "a b ".repeat(900)]);
    let Value::Object(variables) = json!({ "names": names }) else { panic!("it is an object") };
    let found = data(&gazetteer.api.answer_now(&Request { variables, ..Request::new(QUERY) }));
    let mut meant = 0;
    for it in found["resolve"].as_array().unwrap() {
        let confidence = it["confidence"].as_f64().unwrap();
        assert_eq!(it["region"].is_null(), confidence == 0.0, "{it}");
        let others = it["runnersUp"].as_array().unwrap().iter().map(|other| other["confidence"].as_f64().unwrap());
        assert!((0.0..=1.0).contains(&(confidence + others.sum::<f64>() - 1e-9)) || confidence == 0.0, "{it}");
        meant += usize::from(confidence > 0.0);
    }
    assert!(meant > 50, "{meant}");
}

#[test]
fn a_county_that_is_called_like_its_city_is_found_by_its_whole_name() {
    let (hebei, chengde) = (Some((&PROVINCE, "130000")), Some((&CITY, "130800")));
    let gazetteer = Gazetteer::new([
        (&PROVINCE, "130000", "河北省", None),
        (&CITY, "130800", "承德市", hebei),
        (&COUNTY, "130802", "双桥区", chengde),
        (&COUNTY, "130821", "承德县", chengde),
        (&TOWN, "130821101", "上板城镇", Some((&COUNTY, "130821"))),
        (&TOWN, "130821102", "承德乡", Some((&COUNTY, "130821"))),
        (&CITY, "130900", "华亭市", hebei),
        (&COUNTY, "130901", "某区", Some((&CITY, "130900"))),
        (&TOWN, "130901101", "华亭镇", Some((&COUNTY, "130901"))),
    ]);
    for (name, region, others) in [
        ("河北省承德县", "county:130821", vec!["city:130800"]),
        ("河北承德乡", "town:130821102", vec!["city:130800"]),
        ("河北省承德市", "city:130800", vec![]),
        ("河北承德", "city:130800", vec![]),
        ("河北承德县上板城镇", "town:130821101", vec![]),
        ("河北承德双桥区", "county:130802", vec![]),
        // What was a county and is a city, and not a town below it that is called so.
        ("河北华亭县", "city:130900", vec![]),
    ] {
        let (found, runners, cut) = gazetteer.ask(name, None);
        let others: Vec<String> = others.into_iter().map(ToOwned::to_owned).collect();
        assert_eq!((found.as_deref(), runners, cut), (Some(region), others, false), "{name}");
    }
}

#[test]
fn a_name_of_the_characters_of_a_common_ending_is_found() {
    let county = Some((&COUNTY, "431124"));
    let gazetteer = Gazetteer::new([
        (&PROVINCE, "430000", "湖南省", None),
        (&COUNTY, "431124", "道县", Some((&PROVINCE, "430000"))),
        (&TOWN, "431124101", "道镇", county),
        (&TOWN, "431124102", "街道", county),
        (&TOWN, "431124103", "濂溪街道", county),
        (&VILLAGE, "431124101001", "居委会", Some((&TOWN, "431124101"))),
        (&VILLAGE, "431124101002", "社区居委会", Some((&TOWN, "431124101"))),
        (&VILLAGE, "431124101003", "清水居委会", Some((&TOWN, "431124101"))),
    ]);
    for (name, region) in [
        ("道县濂溪街道", "town:431124103"),
        ("街道", "town:431124102"),
        ("居委会", "village:431124101001"),
        ("社区居委会", "village:431124101002"),
        ("湖南省居委会", "village:431124101001"),
    ] {
        gazetteer.means(name, region);
    }
    // One may be taken for the other.
    for (name, region, other) in
        [("道县", "county:431124", "town:431124101"), ("道镇", "town:431124101", "county:431124")]
    {
        assert_eq!(gazetteer.ask(name, None), (Some(region.to_owned()), vec![other.to_owned()], false), "{name}");
    }
}

#[test]
fn a_bare_name_means_the_city_rather_than_its_development_zone() {
    let xingtai = Some((&CITY, "130500"));
    let gazetteer = Gazetteer::new([
        (&PROVINCE, "130000", "河北省", None),
        (&CITY, "130500", "邢台市", Some((&PROVINCE, "130000"))),
        (&COUNTY, "130571", "河北邢台经济开发区", xingtai),
        (&TOWN, "130571401", "邢台工业园区", xingtai),
    ]);
    for (name, region, others) in [
        ("河北邢台", "city:130500", vec!["county:130571"]),
        ("邢台", "city:130500", vec!["town:130571401"]),
        ("河北邢台经济开发区", "county:130571", vec!["city:130500"]),
    ] {
        let others: Vec<String> = others.into_iter().map(ToOwned::to_owned).collect();
        assert_eq!(gazetteer.ask(name, None), (Some(region.to_owned()), others, false), "{name}");
    }
}

/// Two provinces that differ by a tone, and one whose city has a village called so in the other.
fn two_provinces() -> Gazetteer {
    let (xian, chongqing) = (Some((&CITY, "610100")), Some((&PROVINCE, "500000")));
    Gazetteer::new([
        (&PROVINCE, "140000", "山西省", None),
        (&CITY, "140100", "太原市", Some((&PROVINCE, "140000"))),
        (&COUNTY, "140105", "小店区", Some((&CITY, "140100"))),
        (&TOWN, "140105100", "北格镇", Some((&COUNTY, "140105"))),
        (&VILLAGE, "140105100201", "西安村", Some((&TOWN, "140105100"))),
        (&PROVINCE, "610000", "陕西省", None),
        (&CITY, "610100", "西安市", Some((&PROVINCE, "610000"))),
        (&COUNTY, "610102", "新城区", xian),
        (&PROVINCE, "500000", "重庆市", None),
        (&COUNTY, "500101", "万州区", chongqing),
        (&COUNTY, "500106", "沙坪坝区", chongqing),
        (&COUNTY, "500199", "景东彝族自治县", chongqing),
        (&TOWN, "500106001", "吕梁镇", Some((&COUNTY, "500106"))),
    ])
}

#[test]
fn a_parent_may_stand_behind_apart() {
    let gazetteer = two_provinces();
    for (name, region) in [
        ("沙坪坝区，重庆市", "county:500106"),
        ("沙坪坝区 重庆", "county:500106"),
        ("沙坪坝、中国重庆", "county:500106"),
        ("新城区, 西安市, 陕西省", "county:610102"),
        ("吕梁镇 重庆市", "town:500106001"),
    ] {
        gazetteer.means(name, region);
    }
    for wrong in ["沙坪坝区，陕西省", "重庆市 陕西省"] {
        assert_eq!(gazetteer.ask(wrong, None), (None, Vec::new(), false), "{wrong}");
    }
}

#[test]
fn what_the_region_is_may_be_said_twice() {
    let gazetteer = two_provinces();
    for (name, region) in
        [("万州区区", "county:500101"), ("陕西省西安市市", "city:610100"), ("重庆沙坪坝区区", "county:500106")]
    {
        gazetteer.means(name, region);
    }
    means("中山市市", "city:442000", 0.95, "name");
}

#[test]
fn a_name_in_pinyin_is_read_though_it_is_not_written_down() {
    let gazetteer = two_provinces();
    for (name, region) in [
        ("Wanzhou", "county:500101"),
        ("wanzhou district", "county:500101"),
        ("Wanzhou Qu", "county:500101"),
        ("Wànzhōu Qū", "county:500101"),
        ("Xi'an City", "city:610100"),
        ("Xian", "city:610100"),
        ("Shaanxi Xi'an", ""),
        ("Shanxi, Xi'an", "city:610100"),
        ("Xi'an, Shanxi", "city:610100"),
        ("Chongqing Wanzhou", "county:500101"),
        ("Wanzhou District, Chongqing", "county:500101"),
        ("Jingdong County", "county:500199"),
        ("Lüliang town", "town:500106001"),
        // It is no town, and no part of a name.
        ("wanzhou town", ""),
        ("Wan", ""),
        ("Chongqing Xi'an", ""),
    ] {
        let (found, _, _) = gazetteer.ask(name, None);
        assert_eq!(found.unwrap_or_default(), region, "{name}");
    }
    // What is only heard is less sure than what is written.
    let found = &resolve(&["Zhaotong Shi"])[0];
    assert_eq!((&found["region"]["id"], &found["confidence"]), (&json!("city:530600"), &json!(0.85)), "{found}");
}

#[test]
fn a_whole_name_below_another_province_is_doubted_and_goes_before_what_is_only_like_it() {
    const WITH_DOUBT: &str = "query($names: [String!]!) {
        resolve(names: $names) { region { id } confidence doubt runnersUp { region { id } confidence } }
    }";
    let gazetteer = two_provinces();
    let names = ["山西省西安市", "山西西安市", "陕西省西安市", "山西西安", "山西省西安村"];
    let Value::Object(variables) = json!({ "names": names }) else { panic!("it is an object") };
    let found = data(&gazetteer.api.answer_now(&Request { variables, ..Request::new(WITH_DOUBT) }))["resolve"].clone();
    for at in [0, 1] {
        let (front, found) = (["山西省", "山西"][at], &found[at]);
        assert_eq!((&found["region"]["id"], &found["confidence"]), (&json!("city:610100"), &json!(0.7)), "{found}");
        assert_eq!(found["doubt"], format!("it is not in {front} (province:140000), which stands in front"));
        // The village has of what is left what it fits by: 0.6 of 0.3.
        let others = found["runnersUp"].as_array().unwrap();
        assert_eq!((others.len(), &others[0]["region"]["id"]), (1, &json!("village:140105100201")), "{found}");
        assert!((0.17..=0.18).contains(&others[0]["confidence"].as_f64().unwrap()), "{found}");
    }
    for (at, region) in [(2, "city:610100"), (3, "village:140105100201"), (4, "village:140105100201")] {
        assert_eq!((&found[at]["region"]["id"], &found[at]["doubt"]), (&json!(region), &Value::Null), "{}", names[at]);
    }
}
