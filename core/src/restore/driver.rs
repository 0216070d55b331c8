//! A connection of the caller's own, over which a run talks to the target instead of psql.

use std::fmt;

/// A connection of the caller's own, made by any driver that can COPY; [`restore_over`](super::restore_over) uses it.
///
/// The connection must not be in a transaction. Every statement is sent by itself, without parameters and, where the driver can,
/// unprepared, so that nothing stays on a connection that a pooler shares.
///
/// A call of [`Cancel::cancel`](super::Cancel::cancel) is noticed between two statements and two pieces of data. To end a statement
/// that waits for the server is up to the driver, as by a request to cancel; it then fails.
pub trait Driver {
    /// Runs one statement that returns nothing.
    ///
    /// # Errors
    /// What the server or the connection says.
    fn execute(&mut self, sql: &str) -> Result<(), DriverError>;

    /// Runs a query, and returns the only column of its only row, as text.
    ///
    /// # Errors
    /// As [`execute`](Driver::execute).
    fn query(&mut self, sql: &str) -> Result<String, DriverError>;

    /// Runs a `COPY … FROM stdin`, and sends it the data that `pieces` gives until it gives `None`. They may be cut anywhere,
    /// and are bytes as they are, in whatever encoding.
    ///
    /// # Errors
    /// As [`execute`](Driver::execute), and that of `pieces`: the COPY must not be ended well then.
    fn copy(&mut self, sql: &str, pieces: &mut Pieces<'_>) -> Result<(), DriverError>;

    /// Sends `COMMIT`, and waits for the answer whatever happens meanwhile.
    ///
    /// # Errors
    /// As [`execute`](Driver::execute).
    fn commit(&mut self) -> Result<(), DriverError> {
        self.execute("COMMIT")
    }

    /// Ends a COPY that is still open with an error, sends `ROLLBACK`, and waits for the answer whatever happens meanwhile. A
    /// connection that does not take it has to be closed.
    ///
    /// # Errors
    /// As [`execute`](Driver::execute).
    fn give_up(&mut self) -> Result<(), DriverError> {
        self.execute("ROLLBACK")
    }
}

/// The data of a COPY, piece by piece, to their end.
pub type Pieces<'a> = dyn FnMut() -> Result<Option<Vec<u8>>, DriverError> + 'a;

/// What the server or the connection says of a step that has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverError {
    message: String,
    hint: Option<String>,
    sqlstate: Option<String>,
}

impl DriverError {
    /// An error with the primary message of the server; its `DETAIL` and `CONTEXT` may hold values of rows, and do not belong
    /// here. Without an SQLSTATE it is one of the connection.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            sqlstate: None,
        }
    }

    /// The server's `HINT`.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The server's code of the error, of five letters.
    #[must_use]
    pub fn with_sqlstate(mut self, sqlstate: impl Into<String>) -> Self {
        self.sqlstate = Some(sqlstate.into());
        self
    }

    /// As psql would print it.
    pub(super) fn said(&self) -> String {
        match &self.hint {
            Some(hint) => format!("ERROR:  {}\nHINT:  {hint}\n", self.message),
            None => format!("ERROR:  {}\n", self.message),
        }
    }

    /// Whether the server has said it, and the connection goes on.
    pub(super) fn is_of_server(&self) -> bool {
        // Lost connections, servers that are shut down, and what nobody knows the outcome of.
        const LOST: [&str; 5] = ["08", "57P", "58", "XX", "40003"];
        let code = self.sqlstate.as_deref();
        code.is_some_and(|code| !LOST.iter().any(|lost| code.starts_with(lost)))
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DriverError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_no_answer() {
        let error = DriverError::new("x");
        assert!(!error.is_of_server());
        for (code, expected) in [
            ("23505", true),
            ("57014", true),
            ("57P01", false),
            ("08006", false),
            ("40003", false),
        ] {
            assert_eq!(error.clone().with_sqlstate(code).is_of_server(), expected, "{code}");
        }
    }
}
