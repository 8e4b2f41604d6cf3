//! Keeps what is declared of a device; ends one's own.

use audit::{Decision, Kind};
use people::{Antivirus, Deed, DeviceId, Permit, Posture};
use store::devices::Device;

use crate::People;
use crate::admin::undone::Undone;
use kit::Cut;
use kit::error::Refusal;
use kit::http::Lang;
use kit::http::seen::{Seen, Shown, yes};

/// What is declared of a device; the sender saw `seen` of it.
pub(in crate::admin) async fn declare(
    app: &People,
    permit: &Permit,
    (id, lang, seen): (DeviceId, Lang, Seen<'_>),
    posture: &Posture,
) -> Result<(), Undone<std::convert::Infallible>> {
    permit.is_for(Deed::ManageDevices)?;
    let mut tx = app.write_as(permit).await?;
    let device = find(&mut tx, permit, id).await?;
    let changed = shown(lang, &device.posture).unseen(lang, seen);
    if !changed.is_empty() {
        return Err(Undone::Changed(changed));
    }
    let owner =
        store::staff::find(&mut tx, permit.body(), device.staff).await?.ok_or(Refusal::NotFound)?;
    store::devices::put_posture(&mut tx, permit.body(), id, posture).await?;
    let event = permit
        .event(Kind::DEVICE_CHANGED, &device.name)
        .with("owner", &owner.login)
        .with("loaned", posture.loaned)
        .with("exception", &posture.exception)
        .with("own_login", posture.own_login)
        .with("privacy_filter", posture.privacy_filter)
        .with("antivirus", word(posture.antivirus))
        .with("asset", &posture.asset);
    Ok(tx.commit(Decision::new((), event)).await?)
}

/// A lost device: its owner stops it without waiting for anybody.
pub(in crate::admin) async fn revoke_own(
    app: &People,
    permit: &Permit,
    id: DeviceId,
) -> Result<(), Refusal> {
    permit.is_for(Deed::PairDevice)?;
    let mut tx = app.write_as(permit).await?;
    let device = find(&mut tx, permit, id).await?;
    let own = device.staff == permit.actor();
    if !own || !store::devices::revoke(&mut tx, permit.body(), id, app.now()).await? {
        return Err(Refusal::NotFound);
    }
    let event =
        permit.event(Kind::DEVICE_REVOKED, &device.name).with("device", id).with("why", "owner");
    tx.commit(Decision::new((), event)).await?;
    app.cut(Cut::Device(id));
    Ok(())
}

async fn find(tx: &mut store::Tx, permit: &Permit, id: DeviceId) -> Result<Device, Refusal> {
    store::devices::find(tx, permit.body(), id).await?.ok_or(Refusal::NotFound)
}

/// As the form and the record have it.
pub(super) fn word(antivirus: Antivirus) -> &'static str {
    match antivirus {
        Antivirus::Unknown => "unknown",
        Antivirus::Current => "current",
        Antivirus::Missing => "missing",
    }
}

/// What the form shows of a device.
pub(in crate::admin) fn shown(lang: Lang, posture: &Posture) -> Shown {
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
