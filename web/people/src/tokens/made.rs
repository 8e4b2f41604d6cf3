//! `/admin/tokens`: the tokens of the body's programs. A token is shown once, when it is made.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Event, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{BodyCode, Deed, StaffId, StaffState, TokenId};
use store::tokens::Token;

use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::PREFIX;
use kit::http::Scope;
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page_with, post, see_other};
use kit::http::{scope_names as names, unproved_scopes as unproved};
use kit::secrets::sha256;

/// Most tokens in force in one body.
const MOST: i64 = 100;
const DAY_MS: i64 = 86_400_000;
/// The field that says that some of it is done without a proof.
const UNPROVED: &str = "unproved";
/// Longest life of a token, days.
pub const LONGEST: i64 = 366;

#[derive(Template)]
#[template(path = "tokens.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    scopes: Vec<(&'static str, &'static str, bool)>,
    /// Those that do without a proof of the factors what a page asks one for.
    unproved: Vec<(&'static str, &'static str, bool)>,
    /// Whether that was said of them.
    said: bool,
    staff: Vec<(String, String, bool)>,
    name: String,
    days: String,
    faults: Vec<&'static str>,
    /// The token that was just made: name, secret, and whether it waits for its person's consent.
    made: Option<(String, String, bool)>,
}

struct Row {
    id: String,
    name: String,
    whose: String,
    scopes: String,
    expires: i64,
    used: i64,
    state: (&'static str, &'static str),
    live: bool,
}

async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
    render(&app, visit, &BTreeMap::new(), Vec::new(), None).await
}

async fn make(
    visit: SignedIn,
    State(app): State<People>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTokens)?;
    let (body, now, lang) = (permit.body(), app.now(), visit.ctx.lang);
    let text = |name: &str| fields.get(name).map_or("", String::as_str).trim();
    let name: String = text("name").chars().filter(|c| !people::tricks(*c)).take(60).collect();
    let scopes: Vec<Scope> =
        Scope::ALL.into_iter().filter(|scope| text(scope.name()) == "yes").collect();
    let days = text("days").parse::<i64>().unwrap_or(0);
    let mut tx = app.write_as(&permit).await?;
    let staff = match text("staff").parse() {
        Ok(id) => store::staff::find(&mut tx, body, id)
            .await?
            .filter(|staff| staff.state == StaffState::Active),
        Err(_) => None,
    };
    let mut faults = Vec::new();
    if name.is_empty() {
        faults.push(lang.t("名前を入れてください。", "Please enter a name."));
    }
    if scopes.is_empty() {
        faults.push(lang.t("できることを1つは選んでください。", "Choose at least one scope."));
    }
    // What a person does only after a proof, a program does without: that is said by itself.
    if scopes.iter().any(|scope| scope.unproved()) && text(UNPROVED) != "yes" {
        faults.push(lang.t(
            "本人確認なしで行えることを選ぶ場合は、その確認欄にも印を付けてください。",
            "Where it does without a proof what a page asks one for, tick that too.",
        ));
    }
    if !(1..=LONGEST).contains(&days) {
        faults.push(lang.t("期限は1〜366日です。", "It ends after 1 to 366 days."));
    }
    if staff.is_none() {
        faults.push(
            lang.t("だれの権限で動くかを選んでください。", "Choose with whose rights it acts."),
        );
    }
    // Nobody gives what is the server's but who runs it, nor to anybody else who does not.
    let runs = visit.actor.operator && staff.as_ref().is_none_or(|staff| staff.operator);
    if scopes.contains(&Scope::ExchangeCarry) && !runs {
        faults.push(lang.t(
            "サーバー間の受け渡しは、サーバーの管理者が自分の権限にだけ付けられます。",
            "Bundles between servers are for who runs this server alone.",
        ));
    }
    if store::tokens::in_force(&mut tx, body, now).await? >= MOST {
        faults.push(lang.t(
            "トークンが多すぎます。使わないものを失効させてください。",
            "Too many tokens: revoke some.",
        ));
    }
    let Some(staff) = staff.filter(|_| faults.is_empty()) else {
        drop(tx);
        return render(&app, visit, &fields, faults, None).await;
    };
    let (mut token, secret) = minted(&app, body, staff.id, &name, &scopes, days);
    token.asked_by = Some(permit.actor());
    // Nobody acts in somebody else's name but with her word: hers is given on her own page.
    let own = staff.id == permit.actor();
    token.consented = if own { app.now() } else { 0 };
    store::tokens::add(&mut tx, &token).await?;
    let event = permit
        .event(if own { Kind::API_TOKEN_MADE } else { Kind::API_TOKEN_ASKED }, &name)
        .with("token", token.id)
        .with("for", &staff.login)
        .with("scopes", names(token.scopes).join(" "))
        .with("days", days);
    let event = with_unproved(event, token.scopes);
    tx.commit(Decision::new((), event)).await?;
    render(&app, visit, &BTreeMap::new(), Vec::new(), Some((name, secret, !own))).await
}

