//! A panic of the engine is an `InternalError` in Python, like any other error; a `PanicException` of PyO3 would pass by
//! `except Exception`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dumpsert::Error;

/// Why the engine has no result.
pub(crate) enum Fault {
    /// It says so.
    Error(Error),
    /// It has a bug; what was half done must not be used again.
    Panic(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Calls the engine. `door` is the name of what Python has called.
pub(crate) fn or_fault<T>(door: &'static str, run: impl FnOnce() -> dumpsert::Result<T>) -> Result<T, Fault> {
    // What was half done is never looked at again: every caller gives up its state.
    let result = catch_unwind(AssertUnwindSafe(|| {
        panic_for_tests(door);
        run()
    }));
    match result {
        Ok(result) => result.map_err(Fault::Error),
        Err(payload) => {
            let text = payload
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Err(Fault::Panic(format!("a bug in dumpsert, in {door}: {text}")))
        }
    }
}

/// The same for what cannot fail but by a bug.
pub(crate) fn value_or_fault<T>(door: &'static str, run: impl FnOnce() -> T) -> Result<T, Fault> {
    or_fault(door, || Ok(run()))
}

/// Panics if the tests want it of this door. No package that is published has the feature.
#[cfg(feature = "testing")]
#[expect(clippy::panic, reason = "that is what it is for")]
fn panic_for_tests(door: &str) {
    if std::env::var("DUMPSERT_TEST_PANIC").is_ok_and(|wanted| wanted == door) {
        panic!("made for tests");
    }
}

#[cfg(not(feature = "testing"))]
fn panic_for_tests(_: &str) {}
