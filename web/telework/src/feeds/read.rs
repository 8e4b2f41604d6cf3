//! `/calendar/TOKEN.ics`: what a calendar program fetches.

use super::ics::feed;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Span;
use people::{Staff, StaffState};
use store::Conn;
use store::telework::Feed;
use telework::request::Request;
use telework::time::tokyo;

use crate::Route;
use crate::team::belongs;
use crate::{moment, names, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::{Access, Lang, Visit, get};
use kit::limit::CODE_ADDRESS;
use kit::secrets::sha256;

/// Days shown before and after today.
const BEFORE: i64 = 31;
const AFTER: i64 = 366;

async fn read(
    Visit(visitor): Visit,
    State(app): State<Kit>,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let token = name.strip_suffix(".ics").filter(|token| token.len() == 43).unwrap_or("");
    let mut conn = app.store.read().await?;
    let found = match token {
        "" => None,
        token => store::telework::feed(&mut conn, &sha256(token.as_bytes())).await?,
    };
    let owner = match &found {
        Some(feed) => owner(&mut conn, feed).await?,
        None => None,
    };
    let (Some(found), Some(owner)) = (found, owner) else {
        drop(conn);
        app.limiter.take_from(CODE_ADDRESS, visitor.peer, app.now()).map_err(Refusal::TooMany)?;
        return Err(Refusal::NotFound);
    };
    let today = tokyo(moment(app.now())).date();
    let (from, to) =
        (today.checked_sub(Span::new().days(BEFORE)), today.checked_add(Span::new().days(AFTER)));
    let (from, to) = (from.unwrap_or(today), to.unwrap_or(today));
    let rows = match found.division {
        None => store::telework::requests_of(&mut conn, found.body, found.staff, from, to).await?,
        Some(division) => {
            store::telework::requests_in(&mut conn, found.body, Some(division), from, to).await?
        }
    };
    let names = names(&mut conn, found.body).await?;
    let title = match found.division {
        None => format!("{} テレワーク", owner.name),
        Some(division) => {
            let team = store::divisions::find(&mut conn, found.body, division)
                .await?
                .ok_or(Refusal::NotFound)?;
            format!("{} テレワーク", team.name)
        }
    };
    drop(conn);
    let requests: Vec<Request> = rows.into_iter().map(|row| row.request).collect();
    let host = app.site.url.host_str().unwrap_or("noren").to_owned();
    // The form alone: places, notes and works stay inside.
    let show = |request: &Request| {
        let form = words::form(Lang::Ja, request.form);
        match found.division {
            None => form.to_owned(),
            Some(_) => format!("{} {form}", names.get(&request.staff).map_or("", String::as_str)),
        }
    };
    let text = feed(&title, &host, &requests, moment(app.now()), show);
    let kind = HeaderValue::from_static("text/calendar; charset=utf-8");
    let file = HeaderValue::from_static("attachment; filename=\"telework.ics\"");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, file)], text).into_response())
}

/// Whoever made it, if she may still see what it shows.
async fn owner(conn: &mut Conn, feed: &Feed) -> Result<Option<Staff>, Refusal> {
    let Some(staff) = store::staff::find(conn, feed.body, feed.staff).await? else {
        return Ok(None);
    };
    let Some(served) = store::bodies::find(conn, feed.body).await? else { return Ok(None) };
    let roles =
        people::roles_now(&staff, served.suspended).filter(|roles| roles.has(people::Role::Staff));
    if staff.state != StaffState::Active || roles.is_none() {
        return Ok(None);
    }
    let (_, leads) = store::changes::in_force(conn, feed.body, staff.id, staff.roles).await?;
    let sees = feed.division.is_none_or(|division| belongs(&staff, &leads, division));
    Ok(Some(staff).filter(|_| sees))
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/calendar/{name}", Access::Machine, read)]
}
