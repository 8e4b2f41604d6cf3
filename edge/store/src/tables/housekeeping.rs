//! What nobody needs any more: rows that ended by themselves.

use crate::{Result, Tx, sign_ins};

/// A sign-in lives a day, milliseconds.
const SIGN_IN: i64 = 86_400_000;
/// How long a slip or an enrolment token that ran out is still named on pages, milliseconds.
const RAN_OUT: i64 = 30 * 86_400_000;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sign-ins that ended by themselves.
    pub sign_ins: u64,
    /// Activation slips that ran out.
    pub slips: u64,
    /// Tokens for agents that ran out.
    pub enrolments: u64,
}

/// Removes what ended by itself: no act of anybody, and of no use to anybody.
///
/// # Errors
/// What the database can meet.
pub async fn sweep(tx: &mut Tx, now: i64) -> Result<Swept> {
    let mut swept =
        Swept { sign_ins: sign_ins::sweep(tx, now - SIGN_IN).await?, ..Swept::default() };
    for (sql, count) in [
        ("DELETE FROM activations WHERE expires < $1", &mut swept.slips),
        ("DELETE FROM enrolments WHERE expires < $1", &mut swept.enrolments),
    ] {
        *count = sqlx::query(sql).bind(now - RAN_OUT).execute(&mut **tx).await?.rows_affected();
    }
    Ok(swept)
}
