//! The record: read, verified, taken out.

use askama::Template;
use audit::{Broken, Chain, Decision, Event, Kind, Record};
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use people::{Deed, Resource};
use serde::Deserialize;
use store::AuditFilter;
use store::verified::Verified;

use crate::People;
use crate::Route;
use crate::record::verify::{self as walking, Outcome};
use kit::error::{CLOSED, Refusal};
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, SignedIn, get, page, post};
use kit::time;

/// Records on a page.
const PAGE: u32 = 100;
/// Records in one file; `noren-server audit export` has no such limit.
const EXPORT: usize = 50_000;

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct Page {
    ctx: Ctx,
    records: Vec<Record>,
    asked: Asked,
    next: Option<String>,
    found: Option<Found>,
    verified: Option<Verified>,
    operator: bool,
    server: bool,
}

/// What a walk over the chain found.
enum Found {
    /// It holds from behind the first number (0: from the beginning) to the second, its end.
    Whole(u64, u64),
    /// The same, and there is more.
    SoFar(u64, u64),
    /// Its first broken record, and when that was verified before, where it was.
    Broken(u64, String, Option<i64>),
}

impl Page {
    fn kind(&self, record: &Record) -> &'static str {
        if self.ctx.lang == kit::http::Lang::Ja { record.kind.ja() } else { record.kind.en() }
    }

    fn at(&self, record: &Record) -> String {
        self.time(&i64::try_from(record.at).unwrap_or_default())
    }

    fn time(&self, ms: &i64) -> String {
        let at = time::civil(*ms);
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        )
    }

    /// From where to where it was verified just now, in words that promise no more.
    fn range(&self, from: &u64, to: &u64) -> String {
        let (from, to) = (*from, *to);
        let next = from + 1;
        let (ja, en) = match (from, to) {
            (0, _) => (
                format!("最初から番号 {to} まで検証しました。つながりは保たれています"),
                format!("Verified from the beginning to number {to}: the chain holds"),
            ),
            (from, to) if from == to => (
                format!("前回検証した番号 {to} のあとに記録はなく、その記録は変わっていません"),
                format!("Nothing was added since number {to} was verified, and it is unchanged"),
            ),
            _ => (
                format!("番号 {next} から {to} まで検証しました。つながりは保たれています"),
                format!("Verified from number {next} to {to}: the chain holds"),
            ),
        };
        if self.ctx.lang == kit::http::Lang::Ja { ja } else { en }
    }

    fn family(&self, from: &str) -> bool {
        self.asked.family == from
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct Asked {
    chain: String,
    from: String,
    until: String,
    family: String,
    /// Not empty: the walk begins at the first record.
    all: String,
    q: String,
    before: String,
}

impl Asked {
    fn filter(&self) -> AuditFilter {
        let family: Option<u16> = self.family.parse().ok().filter(|family| *family < 650);
        let until: Option<jiff::civil::Date> = self.until.parse().ok();
        AuditFilter {
            from: self.from.parse().ok().and_then(time::start_of),
            until: until.and_then(|date| date.tomorrow().ok()).and_then(time::start_of),
            kind_from: family.map(|family| family * 100),
            kind_to: family.map(|family| family * 100 + 99),
            text: self.q.clone(),
            before: self.before.parse().unwrap_or(0),
        }
    }

    fn query(&self, before: u64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (key, value) in [
            ("chain", &self.chain),
            ("from", &self.from),
            ("until", &self.until),
            ("family", &self.family),
            ("q", &self.q),
        ] {
            if !value.is_empty() {
                query.append_pair(key, value);
            }
        }
        query.append_pair("before", &before.to_string());
        query.finish()
    }
}

/// The chain that was asked for: the own body's, or, for an operator, the server's.
fn chain(visit: &SignedIn, deed: Deed, asked: &str) -> Result<Chain, Refusal> {
    if asked == "server" {
        visit.permit_on(Deed::ManageBodies, Resource::SERVER)?;
        return Ok(Chain::SERVER);
    }
    Ok(visit.permit(deed)?.body().chain())
}

async fn list(visit: SignedIn, State(app): State<People>, Query(asked): Query<Asked>) -> Answer {
    let chain = chain(&visit, Deed::SeeAudit, &asked.chain)?;
    render(&app, visit, chain, asked, None).await
}

async fn render(
    app: &People,
    visit: SignedIn,
    chain: Chain,
    asked: Asked,
    found: Option<Found>,
) -> Answer {
    let mut conn = app.store.read().await?;
    let mut records = store::audit_page(&mut conn, chain, &asked.filter(), PAGE + 1).await?;
    let more = records.len() > PAGE as usize;
    records.truncate(PAGE as usize);
    let next = more.then(|| records.last().map(|last| asked.query(last.seq))).flatten();
    let verified = store::verified::find(&mut conn, chain).await?;
    let operator = visit.actor.operator;
    let server = chain == Chain::SERVER;
    page(Page { ctx: visit.ctx, records, asked, next, found, verified, operator, server })
}

async fn verify(visit: SignedIn, State(app): State<People>, Form(asked): Form<Asked>) -> Answer {
    let chain = chain(&visit, Deed::SeeAudit, &asked.chain)?;
    let Some(_turn) = app.verifying.turn(chain) else {
        return Err(Refusal::Unavailable("verifying"));
    };
    if !crate::record::anchors::watch(&app).await? {
        return Err(Refusal::Unavailable(CLOSED));
    }
    // In a snapshot: whoever writes meanwhile does not wait for it.
    let all = !asked.all.is_empty();
    let (outcome, before) = walking::for_page(&app.store, chain, all).await?;
    let from = before.filter(|_| !all).map_or(0, |before| before.head.seq);
    let found = match outcome {
        Outcome::Holds(head) => Found::Whole(from, head.seq),
        Outcome::SoFar(head) => Found::SoFar(from, head.seq),
        Outcome::Broken(broken) => {
            let gone = matches!(broken, Broken::Gone { .. });
            let at = before.filter(|_| gone).map(|before| before.at);
            Found::Broken(broken.seq(), broken.to_string(), at)
        }
    };
    let result = match &found {
        Found::Whole(from, to) => format!("records {} to {to} hold", from + 1),
        Found::SoFar(from, to) => format!("records {} to {to} hold, there are more", from + 1),
        Found::Broken(_, text, _) => text.clone(),
    };
    let mut tx = app.write_in(chain, &visit.actor).await?;
    if let Some(verified) = walking::kept(outcome, before, all, app.now()) {
        store::verified::put(&mut tx, chain, &verified).await?;
    }
    tx.commit(Decision::new(
        (),
        Event::new(chain, visit.actor.who(), Kind::AUDIT_VERIFIED, result),
    ))
    .await?;
    render(&app, visit, chain, asked, Some(found)).await
}

async fn export(
    visit: SignedIn,
    State(app): State<People>,
    Form(asked): Form<Asked>,
) -> Result<Response, Refusal> {
    let chain = chain(&visit, Deed::ExportAudit, &asked.chain)?;
    let mut filter = AuditFilter { before: 0, ..asked.filter() };
    let mut conn = app.store.read().await?;
    let mut records: Vec<Record> = Vec::new();
    loop {
        let part = store::audit_page(&mut conn, chain, &filter, 2_000).await?;
        filter.before = match part.last() {
            Some(last) if records.len() < EXPORT => last.seq,
            _ => break,
        };
        records.extend(part);
    }
    drop(conn);
    records.truncate(EXPORT);
    records.reverse();
    let mut text = String::from("\u{feff}");
    text.push_str(audit::CSV_HEADER);
    for record in &records {
        text.push_str(&audit::csv(
            record,
            &time::rfc3339(i64::try_from(record.at).unwrap_or_default()),
        ));
    }
    let event = Event::new(chain, visit.actor.who(), Kind::AUDIT_EXPORTED, "csv")
        .with("count", records.len());
    let tx = app.write_in(chain, &visit.actor).await?;
    tx.commit(Decision::new((), event)).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"audit.csv\""),
        ),
    ];
    Ok((headers, text).into_response())
}

pub(super) fn routes() -> Vec<Route> {
    let see = May(Deed::SeeAudit);
    vec![
        get("/admin/audit", see, list),
        post("/admin/audit/verify", see, verify).cuts(),
        post("/admin/audit/export", May(Deed::ExportAudit), export).fresh(),
    ]
}
