//! A target behind pgbouncer in transaction mode: nothing of a run stays on connections that others get. A source there is refused.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use dumpsert_testkit::Cluster;

use super::stage::wait_for;
use super::{Pair, assert_same, fails, program, succeeds};

struct Pooler {
    folder: tempfile::TempDir,
    process: Child,
}

impl Pooler {
    /// With at most `sessions` to each database, which everybody gets. None where pgbouncer is not installed.
    fn start(mode: &str, sessions: u32, more: &str) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer"];
        let program = program.iter().find(|program| Path::new(program).exists())?;
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().display().to_string();
        let (host, port) = (Cluster::shared().socket_dir().display(), Cluster::shared().port());
        let settings = format!(
            "[databases]\n* = host={host} port={port} user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n\
             unix_socket_dir = {here}\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = {sessions}\n{more}\
             logfile = {here}/log\npidfile = {here}/pid\n"
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).unwrap();
        let mut command = Command::new(program);
        command.arg("-q");
        // It does not run as root.
        let id = Command::new("id").arg("-u").output().unwrap();
        if id.stdout == b"0\n" {
            command.args(["-u", "postgres"]);
            let owner = Command::new("chown").args(["-R", "postgres", &here]).status();
            assert!(owner.unwrap().success());
        }
        let process = command
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pooler = Self { folder, process };
        wait_for("pgbouncer listens", || {
            pooler.folder.path().join(".s.PGSQL.6432").exists()
        });
        Some(pooler)
    }

    fn url(&self, database: &str) -> String {
        format!(
            "host={} port=6432 user=postgres dbname={database}",
            self.folder.path().display()
        )
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_target_behind_a_pooler() {
    let Some(pooler) = Pooler::start("transaction", 1, "") else {
        eprintln!("not run: pgbouncer is not installed");
        return;
    };
    let pair = Pair::new();
    let wanted = pair.wanted();
    let to = pooler.url(pair.target.name());
    let sync = |more: &[&str]| {
        let mut command = program(&pair.target, &["sync", "--from", pair.source.name(), "--to", &to]);
        command.args(more);
        command
    };
    // What everybody gets who comes next.
    let session = || {
        let mut command = pair.target.command("psql");
        command.args(["-X", "-A", "-t", "-d", &to, "-c"]);
        command.arg(
            "SELECT current_setting('search_path'), current_setting('lock_timeout'), current_setting('client_min_messages'), \
             current_setting('statement_timeout'), (SELECT count(*) FROM pg_class WHERE relpersistence = 't'), \
             (SELECT count(*) FROM pg_prepared_statements)",
        );
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", super::text(&output.stderr));
        super::text(&output.stdout)
    };
    let fresh = session();
    let before = pair.target.snapshot();
    succeeds(sync(&["--check"]));
    succeeds(sync(&["--dry-run"]));
    assert_eq!(pair.target.snapshot().diff(&before), Vec::<String>::new());
    fails(sync(&["--only-table", "nokey", "--no-key", "error"]), 3);
    assert_eq!(session(), fresh);
    succeeds(sync(&[]));
    assert_same(&pair.target, &wanted);
    assert!(succeeds(sync(&[])).contains(" 0 inserted, 0 updated"));
    assert_eq!(session(), fresh);
}

/// What pg_dump sets would stay on sessions that the source's application gets: it is found out, however the pooler gives them out.
#[test]
fn a_source_behind_a_pooler() {
    let pair = Pair::new();
    let before = pair.target.snapshot();
    let sync = |pooler: &Pooler| {
        let from = pooler.url(pair.source.name());
        program(
            &pair.target,
            &["sync", "--from", &from, "--to", pair.target.name(), "--check"],
        )
    };
    for (sessions, more) in [(1, ""), (20, ""), (20, "server_round_robin = 1\n")] {
        let Some(pooler) = Pooler::start("transaction", sessions, more) else {
            eprintln!("not run: pgbouncer is not installed");
            return;
        };
        let from = pooler.url(pair.source.name());
        // Sessions that others have left in the pool.
        let others: Vec<_> = (0..5)
            .map(|_| {
                let mut command = pair.target.command("psql");
                command
                    .args(["-X", "-q", "-d", &from, "-c", "SELECT pg_sleep(0.05)"])
                    .stdout(Stdio::null());
                command.spawn().unwrap()
            })
            .collect();
        for mut other in others {
            assert!(other.wait().unwrap().success());
        }
        let said = fails(sync(&pooler), 2);
        for word in ["leads to a pooler", "DIRECT_URL"] {
            assert!(said.contains(word), "{sessions} {more}: {said}");
        }
    }
    assert_eq!(pair.target.snapshot().diff(&before), Vec::<String>::new());
    // A connection keeps its session: a dump is as good as without a pooler.
    let pooler = Pooler::start("session", 20, "").unwrap();
    succeeds(sync(&pooler));
}
