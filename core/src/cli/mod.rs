//! The command line: options in, files and pipes around the library, messages and exit status out.
//!
//! It is a function of the library, so that the packages for other languages have the same program in them.

mod args;
mod convert;
mod display;
mod driver;
mod findings;
mod inspect;
mod output;
mod planning;
mod progress;
mod refusal;
mod restore;
mod restore_args;
mod settings;
mod summary;
mod text_pipe;

use std::error::Error as _;
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use clap::{CommandFactory, Parser};
use dumpsert::catalog::CATALOG_QUERY;
use dumpsert::config::{Language, in_language};
use dumpsert::{Category, Error, ErrorKind, Files};

use args::{Args, CatalogArgs, Command};

use crate::os;
use crate::text::{is_url, printable};

/// Why a command has failed.
enum Failure {
    /// The library says so; the text names the file it is about.
    Library(String, Error),
    /// A file cannot be opened, read or written.
    File(String, io::Error),
    /// As `Library`, and somebody reads the script that was begun.
    First(String, Error),
    /// The reader of the script has gone; it says itself why.
    Gone,
    /// A restore has failed; the text names the dump, the number is that of the signal that has ended it.
    Stopped(String, Box<dumpsert::restore::Failure>, i32),
    /// A check has found so many things that a run would fail at.
    Found(usize),
    /// The arguments do not fit together.
    Usage(String),
}

impl Failure {
    /// 1: the dump is not acceptable; 2: usage or configuration; 3: reading or writing failed.
    fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Found(_) => 1,
            Self::Stopped(_, stopped, signal) => restore::status(stopped, *signal),
            Self::File(..) | Self::Gone => 3,
            Self::Library(_, error) | Self::First(_, error) => match error.category() {
                Category::Io => 3,
                Category::Config => 2,
                _ => 1,
            },
        }
    }

    /// What is wrong, in words.
    fn text(&self) -> String {
        let mut text = match self {
            // The library does not know what the dump is called; a hint may be a command to be typed.
            Self::Library(name, error) | Self::First(name, error) if error.kind() == ErrorKind::NotADump => {
                format!("{name}: {error}").replace("ARCHIVE", &argument(name))
            }
            Self::Library(name, error) | Self::First(name, error)
                if error.position().is_some() || (error.kind() == ErrorKind::InvalidCatalog && name != OPTIONS) =>
            {
                format!("{name}: {error}")
            }
            Self::Library(_, error) | Self::First(_, error) => error.to_string(),
            Self::File(name, error) => format!("{name}: {error}"),
            Self::Stopped(name, stopped, _) => match stopped.error.position() {
                Some(_) => format!("{name}: {}", stopped.error),
                None => stopped.error.to_string(),
            },
            Self::Usage(message) => message.clone(),
            Self::Found(errors) => format!(
                "a run would fail: {}; nothing was changed",
                summary::counted(*errors as u64, "error")
            ),
            Self::Gone => GONE.to_owned(),
        };
        let error = match self {
            Self::Library(_, error) | Self::First(_, error) => Some(error),
            Self::Stopped(_, stopped, _) => Some(&stopped.error),
            _ => None,
        };
        let mut source = error.and_then(|error| error.source());
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        if let Self::Stopped(_, stopped, _) = self
            && !text.ends_with("nothing was changed")
        {
            text.push_str("; ");
            text.push_str(stopped.consequence());
        }
        in_language(&text, Language::CommandLine)
    }

    fn print(&self) {
        let mut stderr = io::stderr().lock();
        // Nothing is left to be done if even this cannot be said.
        let _ = writeln!(stderr, "dumpsert: {}", printable(&self.text()));
        if let Self::First(..) = self {
            let _ = writeln!(stderr, "dumpsert: {FIRST}");
        }
    }
}

/// The name of what is wrong with options.
const OPTIONS: &str = "options";

/// A message of the library, as it is shown here.
fn shown(text: &str) -> String {
    printable(&in_language(text, Language::CommandLine)).into_owned()
}

/// Which side of a pipe has failed first.
const FIRST: &str = "dumpsert failed first; it ended the script with an error, so that psql changes nothing";
const GONE: &str = "the reader of the script ended first, before all of it was written: its own message says why; \
                    what psql has not committed is not changed";

/// Runs the program with its arguments, of which the first is its name, and returns its exit status.
///
/// It owns the process: it reads standard input, writes to standard output and standard error, and a signal that stops
/// it ends the process.
pub fn run<T>(args: impl IntoIterator<Item = T>) -> u8
where
    T: Into<OsString> + Clone,
{
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let status = match Args::try_parse_from(&args) {
        Ok(args) => run_command(&args.command),
        Err(error) => {
            if error.exit_code() != 0 {
                refusal::of_arguments(&args, &error.to_string());
            }
            // Help goes to standard output; nothing is left to be done where that is closed.
            let _ = match error.use_stderr() {
                true => write_usage(&mut io::stderr(), &error.render().to_string()),
                false => error.print(),
            };
            if let Some(tip) = tip(&error, &args) {
                let _ = writeln!(io::stderr(), "\n  tip: {}", printable(&tip));
            }
            u8::try_from(error.exit_code()).unwrap_or(2)
        }
    };
    // The process may end without the clean-up of a Rust program.
    let _ = io::stdout().flush();
    status
}

