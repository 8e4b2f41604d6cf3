//! A form as a desk would see it, with routing, checks and computed values; nothing is kept.

use askama::Template;
use axum::Json as Said;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use exchange::draft::Typed;
use exchange::form::{Form as Survey, FormRef};
use people::Deed;
use serde::Deserialize;

use super::{Which, check, seen_of, source_of};
use crate::Exchange;
use crate::Route;
use crate::fields::{self, Field, Input, Pairs, Setting};
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Json, SignedIn, get, page, post};

#[derive(Template)]
#[template(path = "exchange/form_try.html")]
struct Page {
    ctx: Ctx,
    title: String,
    version: String,
    source: String,
    /// What was shown of the form that is kept: it goes back to the editor.
    seen: String,
    fields: Vec<Field>,
    /// Whether the answers were looked at as a whole, and what came of it.
    verdict: Option<Verdict>,
}

struct Verdict {
    wrong: usize,
    missing: usize,
}

async fn open(visit: SignedIn, State(app): State<Exchange>, Query(which): Query<Which>) -> Answer {
    let name = FormRef { id: which.id, version: which.version };
    let mut conn = app.store.read().await?;
    let source = source_of(&mut conn, &name).await?.ok_or(Refusal::NotFound)?;
    let seen = seen_of(&mut conn, visit.ctx.lang, &name).await?;
    drop(conn);
    show(visit, source, seen, Vec::new())
}

async fn try_out(visit: SignedIn, Form(mut pairs): Form<Pairs>) -> Answer {
    let at =
        pairs.iter().position(|(name, _)| name == "source").ok_or(Refusal::Malformed("source"))?;
    let source = pairs.swap_remove(at).1.replace("\r\n", "\n");
    let seen = pairs.iter().position(|(name, _)| name == "seen").map(|at| pairs.swap_remove(at).1);
    show(visit, source, seen.unwrap_or_default(), pairs)
}

fn show(visit: SignedIn, source: String, seen: String, pairs: Pairs) -> Answer {
    let Ok(form) = Survey::read(&source) else {
        return check::judge(visit, source, seen, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let looked_at = pairs.iter().any(|(name, _)| name == "check");
    let typed = Typed::from_pairs(&form, pairs);
    let checked = typed.check(&form, None);
    let setting = setting(&form, &typed, &checked, looked_at, &visit.ctx);
    let fields = fields::fields(&setting);
    let verdict = looked_at.then(|| {
        let missing = checked.faults.iter().filter(|fault| fault.what.is_missing()).count();
        Verdict { wrong: checked.faults.len() - missing, missing }
    });
    let (title, version) = (form.title.clone(), form.name.version.clone());
    page(Page { title, version, source, seen, fields, verdict, ctx: visit.ctx })
}

#[derive(Deserialize)]
struct Asked {
    source: String,
    fields: Pairs,
}

async fn hints(visit: SignedIn, Json(asked): Json<Asked>) -> Result<Response, Refusal> {
    let form = Survey::read(&asked.source.replace("\r\n", "\n"))
        .map_err(|_| Refusal::Malformed("form"))?;
    let typed = Typed::from_pairs(&form, asked.fields);
    let checked = typed.check(&form, None);
    let hints = fields::hints(&setting(&form, &typed, &checked, false, &visit.ctx));
    Ok(Said(serde_json::json!({ "hints": hints })).into_response())
}

fn setting<'a>(
    form: &'a Survey,
    typed: &'a Typed,
    checked: &'a exchange::draft::Checked,
    missing_counts: bool,
    ctx: &Ctx,
) -> Setting<'a> {
    Setting { form, typed, checked, previous: None, open: None, missing_counts, lang: ctx.lang }
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![
        get("/exchange/forms/try", may, open),
        post("/exchange/forms/try", may, try_out),
        post("/exchange/forms/hints", may, hints),
    ]
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use exchange::form::shipped::TELEWORK_R3;

    use crate::testing::Town;

    /// What the page says of a question: whether it is asked.
    fn asked(text: &str, id: &str) -> bool {
        let from = text.find(&format!("data-question=\"{id}\"")).unwrap();
        text[from..].split_once("data-asked=\"").unwrap().1.starts_with("true")
    }

    #[tokio::test]
    async fn routing_checks_and_computed_values_work_without_a_script() {
        let town = Town::new().await;
        let mut hr = town.sign_in("hr1").await;
        let empty =
            hr.get("/exchange/forms/try?id=telework&version=%E4%BB%A4%E5%92%8C3%E5%B9%B4").await;
        assert!(
            asked(empty.ok(), "staff")
                && !asked(empty.text(), "forms")
                && asked(empty.text(), "reasons")
        );
        let fields = [
            ("source", TELEWORK_R3),
            ("q.staff", "２，４１５人"),
            ("q.adoption", "formal"),
            ("q.forms", "home"),
            ("q.forms", "other"),
            ("q.excluded", "274"),
            ("q.able", "642"),
            ("q.users", "700"),
            ("q.part_time", "included"),
            ("check", "1"),
        ];
        let tried = hr.post("/exchange/forms/try", &fields).await;
        let text = tried.ok();
        assert!(asked(text, "forms") && !asked(text, "reasons"));
        assert!(text.contains("30.0％（642 ÷ 2,141）"), "{text}");
        assert!(text.contains("利用職員数は実施可能職員数以下でなければなりません。"));
        assert_eq!(
            text.matches(" checked").count(),
            4,
            "both forms, the adoption and part-time staff"
        );
        assert!(text.contains("value=\"２，４１５人\""), "as it was typed");
    }

    #[tokio::test]
    async fn hints_are_the_same_checks() {
        let town = Town::new().await;
        let mut hr = town.sign_in("hr1").await;
        hr.get("/exchange/forms").await;
        let ask = serde_json::json!(
            { "source": TELEWORK_R3,
                "fields": [["q.staff", "2021/10/1"], ["q.adoption", "none"]] });
        let reply = hr.json("/exchange/forms/hints", &ask).await;
        let said: serde_json::Value = serde_json::from_slice(reply.ok().as_bytes()).unwrap();
        let of = |id: &str| {
            said["hints"]["questions"]
                .as_array()
                .unwrap()
                .iter()
                .find(|q| q["id"] == id)
                .unwrap()
                .clone()
        };
        assert_eq!(of("staff")["faults"][0][0], "q.staff");
        assert!(of("staff")["faults"][0][1].as_str().unwrap().contains("日付"), "{said}");
        assert_eq!(
            (of("reasons")["asked"].clone(), of("forms")["asked"].clone()),
            (true.into(), false.into())
        );
        assert_eq!(
            of("reasons")["faults"],
            serde_json::json!([]),
            "nobody is told of what is not typed yet"
        );
        assert_eq!(said["hints"]["missing"], 1);
        let broken = hr
            .json("/exchange/forms/hints", &serde_json::json!({ "source": "x", "fields": [] }))
            .await;
        assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    }
}
