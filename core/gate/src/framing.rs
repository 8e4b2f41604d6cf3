//! Where requests begin and end in a stream of HTTP/1 (RFC 9112), without leniency.
//!
//! A lenient parser can disagree with a proxy before it about where a request ends; then one
//! person's request becomes part of another's (request smuggling). So the bytes are checked before
//! the parser gets them: each head as a whole, each body by its length. What could be read in two
//! ways is refused.

/// Longest head, bytes.
pub const HEAD_LIMIT: usize = 32 << 10;
/// Longest line of a chunk's size or of a trailer, and all trailers together.
const LINE_LIMIT: usize = 4 << 10;
/// Bytes that every HTTP parser refuses as a head.
const NO_HEAD: &[u8] = b"\0\r\n\r\n";

/// What is wrong with a head or a chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// A line that ends with LF alone, or a CR without an LF.
    LineEnd,
    /// An HTTP/1.1 request without exactly one `Host`.
    Host,
    /// A body with both `Content-Length` and `Transfer-Encoding: chunked`.
    LengthAndChunks,
    /// A `Content-Length` that is not a number, or more than one of them.
    Length,
    /// A `Transfer-Encoding` other than `chunked`.
    Coding,
    /// A malformed first line, field or chunk.
    Line,
}

/// The bytes of one direction of one connection.
#[derive(Debug)]
pub struct Framing {
    state: State,
    /// Bytes that arrived and may not pass yet: an unfinished head or line.
    held: Vec<u8>,
    /// How far `held` was searched for its end.
    looked: usize,
    refused: Option<Refused>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Head,
    Body(u64),
    Size,
    Chunk(u64),
    ChunkEnd,
    Trailers(usize),
    /// Another protocol, or bytes that are not checked any more.
    Through,
    Over,
}

impl Default for Framing {
    fn default() -> Self {
        Self { state: State::Head, held: Vec::new(), looked: 0, refused: None }
    }
}

impl Framing {
    /// How many bytes may go to the parser directly, without [`Framing::take`]: the rest of a body.
    #[must_use]
    pub fn straight(&self) -> u64 {
        match self.state {
            State::Body(rest) | State::Chunk(rest) if self.held.is_empty() => rest,
            State::Through if self.held.is_empty() => u64::MAX,
            _ => 0,
        }
    }

    /// Reports that `bytes` bytes went to the parser directly.
    pub fn went(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        self.state = match self.state {
            State::Body(rest) if rest <= bytes => State::Head,
            State::Body(rest) => State::Body(rest - bytes),
            State::Chunk(rest) if rest <= bytes => State::ChunkEnd,
            State::Chunk(rest) => State::Chunk(rest - bytes),
            other => other,
        };
    }

    /// The fault after which nothing passes any more.
    #[must_use]
    pub fn refused(&self) -> Option<Refused> {
        self.refused
    }

    /// Takes the bytes that arrived and appends to `out` what may pass. A refused head becomes one
    /// that every parser refuses, so that the parser answers it in turn, after the earlier
    /// requests.
    pub fn take(&mut self, input: &[u8], out: &mut Vec<u8>) {
        if self.state == State::Over {
            return;
        }
        self.held.extend_from_slice(input);
        while !self.held.is_empty() || matches!(self.state, State::Body(0) | State::Chunk(0)) {
            match self.step(out) {
                Ok(true) => {}
                Ok(false) => return,
                Err(refused) => {
                    // Within a body there is no head to replace; a malformed chunk size ends it
                    // just as well.
                    out.extend_from_slice(NO_HEAD);
                    self.refused = Some(refused);
                    self.state = State::Over;
                    self.held = Vec::new();
                    return;
                }
            }
        }
        // Frees the memory of a long head, which would otherwise stay for as long as the
        // connection.
        self.held = Vec::new();
    }

