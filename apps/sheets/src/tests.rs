use rust_xlsxwriter::{Format, Formula, Workbook};

use super::*;

fn first(bytes: &[u8]) -> Result<Sheet, Fault> {
    let mut book = read(bytes, &Want::First, &mut || false)?;
    Ok(book.sheets.remove(0))
}

/// A workbook of these parts beside what every workbook has.
fn parts(sheet: &str, strings: &str) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let files = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
                 <Override PartName=\"/xl/workbook.xml\" \
                 ContentType=\"{kind}.sheet.main+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships \
                 xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
                 <Relationship Id=\"r0\" Type=\"{office}/officeDocument\" \
                 Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"a\" \
                 sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships \
                 xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
                 <Relationship Id=\"r1\" Type=\"{office}/worksheet\" \
                 Target=\"worksheets/sheet1.xml\"/>\
                 <Relationship Id=\"r2\" Type=\"{office}/sharedStrings\" \
                 Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        ("xl/sharedStrings.xml", format!("<sst xmlns=\"{main}\">{strings}</sst>")),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet}</sheetData></worksheet>"),
        ),
    ];
    for (name, text) in files {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// So many rows of one cell.
fn rows(count: usize, cell: &str) -> String {
    (1..=count).map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\"{cell}</c></row>")).collect()
}

#[test]
fn a_workbook_of_every_kind_of_cell() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "あ").unwrap();
    sheet.write_number(0, 1, 1.5).unwrap();
    sheet.write_boolean(0, 2, true).unwrap();
    sheet
        .write_number_with_format(0, 3, 44_287, &Format::new().set_num_format("yyyy/m/d"))
        .unwrap();
    sheet.write_number_with_format(0, 4, 1.5, &Format::new().set_num_format("[h]:mm")).unwrap();
    sheet.write_formula(1, 0, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.merge_range(3, 1, 4, 2, "結合", &Format::new()).unwrap();
    let found = first(&book.save_to_buffer().unwrap()).unwrap();
    let at = |row, column| {
        found.cells.iter().find(|cell| (cell.0, cell.1) == (row, column)).map(|cell| cell.2.clone())
    };
    assert_eq!(at(0, 0), Some(Cell::Text("あ".into())));
    assert_eq!(at(0, 1), Some(Cell::Text("1.5".into())));
    assert_eq!(at(0, 2), Some(Cell::Text("TRUE".into())));
    assert_eq!(at(0, 3), Some(Cell::Text("2021/4/1".into())));
    assert_eq!(at(0, 4), Some(Cell::Text("36:00".into())));
    assert_eq!(found.formulas, [(1, 0)]);
    assert_eq!(found.merged, Some(((3, 1), (4, 2))));
}

#[test]
fn a_text_counts_as_often_as_it_is_named() {
    let text = "x".repeat(MAX_CELL);
    let strings = format!("<si><t>{text}</t></si>");
    let named = |count| parts(&rows(count, " t=\"s\"><v>0</v>"), &strings);
    let fits = MAX_TEXT / MAX_CELL;
    assert_eq!(first(&named(fits)).unwrap().cells.len(), fits);
    assert_eq!(first(&named(fits + 1)), Err(Fault::TooMuchText));
    assert_eq!(first(&named(20_000 - 1)), Err(Fault::TooMuchText));
    let longer = parts(&rows(1, " t=\"s\"><v>0</v>"), &format!("<si><t>{text}x</t></si>"));
    assert_eq!(first(&longer), Err(Fault::LongCell));
    // Characters, as Excel counts, not bytes.
    let wide =
        parts(&rows(1, " t=\"s\"><v>0</v>"), &format!("<si><t>{}</t></si>", "あ".repeat(MAX_CELL)));
    assert!(first(&wide).is_ok());
    let inline = parts(&rows(1, &format!(" t=\"inlineStr\"><is><t>{text}x</t></is>")), "");
    assert_eq!(first(&inline), Err(Fault::LongCell));
}

