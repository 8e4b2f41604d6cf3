//! Work inventory, requests, attendance, allowance: a piece of work becomes an approved day, a record and a figure.

pub mod inventory;
pub mod time;
