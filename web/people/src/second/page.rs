//! `/admin/changes`: what waits for a second person or for its day, confirmed or taken back.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use people::{ChangeId, Deed, DivisionId, NEVER, NotSecond, Permit, Roles, StaffId};
use store::Conn;
use store::changes::{Change, ChangeKind, WaitingPerson};

use super::begin::{begin, logins, subject, taken_back};
use super::{Leads, Officers};
use crate::People;
use crate::Route;
use crate::slips::SlipsPage;
use kit::Cut;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, Nothing, SignedIn, get, page, post, see_other};
use kit::second::{Part, Post, WhatWaits, person};

#[derive(Template)]
#[template(path = "second/changes.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    manage: bool,
}

struct Row {
    id: String,
    what: String,
    by: String,
    asked: i64,
    /// When it begins by itself.
    begins: Option<i64>,
    /// Whether it ends with a slip to hand out.
    slip: bool,
    /// Why this visitor is not the second person; nothing: she is.
    why_not: Option<&'static str>,
    /// Whether only a part is hers to confirm: the rest names her.
    part: bool,
}

async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
    let permit = visit.permit(Deed::SeeChanges)?;
    let (body, lang) = (permit.body(), visit.ctx.lang);
    let mut conn = app.store.read().await?;
    let officers = Officers::of(&mut conn, body, app.now()).await?;
    let mut rows = Vec::new();
    for change in store::changes::all(&mut conn, body).await? {
        let mut by = Vec::new();
        for one in &change.by {
            by.push(person(&mut conn, body, Some(*one), lang).await?);
        }
        let what = WhatWaits::of(&mut conn, &change).await?;
        rows.push(Row {
            id: change.id.to_string(),
            what: words(&app, &mut conn, lang, &change).await?,
            by: by.join(lang.t("、", ", ")),
            asked: change.asked,
            begins: (change.begins != NEVER).then_some(change.begins),
            slip: change.kind == ChangeKind::Person && WaitingPerson::read(&change.doc).slip,
            why_not: officers.why_not(permit.actor(), &change, &what).map(|why| reason(lang, why)),
            part: hers(permit.actor(), &what.parts).len() < what.parts.len(),
        });
    }
    let manage = visit.permit(Deed::ConfirmChanges).is_ok();
    page(Page { ctx: visit.ctx, rows, manage })
}

/// The parts somebody may confirm: those that do not name her.
fn hers(me: StaffId, parts: &[Part]) -> Vec<Part> {
    parts.iter().copied().filter(|part| part.names != Some(me)).collect()
}

/// Why somebody cannot confirm, in words.
fn reason(lang: Lang, why: NotSecond) -> &'static str {
    match why {
        NotSecond::NoOfficer => lang.t(
            "情報担当または人事担当の役割が効力を持っている方が確認します。",
            "Somebody of IT or HR whose role is in force confirms it.",
        ),
        NotSecond::Asked => lang.t(
            "あなたが申し出たので、あなたは確認できません。ほかの情報担当または人事担当が確認します。",
            "You asked for it, so somebody else of IT or HR confirms it.",
        ),
        NotSecond::About => {
            lang.t("あなた自身についての変更なので、あなたは確認できません。", "It is about you, so somebody else confirms it.")
        }
        NotSecond::Named => lang.t(
            "あなたが承認できるようになる変更なので、あなたは確認できません。",
            "It puts you in the place to approve, so somebody else confirms it.",
        ),
        NotSecond::Operator => lang
            .t("運用者についての変更なので、別の運用者が確認します。", "It is about an operator: another operator confirms \
                it."),
        NotSecond::It => lang.t(
            "情報担当・人事担当・監査の役割を持つ方についての変更なので、情報担当が確認します。",
            "It is about somebody of IT, HR or audit: IT confirms it.",
        ),
    }
}

async fn confirm(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ConfirmChanges)?;
    let mut tx = app.write_as(&permit).await?;
    let change = store::changes::find(&mut tx, permit.body(), change_id(&id)?)
        .await?
        .ok_or(Refusal::NotFound)?;
    let matter = WhatWaits::of(&mut tx, &change).await?;
    let officers = Officers::of(&mut tx, permit.body(), app.now()).await?;
    if officers.why_not(permit.actor(), &change, &matter).is_some() {
        return Err(Refusal::Forbidden("second_person"));
    }
    let asked_by = logins(&mut tx, permit.body(), &change.by).await?;
    let what = subject_name(&mut tx, &change).await?;
    let parts = hers(permit.actor(), &matter.parts);
    let mut begun =
        begin(&app, &mut tx, &change, &parts, &|kind, subject| permit.event(kind, subject)).await?;
    let told = permit
        .event(Kind::CHANGE_CONFIRMED, what)
        .with("change", change.kind.name())
        .with("asked_by", asked_by);
    let told = parts.iter().fold(told.with("what", &change.doc), |told, part| {
        told.with("part", if part.post == Post::Superior { "superior" } else { "deputy" })
    });
    begun.events.insert(0, told);
    tx.commit(Decision { value: (), events: begun.events }).await?;
    if let Some(staff) = begun.cut {
        app.cut(Cut::Person(staff));
    }
    match begun.slip {
        Some(slip) => page(SlipsPage {
            ctx: visit.ctx,
            url: app.site.link("/activate"),
            slips: vec![slip],
            held: Vec::new(),
            back: "/admin/changes",
        }),
        None => Ok(see_other("/admin/changes?done=change-confirmed")),
    }
}

