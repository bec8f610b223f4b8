//! The playground in the binary is the one that `web/playground/build.sh` wrote, and its questions are answered.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{data, shared, worked};

const SUMS: &str = "SHA256SUMS";

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[test]
fn every_file_is_as_it_was_built() {
    let mut files = files(&folder("assets/playground"));
    let sums = files.remove(SUMS).expect("the list of checksums");
    let listed: BTreeMap<String, String> = std::str::from_utf8(&sums)
        .unwrap()
        .lines()
        .map(|line| {
            let (sum, name) = line.split_once("  ").unwrap_or_else(|| panic!("{SUMS}: {line}"));
            (name.to_owned(), sum.to_owned())
        })
        .collect();
    let found: BTreeMap<String, String> =
        files.iter().map(|(name, bytes)| (name.clone(), hex(&Sha256::digest(bytes)))).collect();
    assert_eq!(found, listed, "found, and listed; web/playground/build.sh writes both");

    assert!(found.contains_key("index.html.gz"), "the page");
    let open: Vec<_> =
        files.iter().filter(|(name, bytes)| !name.ends_with(".gz") || !bytes.starts_with(&[0x1f, 0x8b])).collect();
    assert!(open.is_empty(), "not compressed: {:?}", open.iter().map(|(name, _)| name).collect::<Vec<_>>());
}

#[test]
fn every_question_of_the_tabs_is_answered() {
    let tabs = files(&folder("web/playground/tabs"));
    assert!(tabs.len() >= 6, "{:?}", tabs.keys());
    for (name, query) in tabs {
        let query = String::from_utf8(query).unwrap();
        let answer = data(&shared().answer_now(&worked(&query)));
        assert!(tells(&answer), "{name} has nothing to show: {answer:#}");
    }
}

#[test]
fn what_is_asked_in_comments_fits_the_editor() {
    for (name, query) in files(&folder("web/playground/tabs")) {
        let query = String::from_utf8(query).unwrap();
        let wide = query.lines().find(|line| line.starts_with("# extensions: ") && line.len() > 60);
        assert_eq!(wide, None, "{name}");
    }
    let tabs = files(&folder("web/playground/tabs"));
    let sums = worked(std::str::from_utf8(&tabs["11-sums.graphql"]).unwrap());
    let asked: Vec<_> = sums.extensions.keys().collect();
    assert_eq!(asked, ["citations", "plan", "receipt"]);
}

/// Whether each field at the top holds something: no null, and no page without a record.
fn tells(answer: &Value) -> bool {
    let fields = answer.as_object().unwrap();
    fields.values().all(|field| !field.is_null() && field.get("nodes").is_none_or(|nodes| nodes.get(0).is_some()))
}
