//! A survey's tables as an annex to a notice.

use exchange::form::Form;
use exchange::tally::{Tally, tenths};
use paper::{Annex, AnnexCell, AnnexColumn, AnnexRow, AnnexTable, Paper};

/// The tables of a form as A4. `scope` says whom they count where it is not the whole country
/// (北海道内の団体), `author` who counted.
#[must_use]
pub fn annex(form: &Form, tallies: &[Tally], scope: &str, author: &str) -> Paper {
    Paper::Annex(Annex {
        title: format!("{}結果", form.title),
        author: author.to_owned(),
        mark: String::new(),
        as_of: if form.as_of == jiff::civil::Date::default() {
            String::new()
        } else {
            format!("{}現在", kit::papers::date(form.as_of))
        },
        scope: scope.to_owned(),
        points: points(tallies),
        tables: tallies.iter().map(table).collect(),
    })
}

/// Sentences for the tables in which last time's figures stand in brackets, on the first such
/// column: where all bodies of a row are in it, then each other
/// row that is not set in. Numbers alone; what to make of them is the reader's.
fn points(tallies: &[Tally]) -> Vec<String> {
    let mut points = Vec::new();
    for tally in tallies {
        let Some((at, column)) =
            tally.columns.iter().enumerate().find(|(_, column)| column.brackets)
        else {
            continue;
        };
        let rows = tally.rows.iter().filter(|row| row.indent == 0);
        let cells: Vec<_> = rows
            .filter_map(|row| Some((row, row.cells.get(at)?)))
            .filter(|(row, _)| row.base > 0)
            .collect();
        let (full, rest): (Vec<_>, Vec<_>) =
            cells.into_iter().partition(|(row, cell)| cell.count == row.base);
        if !full.is_empty() {
            let names: Vec<&str> = full.iter().map(|(row, _)| row.name.as_str()).collect();
            points.push(format!("{}は全団体で「{}」", names.join("、"), column.name));
        }
        for (row, cell) in rest {
            let share = percent(cell.count, row.base).unwrap_or_default();
            let past = cell
                .previous
                .zip(row.previous_base)
                .and_then(|(n, base)| Some((n, percent(n, base)?)));
            let past = past.map_or_else(String::new, |(n, share)| {
                format!("（前回は{}団体（{share}％））", grouped(n))
            });
            points.push(format!(
                "{}では{}団体（{share}％）が「{}」{past}",
                row.name,
                grouped(cell.count),
                column.name
            ));
        }
    }
    points
}

fn table(tally: &Tally) -> AnnexTable {
    let row = |row: &exchange::tally::TallyRow| {
        let cells = row.cells.iter().zip(&tally.columns).map(|(cell, column)| {
            let past = cell.previous.zip(row.previous_base).filter(|_| column.brackets);
            AnnexCell {
                count: grouped(cell.count),
                percent: percent(cell.count, row.base),
                previous_count: past.map(|(n, _)| grouped(n)),
                previous_percent: past.and_then(|(n, base)| percent(n, base)),
            }
        });
        AnnexRow {
            name: row.name.clone(),
            indent: row.indent,
            base: grouped(row.base),
            cells: cells.collect(),
        }
    };
    AnnexTable {
        title: tally.title.clone(),
        note: tally.note.clone(),
        base_label: tally.base_label.clone(),
        columns: tally
            .columns
            .iter()
            .map(|column| AnnexColumn { name: column.name.clone() })
            .collect(),
        rows: tally.rows.iter().map(row).collect(),
    }
}

/// 512 tenths: "51.2".
fn percent(count: u64, base: u64) -> Option<String> {
    tenths(count, base).map(|tenths| format!("{}.{}", tenths / 10, tenths % 10))
}

/// 1788: "1,788".
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use exchange::body::Bodies;
    use exchange::form::shipped;
    use exchange::import::read_csv;
    use exchange::tally::{Year, tally};

    pub fn published() -> (Form, Vec<Tally>) {
        let form = |text| Form::read(text).unwrap();
        let (now, before) = (form(shipped::TELEWORK_R3), form(shipped::TELEWORK_R2));
        let read = |form: &Form, bytes: &[u8]| read_csv(form, bytes, |_| true).unwrap();
        let answers = read(
            &now,
            include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../core/exchange/testdata/answers-r3.csv"
            )),
        );
        let past = read(
            &before,
            include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../core/exchange/testdata/answers-r2.csv"
            )),
        );
        let year = Year { form: &now, answers: &answers };
        let tallies =
            tally(&Bodies::default(), year, Some(Year { form: &before, answers: &past }), |_| true)
                .unwrap();
        (now, tallies)
    }

    #[test]
    fn the_annex_has_every_figure_of_the_tally_and_no_other() {
        let (form, tallies) = published();
        let Paper::Annex(annex) = annex(&form, &tallies, "", "") else { panic!("an annex") };
        assert_eq!(annex.as_of, "令和3年10月1日現在");
        let points = [
            "都道府県、指定都市は全団体で「導入」",
            "市区町村では849団体（49.3％）が「導入」（前回は342団体（19.9％））",
            "合計では916団体（51.2％）が「導入」（前回は406団体（22.7％））",
        ];
        assert_eq!(annex.points, points);
        let town = &annex.tables[0].rows[2];
        assert_eq!((town.name.as_str(), town.base.as_str()), ("市区町村", "1,721"));
        let cell = |at: usize| {
            let cell = &town.cells[at];
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            [
                cell.count.clone(),
                text(&cell.percent),
                text(&cell.previous_count),
                text(&cell.previous_percent),
            ]
        };
        assert_eq!(cell(1), ["872", "50.7", "1,379", "80.1"]);
        // Where the form wants no brackets there is nothing of last time.
        assert_eq!(cell(2), ["147", "8.5", "", ""]);
        assert_eq!(annex.tables.len(), 6);
    }
}
