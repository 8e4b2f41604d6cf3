//! What calls answer: cases, deliveries, receipts, in the words of programs.

use exchange::case::{Case, CaseStep, Delivery, Permit, Receipt, Remark, Step, Steps};
use exchange::draft::Typed;
use exchange::form::Form;
use serde::{Deserialize, Serialize};
use store::exchange::{AttachmentRow, CaseRow};
use utoipa::ToSchema;

use kit::secrets::hex;

/// Something done, with the revision to hand back with the next step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stepped {
    /// Code of the body.
    #[schema(example = "012025")]
    body: String,
    /// `waiting`, `sent`, `received`, `entering`, `for-approval`, `approved`, `submitted`,
    /// `returned`, `passed`, `handed-up`, `queried`, `confirmed`.
    #[schema(value_type = String)]
    state: exchange::case::State,
    /// Counts the steps.
    revision: u64,
    /// Receipts of submissions, oldest first.
    receipts: Vec<ReceiptInfo>,
}

impl Stepped {
    /// Of a delivery as it now is.
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self {
            body: delivery.to.body.to_string(),
            state: delivery.state,
            revision: delivery.revision,
            receipts: delivery.receipts.iter().map(ReceiptInfo::of).collect(),
        }
    }
}

/// A receipt (受付番号).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReceiptInfo {
    /// Its number.
    number: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The version of the answer.
    version: u32,
    /// Whether it came after the deadline.
    late: bool,
}

impl ReceiptInfo {
    /// Of a receipt.
    pub(super) fn of(receipt: &Receipt) -> Self {
        Self {
            number: receipt.number.to_string(),
            at: receipt.at.to_string(),
            version: receipt.version,
            late: receipt.late,
        }
    }
}

/// A case in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseLine {
    /// Its number.
    #[schema(example = "2026-0001")]
    id: String,
    /// `survey`, `inquiry`, `notice`, `information`.
    #[schema(value_type = String)]
    kind: exchange::case::CaseKind,
    /// `draft`, `sent`, `closed`, `published`.
    #[schema(value_type = String)]
    stage: exchange::case::Stage,
    /// 件名
    subject: String,
    /// The ministry's last day.
    #[schema(format = Date)]
    deadline: Option<String>,
}

impl CaseLine {
    /// Of a row.
    pub(super) fn of(row: CaseRow) -> Self {
        Self {
            id: row.id.to_string(),
            kind: row.kind,
            stage: row.stage,
            subject: row.subject,
            deadline: row.deadline.map(|day| day.to_string()),
        }
    }
}

/// The letter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LetterInfo {
    /// 文書番号
    number: String,
    /// 日付
    #[schema(format = Date)]
    date: String,
    /// 宛先
    to: String,
    /// 発信者
    from: String,
    /// 件名
    subject: String,
    /// 本文
    text: String,
    /// 記
    items: Vec<String>,
    /// 根拠
    legal_basis: String,
    /// 回答義務: `obliged`, `asked`, `none`.
    #[schema(value_type = String)]
    duty: exchange::case::Duty,
    /// 財政措置
    funding: String,
    /// 目的と公表方法
    purpose: String,
    /// 想定所要時間, minutes.
    minutes: Option<u32>,
    /// 連絡先
    contact: String,
}

/// A case as the caller's desk sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseInfo {
    /// Its number.
    id: String,
    /// `survey`, `inquiry`, `notice`, `information`.
    #[schema(value_type = String)]
    kind: exchange::case::CaseKind,
    /// `draft`, `sent`, `closed`, `published`.
    #[schema(value_type = String)]
    stage: exchange::case::Stage,
    /// Counts the steps of the case as a whole.
    revision: u64,
    /// How it goes: `cascade`, `direct`, `both`.
    #[schema(value_type = String)]
    path: exchange::case::Path,
    /// The letter.
    letter: LetterInfo,
    /// The form, `name/version`.
    form: Option<String>,
    /// The ministry's last day.
    #[schema(format = Date)]
    deadline: Option<String>,
    /// Files of the letter.
    files: Vec<FileInfo>,
    /// Public questions and answers.
    questions: Vec<QuestionInfo>,
    /// What the caller can do with the case as a whole now: `edit`, `send`, `close`, `reopen`,
    /// `publish`, `answer` (a question), `ask` (one).
    #[schema(value_type = Vec<String>)]
    steps: Steps<CaseStep>,
    /// The caller's own delivery, where there is one.
    own: Option<DeliveryInfo>,
}

impl CaseInfo {
    /// Of a case, with what is only this caller's.
    pub(super) fn of(
        case: Case,
        files: Vec<AttachmentRow>,
        steps: Steps<CaseStep>,
        own: Option<DeliveryInfo>,
    ) -> Self {
        let letter = case.letter;
        Self {
            id: case.id.to_string(),
            kind: case.kind,
            stage: case.stage,
            revision: case.revision,
            path: case.path,
            letter: LetterInfo {
                number: letter.number,
                date: letter.date.to_string(),
                to: letter.to,
                from: letter.from,
                subject: letter.subject,
                text: letter.text,
                items: letter.items,
                legal_basis: letter.legal_basis,
                duty: letter.duty,
                funding: letter.funding,
                purpose: letter.purpose,
                minutes: letter.minutes,
                contact: letter.contact,
            },
            form: case.form.map(|form| format!("{}/{}", form.id, form.version)),
            deadline: case.deadline.map(|day| day.to_string()),
            files: files.into_iter().map(FileInfo::of).collect(),
            questions: case
                .questions
                .into_iter()
                .map(|one| QuestionInfo { question: one.question, answer: one.answer })
                .collect(),
            steps,
            own,
        }
    }
}

