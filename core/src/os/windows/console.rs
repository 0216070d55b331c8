//! Windows: standard streams, the console, what ends a process.

use std::fs::{File, OpenOptions};
use std::future::poll_fn;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::os::windows::io::AsHandle;
use std::path::Path;
use std::task::Poll;

use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
use winapi_util::file;

/// Whether psql, where its input is a pipe, changes line ends in it.
pub(crate) const PIPES_ARE_TEXT: bool = true;

/// The numbers that Unix has for the same.
const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// The file that standard input is.
pub(crate) fn stdin_file() -> Option<File> {
    io::stdin().as_handle().try_clone_to_owned().ok().map(File::from)
}

/// The file that standard output is.
pub(crate) fn stdout_file() -> Option<File> {
    io::stdout().as_handle().try_clone_to_owned().ok().map(File::from)
}

/// No path means standard output.
pub(crate) fn names_stdout(_: &Path) -> bool {
    false
}

/// Whether a program reads what is written to a file.
pub(crate) fn is_pipe(open: &File) -> bool {
    file::typ(open).is_ok_and(|kind| kind.is_pipe())
}

/// Whether two outputs in a file destroy each other: it is no console, and not `NUL`.
pub(crate) fn is_one_place(open: &File) -> bool {
    file::typ(open).is_ok_and(|kind| !kind.is_char())
}

/// Asks on the console that the program belongs to, whatever its standard streams are; nothing where it has none.
pub(crate) fn ask(question: &str) -> Option<io::Result<String>> {
    let console = OpenOptions::new().read(true).write(true).open("CONIN$").ok()?;
    let mut stderr = io::stderr().lock();
    let asked = match stderr.is_terminal() {
        // Which shows every character; a console that is opened by its name takes bytes of its own code page.
        true => stderr.write_all(question.as_bytes()),
        false => match OpenOptions::new().write(true).open("CONOUT$") {
            Ok(mut console) => console.write_all(question.as_bytes()),
            Err(_) => return None,
        },
    };
    let mut answer = Vec::new();
    let answered = asked.and_then(|()| BufReader::new(&console).read_until(b'\n', &mut answer));
    Some(answered.map(|_| String::from_utf8_lossy(&answer).into_owned()))
}

/// Tells of each event that would end the process, by the number of the signal that is the same on Unix: Ctrl-C, Ctrl-Break,
/// the console's end, the system's. That somebody has logged off is nothing to a service, which alone is told of it.
pub(crate) fn on_signal(mut tell: impl FnMut(i32) + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let entered = runtime.enter();
    let (mut typed, mut broken) = (ctrl_c()?, ctrl_break()?);
    let (mut closed, mut shut_down) = (ctrl_close()?, ctrl_shutdown()?);
    drop(entered);
    std::thread::spawn(move || {
        loop {
            tell(runtime.block_on(poll_fn(|context| {
                if typed.poll_recv(context).is_ready() || broken.poll_recv(context).is_ready() {
                    return Poll::Ready(SIGINT);
                }
                if closed.poll_recv(context).is_ready() {
                    return Poll::Ready(SIGHUP);
                }
                shut_down.poll_recv(context).map(|_| SIGTERM)
            })));
        }
    });
    Ok(())
}

/// A text as one argument in PowerShell.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether a character of an argument needs no quotes.
pub(crate) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || br"-_./+:\".contains(&byte)
}
