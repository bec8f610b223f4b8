//! The workbook that keepers fill in: a sheet for each table, with headings, notes and lists to choose from.

use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, Format, FormatAlign, Note, Workbook, Worksheet, XlsxError,
};

use super::columns::{Column, Place, Rows, Table, tables};
use super::intake::EXPLANATION;
use crate::model::catalog::{Edge, Shape};
use crate::model::closed::Closed;
use crate::model::headings::labels;
use crate::model::kinds::kinds_of;
use crate::model::value::Scalar;

/// The last row of a sheet, counted from 0.
const LAST_ROW: u32 = 1_048_575;

/// The paper's number in a workbook.
const A4: u8 = 9;

/// What the first sheet says.
const HOW: &[&str] = &[
    "结对数据模板 — a workbook to fill in and import: jiedui import FILE.xlsx --dry-run, then without --dry-run.",
    "",
    "每类记录一个工作表，每行一条；没有填写的工作表不起作用，名称以 # 开头的工作表和列不读。",
    "A sheet for each kind, a row for each record. A sheet without rows says nothing; sheets and columns whose names begin with # are not read.",
    "",
    "编号不可缺：新记录自定（英文字母、数字、点、连字符、下划线），已有的记录照抄。带 * 的列，新记录必填。",
    "The id is needed: your own for a new record (letters, digits, dots, hyphens, underscores), the same for one that is there. New records need the columns with *.",
    "",
    "删去一列，该字段保持不变；留列而单元格为空，则清空该字段。",
    "A column that you delete leaves its field as it is; an empty cell below a heading clears it.",
    "",
    "名称带连字符的工作表（如 结对-帮扶方）和「引用」是列表：某记录在表中出现，其列表即以表中各行为准；记录在主表而不在此表，则列表为空。",
    "A sheet such as 结对-帮扶方 holds lists: for a record in it, the list is what its rows say; a record in the kind's sheet without a row here has an empty list.",
    "",
    "数值照来源写即可：1.26亿元、超3亿元、15万余名、48,673人。日期：2020年9月7日、2020-09、2016。",
    "Amounts and dates can be written as the source has them. What cannot be read for sure is refused.",
    "",
    "引用其他记录用其编号，如 city:442000；区划可只写代码；一格写多个时以 ; 分隔。",
    "Other records are named by their ids, regions also by their codes; several in one cell are parted by ;.",
];

/// The workbook without a record.
pub fn empty() -> Result<Vec<u8>, XlsxError> {
    filled(&|_| Vec::new())
}

/// The workbook with the rows that are given for each table, in the order of its columns.
pub fn filled(rows: &dyn Fn(&Table) -> Vec<Vec<String>>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    explain(book.add_worksheet())?;
    for table in tables() {
        let sheet = book.add_worksheet();
        sheet.set_name(table.zh())?;
        head(sheet, table)?;
        for (at, row) in rows(table).into_iter().enumerate() {
            for (column, cell) in row.into_iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                sheet.write_string(at as u32 + 1, column as u16, cell)?;
            }
        }
    }
    book.save_to_buffer()
}

fn explain(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let bold = Format::new().set_bold();
    sheet.set_name(EXPLANATION)?.set_column_width(0, 24)?.set_column_width(1, 24)?.set_column_width(2, 130)?;
    print(sheet);
    let mut row = 0;
    for line in HOW {
        sheet.write_string(row, 0, *line)?;
        row += 1;
    }
    row += 1;
    for (column, heading) in ["工作表", "table", "what it holds"].into_iter().enumerate() {
        sheet.write_string_with_format(row, column as u16, heading, &bold)?;
    }
    for table in tables() {
        row += 1;
        let doc = match table.rows {
            Rows::Records(kind) => kind.doc,
            Rows::Entries(_, _, field) => field.doc,
        };
        sheet.write_string(row, 0, table.zh())?.write_string(row, 1, &table.name)?;
        sheet.write_string_with_format(row, 2, doc, &wrapped)?;
    }
    Ok(())
}

