//! What is mailed about telework days. The day is named, other people and reasons are not.

use jiff::civil::Date;
use people::{BodyCode, StaffId};
use store::Tx;
use telework::request::State;

use kit::Kit;
use kit::error::Refusal;
use kit::mail::{Notice, Topic, queue};

/// To the superior and the deputy of the person's division, that a request waits.
///
/// # Errors
/// What the database can meet.
pub(crate) async fn waiting(
    kit: &Kit,
    tx: &mut Tx,
    body: BodyCode,
    staff: StaffId,
) -> Result<(), Refusal> {
    let Some(division) =
        store::staff::find(tx, body, staff).await?.and_then(|staff| staff.division)
    else {
        return Ok(());
    };
    let Some(division) = store::divisions::find(tx, body, division).await? else { return Ok(()) };
    let notice = Notice::new(
        Topic::TeleworkWaiting,
        "承認を待つテレワークの申請があります",
        "あなたの承認を待つテレワークの申請があります。次のページで内容を確認してください。",
        "/telework/approvals",
    );
    for leader in
        [division.superior, division.deputy].into_iter().flatten().filter(|leader| *leader != staff)
    {
        queue(kit, tx, body, leader, &notice).await?;
    }
    Ok(())
}

/// To the person, that her request for `day` was decided. States that nobody else decides are not
/// mailed.
///
/// # Errors
/// What the database can meet.
pub(crate) async fn decided(
    kit: &Kit,
    tx: &mut Tx,
    body: BodyCode,
    staff: StaffId,
    day: Date,
    state: State,
) -> Result<(), Refusal> {
    let day = format!("{}月{}日", day.month(), day.day());
    let (subject, text) = match state {
        State::Approved => {
            ("テレワークが承認されました", format!("{day}のテレワークの申請が承認されました。"))
        }
        State::Returned => (
            "テレワークの申請が差し戻されました",
            format!(
                "{day}のテレワークの申請が差し戻されました。理由を確認し、必要なときは直して再申請してください。"
            ),
        ),
        State::Refused => (
            "テレワークの申請は承認されませんでした",
            format!(
                "{day}のテレワークの申請は承認されませんでした。理由は次のページで確認できます。"
            ),
        ),
        State::Cancelled => (
            "テレワークの承認が取り消されました",
            format!("{day}のテレワークの承認が取り消されました。"),
        ),
        State::Requested => return Ok(()),
    };
    queue(kit, tx, body, staff, &Notice::new(Topic::TeleworkDecided, subject, text, "/telework"))
        .await?;
    Ok(())
}

/// To the person, that a reason is asked for a difference on `day`.
///
/// # Errors
/// What the database can meet.
pub(crate) async fn difference(
    kit: &Kit,
    tx: &mut Tx,
    body: BodyCode,
    staff: StaffId,
    day: Date,
) -> Result<(), Refusal> {
    let text = format!(
        "{}月{}日のテレワークの報告と、職場のパソコンへの接続の記録に差があります。次のページで理由を入力してください。報告した時刻は変更されていません。",
        day.month(),
        day.day()
    );
    queue(
        kit,
        tx,
        body,
        staff,
        &Notice::new(
            Topic::TeleworkDifference,
            "テレワークの報告について確認があります",
            text,
            "/telework",
        ),
    )
    .await?;
    Ok(())
}
