//! One body's copy of a case: from receipt to confirmation.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Addressee, Case, CaseId, Deadline, Receipt, SubmitKey};
use crate::body::BodyCode;
use crate::entry::EntryFault;
use crate::form::Form;
use crate::merge::Merge;
use crate::value::{QuestionId, Sheet};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// At the prefecture, which has not passed it on.
    Waiting,
    /// 発出 or 転送: on its way to the body.
    Sent,
    /// 受領: the body has confirmed receipt. The last state of a notice.
    Received,
    /// 庁内照会 and 入力: answers are being entered.
    Entering,
    /// Waits for 庁内承認.
    ForApproval,
    /// 庁内承認 given.
    Approved,
    /// 提出 to the prefecture, which examines it (都道府県審査).
    Submitted,
    /// 差戻し by the prefecture.
    Returned,
    /// 承認 by the prefecture.
    Passed,
    /// 国へ提出.
    HandedUp,
    /// 疑義照会 by the ministry.
    Queried,
    /// 確定
    Confirmed,
}

impl State {
    /// Every state, in the order of the way.
    pub const ALL: [State; 12] = [
        Self::Waiting,
        Self::Sent,
        Self::Received,
        Self::Entering,
        Self::ForApproval,
        Self::Approved,
        Self::Submitted,
        Self::Returned,
        Self::Passed,
        Self::HandedUp,
        Self::Queried,
        Self::Confirmed,
    ];

    /// The Japanese name.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Waiting => "転送待ち",
            Self::Sent => "未受領",
            Self::Received => "受領",
            Self::Entering => "入力中",
            Self::ForApproval => "庁内承認待ち",
            Self::Approved => "庁内承認済",
            Self::Submitted => "都道府県審査中",
            Self::Returned => "差戻し",
            Self::Passed => "都道府県承認",
            Self::HandedUp => "国へ提出",
            Self::Queried => "疑義照会",
            Self::Confirmed => "確定",
        }
    }

    /// Whether the next step is the body's.
    pub fn awaits_the_body(self) -> bool {
        !matches!(
            self,
            Self::Waiting | Self::Submitted | Self::Passed | Self::HandedUp | Self::Confirmed
        )
    }

    /// Whether answers can be changed.
    pub fn editable(self) -> bool {
        matches!(self, Self::Received | Self::Entering | Self::Returned | Self::Queried)
    }
}

/// One body's copy of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The case.
    pub case: CaseId,
    /// The body and desk.
    pub to: Addressee,
    /// The prefecture that passes it on and examines the answer, when the case goes through one.
    pub via: Option<BodyCode>,
    /// Where it stands.
    pub state: State,
    /// The last day, for what is answered.
    pub deadline: Option<Deadline>,
    /// What the prefecture added.
    pub note: Option<String>,
    /// More time that was asked for and not decided yet.
    pub extension: Option<Extension>,
    /// Why more time was not given, until it is asked for again or given, or the answer is handed
    /// in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension_refused: Option<String>,
    /// The answer as it was last saved. Earlier versions are kept by the store.
    pub answer: Option<AnswerVersion>,
    /// Parts given to divisions.
    pub parts: BTreeMap<String, Part>,
    /// What the prefecture or the ministry remarked, until the next submission.
    pub remarks: Vec<Remark>,
    /// Why a submitted answer was taken back or opened again: the reason of the versions until the
    /// next submission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
    /// Submissions that were taken, oldest first.
    pub receipts: Vec<Receipt>,
    /// Identities of those who entered something of the answer, in any of its versions: none of
    /// them approves it, whatever rule was in force when they entered, and whoever acts with their
    /// rights.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub entered: BTreeSet<String>,
    /// Counts the decisions on it, against two people deciding at once.
    pub revision: u64,
}

impl Delivery {
    /// Whether this person entered something of the answer as it stands. What was saved before
    /// entries were remembered knows a sign-in name.
    pub fn entered_by(&self, person: &str, login: &str) -> bool {
        let known = |name: &str| !name.is_empty() && self.entered.contains(name);
        known(person)
            || known(login)
            || self.answer.as_ref().is_some_and(|answer| !login.is_empty() && answer.by == login)
    }

    /// The answer, as far as the permit's office may see it: a body its own, others what was
    /// submitted to them.
    pub fn answer_for(&self, permit: &super::Permit) -> Option<&AnswerVersion> {
        let shown = match permit.relation {
            super::Relation::Own => true,
            super::Relation::Prefecture => {
                matches!(
                    self.state,
                    State::Submitted | State::Passed | State::HandedUp | State::Confirmed
                ) || self.answer.as_ref().is_some_and(|answer| answer.proxy)
            }
            super::Relation::Ministry => matches!(self.state, State::HandedUp | State::Confirmed),
        };
        self.answer
            .as_ref()
            .filter(|_| shown && permit.body == Some(self.to.body) && permit.case == self.case)
    }