/// Arguments may come from elsewhere, and a message quotes them.
fn write_usage(to: &mut impl Write, message: &str) -> io::Result<()> {
    message.lines().try_for_each(|line| writeln!(to, "{}", printable(line)))
}

/// What was meant by a file where a command belongs.
fn tip(error: &clap::Error, args: &[OsString]) -> Option<String> {
    let first = args.get(1)?.to_string_lossy();
    let is_file = Path::new(first.as_ref()).is_file() || first.contains('.') || first.contains(std::path::is_separator);
    let is_meant = error.kind() == clap::error::ErrorKind::InvalidSubcommand && is_file && !is_url(&first);
    is_meant.then(|| {
        format!(
            "to merge a dump: dumpsert convert {} | psql -X TARGET",
            argument(&first)
        )
    })
}

fn run_command(command: &Command) -> u8 {
    let result = match command {
        Command::Sync(args) => restore::run_sync(args),
        Command::Restore(args) => restore::run(args),
        Command::Convert(args) => convert::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Catalog(args) => catalog(args),
        Command::Completions(args) => completions(args.shell),
        Command::Man => man(),
    };
    match result {
        Ok(()) => 0,
        Err(failure) => {
            // A reader of anything but a script may have seen enough.
            if !matches!(&failure, Failure::File(_, error) if error.kind() == io::ErrorKind::BrokenPipe) {
                failure.print();
            }
            failure.status()
        }
    }
}

fn catalog(args: &CatalogArgs) -> Result<(), Failure> {
    let text = match args.query {
        true => CATALOG_QUERY.to_owned(),
        false => {
            let mut files = Files::new();
            args.schema.iter().for_each(|path| files.reads("the schema", path));
            output::note_stdout(&mut files, "the catalog")?;
            settings::read_schema(&args.schema)?.to_json()
        }
    };
    to_stdout(text.as_bytes())
}

fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "dumpsert", &mut text);
    to_stdout(&text)
}

/// One page for all commands: that of the program, and behind it those of its commands.
fn man() -> Result<(), Failure> {
    let mut text = Vec::new();
    let fail = |error| Failure::File("standard output".to_owned(), error);
    let mut root = Args::command();
    root.build();
    clap_mangen::Man::new(root.clone()).render(&mut text).map_err(fail)?;
    for command in root.get_subcommands().filter(|command| command.get_name() != "help") {
        let page = clap_mangen::Man::new(command.clone());
        for render in [
            clap_mangen::Man::render_name_section,
            clap_mangen::Man::render_synopsis_section,
            clap_mangen::Man::render_description_section,
            clap_mangen::Man::render_options_section,
            clap_mangen::Man::render_extra_section,
        ] {
            render(&page, &mut text).map_err(fail)?;
        }
    }
    to_stdout(&text)
}

fn to_stdout(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::File("standard output".to_owned(), error))
}

/// What messages call a dump from a pipe.
const STDIN: &str = "standard input";

/// What messages call a dump.
fn name_of(dump: &Path) -> String {
    if is_std(dump) {
        STDIN.to_owned()
    } else {
        dump.display().to_string()
    }
}

/// The name of a dump as an argument in a shell.
fn argument(name: &str) -> String {
    match name {
        STDIN => "ARCHIVE".to_owned(),
        name if name.bytes().all(os::is_plain) => name.to_owned(),
        name => os::quoted(name),
    }
}

/// How long the dump is, where that is known; refuses what cannot be one.
fn input_length(path: &Path, name: &str) -> Result<Option<u64>, Failure> {
    if is_std(path) {
        if io::stdin().is_terminal() {
            let message = "no dump: give a file, or pipe pg_dump into dumpsert (see dumpsert --help)";
            return Err(Failure::Usage(message.to_owned()));
        }
        return Ok(None);
    }
    if is_url(name) {
        // It may hold a password, and is not repeated.
        let message =
            "a database is no dump: let pg_dump read it, as in pg_dump SOURCE | dumpsert convert | psql -X TARGET";
        return Err(Failure::Usage(message.to_owned()));
    }
    let metadata = fs::metadata(path).map_err(|error| Failure::File(name.to_owned(), error))?;
    if metadata.is_dir() {
        let hint = format!(
            "if pg_dump has made it, make plain SQL of it: pg_restore -f - {} | dumpsert convert …",
            argument(name)
        );
        return Err(Failure::Usage(format!("{name} is a directory; {hint}")));
    }
    Ok(metadata.is_file().then_some(metadata.len()))
}

fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::File(path.display().to_string(), error))
}

/// Whether a path means standard input or output.
fn is_std(path: &Path) -> bool {
    path.as_os_str() == "-"
}

#[cfg(test)]
mod tests;
