//! What is done with things that are lent: for pages and calls alike.

use audit::{Decision, Event, Kind};
use jiff::civil::Date;
use people::{BodyCode, DeviceId, Login, Permit, StaffId};
use store::telework::{Paper, PaperKind};
use store::{Conn, Tx};
use telework::papers::{Item, Loan, LoanFault};
use telework::time::tokyo;

use super::{find, shown};
use crate::moment;
use crate::typed::text;
use kit::error::Refusal;
use kit::http::seen::{Changed, Seen};
use kit::http::{Lang, Reason};
use kit::{Cut, Kit};

/// What is lent to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lending {
    item: Item,
    number: String,
    login: Login,
    from: Date,
    until: Date,
}

/// Why nothing was lent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unlent {
    /// No such kind of thing.
    Item,
    /// Nobody of this name.
    Login,
    /// Not two days.
    Period,
    /// What the register says.
    Fault(LoanFault),
}

impl Lending {
    /// By its words at the border.
    pub(super) fn read(
        (item, number): (&str, &str),
        login: &str,
        (from, until): (&str, &str),
    ) -> Result<Self, Unlent> {
        let item = Item::ALL.into_iter().find(|one| one.key() == item).ok_or(Unlent::Item)?;
        let login = login.parse().map_err(|_| Unlent::Login)?;
        let day = |text: &str| text.parse::<Date>().map_err(|_| Unlent::Period);
        let number = number.trim().chars().filter(|c| !people::tricks(*c)).take(64).collect();
        Ok(Self { item, number, login, from: day(from)?, until: day(until)? })
    }
}

/// Words and code for why nothing was lent. A name is looked up only where one is said.
pub(super) async fn unlent(
    conn: &mut Conn,
    body: BodyCode,
    lang: Lang,
    fault: &Unlent,
) -> Result<Reason, Refusal> {
    let incomplete = lang.t(
        "機器・職員のサインイン名・期間を入れてください。",
        "Please enter the thing, a sign-in name and the period.",
    );
    Ok(match fault {
        Unlent::Item => Reason::new("item", incomplete),
        Unlent::Login => Reason::new("login", incomplete),
        Unlent::Period => Reason::new("period", incomplete),
        Unlent::Fault(LoanFault::Out(who)) => {
            let who = store::staff::find(conn, body, *who).await?;
            let who = who.map_or(String::new(), |one| one.name.to_string());
            let words = match lang {
                Lang::Ja => format!("この番号のものは{who}さんに貸出中です。"),
                Lang::En => format!("{who} has this one."),
            };
            Reason::new("already_lent", words)
        }
        Unlent::Fault(LoanFault::Backwards) => Reason::new(
            "backwards",
            lang.t("期限が貸出日より前です。", "It is due before it begins."),
        ),
        Unlent::Fault(LoanFault::NoNumber) => {
            Reason::new("number", lang.t("管理番号を入れてください。", "Please enter its number."))
        }
        Unlent::Fault(LoanFault::Settled | LoanFault::WrongPermit) => Reason::new(
            "wrong_state",
            lang.t("すでに処理されています。", "It was dealt with already."),
        ),
    })
}

/// Lends a thing; its loan's identity, or why not.
pub(super) async fn lend_now(
    app: &Kit,
    permit: &Permit,
    lending: Lending,
) -> Result<Result<[u8; 16], Unlent>, Refusal> {
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let staff = store::staff::by_login(&mut tx, body, &lending.login).await?;
    let Some(staff) = staff else { return Ok(Err(Unlent::Login)) };
    let others: Vec<Loan> = store::telework::papers::<Loan>(&mut tx, body, PaperKind::Loan)
        .await?
        .into_iter()
        .map(|paper| paper.value)
        .collect();
    let Lending { item, number, from, until, .. } = lending;
    // A browser that was declared to be on this thing belongs to it.
    let devices = store::devices::of_staff(&mut tx, body, staff.id).await?;
    let device = devices
        .iter()
        .find(|one| one.revoked == 0 && !number.is_empty() && one.posture.asset == number)
        .map(|one| one.id);
    let staff_id = staff.id;
    let loan =
        Loan { item, number, staff: staff_id, from, until, returned: None, lost: None, device };
    let decision = match loan.lend(&others, permit, &staff.login) {
        Ok(decision) => decision,
        Err(fault) => return Ok(Err(Unlent::Fault(fault))),
    };
    let value = decision.value.clone();
    let paper = Paper { id: app.random(), staff: Some(staff_id), value };
    store::telework::put_paper(&mut tx, body, PaperKind::Loan, &paper, app.now()).await?;
    tx.commit(decision.map(|_| ())).await?;
    Ok(Ok(paper.id))
}

/// What is changed of a loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The device on it.
    device: Option<DeviceId>,
    until: Date,
}

