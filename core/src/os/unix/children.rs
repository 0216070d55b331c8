//! Unix: the programs that a run starts.

use std::process::{Child, Command};

/// Whether a program gets its arguments as they are given.
pub(crate) const ARGUMENTS_ARE_BYTES: bool = true;

/// Ctrl-C on the terminal is for this process, which knows what is to be done, and not for its children.
pub(crate) fn set_apart(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    command.process_group(0);
}

/// A program whose pipes to us are gone ends by itself.
pub(crate) fn bind(_: &Child) {}
