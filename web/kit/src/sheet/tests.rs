use ::sheet::Odd;
use rust_xlsxwriter::Workbook;

use super::*;

fn people() -> Vec<Vec<String>> {
    vec![
        vec!["login".into(), "name".into()],
        vec!["sato".into(), "=1+1".into()],
        vec!["0101".into(), "佐藤".into()],
    ]
}

#[test]
fn every_csv_of_the_corpus_is_survived() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let tried = |bytes: &[u8]| {
        if let Ok(table) = csv::table(bytes) {
            assert!(table.rows.len() <= ::sheet::MAX_ROWS as usize);
        }
    };
    assert!(crate::corpus::survived(root, "sheet", tried) >= 8);
}

#[test]
fn a_workbook_is_read_as_it_is_by_the_program_of_its_own() {
    web_testing::sheets();
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let file = |name: &str| std::fs::read(root.join("fuzz/corpus/sheet").join(name)).unwrap();
    assert_eq!(table(&file("merged-nowhere")).unwrap_err(), SheetFault::NotATable);
    assert_eq!(table(&file("macros")).unwrap_err(), SheetFault::Macros);
    assert!(matches!(table(&file("merged")), Err(SheetFault::Merged(_))));
    // One long text that many cells name: the cell has at most what Excel itself puts into one.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for row in 0..700 {
        sheet.write_string(row, 0, "x".repeat(32_767)).unwrap();
    }
    assert_eq!(read(&book.save_to_buffer().unwrap()), Err(SheetFault::TooLarge));
}

#[test]
fn a_few_cells_far_to_the_right_are_counted_with_what_lies_before_them() {
    web_testing::sheets();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for row in 0..2_100 {
        sheet.write_string(row, 199, "x").unwrap();
    }
    assert_eq!(read(&book.save_to_buffer().unwrap()), Err(SheetFault::TooLarge));
}

#[test]
fn what_goes_out_comes_back_exactly_and_starts_no_formula() {
    web_testing::sheets();
    let names = [
        "－窓口の後方事務",
        "-照会",
        "＋アルファ事業",
        "@home相談",
        "=SUM(A1)",
        "'=1",
        "'a'",
        "0101",
    ];
    let mut rows = people();
    rows.extend(names.map(|name| vec![name.to_owned(), "佐藤".to_owned()]));
    assert_eq!(read(&to_xlsx("a", &rows).unwrap()).unwrap(), rows);
    let csv = to_csv(&rows);
    assert_eq!(read(&csv).unwrap(), rows);
    let text = String::from_utf8(csv).unwrap();
    assert!(text.contains("\"'=1+1\"") && text.contains("\"'－窓口の後方事務\""), "{text}");
    let signs = ["-3000", "-3+1", "-", "+3"].map(str::to_owned).to_vec();
    assert_eq!(
        String::from_utf8(to_csv(&[signs])).unwrap(),
        "\u{feff}-3000,\"'-3+1\",\"'-\",\"'+3\"\r\n"
    );
}

#[test]
fn a_template_takes_codes_as_text_below_its_headings() {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(
        to_xlsx("a", &people()[..1]).unwrap(),
    ))
    .unwrap();
    let columns = calamine::Reader::worksheet_range(&mut book, "a").unwrap();
    assert_eq!(columns.height(), 1);
    let part = zip_part(&to_xlsx("a", &people()[..1]).unwrap(), "xl/worksheets/sheet1.xml");
    // Both columns have a style, and the only other number format than General is that of text.
    assert!(part.contains("<col min=\"1\" max=\"2\"") && part.contains("style=\""), "{part}");
    let styles = zip_part(&to_xlsx("a", &people()[..1]).unwrap(), "xl/styles.xml");
    assert!(styles.contains("numFmtId=\"49\""), "{styles}");
}

