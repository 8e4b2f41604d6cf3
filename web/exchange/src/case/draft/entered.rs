//! The fields of a draft's page: from a case, as they are typed, and the command they say.

use std::collections::BTreeSet;

use exchange::body::Bodies;
use exchange::case::{Addressee, Audience, Case, CaseKind, DESKS, Duty, Path, ReminderPlan};
use jiff::civil::Date;

use super::command::{DraftFault, Write, desk, form, kinds, prefectures};
use super::names::known;
use crate::words;
use kit::http::Lang;

/// The fields as they are typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entered {
    pub(crate) kind: String,
    pub(crate) number: String,
    pub(crate) date: String,
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) items: String,
    pub(crate) legal_basis: String,
    pub(crate) duty: String,
    pub(crate) funding: String,
    pub(crate) purpose: String,
    pub(crate) minutes: String,
    pub(crate) contact: String,
    pub(crate) path: String,
    pub(crate) audience: String,
    pub(crate) kinds: Vec<String>,
    pub(crate) prefectures: Vec<String>,
    pub(crate) list: String,
    pub(crate) desk: String,
    pub(crate) form: String,
    pub(crate) deadline: String,
    pub(crate) accept_late: bool,
    pub(crate) before: String,
    pub(crate) on_the_day: bool,
    pub(crate) after: String,
    pub(crate) revision: u64,
    /// What the form showed.
    pub(crate) seen: String,
    pub(crate) send: bool,
}

impl Entered {
    /// From the fields a page sends.
    pub(crate) fn read(fields: Vec<(String, String)>) -> Self {
        let mut e = Self::default();
        for (name, value) in fields {
            let slot = match name.as_str() {
                "kind" => &mut e.kind,
                "number" => &mut e.number,
                "date" => &mut e.date,
                "to" => &mut e.to,
                "from" => &mut e.from,
                "subject" => &mut e.subject,
                "text" => &mut e.text,
                "items" => &mut e.items,
                "legal_basis" => &mut e.legal_basis,
                "duty" => &mut e.duty,
                "funding" => &mut e.funding,
                "purpose" => &mut e.purpose,
                "minutes" => &mut e.minutes,
                "contact" => &mut e.contact,
                "path" => &mut e.path,
                "audience" => &mut e.audience,
                "list" => &mut e.list,
                "desk" => &mut e.desk,
                "form" => &mut e.form,
                "deadline" => &mut e.deadline,
                "before" => &mut e.before,
                "after" => &mut e.after,
                "seen" => &mut e.seen,
                "kinds" => {
                    e.kinds.push(value);
                    continue;
                }
                "prefectures" => {
                    e.prefectures.push(value);
                    continue;
                }
                "accept_late" => {
                    e.accept_late = true;
                    continue;
                }
                "on_the_day" => {
                    e.on_the_day = true;
                    continue;
                }
                "revision" => {
                    e.revision = value.parse().unwrap_or(u64::MAX);
                    continue;
                }
                "act" => {
                    e.send = value == "send";
                    continue;
                }
                _ => continue,
            };
            *slot = value.replace("\r\n", "\n");
        }
        e
    }

    /// Its fields with what they are called.
    pub(crate) fn labelled(&self, lang: Lang) -> Vec<(&'static str, &'static str, String)> {
        let yes = |is| kit::http::seen::yes(lang, is).to_owned();
        vec![
            ("kind", lang.t("種類", "Kind"), words::kind(lang, kind(&self.kind)).to_owned()),
            ("number", lang.t("文書番号", "Number of the letter"), self.number.clone()),
            ("date", lang.t("日付", "Date"), self.date.clone()),
            ("to", lang.t("宛先（文書の表記）", "To, as written"), self.to.clone()),
            ("from", lang.t("発信者", "From"), self.from.clone()),
            ("subject", lang.t("件名", "Subject"), self.subject.clone()),
            ("text", lang.t("本文", "Text"), self.text.clone()),
            ("items", lang.t("記", "Particulars"), self.items.clone()),
            ("legal_basis", lang.t("根拠法令", "Legal basis"), self.legal_basis.clone()),
            (
                "duty",
                lang.t("回答義務", "Duty to answer"),
                words::duty(lang, duty(&self.duty)).to_owned(),
            ),
            ("funding", lang.t("財政措置", "Funding"), self.funding.clone()),
            ("purpose", lang.t("目的と公表方法", "Purpose and publication"), self.purpose.clone()),
            ("minutes", lang.t("想定所要時間（分）", "Minutes it takes"), self.minutes.clone()),
            ("contact", lang.t("連絡先", "Contact"), self.contact.clone()),
            ("path", lang.t("経路", "Path"), words::path(lang, path(&self.path)).to_owned()),
            ("desk", lang.t("宛先の窓口", "Desk"), self.desk.clone()),
            ("form", lang.t("調査票", "Form"), self.form.clone()),
            ("deadline", lang.t("国への回答期限", "Deadline"), self.deadline.clone()),
            (
                "accept_late",
                lang.t("期限後の提出も受け付ける", "Late answers are taken"),
                yes(self.accept_late),
            ),
            (
                "before",
                lang.t("督促（期限の何日前）", "Reminders, days before"),
                self.before.clone(),
            ),
            ("on_the_day", lang.t("督促（当日）", "Reminder on the day"), yes(self.on_the_day)),
            ("after", lang.t("督促（期限の何日後）", "Reminders, days after"), self.after.clone()),
        ]
    }

