//! The progress line, shown only on a terminal.

use std::io::{self, Write};

use dumpsert::Progress;
use indicatif::{ProgressDrawTarget, ProgressStyle};

use crate::text::printable;

/// A bar where the length of the dump is known, else a counter.
pub(super) struct ProgressBar(indicatif::ProgressBar);

impl ProgressBar {
    pub(super) fn new(length: Option<u64>, quiet: bool) -> Self {
        // indicatif draws nothing where standard error is no terminal.
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = indicatif::ProgressBar::with_draw_target(length, target);
        let template = match length {
            Some(_) => "{bar:30} {bytes}/{total_bytes} {binary_bytes_per_sec} {wide_msg}",
            None => "{spinner} {bytes} {binary_bytes_per_sec} {wide_msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(super) fn show(&self, progress: Progress<'_>) {
        if self.0.is_hidden() {
            return;
        }
        self.0.set_position(progress.bytes);
        if let Some(table) = progress.table {
            self.0.set_message(printable(table).into_owned());
        }
        // Whatever another program writes to this terminal takes the place of the line, and not the one behind it.
        let _ = io::stderr().write_all(b"\r");
    }

    /// What is done while nothing is read.
    pub(super) fn say(&self, what: &str) {
        if !self.0.is_hidden() {
            self.0.set_message(what.to_owned());
            self.0.tick();
        }
    }

    /// Tables instead of bytes: so many of all are done.
    pub(super) fn tables(&self, done: usize, of: usize, what: &str) {
        if self.0.is_hidden() {
            return;
        }
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} tables {wide_msg}") {
            self.0.set_style(style);
        }
        self.0.set_length(of as u64);
        self.0.set_position(done as u64);
        self.say(what);
    }

    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}
