//! The fuzzer's way to `fuzz::anchor`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::anchor(bytes));
