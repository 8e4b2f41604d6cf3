//! Signed bundles to and from servers that cannot be reached (spec/exchange.md): written and read
//! in one write each, all or nothing.

use audit::{Chain, Decision, Event, Kind, Who};
use exchange::bundle::{
    AnswersContent, BundleError, CaseContent, Content, Label, MAX_CONTENT, MAX_ITEMS, PastAnswers,
    ServerKey, open, seal,
};
use exchange::case::{Case, CaseId, Delivery, Refused, Stage, State, SubmittedAnswer};
use exchange::form::{Form, FormRef};
use jiff::ToSpan;
use people::{Actor, BodyCode, MINISTRY};
use store::{Conn, Tx};

use super::access::now;
use crate::Exchange;
use kit::error::Refusal;
use kit::secrets::{hex, unhex_typed};

/// How long a bundle may be read, hours.
const GOOD_FOR: i64 = 14 * 24;

/// Why a bundle was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum CarryFault {
    /// The bundle itself.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The server it is for was not added here.
    #[error("this server does not know the other one; add its key first")]
    UnknownServer,
    /// No such case, or one that is still a draft.
    #[error("there is no such case to carry")]
    NoCase,
    /// Nothing of the case belongs to the other side.
    #[error("there is nothing of this case to carry")]
    Nothing,
    /// The ministry is on this server: cases begin here and are not taken from elsewhere.
    #[error("this server serves the ministry and takes no cases from others")]
    OwnMinistry,
    /// A delivery that was worked on already, or an answer for a body of this server.
    #[error("the bundle holds what is not the sender's to say: {0}")]
    NotTheirs(BodyCode),
    /// The form in it has faults, or differs from the one of the same name here.
    #[error("the form in the bundle is not usable here")]
    BadForm,
    /// The answer of a body cannot be taken.
    #[error("the answer of {0} is not taken: {1}")]
    Answer(BodyCode, Refused),
    /// The server itself.
    #[error(transparent)]
    Other(#[from] Refusal),
}

impl From<store::Fault> for CarryFault {
    fn from(fault: store::Fault) -> Self {
        Self::Other(fault.into())
    }
}

impl CarryFault {
    /// What it is, for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Bundle(error) => match error {
                BundleError::NotABundle => "not_a_bundle",
                BundleError::Unsupported(_) => "unsupported",
                BundleError::UnknownKind(_) => "unknown_kind",
                BundleError::Truncated => "truncated",
                BundleError::TrailingBytes => "trailing_bytes",
                BundleError::TooLarge => "too_large",
                BundleError::UnknownSigner => "unknown_signer",
                BundleError::BadSignature => "bad_signature",
                BundleError::BadHash => "bad_hash",
                BundleError::WrongAddressee => "wrong_addressee",
                BundleError::NotNow => "not_now",
                BundleError::Replayed(_) => "replayed",
                BundleError::OutOfOrder { .. } => "out_of_order",
                BundleError::BadContent(_) => "bad_content",
            },
            Self::UnknownServer => "unknown_server",
            Self::NoCase => "no_case",
            Self::Nothing => "nothing",
            Self::OwnMinistry => "own_ministry",
            Self::NotTheirs(_) => "not_theirs",
            Self::BadForm => "bad_form",
            Self::Answer(_, refused) => refused.code(),
            Self::Other(_) => "internal",
        }
    }

    /// For the person who carries the file.
    pub(crate) fn ja(&self) -> String {
        match self {
            Self::Bundle(error) => match error {
                BundleError::NotABundle
                | BundleError::Unsupported(_)
                | BundleError::UnknownKind(_) => "署名付きファイルではありません。".into(),
                BundleError::Truncated | BundleError::TrailingBytes => {
                    "ファイルが途中で切れているか、余分な内容があります。".into()
                }
                BundleError::TooLarge => {
                    format!(
                        "ファイルが大きすぎます（内容は{}MB、{MAX_ITEMS}件まで）。",
                        MAX_CONTENT >> 20
                    )
                }
                BundleError::UnknownSigner => "登録されていない相手の署名です。".into(),
                BundleError::BadSignature | BundleError::BadHash => {
                    "署名が合いません。内容が書き換えられています。".into()
                }
                BundleError::WrongAddressee => "ほかのサーバーあてのファイルです。".into(),
                BundleError::NotNow => "有効な期間の外です。".into(),
                BundleError::Replayed(n) => format!("このファイル（第{n}号）は取込み済みです。"),
                BundleError::OutOfOrder { expected, found } => {
                    format!("先に第{expected}号を取り込んでください（これは第{found}号です）。")
                }
                BundleError::BadContent(_) => "内容を読み取れません。".into(),
            },
            Self::UnknownServer => "相手のサーバーの鍵を先に登録してください。".into(),
            Self::NoCase => "その番号の案件はありません。".into(),
            Self::Nothing => "相手に渡すものがありません。".into(),
            Self::OwnMinistry => "このサーバーには国の窓口があり、案件は取り込みません。".into(),
            Self::NotTheirs(body) => format!("相手が扱えない団体（{body}）の内容が入っています。"),
            Self::BadForm => "調査票がこのサーバーのものと合いません。".into(),
            Self::Answer(body, refused) => {
                format!("{body}の回答を受け付けられません：{}", refused.ja())
            }
            Self::Other(_) => "サーバーの処理に失敗しました。".into(),
        }
    }
}

