//! PCs and who may use them (NOREN-G1, NOREN-G2, NOREN-G10, NOREN-R22).
//!
//! | file | what |
//! |---|---|
//! | `command.rs` | what is asked for, typed, and why it is refused, by name |
//! | `act.rs` | does it |
//! | `page.rs` | the list, the page of a PC, its forms |

pub(super) mod act;
pub(super) mod command;
mod page;

pub(super) use page::routes;
