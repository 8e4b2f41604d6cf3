//! What a first look at a target finds.

use crate::Pin;

/// What a target showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// Its certificate, when it has one. It must be compared with the desktop's own before it is
    /// believed.
    pub pin: Option<Pin>,
    /// Whether it asks for a password of its own (VNC), or for the user's credentials before a
    /// session starts (RDP).
    pub asks_password: bool,
    /// Whether each person's own name and password open it: typed at home, never kept here.
    pub asks_login: bool,
}
