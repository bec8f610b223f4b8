//! Postings tell how a record matches a short query, so that a search need not read it. What a search finds, in which order and
//! how it matches, is what a look at every name of every record finds.

use std::sync::Arc;

use jiedui::api::request::Request;
use jiedui::api::{Api, Executor};
use jiedui::model::catalog::{Kind, slot};
use jiedui::model::id::{Id, IdRef};
use jiedui::model::kinds::{CITY, COUNTY, ORGANIZATION, PRODUCT, PROVINCE, TOWN, VILLAGE};
use jiedui::model::names::names;
use jiedui::model::record::Record;
use jiedui::model::value::Value as Cell;
use jiedui::store::{Author, Change, Direction, Snapshot, check};
use jiedui::text::fold::Folded;
use jiedui::text::matching::Match;
use jiedui::text::query::Query;
use jiedui::text::readings::readings;
use serde_json::{Value, json};

use crate::oracle::data::Random;
use crate::support::{TIME_MS, data, open};

const KINDS: [&Kind; 7] = [&PROVINCE, &CITY, &COUNTY, &TOWN, &VILLAGE, &ORGANIZATION, &PRODUCT];
const CHARS: [&str; 25] = [
    "中", "山", "重", "庆", "长", "乐", "吕", "西", "安", "单", "沙", "汕", "深", "圳", "会", "社", "区", "街", "重庆",
    "长沙", "都", "12", "1-2", "1.2", "Shan",
];
const ENDINGS: [&str; 12] =
    ["", "", "市", "县", "镇", "村", "村民委员会", "村委会", "社区居委会", "街道办事处", "彝族自治县", " City"];
const SHORT: [&str; 70] = [
    "z",
    "zs",
    "zsh",
    "zhs",
    "zss",
    "zsx",
    "zh",
    "zho",
    "zhong",
    "zhongs",
    "zhongsh",
    "zhongsha",
    "zhongshan",
    "cq",
    "zq",
    "cs",
    "an",
    "xian",
    "xi'an",
    "l",
    "lv",
    "lu",
    "luliang",
    "chang",
    "zhang",
    "zhangsha",
    "sz",
    "shenz",
    "ss",
    "s",
    "a",
    "e",
    "shan",
    "dan",
    "zhsh",
    "shsh",
    "zshan",
    "sha",
    "shan1",
    "shān",
    "shā",
    "zhōng",
    "chong2",
    "zhong4",
    "chang2",
    "lü3",
    "lu3",
    "zhong1s",
    "中shan",
    "中s",
    "z山",
    "重q",
    "长sh",
    "zh长",
    "1",
    "12",
    "1-2",
    "1.2",
    "12山",
    "c",
    "q",
    "she",
    "qu",
    "shequ",
    "jie",
    "jdbsc",
    "村",
    "社",
    "社区居委会",
    "会委员",
];

fn name(random: &mut Random) -> String {
    let far = if random.one_in(40) { "长".repeat(25 + random.below(10)) } else { String::new() };
    let chars: String = (0..1 + random.below(3)).map(|_| random.pick(&CHARS)).collect();
    far + &chars + random.pick::<&str>(&ENDINGS)
}

/// A region that is never deleted, by its level: those that others stand in.
fn fixed(kind: &'static Kind, number: usize) -> Id {
    Id::new(kind, &format!("9{number:03}"))
}

/// How many there are of a level.
const FIXED: usize = 4;

/// The level right above, of which one is the parent.
fn above(kind: &Kind) -> Option<&'static Kind> {
    let at = KINDS[1..5].iter().position(|level| *level == kind)?;
    Some(KINDS[at])
}

