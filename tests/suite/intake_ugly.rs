//! Ugly inputs: each is told, and nothing of it is loaded.

use rust_xlsxwriter::{Format, Formula, Workbook};

use crate::intake::{Place, named};
use crate::intake_workbook::book;

#[test]
fn an_empty_file_is_told_and_headings_alone_are_nothing() {
    let place = Place::new();
    let empty = "is empty; expected a row of headings, and records below";
    assert_eq!(place.refused("products.csv", ""), [format!("products.csv: {empty}")]);
    assert_eq!(place.refused("products.csv", "\n\n"), [format!("products.csv: {empty}")]);
    assert_eq!(place.refused("products.ndjson", "\n"), ["products.ndjson: is empty; expected an object on each line"]);
    assert_eq!(place.import(named("products.csv", "id,name\n")).unwrap().revision, None);
    assert_eq!(place.import(named("products.csv", "id,name\n,\n,\n")).unwrap().revision, None);
    assert_eq!(place.import(named("products.csv", "id,name\n  , \n")).unwrap().revision, None);
    assert_eq!(place.import(Vec::new()).unwrap_err()[0].problem, "there is no file to import");
}

#[test]
fn a_huge_cell_is_told_and_cut_in_the_telling() {
    let place = Place::new();
    let told = place.refused("products.csv", format!("id,name\nproduct:a,{}\n", "长".repeat(40_000)));
    assert_eq!(told, ["products.csv, line 2, column name: holds 120000 bytes; at most 100000 are kept"]);
    let told = place.refused("products.csv", format!("id,origin\nproduct:a,{}\n", "长".repeat(40_000)));
    assert!(told[0].len() < 1_000 && told[0].contains('…'), "{told:?}");
    // A quotation mark that is never closed swallows the rest of the file.
    let told = place.refused("products.csv", "id,name\nproduct:a,\"a\nproduct:b,b\nproduct:c,c\n");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("products.csv, line 2, column name: a quotation mark is opened and never closed"),
        "{told:?}"
    );
    // So does one that another closes by chance, up to there.
    let told =
        place.refused("products.csv", "id,name,note\nproduct:z1,a,\"开\nproduct:z2,b,\"in\"ch\nproduct:z3,c,d\n");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with(
            "products.csv, line 2, column note: expected the end of the cell behind its closing quotation mark"
        ),
        "{told:?}"
    );
    for told in &told {
        assert!(told.ends_with("; the rest of the file was not read"), "{told}");
    }
    // What refers to what was not read is not told as well; what refers to nothing is.
    let files = [
        ("products.csv", "id,name\nproduct:z1,\"a\nproduct:z2,b\n"),
        ("events.csv", "id,name,hosts\nevent:z1,会,enterprise:nobody\n"),
        ("events-products.csv", "id,node\nevent:z1,product:z2\n"),
    ];
    let told = place.refused_all(files.into_iter().flat_map(|(name, text)| named(name, text)).collect());
    assert_eq!(told.len(), 2, "{told:?}");
    place.import(named("products.csv", "id,name\nproduct:a,5\" pipe\n")).unwrap();
    assert_eq!(place.field("product:a", "name"), "5\" pipe");
}

#[test]
fn bytes_in_no_encoding_are_told_by_line_and_offset() {
    let place = Place::new();
    let mut bytes = "id,name\nproduct:a,云南的茶叶\nproduct:b,中山的茶叶\n".as_bytes().to_vec();
    let at = bytes.len() - 4;
    bytes[at] = 0xff;
    let told = place.refused("products.csv", bytes);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("products.csv, line 3: expected text in UTF-8, which most of it is; the byte at offset"),
        "{told:?}"
    );
    let told = place.refused("products.csv", b"id,name\nproduct:a,\xff\xff\n".to_vec());
    assert_eq!(
        told,
        ["products.csv, line 2: expected text in UTF-8 or GB18030; the byte at offset 18 is part of none"]
    );
}

