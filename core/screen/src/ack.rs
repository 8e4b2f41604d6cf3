use crate::Error;
use crate::frame::Cursor;

/// The body of wire message 0x08, ScreenAck: a frame was decoded and drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ack {
    /// Frames decoded so far in this session: the number of this one, counted from 1.
    pub frame: u32,
    /// Time spent decoding and drawing it, in units of 0.1 ms.
    pub work: u16,
    /// Frames that had arrived and were not yet decoded when this one was done.
    pub waiting: u8,
}

impl Ack {
    /// The seven bytes.
    pub fn encode(self) -> [u8; 7] {
        let [a, b, c, d] = self.frame.to_be_bytes();
        let [e, f] = self.work.to_be_bytes();
        [a, b, c, d, e, f, self.waiting]
    }

    /// Reads the seven bytes.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut cursor = Cursor::new(body);
        let ack = Self { frame: cursor.u32()?, work: cursor.u16()?, waiting: cursor.u8()? };
        if cursor.rest().is_empty() { Ok(ack) } else { Err(Error::Corrupt) }
    }
}