/// Says on record what a token does without a proof of the factors, where it does.
pub fn with_unproved(event: Event, scopes: u64) -> Event {
    match unproved(scopes).join(" ") {
        none if none.is_empty() => event,
        some => event.with("unproved", some),
    }
}

/// A new token that its person has consented to, and its secret: what is shown once.
pub fn minted(
    app: &People,
    body: BodyCode,
    staff: StaffId,
    name: &str,
    scopes: &[Scope],
    days: i64,
) -> (Token, String) {
    let secret = format!("{PREFIX}{}", app.random_token());
    let now = app.now();
    let token = Token {
        id: TokenId(app.random()),
        body,
        staff,
        asked_by: None,
        name: name.chars().filter(|c| !people::tricks(*c)).take(60).collect(),
        hash: sha256(secret.as_bytes()),
        scopes: scopes.iter().fold(0, |bits, scope| bits | scope.bit()),
        created: now,
        expires: now + days * DAY_MS,
        consented: now,
        revoked: 0,
        used: 0,
    };
    (token, secret)
}

async fn revoke(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTokens)?;
    let id: TokenId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut tx = app.write_as(&permit).await?;
    let token = store::tokens::revoke(&mut tx, permit.body(), id, app.now())
        .await?
        .ok_or(Refusal::NotFound)?;
    let event = permit.event(Kind::API_TOKEN_REVOKED, &token.name).with("token", token.id);
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other("/admin/tokens?done=token-revoked"))
}

async fn render(
    app: &People,
    visit: SignedIn,
    fields: &BTreeMap<String, String>,
    faults: Vec<&'static str>,
    made: Option<(String, String, bool)>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTokens)?;
    let lang = visit.ctx.lang;
    let now = app.now();
    let mut conn = app.store.read().await?;
    let tokens = store::tokens::all(&mut conn, permit.body()).await?;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    drop(conn);
    let rows = tokens.into_iter().take(500).map(|token| {
        let whose = staff.iter().find(|one| one.id == token.staff);
        let active = whose.is_some_and(|one| one.state == StaffState::Active);
        let state = if token.revoked != 0 {
            ("off", lang.t("失効", "Revoked"))
        } else if token.expires <= now {
            ("off", lang.t("期限切れ", "Ended"))
        } else if token.consented == 0 {
            ("warn", lang.t("本人の同意待ち", "Waits for consent"))
        } else if !active {
            ("warn", lang.t("本人が停止中", "Person suspended"))
        } else {
            ("good", lang.t("有効", "In force"))
        };
        Row {
            id: token.id.to_string(),
            name: token.name,
            whose: whose.map_or(String::new(), |one| format!("{}（{}）", one.name, one.login)),
            scopes: names(token.scopes).join(", "),
            expires: token.expires,
            used: token.used,
            live: token.revoked == 0 && token.expires > now,
            state,
        }
    });
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let choices = |apart: bool| {
        let some = Scope::ALL.into_iter().filter(|scope| scope.unproved() == apart);
        let choice = some.map(|scope| {
            let (ja, en) = scope.words();
            (scope.name(), lang.t(ja, en), field(scope.name()) == "yes")
        });
        choice.collect()
    };
    let (scopes, unproved, said) = (choices(false), choices(true), field(UNPROVED) == "yes");
    let chosen = field("staff");
    let people = staff.iter().filter(|one| one.state == StaffState::Active).map(|one| {
        let id = one.id.to_string();
        let is = id == chosen;
        (id, format!("{}（{}）", one.name, one.login), is)
    });
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (name, days) = (
        field("name").to_owned(),
        if fields.is_empty() { "90".to_owned() } else { field("days").to_owned() },
    );
    let (rows, people) = (rows.collect(), people.collect());
    page_with(
        status,
        Page {
            ctx: visit.ctx,
            rows,
            scopes,
            unproved,
            said,
            staff: people,
            name,
            days,
            faults,
            made,
        },
    )
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::ManageTokens);
    vec![
        get("/admin/tokens", may, show),
        post("/admin/tokens", may, make).fresh(),
        post("/admin/tokens/{id}/revoke", may, revoke).cuts(),
    ]
}