#[test]
fn csv_of_every_encoding_and_division_is_one_table() {
    let text = "login,氏名\r\nsato,佐藤\r\n";
    let table = [vec!["login", "氏名"], vec!["sato", "佐藤"]];
    let wide = |text: &str, order: fn(u16) -> [u8; 2]| {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(order).collect::<Vec<u8>>()
    };
    let tabs = text.replace(',', "\t");
    for bytes in [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        encoding_rs::SHIFT_JIS.encode(text).0.into_owned(),
        wide(text, u16::to_le_bytes),
        wide(&tabs, u16::to_le_bytes),
        wide(&tabs, u16::to_be_bytes),
        tabs.clone().into_bytes(),
        text.replace(',', ";").into_bytes(),
        text.replace("\r\n", "\n").into_bytes(),
        text.replace("\r\n", "\r").into_bytes(),
        text.replace("\r\n", ",,,\r\n").into_bytes(),
        format!("{text}{}", ",,,\r\n".repeat(30_000)).into_bytes(),
        text.replace("sato", "=\"sato\"").into_bytes(),
        text.replace("佐", "佐\u{200b}").into_bytes(),
    ] {
        assert_eq!(read(&bytes).unwrap(), table);
    }
    let mac = "氏名\nか\u{3099}くふ\u{3099}ち\n";
    assert_eq!(read(mac.as_bytes()).unwrap(), [["氏名"], ["がくぶち"]]);
    assert_eq!(
        read("\u{feff}a,b\r\n\r\n\r\nc,d".as_bytes()).unwrap(),
        [vec!["a", "b"], vec![], vec![], vec!["c", "d"]]
    );
    assert_eq!(read(b"a,\"b\nb\"\n\nc,d\n").unwrap(), [vec!["a", "b\nb"], vec![], vec!["c", "d"]]);
}

#[test]
fn what_cannot_be_taken_is_named_by_its_cell() {
    web_testing::sheets();
    let gaiji = b"login,name\r\nyama,\xf0\x40\x93\x63\r\n";
    for (bytes, cell, odd) in [
        (b"a,b\nc,#N/A\n".as_slice(), "B2", Odd::Error),
        (b"a,b\n\n#REF!,d\n", "A3", Odd::Error),
        (b"a,b\nc,########\n", "B2", Odd::Error),
        (b"a,b\nc,=A1\n", "B2", Odd::Formula),
        (gaiji, "B2", Odd::Stray('\u{e000}')),
        ("a\n\u{fffd}田\n".as_bytes(), "A2", Odd::Stray('\u{fffd}')),
    ] {
        let odd_cells = table(bytes).unwrap().odd;
        assert_eq!((odd_cells[0].cell().as_str(), odd_cells[0].odd), (cell, odd));
        assert!(odd_cells[0].words().0.ends_with("ください。"));
    }
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "login").unwrap();
    sheet.write_formula(1, 1, "=1+1").unwrap();
    sheet.write_string(2, 0, "#N/A").unwrap();
    let thousands = rust_xlsxwriter::Format::new().set_num_format("#,##0,");
    sheet.write_number_with_format(2, 1, 1_234_567, &thousands).unwrap();
    let Err(SheetFault::Cells(odd)) = read(&book.save_to_buffer().unwrap()) else {
        panic!("formulas pass")
    };
    let odd: Vec<_> = odd.iter().map(|odd| (odd.cell(), odd.odd)).collect();
    assert_eq!(
        odd,
        [
            ("B2".to_owned(), Odd::Formula),
            ("A3".to_owned(), Odd::Error),
            ("B3".to_owned(), Odd::Scaled),
        ]
    );
}

