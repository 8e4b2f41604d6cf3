//! Adds and changes people.

use audit::{Decision, Kind};
use people::{
    Actor, BodyCode, Deed, DivisionId, Permit, Resource, Role, Roles, Staff, StaffId, StaffState,
};
use store::Conn;

use super::command::{NotWanted, Wanted};
use super::person::fresh;
use crate::admin::power::{first_slip, weigh};
use crate::admin::undone::Undone;
use crate::second::Officers;
use crate::sign_in::ending::narrowed;
use crate::slips::ActivationSlip;
use crate::{People, slips};
use kit::Cut;
use kit::error::Refusal;
use kit::http::Lang;
use kit::http::seen::{Seen, Shown, yes};

/// Adds somebody; with the slip to hand out, unless a second person hands it out.
pub(super) async fn add(
    app: &People,
    permit: &Permit,
    by: &Actor,
    wanted: Wanted,
) -> Result<(Staff, Option<ActivationSlip>), Undone<NotWanted>> {
    permit.is_for(Deed::ManageStaff)?;
    let mut tx = app.write_as(permit).await?;
    fits(by, &wanted, None)?;
    let division = division(&mut tx, permit.body(), wanted.division).await?;
    let Wanted { login, name, roles, fiscal_year, .. } = wanted;
    let staff = Staff {
        id: StaffId(app.random()),
        body: permit.body(),
        login,
        name,
        division,
        roles,
        operator: false,
        state: StaffState::Waiting,
        fiscal_year,
        created: app.now(),
    };
    taken(store::staff::add(&mut tx, &staff).await)?;
    let mut officers = Officers::of(&mut tx, permit.body(), app.now()).await?;
    let (slip, mut events) = first_slip(app, &mut tx, permit, &mut officers, &staff).await?;
    let added = permit.event(Kind::STAFF_ADDED, &staff.login).with("roles", staff.roles.names());
    events.insert(0, added);
    let slip = tx.commit(Decision { value: slip, events }).await?;
    Ok((staff, slip))
}

/// Whom to change, and what the sender saw of her.
pub(super) struct Whom<'a> {
    pub(super) id: StaffId,
    pub(super) lang: Lang,
    pub(super) seen: Seen<'a>,
    /// Whether the sender proved her factors a short while ago: giving and taking roles is a
    /// dangerous act; a name or a division is not.
    pub(super) proved: Result<(), Refusal>,
}

/// Changes somebody. Answers whether something waits for a second person.
pub(super) async fn change(
    app: &People,
    permit: &Permit,
    by: &Actor,
    whom: Whom<'_>,
    wanted: Wanted,
) -> Result<bool, Undone<NotWanted>> {
    permit.is_for(Deed::ManageStaff)?;
    let mut tx = app.write_as(permit).await?;
    let (permit, before) = fresh(&mut tx, by, Deed::ManageStaff, whom.id).await?;
    let changed = shown(&mut tx, whom.lang, &before).await?.unseen(whom.lang, whom.seen);
    if !changed.is_empty() {
        return Err(Undone::Changed(changed));
    }
    fits(by, &wanted, Some(&before))?;
    let division = division(&mut tx, before.body, wanted.division).await?;
    let Wanted { login, name, roles, fiscal_year, .. } = wanted;
    // The state is not among what a form says: see `store::staff::change`.
    let after = Staff { login, name, roles, division, fiscal_year, ..before.clone() };
    if before.roles != after.roles {
        whom.proved?;
    }
    if !taken(store::staff::change(&mut tx, &after).await)? {
        return Err(Refusal::NotFound.into());
    }
    let event = permit
        .event(Kind::STAFF_CHANGED, &after.login)
        .with("roles_before", before.roles.names())
        .with("roles", after.roles.names())
        .with("login_before", &before.login)
        .with("division_before", code(&mut tx, before.body, before.division).await?)
        .with("division", code(&mut tx, after.body, after.division).await?);
    let asked = weigh(app, &mut tx, &permit, &before, &after).await?;
    let waits = asked.is_some();
    tx.commit(Decision { value: (), events: std::iter::once(event).chain(asked).collect() })
        .await?;
    if narrowed(before.roles, after.roles) {
        app.cut(Cut::Rights(after.id));
    }
    Ok(waits)
}

/// Whether this person may be so, by the word of this officer.
fn fits(by: &Actor, wanted: &Wanted, before: Option<&Staff>) -> Result<(), Undone<NotWanted>> {
    // Whoever may not give an office keeps what is there; a request that tries is not from a page
    // of ours.
    if slips::office(wanted.roles) {
        by.permit(Deed::GrantOffice, Resource::body(by.body))?;
    }
    // The last door: IT does not take IT from itself by mistake.
    let keeps = before.is_none_or(|staff| {
        staff.id != by.id || wanted.roles.has(Role::It) || !staff.roles.has(Role::It)
    });
    let operator = before.is_some_and(|staff| staff.operator);
    if (wanted.roles == Roles::NONE && !operator) || !keeps {
        return Err(Undone::Faulty(NotWanted::Roles));
    }
    Ok(())
}

fn taken<T>(done: store::Result<T>) -> Result<T, Undone<NotWanted>> {
    done.map_err(|fault| match fault {
        store::Fault::Conflict => Undone::Faulty(NotWanted::Taken),
        fault => fault.into(),
    })
}

async fn division(
    conn: &mut Conn,
    body: BodyCode,
    id: Option<DivisionId>,
) -> Result<Option<DivisionId>, Refusal> {
    let Some(id) = id else { return Ok(None) };
    Ok(Some(store::divisions::find(conn, body, id).await?.ok_or(Refusal::NotFound)?.id))
}

async fn code(conn: &mut Conn, body: BodyCode, id: Option<DivisionId>) -> Result<String, Refusal> {
    let Some(id) = id else { return Ok(String::new()) };
    Ok(store::divisions::find(conn, body, id)
        .await?
        .map_or(String::new(), |division| division.code))
}

/// What the form shows of a person.
pub(super) async fn shown(conn: &mut Conn, lang: Lang, staff: &Staff) -> Result<Shown, Refusal> {
    let division = match staff.division {
        Some(id) => store::divisions::find(conn, staff.body, id)
            .await?
            .map_or(String::new(), |one| format!("{}（{}）", one.name, one.code)),
        None => String::new(),
    };
    Ok(Shown::default()
        .with("name", lang.t("氏名", "Name"), &staff.name)
        .with("login", lang.t("サインイン名", "Sign-in name"), &staff.login)
        .with("division", lang.t("所属", "Division"), division)
        .with(
            "roles",
            lang.t("役割", "Roles"),
            if lang == Lang::Ja { staff.roles.ja() } else { staff.roles.names() },
        )
        .with(
            "fiscal_year",
            lang.t("会計年度任用職員", "Fiscal-year staff"),
            yes(lang, staff.fiscal_year),
        )
        .with("state", lang.t("利用", "Account"), state(lang, staff.state)))
}

fn state(lang: Lang, state: StaffState) -> &'static str {
    match state {
        StaffState::Waiting => lang.t("利用開始待ち", "Waiting for its slip"),
        StaffState::Active => lang.t("利用中", "Active"),
        StaffState::Suspended => lang.t("停止中", "Suspended"),
    }
}