    /// One step; false when more bytes have to arrive first.
    fn step(&mut self, out: &mut Vec<u8>) -> Result<bool, Refused> {
        match self.state {
            State::Head => {
                let Some(length) = self.head_end()? else {
                    if self.held.len() >= HEAD_LIMIT {
                        // The parser has the same limit and says so.
                        self.pass(self.held.len(), out);
                        self.state = State::Through;
                    }
                    return Ok(false);
                };
                self.state = body_of(&self.held[..length])?;
                self.pass(length, out);
            }
            State::Body(rest) | State::Chunk(rest) => {
                let length = usize::try_from(rest).unwrap_or(usize::MAX).min(self.held.len());
                self.pass(length, out);
                self.went(length);
            }
            State::Size => {
                let Some(length) = self.line_end()? else { return Ok(false) };
                self.state = match chunk_size(&self.held[..length - 2])? {
                    0 => State::Trailers(0),
                    size => State::Chunk(size),
                };
                self.pass(length, out);
            }
            State::ChunkEnd => {
                let Some(length) = self.line_end()? else { return Ok(false) };
                if length != 2 {
                    return Err(Refused::Line);
                }
                self.pass(length, out);
                self.state = State::Size;
            }
            State::Trailers(before) => {
                let Some(length) = self.line_end()? else { return Ok(false) };
                if before + length > LINE_LIMIT {
                    return Err(Refused::Line);
                }
                self.state =
                    if length == 2 { State::Head } else { State::Trailers(before + length) };
                self.pass(length, out);
            }
            State::Through => self.pass(self.held.len(), out),
            State::Over => return Ok(false),
        }
        Ok(true)
    }

    fn pass(&mut self, length: usize, out: &mut Vec<u8>) {
        out.extend(self.held.drain(..length));
        self.looked = 0;
    }

    /// Where the head ends, if all of it is there. Every line must end with CR LF, and no CR may
    /// stand elsewhere.
    fn head_end(&mut self) -> Result<Option<usize>, Refused> {
        // Empty lines before a request do not belong to it (RFC 9112, 2.2).
        while self.held.starts_with(b"\r\n") {
            self.held.drain(..2);
            self.looked = 0;
        }
        while let Some(found) =
            self.held[self.looked..].iter().position(|byte| matches!(byte, b'\r' | b'\n'))
        {
            let end = self.looked + found;
            match (self.held[end], self.held.get(end + 1)) {
                (b'\r', None) => {
                    self.looked = end;
                    return Ok(None);
                }
                (b'\r', Some(b'\n')) => {}
                _ => return Err(Refused::LineEnd),
            }
            if self.held[..end].ends_with(b"\r\n") {
                return Ok(Some(end + 2));
            }
            self.looked = end + 2;
        }
        self.looked = self.held.len();
        Ok(None)
    }

    fn line_end(&self) -> Result<Option<usize>, Refused> {
        let Some(end) = self.held.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            return if self.held.len() > LINE_LIMIT { Err(Refused::Line) } else { Ok(None) };
        };
        match (self.held[end], self.held.get(end + 1)) {
            (b'\r', Some(b'\n')) if end <= LINE_LIMIT => Ok(Some(end + 2)),
            (b'\r', None) if end <= LINE_LIMIT => Ok(None),
            (b'\r', _) if end > LINE_LIMIT => Err(Refused::Line),
            _ => Err(Refused::LineEnd),
        }
    }
}

/// What follows a head that ends with an empty line.
fn body_of(head: &[u8]) -> Result<State, Refused> {
    let mut lines =
        head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    // The parser itself answers a malformed first line. HTTP/1.0 needs no host and has no chunks.
    let old = first.ends_with(b" HTTP/1.0");
    let (mut hosts, mut length, mut chunked, mut upgrade) = (0, None, false, false);
    for line in lines.take_while(|line| !line.is_empty()) {
        if matches!(line.first(), Some(b' ' | b'\t')) {
            // Some parsers join a folded line to the one before, others read it as a field of its
            // own.
            return Err(Refused::Line);
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err(Refused::Line);
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty() || name.iter().any(|byte| matches!(byte, b' ' | b'\t' | 0)) {
            return Err(Refused::Line);
        }
        if name.eq_ignore_ascii_case(b"host") {
            hosts += 1;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            if length.replace(digits(value, 10).ok_or(Refused::Length)?).is_some() {
                return Err(Refused::Length);
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Refused::Coding);
            }
            chunked = true;
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            upgrade = true;
        }
    }
    if hosts > 1 || (hosts == 0 && !old) {
        return Err(Refused::Host);
    }
    match (length, chunked) {
        (Some(_), true) => Err(Refused::LengthAndChunks),
        (None, true) if old => Err(Refused::Coding),
        (None, true) => Ok(State::Size),
        (Some(length), false) if length > 0 => Ok(State::Body(length)),
        // Another protocol begins; if the server refuses it, the connection ends with the answer.
        _ if upgrade => Ok(State::Through),
        _ => Ok(State::Head),
    }
}