/// What to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// The case with the deliveries of bodies this server does not serve.
    Case,
    /// The answers this server's bodies handed up.
    Answers,
}

impl Exchange {
    /// This server, as others know it.
    #[must_use]
    pub fn server_key(&self) -> ServerKey {
        ServerKey(self.keys.signing.verifying_key().to_bytes())
    }

    /// Writes a bundle under the next number. The other side reads them in order, so the last one
    /// can be taken again.
    ///
    /// # Errors
    /// [`CarryFault`]; then no number was used.
    pub async fn write_bundle(
        &self,
        by: Option<&Actor>,
        case: CaseId,
        to: ServerKey,
        what: Carried,
    ) -> Result<Vec<u8>, CarryFault> {
        let (mut tx, who) = self.server_write(by).await?;
        let content = match what {
            Carried::Case => Content::Case(Box::new(self.case_content(&mut tx, case).await?)),
            Carried::Answers => Content::Answers(answers_content(&mut tx, case).await?),
        };
        let sequence =
            store::exchange::next_sequence(&mut tx, to).await?.ok_or(CarryFault::UnknownServer)?;
        let written = now(self);
        let not_after = written.checked_add(GOOD_FOR.hours()).map_err(|_| BundleError::NotNow)?;
        let label = Label { from: self.server_key(), to, sequence, written, not_after };
        let bundle = seal(&content, &label, &self.keys.signing)?;
        store::exchange::put_last_bundle(&mut tx, to, &bundle).await?;
        let event = Event::new(Chain::SERVER, who, Kind::BUNDLE_WRITTEN, case.to_string());
        Ok(tx
            .commit(Decision::new(bundle, event.with("to", hex(&to.0)).with("sequence", sequence)))
            .await?)
    }

    /// The last bundle written to a server once more, under its own number; nothing where none was.
    /// Whoever takes it takes a town's answers out, so it goes on record as the first time did.
    ///
    /// # Errors
    /// [`Refusal`]; then nothing was handed out.
    pub async fn bundle_again(
        &self,
        by: Option<&Actor>,
        to: ServerKey,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let (mut tx, who) = self.server_write(by).await?;
        let Some(peer) = store::exchange::peer(&mut tx, to).await? else { return Ok(None) };
        let Some(bundle) = store::exchange::last_bundle(&mut tx, to).await? else {
            return Ok(None);
        };
        let event = Event::new(Chain::SERVER, who, Kind::BUNDLE_AGAIN, &peer.name)
            .with("to", hex(&to.0))
            .with("sequence", peer.written);
        Ok(Some(tx.commit(Decision::new(bundle, event)).await?))
    }

    /// Reads a bundle and does what is in it; says the case and how many bodies it touched. A
    /// refusal goes on record.
    ///
    /// # Errors
    /// [`CarryFault`]; then nothing of it was done.
    pub async fn read_bundle(
        &self,
        by: Option<&Actor>,
        bytes: &[u8],
    ) -> Result<(CaseId, usize), CarryFault> {
        let read = self.take(by, bytes).await;
        if let Err(fault) = &read
            && !matches!(fault, CarryFault::Other(_))
        {
            let (tx, who) = self.server_write(by).await?;
            let event = Event::new(Chain::SERVER, who, Kind::BUNDLE_REFUSED, "").with("why", fault);
            tx.commit(Decision::new((), event)).await?;
        }
        read
    }

    /// A write of the server's own turn: of an operator, or of whoever stands at the box.
    async fn server_write(&self, by: Option<&Actor>) -> store::Result<(Tx, Who)> {
        Ok(match by {
            Some(by) => (self.write_in(Chain::SERVER, by).await?, by.who()),
            None => (self.store.write(Chain::SERVER, self.now()).await?, Who::System),
        })
    }

