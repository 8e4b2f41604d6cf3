//! A zlib stream that lives over many rectangles, each part bounded.

use crate::Error;
use flate2::{Decompress, FlushDecompress, Status};

/// How much room the output gains at a time, in bytes.
const STEP: usize = 64 * 1024;

/// One zlib stream.
#[derive(Debug)]
pub(crate) struct Inflate {
    stream: Decompress,
    ended: bool,
}

impl Inflate {
    pub(crate) fn new() -> Inflate {
        Inflate { stream: Decompress::new(true), ended: false }
    }

    pub(crate) fn reset(&mut self) {
        self.stream.reset(true);
        self.ended = false;
    }

    /// Unpacks all of `input` into `out` (emptied first), which never grows past `most` bytes.
    pub(crate) fn unpack(
        &mut self,
        mut input: &[u8],
        out: &mut Vec<u8>,
        most: usize,
    ) -> Result<(), Error> {
        out.clear();
        // The server flushes after each part, so its last bytes may give no output. One byte of
        // room more than allowed lets them be read, and shows a part that is too long.
        let room = most.saturating_add(1);
        let mut filled = 0;
        loop {
            if self.ended && !input.is_empty() {
                return Err(Error::PeerMisbehaved("a zlib stream goes on after its end"));
            }
            if filled == out.len() && out.len() < room {
                out.resize(room.min(out.len() + STEP), 0);
            }
            let (taken, given) = (self.stream.total_in(), self.stream.total_out());
            let space = out.get_mut(filled..).unwrap_or_default();
            let status = self.stream.decompress(input, space, FlushDecompress::Sync);
            let taken = (self.stream.total_in() - taken) as usize;
            let given = (self.stream.total_out() - given) as usize;
            input = input.get(taken..).unwrap_or_default();
            filled += given;
            match status {
                Ok(Status::StreamEnd) => self.ended = true,
                Ok(Status::Ok | Status::BufError) => {}
                Err(_) => return Err(Error::PeerMisbehaved("a broken zlib stream")),
            }
            if filled > most {
                return Err(Error::TooLarge("an unpacked rectangle"));
            }
            if input.is_empty() && (filled < out.len() || self.ended) {
                out.truncate(filled);
                return Ok(());
            }
            if taken == 0 && given == 0 && filled < out.len() {
                return Err(Error::PeerMisbehaved("a zlib stream that stands still"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compress, Compression, FlushCompress};

    fn pack(stream: &mut Compress, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(data.len() + 1024);
        stream.compress_vec(data, &mut out, FlushCompress::Sync).unwrap();
        out
    }

    #[test]
    fn parts_of_one_stream_follow_each_other() {
        let (mut packer, mut inflate, mut out) =
            (Compress::new(Compression::fast(), true), Inflate::new(), Vec::new());
        for size in [0usize, 1, 11, 1000, STEP - 1, STEP, STEP + 1, 3 * STEP] {
            let data: Vec<u8> = (0..size).map(|i| ((i * i) >> 5) as u8).collect();
            let packed = pack(&mut packer, &data);
            inflate.unpack(&packed, &mut out, size).unwrap();
            assert_eq!(out, data, "{size}");
        }
    }

    #[test]
    fn a_bomb_is_cut() {
        let packed = pack(&mut Compress::new(Compression::best(), true), &vec![0; 1 << 20]);
        let mut out = Vec::new();
        let most = 100_000;
        assert_eq!(
            Inflate::new().unpack(&packed, &mut out, most),
            Err(Error::TooLarge("an unpacked rectangle"))
        );
        assert!(out.capacity() <= most + 2 * STEP);
    }

    #[test]
    fn garbage_is_named() {
        assert!(matches!(
            Inflate::new().unpack(b"no zlib", &mut Vec::new(), 100),
            Err(Error::PeerMisbehaved(_))
        ));
    }
}
