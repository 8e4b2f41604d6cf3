//! Stacked bands: each row a whole, its parts side by side.

use super::{Behind, Frame, PATTERNS, escape, grouped, length, patterns, share, wrapped};

/// One row.
#[derive(Clone, Debug)]
pub struct Band {
    /// What it is.
    pub label: String,
    /// The whole its parts are parts of. Rounded or overlapping parts need not fill it; what is
    /// left stays empty.
    pub whole: u64,
    /// A part each, in the order of the names.
    pub parts: Vec<u64>,
}

/// Pixels of a line of type, of a band, and between bands.
const TYPE: u64 = 22;
const THICK: u64 = 28;
const GAP: u64 = 14;
/// A part narrower than this, in hundredths of a per cent, has no room for its figure.
const ROOM: u64 = 1_400;

/// Bands with a legend. `head` names the rows, `names` the parts; more parts than patterns begin
/// again with the first.
#[must_use]
pub fn bands(frame: Frame<'_>, head: &str, names: &[&str], rows: &[Band]) -> String {
    let mut drawing = patterns(frame.id);
    let mut y = 0;
    for row in rows {
        if !row.label.is_empty() {
            for line in wrapped(&row.label, 40) {
                y += TYPE;
                drawing.push_str(&format!(
                    "<text x=\"0\" y=\"{}\">{}</text>",
                    y - 6,
                    escape(&line)
                ));
            }
        }
        drawing.push_str(&format!(
            "<rect class=\"hollow\" x=\"0\" y=\"{y}\" width=\"100%\" height=\"{THICK}\"/>"
        ));
        let mut from = 0;
        for (at, part) in row.parts.iter().enumerate() {
            let (x, wide) = (length(from, row.whole, 10_000), length(*part, row.whole, 10_000));
            let pattern = at % PATTERNS;
            drawing.push_str(&format!(
                "<rect class=\"part\" x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{THICK}\" \
                 fill=\"url(#{}-p{pattern})\"/>",
                frame.id
            ));
            if u128::from(*part) * 10_000 >= u128::from(ROOM) * u128::from(row.whole.max(1)) {
                let middle = length(
                    from.saturating_mul(2).saturating_add(*part),
                    row.whole.saturating_mul(2),
                    10_000,
                );
                let figure = share(*part, row.whole);
                // The outline keeps the figure readable over any pattern.
                drawing.push_str(&format!(
                    "<text class=\"inside\" x=\"{middle}\" y=\"{}\">{figure}</text>",
                    y + 19
                ));
            }
            from = from.saturating_add(*part);
        }
        y += THICK + GAP;
    }
    let drawing = format!("{}{drawing}</svg>", frame.open(y.max(1), false));
    let behind = Behind {
        head: [head.to_owned()]
            .into_iter()
            .chain(names.iter().map(|name| (*name).to_owned()))
            .collect(),
        rows: rows
            .iter()
            .map(|row| {
                let cells = row
                    .parts
                    .iter()
                    .map(|part| format!("{} ({})", grouped(*part), share(*part, row.whole)));
                [format!("{} [{}]", row.label, grouped(row.whole))]
                    .into_iter()
                    .chain(cells)
                    .collect()
            })
            .collect(),
    };
    frame.figure(&drawing, &legend(frame.id, names, rows), &behind)
}

/// The names beside their patterns; with one row, its figures too.
fn legend(id: &str, names: &[&str], rows: &[Band]) -> String {
    let mut out = String::from("<ul class=\"legend\">");
    for (at, name) in names.iter().enumerate() {
        let figure = match rows {
            [row] => row
                .parts
                .get(at)
                .map(|part| format!(" {} ({})", grouped(*part), share(*part, row.whole)))
                .unwrap_or_default(),
            _ => String::new(),
        };
        out.push_str(&format!(
            "<li><svg width=\"24\" height=\"16\" aria-hidden=\"true\" focusable=\"false\"><rect \
             class=\"part\" width=\"24\" height=\"16\" \
             fill=\"url(#{id}-p{})\"/></svg>{}{figure}</li>",
            at % PATTERNS,
            escape(name)
        ));
    }
    out.push_str("</ul>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn parts_stand_side_by_side_in_proportion() {
        let frame = Frame { id: "b", title: "題", note: "", lang: Lang::Ja };
        let row = Band { label: "合計".into(), whole: 200, parts: vec![100, 50, 2] };
        let html = bands(frame, "区分", &["甲", "乙", "丙"], &[row]);
        assert!(html.contains("x=\"0.00%\" y=\"22\" width=\"50.00%\""), "{html}");
        assert!(html.contains("x=\"50.00%\" y=\"22\" width=\"25.00%\""));
        assert!(html.contains("x=\"75.00%\" y=\"22\" width=\"1.00%\""));
        // The narrow one has its figure in the legend and the table only.
        assert_eq!(html.matches("class=\"inside\"").count(), 2);
        assert!(html.contains("丙 2 (1.0%)") && html.contains("<td class=\"num\">2 (1.0%)</td>"));
    }

    #[test]
    fn nothing_of_nothing_draws_nothing() {
        let frame = Frame { id: "b", title: "題", note: "", lang: Lang::En };
        let html =
            bands(frame, "区分", &["甲"], &[Band { label: "無".into(), whole: 0, parts: vec![0] }]);
        assert!(html.contains("0 (-)"), "{html}");
    }
}
