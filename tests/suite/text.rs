//! Names and pinyin: the tables are as they were built, and names in the data read as their English forms say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use jiedui::text::fold::{Folded, fold};
use jiedui::text::matching::Place;
use jiedui::text::query::Query;
use jiedui::text::{names, pinyin::pinyin};
use sha2::{Digest, Sha256};

fn path(relative: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

#[test]
fn the_tables_are_as_they_were_built() {
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    };
    let sums = std::fs::read_to_string(path("assets/text/SHA256SUMS")).unwrap();
    let listed: BTreeMap<&str, &str> =
        sums.lines().map(|line| line.split_once("  ").unwrap()).map(|(sum, name)| (name, sum)).collect();
    assert_eq!(listed.keys().copied().collect::<Vec<_>>(), ["fold.txt.gz", "readings.txt.gz"]);
    for (name, sum) in listed {
        let bytes = std::fs::read(path("assets/text").join(name)).unwrap();
        assert_eq!(hex(&Sha256::digest(&bytes)), sum, "{name}; tools/readings/build.sh writes both");
    }
}

#[test]
fn names_in_the_data_read_as_in_english() {
    let mut wrong = Vec::new();
    let mut same = 0;
    for file in ["cities", "counties", "towns", "villages"] {
        let mut reader = csv::Reader::from_path(path(&format!("data/{file}.csv"))).unwrap();
        for row in reader.records() {
            let row = row.unwrap();
            let (name, english, anonymous) = (&row[1], &row[2], &row[4]);
            if english.is_empty() || !anonymous.is_empty() {
                continue;
            }
            let read = fold(&pinyin(names::stem(name)));
            if read == fold(names::stem(english)) { same += 1 } else { wrong.push(format!("{name} {english} {read}")) }
        }
    }
    assert!(same > 5 && wrong.is_empty(), "{same} read right, not these: {wrong:?}");
}

#[test]
fn no_text_is_too_odd() {
    // Apart by commas.
    const ODD: &str = "中,重,臺,市,自治县,族,州,园区,a,É,ü,e\u{301},\u{308},１,①,（,·, ,👍🏽,\u{20000},ß,İ,ﷺ";
    let odd: Vec<&str> = ODD.split(',').collect();
    let mut dice = 7_u64;
    let mut below = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) as usize % sides
    };
    for _ in 0..20_000 {
        let text: String = (0..below(9)).map(|_| odd[below(odd.len())]).collect();
        let folded = Folded::new(&text);
        assert_eq!(folded.units().iter().map(|unit| unit.char).collect::<String>(), fold(&text), "{text:?}");
        let parts = names::parts(&text);
        assert_eq!([parts.stem, parts.peoples, parts.generic].concat(), text);
        assert!(!parts.stem.is_empty() || text.is_empty(), "{text:?}");
        assert!(!pinyin(&text).contains("  "), "{text:?}");
        let Ok(query) = Query::parse(&text) else {
            assert!(folded.units().is_empty(), "{text:?}");
            continue;
        };
        let found = query.matches(&folded).unwrap_or_else(|| panic!("{text:?} does not find itself"));
        assert_eq!(found.place, Place::Exact, "{text:?}");
        let pieces = folded.pieces(found.span);
        assert_eq!([pieces.before, pieces.matched, pieces.after].concat(), text);
    }
}
