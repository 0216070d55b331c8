//! A connection of Python's, over which a run talks to its target: the thread that has called `restore` is asked for each step.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use dumpsert::restore::{Driver, DriverError, Pieces};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::wishes::{Order, Reply, Wish, Wishes, ask};

/// What Python says of an error: its message, hint and SQLSTATE.
type Fault = (String, Option<String>, Option<String>);

impl Order {
    /// Has Python do it. What it raises is not of the server.
    pub(crate) fn call(self, driver: &Bound<'_, PyAny>) -> PyResult<Reply> {
        let answer = match self {
            Self::Say(name, sql) => driver.call1((name, sql)),
            Self::Data(bytes) => driver.call1(("data", PyBytes::new(driver.py(), &bytes))),
        };
        reply(&answer?)
    }
}

fn reply(answer: &Bound<'_, PyAny>) -> PyResult<Reply> {
    let (text, fault): (Option<String>, Option<Fault>) = answer.extract()?;
    Ok(match fault {
        None => Ok(text),
        Some((message, hint, sqlstate)) => {
            let mut error = DriverError::new(message);
            if let Some(hint) = hint {
                error = error.with_hint(hint);
            }
            if let Some(sqlstate) = sqlstate {
                error = error.with_sqlstate(sqlstate);
            }
            Err(error)
        }
    })
}

/// Asks the thread that has called.
pub(crate) struct Asking(Arc<Wishes>);

impl Asking {
    pub(crate) fn new(wishes: Arc<Wishes>) -> Self {
        Self(wishes)
    }

    fn say(&self, name: &'static str, sql: &str) -> Reply {
        self.ask(Order::Say(name, sql.to_owned()))
    }

    fn ask(&self, order: Order) -> Reply {
        let (sender, answer): (SyncSender<Reply>, _) = sync_channel(1);
        let gone = || DriverError::new("nobody asks the driver any more");
        ask(&self.0, Wish::Drive(order, sender)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

impl Driver for Asking {
    fn execute(&mut self, sql: &str) -> Result<(), DriverError> {
        self.say("sql", sql).map(drop)
    }

    fn query(&mut self, sql: &str) -> Result<String, DriverError> {
        let text = self.say("query", sql)?;
        text.ok_or_else(|| DriverError::new("the query has no answer"))
    }

    fn copy(&mut self, sql: &str, pieces: &mut Pieces<'_>) -> Result<(), DriverError> {
        self.say("copy", sql)?;
        while let Some(data) = pieces()? {
            self.ask(Order::Data(data))?;
        }
        self.say("end", "").map(drop)
    }

    fn commit(&mut self) -> Result<(), DriverError> {
        self.say("commit", "").map(drop)
    }

    fn give_up(&mut self) -> Result<(), DriverError> {
        self.say("give_up", "").map(drop)
    }
}
