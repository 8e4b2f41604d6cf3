//! The record seen from outside: what was told of its heads, and what happens when the store no
//! longer knows it.
//!
//! | file | what |
//! |---|---|
//! | `verify.rs` | walking chains beside everything else |
//! | `compare.rs` | `audit verify --anchors`: what was told and what is there |
//! | `anchors.rs` | writing anchors: which chains changed, signed lines into the store |
//! | `file.rs` | the file of anchors |
//! | `sender.rs` | anchors, and records where asked for, to a syslog receiver |
//! | `outside.rs` | the options, the look at the start, the turn every few seconds |
//! | `restored.rs` | `noren-server restored`: after an old copy was put back |
//! | `gathered.rs` | what stands outside, read for it |
//! | `places.rs` | what is done about lost records, kind by kind |
//! | `taken.rs` | what lost records took away |
//! | `again.rs` | taking it away again in the data of the copy |
//!
//! The closed server (`kit::standing`) refuses every page and agent, with the reason, until
//! `noren-server restored` has run.

mod again;
pub mod anchors;
#[cfg(test)]
mod base;
pub mod compare;
mod file;
pub mod gathered;
mod outside;
mod places;
pub mod restored;
mod sender;
mod taken;
#[cfg(test)]
mod tests;
pub mod verify;

use kit::standing::Closed;
use people::BodyCode;

pub use anchors::Anchored;
pub use outside::{Outside, begin};
pub use verify::Verifying;

use crate::People;

/// Where a body's record ends now: number and hash of its last event. `None` before the first.
///
/// # Errors
/// What the database can meet.
pub async fn head_of(app: &People, body: BodyCode) -> store::Result<Option<(u64, [u8; 32])>> {
    let head = store::kept_head(&mut *app.store.read().await?, body.chain()).await?;
    Ok((head.seq > 0).then_some((head.seq, head.hash)))
}

/// An agent says which head of its body's record it was last told; the caller has checked that this
/// server's key signed it.
/// When the store does not hold that record with that hash, the store is an old copy (or was
/// rewritten): the server closes, and this answers false.
///
/// # Errors
/// What the database can meet.
pub async fn agent_saw(
    app: &People,
    body: BodyCode,
    seq: u64,
    hash: [u8; 32],
) -> store::Result<bool> {
    let told = audit::Head { seq, hash };
    let found = store::compare_head(&mut *app.store.read().await?, body.chain(), told).await?;
    match found {
        audit::Seen::There | audit::Seen::InGap { .. } => Ok(true),
        audit::Seen::Behind { .. } | audit::Seen::Other => {
            app.close(Closed::Other {
                chain: body.chain(),
                told,
                found,
                by: "an agent of this body",
            });
            Ok(false)
        }
    }
}
