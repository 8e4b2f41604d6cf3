//! A connection before it is joined: a ticket comes in, then nothing but signs of life.

use std::io;

use net::BoxStream;
use pairing::Ticket;
use pairing::relay::Refusal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::frames::{Header, PONG, unmask};

/// No message before the join is longer than a ticket.
const MAX: usize = Ticket::LEN;

/// A stream and what was read from it but not yet used.
pub(crate) struct Early {
    pub(crate) stream: BoxStream,
    pub(crate) read: Vec<u8>,
}

/// Why nothing more comes.
pub(crate) enum Gone {
    /// The peer closed or the line broke.
    Closed,
    /// It did what it must not.
    Refused(Refusal),
}

impl From<io::Error> for Gone {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

impl Early {
    pub(crate) fn new(stream: BoxStream) -> Self {
        Self { stream, read: Vec::new() }
    }

    /// The next binary message. May be dropped and called again at any await.
    pub(crate) async fn message(&mut self) -> Result<Vec<u8>, Gone> {
        loop {
            while let Some((header, payload)) = self.frame()? {
                match header.opcode {
                    2 if header.fin => return Ok(payload),
                    8 => return Err(Gone::Closed),
                    9 => {
                        let mut pong = vec![0x80 | PONG, payload.len() as u8];
                        pong.extend_from_slice(&payload);
                        self.stream.write_all(&pong).await?;
                        self.stream.flush().await?;
                    }
                    PONG => {}
                    _ => return Err(Gone::Refused(Refusal::Misbehaved)),
                }
            }
            let mut some = [0; 256];
            let n = self.stream.read(&mut some).await?;
            if n == 0 {
                return Err(Gone::Closed);
            }
            self.read.extend_from_slice(&some[..n]);
        }
    }

    fn frame(&mut self) -> Result<Option<(Header, Vec<u8>)>, Gone> {
        let Some(header) = Header::read(&self.read).map_err(Gone::Refused)? else {
            return Ok(None);
        };
        if header.len > MAX as u64 {
            return Err(Gone::Refused(Refusal::TooLarge));
        }
        let end = header.size + header.len as usize;
        if self.read.len() < end {
            return Ok(None);
        }
        let mut payload = self.read[header.size..end].to_vec();
        unmask(&mut payload, header.mask);
        self.read.drain(..end);
        if self.read.is_empty() {
            self.read = Vec::new();
        }
        Ok(Some((header, payload)))
    }
}
