//! Turns what the reader tells into the script.

mod conflict;
pub(crate) mod emit;
mod head_text;
mod order;
mod rows;
mod script;
mod staged;
mod tables;
mod writer;

pub(crate) use writer::Writer;
