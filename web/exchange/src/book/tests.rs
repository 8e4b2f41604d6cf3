use exchange::form::{Form, shipped};
use exchange::import::read_csv;
use exchange::value::{QuestionId, Sheet, Value};
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

use kit::sheet::cell_name;

use super::*;

fn form() -> Form {
    Form::read(shipped::TELEWORK_R3).unwrap()
}

fn subject(form: &Form) -> Subject<'_> {
    Subject { form, body: "012025".parse().unwrap(), body_name: "北海道函館市" }
}

/// Two bodies of each kind of answer.
fn sheets(form: &Form) -> Vec<Sheet> {
    let csv = "code,一般行政職員数,導入状況,形態,除外職員数,実施可能職員数,利用職員数,非常勤職員,未導入理由,一般行政職員数(理由)\n\
        012025,2415,試験的・実験的に導入している,在宅勤務・その他,274,642,,実施対象外,,合併のため\n\
        012033,192,導入する予定はない・未定,,,,,,情報セキュリティの確保に不安がある|テレワーク導入のためにコストがかかる,\n";
    read_csv(form, csv.as_bytes(), |_| true).unwrap().into_values().collect()
}

/// A workbook of our shape, with what `change` does to the answers' sheet.
fn forged(
    form: &Form,
    sheet: &Sheet,
    about: [&str; 4],
    change: impl FnOnce(&mut Worksheet),
) -> Vec<u8> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.set_name(ANSWERS).unwrap();
    for (column, heading) in (0u16..).zip(HEADINGS) {
        page.write(FIRST_ROW - 1, column, heading).unwrap();
    }
    for line in layout(form) {
        page.write(line.row, 0, line.question.id.as_str()).unwrap();
        if let (Some(Target::Answer(_)), Some(value)) =
            (line.target, sheet.values.get(&line.question.id))
        {
            page.write(line.row, ANSWER_COLUMN, exchange::typed::display(line.question, value))
                .unwrap();
        }
        if let (Some(Target::Choice(_, at)), Some(Value::Many(chosen))) =
            (line.target, sheet.values.get(&line.question.id))
            && chosen.contains(&choices(line.question)[at].id)
        {
            page.write(line.row, ANSWER_COLUMN, CHOSEN).unwrap();
        }
    }
    change(page);
    let page = book.add_worksheet();
    page.set_name(ABOUT).unwrap();
    for (row, text) in (0u32..).zip(about) {
        page.write(row, 0, text).unwrap();
    }
    book.save_to_buffer().unwrap()
}

const ABOUT_OURS: [&str; 4] = [MAGIC, "telework", "令和3年", "012025"];

fn row_of(form: &Form, id: &str) -> u32 {
    layout(form)
        .iter()
        .find(|line| line.question.id.as_str() == id && line.target.is_some())
        .unwrap()
        .row
}

#[test]
fn a_form_goes_out_filled_and_comes_back_the_same() {
    let form = form();
    for sheet in sheets(&form) {
        let bytes = write(&subject(&form), &sheet, None, None).unwrap();
        let answer = read(&bytes, &subject(&form), None).unwrap();
        assert_eq!(answer.faults, []);
        assert_eq!(answer.sheet, sheet);
    }
}

/// A file of a workbook as it is in its zip.
fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    std::io::read_to_string(zip.by_name(name).unwrap()).unwrap()
}

