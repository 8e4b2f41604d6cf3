//! What can go wrong in the office.

use std::path::PathBuf;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the agent could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the state could not be read or written.
    #[error("{path}: {error}")]
    State {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file of the state holds something else.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The agent is not enrolled yet.
    #[error("not enrolled yet; run `noren-agent enroll` first")]
    NotEnrolled,
    /// The agent is enrolled already.
    #[error("already enrolled; use another --state folder for another agent")]
    Enrolled,
    /// Another process runs with the same state.
    #[error("another noren-agent runs with this state")]
    Running,
    /// The server said no to the enrolment.
    #[error("the server refused the enrolment: {0}")]
    Refused(String),
    /// The server has too much to do.
    #[error("the server is busy")]
    Busy,
    /// Another user's session is on the target.
    #[error("another user is on the target")]
    InUse,
    /// Something about who may meet whom.
    #[error(transparent)]
    Pairing(#[from] pairing::Error),
    /// The channel failed.
    #[error(transparent)]
    Channel(#[from] channel::Error),
    /// The network failed.
    #[error(transparent)]
    Net(#[from] net::Error),
    /// The desktop failed.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// The peer at the relay did not come, or said something else than it should.
    #[error("{0}")]
    Meeting(&'static str),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Invalid(String),
}
