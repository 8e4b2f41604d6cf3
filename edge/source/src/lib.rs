//! A screen to share: RDP, VNC, or the built-in sample desktop.
