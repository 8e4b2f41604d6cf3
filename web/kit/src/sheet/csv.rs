//! CSV as programs in Japan save it: UTF-8, Shift_JIS or UTF-16, divided by commas, tabs or
//! semicolons.

use ::sheet::{Cell, Fault, Odd};

use super::cell_name;
use super::fault::SheetFault;
use super::table::{List, Table, taken};

/// Bytes of a CSV.
const CSV_LIMIT: usize = 16 << 20;
/// A last line of our own: where a quotation mark stays open, it is swallowed.
const END: &str = "\u{1}";

pub(super) fn table(bytes: &[u8]) -> Result<Table, SheetFault> {
    if bytes.len() > CSV_LIMIT {
        return Err(SheetFault::TooLarge);
    }
    // One kind of line end, so that lines are counted as people see them.
    let mut text = decoded(bytes)?.replace("\r\n", "\n").replace('\r', "\n");
    if text.contains('\0') {
        return Err(SheetFault::NotATable);
    }
    // A first line of Excel's own names what divides the fields, and is not shown as a row.
    let named = text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n'));
    let named =
        named.and_then(|(sign, rest)| Some((u8::try_from(sign.parse::<char>().ok()?).ok()?, rest)));
    let delimiter = match named.filter(|(sign, _)| b",\t;|".contains(sign)) {
        Some((sign, rest)) => {
            text = rest.to_owned();
            sign
        }
        None => delimiter(&text),
    };
    text.push('\n');
    text.push_str(END);
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut list = List::default();
    let mut row: u64 = 0;
    let mut record = ::csv::StringRecord::new();
    loop {
        let before = reader.position().line();
        if !reader.read_record(&mut record).map_err(|_| SheetFault::NotATable)? {
            return Ok(list.table(None));
        }
        // The reader steps over empty lines; faults are to name the rows people see, so they are
        // counted.
        let inside = record.iter().map(|cell| cell.matches('\n').count()).sum::<usize>();
        let lines = reader.position().line() - before;
        let last = record.get(record.len().saturating_sub(1)).unwrap_or_default();
        if record.len() == 1 && last == END {
            return Ok(list.table(None));
        }
        row += lines.saturating_sub(1 + inside as u64);
        let at = u32::try_from(row).unwrap_or(u32::MAX);
        if last.ends_with(END) {
            let column = u16::try_from(record.len() - 1).unwrap_or(u16::MAX);
            return Err(SheetFault::OpenQuote(cell_name(at, column)));
        }
        for (column, field) in (0u32..).zip(record.iter()) {
            // What is empty at the end of a line or of the file is nothing.
            if !text::is_blank(field) {
                list.put((at, column), cell(field)?)?;
            }
        }
        row += 1;
    }
}

fn decoded(bytes: &[u8]) -> Result<String, SheetFault> {
    let with = |encoding: &'static encoding_rs::Encoding, bytes| {
        let (text, wrong) = encoding.decode_without_bom_handling(bytes);
        if wrong { Err(SheetFault::NotATable) } else { Ok(text.into_owned()) }
    };
    // What Excel saves as 「Unicode テキスト」.
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return with(encoding_rs::UTF_16LE, rest);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return with(encoding_rs::UTF_16BE, rest);
    }
    // The same without its mark: every other byte of what is ASCII is zero.
    let zeros =
        |odd: usize| bytes.iter().take(400).skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    match bytes.len().is_multiple_of(2).then(|| (zeros(1), zeros(0))) {
        Some((low, 0)) if low > 0 => return with(encoding_rs::UTF_16LE, bytes),
        Some((0, high)) if high > 0 => return with(encoding_rs::UTF_16BE, bytes),
        _ => {}
    }
    // Two-byte letters between escapes, as old mail programs write them: no CSV has these.
    if bytes.windows(2).any(|pair| pair == b"\x1b$") {
        return with(encoding_rs::ISO_2022_JP, bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.trim_start_matches('\u{feff}').to_owned()),
        // What Excel saves as CSV in Japan.
        Err(_) => with(encoding_rs::SHIFT_JIS, bytes),
    }
}

/// What divides the headings: a comma; where there is none outside of quotation marks, a tab or a
/// semicolon.
fn delimiter(text: &str) -> u8 {
    let line = text.lines().find(|line| !text::is_blank(line)).unwrap_or_default();
    let mut quoted = false;
    let outside: String = line
        .chars()
        .filter(|c| {
            quoted ^= *c == '"';
            !quoted
        })
        .collect();
    [b',', b'\t', b';'].into_iter().find(|one| outside.contains(char::from(*one))).unwrap_or(b',')
}

/// A field as its cell would show it in a spreadsheet.
fn cell(field: &str) -> Result<Cell, SheetFault> {
    if field.len() > ::sheet::MAX_CELL && field.chars().nth(::sheet::MAX_CELL).is_some() {
        return Err(Fault::LongCell.into());
    }
    // ="072028" is how zeros are kept in a CSV that Excel opens.
    let text = field.trim();
    let inner = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    Ok(match inner.filter(|inner| !inner.contains('"')) {
        Some(inner) => taken(inner),
        None if text.starts_with('=') => Cell::Odd(Odd::Formula, text.to_owned()),
        None => taken(field),
    })
}
