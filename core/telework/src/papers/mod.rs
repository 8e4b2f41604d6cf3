//! Papers and things: the yearly registration with its checklist, loans of devices, and permission to take information assets out.

mod loan;
mod registration;
mod takeout;

pub use loan::{Item, Loan, LoanFault};
pub use registration::{Check, Checklist, Registration, RegistrationFault, registered_until};
pub use takeout::{Takeout, TakeoutFault, TakeoutState};
