//! The inventory as a table of cells, in and out: all rows or none, every fault by its cell.

use std::collections::{BTreeMap, BTreeSet};

use people::{DivisionId, StaffId};

use super::{Approval, Frequency, Information, Judgement, Share, Work, Zone};
use crate::time::Minutes;

/// Most rows of one file, without its heading.
pub const MAX_ROWS: usize = 5_000;
/// Faults named at most; the first ones are enough to see what is wrong.
pub const MAX_FAULTS: usize = 200;
/// Longest name of a piece of work, characters.
pub const MAX_NAME: usize = 100;
/// Most time a year on one piece of work, hours.
const MAX_HOURS: u32 = 1_000_000;

/// Headings of the list of work that are read, in the order of the template; the flag says which may not be missing.
const WORK: [(&str, bool); 14] = [
    ("番号", false),
    ("所属コード", true),
    ("業務名", true),
    ("頻度", false),
    ("年間時間", true),
    ("取り扱う情報", true),
    ("ネットワーク", true),
    ("紙の文書", false),
    ("押印", false),
    ("窓口", false),
    ("現場", false),
    ("外線電話", false),
    ("決裁", false),
    ("中断できる", false),
];
/// Headings that go out and are passed over coming in: what follows from the others.
const JUDGED: [&str; 5] = ["判定", "支障", "可能にするには", "調査の理由", "人の判断"];
/// Headings of the list of links.
const LINK: [(&str, bool); 3] = [("サインイン名", true), ("業務番号", true), ("年間時間", true)];
/// The same for links.
const LINK_SAID: [&str; 2] = ["氏名", "業務名"];

/// What is wrong with one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellFault {
    /// Row as a spreadsheet counts: the heading is 1.
    pub row: usize,
    /// Column as a spreadsheet counts, from 0; none when it is about the row or the file.
    pub column: Option<usize>,
    /// What.
    pub kind: CellFaultKind,
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellFaultKind {
    /// A heading is missing.
    HeadingMissing(&'static str),
    /// A heading this list does not know, or one that stands twice.
    HeadingUnknown,
    /// No rows.
    Empty,
    /// More than [`MAX_ROWS`].
    TooMany,
    /// Something has to stand here.
    Missing,
    /// Longer than [`MAX_NAME`] characters, or with control characters.
    Name,
    /// No division of one's own has this code.
    NoDivision,
    /// No work of one's own has this number.
    NoWork,
    /// Nobody of one's own has this sign-in name.
    NoStaff,
    /// The same work, or the same link, stands twice; the first is in this row.
    Twice(usize),
    /// Not hours: a number above 0 with at most two decimals.
    Hours,
    /// None of the words of this column; the words.
    Word(Words),
    /// A formula; only values are read.
    Formula,
}

/// The words a column knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the attribute of the same name")]
pub enum Words {
    Frequency,
    Information,
    Zone,
    Approval,
    YesNo,
}

impl Words {
    /// The words, as they are written.
    pub fn all(self) -> Vec<&'static str> {
        match self {
            Self::Frequency => Frequency::ALL.iter().map(|one| one.ja()).collect(),
            Self::Information => Information::ALL.iter().map(|one| one.ja()).collect(),
            Self::Zone => Zone::ALL.iter().map(|one| one.ja()).collect(),
            Self::Approval => Approval::ALL.iter().map(|one| one.ja()).collect(),
            Self::YesNo => vec!["はい", "いいえ"],
        }
    }
}

impl CellFault {
    /// The cell as a spreadsheet names it, such as `C12`; the row alone when it is about the row.
    pub fn cell(&self) -> String {
        self.column.map_or_else(|| self.row.to_string(), |column| format!("{}{}", letters(column), self.row))
    }
}

fn letters(column: usize) -> String {
    let mut out = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        out.push(char::from(b'A' + u8::try_from((left - 1) % 26).unwrap_or(0)));
        left = (left - 1) / 26;
    }
    out.iter().rev().collect()
}

/// The first row of the list of work.
pub fn work_headings() -> Vec<String> {
    WORK.iter().map(|(name, _)| *name).chain(JUDGED).map(str::to_owned).collect()
}

/// The first row of the list of links.
pub fn link_headings() -> Vec<String> {
    LINK.iter().map(|(name, _)| *name).chain(LINK_SAID).map(str::to_owned).collect()
}

/// The words each column of the list of work knows, by column from 0: for drop-downs.
pub fn work_choices() -> Vec<(usize, Words)> {
    let yes_no = [7, 8, 9, 10, 11, 13].map(|column| (column, Words::YesNo));
    let mut all = vec![(3, Words::Frequency), (5, Words::Information), (6, Words::Zone), (12, Words::Approval)];
    all.extend(yes_no);
    all
}