    /// Whether the permit's office may see this version: a body all of its own, others those that
    /// were submitted to them, while they may see the answer at all.
    pub fn shows(&self, permit: &super::Permit, version: u32) -> bool {
        let Some(last) = self.answer_for(permit) else { return false };
        let submitted = self.receipts.iter().any(|receipt| receipt.version == version);
        match permit.relation {
            super::Relation::Own => true,
            // What the prefecture gave back never came to the ministry.
            super::Relation::Ministry if self.via.is_some() => version == last.number,
            super::Relation::Prefecture | super::Relation::Ministry => {
                submitted || version == last.number
            }
        }
    }
}

/// A saved answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerVersion {
    /// 1 for the first.
    pub number: u32,
    /// The answers.
    pub sheet: Sheet,
    /// When.
    pub at: Timestamp,
    /// Sign-in name of who saved it.
    pub by: String,
    /// Why, where a reason was asked for: a correction's, or that of who entered it for the body.
    pub reason: String,
    /// Whether the prefecture entered it for the body (代理入力).
    pub proxy: bool,
}

/// What an editor began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The version, 0 for none.
    pub version: u32,
    /// Its answers, as the store has them.
    pub sheet: Sheet,
}

/// A division's part of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The questions it fills in.
    pub questions: BTreeSet<QuestionId>,
    /// By when it should.
    pub until: Option<Date>,
    /// When it said it is done.
    pub done: Option<Timestamp>,
}

/// A remark on an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// On which question; on the whole, where there is none.
    pub question: Option<QuestionId>,
    /// The remark.
    pub text: String,
}

/// More time that a body asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Until when.
    pub until: Date,
    /// Why.
    pub reason: String,
}

/// What a decision is made against.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The case.
    pub case: &'a Case,
    /// Its form, when it has one.
    pub form: Option<&'a Form>,
    /// The body's answers of last year.
    pub previous: Option<&'a Sheet>,
    /// Whether the body's own rule asks for an approval before anything is submitted.
    pub approval: bool,
    /// The revision the actor saw.
    pub seen: u64,
}

/// What can be done with a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// 受領
    Receive,
    /// 転送, with the prefecture's own deadline and a note.
    Forward {
        /// Not later than the ministry's.
        deadline: Option<Date>,
        /// Shown to the body beside the letter.
        note: Option<String>,
    },
    /// 庁内照会: gives parts of the form to divisions, replacing those given before.
    Circulate {
        /// By name of the division.
        parts: BTreeMap<String, Part>,
    },
    /// Saves the answers so far. Drafts may be incomplete and late.
    Save {
        /// What the editor began with.
        base: Base,
        /// The answers.
        sheet: Sheet,
    },
    /// A division saves its part.
    SavePart {
        /// The answers to its questions, with its reasons for a leap; what is absent is cleared.
        sheet: Sheet,
        /// Whether it is done.
        done: bool,
    },
    /// 代理入力
    SaveAsProxy {
        /// What the editor began with.
        base: Base,
        /// The answers.
        sheet: Sheet,
        /// Why the prefecture enters it.
        reason: String,
    },
    /// An answer that reached the ministry another way, taken in as handed up, with a receipt.
    TakeIn {
        /// The answers, without faults.
        sheet: Sheet,
        /// How it came.
        reason: String,
        /// For the receipt; the same key twice is one submission.
        key: SubmitKey,
    },
    /// Asks for 庁内承認.
    AskApproval,
    /// 庁内承認
    Approve,
    /// Back to the desk.
    Decline {
        /// Why.
        reason: String,
    },
    /// 提出
    Submit {
        /// The same key twice is one submission.
        key: SubmitKey,
    },
    /// Takes a submitted answer back to correct it, before the deadline.
    Correct {
        /// Why.
        reason: String,
    },
    /// 差戻し
    Return {
        /// What is to be mended.
        remarks: Vec<Remark>,
        /// By when.
        until: Date,
    },
    /// 承認 by the prefecture.
    Pass,
    /// 国へ提出
    HandUp,
    /// 疑義照会
    Query {
        /// What is asked.
        remarks: Vec<Remark>,
        /// By when.
        until: Date,
    },
    /// 確定
    Confirm,
    /// Asks for more time.
    AskExtension {
        /// Until when.
        until: Date,
        /// Why.
        reason: String,
    },
    /// Grants more time, asked for or not.
    GrantExtension {
        /// Until when.
        until: Date,
    },
    /// Refuses more time.
    RefuseExtension {
        /// Why.
        reason: String,
    },
    /// Lets a body change what it handed up, after the deadline too.
    Reopen {
        /// Until when.
        until: Date,
        /// Why.
        reason: String,
    },
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The permit is for something else.
    #[error("the permit does not cover this")]
    WrongPermit,
    /// The case is not open for this (not sent, or closed).
    #[error("the case is not open")]
    CaseNotOpen,
    /// The step cannot follow from where the delivery stands.
    #[error("not possible while the state is {0:?}")]
    WrongState(State),
    /// Somebody decided in between; look again.
    #[error("somebody else has changed this meanwhile")]
    Stale,
    /// Somebody saved in between; both edits are laid together here, and saving them with this
    /// version as base goes through.
    #[error("somebody else has saved version {version} meanwhile")]
    Conflict {
        /// The version that was saved meanwhile.
        version: u32,
        /// Both edits.
        merge: Box<Merge>,
    },
    /// A question outside the division's part.
    #[error("question {0} is not in this part")]
    NotInPart(QuestionId),
    /// No answer to submit.
    #[error("there is no answer yet")]
    NoAnswer,
    /// A notice is not answered, or the form is not at hand.
    #[error("this case has no form")]
    NoForm,
    /// A division has not done its part.
    #[error("the part of {0} is open")]
    PartOpen(String),
    /// The answer has faults.
    #[error("the answer has {} faults", .0.len())]
    Faults(Vec<EntryFault>),
    /// The office's own approval is missing.
    #[error("approval inside the office is missing")]
    ApprovalMissing,
    /// The body's own rule asks for no approval.
    #[error("this office asks for no approval: the answer can be submitted as it is")]
    ApprovalNotAsked,
    /// Who entered something of the answer does not approve it.
    #[error("who entered an answer does not approve it; somebody else does")]
    OwnEntry,
    /// The deputy approves while the superior is away or has handed over.
    #[error(
        "the superior is there: the deputy approves while the superior is away or has handed over"
    )]
    NotAway,
    /// The last day has passed; the draft is kept.
    #[error("the deadline was {0}")]
    DeadlinePassed(Date),
    /// A case that is sent to nobody.
    #[error("the case has no addressees")]
    NoAddressees,
    /// What has no last day is neither extended nor opened again.
    #[error("this case has no deadline")]
    NoDeadline,
    /// A day that cannot be: past, or later than the ministry's deadline.
    #[error("{0} cannot be the last day")]
    BadDay(Date),
    /// A reason or remark is needed.
    #[error("a reason is needed")]
    ReasonMissing,
    /// A text or list that is too long.
    #[error("too long")]
    TooLong,
}

