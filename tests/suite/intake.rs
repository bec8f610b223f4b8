//! Import: what is given becomes records, all of it or nothing, and every fault is told in its place.

use std::path::Path;

use jiedui::exchange::builtin;
use jiedui::exchange::intake::{self, Counts, Fault, ImportError, Named, Options, Report};
use jiedui::model::id::Id;
use jiedui::model::record::Record;
use jiedui::store::{Author, Store};
use tempfile::TempDir;

use crate::support::{TIME_MS, open};

/// A database with the built-in data, and ways to import into it.
pub struct Place {
    pub store: Store,
    _folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("jiedui.redb"));
        builtin::load(&store, &builtin::files(), TIME_MS).unwrap();
        Self { store, _folder: folder }
    }

    pub fn revision(&self) -> u64 {
        self.store.snapshot().unwrap().revision().unwrap()
    }

    pub fn record(&self, id: &str) -> Option<Record> {
        let snapshot = self.store.snapshot().unwrap();
        let stored = snapshot.get(Id::parse(id).unwrap().as_ref()).unwrap()?;
        Some(Record::unpack_row(stored.kind, stored.row()))
    }

    /// One field of a record, as JSON has it.
    pub fn field(&self, id: &str, name: &str) -> serde_json::Value {
        let record = self.record(id).unwrap_or_else(|| panic!("there is no {id}"));
        let (slot, field) = record.kind.field(name).unwrap();
        jiedui::model::json::write_field(field, &record.values[slot])
    }

    pub fn import(&self, files: Named) -> Result<Report, Vec<Fault>> {
        self.import_with(files, &Options::default())
    }

    pub fn import_with(&self, files: Named, options: &Options) -> Result<Report, Vec<Fault>> {
        let author = Author { time_ms: TIME_MS, name: "keeper".to_owned(), note: "a test".to_owned() };
        match intake::import(&self.store, files, options, &author, &mut |_| {}) {
            Ok(report) => Ok(report),
            Err(ImportError::Faults(faults)) => Err(faults),
            Err(error) => panic!("{error}"),
        }
    }

    /// Imports a text file, and gives what is told of it.
    #[track_caller]
    pub fn refused(&self, name: &str, bytes: impl Into<Vec<u8>>) -> Vec<String> {
        self.refused_all(named(name, bytes))
    }

    /// The same with several files.
    pub fn refused_all(&self, files: Named) -> Vec<String> {
        let before = self.revision();
        let told = self.import(files).expect_err("it was taken");
        assert_eq!(self.revision(), before);
        told.iter().map(ToString::to_string).collect()
    }
}

/// One file.
pub fn named(name: &str, bytes: impl Into<Vec<u8>>) -> Named {
    vec![(name.to_owned(), bytes.into())]
}

/// The built-in data as files.
pub fn package() -> Named {
    builtin::files().into_iter().collect()
}

