//! Devices at home: what is declared about them (NOREN-R1, NOREN-R2, NOREN-R8), and the end of one
//! that is lost (NOREN-R16).

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{Antivirus, Deed, DeviceId, Permit, Posture, Resource, Staff, StaffId};
use serde::Deserialize;
use store::devices::Device;

use crate::People;
use crate::Route;
use crate::agents::acts;
use kit::Cut;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::Answer;
use kit::http::Ctx;
use kit::http::Form;
use kit::http::Lang;
use kit::http::Nothing;
use kit::http::SignedIn;
use kit::http::get;
use kit::http::page;
use kit::http::page_with;
use kit::http::post;
use kit::http::see_other;
use kit::http::seen::Changed;
use kit::http::seen::Seen;
use kit::http::seen::Shown;
use kit::http::seen::yes;

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
        value == word(self.device.posture.antivirus)
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

fn word(antivirus: Antivirus) -> &'static str {
    match antivirus {
        Antivirus::Unknown => "unknown",
        Antivirus::Current => "current",
        Antivirus::Missing => "missing",
    }
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
    let seen = shown(visit.ctx.lang, &device.posture).seen();
    page(DevicePage {
        ctx: visit.ctx,
        device,
        owner: owner.name.to_string(),
        seen,
        changed: Changed::default(),
    })
}

/// What the form shows of a device.
fn shown(lang: Lang, posture: &Posture) -> Shown {
    let antivirus = match posture.antivirus {
        Antivirus::Unknown => lang.t("未確認", "Not said"),
        Antivirus::Current => lang.t("有効で最新", "On and current"),
        Antivirus::Missing => lang.t("ない、または古い", "Missing or old"),
    };
    Shown::default()
        .with(
            "loaned",
            lang.t("団体が貸与した端末である", "Loaned by the body"),
            yes(lang, posture.loaned),
        )
        .with(
            "own_login",
            lang.t("端末自体のログイン", "The device itself asks for a login"),
            yes(lang, posture.own_login),
        )
        .with(
            "filter",
            lang.t("のぞき見防止フィルター", "A privacy filter is used"),
            yes(lang, posture.privacy_filter),
        )
        .with(
            "exception",
            lang.t("私有端末を認める理由", "Why an own device is allowed"),
            &posture.exception,
        )
        .with("antivirus", lang.t("ウイルス対策ソフト", "Antivirus"), antivirus)
        .with("asset", lang.t("管理番号", "Asset number"), &posture.asset)
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
    let mut tx = app.write_as(&permit).await?;
    let device =
        store::devices::find(&mut tx, permit.body(), device.id).await?.ok_or(Refusal::NotFound)?;
    let now = shown(visit.ctx.lang, &device.posture);
    let changed = now.unseen(visit.ctx.lang, Seen::Form(&declared.seen));
    if !changed.is_empty() {
        drop(tx);
        // What was typed stays in the fields; what stands comes back as seen.
        let typed = Device { posture, ..device };
        let view = DevicePage {
            ctx: visit.ctx,
            device: typed,
            owner: owner.name.to_string(),
            seen: now.seen(),
            changed,
        };
        return page_with(StatusCode::CONFLICT, view);
    }
    store::devices::put_posture(&mut tx, permit.body(), device.id, &posture).await?;
    let event = permit
        .event(Kind::DEVICE_CHANGED, &device.name)
        .with("owner", &owner.login)
        .with("loaned", posture.loaned)
        .with("exception", &posture.exception)
        .with("own_login", posture.own_login)
        .with("privacy_filter", posture.privacy_filter)
        .with("antivirus", word(posture.antivirus))
        .with("asset", &posture.asset);
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other(&format!("/admin/devices/{}?done=saved", device.id)))
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

/// A lost device: its owner stops it without waiting for anybody.
async fn revoke_own(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, device, _) = find(&app, &visit, Deed::PairDevice, &id).await?;
    let mut tx = app.write_as(&permit).await?;
    if !store::devices::revoke(&mut tx, permit.body(), device.id, app.now()).await? {
        return Err(Refusal::NotFound);
    }
    tx.commit(Decision::new(
        (),
        permit
            .event(Kind::DEVICE_REVOKED, &device.name)
            .with("device", device.id)
            .with("why", "owner"),
    ))
    .await?;
    app.cut(Cut::Device(device.id));
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

pub(super) fn routes() -> Vec<Route> {
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
