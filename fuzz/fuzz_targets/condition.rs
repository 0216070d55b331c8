//! See `properties/src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| dumpsert_properties::condition(input));
