//! A server over a temporary folder, driven in-process.
