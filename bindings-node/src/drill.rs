//! Panics to order, so that the tests can see what comes of one. Only where it is built with the feature `drill`, which
//! a release is not; else these functions do nothing.

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
pub(crate) use armed::arm;

#[cfg(feature = "drill")]
mod armed {
    use std::panic::resume_unwind;
    use std::sync::Mutex;

    use crate::guard::lock;

    static PLACE: Mutex<Option<String>> = Mutex::new(None);

    pub(crate) fn arm(place: Option<String>) -> bool {
        std::mem::replace(&mut *lock(&PLACE), place).is_some()
    }

    pub(super) fn pass(place: &str) {
        let mut slot = lock(&PLACE);
        if slot.as_deref() == Some(place) {
            *slot = None;
            drop(slot);
            // A panic like any other, but for the hook, which would print it.
            resume_unwind(Box::new(format!("a drill at {place}")));
        }
    }
}
