//! A list of staff as a table of cells: all rows or none, every fault by its cell.

use std::collections::{BTreeMap, BTreeSet};

use crate::{DivisionId, Fault, Login, Name, Roles, StaffDraft};

/// Most rows of one file, without its heading.
pub const MAX_STAFF_ROWS: usize = 5_000;
/// Faults named at most; the first ones are enough to see what is wrong.
pub const MAX_CELL_FAULTS: usize = 200;

/// Headings, Japanese and English, in the order of the template.
pub const STAFF_HEADINGS: [(&str, &str); 5] = [
    ("サインイン名", "login"),
    ("氏名", "name"),
    ("所属コード", "division"),
    ("役割", "roles"),
    ("会計年度任用職員", "fiscal_year"),
];

/// What is wrong with one cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CellFault {
    /// Row as a spreadsheet counts: the heading is 1.
    pub row: usize,
    /// Column as a spreadsheet counts, from 0; `None` when it is about the row or the file.
    pub column: Option<usize>,
    /// What.
    pub kind: CellFaultKind,
}

/// The kinds of faults in a list of staff.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CellFaultKind {
    /// A heading is missing.
    HeadingMissing(&'static str),
    /// A heading this list does not know, or one that stands twice.
    HeadingUnknown,
    /// No rows.
    Empty,
    /// More than [`MAX_STAFF_ROWS`].
    TooMany,
    /// Not a value of this column.
    Value(Fault),
    /// A value in a column without a heading.
    NoHeading,
    /// A line break where one line is asked.
    LineBreak,
    /// No division has this code; the one that it may be without the zeros that a spreadsheet took
    /// off.
    NoDivision(Option<String>),
    /// Neither はい nor いいえ.
    YesNo,
    /// The sign-in name stands twice in the file; the first is in this row.
    Twice(usize),
    /// The sign-in name is in use in the body.
    Taken,
    /// A role whoever imports may not give.
    RoleNotYours,
}

impl CellFault {
    /// The cell as a spreadsheet names it, such as `C12`; the row alone when it is about the row.
    #[must_use]
    pub fn cell(&self) -> String {
        match self.column {
            Some(column) => format!("{}{}", letters(column), self.row),
            None => self.row.to_string(),
        }
    }
}

/// Reads a table whose first row holds the headings.
///
/// `may_give` says which roles whoever imports may give.
///
/// # Errors
/// Every fault by its cell, at most [`MAX_CELL_FAULTS`]; then nothing is to be taken over.
pub fn read_staff(
    rows: &[Vec<String>],
    divisions: &BTreeMap<String, DivisionId>,
    taken: &BTreeSet<Login>,
    may_give: impl Fn(Roles) -> bool,
) -> Result<Vec<StaffDraft>, Vec<CellFault>> {
    let columns = headings(rows.first().map_or(&[][..], Vec::as_slice))?;
    let body = rows.get(1..).unwrap_or_default();
    // Rows without anything are how people separate lists: they count for the number, not as
    // people.
    let filled =
        || body.iter().enumerate().filter(|(_, row)| row.iter().any(|cell| !text::is_blank(cell)));
    match filled().count() {
        0 => return Err(vec![CellFault { row: 2, column: None, kind: CellFaultKind::Empty }]),
        count if count > MAX_STAFF_ROWS => {
            return Err(vec![CellFault {
                row: MAX_STAFF_ROWS + 2,
                column: None,
                kind: CellFaultKind::TooMany,
            }]);
        }
        _ => {}
    }
    let mut faults = Vec::new();
    let mut drafts = Vec::new();
    let mut seen: BTreeMap<Login, usize> = BTreeMap::new();
    for (at, row) in filled() {
        let number = at + 2;
        let mut reader = Row { row, number, columns: &columns, faults: &mut faults };
        reader.strays();
        let login = reader.parse::<Login>(0);
        let name = reader.name();
        let division = reader.division(divisions);
        let roles = reader.roles(&may_give);
        let fiscal_year = reader.yes_no();
        if let Some(login) = &login {
            if let Some(first) = seen.get(login) {
                reader.fault(0, CellFaultKind::Twice(*first));
            } else if taken.contains(login) {
                reader.fault(0, CellFaultKind::Taken);
            }
            seen.entry(login.clone()).or_insert(number);
        }
        if let (Some(login), Some(name), Some(division), Some(roles), Some(fiscal_year)) =
            (login, name, division, roles, fiscal_year)
        {
            drafts.push(StaffDraft { login, name, division, roles, fiscal_year });
        }
        if faults.len() >= MAX_CELL_FAULTS {
            faults.truncate(MAX_CELL_FAULTS);
            return Err(faults);
        }
    }
    if faults.is_empty() { Ok(drafts) } else { Err(faults) }
}