#[test]
fn a_shared_formula_is_named_by_its_cells_and_never_expanded() {
    let mut sheet = format!(
        "<row r=\"1\"><c r=\"A1\"><f t=\"shared\" ref=\"A1:A2000\" si=\"0\">{}1</f></c></row>",
        "1+".repeat(50_000)
    );
    for row in 2..=2_000 {
        sheet.push_str(&format!(
            "<row r=\"{row}\"><c r=\"A{row}\"><f t=\"shared\" si=\"0\"/><v>1</v></c></row>"
        ));
    }
    // Expanded it would be 200 MB; the clock stands, so only the work itself is bounded here.
    let found = first(&parts(&sheet.replace("si=\"0\"/>", "si=\"0\"></f>"), "")).unwrap();
    assert_eq!(found.formulas.len(), 2_000);
}

#[test]
fn what_is_far_off_or_empty_a_million_times_asks_for_nothing() {
    assert_eq!(
        first(&parts("<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>", "")),
        Err(Fault::Far(1_048_575, 16_383))
    );
    let blank = "<row r=\"30000\"><c r=\"A30000\" t=\"inlineStr\"><is><t> 　</t></is></c></row>";
    assert_eq!(first(&parts(blank, "")).unwrap().cells, []);
    let empty = "<c></c>".repeat(MAX_SEEN + 1);
    assert_eq!(first(&parts(&format!("<row r=\"1\">{empty}</row>"), "")), Err(Fault::TooLarge));
    let wide = |name: &str| Want::Named(vec![name.to_owned()]);
    let far = parts("<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>", "");
    assert_eq!(
        read(&far, &wide("a"), &mut || false).unwrap().sheets[0].cells,
        [(1_048_575, 16_383, Cell::Text("1".into()))]
    );
    assert_eq!(read(&far, &wide("b"), &mut || false).unwrap().sheets, []);
}

#[test]
fn a_bomb_and_macros_are_refused_and_the_clock_is_asked() {
    use std::io::Write;
    let bomb = |name: &str, megabytes: usize| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        for _ in 0..megabytes {
            zip.write_all(&vec![0; 1 << 20]).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    assert_eq!(first(&bomb("xl/workbook.xml", 49)), Err(Fault::TooLarge));
    assert_eq!(first(&bomb("xl/vbaProject.bin", 0)), Err(Fault::Macros));
    assert_eq!(first(b"PK\x03\x04 and nothing else"), Err(Fault::NotAnArchive));
    let mut book = Workbook::new();
    let (sheet, percent) = (book.add_worksheet(), Format::new().set_num_format("0%"));
    for row in 0..2_000 {
        sheet.write_number_with_format(row, 0, 0.5, &percent).unwrap();
    }
    let good = book.save_to_buffer().unwrap();
    assert_eq!(read(&good, &Want::First, &mut || true), Err(Fault::Slow));
    // In each part that unfolds, every thousand cells, and again in the walk for their formats.
    let (mut unfolding, mut looks) = (0, 0);
    archive::unfolds_within(&good, &mut || {
        unfolding += 1;
        false
    })
    .unwrap();
    read(&good, &Want::First, &mut || {
        looks += 1;
        false
    })
    .unwrap();
    assert!(unfolding > 6, "{unfolding}");
    assert_eq!(looks, unfolding + 2_000 / LOOK + 2_000 / LOOK);
    for late in 0..looks {
        let mut look = 0;
        let read = read(&good, &Want::First, &mut || {
            look += 1;
            look > late
        });
        assert_eq!(read, Err(Fault::Slow), "at look {late} of {looks}");
    }
}

#[test]
fn every_file_of_the_corpus_is_survived() {
    let folder =
        std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/sheet"));
    let mut tried = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for cut in [bytes.len(), bytes.len() / 2, bytes.len().saturating_sub(1)] {
            if let Ok(sheet) = first(&bytes[..cut]) {
                assert!(sheet.cells.len() <= MAX_CELLS);
            }
        }
        tried += 1;
    }
    assert!(tried >= 8);
    let merged = std::fs::read(folder.join("merged-nowhere")).unwrap();
    assert_eq!(first(&merged), Err(Fault::NotAWorkbook), "a reference beyond every sheet");
}

