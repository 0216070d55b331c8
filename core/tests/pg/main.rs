//! What the scripts do to real databases. One test program, so that all tests share one server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test"
)]

mod cut;
mod exceptions;
mod promises;
mod rows;
mod sources;
mod staged;
mod support;
