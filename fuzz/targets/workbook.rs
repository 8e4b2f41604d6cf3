//! The fuzzer's way to `fuzz::workbook`.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: {
        // A panic of the library below is caught and is an answer; the fuzzer's hook would end the
        // run before that. One that nobody catches ends it still.
        std::panic::set_hook(Box::new(|_| ()));
    },
    |bytes: &[u8]| fuzz::workbook(bytes)
);
