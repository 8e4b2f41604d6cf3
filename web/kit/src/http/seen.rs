//! What a form showed, field by field: it comes back with the form and is compared inside the
//! write, so that whoever comes second is told what changed and nothing is written over unseen. A
//! program brings the same in short, the `revision` it read.
//!
//! `boundary/posts.txt` says of every action whether it takes this; a test keeps it so.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::Lang;
use crate::secrets::{hex, sha256};

/// Longest text of a field that is shown again, characters.
const LINE: usize = 300;
/// Longest text of a field that goes along with the form as it is, characters; of a longer one goes
/// its digest, so that a form does not grow by what it shows.
const ALONG: usize = 200;
/// What a digest begins with.
const DIGEST: char = '#';

/// What somebody who sends a change has seen of the thing.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// The hidden field `seen` of a page's form.
    Form(&'a str),
    /// The revision a program read.
    Revision(&'a str),
}

/// What stands and the sender has not seen, in words; nothing where all of it was seen. What was
/// sent is then not kept, and the page that answers shows both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    lines: Vec<String>,
    seen: String,
}

impl Changed {
    /// All was seen.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A line a field.
    pub fn told(&self) -> &[String] {
        &self.lines
    }

    /// Itself, for a template that gives it the name the words are included by.
    pub fn this(&self) -> &Self {
        self
    }

    /// For the hidden field of the page that answers: what the sender is told here; of a form that
    /// was not kept for another reason, what it had seen; or else what stands.
    pub fn seen(&self, posted: Option<&str>, now: &Shown) -> String {
        match posted {
            _ if !self.is_empty() => self.seen.clone(),
            Some(posted) => posted.to_owned(),
            None => now.seen(),
        }
    }
}

/// The fields of a thing as its form shows them: key, label, value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    fields: Vec<(String, String, String)>,
    short: bool,
    named: bool,
}

impl Shown {
    /// With another field.
    pub fn with(
        mut self,
        key: impl Into<String>,
        label: impl Into<String>,
        value: impl Display,
    ) -> Self {
        self.fields.push((key.into(), label.into(), value.to_string()));
        self
    }

    /// A list of many: of every field only the digest goes along, and what changed is told by what
    /// stands now.
    pub fn in_short(self) -> Self {
        Self { short: true, ..self }
    }

    /// A thing that is found by what was typed into its form: the form may have shown another, or
    /// none, and of this one it has then seen nothing.
    pub fn by_name(self) -> Self {
        Self { named: true, ..self }
    }

    /// For the hidden field `seen`.
    pub fn seen(&self) -> String {
        let fields: BTreeMap<&str, String> =
            self.fields.iter().map(|(key, _, value)| (key.as_str(), self.along(value))).collect();
        serde_json::to_string(&fields).unwrap_or_default()
    }

    /// The same in short, for programs.
    pub fn revision(&self) -> String {
        let fields: BTreeMap<&str, &str> =
            self.fields.iter().map(|(key, _, value)| (key.as_str(), value.as_str())).collect();
        hex(&sha256(serde_json::to_string(&fields).unwrap_or_default().as_bytes())[..8])
    }

    /// What whoever sends a change has not seen of what stands, a line a field; nothing where all
    /// of it was seen. A program knows what it read: it is told what stands.
    pub fn unseen(&self, lang: Lang, seen: Seen<'_>) -> Changed {
        let lines = match seen {
            Seen::Form(seen) => self.since(lang, seen),
            Seen::Revision(read) if read == self.revision() => Vec::new(),
            // Nothing was read of what was not there, and there is nothing still.
            Seen::Revision("") if self.named && self.fields.is_empty() => Vec::new(),
            Seen::Revision(_) if self.fields.is_empty() => {
                vec![lang.t("いまは登録されていません。", "It is not there any more.").to_owned()]
            }
            Seen::Revision(_) => {
                let line = |(_, label, now): &(String, String, String)| {
                    format!("{label}{}{}", lang.t("：", ": "), words(lang, now))
                };
                self.fields.iter().map(line).collect()
            }
        };
        Changed { lines, seen: self.seen() }
    }

    /// What is otherwise now than it was when the form was shown, a line a field; nothing where
    /// nothing changed. A form that does not say what it showed has seen nothing.
    fn since(&self, lang: Lang, seen: &str) -> Vec<String> {
        let was = match serde_json::from_str::<BTreeMap<String, String>>(seen) {
            Ok(was) => was,
            Err(_) => {
                return vec![
                    lang.t(
                        "この画面が古いため、保存していません。いまの内容を確認してから、もう一度保存してください。",
                        "This form is too old to be saved. Please look at what stands now and save \
                         again.",
                    )
                    .to_owned(),
                ];
            }
        };
        let none = String::new();
        let mut lines: Vec<String> = self
            .fields
            .iter()
            .map(|(key, label, now)| (label, was.get(key).unwrap_or(&none), now))
            .filter(|(_, was, now)| **was != self.along(now))
            .map(|(label, was, now)| {
                let colon = lang.t("：", ": ");
                match was.starts_with(DIGEST) {
                    true => format!("{label}{colon}{}", words(lang, now)),
                    false => format!("{label}{colon}{} → {}", words(lang, was), words(lang, now)),
                }
            })
            .collect();
        if !self.named && was.keys().any(|key| !self.fields.iter().any(|(known, ..)| known == key))
        {
            lines.push(lang.t("なくなった項目があります。", "A field is no more.").to_owned());
        }
        lines
    }

