//! `/admin/exchange`: which division is which desk.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Event, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use exchange::case::{DESKS, Desks};
use people::{Actor, BodyCode, Deed, DivisionId, Resource};
use store::Conn;
use store::changes::{Change, ChangeKind};

use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown, yes};
use kit::http::{Answer, Ctx, Form, Lang, SignedIn, get, page_with, post, see_other};
use kit::ports::{Says, WaitingChange};
use kit::second::{self, Asked, Officers, Waits, by_itself, json, unjson};

#[derive(Template)]
#[template(path = "exchange/desks.html")]
struct Page {
    ctx: Ctx,
    lines: Vec<Line>,
    divisions: Vec<(String, String)>,
    approval: bool,
    /// What stands now, for the field that comes back.
    seen: String,
    /// What waits, in words.
    waits: Option<Waits>,
    changed: Changed,
}

struct Line {
    place: usize,
    name: &'static str,
    division: String,
}

/// The general desk first, then those that can be addressed.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once("").chain(DESKS)
}

async fn show(visit: SignedIn, State(app): State<Exchange>) -> Answer {
    render(&app, visit, None, Changed::default()).await
}

/// The page, with what stands or with what was entered.
async fn render(
    app: &Exchange,
    visit: SignedIn,
    entered: Option<Desks>,
    changed: Changed,
) -> Answer {
    let permit = visit.permit(Deed::ManageExchange)?;
    let lang = visit.ctx.lang;
    let mut conn = app.store.read().await?;
    let stands = store::exchange::desks(&mut conn, permit.body()).await?;
    let seen = changed.seen(None, &shown(&mut conn, lang, permit.body(), &stands).await?);
    let desks = entered.unwrap_or(stands);
    let divisions = store::divisions::all(&mut conn, permit.body()).await?;
    let waits = match store::changes::about(&mut conn, permit.body(), ChangeKind::Desks, "").await?
    {
        Some(change) => Some(Waits::of(&change, words(&mut conn, lang, &change).await?)),
        None => None,
    };
    let line = |(place, name): (usize, &'static str)| Line {
        place,
        name: label(lang, name),
        division: desks.divisions.get(name).map(DivisionId::to_string).unwrap_or_default(),
    };
    let status = if changed.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    page_with(
        status,
        Page {
            lines: names().enumerate().map(line).collect(),
            divisions: divisions
                .into_iter()
                .map(|division| (division.id.to_string(), division.name.to_string()))
                .collect(),
            approval: desks.approval,
            seen,
            waits,
            changed,
            ctx: visit.ctx,
        },
    )
}

