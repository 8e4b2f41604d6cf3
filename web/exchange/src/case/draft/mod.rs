//! A ministry's draft: made, filled in, sent.

pub(crate) mod call;
pub(crate) mod command;
mod entered;
mod names;

use std::borrow::Cow;
use std::collections::BTreeSet;

use askama::Template;
use audit::Decision;
use axum::extract::{Path as At, State};
use axum::http::StatusCode;
use exchange::body::{Bodies, bodies, is_prefecture};
use exchange::case::{
    Addressee, Case, CaseAction, CaseKind, DESKS, Duty, Path, Refused, Right, blank, send, today,
};
use exchange::newcomer::Newcomer;
use people::{Actor, Deed, MINISTRY};

use crate::Exchange;
use crate::Route;
use crate::access::{Seat, Undone, case_id, now, open_case};
use crate::case::shown;
use crate::notices;
use crate::words;
use command::{DraftFault, KINDS, Write};
pub(crate) use entered::Entered;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, Nothing, Reason, SignedIn, page_with, post, see_other};
use kit::mail::Outbox;
pub(crate) use names::{Unknown, codes, known};

#[derive(Template)]
#[template(path = "exchange/draft.html")]
struct Page {
    ctx: Ctx,
    id: String,
    revision: u64,
    /// What stands now, for the field that comes back.
    seen: String,
    e: Entered,
    addressees: usize,
    files: Vec<crate::case::attachments::FileLine>,
    forms: Vec<(String, String)>,
    prefectures: Vec<(String, Cow<'static, str>)>,
    faults: Vec<String>,
}

impl Page {
    fn kinds(&self) -> [(&'static str, &'static str); 4] {
        let t = |kind| words::kind(self.ctx.lang, kind);
        [
            ("survey", t(CaseKind::Survey)),
            ("inquiry", t(CaseKind::Inquiry)),
            ("notice", t(CaseKind::Notice)),
            ("information", t(CaseKind::Information)),
        ]
    }

    fn paths(&self) -> [(&'static str, &'static str); 3] {
        let t = |path| words::path(self.ctx.lang, path);
        [("cascade", t(Path::Cascade)), ("direct", t(Path::Direct)), ("both", t(Path::Both))]
    }

    fn duties(&self) -> [(&'static str, &'static str); 3] {
        let t = |duty| words::duty(self.ctx.lang, duty);
        [("asked", t(Duty::Asked)), ("obliged", t(Duty::Obliged)), ("none", t(Duty::None))]
    }

    fn body_kinds(&self) -> [(&'static str, &'static str); 6] {
        KINDS.map(|(name, kind)| (name, words::body_kind(self.ctx.lang, kind)))
    }

    fn desks(&self) -> [&'static str; 3] {
        DESKS
    }

    fn has(&self, list: &[String], name: &str) -> bool {
        list.iter().any(|one| one == name)
    }
}

/// An empty draft under the next number.
async fn create(
    visit: SignedIn,
    State(app): State<Exchange>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let case = begin(&app, &visit.actor).await?;
    Ok(see_other(&format!("/exchange/cases/{}", case.id)))
}

/// Begins a draft: the ministry's desk alone.
pub(crate) async fn begin(app: &Exchange, by: &Actor) -> Result<Case, Refusal> {
    let day = today(now(app));
    let fiscal = if day.month() >= 4 { day.year() } else { day.year() - 1 };
    let mut tx = app.write_in(MINISTRY.chain(), by).await?;
    let seat = Seat::of(&mut tx, by).await?;
    if !seat.ministry_desk() {
        return Err(Refusal::NotFound);
    }
    let id = store::exchange::next_serial(
        &mut tx,
        u16::try_from(fiscal).map_err(|_| Refusal::Internal("the clock".into()))?,
    )
    .await?;
    let case = blank(id, day);
    let permit = seat.permit_case(Right::RunCase, &case)?;
    let edit = CaseAction::Edit(Box::new(case.clone()));
    let decision = case
        .decide(edit, &permit, 0, now(app))
        .map_err(|refused| Refusal::Internal(refused.to_string()))?;
    store::exchange::add_case(&mut tx, &decision.value).await?;
    Ok(tx.commit(decision).await?)
}

/// Saves what is typed; with 「発出する」 sends it too, in the same write.
async fn save(
    visit: SignedIn,
    State(app): State<Exchange>,
    At(id): At<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let entered = Entered::read(fields);
    let lang = visit.ctx.lang;
    match write(&app, &visit.actor, &id, &entered.command(&app.bodies())).await? {
        Ok(case) if case.is_draft() => Ok(see_other(&format!("/exchange/cases/{id}?done=saved"))),
        Ok(_) => Ok(see_other(&format!("/exchange/cases/{id}?done=exchange-sent"))),
        Err(un) => {
            let mut faults = Reason::words(un.reasons(lang));
            if un.stale() {
                let stands = Entered::of(&un.case, &un.addressees);
                let stands = shown::draft(lang, &un.case, un.addressees.len(), &stands);
                faults.extend(shown::since(lang, &entered.seen, &stands));
            }
            let status =
                if un.stale() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            render(&app, visit, *un.case, Some(entered), faults, status).await
        }
    }
}

/// A draft that was not written.
pub(crate) struct Unwritten {
    /// As it is, and to whom it goes.
    case: Box<Case>,
    addressees: BTreeSet<Addressee>,
    /// What is wrong with what was asked for.
    faults: Vec<DraftFault>,
}

impl Unwritten {
    /// Whether somebody else wrote it meanwhile.
    pub(crate) fn stale(&self) -> bool {
        self.faults.contains(&DraftFault::Refused(Refused::Stale))
    }

