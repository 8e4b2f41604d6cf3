//! What a form showed, field by field: it comes back with the form and is compared inside the write, so that whoever comes second is told what
//! changed and nothing is written over unseen.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::Lang;
use crate::secrets::{hex, sha256};

/// Longest text of a field that is shown again.
const LINE: usize = 300;

/// The fields of a thing as its form shows them: key, label, value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown(Vec<(String, String, String)>);

impl Shown {
    /// With another field.
    pub fn with(mut self, key: impl Into<String>, label: impl Into<String>, value: impl Display) -> Self {
        self.0.push((key.into(), label.into(), value.to_string()));
        self
    }

    /// For the hidden field `seen`.
    pub fn seen(&self) -> String {
        let fields: BTreeMap<&str, &str> = self.0.iter().map(|(key, _, value)| (key.as_str(), value.as_str())).collect();
        serde_json::to_string(&fields).unwrap_or_default()
    }

    /// The same in short, for programs.
    pub fn revision(&self) -> String {
        hex(&sha256(self.seen().as_bytes())[..8])
    }

    /// What is otherwise now than it was when the form was shown, a line a field; nothing where nothing changed. A form that does not say what it
    /// showed has seen nothing.
    pub fn since(&self, lang: Lang, seen: &str) -> Vec<String> {
        let Ok(was) = serde_json::from_str::<BTreeMap<String, String>>(seen) else {
            return vec![
                lang.t(
                    "この画面が古いため、保存していません。いまの内容を確認してから、もう一度保存してください。",
                    "This form is too old to be saved. Please look at what stands now and save again.",
                )
                .to_owned(),
            ];
        };
        let text = |value: &str| match value {
            "" => lang.t("（空）", "(empty)").to_owned(),
            value => value.chars().take(LINE).collect(),
        };
        let none = String::new();
        let mut lines: Vec<String> = self
            .0
            .iter()
            .map(|(key, label, now)| (label, was.get(key).unwrap_or(&none), now))
            .filter(|(_, was, now)| was != now)
            .map(|(label, was, now)| format!("{label}{}{} → {}", lang.t("：", ": "), text(was), text(now)))
            .collect();
        if was.keys().any(|key| !self.0.iter().any(|(known, ..)| known == key)) {
            lines.push(lang.t("なくなった項目があります。", "A field is no more.").to_owned());
        }
        lines
    }
}

/// `yes` in words.
pub fn yes(lang: Lang, is: bool) -> &'static str {
    if is { lang.t("はい", "Yes") } else { lang.t("いいえ", "No") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_since_is_said_and_nothing_else() {
        let first = Shown::default().with("roles", "役割", "職員・所属長").with("name", "氏名", "佐藤");
        assert_eq!(first.since(Lang::Ja, &first.seen()), Vec::<String>::new());
        let now = Shown::default().with("roles", "役割", "職員").with("name", "氏名", "佐藤");
        assert_eq!(now.since(Lang::Ja, &first.seen()), ["役割：職員・所属長 → 職員"]);
        assert_ne!(now.revision(), first.revision());
        assert_eq!(Shown::default().with("name", "氏名", "佐藤").since(Lang::Ja, &first.seen()).len(), 1, "a field is gone");
    }

    #[test]
    fn a_form_that_does_not_say_what_it_showed_has_seen_nothing() {
        let now = Shown::default().with("name", "氏名", "");
        for seen in ["", "x", "[]", "1", "{\"name\":1}"] {
            assert_eq!(now.since(Lang::Ja, seen).len(), 1, "{seen}");
        }
    }
}
