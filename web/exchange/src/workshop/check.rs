//! Writing a form: pasted or uploaded, and what the checker says of it.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use exchange::form::{Form as Survey, FormRef, Kind, Question, shipped};
use people::Deed;
use serde::Deserialize;

use super::{Found, Which, found, may_add, seen_of, source_of};
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Shown};
use kit::http::{Answer, Ctx, Form, Lang, SignedIn, Upload, get, page, page_with, post};
use kit::limit::UPLOAD;

#[derive(Template)]
#[template(path = "exchange/form_edit.html")]
pub(super) struct Page {
    pub(super) ctx: Ctx,
    pub(super) source: String,
    pub(super) faults: Vec<Found>,
    /// A file that could not be taken.
    pub(super) refused: Option<(&'static str, &'static str)>,
    pub(super) good: Option<Summary>,
    pub(super) may_add: bool,
    /// What was shown of the form that is kept, for the field that comes back.
    pub(super) seen: String,
    /// What of it was not.
    pub(super) changed: Changed,
}

/// What a good form holds.
pub(super) struct Summary {
    title: String,
    version: String,
    as_of: String,
    previous: String,
    /// Label, kind and remarks of each question.
    questions: Vec<(String, &'static str, String)>,
    checks: usize,
    tables: Vec<String>,
}

/// A pasted form.
#[derive(Deserialize)]
pub(super) struct Pasted {
    /// What the editor showed of the form that is kept.
    #[serde(default)]
    pub(super) seen: String,
    pub(super) source: String,
}

async fn edit(visit: SignedIn, State(app): State<Exchange>, Query(which): Query<Which>) -> Answer {
    if which.id.is_empty() {
        return judge(
            visit,
            shipped::TELEWORK_R3.to_owned(),
            Shown::default().seen(),
            StatusCode::OK,
        );
    }
    let name = FormRef { id: which.id, version: which.version };
    let mut conn = app.store.read().await?;
    let source = source_of(&mut conn, &name).await?.ok_or(Refusal::NotFound)?;
    let seen = seen_of(&mut conn, visit.ctx.lang, &name).await?;
    drop(conn);
    judge(visit, source, seen, StatusCode::OK)
}

async fn check(visit: SignedIn, Form(pasted): Form<Pasted>) -> Answer {
    judge(visit, pasted.source, pasted.seen, StatusCode::UNPROCESSABLE_ENTITY)
}

async fn upload(visit: SignedIn, State(app): State<Exchange>, upload: Upload) -> Answer {
    app.limiter.take(UPLOAD, &visit.actor.id.to_string(), app.now()).map_err(Refusal::TooMany)?;
    let refuse = |visit: SignedIn, refused| {
        let may_add = may_add(&visit.actor);
        let (source, faults) = (String::new(), Vec::new());
        page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            Page {
                refused: Some(refused),
                ..Page::of(visit.ctx, source, faults, may_add, Shown::default().seen())
            },
        )
    };
    let Some(file) = upload.file else {
        return refuse(visit, ("ファイルを選んでください。", "Please choose a file."));
    };
    match String::from_utf8(file.bytes.to_vec()) {
        // A file shows nothing of what is kept under its name.
        Ok(source) if file.bytes.len() <= exchange::form::MAX_FORM => {
            judge(visit, source, Shown::default().seen(), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Ok(_) => {
            refuse(visit, ("調査票のファイルは256KBまでです。", "A form file has at most 256 KB."))
        }
        Err(_) => refuse(
            visit,
            (
                "UTF-8のテキスト（TOML）として読めないファイルです。",
                "This is not text (TOML) in UTF-8.",
            ),
        ),
    }
}

impl Page {
    /// Of a text with these faults.
    pub(super) fn of(
        ctx: Ctx,
        source: String,
        faults: Vec<Found>,
        may_add: bool,
        seen: String,
    ) -> Self {
        Self {
            ctx,
            source,
            faults,
            refused: None,
            good: None,
            may_add,
            seen,
            changed: Changed::default(),
        }
    }
}

/// The page with what the checker says; `faulty` is its status when there are faults. `seen` is
/// what was shown of the form that is kept.
pub(super) fn judge(visit: SignedIn, source: String, seen: String, faulty: StatusCode) -> Answer {
    let may_add = may_add(&visit.actor);
    let lang = visit.ctx.lang;
    // A browser sends its own line ends; the form is kept with plain ones.
    let source = source.replace("\r\n", "\n");
    match Survey::read(&source) {
        Ok(form) => {
            let good = Some(summary(&form, lang));
            page(Page { good, ..Page::of(visit.ctx, source, Vec::new(), may_add, seen) })
        }
        Err(faults) => {
            let faults = found(&source, &faults, lang);
            page_with(faulty, Page::of(visit.ctx, source, faults, may_add, seen))
        }
    }
}

fn summary(form: &Survey, lang: Lang) -> Summary {
    let question = |question: &Question| {
        let mut remarks = Vec::new();
        let mut add = |is: bool, ja, en| {
            if is {
                remarks.push(lang.t(ja, en));
            }
        };
        add(
            question.required && !matches!(question.kind, Kind::Computed { .. }),
            "必須",
            "required",
        );
        add(question.when != exchange::form::Condition::Always, "条件付き", "routed");
        add(question.unknown, "不明可", "may be unknown");
        add(question.change.is_some(), "前回比の確認", "compared with last year");
        (question.label.clone(), kind(&question.kind, lang), remarks.join(lang.t("、", ", ")))
    };
    Summary {
        title: form.title.clone(),
        version: form.name.version.clone(),
        as_of: form.as_of.to_string(),
        previous: form.previous.clone().unwrap_or_default(),
        questions: form.questions.iter().map(question).collect(),
        checks: form.checks.len(),
        tables: form.tables.iter().map(|table| table.title.clone()).collect(),
    }
}

fn kind(kind: &Kind, lang: Lang) -> &'static str {
    let (ja, en) = match kind {
        Kind::Number { .. } => ("数値", "number"),
        Kind::Money { .. } => ("金額", "money"),
        Kind::OneOf { .. } => ("一つ選択", "one of"),
        Kind::ManyOf { .. } => ("複数選択", "many of"),
        Kind::Text { .. } => ("文章", "text"),
        Kind::Grid { .. } => ("表", "table"),
        Kind::Computed { .. } => ("自動計算", "computed"),
    };
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![
        get("/exchange/forms/edit", may, edit),
        post("/exchange/forms/check", may, check),
        post("/exchange/forms/upload", may, upload),
    ]
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use exchange::form::shipped::TELEWORK_R3;

    use crate::testing::Town;

    #[tokio::test]
    async fn a_good_form_is_summed_up_and_a_faulty_one_told_by_line_and_column() {
        let town = Town::new().await;
        let mut hr = town.sign_in("hr1").await;
        let good = hr.post("/exchange/forms/check", &[("source", TELEWORK_R3)]).await;
        for words in ["一般行政職員数", "自動計算", "テレワークの形態"] {
            assert!(good.ok().contains(words), "{words}");
        }
        let faulty =
            TELEWORK_R3.replacen("required = true", "requierd = true", 1).replace('\n', "\r\n");
        let reply = hr.post("/exchange/forms/check", &[("source", &faulty)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        // Line 20 of the shipped file, as `survey check` names it too.
        assert!(
            reply.text().contains("20行1文字目") && reply.text().contains("「requierd」という項目"),
            "{}",
            reply.text()
        );
        assert!(reply.text().contains("requierd = true\n^"), "the line stands there with a mark");
        assert!(reply.text().contains("requierd = true\n"), "and what was typed is not lost");
    }

    #[tokio::test]
    async fn a_file_is_taken_by_what_it_holds() {
        let town = Town::new().await;
        let mut hr = town.sign_in("hr1").await;
        hr.get("/exchange/forms").await;
        assert!(
            hr.upload("/exchange/forms/upload", "x.exe", TELEWORK_R3.as_bytes())
                .await
                .ok()
                .contains("誤りはありません")
        );
        for (bytes, words) in
            [(vec![0xff, 0xfe, 0x00], "UTF-8"), ("#".repeat(300_000).into_bytes(), "256KB")]
        {
            let reply = hr.upload("/exchange/forms/upload", "form.toml", &bytes).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(reply.text().contains(words), "{}", reply.text());
        }
    }
}
