//! The end-to-end Noise channel.
