//! See `properties/src`. What an input takes is counted: at once, and in all, which stands for its time.
#![no_main]

use std::alloc::System;

use cap::Cap;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What an input may take at once, and in all, whatever it is,
const PEAK_BYTES: usize = 128 << 20;
const TOTAL_BYTES: usize = 512 << 20;
/// and for each of its bytes: one can stand for 1,600 columns that a table has of another.
const PEAK_PER_BYTE: usize = 32 << 10;
const TOTAL_PER_BYTE: usize = 128 << 10;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let (allocated, total) = (ALLOCATOR.allocated(), ALLOCATOR.total_allocated());
    // More than this is no memory at all, and the end of the process.
    let most = allocated + PEAK_BYTES + PEAK_PER_BYTE * input.len();
    ALLOCATOR.set_limit(most).expect("a limit above what is allocated");
    dumpsert_properties::beside(input);
    ALLOCATOR.set_limit(usize::MAX).expect("no limit");
    let made = ALLOCATOR.total_allocated() - total;
    assert!(made <= TOTAL_BYTES + TOTAL_PER_BYTE * input.len(), "{made} bytes were allocated");
});
