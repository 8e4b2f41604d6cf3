//! Changes of telework's own that wait for a second person: PCs open without an approved day.

use ::people::StaffId;
use audit::{Event, Kind};
use kit::error::Refusal;
use kit::http::Lang;
use kit::ports::{Says, WaitingChange};
use store::changes::{Change, ChangeKind};
use store::{Conn, Tx};

use super::{RULES, office};

/// How they come to be, and how they are said.
pub const CHANGES: [WaitingChange; 2] = [
    WaitingChange {
        kind: ChangeKind::Days,
        begin: |tx, change, event| Box::pin(days(tx, change, event)),
        words: |conn, lang, change| Box::pin(words(conn, lang, change)),
    },
    WaitingChange {
        kind: ChangeKind::Exempt,
        begin: |tx, change, event| Box::pin(exempt(tx, change, event)),
        words: |conn, lang, change| Box::pin(words(conn, lang, change)),
    },
];

async fn days(tx: &mut Tx, change: &Change, event: Says<'_>) -> Result<Vec<Event>, Refusal> {
    let (body, now) = (change.body, tx.now());
    let mut rules = office(tx, body).await?.rules;
    rules.day_opens_pc = false;
    store::telework::put_setting(tx, body, RULES, &rules, now).await?;
    let event = event(Kind::TELEWORK_RULES_CHANGED, body.to_string());
    Ok(vec![event.with("day_opens_pc", false).with("before", true)])
}

async fn exempt(tx: &mut Tx, change: &Change, event: Says<'_>) -> Result<Vec<Event>, Refusal> {
    let (body, now) = (change.body, tx.now());
    let Ok(id) = change.subject.parse::<StaffId>() else { return Ok(Vec::new()) };
    let Some(staff) = store::staff::find(tx, body, id).await? else { return Ok(Vec::new()) };
    let mut rules = office(tx, body).await?.rules;
    rules.exempt.insert(staff.id);
    store::telework::put_setting(tx, body, RULES, &rules, now).await?;
    Ok(vec![event(Kind::TELEWORK_MEMBER_CHANGED, staff.login.to_string()).with("exempt", true)])
}

/// What would come to be, in words.
pub(crate) async fn words(conn: &mut Conn, lang: Lang, change: &Change) -> Result<String, Refusal> {
    if change.kind == ChangeKind::Days {
        let text = "「承認されたテレワークの日・時間だけPCを開ける」をやめる";
        return Ok(lang.t(text, "PCs open without an approved telework day").to_owned());
    }
    let id = change.subject.parse::<StaffId>().ok();
    let who = kit::second::person(conn, change.body, id, lang).await?;
    Ok(match lang {
        Lang::Ja => format!("{who}さんが承認なしでPCを開けるようにする"),
        Lang::En => format!("{who} needs no approved day"),
    })
}
