//! What counts for each person: appointment, service, leaves, exemption; and requests HR enters for
//! somebody.

use axum::extract::State;
use people::{Deed, DivisionId, Staff};
use serde::{Deserialize, Serialize};
use store::telework::{Paper, PaperKind};
use telework::papers::Leave;
use telework::rules::Employment;
use utoipa::{IntoParams, ToSchema};

use super::act::{
    MemberChange, NotKept, change_member, enter_leave, leave as read_leave, service,
    shown as member_shown, take_leave_back, unfit,
};
use crate::Route;
use crate::call::{done_or, person};
use crate::requests::call::NewRequest;
use crate::requests::{Of, hand_in, unasked, unread};
use crate::{ALWAYS_HERE, hex, hex16, member_of, office, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf, Query};
use kit::http::seen::Seen;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, changed, json, refused};

/// People of one answer.
const PAGE: u32 = 100;

/// A leave.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeaveInfo {
    /// Its identity.
    id: String,
    /// First day.
    #[schema(format = Date)]
    from: String,
    /// Last day.
    #[schema(format = Date)]
    to: String,
    /// What was noted.
    note: String,
}

/// What counts for one person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonInfo {
    /// Sign-in name.
    login: String,
    /// Name.
    name: String,
    /// Code of the division.
    division: Option<String>,
    /// `regular`, `reappointed`, `fixed_term`, `fiscal_year`.
    employment: &'static str,
    /// Whether she counts as 一般行政職員.
    general: bool,
    /// First day; none where it was not entered.
    #[schema(format = Date)]
    joined: Option<String>,
    /// Last day.
    #[schema(format = Date)]
    leaves: Option<String>,
    /// Whether her PC opens without an approved day.
    exempt: bool,
    /// Leaves that were not taken back.
    away: Vec<LeaveInfo>,
    /// What stands of her, in short: sent back with a change, which is refused where it is another
    /// by then. Of one person that was asked for alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
}

/// People.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct People {
    /// At most 100, by sign-in name.
    people: Vec<PersonInfo>,
    /// Hand this back as `after` for the next; none when there are no more.
    next: Option<String>,
}

/// Which people.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichPeople {
    /// Part of a name or sign-in name.
    #[serde(default)]
    #[param(max_length = 60)]
    q: String,
    /// Those after this sign-in name.
    #[serde(default)]
    after: String,
}

/// What the rules know of people.
#[utoipa::path(
    get,
    path = "/api/v1/telework/people",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    params(WhichPeople),
    responses((status = 200, description = "People", body = People)),
)]
pub(crate) async fn list(
    caller: Caller,
    State(app): State<Kit>,
    Query(which): Query<WhichPeople>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let q: String = which.q.trim().chars().take(60).collect();
    let mut conn = app.store.read().await?;
    let mut staff =
        store::staff::page(&mut conn, permit.body(), &q, &which.after, PAGE + 1).await?;
    drop(conn);
    let more = staff.len() > PAGE as usize;
    staff.truncate(PAGE as usize);
    let next = more.then(|| staff.last().map(|last| last.login.to_string())).flatten();
    json(&People { people: infos(&app, &staff).await?, next })
}

/// What the rules know of one person.
#[utoipa::path(
    get,
    path = "/api/v1/telework/people/{login}",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    params(("login" = String, Path, description = "Sign-in name")),
    responses((status = 200, description = "The person", body = PersonInfo)),
)]
pub(crate) async fn show(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(login): PathOf<String>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let staff = person(&app, permit.body(), &login).await?;
    let revision = member_shown(&mut *app.store.read().await?, Lang::Ja, &staff).await?.revision();
    let info = infos(&app, &[staff]).await?.pop().ok_or(Refusal::NotFound)?;
    json(&PersonInfo { revision: Some(revision), ..info })
}

async fn infos(app: &Kit, staff: &[Staff]) -> Result<Vec<PersonInfo>, Refusal> {
    let Some(body) = staff.first().map(|one| one.body) else { return Ok(Vec::new()) };
    let mut conn = app.store.read().await?;
    let members = store::telework::members(&mut conn, body).await?;
    let rules = office(&mut conn, body).await?.rules;
    let divisions = store::divisions::all(&mut conn, body).await?;
    let papers: Vec<Paper<Leave>> =
        store::telework::papers(&mut conn, body, PaperKind::Leave).await?;
    drop(conn);
    let code =
        |id: DivisionId| divisions.iter().find(|one| one.id == id).map(|one| one.code.clone());
    let info = |one: &Staff| {
        let member = member_of(one, &members);
        let away =
            papers.iter().filter(|paper| paper.value.staff == one.id && !paper.value.removed);
        PersonInfo {
            login: one.login.to_string(),
            name: one.name.to_string(),
            division: one.division.and_then(code),
            employment: words::employment_key(member.employment),
            general: member.general,
            joined: (member.joined != ALWAYS_HERE).then(|| member.joined.to_string()),
            leaves: member.leaves.map(|day| day.to_string()),
            exempt: rules.exempt.contains(&one.id),
            away: away
                .map(|paper| LeaveInfo {
                    id: hex(paper.id),
                    from: paper.value.from.to_string(),
                    to: paper.value.to.to_string(),
                    note: paper.value.note.clone(),
                })
                .collect(),
            revision: None,
        }
    };
    Ok(staff.iter().map(info).collect())
}