#[test]
fn a_long_attribute_that_every_style_would_repeat_is_refused() {
    let long = parts(
        &format!("<row r=\"1\" spans=\"{}\"><c r=\"A1\"><v>1</v></c></row>", "1".repeat(70_000)),
        "",
    );
    assert_eq!(first(&long), Err(Fault::TooLarge));
    let text = parts(
        "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>",
        &format!("<si><t>{}</t></si>", "あ".repeat(30_000)),
    );
    assert!(first(&text).is_ok(), "text is no mark");
}

#[test]
fn the_first_sheet_that_people_see_is_read_and_further_ones_are_named() {
    let mut book = Workbook::new();
    let cover = book.add_worksheet();
    cover.set_name("昨年度").unwrap().write_string(0, 0, "古い").unwrap();
    cover.set_hidden(true);
    let list = book.add_worksheet();
    list.set_name("今年度").unwrap().write_string(0, 0, "新しい").unwrap();
    list.set_active(true);
    book.add_worksheet().set_name("空").unwrap().write_string(5, 5, " 　").unwrap();
    book.add_worksheet().set_name("福祉課").unwrap().write_number(9, 9, 1).unwrap();
    book.add_worksheet().set_name("集計").unwrap().write_number(0, 0, 1).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let found = read(&bytes, &Want::First, &mut || false).unwrap();
    assert_eq!(found.sheets[0].name, "今年度");
    assert_eq!(found.others, ["福祉課", "集計"]);
    let named = Want::Named(vec!["昨年度".into(), "福祉課".into(), "なし".into()]);
    let found = read(&bytes, &named, &mut || false).unwrap();
    assert_eq!(
        found.sheets.iter().map(|sheet| sheet.name.as_str()).collect::<Vec<_>>(),
        ["昨年度", "福祉課"]
    );
    assert_eq!(found.others, ["今年度", "集計"]);
    // What a list of ours put behind itself is passed over, and nothing else.
    let about = book.add_worksheet();
    about.set_name(ABOUT).unwrap().write_string(0, 0, LIST).unwrap();
    about.write_string(1, 0, "集計").unwrap();
    about.set_hidden(true);
    let bytes = book.save_to_buffer().unwrap();
    assert_eq!(read(&bytes, &Want::First, &mut || false).unwrap().others, ["福祉課"]);
}

#[test]
fn rows_that_nobody_sees_are_read_and_counted() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("非表示").unwrap().set_hidden(true);
    let list = book.add_worksheet();
    list.set_name("一覧 & 名簿").unwrap();
    for (row, name) in (0..).zip(["氏名", "一郎", "二郎", "三郎"]) {
        list.write_string(row, 0, name).unwrap();
    }
    // One is filtered away, one hidden by hand; a hidden row without anything is nothing.
    list.autofilter(0, 0, 3, 0).unwrap();
    list.filter_column(0, &rust_xlsxwriter::FilterCondition::new().add_list_filter("一郎"))
        .unwrap();
    list.set_row_hidden(2).unwrap().set_row_hidden(3).unwrap().set_row_hidden(9).unwrap();
    list.set_active(true);
    let other = book.add_worksheet();
    other.write_string(0, 0, "x").unwrap();
    other.set_row_hidden(0).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let found = read(&bytes, &Want::First, &mut || false).unwrap();
    assert_eq!((found.sheets[0].hidden, found.sheets[0].cells.len()), (2, 4));
    let named = Want::Named(vec!["Sheet3".into()]);
    assert_eq!(read(&bytes, &named, &mut || false).unwrap().sheets[0].hidden, 1);
    // As another program writes it: other quotes and another order.
    let cells = "<row hidden='true' spans=\"1:1\" r='1'><c r=\"A1\"><v>1</v></c></row>";
    assert_eq!(first(&parts(cells, "")).unwrap().hidden, 1);
}

#[test]
fn an_error_value_is_no_text() {
    let cells = "<row r=\"1\"><c r=\"A1\" t=\"e\"><v>#N/A</v></c>\
                 <c r=\"B1\" t=\"e\"><v>#DIV/0!</v></c></row>";
    assert_eq!(
        first(&parts(cells, "")).unwrap().cells,
        [
            (0, 0, Cell::Odd(Odd::Error, "#N/A".into())),
            (0, 1, Cell::Odd(Odd::Error, "#DIV/0!".into())),
        ]
    );
}
