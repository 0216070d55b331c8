//! Unix: standard streams, the terminal, signals.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Whether psql, where its input is a pipe, changes line ends in it.
pub(crate) const PIPES_ARE_TEXT: bool = false;

/// The file that standard input is.
pub(crate) fn stdin_file() -> Option<File> {
    io::stdin().as_fd().try_clone_to_owned().ok().map(File::from)
}

/// The file that standard output is.
pub(crate) fn stdout_file() -> Option<File> {
    io::stdout().as_fd().try_clone_to_owned().ok().map(File::from)
}

/// Whether a path means standard output.
pub(crate) fn names_stdout(path: &Path) -> bool {
    ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]
        .iter()
        .any(|name| path == *name)
}

/// Whether a program reads what is written to a file.
pub(crate) fn is_pipe(file: &File) -> bool {
    let kind = file.metadata().map(|metadata| metadata.file_type());
    kind.is_ok_and(|kind| kind.is_fifo() || kind.is_socket())
}

/// Whether two outputs in a file destroy each other: it is no terminal, and not `/dev/null`.
pub(crate) fn is_one_place(file: &File) -> bool {
    let kind = file.metadata().map(|metadata| metadata.file_type());
    kind.is_ok_and(|kind| !kind.is_char_device())
}

/// Asks on the terminal that the program belongs to, whatever its standard streams are; nothing where it has none.
pub(crate) fn ask(question: &str) -> Option<io::Result<String>> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    let mut answer = String::new();
    let asked = (&terminal)
        .write_all(question.as_bytes())
        .and_then(|()| BufReader::new(&terminal).read_line(&mut answer));
    Some(asked.map(|_| answer))
}

/// Tells of each signal that would end the process, by its number.
pub(crate) fn on_signal(mut tell: impl FnMut(i32) + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    std::thread::spawn(move || signals.forever().for_each(&mut tell));
    Ok(())
}

/// A text as one argument in a shell.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Whether a character of an argument needs no quotes.
pub(crate) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_./+@,".contains(&byte)
}