/// Where each column of ours stands in the file. Division, roles and the last one may be left out.
fn headings(row: &[String]) -> Result<[Option<usize>; 5], Vec<CellFault>> {
    let mut columns = [None; 5];
    let mut faults = Vec::new();
    for (at, cell) in row.iter().enumerate() {
        let cell = text::key(cell);
        if cell.is_empty() {
            continue;
        }
        match STAFF_HEADINGS
            .iter()
            .position(|(ja, en)| *ja == cell || en.eq_ignore_ascii_case(&cell))
        {
            Some(known) if columns[known].is_none() => columns[known] = Some(at),
            _ => faults.push(CellFault {
                row: 1,
                column: Some(at),
                kind: CellFaultKind::HeadingUnknown,
            }),
        }
    }
    for needed in [0, 1] {
        if columns[needed].is_none() {
            faults.push(CellFault {
                row: 1,
                column: None,
                kind: CellFaultKind::HeadingMissing(STAFF_HEADINGS[needed].0),
            });
        }
    }
    faults.truncate(MAX_CELL_FAULTS);
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

struct Row<'a> {
    row: &'a [String],
    number: usize,
    columns: &'a [Option<usize>; 5],
    faults: &'a mut Vec<CellFault>,
}

impl Row<'_> {
    /// The cell, plain and trimmed.
    fn text(&self, column: usize) -> String {
        let cell = self.columns[column].and_then(|at| self.row.get(at));
        cell.map(|cell| text::plain(cell)).unwrap_or_default()
    }

    fn fault(&mut self, column: usize, kind: CellFaultKind) {
        self.faults.push(CellFault { row: self.number, column: self.columns[column], kind });
    }

    /// What stands in a column of no heading would be lost.
    fn strays(&mut self) {
        for (at, cell) in self.row.iter().enumerate() {
            if !text::is_blank(cell) && !self.columns.contains(&Some(at)) {
                let kind = CellFaultKind::NoHeading;
                self.faults.push(CellFault { row: self.number, column: Some(at), kind });
            }
        }
    }

    fn parse<T: std::str::FromStr<Err = Fault>>(&mut self, column: usize) -> Option<T> {
        match self.text(column).parse() {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(column, CellFaultKind::Value(fault));
                None
            }
        }
    }

    /// The name, as it is written.
    fn name(&mut self) -> Option<Name> {
        let cell = self.columns[1].and_then(|at| self.row.get(at)).map_or("", |cell| cell.trim());
        let kind = match cell.parse() {
            Ok(name) => return Some(name),
            Err(_) if cell.contains(['\n', '\r']) => CellFaultKind::LineBreak,
            Err(fault) => CellFaultKind::Value(fault),
        };
        self.fault(1, kind);
        None
    }

    fn division(&mut self, divisions: &BTreeMap<String, DivisionId>) -> Option<Option<DivisionId>> {
        let code = self.text(2);
        if code.is_empty() {
            return Some(None);
        }
        let found = divisions.get(&code).copied();
        if found.is_none() {
            self.fault(2, CellFaultKind::NoDivision(with_zeros(divisions.keys(), &code)));
        }
        found.map(Some)
    }

    fn roles(&mut self, may_give: &impl Fn(Roles) -> bool) -> Option<Roles> {
        if self.text(3).is_empty() {
            return Some(Roles::of(&[crate::Role::Staff]));
        }
        let roles: Roles = self.parse(3)?;
        if !may_give(roles) {
            self.fault(3, CellFaultKind::RoleNotYours);
            return None;
        }
        Some(roles)
    }

    fn yes_no(&mut self) -> Option<bool> {
        let text = self.text(4);
        if text.is_empty() {
            return Some(false);
        }
        let read = text::yes_no(&text);
        if read.is_none() {
            self.fault(4, CellFaultKind::YesNo);
        }
        read
    }
}

/// The one code that has only zeros before what was read: a spreadsheet takes them off a number.
#[must_use]
pub fn with_zeros<'c>(codes: impl Iterator<Item = &'c String>, read: &str) -> Option<String> {
    let mut alike = codes.filter(|code| {
        code.len() > read.len() && !read.is_empty() && code.trim_start_matches('0') == read
    });
    alike.next().filter(|_| alike.next().is_none()).cloned()
}

