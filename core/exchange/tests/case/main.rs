//! A case on its way down and up, the refusals on it, and what holds whatever anybody does.

#![allow(clippy::unwrap_used)]

mod always;
mod possible;
mod refused;
mod way;
mod world;