fn record(random: &mut Random, kind: &'static Kind, key: &str) -> Change {
    let mut record = Record::new(kind, key);
    if let Some(above) = above(kind).filter(|_| !random.one_in(5)) {
        record.values[kind.slot_of("parent")] = Cell::Ref(fixed(above, random.below(FIXED)));
    }
    if kind == &ORGANIZATION && random.one_in(2) {
        let place = random.pick(&KINDS[..5]);
        record.values[kind.slot_of("region")] = Cell::Ref(fixed(place, random.below(FIXED)));
    }
    let text = |random: &mut Random| Cell::Text(name(random));
    record.values[slot::NAME] = text(random);
    if random.one_in(3) {
        record.values[slot::NAME_EN] =
            Cell::Text(random.pick(&["Zhong Shan", "Shizong", "Chongqing city", "A Xian"]).into());
    }
    if random.one_in(3) {
        record.values[slot::ALIASES] = Cell::List((0..1 + random.below(3)).map(|_| text(random)).collect());
    }
    if kind == &CITY && random.one_in(2) {
        let former = Cell::Struct(vec![text(random), Cell::Null, Cell::Null]);
        record.values[CITY.slot_of("formerNames")] = Cell::List(vec![former]);
    }
    Change::Put(record)
}

/// What a person may type for a name, or something short.
fn query(random: &mut Random) -> String {
    if random.one_in(2) {
        return random.pick::<&str>(&SHORT).to_owned();
    }
    let name: String = (0..1 + random.below(3)).map(|_| random.pick(&CHARS[..24])).collect();
    let how = random.below(6);
    let folded = Folded::new(&name);
    let mut text = String::new();
    for (unit, sounds) in folded.units().iter().zip(readings(&folded)) {
        // A digit is read as nothing.
        let Some(sound) = (!sounds.is_empty()).then(|| sounds[random.below(sounds.len())]) else {
            text.push(unit.char);
            continue;
        };
        let letters = sound.letters();
        match how {
            0 => text.push(unit.char),
            1 => text.push_str(&letters[..1]),
            2 => text.push_str(letters),
            3 => text.push_str(&format!("{letters}{}", sound.tone())),
            4 if random.one_in(2) => text.push(unit.char),
            _ => text.push_str(&letters[..1 + random.below(letters.len())]),
        }
    }
    text
}

/// Whether a record is a region, or stands in it or in one that it holds.
fn is_within(snapshot: &Snapshot, id: &Id, region: &Id) -> bool {
    let mut at = Some(id.clone());
    while let Some(id) = at {
        if id == *region {
            return true;
        }
        let record = snapshot.get(id.as_ref()).unwrap().unwrap();
        let slot =
            ["parent", "region"].into_iter().find(|name| record.kind.fields.iter().any(|field| field.name == *name));
        at = slot.and_then(|slot| IdRef::from_bytes(record.row().slot(record.kind.slot_of(slot))).map(IdRef::to_owned));
    }
    false
}

/// The hits as a look at every record finds them, the best first.
fn looked_up(api: &Api, text: &str, within: Option<&Id>) -> Vec<Value> {
    let query = Query::parse(text).unwrap();
    let snapshot = api.store().snapshot().unwrap();
    let mut hits = Vec::new();
    for kind in KINDS {
        for record in snapshot.scan(kind, None, Direction::Forward).unwrap() {
            let record = record.unwrap();
            let mut best: Option<(&str, String, Match)> = None;
            for (field, name) in names(record.kind, record.row()) {
                if let Some(found) = query.matches(&Folded::new(name))
                    && best.as_ref().is_none_or(|(_, _, known)| found.rank() < known.rank())
                {
                    best = Some((field, name.to_owned(), found));
                }
            }
            let Some((field, name, found)) = best else { continue };
            if within.is_some_and(|region| !is_within(&snapshot, &record.id().to_owned(), region)) {
                continue;
            }
            let (place, how) = (format!("{:?}", found.place).to_uppercase(), format!("{:?}", found.kind));
            let how = if how == "OtherReading" { "OTHER_READING".to_owned() } else { how.to_uppercase() };
            let folded = Folded::new(&name);
            let pieces = folded.pieces(found.span.clone());
            let told = json!({
                "place": place, "kind": how, "field": field,
                "before": pieces.before, "matched": pieces.matched, "after": pieces.after,
                "node": { "id": record.id().to_string() },
            });
            // What is typed in full stands before what is typed in part at the same place and at the one before it, and all
            // beginnings before what stands further in.
            let grades = if matches!(how.as_str(), "TEXT" | "PINYIN") { [0, 1, 3, 6] } else { [2, 4, 5, 7] };
            let grade = grades[found.place as usize];
            let rank = (grade, found.kind, kind.tag, name.chars().count(), found.span.start, record.key().to_owned());
            hits.push((rank, told));
        }
    }
    hits.sort_by(|(one, _), (other, _)| one.cmp(other));
    hits.into_iter().map(|(_, told)| told).collect()
}

