//! The relay as a library: joins two encrypted streams it cannot read.
