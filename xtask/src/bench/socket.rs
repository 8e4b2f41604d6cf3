//! The least of WebSocket that a measurement needs: a client's handshake and binary frames (RFC
//! 6455), over plain TCP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use anyhow::{Context, Result, ensure};

/// A connection after the handshake.
pub(super) struct Socket {
    stream: BufReader<TcpStream>,
}

impl Socket {
    /// Connects from an address of the loopback and asks for the path, as a page of `origin` or as
    /// no page.
    pub(super) fn open_from(
        address: [u8; 4],
        port: u16,
        path: &str,
        origin: Option<&str>,
    ) -> Result<Self> {
        let mut stream = connect_from(address, port)?;
        stream.set_nodelay(true)?;
        let origin = origin.map(|o| format!("Origin: {o}\r\n")).unwrap_or_default();
        // The key is a nonce against caches between; there is none here (RFC 6455 section 1.3 has
        // this one).
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: \
             Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: \
             13\r\n{origin}\r\n"
        )?;
        let mut stream = BufReader::with_capacity(16 << 10, stream);
        let mut line = String::new();
        stream.read_line(&mut line)?;
        ensure!(line.contains(" 101 "), "no WebSocket at {path}: {}", line.trim());
        while line.trim() != "" {
            line.clear();
            ensure!(stream.read_line(&mut line)? > 0, "the handshake was cut");
        }
        Ok(Self { stream })
    }

    /// Sends one binary message.
    pub(super) fn send(&mut self, payload: &[u8]) -> Result<()> {
        Ok(self.stream.get_mut().write_all(&frame(payload))?)
    }

    /// The next binary message; other frames are passed over.
    pub(super) fn receive(&mut self) -> Result<Vec<u8>> {
        loop {
            let mut head = [0; 2];
            self.stream.read_exact(&mut head)?;
            let length = match head[1] & 0x7f {
                126 => {
                    let mut l = [0; 2];
                    self.stream.read_exact(&mut l)?;
                    u64::from(u16::from_be_bytes(l))
                }
                127 => {
                    let mut l = [0; 8];
                    self.stream.read_exact(&mut l)?;
                    u64::from_be_bytes(l)
                }
                l => u64::from(l),
            };
            ensure!(length < 1 << 24, "a message of {length} bytes");
            let mut payload = vec![0; usize::try_from(length)?];
            self.stream.read_exact(&mut payload)?;
            match head[0] & 15 {
                2 => return Ok(payload),
                8 => anyhow::bail!(
                    "closed: {}",
                    String::from_utf8_lossy(payload.get(2..).unwrap_or_default())
                ),
                _ => {}
            }
        }
    }

    /// The connection itself, for those who count bytes only. What was read ahead is dropped.
    pub(super) fn stream(&self) -> Result<TcpStream> {
        self.stream.get_ref().try_clone().context("a second handle")
    }
}

/// Connects from this address, so that what is limited for each address does not limit a
/// measurement.
fn connect_from(address: [u8; 4], port: u16) -> Result<TcpStream> {
    use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
    let fd = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&fd, &SocketAddr::from((address, 0)))?;
    connect(&fd, &SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(TcpStream::from(fd))
}

/// A client's binary frame. The mask is zero, which is allowed and costs the sender nothing.
pub(super) fn frame(payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x82];
    match payload.len() {
        n @ 0..126 => out.push(0x80 | n as u8),
        n @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
        n => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(n as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(payload);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_length_they_say() {
        assert_eq!(frame(b"ab"), [0x82, 0x82, 0, 0, 0, 0, b'a', b'b']);
        assert_eq!(frame(&[0; 126])[..4], [0x82, 0xfe, 0, 126]);
        assert_eq!(frame(&vec![0; 70000])[..10], [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0x11, 0x70]);
    }
}