#[test]
fn a_zip_or_workbook_that_is_cut_off_is_told() {
    let place = Place::new();
    let whole = book(&[("产品", &["编号|名称", "product:tea|茶"])]);
    for length in [4, 100, whole.len() / 2, whole.len() - 1] {
        let told = place.refused("book.xlsx", &whole[..length]);
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("book.xlsx: is a zip that cannot be read, as if it were cut off"), "{told:?}");
    }
    // Whole, but with a damaged part: its checksum tells.
    let mut damaged = whole.clone();
    let middle = 200;
    damaged[middle] ^= 0xff;
    assert_eq!(place.refused("book.xlsx", damaged).len(), 1);
    assert!(place.refused("book.xlsx", b"id,name".to_vec())[0].contains("is no workbook (.xlsx)"));
    // A workbook of LibreOffice is a zip too.
    let mut ods = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    ods.start_file("mimetype", zip::write::SimpleFileOptions::default()).unwrap();
    let ods = ods.finish().unwrap().into_inner();
    assert_eq!(place.refused("book.ods", ods), ["book.ods: .ods is not read; save it as a workbook of Excel (.xlsx)"]);
    assert!(
        place.refused("book.xls", b"\xd0\xcf\x11\xe0".to_vec())[0].contains("save it as a workbook of Excel (.xlsx)")
    );
    assert!(place.refused("book.pdf", b"%PDF".to_vec())[0].contains("expected a data package, a workbook"));
}

#[test]
fn a_zip_that_unpacks_to_too_much_is_refused_before_it_does() {
    let place = Place::new();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("products.csv", zip::write::SimpleFileOptions::default().large_file(true)).unwrap();
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..1_025 {
        std::io::Write::write_all(&mut zip, &zeros).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 4 << 20);
    let told = place.refused("bomb.zip", bomb);
    assert_eq!(told, ["bomb.zip: unpacks to more than 1073741824 bytes, which is the most that an import takes"]);
}

#[test]
fn an_id_that_stands_twice_is_told_wherever_it_does() {
    let place = Place::new();
    let told = place.refused(
        "book.xlsx",
        book(&[("产品", &["编号|名称", "product:tea|茶"]), ("products", &["id|name", "tea|绿茶"])]),
    );
    assert_eq!(
        told,
        [
            "book.xlsx, sheet products, row 2, column id (A2): product:tea stands in book.xlsx, sheet 产品, row 2 too; leave one of them out"
        ]
    );
    // The same file twice.
    let file = || ("products.csv".to_owned(), "id,name\nproduct:tea,茶\n".as_bytes().to_vec());
    let told = place.import(vec![file(), file()]).unwrap_err();
    assert_eq!(told.len(), 1);
    assert!(told[0].problem.contains("stands in products.csv, line 2 too"), "{told:?}");
}

#[test]
fn what_stands_above_itself_is_told() {
    let place = Place::new();
    let told = place.refused("programmes.csv", "id,name,kind,partOf\na,甲,POLICY,b\nb,乙,POLICY,c\nc,丙,POLICY,a\n");
    // One mistake, told once.
    let expected = "programmes.csv, line 2, column partOf: stands above itself: programme:a → programme:b → programme:c → programme:a";
    assert_eq!(told, [expected]);
    let rows = "id,name,kind,partOf\na,甲,POLICY,b\nb,乙,POLICY,a\nc,丙,POLICY,d\nd,丁,POLICY,c\ne,戊,POLICY,a\n";
    assert_eq!(place.refused("programmes.csv", rows).len(), 2, "two circles, and one that leads into the first");
    // A circle that closes in the database.
    let told = place.refused("programmes.csv", "id,partOf\npoverty-alleviation,consumption\n");
    assert_eq!(told.len(), 1, "{told:?}");
    let told = place.refused("cities.csv", "id,parent\n442000,530600\n530600,442000\n");
    assert_eq!(
        told,
        [
            "cities.csv, line 2, column parent: expected a region of a higher level, found city:530600",
            "cities.csv, line 3, column parent: expected a region of a higher level, found city:442000",
        ]
    );
}

