//! The 47 prefectures as tiles of one size, laid out like the map of Japan; on a phone side by side
//! in the order of their codes.
//!
//! A list of links, not a drawing: it is read in the order of the codes, and the style sheet
//! (`chart.css`) puts each in its place.

use askama::Template;

use super::{Behind, Frame, drawn};

/// One prefecture.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Its number, 1 to 47: the first two digits of its bodies' codes.
    pub prefecture: u8,
    /// The figure in the tile, seven half-width characters at most ("42.1%", "12/35").
    pub figure: String,
    /// The same in words, for the table and for whoever hears the page ("35団体中12団体が提出").
    pub words: String,
    /// How dark, 0 to 4.
    pub level: u8,
    /// How many need attention (late); a badge in the corner from 1 on. The words say it too.
    pub late: u64,
    /// Where a click leads.
    pub href: Option<String>,
}

/// Places across and down; the style sheet has a class for each.
#[cfg(test)]
const ACROSS: u16 = 15;
#[cfg(test)]
const DOWN: u16 = 10;

/// Name, column and row of each, in the order of the codes.
#[rustfmt::skip]
const PLACES: [(&str, u16, u16); 47] = [
    ("北海道", 13, 0),
    ("青森", 13, 1), ("岩手", 13, 2), ("宮城", 13, 3), ("秋田", 12, 2), ("山形", 12, 3), ("福島", 13, 4),
    ("茨城", 14, 5), ("栃木", 13, 5), ("群馬", 12, 5),
    ("埼玉", 12, 6), ("千葉", 14, 6), ("東京", 13, 6), ("神奈川", 12, 7),
    ("新潟", 12, 4), ("富山", 11, 4), ("石川", 10, 4),
    ("福井", 9, 4), ("山梨", 11, 6), ("長野", 11, 5), ("岐阜", 10, 5),
    ("静岡", 11, 7), ("愛知", 10, 6), ("三重", 9, 6),
    ("滋賀", 9, 5), ("京都", 8, 5), ("大阪", 7, 6), ("兵庫", 7, 5), ("奈良", 8, 6), ("和歌山", 8, 7),
    ("鳥取", 6, 5), ("島根", 5, 5), ("岡山", 6, 6), ("広島", 5, 6), ("山口", 4, 6),
    ("徳島", 6, 8), ("香川", 6, 7), ("愛媛", 5, 7), ("高知", 5, 8),
    ("福岡", 2, 6), ("佐賀", 1, 6), ("長崎", 0, 6), ("熊本", 1, 7),
    ("大分", 2, 7), ("宮崎", 2, 8), ("鹿児島", 1, 8), ("沖縄", 0, 9),
];

/// The short name of a prefecture, 1 to 47.
#[must_use]
pub fn prefecture_name(number: u8) -> &'static str {
    usize::from(number).checked_sub(1).and_then(|at| PLACES.get(at)).map_or("", |place| place.0)
}

/// The map with its table; it has the name of its figure.
#[derive(Template)]
#[template(path = "chart/tiles.html")]
struct Tiles<'a> {
    frame: Frame<'a>,
    behind: Behind,
    label: &'a str,
    named_by: &'a str,
    places: Vec<Place<'a>>,
}

/// The map alone, under a name of its own.
#[derive(Template)]
#[template(path = "chart/alone.html")]
struct Alone<'a> {
    label: &'a str,
    named_by: &'a str,
    places: Vec<Place<'a>>,
}

/// A place of the map, with its prefecture if that is listed.
struct Place<'a> {
    name: &'static str,
    column: u16,
    row: u16,
    tile: Option<&'a Tile>,
}

/// The map as a figure with its table; a prefecture that is not listed stays an empty frame.
/// `heads` name the table's columns.
#[must_use]
pub fn tiles(frame: Frame<'_>, heads: [&str; 2], list: &[Tile]) -> String {
    let mut sorted: Vec<&Tile> = list.iter().collect();
    sorted.sort_by_key(|tile| tile.prefecture);
    let behind = Behind {
        head: heads.map(str::to_owned).to_vec(),
        rows: sorted
            .iter()
            .map(|tile| {
                vec![
                    prefecture_name(tile.prefecture).to_owned(),
                    format!("{} {}", tile.figure, tile.words),
                ]
            })
            .collect(),
    };
    drawn(&Tiles { frame, behind, label: "", named_by: frame.id, places: places(list) })
}

/// The map alone, for a page that has its own table behind it.
#[must_use]
pub fn tile_map(title: &str, list: &[Tile]) -> String {
    drawn(&Alone { label: title, named_by: "", places: places(list) })
}

fn places(list: &[Tile]) -> Vec<Place<'_>> {
    let place = |(number, (name, column, row))| Place {
        name,
        column,
        row,
        tile: list.iter().find(|tile| tile.prefecture == number),
    };
    (1u8..).zip(PLACES).map(place).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use exchange::body::{BodyKind, bodies};

    use super::*;
    use crate::lang::Lang;

    #[test]
    fn every_prefecture_has_a_place_of_its_own_in_the_order_of_the_codes() {
        let places: BTreeSet<_> = PLACES.iter().map(|(_, column, row)| (column, row)).collect();
        assert_eq!(places.len(), 47);
        assert!(places.iter().all(|(column, row)| **column < ACROSS && **row < DOWN));
        let prefectures: Vec<_> =
            bodies().iter().filter(|body| body.kind == BodyKind::Prefecture).collect();
        assert_eq!(prefectures.len(), 47);
        for (place, body) in PLACES.iter().zip(prefectures) {
            assert!(
                body.name.starts_with(place.0),
                "{} stands where {} belongs",
                place.0,
                body.name
            );
        }
    }

    #[test]
    fn every_place_has_its_class_in_the_style_sheet() {
        let css = include_str!("../../static/chart.css");
        for (class, count) in [("x", ACROSS), ("y", DOWN)] {
            for at in 0..count {
                assert!(css.contains(&format!(".{class}{at} {{")), "{class}{at}");
            }
        }
    }

    #[test]
    fn a_tile_is_a_link_with_words_and_a_badge_for_what_is_late() {
        let tile = Tile {
            prefecture: 1,
            figure: "12/180".into(),
            words: "180団体中12団体、期限超過3".into(),
            level: 9,
            late: 3,
            href: Some("/exchange/cases/2021-0001?a=1&b=2".into()),
        };
        let html = tiles(
            Frame { id: "t", title: "題", note: "", lang: Lang::Ja },
            ["都道府県", "状況"],
            &[tile],
        );
        let html = crate::chart::tight(&html);
        assert!(
            html.contains(
                "<li class=\"x13 y0 t4\"><a class=\"tile\" \
                href=\"/exchange/cases/2021-0001?a=1&#38;b=2\">北海道"
            ) && html.contains("aria-hidden=\"true\">3</span>")
                && html.contains("<span class=\"unseen\">180団体中12団体、期限超過3</span>"),
            "{html}"
        );
        assert_eq!(html.matches(" absent\"").count(), 46);
        assert!(html.contains(
            "<th scope=\"row\">北海道</th><td class=\"num\">12/180 180団体中12団体、期限超過3</td>"
        ));
    }
}
