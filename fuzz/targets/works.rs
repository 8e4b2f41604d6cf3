//! The fuzzer's way to `fuzz::works`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::works(bytes));
