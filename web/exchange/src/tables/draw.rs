//! Charts of counted tables, and the tables as they are printed.

use exchange::form::{Columns, Form};
use exchange::tally::{Cell, Tally, TallyRow};

use super::count::{Counted, Map, Scope};
use kit::chart::{
    self, Band, Entry, Frame, Line, Tile, bands, bars, grouped, series, share, tiles,
};
use kit::http::{Ctx, Lang};

/// A table on the page.
pub(super) struct Printed {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) note: String,
    pub(super) base_label: String,
    /// The chart, as HTML.
    pub(super) chart: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<PrintedRow>,
    /// Stood on end: one row with its columns as lines.
    pub(super) upright: bool,
}

pub(super) struct PrintedRow {
    pub(super) name: String,
    pub(super) indent: u8,
    pub(super) base: String,
    pub(super) cells: Vec<PrintedCell>,
}

/// Count and percentage, with last year's in brackets where the form wants them.
pub(super) struct PrintedCell {
    pub(super) heading: String,
    pub(super) count: String,
    pub(super) share: String,
    pub(super) before: Option<(String, String)>,
    /// Whether the town that is compared is counted here.
    pub(super) own: bool,
}

/// Every table with its chart.
pub(super) fn printed(counted: &Counted, ctx: &Ctx) -> Vec<Printed> {
    counted.tallies.iter().enumerate().map(|(at, tally)| table(counted, at, tally, ctx)).collect()
}

fn table(counted: &Counted, at: usize, tally: &Tally, ctx: &Ctx) -> Printed {
    let own = counted.own.as_ref().and_then(|(_, tables)| tables.get(&tally.table));
    // Of towns of one size there is one row: the others are empty or the same.
    let rows: Vec<&TallyRow> = match (&counted.own, tally.rows.last()) {
        (Some(_), Some(last)) => vec![last],
        _ => tally.rows.iter().collect(),
    };
    let title = match &counted.own {
        Some((class, _)) => {
            format!("{}{}{class}{}", tally.title, ctx.t("（", " ("), ctx.t("）", ")"))
        }
        None => tally.title.clone(),
    };
    let id = format!("t{at}");
    let frame = Frame { id: &id, title: &title, note: "", lang: ctx.lang };
    let printed_row = |row: &TallyRow| PrintedRow {
        name: match &counted.own {
            Some((class, _)) => class.clone(),
            None => row.name.clone(),
        },
        indent: row.indent,
        base: grouped(row.base),
        cells: row
            .cells
            .iter()
            .enumerate()
            .map(|(at, cell)| printed_cell(tally, row, at, cell, own))
            .collect(),
    };
    Printed {
        name: tally.table.clone(),
        chart: draw(frame, tally, &rows, own, ctx.lang),
        note: tally.note.clone(),
        base_label: tally.base_label.clone(),
        columns: tally.columns.iter().map(|heading| heading.name.clone()).collect(),
        upright: rows.len() == 1,
        rows: rows.into_iter().map(printed_row).collect(),
        title,
    }
}

fn printed_cell(
    tally: &Tally,
    row: &TallyRow,
    at: usize,
    cell: &Cell,
    own: Option<&Vec<bool>>,
) -> PrintedCell {
    let heading = tally.columns.get(at);
    let before =
        heading.filter(|heading| heading.brackets).and(cell.previous.zip(row.previous_base));
    PrintedCell {
        heading: heading.map(|heading| heading.name.clone()).unwrap_or_default(),
        count: grouped(cell.count),
        share: share(cell.count, row.base),
        before: before.map(|(count, base)| (grouped(count), share(count, base))),
        own: own.and_then(|own| own.get(at)).copied().unwrap_or(false),
    }
}

/// Bands where the columns make up a whole, bars where several may be chosen.
fn draw(
    frame: Frame<'_>,
    tally: &Tally,
    rows: &[&TallyRow],
    own: Option<&Vec<bool>>,
    lang: Lang,
) -> String {
    if let (Some(columns), None) = (tally.partition(), own) {
        let names: Vec<&str> = columns
            .iter()
            .filter_map(|at| tally.columns.get(*at))
            .map(|heading| heading.name.as_str())
            .collect();
        let band = |row: &&TallyRow| Band {
            label: format!("{}{}", "　".repeat(row.indent.into()), row.name),
            whole: row.base,
            parts: columns
                .iter()
                .filter_map(|at| row.cells.get(*at))
                .map(|cell| cell.count)
                .collect(),
        };
        let list: Vec<Band> = rows.iter().map(band).collect();
        return bands(frame, lang.t("区分", "Row"), &names, &list);
    }
    let Some(row) = rows.last() else { return String::new() };
    let entry = |(at, cell): (usize, &Cell)| {
        let mark = if own.is_some_and(|own| own.get(at) == Some(&true)) {
            lang.t("◆貴団体 ", "◆you ")
        } else {
            ""
        };
        Entry {
            label: format!(
                "{mark}{}",
                tally.columns.get(at).map(|heading| heading.name.as_str()).unwrap_or_default()
            ),
            value: cell.count,
            text: format!("{} ({})", grouped(cell.count), share(cell.count, row.base)),
            href: None,
        }
    };
    let list: Vec<Entry> = row.cells.iter().enumerate().map(entry).collect();
    bars(frame, [lang.t("区分", "Column"), lang.t("団体数（割合）", "Bodies (share)")], &list)
}

