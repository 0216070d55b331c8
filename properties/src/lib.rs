//! What must hold for every input, as functions that panic where it does not.
//!
//! The fuzz targets call them, and a test calls them with the seeds, with all that fuzzing has found, and with mutations
//! of both, so that a machine without a fuzzer checks them too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a property that does not hold panics"
)]

mod allowed;
mod beside;
mod catalog;
mod choices;
mod chunking;
mod condition;
mod literal;
mod predicate;
#[path = "../../core/tests/reference/mod.rs"]
mod reference;
mod scanner;
mod source;
mod vs_reference;

pub use allowed::output_is_allowed;
pub use beside::beside;
pub use catalog::catalog;
pub use chunking::chunking;
pub use condition::condition;
pub use literal::literal;
pub use predicate::predicate;
pub use vs_reference::vs_reference;

/// Checks one input.
pub type Property = fn(&[u8]);

/// Every property, by the name of its fuzz target.
pub const PROPERTIES: [(&str, Property); 8] = [
    ("beside", beside),
    ("catalog", catalog),
    ("chunking", chunking),
    ("condition", condition),
    ("literal", literal),
    ("output_is_allowed", output_is_allowed),
    ("predicate", predicate),
    ("vs_reference", vs_reference),
];
