//! How people sign in, and what a session may be.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use people::{Action, SessionPolicy, SignInPolicy};
use serde::Deserialize;

use crate::app::App;
use crate::error::Refusal;
use crate::http::Access::May;
use crate::http::{Answer, Ctx, Form, Route, SignedIn, get, page_with, post, see_other};

#[derive(Template)]
#[template(path = "admin/policy.html")]
struct Page {
    ctx: Ctx,
    sign_in: SignInPolicy,
    session: SessionPolicy,
    manage: bool,
    bad_sign_in: bool,
    bad_session: bool,
}

#[derive(Deserialize)]
struct SignInForm {
    lockout_count: u32,
    lockout_minutes: u32,
    idle_minutes: u32,
    longest_hours: u32,
}

#[derive(Deserialize)]
struct SessionForm {
    idle_minutes: u32,
    warn_seconds: u16,
    longest_hours: u32,
    watermark: Option<String>,
    contrast: u8,
    spacing: u16,
    text: String,
    resize: Option<String>,
}

async fn show(visit: SignedIn, State(app): State<App>) -> Answer {
    render(&app, visit, false, false).await
}

async fn put_sign_in(visit: SignedIn, State(app): State<App>, Form(form): Form<SignInForm>) -> Answer {
    let permit = visit.permit(Action::ManagePolicy)?;
    let policy = SignInPolicy {
        lockout_count: form.lockout_count,
        lockout_seconds: form.lockout_minutes.saturating_mul(60),
        idle_seconds: form.idle_minutes.saturating_mul(60),
        longest_seconds: form.longest_hours.saturating_mul(3_600),
    };
    let Ok(policy) = policy.checked() else { return render(&app, visit, true, false).await };
    let mut tx = app.write_as(&permit).await?;
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

async fn put_session(visit: SignedIn, State(app): State<App>, Form(form): Form<SessionForm>) -> Answer {
    let permit = visit.permit(Action::ManagePolicy)?;
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
    let Ok(policy) = policy.checked() else { return render(&app, visit, false, true).await };
    let mut tx = app.write_as(&permit).await?;
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

async fn render(app: &App, visit: SignedIn, bad_sign_in: bool, bad_session: bool) -> Answer {
    let permit = visit.permit(Action::SeePolicy)?;
    let mut conn = app.store.read().await?;
    let served = store::bodies::find(&mut conn, permit.body()).await?.ok_or(Refusal::NotFound)?;
    let status = if bad_sign_in || bad_session { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let manage = visit.permit(Action::ManagePolicy).is_ok();
    page_with(status, Page { ctx: visit.ctx, sign_in: served.sign_in, session: served.session, manage, bad_sign_in, bad_session })
}

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Action::ManagePolicy);
    vec![
        get("/admin/policy", May(Action::SeePolicy), show),
        post("/admin/policy/sign-in", manage, put_sign_in),
        post("/admin/policy/session", manage, put_session),
    ]
}
