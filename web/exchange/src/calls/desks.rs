//! Which division is which desk.

use std::collections::BTreeMap;

use axum::extract::State;
use exchange::case::Desks;
use people::Deed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Exchange;
use crate::Route;
use crate::desks::{change, names, shown};
use kit::error::Refusal;
use kit::http::call::Body;
use kit::http::seen::Seen;
use kit::http::{
    Access, Answer, Caller, ErrorBody, Lang, Method, Reason, Scope, call, changed, json, refused,
};

/// A division.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DivisionInfo {
    /// Its code.
    code: String,
    /// Its name.
    name: String,
}

/// A desk and the division that is it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeskInfo {
    /// Name of the desk; empty for every desk without one of its own.
    desk: String,
    /// Code of the division.
    division: String,
}

/// The desks of a body.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DesksInfo {
    /// The desks that can be addressed.
    names: Vec<&'static str>,
    /// Which division is which.
    desks: Vec<DeskInfo>,
    /// Whether answers want an approval inside the office (庁内承認).
    approval: bool,
    /// The divisions there are.
    divisions: Vec<DivisionInfo>,
    /// What stands, in short: sent back with a change, which is refused where it is another by
    /// then.
    revision: String,
}

/// The desks of the body, and the divisions there are.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/desks",
    tag = "exchange",
    security(("token" = ["exchange:desks"])),
    responses((status = 200, description = "Desks", body = DesksInfo)),
)]
pub(crate) async fn desks(caller: Caller, State(app): State<Exchange>) -> Answer {
    let permit = caller.permit(Deed::ManageExchange)?;
    let mut conn = app.store.read().await?;
    let desks = store::exchange::desks(&mut conn, permit.body()).await?;
    let divisions = store::divisions::all(&mut conn, permit.body()).await?;
    let revision = shown(&mut conn, Lang::Ja, permit.body(), &desks).await?.revision();
    drop(conn);
    let code = |id| divisions.iter().find(|one| one.id == id).map(|one| one.code.clone());
    let set = desks
        .divisions
        .iter()
        .filter_map(|(desk, id)| Some(DeskInfo { desk: desk.clone(), division: code(*id)? }));
    json(&DesksInfo {
        names: names().filter(|name| !name.is_empty()).collect(),
        desks: set.collect(),
        approval: desks.approval,
        divisions: divisions
            .iter()
            .map(|one| DivisionInfo { code: one.code.clone(), name: one.name.to_string() })
            .collect(),
        revision,
    })
}

/// Desks to be set, replacing those set before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDesks {
    /// Which division is which.
    #[schema(max_items = 10)]
    desks: Vec<DeskInfo>,
    /// Whether answers want an approval inside the office (庁内承認).
    approval: bool,
    /// What was read before the change.
    revision: String,
}

/// Set, or asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DesksSet {
    /// Taken.
    done: bool,
    /// Whether something waits for a second person or for the next midnight, eight hours later at
    /// least: another desk, or the end of approvals.
    waits: bool,
}

/// Says which division is which desk, all at once. What asks for less than before, or lets others
/// approve, waits for a second person or for the next midnight, eight hours later at least.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/desks",
    tag = "exchange",
    security(("token" = ["exchange:desks"])),
    request_body = NewDesks,
    responses(
        (status = 200, description = "Set", body = DesksSet),
        (
            status = 409,
            description = "Somebody changed them since they were read",
            body = ErrorBody,
        ),
        (status = 422, description = "There is no such desk or division", body = ErrorBody),
    ),
)]
pub(crate) async fn set_desks(
    caller: Caller,
    State(app): State<Exchange>,
    Body(new): Body<NewDesks>,
) -> Answer {
    let permit = caller.permit(Deed::ManageExchange)?;
    if new.desks.len() > 10 {
        return Err(Refusal::Malformed("desks"));
    }
    let mut conn = app.store.read().await?;
    let divisions = store::divisions::all(&mut conn, permit.body()).await?;
    drop(conn);
    let (mut given, mut faults) = (BTreeMap::new(), Vec::new());
    for one in new.desks {
        let division = divisions.iter().find(|division| division.code == one.division);
        match division.filter(|_| names().any(|name| name == one.desk)) {
            Some(division) => {
                given.insert(one.desk, division.id);
            }
            None => {
                let words =
                    format!("窓口「{}」または課「{}」がありません。", one.desk, one.division);
                faults.push(Reason::new("unknown_desk_or_division", words));
            }
        }
    }
    if !faults.is_empty() {
        return Ok(refused(faults));
    }
    let wanted = Desks { approval: new.approval, divisions: given };
    match change(&app, &caller.actor, Lang::Ja, wanted, Seen::Revision(&new.revision)).await? {
        Ok(waits) => json(&DesksSet { done: true, waits }),
        Err(stands) => Ok(changed(stands)),
    }
}

pub(super) fn routes() -> Vec<Route> {
    let scope = Access::Api(Scope::ExchangeDesks);
    vec![
        call(Method::Get, "/api/v1/exchange/desks", scope, desks),
        call(Method::Post, "/api/v1/exchange/desks", scope, set_desks),
    ]
}