#[test]
fn only_answers_can_be_typed_into_and_choices_come_from_a_list() {
    let form = form();
    let bytes = write(&subject(&form), &Sheet::default(), None, None).unwrap();
    let (page, styles) = (part(&bytes, "xl/worksheets/sheet1.xml"), part(&bytes, "xl/styles.xml"));
    assert!(page.contains("<sheetProtection sheet=\"1\""), "what is not unlocked is protected");
    let formats: Vec<&str> = styles
        .split("<cellXfs")
        .nth(1)
        .unwrap()
        .split("</cellXfs>")
        .next()
        .unwrap()
        .split("<xf ")
        .skip(1)
        .collect();
    let unlocked = |row: u32, column: u16| {
        let cell = format!("<c r=\"{}\"", cell_name(row, column));
        let tag =
            page.split(&cell).nth(1).unwrap_or_else(|| panic!("{cell}")).split('>').next().unwrap();
        let style: usize = tag
            .split("s=\"")
            .nth(1)
            .map_or(0, |rest| rest.split('"').next().unwrap().parse().unwrap());
        formats[style].contains("locked=\"0\"")
    };
    for line in layout(&form) {
        for column in [0, 1, 3, 5, 6]
            .into_iter()
            .filter(|column| page.contains(&format!("r=\"{}\"", cell_name(line.row, *column))))
        {
            assert!(!unlocked(line.row, column), "{} {column}", line.label);
        }
        if line.target.is_some() {
            assert!(unlocked(line.row, ANSWER_COLUMN), "{}", line.label);
        }
    }
    // 導入状況 is one of six, from the hidden sheet; 在宅勤務 is chosen or not; 一般行政職員数 is a
    // whole number.
    let rule = |row: u32| {
        let mark = format!("sqref=\"{}\"", cell_name(row, ANSWER_COLUMN));
        page.split("<dataValidation ")
            .find(|rule| rule.contains(&mark))
            .unwrap_or_else(|| panic!("{mark}"))
            .to_owned()
    };
    let adoption = rule(row_of(&form, "adoption"));
    assert!(
        adoption.starts_with("type=\"list\"") && adoption.contains(&format!("{ABOUT}!$B$1:$B$6")),
        "{adoption}"
    );
    let labels = part(&bytes, "xl/sharedStrings.xml");
    assert!(
        choices(form.question("adoption").unwrap())
            .iter()
            .all(|choice| labels.contains(&choice.label))
    );
    assert!(rule(row_of(&form, "forms")).starts_with("type=\"list\""));
    assert!(rule(row_of(&form, "staff")).starts_with("type=\"whole\""));
    assert!(part(&bytes, "xl/workbook.xml").contains("state=\"hidden\""));
}

#[test]
fn an_empty_form_asks_for_what_is_required() {
    let form = form();
    let bytes = write(&subject(&form), &Sheet::default(), None, None).unwrap();
    let answer = read(&bytes, &subject(&form), None).unwrap();
    let cells: Vec<&str> = answer.faults.iter().map(|fault| fault.cell.as_str()).collect();
    // 一般行政職員数, 導入状況 and, while it is not introduced, 未導入理由.
    assert_eq!(cells, ["C5", "C6", cell_name(row_of(&form, "reasons"), ANSWER_COLUMN).as_str()]);
}

#[test]
fn a_workbook_of_another_form_version_or_body_is_refused() {
    let form = form();
    let refused = |about: [&str; 4]| {
        read(&forged(&form, &Sheet::default(), about, |_| ()), &subject(&form), None).unwrap_err()
    };
    assert_eq!(refused(["something else", "telework", "令和3年", "012025"]), BookFault::NotAForm);
    assert_eq!(
        refused([MAGIC, "budget", "令和3年", "012025"]),
        BookFault::OtherForm("budget".to_owned())
    );
    assert_eq!(
        refused([MAGIC, "telework", "令和2年", "012025"]),
        BookFault::OtherVersion("令和2年".to_owned())
    );
    assert_eq!(
        refused([MAGIC, "telework", "令和3年", "012033"]),
        BookFault::OtherBody("012033".to_owned())
    );
    let mut plain = Workbook::new();
    plain.add_worksheet();
    assert_eq!(
        read(&plain.save_to_buffer().unwrap(), &subject(&form), None).unwrap_err(),
        BookFault::NotAForm
    );
}

