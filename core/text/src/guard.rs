//! CSV that no spreadsheet computes, and the way back.
//!
//! A spreadsheet takes a field that begins with `=`, `+`, `-` or `@` for a formula, quoted or not.
//! An apostrophe before it makes it text. Whoever reads such a file takes off exactly what was put
//! on, so that a list which goes out and comes back has not changed.

/// One field, quoted where needed; what would be computed gets an apostrophe before it. A plain
/// negative number stays a number to whoever adds it up.
#[must_use]
pub fn field(text: &str) -> String {
    if is_negative(text) { text.to_owned() } else { strict(text) }
}

/// The same for a file in which nothing is a number.
#[must_use]
pub fn strict(text: &str) -> String {
    let risky = is_risky(text);
    let body = if risky { format!("'{text}") } else { text.to_owned() };
    if risky || body.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", body.replace('"', "\"\""))
    } else {
        body
    }
}

/// A field as it was before [`field`] or [`strict`] guarded it.
#[must_use]
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_risky(rest) => rest,
        _ => text,
    }
}

/// A text for a cell of a workbook, which computes no text: what [`unguarded`] would take off goes
/// on before.
#[must_use]
pub fn kept(text: &str) -> String {
    let mark = if unguarded(text) == text { "" } else { "'" };
    format!("{mark}{text}")
}

/// Whether a spreadsheet might compute the text, or a reader would take an apostrophe off it.
fn is_risky(text: &str) -> bool {
    text.trim_start_matches('\'')
        .trim_start_matches([' ', '\u{3000}', '\u{feff}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// A whole number below zero and nothing else.
fn is_negative(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|digits| {
        (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(field: &str) -> String {
        let inner = field.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        unguarded(&inner.map_or_else(|| field.to_owned(), |i| i.replace("\"\"", "\""))).to_owned()
    }

    #[test]
    fn no_field_starts_a_formula_and_each_comes_back() {
        for bad in ["=1+1", "+1", "-1+2", "@SUM(A1)", " =1", "\t=1", "＝1", "'=1", "''-照会", "-"]
        {
            let out = field(bad);
            assert!(out.starts_with("\"'"), "{out}");
            assert_eq!(back(&out), bad);
        }
        for good in ["011002", "-5", "'quoted'", "o'clock", "", "町,村", "a\"b", "ー長音"] {
            assert_eq!(back(&field(good)), good);
            assert_eq!(back(&strict(good)), good);
        }
        assert_eq!((field("-5").as_str(), strict("-5").as_str()), ("-5", "\"'-5\""));
        assert_eq!(field("a,\"b\""), "\"a,\"\"b\"\"\"");
    }

    proptest::proptest! {
        #[test]
        fn whatever_goes_out_comes_back(text in "['=@+ \u{3000}a1-]{0,8}") {
            proptest::prop_assert_eq!(back(&field(&text)), text.clone());
            proptest::prop_assert_eq!(back(&strict(&text)), text.clone());
            let out = kept(&text);
            proptest::prop_assert_eq!(unguarded(&out), text);
        }
    }
}
