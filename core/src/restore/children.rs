//! The programs that a run has started. However it ends, they are ended and waited for.

use std::io::{BufRead, BufReader, ErrorKind as IoErrorKind, Read};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::os;

/// Most bytes that are kept of what a program says.
const SAID_BYTES_MAX: usize = 64 * 1024;
/// Longer lines are no progress.
const LINE_BYTES_MAX: u64 = 4096;

/// Ends a run from outside, from another thread or at a signal. Clones are handles of the same run.
///
/// Once `COMMIT` was sent it cannot be taken back: a run that is cancelled then waits for the server's answer, and a second
/// call gives up waiting.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    children: Vec<Option<Child>>,
    times: u32,
    is_committing: bool,
}

/// One program that runs, by its number, and the ends of its pipes.
pub(super) struct Running {
    pub(super) number: usize,
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

impl Cancel {
    /// A handle for one run.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the run: its programs are killed, and it says what has become of the transaction.
    pub fn cancel(&self) {
        let mut state = self.lock();
        state.times += 1;
        if state.times > 1 || !state.is_committing {
            state.kill_all();
        }
    }

    /// Whether somebody has ended the run.
    pub fn is_cancelled(&self) -> bool {
        self.lock().times > 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever has panicked has left nothing half done in it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new run, for which nothing was sent yet.
    pub(super) fn begin(&self) {
        self.lock().is_committing = false;
    }

    /// From now on a first call of [`cancel`](Cancel::cancel) ends nothing.
    pub(super) fn commit(&self) -> Result<()> {
        let mut state = self.lock();
        if state.times > 0 {
            return Err(cancelled());
        }
        state.is_committing = true;
        Ok(())
    }

    /// Starts a program. Ctrl-C on the terminal is for this process, which knows what is to be done, and not for its
    /// children: they get a process group of their own.
    pub(super) fn spawn(&self, mut command: Command, name: &str) -> Result<Running> {
        os::set_apart(&mut command);
        let mut state = self.lock();
        if state.times > 0 && !state.is_committing {
            return Err(cancelled());
        }
        let mut child = command
            .spawn()
            .map_err(|error| Error::new(ErrorKind::Program, format!("{name} cannot be run")).with_source(error))?;
        os::bind(&child);
        let running = Running {
            number: state.children.len(),
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
        };
        state.children.push(Some(child));
        Ok(running)
    }

    /// Kills one program, if it still runs.
    pub(super) fn kill(&self, number: usize) {
        if let Some(Some(child)) = self.lock().children.get_mut(number) {
            let _ = child.kill();
        }
    }

    /// Waits for the end of a program.
    pub(super) fn wait(&self, number: usize) -> Result<ExitStatus> {
        let mut pause = Duration::from_millis(1);
        loop {
            let mut state = self.lock();
            let Some(Some(child)) = state.children.get_mut(number) else {
                return Err(Error::new(ErrorKind::Internal, "a program was waited for twice"));
            };
            // Not waited for under the lock: somebody must be able to kill it meanwhile.
            let ended = child.try_wait();
            if let Some(status) = ended.map_err(|error| Error::new(ErrorKind::Program, "wait").with_source(error))? {
                if let Some(slot) = state.children.get_mut(number) {
                    *slot = None;
                }
                return Ok(status);
            }
            drop(state);
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Runs a program without input to its end. Its standard error is kept where it is a pipe.
    pub(super) fn output(&self, command: Command, name: &str) -> Result<Output> {
        self.output_of(command, name, &[])
    }

    /// Runs a program with a short input to its end.
    pub(super) fn output_of(&self, mut command: Command, name: &str, input: &[u8]) -> Result<Output> {
        use std::io::Write;

        command.stdout(Stdio::piped());
        let mut running = self.spawn(command, name)?;
        let said = running.stderr.take().map(|pipe| listen(pipe, |_| false));
        if let Some(mut stdin) = running.stdin.take() {
            // Who does not read it says why.
            let _ = stdin.write_all(input);
        }
        let mut stdout = Vec::new();
        let read = running
            .stdout
            .take()
            .map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut stdout));
        if read.is_err() {
            self.kill(running.number);
        }
        let status = self.wait(running.number)?;
        read.map_err(|error| Error::new(ErrorKind::Program, format!("{name} cannot be read")).with_source(error))?;
        if self.is_cancelled() && !self.lock().is_committing {
            return Err(cancelled());
        }
        let stderr = said.map(heard).unwrap_or_default().into_bytes();
        Ok(Output { status, stdout, stderr })
    }

    /// Kills what still runs, and waits for it.
    pub(super) fn end_all(&self) {
        let mut state = self.lock();
        state.kill_all();
        for slot in &mut state.children {
            if let Some(mut child) = slot.take() {
                let _ = child.wait();
            }
        }
    }
}

impl State {
    fn kill_all(&mut self) {
        for child in self.children.iter_mut().flatten() {
            let _ = child.kill();
        }
    }
}

/// Ends the programs of a run when it goes out of scope.
pub(super) struct Reaper<'a>(pub(super) &'a Cancel);

impl Drop for Reaper<'_> {
    fn drop(&mut self) {
        self.0.end_all();
    }
}

pub(super) fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the run was ended from outside")
}

/// Reads what a program says on a thread of its own, so that it never waits for a reader; the first part of it is kept, but
/// for the lines of which `is_told` says that they are for somebody else.
pub(super) fn listen(pipe: ChildStderr, is_told: impl Fn(&str) -> bool + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let (mut kept, mut line) = (Vec::new(), Vec::new());
        let mut reader = BufReader::new(pipe);
        loop {
            line.clear();
            // A line can be a row of any length.
            match reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
                Ok(0) => return kept,
                Ok(_) if is_told(&String::from_utf8_lossy(&line)) => {}
                Ok(_) => {
                    let room = SAID_BYTES_MAX.saturating_sub(kept.len());
                    kept.extend(line.iter().take(room));
                }
                Err(error) if error.kind() == IoErrorKind::Interrupted => {}
                Err(_) => return kept,
            }
        }
    })
}

/// What a program has said, when it has ended.
pub(super) fn heard(listener: JoinHandle<Vec<u8>>) -> String {
    let bytes = listener.join().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
