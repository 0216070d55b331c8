//! A script for a run that fails before it has begun to write one: psql must not take nothing for success.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use dumpsert::Client;

use super::Failure;
use super::args::Convert;
use super::output::{is_pipe, is_stdout};
use crate::rewrite::failing_script;

/// Whether somebody may read a script from standard output.
pub(super) struct Refusal {
    to_stdout: bool,
    for_psql: bool,
}

impl Refusal {
    pub(super) fn of(args: &Convert) -> Self {
        Self {
            to_stdout: args.output.as_deref().is_none_or(is_stdout),
            for_psql: args.planning.typed.of("client") != ["driver"],
        }
    }

    pub(super) fn output_is(&mut self, path: &Path) {
        self.to_stdout = is_stdout(path);
    }

    pub(super) fn client_is(&mut self, client: Client) {
        self.for_psql = client == Client::Psql;
    }

    /// Writes a script that fails with the reason.
    pub(super) fn write(&self, failure: &Failure) {
        if self.to_stdout && self.for_psql {
            write(&failure.text());
        }
    }
}

/// The same where the arguments cannot be read at all.
pub(super) fn of_arguments(args: &[OsString], message: &str) {
    let mut args = args.iter().skip(1).map(|arg| arg.to_string_lossy());
    // What is inspected is read by nobody who runs it; the query for a catalog is.
    let not_psql = |arg: std::borrow::Cow<'_, str>| {
        ["inspect", "restore", "sync"].contains(&&*arg) || arg.starts_with("--client=driver")
    };
    if args.clone().any(not_psql) || has_output(&mut args) {
        return;
    }
    // A message of several lines: its first says what is wrong.
    let first = message.lines().next().unwrap_or_default();
    write(first.strip_prefix("error: ").unwrap_or(first));
}

/// Whether the script was to go to a file.
fn has_output<'a>(args: &mut impl Iterator<Item = std::borrow::Cow<'a, str>>) -> bool {
    while let Some(arg) = args.next() {
        let value = match arg.strip_prefix("--") {
            Some("output") => args.next().map(std::borrow::Cow::into_owned),
            Some(long) => long.strip_prefix("output=").map(str::to_owned),
            None => match arg.strip_prefix('-').and_then(|short| short.split_once('o')) {
                Some((flags, "")) if flags.chars().all(|flag| flag == 'q') => {
                    args.next().map(std::borrow::Cow::into_owned)
                }
                Some((flags, value)) if flags.chars().all(|flag| flag == 'q') => {
                    Some(value.strip_prefix('=').unwrap_or(value).to_owned())
                }
                _ => None,
            },
        };
        if let Some(value) = value {
            return !is_stdout(Path::new(&value));
        }
    }
    false
}

/// Only into a pipe: a file that somebody has redirected to, and `>>` may have made an input of, is left alone.
fn write(reason: &str) {
    if is_pipe() {
        let mut stdout = io::stdout().lock();
        // Who does not read it is told by the exit status.
        let _ = stdout.write_all(&failing_script(reason)).and_then(|()| stdout.flush());
    }
}
