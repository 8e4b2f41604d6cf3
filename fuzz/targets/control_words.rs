//! The fuzzer's way to `fuzz::control_words`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::control_words(bytes));