fn searched(api: &Api, text: &str, within: Option<&Id>, at: &str) -> Vec<Value> {
    let question = format!(
        "query($text: String!, $within: ID) {at} {{ search(text: $text, within: $within) {{ size cut hits(first: 1000) {{
            totalCount edges {{ place kind field before matched after node {{ id }} }} }} }} }}"
    );
    let Value::Object(variables) = json!({ "text": text, "within": within.map(Id::to_string) }) else {
        panic!("it is an object")
    };
    let found = data(&api.answer_now(&Request { variables, ..Request::new(&question) }))["search"].clone();
    let edges = found["hits"]["edges"].as_array().unwrap().clone();
    assert_eq!((&found["size"], &found["cut"]), (&json!(edges.len()), &Value::Null), "{text}");
    assert_eq!(found["hits"]["totalCount"], found["size"], "{text}");
    edges
}

#[test]
fn a_search_finds_what_a_look_at_every_name_finds_while_records_change() {
    let folder = tempfile::tempdir().unwrap();
    let api = Api::new(Arc::new(open(&folder.path().join("jiedui.redb"))), Executor::Plan, Default::default());
    let mut random = Random(7);
    let write = |changes: &[Change]| {
        let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: String::new() };
        let (writer, _) = api.store().writer().unwrap().apply(&author, changes).unwrap();
        writer.commit().unwrap();
    };
    let key = |number: usize| format!("{number:04}");
    let mut first = Vec::new();
    for kind in &KINDS[..5] {
        first.extend((0..FIXED).map(|number| record(&mut random, kind, &fixed(kind, number).key)));
    }
    for kind in KINDS {
        first.extend((0..90).map(|number| record(&mut random, kind, &key(number))));
    }
    write(&first);
    let (mut hits, mut before) = (0, Vec::new());
    for round in 0..12 {
        for _ in 0..60 {
            let text = query(&mut random);
            let region = random.pick(&KINDS[..5]);
            let within = random.one_in(3).then(|| fixed(region, random.below(FIXED)));
            let within = within.as_ref();
            let (found, expected) = (searched(&api, &text, within, ""), looked_up(&api, &text, within));
            assert_eq!(found.len(), expected.len(), "round {round}: {text}");
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!(found, expected, "round {round}: {text}");
            }
            hits += found.len();
            if before.len() <= round {
                before.push((round + 1, text, within.cloned(), found));
            }
        }
        let change = |random: &mut Random| {
            let (kind, key) = (random.pick(&KINDS), key(random.below(100)));
            if random.one_in(5) { Change::Delete(Id::new(kind, &key)) } else { record(random, kind, &key) }
        };
        write(&(0..40).map(|_| change(&mut random)).collect::<Vec<_>>());
    }
    assert!(hits > 20_000, "{hits}");
    for (revision, text, within, found) in before {
        let then = searched(&api, &text, within.as_ref(), &format!("@at(revision: {revision})"));
        assert_eq!(then, found, "{text} at {revision}");
    }
    let mut wrong = Vec::new();
    check(&api.store().snapshot().unwrap(), |difference| wrong.push(difference.to_string())).unwrap();
    assert_eq!(wrong, Vec::<String>::new());
}
