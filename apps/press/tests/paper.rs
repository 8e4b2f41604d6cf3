//! Documents as a reader sees them: poppler opens each one, and every text that went in comes out.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use paper::{
    Annex, AnnexCell, AnnexColumn, AnnexRow, AnnexTable, Article, Attendance, AttendanceDay,
    Choice, Fault, Field, FormCheck, FormSheet, Paper, Press, Rules, Total,
};

static PRESS: LazyLock<Press> = LazyLock::new(|| {
    Press::at(Path::new(env!("CARGO_BIN_EXE_noren-press"))).patient_for(Duration::from_secs(120))
});

/// What poppler makes of it; needs the Debian package poppler-utils.
fn poppler(program: &str, args: &[&str], pdf: &[u8]) -> String {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} (Debian: poppler-utils): {error}"));
    let mut input = child.stdin.take().unwrap();
    let bytes = pdf.to_vec();
    let feed = std::thread::spawn(move || input.write_all(&bytes));
    let out = child.wait_with_output().unwrap();
    feed.join().unwrap().unwrap();
    assert!(out.status.success(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
    // It complains of what it does not understand; of two attributes of every tagged document, too.
    let complaints = String::from_utf8_lossy(&out.stderr);
    let known = ["Suspects object is wrong type", "Attribute BorderColor value is of wrong type"];
    let complaints: Vec<&str> =
        complaints.lines().filter(|line| !known.iter().any(|known| line.contains(known))).collect();
    assert!(complaints.is_empty(), "{program}: {complaints:?}");
    // Titles of its structure it writes in UTF-16, among ASCII.
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Its text without any white space: where a line breaks is the typesetter's business.
fn text(pdf: &[u8]) -> String {
    let text = poppler("pdftotext", &["-layout", "-", "-"], pdf);
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Kept for looking at when `NOREN_PAPERS` names a folder.
fn print(name: &str, paper: &Paper) -> Vec<u8> {
    let pdf = PRESS.print(paper).unwrap();
    if let Some(folder) = std::env::var_os("NOREN_PAPERS") {
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.pdf")), &pdf).unwrap();
    }
    pdf
}

fn annex() -> Annex {
    let cell = |n: &str, p: &str, past: Option<(&str, &str)>| AnnexCell {
        count: n.into(),
        percent: Some(p.into()),
        previous_count: past.map(|(n, _)| n.into()),
        previous_percent: past.map(|(_, p)| p.into()),
    };
    let columns = |names: &[&str]| {
        names.iter().map(|name| AnnexColumn { name: (*name).into() }).collect::<Vec<_>>()
    };
    let row = |name: &str, indent, base: &str, cells| AnnexRow {
        name: name.into(),
        indent,
        base: base.into(),
        cells,
    };
    Annex {
        title: "試しの調査結果".into(),
        author: "みほん県".into(),
        mark: "別添１".into(),
        as_of: "令和3年10月1日現在".into(),
        scope: String::new(),
        points: vec!["市区町村では849団体（49.3％）".into()],
        tables: vec![
            AnnexTable {
                title: "導入状況".into(),
                note: "試験的なものを含む".into(),
                base_label: String::new(),
                columns: columns(&["導入", "検討"]),
                rows: vec![
                    row(
                        "市区町村",
                        0,
                        "1,721",
                        vec![cell("849", "49.3", Some(("342", "19.9"))), cell("147", "8.5", None)],
                    ),
                    row(
                        "301名以上",
                        1,
                        "556",
                        vec![cell("432", "77.7", Some(("213", "38.0"))), cell("40", "7.2", None)],
                    ),
                ],
            },
            AnnexTable {
                title: "形態".into(),
                base_label: "導入団体".into(),
                columns: columns(&["在宅勤務", "その他"]),
                rows: vec![row(
                    "合計",
                    0,
                    "916",
                    vec![cell("874", "95.4", None), cell("26", "2.8", None)],
                )],
                ..AnnexTable::default()
            },
            AnnexTable {
                title: "理由".into(),
                base_label: "未導入団体".into(),
                columns: columns(&["窓口業務や相談業務などがテレワークになじまない"]),
                rows: vec![row("合計", 0, "872", vec![cell("780", "89.4", None)])],
                ..AnnexTable::default()
            },
        ],
    }
}

#[test]
fn an_annex_shows_every_figure_with_last_times_in_brackets() {
    let pdf = print("annex", &Paper::Annex(annex()));
    let text = text(&pdf);
    for part in [
        "別添１",
        "令和3年10月1日現在",
        "市区町村［1,721］",
        "849（342）",
        "49.3％（19.9％）",
        "147",
        "8.5％",
        "301名以上［556］",
        "432（213）",
        "77.7％（38.0％）",
        "874",
        "【95.4％】",
        "導入団体［916］",
        "①窓口業務や相談業務などがテレワークになじまない",
        "780",
        "89.4％",
        "試験的なものを含む",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_document_is_tagged_and_says_its_title_and_language() {
    let pdf = print("title", &Paper::Annex(annex()));
    let info = poppler("pdfinfo", &["-"], &pdf);
    let line = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    assert_eq!(line("Title"), "試しの調査結果");
    assert_eq!(line("Author"), "みほん県");
    assert_eq!(line("Tagged"), "yes");
    assert_eq!(line("Pages"), "1");
    assert!(line("Page size").contains("A4"), "{info}");
    assert_eq!(line("JavaScript"), "no");
    // The language stands in the catalogue, which poppler does not show.
    let raw = String::from_utf8_lossy(&pdf).into_owned();
    assert!(raw.contains("/Lang (ja-JP)") || raw.contains("/Lang(ja-JP)"), "no language");
    assert!(raw.contains("pdfuaid:part"), "not PDF/UA");
    let structure = poppler("pdfinfo", &["-struct", "-"], &pdf);
    assert!(
        structure.contains("H1") && structure.contains("Table") && structure.contains("TH"),
        "{structure}"
    );
}

#[test]
fn articles_are_numbered_and_their_items_too() {
    let rules = Rules {
        title: "テレワーク実施要領".into(),
        body: "みほん町".into(),
        dated: "令和8年11月23日".into(),
        articles: vec![
            Article {
                about: "趣旨".into(),
                paragraphs: vec!["この要領は、テレワークについて定める。".repeat(3)],
                items: vec![],
            },
            Article {
                about: "対象職員".into(),
                paragraphs: vec![
                    "次に掲げる者とする。".into(),
                    "前項にかかわらず、別に定める。".into(),
                ],
                items: (1..=11).map(|n| format!("号その{n}")).collect(),
            },
        ],
        supplement: vec!["この要領は、公布の日から施行する。".into()],
        remark: "標準例です。".into(),
    };
    let text = text(&print("rules", &Paper::Rules(rules)));
    for part in [
        "第１条この要領は",
        "（対象職員）",
        "第２条次に",
        "２前項に",
        "一号その1",
        "十号その10",
        "十一号その11",
        "附則",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn the_end_of_the_rules_never_stands_on_a_page_without_an_article() {
    // Line by line over more than one page: somewhere each piece of the end meets the page's foot.
    for lines in 36..60 {
        let article = |n: usize| Article {
            about: "対象".into(),
            paragraphs: vec![format!("条文その{n}。")],
            items: vec![],
        };
        let articles = (0..lines / 3).map(article);
        let filler = Article {
            about: "列挙".into(),
            paragraphs: vec!["次のとおりとする。".into()],
            items: vec!["項目".into(); lines % 3],
        };
        let rules = Rules {
            title: "テレワーク実施要領".into(),
            articles: std::iter::once(filler).chain(articles).collect(),
            supplement: vec!["公布の日から施行する。".into()],
            remark: "標準例です。".into(),
            ..Rules::default()
        };
        let pdf = PRESS.print(&Paper::Rules(rules)).unwrap();
        let all = poppler("pdftotext", &["-layout", "-", "-"], &pdf);
        let last = all.trim_end_matches('\u{c}').split('\u{c}').next_back().unwrap();
        let last = squeezed(last);
        for part in ["条文その", "附則", "標準例です。"] {
            assert!(last.contains(part), "{lines}: {part} in {last}");
        }
    }
}

fn form() -> FormSheet {
    FormSheet {
        body: "みほん町".into(),
        number: "様式第１号".into(),
        title: "テレワーク登録申請書".into(),
        to: "（宛先）所属長".into(),
        date: "令和8年11月23日".into(),
        from: vec![("所属".into(), "総務課".into()), ("氏名".into(), "髙橋 花子".into())],
        lead: "次のとおり申請します。".into(),
        fields: vec![
            Field {
                label: "形態".into(),
                choices: vec![
                    Choice { text: "在宅勤務".into(), ticked: true },
                    Choice { text: "モバイルワーク".into(), ticked: false },
                ],
                lines: 1,
                ..Field::default()
            },
            Field { label: "業務の内容".into(), lines: 4, ..Field::default() },
        ],
        checklist_title: "作業環境チェックリスト".into(),
        checklist: vec![FormCheck {
            text: "机がある".into(), required: true, holds: Some(true)
        }],
        stamps: vec!["所属長".into(), "人事担当".into()],
        notes: vec!["写しを取ってください。".into()],
    }
}

#[test]
fn a_form_shows_what_is_filled_in_and_leaves_room_for_the_rest() {
    let text = text(&print("form", &Paper::Form(form())));
    for part in [
        "様式第１号",
        "髙橋花子",
        "■在宅勤務",
        "□モバイルワーク",
        "業務の内容",
        "机がある",
        "必須",
        "■はい□いいえ",
        "人事担当",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_month_fits_on_one_page() {
    let days = (1..=31).map(|n| AttendanceDay {
        day: n.to_string(),
        weekday: "月".into(),
        off: n % 7 == 0,
        ordered: "在宅勤務・1日".into(),
        start: "08:30".into(),
        end: "17:15".into(),
        worked: format!("7:{n:02}"),
        connected: "7:40".into(),
        remark: if n == 9 {
            "差異あり：回線の不調により接続が遅れたため".into()
        } else {
            String::new()
        },
    });
    let attendance = Attendance {
        title: "出勤簿".into(),
        body: "みほん町".into(),
        division: "総務課".into(),
        name: "佐藤 花子".into(),
        month: "令和8年10月".into(),
        days: days.collect(),
        totals: vec![Total { label: "実施日数".into(), value: "31日".into() }],
        stamps: vec!["本人".into()],
        notes: vec!["未確定".into()],
    };
    let pdf = print("attendance", &Paper::Attendance(attendance));
    assert!(poppler("pdfinfo", &["-"], &pdf).contains("Pages:           1"));
    let text = text(&pdf);
    for n in 1..=31 {
        assert!(text.contains(&format!("7:{n:02}")), "day {n}");
    }
    assert!(text.contains("実施日数31日") && text.contains("未確定"));
}

/// Texts that a typesetter, a PDF or a template might take for more than text.
const HOSTILE: [&str; 8] = [
    "#panic(\"x\")",
    "#read(\"/etc/passwd\")",
    "*太字* _斜体_ $x^2$",
    "<label> @ref [b] \\u{41}",
    "= 見出し",
    "// 注 /* 注 */",
    ") endobj (%",
    "\"}, {\"title\": \"",
];

#[test]
fn a_text_that_looks_like_markup_stays_the_text_it_is() {
    for hostile in HOSTILE {
        let mut form = form();
        form.title = hostile.to_owned();
        form.body = hostile.to_owned();
        form.from = vec![(hostile.to_owned(), hostile.to_owned())];
        form.lead = hostile.to_owned();
        form.notes = vec![hostile.to_owned()];
        form.fields = vec![Field {
            label: "形態".into(),
            value: hostile.to_owned(),
            lines: 1,
            ..Field::default()
        }];
        let text = text(&PRESS.print(&Paper::Form(form)).unwrap());
        assert!(text.matches(&squeezed(hostile)).count() >= 4, "{hostile} in {text}");
        let mut annex = annex();
        annex.tables[0].rows[0].name = hostile.to_owned();
        annex.points = vec![hostile.to_owned()];
        PRESS.print(&Paper::Annex(annex)).unwrap();
    }
}

#[test]
fn letters_no_font_has_and_letters_nobody_sees_do_not_stop_a_document() {
    for (odd, seen) in [
        ("\u{0}\u{7}\u{1b}", ""),
        ("𩸽𠮷髙", "𩸽𠮷髙"),
        ("\u{202e}逆", "逆"),
        ("😀", "〓"),
        ("\u{feff}\u{200d}", ""),
        ("\u{10ffff}", "〓"),
    ] {
        let mut form = form();
        form.from = vec![("氏名".into(), format!("佐藤{odd}花子"))];
        form.title = format!("申請{odd}書");
        let pdf =
            PRESS.print(&Paper::Form(form)).unwrap_or_else(|error| panic!("{odd:?}: {error}"));
        let text = text(&pdf);
        assert!(text.contains(&format!("佐藤{seen}花子")), "{odd:?} in {text}");
        assert!(text.contains(&format!("申請{seen}書")), "{odd:?} in {text}");
    }
    // A variant of a letter is kept as one.
    let mut form = form();
    form.to = "葛\u{e0100}城市長".into();
    assert!(text(&PRESS.print(&Paper::Form(form)).unwrap()).contains("城市長"));
}

#[test]
fn too_much_data_is_refused_before_it_is_printed() {
    let mut form = form();
    form.lead = "あ".repeat(paper::MAX_DATA / 3);
    assert!(matches!(PRESS.print(&Paper::Form(form)), Err(Fault::TooLarge)));
}

#[test]
fn an_empty_document_is_a_document() {
    for paper in [
        Paper::Annex(Annex { title: "空".into(), ..Annex::default() }),
        Paper::Rules(Rules { title: "空".into(), ..Rules::default() }),
        Paper::Form(FormSheet { title: "空".into(), ..FormSheet::default() }),
        Paper::Attendance(Attendance { title: "空".into(), ..Attendance::default() }),
    ] {
        PRESS.print(&paper).unwrap();
    }
}