#[test]
fn a_file_of_another_kind_says_what_to_do() {
    let old = [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 600]].concat();
    let wide: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let locked = [old.clone(), wide].concat();
    let ods = b"PK\x03\x04.....mimetypeapplication/vnd.oasis.opendocument.spreadsheet";
    for (bytes, words) in [
        (old.as_slice(), "古い形式（.xls）"),
        (&locked, "パスワード"),
        (ods, "OpenDocument形式（.ods）"),
        (b"PK\x03\x04....xl/workbook.bin", "バイナリ形式（.xlsb）"),
        (b"\r\n<HTML><table>", "Webページ形式"),
        (b"%PDF-1.7", "PDF形式"),
        (b"a,b\nc,\"d\ne,f\n", "B2 で始まる引用符"),
        (b"\xff\xfe\xfd", "CSVとして読めない"),
        (b"a\0b", "CSVとして読めない"),
    ] {
        let (ja, en) = table(bytes).unwrap_err().words();
        assert!(ja.contains(words) && !en.is_empty(), "{words}: {ja}");
    }
    let far = [b"a\n".as_slice(), &b",\n".repeat(20_000), b"x\n"].concat();
    assert_eq!(table(&far).unwrap_err(), SheetFault::Far("A20002".into()));
}

#[test]
fn merged_cells_and_further_sheets_are_named() {
    web_testing::sheets();
    let format = rust_xlsxwriter::Format::new();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("総務課").unwrap().merge_range(1, 2, 3, 2, "020", &format).unwrap();
    let fault = read(&book.save_to_buffer().unwrap()).unwrap_err();
    assert!(fault.words().0.contains("C2:C4"), "{fault:?}");
    let mut book = Workbook::new();
    for name in ["総務課", "福祉課"] {
        book.add_worksheet().set_name(name).unwrap().write_string(0, 0, "a").unwrap();
    }
    let fault = read(&book.save_to_buffer().unwrap()).unwrap_err();
    assert!(fault.words().0.contains("「総務課」") && fault.words().0.contains("福祉課"));
}

fn zip_part(bytes: &[u8], name: &str) -> String {
    use std::io::Read;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_csv_is_read_in_each_shape_that_programs_save() {
    let rows = |bytes: &[u8]| read(bytes).unwrap();
    let want = [["氏名", "所属"], ["佐藤", "020"]];
    let text = "氏名,所属\r\n佐藤,020\r\n";
    let wide = |text: &str, turn: fn(u16) -> [u8; 2]| {
        text.encode_utf16().flat_map(turn).collect::<Vec<u8>>()
    };
    let (mail, _, _) = encoding_rs::ISO_2022_JP.encode(text);
    for (name, bytes) in [
        ("UTF-16 without its mark", wide(text, u16::to_le_bytes)),
        ("the other order", wide(text, u16::to_be_bytes)),
        ("of a mail program", mail.into_owned()),
        ("sep=", format!("sep=;\r\n{}", text.replace(',', ";")).into_bytes()),
        ("sep=|", format!("sep=|\n{}", text.replace(',', "|")).into_bytes()),
        ("lines of an old Mac", text.replace("\r\n", "\r").into_bytes()),
    ] {
        assert_eq!(rows(&bytes), want, "{name}");
    }
    // Empty lines count, whatever ends a line.
    for end in ["\n", "\r\n", "\r"] {
        let found = rows(text.replace("\r\n佐", "\r\n\r\n佐").replace("\r\n", end).as_bytes());
        assert_eq!((found[1].len(), found[2][0].as_str()), (0, "佐藤"), "{end:?}");
    }
    assert_eq!(rows("sep=\r\na,b\r\n".as_bytes())[0], ["sep="], "a heading like any other");
}

#[test]
fn an_error_value_is_known_in_each_spelling() {
    for word in ["#N/A", "＃N/A", "#n/a", "Err:502", " #REF! ", "#####"] {
        let found = table(format!("氏名\n{word}\n").as_bytes()).unwrap();
        assert_eq!(found.odd.iter().map(|odd| odd.odd).collect::<Vec<_>>(), [Odd::Error], "{word}");
    }
    for word in ["#1 候補", "Err:", "Error 502", "N/A"] {
        assert_eq!(read(format!("氏名\n{word}\n").as_bytes()).unwrap()[1], [word], "{word}");
    }
}
