//! Things that were lent: IT's register, one's own, and the report of a loss that cuts the device.

use axum::extract::State;
use people::{BodyCode, Deed, Permit};
use serde::{Deserialize, Serialize};
use store::telework::{Paper, PaperKind};
use telework::papers::{Loan, LoanAction};
use telework::time::tokyo;
use utoipa::{IntoParams, ToSchema};

use super::{Change, Lending, Loss, change_loan, find, lend_now, lose, shown, take_back, unlent};
use crate::Route;
use crate::call::login;
use crate::{hex, hex16, moment};
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf, Query};
use kit::http::seen::Seen;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, changed, json, refused};

/// A thing that was lent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoanInfo {
    /// Its identity.
    id: String,
    /// `pc`, `filter`, `sim`, `other`.
    item: &'static str,
    /// Its number.
    number: String,
    /// Sign-in name of whoever has it.
    login: String,
    /// Lent on.
    #[schema(format = Date)]
    from: String,
    /// Due on.
    #[schema(format = Date)]
    until: String,
    /// `out`, `overdue`, `returned`, `lost`.
    state: &'static str,
    /// Identity of the paired device on it.
    device: Option<String>,
    /// What the caller can do with it now: `change`, `return`, `lose`.
    #[schema(value_type = Vec<String>)]
    steps: Vec<LoanAction>,
    /// The loan in short: sent back with a change, which is refused where it is another by then.
    revision: String,
}

/// Loans.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Loans {
    /// The newest first.
    loans: Vec<LoanInfo>,
}

/// Which loans.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichLoans {
    /// Those in this state alone.
    #[param(inline)]
    state: Option<LoanState>,
}

/// Where a loan stands.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LoanState {
    /// 貸出中
    Out,
    /// 期限を過ぎています
    Overdue,
    /// 返却済み
    Returned,
    /// 紛失
    Lost,
}

/// The register.
#[utoipa::path(
    get,
    path = "/api/v1/telework/loans",
    tag = "telework",
    security(("token" = ["loans:read"])),
    params(WhichLoans),
    responses((status = 200, description = "The register", body = Loans)),
)]
pub(crate) async fn list(
    caller: Caller,
    State(app): State<Kit>,
    Query(which): Query<WhichLoans>,
) -> Answer {
    let permit = caller.permit(Deed::SeeLoans)?;
    let papers = store::telework::papers::<Loan>(
        &mut *app.store.read().await?,
        permit.body(),
        PaperKind::Loan,
    )
    .await?;
    let by = caller.permit(Deed::ManageLoans).ok();
    let loans = infos(&app, permit.body(), by.as_ref(), &papers).await?;
    let wanted = which.state.map(|state| match state {
        LoanState::Out => "out",
        LoanState::Overdue => "overdue",
        LoanState::Returned => "returned",
        LoanState::Lost => "lost",
    });
    json(&Loans {
        loans: loans
            .into_iter()
            .filter(|one| wanted.is_none_or(|state| state == one.state))
            .collect(),
    })
}

/// One loan.
#[utoipa::path(
    get,
    path = "/api/v1/telework/loans/{id}",
    tag = "telework",
    security(("token" = ["loans:read"])),
    params(("id" = String, Path, description = "Its identity")),
    responses((status = 200, description = "The loan", body = LoanInfo)),
)]
pub(crate) async fn show(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
) -> Answer {
    let permit = caller.permit(Deed::SeeLoans)?;
    let paper = find(&mut *app.store.read().await?, permit.body(), hex16(&id)?, None).await?;
    let by = caller.permit(Deed::ManageLoans).ok();
    let found =
        infos(&app, permit.body(), by.as_ref(), &[paper]).await?.pop().ok_or(Refusal::NotFound)?;
    json(&found)
}

