//! What several calls read and answer alike.

use jiff::Timestamp;
use jiff::civil::Date;
use kit::Kit;
use kit::error::Refusal;
use kit::http::{Answer, Done, json, refused, stale};
use people::{BodyCode, Staff, StaffId};
use telework::time::tokyo;

use super::{DAYS, Stretch};
use crate::acts;

pub(super) fn days(stretch: &Stretch) -> Result<(Date, Date), Refusal> {
    let day = |text: &str| text.parse::<Date>().map_err(|_| Refusal::Malformed("day"));
    let (from, to) = (day(&stretch.from)?, day(&stretch.to)?);
    let long = from.until(to).map_err(|_| Refusal::Malformed("day"))?.get_days();
    if (0..=DAYS).contains(&i64::from(long)) {
        Ok((from, to))
    } else {
        Err(Refusal::Malformed("days"))
    }
}

pub(super) fn version(version: u64) -> usize {
    usize::try_from(version).unwrap_or(usize::MAX)
}

pub(super) fn login(staff: &[Staff], id: StaffId) -> String {
    staff.iter().find(|one| one.id == id).map(|one| one.login.to_string()).unwrap_or_default()
}

pub(super) fn decided(hindered: acts::Hindered) -> Answer {
    if hindered.stale { Ok(stale(hindered.faults)) } else { done(hindered.faults) }
}

pub(super) fn done(faults: Vec<String>) -> Answer {
    if faults.is_empty() { json(&Done::yes()) } else { Ok(refused(faults)) }
}

/// The identity of the division of this code, as the pages' forms carry it; empty for none. A code
/// that is not there is not found.
pub(super) async fn id_of(
    app: &Kit,
    body: BodyCode,
    code: Option<&str>,
) -> Result<String, Refusal> {
    let Some(code) = code else { return Ok(String::new()) };
    let all = store::divisions::all(&mut *app.store.read().await?, body).await?;
    all.iter().find(|one| one.code == code).map(|one| one.id.to_string()).ok_or(Refusal::NotFound)
}

/// Somebody of the body, by sign-in name.
pub(super) async fn person(app: &Kit, body: BodyCode, login: &str) -> Result<Staff, Refusal> {
    let login = login.parse().map_err(|_| Refusal::NotFound)?;
    store::staff::by_login(&mut *app.store.read().await?, body, &login)
        .await?
        .ok_or(Refusal::NotFound)
}

/// A moment as the wall clock in Tokyo shows it, with its offset.
pub(super) fn shown(at: Timestamp) -> String {
    let zoned = tokyo(at).to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)));
    zoned.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()).unwrap_or_default()
}