#[test]
fn faults_are_told_by_cell() {
    let form = form();
    let sheet = &sheets(&form)[0];
    let (staff, excluded, able) =
        (row_of(&form, "staff"), row_of(&form, "excluded"), row_of(&form, "able"));
    let faults = |change: &dyn Fn(&mut Worksheet)| {
        let bytes = forged(&form, sheet, ABOUT_OURS, |page| change(page));
        let answer = read(&bytes, &subject(&form), None).unwrap();
        answer
            .faults
            .into_iter()
            .map(|fault| format!("{}: {}", fault.cell, fault.what))
            .collect::<Vec<_>>()
    };
    assert_eq!(faults(&|_| ()), [] as [&str; 0]);
    let wide = |page: &mut Worksheet| {
        page.write(staff, 2, "２，４１５人").unwrap();
    };
    assert_eq!(faults(&wide), [] as [&str; 0]);
    let formula = |page: &mut Worksheet| {
        page.write_formula(staff, 2, Formula::new("=2400+15").set_result("2415")).unwrap();
    };
    assert_eq!(faults(&formula), ["C5: \"C5\" is a formula, not a value"]);
    let date = |page: &mut Worksheet| {
        page.write_with_format(staff, 2, 44470, &Format::new().set_num_format("yyyy/m/d")).unwrap();
    };
    assert!(
        faults(&date)[0].starts_with("C5: ") && faults(&date)[0].contains("is a date"),
        "{:?}",
        faults(&date)
    );
    let text_date = |page: &mut Worksheet| {
        page.write(staff, 2, "2021/10/1").unwrap();
    };
    assert_eq!(faults(&text_date), ["C5: \"2021/10/1\" is a date, not a number"]);
    let fraction = |page: &mut Worksheet| {
        page.write(staff, 2, 12.5).unwrap();
    };
    assert_eq!(faults(&fraction), ["C5: \"12.5\" is not a whole number"]);
    let missing = |page: &mut Worksheet| {
        page.write(excluded, 2, " ").unwrap();
    };
    assert_eq!(faults(&missing), [format!("{}: an answer is required", cell_name(excluded, 2))]);
    let beyond = |page: &mut Worksheet| {
        page.write(able, 2, 400_000).unwrap();
    };
    assert_eq!(faults(&beyond).len(), 1, "{:?}", faults(&beyond));
    assert!(faults(&beyond)[0].starts_with(&cell_name(able, 2)));
}

#[test]
fn merged_and_moved_cells_are_refused() {
    let form = form();
    let merge = |page: &mut Worksheet| {
        page.merge_range(30, 0, 31, 2, "x", &Format::new()).unwrap();
    };
    assert_eq!(
        read(&forged(&form, &Sheet::default(), ABOUT_OURS, merge), &subject(&form), None)
            .unwrap_err(),
        BookFault::Merged("A31:C32".into())
    );
    let shift = |page: &mut Worksheet| {
        page.write(FIRST_ROW, 0, "adoption").unwrap();
    };
    assert_eq!(
        read(&forged(&form, &Sheet::default(), ABOUT_OURS, shift), &subject(&form), None)
            .unwrap_err(),
        BookFault::Moved
    );
}

#[test]
fn a_cell_far_away_asks_for_no_memory() {
    let form = form();
    let sheet = &sheets(&form)[0];
    let far = |page: &mut Worksheet| {
        page.write(1_048_575, 16_383, 1).unwrap();
    };
    let answer = read(&forged(&form, sheet, ABOUT_OURS, far), &subject(&form), None).unwrap();
    assert_eq!(answer.faults, []);
}

#[test]
fn oversized_and_broken_files_are_refused() {
    let form = form();
    assert_eq!(
        read(&vec![0; read::MAX_BYTES + 1], &subject(&form), None).unwrap_err(),
        BookFault::TooLarge
    );
    assert!(matches!(read(b"PK\x03\x04", &subject(&form), None), Err(BookFault::NotReadable(_))));
    assert!(matches!(read(b"", &subject(&form), None), Err(BookFault::NotReadable(_))));
}

#[test]
fn the_marked_copy_holds_what_was_typed_and_can_be_mended() {
    let form = form();
    let sheet = &sheets(&form)[0];
    let staff = row_of(&form, "staff");
    let bytes = forged(&form, sheet, ABOUT_OURS, |page| {
        page.write(staff, 2, "約2400").unwrap();
    });
    let refused = read(&bytes, &subject(&form), None).unwrap();
    let faults: Vec<(String, String)> =
        refused.faults.iter().map(|fault| (fault.cell.clone(), fault.what.ja())).collect();
    let marked = Marked { typed: &refused.typed, faults: &faults };
    let copy = write(&subject(&form), &refused.sheet, None, Some(marked)).unwrap();
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(&copy[..])).unwrap();
    let beside = calamine::Reader::worksheet_range(&mut book, ANSWERS).unwrap();
    let words = beside.get_value((staff, 7)).unwrap().to_string();
    assert!(words.contains("数値として読み取れません"), "{words} stands beside the cell");
    let again = read(&copy, &subject(&form), None).unwrap();
    assert_eq!(again.typed["C5"], "約2400");
    assert_eq!(again.faults, refused.faults);
}

