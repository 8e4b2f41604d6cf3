//! Staff: list, add, change, stop and resume.
//!
//! | file | what |
//! |---|---|
//! | `command.rs` | what is asked for, typed, and why it is refused, by name |
//! | `act.rs` | adds and changes people |
//! | `stop.rs` | stops and resumes them, lifts a lock |
//! | `person.rs` | whom somebody may act upon |
//! | `page.rs` | the list and the form |

mod act;
mod command;
mod page;
mod person;
mod stop;

pub(super) use page::{hand_out, routes};
pub(super) use person::{fresh, person};
