//! Cursors over bytes.

use crate::{Error, Result};

/// Takes fields off the front of a byte slice; nothing is copied until a method says so.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A cursor at the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes not read yet.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// True when everything was read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `n` bytes, borrowed.
    ///
    /// # Errors
    /// [`Error::Truncated`] when fewer are left; the cursor then has not moved.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(n) {
            Some((head, tail)) => {
                self.rest = tail;
                Ok(head)
            }
            None => Err(Error::Truncated { wanted: n, left: self.rest.len() }),
        }
    }

    /// Everything that is left, borrowed.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// The next `N` bytes, copied.
    ///
    /// # Errors
    /// [`Error::Truncated`] when fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let left = self.rest.len();
        match self.rest.split_first_chunk::<N>() {
            Some((head, tail)) => {
                self.rest = tail;
                Ok(*head)
            }
            None => Err(Error::Truncated { wanted: N, left }),
        }
    }

    /// An unsigned byte.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|b| b[0])
    }

    /// A big-endian unsigned 16-bit integer.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// A big-endian unsigned 32-bit integer.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A big-endian unsigned 64-bit integer.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// A big-endian signed 16-bit integer.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn i16(&mut self) -> Result<i16> {
        self.array().map(i16::from_be_bytes)
    }

    /// A big-endian signed 32-bit integer.
    ///
    /// # Errors
    /// [`Error::Truncated`].
    pub fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    /// A byte that is 0 or 1; `field` names it in the error.
    ///
    /// # Errors
    /// [`Error::Truncated`], or [`Error::BadValue`] for any other byte.
    pub fn bool(&mut self, field: &'static str) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::BadValue(field)),
        }
    }

    /// `bytes16`: a u16 length, then that many bytes, at most `limit`.
    ///
    /// # Errors
    /// [`Error::TooLong`] over the limit, [`Error::Truncated`].
    pub fn bytes16(&mut self, limit: usize) -> Result<&'a [u8]> {
        let length = usize::from(self.u16()?);
        self.limited(length, limit)
    }

    /// `bytes32`: a u32 length, then that many bytes, at most `limit`.
    ///
    /// # Errors
    /// [`Error::TooLong`] over the limit, [`Error::Truncated`].
    pub fn bytes32(&mut self, limit: usize) -> Result<&'a [u8]> {
        let length = self.u32()? as usize;
        self.limited(length, limit)
    }

    /// `str8`: a u8 length in bytes, then UTF-8, at most `limit` bytes.
    ///
    /// # Errors
    /// [`Error::TooLong`] over the limit, [`Error::Truncated`], [`Error::NotUtf8`].
    pub fn str8(&mut self, limit: usize) -> Result<&'a str> {
        let length = usize::from(self.u8()?);
        utf8(self.limited(length, limit)?)
    }

    /// `str16`: a u16 length in bytes, then UTF-8, at most `limit` bytes.
    ///
    /// # Errors
    /// [`Error::TooLong`] over the limit, [`Error::Truncated`], [`Error::NotUtf8`].
    pub fn str16(&mut self, limit: usize) -> Result<&'a str> {
        utf8(self.bytes16(limit)?)
    }

    /// Checks that everything was read.
    ///
    /// # Errors
    /// [`Error::Trailing`] when bytes are left.
    pub fn finish(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(Error::Trailing(self.rest.len())) }
    }

    fn limited(&mut self, length: usize, limit: usize) -> Result<&'a [u8]> {
        if length > limit {
            return Err(Error::TooLong { length, limit });
        }
        self.take(length)
    }
}

/// Appends fields to a byte vector. The first length that does not fit is remembered and comes out
/// of [`Writer::finish`], so that a message is written in one chain.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    fault: Option<Error>,
}