fn letters(column: usize) -> String {
    let mut column = column + 1;
    let mut out = Vec::new();
    while column > 0 {
        column -= 1;
        out.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or(0)));
        column /= 26;
    }
    out.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    fn read(text: &str) -> Result<Vec<StaffDraft>, Vec<CellFault>> {
        let divisions = BTreeMap::from([
            ("A1".to_owned(), DivisionId([1; 16])),
            ("020".to_owned(), DivisionId([2; 16])),
        ]);
        let taken = BTreeSet::from(["taken".parse().unwrap()]);
        read_staff(&rows(text), &divisions, &taken, |roles| !roles.has(Role::It))
    }

    fn cells(text: &str) -> Vec<(String, CellFaultKind)> {
        read(text).unwrap_err().into_iter().map(|fault| (fault.cell(), fault.kind)).collect()
    }

    #[test]
    fn a_good_list_in_any_order_of_columns() {
        let drafts = read(
            "氏名,サインイン名,所属コード,役割\n佐藤 花子,SATO,A1,職員・所属長\n,,,\n鈴木,suzuki,,",
        )
        .unwrap();
        assert_eq!(drafts.len(), 2);
        assert_eq!(drafts[0].login.as_str(), "sato");
        assert_eq!(drafts[0].division, Some(DivisionId([1; 16])));
        assert!(drafts[0].roles.has(Role::Superior));
        assert_eq!(drafts[1].roles, Roles::of(&[Role::Staff]));
    }

    #[test]
    fn each_fault_names_its_cell() {
        let text = "login,name,division,roles,fiscal_year\n\
                    a,佐藤,A1,staff,はい\n\
                    sato,,XX,boss,maybe\n\
                    taken,鈴木,,it,\n\
                    sato,高橋,,,";
        assert_eq!(
            cells(text),
            [
                ("A2".to_owned(), CellFaultKind::Value(Fault::Login)),
                ("B3".to_owned(), CellFaultKind::Value(Fault::Name)),
                ("C3".to_owned(), CellFaultKind::NoDivision(None)),
                ("D3".to_owned(), CellFaultKind::Value(Fault::Role)),
                ("E3".to_owned(), CellFaultKind::YesNo),
                ("D4".to_owned(), CellFaultKind::RoleNotYours),
                ("A4".to_owned(), CellFaultKind::Taken),
                ("A5".to_owned(), CellFaultKind::Twice(3)),
            ]
        );
    }

    #[test]
    fn a_list_as_people_type_it() {
        let drafts = read(
            "ｌｏｇｉｎ,氏　名,所属 コード,役割,会計年度任用職員,,\nＳａｔｏ,か\u{3099}くふ\u{3099}ち,０２０,職員,◯,,\n",
        )
        .unwrap();
        let one = &drafts[0];
        assert_eq!((one.login.as_str(), one.name.as_str()), ("sato", "がくぶち"));
        assert_eq!((one.division, one.fiscal_year), (Some(DivisionId([2; 16])), true));
        for (text, cell, kind) in [
            (
                "login,name,division\nsato,佐藤,20",
                "C2",
                CellFaultKind::NoDivision(Some("020".into())),
            ),
            ("login,name\nsato,佐藤,メモ", "C2", CellFaultKind::NoHeading),
            ("login,name,fiscal_year\nsato,佐藤,△", "C2", CellFaultKind::YesNo),
        ] {
            assert_eq!(cells(text), [(cell.to_owned(), kind)]);
        }
        let broken =
            [["login", "name"], ["sato", "佐藤\n花子"]].map(|row| row.map(str::to_owned).to_vec());
        let faults = read_staff(&broken, &BTreeMap::new(), &BTreeSet::new(), |_| true);
        assert_eq!(faults.unwrap_err()[0].kind, CellFaultKind::LineBreak);
    }

    #[test]
    fn headings_are_asked_for() {
        assert_eq!(
            cells("name,login,name\nx,y,z"),
            [("C1".to_owned(), CellFaultKind::HeadingUnknown)]
        );
        assert_eq!(cells("login\nabc"), [("1".to_owned(), CellFaultKind::HeadingMissing("氏名"))]);
        assert_eq!(cells("login,name\n,"), [("2".to_owned(), CellFaultKind::Empty)]);
        assert_eq!(
            cells(""),
            [
                ("1".to_owned(), CellFaultKind::HeadingMissing("サインイン名")),
                ("1".to_owned(), CellFaultKind::HeadingMissing("氏名"))
            ]
        );
    }

    #[test]
    fn columns_as_a_spreadsheet_counts() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
    }

    #[test]
    fn too_many_rows_and_too_many_faults_are_bounded() {
        let long = format!("login,name\n{}", "x,\n".repeat(MAX_STAFF_ROWS + 1));
        assert_eq!(read(&long).unwrap_err()[0].kind, CellFaultKind::TooMany);
        let bad = format!("login,name\n{}", "x,\n".repeat(1_000));
        assert_eq!(read(&bad).unwrap_err().len(), MAX_CELL_FAULTS);
        let wide = "x,".repeat(1_000);
        assert_eq!(read(&wide).unwrap_err().len(), MAX_CELL_FAULTS);
    }
}
