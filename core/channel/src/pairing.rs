//! What travels inside the pairing handshake (`spec/channel.md`, "Handshake messages").

use crate::{DeviceId, Error, Result};
use wire::{Reader, Writer};

/// Largest name of an agent or device, in characters.
const MAX_NAME: usize = 64;
/// Largest user agent hint, in bytes.
const MAX_HINT: usize = 256;

/// Payload of message 2: the agent's name for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentHello {
    /// Name of the agent, at most 64 characters.
    pub name: String,
}

/// Payload of message 3: the new device's name for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceHello {
    /// Name of the device, at most 64 characters.
    pub name: String,
    /// The browser's own description (its user agent), at most 256 bytes.
    pub user_agent: String,
}

/// The agent's first record: the device is paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The id under which the agent keeps the device.
    pub device: DeviceId,
}

impl AgentHello {
    /// Decodes the payload. `bytes` is hostile.
    ///
    /// # Errors
    /// [`Error::Payload`].
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes);
        let name = name(r.str16(MAX_NAME * 4)?)?;
        r.finish()?;
        Ok(Self { name })
    }

    /// Encodes the payload.
    ///
    /// # Errors
    /// [`Error::Payload`] when the name is too long.
    pub fn encode(&self) -> Result<Vec<u8>> {
        name(&self.name)?;
        Ok(Writer::new().str16(&self.name, MAX_NAME * 4).finish()?)
    }
}

impl DeviceHello {
    /// Decodes the payload. `bytes` is hostile.
    ///
    /// # Errors
    /// [`Error::Payload`].
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes);
        let name = name(r.str16(MAX_NAME * 4)?)?;
        let user_agent = r.str16(MAX_HINT)?.to_owned();
        r.finish()?;
        Ok(Self { name, user_agent })
    }

    /// Encodes the payload.
    ///
    /// # Errors
    /// [`Error::Payload`] when a field is too long.
    pub fn encode(&self) -> Result<Vec<u8>> {
        name(&self.name)?;
        Ok(Writer::new()
            .str16(&self.name, MAX_NAME * 4)
            .str16(&self.user_agent, MAX_HINT)
            .finish()?)
    }
}

impl Accepted {
    /// Decodes the message. `bytes` is hostile.
    ///
    /// # Errors
    /// [`Error::Payload`].
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut r = Reader::new(bytes);
        if r.u8()? != 1 {
            return Err(wire::Error::BadValue("accepted").into());
        }
        let device = DeviceId(r.array()?);
        r.finish()?;
        Ok(Self { device })
    }

    /// Encodes the message.
    pub fn encode(&self) -> Vec<u8> {
        [&[1][..], &self.device.0].concat()
    }
}

fn name(text: &str) -> Result<String> {
    let length = text.chars().count();
    if length > MAX_NAME {
        return Err(Error::Payload(wire::Error::TooLong { length, limit: MAX_NAME }));
    }
    Ok(text.to_owned())
}