/// What was lent to the caller.
#[utoipa::path(
    get,
    path = "/api/v1/telework/own/loans",
    tag = "telework",
    security(("token" = ["telework:read"])),
    responses((status = 200, description = "One's own", body = Loans)),
)]
pub(crate) async fn own(caller: Caller, State(app): State<Kit>) -> Answer {
    let permit = caller.permit_own(Deed::AskForTelework)?;
    let mut conn = app.store.read().await?;
    let papers = store::telework::papers_of::<Loan>(
        &mut conn,
        permit.body(),
        PaperKind::Loan,
        permit.actor(),
    )
    .await?;
    drop(conn);
    let by = caller.permit_own(Deed::SeeLoans).ok();
    json(&Loans { loans: infos(&app, permit.body(), by.as_ref(), &papers).await? })
}

async fn infos(
    app: &Kit,
    body: BodyCode,
    by: Option<&Permit>,
    papers: &[Paper<Loan>],
) -> Result<Vec<LoanInfo>, Refusal> {
    let today = tokyo(moment(app.now())).date();
    let mut conn = app.store.read().await?;
    let staff = store::staff::all(&mut conn, body).await?;
    let devices = store::devices::all(&mut conn, body).await?;
    drop(conn);
    let info = |paper: &Paper<Loan>| {
        let loan = &paper.value;
        LoanInfo {
            id: hex(paper.id),
            item: loan.item.key(),
            number: loan.number.clone(),
            login: login(&staff, loan.staff),
            from: loan.from.to_string(),
            until: loan.until.to_string(),
            state: match (loan.lost, loan.returned) {
                (Some(_), _) => "lost",
                (None, Some(_)) => "returned",
                _ if loan.is_overdue(today) => "overdue",
                _ => "out",
            },
            device: loan.device.map(|device| device.to_string()),
            steps: by.map_or(Vec::new(), |permit| loan.possible(permit)),
            revision: shown(Lang::Ja, &devices, loan).revision(),
        }
    };
    Ok(papers.iter().map(info).collect())
}

/// What is lent to whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLoan {
    /// `pc`, `filter`, `sim`, `other`.
    #[schema(example = "pc")]
    item: String,
    /// Its number.
    #[schema(min_length = 1, max_length = 64)]
    number: String,
    /// Sign-in name.
    login: String,
    /// From.
    #[schema(format = Date, example = "2026-11-24")]
    from: String,
    /// Due on.
    #[schema(format = Date, example = "2027-03-31")]
    until: String,
}

/// A loan that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoanMade {
    /// Its identity.
    id: String,
}

/// Lends a thing.
#[utoipa::path(
    post,
    path = "/api/v1/telework/loans",
    tag = "telework",
    security(("token" = ["loans:write"])),
    request_body = NewLoan,
    responses(
        (status = 200, description = "Lent", body = LoanMade),
        (status = 422, description = "Somebody has it, or something is missing", body = ErrorBody),
    ),
)]
pub(crate) async fn lend(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<NewLoan>,
) -> Answer {
    let permit = caller.permit(Deed::ManageLoans)?;
    let (thing, period) = ((&*new.item, &*new.number), (&*new.from, &*new.until));
    let lent = match Lending::read(thing, &new.login, period) {
        Ok(lending) => lend_now(&app, &permit, lending).await?,
        Err(fault) => Err(fault),
    };
    match lent {
        Ok(id) => json(&LoanMade { id: hex(id) }),
        Err(fault) => {
            let mut conn = app.store.read().await?;
            let why = unlent(&mut conn, permit.body(), Lang::Ja, &fault).await?;
            Ok(refused(vec![why]))
        }
    }
}

/// What is changed of a loan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoanChange {
    /// Identity of the paired device on it; none takes it off.
    #[serde(default)]
    device: Option<String>,
    /// Due on.
    #[schema(format = Date, example = "2027-03-31")]
    until: String,
    /// What was read of it before the change.
    revision: String,
}

