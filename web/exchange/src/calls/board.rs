//! The board: who stands where, and what is done with many at once.

use axum::extract::State;
use exchange::case::{Action, today};
use people::BodyCode;
use serde::{Deserialize, Serialize};
use store::exchange::BoardFilter;
use utoipa::{IntoParams, ToSchema};

use super::day;
use crate::Exchange;
use crate::Route;
use crate::access::{now, reach};
use crate::board::{self, Act, List, MANY, ROWS, filter, on_many, watched};
use kit::error::Refusal;
use kit::http::call::{Body, PathOf, Query};
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Scope, json, refused};

/// Which list.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Show {
    /// All of them
    All,
    /// Past their day
    Late,
    /// Asking for more time
    Asking,
    /// To be passed on
    Waiting,
    /// Not received
    Unreceived,
    /// Being answered
    Answering,
    /// Returned or asked back
    Returned,
    /// At the prefecture
    Review,
    /// Passed by the prefecture
    Passed,
    /// Handed up or confirmed
    Done,
}

impl From<Show> for List {
    fn from(show: Show) -> Self {
        match show {
            Show::All => Self::All,
            Show::Late => Self::Late,
            Show::Asking => Self::Asking,
            Show::Waiting => Self::Waiting,
            Show::Unreceived => Self::Unreceived,
            Show::Answering => Self::Answering,
            Show::Returned => Self::Returned,
            Show::Review => Self::Review,
            Show::Passed => Self::Passed,
            Show::Done => Self::Done,
        }
    }
}

/// Which bodies.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Looked {
    /// Which list; all, without it.
    #[param(inline)]
    show: Option<Show>,
    /// First two digits of the prefecture's code.
    #[param(pattern = "^[0-9]{2}$")]
    prefecture: Option<String>,
    /// A part of the name, or a code.
    q: Option<String>,
    /// Which hundred, from 1.
    #[param(minimum = 1, maximum = 10000)]
    page: Option<u32>,
}

/// How many bodies of a prefecture stand where.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoardCountInfo {
    /// First two digits of the prefecture's code.
    prefecture: String,
    /// The state.
    #[schema(value_type = String)]
    state: exchange::case::State,
    /// Whether the last day has passed with the body.
    overdue: bool,
    /// How many.
    bodies: u64,
}

/// One body on the board.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoardLine {
    /// Code of the body.
    body: String,
    /// Its name.
    name: String,
    /// Where it stands.
    #[schema(value_type = String)]
    state: exchange::case::State,
    /// Its last day.
    #[schema(format = Date)]
    due: Option<String>,
    /// Whether it was submitted late.
    late: bool,
    /// Whether the prefecture entered it (代理入力).
    proxy: bool,
    /// Whether it asks for more time.
    asks: bool,
}

/// The board.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoardInfo {
    /// Whether this is the whole country; otherwise one prefecture's own bodies.
    country: bool,
    /// By prefecture and state, of all bodies whatever was looked for.
    counts: Vec<BoardCountInfo>,
    /// A hundred of those looked for.
    bodies: Vec<BoardLine>,
    /// Whether there is another page.
    more: bool,
}

/// Who stands where: the ministry's board of all, a prefecture's of its own.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/cases/{id}/board",
    tag = "exchange",
    security(("token" = ["exchange:read"])),
    params(("id" = String, Path, description = "Number of the case"), Looked),
    responses((status = 200, description = "The board", body = BoardInfo)),
)]
pub(crate) async fn board(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Query(looked): Query<Looked>,
) -> Answer {
    let page = looked.page.unwrap_or(1).clamp(1, 10_000);
    let (list, q) = (list(looked.show), looked.q.unwrap_or_default());
    let looked = board::Looked { list, prefecture: looked.prefecture, q };
    let mut conn = app.store.read().await?;
    let (_, case, via) = watched(&mut conn, &caller.actor, &id).await?;
    let today = today(now(&app));
    let known = app.bodies();
    let counts = store::exchange::board_counts(&mut conn, case.id, via, today).await?;
    let filter = BoardFilter {
        skip: (page - 1) * ROWS,
        limit: ROWS + 1,
        ..filter(&known, &looked, via, today)
    };
    let rows = store::exchange::board_rows(&mut conn, case.id, &filter).await?;
    drop(conn);
    json(&BoardInfo {
        country: via.is_none(),
        counts: counts
            .into_iter()
            .map(|one| BoardCountInfo {
                prefecture: one.prefecture,
                state: one.state,
                overdue: one.overdue,
                bodies: one.count,
            })
            .collect(),
        more: rows.len() > ROWS as usize,
        bodies: rows
            .into_iter()
            .take(ROWS as usize)
            .map(|one| BoardLine {
                body: one.body.to_string(),
                name: known.full_name(one.body).into_owned(),
                state: one.state,
                due: one.due.map(|day| day.to_string()),
                late: one.late,
                proxy: one.proxy,
                asks: one.asks,
            })
            .collect(),
    })
}

