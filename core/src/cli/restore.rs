//! `dumpsert restore` and `dumpsert sync`: a dump or a database into a database.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use dumpsert::restore::{
    Cancel, Connection, Database, Ending, Failure as Stopped, Outcome, Prune, Severity, Source, Target, restore,
};
use dumpsert::{Category, Error, ErrorKind, Files};

use super::convert::note_dump;
use super::display::Display;
use super::output::{Output, is_stdout};
use super::planning::Planning;
use super::restore_args::{Progress, Restore, Running, Sync, Verify};
use super::settings::Settings;
use super::{Failure, findings, input_length, is_std, name_of, summary};
use crate::os;
use crate::text::{is_url, printable};

/// Runs `restore`.
pub(super) fn run(args: &Restore) -> Result<(), Failure> {
    let name = name_of(&args.dump);
    if is_url(&name) {
        let message = "a database is no dump: dumpsert sync --from SOURCE --to TARGET reads it";
        return Err(Failure::Usage(message.to_owned()));
    }
    // Of a folder nothing is known.
    let length = match args.dump.is_dir() {
        true => None,
        false => input_length(&args.dump, &name)?,
    };
    let source = match is_std(&args.dump) {
        true => Source::Reader(Box::new(io::stdin())),
        false => Source::File(args.dump.clone()),
    };
    let job = Job {
        source,
        dump: Some(&args.dump),
        name,
        length,
        schema: None,
    };
    job.run(&args.running, &args.planning)
}

/// Runs `sync`.
pub(super) fn run_sync(args: &Sync) -> Result<(), Failure> {
    let from = connection("--from", args.from.as_deref(), "DUMPSERT_FROM")?;
    let job = Job {
        schema: from.schema().map(str::to_owned),
        source: Source::Database(from),
        dump: None,
        name: "source".to_owned(),
        length: None,
    };
    job.run(&args.running, &args.planning)
}

/// What is read.
struct Job<'a> {
    source: Source,
    dump: Option<&'a Path>,
    name: String,
    length: Option<u64>,
    /// The schema that the source's URL names.
    schema: Option<String>,
}

impl Job<'_> {
    fn run(self, running: &Running, planning: &Planning) -> Result<(), Failure> {
        let settings = Settings::read(planning)?;
        let quiet = running.quiet || settings.quiet;
        let report = running.report.clone().or(settings.report.clone());
        let to = connection("--to", running.to.as_deref(), "DUMPSERT_TO")?;
        let schema = one_schema(self.schema.as_deref(), to.schema())?;
        let mut files = settings.files();
        if let Some(dump) = self.dump {
            note_dump(&mut files, dump);
        }
        let plan = settings.staged_plan(planning, schema)?;
        if let Some(path) = &running.mapping {
            check_mapping(&mut files, path)?;
        }
        let is_page = report.as_deref().is_some_and(is_page);
        let mut report = report
            .map(|path| Output::create(&mut files, "the report", &path).map(|output| (output, is_stdout(&path))))
            .transpose()?;
        let progress = if quiet { Progress::None } else { running.progress };
        let bar = Arc::new(Display::new(progress, self.length, io::stderr().is_terminal()));
        let cancel = Cancel::new();
        let signal = cancel_on_signal(&cancel).map_err(|error| Failure::File("signals".to_owned(), error))?;
        let target = target(to, running, &cancel, &bar)?;
        let result = restore(self.source, &target, &plan);
        bar.clear();
        if let Some((output, _)) = &mut report {
            let outcome = result.as_ref().unwrap_or_else(|stopped| &stopped.outcome);
            let text = if is_page {
                outcome.to_html()
            } else {
                outcome.to_json() + "\n"
            };
            let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
            written.map_err(|error| Failure::File("the report".to_owned(), error))?;
        }
        let is_shown = !quiet && !report.as_ref().is_some_and(|(_, is_stdout)| *is_stdout);
        if let Some((output, _)) = report {
            output.finish()?;
        }
        match result {
            Ok(outcome) => {
                say(&outcome.messages, "");
                if is_shown {
                    // What is done is done, whoever reads of it.
                    let _ = print(&mut io::stdout().lock(), &outcome);
                }
                let errors = outcome
                    .findings
                    .iter()
                    .filter(|finding| finding.severity == Severity::Error);
                match errors.count() {
                    0 => Ok(()),
                    errors => Err(Failure::Found(errors)),
                }
            }
            Err(stopped) => {
                say(&stopped.outcome.messages, stopped.error.message());
                Err(Failure::Stopped(
                    self.name,
                    Box::new(stopped),
                    signal.load(Ordering::SeqCst),
                ))
            }
        }
    }
}

