//! What a database says of itself before a run, asked by psql.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::children::Cancel;
use super::programs::{self, Program};
use super::{Connection, messages};
use crate::error::{Error, ErrorKind, Result};

/// A database that was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Database {
    /// The host, or the directory of the socket.
    pub host: String,
    /// The port.
    pub port: String,
    /// Its name.
    pub database: String,
    /// The role that the run has there.
    pub user: String,
    /// The version of the server.
    pub server_version: String,
    #[serde(skip)]
    pub(super) facts: Facts,
}

/// What decides whether it can be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Facts {
    database: String,
    user: String,
    version: String,
    pub(super) version_num: u32,
    is_standby: bool,
    read_only: bool,
    is_socket: bool,
}

/// Where the server itself says that it listens for a connection.
#[derive(Deserialize)]
struct Place {
    address: Option<String>,
    port: String,
}

impl Database {
    /// Asks over a connection, which may be one of a pooler: the address is the server's own.
    pub(super) fn asked(ask: impl FnOnce(&str) -> Result<String>) -> Result<Self> {
        let answer = ask(FACTS)?;
        let Place { address, port } = understood(&answer, "target")?;
        Self::of(
            &answer,
            "target",
            address.unwrap_or_else(|| "a socket".to_owned()),
            port,
        )
    }

    fn of(facts: &str, what: &str, host: String, port: String) -> Result<Self> {
        let facts: Facts = understood(facts, what)?;
        Ok(Self {
            host,
            port,
            database: facts.database.clone(),
            user: facts.user.clone(),
            server_version: facts.version.clone(),
            facts,
        })
    }

    /// Whether it is on this machine, as far as its address tells: a tunnel is not seen.
    pub fn is_local(&self) -> bool {
        self.facts.is_socket || self.host == "localhost" || self.host == "::1" || self.host.starts_with("127.")
    }

    /// What a run cannot go on with, for a target.
    pub(super) fn check_target(&self) -> Result<()> {
        let fault = match &self.facts {
            facts if facts.version_num < 120_000 => "needs PostgreSQL 12 or later",
            facts if facts.is_standby => "cannot be written: it is a standby",
            facts if facts.read_only => "cannot be written: its transactions are read-only",
            _ => return Ok(()),
        };
        let message = format!("the target {fault}; it is {} on {}", self.server_version, self.host);
        Err(Error::new(ErrorKind::Database, message))
    }
}

/// `database on host:port as user`
impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} on {}:{} as {}", self.database, self.host, self.port, self.user)
    }
}

/// One side of a run: a database, and how it is reached.
pub(super) struct Side<'a> {
    /// What messages call it.
    pub(super) what: &'static str,
    /// Whether it is the target.
    pub(super) is_written: bool,
    pub(super) connection: &'a Connection,
    pub(super) psql: &'a Program,
    /// What the server's administrator sees.
    pub(super) application: &'a str,
    pub(super) cancel: &'a Cancel,
}

fn understood<'a, T: Deserialize<'a>>(answer: &'a str, what: &str) -> Result<T> {
    serde_json::from_str(answer).map_err(|error| {
        let message = format!("the {what} gives an answer that is not understood");
        Error::new(ErrorKind::Database, message).with_source(error)
    })
}

/// What is asked of a database, by a query that gives JSON.
const FACTS: &str = "\
SELECT pg_catalog.json_build_object('database', pg_catalog.current_database(), 'user', CURRENT_USER,
  'version', pg_catalog.current_setting('server_version'),
  'version_num', pg_catalog.current_setting('server_version_num')::pg_catalog.int4,
  'is_standby', pg_catalog.pg_is_in_recovery(),
  'read_only', pg_catalog.current_setting('default_transaction_read_only')::pg_catalog.bool,
  'is_socket', pg_catalog.inet_server_addr() IS NULL,
  'address', pg_catalog.host(pg_catalog.inet_server_addr()), 'port', pg_catalog.current_setting('port'))::pg_catalog.text";

/// Asks by what psql knows as well.
fn by_psql() -> String {
    format!("BEGIN READ ONLY;\nSET LOCAL client_encoding = 'UTF8';\n\\echo :HOST\n\\echo :PORT\n{FACTS};\nROLLBACK;\n")
}

impl Side<'_> {
    /// A program that is told to use this database; never asks for a password.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let needs_writable = self.is_written && self.connection.needs_writable();
        let more = needs_writable.then_some(("target_session_attrs", "read-write"));
        let conninfo = self.connection.conninfo(self.application, more);
        command.arg("-w").arg("-d").arg(conninfo);
        // What it prints is read as the server's own encoding, and the script says its own.
        command.env_remove("PGCLIENTENCODING");
        if let Some(password) = self.connection.password() {
            command.env("PGPASSWORD", password);
        }
        command
    }

    /// Runs SQL and psql's commands, and returns what psql prints.
    pub(super) fn ask(&self, sql: &str) -> Result<String> {
        let mut command = self.command(&self.psql.path);
        command.args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"]);
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let output = self.cancel.output_of(command, "psql", sql.as_bytes())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let message = format!("the {} does not answer: {}", self.what, messages::without_values(&said));
            return Err(Error::new(ErrorKind::Database, message));
        }
        String::from_utf8(output.stdout).map_err(|_| {
            let message = format!("the {} has names that are not UTF-8", self.what);
            Error::new(ErrorKind::Database, message)
        })
    }

    /// Connects, and asks what has to be known before a run.
    pub(super) fn database(&self) -> Result<Database> {
        let answer = self.ask(&by_psql())?;
        let mut lines = answer.lines();
        let mut next = || lines.next().unwrap_or_default().to_owned();
        let (host, port) = (next(), next());
        // psql names the host where it knows a name, and goes to this address.
        let address = self.connection.get("hostaddr").map(str::to_owned);
        let host = address
            .or_else(|| std::env::var("PGHOSTADDR").ok())
            .filter(|_| !is_socket_folder(&host))
            .unwrap_or(host);
        Database::of(&next(), self.what, host, port)
    }
}

/// Whether libpq takes a host for the folder of a socket: it is an absolute path, on Windows also one with a drive.
fn is_socket_folder(host: &str) -> bool {
    host.starts_with('/') || cfg!(windows) && Path::new(host).is_absolute()
}

/// The program that talks to a database, not too old to run a script.
pub(super) fn find_psql(bin_dir: Option<&Path>, cancel: &Cancel) -> Result<Program> {
    let psql = programs::find("psql", bin_dir, cancel)?;
    if psql.major < 10 {
        let message = format!("psql is version {}, and has to be 10 or later", psql.version);
        return Err(Error::new(ErrorKind::Program, message));
    }
    Ok(psql)
}
