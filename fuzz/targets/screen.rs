//! The fuzzer's way to `fuzz::screen`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::screen(bytes));
