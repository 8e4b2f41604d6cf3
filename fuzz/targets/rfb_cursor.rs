//! The fuzzer's way to `fuzz::rfb_cursor`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::rfb_cursor(bytes));
