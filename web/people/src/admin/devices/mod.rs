//! Devices at home: what is declared about them (NOREN-R1, NOREN-R2, NOREN-R8), and the end of one
//! that is lost (NOREN-R16). What is asked for is the posture of core/people itself.
//!
//! | file | what |
//! |---|---|
//! | `act.rs` | keeps what is declared, ends one's own device; `agents/acts.rs` revokes another's |
//! | `page.rs` | the lists, the page of a device, its form |

pub(super) mod act;
mod page;

pub(super) use page::routes;
