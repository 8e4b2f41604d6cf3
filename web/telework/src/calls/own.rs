//! One's own: a week copied, a request handed in again, an end given later, the yearly
//! registration, calendar feeds, forms to print.

use std::collections::BTreeMap;

use axum::extract::State;
use people::Deed;
use serde::{Deserialize, Serialize};
use telework::papers::RegistrationFault;
use utoipa::{IntoParams, ToSchema};

use crate::Route;
use crate::call::{done_or, id_of};
use crate::feeds::{make_feed, revoke_feed};
use crate::own::day::{Late, end_later, unreported};
use crate::registration::{Signed, holds_until, sign};
use crate::team::teams;
use crate::{CONSENT, checklist, moment, words};
use kit::Kit;
use kit::http::call::{Body, PathOf, Query};
use kit::http::packed::packed;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Reason, Scope, json, refused};

/// An end given later.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEnd {
    /// The time on the clock; before the start means past midnight.
    #[schema(example = "17:15")]
    time: String,
    /// Why it was not reported then.
    #[schema(min_length = 1, max_length = 400)]
    why: String,
}

/// Gives the end of a day on which it was not reported.
#[utoipa::path(
    post,
    path = "/api/v1/telework/days/{day}/end",
    tag = "telework",
    security(("token" = ["telework:report"])),
    params(("day" = String, Path, description = "The day", example = "2026-11-20")),
    request_body = NewEnd,
    responses(
        (status = 200, description = "Recorded", body = Done),
        (
            status = 422,
            description = "No such time, no reason, or the month is closed",
            body = ErrorBody,
        ),
    ),
)]
pub(crate) async fn end(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(day): PathOf<String>,
    Body(new): Body<NewEnd>,
) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let late = Late::read(&day, &new.time, &new.why)?;
    let fault = end_later(&app, &permit, &caller.actor.login, &late).await?;
    done_or(fault.map(|fault| unreported(Lang::Ja, fault)).into_iter().collect())
}

/// What is to be agreed to and answered once a year.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegistrationInfo {
    /// Until when the caller's registration holds, if it holds today.
    #[schema(format = Date)]
    until: Option<String>,
    /// What is agreed to.
    consent: &'static str,
    /// Version of the checklist.
    version: u32,
    /// What is to be answered.
    checks: Vec<CheckInfo>,
}

/// One question of the checklist.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckInfo {
    /// Its key in the answers.
    key: String,
    /// The question.
    text: String,
    /// Whether the answer has to be yes.
    required: bool,
}

/// One's own yearly registration and what it takes.
#[utoipa::path(
    get,
    path = "/api/v1/telework/registration",
    tag = "telework",
    security(("token" = ["telework:read"])),
    responses((status = 200, description = "The registration", body = RegistrationInfo)),
)]
pub(crate) async fn registration(caller: Caller, State(app): State<Kit>) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let until = holds_until(&app, &permit).await?;
    let list = checklist();
    let check = |one: telework::papers::Check| CheckInfo {
        key: one.key,
        text: one.text,
        required: one.required,
    };
    json(&RegistrationInfo {
        until: until.map(|day| day.to_string()),
        consent: CONSENT,
        version: list.version,
        checks: list.checks.into_iter().map(check).collect(),
    })
}

/// A registration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRegistration {
    /// Whether the person agrees to the text that was read.
    consent: bool,
    /// Version of the checklist that was answered.
    version: u32,
    /// An answer for each key.
    answers: BTreeMap<String, bool>,
}

/// Registers the caller for a year: with the consent of the person herself, who is named by the
/// token.
#[utoipa::path(
    post,
    path = "/api/v1/telework/registration",
    tag = "telework",
    security(("token" = ["telework:request"])),
    request_body = NewRegistration,
    responses(
        (status = 200, description = "Registered", body = Done),
        (status = 422, description = "Something is missing", body = ErrorBody),
    ),
)]
pub(crate) async fn register(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<NewRegistration>,
) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let list = checklist();
    let known = |key: &String| list.checks.iter().any(|check| check.key == *key);
    let answers = new.answers.into_iter().filter(|(key, _)| known(key)).collect();
    let signed = Signed { agreed: new.consent, version: new.version, answers };
    match sign(&app, &permit, &caller.actor, signed).await? {
        Ok(()) => json(&Done::yes()),
        Err(faults) => Ok(refused(faults.iter().map(unsigned).collect())),
    }
}

fn unsigned(fault: &RegistrationFault) -> Reason {
    let (code, words) = match fault {
        RegistrationFault::NotEligible => {
            ("not_eligible", words::not_eligible(Lang::Ja).to_owned())
        }
        RegistrationFault::NoConsent => ("no_consent", "同意が必要です。".to_owned()),
        RegistrationFault::OldChecklist => {
            ("old_checklist", "チェックリストが改訂されています。".to_owned())
        }
        RegistrationFault::Open(key) => {
            ("unanswered", format!("{key}：はい・いいえで答えてください。"))
        }
        RegistrationFault::Required(key) => {
            ("required", format!("{key}：テレワークを始める前に整えてください。"))
        }
    };
    Reason::new(code, words)
}

