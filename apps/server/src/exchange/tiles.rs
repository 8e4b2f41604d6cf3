//! The country as 47 tiles: one look says where answers are missing.

use std::fmt::Write;

use exchange::body::{bodies, is_prefecture};

/// A tile's figures.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tile {
    /// Bodies addressed.
    pub(super) all: u64,
    /// Of these, done.
    pub(super) done: u64,
    /// Of these, past their last day with the next step theirs.
    pub(super) late: u64,
}

/// Column and row of each prefecture by its number: roughly where it lies.
const PLACES: [(u32, u32); 47] = [
    (13, 0),
    (13, 1),
    (13, 2),
    (13, 3),
    (12, 2),
    (12, 3),
    (12, 4),
    (13, 5),
    (12, 5),
    (11, 5),
    (11, 6),
    (13, 6),
    (12, 6),
    (12, 7),
    (11, 4),
    (10, 4),
    (9, 4),
    (8, 5),
    (10, 6),
    (10, 5),
    (9, 5),
    (10, 7),
    (9, 6),
    (8, 7),
    (8, 6),
    (7, 5),
    (6, 6),
    (6, 5),
    (7, 6),
    (7, 7),
    (5, 5),
    (4, 5),
    (5, 6),
    (4, 6),
    (3, 6),
    (5, 9),
    (5, 8),
    (4, 8),
    (4, 9),
    (1, 7),
    (0, 7),
    (0, 8),
    (1, 8),
    (2, 7),
    (2, 8),
    (1, 9),
    (0, 10),
];

/// The grid as SVG: each tile a link to the list of its prefecture. `tiles` holds the figures by the two digits of the prefecture.
pub(super) fn grid(tiles: &dyn Fn(&str) -> Tile, link: &str, title: &str, words: (&str, &str)) -> String {
    let mut svg = format!(
        "<svg class=\"tiles\" viewBox=\"0 0 980 616\" role=\"group\" aria-label=\"{}\" xmlns=\"http://www.w3.org/2000/svg\">",
        escape(title)
    );
    for body in bodies().iter().filter(|body| is_prefecture(body.code)) {
        let digits = body.code.prefecture();
        let place = digits.parse::<usize>().ok().and_then(|n| PLACES.get(n.wrapping_sub(1)));
        let Some((column, row)) = place else { continue };
        let tile = tiles(digits);
        let (x, y) = (column * 70, row * 56);
        let short = body.name.trim_end_matches(['県', '府']).trim_end_matches('都');
        let short = if body.name == "京都府" { "京都" } else { short };
        let share = (tile.done * 4).checked_div(tile.all).map_or(9, |share| share);
        let late = if tile.late > 0 { format!("、{}{}", words.1, tile.late) } else { String::new() };
        let _ = write!(
            svg,
            "<a href=\"{link}{digits}\" aria-label=\"{} {} {}/{}{late}\"><rect class=\"t{share}\" x=\"{x}\" y=\"{y}\" width=\"66\" height=\"52\" rx=\"6\"/>\
             <text x=\"{}\" y=\"{}\">{short}</text><text class=\"n\" x=\"{}\" y=\"{}\">{}/{}</text>",
            body.name,
            words.0,
            tile.done,
            tile.all,
            x + 33,
            y + 22,
            x + 33,
            y + 42,
            tile.done,
            tile.all
        );
        if tile.late > 0 {
            let _ = write!(
                svg,
                "<circle class=\"late\" cx=\"{}\" cy=\"{}\" r=\"10\"/><text class=\"l\" x=\"{}\" y=\"{}\">{}</text>",
                x + 58,
                y + 10,
                x + 58,
                y + 14,
                tile.late.min(99)
            );
        }
        svg.push_str("</a>");
    }
    svg.push_str("</svg>");
    svg
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefecture_has_a_tile_of_its_own() {
        let places: std::collections::BTreeSet<_> = PLACES.iter().collect();
        assert_eq!(places.len(), 47);
        let svg = grid(
            &|digits| Tile { all: 10, done: digits.parse().unwrap_or(0) % 10, late: 1 },
            "?prefecture=",
            "a<b",
            ("提出", "遅れ"),
        );
        assert_eq!(svg.matches("<a href").count(), 47);
        assert!(svg.contains(">京都<") && svg.contains(">東京<") && svg.contains(">北海道<") && svg.contains("a&lt;b"));
    }
}
