//! Panics to order, so that the tests can see what comes of one, and a count of the memory that is in use. Only where it is
//! built with the feature `drill`, which a release is not; else these functions do nothing.

/// A place where the tests can have a panic.
pub(crate) fn pass(place: &str) {
    #[cfg(feature = "drill")]
    armed::pass(place);
    let _ = place;
}

/// The same, on the way of a value.
pub(crate) fn passed<T>(place: &str, value: T) -> T {
    pass(place);
    value
}

#[cfg(feature = "drill")]
pub(crate) use armed::{arm, memory};

#[cfg(feature = "drill")]
mod armed {
    use std::panic::resume_unwind;
    use std::sync::Mutex;

    use peak_alloc::PeakAlloc;

    use crate::panics::lock;

    #[global_allocator]
    static MEMORY: PeakAlloc = PeakAlloc;

    /// Bytes that this library holds.
    pub(crate) fn memory() -> usize {
        MEMORY.current_usage()
    }

    static PLACE: Mutex<Option<String>> = Mutex::new(None);

    pub(crate) fn arm(place: Option<String>) -> bool {
        std::mem::replace(&mut *lock(&PLACE), place).is_some()
    }

    pub(super) fn pass(place: &str) {
        let mut slot = lock(&PLACE);
        if slot.as_deref() == Some(place) {
            *slot = None;
            drop(slot);
            // A panic like any other, but for the hook, which would print it. `scripts/pack.mjs` looks for these words.
            resume_unwind(Box::new(format!(
                "a drill at {place}: dumpsert was built with fault injection"
            )));
        }
    }
}
