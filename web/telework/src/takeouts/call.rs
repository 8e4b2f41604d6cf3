//! Taking information out of the office: asked for, permitted, brought back.

use axum::extract::State;
use people::Deed;
use serde::{Deserialize, Serialize};
use store::telework::{Paper, PaperKind};
use telework::papers::{Takeout, TakeoutAction};
use utoipa::ToSchema;

use super::words::{state_key, unasked, undecided};
use super::{Possible, Wanted, ask_now, bring_back, decide_now, led};
use crate::Route;
use crate::call::done_or;
use crate::typed::text;
use crate::{hex, hex16};
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf};
use kit::http::{Access, Answer, Caller, Done, ErrorBody, Lang, Method, Scope, call, json};

/// Something that is taken out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TakeoutInfo {
    /// Its identity.
    id: String,
    /// Sign-in name of whoever asked.
    login: String,
    /// What, in words.
    what: String,
    /// Why.
    why: String,
    /// Whether it holds personal information.
    personal: bool,
    /// First day.
    #[schema(format = Date)]
    from: String,
    /// Last day.
    #[schema(format = Date)]
    until: String,
    /// `requested`, `permitted`, `refused`, `returned`, `settled`.
    state: &'static str,
    /// What the caller can do with it now: `permit`, `refuse`, `return`, `settle`.
    #[schema(value_type = Vec<String>)]
    steps: Vec<TakeoutAction>,
}

/// What is taken out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Takeouts {
    /// The newest first.
    takeouts: Vec<TakeoutInfo>,
}

/// One's own.
#[utoipa::path(
    get,
    path = "/api/v1/telework/own/takeouts",
    tag = "telework",
    security(("token" = ["telework:read"])),
    responses((status = 200, description = "One's own", body = Takeouts)),
)]
pub(crate) async fn own(caller: Caller, State(app): State<Kit>) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let mut conn = app.store.read().await?;
    let papers = store::telework::papers_of::<Takeout>(
        &mut conn,
        permit.body(),
        PaperKind::Takeout,
        permit.actor(),
    )
    .await?;
    drop(conn);
    let login = caller.actor.login.to_string();
    let info = |paper: &Paper<Takeout>| info(paper, login.clone(), paper.value.possible(&permit));
    json(&Takeouts { takeouts: papers.iter().map(info).collect() })
}

/// Those of the divisions the caller leads.
#[utoipa::path(
    get,
    path = "/api/v1/telework/takeouts",
    tag = "telework",
    security(("token" = ["telework:decide"])),
    responses((status = 200, description = "Of the divisions led", body = Takeouts)),
)]
pub(crate) async fn list(caller: Caller, State(app): State<Kit>) -> Answer {
    caller.actor.widest(Deed::DecideTelework).ok_or(Refusal::NotFound)?;
    let found = led(&mut *app.store.read().await?, &caller.actor, app.now()).await?;
    let info = |(staff, paper, steps): Possible| info(&paper, staff.login.to_string(), steps);
    json(&Takeouts { takeouts: found.into_iter().map(info).collect() })
}

fn info(paper: &Paper<Takeout>, login: String, steps: Vec<TakeoutAction>) -> TakeoutInfo {
    let takeout = &paper.value;
    TakeoutInfo {
        id: hex(paper.id),
        login,
        what: takeout.what.clone(),
        why: takeout.why.clone(),
        personal: takeout.personal,
        from: takeout.from.to_string(),
        until: takeout.until.to_string(),
        state: state_key(&takeout.state),
        steps,
    }
}

/// What somebody wants to take out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTakeout {
    /// What, in words.
    #[schema(min_length = 1, max_length = 400)]
    what: String,
    /// Why.
    #[schema(min_length = 1, max_length = 400)]
    why: String,
    /// Whether it holds personal information.
    #[serde(default)]
    personal: bool,
    /// Whether it holds a My Number: that never leaves.
    #[serde(default)]
    specific_personal: bool,
    /// First day.
    #[schema(format = Date, example = "2026-11-24")]
    from: String,
    /// Last day, at most 31 days.
    #[schema(format = Date, example = "2026-11-25")]
    until: String,
}

/// Asks to take information out.
#[utoipa::path(
    post,
    path = "/api/v1/telework/takeouts",
    tag = "telework",
    security(("token" = ["telework:request"])),
    request_body = NewTakeout,
    responses(
        (status = 200, description = "Asked for", body = Done),
        (status = 422, description = "Not possible", body = ErrorBody),
    ),
)]
pub(crate) async fn ask(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<NewTakeout>,
) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let fault = match Wanted::period(&new.from, &new.until) {
        Ok((from, until)) => {
            let wanted = Wanted {
                what: new.what,
                why: new.why,
                personal: new.personal,
                specific_personal: new.specific_personal,
                from,
                until,
            };
            ask_now(&app, &permit, &caller.actor.login, wanted).await?
        }
        Err(fault) => Some(fault),
    };
    done_or(fault.map(|fault| unasked(Lang::Ja, fault)).into_iter().collect())
}

/// Says that it is back or destroyed.
#[utoipa::path(
    post,
    path = "/api/v1/telework/takeouts/{id}/return",
    tag = "telework",
    security(("token" = ["telework:request"])),
    params(("id" = String, Path, description = "Its identity")),
    responses((status = 200, description = "Said", body = Done)),
)]
pub(crate) async fn give_back(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    bring_back(&app, &permit, &caller.actor.login, hex16(&id)?).await?;
    json(&Done::yes())
}

/// What a superior does.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TakeoutAct {
    /// 許可
    Permit,
    /// 不許可
    Refuse,
    /// 返却の確認
    Settle,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakeoutDecision {
    /// What is decided.
    act: TakeoutAct,
    /// Why; needed to refuse.
    #[serde(default)]
    #[schema(max_length = 400)]
    why: String,
}

/// Permits or refuses, or confirms that it is back.
#[utoipa::path(
    post,
    path = "/api/v1/telework/takeouts/{id}/decide",
    tag = "telework",
    security(("token" = ["telework:decide"])),
    params(("id" = String, Path, description = "Its identity")),
    request_body = TakeoutDecision,
    responses(
        (status = 200, description = "Decided", body = Done),
        (status = 422, description = "Not possible", body = ErrorBody),
    ),
)]
pub(crate) async fn decide(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(new): Body<TakeoutDecision>,
) -> Answer {
    let action = match new.act {
        TakeoutAct::Permit => TakeoutAction::Permit,
        TakeoutAct::Refuse => TakeoutAction::Refuse,
        TakeoutAct::Settle => TakeoutAction::Settle,
    };
    let why = text(&new.why);
    let fault = decide_now(&app, &caller.actor, hex16(&id)?, (action, &why)).await?;
    done_or(fault.map(|fault| undecided(Lang::Ja, &fault)).into_iter().collect())
}

pub(crate) fn routes() -> Vec<Route> {
    use Scope::{TeleworkDecide, TeleworkRead, TeleworkRequest};
    let api = Access::Api;
    vec![
        call(Method::Get, "/api/v1/telework/own/takeouts", api(TeleworkRead), own),
        call(Method::Get, "/api/v1/telework/takeouts", api(TeleworkDecide), list),
        call(Method::Post, "/api/v1/telework/takeouts", api(TeleworkRequest), ask),
        call(
            Method::Post,
            "/api/v1/telework/takeouts/{id}/return",
            api(TeleworkRequest),
            give_back,
        ),
        call(Method::Post, "/api/v1/telework/takeouts/{id}/decide", api(TeleworkDecide), decide),
    ]
}
