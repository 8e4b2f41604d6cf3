//! The page of the sessions.

use askama::Template;
use axum::extract::{Path, State};
use people::{Deed, MeetingId, Pc, PcId, Reach, Resource, Staff, StaffId, Stop, Stopper};
use store::sessions::Session;

use super::act;
use crate::People;
use crate::Route;
use crate::agents::{acts, ended};
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page, post, see_other};

/// Days of past sessions shown; the record holds the rest.
const DAYS: i64 = 14;

#[derive(Template)]
#[template(path = "admin/sessions.html")]
struct Page {
    ctx: Ctx,
    live: Vec<Session>,
    past: Vec<Session>,
    staff: Vec<Staff>,
    pcs: Vec<Pc>,
    may_end: bool,
    may_cut: bool,
    stop: Option<Stop>,
    may_lift: bool,
}

impl Page {
    fn person(&self, id: &StaffId) -> &str {
        self.staff.iter().find(|staff| staff.id == *id).map_or("", |staff| staff.name.as_str())
    }

    fn pc(&self, id: &PcId) -> &str {
        self.pcs.iter().find(|pc| pc.id == *id).map_or("", |pc| pc.name.as_str())
    }

    fn id(&self, session: &Session) -> String {
        session.meeting.to_string()
    }

    fn length(&self, session: &Session) -> String {
        let minutes = (session.ended - session.started).max(0) / 60_000;
        match self.ctx.lang {
            kit::http::Lang::Ja => format!("{}時間{:02}分", minutes / 60, minutes % 60),
            kit::http::Lang::En => format!("{}:{:02}", minutes / 60, minutes % 60),
        }
    }

    fn end(&self, session: &Session) -> &'static str {
        ended::words(self.ctx.lang, session)
    }

    fn amount(&self, bytes: &u64) -> String {
        match bytes {
            0..1_000_000 => format!("{} kB", bytes / 1_000),
            _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
        }
    }
}

async fn list(visit: SignedIn, State(app): State<People>) -> Answer {
    let body = visit.actor.body;
    let whole = visit.actor.widest(Deed::SeeSessions) >= Some(Reach::Body);
    let now = app.now();
    let mut conn = app.store.read().await?;
    let mut live = store::sessions::live(&mut conn, body, now).await?;
    let mut past =
        store::sessions::between(&mut conn, body, now - DAYS * 86_400_000, i64::MAX, 200).await?;
    past.retain(|session| session.ended > 0);
    if !whole {
        live.retain(|session| session.staff == visit.actor.id);
        past.retain(|session| session.staff == visit.actor.id);
    }
    let staff = store::staff::all(&mut conn, body).await?;
    let pcs = store::pcs::all(&mut conn, body).await?;
    let stop = store::bodies::find(&mut conn, body).await?.and_then(|served| served.stop);
    let (may_end, may_cut) = (visit.ctx.may(Deed::EndSession), visit.permit(Deed::CutBody).is_ok());
    let may_lift =
        may_cut && stop.as_ref().is_some_and(|stop| stop.may_be_lifted(visit.actor.operator));
    page(Page { ctx: visit.ctx, live, past, staff, pcs, may_end, may_cut, stop, may_lift })
}

async fn end(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let meeting = id.parse::<MeetingId>().map_err(|_| Refusal::NotFound)?;
    let session = store::sessions::find(&mut *app.store.read().await?, visit.actor.body, meeting)
        .await?
        .ok_or(Refusal::NotFound)?;
    let permit =
        visit.permit_on(Deed::EndSession, Resource::person(session.body, session.staff, None))?;
    acts::end_session(&app, &permit, meeting).await?;
    Ok(see_other("/admin/sessions?done=ended"))
}

async fn stop_all(
    visit: SignedIn,
    State(app): State<People>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::CutBody)?;
    act::stop_body(&app, &permit, &visit.actor).await?;
    Ok(see_other("/admin/sessions?done=suspended"))
}

async fn resume_all(
    visit: SignedIn,
    State(app): State<People>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::CutBody)?;
    act::resume_body(&app, &permit, &visit.actor).await?;
    Ok(see_other("/admin/sessions?done=resumed"))
}

pub(in crate::admin) fn routes() -> Vec<Route> {
    let cut = May(Deed::CutBody);
    vec![
        get("/admin/sessions", May(Deed::SeeSessions), list),
        post("/admin/sessions/{id}/end", May(Deed::EndSession), end).cuts(),
        post("/admin/body/stop", cut, stop_all).fresh().cuts(),
        // It gives, and says itself whose stop it does not lift.
        post("/admin/body/resume", cut, resume_all).fresh().cuts(),
    ]
}