/// A chunk's size in hexadecimal. Extensions are ignored (RFC 9112, 7.1.1).
fn chunk_size(line: &[u8]) -> Result<u64, Refused> {
    let size = line.split(|byte| *byte == b';').next().unwrap_or_default();
    digits(size.trim_ascii_end(), 16).ok_or(Refused::Line)
}

/// Digits and nothing else, few enough that the number cannot overflow.
fn digits(text: &[u8], radix: u32) -> Option<u64> {
    let plain = !text.is_empty()
        && text.len() <= 15
        && text.iter().all(|byte| char::from(*byte).is_digit(radix));
    plain
        .then(|| {
            std::str::from_utf8(text).ok().and_then(|text| u64::from_str_radix(text, radix).ok())
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOST: &str = "Host: a\r\n";

    fn whole(text: &str) -> (Option<Refused>, Vec<u8>) {
        let (mut framing, mut out) = (Framing::default(), Vec::new());
        framing.take(text.as_bytes(), &mut out);
        (framing.refused(), out)
    }

    fn by_bytes(text: &str) -> (Option<Refused>, Vec<u8>) {
        let (mut framing, mut out) = (Framing::default(), Vec::new());
        text.as_bytes().iter().for_each(|byte| framing.take(std::slice::from_ref(byte), &mut out));
        (framing.refused(), out)
    }

    fn good() -> Vec<String> {
        vec![
            format!("GET / HTTP/1.1\r\n{HOST}\r\n"),
            "GET / HTTP/1.0\r\n\r\n".to_owned(),
            format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 5\r\n\r\n\n\n\r\rx"),
            format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 0\r\n\r\n"),
            format!(
                "POST / HTTP/1.1\r\n{HOST}transfer-encoding: \
                 Chunked\r\n\r\n5;a=b\r\n\nabc\n\r\n0\r\nX: y\r\n\r\n"
            ),
        ]
    }

    #[test]
    fn what_is_http_passes_as_it_is_one_after_the_other() {
        let together = good().concat();
        for text in good().iter().chain([&together]) {
            assert_eq!(whole(text), (None, text.clone().into_bytes()), "{text:?}");
            assert_eq!(by_bytes(text), (None, text.clone().into_bytes()), "{text:?}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused_by_name() {
        let refused = [
            (
                Refused::LengthAndChunks,
                format!(
                    "POST / HTTP/1.1\r\n{HOST}Content-Length: 6\r\nTransfer-Encoding: \
                     chunked\r\n\r\n"
                ),
            ),
            (
                Refused::LengthAndChunks,
                format!(
                    "POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\nContent-Length: \
                     6\r\n\r\n"
                ),
            ),
            (Refused::LineEnd, "GET / HTTP/1.1\nHost: a\n\n".to_owned()),
            (Refused::LineEnd, format!("GET / HTTP/1.1\r\n{HOST}\n")),
            (Refused::LineEnd, format!("GET / HTTP/1.1\r\n{HOST}X: a\rb\r\n\r\n")),
            (Refused::Host, "GET / HTTP/1.1\r\n\r\n".to_owned()),
            (Refused::Host, format!("GET / HTTP/1.1\r\n{HOST}{HOST}\r\n")),
            (
                Refused::Length,
                format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 3\r\nContent-Length: 3\r\n\r\n"),
            ),
            (Refused::Length, format!("POST / HTTP/1.1\r\n{HOST}Content-Length: +3\r\n\r\n")),
            (Refused::Length, format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 3, 3\r\n\r\n")),
            (
                Refused::Length,
                format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 9999999999999999\r\n\r\n"),
            ),
            (
                Refused::Coding,
                format!("POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip, chunked\r\n\r\n"),
            ),
            (
                Refused::Coding,
                format!(
                    "POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: \
                     chunked\r\n\r\n"
                ),
            ),
            (Refused::Coding, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()),
            (Refused::Line, format!("GET / HTTP/1.1\r\n{HOST}X: a\r\n b\r\n\r\n")),
            (Refused::Line, format!("GET / HTTP/1.1\r\n{HOST}Content-Length : 3\r\n\r\n")),
            (Refused::Line, format!("GET / HTTP/1.1\r\n{HOST}no colon\r\n\r\n")),
            (
                Refused::Line,
                format!("POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n0x5\r\n"),
            ),
            (
                Refused::Line,
                format!("POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"),
            ),
            (
                Refused::LineEnd,
                format!("POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n1\na"),
            ),
        ];
        for (why, text) in refused {
            assert_eq!(whole(&text).0, Some(why), "{text:?}");
            let (by_bytes, out) = by_bytes(&text);
            assert_eq!(by_bytes, Some(why), "{text:?}");
            assert!(out.ends_with(NO_HEAD));
        }
    }

    #[test]
    fn what_was_asked_before_still_passes_and_nothing_after() {
        let good = format!("GET / HTTP/1.1\r\n{HOST}\r\n");
        let (refused, out) = whole(&format!("{good}GET / HTTP/1.1\r\n\r\n{good}"));
        assert_eq!(refused, Some(Refused::Host));
        assert_eq!(out, [good.as_bytes(), NO_HEAD].concat());
    }

    #[test]
    fn a_head_without_end_is_handed_on_at_the_limit_and_kept_no_longer() {
        let (mut framing, mut out) = (Framing::default(), Vec::new());
        framing.take(b"GET /", &mut out);
        while out.is_empty() {
            framing.take(&[b'a'; 1_000], &mut out);
        }
        assert!(out.len() >= HEAD_LIMIT && out.len() < HEAD_LIMIT + 1_000);
        assert!(framing.held.is_empty());
    }

    #[test]
    fn another_protocol_passes_from_its_head_on() {
        let text = format!(
            "GET /relay HTTP/1.1\r\n{HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n\n\r\0"
        );
        assert_eq!(by_bytes(&text), (None, text.clone().into_bytes()));
    }

    #[test]
    fn a_body_goes_straight_and_the_next_head_does_not() {
        let (mut framing, mut out) = (Framing::default(), Vec::new());
        framing.take(
            format!("POST / HTTP/1.1\r\n{HOST}Content-Length: 10\r\n\r\nabc").as_bytes(),
            &mut out,
        );
        assert_eq!(framing.straight(), 7);
        framing.went(6);
        assert_eq!(framing.straight(), 1);
        framing.went(1);
        assert_eq!(framing.straight(), 0);
        framing.take(b"GET / HTTP/1.1\n", &mut out);
        assert_eq!(framing.refused(), Some(Refused::LineEnd));
    }

    proptest! {
        #[test]
        fn how_it_is_cut_changes_nothing(
            bytes in prop::collection::vec(
                prop::sample::select(b"\r\n\r\n:a0 5;GHT/1.".to_vec()), 0..200),
                cuts in prop::collection::vec(1usize..20, 1..50), which in 0usize..5) {
            let text = [good()[which].as_bytes(), &bytes].concat();
            let (mut one, mut whole) = (Framing::default(), Vec::new());
            one.take(&text, &mut whole);
            let (mut other, mut parts, mut rest) = (
                Framing::default(), Vec::new(), text.as_slice());
            for cut in cuts.into_iter().cycle() {
                if rest.is_empty() { break }
                let (now, later) = rest.split_at(cut.min(rest.len()));
                other.take(now, &mut parts);
                rest = later;
            }
            prop_assert_eq!(one.refused(), other.refused());
            prop_assert_eq!(whole, parts);
        }
    }
}
