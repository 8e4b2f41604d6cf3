//! Keeps policies: each is checked, compared with what the sender saw, and goes on record whole.

use audit::{Decision, Kind};
use people::{Deed, Permit, RecordPolicy, SessionPolicy, SignInPolicy};

use crate::People;
use crate::admin::undone::Undone;
use kit::error::Refusal;
use kit::http::Lang;
use kit::http::seen::{Seen, Shown, yes};

/// A value of the policy is out of its bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::admin) struct OutOfBounds;

type Kept = Result<(), Undone<OutOfBounds>>;

/// How people of the body sign in.
pub(in crate::admin) async fn put_sign_in(
    app: &People,
    permit: &Permit,
    (lang, seen): (Lang, Seen<'_>),
    policy: &SignInPolicy,
) -> Kept {
    permit.is_for(Deed::ManagePolicy)?;
    let policy = policy.checked().map_err(|_| Undone::Faulty(OutOfBounds))?;
    let mut tx = app.write_as(permit).await?;
    let now = store::bodies::find(&mut tx, permit.body()).await?.ok_or(Refusal::NotFound)?.sign_in;
    let changed = shown_sign_in(lang, &now).unseen(lang, seen);
    if !changed.is_empty() {
        return Err(Undone::Changed(changed));
    }
    store::bodies::put_sign_in_policy(&mut tx, permit.body(), &policy).await?;
    let event = permit
        .event(Kind::SIGN_IN_POLICY_CHANGED, permit.body())
        .with("lockout_count", policy.lockout_count)
        .with("lockout_seconds", policy.lockout_seconds)
        .with("idle_seconds", policy.idle_seconds)
        .with("longest_seconds", policy.longest_seconds);
    Ok(tx.commit(Decision::new((), event)).await?)
}

/// What a session on a PC may be.
pub(in crate::admin) async fn put_session(
    app: &People,
    permit: &Permit,
    (lang, seen): (Lang, Seen<'_>),
    policy: &SessionPolicy,
) -> Kept {
    permit.is_for(Deed::ManagePolicy)?;
    let policy = policy.clone().checked().map_err(|_| Undone::Faulty(OutOfBounds))?;
    let mut tx = app.write_as(permit).await?;
    let now = store::bodies::find(&mut tx, permit.body()).await?.ok_or(Refusal::NotFound)?.session;
    let changed = shown_session(lang, &now).unseen(lang, seen);
    if !changed.is_empty() {
        return Err(Undone::Changed(changed));
    }
    store::bodies::put_session_policy(&mut tx, permit.body(), &policy).await?;
    let event = permit
        .event(Kind::SESSION_POLICY_CHANGED, permit.body())
        .with("idle_seconds", policy.idle_seconds)
        .with("warn_seconds", policy.warn_seconds)
        .with("longest_seconds", policy.longest_seconds)
        .with("watermark", policy.watermark)
        .with("contrast", policy.contrast)
        .with("spacing", policy.spacing)
        .with("text", &policy.text)
        .with("resize", policy.resize);
    Ok(tx.commit(Decision::new((), event)).await?)
}

/// How long addresses are kept beside the record.
pub(in crate::admin) async fn put_record(
    app: &People,
    permit: &Permit,
    (lang, seen): (Lang, Seen<'_>),
    policy: &RecordPolicy,
) -> Kept {
    permit.is_for(Deed::ManagePolicy)?;
    let policy = policy.checked().map_err(|_| Undone::Faulty(OutOfBounds))?;
    let mut tx = app.write_as(permit).await?;
    let before = store::bodies::record_policy(&mut tx, permit.body()).await?;
    let changed = shown_record(lang, &before).unseen(lang, seen);
    if !changed.is_empty() {
        return Err(Undone::Changed(changed));
    }
    store::bodies::put_record_policy(&mut tx, permit.body(), &policy).await?;
    let event = permit
        .event(Kind::RECORD_POLICY_CHANGED, permit.body())
        .with("address_days", policy.address_days)
        .with("before", before.address_days);
    Ok(tx.commit(Decision::new((), event)).await?)
}

/// What the form of sign-ins shows.
pub(in crate::admin) fn shown_sign_in(lang: Lang, policy: &SignInPolicy) -> Shown {
    Shown::default()
        .with(
            "count",
            lang.t("ロックするまでの失敗回数", "Failures until lock-out"),
            policy.lockout_count,
        )
        .with("lockout", lang.t("ロックの長さ（秒）", "Lock-out, seconds"), policy.lockout_seconds)
        .with(
            "idle",
            lang.t("操作がないときに終わるまで（秒）", "Ends when idle, seconds"),
            policy.idle_seconds,
        )
        .with(
            "longest",
            lang.t("サインインの最長（秒）", "Longest sign-in, seconds"),
            policy.longest_seconds,
        )
}

/// What the form of sessions shows.
pub(in crate::admin) fn shown_session(lang: Lang, policy: &SessionPolicy) -> Shown {
    Shown::default()
        .with(
            "idle",
            lang.t("無操作で切断するまで（秒）", "Idle cut, seconds"),
            policy.idle_seconds,
        )
        .with(
            "warn",
            lang.t("切断前の知らせ（秒）", "Warning before a cut, seconds"),
            policy.warn_seconds,
        )
        .with(
            "longest",
            lang.t("1回の接続の最長（秒）", "Longest session, seconds"),
            policy.longest_seconds,
        )
        .with("watermark", lang.t("電子透かし", "Watermark"), yes(lang, policy.watermark))
        .with("contrast", lang.t("透かしの濃さ", "Contrast"), policy.contrast)
        .with("spacing", lang.t("透かしの間隔", "Spacing"), policy.spacing)
        .with("text", lang.t("透かしの文字", "Watermark text"), &policy.text)
        .with("resize", lang.t("画面の大きさを合わせる", "Resizing"), yes(lang, policy.resize))
}

/// What the form of addresses shows.
pub(in crate::admin) fn shown_record(lang: Lang, policy: &RecordPolicy) -> Shown {
    Shown::default().with(
        "days",
        lang.t("アドレスを保存する日数", "Days an address is kept"),
        policy.address_days,
    )
}
