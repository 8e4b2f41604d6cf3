//! A case (案件) on its way: the ministry sends it, prefectures pass it on, bodies answer, and the
//! answers come back.
//!
//! The case itself ([`Case`]) is the ministry's; each body has its own [`Delivery`]. Both are
//! values, and the only way to change one is its `decide`, which takes a [`Permit`] and the time
//! and gives the new value with what goes on record.

mod authority;
mod carried;
mod deadline;
mod decide;
mod delivery;
mod desks;
mod possible;
mod receipt;
mod reminder;
mod send;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use authority::{Actor, Denied, Office, OfficeRole, Permit, Relation, Right};
pub use carried::SubmittedAnswer;
pub use deadline::{Deadline, today};
pub use delivery::{
    Action, AnswerVersion, Base, Context, Delivery, Extension, Part, Refused, Remark, State,
};
pub use desks::{DESKS, Desks, MUNICIPAL, Member, STAFFING, WARDS};
pub use possible::{CaseStep, Step, Steps};
pub use receipt::{BadReceipt, Receipt, ReceiptNumber, SubmitKey};
pub use reminder::{Reminder, ReminderPlan, due_reminders};
pub use send::{CaseAction, send};

use crate::body::{Body, BodyCode, BodyKind, prefecture_of};
use crate::form::FormRef;

/// Names a case: fiscal year and serial number, `2021-0012`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseId {
    /// Fiscal year (April to March) in which it was drafted.
    pub year: u16,
    /// Number within the year, 1 to 9999.
    pub serial: u16,
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:04}", self.year, self.serial)
    }
}

/// The text is no case number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a case number is a year and a serial number, as 2021-0012")]
pub struct BadCaseId;

impl FromStr for CaseId {
    type Err = BadCaseId;

    fn from_str(text: &str) -> Result<Self, BadCaseId> {
        let (year, serial) = text.split_once('-').ok_or(BadCaseId)?;
        let digits = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year) || !digits(serial) {
            return Err(BadCaseId);
        }
        let number = |part: &str| part.parse().map_err(|_| BadCaseId);
        Ok(CaseId { year: number(year)?, serial: number(serial)? })
    }
}

impl TryFrom<String> for CaseId {
    type Error = BadCaseId;

    fn try_from(text: String) -> Result<Self, BadCaseId> {
        text.parse()
    }
}

impl From<CaseId> for String {
    fn from(id: CaseId) -> String {
        id.to_string()
    }
}

/// What a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseKind {
    /// 調査: answers on a form, counted.
    Survey,
    /// 照会: answers on a form.
    Inquiry,
    /// 通知: to be received.
    Notice,
    /// 情報提供: to be received.
    Information,
}

impl CaseKind {
    /// The Japanese name.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Survey => "調査",
            Self::Inquiry => "照会",
            Self::Notice => "通知",
            Self::Information => "情報提供",
        }
    }

    /// Whether it is answered, not only received.
    pub fn wants_answer(self) -> bool {
        matches!(self, Self::Survey | Self::Inquiry)
    }
}

/// How binding an answer is (回答義務).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// A law obliges to answer.
    Obliged,
    /// An answer is asked for.
    Asked,
    /// None is expected.
    None,
}

/// A letter with its head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    /// 文書番号
    pub number: String,
    /// 日付
    pub date: Date,
    /// 宛先
    pub to: String,
    /// 発信者
    pub from: String,
    /// 件名
    pub subject: String,
    /// 本文
    pub text: String,
    /// 記
    pub items: Vec<String>,
    /// 根拠
    pub legal_basis: String,
    /// 回答義務
    pub duty: Duty,
    /// 財政措置
    pub funding: String,
    /// 目的と公表方法
    pub purpose: String,
    /// 想定所要時間, in minutes
    pub minutes: Option<u32>,
    /// 別添
    pub attachments: Vec<Attachment>,
    /// 連絡先
    pub contact: String,
}

