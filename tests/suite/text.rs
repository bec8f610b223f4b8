//! Names and pinyin: the tables are as they were built, and names in the data read as their English forms say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use jiedui::text::fold::fold;
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
    assert!(wrong.is_empty(), "{same} {wrong:?}");
}
