//! A database and everything a test does with it.

use crate::catalog;
use crate::cluster::{Server, quote_identifier};
use crate::{PgDump, RowVersions, Run, Snapshot, versions};
use postgres::{Client, NoTls};
use std::path::Path;
use std::process::Command;

/// A database of a [`Cluster`](crate::Cluster). Cheap to clone; the database stays until [`Db::drop`] or the server's end.
#[derive(Debug, Clone)]
pub struct Db {
    server: Server,
    name: String,
}

impl Db {
    pub(crate) fn new(server: Server, name: &str) -> Self {
        Self {
            server,
            name: name.to_owned(),
        }
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A client program such as `psql`, `pg_restore` or one of the caller's, told by its environment to use this database.
    pub fn command(&self, program: &str) -> Command {
        let mut command = self.server.command(program);
        command.env("PGDATABASE", &self.name);
        command
    }

    /// A folder in which the client programs of the server's version can be run by their names.
    pub fn programs(&self) -> std::path::PathBuf {
        self.server.programs()
    }

    /// Runs `psql -X` with `script` on its standard input: no other option, so that the script speaks for itself.
    pub fn psql(&self, script: &[u8]) -> Run {
        self.psql_with(&[], script)
    }

    /// Like [`Db::psql`], with more arguments.
    pub fn psql_with(&self, args: &[&str], script: &[u8]) -> Run {
        let mut command = self.command("psql");
        command.args(["-X", "-d", &self.name]).args(args);
        Run::of(command, script)
    }

    /// Like [`Db::psql`], as another role.
    pub fn psql_as(&self, role: &str, script: &[u8]) -> Run {
        self.psql_with(&["-U", role], script)
    }

    /// Runs SQL (psql's commands included) and panics with psql's message at the first error.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        self.psql_with(&["-q", "-v", "ON_ERROR_STOP=1"], sql.as_bytes())
            .expect_success();
    }

    /// Runs a file of SQL with psql variables and panics at the first error.
    #[track_caller]
    pub fn execute_file(&self, file: &Path, variables: &[(&str, &str)]) {
        let mut command = self.command("psql");
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
        for (name, value) in variables {
            command.args(["-v", &format!("{name}={value}")]);
        }
        command.args(["-o", "/dev/null", "-f"]).arg(file);
        Run::of(command, b"").expect_success();
    }

    /// Runs a query and returns the values as text.
    #[track_caller]
    pub fn query(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        catalog::text_rows(&mut self.client(), sql)
    }

    /// The only value of a query's only row.
    #[track_caller]
    pub fn value(&self, sql: &str) -> Option<String> {
        let mut rows = self.query(sql);
        assert!(rows.len() == 1 && rows[0].len() == 1, "not one value: {rows:?}\n{sql}");
        rows.remove(0).remove(0)
    }

    /// A connection that is not psql's: it knows no backslash commands.
    pub fn client(&self) -> Client {
        self.client_as("postgres")
    }

    /// Like [`Db::client`], as another role.
    pub fn client_as(&self, role: &str) -> Client {
        let mut config = Client::configure();
        config
            .host_path(&self.server.socket_dir)
            .port(self.server.port)
            .user(role)
            .dbname(&self.name);
        config
            .connect(NoTls)
            .unwrap_or_else(|error| panic!("cannot connect to {}: {error:?}", self.name))
    }

    /// What `pg_dump` with these arguments prints; panics if it fails.
    #[track_caller]
    pub fn pg_dump(&self, args: &[&str]) -> Vec<u8> {
        let output = self.pg_dump_command(args).output().expect("cannot run pg_dump");
        assert!(
            output.status.success(),
            "pg_dump {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    /// A running `pg_dump`, to be read while it runs.
    pub fn pg_dump_piped(&self, args: &[&str]) -> PgDump {
        PgDump::start(self.pg_dump_command(args))
    }

    /// Every row of every table, the sequences and the states of the triggers.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&mut self.client(), false)
    }

    /// Like [`Db::snapshot`], with the rows of partitions under the name of their partitioned table.
    pub fn snapshot_by_root(&self) -> Snapshot {
        Snapshot::of(&mut self.client(), true)
    }

    /// Where each row version lies and which transactions wrote and locked it: equal before and after means that
    /// nothing was inserted, updated, deleted or locked, not even with the same values.
    pub fn row_versions(&self) -> RowVersions {
        versions::read(&mut self.client())
    }

    /// The number of bytes of write-ahead log that the server has produced so far.
    pub fn wal_bytes(&self) -> u64 {
        let lsn =
            self.value("SELECT pg_catalog.pg_current_wal_insert_lsn() OPERATOR(pg_catalog.-) '0/0'::pg_catalog.pg_lsn");
        lsn.unwrap().parse().unwrap()
    }

    /// Ends every connection to the database and drops it.
    pub fn drop(self) {
        let maintenance = Self::new(self.server.clone(), "postgres");
        maintenance.execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' \\g /dev/null\nDROP DATABASE {};",
            self.name.replace('\'', "''"),
            quote_identifier(&self.name)
        ));
    }

    fn pg_dump_command(&self, args: &[&str]) -> Command {
        let mut command = self.command("pg_dump");
        command.args(args);
        command
    }
}
