//! What the scripts do to real databases. One test program, so that all tests share one server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test"
)]

mod advice;
mod app;
mod attacks;
mod batches;
mod cascade;
mod causes;
mod concurrent;
mod conditions;
mod cut;
mod cut_dumps;
mod declared;
mod decoys;
mod demo;
mod drift;
mod driver;
mod exceptions;
mod found;
mod guards;
mod letter_case;
mod long_refused;
mod long_rows;
mod mapping;
mod merge;
mod names;
mod orders;
mod partitions;
mod permits;
mod producers;
mod product;
mod promises;
mod references;
mod refusals;
mod restore;
mod rounding;
mod rows;
mod selection;
mod sequences;
mod shapes;
mod sources;
mod staged;
mod support;
mod triggers;
mod unguarded;
mod updates;
mod versions;
mod waiting;
mod whole;

#[path = "../live/mod.rs"]
mod live;
