//! What a draft is to be: a page's form and a program's body are both read into this, and what is
//! wrong with it has a name.

use std::collections::{BTreeMap, BTreeSet};

use exchange::body::{Bodies, BodyKind, Lineage, is_prefecture};
use exchange::case::{
    Addressee, Audience, Case, CaseKind, DESKS, Duty, Letter, Path, Refused, ReminderPlan,
};
use exchange::form::FormRef;
use jiff::civil::Date;
use people::BodyCode;

use super::names::Unknown;
use crate::words;
use kit::http::{Lang, Reason};

/// Longest text of a letter's field, characters; its body and its particulars may be longer.
const SHORT: usize = 1_000;
const LONG: usize = 20_000;
/// The longest answering time that is written, minutes.
const MINUTES: u32 = 100_000;
/// A reminder's days before or after the last day, and how many there may be.
const DAYS: std::ops::RangeInclusive<u16> = 1..=60;
const REMINDERS: usize = 10;

/// Kinds of bodies by the name forms and programs use.
pub(crate) const KINDS: [(&str, BodyKind); 6] = [
    ("prefecture", BodyKind::Prefecture),
    ("designated", BodyKind::DesignatedCity),
    ("ward", BodyKind::SpecialWard),
    ("city", BodyKind::City),
    ("town", BodyKind::Town),
    ("village", BodyKind::Village),
];

/// Writes a draft, and sends it where that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    /// The revision that was seen.
    pub(crate) revision: u64,
    /// 発出, in the same write.
    pub(crate) send: bool,
    pub(crate) kind: CaseKind,
    pub(crate) number: String,
    /// The day of the letter; without it, the one that stands.
    pub(crate) date: Option<Date>,
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) items: Vec<String>,
    pub(crate) legal_basis: String,
    pub(crate) duty: Duty,
    pub(crate) funding: String,
    pub(crate) purpose: String,
    pub(crate) minutes: Option<u32>,
    pub(crate) contact: String,
    pub(crate) path: Path,
    /// Who is meant; without it, whoever was.
    pub(crate) audience: Option<Audience>,
    pub(crate) desk: &'static str,
    pub(crate) form: Option<FormRef>,
    pub(crate) deadline: Option<Date>,
    pub(crate) accept_late: bool,
    pub(crate) reminders: ReminderPlan,
    /// What of it could not be read.
    pub(crate) unread: Vec<DraftFault>,
}

/// What is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DraftFault {
    /// A field is longer than it may be.
    TooLong,
    SubjectMissing,
    BadDate,
    BadMinutes,
    BadDeadline,
    BadReminders,
    /// An item of 記, counted from 1, that is not one line of text.
    BadItem(usize),
    BadForm,
    /// A form where nothing is answered.
    FormNotWanted,
    BadDesk,
    UnknownKinds(Vec<String>),
    UnknownBodies(Vec<String>),
    /// Named one by one, and merged away or not founded yet.
    NotInBeing(Vec<String>),
    /// The machine says no.
    Refused(Refused),
}

impl From<Unknown> for DraftFault {
    fn from(Unknown(list): Unknown) -> Self {
        Self::UnknownBodies(list)
    }
}

impl DraftFault {
    /// The code for programs.
    fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::SubjectMissing => "subject_missing",
            Self::BadDate => "bad_date",
            Self::BadMinutes => "bad_minutes",
            Self::BadDeadline => "bad_deadline",
            Self::BadReminders => "bad_reminders",
            Self::BadItem(_) => "bad_item",
            Self::BadForm => "bad_form",
            Self::FormNotWanted => "form_not_wanted",
            Self::BadDesk => "bad_desk",
            Self::UnknownKinds(_) => "unknown_kinds",
            Self::UnknownBodies(_) => "unknown_bodies",
            Self::NotInBeing(_) => "bodies_not_in_being",
            Self::Refused(refused) => refused.code(),
        }
    }

    /// The same for people, with its code.
    pub(crate) fn reason(&self, lang: Lang) -> Reason {
        let said = |ja: &str, en: &str| lang.t(ja, en).to_owned();
        let named = |ja: &str, en: &str, list: &str| format!("{}{list}", lang.t(ja, en));
        let words = match self {
            Self::TooLong => said("文字数が多すぎる欄があります。", "A field is too long."),
            Self::SubjectMissing => said("件名を入力してください。", "Please enter a subject."),
            Self::BadDate => said("文書の日付を確認してください。", "The date is no date."),
            Self::BadMinutes => {
                said("想定所要時間は分で入力してください。", "The time is a number of minutes.")
            }
            Self::BadDeadline => said("期限の日付を確認してください。", "The deadline is no date."),
            Self::BadReminders => said(
                "督促の日数は1から60の数を「,」で区切ってください。",
                "Reminders: numbers from 1 to 60 with commas.",
            ),
            Self::BadItem(place) => match lang {
                Lang::Ja => format!(
                    "「記」の{place}番目を確認してください。1件は空でない1行で、前後に空白を置きません。"
                ),
                Lang::En => {
                    format!("Item {place} is not one line of text without blanks around it.")
                }
            },
            Self::BadForm => said(
                "調査票は「調査名/版」で指定してください。",
                "A form is named by its name and version, name/version.",
            ),
            Self::FormNotWanted => said(
                "通知・情報提供に調査票は付けられません。",
                "What is not answered has no form.",
            ),
            Self::BadDesk => {
                named("宛先の窓口は次のいずれかです：", "The desk is one of: ", &DESKS.join("、"))
            }
            Self::UnknownKinds(list) => named(
                "団体の種類にないものがあります：",
                "No kind of body is called so: ",
                &list.join("、"),
            ),
            Self::UnknownBodies(list) => named(
                "宛先に団体コードまたは団体名でないものがあります：",
                "No body is called so: ",
                &list.join("、"),
            ),
            Self::NotInBeing(list) => named(
                "宛先に、廃止された団体またはまだ設置されていない団体があります：",
                "Not, or no longer, in being: ",
                &list.join("、"),
            ),
            Self::Refused(Refused::BadDay(_)) => said(
                "回答期限に今日以降の日付を入れてください。",
                "The deadline is a day from today on.",
            ),
            Self::Refused(Refused::NoForm) => {
                said("調査・照会には調査票を選んでください。", "A survey needs a form.")
            }
            Self::Refused(refused) => words::refused(lang, refused, None).join(" "),
        };
        Reason::new(self.code(), words)
    }
}

