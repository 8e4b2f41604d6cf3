//! What the forms of the exchange show, so that whoever comes second is told what changed: a
//! delivery, a case, a draft. What refuses a form is the revision that goes along with it; this
//! says it in words.

use exchange::case::{Case, Delivery, Part, PublicQuestion};

use crate::case::draft::Entered;
use crate::words;
use kit::http::Lang;
use kit::http::seen::{Seen, Shown};

/// What was typed into a form that was not taken: shown again, in its fields where they are still
/// there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    /// Which button, or which form where it has one button.
    pub(crate) act: String,
    /// What the form showed: of the delivery, or of the case as a whole.
    pub(crate) seen: String,
    pub(crate) whole: bool,
    pub(crate) fields: Vec<(String, String)>,
}

impl Typed {
    pub(crate) fn of(act: &str, fields: &[(String, String)]) -> Self {
        let seen = fields.iter().find(|(name, _)| name == "seen").map_or("", |(_, value)| value);
        Self { act: act.to_owned(), seen: seen.to_owned(), whole: false, fields: fields.to_vec() }
    }

    /// One field of the form with this button; empty where another was pressed, or none.
    pub(crate) fn field(&self, act: &str, name: &str) -> &str {
        if self.act == act { self.value(name) } else { "" }
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The texts of it, for whom their field is no longer there.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let text =
            |name: &str| matches!(name, "reason" | "text" | "note") || name.starts_with("remark");
        let typed =
            self.fields.iter().filter(|(name, value)| text(name) && !value.trim().is_empty());
        typed.map(|(_, value)| value.as_str()).collect()
    }
}

/// What somebody changed, in words, beside what is said of a form that came too late. A form of
/// before says nothing of what it showed.
pub(crate) fn since(lang: Lang, seen: &str, now: &Shown) -> Vec<String> {
    if seen.is_empty() { Vec::new() } else { now.unseen(lang, Seen::Form(seen)).told().to_vec() }
}

/// A delivery. What is being entered is its body's to see; others see what was handed in.
pub(crate) fn delivery(lang: Lang, one: &Delivery, own: bool) -> Shown {
    let due = one.deadline.map(|deadline| words::day(lang, deadline.day()));
    let asked = one
        .extension
        .as_ref()
        .map(|asked| format!("{} {}", words::day(lang, asked.until), asked.reason));
    let remarks: Vec<&str> = one.remarks.iter().map(|remark| remark.text.as_str()).collect();
    let receipt = one.receipts.last().map(|receipt| receipt.number.to_string());
    let shown = Shown::default()
        .with("state", lang.t("状態", "State"), words::state(lang, one.state))
        .with("due", lang.t("期限", "Due"), due.unwrap_or_default())
        .with("note", lang.t("都道府県の連絡", "Note"), one.note.as_deref().unwrap_or(""))
        .with("extension", lang.t("延長の依頼", "More time asked for"), asked.unwrap_or_default())
        .with("remarks", lang.t("指摘", "Remarks"), remarks.join(lang.t("、", ", ")))
        .with("receipt", lang.t("受付番号", "Receipt"), receipt.unwrap_or_default());
    if !own {
        return shown;
    }
    let answer = one.answer.as_ref().map(|answer| match lang {
        Lang::Ja => format!("第{}版 {}", answer.number, answer.by),
        Lang::En => format!("version {} {}", answer.number, answer.by),
    });
    let part = |(code, part): (&String, &Part)| {
        let done = if part.done.is_some() {
            lang.t("入力済み", "done")
        } else {
            lang.t("未入力", "open")
        };
        format!("{code} {}{} {done}", part.questions.len(), lang.t("項目", " questions"))
    };
    let parts: Vec<String> = one.parts.iter().map(part).collect();
    shown.with("answer", lang.t("回答", "Answer"), answer.unwrap_or_default()).with(
        "parts",
        lang.t("庁内照会", "Divisions"),
        parts.join(lang.t("、", ", ")),
    )
}

/// A case as a whole: its stage, and what was asked and answered.
pub(crate) fn case(lang: Lang, one: &Case) -> Shown {
    let stage =
        Shown::default().with("stage", lang.t("段階", "Stage"), words::stage(lang, one.stage));
    let with = |shown: Shown, (place, question): (usize, &PublicQuestion)| {
        let label = format!("{}{}", lang.t("問", "Question "), place + 1);
        let answer = question.answer.as_deref().unwrap_or("");
        shown.with(format!("q{place}"), label, format!("{}／{answer}", question.question))
    };
    one.questions.iter().enumerate().fold(stage, with)
}

/// A draft, by the fields of its form.
pub(crate) fn draft(lang: Lang, case: &Case, addressees: usize, e: &Entered) -> Shown {
    let files: Vec<&str> = case.letter.attachments.iter().map(|file| file.name.as_str()).collect();
    e.labelled(lang)
        .into_iter()
        .fold(Shown::default(), |shown, (key, label, value)| shown.with(key, label, value))
        .with("addressees", lang.t("宛先の団体数", "Addressees"), addressees)
        .with("files", lang.t("別添", "Attachments"), files.join(lang.t("、", ", ")))
}
