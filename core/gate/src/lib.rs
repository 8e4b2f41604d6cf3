//! Who is let through a door that strangers crowd: what counts as one address, who gives way when
//! there is no place left, how slow a sender may be, and what the head of a request must look like.
//!
//! All of it is values in, values out: whoever listens brings the time and the bytes, and does what
//! is decided here.

pub use address::{Address, forwarded};
pub use framing::{Framing, HEAD_LIMIT, Refused};
pub use pace::{Least, Pace};
pub use places::{Holder, Limits, Place, Places, Stage};

mod address;
mod framing;
mod pace;
mod places;
