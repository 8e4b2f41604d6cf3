//! How people sign in, and what a session may be.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use people::{Deed, RecordPolicy, SessionPolicy, SignInPolicy};
use serde::Deserialize;

use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::Answer;
use kit::http::Ctx;
use kit::http::Form;
use kit::http::Lang;
use kit::http::SignedIn;
use kit::http::get;
use kit::http::page_with;
use kit::http::post;
use kit::http::see_other;
use kit::http::seen::Changed;
use kit::http::seen::Seen;
use kit::http::seen::Shown;
use kit::http::seen::yes;

#[derive(Template)]
#[template(path = "admin/policy.html")]
struct Page {
    ctx: Ctx,
    sign_in: SignInPolicy,
    session: SessionPolicy,
    record: RecordPolicy,
    manage: bool,
    bad: Option<Part>,
    /// What stands now, for the fields that come back.
    seen_sign_in: String,
    seen_session: String,
    seen_record: String,
    changed: Changed,
    /// Which of the forms met a change.
    met: Option<Part>,
}

/// A part of the page, each a form of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    SignIn,
    Session,
    Record,
}

impl Page {
    fn bad(&self, part: Part) -> bool {
        self.bad == Some(part)
    }

    fn met(&self, part: Part) -> bool {
        self.met == Some(part)
    }
}

/// What is shown beside the policies that stand.
#[derive(Default)]
struct Unkept {
    /// What was entered and not kept: shown again.
    sign_in: Option<SignInPolicy>,
    session: Option<SessionPolicy>,
    record: Option<RecordPolicy>,
    bad: Option<Part>,
    /// Which of the forms met a change.
    met: Option<Part>,
    changed: Changed,
    /// What the form showed that was not kept.
    posted: String,
}

impl Unkept {
    fn seen(&self, part: Part, now: &Shown) -> String {
        match (self.bad == Some(part), self.met == Some(part)) {
            (false, false) => now.seen(),
            _ => self.changed.seen(Some(&self.posted), now),
        }
    }
}

#[derive(Deserialize)]
struct SignInForm {
    /// What the form showed.
    #[serde(default)]
    seen: String,
    lockout_count: u32,
    lockout_minutes: u32,
    idle_minutes: u32,
    longest_hours: u32,
}

#[derive(Deserialize)]
struct SessionForm {
    /// What the form showed.
    #[serde(default)]
    seen: String,
    idle_minutes: u32,
    warn_seconds: u16,
    longest_hours: u32,
    watermark: Option<String>,
    contrast: u8,
    spacing: u16,
    text: String,
    resize: Option<String>,
}

async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
    render(&app, visit, Unkept::default()).await
}

async fn put_sign_in(
    visit: SignedIn,
    State(app): State<People>,
    Form(form): Form<SignInForm>,
) -> Answer {
    let permit = visit.permit(Deed::ManagePolicy)?;
    let policy = SignInPolicy {
        lockout_count: form.lockout_count,
        lockout_seconds: form.lockout_minutes.saturating_mul(60),
        idle_seconds: form.idle_minutes.saturating_mul(60),
        longest_seconds: form.longest_hours.saturating_mul(3_600),
    };
    let Ok(checked) = policy.checked() else {
        let bad = Some(Part::SignIn);
        let unkept = Unkept { sign_in: Some(policy), bad, posted: form.seen, ..Unkept::default() };
        return render(&app, visit, unkept).await;
    };
    let policy = checked;
    let mut tx = app.write_as(&permit).await?;
    let now = store::bodies::find(&mut tx, permit.body()).await?.ok_or(Refusal::NotFound)?.sign_in;
    let lang = visit.ctx.lang;
    let changed = shown_sign_in(lang, &now).unseen(lang, Seen::Form(&form.seen));
    if !changed.is_empty() {
        drop(tx);
        let met = Some(Part::SignIn);
        return render(
            &app,
            visit,
            Unkept { sign_in: Some(policy), met, changed, ..Unkept::default() },
        )
        .await;
    }
    store::bodies::put_sign_in_policy(&mut tx, permit.body(), &policy).await?;
    let event = permit
        .event(Kind::SIGN_IN_POLICY_CHANGED, permit.body())
        .with("lockout_count", policy.lockout_count)
        .with("lockout_seconds", policy.lockout_seconds)
        .with("idle_seconds", policy.idle_seconds)
        .with("longest_seconds", policy.longest_seconds);
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/admin/policy?done=saved"))
}

