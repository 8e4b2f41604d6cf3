//! The fuzzer's way to `fuzz::tickets`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::tickets(bytes));