    /// What is wrong, in words.
    pub(crate) fn reasons(&self, lang: Lang) -> Vec<Reason> {
        self.faults.iter().map(|fault| fault.reason(lang)).collect()
    }
}

/// Writes a draft, and sends it where that is asked for; or the draft as it is, and what is wrong.
pub(crate) async fn write(
    app: &Exchange,
    by: &Actor,
    id: &str,
    command: &Write,
) -> Result<Result<Case, Unwritten>, Refusal> {
    let mut tx = app.write_in(MINISTRY.chain(), by).await?;
    let (seat, case, _) = open_case(&mut tx, by, case_id(id)?).await?;
    let permit = seat.permit_case(Right::RunCase, &case)?;
    let addressees = store::exchange::addressees(&mut tx, case.id).await?;
    let lineage = store::exchange::lineage(&mut tx).await?;
    let newcomers = store::exchange::newcomers(&mut tx).await?;
    let unwritten =
        |case, addressees, faults| Ok(Err(Unwritten { case: Box::new(case), addressees, faults }));
    let known = Bodies::with_later(newcomers.iter().map(Newcomer::body));
    let around = (&lineage, &known);
    let draft = match command.draft(&case, addressees.clone(), around, today(now(app))) {
        Ok(draft) => draft,
        Err(faults) => return unwritten(case, addressees, faults),
    };
    let step = async {
        let edited =
            case.decide(CaseAction::Edit(Box::new(draft)), &permit, command.revision, now(app))?;
        let Decision { value: edited, mut events } = edited;
        if !command.send {
            if !store::exchange::put_case(&mut tx, case.revision, &edited).await? {
                return Err(Refused::Stale.into());
            }
            return Ok::<_, Undone>(tx.commit(Decision { value: edited, events }).await?);
        }
        // Nothing of a case that names a form nobody has may go out.
        if let Some(name) = &edited.form {
            crate::workshop::put_shipped(app, &mut tx, name).await?;
            app.form(&mut tx, name).await?.ok_or(Refused::NoForm)?;
            store::exchange::fix_form(&mut tx, name).await?;
        }
        let sent = send(&edited, &permit, edited.revision, now(app))?;
        events.extend(sent.events);
        let (sent, deliveries) = sent.value;
        if !store::exchange::put_case(&mut tx, case.revision, &edited).await?
            || !store::exchange::put_case(&mut tx, edited.revision, &sent).await?
        {
            return Err(Refused::Stale.into());
        }
        store::exchange::add_deliveries(&mut tx, &deliveries, app.now()).await?;
        let mut mail = Outbox::default();
        for delivery in deliveries.iter().filter(|delivery| delivery.reached()) {
            notices::came_in(app, &mut tx, &mut mail, &sent, delivery).await?;
        }
        Ok(tx.commit(Decision { value: sent, events }).await?)
    };
    match step.await {
        Ok(case) => Ok(Ok(case)),
        Err(undone) => {
            let fault = DraftFault::Refused(undone.refused()?);
            unwritten(case, addressees, vec![fault])
        }
    }
}

/// The page of a draft, with what was typed when it was not taken.
pub(crate) async fn render(
    app: &Exchange,
    visit: SignedIn,
    case: Case,
    entered: Option<Entered>,
    faults: Vec<String>,
    status: StatusCode,
) -> Answer {
    let mut conn = app.store.read().await?;
    let addressees = store::exchange::addressees(&mut conn, case.id).await?;
    // What was told stands; of a form with a fault stands what it was filled in on.
    let (revision, seen) = match &entered {
        Some(entered) if status == StatusCode::UNPROCESSABLE_ENTITY => {
            (entered.revision, entered.seen.clone())
        }
        _ => {
            let stands = Entered::of(&case, &addressees);
            (case.revision, shown::draft(visit.ctx.lang, &case, addressees.len(), &stands).seen())
        }
    };
    let view = Page {
        id: case.id.to_string(),
        revision,
        seen,
        e: entered.unwrap_or_else(|| Entered::of(&case, &addressees)),
        addressees: addressees.len(),
        files: crate::case::attachments::lines(&mut conn, case.id, None).await?,
        forms: (crate::workshop::all(&mut conn).await?.into_iter())
            .map(|form| {
                (
                    format!("{}/{}", form.name.id, form.name.version),
                    format!("{} {}", form.title, form.name.version),
                )
            })
            .collect(),
        prefectures: bodies()
            .iter()
            .filter(|body| is_prefecture(body.code))
            .map(|body| (body.code.to_string(), body.name.clone()))
            .collect(),
        faults,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

pub(crate) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![post("/exchange/cases", may, create), post("/exchange/cases/{id}/draft", may, save)]
}
