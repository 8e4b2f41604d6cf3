//! Slips: the paper with a code by which somebody begins, or begins anew.

use askama::Template;
use kit::error::Refusal;
use kit::http::Ctx;
use kit::secrets::normal_code;
use people::{Role, Roles, Staff, StaffId};
use store::activations::Activation;

use crate::People;
use crate::factors::{TOTP_PURPOSE, totp};

/// How long a slip is good for.
const LIFE_MS: i64 = 14 * 24 * 3_600_000;
/// Tries with a right code but wrong answers.
const TRIES: i64 = 10;

/// A slip to hand over, shown once.
#[derive(Clone, Debug)]
pub struct ActivationSlip {
    /// The code, in groups.
    pub code: String,
    /// Until when, Unix milliseconds.
    pub expires: i64,
}

/// Makes a slip in the caller's write: earlier slips, password, one-time code key, passkeys and API
/// tokens of the person die; the account waits.
///
/// # Errors
/// What the database can meet.
pub async fn issue(
    app: &People,
    tx: &mut store::Tx,
    staff: StaffId,
) -> Result<ActivationSlip, Refusal> {
    let code = app.random_code(4);
    let expires = tx.now() + LIFE_MS;
    let key: [u8; totp::KEY_BYTES] = app.random();
    let totp = app.seal(TOTP_PURPOSE, &staff.0, &key)?;
    store::credentials::clear(tx, staff).await?;
    store::passkeys::remove_all(tx, staff).await?;
    // Whoever starts anew starts without programs that act in her name. Callers for whom there can
    // be some record each (`second::ended_tokens`).
    let now = tx.now();
    store::tokens::revoke_of(tx, staff, now).await?;
    store::activations::add(
        tx,
        &hash(app, &code),
        &Activation { staff, totp, expires, tries: TRIES },
    )
    .await?;
    Ok(ActivationSlip { code, expires })
}

pub fn hash(app: &People, code: &str) -> [u8; 32] {
    app.mac("activation", normal_code(code).as_bytes())
}

/// A slip, or several, shown once and printed.
#[derive(Template)]
#[template(path = "admin/slips.html")]
pub struct SlipsPage {
    pub ctx: Ctx,
    pub url: String,
    pub slips: Vec<(Staff, ActivationSlip)>,
    /// Whose slips another officer hands out.
    pub held: Vec<Staff>,
    pub back: &'static str,
}

impl SlipsPage {
    /// The address with the code as a phone reads it. The code stands after `#`, which no browser
    /// sends to a server.
    fn qr(&self, slip: &ActivationSlip) -> String {
        totp::picture(&format!("{}#{}", self.url, slip.code)).unwrap_or_default()
    }
}

/// The roles only IT gives and takes.
pub fn office(roles: Roles) -> bool {
    roles.has(Role::It) || roles.has(Role::Hr) || roles.has(Role::Auditor)
}
