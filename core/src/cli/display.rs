//! How far a restore is: a line on a terminal, lines in a log, or JSON for a program.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dumpsert::restore::Step;
use serde_json::json;

use super::progress::ProgressBar;
use super::restore_args::Progress;
use super::summary;
use crate::text::printable;

/// How often a log says how far reading is, and how often a program is told.
const LOG_EVERY: Duration = Duration::from_secs(30);
const JSON_EVERY: Duration = Duration::from_millis(200);

/// Where progress is shown. All of it goes to standard error.
pub(super) enum Display {
    Bar(ProgressBar),
    Plain(Clock),
    Json(Clock),
    None,
}

/// Since when it runs, and when it last said how far reading is.
pub(super) struct Clock {
    begun: Instant,
    told: Mutex<(Instant, Option<String>)>,
}

impl Clock {
    fn new() -> Self {
        let begun = Instant::now();
        Self {
            begun,
            told: Mutex::new((begun, None)),
        }
    }

    /// Says how far reading is, now and then, and everything else at once. What was read last is always said.
    fn say(&self, step: Step<'_>, every: Duration, text: String) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, kept) = &mut *told;
        if matches!(step, Step::Reading(_)) && at.elapsed() < every {
            *kept = Some(text);
            return;
        }
        let last = kept.take().filter(|_| !matches!(step, Step::Reading(_)));
        for line in last.into_iter().chain([text]) {
            // Nothing is lost where nobody reads it.
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
        *at = Instant::now();
    }
}

impl Display {
    /// `length` is that of the dump, where it is known.
    pub(super) fn new(progress: Progress, length: Option<u64>, is_terminal: bool) -> Self {
        match progress {
            Progress::None => Self::None,
            Progress::Auto if is_terminal => Self::Bar(ProgressBar::new(length, false)),
            Progress::Auto | Progress::Plain => Self::Plain(Clock::new()),
            Progress::Json => Self::Json(Clock::new()),
        }
    }

    pub(super) fn show(&self, step: Step<'_>) {
        match self {
            Self::Bar(bar) => match step {
                Step::Reading(progress) => bar.show(progress),
                Step::Writing { table, done, of } => bar.tables(done, of, &printable(table)),
                _ => bar.say(&words(step)),
            },
            Self::Plain(clock) => clock.say(step, LOG_EVERY, format!("dumpsert: {}", words(step))),
            Self::Json(clock) => clock.say(step, JSON_EVERY, line(step, clock.begun.elapsed())),
            Self::None => {}
        }
    }

    pub(super) fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.clear();
        }
    }
}

fn words(step: Step<'_>) -> String {
    match step {
        Step::Checking => "checking".to_owned(),
        Step::Reading(progress) => format!(
            "reading: {} bytes, {}{}",
            progress.bytes,
            summary::counted(progress.rows, "row"),
            progress
                .table
                .map_or_else(String::new, |table| format!(", {}", printable(table)))
        ),
        Step::Merging => "merging".to_owned(),
        Step::Writing { table, done, of } => format!("writing {} of {of}: {}", done + 1, printable(table)),
        Step::Committing => "committing".to_owned(),
    }
}

fn line(step: Step<'_>, elapsed: Duration) -> String {
    let mut line = match step {
        Step::Checking => json!({ "phase": "check" }),
        Step::Reading(progress) => json!({
            "phase": "read", "bytes": progress.bytes, "rows": progress.rows,
            "table": progress.table, "table_rows": progress.table_rows,
        }),
        Step::Merging => json!({ "phase": "merge" }),
        Step::Writing { table, done, of } => {
            json!({ "phase": "merge", "table": table, "tables_done": done, "tables": of })
        }
        Step::Committing => json!({ "phase": "commit" }),
    };
    if let Some(object) = line.as_object_mut() {
        object.insert(
            "seconds".to_owned(),
            json!((elapsed.as_secs_f64() * 1000.0).round() / 1000.0),
        );
    }
    crate::text::printable_json(line.to_string())
}
