//! The fuzzer's way to `fuzz::channel`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::channel(bytes));
