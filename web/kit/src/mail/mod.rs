//! Mail: notices to people, written in the transaction of what they tell of, sent by a task that
//! tries again.
//!
//! # How to send a notice
//! ```text
//! let subject = "回答の期限が近づいています";
//! let text = "11月30日が期限の案件があります。";
//! let notice = Notice::new(Topic::ExchangeReminder, subject, text, "/exchange");
//! // Beside the change, before tx.commit(..).
//! mail::queue(&kit, &mut tx, body, staff, &notice).await?;
//! ```
//! Nothing is queued for whoever has given no address or switched that kind off, while the server
//! has no mail server set, or when too much waits already: a decision never fails for the sake of
//! its notice. A mail names no other person and no answer; it says that there is something, and
//! where.

pub mod sender;
pub mod settings;
pub mod smtp;
mod socket;

use std::collections::BTreeMap;

use people::{BodyCode, MailId, StaffId, StaffState};
use store::Tx;
use store::mail::Mail;

use crate::error::Refusal;
use crate::lang::Lang;
use crate::parts::Kit;

pub use sender::start;
pub use settings::{Settings, Tls};

/// Most mails of one body that may wait.
pub const MOST_WAITING: i64 = 5_000;

/// What a notice is about: each can be switched off by each person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Topic {
    /// A telework request waits for one's decision.
    TeleworkWaiting,
    /// One's own telework request was decided.
    TeleworkDecided,
    /// Reports and connections differ, and a reason is asked for.
    TeleworkDifference,
    /// A deadline comes, has passed, or was decided about.
    ExchangeReminder,
    /// A case has come in.
    ExchangeNew,
    /// An answer was returned, asked back about, or opened for a correction.
    ExchangeReturned,
    /// A change of who approves waits for one's word as the second person.
    ChangeWaits,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::TeleworkWaiting,
        Self::TeleworkDecided,
        Self::TeleworkDifference,
        Self::ExchangeReminder,
        Self::ExchangeNew,
        Self::ExchangeReturned,
        Self::ChangeWaits,
    ];

    #[must_use]
    pub fn bit(self) -> u32 {
        1 << (self as u8)
    }

    /// Its name in forms.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::TeleworkWaiting => "telework-waiting",
            Self::TeleworkDecided => "telework-decided",
            Self::TeleworkDifference => "telework-difference",
            Self::ExchangeReminder => "exchange-reminder",
            Self::ExchangeNew => "exchange-new",
            Self::ExchangeReturned => "exchange-returned",
            Self::ChangeWaits => "change-waits",
        }
    }

    /// What it is, for a page.
    #[must_use]
    pub fn words(self, lang: Lang) -> &'static str {
        match self {
            Self::TeleworkWaiting => {
                lang.t("承認を待つテレワークの申請があるとき", "A telework request waits for me")
            }
            Self::TeleworkDecided => lang.t(
                "自分の申請が承認・差戻し・不承認になったとき",
                "My telework request was decided",
            ),
            Self::TeleworkDifference => lang.t(
                "報告と接続の記録の差について理由を求められたとき",
                "I am asked about a difference in my reports",
            ),
            Self::ExchangeReminder => lang.t(
                "調査・照会の期限が近づいたとき、過ぎたとき、延長の可否が決まったとき",
                "A deadline comes near, has passed, or was decided about",
            ),
            Self::ExchangeNew => {
                lang.t("新しい調査・照会・通知が届いたとき", "A new case has come in")
            }
            Self::ExchangeReturned => lang.t(
                "回答が差し戻されたとき、疑義照会や修正の求めがあったとき",
                "An answer was returned, asked about, or opened for a correction",
            ),
            Self::ChangeWaits => lang.t(
                "承認に関わる変更が、担当者としての自分の確認を待つとき（情報担当・人事担当）",
                "A change of who approves waits for my word as an officer (IT, HR)",
            ),
        }
    }
}

/// One notice, in Japanese. Its texts are as long as a subject line and a few sentences.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// What it is about.
    pub topic: Topic,
    /// Subject, without the name of this product.
    pub subject: String,
    /// A sentence or a few.
    pub text: String,
    /// Where to look: a path of this server.
    pub path: String,
}

