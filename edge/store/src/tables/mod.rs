//! One file a table (or a family of them). Functions take the connection first, then the body: a
//! row of another body is never found.

pub mod activations;
pub mod agents;
pub mod anchors;
pub mod assignments;
pub mod bodies;
pub mod changes;
pub mod credentials;
pub mod devices;
pub mod divisions;
pub mod exchange;
pub mod grounds;
pub mod housekeeping;
pub mod mail;
pub mod officers;
pub mod open_sessions;
pub mod passkeys;
pub mod pcs;
pub mod restored;
pub mod sessions;
pub mod settings;
pub mod sign_ins;
pub mod staff;
pub mod telework;
pub mod tokens;
pub mod tries;
pub mod unknown_tries;
pub mod verified;