#[test]
fn formulas_with_errors_merged_cells_and_times_are_told() {
    let place = Place::new();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("活动").unwrap();
    for (column, heading) in ["编号", "名称", "开始", "结束"].iter().enumerate() {
        sheet.write_string(0, column as u16, *heading).unwrap();
    }
    sheet.write_string(1, 0, "event:a").unwrap();
    sheet.write_formula(1, 1, Formula::new("=Other!A1").set_result("#REF!")).unwrap();
    sheet.write_number(1, 2, 2020.1).unwrap();
    let time = rust_xlsxwriter::ExcelDateTime::from_ymd(2020, 9, 1).unwrap().and_hms(12, 30, 0).unwrap();
    sheet.write_datetime_with_format(1, 3, &time, &Format::new().set_num_format("yyyy-mm-dd hh:mm")).unwrap();
    sheet.write_string(2, 0, "event:b").unwrap();
    sheet.write_string(3, 0, "event:c").unwrap();
    sheet.merge_range(2, 1, 3, 1, "两次活动", &Format::new()).unwrap();
    let told = place.refused("book.xlsx", book.save_to_buffer().unwrap());
    assert_eq!(
        told,
        [
            "book.xlsx, sheet 活动, row 2, column 名称 (B2): expected a value, found #REF!: the formula has an error; mend it, or write its value",
            "book.xlsx, sheet 活动, row 2, column 开始 (C2): expected a date; write it as text, such as 2020-10, since a number loses its last zero, found \"2020.1\"",
            "book.xlsx, sheet 活动, row 2, column 结束 (D2): expected a value, found a time of day (2020-09-01 12:30:00): write a plain value",
            "book.xlsx, sheet 活动, row 3, column 名称 (B3): expected a value, found merged cells B3:B4: unmerge them, and give each row its own value",
        ]
    );
}

/// A workbook whose formulas have no values, as programs write it that do not compute.
fn without_values(book: &[u8]) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for place in 0..from.len() {
        let mut file = from.by_index(place).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(
            &mut to,
            text.replace("</f><v>7</v>", "</f>").replace("<v>EMPTY</v>", "<v></v>").as_bytes(),
        )
        .unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn what_a_cell_does_not_show_as_it_is_kept_is_told() {
    let place = Place::new();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("活动").unwrap();
    for (column, heading) in ["编号", "名称", "开始", "备注"].iter().enumerate() {
        sheet.write_string(0, column as u16, *heading).unwrap();
    }
    let format = |code: &str| Format::new().set_num_format(code);
    let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2020, 9, 1).unwrap();
    for (row, id) in ["event:apple-fair", "event:b", "event:c"].iter().enumerate() {
        sheet.write_string(row as u32 + 1, 0, *id).unwrap();
        sheet.write_string(row as u32 + 1, 1, "活动").unwrap();
    }
    sheet.write_formula(1, 3, Formula::new("=A1").set_result("7")).unwrap();
    // An empty text is a value.
    sheet.write_formula(3, 2, Formula::new("=B9").set_result("EMPTY")).unwrap();
    sheet.write_datetime_with_format(2, 2, &day, &format("m\"月\"d\"日\"")).unwrap();
    sheet.write_number_with_format(3, 3, 126, &format("0\"万元\"")).unwrap();
    sheet.write_number(2, 3, 1_234_567_890_123_456.0).unwrap();
    let book = without_values(&book.save_to_buffer().unwrap());
    let told = place.refused("book.xlsx", book);
    assert_eq!(
        told,
        [
            "book.xlsx, sheet 活动, row 2, column 备注 (D2): expected a value, found a formula without a value: open the workbook in Excel and save it, so that the value is in the file",
            "book.xlsx, sheet 活动, row 3, column 开始 (C3): expected a value, found a date that is shown without its year (2020-09-01, in the number format m\"月\"d\"日\"): show it in a plain format, and write what else it says into the cell",
            "book.xlsx, sheet 活动, row 3, column 备注 (D3): expected a value, found a number of more than 15 digits (1234567890123456), which a sheet does not keep: write a plain value",
            "book.xlsx, sheet 活动, row 4, column 备注 (D4): expected a value, found 126 that its number format 0\"万元\" shows as something else: show it in a plain format, and write what else it says into the cell",
        ]
    );
}

