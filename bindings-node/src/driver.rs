//! A connection of JavaScript's, over which a run talks to its target: `lib/client.js` does each step.

use std::sync::Arc;

use dumpsert::restore::{Driver, DriverError, Pieces};
use napi_derive::napi;

use crate::shared::{Reply, RestoreEvent, Shared, Tell, say};

/// What the server or the connection says.
#[napi(object)]
pub struct DriverFault {
    pub message: String,
    pub hint: Option<String>,
    pub sqlstate: Option<String>,
}

impl From<DriverFault> for DriverError {
    fn from(fault: DriverFault) -> Self {
        let mut error = Self::new(fault.message);
        if let Some(hint) = fault.hint {
            error = error.with_hint(hint);
        }
        if let Some(sqlstate) = fault.sqlstate {
            error = error.with_sqlstate(sqlstate);
        }
        error
    }
}

/// Has JavaScript do it, and waits for the answer, also where the run was ended meanwhile.
pub(crate) struct Driven {
    tell: Arc<Tell>,
    shared: Arc<Shared>,
}

impl Driven {
    pub(crate) fn new(tell: Arc<Tell>, shared: Arc<Shared>) -> Self {
        Self { tell, shared }
    }

    fn ask(&self, order: &'static str, sql: Option<&str>, data: Option<Vec<u8>>) -> Reply {
        let event = RestoreEvent {
            kind: "drive",
            order: Some(order),
            sql: sql.map(str::to_owned),
            size: data.as_ref().map(|data| data.len() as f64),
            ..RestoreEvent::default()
        };
        self.shared.lock().data = data;
        say(&self.tell, &self.shared, event);
        let reply = self.shared.wait_anyway(|state| state.reply.take());
        reply.unwrap_or_else(|_| Err(DriverError::new("nobody is there to use the connection")))
    }
}

impl Driver for Driven {
    fn execute(&mut self, sql: &str) -> Result<(), DriverError> {
        self.ask("sql", Some(sql), None).map(drop)
    }

    fn query(&mut self, sql: &str) -> Result<String, DriverError> {
        let text = self.ask("query", Some(sql), None)?;
        text.ok_or_else(|| DriverError::new("the query has no answer"))
    }

    fn copy(&mut self, sql: &str, pieces: &mut Pieces<'_>) -> Result<(), DriverError> {
        self.ask("copy", Some(sql), None)?;
        while let Some(data) = pieces()? {
            self.ask("data", None, Some(data))?;
        }
        self.ask("end", None, None).map(drop)
    }

    fn commit(&mut self) -> Result<(), DriverError> {
        self.ask("commit", Some("COMMIT"), None).map(drop)
    }

    fn give_up(&mut self) -> Result<(), DriverError> {
        self.ask("give_up", None, None).map(drop)
    }
}
