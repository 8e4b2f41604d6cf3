//! Two texts laid side by side, line by line.

/// The lines that differ, each with its number: `-` as it is kept, `+` as it is now.
pub(super) fn lines(kept: &str, now: &str) -> Vec<String> {
    let old: Vec<&str> = kept.lines().collect();
    let new: Vec<&str> = now.lines().collect();
    let (mut at, mut to) = (0, 0);
    let mut out = Vec::new();
    while at < old.len() || to < new.len() {
        if at < old.len() && to < new.len() && old[at] == new[to] {
            (at, to) = (at + 1, to + 1);
            continue;
        }
        let (gone, come) = apart(&old[at..], &new[to..]);
        let shown = |mark, from: usize, lines: &[&str]| {
            let numbered = lines.iter().enumerate();
            numbered.map(|(n, line)| format!("{mark}{:<6}{line}", from + n + 1)).collect::<Vec<_>>()
        };
        out.extend(shown('-', at, &old[at..at + gone]));
        out.extend(shown('+', to, &new[to..to + come]));
        (at, to) = (at + gone, to + come);
    }
    out
}

/// How many lines stand on each side before both agree again: as few as there can be.
fn apart(old: &[&str], new: &[&str]) -> (usize, usize) {
    for both in 1..old.len() + new.len() {
        for gone in both.saturating_sub(new.len())..=both.min(old.len()) {
            let come = both - gone;
            if gone < old.len() && come < new.len() && old[gone] == new[come] {
                return (gone, come);
            }
        }
    }
    (old.len(), new.len())
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn a_changed_a_new_and_a_lost_line_are_told() {
        assert!(lines("a\nb\n", "a\nb\n").is_empty());
        assert_eq!(lines("a\nb\nc\n", "a\nx\nc\n"), ["-2     b", "+2     x"]);
        assert_eq!(lines("a\nc\n", "a\nb\nc\n"), ["+2     b"]);
        assert_eq!(lines("a\nb\nc\n", "a\nc\n"), ["-2     b"]);
        assert_eq!(lines("a\n", "a\nb\n"), ["+2     b"]);
        assert_eq!(lines("", "a\n"), ["+1     a"]);
        assert_eq!(lines("a\nb\n", ""), ["-1     a", "-2     b"]);
    }
}
