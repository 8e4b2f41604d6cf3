//! The fuzzer's way to `fuzz::rfb_zrle`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::rfb_zrle(bytes));
