//! The server's life, as its users rely on it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use dumpsert_testkit::Cluster;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Set for the second process of `goes_when_its_user_is_killed`: the one that is killed.
const VICTIM: &str = "DUMPSERT_TESTKIT_VICTIM";

#[test]
fn goes_with_its_value() {
    let cluster = Cluster::start();
    let dir = cluster.socket_dir().to_owned();
    assert_eq!(cluster.db("postgres").value("SELECT 1").as_deref(), Some("1"));
    drop(cluster);
    assert!(!dir.exists());
}

#[test]
fn goes_with_a_panic() {
    let dir = std::thread::spawn(|| {
        let cluster = Cluster::start();
        std::panic::panic_any(cluster.socket_dir().to_owned());
    });
    let dir: Box<std::path::PathBuf> = dir.join().unwrap_err().downcast().unwrap();
    assert!(!dir.exists());
}

#[test]
fn takes_settings() {
    let cluster = Cluster::start_with(&[("work_mem", "7MB"), ("application_name", "it's")]);
    assert_eq!(cluster.db("postgres").value("SHOW work_mem").as_deref(), Some("7MB"));
}

#[test]
fn goes_when_its_user_is_killed() {
    if std::env::var_os(VICTIM).is_some() {
        // The shared server, which is never dropped.
        writeln!(std::io::stderr(), "{}", Cluster::shared().socket_dir().display()).unwrap();
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    for signal in ["KILL", "INT"] {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "goes_when_its_user_is_killed", "--nocapture"])
            .env(VICTIM, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut dir = String::new();
        BufReader::new(victim.stderr.as_mut().unwrap())
            .read_line(&mut dir)
            .unwrap();
        let dir = Path::new(dir.trim_end());
        assert!(dir.join("data/postmaster.pid").exists(), "{dir:?}");
        let kill = Command::new("sh")
            .args(["-c", "kill -s $0 $1", signal, &victim.id().to_string()])
            .status()
            .unwrap();
        assert!(kill.success());
        victim.wait().unwrap();
        let killed = Instant::now();
        while dir.exists() {
            assert!(killed.elapsed() < Duration::from_secs(30), "{dir:?} is still there");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn says_why_it_cannot_start() {
    let panic = std::panic::catch_unwind(|| Cluster::start_with(&[("no_such_setting", "1")])).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(
        message.contains("unrecognized configuration parameter \"no_such_setting\""),
        "{message}"
    );
}

#[test]
fn psql_reports_status_and_output() {
    let db = Cluster::shared().create_unique("psql");
    let run = db.psql(b"\\set ON_ERROR_STOP on\n\\echo out\nSELECT 1/0;\n\\echo never\n");
    assert_eq!((run.status, run.stdout.as_str()), (3, "out\n"));
    assert!(run.stderr.contains("division by zero"), "{}", run.stderr);
    // Without the setting psql goes on and reports success.
    assert_eq!(db.psql(b"SELECT 1/0;").status, 0);
    assert_eq!(db.psql_with(&["-At", "-v", "x=5"], b"SELECT :x;").stdout, "5\n");
    db.execute("CREATE ROLE psql_other LOGIN;");
    assert_eq!(
        db.psql_with(&["-At", "-U", "psql_other"], b"SELECT current_user;")
            .stdout,
        "psql_other\n"
    );
    let denied = db.psql_as("psql_other", b"CREATE SCHEMA x;");
    assert!(denied.stderr.contains("permission denied"), "{}", denied.stderr);
    // A psql that stops reading is a result, not a failure of the kit.
    let early = [b"\\q\n".as_slice(), &b"-- filler\n".repeat(200_000)].concat();
    assert_eq!(db.psql(&early).status, 0);
    db.drop();
}

#[test]
#[should_panic(expected = "no_such_table")]
fn execute_panics_with_the_message() {
    Cluster::shared().db("postgres").execute("SELECT * FROM no_such_table;");
}

#[test]
fn pg_dump_whole_and_piped() {
    let db = Cluster::shared().create_unique("dump");
    db.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 50000);");
    // Two runs differ in the key of \restrict, in the releases that print one.
    let without_key = |dump: &[u8]| {
        let lines = dump.lines().map(Result::unwrap).filter(|line| !line.starts_with('\\'));
        lines.collect::<Vec<_>>().join("\n")
    };
    let whole = db.pg_dump(&["--data-only", "--column-inserts"]);
    let mut piped = Vec::new();
    db.pg_dump_piped(&["--data-only", "--column-inserts"])
        .read_to_end(&mut piped)
        .unwrap();
    assert_eq!(without_key(&piped), without_key(&whole));
    assert_eq!(
        without_key(&whole).matches("INSERT INTO public.t (id) VALUES").count(),
        50000
    );
    // Dropped before its end, it leaves no connection behind that would keep the database from being copied.
    let mut cut = db.pg_dump_piped(&["--data-only"]);
    cut.read_exact(&mut [0; 10]).unwrap();
    drop(cut);
    let copy = Cluster::shared().copy_of(&db);
    assert_eq!(copy.value("SELECT count(*) FROM t").as_deref(), Some("50000"));
}

#[test]
#[should_panic(expected = "pg_dump failed")]
fn piped_pg_dump_fails_loudly() {
    let mut dump = Cluster::shared().db("no_such_database").pg_dump_piped(&[]);
    std::io::copy(&mut dump, &mut std::io::sink()).unwrap();
}