/// Sees to it that the mapping goes to a file of its own. The run makes it once more, and knows of the dump alone.
fn check_mapping(files: &mut Files, path: &Path) -> Result<(), Failure> {
    if is_std(path) {
        let message = "--mapping takes a file: standard output is where the summary goes";
        return Err(Failure::Usage(message.to_owned()));
    }
    let made = files.create("the mapping", path);
    made.map(drop)
        .map_err(|error| Failure::Library("output".to_owned(), error))
}

/// Whether a report is for people: a page.
fn is_page(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    extension.eq_ignore_ascii_case("html") || extension.eq_ignore_ascii_case("htm")
}

/// Reads a URL that was typed, or stands in the environment.
fn connection(option: &str, typed: Option<&str>, variable: &str) -> Result<Connection, Failure> {
    let from_environment = || std::env::var(variable).ok();
    let (name, text) = match typed {
        Some(text) => (option, text.to_owned()),
        None => (
            variable,
            from_environment().ok_or_else(|| {
                Failure::Usage(format!(
                    "no database: give {option} URL, or set the environment variable {variable}"
                ))
            })?,
        ),
    };
    Connection::parse(&text).map_err(|error| Failure::Usage(format!("{name}: {error}")))
}

/// The schema that the URLs of Prisma name, which must be one: rows go to tables of the same name.
fn one_schema(from: Option<&str>, to: Option<&str>) -> Result<Option<String>, Failure> {
    match (from, to) {
        (Some(from), Some(to)) if from != to => Err(Failure::Usage(format!(
            "the URLs name two schemas, {from} and {to}: rows go to the schema that they come from"
        ))),
        (schema, other) => Ok(schema.or(other).map(str::to_owned)),
    }
}

fn target(to: Connection, running: &Running, cancel: &Cancel, bar: &Arc<Display>) -> Result<Target, Failure> {
    let (bar, shown) = (bar.clone(), bar.clone());
    let mut target = Target::new(to)
        .with_dry_run(running.dry_run)
        .with_check(running.check)
        .with_strict_verify(running.verify == Verify::Strict)
        .with_hidden_columns(running.hide.iter().cloned())
        .with_cancel(cancel)
        .with_progress(move |step| bar.show(step));
    if let Some(folder) = &running.bin_dir {
        target = target.with_bin_dir(folder);
    }
    if let Some(rows) = running.diff {
        target = target.with_differences(rows);
    }
    if let Some(path) = &running.mapping {
        target = target.with_mapping(path);
    }
    if !running.yes && !running.dry_run && !running.check {
        target = target.with_confirm(|_, database| confirm(database));
        target = target.with_before_commit(move |outcome| confirm_deletions(outcome, &shown));
    }
    if running.prune {
        target = target.with_prune(prune(running).map_err(|error| Failure::Usage(super::shown(&error.to_string())))?);
    }
    Ok(target)
}

fn prune(running: &Running) -> Result<Prune, Error> {
    Prune::parse(
        running.prune_max.as_deref(),
        &running.prune_empty,
        &running.prune_keyless,
        running.prune_cascade,
    )
}

/// Asks the person at the terminal, whatever standard input is, before rows are deleted: all is done by then but the COMMIT.
fn confirm_deletions(outcome: &Outcome, bar: &Display) -> Result<(), Error> {
    let all = outcome.deleted().unwrap_or(0);
    if all == 0 {
        return Ok(());
    }
    bar.clear();
    let tables = outcome.tables.iter().filter(|table| table.deleted.unwrap_or(0) > 0);
    let counts: Vec<String> = tables
        .map(|table| format!("{}: {}", table.table, table.deleted.unwrap_or(0)))
        .collect();
    let lines: String = counts.iter().map(|count| format!("  {count}\n")).collect();
    let rows = summary::counted(all, "row");
    let refused = |why: &str| {
        let message = format!(
            "{rows} of the target would be deleted, which the dump does not have ({}){why}",
            counts.join(", ")
        );
        Err(Error::new(ErrorKind::Refused, message).with_hint("say --yes if that is meant"))
    };
    let question = format!("{lines}dumpsert: delete {rows} of the target, which the dump does not have? [y/N] ");
    ask(&question, refused)
}

/// Asks the person at the terminal, whatever standard input is, before a database on another machine is written to.
fn confirm(database: &Database) -> Result<(), Error> {
    if database.is_local() {
        return Ok(());
    }
    let refused = |message: &str| {
        let message = format!("the target is on another machine: {database}{message}");
        Err(Error::new(ErrorKind::InvalidOption, message).with_hint("say --yes if it is meant"))
    };
    let question = format!("dumpsert: write to {database}? [y/N] ");
    ask(&question, refused)
}

/// Asks on the terminal that the program belongs to. Whatever is no yes is refused, with what `refused` makes of the reason.
fn ask(question: &str, refused: impl Fn(&str) -> Result<(), Error>) -> Result<(), Error> {
    let question: Vec<_> = question.split('\n').map(printable).collect();
    let Some(answer) = os::ask(&question.join("\n")) else {
        return refused("; there is no terminal to ask on");
    };
    match answer.map(|answer| answer.trim().to_lowercase()) {
        Ok(answer) if answer == "y" || answer == "yes" => Ok(()),
        _ => refused(""),
    }
}

