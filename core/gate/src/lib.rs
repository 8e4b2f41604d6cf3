//! Admission of connections to a server on the Internet: what counts as one address, which
//! connection is closed when no place is left, how slow a sender may be, and what the head of a
//! request must look like.
//!
//! Everything is values in, values out: the listener brings the time and the bytes, and carries out
//! what is decided here.

pub use address::{Address, forwarded};
pub use framing::{Framing, HEAD_LIMIT, Refused};
pub use pace::{Least, Pace};
pub use places::{Holder, Limits, Place, Places, Stage};

mod address;
mod framing;
mod pace;
mod places;