/// One row of the list of work.
pub fn work_row(work: &Work, judged: &Judgement, division_code: &str, decided_by: &str) -> Vec<String> {
    let yes = |on: bool| if on { "はい" } else { "いいえ" }.to_owned();
    let list = |parts: Vec<&str>| parts.join("、");
    let causes: Vec<&str> = judged.causes.iter().map(|cause| cause.name.as_str()).collect();
    let remedies: Vec<&str> = judged.causes.iter().filter_map(|cause| cause.remedy.as_deref()).collect();
    let decided = work.decided.as_ref().map(|d| format!("{} {}（{}）", crate::time::tokyo(d.at).date(), decided_by, d.why));
    vec![
        work.id.to_string(),
        division_code.to_owned(),
        work.name.clone(),
        work.frequency.ja().to_owned(),
        hours(work.yearly),
        work.information.ja().to_owned(),
        work.zone.ja().to_owned(),
        yes(work.paper),
        yes(work.seal),
        yes(work.counter),
        yes(work.site),
        yes(work.telephone),
        work.approval.ja().to_owned(),
        yes(work.interruptible),
        judged.outcome.ja().to_owned(),
        list(causes),
        list(remedies),
        judged.reason.clone().unwrap_or_default(),
        decided.unwrap_or_default(),
    ]
}

/// Minutes as hours with at most two decimals: `120`, `0.5`, `0.33`.
pub fn hours(minutes: Minutes) -> String {
    let hundredths = (u64::from(minutes.0) * 100 + 30) / 60;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Hours as people type them, full-width digits and commas included, to the nearest minute.
pub fn read_hours(text: &str) -> Option<Minutes> {
    let text = plain(text).replace(',', "");
    let text = text.strip_suffix("時間").unwrap_or(&text);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || whole.len() > 7 || part.len() > 2 || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let hundredths: u32 = format!("{part:0<2}").parse().ok()?;
    let minutes = whole.checked_mul(60)?.checked_add((hundredths * 60 + 50) / 100)?;
    (minutes > 0 && minutes <= MAX_HOURS * 60).then_some(Minutes(minutes))
}

/// Trimmed, full-width letters, digits and marks as plain ones.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        c => c,
    };
    text.chars().map(narrow).collect::<String>().trim().to_owned()
}

/// What an import of work may name: only what belongs to whoever imports.
#[derive(Debug)]
pub struct Known<'a> {
    /// Divisions by code.
    pub divisions: &'a BTreeMap<String, DivisionId>,
    /// Work by number, to be changed by a row with its number.
    pub works: &'a BTreeMap<u64, Work>,
}

/// Reads a list of work whose first row holds the headings. A row with a number changes that work, one without adds one (number 0). What
/// people decided about a work is kept.
///
/// # Errors
/// Every fault by its cell, at most [`MAX_FAULTS`]; then nothing is to be taken over.
pub fn read_works(rows: &[Vec<String>], known: &Known<'_>) -> Result<Vec<Work>, Vec<CellFault>> {
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    read_rows(rows, &WORK, &JUDGED, |row| {
        let before = row.work(known.works, 0, false);
        if let Some(Some(work)) = &before {
            match seen.get(&work.id) {
                Some(first) => row.fault(0, CellFaultKind::Twice(*first)),
                None => _ = seen.insert(work.id, row.number),
            }
        }
        let division = row.find(1, CellFaultKind::NoDivision, |code| known.divisions.get(code).copied());
        let name = row.name(2);
        let frequency = row.word(3, Words::Frequency, Some(Frequency::Occasional), Frequency::read);
        let yearly = row.find(4, CellFaultKind::Hours, read_hours);
        let information = row.word(5, Words::Information, None, Information::read);
        let zone = row.word(6, Words::Zone, None, Zone::read);
        let [paper, seal, counter, site, telephone] = [7, 8, 9, 10, 11].map(|column| row.yes_no(column, false));
        let approval = row.word(12, Words::Approval, Some(Approval::None), Approval::read);
        let interruptible = row.yes_no(13, true);
        let before = before?;
        Some(Work {
            id: before.map_or(0, |work| work.id),
            name: name?,
            division: division?,
            frequency: frequency?,
            yearly: yearly?,
            information: information?,
            zone: zone?,
            paper: paper?,
            seal: seal?,
            counter: counter?,
            site: site?,
            telephone: telephone?,
            approval: approval?,
            interruptible: interruptible?,
            decided: before.and_then(|work| work.decided.clone()),
            removed: before.map(|work| work.removed.clone()).unwrap_or_default(),
        })
    })
}