impl Write {
    /// The case this makes of the one that stands, or everything that is wrong with it.
    pub(super) fn draft(
        &self,
        case: &Case,
        before: BTreeSet<Addressee>,
        (lineage, known): (&Lineage, &Bodies),
        today: Date,
    ) -> Result<Case, Vec<DraftFault>> {
        let mut faults = self.unread.clone();
        faults.extend(self.check());
        let mut addressees = match &self.audience {
            None => before,
            Some(audience) => audience.addressees(known.governments(), self.desk, &BTreeMap::new()),
        };
        // Who was merged away is not written to; who was named one by one is told so.
        let gone: Vec<String> = addressees
            .iter()
            .filter(|to| !lineage.in_force(to.body, today))
            .map(|to| known.full_name(to.body).into_owned())
            .collect();
        if !gone.is_empty() && matches!(self.audience, Some(Audience::List(_))) {
            faults.push(DraftFault::NotInBeing(gone));
        }
        addressees.retain(|to| lineage.in_force(to.body, today));
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Case {
            kind: self.kind,
            letter: Letter {
                number: self.number.clone(),
                date: self.date.unwrap_or(case.letter.date),
                to: self.to.clone(),
                from: self.from.clone(),
                subject: self.subject.clone(),
                text: self.text.clone(),
                items: self.items.clone(),
                legal_basis: self.legal_basis.clone(),
                duty: self.duty,
                funding: self.funding.clone(),
                purpose: self.purpose.clone(),
                minutes: self.minutes,
                attachments: case.letter.attachments.clone(),
                contact: self.contact.clone(),
            },
            path: self.path,
            addressees,
            form: self.form.clone(),
            deadline: self.deadline,
            accept_late: self.accept_late,
            reminders: self.reminders.clone(),
            ..case.clone()
        })
    }

    fn check(&self) -> Vec<DraftFault> {
        let mut faults = Vec::new();
        let short = [
            &self.number,
            &self.to,
            &self.from,
            &self.subject,
            &self.legal_basis,
            &self.funding,
            &self.purpose,
            &self.contact,
        ];
        let length = |text: &String| text.chars().count();
        let items: usize = self.items.iter().map(|item| length(item) + 1).sum();
        if short.into_iter().any(|text| length(text) > SHORT)
            || length(&self.text) > LONG
            || items > LONG
        {
            faults.push(DraftFault::TooLong);
        }
        if self.subject.trim().is_empty() {
            faults.push(DraftFault::SubjectMissing);
        }
        let one_line = |item: &str| {
            !item.is_empty() && item.trim() == item && !item.contains(char::is_control)
        };
        if let Some(place) = self.items.iter().position(|item| !one_line(item)) {
            faults.push(DraftFault::BadItem(place + 1));
        }
        if self.minutes.is_some_and(|minutes| minutes > MINUTES) {
            faults.push(DraftFault::BadMinutes);
        }
        let plan = [&self.reminders.before, &self.reminders.after];
        if plan.iter().any(|days| days.len() > REMINDERS || days.iter().any(|n| !DAYS.contains(n)))
        {
            faults.push(DraftFault::BadReminders);
        }
        if self.form.is_some() && !self.kind.wants_answer() {
            faults.push(DraftFault::FormNotWanted);
        }
        faults
    }
}

/// A desk by its name; the first, where none is named.
pub(crate) fn desk(name: &str) -> Result<&'static str, DraftFault> {
    if name.is_empty() {
        return Ok(DESKS[0]);
    }
    DESKS.into_iter().find(|desk| *desk == name).ok_or(DraftFault::BadDesk)
}

/// A form by name and version.
pub(crate) fn form(name: &str) -> Result<Option<FormRef>, DraftFault> {
    if name.is_empty() {
        return Ok(None);
    }
    let (id, version) = name.split_once('/').ok_or(DraftFault::BadForm)?;
    Ok(Some(FormRef { id: id.to_owned(), version: version.to_owned() }))
}

/// Kinds of bodies by their names.
pub(crate) fn kinds(names: &[String]) -> Result<Audience, DraftFault> {
    let kind = |name: &String| KINDS.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind);
    let unknown: Vec<String> = names.iter().filter(|name| kind(name).is_none()).cloned().collect();
    if !unknown.is_empty() {
        return Err(DraftFault::UnknownKinds(unknown));
    }
    Ok(Audience::Kinds(names.iter().filter_map(kind).collect()))
}

/// Prefectures by their codes.
pub(crate) fn prefectures(codes: &[String]) -> Result<Audience, DraftFault> {
    let code = |code: &String| code.parse::<BodyCode>().ok().filter(|code| is_prefecture(*code));
    let unknown: Vec<String> = codes.iter().filter(|one| code(one).is_none()).cloned().collect();
    if !unknown.is_empty() {
        return Err(DraftFault::UnknownBodies(unknown));
    }
    Ok(Audience::Prefectures(codes.iter().filter_map(code).collect()))
}
