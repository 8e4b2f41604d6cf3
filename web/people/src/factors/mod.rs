//! What people prove themselves with: a password, a one-time code.

pub mod password;
pub mod prove;
#[cfg(test)]
mod tests;
pub mod totp;

/// What sealed one-time code keys are bound to.
pub const TOTP_PURPOSE: &str = "totp";
