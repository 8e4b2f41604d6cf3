/// What the viewer can decode: `caps` of wire message Hello. Unknown bits are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps(u32);

impl Caps {
    /// H.264 by WebCodecs.
    pub const H264: u32 = 1;

    /// From the number in Hello.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Whether H.264 can be decoded.
    pub const fn h264(self) -> bool {
        self.0 & Self::H264 != 0
    }
}

/// What the agent's policy says about the picture.
#[derive(Debug, Clone, Default)]
pub struct Config {}
