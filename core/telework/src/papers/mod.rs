//! Papers and things: the yearly registration with its checklist, leaves, loans of devices, and
//! permission to take information assets out.

mod leave;
mod loan;
mod registration;
mod takeout;

pub use leave::{Approver, HandOver, Leave, approver, stands_in};
pub use loan::{Item, Loan, LoanAction, LoanFault};
pub use registration::{Check, Checklist, Registration, RegistrationFault, registered_until};
pub use takeout::{Takeout, TakeoutAction, TakeoutFault, TakeoutState};
