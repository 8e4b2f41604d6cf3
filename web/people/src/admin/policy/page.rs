//! The page of the policies.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use people::{Deed, RecordPolicy, SessionPolicy, SignInPolicy};
use serde::Deserialize;

use super::act::{self, OutOfBounds};
use crate::People;
use crate::Route;
use crate::admin::undone::Undone;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown};
use kit::http::{Answer, Ctx, Form, SignedIn, get, page_with, post, see_other};

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
    let seen = (visit.ctx.lang, Seen::Form(&form.seen));
    let done = act::put_sign_in(&app, &permit, seen, &policy).await;
    let typed = Unkept { sign_in: Some(policy), posted: form.seen, ..Unkept::default() };
    answer(&app, visit, Part::SignIn, typed, done).await
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
    let seen = (visit.ctx.lang, Seen::Form(&form.seen));
    let done = act::put_session(&app, &permit, seen, &policy).await;
    let typed = Unkept { session: Some(policy), posted: form.seen, ..Unkept::default() };
    answer(&app, visit, Part::Session, typed, done).await
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
    let policy = RecordPolicy { address_days: form.address_days };
    let seen = (visit.ctx.lang, Seen::Form(&form.seen));
    let done = act::put_record(&app, &permit, seen, &policy).await;
    let typed = Unkept { record: Some(policy), posted: form.seen, ..Unkept::default() };
    answer(&app, visit, Part::Record, typed, done).await
}

/// What was kept, or the page again with what was typed and why not.
async fn answer(
    app: &People,
    visit: SignedIn,
    part: Part,
    typed: Unkept,
    done: Result<(), Undone<OutOfBounds>>,
) -> Answer {
    let unkept = match done {
        Ok(()) => return Ok(see_other("/admin/policy?done=saved")),
        Err(Undone::Faulty(OutOfBounds)) => Unkept { bad: Some(part), ..typed },
        Err(Undone::Changed(changed)) => Unkept { met: Some(part), changed, ..typed },
        Err(Undone::Other(refusal)) => return Err(refusal),
    };
    render(app, visit, unkept).await
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
        seen_sign_in: unkept.seen(Part::SignIn, &act::shown_sign_in(lang, &served.sign_in)),
        seen_session: unkept.seen(Part::Session, &act::shown_session(lang, &served.session)),
        seen_record: unkept.seen(Part::Record, &act::shown_record(lang, &record)),
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

pub(in crate::admin) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManagePolicy);
    vec![
        get("/admin/policy", May(Deed::SeePolicy), show),
        post("/admin/policy/sign-in", manage, put_sign_in),
        post("/admin/policy/session", manage, put_session),
        post("/admin/policy/record", manage, put_record),
    ]
}
