//! Divisions (所属): the example of a use case.
//!
//! | file | what |
//! |---|---|
//! | `command.rs` | what is asked for, typed, and why it is refused, by name |
//! | `act.rs` | does it: one write upon one permit, everything looked up inside |
//! | `page.rs` | the page: reads its form into the command, says the refusal in words |

pub(super) mod act;
pub(super) mod command;
mod page;

pub(super) use page::routes;