    async fn take(&self, by: Option<&Actor>, bytes: &[u8]) -> Result<(CaseId, usize), CarryFault> {
        let (mut tx, who) = self.server_write(by).await?;
        let known: Vec<ServerKey> =
            store::exchange::peers(&mut tx).await?.into_iter().map(|peer| peer.key).collect();
        let inbox = store::exchange::inbox_of_bundles(&mut tx).await?;
        let (label, content, inbox) = open(bytes, &self.server_key(), &known, &inbox, now(self))?;
        let (case, touched, mut events) = match content {
            Content::Case(content) => self.take_case(&mut tx, *content).await?,
            Content::Answers(content) => self.take_answers(&mut tx, content).await?,
        };
        store::exchange::put_inbox_of_bundles(&mut tx, &inbox).await?;
        let event = Event::new(Chain::SERVER, who, Kind::BUNDLE_READ, case.to_string());
        events.push(
            event
                .with("from", hex(&label.from.0))
                .with("sequence", label.sequence)
                .with("bodies", touched),
        );
        Ok(tx.commit(Decision { value: (case, touched), events }).await?)
    }

    async fn take_case(
        &self,
        tx: &mut Tx,
        content: CaseContent,
    ) -> Result<(CaseId, usize, Vec<Event>), CarryFault> {
        let CaseContent { case, deliveries, form, previous } = content;
        if store::bodies::find(tx, MINISTRY).await?.is_some() {
            return Err(CarryFault::OwnMinistry);
        }
        let known = match (&case.form, &form) {
            (Some(name), Some(source)) => {
                let form = Form::read(source).map_err(|_| CarryFault::BadForm)?;
                if form.name != *name
                    || !store::exchange::put_form(
                        tx,
                        name,
                        &form.title,
                        source,
                        self.now(),
                        "bundle",
                    )
                    .await?
                {
                    return Err(CarryFault::BadForm);
                }
                store::exchange::fix_form(tx, name).await?;
                true
            }
            (None, None) => true,
            _ => false,
        };
        if !known || case.stage == Stage::Draft {
            return Err(CarryFault::BadForm);
        }
        if let Some(past) = previous {
            self.take_past(tx, past).await?;
        }
        let id = case.id;
        match store::exchange::case(tx, id).await? {
            None => store::exchange::add_case(tx, &case).await?,
            Some(here) if case.revision > here.revision => {
                store::exchange::put_case(tx, here.revision, &case).await?;
            }
            Some(_) => {}
        }
        let (known, mut fresh) = (self.bodies(), Vec::new());
        for delivery in deliveries {
            let body = delivery.to.body;
            if !untouched(&delivery)
                || delivery.case != id
                || exchange::body::body(&known, body).is_err()
            {
                return Err(CarryFault::NotTheirs(body));
            }
            if store::exchange::delivery(tx, id, body).await?.is_none() {
                fresh.push(delivery);
            }
        }
        store::exchange::add_deliveries(tx, &fresh, self.now()).await?;
        Ok((id, fresh.len(), Vec::new()))
    }

    /// Last year's answers of the bodies here, for the checks of entry.
    async fn take_past(&self, tx: &mut Tx, past: PastAnswers) -> Result<(), CarryFault> {
        let form = Form::read(&past.form).map_err(|_| CarryFault::BadForm)?;
        if !store::exchange::put_form(tx, &form.name, &form.title, &past.form, self.now(), "bundle")
            .await?
        {
            return Err(CarryFault::BadForm);
        }
        store::exchange::fix_form(tx, &form.name).await?;
        for (body, sheet) in &past.answers {
            store::exchange::put_carried(tx, &form.name, *body, sheet).await?;
        }
        Ok(())
    }

    async fn take_answers(
        &self,
        tx: &mut Tx,
        content: AnswersContent,
    ) -> Result<(CaseId, usize, Vec<Event>), CarryFault> {
        let case = store::exchange::case(tx, content.case).await?.ok_or(CarryFault::NoCase)?;
        if case.form.as_ref() != Some(&content.form) {
            return Err(CarryFault::BadForm);
        }
        let form = self.form(tx, &content.form).await?.ok_or(CarryFault::BadForm)?;
        let (mut touched, mut events) = (0, Vec::new());
        for (body, answer) in content.answers {
            if store::bodies::find(tx, body).await?.is_some() {
                return Err(CarryFault::NotTheirs(body));
            }
            let delivery = store::exchange::delivery(tx, case.id, body)
                .await?
                .ok_or(CarryFault::NotTheirs(body))?;
            let previous = self.previous(tx, &form, body).await?;
            let decision = delivery
                .take_carried(&case, &form, previous.as_ref(), answer)
                .map_err(|refused| CarryFault::Answer(body, refused))?;
            if decision.events.is_empty() {
                continue;
            }
            if !store::exchange::put_delivery(tx, delivery.revision, &decision.value, self.now())
                .await?
            {
                return Err(CarryFault::Answer(body, Refused::Stale));
            }
            touched += 1;
            events.extend(decision.events);
        }
        Ok((case.id, touched, events))
    }