    pub(crate) fn of(case: &Case, addressees: &BTreeSet<Addressee>) -> Self {
        let l = &case.letter;
        let days = |days: &BTreeSet<u16>| {
            days.iter().rev().map(u16::to_string).collect::<Vec<_>>().join(", ")
        };
        Self {
            kind: kind_name(case.kind).to_owned(),
            number: l.number.clone(),
            date: l.date.to_string(),
            to: l.to.clone(),
            from: l.from.clone(),
            subject: l.subject.clone(),
            text: l.text.clone(),
            items: l.items.join("\n"),
            legal_basis: l.legal_basis.clone(),
            duty: duty_name(l.duty).to_owned(),
            funding: l.funding.clone(),
            purpose: l.purpose.clone(),
            minutes: l.minutes.map(|n| n.to_string()).unwrap_or_default(),
            contact: l.contact.clone(),
            path: path_name(case.path).to_owned(),
            audience: if addressees.is_empty() { "all" } else { "keep" }.to_owned(),
            desk: addressees.first().map_or(DESKS[0].to_owned(), |to| to.desk.clone()),
            form: case
                .form
                .as_ref()
                .map(|form| format!("{}/{}", form.id, form.version))
                .unwrap_or_default(),
            deadline: case.deadline.map(|day| day.to_string()).unwrap_or_default(),
            accept_late: case.accept_late,
            before: days(&case.reminders.before),
            on_the_day: case.reminders.on_the_day,
            after: days(&case.reminders.after),
            ..Self::default()
        }
    }

    /// What these fields ask for. Whatever cannot be read is told beside it.
    pub(crate) fn command(&self, bodies: &Bodies) -> Write {
        let mut unread = Vec::new();
        let text = |text: &str| text.trim().to_owned();
        let day = |text: &str, fault: DraftFault, unread: &mut Vec<DraftFault>| match text.trim() {
            "" => None,
            text => told(text.parse::<Date>().map(Some).map_err(|_| fault), unread),
        };
        let date = day(&self.date, DraftFault::BadDate, &mut unread);
        let minutes = match self.minutes.trim() {
            "" => None,
            text => {
                told(text.parse::<u32>().map(Some).map_err(|_| DraftFault::BadMinutes), &mut unread)
            }
        };
        let deadline = day(&self.deadline, DraftFault::BadDeadline, &mut unread);
        let (before, after) = (days(&self.before), days(&self.after));
        if before.is_none() || after.is_none() {
            unread.push(DraftFault::BadReminders);
        }
        let audience = match self.audience.as_str() {
            "keep" => None,
            "kinds" => told(kinds(&self.kinds).map(Some), &mut unread),
            "prefectures" => told(prefectures(&self.prefectures).map(Some), &mut unread),
            "list" => {
                let list = known(bodies, self.list.lines());
                told(list.map(|list| Some(Audience::List(list))).map_err(Into::into), &mut unread)
            }
            _ => Some(Audience::All),
        };
        let kind = kind(&self.kind);
        // The form's field stays filled in when a notice is made of a survey.
        let form = if kind.wants_answer() { told(form(&self.form), &mut unread) } else { None };
        Write {
            revision: self.revision,
            send: self.send,
            kind,
            number: text(&self.number),
            date,
            to: text(&self.to),
            from: text(&self.from),
            subject: text(&self.subject),
            text: text(&self.text),
            // A line of the field is an item.
            items: self.items.lines().map(text).filter(|line| !line.is_empty()).collect(),
            legal_basis: text(&self.legal_basis),
            duty: duty(&self.duty),
            funding: text(&self.funding),
            purpose: text(&self.purpose),
            minutes,
            contact: text(&self.contact),
            path: path(&self.path),
            audience,
            desk: desk(&self.desk).unwrap_or(DESKS[0]),
            form,
            deadline,
            accept_late: self.accept_late,
            reminders: ReminderPlan {
                before: before.unwrap_or_default(),
                on_the_day: self.on_the_day,
                after: after.unwrap_or_default(),
            },
            unread,
        }
    }
}

/// What was read; what could not be is remembered.
pub(super) fn told<T: Default>(read: Result<T, DraftFault>, unread: &mut Vec<DraftFault>) -> T {
    read.unwrap_or_else(|fault| {
        unread.push(fault);
        T::default()
    })
}

/// Numbers of days as people write them in one field.
fn days(text: &str) -> Option<BTreeSet<u16>> {
    let parts = text.split([',', '、', ' ', '　']).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}

fn kind(name: &str) -> CaseKind {
    match name {
        "inquiry" => CaseKind::Inquiry,
        "notice" => CaseKind::Notice,
        "information" => CaseKind::Information,
        _ => CaseKind::Survey,
    }
}

fn duty(name: &str) -> Duty {
    match name {
        "obliged" => Duty::Obliged,
        "none" => Duty::None,
        _ => Duty::Asked,
    }
}

fn path(name: &str) -> Path {
    match name {
        "direct" => Path::Direct,
        "both" => Path::Both,
        _ => Path::Cascade,
    }
}

/// The names forms use.
fn kind_name(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Survey => "survey",
        CaseKind::Inquiry => "inquiry",
        CaseKind::Notice => "notice",
        CaseKind::Information => "information",
    }
}

fn duty_name(duty: Duty) -> &'static str {
    match duty {
        Duty::Obliged => "obliged",
        Duty::Asked => "asked",
        Duty::None => "none",
    }
}

fn path_name(path: Path) -> &'static str {
    match path {
        Path::Cascade => "cascade",
        Path::Direct => "direct",
        Path::Both => "both",
    }
}
