//! How people sign in, what a session may be, how long addresses are kept. What is asked for are
//! the policies of core/people themselves.
//!
//! | file | what |
//! |---|---|
//! | `act.rs` | keeps a policy |
//! | `page.rs` | the page and its three forms |

pub(super) mod act;
mod page;

pub(super) use page::routes;
