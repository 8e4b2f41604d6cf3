//! The forms and their versions; a form as a file.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use exchange::form::{Form, FormRef, shipped};
use people::Deed;
use serde::Deserialize;
use store::Conn;

use super::{Which, may_add, source_of};
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Lang, SignedIn, get, page};

#[derive(Template)]
#[template(path = "exchange/forms.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    may_add: bool,
    q: String,
    page: usize,
    more: bool,
}

/// Rows on one page.
const ROWS: usize = 100;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    page: Option<usize>,
}

struct Row {
    title: String,
    id: String,
    version: String,
    /// The query that names it.
    query: String,
    added: Option<i64>,
    added_by: String,
    /// Whether a case was sent with it.
    fixed: bool,
}

async fn show(visit: SignedIn, State(app): State<Exchange>, Query(asked): Query<Asked>) -> Answer {
    let mut conn = app.store.read().await?;
    let q: String = asked.q.trim().chars().take(100).collect();
    let at = asked.page.unwrap_or(1).clamp(1, 10_000);
    let (rows, more) = found(&mut conn, &q, at).await?;
    drop(conn);
    let row = |form: Known| Row {
        query: query(&form.name),
        title: form.title,
        id: form.name.id,
        version: form.name.version,
        added: form.added,
        added_by: form.added_by,
        fixed: form.fixed,
    };
    let may_add = may_add(&visit.actor);
    page(Page {
        ctx: visit.ctx,
        rows: rows.into_iter().map(row).collect(),
        may_add,
        q,
        page: at,
        more,
    })
}

/// A page of the forms that are called so, and whether there is another.
pub(crate) async fn found(
    conn: &mut Conn,
    q: &str,
    page: usize,
) -> Result<(Vec<Known>, bool), Refusal> {
    let mut forms = all(conn).await?;
    forms.retain(|form| {
        [&form.title, &form.name.id, &form.name.version].iter().any(|text| text.contains(q))
    });
    let more = forms.len() > page * ROWS;
    Ok((forms.into_iter().skip((page - 1) * ROWS).take(ROWS).collect(), more))
}

/// A form one can choose.
pub(crate) struct Known {
    pub(crate) name: FormRef,
    pub(crate) title: String,
    /// When it was added, Unix milliseconds; nothing for one that comes with the server.
    pub(crate) added: Option<i64>,
    /// By whom.
    pub(crate) added_by: String,
    /// Whether a case was sent with it.
    pub(crate) fixed: bool,
    /// Which text it is, in short; nothing for one that comes with the server.
    pub(crate) revision: Option<String>,
}

/// Every form: those that were added, and those that come with the server.
pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<Known>, Refusal> {
    let added = store::exchange::forms(conn).await?;
    let mut all: Vec<Known> = added
        .into_iter()
        .map(|form| Known {
            revision: Some(super::shown(Lang::Ja, Some(&form)).revision()),
            name: form.name,
            title: form.title,
            added: Some(form.added),
            added_by: form.added_by,
            fixed: form.fixed,
        })
        .collect();
    for form in shipped::ALL.into_iter().filter_map(|source| Form::read(source).ok()) {
        if all.iter().all(|known| known.name != form.name) {
            all.push(Known {
                name: form.name,
                title: form.title,
                added: None,
                added_by: String::new(),
                fixed: false,
                revision: None,
            });
        }
    }
    Ok(all)
}

/// Keeps a form that comes with the server, when a case is to go out with it.
pub(crate) async fn put_shipped(
    app: &Exchange,
    conn: &mut Conn,
    name: &FormRef,
) -> Result<(), Refusal> {
    if store::exchange::form(conn, name).await?.is_none()
        && let Some(source) = source_of(conn, name).await?
        && let Ok(form) = Form::read(&source)
    {
        store::exchange::put_form(conn, name, &form.title, &source, app.now(), "").await?;
    }
    Ok(())
}

/// `id=telework&version=...`
pub(super) fn query(name: &FormRef) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("id", &name.id)
        .append_pair("version", &name.version)
        .finish()
}

async fn file(
    _: SignedIn,
    State(app): State<Exchange>,
    Query(which): Query<Which>,
) -> Result<Response, Refusal> {
    let name = FormRef { id: which.id, version: which.version };
    let mut conn = app.store.read().await?;
    let source = source_of(&mut conn, &name).await?.ok_or(Refusal::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"form.toml\""),
        ),
    ];
    Ok((headers, source).into_response())
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![get("/exchange/forms", may, show), get("/exchange/forms/file", may, file)]
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::testing::Town;

    #[tokio::test]
    async fn the_shipped_surveys_are_there_and_can_be_taken_out() {
        let town = Town::new().await;
        let mut hr = town.sign_in("hr1").await;
        let reply = hr.get("/exchange/forms").await;
        let text = reply.ok();
        for words in ["地方公共団体におけるテレワークの取組状況調査", "令和3年", "令和2年"]
        {
            assert!(text.contains(words), "{words} in {text}");
        }
        let found = hr.get("/exchange/forms?q=%E4%BB%A4%E5%92%8C3").await;
        assert!(found.ok().contains("令和3年") && !found.text().contains("令和2年"));
        assert!(hr.get("/exchange/forms?page=2").await.ok().contains("見つかりません"));
        let query = "id=telework&version=%E4%BB%A4%E5%92%8C3%E5%B9%B4";
        let file = hr.get(&format!("/exchange/forms/file?{query}")).await;
        assert_eq!(file.ok(), exchange::form::shipped::TELEWORK_R3);
        assert_eq!(
            hr.get("/exchange/forms/file?id=telework&version=x").await.status,
            StatusCode::NOT_FOUND
        );
    }
}