#[test]
fn the_built_in_data_again_changes_nothing() {
    let place = Place::new();
    let before = place.revision();
    let report = place.import(package()).unwrap();
    assert_eq!((report.revision, place.revision()), (None, before));
    let same: u64 = report.kinds.iter().map(|(_, counts)| counts.same).sum();
    assert!(same > 1_000 && report.kinds.iter().all(|(_, counts)| counts.new + counts.changed == 0), "{report:#?}");
    // From the disk too.
    let files = intake::read_path(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data")).unwrap();
    assert_eq!(place.import(files), Ok(report));
}

#[test]
fn a_column_that_is_not_given_stays_and_an_empty_cell_clears() {
    let place = Place::new();
    let name = place.field("pairing:p001", "name");
    let text = "id,until,note\npairing:p001,2011年,\n";
    let report = place.import(named("pairings.csv", text)).unwrap();
    assert_eq!(report.kinds, [("pairings", Counts { new: 0, changed: 1, same: 0 })]);
    assert_eq!(report.revision, Some(place.revision()));
    assert_eq!(place.field("pairing:p001", "until"), "2011");
    assert_eq!(place.field("pairing:p001", "note"), serde_json::Value::Null);
    assert_eq!(place.field("pairing:p001", "name"), name);
    assert_eq!(place.field("pairing:p001", "helpers").as_array().unwrap().len(), 1);
    let again = place.import(named("结对.csv", text)).unwrap();
    assert_eq!(again.revision, None);
}

#[test]
fn an_entry_table_says_what_the_lists_of_its_records_are() {
    let place = Place::new();
    let nodes = |id: &str, list: &str| -> Vec<String> {
        let list = place.field(id, list);
        list.as_array().into_iter().flatten().map(|it| it["node"].as_str().unwrap().to_owned()).collect()
    };
    // Alone, it concerns the records that occur in it.
    let text = "id,node,extent\npairing:p001,province:310000,WHOLE\npairing:p001,110000,部分\n";
    let report = place.import(named("pairings-helpers.csv", text)).unwrap();
    assert_eq!(report.kinds, [("pairings", Counts { new: 0, changed: 1, same: 0 })]);
    assert_eq!(nodes("pairing:p001", "helpers"), ["province:310000", "province:110000"]);
    assert_eq!(place.field("pairing:p001", "helpers")[1]["extent"], "PART");
    assert_eq!(nodes("pairing:p002", "helpers"), ["province:120000"]);
    // Beside the table of its kind, also those that stand there alone; that is told.
    let files = vec![
        ("events.csv".to_owned(), b"id\nevent:apple-fair\nevent:harvest-festival\n".to_vec()),
        ("citations.csv".to_owned(), b"id,source\nevent:apple-fair,source:seed-article\n".to_vec()),
    ];
    let report = place.import(files).unwrap();
    assert_eq!(report.emptied.get("citations (引用)"), Some(&1), "{report:#?}");
    assert_eq!(place.field("event:harvest-festival", "citations"), serde_json::Value::Null);
    assert_eq!(place.field("event:apple-fair", "citations").as_array().unwrap().len(), 1);
    assert_ne!(place.field("pairing:p001", "citations"), serde_json::Value::Null);
    assert!(report.to_string().contains("note: 1 records lose all their citations (引用)"), "{report}");
}

#[test]
fn a_dry_run_tells_and_writes_nothing() {
    let place = Place::new();
    let before = place.revision();
    let files = || named("产品.csv", "编号,名称,产地\nproduct:tea,茶,530600\nrice,米,\n");
    let options = Options { dry_run: true, ..Options::default() };
    let report = place.import_with(files(), &options).unwrap();
    assert_eq!(report.kinds, [("products", Counts { new: 2, changed: 0, same: 0 })]);
    assert_eq!((report.revision, place.revision(), place.record("product:tea")), (None, before, None));
    assert!(report.to_string().ends_with("dry run: nothing was written"), "{report}");
    let report = place.import(files()).unwrap();
    assert_eq!((report.revision, place.revision()), (Some(before + 1), before + 1));
    assert_eq!(place.field("product:tea", "origin"), "city:530600");
    let entry = place.store.snapshot().unwrap().log_entry(before + 1).unwrap().unwrap();
    assert_eq!((entry.author.as_str(), entry.note.as_str()), ("keeper", "a test"));
}

#[test]
fn every_encoding_and_separator_gives_the_same_records() {
    let text = "编号,名称,英文名,备注\nproduct:x,金银花,honeysuckle,\"一;二,三\"\n";
    let gb18030 = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let utf16 = |text: &str| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let tabs = "编号\t名称\t英文名\t备注\nproduct:x\t金银花\thoneysuckle\t一;二,三\n";
    let semicolons = "编号;名称;英文名;备注\r\nproduct:x;金银花;honeysuckle;\"一;二,三\"\r\n";
    let mut records = Vec::new();
    for bytes in [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        gb18030(text),
        utf16(tabs),
        tabs.as_bytes().to_vec(),
        gb18030(semicolons),
    ] {
        let place = Place::new();
        place.import(named("产品.csv", bytes)).unwrap();
        records.push(place.record("product:x").unwrap());
    }
    assert!(records.windows(2).all(|pair| pair[0] == pair[1]), "{records:#?}");
}

#[test]
fn headings_are_in_either_language_and_a_wrong_one_is_told_the_nearest() {
    let place = Place::new();
    let text = "编号*,name（名称）,#my own,形式 (form),\npairing:p001,甲乙,remark,对口合作,\n,,,,\n";
    place.import(named("结对.csv", text)).unwrap();
    assert_eq!(
        (place.field("pairing:p001", "name"), place.field("pairing:p001", "form")),
        ("甲乙".into(), "COOPERATION".into())
    );
    let told = place.refused("pairings.csv", "id,nam,帮扶行运,名称,name\npairing:p001,x,y,z,z\n");
    assert_eq!(
        told,
        [
            "pairings.csv, line 1, column nam: there is no such field; perhaps name",
            "pairings.csv, line 1, column 帮扶行运: there is no such field; perhaps 帮扶行动",
            "pairings.csv, line 1, column name: stands in the table twice",
        ]
    );
    let told = place.refused("pairings.csv", "name\nx\n");
    assert_eq!(
        told,
        ["pairings.csv, line 1: expected a column id, or 编号, found none: it says which record a row is"]
    );
    let told = place.refused("pairing.s.csv", "id\n");
    assert_eq!(
        told,
        [
            "pairing.s.csv: \"pairing.s\" is no name of a table; name the file as its table, such as pairings.csv or 结对.csv, or say --kind; perhaps pairings"
        ]
    );
}

#[test]
fn references_are_by_id_key_or_code_and_a_broken_one_is_told_the_nearest() {
    let place = Place::new();
    let text =
        "id,name,region,products,pairing\nnew,新项目,532100,\"blueberry；product:blueberry-x\",zhongshan-zhaotong\n";
    let told = place.refused("projects.csv", text);
    assert_eq!(
        told,
        [
            "projects.csv, line 2, column products: there is no record product:blueberry-x, neither here nor in the database; perhaps product:blueberry"
        ]
    );
    place.import(named("projects.csv", text.replace("；product:blueberry-x", ""))).unwrap();
    // 532100 is an old code of 昭通.
    assert_eq!(place.field("project:new", "region"), "city:530600");
    assert_eq!(place.field("project:new", "products"), serde_json::json!(["product:blueberry"]));
    assert_eq!(place.field("project:new", "pairing"), "pairing:zhongshan-zhaotong");
    for (cell, expected) in [
        (
            "昭通市",
            "expected the id of a Region, such as province:…, or a region's code, found \"昭通市\"; perhaps city:530600",
        ),
        ("city:530601", "there is no record city:530601, neither here nor in the database; perhaps"),
        ("999999", "there is no region with the code 999999"),
        ("product:blueberry", "expected a Region, found product:blueberry"),
        ("town-x:1", "no kind is called \"town-x\"; an id begins with a kind such as city, pairing or labor-station"),
    ] {
        let told = place.refused("projects.csv", format!("id,region\nnew,{cell}\n"));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(&format!("projects.csv, line 2, column region: {expected}")), "{told:?}");
    }
}

