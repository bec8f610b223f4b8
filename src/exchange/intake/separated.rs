//! Values with separators, as RFC 4180 has them, told by line: rows end with LF, CRLF or CR, and a text may stand in
//! quotation marks. What follows a closing mark is refused, since a mark too many would swallow rows or change a text.

use super::cell::Cell;
use super::fault::{Fault, shown};
use super::part::Row;

/// Reads a text, row by row; lines with nothing at all are none. A row of another length than the headings is told by
/// whoever reads it.
pub fn separated(file: &str, text: &str, each: &mut dyn FnMut(Row)) -> Result<(), Box<Fault>> {
    let separator = char::from(separator(text));
    let mut headings: Option<Vec<String>> = None;
    let mut line = 1;
    let mut rest = text;
    while !rest.is_empty() {
        let number = line;
        let mut fields: Vec<String> = Vec::new();
        let mut marked = false;
        loop {
            let (field, behind) = match rest.strip_prefix('"') {
                Some(inside) => {
                    marked = true;
                    quoted(inside, separator).map_err(|problem| {
                        let column = headings.as_ref().and_then(|headings| headings.get(fields.len())).cloned();
                        let value = Some(shown(rest.lines().next().unwrap_or_default()));
                        let problem = format!("{problem}; the rest of the file was not read");
                        Fault { row: Some(number), column, value, ..Fault::of_file(file, problem) }
                    })?
                }
                None => {
                    let end = rest.find([separator, '\n', '\r']).unwrap_or(rest.len());
                    (rest[..end].to_owned(), &rest[end..])
                }
            };
            line += line_ends(&rest[..rest.len() - behind.len()]);
            fields.push(field);
            match behind.strip_prefix(separator) {
                Some(next) => rest = next,
                None => {
                    rest = behind;
                    break;
                }
            }
        }
        if let Some(next) = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])) {
            rest = next;
            line += 1;
        }
        if !marked && fields.len() == 1 && fields[0].is_empty() {
            continue;
        }
        let row = Row { number, cells: fields.iter().map(|field| Cell::of_text(field)).collect() };
        headings.get_or_insert(fields);
        each(row);
    }
    Ok(())
}

/// A text up to its closing mark, and what follows that.
fn quoted(inside: &str, separator: char) -> Result<(String, &str), String> {
    let mut field = String::new();
    let mut rest = inside;
    while let Some((part, behind)) = rest.split_once('"') {
        field.push_str(part);
        match behind.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None if behind.is_empty() || behind.starts_with([separator, '\n', '\r']) => return Ok((field, behind)),
            None => {
                let found = shown(&format!("\"{}", behind.lines().next().unwrap_or_default()));
                return Err(format!(
                    "expected the end of the cell behind its closing quotation mark, found {found}; write a mark that is part of a text twice, within others"
                ));
            }
        }
    }
    Err("a quotation mark is opened and never closed; close it, or write one that is part of a text twice, within others".to_owned())
}

fn line_ends(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    ends.count() as u64
}

/// What parts the headings: a comma, unless there are more of another.
fn separator(text: &str) -> u8 {
    let headings = text.split(['\n', '\r']).find(|line| !line.is_empty()).unwrap_or_default();
    let count = |sign: u8| headings.bytes().filter(|byte| *byte == sign).count();
    let mut best = b',';
    for other in [b'\t', b';'] {
        if count(other) > count(best) {
            best = other;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row as its number and cells.
    fn rows(text: &str) -> Result<Vec<String>, String> {
        let mut rows = Vec::new();
        let told = separated("a.csv", text, &mut |row| {
            let cells: Vec<_> = row.cells.iter().map(ToString::to_string).collect();
            rows.push(format!("{} {}", row.number, cells.join("|")));
        });
        told.map(|()| rows).map_err(|fault| fault.to_string())
    }

    #[test]
    fn rows_have_the_number_of_their_first_line_whatever_ends_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["id,name", "", "a,\"x", "y\"", "b,5\" pipe", "c,\"say \"\"so\"\"\"", "d,\"\"", ""].join(end);
            let inner = if end == "\n" { "\n" } else { end };
            let expected = [
                "1 id|name".to_owned(),
                format!("3 a|x{inner}y"),
                "5 b|5\" pipe".to_owned(),
                "6 c|say \"so\"".to_owned(),
                "7 d|".to_owned(),
            ];
            assert_eq!(rows(&text), Ok(expected.to_vec()), "{end:?}");
        }
        assert_eq!(rows("id;name\na;b,c"), Ok(vec!["1 id|name".to_owned(), "2 a|b,c".to_owned()]));
        assert_eq!(rows("id,name\na,"), Ok(vec!["1 id|name".to_owned(), "2 a|".to_owned()]));
    }

    #[test]
    fn a_stray_mark_is_told_and_swallows_no_row() {
        let behind = "expected the end of the cell behind its closing quotation mark, found";
        let told = rows("id,name,note\nz1,a,\"开\nz2,b,\"in\"ch\nz3,c,d\n").unwrap_err();
        assert!(told.starts_with(&format!("a.csv, line 2, column note: {behind} \"in\"ch;")), "{told}");
        let told = rows("id,name\r\na,\"茶\"好\"了\"\r\n").unwrap_err();
        assert!(told.starts_with(&format!("a.csv, line 2, column name: {behind} \"好\"了\";")), "{told}");
        let told = rows("id,name\na,b\nc,\"d\ne,f\n").unwrap_err();
        assert!(told.starts_with("a.csv, line 3, column name: a quotation mark is opened and never closed"), "{told}");
    }
}
