//! Why an act of these pages was not done.

use kit::error::Refusal;
use kit::http::seen::Changed;

/// Why nothing was done. `F` names what is wrong with the command, as far as only the write finds
/// out.
pub(super) enum Undone<F> {
    /// The command cannot be done as it is.
    Faulty(F),
    /// Somebody changed the thing since it was read.
    Changed(Changed),
    /// What every act can meet.
    Other(Refusal),
}

impl<F> From<Refusal> for Undone<F> {
    fn from(refusal: Refusal) -> Self {
        Self::Other(refusal)
    }
}

impl<F> From<store::Fault> for Undone<F> {
    fn from(fault: store::Fault) -> Self {
        Self::Other(fault.into())
    }
}

impl<F> From<people::Denied> for Undone<F> {
    fn from(denied: people::Denied) -> Self {
        Self::Other(denied.into())
    }
}