    /// A value as it goes along with the form.
    fn along(&self, value: &str) -> String {
        let long = self.short || value.starts_with(DIGEST) || value.chars().nth(ALONG).is_some();
        match long {
            true => format!("{DIGEST}{}", hex(&sha256(value.as_bytes())[..8])),
            false => value.to_owned(),
        }
    }
}

fn words(lang: Lang, value: &str) -> String {
    match value {
        "" => lang.t("（空）", "(empty)").to_owned(),
        value => value.chars().take(LINE).collect(),
    }
}

/// `yes` in words.
pub fn yes(lang: Lang, is: bool) -> &'static str {
    if is { lang.t("はい", "Yes") } else { lang.t("いいえ", "No") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(now: &Shown, seen: Seen<'_>) -> Vec<String> {
        now.unseen(Lang::Ja, seen).told().to_vec()
    }

    fn roles(roles: &str, name: &str) -> Shown {
        Shown::default().with("roles", "役割", roles).with("name", "氏名", name)
    }

    #[test]
    fn what_changed_since_is_said_and_nothing_else() {
        let first = roles("職員・所属長", "佐藤");
        let form = first.seen();
        assert_eq!(told(&first, Seen::Form(&form)), Vec::<String>::new());
        let now = roles("職員", "佐藤");
        assert_eq!(told(&now, Seen::Form(&form)), ["役割：職員・所属長 → 職員"]);
        assert_ne!(now.revision(), first.revision());
        let gone = Shown::default().with("name", "氏名", "佐藤");
        assert_eq!(told(&gone, Seen::Form(&form)).len(), 1, "a field is gone");
    }

    #[test]
    fn a_form_that_does_not_say_what_it_showed_has_seen_nothing() {
        let now = Shown::default().with("name", "氏名", "");
        for seen in ["", "x", "[]", "1", "{\"name\":1}"] {
            assert_eq!(told(&now, Seen::Form(seen)).len(), 1, "{seen}");
        }
    }

    #[test]
    fn a_program_names_what_it_read_and_is_told_what_stands() {
        let (first, now) = (roles("職員・所属長", "佐藤"), roles("職員", "佐藤"));
        let read = first.revision();
        assert_eq!(told(&first, Seen::Revision(&read)), Vec::<String>::new());
        assert_eq!(told(&now, Seen::Revision(&read)), ["役割：職員", "氏名：佐藤"]);
        assert_eq!(told(&now, Seen::Revision("")).len(), 2, "none was read");
    }

    #[test]
    fn a_long_text_goes_along_by_its_digest_and_a_list_of_many_too() {
        let long = |end: &str| Shown::default().with("text", "本文", "あ".repeat(2_000) + end);
        let form = long("。").seen();
        assert!(form.len() < 100, "{form}");
        assert_eq!(told(&long("。"), Seen::Form(&form)), Vec::<String>::new());
        let changed = told(&long("！"), Seen::Form(&form));
        assert!(changed.len() == 1 && changed[0].starts_with("本文：ああ"), "{changed:?}");
        let many = |name: &str| {
            Shown::default().with("1", "規則1", name).with("2", "規則2", "x").in_short()
        };
        let form = many("紙").seen();
        assert_eq!(told(&many("電子"), Seen::Form(&form)), ["規則1：電子"]);
        // What looks like a digest is none.
        let (mark, plain) = (many("紙").along("紙"), Shown::default());
        assert_ne!(plain.along(&mark), mark);
    }

    #[test]
    fn the_page_that_answers_carries_what_was_told_and_nothing_more() {
        let (first, now, later) =
            (roles("職員", "佐藤"), roles("職員", "鈴木"), roles("職員", "高橋"));
        let form = first.seen();
        let changed = now.unseen(Lang::Ja, Seen::Form(&form));
        assert_eq!(
            changed.seen(Some(&form), &later),
            now.seen(),
            "what came after that is told the next time"
        );
        assert_eq!(
            Changed::default().seen(Some(&form), &later),
            form,
            "a form with a fault has seen no more by it"
        );
        assert_eq!(Changed::default().seen(None, &later), later.seen());
    }

    #[test]
    fn what_is_found_by_its_name_may_not_have_been_shown() {
        let there = Shown::default().with("a 1", "もとの団体", "b").by_name();
        let other = Shown::default().with("c 2", "もとの団体", "d").by_name().seen();
        let fresh = Shown::default().by_name();
        assert_eq!(told(&fresh, Seen::Form(&other)), Vec::<String>::new(), "nothing stands there");
        assert_eq!(told(&fresh, Seen::Revision("")), Vec::<String>::new());
        assert_eq!(told(&fresh, Seen::Revision("abc")).len(), 1, "it was there, and is no more");
        assert_eq!(told(&there, Seen::Form(&other)), ["もとの団体：（空） → b"]);
        assert_eq!(told(&there, Seen::Form(&there.seen())), Vec::<String>::new());
        assert_eq!(told(&there, Seen::Revision("")), ["もとの団体：b"]);
    }
}
