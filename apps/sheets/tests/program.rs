//! The program itself: what it answers, and that it ends whatever it is given.

use std::path::Path;
use std::time::Duration;

use rust_xlsxwriter::Workbook;
use sheet::{Cell, Fault, Program, Want};

fn program() -> Program {
    Program::at(Path::new(env!("CARGO_BIN_EXE_noren-sheets"))).patient_for(Duration::from_secs(120))
}

#[test]
fn it_says_what_stands_in_a_workbook_and_ends() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("回答").unwrap();
    sheet.write_string(0, 0, "あ").unwrap();
    sheet.write_number(0, 1, 0.1).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let cells = vec![(0, 0, Cell::Text("あ".into())), (0, 1, Cell::Text("0.1".into()))];
    assert_eq!(program().read(&bytes, &Want::First).unwrap().sheets[0].cells, cells);
    let named = |name: &str| {
        program().read(&bytes, &Want::Named(vec![name.to_owned()])).unwrap().sheets.len()
    };
    assert_eq!((named("回答"), named("ほか")), (1, 0));
}

#[test]
fn what_is_no_workbook_is_named_and_so_is_what_breaks_a_limit() {
    assert_eq!(program().read(b"PK\x03\x04", &Want::First), Err(Fault::NotAnArchive));
    assert_eq!(program().read(&[], &Want::First), Err(Fault::NotAnArchive));
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    // Six hundred cells that name one text of Excel's own length: 19 MB out of a few kilobytes.
    for row in 0..600 {
        sheet.write_string(row, 0, "x".repeat(32_767)).unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    assert!(bytes.len() < 200 << 10, "{}", bytes.len());
    assert_eq!(program().read(&bytes, &Want::First), Err(Fault::TooMuchText));
}
