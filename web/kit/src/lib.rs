//! What pages and calls are made of: routes and access, caller and scope, errors, forms, rendering,
//! sheets in and out, charts, limits, the outbox of mail, papers; and what every area is given:
//! store, clock, chance, keys, site, cuts ([`Kit`]).
//!
//! An area (`web/people`, `web/telework`, `web/exchange`) knows this crate; this crate knows no
//! area.
//! What one area needs of another goes through [`ports`].
//!
//! # How to add a page
//! 1. In its area, a file (or a folder) for the use case: the handler, its template struct, its
//!    tests.
//!    ```text
//!    #[derive(Template)]
//!    #[template(path = "admin/example.html")]
//!    struct Page { ctx: Ctx, rows: Vec<Row> }
//!
//!    async fn show(visit: SignedIn, State(app): State<People>) -> Answer {
//!        let permit = visit.permit(Deed::SeeStaff)?;            // the proof; 404 without it
//!        let mut conn = app.store.read().await?;
//!        let rows = store::example::all(&mut conn, permit.body()).await?;
//!        page(Page { ctx: visit.ctx, rows })
//!    }
//!
//!    pub(crate) fn routes() -> Vec<Route> {
//!        vec![get("/admin/example", May(Deed::SeeStaff), show)]
//!    }
//!    ```
//! 2. Its `routes()` in the list of its area (`lib.rs`, or the folder's `mod.rs`); a line in
//!    `http/nav.rs` when the menu shows it. The walks over all routes test it from then on.
//! 3. A template in the area's `templates/` that extends `layout.html`. Texts stand in both
//!    languages
//!    where they are used: `{{ ctx.t("職員", "Staff") }}`. No inline script, no inline style (the
//!    policy forbids both); forms begin with `{{ ctx.csrf_field()|safe }}`.
//!
//! # How to add an action (anything that changes something)
//! `post("/admin/example/add", May(Deed::ManageStaff), add)` with [`http::Form`] (or
//! [`http::Upload`], [`http::Json`]): these check the CSRF token.
//! ```text
//! let permit = visit.permit(Deed::ManageStaff)?;
//! let mut tx = app.write_as(&permit).await?;       // what it can commit: `Deed::records`
//! store::example::add(&mut tx, &value).await?;
//! tx.commit(Decision::new((), permit.event(Kind::EXAMPLE_ADDED, &value.name))).await?;
//! Ok(see_other("/admin/example?done=saved"))
//! ```
//! A dangerous act says so where its route is: `post(..).fresh()` (`http/fresh.rs`), and the
//! factors are proved again first. A form that changes what exists carries what it showed
//! (`http/seen.rs`). `web/people/src/admin/divisions/` is the example. What a form got wrong is
//! shown in the form (`422`), never lost.
//!
//! # How to add a call of the API
//! `apps/server/src/document.rs` says how. A notice by mail: [`mail`]. A table:
//! `edge/store/src/lib.rs`.
//! A right: `core/people/src/authority.rs` and its table. A kind of record:
//! `core/audit/src/kind.rs`.
//!
//! # Tests
//! `Town::new().await` (`web/town`) is a server over a temporary folder with two bodies, staff of
//! every role and a clock that is told the time:
//! `let mut it = town.sign_in("it1").await; it.get("/admin/staff").await.ok();`
//! Each area's `testing.rs` says what of the server stands in its town.

// Read by its neighbours in the same repository, not as a library: names and places say it.
#![allow(missing_docs)]

pub mod chart;
#[cfg(test)]
#[path = "../../../fuzz/src/corpus.rs"]
mod corpus;
pub mod error;
pub mod http;
pub mod keys;
pub mod lang;
pub mod limit;
pub mod mail;
pub mod papers;
mod parts;
pub mod second;
pub mod secrets;
pub mod sheet;
pub mod time;

pub use lang::Lang;
pub use parts::{Cut, Kit, Parts, Site, agents_relays, ports, standing};