/// A file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileInfo {
    /// Its identity.
    id: String,
    /// Its name.
    name: String,
    /// What it is, by its content.
    kind: String,
    /// Bytes.
    length: u64,
    /// SHA-256 of its bytes, hexadecimal.
    sha256: String,
}

impl FileInfo {
    /// Of a row.
    pub(super) fn of(row: AttachmentRow) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            kind: row.kind,
            length: row.length,
            sha256: hex(&row.sha256),
        }
    }
}

/// A question on the case that everybody asked may read. Who asked is not said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuestionInfo {
    /// The question.
    question: String,
    /// The answer, once given.
    answer: Option<String>,
}

/// A remark of whoever examined.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemarkInfo {
    /// On which question; on the whole, without.
    #[serde(default)]
    #[schema(nullable = false)]
    pub(super) question: Option<String>,
    /// The remark.
    #[schema(max_length = 4000)]
    pub(super) text: String,
}

/// A body's copy of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryInfo {
    /// Code of the body.
    #[schema(example = "012025")]
    body: String,
    /// The desk it is for.
    desk: String,
    /// `waiting`, `sent`, `received`, `entering`, `for-approval`, `approved`, `submitted`,
    /// `returned`, `passed`, `handed-up`, `queried`, `confirmed`.
    #[schema(value_type = String)]
    state: exchange::case::State,
    /// Counts the steps: to be handed back with the next.
    revision: u64,
    /// The last day.
    #[schema(format = Date)]
    due: Option<String>,
    /// What the prefecture added.
    note: Option<String>,
    /// More time that was asked for.
    extension: Option<ExtensionInfo>,
    /// Why more time was not given, if it was asked for and refused.
    extension_refused: Option<String>,
    /// Remarks that wait to be dealt with.
    remarks: Vec<RemarkOut>,
    /// Receipts of submissions, oldest first.
    receipts: Vec<ReceiptInfo>,
    /// The answer as it was last saved, as far as the caller may see it.
    answer: Option<VersionInfo>,
    /// What the caller can do with it now: `receive`, `forward`, `circulate`, `save`, `save-part`,
    /// `save-as-proxy`, `take-in`, `ask-approval`, `approve`, `decline`, `submit`, `correct`,
    /// `return`, `pass`, `hand-up`, `query`, `confirm`, `ask-extension`, `grant-extension`,
    /// `refuse-extension`, `reopen`. A step may still be refused for what is said with it: a day, a
    /// reason, a deadline that has passed, an answer with faults.
    #[schema(value_type = Vec<String>)]
    steps: Steps<Step>,
}

/// A remark, read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemarkOut {
    /// On which question; on the whole, without.
    question: Option<String>,
    /// The remark.
    text: String,
}

/// More time that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtensionInfo {
    /// Until when.
    #[schema(format = Date)]
    until: String,
    /// Why.
    reason: String,
}

/// A version of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionInfo {
    /// 1 for the first.
    version: u32,
    /// When it was saved.
    #[schema(format = DateTime)]
    at: String,
    /// Sign-in name of who saved it.
    by: String,
    /// Why, where a reason was asked for.
    reason: String,
    /// Whether the prefecture entered it for the body (代理入力).
    proxy: bool,
    /// What stands in the fields: name and text of each.
    fields: Vec<FieldText>,
}

/// What stands in a field. Names: `q.ID` (for many-of once a choice), `u.ID` (不明, `1`),
/// `c.ID.ROW.COLUMN` (a cell), `r.ID` (the reason for a change).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldText {
    /// Its name.
    #[schema(example = "q.staff")]
    pub(super) name: String,
    /// What stands in it.
    #[schema(example = "120")]
    pub(super) text: String,
}

/// Fields of a sheet as they are typed.
pub(super) fn fields(typed: &Typed) -> Vec<FieldText> {
    typed
        .pairs()
        .map(|(name, text)| FieldText { name: name.to_owned(), text: text.to_owned() })
        .collect()
}

impl DeliveryInfo {
    /// Of a delivery, as far as the permit's office may see it.
    pub(super) fn of(
        delivery: &Delivery,
        permit: &Permit,
        form: Option<&Form>,
        steps: Steps,
    ) -> Self {
        let answer = delivery.answer_for(permit).zip(form);
        Self {
            body: delivery.to.body.to_string(),
            desk: delivery.to.desk.clone(),
            state: delivery.state,
            revision: delivery.revision,
            due: delivery.deadline.map(|deadline| deadline.day().to_string()),
            note: delivery.note.clone(),
            extension_refused: delivery.extension_refused.clone(),
            extension: delivery.extension.as_ref().map(|asked| ExtensionInfo {
                until: asked.until.to_string(),
                reason: asked.reason.clone(),
            }),
            remarks: delivery.remarks.iter().map(remark).collect(),
            receipts: delivery.receipts.iter().map(ReceiptInfo::of).collect(),
            answer: answer.map(|(answer, form)| VersionInfo {
                version: answer.number,
                at: answer.at.to_string(),
                by: answer.by.clone(),
                reason: answer.reason.clone(),
                proxy: answer.proxy,
                fields: fields(&Typed::of(form, &answer.sheet)),
            }),
            steps,
        }
    }
}

fn remark(remark: &Remark) -> RemarkOut {
    RemarkOut {
        question: remark.question.as_ref().map(ToString::to_string),
        text: remark.text.clone(),
    }
}