fn list(show: Option<Show>) -> List {
    show.map(List::from).unwrap_or_default()
}

/// What a prefecture does with many.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ManyReviewed {
    /// 転送
    Forward,
    /// 承認
    Pass,
    /// 国へ提出
    HandUp,
    /// 督促
    Remind,
}

/// An act on many of one's own bodies.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewMany {
    /// What is done.
    act: ManyReviewed,
    /// Codes of the bodies; without it, all that the list shows.
    #[serde(default)]
    #[schema(max_items = 2000, nullable = false)]
    bodies: Option<Vec<String>>,
    /// Of which list, where no bodies are named.
    #[serde(default)]
    #[schema(nullable = false)]
    show: Option<Show>,
    /// Passing on: the prefecture's own last day.
    #[serde(default)]
    #[schema(format = Date, nullable = false)]
    deadline: Option<String>,
    /// Passing on: shown to the bodies.
    #[serde(default)]
    #[schema(max_length = 4000)]
    note: String,
}

/// Passes on, passes, hands up or reminds many at once, in one write. Whoever cannot follow is
/// named and left as it was; the others are done.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/board/review",
    tag = "exchange",
    security(("token" = ["exchange:review"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = ReviewMany,
    responses(
        (status = 200, description = "All done", body = Done),
        (status = 422, description = "Some could not follow", body = ErrorBody),
    ),
)]
pub(crate) async fn review_many(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<ReviewMany>,
) -> Answer {
    reach(&app, &caller.actor, &id).await?;
    let deadline = new.deadline.as_deref().map(day).transpose()?;
    let note = Some(new.note).filter(|note| !note.trim().is_empty());
    let act = match new.act {
        ManyReviewed::Forward => Act::Step(Action::Forward { deadline, note }),
        ManyReviewed::Pass => Act::Step(Action::Pass),
        ManyReviewed::HandUp => Act::Step(Action::HandUp),
        ManyReviewed::Remind => Act::Remind,
    };
    many(&app, &caller, &id, new.show, new.bodies, act).await
}

/// What the ministry does with many.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ManyAsked {
    /// 確定
    Confirm,
    /// 督促
    Remind,
}

/// An act of the ministry on many bodies.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmMany {
    /// What is done.
    act: ManyAsked,
    /// Codes of the bodies; without it, all that the list shows.
    #[serde(default)]
    #[schema(max_items = 2000, nullable = false)]
    bodies: Option<Vec<String>>,
    /// Of which list, where no bodies are named.
    #[serde(default)]
    #[schema(nullable = false)]
    show: Option<Show>,
}

/// Confirms or reminds many at once, in one write. Whoever cannot follow is named and left as it
/// was; the others are done.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/board/confirm",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = ConfirmMany,
    responses(
        (status = 200, description = "All done", body = Done),
        (status = 422, description = "Some could not follow", body = ErrorBody),
    ),
)]
pub(crate) async fn confirm_many(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<ConfirmMany>,
) -> Answer {
    reach(&app, &caller.actor, &id).await?;
    if caller.actor.body != people::MINISTRY {
        return Err(Refusal::NotFound);
    }
    let act = match new.act {
        ManyAsked::Confirm => Act::Step(Action::Confirm),
        ManyAsked::Remind => Act::Remind,
    };
    many(&app, &caller, &id, new.show, new.bodies, act).await
}

async fn many(
    app: &Exchange,
    caller: &Caller,
    id: &str,
    show: Option<Show>,
    bodies: Option<Vec<String>>,
    act: Act,
) -> Answer {
    let only = match bodies {
        Some(list) if list.is_empty() || list.len() > MANY as usize => {
            return Err(Refusal::Malformed("bodies"));
        }
        Some(list) => {
            let codes: Result<Vec<BodyCode>, _> = list.iter().map(|code| code.parse()).collect();
            Some(codes.map_err(|_| Refusal::Malformed("bodies"))?)
        }
        None => None,
    };
    let looked = board::Looked { list: list(show), ..Default::default() };
    let left = on_many(app, &caller.actor, id, &looked, only, act).await?;
    if left.is_empty() {
        return json(&Done::yes());
    }
    Ok(refused(board::reasons(&app.bodies(), Lang::Ja, &left)))
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        call(
            Method::Get,
            "/api/v1/exchange/cases/{id}/board",
            Access::Api(Scope::ExchangeRead),
            board,
        ),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/board/review",
            Access::Api(Scope::ExchangeReview),
            review_many,
        ),
        call(
            Method::Post,
            "/api/v1/exchange/cases/{id}/board/confirm",
            Access::Api(Scope::ExchangeRun),
            confirm_many,
        ),
    ]
}
