//! The pages of devices: everybody's, for IT, and one's own.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{Antivirus, Deed, DeviceId, Permit, Posture, Resource, Staff, StaffId};
use serde::Deserialize;
use store::devices::Device;

use super::act;
use crate::People;
use crate::Route;
use crate::admin::undone::Undone;
use crate::agents::acts;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen};
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page, page_with, post, see_other};

#[derive(Template)]
#[template(path = "admin/devices.html")]
struct ListPage {
    ctx: Ctx,
    devices: Vec<Device>,
    staff: Vec<Staff>,
}

impl ListPage {
    fn owner(&self, id: &StaffId) -> &str {
        self.staff.iter().find(|staff| staff.id == *id).map_or("", |staff| staff.name.as_str())
    }
}

#[derive(Template)]
#[template(path = "admin/device.html")]
struct DevicePage {
    ctx: Ctx,
    device: Device,
    owner: String,
    /// What stands now, for the field that comes back.
    seen: String,
    changed: Changed,
}

impl DevicePage {
    fn antivirus(&self, value: &str) -> bool {
        value == act::word(self.device.posture.antivirus)
    }
}

#[derive(Template)]
#[template(path = "my_devices.html")]
struct OwnPage {
    ctx: Ctx,
    devices: Vec<Device>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Declared {
    /// What the form showed.
    seen: String,
    loaned: Option<String>,
    exception: String,
    own_login: Option<String>,
    privacy_filter: Option<String>,
    antivirus: String,
    asset: String,
}

async fn list(visit: SignedIn, State(app): State<People>) -> Answer {
    let permit = visit.permit(Deed::SeeDevices)?;
    let mut conn = app.store.read().await?;
    let devices = store::devices::all(&mut conn, permit.body()).await?;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    page(ListPage { ctx: visit.ctx, devices, staff })
}

async fn show(visit: SignedIn, State(app): State<People>, Path(id): Path<String>) -> Answer {
    let (_, device, owner) = find(&app, &visit, Deed::ManageDevices, &id).await?;
    let seen = act::shown(visit.ctx.lang, &device.posture).seen();
    page(DevicePage {
        ctx: visit.ctx,
        device,
        owner: owner.name.to_string(),
        seen,
        changed: Changed::default(),
    })
}

async fn declare(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(declared): Form<Declared>,
) -> Answer {
    let (permit, device, owner) = find(&app, &visit, Deed::ManageDevices, &id).await?;
    let short = |text: &str, most: usize| {
        text.trim().chars().filter(|c| !people::tricks(*c)).take(most).collect::<String>()
    };
    let posture = Posture {
        loaned: declared.loaned.is_some(),
        exception: short(&declared.exception, 200),
        own_login: declared.own_login.is_some(),
        privacy_filter: declared.privacy_filter.is_some(),
        antivirus: match declared.antivirus.as_str() {
            "current" => Antivirus::Current,
            "missing" => Antivirus::Missing,
            _ => Antivirus::Unknown,
        },
        asset: short(&declared.asset, 64),
    };
    let seen = (device.id, visit.ctx.lang, Seen::Form(&declared.seen));
    match act::declare(&app, &permit, seen, &posture).await {
        Ok(()) => Ok(see_other(&format!("/admin/devices/{}?done=saved", device.id))),
        Err(Undone::Changed(changed)) => {
            // What was typed stays in the fields; what stands comes back as seen.
            let (_, stands, _) = find(&app, &visit, Deed::ManageDevices, &id).await?;
            let seen = act::shown(visit.ctx.lang, &stands.posture).seen();
            let (device, owner) = (Device { posture, ..device }, owner.name.to_string());
            let view = DevicePage { ctx: visit.ctx, device, owner, seen, changed };
            page_with(StatusCode::CONFLICT, view)
        }
        Err(Undone::Other(refusal)) => Err(refusal),
    }
}

async fn revoke(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, device, _) = find(&app, &visit, Deed::ManageDevices, &id).await?;
    acts::revoke_device(&app, &permit, device.id, "administrator").await?;
    Ok(see_other("/admin/devices?done=revoked"))
}

async fn own(visit: SignedIn, State(app): State<People>) -> Answer {
    let permit = visit.permit_own(Deed::PairDevice)?;
    let mut conn = app.store.read().await?;
    let devices = store::devices::of_staff(&mut conn, permit.body(), permit.actor()).await?;
    page(OwnPage { ctx: visit.ctx, devices })
}

async fn revoke_own(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, device, _) = find(&app, &visit, Deed::PairDevice, &id).await?;
    act::revoke_own(&app, &permit, device.id).await?;
    Ok(see_other("/devices?done=revoked"))
}

async fn find(
    app: &People,
    visit: &SignedIn,
    deed: Deed,
    id: &str,
) -> Result<(Permit, Device, Staff), Refusal> {
    let id: DeviceId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    let device =
        store::devices::find(&mut conn, visit.actor.body, id).await?.ok_or(Refusal::NotFound)?;
    let owner =
        store::staff::find(&mut conn, device.body, device.staff).await?.ok_or(Refusal::NotFound)?;
    let permit =
        visit.permit_on(deed, Resource::person(device.body, device.staff, owner.division))?;
    Ok((permit, device, owner))
}

pub(in crate::admin) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageDevices);
    vec![
        get("/admin/devices", May(Deed::SeeDevices), list),
        get("/admin/devices/{id}", manage, show),
        post("/admin/devices/{id}", manage, declare),
        post("/admin/devices/{id}/revoke", manage, revoke).cuts(),
        get("/devices", May(Deed::PairDevice), own),
        post("/devices/{id}/revoke", May(Deed::PairDevice), revoke_own).cuts(),
    ]
}
