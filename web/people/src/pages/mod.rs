//! Pages for everybody: sign-in, one's own PCs and devices, one's own account.

pub mod account;
pub(crate) mod act;
pub mod activate;
pub mod language;
pub mod passkeys;
pub mod prove;
pub mod set_up;
pub mod sign_in;
pub mod sign_ins;
pub mod viewer;

use crate::Route;

/// Routes of all of them.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = sign_in::routes();
    all.extend(set_up::routes());
    all.extend(activate::routes());
    all.extend(account::routes());
    all.extend(passkeys::routes());
    all.extend(prove::routes());
    all.extend(sign_ins::routes());
    all.extend(language::routes());
    all.extend(viewer::routes());
    all
}
