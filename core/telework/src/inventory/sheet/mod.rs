//! The inventory as a table of cells, in and out: all rows or none, every fault by its cell.

mod cells;
mod hours;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use people::{DivisionId, StaffId};

use self::cells::read_rows;
use super::{Approval, Frequency, Information, Judgement, Share, Work, Zone};

pub use self::cells::{CellFault, CellFaultKind, MAX_FAULTS, MAX_NAME, MAX_ROWS, Words};
pub use self::hours::{hours, read_hours};

/// Headings of the list of work that are read, in the order of the template; the flag says which
/// may not be missing.
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
    let mut all = vec![
        (3, Words::Frequency),
        (5, Words::Information),
        (6, Words::Zone),
        (12, Words::Approval),
    ];
    all.extend(yes_no);
    all
}

/// One row of the list of work.
pub fn work_row(
    work: &Work,
    judged: &Judgement,
    division_code: &str,
    decided_by: &str,
) -> Vec<String> {
    let yes = |on: bool| if on { "はい" } else { "いいえ" }.to_owned();
    let list = |parts: Vec<&str>| parts.join("、");
    let causes: Vec<&str> = judged.causes.iter().map(|cause| cause.name.as_str()).collect();
    let remedies: Vec<&str> =
        judged.causes.iter().filter_map(|cause| cause.remedy.as_deref()).collect();
    let decided = work
        .decided
        .as_ref()
        .map(|d| format!("{} {}（{}）", crate::time::tokyo(d.at).date(), decided_by, d.why));
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

/// What an import of work may name: only what belongs to whoever imports.
#[derive(Debug)]
pub struct Known<'a> {
    /// Divisions by code.
    pub divisions: &'a BTreeMap<String, DivisionId>,
    /// Work by number, to be changed by a row with its number.
    pub works: &'a BTreeMap<u64, Work>,
}

/// Reads a list of work whose first row holds the headings. A row with a number changes that work,
/// one without adds one (number 0). What people decided about a work is kept.
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
        let division = row.find(
            1,
            |code| no_division(known.divisions, code),
            |code| known.divisions.get(code).copied(),
        );
        let name = row.name(2);
        let frequency = row.word(3, Words::Frequency, Some(Frequency::Occasional), Frequency::read);
        let yearly = row.hours(4);
        let information = row.word(5, Words::Information, None, Information::read);
        let zone = row.word(6, Words::Zone, None, Zone::read);
        let [paper, seal, counter, site, telephone] =
            [7, 8, 9, 10, 11].map(|column| row.yes_no(column, false));
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

fn no_division(divisions: &BTreeMap<String, DivisionId>, code: &str) -> CellFaultKind {
    CellFaultKind::NoDivision(people::with_zeros(divisions.keys(), code))
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
        let who = row.find(
            0,
            |_| CellFaultKind::NoStaff,
            |login| staff.get(&login.to_ascii_lowercase()).copied(),
        );
        let work = row.work(works, 1, true);
        let yearly = row.hours(2);
        let (who, work) = (who?, work??);
        match seen.get(&(who, work.id)) {
            Some(first) => row.fault(1, CellFaultKind::Twice(*first)),
            None => _ = seen.insert((who, work.id), row.number),
        }
        Some(Share { staff: who, work: work.id, yearly: yearly? })
    })
}
