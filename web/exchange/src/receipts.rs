//! `/exchange/receipts`: was it taken? Asked by number, answered to whoever may see the delivery.

use std::borrow::Cow;

use askama::Template;
use axum::extract::{Query, State};
use exchange::case::ReceiptNumber;
use people::Deed;
use serde::Deserialize;

use super::access::open;
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, SignedIn, get, page};

#[derive(Template)]
#[template(path = "exchange/receipts.html")]
struct Page {
    ctx: Ctx,
    number: String,
    mistyped: bool,
    unknown: bool,
    found: Option<Found>,
}

struct Found {
    case: String,
    subject: String,
    name: Cow<'static, str>,
    at: i64,
    version: u32,
    late: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    number: String,
}

async fn show(visit: SignedIn, State(app): State<Exchange>, Query(asked): Query<Asked>) -> Answer {
    let text: String = asked.number.trim().chars().take(60).collect();
    let mut view = Page {
        number: text.clone(),
        mistyped: false,
        unknown: false,
        found: None,
        ctx: visit.ctx.clone(),
    };
    if text.is_empty() {
        return page(view);
    }
    match text.parse::<ReceiptNumber>() {
        Err(_) => view.mistyped = true,
        Ok(number) => {
            let mut conn = app.store.read().await?;
            // Another's receipt and one that was never given are answered alike.
            match open(&mut conn, &visit.actor, number.case, number.body).await {
                Ok(opened) => match store::exchange::receipt(&mut conn, number).await? {
                    Some(found) => {
                        view.found = Some(Found {
                            case: number.case.to_string(),
                            subject: opened.case.letter.subject,
                            name: app.bodies().full_name(number.body),
                            at: found.receipt.at.as_millisecond(),
                            version: found.receipt.version,
                            late: found.receipt.late,
                        });
                    }
                    None => view.unknown = true,
                },
                Err(Refusal::NotFound | Refusal::Forbidden(_)) => view.unknown = true,
                Err(other) => return Err(other),
            }
        }
    }
    page(view)
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/exchange/receipts", May(Deed::UseExchange), show)]
}