fn head(sheet: &mut Worksheet, table: &Table) -> Result<(), XlsxError> {
    let heading = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top).set_background_color("#E8EEF7");
    // As text, what is typed stays as it is: no 2020-9 becomes a day, no code a number.
    let text = Format::new().set_num_format("@");
    for (place, column) in table.columns.iter().enumerate() {
        let place = place as u16;
        let mark = if column.required() { "*" } else { "" };
        sheet.set_column_width(place, 18)?.set_column_format(place, &text)?;
        sheet.write_string_with_format(0, place, format!("{}{mark}\n{}", column.zh(), column.heading), &heading)?;
        let note = Note::new(note(table, column)).add_author_prefix(false).set_width(320).set_height(160);
        sheet.insert_note(0, place, &note)?;
        let choices = choices(column);
        if !choices.is_empty() {
            // The English names may be written too: whoever writes what is not in the list is warned, not stopped.
            let choice =
                DataValidation::new().allow_list_strings(&choices)?.set_error_style(DataValidationErrorStyle::Warning);
            sheet.add_data_validation(1, place, LAST_ROW, place, &choice)?;
        }
    }
    sheet.set_row_height(0, 34)?.set_freeze_panes(1, 1)?;
    print(sheet).set_repeat_rows(0, 0)?;
    Ok(())
}

/// As it comes out of a printer: all columns on the width of a sheet of paper.
fn print(sheet: &mut Worksheet) -> &mut Worksheet {
    sheet.set_paper_size(A4).set_landscape().set_print_fit_to_pages(1, 0).set_margins(0.4, 0.4, 0.4, 0.4, 0.2, 0.2)
}

/// What may stand in a column of few values.
fn choices(column: &Column) -> Vec<&'static str> {
    match column.field.map(|field| field.shape) {
        Some(Shape::One(Scalar::Closed(closed))) => labels(closed).to_vec(),
        Some(Shape::One(Scalar::Bool)) => vec!["是", "否"],
        _ => Vec::new(),
    }
}

/// What a heading's note says: what the column means, and how it is written.
fn note(table: &Table, column: &Column) -> String {
    let mut lines = Vec::new();
    match (column.place, table.rows) {
        (Place::Id, Rows::Records(kind)) => {
            lines.push(format!("The record's id, such as {}:…, or its key alone.", kind.id))
        }
        (Place::Id, Rows::Entries(Some(kind), ..)) => {
            lines.push(format!("The id of the {} whose list this is.", kind.name))
        }
        (Place::Id, Rows::Entries(None, ..)) => {
            lines.push("The id of the record, with its kind: pairing:….".to_owned())
        }
        _ => lines.extend(column.field.map(|field| field.doc.to_owned())),
    }
    if let (Some(field), false) = (column.field, column.place == Place::Id) {
        lines.push(written(field.shape));
    }
    if column.required() {
        lines.push("必填 required".to_owned());
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n\n")
}

/// How a value is written.
fn written(shape: Shape) -> String {
    match shape {
        Shape::One(Scalar::Closed(closed)) => values(closed),
        Shape::One(Scalar::Date | Scalar::PartialDate) => "2020-09-07, 2020年9月, 2016, 约2016年".to_owned(),
        Shape::One(Scalar::Decimal) => "126000000, 1.26亿元".to_owned(),
        Shape::One(Scalar::Bool) => "是, 否".to_owned(),
        Shape::List(_) => "Several are parted by ;".to_owned(),
        Shape::Edge(edge) if edge.is_list() && edge.properties.is_empty() => {
            format!("{}; several are parted by ;", target(&edge))
        }
        Shape::Edge(edge) => target(&edge),
        _ => String::new(),
    }
}

fn values(closed: &Closed) -> String {
    let each = labels(closed).iter().zip(closed.values).map(|(label, (name, _))| format!("{label} {name}"));
    each.collect::<Vec<_>>().join("; ")
}

fn target(edge: &Edge) -> String {
    let kinds: Vec<_> = kinds_of(edge.target).map(|kind| format!("{}:…", kind.id)).collect();
    if kinds.len() > 10 { "the id of any record".to_owned() } else { kinds.join(" or ") }
}