impl Change {
    /// By its words at the border.
    pub(super) fn read(device: Option<&str>, until: &str) -> Result<Self, Refusal> {
        let device = device.map(str::parse).transpose().map_err(|_| Refusal::NotFound)?;
        let until = until.parse().map_err(|_| Refusal::Malformed("until"))?;
        Ok(Self { device, until })
    }
}

/// Which paired device is on the thing, and a longer or shorter period. What somebody changed that
/// the sender has not seen; then nothing is kept.
pub(super) async fn change_loan(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    id: [u8; 16],
    change: Change,
    seen: Seen<'_>,
) -> Result<Changed, Refusal> {
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let paper = find(&mut tx, body, id, None).await?;
    let devices = store::devices::of_staff(&mut tx, body, paper.value.staff).await?;
    let changed = shown(lang, &devices, &paper.value).unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(changed);
    }
    let device = match change.device {
        None => None,
        Some(device) => Some(device_of(&mut tx, body, paper.value.staff, device).await?),
    };
    let decision =
        paper.value.change(device, change.until, permit).map_err(|fault| match fault {
            LoanFault::Backwards => Refusal::Malformed("until"),
            _ => Refusal::Conflict("changed"),
        })?;
    let paper = Paper { value: decision.value.clone(), ..paper };
    store::telework::put_paper(&mut tx, body, PaperKind::Loan, &paper, app.now()).await?;
    tx.commit(decision.map(|_| ())).await?;
    Ok(Changed::default())
}

/// A device in use that belongs to this person.
async fn device_of(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    id: DeviceId,
) -> Result<DeviceId, Refusal> {
    let devices = store::devices::of_staff(conn, body, staff).await?;
    let found = devices.iter().find(|one| one.id == id && one.revoked == 0);
    found.map(|one| one.id).ok_or(Refusal::NotFound)
}

/// A thing came back.
pub(super) async fn take_back(app: &Kit, permit: &Permit, id: [u8; 16]) -> Result<(), Refusal> {
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let mut paper = find(&mut tx, body, id, None).await?;
    let today = tokyo(moment(app.now())).date();
    let decision =
        paper.value.give_back(today, permit).map_err(|_| Refusal::Conflict("changed"))?;
    paper.value = decision.value.clone();
    store::telework::put_paper(&mut tx, body, PaperKind::Loan, &paper, app.now()).await?;
    tx.commit(decision.map(|_| ())).await?;
    Ok(())
}

/// What is said of a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loss {
    /// The device on it, where the register does not know.
    device: Option<DeviceId>,
    why: String,
}

impl Loss {
    /// By its words at the border.
    pub(super) fn read(device: Option<&str>, why: &str) -> Result<Self, Refusal> {
        let device = device.map(str::parse).transpose().map_err(|_| Refusal::NotFound)?;
        Ok(Self { device, why: text(why) })
    }
}

/// Reports the loss and cuts the device, in one transaction. `owner` is the person whose thing it
/// has to be.
pub(super) async fn lose(
    app: &Kit,
    permit: &Permit,
    id: [u8; 16],
    owner: Option<StaffId>,
    loss: &Loss,
) -> Result<(), Refusal> {
    let (body, now) = (permit.body(), app.now());
    let mut tx = app.write_as(permit).await?;
    let mut paper = find(&mut tx, body, id, owner).await?;
    if let (None, Some(device)) = (paper.value.device, loss.device) {
        paper.value.device = Some(device_of(&mut tx, body, paper.value.staff, device).await?);
    }
    let lost = paper
        .value
        .lose(tokyo(moment(now)).date(), &loss.why, permit)
        .map_err(|_| Refusal::Conflict("changed"))?;
    paper.value = lost.value.clone();
    store::telework::put_paper(&mut tx, body, PaperKind::Loan, &paper, now).await?;
    let mut decision: Decision<()> = lost.map(|_| ());
    let device = paper.value.device;
    if let Some(device) = device
        && let Some(revoked) = revoke(&mut tx, permit, device, &paper.value, now).await?
    {
        decision = decision.and(revoked);
    }
    tx.commit(decision).await?;
    if let Some(device) = device {
        app.cut(Cut::Device(device));
    }
    Ok(())
}

/// The device on a lost thing is revoked; what goes on record, where it was in use.
async fn revoke(
    tx: &mut Tx,
    permit: &Permit,
    device: DeviceId,
    lost: &Loan,
    now: i64,
) -> Result<Option<Event>, Refusal> {
    let body = permit.body();
    if !store::devices::revoke(tx, body, device, now).await? {
        return Ok(None);
    }
    let found = store::devices::find(tx, body, device).await?;
    let name = found.map(|one| one.name).unwrap_or_default();
    let event = permit.event(Kind::DEVICE_REVOKED, name).with("device", device).with("why", "lost");
    Ok(Some(event.with("staff", lost.staff)))
}
