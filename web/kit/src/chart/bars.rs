//! Horizontal bars, the label above each and the figure at its end.

use askama::Template;

use super::{Behind, Frame, Written, drawn, length, written};

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

#[derive(Template)]
#[template(path = "chart/bars.html")]
struct Bars<'a> {
    frame: Frame<'a>,
    behind: Behind,
    height: u64,
    /// With links in it, it is a group; without, one picture.
    links: bool,
    bars: Vec<Placed<'a>>,
}

/// A bar in its place.
struct Placed<'a> {
    label: Vec<Written>,
    y: u64,
    wide: String,
    text: &'a str,
    href: Option<&'a str>,
}

/// Bars to one scale, from zero. `heads` name the two columns of the table behind.
#[must_use]
pub fn bars(frame: Frame<'_>, heads: [&str; 2], list: &[Entry]) -> String {
    let most = list.iter().map(|bar| bar.value).max().unwrap_or(0);
    let mut end = 0;
    let mut placed = Vec::with_capacity(list.len());
    for bar in list {
        let (label, y) = written(&bar.label, end, TYPE);
        let wide = length(bar.value, most, LONGEST);
        placed.push(Placed { label, y, wide, text: &bar.text, href: bar.href.as_deref() });
        end = y + THICK + GAP;
    }
    let behind = Behind {
        head: heads.map(str::to_owned).to_vec(),
        rows: list.iter().map(|bar| vec![bar.label.clone(), bar.text.clone()]).collect(),
    };
    let links = list.iter().any(|bar| bar.href.is_some());
    drawn(&Bars { frame, behind, height: end.max(1), links, bars: placed })
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
        let html = crate::chart::tight(&html);
        assert!(
            html.contains("width=\"62.00%\"")
                && html.contains("width=\"15.50%\"")
                && html.contains("width=\"0.00%\""),
            "{html}"
        );
        assert!(html.contains("<th scope=\"row\">乙</th><td class=\"num\">50件</td>"), "{html}");
        assert!(html.contains("role=\"img\""));
        // Nothing to draw is still a table with its head.
        assert!(
            crate::chart::tight(&bars(frame, ["項目", "数"], &[]))
                .contains("<th scope=\"col\">項目</th>")
        );
    }
}
