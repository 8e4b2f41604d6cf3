//! Damage to tiles to cache to frames, and the reference decoder.