/// The years of the first table's total: last year's columns in brackets are the ones that are
/// followed.
pub(super) fn years(counted: &Counted, ctx: &Ctx) -> Option<String> {
    if counted.years.len() < 2 {
        return None;
    }
    let (_, latest) = counted.years.last()?;
    let followed: Vec<&str> = latest
        .columns
        .iter()
        .filter(|heading| heading.brackets)
        .map(|heading| heading.name.as_str())
        .collect();
    let value = |tally: &Tally, name: &str| {
        let at = tally.columns.iter().position(|heading| heading.name == name)?;
        let row = tally.rows.last()?;
        // In tenths of a per cent: the number of bodies changes with mergers, the share can be
        // compared.
        row.cells.get(at).and_then(|cell| exchange::tally::tenths(cell.count, row.base))
    };
    let lines: Vec<Line> = followed
        .iter()
        .map(|name| Line {
            name: (*name).to_owned(),
            values: counted.years.iter().map(|(_, tally)| value(tally, name)).collect(),
        })
        .collect();
    let versions: Vec<String> = counted.years.iter().map(|(version, _)| version.clone()).collect();
    let title = format!(
        "{}{}",
        latest.title,
        ctx.t("の推移（合計に占める割合）", " over the years (share of all)")
    );
    let frame = Frame { id: "years", title: &title, note: "", lang: ctx.lang };
    Some(series(frame, ctx.t("調査", "Survey"), &versions, &lines, |tenths| {
        format!("{}.{}%", tenths / 10, tenths % 10)
    }))
}

/// The country as tiles, each leading to its prefecture.
pub(super) fn country(counted: &Counted, map: &Map, ctx: &Ctx) -> String {
    let tile = |code: &people::BodyCode, (count, base): (u64, u64)| {
        let percent = exchange::tally::tenths(count, base).unwrap_or(0);
        let words = match ctx.lang {
            Lang::Ja => format!("{}団体中{}団体", grouped(base), grouped(count)),
            Lang::En => format!("{} of {}", grouped(count), grouped(base)),
        };
        Tile {
            prefecture: code.prefecture().parse().unwrap_or(0),
            figure: share(count, base),
            words,
            level: u8::try_from(percent / 200).unwrap_or(4).min(4),
            late: 0,
            href: Some(format!(
                "/exchange/cases/{}/tables?scope=prefecture&prefecture={code}",
                counted.case.id
            )),
        }
    };
    let list: Vec<Tile> = map.counts.iter().map(|(code, counts)| tile(code, *counts)).collect();
    let title = heading(counted, map, ctx.lang);
    let note = ctx.t(
        "濃いほど割合が高く、タイルを選ぶと都道府県別の表を開きます。",
        "Darker is more. A tile leads to the prefecture's tables.",
    );
    let frame = Frame { id: "map", title: &title, note, lang: ctx.lang };
    tiles(frame, [ctx.t("都道府県", "Prefecture"), ctx.t("団体数", "Bodies")], &list)
}

fn heading(counted: &Counted, map: &Map, lang: Lang) -> String {
    let tally = counted.tallies.get(map.table);
    let column = tally
        .and_then(|tally| tally.columns.get(map.column))
        .map(|heading| heading.name.as_str())
        .unwrap_or_default();
    format!(
        "{}{}{column}",
        tally.map(|tally| tally.title.as_str()).unwrap_or_default(),
        lang.t("：", ": ")
    )
}

/// What the map can show: value of the field, words, whether it is shown now.
pub(super) fn choices(counted: &Counted, lang: Lang) -> Vec<(String, String, bool)> {
    let shown = counted.map.as_ref().map(|map| (map.table, map.column));
    let mut list = Vec::new();
    for (table, tally) in counted.tallies.iter().enumerate() {
        for (column, heading) in tally.columns.iter().enumerate() {
            let words = format!("{}{}{}", tally.title, lang.t("：", ": "), heading.name);
            list.push((
                format!("{}|{}", tally.table, heading.name),
                words,
                shown == Some((table, column)),
            ));
        }
    }
    list
}

/// Whose numbers they are, in words.
pub(super) fn scope_words(counted: &Counted, lang: Lang) -> String {
    let name = |code| counted.known.full_name(code);
    match counted.scope {
        Scope::Country => lang.t("全国", "The country").to_owned(),
        Scope::Prefecture(code) => format!("{}{}", name(code), lang.t("内の団体", "")),
        Scope::Peers(code) => {
            let class = counted.own.as_ref().map(|(class, _)| class.as_str()).unwrap_or_default();
            match lang {
                Lang::Ja => format!("{}と同じ規模の団体（{class}）", name(code)),
                Lang::En => format!("{} among bodies of its size ({class})", name(code)),
            }
        }
    }
}

/// Whether a form has tables at all.
pub(crate) fn has_tables(form: &Form) -> bool {
    form.tables
        .iter()
        .any(|table| !matches!(&table.columns, Columns::Conditions(columns) if columns.is_empty()))
}

/// The name of a prefecture for a list.
pub(super) fn prefectures() -> Vec<(String, &'static str)> {
    let list =
        exchange::body::bodies().iter().filter(|body| exchange::body::is_prefecture(body.code));
    list.map(|body| {
        (body.code.to_string(), chart::prefecture_name(body.code.prefecture().parse().unwrap_or(0)))
    })
    .collect()
}
