//! Workbooks: the template, what cells of other types than text mean, and ten mistakes.

use jiedui::exchange::builtin;
use jiedui::exchange::intake::Counts;
use jiedui::exchange::template;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use serde_json::json;

use crate::intake::{Place, named};

/// A workbook of texts: sheets, each with rows of cells parted by `|`.
pub fn book(sheets: &[(&str, &[&str])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap();
        for (row, cells) in rows.iter().enumerate() {
            for (column, cell) in cells.split('|').enumerate().filter(|(_, cell)| !cell.is_empty()) {
                sheet.write_string(row as u32, column as u16, cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn an_empty_template_is_read_without_a_fault_or_a_record() {
    let place = Place::new();
    let before = place.revision();
    let report = place.import(named("template.xlsx", template::empty().unwrap())).unwrap();
    assert_eq!((report.kinds.len(), report.revision, place.revision()), (0, None, before));
}

#[test]
fn a_template_filled_with_the_built_in_data_changes_nothing() {
    let place = Place::new();
    let files = builtin::files();
    let filled = template::filled(&|table| {
        let Some(bytes) = files.get(&table.path()) else { return Vec::new() };
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let headings = reader.headers().unwrap().clone();
        let places: Vec<_> =
            headings.iter().map(|it| table.columns.iter().position(|column| column.heading == it).unwrap()).collect();
        let rows = reader.records().map(|row| {
            let mut cells = vec![String::new(); table.columns.len()];
            for (place, cell) in places.iter().zip(&row.unwrap()) {
                cells[*place] = cell.to_owned();
            }
            cells
        });
        rows.collect()
    });
    let report = place.import(named("filled.xlsx", filled.unwrap())).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let package = place.import(crate::intake::package()).unwrap();
    assert_eq!((report.revision, &report.kinds), (None, &package.kinds));
    let same: u64 = report.kinds.iter().map(|(_, counts)| counts.same).sum();
    assert!(same > 1_000, "{report:#?}");
}

#[test]
fn cells_mean_what_the_sheet_shows() {
    let place = Place::new();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("观测").unwrap();
    let headings = ["编号", "主体", "指标", "数值", "性质", "依据", "时段.结束", "备注"];
    for (column, heading) in headings.iter().enumerate() {
        sheet.write_string(0, column as u16, *heading).unwrap();
    }
    for (row, indicator) in ["fiscal-aid", "medical-insurance-rate", "offtake-share", "area"].iter().enumerate() {
        let row = row as u32 + 1;
        for (column, cell) in
            [(0, format!("observation:x{row}")), (2, (*indicator).to_owned()), (4, "实际".into()), (5, "明载".into())]
        {
            sheet.write_string(row, column, cell).unwrap();
        }
        // A code as a number, which is a region all the same.
        sheet.write_number(row, 1, 442_000).unwrap();
    }
    let day = ExcelDateTime::from_ymd(2020, 9, 1).unwrap();
    let format = |code: &str| Format::new().set_num_format(code);
    sheet.write_number(1, 3, 126_000_000.5).unwrap();
    sheet.write_number_with_format(2, 3, 0.998, &format("0.0%")).unwrap();
    sheet.write_formula(3, 3, Formula::new("=0.1+0.2").set_result("0.30000000000000004")).unwrap();
    sheet.write_number(4, 3, 1500).unwrap();
    sheet.write_datetime_with_format(1, 6, &day, &format("yyyy-mm-dd")).unwrap();
    sheet.write_datetime_with_format(2, 6, &day, &format("yyyy\"年\"m\"月\"")).unwrap();
    sheet.write_number(3, 6, 2020).unwrap();
    sheet.write_string(4, 6, "2020年").unwrap();
    sheet.write_string(1, 7, "  blanks around  ").unwrap();
    place.import(named("book.xlsx", book.save_to_buffer().unwrap())).unwrap_or_else(|faults| panic!("{faults:#?}"));
    for (key, value, end) in
        [("x1", "126000000.5", "2020-09-01"), ("x2", "99.8", "2020-09"), ("x3", "0.3", "2020"), ("x4", "1500", "2020")]
    {
        let id = format!("observation:{key}");
        assert_eq!(place.field(&id, "value"), value);
        assert_eq!(place.field(&id, "period"), json!({ "end": end }));
        assert_eq!(place.field(&id, "subject"), "city:442000");
    }
    assert_eq!(place.field("observation:x1", "note"), "blanks around");
}

#[test]
fn a_sheet_by_another_name_is_told_and_one_that_is_the_keepers_own_is_left_out() {
    let place = Place::new();
    let sheets: &[(&str, &[&str])] = &[
        ("产品", &["编号|名称", "product:tea|茶"]),
        ("# 草稿", &["anything", "at all"]),
        ("结队", &["编号", "x"]),
        ("Sheet4", &[]),
    ];
    let told = place.refused("book.xlsx", book(sheets));
    assert_eq!(
        told,
        [
            "book.xlsx, sheet 结队: is no name of a table; name the sheet as its table, such as 结对 or pairings, or begin its name with # to have it left out; perhaps 结对"
        ]
    );
    let kinds = place.import(named("book.xlsx", book(&sheets[..2]))).unwrap().kinds;
    assert_eq!(kinds, [("products", Counts { new: 1, changed: 0, same: 0 })]);
    // One sheet alone goes by the file's name.
    assert!(
        place
            .import(named("产品.xlsx", book(&[("Sheet1", &["编号|名称", "product:tea|绿茶"])])))
            .unwrap()
            .revision
            .is_some()
    );
}

#[test]
fn a_sheet_without_rows_empties_no_list_and_one_without_headings_is_told() {
    let place = Place::new();
    let helpers = place.field("pairing:p001", "helpers");
    let sheets: &[(&str, &[&str])] =
        &[("结对", &["编号|终止", "p001|2011"]), ("结对-帮扶方", &["编号|对象"]), ("引用", &["编号|来源"])];
    let report = place.import(named("book.xlsx", book(sheets))).unwrap();
    assert!(report.emptied.is_empty() && report.kinds[0].1.changed == 1, "{report:#?}");
    assert_eq!(place.field("pairing:p001", "helpers"), helpers);
    let told =
        place.refused("book.xlsx", book(&[("结对", &["p001|2011"]), ("产品", &["编号|名称", "product:tea|茶"])]));
    assert!(
        told.iter().any(|line| line.contains("sheet 结对, row 1, column p001 (A1): there is no such field")),
        "{told:?}"
    );
}

#[test]
fn a_qualifier_that_cannot_be_read_is_one_fault_and_the_old_one_is_not_held_against_the_wording() {
    let place = Place::new();
    let headings = "编号|主体|指标|数值|限定|性质|依据|时段.结束";
    let row = |value: &str, qualifier: &str| format!("x|442000|fiscal-aid|{value}|{qualifier}|实际|明载|2020");
    place.import(named("观测.xlsx", book(&[("观测", &[headings, &row("近3亿元", "")])]))).unwrap();
    let told = place.refused("观测.xlsx", book(&[("观测", &[headings, &row("超3亿元", "多于")])]));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("观测.xlsx, sheet 观测, row 2, column 限定 (E2): expected one of 确数"), "{told:?}");
}

/// The workbook of a keeper who made ten mistakes, or mended them.
fn ten(mended: bool) -> Vec<u8> {
    let or = |wrong: &'static str, right: &'static str| if mended { right } else { wrong };
    let pairing = |key: &str, name: &str, programme: &str, form: &str, since: &str| {
        format!("{key}|{name}|{programme}|{form}|{since}")
    };
    let pairings = [
        "编号*|名称*|帮扶行动*|形式*|起始".to_owned(),
        // 1: a programme that is not there; 2: a date that is none.
        pairing("pairing:n1", "甲帮乙", or("east-wset", "east-west"), "帮扶", or("2016年13月", "2016年12月")),
        // 3: a value that is not in the list; 4: no name.
        pairing("pairing:n2", or("", "丙帮丁"), "east-west", or("帮助", "帮扶"), "2017"),
        // 5: the same id again.
        pairing(or("pairing:n1", "pairing:n3"), "戊帮己", "east-west", "帮扶", "2018"),
    ];
    let helpers = [
        "编号|对象|范围".to_owned(),
        "pairing:n1|442000|全部".to_owned(),
        // 6: a region by its name.
        format!("pairing:n2|{}|", or("中山市", "442000")),
        // 7: a pairing that is not there.
        format!("{}|442000|", or("pairing:n9", "pairing:n3")),
    ];
    let helped = [
        "编号|对象".to_owned(),
        "pairing:n1|530600".to_owned(),
        "pairing:n2|530600".to_owned(),
        format!("pairing:n3|{}", "530600"),
    ];
    let observations = [
        "编号|主体|指标|数值|性质|依据|时段.结束".to_owned(),
        // 8: an amount that is not sure; 9: a unit that does not fit.
        format!("observation:n1|pairing:n1|fiscal-aid|{}|实际|明载|2020", or("数百万元", "约300万元")),
        format!("observation:n2|pairing:n1|people-sent|{}|实际|明载|2020", or("1.26亿元", "126人")),
    ];
    // 10: a heading that is misspelt.
    let products = [format!("编号|名称|{}", or("产他", "产地")), "product:n1|茶|530600".to_owned()];
    let mut sheets: Vec<(&str, Vec<&str>)> = Vec::new();
    for (name, rows) in [
        ("结对", &pairings[..]),
        ("结对-帮扶方", &helpers),
        ("结对-受帮扶方", &helped),
        ("观测", &observations),
        ("产品", &products),
    ] {
        sheets.push((name, rows.iter().map(String::as_str).collect()));
    }
    if !mended {
        // A helped pairing without its own row is the same mistake as 5, and not an eleventh.
        sheets[2].1.truncate(3);
    }
    let sheets: Vec<_> = sheets.iter().map(|(name, rows)| (*name, rows.as_slice())).collect();
    book(&sheets)
}

#[test]
fn ten_mistakes_are_ten_faults_and_mended_it_loads() {
    let place = Place::new();
    let before = place.revision();
    let faults = place.import(named("结对.xlsx", ten(false))).unwrap_err();
    let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
    for expected in [
        "结对.xlsx, sheet 结对, row 2, column 帮扶行动* (C2): there is no record programme:east-wset, neither here nor in the database; perhaps programme:east-west",
        "结对.xlsx, sheet 结对, row 2, column 起始 (E2): expected a date such as 2016, 2016-09 or 2020-09-07, in the years 0001 to 9999, with ~ behind it if approximate, found \"2016年13月\"",
        "结对.xlsx, sheet 结对, row 3, column 名称* (B3): is required",
        "结对.xlsx, sheet 结对, row 3, column 形式* (D3): expected one of 帮扶 (AID), 对口支援 (SUPPORT), 对口合作 (COOPERATION), found \"帮助\"; perhaps 帮扶",
        "结对.xlsx, sheet 结对, row 4, column 编号* (A4): pairing:n1 stands in 结对.xlsx, sheet 结对, row 2 too; leave one of them out",
        "结对.xlsx, sheet 结对-帮扶方, row 3, column 对象 (B3): expected the id of a Party, such as province:…, or a region's code, found \"中山市\"; perhaps city:442000",
        "结对.xlsx, sheet 结对-帮扶方, row 4, column 编号 (A4): there is no record pairing:n9, neither here nor in the database",
        "结对.xlsx, sheet 观测, row 2, column 数值 (D2): expected an amount such as 126000000, 1.26亿元, 超3亿元 or 15万余, found \"数百万元\"",
        "结对.xlsx, sheet 观测, row 3, column 数值 (D3): expected an amount in the indicator's unit, person (人), found \"1.26亿元\"",
        "结对.xlsx, sheet 产品, row 1, column 产他 (C1): there is no such field; perhaps 产地",
    ] {
        assert!(told.iter().any(|line| line.starts_with(expected)), "{expected}\nin {told:#?}");
    }
    assert_eq!(told.len(), 10, "{told:#?}");
    assert_eq!(place.revision(), before);
    let report = place.import(named("结对.xlsx", ten(true))).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!(report.kinds.iter().map(|(_, counts)| counts.new).sum::<u64>(), 6, "{report:#?}");
    assert_eq!(place.field("observation:n1", "qualifier"), "APPROXIMATELY");
}

#[test]
fn a_fault_is_told_to_programs_in_parts() {
    let place = Place::new();
    let faults = place.import(named("结对.xlsx", ten(false))).unwrap_err();
    let form = faults
        .iter()
        .find(|fault| fault.cell.as_deref() == Some("D3") && fault.value.as_deref() == Some("帮助"))
        .unwrap();
    assert_eq!(
        form.to_json(),
        json!({
            "file": "结对.xlsx",
            "sheet": "结对",
            "row": 3,
            "column": "形式*",
            "cell": "D3",
            "value": "帮助",
            "problem": "expected one of 帮扶 (AID), 对口支援 (SUPPORT), 对口合作 (COOPERATION), found \"帮助\"",
            "expected": "one of 帮扶 (AID), 对口支援 (SUPPORT), 对口合作 (COOPERATION)",
            "nearest": ["帮扶"],
            "conflict": null,
        })
    );
}