/// Reads a list of who does what: sign-in name, number of the work, her hours a year on it.
///
/// # Errors
/// Every fault by its cell, at most [`MAX_FAULTS`]; then nothing is to be taken over.
pub fn read_links(
    rows: &[Vec<String>],
    staff: &BTreeMap<String, StaffId>,
    works: &BTreeMap<u64, Work>,
) -> Result<Vec<Share>, Vec<CellFault>> {
    let mut seen: BTreeMap<(StaffId, u64), usize> = BTreeMap::new();
    read_rows(rows, &LINK, &LINK_SAID, |row| {
        let who = row.find(0, CellFaultKind::NoStaff, |login| staff.get(&login.to_ascii_lowercase()).copied());
        let work = row.work(works, 1, true);
        let yearly = row.find(2, CellFaultKind::Hours, read_hours);
        let (who, work) = (who?, work??);
        match seen.get(&(who, work.id)) {
            Some(first) => row.fault(1, CellFaultKind::Twice(*first)),
            None => _ = seen.insert((who, work.id), row.number),
        }
        Some(Share { staff: who, work: work.id, yearly: yearly? })
    })
}

fn read_rows<T>(
    rows: &[Vec<String>],
    headings: &[(&'static str, bool)],
    passed: &[&str],
    mut read: impl FnMut(&mut Row<'_>) -> Option<T>,
) -> Result<Vec<T>, Vec<CellFault>> {
    let columns = columns(rows.first().map_or(&[][..], Vec::as_slice), headings, passed)?;
    let body = rows.get(1..).unwrap_or_default();
    let filled = || body.iter().enumerate().filter(|(_, row)| row.iter().any(|cell| !cell.trim().is_empty()));
    match filled().count() {
        0 => return Err(vec![CellFault { row: 2, column: None, kind: CellFaultKind::Empty }]),
        count if count > MAX_ROWS => {
            return Err(vec![CellFault { row: MAX_ROWS + 2, column: None, kind: CellFaultKind::TooMany }]);
        }
        _ => {}
    }
    let mut faults = Vec::new();
    let mut found = Vec::new();
    for (at, cells) in filled() {
        let before = faults.len();
        let mut row = Row { cells, number: at + 2, columns: &columns, faults: &mut faults };
        let value = read(&mut row);
        if faults.len() >= MAX_FAULTS {
            faults.truncate(MAX_FAULTS);
            return Err(faults);
        }
        match value {
            Some(value) => found.push(value),
            // A row that gives nothing has said why.
            None if faults.len() == before => {
                faults.push(CellFault { row: at + 2, column: None, kind: CellFaultKind::Missing });
            }
            None => {}
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

/// Where each column of ours stands in the file.
fn columns(row: &[String], headings: &[(&'static str, bool)], passed: &[&str]) -> Result<Vec<Option<usize>>, Vec<CellFault>> {
    let mut columns = vec![None; headings.len()];
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, cell) in row.iter().enumerate() {
        let cell = plain(cell.trim_start_matches('\u{feff}'));
        if cell.is_empty() || passed.contains(&cell.as_str()) {
            continue;
        }
        match headings.iter().position(|(name, _)| *name == cell) {
            Some(known) if seen.insert(known) => columns[known] = Some(at),
            _ if faults.len() < MAX_FAULTS => {
                faults.push(CellFault { row: 1, column: Some(at), kind: CellFaultKind::HeadingUnknown });
            }
            _ => {}
        }
    }
    for ((name, needed), column) in headings.iter().zip(&columns) {
        if *needed && column.is_none() {
            faults.push(CellFault { row: 1, column: None, kind: CellFaultKind::HeadingMissing(name) });
        }
    }
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

struct Row<'a> {
    cells: &'a [String],
    number: usize,
    columns: &'a [Option<usize>],
    faults: &'a mut Vec<CellFault>,
}

impl Row<'_> {
    fn fault(&mut self, column: usize, kind: CellFaultKind) {
        let column = self.columns.get(column).copied().flatten();
        self.faults.push(CellFault { row: self.number, column, kind });
    }

    /// The cell, plain and trimmed; empty when the column is not in the file.
    fn text(&self, column: usize) -> String {
        let at = self.columns.get(column).copied().flatten();
        at.and_then(|at| self.cells.get(at)).map(|cell| plain(cell)).unwrap_or_default()
    }

    fn find<T>(&mut self, column: usize, wrong: CellFaultKind, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(column);
        let found = read(&text);
        if found.is_none() {
            self.fault(column, if text.is_empty() { CellFaultKind::Missing } else { wrong });
        }
        found
    }

    fn word<T>(&mut self, column: usize, words: Words, empty: Option<T>, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        if self.text(column).is_empty() && empty.is_some() {
            return empty;
        }
        self.find(column, CellFaultKind::Word(words), read)
    }

    fn yes_no(&mut self, column: usize, empty: bool) -> Option<bool> {
        self.word(column, Words::YesNo, Some(empty), |text| match text.to_ascii_lowercase().as_str() {
            "はい" | "○" | "有" | "yes" | "1" => Some(true),
            "いいえ" | "×" | "無" | "no" | "0" => Some(false),
            _ => None,
        })
    }

    fn name(&mut self, column: usize) -> Option<String> {
        let at = self.columns.get(column).copied().flatten();
        let text = at.and_then(|at| self.cells.get(at)).map(|cell| cell.trim().to_owned()).unwrap_or_default();
        let kind = match text.chars().count() {
            0 => CellFaultKind::Missing,
            count if count > MAX_NAME || text.chars().any(char::is_control) => CellFaultKind::Name,
            _ => return Some(text),
        };
        self.fault(column, kind);
        None
    }

    /// The work of the number in a cell; `Some(None)` for an empty cell where one may be empty.
    fn work<'w>(&mut self, works: &'w BTreeMap<u64, Work>, column: usize, needed: bool) -> Option<Option<&'w Work>> {
        if !needed && self.text(column).is_empty() {
            return Some(None);
        }
        self.find(column, CellFaultKind::NoWork, |text| works.get(&text.parse::<u64>().ok()?)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests_support::desk_work;
    use super::super::{Decided, Outcome, RuleSet};
    use super::*;
    use crate::testing::who;

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
        let decided = Some(Decided { outcome: Outcome::Possible, why: "予約制".into(), by: who("sato"), at });
        let work = Work { counter: true, decided, removed: vec!["paper".into()], yearly: Minutes(20), ..desk_work() };
        let rows = [work_headings(), work_row(&work, &RuleSet::shipped().unwrap().judge(&work), "100", "佐藤")];
        assert_eq!(rows[1].last().unwrap(), "2026-04-01 佐藤（予約制）");
        let works = BTreeMap::from([(1, work.clone())]);
        assert_eq!(read_works(&rows, &Known { divisions: &divisions(), works: &works }), Ok(vec![work]));
    }

    #[test]
    fn a_short_list_is_enough_and_full_width_is_read() {
        let found = read(
            "業務名,所属コード,年間時間,取り扱う情報,ネットワーク\n予算,１００,１２０．５,庁内情報,ＬＧＷＡＮ接続系\n,,,,\n",
            &BTreeMap::new(),
        )
        .unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].id, found[0].yearly, found[0].zone, found[0].interruptible), (0, Minutes(7_230), Zone::Lgwan, true));
    }

    #[test]
    fn every_fault_has_its_cell() {
        let works = BTreeMap::from([(1, desk_work())]);
        let text = "番号,所属コード,業務名,年間時間,取り扱う情報,ネットワーク,押印\n\
            1,100,予算,120,庁内情報,LGWAN接続系,\n\
            1,100,予算,0,秘密,LGWAN,たぶん\n\
            9,200,,abc,庁内情報,,はい\n";
        let faults = read(text, &works).unwrap_err();
        let cells: Vec<(String, CellFaultKind)> = faults.iter().map(|fault| (fault.cell(), fault.kind)).collect();
        assert_eq!(
            cells,
            [
                ("A3".into(), CellFaultKind::Twice(2)),
                ("D3".into(), CellFaultKind::Hours),
                ("E3".into(), CellFaultKind::Word(Words::Information)),
                ("F3".into(), CellFaultKind::Word(Words::Zone)),
                ("G3".into(), CellFaultKind::Word(Words::YesNo)),
                ("A4".into(), CellFaultKind::NoWork),
                ("B4".into(), CellFaultKind::NoDivision),
                ("C4".into(), CellFaultKind::Missing),
                ("D4".into(), CellFaultKind::Hours),
                ("F4".into(), CellFaultKind::Missing),
            ]
        );
        let heads = read("番号,番号,ほか\n1,2,3\n", &works).unwrap_err();
        assert_eq!(heads.iter().map(CellFault::cell).collect::<Vec<_>>(), ["B1", "C1", "1", "1", "1", "1", "1"]);
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
    }

    #[test]
    fn links_name_people_and_work_of_ones_own() {
        let staff = BTreeMap::from([("sato".to_owned(), who("sato"))]);
        let works = BTreeMap::from([(1, desk_work())]);
        let read = |text: &str| read_links(&table(text), &staff, &works);
        let good = read("サインイン名,業務番号,年間時間,氏名\nSATO,1,20,佐藤\n").unwrap();
        assert_eq!(good, [Share { staff: who("sato"), work: 1, yearly: Minutes(1_200) }]);
        let faults = read("サインイン名,業務番号,年間時間\nkato,2,1\nsato,1,1\nsato,1,2\nsato,,-1\n").unwrap_err();
        let kinds: Vec<_> = faults.iter().map(|fault| (fault.cell(), fault.kind)).collect();
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
}