impl Writer {
    /// An empty writer.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty writer with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), fault: None }
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// True when nothing was written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Appends raw bytes without a length.
    pub fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// An unsigned byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.put(&[value])
    }

    /// A byte that is 0 or 1.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.u8(u8::from(value))
    }

    /// A big-endian unsigned 16-bit integer.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    /// A big-endian unsigned 32-bit integer.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    /// A big-endian unsigned 64-bit integer.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    /// A big-endian signed 16-bit integer.
    pub fn i16(&mut self, value: i16) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    /// A big-endian signed 32-bit integer.
    pub fn i32(&mut self, value: i32) -> &mut Self {
        self.put(&value.to_be_bytes())
    }

    /// `bytes16` of at most `limit` bytes.
    pub fn bytes16(&mut self, bytes: &[u8], limit: usize) -> &mut Self {
        let limit = limit.min(usize::from(u16::MAX));
        if self.fits(bytes.len(), limit) {
            self.u16(bytes.len() as u16).put(bytes);
        }
        self
    }

    /// `bytes32` of at most `limit` bytes.
    pub fn bytes32(&mut self, bytes: &[u8], limit: usize) -> &mut Self {
        let limit = limit.min(u32::MAX as usize);
        if self.fits(bytes.len(), limit) {
            self.u32(bytes.len() as u32).put(bytes);
        }
        self
    }

    /// `str8` of at most `limit` bytes.
    pub fn str8(&mut self, text: &str, limit: usize) -> &mut Self {
        let limit = limit.min(usize::from(u8::MAX));
        if self.fits(text.len(), limit) {
            self.u8(text.len() as u8).put(text.as_bytes());
        }
        self
    }

    /// `str16` of at most `limit` bytes.
    pub fn str16(&mut self, text: &str, limit: usize) -> &mut Self {
        self.bytes16(text.as_bytes(), limit)
    }

    /// Remembers a fault the caller found while writing; the first one wins.
    pub fn fail(&mut self, error: Error) -> &mut Self {
        self.fault.get_or_insert(error);
        self
    }

    /// The finished bytes.
    ///
    /// # Errors
    /// The first fault: [`Error::TooLong`] for a field over its limit, or what [`Writer::fail`] was
    /// given.
    pub fn finish(&mut self) -> Result<Vec<u8>> {
        match self.fault.take() {
            Some(error) => Err(error),
            None => Ok(std::mem::take(&mut self.bytes)),
        }
    }

    fn fits(&mut self, length: usize, limit: usize) -> bool {
        if length > limit {
            self.fail(Error::TooLong { length, limit });
        }
        length <= limit
    }
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| Error::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let bytes = Writer::new()
            .u8(1)
            .u16(2)
            .u32(3)
            .u64(4)
            .i16(-5)
            .i32(-6)
            .bool(true)
            .str8("八", 255)
            .str16("十六", 99)
            .bytes16(b"ab", 2)
            .bytes32(b"cde", 3)
            .put(b"rest")
            .finish()
            .unwrap();
        let mut r = Reader::new(&bytes);
        assert_eq!((r.u8(), r.u16(), r.u32(), r.u64()), (Ok(1), Ok(2), Ok(3), Ok(4)));
        assert_eq!((r.i16(), r.i32(), r.bool("b")), (Ok(-5), Ok(-6), Ok(true)));
        assert_eq!((r.str8(3), r.str16(6)), (Ok("八"), Ok("十六")));
        assert_eq!((r.bytes16(2), r.bytes32(3)), (Ok(&b"ab"[..]), Ok(&b"cde"[..])));
        assert_eq!(r.rest(), b"rest");
        assert_eq!(r.finish(), Ok(()));
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_the_input_is_looked_at() {
        assert_eq!(
            Reader::new(&[0xff; 4]).bytes32(10),
            Err(Error::TooLong { length: u32::MAX as usize, limit: 10 })
        );
        assert_eq!(
            Reader::new(&[0, 5, 1]).bytes16(10),
            Err(Error::Truncated { wanted: 5, left: 1 })
        );
    }

    #[test]
    fn a_short_read_leaves_the_cursor_where_it_was() {
        let mut r = Reader::new(&[1, 2, 3]);
        assert_eq!(r.u32(), Err(Error::Truncated { wanted: 4, left: 3 }));
        assert_eq!(r.left(), 3);
        assert_eq!(r.finish(), Err(Error::Trailing(3)));
    }

    #[test]
    fn the_writer_keeps_the_first_fault() {
        let mut w = Writer::new();
        w.str8("long", 3).str16("longer", 4);
        assert_eq!(w.finish(), Err(Error::TooLong { length: 4, limit: 3 }));
    }

    #[test]
    fn strings_must_be_utf8_and_flags_zero_or_one() {
        assert_eq!(Reader::new(&[1, 0xff]).str8(9), Err(Error::NotUtf8));
        assert_eq!(Reader::new(&[2]).bool("down"), Err(Error::BadValue("down")));
    }
}