/// A signal ends the run, which then says what has become of it. Once the target was told to commit, it takes a second one.
fn cancel_on_signal(cancel: &Cancel) -> io::Result<Arc<AtomicI32>> {
    let (cancel, received) = (cancel.clone(), Arc::new(AtomicI32::new(0)));
    let first = received.clone();
    let mut number = 0;
    os::on_signal(move |signal| {
        let _ = first.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        number += 1;
        match number {
            1 | 2 => cancel.cancel(),
            // Nobody waits for an answer any more.
            _ => std::process::exit(128 + signal),
        }
    })?;
    Ok(received)
}

/// What other programs have said, with the values of rows that stand in it, but for what will be said: on standard error and
/// nowhere else.
fn say(messages: &str, but: &str) {
    let mut stderr = io::stderr().lock();
    for line in messages
        .lines()
        .filter(|line| !line.trim().is_empty() && !but.contains(line.trim()))
    {
        let _ = writeln!(stderr, "{}", printable(line));
    }
}

/// Prints what was done: a table, what was left out and why, and one line in words.
fn print(to: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    findings::findings(to, &outcome.findings)?;
    findings::differences(to, &outcome.differences)?;
    findings::deletions(to, &outcome.deletions)?;
    print_tables(to, outcome)?;
    print_mapping(to, outcome)?;
    summary::left_out(to, &outcome.dump)?;
    if !outcome.not_dumped.is_empty() {
        writeln!(to, "  not dumped: {}", printable(&outcome.not_dumped.join(", ")))?;
    }
    for table in &outcome.tables {
        for (reason, rows) in &table.kept {
            let rows = summary::counted(*rows, "row");
            writeln!(
                to,
                "  kept: {}: {rows} that the dump does not have: {}",
                printable(&table.table),
                printable(reason)
            )?;
        }
    }
    for note in &outcome.notes {
        writeln!(to, "  note: {}", printable(note))?;
    }
    summary::warnings(to, &outcome.dump)?;
    let [inserted, updated, unchanged, left_out] = outcome.totals();
    let tables = summary::counted(outcome.tables.len() as u64, "table");
    let seconds = outcome.timings.total.as_secs_f64();
    let end = match outcome.ending {
        Ending::Committed => "committed",
        _ if outcome.check => "checked: nothing was changed",
        _ => "dry run, rolled back: nothing was changed",
    };
    let deleted = outcome
        .deleted()
        .map_or_else(String::new, |rows| format!("{rows} deleted, "));
    writeln!(
        to,
        "{tables}: {inserted} inserted, {updated} updated, {unchanged} unchanged, {deleted}{left_out} left out; {end}; {seconds:.1} s{}",
        outcome
            .transaction_id
            .as_ref()
            .map_or_else(String::new, |id| format!(", transaction {id}"))
    )
}

/// How many rows of each table have other keys in the target.
fn print_mapping(to: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    for table in outcome.mapping.iter().filter(|table| table.is_any()) {
        let counts: Vec<String> = table.counts().map(|(rows, what)| format!("{rows} {what}")).collect();
        writeln!(to, "  {}: {}", printable(&table.table), counts.join(", "))?;
    }
    Ok(())
}

/// The counts of each table, as columns.
fn print_tables(to: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let prunes = outcome.deleted().is_some();
    let mut head: Vec<String> = ["table", "inserted", "updated", "unchanged", "left out"]
        .map(str::to_owned)
        .into();
    if prunes {
        head.insert(4, "deleted".to_owned());
    }
    let mut lines = vec![head];
    for table in &outcome.tables {
        let mut line = vec![
            printable(&table.table).into_owned(),
            number(table.inserted),
            number(table.updated),
            number(table.unchanged),
            table.left_out.to_string(),
        ];
        if prunes {
            line.insert(4, number(table.deleted));
        }
        lines.push(line);
    }
    let width = |at: usize| {
        let cells = lines.iter().filter_map(|line| line.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..5 + usize::from(prunes)).map(width).collect();
    for line in &lines {
        let cells = line.iter().zip(&widths).enumerate();
        let cells = cells.map(|(at, (cell, width))| match at {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        writeln!(to, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// The exit status of a run that has failed.
pub(super) fn status(stopped: &Stopped, signal: i32) -> u8 {
    match (stopped.outcome.ending, stopped.error.kind()) {
        (Ending::Unknown, _) => 4,
        (_, ErrorKind::Cancelled) if signal > 0 => u8::try_from(128 + signal).unwrap_or(3),
        _ => match stopped.error.category() {
            Category::Io => 3,
            Category::Config => 2,
            _ => 1,
        },
    }
}