async fn take_back(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ConfirmChanges)?;
    let mut tx = app.write_as(&permit).await?;
    let change = store::changes::find(&mut tx, permit.body(), change_id(&id)?)
        .await?
        .ok_or(Refusal::NotFound)?;
    allowed(&visit, &mut tx, &change).await?;
    let taken = taken_back(&mut tx, &change, &|kind, subject| permit.event(kind, subject)).await?;
    tx.commit(Decision { value: (), events: taken.events }).await?;
    if let Some(staff) = taken.cut {
        app.cut(Cut::Person(staff));
    }
    Ok(see_other("/admin/changes?done=change-withdrawn"))
}

fn change_id(text: &str) -> Result<ChangeId, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

/// Whoever holds an office is changed by IT alone, here too.
async fn allowed(visit: &SignedIn, tx: &mut store::Tx, change: &Change) -> Result<(), Refusal> {
    if let (ChangeKind::Person, Some(staff)) = (change.kind, subject(tx, change).await?)
        && crate::slips::office(staff.roles)
    {
        visit.permit(Deed::GrantOffice).map(|_: Permit| ())?;
    }
    Ok(())
}

pub(super) async fn subject_name(conn: &mut Conn, change: &Change) -> Result<String, Refusal> {
    Ok(match change.kind {
        ChangeKind::Person | ChangeKind::Exempt => {
            let about = WhatWaits::of(conn, change).await?.about;
            about.map_or(change.subject.clone(), |staff| staff.login.to_string())
        }
        ChangeKind::Division => match change.subject.parse::<DivisionId>() {
            Ok(id) => store::divisions::find(conn, change.body, id)
                .await?
                .map_or(String::new(), |one| one.name.to_string()),
            Err(_) => String::new(),
        },
        ChangeKind::Desks | ChangeKind::Days => change.body.to_string(),
    })
}

/// What would come to be, in words.
pub(crate) async fn words(
    app: &People,
    conn: &mut Conn,
    lang: Lang,
    change: &Change,
) -> Result<String, Refusal> {
    let body = change.body;
    Ok(match change.kind {
        ChangeKind::Person => {
            let who = person(conn, body, change.subject.parse().ok(), lang).await?;
            let waits = WaitingPerson::read(&change.doc);
            let roles = Roles::from_bits(waits.roles);
            // Everything that would come to be, though it was asked for by several people.
            let mut parts = Vec::new();
            if waits.slip {
                parts.push(match lang {
                    Lang::Ja => format!("{who}さんの利用開始票を渡す"),
                    Lang::En => format!("Hand out the activation slip of {who}"),
                });
            }
            if waits.roles != 0 {
                parts.push(match lang {
                    Lang::Ja => {
                        format!("{who}さんが{}として承認・確認できるようにする", roles.ja())
                    }
                    Lang::En => format!("{who} decides as {}", roles.names()),
                });
            }
            parts.join(lang.t("、", "; "))
        }
        ChangeKind::Division => {
            let wanted = Leads::read(&change.doc)?;
            let id = change.subject.parse::<DivisionId>().map_err(|_| Refusal::NotFound)?;
            let Some(now) = store::divisions::find(conn, body, id).await? else {
                return Ok(String::new());
            };
            let mut parts = Vec::new();
            for (label, was, is) in [
                (lang.t("所属長", "superior"), now.superior, wanted.superior),
                (lang.t("代理", "deputy"), now.deputy, wanted.deputy),
            ] {
                if was != is {
                    let (was, is) =
                        (person(conn, body, was, lang).await?, person(conn, body, is, lang).await?);
                    parts.push(format!("{label}{}{was} → {is}", lang.t("：", ": ")));
                }
            }
            format!("{} {}", now.name, parts.join(lang.t("、", ", ")))
        }
        kind => {
            let waiting = app.ports.changes.iter().find(|one| one.kind == kind);
            let waiting = waiting
                .ok_or_else(|| Refusal::Internal("nobody has words for this change".into()))?;
            (waiting.words)(conn, lang, change).await?
        }
    })
}

pub fn routes() -> Vec<Route> {
    let confirm_ = May(Deed::ConfirmChanges);
    vec![
        get("/admin/changes", May(Deed::SeeChanges), show),
        post("/admin/changes/{id}/confirm", confirm_, confirm).fresh(),
        post("/admin/changes/{id}/withdraw", confirm_, take_back).cuts(),
    ]
}
