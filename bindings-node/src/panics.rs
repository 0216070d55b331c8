//! A panic must not cross into Node, where it would end the process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Runs what may have a bug; a panic becomes a fault of the category `internal`.
///
/// # Errors
/// The fault as JSON, see [`fault`](crate::fault).
pub(crate) fn or_fault<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    // What was half done is never looked at again: every caller gives up its state.
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        crate::fault::internal(&text)
    })
}

/// Locks, also after a panic of another holder.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
