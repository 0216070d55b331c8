//! Running PostgreSQL's client programs.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// What a program left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The exit status, or minus the number of the signal that ended the program.
    pub status: i32,
    /// Everything it wrote to standard output; bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Everything it wrote to standard error; bytes that are not UTF-8 are replaced.
    pub stderr: String,
}

impl Run {
    /// Runs `command` with `input` on its standard input. A program that stops reading early is no error.
    pub(crate) fn of(mut command: Command, input: &[u8]) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = spawn(&mut command);
        let mut stdin = child.stdin.take().unwrap();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || match stdin.write_all(input) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    panic!("cannot write to {command:?}: {error}")
                }
                _ => drop(stdin),
            });
            child.wait_with_output().unwrap()
        });
        Self {
            status: exit_code(output.status),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Panics with the program's messages unless it ended with status 0.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert_eq!(
            self.status, 0,
            "psql failed\nstdout: {}\nstderr: {}",
            self.stdout, self.stderr
        );
        self
    }
}

/// A running `pg_dump`, to be read like a file. Panics at the end of the dump if `pg_dump` failed.
#[derive(Debug)]
pub struct PgDump {
    child: Child,
    stdout: ChildStdout,
    ended: bool,
}

impl PgDump {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()));
        let stdout = child.stdout.take().unwrap();
        Self {
            child,
            stdout,
            ended: false,
        }
    }
}

impl Read for PgDump {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.stdout.read(buf)?;
        if n == 0 && !buf.is_empty() && !self.ended {
            self.ended = true;
            let status = self.child.wait()?;
            assert!(status.success(), "pg_dump failed: {status}");
        }
        Ok(n)
    }
}

impl Drop for PgDump {
    fn drop(&mut self) {
        if !self.ended {
            // Not read to its end on purpose; pg_dump must not outlive its reader.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

pub(crate) fn spawn(command: &mut Command) -> Child {
    command
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"))
}

fn exit_code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|n| -n)).unwrap()
}
