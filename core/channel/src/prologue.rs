//! What both sides must agree on before they exchange a byte.

use sha2::{Digest, Sha256};

/// "noren/1" || kind || meeting id || body code || agent id || SHA-256(grant) (`spec/channel.md`,
/// "Prologue").
///
/// Each side builds it from what it was told separately; any difference fails the handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prologue(Vec<u8>);

impl Prologue {
    /// The prologue of a pairing: there is no grant yet.
    pub fn pairing(meeting: [u8; 16], body: [u8; 6], agent: [u8; 16]) -> Self {
        Self::build(1, meeting, body, agent, [0; 32])
    }

    /// The prologue of a session. `grant` is the signed grant as it came, byte for byte.
    pub fn session(meeting: [u8; 16], body: [u8; 6], agent: [u8; 16], grant: &[u8]) -> Self {
        Self::build(2, meeting, body, agent, Sha256::digest(grant).into())
    }

    /// The bytes, 78 of them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    #[cfg(test)]
    pub(crate) fn raw(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    fn build(kind: u8, meeting: [u8; 16], body: [u8; 6], agent: [u8; 16], grant: [u8; 32]) -> Self {
        let mut bytes = Vec::with_capacity(78);
        bytes.extend_from_slice(b"noren/1");
        bytes.push(kind);
        bytes.extend_from_slice(&meeting);
        bytes.extend_from_slice(&body);
        bytes.extend_from_slice(&agent);
        bytes.extend_from_slice(&grant);
        Self(bytes)
    }
}