impl Refused {
    /// The code for programs: it stays the same when the words change.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongPermit => "wrong_permit",
            Self::CaseNotOpen => "case_not_open",
            Self::WrongState(_) => "wrong_state",
            Self::Stale => "stale",
            Self::Conflict { .. } => "conflict",
            Self::NotInPart(_) => "not_in_part",
            Self::NoAnswer => "no_answer",
            Self::NoForm => "no_form",
            Self::PartOpen(_) => "part_open",
            Self::Faults(_) => "answer_faults",
            Self::ApprovalMissing => "approval_missing",
            Self::ApprovalNotAsked => "approval_not_asked",
            Self::OwnEntry => "own_entry",
            Self::NotAway => "superior_not_away",
            Self::DeadlinePassed(_) => "deadline_passed",
            Self::NoDeadline => "no_deadline",
            Self::NoAddressees => "no_addressees",
            Self::BadDay(_) => "bad_day",
            Self::ReasonMissing => "reason_missing",
            Self::TooLong => "too_long",
        }
    }

    /// The message for the person at the desk.
    pub fn ja(&self) -> String {
        match self {
            Self::WrongPermit => "この操作の権限がありません。".to_owned(),
            Self::OwnEntry => {
                "回答の入力に加わった方は承認できません。ほかの承認者に依頼してください。"
                    .to_owned()
            }
            Self::NotAway => {
                "所属長が在席しているか、所属長が決まっていないため、代理は承認できません。\
                 所属長の休暇・休職の間か、所属長が引き継ぎを設定した日に承認できます。"
                    .to_owned()
            }
            Self::CaseNotOpen => "この案件は現在受け付けていません。".to_owned(),
            Self::WrongState(state) => {
                format!("現在の状態(「{}」)ではこの操作はできません。", state.ja())
            }
            Self::Stale => {
                "ほかの方が先に操作しました。画面を更新して確認してください。".to_owned()
            }
            Self::Conflict { .. } => {
                "ほかの方が先に保存しました。変更点を確認してください。".to_owned()
            }
            Self::NotInPart(id) => format!("項目「{id}」はこの課の担当ではありません。"),
            Self::NoAnswer => "回答がまだありません。".to_owned(),
            Self::NoForm => "この案件に調査票はありません。".to_owned(),
            Self::PartOpen(division) => format!("「{division}」の入力が終わっていません。"),
            Self::Faults(faults) => format!("回答に{}件の確認事項があります。", faults.len()),
            Self::ApprovalMissing => "庁内承認が済んでいません。".to_owned(),
            Self::ApprovalNotAsked => {
                "この団体は庁内承認を必要としていません。そのまま提出してください。".to_owned()
            }
            Self::NoAddressees => "宛先を選んでください。".to_owned(),
            Self::NoDeadline => "この案件に期限はありません。".to_owned(),
            Self::DeadlinePassed(day) => {
                format!("期限({day})を過ぎています。入力内容は保存されています。")
            }
            Self::BadDay(day) => format!("{day}は期限にできません。"),
            Self::ReasonMissing => "理由を入力してください。".to_owned(),
            Self::TooLong => "文字数または件数が多すぎます。".to_owned(),
        }
    }
}
