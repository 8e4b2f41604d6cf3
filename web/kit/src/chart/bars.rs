//! Horizontal bars, the label above each and the figure at its end.

use super::{Behind, Frame, escape, length, wrapped};

/// One bar.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is.
    pub label: String,
    /// Its length.
    pub value: u64,
    /// The figure as it is to be read ("780団体 89.4%").
    pub text: String,
    /// Where a click leads.
    pub href: Option<String>,
}

/// Pixels of a line of type, of a bar, and between bars.
const TYPE: u64 = 22;
const THICK: u64 = 20;
const GAP: u64 = 14;
/// The longest bar, in hundredths of a per cent of the width: its figure has to stand beside it.
const LONGEST: u64 = 6_200;

/// Bars to one scale, from zero. `heads` name the two columns of the table behind.
#[must_use]
pub fn bars(frame: Frame<'_>, heads: [&str; 2], list: &[Entry]) -> String {
    let most = list.iter().map(|bar| bar.value).max().unwrap_or(0);
    let mut drawing = String::new();
    let mut y = 0;
    for bar in list {
        let mut label = String::new();
        for line in wrapped(&bar.label, 40) {
            y += TYPE;
            label.push_str(&format!("<text x=\"0\" y=\"{}\">{}</text>", y - 6, escape(&line)));
        }
        match &bar.href {
            Some(href) => drawing.push_str(&format!("<a href=\"{}\">{label}</a>", escape(href))),
            None => drawing.push_str(&label),
        }
        let wide = length(bar.value, most, LONGEST);
        drawing.push_str(&format!(
            "<rect class=\"g0\" x=\"0\" y=\"{y}\" width=\"{wide}\" height=\"{THICK}\"/>"
        ));
        drawing.push_str(&format!(
            "<text x=\"{wide}\" dx=\"8\" y=\"{}\" class=\"figure\">{}</text>",
            y + 16,
            escape(&bar.text)
        ));
        y += THICK + GAP;
    }
    let links = list.iter().any(|bar| bar.href.is_some());
    let drawing = format!("{}{drawing}</svg>", frame.open(y.max(1), links));
    let behind = Behind {
        head: heads.map(str::to_owned).to_vec(),
        rows: list.iter().map(|bar| vec![bar.label.clone(), bar.text.clone()]).collect(),
    };
    frame.figure(&drawing, "", &behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn bars_are_to_scale_and_the_table_says_the_same() {
        let bar = |label: &str, value: u64| Entry {
            label: label.into(),
            value,
            text: format!("{value}件"),
            href: None,
        };
        let frame = Frame { id: "b", title: "題", note: "", lang: Lang::Ja };
        let html = bars(frame, ["項目", "数"], &[bar("甲", 200), bar("乙", 50), bar("丙", 0)]);
        assert!(
            html.contains("width=\"62.00%\"")
                && html.contains("width=\"15.50%\"")
                && html.contains("width=\"0.00%\""),
            "{html}"
        );
        assert!(html.contains("<th scope=\"row\">乙</th><td class=\"num\">50件</td>"), "{html}");
        assert!(html.contains("role=\"img\""));
        // Nothing to draw is still a table with its head.
        assert!(bars(frame, ["項目", "数"], &[]).contains("<th scope=\"col\">項目</th>"));
    }
}