impl Notice {
    /// A notice.
    #[must_use]
    pub fn new(
        topic: Topic,
        subject: impl Into<String>,
        text: impl Into<String>,
        path: impl Into<String>,
    ) -> Self {
        Self { topic, subject: subject.into(), text: text.into(), path: path.into() }
    }
}

/// Whether mail is sent at all.
///
/// # Errors
/// What the database can meet.
pub async fn is_on(conn: &mut store::Conn) -> Result<bool, Refusal> {
    Ok(settings::load(conn).await?.is_some())
}

/// What the notices of one write ask of the mail, read once for all of them: how it is sent, and
/// how many wait of each body.
#[derive(Default)]
pub struct Outbox {
    /// Nothing yet, or what was read; nothing in it while no mail is sent.
    settings: Option<Option<Settings>>,
    waiting: BTreeMap<BodyCode, i64>,
}

impl Outbox {
    /// Whether mail is sent at all.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn is_on(&mut self, tx: &mut Tx) -> Result<bool, Refusal> {
        Ok(self.settings(tx).await?.is_some())
    }

    async fn settings(&mut self, tx: &mut Tx) -> Result<Option<&Settings>, Refusal> {
        if self.settings.is_none() {
            self.settings = Some(settings::load(tx).await?);
        }
        Ok(self.settings.as_ref().and_then(Option::as_ref))
    }

    /// Writes a notice to be sent once the transaction is committed; whether there was anything to
    /// write.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn queue(
        &mut self,
        kit: &Kit,
        tx: &mut Tx,
        body: BodyCode,
        staff: StaffId,
        notice: &Notice,
    ) -> Result<bool, Refusal> {
        if !self.is_on(tx).await? {
            return Ok(false);
        }
        let Some(wishes) = store::mail::wishes(tx, body, staff).await? else { return Ok(false) };
        if wishes.address.is_empty() || wishes.silent & notice.topic.bit() != 0 {
            return Ok(false);
        }
        let person = store::staff::find(tx, body, staff).await?;
        if person.is_none_or(|person| person.state != StaffState::Active) {
            return Ok(false);
        }
        let waiting = match self.waiting.get(&body) {
            Some(waiting) => *waiting,
            None => store::mail::waiting(tx, body).await?,
        };
        self.waiting.insert(body, waiting);
        if waiting >= MOST_WAITING {
            tracing::warn!(%body, "too many mails wait: this notice is not sent");
            return Ok(false);
        }
        let settings = self.settings(tx).await?;
        let Some(settings) = settings.filter(|settings| settings.permits(&wishes.address)) else {
            return Ok(false);
        };
        let mail = mail(kit, settings, notice, wishes.address, (body, staff), tx.now());
        store::mail::add(tx, &mail).await?;
        self.waiting.insert(body, waiting + 1);
        Ok(true)
    }
}

fn mail(
    kit: &Kit,
    settings: &Settings,
    notice: &Notice,
    address: String,
    (body, staff): (BodyCode, StaffId),
    now: i64,
) -> Mail {
    let content = format!(
        "{}\n\n{}\n\n--\nこのメールは{}から自動で送信しています。返信しないでください。\n通知の設定: {}\n",
        notice.text,
        kit.site.link(&notice.path),
        settings.name(),
        kit.site.link("/account/notices"),
    );
    Mail {
        id: MailId(kit.random()),
        body,
        staff,
        address,
        subject: format!("[{}] {}", settings.name(), notice.subject),
        content,
        queued: now,
        due: now,
        tries: 0,
        given_up: false,
        fault: String::new(),
    }
}

/// One notice of a write; many are written by one [`Outbox`].
///
/// # Errors
/// What the database can meet.
pub async fn queue(
    kit: &Kit,
    tx: &mut Tx,
    body: BodyCode,
    staff: StaffId,
    notice: &Notice,
) -> Result<bool, Refusal> {
    Outbox::default().queue(kit, tx, body, staff, notice).await
}