async fn put_session(
    visit: SignedIn,
    State(app): State<People>,
    Form(form): Form<SessionForm>,
) -> Answer {
    let permit = visit.permit(Deed::ManagePolicy)?;
    let policy = SessionPolicy {
        idle_seconds: form.idle_minutes.saturating_mul(60),
        warn_seconds: form.warn_seconds,
        longest_seconds: form.longest_hours.saturating_mul(3_600),
        watermark: form.watermark.is_some(),
        contrast: form.contrast,
        spacing: form.spacing,
        text: form.text,
        resize: form.resize.is_some(),
    };
    let Ok(checked) = policy.clone().checked() else {
        let bad = Some(Part::Session);
        let unkept = Unkept { session: Some(policy), bad, posted: form.seen, ..Unkept::default() };
        return render(&app, visit, unkept).await;
    };
    let policy = checked;
    let mut tx = app.write_as(&permit).await?;
    let now = store::bodies::find(&mut tx, permit.body()).await?.ok_or(Refusal::NotFound)?.session;
    let lang = visit.ctx.lang;
    let changed = shown_session(lang, &now).unseen(lang, Seen::Form(&form.seen));
    if !changed.is_empty() {
        drop(tx);
        let met = Some(Part::Session);
        return render(
            &app,
            visit,
            Unkept { session: Some(policy), met, changed, ..Unkept::default() },
        )
        .await;
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
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/admin/policy?done=saved"))
}

#[derive(Deserialize)]
struct RecordForm {
    /// What the form showed.
    #[serde(default)]
    seen: String,
    address_days: u32,
}

async fn put_record(
    visit: SignedIn,
    State(app): State<People>,
    Form(form): Form<RecordForm>,
) -> Answer {
    let permit = visit.permit(Deed::ManagePolicy)?;
    let typed = RecordPolicy { address_days: form.address_days };
    let Ok(policy) = typed.checked() else {
        let bad = Some(Part::Record);
        let unkept = Unkept { record: Some(typed), bad, posted: form.seen, ..Unkept::default() };
        return render(&app, visit, unkept).await;
    };
    let mut tx = app.write_as(&permit).await?;
    let before = store::bodies::record_policy(&mut tx, permit.body()).await?;
    let lang = visit.ctx.lang;
    let changed = shown_record(lang, &before).unseen(lang, Seen::Form(&form.seen));
    if !changed.is_empty() {
        drop(tx);
        let met = Some(Part::Record);
        return render(
            &app,
            visit,
            Unkept { record: Some(typed), met, changed, ..Unkept::default() },
        )
        .await;
    }
    store::bodies::put_record_policy(&mut tx, permit.body(), &policy).await?;
    let event = permit
        .event(Kind::RECORD_POLICY_CHANGED, permit.body())
        .with("address_days", policy.address_days)
        .with("before", before.address_days);
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/admin/policy?done=saved"))
}

/// What the form of sign-ins shows.
fn shown_sign_in(lang: Lang, policy: &SignInPolicy) -> Shown {
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
fn shown_session(lang: Lang, policy: &SessionPolicy) -> Shown {
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
fn shown_record(lang: Lang, policy: &RecordPolicy) -> Shown {
    Shown::default().with(
        "days",
        lang.t("アドレスを保存する日数", "Days an address is kept"),
        policy.address_days,
    )
}

async fn render(app: &People, visit: SignedIn, unkept: Unkept) -> Answer {
    let permit = visit.permit(Deed::SeePolicy)?;
    let lang = visit.ctx.lang;
    let mut conn = app.store.read().await?;
    let served = store::bodies::find(&mut conn, permit.body()).await?.ok_or(Refusal::NotFound)?;
    let record = store::bodies::record_policy(&mut conn, permit.body()).await?;
    let status = match (unkept.bad, unkept.changed.is_empty()) {
        (Some(_), _) => StatusCode::UNPROCESSABLE_ENTITY,
        (_, false) => StatusCode::CONFLICT,
        _ => StatusCode::OK,
    };
    let view = Page {
        manage: visit.permit(Deed::ManagePolicy).is_ok(),
        seen_sign_in: unkept.seen(Part::SignIn, &shown_sign_in(lang, &served.sign_in)),
        seen_session: unkept.seen(Part::Session, &shown_session(lang, &served.session)),
        seen_record: unkept.seen(Part::Record, &shown_record(lang, &record)),
        met: unkept.met,
        sign_in: unkept.sign_in.unwrap_or(served.sign_in),
        session: unkept.session.unwrap_or(served.session),
        record: unkept.record.unwrap_or(record),
        bad: unkept.bad,
        changed: unkept.changed,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManagePolicy);
    vec![
        get("/admin/policy", May(Deed::SeePolicy), show),
        post("/admin/policy/sign-in", manage, put_sign_in),
        post("/admin/policy/session", manage, put_session),
        post("/admin/policy/record", manage, put_record),
    ]
}