    async fn case_content(&self, conn: &mut Conn, id: CaseId) -> Result<CaseContent, CarryFault> {
        let case = store::exchange::case(conn, id)
            .await?
            .filter(|case| case.stage != Stage::Draft)
            .ok_or(CarryFault::NoCase)?;
        let here = served(conn).await?;
        let deliveries = store::exchange::deliveries(conn, id, None).await?;
        let deliveries: Vec<Delivery> = deliveries
            .into_iter()
            .filter(|delivery| !here.contains(&delivery.to.body) && untouched(delivery))
            .collect();
        if deliveries.is_empty() {
            return Err(CarryFault::Nothing);
        }
        let form = match &case.form {
            Some(name) => {
                Some(store::exchange::form(conn, name).await?.ok_or(CarryFault::BadForm)?.1)
            }
            None => None,
        };
        let previous = self.past_of(conn, &case, &deliveries).await?;
        let addressees = deliveries.iter().map(|delivery| delivery.to.clone()).collect();
        Ok(CaseContent { case: Case { addressees, ..case }, deliveries, form, previous })
    }

    /// What the bodies of these deliveries answered last year; nothing for a case without a form or
    /// without a year before.
    async fn past_of(
        &self,
        conn: &mut Conn,
        case: &Case,
        deliveries: &[Delivery],
    ) -> Result<Option<PastAnswers>, CarryFault> {
        let Some(name) = &case.form else { return Ok(None) };
        let form = self.form(conn, name).await?.ok_or(CarryFault::BadForm)?;
        let Some(version) = &form.previous else { return Ok(None) };
        let name = FormRef { id: form.name.id.clone(), version: version.clone() };
        let Some((_, source)) = store::exchange::form(conn, &name).await? else { return Ok(None) };
        let mut answers = std::collections::BTreeMap::new();
        for delivery in deliveries {
            if let Some(sheet) = self.previous(conn, &form, delivery.to.body).await? {
                answers.insert(delivery.to.body, sheet);
            }
        }
        Ok((!answers.is_empty()).then_some(PastAnswers { form: source, answers }))
    }
}

/// As it was sent out: nobody over there has worked on it, and nothing in it claims so.
fn untouched(delivery: &Delivery) -> bool {
    matches!(delivery.state, State::Waiting | State::Sent)
        && delivery.answer.is_none()
        && delivery.receipts.is_empty()
        && delivery.parts.is_empty()
        && delivery.remarks.is_empty()
        && delivery.extension.is_none()
}

async fn served(conn: &mut Conn) -> Result<std::collections::BTreeSet<BodyCode>, CarryFault> {
    Ok(store::bodies::all(conn).await?.into_iter().map(|body| body.code).collect())
}

async fn answers_content(conn: &mut Conn, id: CaseId) -> Result<AnswersContent, CarryFault> {
    let case = store::exchange::case(conn, id).await?.ok_or(CarryFault::NoCase)?;
    let form = case.form.ok_or(CarryFault::Nothing)?;
    let here = served(conn).await?;
    let mut answers = std::collections::BTreeMap::new();
    for delivery in store::exchange::deliveries(conn, id, None).await? {
        let body = delivery.to.body;
        if !here.contains(&body) || !matches!(delivery.state, State::HandedUp | State::Confirmed) {
            continue;
        }
        if let (Some(receipt), Some(answer)) = (delivery.receipts.last(), delivery.answer)
            && receipt.version == answer.number
        {
            let (receipt, at) = (receipt.number, receipt.at);
            answers.insert(
                body,
                SubmittedAnswer { receipt, at, proxy: answer.proxy, sheet: answer.sheet },
            );
        }
    }
    if answers.is_empty() {
        return Err(CarryFault::Nothing);
    }
    Ok(AnswersContent { case: id, form, answers })
}

/// A server's key as people type it: 64 hexadecimal digits.
#[must_use]
pub fn parse_key(text: &str) -> Option<ServerKey> {
    let digits: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    unhex_typed(&digits).map(ServerKey)
}
