//! Loops around the engine: whatever is read and written, it is done here.

pub(crate) mod files;
pub(crate) mod input;
pub(crate) mod inspect;
pub(crate) mod io;
pub(crate) mod script;
pub(crate) mod script_file;
pub(crate) mod statements;
pub(crate) mod steps;
