//! Work inventory, requests, attendance, allowance: a piece of work becomes an approved day, a record and a figure.

pub mod allowance;
pub mod attendance;
pub mod calendar;
pub mod close;
pub mod inventory;
pub mod opening;
pub mod papers;
pub mod request;
pub mod rules;
pub mod survey;
pub mod time;
