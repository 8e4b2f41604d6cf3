//! `/telework/papers`: the body's 実施要領 and its forms, to be printed.

use askama::Template;
use axum::extract::{Path, Query, State};
use people::{Actor, Deed, Resource};
use serde::Deserialize;
use telework::time::tokyo;

pub(crate) mod attendance;
mod forms;
mod rules;

use crate::Route;
use crate::{checklist, moment, office};
use forms::{Sender, Sheet, form};
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, SignedIn, get, page};
use kit::papers::{file, pdf};
use rules::{Office, rules};

#[derive(Template)]
#[template(path = "telework/papers.html")]
struct Page {
    ctx: Ctx,
    sheets: Vec<(&'static str, &'static str, &'static str)>,
}

#[derive(Deserialize, Default)]
struct Asked {
    /// Without a name and a date on it.
    blank: Option<String>,
}

async fn list(visit: SignedIn) -> Answer {
    visit.permit_own(Deed::AskForTelework)?;
    let english = |sheet: Sheet| match sheet {
        Sheet::Registration => "Registration with the checklist of the workplace",
        Sheet::Request => "Request for telework",
        Sheet::Report => "Report of the day",
        Sheet::Takeout => "Permission to take information out",
    };
    page(Page {
        ctx: visit.ctx,
        sheets: Sheet::ALL.map(|one| (one.key(), one.title(), english(one))).into(),
    })
}

async fn print(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    printed(&app, &visit.actor, &name, asked.blank.is_some()).await
}

/// The rules or a form as a PDF; `blank` leaves name and date out.
pub(crate) async fn printed(app: &Kit, actor: &Actor, name: &str, blank: bool) -> Answer {
    let permit =
        actor.permit(Deed::AskForTelework, Resource::person(actor.body, actor.id, None))?;
    let body = permit.body();
    let body_name = app.bodies().full_name(body);
    let key = name.strip_suffix(".pdf").ok_or(Refusal::NotFound)?;
    let sheet = Sheet::ALL.into_iter().find(|sheet| sheet.key() == key);
    if sheet.is_none() && key != "rules" {
        return Err(Refusal::NotFound);
    }
    let today = tokyo(moment(app.now())).date();
    let mut conn = app.store.read().await?;
    let settings = office(&mut conn, body).await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    let own =
        store::staff::find(&mut conn, body, permit.actor()).await?.and_then(|staff| staff.division);
    drop(conn);
    let list = checklist();
    let paper = match sheet {
        Some(sheet) => {
            let division = divisions
                .iter()
                .find(|one| Some(one.id) == own)
                .map(|one| one.name.to_string())
                .unwrap_or_default();
            let sender = Sender {
                body: body_name.into_owned(),
                division: if blank { String::new() } else { division },
                name: if blank { String::new() } else { actor.name.to_string() },
                today: (!blank).then_some(today),
            };
            form(sheet, &settings.rules, &list, &sender)
        }
        None => {
            let least = divisions
                .iter()
                .filter_map(|one| Some((one.name.as_str(), *settings.least.get(&one.id)?)))
                .collect();
            let checklist = list.checks.iter().map(|check| check.text.as_str()).collect();
            rules(&settings.rules, &Office { body: &body_name, today, least, checklist })
        }
    };
    Ok(file(name, pdf(paper, (body, permit.actor())).await?))
}

/// Routes of the papers.
#[must_use]
pub(crate) fn routes() -> Vec<Route> {
    vec![
        get("/telework/papers", May(Deed::AskForTelework), list),
        get("/telework/papers/{name}", May(Deed::AskForTelework), print),
    ]
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::testing::Town;
    use web_testing::papers::{pages, press, text};

    #[tokio::test]
    async fn rules_and_forms_are_printed_for_whoever_is_signed_in() {
        press();
        let town = Town::new().await;
        let mut staff = town.sign_in("staff1").await;
        assert!(staff.get("/telework/papers").await.ok().contains("/telework/papers/rules.pdf"));
        let papers = [
            ("rules", "テレワーク実施要領"),
            ("registration", "作業環境"),
            ("request", "テレワーク"),
            ("report", "報告"),
            ("takeout", "持出"),
        ];
        for (name, words) in papers {
            let reply = staff.get(&format!("/telework/papers/{name}.pdf")).await;
            assert_eq!(reply.status, StatusCode::OK, "{name}: {}", reply.text());
            assert_eq!(reply.headers["content-type"], "application/pdf");
            assert!(
                reply.headers["content-disposition"].to_str().unwrap().starts_with("attachment")
            );
            let printed = text(&reply.bytes);
            assert!(printed.contains(words), "{name}: {printed}");
        }
        for name in ["rules", "other.pdf", "..%2frules.pdf"] {
            assert_eq!(
                staff.get(&format!("/telework/papers/{name}")).await.status,
                StatusCode::NOT_FOUND,
                "{name}"
            );
        }
    }

    #[tokio::test]
    async fn the_rules_as_they_come_are_two_pages_and_the_last_is_full_of_rules() {
        press();
        let town = Town::new().await;
        let mut staff = town.sign_in("staff1").await;
        let printed = pages(&staff.get("/telework/papers/rules.pdf").await.bytes);
        assert_eq!(printed.len(), 2, "{printed:#?}");
        assert!(printed[1].contains("附則") && printed[1].contains("条"), "{}", printed[1]);
    }

    #[tokio::test]
    async fn a_form_carries_the_name_of_whoever_prints_it_unless_it_is_asked_for_blank() {
        press();
        let town = Town::new().await;
        let name = town.person(crate::testing::HOME, "staff1").await.name.to_string();
        let squeezed: String = name.chars().filter(|c| !c.is_whitespace()).collect();
        let mut staff = town.sign_in("staff1").await;
        let own = text(&staff.get("/telework/papers/request.pdf").await.bytes);
        assert!(own.contains(&squeezed), "{own}");
        let blank = text(&staff.get("/telework/papers/request.pdf?blank=yes").await.bytes);
        assert!(!blank.contains(&squeezed), "{blank}");
    }
}