/// An attachment, by its content; the bytes lie elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// File name as shown.
    pub name: String,
    /// Length in bytes.
    pub length: u64,
    /// SHA-256 of the bytes in lower-case hexadecimal.
    pub sha256: String,
}

/// How the case reaches municipalities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// Through their prefectures, down and up.
    Cascade,
    /// Straight to them and straight back.
    Direct,
    /// Side by side: straight to them for information, while the prefecture passes it on, and back
    /// through the prefecture.
    Both,
}

/// Whom a case goes to: a desk of a body.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Addressee {
    /// The body.
    pub body: BodyCode,
    /// The desk (人事担当課, 市町村担当課, 区政課).
    pub desk: String,
}

/// Which bodies a case goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// All of them.
    All,
    /// Those of some kinds.
    Kinds(BTreeSet<BodyKind>),
    /// Those that lie in some prefectures, with the prefectures themselves.
    Prefectures(BTreeSet<BodyCode>),
    /// These.
    List(BTreeSet<BodyCode>),
}

impl Audience {
    /// The desks it stands for: the desk named for the kind of body, or else `desk`.
    pub fn addressees<'b>(
        &self,
        bodies: impl IntoIterator<Item = &'b Body>,
        desk: &str,
        desks: &BTreeMap<BodyKind, String>,
    ) -> BTreeSet<Addressee> {
        bodies
            .into_iter()
            .filter(|body| match self {
                Self::All => true,
                Self::Kinds(kinds) => kinds.contains(&body.kind),
                Self::Prefectures(codes) => codes.contains(&prefecture_of(body.code)),
                Self::List(codes) => codes.contains(&body.code),
            })
            .map(|body| Addressee {
                body: body.code,
                desk: desks.get(&body.kind).map_or(desk, String::as_str).to_owned(),
            })
            .collect()
    }
}

/// Where a case stands as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// 下書き
    Draft,
    /// 発出
    Sent,
    /// 確定: no more answers.
    Closed,
    /// 公表
    Published,
}

impl Stage {
    /// The Japanese name.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Draft => "下書き",
            Self::Sent => "発出",
            Self::Closed => "確定",
            Self::Published => "公表",
        }
    }
}

/// A question on the case that everybody asked may read, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicQuestion {
    /// Who asked; not shown to others.
    pub asked_by: BodyCode,
    /// When.
    pub asked_at: Timestamp,
    /// The question.
    pub question: String,
    /// The answer, once given.
    pub answer: Option<String>,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its number.
    pub id: CaseId,
    /// What it is.
    pub kind: CaseKind,
    /// The letter.
    pub letter: Letter,
    /// How it goes.
    pub path: Path,
    /// To whom.
    pub addressees: BTreeSet<Addressee>,
    /// The form to be answered, for a survey or inquiry.
    pub form: Option<FormRef>,
    /// Last day for answers (Japan time), for a survey or inquiry.
    pub deadline: Option<Date>,
    /// Whether answers after the deadline are taken, and marked late.
    pub accept_late: bool,
    /// When to remind.
    pub reminders: ReminderPlan,
    /// Where it stands.
    pub stage: Stage,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// Public questions and answers.
    pub questions: Vec<PublicQuestion>,
    /// Counts the decisions on it, against two people deciding at once.
    pub revision: u64,
}

/// A case before anybody wrote in it.
pub fn blank(id: CaseId, date: Date) -> Case {
    Case {
        id,
        kind: CaseKind::Survey,
        letter: Letter {
            number: String::new(),
            date,
            to: String::new(),
            from: String::new(),
            subject: String::new(),
            text: String::new(),
            items: Vec::new(),
            legal_basis: String::new(),
            duty: Duty::Asked,
            funding: String::new(),
            purpose: String::new(),
            minutes: None,
            attachments: Vec::new(),
            contact: String::new(),
        },
        path: Path::Cascade,
        addressees: BTreeSet::new(),
        form: None,
        deadline: None,
        accept_late: false,
        reminders: ReminderPlan::default(),
        stage: Stage::Draft,
        sent_at: None,
        questions: Vec::new(),
        revision: 0,
    }
}
