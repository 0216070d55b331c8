//! Turns what the reader tells into the script.

mod action;
mod batches;
mod conflict;
pub(crate) mod emit;
mod events;
mod fixed;
mod head_text;
mod judging;
mod left_out;
mod order;
mod own_tables;
mod place;
pub(crate) mod records;
mod refused;
pub(crate) mod rewriter;
mod rows;
mod script;
mod staged;
mod tables;
mod unmet;
mod writer;

pub(crate) use action::several_databases;
pub(crate) use script::LAST_CALL;
pub(crate) use script::RESET;
#[cfg(feature = "cli")]
pub(crate) use script::failing_script;
#[cfg(feature = "restore")]
pub(crate) use script::{COMMIT, OPENING};
pub(crate) use writer::Writer;
