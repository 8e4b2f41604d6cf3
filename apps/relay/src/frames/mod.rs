//! WebSocket frames on their way through: client frames in, server frames out, without putting
//! messages together.
//!
//! Source: RFC 6455, section 5. A client's frames are masked and a server's are not, so what leaves
//! is never longer than what came; only a header that was cut between two reads is held back.

use pairing::relay::Refusal;

/// Bytes that may be held back between two reads: the longest header (14), or a whole control frame
/// (6 + 125).
pub(crate) const HELD: usize = 131;

/// The relay's own ping; its pong goes no further.
pub(crate) const PING: [u8; 7] = [0x89, 5, b'n', b'o', b'r', b'e', b'n'];
/// Binary `00`: wait.
pub(crate) const WAIT: [u8; 3] = [0x82, 1, 0];
/// Binary `01`: the other side is there.
pub(crate) const JOINED: [u8; 3] = [0x82, 1, 1];

const CONTINUATION: u8 = 0;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
pub(crate) const PONG: u8 = 10;

/// A client frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) fin: bool,
    pub(crate) opcode: u8,
    pub(crate) len: u64,
    pub(crate) mask: [u8; 4],
    /// Bytes the header took.
    pub(crate) size: usize,
}

impl Header {
    /// Reads a header; `None` if it is not all there yet.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, Refusal> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
        // No extension was agreed on, a client must mask, and only bytes are carried.
        if first & 0x70 != 0
            || second & 0x80 == 0
            || !matches!(opcode, CONTINUATION | BINARY | CLOSE | 9 | PONG)
        {
            return Err(Refusal::Misbehaved);
        }
        let control = opcode >= CLOSE;
        let (len, rest, extra) = match second & 0x7f {
            126 => match rest.split_first_chunk::<2>() {
                Some((len, rest)) => (u64::from(u16::from_be_bytes(*len)), rest, 2),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk::<8>() {
                Some((len, rest)) => (u64::from_be_bytes(*len), rest, 8),
                None => return Ok(None),
            },
            len => (u64::from(len), rest, 0),
        };
        if control && (!fin || len > 125) {
            return Err(Refusal::Misbehaved);
        }
        let Some((mask, _)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        Ok(Some(Self { fin, opcode, len, mask: *mask, size: 2 + extra + 4 }))
    }
}

/// Carries one direction.
#[derive(Debug)]
pub(crate) struct Forwarder {
    /// The largest message, in bytes.
    limit: u64,
    /// What is left of the frame that is passing, and its mask turned to the next byte.
    left: u64,
    mask: [u8; 4],
    /// Bytes of the message so far; `None` between messages.
    message: Option<u64>,
    /// The frame that is passing is the message's last.
    fin: bool,
    held: Vec<u8>,
    closed: bool,
}

impl Forwarder {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            left: 0,
            mask: [0; 4],
            message: None,
            fin: true,
            held: Vec::new(),
            closed: false,
        }
    }

    /// Whether the last thing that left was whole: only then may something else be sent in between.
    pub(crate) fn at_boundary(&self) -> bool {
        self.left == 0
    }

    /// Whether a close frame has passed: nothing follows it.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes what a read brought, `buffer[from..to]` with `from >= HELD`, and leaves what is to be
    /// written at the start of the buffer. Answers its length. On a fault what is whole before it
    /// has been answered for nothing: the line is over.
    pub(crate) fn forward(
        &mut self,
        buffer: &mut [u8],
        from: usize,
        to: usize,
    ) -> Result<usize, Refusal> {
        debug_assert!(from >= HELD);
        let (mut read, mut write) = (from, 0);
        while read < to && !self.closed {
            if self.left > 0 {
                let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(to - read);
                buffer.copy_within(read..read + len, write);
                self.mask = unmask(&mut buffer[write..write + len], self.mask);
                self.left -= len as u64;
                read += len;
                write += len;
                if self.left == 0 && self.fin {
                    self.message = None;
                }
                continue;
            }
            // The start of a frame; with what was held back if anything was.
            let was_held = self.held.len();
            let take = (to - read).min(HELD - was_held);
            let header = if was_held == 0 {
                Header::read(&buffer[read..read + take])?
            } else {
                self.held.extend_from_slice(&buffer[read..read + take]);
                Header::read(&self.held)?
            };
            let whole =
                header.map(|h| if h.opcode >= CLOSE { h.size + h.len as usize } else { h.size });
            match (header, whole) {
                (Some(header), Some(whole)) if whole <= was_held + take => {
                    let mut control = [0; HELD];
                    if header.opcode >= CLOSE {
                        let frame = if was_held == 0 {
                            &buffer[read..read + whole]
                        } else {
                            &self.held[..whole]
                        };
                        control[..whole].copy_from_slice(frame);
                    }
                    read += whole - was_held;
                    self.held = Vec::new();
                    write += self.start(
                        &header,
                        &mut control[header.size..whole.max(header.size)],
                        &mut buffer[write..],
                    )?;
                }
                _ => {
                    if was_held == 0 {
                        self.held = buffer[read..read + take].to_vec();
                    }
                    read += take;
                }
            }
        }
        Ok(write)
    }

    /// Writes the header of a frame as a server's, and all of a control frame. Answers the bytes
    /// written.
    fn start(
        &mut self,
        header: &Header,
        payload: &mut [u8],
        to: &mut [u8],
    ) -> Result<usize, Refusal> {
        if header.opcode >= CLOSE {
            unmask(payload, header.mask);
            if header.opcode == PONG && payload == &PING[2..] {
                return Ok(0);
            }
            self.closed = header.opcode == CLOSE;
            to[0] = 0x80 | header.opcode;
            to[1] = header.len as u8;
            to[2..2 + payload.len()].copy_from_slice(payload);
            return Ok(2 + payload.len());
        }
        // A message begins with its kind and goes on with continuations.
        let so_far = match (header.opcode, self.message) {
            (BINARY, None) => 0,
            (CONTINUATION, Some(so_far)) => so_far,
            _ => return Err(Refusal::Misbehaved),
        };
        let total = header
            .len
            .checked_add(so_far)
            .filter(|total| *total <= self.limit)
            .ok_or(Refusal::TooLarge)?;
        self.left = header.len;
        self.mask = header.mask;
        self.fin = header.fin;
        self.message = if header.fin && header.len == 0 { None } else { Some(total) };
        to[0] = if header.fin { 0x80 } else { 0 } | header.opcode;
        Ok(match header.len {
            len @ 0..=125 => {
                to[1] = len as u8;
                2
            }
            len @ 126..=0xffff => {
                to[1] = 126;
                to[2..4].copy_from_slice(&(len as u16).to_be_bytes());
                4
            }
            len => {
                to[1] = 127;
                to[2..10].copy_from_slice(&len.to_be_bytes());
                10
            }
        })
    }
}

/// The close frame a server sends.
pub(crate) fn close(refusal: Refusal) -> Vec<u8> {
    let reason = refusal.to_string();
    let mut frame = vec![0x88, 2 + reason.len() as u8];
    frame.extend_from_slice(&refusal.code().to_be_bytes());
    frame.extend_from_slice(reason.as_bytes());
    frame
}

/// Takes the mask off; answers it turned for the byte that follows.
pub(crate) fn unmask(bytes: &mut [u8], mut mask: [u8; 4]) -> [u8; 4] {
    let wide = u64::from_ne_bytes([
        mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3],
    ]);
    let mut chunks = bytes.chunks_exact_mut(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        chunk.copy_from_slice(&(u64::from_ne_bytes(word) ^ wide).to_ne_bytes());
    }
    let rest = chunks.into_remainder();
    rest.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    mask.rotate_left(rest.len() % 4);
    mask
}

#[cfg(test)]
mod tests;
