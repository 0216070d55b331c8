//! Any text is a condition or an error, any row has an answer or an error, and the laws of logic hold between answers.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, Vec<Option<&[u8]>>)| {
    let (first, second, values) = input;
    dumpsert::check_condition_laws(first, second, &values);
});