#[test]
fn rows_of_another_length_are_told_unless_what_is_more_is_empty() {
    let place = Place::new();
    let told = place.refused("products.csv", "id,name,note\nproduct:a,a\nproduct:b,b,,,\nproduct:c,c,,x\n");
    assert_eq!(
        told,
        [
            "products.csv, line 2: the row has 2 cells, the headings are 3",
            "products.csv, line 4: the cell stands below no heading; give it one, or begin one with # for remarks of your own",
        ]
    );
    place.import(named("products.csv", "id,name,,\nproduct:a,a,,,,\n")).unwrap();
    // A line is counted alike, whatever ends it.
    for end in ["\r\n", "\r"] {
        let told = place.refused("products.csv", ["id,name", "product:a,a", "product:b", ""].join(end));
        assert_eq!(told, ["products.csv, line 3: the row has 1 cells, the headings are 2"], "{end:?}");
    }
}

#[test]
fn a_cell_without_a_heading_is_told() {
    let place = Place::new();
    let told = place.refused("products.csv", "id,,name\nproduct:a,x,a\n");
    assert_eq!(
        told,
        [
            "products.csv, line 2: the cell stands below no heading; give it one, or begin one with # for remarks of your own"
        ]
    );
}

#[test]
fn a_sheet_that_claims_to_be_huge_costs_no_memory() {
    let place = Place::new();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("产品").unwrap();
    sheet.write_string(0, 0, "编号").unwrap().write_string(0, 1, "名称").unwrap();
    sheet.write_string(1, 0, "product:tea").unwrap().write_string(1, 1, "茶").unwrap();
    sheet.write_blank(1_048_575, 16_383, &Format::new().set_bold()).unwrap();
    let report = place.import(named("book.xlsx", book.save_to_buffer().unwrap())).unwrap();
    assert_eq!(report.kinds[0].1.new, 1);
}

#[test]
fn a_package_whose_descriptor_misleads_is_told() {
    let place = Place::new();
    let package = |descriptor: &str| {
        let mut files = named("datapackage.json", descriptor);
        files.push(("products.csv".to_owned(), "id,name\nproduct:a,a\n".as_bytes().to_vec()));
        place.import(files).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(package("{")[0].starts_with("datapackage.json: is no JSON"));
    assert_eq!(package("{}"), ["datapackage.json: expected a list `resources`"]);
    let listed = r#"{"resources":[{"name":"products","path":"gone.csv"},{"name":"product-s","path":"products.csv"}]}"#;
    assert_eq!(
        package(listed),
        [
            "datapackage.json: the file gone.csv of the resource products is missing",
            "products.csv: the resource \"product-s\" is of no kind, and of no list of one; perhaps products or projects",
        ]
    );
    let folder = tempfile::tempdir().unwrap();
    let out = r#"{"resources":[{"name":"products","path":"../products.csv"}]}"#;
    std::fs::write(folder.path().join("datapackage.json"), out).unwrap();
    let fault = jiedui::exchange::intake::read_path(folder.path()).unwrap_err();
    assert_eq!(
        fault.to_string(),
        format!(
            "{}: the path ../products.csv leads out of the package",
            folder.path().join("datapackage.json").display()
        )
    );
}

#[test]
fn all_that_is_wrong_with_a_line_is_told_at_once_and_where_in_it() {
    let place = Place::new();
    let told = place.refused(
        "graph.ndjson",
        "{\"id\":\"event:w\",\"name\":\"会\",\"start\":\"2020-13\",\"heldIn\":\"city:000000\",\"hosts\":5}\n{\"id\":\n{\"id\":\"product:w\",\"aliases\":[\"甲\"]}\n",
    );
    let expected = [
        "graph.ndjson, line 1, column start: expected a date",
        "graph.ndjson, line 1, column heldIn: there is no record city:000000, neither here nor in the database",
        "graph.ndjson, line 1, column hosts: expected a list, found 5",
        "graph.ndjson, line 2: expected one JSON object, found {\"id\":: EOF while parsing a value at character 6",
        "graph.ndjson, line 3, column name: is required",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for expected in expected {
        assert!(told.iter().any(|told| told.starts_with(expected)), "{expected}\n{told:#?}");
    }
}
