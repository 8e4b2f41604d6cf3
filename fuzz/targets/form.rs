//! The fuzzer's way to `fuzz::form`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::form(bytes));
