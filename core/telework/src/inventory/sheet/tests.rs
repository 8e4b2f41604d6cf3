//! The inventory as a table, there and back, and every fault of it.

use super::super::tests_support::desk_work;
use super::super::{Decided, Outcome, RuleSet};
use super::*;
use crate::testing::who;
use crate::time::Minutes;

fn table(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn divisions() -> BTreeMap<String, DivisionId> {
    [("100".to_owned(), DivisionId([7; 16]))].into()
}

fn read(text: &str, works: &BTreeMap<u64, Work>) -> Result<Vec<Work>, Vec<CellFault>> {
    read_works(&table(text), &Known { divisions: &divisions(), works })
}

#[test]
fn what_goes_out_comes_back_and_keeps_what_people_decided() {
    let at = "2026-04-01T00:00:00Z".parse().unwrap();
    let decided =
        Some(Decided { outcome: Outcome::Possible, why: "予約制".into(), by: who("sato"), at });
    let work = Work {
        counter: true,
        decided,
        removed: vec!["paper".into()],
        yearly: Minutes(20),
        ..desk_work()
    };
    let rows = [
        work_headings(),
        work_row(&work, &RuleSet::shipped().unwrap().judge(&work), "100", "佐藤"),
    ];
    assert_eq!(rows[1].last().unwrap(), "2026-04-01 佐藤（予約制）");
    let works = BTreeMap::from([(1, work.clone())]);
    assert_eq!(
        read_works(&rows, &Known { divisions: &divisions(), works: &works }),
        Ok(vec![work])
    );
}

#[test]
fn a_short_list_is_enough_and_full_width_is_read() {
    let found = read(
        "業務名,所属コード,年間時間,取り扱う情報,ネットワーク\n予算,１００,１２０．５,庁内情報,ＬＧＷＡＮ接続系\n,,,,\n",
        &BTreeMap::new(),
    )
    .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].id, found[0].yearly, found[0].zone, found[0].interruptible),
        (0, Minutes(7_230), Zone::Lgwan, true)
    );
}

#[test]
fn every_fault_has_its_cell() {
    let works = BTreeMap::from([(1, desk_work())]);
    let text = "番号,所属コード,業務名,年間時間,取り扱う情報,ネットワーク,押印\n\
        1,100,予算,120,庁内情報,LGWAN接続系,\n\
        1,100,予算,0,秘密,LGWAN,たぶん\n\
        9,200,,abc,庁内情報,,はい\n";
    let faults = read(text, &works).unwrap_err();
    let cells: Vec<(String, CellFaultKind)> =
        faults.iter().map(|fault| (fault.cell(), fault.kind.clone())).collect();
    assert_eq!(
        cells,
        [
            ("A3".into(), CellFaultKind::Twice(2)),
            ("D3".into(), CellFaultKind::Hours),
            ("E3".into(), CellFaultKind::Word(Words::Information)),
            ("F3".into(), CellFaultKind::Word(Words::Zone)),
            ("G3".into(), CellFaultKind::Word(Words::YesNo)),
            ("A4".into(), CellFaultKind::NoWork),
            ("B4".into(), CellFaultKind::NoDivision(None)),
            ("C4".into(), CellFaultKind::Missing),
            ("D4".into(), CellFaultKind::Hours),
            ("F4".into(), CellFaultKind::Missing),
        ]
    );
    let heads = read("番号,番号,ほか\n1,2,3\n", &works).unwrap_err();
    assert_eq!(
        heads.iter().map(CellFault::cell).collect::<Vec<_>>(),
        ["B1", "C1", "1", "1", "1", "1", "1"]
    );
    assert_eq!(
        read("所属コード,業務名,年間時間,取り扱う情報,ネットワーク\n", &works).unwrap_err()[0].kind,
        CellFaultKind::Empty
    );
}

