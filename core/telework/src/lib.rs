//! Work inventory, requests, attendance, allowance: a piece of work becomes an approved day, a
//! record and a figure.

pub mod allowance;
pub mod attendance;
pub mod calendar;
pub mod close;
pub mod holidays;
pub mod inventory;
pub mod opening;
pub mod papers;
pub mod pay;
pub mod payroll;
pub mod request;
pub mod rules;
pub mod survey;
pub mod time;
pub mod workdays;

#[cfg(test)]
pub(crate) mod testing {
    /// A person by a short name, so that tests read well.
    pub(crate) fn who(name: &str) -> people::StaffId {
        let mut id = [0; 16];
        id[..name.len()].copy_from_slice(name.as_bytes());
        people::StaffId(id)
    }
}
