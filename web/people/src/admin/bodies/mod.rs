//! Bodies of this server: the operator makes them, each with its first IT officer.
//!
//! | file | what |
//! |---|---|
//! | `command.rs` | what is asked for, typed, and why it is refused, by name |
//! | `act.rs` | adds, stops and resumes bodies |
//! | `page.rs` | the list and its forms |

pub(super) mod act;
pub(super) mod command;
mod page;

pub(super) use page::routes;
