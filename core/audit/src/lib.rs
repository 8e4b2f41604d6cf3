//! Typed, numbered, hash-chained events.