fn label(lang: Lang, name: &'static str) -> &'static str {
    if name.is_empty() {
        lang.t("すべての窓口（個別の指定がないとき）", "Every desk without one of its own")
    } else {
        name
    }
}

/// What the form shows of the desks.
pub(crate) async fn shown(
    conn: &mut Conn,
    lang: Lang,
    body: BodyCode,
    desks: &Desks,
) -> Result<Shown, Refusal> {
    let divisions = store::divisions::all(conn, body).await?;
    let approval =
        lang.t("提出の前に庁内承認を必要とする", "Nothing is submitted without approval");
    let mut shown = Shown::default().with("approval", approval, yes(lang, desks.approval));
    for name in names() {
        let division =
            desks.divisions.get(name).and_then(|id| divisions.iter().find(|one| one.id == *id));
        let text = division.map_or(String::new(), |one| format!("{}（{}）", one.name, one.code));
        shown = shown.with(format!("desk-{name}"), label(lang, name), text);
    }
    Ok(shown)
}

async fn save(
    visit: SignedIn,
    State(app): State<Exchange>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let field = |name: &str| {
        fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    };
    let mut given = BTreeMap::new();
    for (place, name) in names().enumerate() {
        let id = field(&format!("desk-{place}"));
        if !id.is_empty() {
            given.insert(name.to_owned(), id.parse::<DivisionId>().map_err(|_| Refusal::NotFound)?);
        }
    }
    let entered = Desks { approval: field("approval") == "yes", divisions: given };
    let lang = visit.ctx.lang;
    match change(&app, &visit.actor, lang, entered.clone(), Seen::Form(field("seen"))).await? {
        Ok(false) => Ok(see_other("/admin/exchange?done=saved")),
        Ok(true) => Ok(see_other("/admin/exchange?done=change-asked")),
        Err(changed) => render(&app, visit, Some(entered), changed).await,
    }
}

/// Says which division is which desk, all at once, and whether answers want an approval inside the
/// office. `seen` is what the sender saw of what stands. What asks for less, or lets others
/// approve, waits for a second person or for the next midnight; answers whether something waits.
pub(crate) async fn change(
    app: &Exchange,
    by: &Actor,
    lang: Lang,
    wanted: Desks,
    seen: Seen<'_>,
) -> Result<Result<bool, Changed>, Refusal> {
    let permit = by.permit(Deed::ManageExchange, Resource::body(by.body))?;
    let body = permit.body();
    let mut tx = app.write_as(&permit).await?;
    let before = store::exchange::desks(&mut tx, body).await?;
    let changed = shown(&mut tx, lang, body, &before).await?.unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(changed));
    }
    for id in wanted.divisions.values() {
        store::divisions::find(&mut tx, body, *id).await?.ok_or(Refusal::NotFound)?;
    }
    // An approval that is newly asked for is asked for at once.
    let now =
        Desks { approval: before.approval || wanted.approval, divisions: before.divisions.clone() };
    let mut events = Vec::new();
    if now != before || wanted == before {
        store::exchange::put_desks(&mut tx, body, &now).await?;
        let event = permit
            .event(Kind::DESKS_CHANGED, body)
            .with("approval_before", before.approval)
            .with("approval", now.approval);
        events.push(listed(&mut tx, body, event, &now).await?);
    }
    // A form that leaves everything as it is leaves what waits waiting; it is taken back on
    // `/admin/changes`.
    let waits = wanted != now;
    if waits {
        let now = app.now();
        let begins = by_itself(now, now);
        let mut officers = Officers::of(&mut tx, body, now).await?;
        let asked = Asked {
            kind: ChangeKind::Desks,
            subject: "",
            doc: json(&wanted)?,
            begins,
            named: body.as_str(),
        };
        events.push(second::ask(app, &mut tx, &permit, &mut officers, asked).await?);
    }
    tx.commit(Decision { value: (), events }).await?;
    Ok(Ok(waits))
}

/// An event with the division of each desk, by its code.
pub(crate) async fn listed(
    conn: &mut Conn,
    body: BodyCode,
    mut event: Event,
    desks: &Desks,
) -> Result<Event, Refusal> {
    for (name, id) in &desks.divisions {
        let code = store::divisions::find(conn, body, *id)
            .await?
            .map_or(String::new(), |division| division.code);
        event = event.with("desk", format!("{name}: {code}"));
    }
    Ok(event)
}

/// The change of desks that waits for a second person.
pub const CHANGE: WaitingChange = WaitingChange {
    kind: ChangeKind::Desks,
    begin: |tx, change, event| Box::pin(begin(tx, change, event)),
    words: |conn, lang, change| Box::pin(words(conn, lang, change)),
};

async fn begin(
    tx: &mut store::Tx,
    change: &Change,
    event: Says<'_>,
) -> Result<Vec<Event>, Refusal> {
    let body = change.body;
    let desks: Desks = unjson(&change.doc)?;
    store::exchange::put_desks(tx, body, &desks).await?;
    let event = event(Kind::DESKS_CHANGED, body.to_string()).with("approval", desks.approval);
    Ok(vec![listed(tx, body, event, &desks).await?])
}

/// What would come to be, in words.
async fn words(conn: &mut Conn, lang: Lang, change: &Change) -> Result<String, Refusal> {
    let body = change.body;
    let wanted: Desks = unjson(&change.doc)?;
    let now = store::exchange::desks(conn, body).await?;
    let divisions = store::divisions::all(conn, body).await?;
    let name = |id: Option<&DivisionId>| {
        id.and_then(|id| divisions.iter().find(|one| one.id == *id))
            .map_or(lang.t("（なし）", "(none)"), |one| one.name.as_str())
    };
    let mut parts = Vec::new();
    if now.approval && !wanted.approval {
        parts
            .push(lang.t("提出の前の庁内承認をやめる", "No approval before submission").to_owned());
    }
    for desk in names() {
        let (was, is) = (now.divisions.get(desk), wanted.divisions.get(desk));
        if was != is {
            let label =
                if desk.is_empty() { lang.t("すべての窓口", "Every desk") } else { desk };
            parts.push(format!("{label}{}{} → {}", lang.t("：", ": "), name(was), name(is)));
        }
    }
    Ok(format!("{} {}", lang.t("調査・照会の窓口", "Survey desks"), parts.join(lang.t("、", ", "))))
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::ManageExchange);
    vec![get("/admin/exchange", may, show), post("/admin/exchange", may, save)]
}
