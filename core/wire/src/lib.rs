//! Bytes: cursors, encode and decode, limits, and the messages of a session.