/// Changes which device is on a thing, and until when it is lent.
#[utoipa::path(
    post,
    path = "/api/v1/telework/loans/{id}",
    tag = "telework",
    security(("token" = ["loans:write"])),
    params(("id" = String, Path, description = "Its identity")),
    request_body = LoanChange,
    responses(
        (status = 200, description = "Changed", body = Done),
        (
            status = 409,
            description = "Somebody changed it since it was read, or it is back",
            body = ErrorBody,
        ),
    ),
)]
pub(crate) async fn change(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(new): Body<LoanChange>,
) -> Answer {
    let permit = caller.permit(Deed::ManageLoans)?;
    let change = Change::read(new.device.as_deref(), &new.until)?;
    let seen = Seen::Revision(&new.revision);
    match change_loan(&app, &permit, Lang::Ja, hex16(&id)?, change, seen).await? {
        stands if stands.is_empty() => json(&Done::yes()),
        stands => Ok(changed(stands)),
    }
}

/// A thing came back.
#[utoipa::path(
    post,
    path = "/api/v1/telework/loans/{id}/return",
    tag = "telework",
    security(("token" = ["loans:write"])),
    params(("id" = String, Path, description = "Its identity")),
    responses((status = 200, description = "It is back", body = Done)),
)]
pub(crate) async fn give_back(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
) -> Answer {
    let permit = caller.permit(Deed::ManageLoans)?;
    take_back(&app, &permit, hex16(&id)?).await?;
    json(&Done::yes())
}

/// A loss.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lost {
    /// Identity of the device on it, where the register does not know.
    #[serde(default)]
    device: Option<String>,
    /// What happened.
    #[serde(default)]
    #[schema(max_length = 400)]
    why: String,
}

impl Lost {
    fn read(&self) -> Result<Loss, Refusal> {
        Loss::read(self.device.as_deref(), &self.why)
    }
}

/// Reports the loss of a thing for whoever called; the device on it is cut at once.
#[utoipa::path(
    post,
    path = "/api/v1/telework/loans/{id}/lost",
    tag = "telework",
    security(("token" = ["loans:write"])),
    params(("id" = String, Path, description = "Its identity")),
    request_body = Lost,
    responses((status = 200, description = "Reported and cut", body = Done)),
)]
pub(crate) async fn lost(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(loss): Body<Lost>,
) -> Answer {
    let permit = caller.permit(Deed::ManageLoans)?;
    lose(&app, &permit, hex16(&id)?, None, &loss.read()?).await?;
    json(&Done::yes())
}

/// Reports the loss of one's own thing; the device on it is cut at once.
#[utoipa::path(
    post,
    path = "/api/v1/telework/own/loans/{id}/lost",
    tag = "telework",
    security(("token" = ["telework:report"])),
    params(("id" = String, Path, description = "Its identity")),
    request_body = Lost,
    responses((status = 200, description = "Reported and cut", body = Done)),
)]
pub(crate) async fn own_lost(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(id): PathOf<String>,
    Body(loss): Body<Lost>,
) -> Answer {
    let permit = caller.permit_own(Deed::SeeLoans)?;
    lose(&app, &permit, hex16(&id)?, Some(permit.actor()), &loss.read()?).await?;
    json(&Done::yes())
}

pub(crate) fn routes() -> Vec<Route> {
    use Scope::{LoansRead, LoansWrite, TeleworkRead, TeleworkReport};
    let api = Access::Api;
    vec![
        call(Method::Get, "/api/v1/telework/loans", api(LoansRead), list),
        call(Method::Get, "/api/v1/telework/loans/{id}", api(LoansRead), show),
        call(Method::Get, "/api/v1/telework/own/loans", api(TeleworkRead), own),
        call(Method::Post, "/api/v1/telework/loans", api(LoansWrite), lend),
        call(Method::Post, "/api/v1/telework/loans/{id}", api(LoansWrite), change),
        call(Method::Post, "/api/v1/telework/loans/{id}/return", api(LoansWrite), give_back),
        call(Method::Post, "/api/v1/telework/loans/{id}/lost", api(LoansWrite), lost),
        call(Method::Post, "/api/v1/telework/own/loans/{id}/lost", api(TeleworkReport), own_lost),
    ]
}
