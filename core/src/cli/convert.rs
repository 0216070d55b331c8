//! `dumpsert convert`: a dump to a script.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use dumpsert::{Client, Error, ErrorKind, Files, Plan, Progress, Report, Script};

use super::args::Convert;
use super::output::{Output, Outputs, is_pipe, note_stdin};
use super::progress::ProgressBar;
use super::refusal::Refusal;
use super::settings::Settings;
use super::{Failure, driver, input_length, is_std, name_of, summary};

/// Runs the command.
pub(super) fn run(args: &Convert) -> Result<(), Failure> {
    let mut refusal = Refusal::of(args);
    let job = Job::prepare(args, &mut refusal);
    job.inspect_err(|failure| refusal.write(failure))?.run()
}

/// A conversion of which everything is open and nothing written.
struct Job {
    plan: Plan,
    quiet: bool,
    dump: PathBuf,
    /// What messages call the dump.
    name: String,
    length: Option<u64>,
    outputs: Outputs,
}

impl Job {
    fn prepare(args: &Convert, refusal: &mut Refusal) -> Result<Self, Failure> {
        let settings = Settings::read(&args.planning)?;
        let script = args.output.clone().or(settings.output.clone());
        let script = script.unwrap_or_else(|| PathBuf::from("-"));
        refusal.output_is(&script);
        let quiet = args.quiet || settings.quiet;
        let report = args.report.clone().or(settings.report.clone());
        let mut files = settings.files();
        let plan = settings.plan(&args.planning)?;
        refusal.client_is(plan.client());
        let name = name_of(&args.dump);
        let length = input_length(&args.dump, &name)?;
        note_dump(&mut files, &args.dump);
        let outputs = Outputs::open(files, &script, report.as_deref(), plan.client() == Client::Psql)?;
        Ok(Self {
            plan,
            quiet,
            dump: args.dump.clone(),
            name,
            length,
            outputs,
        })
    }

    fn run(mut self) -> Result<(), Failure> {
        let bar = ProgressBar::new(self.length, self.quiet);
        let (report, result) = self.write(&bar);
        bar.clear();
        if !self.quiet {
            // A closed standard error does not change what becomes of the script.
            let _ = match result {
                Ok(()) => summary::print(&mut io::stderr().lock(), &report),
                Err(_) => summary::warnings(&mut io::stderr().lock(), &report),
            };
        }
        let to_pipe = self.outputs.script.is_stdout() && is_pipe();
        result.map_err(|error| match error.kind() {
            ErrorKind::Write if to_pipe && error.io_kind() == Some(io::ErrorKind::BrokenPipe) => Failure::Gone,
            ErrorKind::Write => Failure::Library("output".to_owned(), error),
            _ if to_pipe && self.plan.client() == Client::Psql => Failure::First(self.name, error),
            _ => Failure::Library(self.name, error),
        })?;
        self.outputs.finish()
    }

    /// Writes script and report; returns what the report says, also of a run that has failed.
    fn write(&mut self, bar: &ProgressBar) -> (Report, Result<(), Error>) {
        let Outputs { script: out, report } = &mut self.outputs;
        if self.plan.client() == Client::Driver {
            return write_statements(&self.dump, &self.plan, out, report.as_mut());
        }
        let end = |done: &Report| report.as_mut().map_or(Ok(()), |file| write_report(file, done));
        let show = |progress: Progress<'_>| {
            bar.show(progress);
            Ok(())
        };
        if is_std(&self.dump) {
            match Script::new(io::stdin().lock(), &self.plan) {
                Ok(script) => write_script(script, out, show, end),
                Err(error) => (Report::default(), Err(error)),
            }
        } else {
            match Script::of_file(&self.dump, &self.plan) {
                Ok(script) => write_script(script, out, show, end),
                Err(error) => (Report::default(), Err(error)),
            }
        }
    }
}

/// Notes the file that a dump is read from.
pub(super) fn note_dump(files: &mut Files, dump: &Path) {
    if is_std(dump) {
        note_stdin(files, "the dump");
    } else {
        files.reads("the dump", dump);
    }
}

fn write_script<R: io::Read>(
    mut script: Script<R>,
    out: &mut Output,
    show: impl FnMut(Progress<'_>) -> io::Result<()>,
    end: impl FnOnce(&Report) -> Result<(), Error>,
) -> (Report, Result<(), Error>) {
    match script.write_with(out, show, end) {
        Ok(report) => (report, Ok(())),
        Err(error) => (script.report(), Err(error)),
    }
}

fn write_statements(
    dump: &Path,
    plan: &Plan,
    out: &mut Output,
    report: Option<&mut Output>,
) -> (Report, Result<(), Error>) {
    let result = if is_std(dump) {
        driver::convert(io::stdin().lock(), out, plan)
    } else {
        File::open(dump)
            .map_err(Error::read)
            .and_then(|file| driver::convert(file, out, plan))
    };
    match result {
        Ok(done) => {
            let written = report.map_or(Ok(()), |file| write_report(file, &done));
            (done, written)
        }
        Err(error) => (Report::default(), Err(error)),
    }
}

fn write_report(to: &mut Output, report: &Report) -> Result<(), Error> {
    let mut text = report.to_json();
    text.push('\n');
    let written = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    written.map_err(|error| Error::new(ErrorKind::Write, "the report cannot be written").with_source(error))
}