/// A calendar that can be subscribed to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedInfo {
    /// Code of the division; none for one's own days.
    division: Option<String>,
    /// Its name.
    name: String,
    /// When its address was made; none while there is none.
    #[schema(format = DateTime)]
    made: Option<String>,
}

/// Calendars.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Feeds {
    /// One's own first.
    feeds: Vec<FeedInfo>,
}

/// The calendars the caller can have an address for. An address itself is shown once, when it is
/// made.
#[utoipa::path(
    get,
    path = "/api/v1/telework/feeds",
    tag = "telework",
    security(("token" = ["telework:feeds"])),
    responses((status = 200, description = "Calendars", body = Feeds)),
)]
pub(crate) async fn feeds(caller: Caller, State(app): State<Kit>) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let mut conn = app.store.read().await?;
    let made = store::telework::feeds_of(&mut conn, permit.body(), permit.actor()).await?;
    let teams = teams(&mut conn, &caller.actor).await?;
    drop(conn);
    let since = |division| {
        made.iter().find(|feed| feed.division == division).map(|feed| moment(feed.made).to_string())
    };
    let own = FeedInfo { division: None, name: "自分の予定".to_owned(), made: since(None) };
    let others = teams.iter().map(|(team, _)| FeedInfo {
        division: Some(team.code.clone()),
        name: team.name.to_string(),
        made: since(Some(team.id)),
    });
    json(&Feeds { feeds: std::iter::once(own).chain(others).collect() })
}

/// Which calendar.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichFeed {
    /// Code of the division; none for one's own days.
    #[serde(default)]
    division: Option<String>,
}

/// An address that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedAddress {
    /// The address: whoever has it sees the days. It is shown this once.
    address: String,
}

/// Makes an address for a calendar program; the one before it ends.
#[utoipa::path(
    post,
    path = "/api/v1/telework/feeds",
    tag = "telework",
    security(("token" = ["telework:feeds"])),
    request_body = WhichFeed,
    responses((status = 200, description = "The address", body = FeedAddress)),
)]
pub(crate) async fn feed(
    caller: Caller,
    State(app): State<Kit>,
    Body(which): Body<WhichFeed>,
) -> Answer {
    let division = id_of(&app, caller.actor.body, which.division.as_deref()).await?;
    let (_, address) = make_feed(&app, &caller.actor, Lang::Ja, &division).await?;
    json(&FeedAddress { address })
}

/// Ends an address.
#[utoipa::path(
    post,
    path = "/api/v1/telework/feeds/revoke",
    tag = "telework",
    security(("token" = ["telework:feeds"])),
    request_body = WhichFeed,
    responses((status = 200, description = "It ended", body = Done)),
)]
pub(crate) async fn unfeed(
    caller: Caller,
    State(app): State<Kit>,
    Body(which): Body<WhichFeed>,
) -> Answer {
    let division = id_of(&app, caller.actor.body, which.division.as_deref()).await?;
    revoke_feed(&app, &caller.actor, &division).await?;
    json(&Done::yes())
}

/// How a paper is printed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Printing {
    /// Without name and date.
    #[serde(default)]
    blank: bool,
}

/// A paper as PDF: `rules.pdf` (実施要領), `registration.pdf`, `request.pdf`, `report.pdf`,
/// `takeout.pdf`.
#[utoipa::path(
    get,
    path = "/api/v1/telework/papers/{name}",
    tag = "telework",
    security(("token" = ["telework:read"])),
    params(("name" = String, Path, description = "Which", example = "rules.pdf"), Printing),
    responses((status = 200, description = "The paper", body = kit::http::packed::FileOut)),
)]
pub(crate) async fn paper(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(name): PathOf<String>,
    Query(printing): Query<Printing>,
) -> Answer {
    packed(crate::papers::printed(&app, &caller.actor, &name, printing.blank).await?).await
}

pub(super) fn routes() -> Vec<Route> {
    use Scope::{TeleworkFeeds, TeleworkRead, TeleworkReport, TeleworkRequest};
    let api = Access::Api;
    vec![
        call(Method::Post, "/api/v1/telework/days/{day}/end", api(TeleworkReport), end),
        call(Method::Get, "/api/v1/telework/registration", api(TeleworkRead), registration),
        call(Method::Post, "/api/v1/telework/registration", api(TeleworkRequest), register),
        call(Method::Get, "/api/v1/telework/feeds", api(TeleworkFeeds), feeds),
        call(Method::Post, "/api/v1/telework/feeds", api(TeleworkFeeds), feed),
        call(Method::Post, "/api/v1/telework/feeds/revoke", api(TeleworkFeeds), unfeed),
        call(Method::Get, "/api/v1/telework/papers/{name}", api(TeleworkRead), paper),
    ]
}