#[test]
fn records_of_one_import_may_refer_to_each_other_in_any_order() {
    let place = Place::new();
    let text = "id,kind,name,partOf\nprogramme:b,轮次,乙,programme:a\nprogramme:a,行动,甲,\n";
    place.import(named("programmes.csv", text)).unwrap();
    assert_eq!(place.field("programme:b", "partOf"), "programme:a");
}

#[test]
fn a_model_problem_is_told_where_it_was_read() {
    let place = Place::new();
    let files = vec![
        ("pairings.csv".to_owned(), "id,name,form\npairing:new,新,AID\n".as_bytes().to_vec()),
        (
            "pairings-helpers.csv".to_owned(),
            "id,node\npairing:new,city:442000\npairing:new,city:442000\npairing:new,product:blueberry\n,\n"
                .as_bytes()
                .to_vec(),
        ),
    ];
    let told: Vec<_> = place.import(files).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "pairings.csv, line 2: helped: is required",
            "pairings.csv, line 2, column 帮扶行动 (programme): is required",
            "pairings-helpers.csv, line 3, column node: names city:442000 twice",
            "pairings-helpers.csv, line 4, column node: expected a Party, found product:blueberry",
        ]
    );
}

#[test]
fn objects_on_lines_are_taken_whole_or_in_part() {
    let place = Place::new();
    let text = concat!(
        "{\"id\":\"product:tea\",\"name\":\"茶\",\"origin\":\"city:530600\",\"citations\":[{\"source\":\"source:seed-article\",\"line\":3}]}\n",
        "\n",
        "{\"id\":\"observation:tea\",\"subject\":\"product:tea\",\"indicator\":\"indicator:area\",\"value\":\"12.50\",\"qualifier\":\"NEARLY\",",
        "\"nature\":\"ACTUAL\",\"basis\":\"STATED\",\"period\":{\"end\":\"2020\"}}\n",
        "{\"id\":\"pairing:p001\",\"note\":null}\n",
    );
    let report = place.import(named("graph.ndjson", text)).unwrap();
    assert_eq!(
        report.kinds.iter().map(|(_, counts)| (counts.new, counts.changed)).collect::<Vec<_>>(),
        [(0, 1), (1, 0), (1, 0)]
    );
    assert_eq!(
        (place.field("observation:tea", "value"), place.field("pairing:p001", "note")),
        ("12.5".into(), serde_json::Value::Null)
    );
    assert_eq!(place.field("pairing:p001", "helpers").as_array().unwrap().len(), 1);
    assert_eq!(place.import(named("graph.ndjson", text)).unwrap().revision, None);
    let told = place.refused(
        "products.jsonl",
        "{\"id\":\"product:a\",\"name\":\"\",\"origin\":\"city:1\"}\n{\"id\":\"city:1\"}\nnonsense\n{\"id\":\"product:b\",\"colour\":1,\"citations\":[{\"line\":\"x\"}]}\n{\"id\":\"product:a\",\"name\":\"x\"}\n",
    );
    let starts = [
        "products.jsonl, line 1, column name: expected text, found \"\"",
        "products.jsonl, line 2, column id: expected the id of a Product, such as product:…, found city:1",
        "products.jsonl, line 3: expected one JSON object, found nonsense: ",
        "products.jsonl, line 4, column colour: the kind Product has no such field",
        "products.jsonl, line 4, column citations.0.source: ",
        "products.jsonl, line 4, column citations.0.line: ",
        "products.jsonl, line 5: product:a stands in products.jsonl, line 1 too; leave one of them out",
    ];
    for start in starts {
        assert!(told.iter().any(|line| line.starts_with(start)), "{start}\nin {told:#?}");
    }
    // A reference that leads nowhere is told by its path.
    let told = place.refused("x.ndjson", "{\"id\":\"product:a\",\"name\":\"a\",\"origin\":\"city:530601\"}");
    assert!(told[0].starts_with("x.ndjson, line 1, column origin: there is no record city:530601"), "{told:?}");
}

#[test]
fn a_package_may_be_a_zip_and_a_folder_needs_no_descriptor() {
    let place = Place::new();
    let zipped = |files: &[(&str, &[u8])]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let package = package();
    let files: Vec<_> = package.iter().map(|(name, bytes)| (format!("data/{name}"), bytes.as_slice())).collect();
    let borrowed: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    assert_eq!(place.import(named("data.zip", zipped(&borrowed))).unwrap().revision, None);
    // Without a descriptor, the files go by their names; what is no data is passed over.
    let files: &[(&str, &[u8])] = &[("产品.csv", "id,name\nproduct:tea,茶\n".as_bytes()), ("readme.txt.bak", b"")];
    assert!(place.import(named("my.zip", zipped(files))).unwrap().revision.is_some());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("products.csv"), "id,name\nproduct:tea,绿茶\n").unwrap();
    std::fs::write(folder.path().join("notes.md"), "").unwrap();
    assert!(place.import(intake::read_path(folder.path()).unwrap()).unwrap().revision.is_some());
    assert_eq!(place.field("product:tea", "name"), "绿茶");
}
