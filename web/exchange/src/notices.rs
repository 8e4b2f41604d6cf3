//! What is mailed about cases, to those of a desk who want it. The case is named by its number and
//! subject; no answer is.

use exchange::case::{Case, Delivery, Member, Reminder, State, today};
use people::{Actor, BodyCode, Ground, StaffState};
use store::Tx;

use super::access::now;
use crate::Exchange;
use kit::error::Refusal;
use kit::http::Lang;
use kit::mail::{Notice, Outbox, Topic};

/// To the desk, that a deadline comes or has passed.
///
/// # Errors
/// What the database can meet.
pub(crate) async fn reminder(
    app: &Exchange,
    tx: &mut Tx,
    mail: &mut Outbox,
    case: &Case,
    reminder: &Reminder,
) -> Result<(), Refusal> {
    let left = super::left(Lang::Ja, today(now(app)), reminder.deadline);
    let (month, day) = (reminder.deadline.month(), reminder.deadline.day());
    let text = format!(
        "{}の回答期限は{month}月{day}日です（{left}）。次のページで状況を確認してください。",
        named(case)
    );
    let notice = Notice::new(
        Topic::ExchangeReminder,
        format!("回答期限のお知らせ（{left}）"),
        text,
        path(case),
    );
    desk(app, tx, mail, reminder.to.body, &reminder.to.desk, &notice).await
}

/// To the desk, that a case has come in.
///
/// # Errors
/// What the database can meet.
pub(crate) async fn came_in(
    app: &Exchange,
    tx: &mut Tx,
    mail: &mut Outbox,
    case: &Case,
    delivery: &Delivery,
) -> Result<(), Refusal> {
    let text = format!("{}が届きました。次のページで内容を確認し、受領してください。", named(case));
    let notice = Notice::new(
        Topic::ExchangeNew,
        format!("新しい{}が届きました", case.kind.ja()),
        text,
        path(case),
    );
    desk(app, tx, mail, delivery.to.body, &delivery.to.desk, &notice).await
}

/// To the desk, what a step of somebody else means for it: passed on to it, returned, asked back
/// about, opened for a correction, given more time or not. Other steps are not mailed.
///
/// # Errors
/// What the database can meet.
pub(crate) async fn stepped(
    app: &Exchange,
    tx: &mut Tx,
    mail: &mut Outbox,
    case: &Case,
    before: &Delivery,
    after: &Delivery,
) -> Result<(), Refusal> {
    let (topic, subject, what) = match (before.state, after.state) {
        (State::Waiting, State::Sent) => return came_in(app, tx, mail, case, after).await,
        (_, State::Returned) if before.state != State::Returned => (
            Topic::ExchangeReturned,
            "回答が差し戻されました",
            "の回答が差し戻されました。次のページで指摘を確認してください。".to_owned(),
        ),
        (_, State::Queried) if before.state != State::Queried => (
            Topic::ExchangeReturned,
            "回答に疑義照会がありました",
            "の回答に疑義照会がありました。次のページで指摘を確認してください。".to_owned(),
        ),
        (_, State::Entering)
            if after.correction.is_some() && after.correction != before.correction =>
        {
            (
                Topic::ExchangeReturned,
                "回答の修正を求められています",
                "の回答を修正できるようになりました。次のページで理由を確認してください。"
                    .to_owned(),
            )
        }
        _ if after.extension_refused.is_some()
            && before.extension.is_some()
            && after.extension.is_none() =>
        {
            (
                Topic::ExchangeReminder,
                "回答期限の延長は認められませんでした",
                "の回答期限の延長は認められませんでした。次のページで理由を確認してください。"
                    .to_owned(),
            )
        }
        _ => match (before.deadline, after.deadline.map(|deadline| deadline.day())) {
            (Some(was), Some(until)) if before.state == after.state && was.day() < until => {
                let text = format!(
                    "の回答期限が{}月{}日に延長されました。次のページで確認してください。",
                    until.month(),
                    until.day()
                );
                (Topic::ExchangeReminder, "回答期限が延長されました", text)
            }
            _ => return Ok(()),
        },
    };
    let notice = Notice::new(topic, subject, format!("{}{what}", named(case)), path(case));
    desk(app, tx, mail, after.to.body, &after.to.desk, &notice).await
}

fn named(case: &Case) -> String {
    format!("「{}」（{}）", case.letter.subject, case.id)
}

fn path(case: &Case) -> String {
    format!("/exchange/cases/{}", case.id)
}

/// To everybody of a body's desk who has given an address. Most bodies have nobody, which one read
/// tells.
async fn desk(
    app: &Exchange,
    tx: &mut Tx,
    mail: &mut Outbox,
    body: BodyCode,
    desk: &str,
    notice: &Notice,
) -> Result<(), Refusal> {
    if !mail.is_on(tx).await? {
        return Ok(());
    }
    let listeners = store::mail::listeners(tx, body).await?;
    if listeners.is_empty() {
        return Ok(());
    }
    let desks = store::exchange::desks(tx, body).await?;
    for id in listeners {
        let Some(staff) = store::staff::find(tx, body, id)
            .await?
            .filter(|staff| staff.state == StaffState::Active)
        else {
            continue;
        };
        let (roles, leads) = store::changes::in_force(tx, body, id, staff.roles).await?;
        let division = match staff.division {
            Some(division) => store::divisions::find(tx, body, division).await?,
            None => None,
        };
        let person = Actor {
            id,
            login: staff.login,
            name: staff.name,
            body,
            roles,
            operator: false,
            leads,
            via: None,
            ground: Ground::Nothing,
        };
        if !(Member { person: &person, division: division.as_ref(), desks: &desks })
            .at_desk(desk)
            .is_empty()
        {
            mail.queue(app, tx, body, id, notice).await?;
        }
    }
    Ok(())
}
