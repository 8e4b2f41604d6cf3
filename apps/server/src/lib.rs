//! noren-server: sign-in, administration, the viewer's pages; a library so that tests drive it in-process.
//!
//! # How to add a page
//! 1. A file in `pages/` (for everybody) or `admin/` with the handler, its template struct and its tests:
//!    ```text
//!    #[derive(Template)]
//!    #[template(path = "admin/example.html")]
//!    struct Page { ctx: Ctx, rows: Vec<Row> }
//!
//!    async fn show(visit: SignedIn, State(app): State<App>) -> Answer {
//!        let permit = visit.permit(Action::SeeStaff)?;            // the proof; 404 without it
//!        let mut conn = app.store.read().await?;
//!        let rows = store::example::all(&mut conn, permit.body()).await?;
//!        page(Page { ctx: visit.ctx, rows })
//!    }
//!
//!    pub(crate) fn routes() -> Vec<Route> { vec![get("/admin/example", May(Action::SeeStaff), show)] }
//!    ```
//! 2. Its `routes()` in [`http::routes`]'s list; a line in `http/nav.rs` when the menu shows it. The walk over all routes tests it from then on.
//! 3. A template in `templates/` that extends `layout.html`. Texts stand in both languages where they are used: `{{ ctx.t("職員", "Staff") }}`.
//!    No inline script, no inline style (the policy forbids both); forms begin with `{{ ctx.csrf_field()|safe }}`.
//!
//! # How to add an action (anything that changes something)
//! `post("/admin/example/add", May(Action::ManageStaff), add)` with [`http::Form`] (or [`http::Upload`], [`http::Json`]): these check the CSRF token.
//! ```text
//! let permit = visit.permit(Action::ManageStaff)?;
//! let mut tx = app.write_as(&permit).await?;
//! store::example::add(&mut tx, &value).await?;
//! tx.commit(Decision::new((), permit.event(Kind::EXAMPLE_ADDED, &value.name))).await?;   // state and record together
//! Ok(see_other("/admin/example?done=saved"))
//! ```
//! A change of what is there carries what its form showed (`http/seen.rs`), and every action has its line in `boundary/posts.txt`.
//! A dangerous act says so where its route is: `post(..).fresh()` (`http/fresh.rs`), and the factors are proved again first.
//! `admin/divisions.rs` is the example. What a form got wrong is shown in the form (`422`), never lost.
//!
//! # How to add a table
//! `edge/store/src/lib.rs` says how. How to add a right: `core/people/src/authority.rs` and its table in `tests/authority.txt`.
//! How to add a kind of record: a line in `core/audit/src/kind.rs`.
//!
//! # Tests
//! `testing::Town::new().await` is a server over a temporary folder with two bodies, staff of every role and a clock that is told the time:
//! `let mut it = town.sign_in("it").await; it.get("/admin/staff").await.ok();`

pub mod admin;
pub mod agents;
pub mod api;
pub mod app;
#[cfg(test)]
pub(crate) mod boundary;
pub mod chart;
pub mod cli;
#[cfg(test)]
#[path = "../../../fuzz/src/corpus.rs"]
pub(crate) mod corpus;
pub(crate) mod ending;
pub mod error;
pub mod exchange;
pub mod http;
pub mod keys;
pub mod known;
pub mod limit;
pub mod mail;
pub mod pages;
pub mod papers;
pub mod password;
pub(crate) mod prove;
pub mod record;
pub mod retention;
pub(crate) mod second;
pub mod secrets;
pub mod sheet;
pub mod sign_in;
pub mod survey;
pub mod telework;
#[cfg(test)]
pub(crate) mod testing;
pub mod time;
pub mod totp;
