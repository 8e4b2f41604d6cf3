//! The fields of a draft: from a case, as they are typed, and the case they say.

use std::collections::{BTreeMap, BTreeSet};

use exchange::body::{Body, BodyKind, Lineage, bodies};
use exchange::case::{
    Addressee, Audience, Case, CaseKind, DESKS, Duty, Letter, Path, ReminderPlan,
};
use exchange::form::FormRef;
use jiff::civil::Date;

use super::names::{Unknown, known};
use crate::words;
use kit::http::Lang;

/// Longest text of a letter's field, characters; its body may be longer.
const SHORT: usize = 1_000;
const LONG: usize = 20_000;

/// Kinds of bodies by the name forms use.
pub(crate) const KINDS: [(&str, BodyKind); 6] = [
    ("prefecture", BodyKind::Prefecture),
    ("designated", BodyKind::DesignatedCity),
    ("ward", BodyKind::SpecialWard),
    ("city", BodyKind::City),
    ("town", BodyKind::Town),
    ("village", BodyKind::Village),
];

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

    /// The draft these fields say, or what is wrong with them.
    pub(crate) fn draft(
        &self,
        lang: Lang,
        case: &Case,
        before: BTreeSet<Addressee>,
        (lineage, newcomers): (&Lineage, &[&'static Body]),
        today: Date,
    ) -> Result<Case, Vec<String>> {
        let mut faults = Vec::new();
        let mut say = |ja: &str, en: &str| faults.push(lang.t(ja, en).to_owned());
        let all = [
            &self.number,
            &self.to,
            &self.from,
            &self.subject,
            &self.legal_basis,
            &self.funding,
            &self.purpose,
            &self.contact,
        ];
        if all.iter().any(|text| text.chars().count() > SHORT)
            || self.text.chars().count() > LONG
            || self.items.chars().count() > LONG
        {
            say("文字数が多すぎる欄があります。", "A field is too long.");
        }
        if self.subject.trim().is_empty() {
            say("件名を入力してください。", "Please enter a subject.");
        }
        let date = self.date.parse::<Date>().unwrap_or(case.letter.date);
        let minutes = self.minutes.trim().parse::<u32>().ok().filter(|n| *n <= 100_000);
        if minutes.is_none() && !self.minutes.trim().is_empty() {
            say("想定所要時間は分で入力してください。", "The time is a number of minutes.");
        }
        let deadline =
            if self.deadline.is_empty() { None } else { self.deadline.parse::<Date>().ok() };
        if deadline.is_none() && !self.deadline.is_empty() {
            say("期限の日付を確認してください。", "The deadline is no date.");
        }
        let days = |text: &str| -> Option<BTreeSet<u16>> {
            let parts = text.split([',', '、', ' ', '　']).filter(|part| !part.is_empty());
            let days: Option<BTreeSet<u16>> =
                parts.map(|part| part.parse().ok().filter(|n| (1..=60).contains(n))).collect();
            days.filter(|days| days.len() <= 10)
        };
        let (before_days, after_days) = (days(&self.before), days(&self.after));
        if before_days.is_none() || after_days.is_none() {
            say(
                "督促の日数は1から60の数を「,」で区切ってください。",
                "Reminders: numbers from 1 to 60 with commas.",
            );
        }
        let form = self
            .form
            .split_once('/')
            .map(|(id, version)| FormRef { id: id.to_owned(), version: version.to_owned() });
        let mut addressees = match self.audience() {
            Ok(None) => before,
            Ok(Some(audience)) => {
                let all = bodies().iter().chain(newcomers.iter().copied());
                audience.addressees(all, self.desk(), &BTreeMap::new())
            }
            Err(Unknown(list)) => {
                let list = list.join("、");
                faults.push(match lang {
                    Lang::Ja => format!("宛先に団体コードまたは団体名でないものがあります：{list}"),
                    Lang::En => format!("No body is called so: {list}"),
                });
                BTreeSet::new()
            }
        };
        // Who was merged away is not written to; who was named one by one is told so.
        let gone: Vec<&str> = addressees
            .iter()
            .filter(|to| !lineage.in_force(to.body, today))
            .map(|to| words::body(to.body))
            .collect();
        if !gone.is_empty() && self.audience == "list" {
            let list = gone.join("、");
            faults.push(match lang {
                Lang::Ja => format!(
                    "宛先に、廃止された団体またはまだ設置されていない団体があります：{list}"
                ),
                Lang::En => format!("Not, or no longer, in being: {list}"),
            });
        }
        addressees.retain(|to| lineage.in_force(to.body, today));
        if !faults.is_empty() {
            return Err(faults);
        }
        let text = |text: &str| text.trim().to_owned();
        Ok(Case {
            kind: kind(&self.kind),
            letter: Letter {
                number: text(&self.number),
                date,
                to: text(&self.to),
                from: text(&self.from),
                subject: text(&self.subject),
                text: text(&self.text),
                items: self.items.lines().map(text).filter(|line| !line.is_empty()).collect(),
                legal_basis: text(&self.legal_basis),
                duty: duty(&self.duty),
                funding: text(&self.funding),
                purpose: text(&self.purpose),
                minutes,
                attachments: case.letter.attachments.clone(),
                contact: text(&self.contact),
            },
            path: path(&self.path),
            addressees,
            form: form.filter(|_| kind(&self.kind).wants_answer()),
            deadline,
            accept_late: self.accept_late,
            reminders: ReminderPlan {
                before: before_days.unwrap_or_default(),
                on_the_day: self.on_the_day,
                after: after_days.unwrap_or_default(),
            },
            ..case.clone()
        })
    }

    fn desk(&self) -> &str {
        DESKS.into_iter().find(|desk| *desk == self.desk).unwrap_or(DESKS[0])
    }

    /// Who is meant; nothing, where the addressees stay.
    fn audience(&self) -> Result<Option<Audience>, Unknown> {
        Ok(Some(match self.audience.as_str() {
            "keep" => return Ok(None),
            "kinds" => Audience::Kinds(
                KINDS
                    .iter()
                    .filter(|(name, _)| self.kinds.iter().any(|kind| kind == name))
                    .map(|(_, kind)| *kind)
                    .collect(),
            ),
            "prefectures" => Audience::Prefectures(
                self.prefectures.iter().filter_map(|code| code.parse().ok()).collect(),
            ),
            "list" => Audience::List(known(&self.list)?),
            _ => Audience::All,
        }))
    }
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
