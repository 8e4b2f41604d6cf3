//! The result of probing a target.

use crate::Pin;

/// What a target showed when it was probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// Its certificate, if it has one. Somebody must compare it with the desktop's own before it is
    /// trusted.
    pub pin: Option<Pin>,
    /// Whether it asks for a password of its own (VNC), or for the user's credentials before a
    /// session starts (RDP).
    pub asks_password: bool,
    /// Whether each person's own name and password open it. They are typed at home and never stored
    /// at the agent.
    pub asks_login: bool,
}
