//! Import: what was given is taken whole, or told; nothing of it is left out in silence.

use std::io::Write;
use std::path::Path;

use jiedui::exchange::intake::{self, Named};

use crate::intake::{Place, named};

const DESCRIPTOR: &str = r#"{"resources":[{"name":"products","path":"products.csv"}]}"#;
const PRODUCTS: &str = "id,name\nproduct:a,甲\n";

fn files(list: &[(&str, &str)]) -> Named {
    list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

fn zip(list: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in list {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn told(place: &Place, files: Named) -> Vec<String> {
    place.import(files).expect_err("it was taken").iter().map(ToString::to_string).collect()
}

/// What is told of a folder, with its own path left out.
fn told_of_folder(place: &Place, list: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in list {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
        std::fs::write(path, text).unwrap();
    }
    match intake::read_path(folder.path()) {
        Ok(files) => told(place, files),
        Err(error) => vec![error.to_string().replace(&format!("{}/", folder.path().display()), "")],
    }
}

#[test]
fn files_of_data_that_a_package_does_not_list_are_told() {
    let place = Place::new();
    let list = [("datapackage.json", DESCRIPTOR), ("products.csv", PRODUCTS), ("corrections.csv", PRODUCTS)];
    let unlisted = |above: &str| {
        format!(
            "{above}corrections.csv: is not listed in {above}datapackage.json, so nothing of it would be taken; list it there, or leave it out"
        )
    };
    assert_eq!(told(&place, files(&list)), [unlisted("")]);
    assert_eq!(told(&place, named("p.zip", zip(&list))), [unlisted("p.zip/")]);
    assert_eq!(told_of_folder(&place, &list), [unlisted("")]);
    place.import(files(&[list[0], list[1], ("readme.md", "#")])).unwrap();
}

#[test]
fn two_packages_and_two_files_of_one_name_are_refused() {
    let place = Place::new();
    let list = [
        ("datapackage.json", DESCRIPTOR),
        ("products.csv", PRODUCTS),
        ("two/datapackage.json", DESCRIPTOR),
        ("two/products.csv", PRODUCTS),
    ];
    let expected = "two/datapackage.json: is a second data package beside";
    assert!(told(&place, named("p.zip", zip(&list)))[0].starts_with(&format!("p.zip/{expected} p.zip/")));
    assert!(told_of_folder(&place, &list)[0].starts_with(expected));
    // The writer refuses such a name, so it is put there by hand.
    let mut doubled = zip(&[("products.csv", PRODUCTS), ("productz.csv", PRODUCTS)]);
    for at in 0..doubled.len() - 12 {
        if doubled[at..].starts_with(b"productz.csv") {
            doubled[at + 7] = b's';
        }
    }
    let expected = "p.zip: is a zip that holds two files of one name; leave one of them out";
    assert_eq!(told(&place, named("p.zip", doubled)), [expected]);
}

#[test]
fn a_folder_is_taken_whole_or_told() {
    let place = Place::new();
    let inside = told_of_folder(&place, &[("products.csv", PRODUCTS), ("more/events.csv", "id\n")]);
    assert!(inside[0].starts_with("more/events.csv: stands in a folder within"), "{inside:?}");
    let text = told_of_folder(&place, &[("products.csv", PRODUCTS), ("enterprises.txt", "id\nenterprise:a\n")]);
    assert_eq!(text, ["enterprises.txt, line 2, column 名称 (name): is required"]);
}

#[test]
fn a_list_in_two_files_and_a_name_twice_in_an_object_are_told() {
    let place = Place::new();
    let object = r#"{"id":"group:buildings10","members":[{"node":"city:442000"}]}"#;
    let list = [("groups.ndjson", object), ("groups-members.csv", "id,node\nbuildings10,530600\n")];
    assert_eq!(
        told(&place, files(&list)),
        [
            "groups-members.csv, line 2, column id: the list of group:buildings10 stands in groups.ndjson, line 1 too; leave one of them out"
        ]
    );
    let twice = told(&place, named("products.ndjson", r#"{"id":"product:a","name":"甲","name":"乙"}"#));
    assert!(twice[0].contains("name stands in it twice"), "{twice:?}");
}

#[test]
fn a_row_by_a_former_code_is_of_the_region_that_had_it() {
    let place = Place::new();
    let codes = r#"{"id":"city:442000","codes":[{"code":"442001"}]}"#;
    place.import(named("cities.ndjson", codes)).unwrap();
    place.import(named("cities.csv", "id,note\n442001,甲\n")).unwrap();
    place.import(named("cities.ndjson", r#"{"id":"city:442001","latitude":22.5}"#)).unwrap();
    assert!(place.record("city:442001").is_none());
    assert_eq!(place.field("city:442000", "note"), "甲");
    assert_eq!(place.field("city:442000", "latitude"), 22.5);
}

#[test]
fn a_missing_period_is_told_with_all_that_would_do() {
    let place = Place::new();
    let text = "id,subject,indicator,value,nature,basis\nobservation:x,442000,fiscal-aid,1,实际,明载\n";
    let told = place.refused("observations.csv", text);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("observations.csv, line 2: period: is required; expected a value in 时段.开始 (period.start) or 时段.结束 (period.end)"), "{told:?}");
}
