//! The 47 prefectures as tiles of one size, laid out like the map of Japan.

use super::{Behind, Frame, escape};

/// One prefecture.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Its number, 1 to 47: the first two digits of its bodies' codes.
    pub prefecture: u8,
    /// The figure in the tile, six half-width characters at most ("42.1%", "12/35").
    pub figure: String,
    /// The same in words, for the table and for whoever hears the page ("35団体中12団体が提出").
    pub words: String,
    /// How dark, 0 to 4.
    pub level: u8,
    /// Whether a corner is folded, for what needs attention (late).
    pub flagged: bool,
    /// Where a click leads.
    pub href: Option<String>,
}

/// A tile and the space between, in units of the drawing.
const STEP: u16 = 46;
const SIDE: u16 = 43;
const ACROSS: u16 = 15;
const DOWN: u16 = 10;

/// Name, column and row of each, in the order of the codes.
#[rustfmt::skip]
const PLACES: [(&str, u16, u16); 47] = [
    ("北海道", 13, 0),
    ("青森", 13, 1), ("岩手", 13, 2), ("宮城", 13, 3), ("秋田", 12, 2), ("山形", 12, 3), ("福島", 13, 4),
    ("茨城", 14, 5), ("栃木", 13, 5), ("群馬", 12, 5), ("埼玉", 12, 6), ("千葉", 14, 6), ("東京", 13, 6), ("神奈川", 12, 7),
    ("新潟", 12, 4), ("富山", 11, 4), ("石川", 10, 4), ("福井", 9, 4), ("山梨", 11, 6), ("長野", 11, 5), ("岐阜", 10, 5),
    ("静岡", 11, 7), ("愛知", 10, 6), ("三重", 9, 6),
    ("滋賀", 9, 5), ("京都", 8, 5), ("大阪", 7, 6), ("兵庫", 7, 5), ("奈良", 8, 6), ("和歌山", 8, 7),
    ("鳥取", 6, 5), ("島根", 5, 5), ("岡山", 6, 6), ("広島", 5, 6), ("山口", 4, 6),
    ("徳島", 6, 8), ("香川", 6, 7), ("愛媛", 5, 7), ("高知", 5, 8),
    ("福岡", 2, 6), ("佐賀", 1, 6), ("長崎", 0, 6), ("熊本", 1, 7), ("大分", 2, 7), ("宮崎", 2, 8), ("鹿児島", 1, 8), ("沖縄", 0, 9),
];

/// The short name of a prefecture, 1 to 47.
#[must_use]
pub fn prefecture_name(number: u8) -> &'static str {
    usize::from(number).checked_sub(1).and_then(|at| PLACES.get(at)).map_or("", |place| place.0)
}

/// The tiles; a prefecture that is not listed stays an empty frame. `heads` name the columns of the table behind.
#[must_use]
pub fn tiles(frame: Frame<'_>, heads: [&str; 2], list: &[Tile]) -> String {
    let mut drawing = format!(
        "<div class=\"scroll map\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{0}-title\"><svg class=\"drawing\" role=\"group\" aria-labelledby=\"{0}-title\" viewBox=\"0 0 {1} {2}\">",
        frame.id,
        ACROSS * STEP,
        DOWN * STEP
    );
    for (number, (name, column, row)) in (1u8..).zip(PLACES) {
        let (x, y) = (column * STEP + 1, row * STEP + 1);
        let Some(tile) = list.iter().find(|tile| tile.prefecture == number) else {
            drawing.push_str(&format!("<g class=\"absent\" aria-hidden=\"true\">{}{}</g>", square(x, y), label(x, y, name, "")));
            continue;
        };
        let level = tile.level.min(4);
        let mut inner = format!("{}{}", square(x, y), label(x, y, name, &tile.figure));
        if tile.flagged {
            inner.push_str(&format!("<path class=\"flag\" d=\"M{} {}h-13l13 13z\"/>", x + SIDE, y));
        }
        // What is heard begins with what is seen.
        let spoken = format!("{name}{} {}", tile.figure, tile.words);
        match &tile.href {
            Some(href) => drawing.push_str(&format!(
                "<a href=\"{}\" class=\"t{level}\" aria-label=\"{}\">{inner}</a>",
                escape(href),
                escape(&spoken)
            )),
            None => {
                drawing.push_str(&format!("<g class=\"t{level}\" role=\"img\" aria-label=\"{}\">{inner}</g>", escape(&spoken)))
            }
        }
    }
    drawing.push_str("</svg></div>");
    let mut sorted: Vec<&Tile> = list.iter().collect();
    sorted.sort_by_key(|tile| tile.prefecture);
    let behind = Behind {
        head: heads.map(str::to_owned).to_vec(),
        rows: sorted
            .iter()
            .map(|tile| vec![prefecture_name(tile.prefecture).to_owned(), format!("{} {}", tile.figure, tile.words)])
            .collect(),
    };
    frame.figure(&drawing, "", &behind)
}

fn square(x: u16, y: u16) -> String {
    format!("<rect x=\"{x}\" y=\"{y}\" width=\"{SIDE}\" height=\"{SIDE}\" rx=\"5\"/>")
}

fn label(x: u16, y: u16, name: &str, figure: &str) -> String {
    let middle = x + SIDE / 2;
    let figure = escape(figure);
    format!(
        "<text x=\"{middle}\" y=\"{}\">{name}</text><text class=\"figure\" x=\"{middle}\" y=\"{}\">{figure}</text>",
        y + 18,
        y + 35
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use exchange::body::{BodyKind, bodies};

    use super::*;
    use crate::http::Lang;

    #[test]
    fn every_prefecture_has_a_place_of_its_own_in_the_order_of_the_codes() {
        let places: BTreeSet<_> = PLACES.iter().map(|(_, column, row)| (column, row)).collect();
        assert_eq!(places.len(), 47);
        assert!(places.iter().all(|(column, row)| **column < ACROSS && **row < DOWN));
        let prefectures: Vec<_> = bodies().iter().filter(|body| body.kind == BodyKind::Prefecture).collect();
        assert_eq!(prefectures.len(), 47);
        for (place, body) in PLACES.iter().zip(prefectures) {
            assert!(body.name.starts_with(place.0), "{} stands where {} belongs", place.0, body.name);
        }
    }

    #[test]
    fn a_tile_is_a_link_with_words_and_flags_what_is_late() {
        let tile = Tile {
            prefecture: 1,
            figure: "12/180".into(),
            words: "180団体中12団体".into(),
            level: 9,
            flagged: true,
            href: Some("/exchange/cases/2021-0001?prefecture=010006".into()),
        };
        let html = tiles(Frame { id: "t", title: "題", note: "", lang: Lang::Ja }, ["都道府県", "状況"], &[tile]);
        assert!(
            html.contains("aria-label=\"北海道12/180 180団体中12団体\"")
                && html.contains("class=\"t4\"")
                && html.contains("class=\"flag\""),
            "{html}"
        );
        assert_eq!(html.matches("class=\"absent\"").count(), 46);
        assert!(html.contains("<th scope=\"row\">北海道</th><td class=\"num\">12/180 180団体中12団体</td>"));
    }
}