#[test]
fn rows_and_faults_are_bounded() {
    let head = "所属コード,業務名,年間時間,取り扱う情報,ネットワーク\n";
    let many = head.to_owned() + &"x,y,z,a,b\n".repeat(MAX_ROWS + 1);
    assert_eq!(read(&many, &BTreeMap::new()).unwrap_err()[0].kind, CellFaultKind::TooMany);
    let wrong = head.to_owned() + &"x,y,z,a,b\n".repeat(MAX_ROWS);
    assert_eq!(read(&wrong, &BTreeMap::new()).unwrap_err().len(), MAX_FAULTS);
    let wide = "ほか,".repeat(MAX_FAULTS * 2);
    assert_eq!(read(&wide, &BTreeMap::new()).unwrap_err().len(), MAX_FAULTS);
}

#[test]
fn links_name_people_and_work_of_ones_own() {
    let staff = BTreeMap::from([("sato".to_owned(), who("sato"))]);
    let works = BTreeMap::from([(1, desk_work())]);
    let read = |text: &str| read_links(&table(text), &staff, &works);
    let good = read("サインイン名,業務番号,年間時間,氏名\nSATO,1,20,佐藤\n").unwrap();
    assert_eq!(good, [Share { staff: who("sato"), work: 1, yearly: Minutes(1_200) }]);
    let faults = read("サインイン名,業務番号,年間時間\nkato,2,1\nsato,1,1\nsato,1,2\nsato,,-1\n")
        .unwrap_err();
    let kinds: Vec<_> = faults.iter().map(|fault| (fault.cell(), fault.kind.clone())).collect();
    assert_eq!(
        kinds,
        [
            ("A2".into(), CellFaultKind::NoStaff),
            ("B2".into(), CellFaultKind::NoWork),
            ("B4".into(), CellFaultKind::Twice(3)),
            ("B5".into(), CellFaultKind::Missing),
            ("C5".into(), CellFaultKind::Hours),
        ]
    );
}

#[test]
fn hours_there_and_back() {
    for minutes in [1, 15, 20, 30, 59, 60, 465, 7_230, 60_000_000] {
        assert_eq!(read_hours(&hours(Minutes(minutes))), Some(Minutes(minutes)));
    }
    for wrong in ["", "0", "-1", "1.234", "1:30", "1e3", "99999999", ".5", "１２時"] {
        assert_eq!(read_hours(wrong), None, "{wrong}");
    }
    assert_eq!(read_hours("1,200時間"), Some(Minutes(72_000)));
}

#[test]
fn a_cell_is_read_as_it_was_shown_or_named() {
    let divisions = BTreeMap::from([("020".to_owned(), DivisionId([7; 16]))]);
    let read = |code: &str, hours: &str, paper: &str| {
        let head = "所属コード,業 務 名,年間時間,取り扱う情報,ネットワーク,紙の文書,,";
        let row = format!("{code},か\u{3099},{hours},庁内情報,ＬＧＷＡＮ接続系,{paper},,");
        let known = Known { divisions: &divisions, works: &BTreeMap::new() };
        read_works(&table(&format!("{head}\n{row}")), &known)
    };
    let good = read("０２０", "120時間", "◯").unwrap();
    assert_eq!(
        (good[0].name.as_str(), good[0].paper, good[0].yearly),
        ("が", true, Minutes(7_200))
    );
    for (code, hours, kind) in [
        ("020", "120:00", CellFaultKind::TimeOfDay),
        ("020", "24:00:00", CellFaultKind::TimeOfDay),
        ("020", "1:30", CellFaultKind::TimeOfDay),
        ("020", "8時30分", CellFaultKind::TimeOfDay),
        ("020", "50%", CellFaultKind::Percent),
        ("020", "2026/1/2", CellFaultKind::Date),
        ("020", "1月2日", CellFaultKind::Date),
        ("020", "0.333", CellFaultKind::Hours),
        ("20", "1", CellFaultKind::NoDivision(Some("020".into()))),
        ("30", "1", CellFaultKind::NoDivision(None)),
    ] {
        assert_eq!(read(code, hours, "").unwrap_err()[0].kind, kind, "{code} {hours}");
    }
    let aside =
        "所属コード,業務名,年間時間,取り扱う情報,ネットワーク\n020,a,1,なし,LGWAN接続系,メモ\n";
    let known = Known { divisions: &divisions, works: &BTreeMap::new() };
    let faults = read_works(&table(aside), &known).unwrap_err();
    assert_eq!((faults[0].cell().as_str(), &faults[0].kind), ("F2", &CellFaultKind::NoHeading));
}
