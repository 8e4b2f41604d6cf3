//! Who is connected to what, and the end of it (NOREN-R17, NOREN-R22).
//!
//! | file | what |
//! |---|---|
//! | `act.rs` | stops and resumes the whole body; `agents/acts.rs` ends one session |
//! | `page.rs` | the page |

pub(super) mod act;
mod page;

pub(super) use page::routes;
