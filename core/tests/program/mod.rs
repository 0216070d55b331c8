//! Runs the program as a shell does.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs a command of the program to its end, with this standard input.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Output {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    // A program that has failed already does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}