#[test]
fn text_that_looks_like_a_formula_stays_text() {
    let form = form();
    let mut sheet = sheets(&form)[0].clone();
    sheet.reasons.insert(QuestionId::new("staff"), "=HYPERLINK(\"http://example.jp\")".to_owned());
    let bytes = write(&subject(&form), &sheet, None, None).unwrap();
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(&bytes[..])).unwrap();
    let mut formulas = book.worksheet_cells_reader(ANSWERS).unwrap();
    while let Some(formula) = formulas.next_formula().unwrap() {
        assert_eq!(formula.get_value(), "", "at {:?}", formula.get_position());
    }
    assert_eq!(read(&bytes, &subject(&form), None).unwrap().sheet, sheet);
}

/// The workbook of another form, with one question of each kind.
fn small() -> Form {
    Form::read(include_str!("small.toml")).unwrap()
}

fn typed(change: impl FnOnce(&mut Worksheet)) -> Answer {
    let form = small();
    let about = [MAGIC, "small", "1", "012025"];
    read(&forged(&form, &Sheet::default(), about, change), &subject(&form), None).unwrap()
}

/// What was read, or what is wrong with it.
fn told(answer: &Answer, id: &str) -> String {
    let form = small();
    match answer.faults.first() {
        Some(fault) => format!("{} {}", fault.cell, fault.what.ja()),
        None => answer
            .sheet
            .value(id)
            .map(|value| exchange::typed::display(form.question(id).unwrap(), value))
            .unwrap_or_default(),
    }
}

#[test]
fn a_cell_is_taken_as_it_is_shown() {
    let form = small();
    for (id, number, format, read) in [
        ("rate", 0.8, "0%", "80"),
        ("rate", 1.0, "0%", "100"),
        ("begun", 44_287.0, "yyyy/m/d", "2021/4/1"),
        ("begun", 44_287.0, "[$-411]ge.m.d", "R3.4.1"),
        ("begun", 44_287.0, "[$-411]ggge\"年\"m\"月\"d\"日\"", "令和3年4月1日"),
        ("begun", 44_287.0, "yyyy\"年\"m\"月\"", "2021年4月"),
        ("begun", 46_024.0, "m\"月\"d\"日\"", "1月2日"),
        ("begun", 0.354_166_666_666_666_7, "h:mm", "8:30"),
        ("begun", 0.8, "0%", "80%"),
        ("begun", 155_220_001.0, "0000000000", "0155220001"),
        ("people", 434.999_999_999_999_94, "General", "435"),
        ("people", 1_234.0, "#,##0", "1234"),
    ] {
        let row = row_of(&form, id);
        let answer = typed(|page| {
            page.write_with_format(row, 2, number, &Format::new().set_num_format(format)).unwrap();
        });
        assert_eq!(told(&answer, id), read, "{format}");
    }
    for (id, number, format, words) in [
        ("people", 5.0, "[h]:mm", "「120:00」は時刻の形です"),
        ("people", 0.5, "0%", "「50%」は割合です。単位は人です"),
        ("people", 44_287.0, "yyyy/m/d", "「2021/4/1」は日付のようです"),
        ("people", 1_234_567.0, "#,##0,", "表示形式で別の数"),
        ("begun", 1_234_567_890_123_456.0, "0", "15桁を超える"),
    ] {
        let row = row_of(&form, id);
        let answer = typed(|page| {
            page.write_with_format(row, 2, number, &Format::new().set_num_format(format)).unwrap();
        });
        let told = told(&answer, id);
        let cell = cell_name(row, 2);
        assert!(told.starts_with(&cell) && told.contains(words), "{format}: {told}");
        assert!(!answer.typed[&cell].is_empty(), "the marked copy shows what was typed");
    }
}

#[test]
fn signs_marks_and_choices_are_read_as_they_look() {
    let form = small();
    let size = row_of(&form, "size");
    for text in ["100人〜299人", "100人～299人", "１００人~２９９人"] {
        let answer = typed(|page| {
            page.write(size, 2, text).unwrap();
        });
        assert_eq!(told(&answer, "size"), "100人〜299人", "{text}");
    }
    let first = row_of(&form, "means");
    for (mark, read) in [
        ("○", "在宅ガイド"),
        ("〇", "在宅ガイド"),
        ("◯", "在宅ガイド"),
        ("✔", "在宅ガイド"),
        ("×", ""),
    ] {
        let answer = typed(|page| {
            page.write(first, 2, mark).unwrap();
        });
        assert_eq!(told(&answer, "means"), read, "{mark}");
    }
    let answer = typed(|page| {
        page.write(first, 2, "たぶん").unwrap();
    });
    assert!(told(&answer, "means").contains("「○」を入力"), "{}", told(&answer, "means"));
}

