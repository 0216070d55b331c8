//! Sessions of an application. Each has a thread of its own, so that it may wait for a lock while the test goes on.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

use dumpsert_testkit::Db;
use dumpsert_testkit::postgres::Error;

/// Why a statement failed: its SQLSTATE, and the server's words for a message of the test.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) state: String,
    pub(crate) message: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let Some(server) = error.as_db_error() else {
            panic!("the connection broke: {error:?}");
        };
        Self {
            state: server.code().code().to_owned(),
            message: format!("{} {}", server.message(), server.detail().unwrap_or_default()),
        }
    }
}

/// One session, which runs one statement after the other.
pub(crate) struct Session {
    pub(crate) pid: i32,
    statements: Sender<String>,
    ends: Receiver<Result<(), Failure>>,
}

impl Session {
    pub(crate) fn new(db: &Db) -> Self {
        let mut client = db.client();
        let pid = client
            .query_one("SELECT pg_catalog.pg_backend_pid()", &[])
            .unwrap()
            .get(0);
        let (statements, todo) = channel::<String>();
        let (done, ends) = channel();
        std::thread::spawn(move || {
            for statement in todo {
                let end = client.batch_execute(&statement).map_err(Failure::from);
                if done.send(end).is_err() {
                    break;
                }
            }
        });
        Self { pid, statements, ends }
    }

    /// Sends a statement and does not wait for its end.
    pub(crate) fn send(&self, statement: &str) {
        self.statements.send(statement.to_owned()).unwrap();
    }

    /// How the statement ended, if it has.
    pub(crate) fn poll(&self) -> Option<Result<(), Failure>> {
        match self.ends.try_recv() {
            Ok(end) => Some(end),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => panic!("a session of the test has ended"),
        }
    }

    /// Waits for the statement's end.
    pub(crate) fn wait(&self) -> Result<(), Failure> {
        self.ends.recv().expect("a session of the test has ended")
    }

    /// Runs a statement to its end.
    pub(crate) fn run(&self, statement: &str) -> Result<(), Failure> {
        self.send(statement);
        self.wait()
    }
}

/// A transaction of an application, to be run statement by statement.
pub(crate) struct Application {
    pub(crate) session: Session,
    pub(crate) left: VecDeque<String>,
    pub(crate) running: bool,
    /// How it ended: at its COMMIT, or at the statement that failed.
    pub(crate) end: Option<Result<(), Failure>>,
}

impl Application {
    pub(crate) fn new(db: &Db, statements: &[String]) -> Self {
        Self {
            session: Session::new(db),
            left: statements.iter().cloned().collect(),
            running: false,
            end: None,
        }
    }

    /// Sends the next statement.
    pub(crate) fn step(&mut self) {
        let statement = self.left.pop_front().expect("a statement is left");
        self.session.send(&statement);
        self.running = true;
    }

    /// Notes how the running statement ended, if it has. An application that meets an error gives up, as most do.
    pub(crate) fn look(&mut self) {
        if !self.running {
            return;
        }
        let Some(end) = self.session.poll() else { return };
        self.running = false;
        if end.is_err() {
            self.left.clear();
            self.session.run("ROLLBACK").unwrap();
            self.end = Some(end);
        } else if self.left.is_empty() {
            self.end = Some(Ok(()));
        }
    }

    /// Runs all of it, alone.
    pub(crate) fn run(&mut self) {
        while self.end.is_none() {
            self.step();
            while self.running {
                self.look();
                std::thread::yield_now();
            }
        }
    }
}