/// What is to count for one person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonChange {
    /// `regular`, `reappointed`, `fixed_term`, `fiscal_year`.
    #[schema(value_type = String, example = "regular")]
    employment: Employment,
    /// Whether she counts as 一般行政職員.
    general: bool,
    /// First day.
    #[serde(default)]
    #[schema(format = Date)]
    joined: Option<String>,
    /// Last day.
    #[serde(default)]
    #[schema(format = Date)]
    leaves: Option<String>,
    /// Whether her PC opens without an approved day.
    exempt: bool,
    /// What was read of her before the change.
    revision: String,
}

/// Changes what counts for one person. Whoever has nothing that opens the PC any more is cut. That
/// she needs no approved day begins when a second person confirms it, or at the next midnight,
/// eight hours later at least.
#[utoipa::path(
    post,
    path = "/api/v1/telework/people/{login}",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    params(("login" = String, Path, description = "Sign-in name")),
    request_body = PersonChange,
    responses(
        (status = 200, description = "Changed", body = Done),
        (status = 409, description = "Somebody changed it since it was read", body = ErrorBody),
        (status = 422, description = "The last day comes before the first", body = ErrorBody),
    ),
)]
pub(crate) async fn change(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(login): PathOf<String>,
    Body(new): Body<PersonChange>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let staff = person(&app, permit.body(), &login).await?;
    let day = |text: &Option<String>| service(text.as_deref().unwrap_or_default());
    let days = day(&new.joined).and_then(|joined| Ok((joined, day(&new.leaves)?)));
    let kept = match days {
        Ok((joined, leaves)) => {
            let PersonChange { employment, general, exempt, .. } = new;
            let change = MemberChange { employment, general, joined, leaves, exempt };
            let seen = Seen::Revision(&new.revision);
            change_member(&app, &permit, Lang::Ja, &staff, change, seen).await?
        }
        Err(fault) => Err(NotKept::Unfit(fault)),
    };
    match kept {
        Ok(_) => json(&Done::yes()),
        Err(NotKept::Unfit(fault)) => Ok(refused(vec![unfit(Lang::Ja, fault)])),
        Err(NotKept::Changed(stands)) => Ok(changed(stands)),
    }
}

/// A leave as it is entered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLeave {
    /// First day.
    #[schema(format = Date, example = "2026-11-24")]
    from: String,
    /// Last day.
    #[schema(format = Date, example = "2026-11-27")]
    to: String,
    /// `morning` or `afternoon`, where it is half a day; otherwise the whole day.
    #[serde(default)]
    half: String,
    /// A note.
    #[serde(default)]
    #[schema(max_length = 200)]
    note: String,
}

/// A leave that was entered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeaveMade {
    /// Its identity.
    id: String,
}

/// Enters a leave.
#[utoipa::path(
    post,
    path = "/api/v1/telework/people/{login}/leaves",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    params(("login" = String, Path, description = "Sign-in name")),
    request_body = NewLeave,
    responses(
        (status = 200, description = "Entered", body = LeaveMade),
        (status = 422, description = "No such period", body = ErrorBody),
    ),
)]
pub(crate) async fn leave(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(login): PathOf<String>,
    Body(new): Body<NewLeave>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let staff = person(&app, permit.body(), &login).await?;
    let entered = match read_leave(&new.from, &new.to, &new.half, &new.note) {
        Ok(away) => enter_leave(&app, &permit, &staff, away).await?,
        Err(fault) => Err(fault),
    };
    match entered {
        Ok(id) => json(&LeaveMade { id: hex(id) }),
        Err(fault) => Ok(refused(vec![unfit(Lang::Ja, fault)])),
    }
}

/// Takes a leave back.
#[utoipa::path(
    post,
    path = "/api/v1/telework/leaves/{id}/remove",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    params(("id" = String, Path, description = "Its identity")),
    responses((status = 200, description = "Taken back", body = Done)),
)]
pub(crate) async fn unleave(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    take_leave_back(&app, &permit, hex16(&id)?).await?;
    json(&Done::yes())
}

/// Asks for a day, or one a week, on somebody's behalf; marked so wherever it is shown.
#[utoipa::path(
    post,
    path = "/api/v1/telework/people/{login}/requests",
    tag = "telework",
    security(("token" = ["telework:manage"])),
    params(("login" = String, Path, description = "Sign-in name")),
    request_body = NewRequest,
    responses(
        (status = 200, description = "Asked for", body = Done),
        (status = 422, description = "Against the rules", body = ErrorBody),
    ),
)]
pub(crate) async fn ask_for(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(login): PathOf<String>,
    Body(new): Body<NewRequest>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let staff = person(&app, permit.body(), &login).await?;
    match new.read() {
        Ok(wanted) => {
            let handed = hand_in(&app, &permit, staff.id, &wanted, Of::All).await?;
            done_or(unasked(Lang::Ja, &handed.faults))
        }
        Err(fault) => Ok(refused(vec![unread(Lang::Ja, fault)])),
    }
}

pub(crate) fn routes() -> Vec<Route> {
    let manage = Access::Api(Scope::TeleworkManage);
    vec![
        call(Method::Get, "/api/v1/telework/people", manage, list),
        call(Method::Get, "/api/v1/telework/people/{login}", manage, show),
        call(Method::Post, "/api/v1/telework/people/{login}", manage, change),
        call(Method::Post, "/api/v1/telework/people/{login}/leaves", manage, leave),
        call(Method::Post, "/api/v1/telework/leaves/{id}/remove", manage, unleave),
        call(Method::Post, "/api/v1/telework/people/{login}/requests", manage, ask_for),
    ]
}
