//! The forms and their versions; a form as a file.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use exchange::form::{Form, FormRef, shipped};
use people::Action;

use super::{Which, may_add, source_of};
use crate::app::App;
use crate::error::Refusal;
use crate::http::Access::May;
use crate::http::{Answer, Ctx, Route, SignedIn, get, page};

#[derive(Template)]
#[template(path = "exchange/forms.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    may_add: bool,
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

async fn show(visit: SignedIn, State(app): State<App>) -> Answer {
    let mut conn = app.store.read().await?;
    let added = store::exchange::forms(&mut conn).await?;
    let mut rows: Vec<Row> = added
        .into_iter()
        .map(|form| Row {
            query: query(&form.name),
            title: form.title,
            id: form.name.id,
            version: form.name.version,
            added: Some(form.added),
            added_by: form.added_by,
            fixed: form.fixed,
        })
        .collect();
    for form in shipped::ALL.into_iter().filter_map(|source| Form::read(source).ok()) {
        if !rows.iter().any(|row| row.id == form.name.id && row.version == form.name.version) {
            let query = query(&form.name);
            let (title, FormRef { id, version }) = (form.title, form.name);
            rows.push(Row { title, id, version, query, added: None, added_by: String::new(), fixed: false });
        }
    }
    let may_add = may_add(&visit);
    page(Page { ctx: visit.ctx, rows, may_add })
}

/// `id=telework&version=...`
pub(super) fn query(name: &FormRef) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("id", &name.id)
        .append_pair("version", &name.version)
        .finish()
}

async fn file(_: SignedIn, State(app): State<App>, Query(which): Query<Which>) -> Result<Response, Refusal> {
    let name = FormRef { id: which.id, version: which.version };
    let mut conn = app.store.read().await?;
    let source = source_of(&mut conn, &name).await?.ok_or(Refusal::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"form.toml\"")),
    ];
    Ok((headers, source).into_response())
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Action::UseExchange);
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
        for words in ["地方公共団体におけるテレワークの取組状況調査", "令和3年", "令和2年"] {
            assert!(text.contains(words), "{words} in {text}");
        }
        let query = "id=telework&version=%E4%BB%A4%E5%92%8C3%E5%B9%B4";
        let file = hr.get(&format!("/exchange/forms/file?{query}")).await;
        assert_eq!(file.ok(), exchange::form::shipped::TELEWORK_R3);
        assert_eq!(hr.get("/exchange/forms/file?id=telework&version=x").await.status, StatusCode::NOT_FOUND);
    }
}
