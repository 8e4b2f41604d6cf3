//! The fuzzer's way to `fuzz::staff`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::staff(bytes));