#[test]
fn an_answer_beside_its_place_is_a_fault_and_a_note_in_the_margin_is_none() {
    let form = small();
    let row = row_of(&form, "means") - 1;
    let answer = typed(|page| {
        page.write(row, 2, "在宅ガイド・その他").unwrap();
    });
    assert!(
        told(&answer, "means")
            .starts_with(&format!("{} ここは回答欄ではありません", cell_name(row, 2)))
    );
    let beyond = typed(|page| {
        page.write(200, 2, "5").unwrap();
    });
    assert_eq!(beyond.faults[0].cell, "C201");
    let margin = typed(|page| {
        page.write(row, 9, "ここまで確認済み").unwrap();
    });
    assert_eq!((margin.faults.len(), margin.sheet), (0, Sheet::default()));
}

#[test]
fn moved_columns_and_further_sheets_are_named() {
    let form = small();
    let about = [MAGIC, "small", "1", "012025"];
    let read = |bytes: &[u8]| read(bytes, &subject(&form), None);
    let moved = forged(&form, &Sheet::default(), about, |page| {
        page.write(FIRST_ROW - 1, 2, "備考").unwrap();
        page.write(FIRST_ROW - 1, 3, "回答").unwrap();
    });
    assert_eq!(read(&moved).unwrap_err(), BookFault::Columns("C4".into()));
    let mut copied = Workbook::new();
    copied.add_worksheet().set_name(ANSWERS).unwrap().write(0, 0, "x").unwrap();
    copied.add_worksheet().set_name("回答 (2)").unwrap().write(4, 2, "5").unwrap();
    let page = copied.add_worksheet();
    page.set_name(ABOUT).unwrap().set_hidden(true);
    for (row, text) in (0u32..).zip(about) {
        page.write(row, 0, text).unwrap();
    }
    let fault = read(&copied.save_to_buffer().unwrap()).unwrap_err();
    assert!(fault.words().0.contains("回答 (2)"), "{fault:?}");
}

#[test]
fn an_answer_in_the_column_of_units_is_told_and_not_lost() {
    let form = small();
    let about = [MAGIC, "small", "1", "012025"];
    let slipped = |text: &'static str| {
        let bytes = forged(&form, &Sheet::default(), about, |page| {
            page.write(row_of(&form, "rate"), ANSWER_COLUMN, "80").unwrap();
            page.write(row_of(&form, "people"), UNIT_COLUMN, text).unwrap();
        });
        read(&bytes, &subject(&form), None).unwrap().faults
    };
    let cell = cell_name(row_of(&form, "people"), UNIT_COLUMN);
    for unit in ["人", "", " 人　"] {
        assert_eq!(slipped(unit), [], "{unit}");
    }
    let faults = slipped("12");
    assert_eq!(faults.iter().map(|fault| &fault.cell).collect::<Vec<_>>(), [&cell]);
    assert!(faults[0].what.ja().contains("ここは回答欄ではありません（「12」）"));
}

#[test]
fn what_is_no_number_is_text_in_the_workbook() {
    let form = small();
    let bytes = write(&subject(&form), &Sheet::default(), None, None).unwrap();
    let (page, styles) = (part(&bytes, "xl/worksheets/sheet1.xml"), part(&bytes, "xl/styles.xml"));
    let formats: Vec<&str> =
        styles.split("<cellXfs").nth(1).unwrap().split("<xf ").skip(1).collect();
    let is_text = |id: &str| {
        let cell = format!("<c r=\"{}\" s=\"", cell_name(row_of(&form, id), ANSWER_COLUMN));
        let style = page.split(&cell).nth(1).unwrap().split('"').next().unwrap();
        formats[style.parse::<usize>().unwrap()].contains("numFmtId=\"49\"")
    };
    assert!(is_text("begun") && is_text("size") && is_text("means"));
    assert!(!is_text("people") && !is_text("rate"), "a number stays one");
}
