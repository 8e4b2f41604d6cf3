//! Lines over the years. Years can fall; a year without a figure leaves a gap.

use super::{Behind, Frame, escape, length};

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// A value a year; `None` where there is none.
    pub values: Vec<Option<u64>>,
}

/// Pixels above, of and below the plot.
const ABOVE: u64 = 28;
const PLOT: u64 = 180;
const BELOW: u64 = 30;
/// Marks nearer than this have no room for two figures above them.
const NEAR: u64 = 20;
/// Marks and dashes: a line is told by them as much as by its colour.
const KINDS: usize = 5;

/// Lines from zero to the greatest value. `head` names the years, `years` are they; `text` says a
/// value as it is to be read.
#[must_use]
pub fn series(
    frame: Frame<'_>,
    head: &str,
    years: &[String],
    lines: &[Line],
    text: impl Fn(u64) -> String,
) -> String {
    let most =
        lines.iter().flat_map(|line| &line.values).flatten().copied().max().unwrap_or(0).max(1);
    let slots = u64::try_from(years.len().max(1)).unwrap_or(1);
    let x = |at: usize| length(2 * u64::try_from(at).unwrap_or(0) + 1, 2 * slots, 10_000);
    let y = |value: u64| {
        ABOVE + PLOT
            - u64::try_from(u128::from(PLOT) * u128::from(value) / u128::from(most)).unwrap_or(PLOT)
    };
    let floor = ABOVE + PLOT;
    let mut drawing =
        format!("<line class=\"axis\" x1=\"0\" y1=\"{floor}\" x2=\"100%\" y2=\"{floor}\"/>");
    for (at, year) in years.iter().enumerate() {
        drawing.push_str(&format!(
            "<text class=\"mid\" x=\"{}\" y=\"{}\">{}</text>",
            x(at),
            floor + 22,
            escape(year)
        ));
    }
    for (place, line) in lines.iter().enumerate() {
        let kind = place % KINDS;
        for (at, pair) in line.values.windows(2).enumerate() {
            if let [Some(a), Some(b)] = pair {
                drawing.push_str(&format!(
                    "<line class=\"l{kind}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
                    x(at),
                    y(*a),
                    x(at + 1),
                    y(*b)
                ));
            }
        }
        for (at, value) in line.values.iter().enumerate() {
            let Some(value) = value else { continue };
            drawing.push_str(&format!(
                "<svg x=\"{}\" y=\"{}\" class=\"at\">{}</svg>",
                x(at),
                y(*value),
                mark(kind)
            ));
            // Where two lines come near each other, the lower one's figure stands under its mark.
            let crowded = lines.iter().enumerate().any(|(other, line)| {
                let near = line
                    .values
                    .get(at)
                    .copied()
                    .flatten()
                    .filter(|one| y(*one).abs_diff(y(*value)) < NEAR);
                other != place && near.is_some_and(|one| (one, other) > (*value, place))
            });
            let label = if crowded { y(*value) + 22 } else { y(*value) - 10 };
            drawing.push_str(&format!(
                "<text class=\"mid figure\" x=\"{}\" y=\"{label}\">{}</text>",
                x(at),
                escape(&text(*value))
            ));
        }
    }
    let drawing = format!("{}{drawing}</svg>", frame.open(ABOVE + PLOT + BELOW, false));
    let mut legend = String::from("<ul class=\"legend\">");
    for (place, line) in lines.iter().enumerate() {
        let kind = place % KINDS;
        legend.push_str(&format!(
            "<li><svg width=\"36\" height=\"16\" aria-hidden=\"true\" focusable=\"false\"><line \
             class=\"l{kind}\" x1=\"0\" y1=\"8\" x2=\"36\" y2=\"8\"/><svg x=\"18\" y=\"8\" \
             class=\"at\">{}</svg></svg>{}</li>",
            mark(kind),
            escape(&line.name)
        ));
    }
    legend.push_str("</ul>");
    let behind = Behind {
        head: [head.to_owned()]
            .into_iter()
            .chain(lines.iter().map(|line| line.name.clone()))
            .collect(),
        rows: years
            .iter()
            .enumerate()
            .map(|(at, year)| {
                let cells = lines.iter().map(|line| {
                    line.values.get(at).copied().flatten().map_or_else(|| "-".to_owned(), &text)
                });
                [year.clone()].into_iter().chain(cells).collect()
            })
            .collect(),
    };
    frame.figure(&drawing, &legend, &behind)
}

fn mark(kind: usize) -> String {
    const MARKS: [&str; KINDS] = [
        "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0z",
        "M-5-5H5V5H-5z",
        "M0-6L6 5H-6z",
        "M0-7L7 0L0 7L-7 0z",
        "M0 6L6-5H-6z",
    ];
    format!("<path class=\"m{kind}\" d=\"{}\"/>", MARKS[kind % KINDS])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn a_line_falls_where_its_figures_fall_and_breaks_where_there_is_none() {
        let frame = Frame { id: "s", title: "題", note: "", lang: Lang::Ja };
        let line = |name: &str, values: &[Option<u64>]| Line {
            name: name.into(),
            values: values.to_vec(),
        };
        let years: Vec<String> = ["R2", "R3", "R4", "R5"].map(str::to_owned).to_vec();
        let html = series(
            frame,
            "年",
            &years,
            &[line("導入", &[Some(406), None, Some(1150), Some(1102)])],
            |n| n.to_string(),
        );
        // One stretch only, from the third year down to the fourth.
        assert_eq!(
            html.matches("class=\"l0\" x1=\"62.50%\" y1=\"28\" x2=\"87.50%\" y2=\"36\"").count(),
            1,
            "{html}"
        );
        assert_eq!(html.matches("<line class=\"l0\"").count(), 2, "the stretch and the legend");
        assert!(html.contains("<th scope=\"row\">R3</th><td class=\"num\">-</td>"));
        assert!(series(frame, "年", &[], &[], |n| n.to_string()).contains("</figure>"));
    }
}
