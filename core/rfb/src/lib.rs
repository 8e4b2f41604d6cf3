//! The VNC (RFB) client as a state machine.
