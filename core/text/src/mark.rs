//! Yes and no, as they are ticked.

/// Reads はい and いいえ with the marks that people put for them; nothing for any other text, the
/// empty one among them.
#[must_use]
pub fn yes_no(text: &str) -> Option<bool> {
    match crate::key(text).to_lowercase().as_str() {
        "はい" | "○" | "有" | "あり" | "有り" | "該当" | "レ" | "✓" | "✔" | "☑" | "●" | "◎"
        | "yes" | "y" | "true" | "1" => Some(true),
        "いいえ" | "×" | "✕" | "✗" | "無" | "なし" | "無し" | "非該当" | "☐" | "no" | "n"
        | "false" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_in_every_list_alike() {
        for yes in ["はい", "○", "〇", "◯", " ○ ", "TRUE", "１", "レ", "✔", "●", "有", "Yes"]
        {
            assert_eq!(yes_no(yes), Some(true), "{yes}");
        }
        for no in ["いいえ", "×", "✕", "FALSE", "０", "無", "no"] {
            assert_eq!(yes_no(no), Some(false), "{no}");
        }
        for neither in ["", "たぶん", "△", "2", "はいいいえ", "-"] {
            assert_eq!(yes_no(neither), None, "{neither}");
        }
    }
}
