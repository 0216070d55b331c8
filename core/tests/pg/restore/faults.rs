//! Whatever dies at whatever point: the target is unchanged, or has committed as the run says, and the next run succeeds.

use dumpsert::restore::{Connection, Ending, Source, Target, restore};
use dumpsert::{ErrorKind, Options, Style};
use dumpsert_testkit::{Cluster, Db};

use super::stage::{BACKENDS, Stage, children, is_alive, kill, wait_for};
use super::{Pair, assert_same, program, succeeds, text};

/// Waits for the word, then writes the rest.
const WAITS: &str = "read -r word <HERE/go\ncat HERE/rest";

/// The points of a dump at which something dies: at its start, within and between rows and blocks, before and at its end.
fn points(dump: &[u8]) -> Vec<usize> {
    let find = |part: &[u8]| dump.windows(part.len()).position(|window| window == part).unwrap();
    let (copy, data) = (find(b"COPY public.\"Child\""), find(b"note note"));
    vec![
        0,
        copy,
        data,
        data + 40_000,
        find(b"-- PostgreSQL database dump complete"),
        dump.len(),
    ]
}

/// Kills at every point; what is killed is said by `kill`, which returns whether pg_dump has to be let go on.
fn at_every_point(then: &str, kill: impl Fn(&Pair, u32, u32) -> bool, check: impl Fn(&std::process::Output)) {
    let pair = Pair::new();
    let wanted = pair.wanted();
    let dump = pair.source.pg_dump(&["--data-only"]);
    for at in points(&dump) {
        let stage = Stage::new(&pair.target);
        stage.pg_dump(&dump, at, then);
        let before = pair.target.snapshot();
        let mut held = stage.start(&pair, &[]);
        let pg_dump = held.wait();
        if kill(&pair, held.child.id(), pg_dump) {
            held.go();
        }
        let output = held.output();
        assert!(!output.status.success(), "{at}: {}", text(&output.stdout));
        check(&output);
        // Who was killed itself could not wait for it.
        wait_for("the transaction ends", || backends(&pair.target) == 0);
        assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new(), "{at}");
        if is_alive(pg_dump) {
            // Its parent is gone, and it stands where the test has put it.
            super::stage::kill("KILL", pg_dump);
        }
    }
    succeeds(pair.sync(&[]));
    assert_same(&pair.target, &wanted);
}

fn backends(db: &Db) -> u64 {
    db.value(&format!("SELECT count(*) {BACKENDS}"))
        .unwrap()
        .parse()
        .unwrap()
}

#[track_caller]
fn says(output: &std::process::Output, status: i32, parts: &[&str]) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert!(said.trim_end().ends_with("nothing was changed"), "{said}");
}

#[test]
fn pg_dump_is_killed() {
    at_every_point(
        "exec sleep 1000",
        |_, _, pg_dump| {
            kill("KILL", pg_dump);
            false
        },
        |output| says(output, 3, &["pg_dump has ended (signal: 9"]),
    );
}

/// Not even where all was written: a status that is not 0 means that it may be wrong.
#[test]
fn pg_dump_fails_at_its_end() {
    at_every_point(
        "read -r word <HERE/go; cat HERE/rest; echo 'pg_dump: error: the source is gone' >&2; exit 1",
        |_, _, _| true,
        |output| says(output, 3, &["pg_dump: error: the source is gone"]),
    );
}

#[test]
fn psql_is_killed() {
    at_every_point(
        WAITS,
        |_, dumpsert, _| {
            let psql = children(dumpsert, "psql");
            assert_eq!(psql.len(), 1);
            kill("KILL", psql[0]);
            // pg_dump goes with it, wherever it stands.
            false
        },
        |output| says(output, 3, &["psql has ended (signal: 9"]),
    );
}

#[test]
fn the_backend_is_ended() {
    at_every_point(
        WAITS,
        |pair, _, _| {
            let ended = format!("SELECT count(pg_terminate_backend(pid)) {BACKENDS}");
            assert_eq!(pair.target.value(&ended).as_deref(), Some("1"));
            wait_for("the backend ends", || backends(&pair.target) == 0);
            true
        },
        |output| says(output, 3, &["terminating connection due to administrator command"]),
    );
}

#[test]
fn dumpsert_is_killed() {
    at_every_point(
        WAITS,
        |_, dumpsert, _| {
            kill("KILL", dumpsert);
            false
        },
        |output| assert_eq!(output.status.code(), None),
    );
}

/// A signal that can be answered is: children are ended and waited for, and the run says what has become of it.
#[test]
fn dumpsert_is_asked_to_end() {
    for (signal, status) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        at_every_point(
            WAITS,
            |_, dumpsert, _| {
                kill(signal, dumpsert);
                false
            },
            |output| says(output, status, &["the run was ended from outside"]),
        );
    }
}

/// Where a pipe has nothing for a long time, nobody waits for it who has been asked to end or has lost psql.
#[test]
fn while_a_pipe_has_nothing() {
    let pair = Pair::new();
    let dump = pair.source.pg_dump(&["--data-only"]);
    for at in [0, 4, dump.len() / 2] {
        for victim in ["TERM", "psql"] {
            if victim == "psql" && at < 8 {
                // It is not started before it is known what comes.
                continue;
            }
            let before = pair.target.snapshot();
            let mut command = program(&pair.target, &["restore", "-", "--to", pair.target.name()]);
            command
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            let mut child = command.spawn().unwrap();
            let mut stdin = child.stdin.take().unwrap();
            std::io::Write::write_all(&mut stdin, &dump[..at]).unwrap();
            if at >= 8 {
                // Whoever only asks what the target is writes nothing, and is gone by then.
                let writes = format!("SELECT count(*) {BACKENDS} AND backend_xid IS NOT NULL");
                wait_for("the transaction begins", || {
                    pair.target.value(&writes).as_deref() == Some("1")
                });
            }
            let (status, words) = match victim {
                "psql" => {
                    wait_for("psql", || !children(child.id(), "psql").is_empty());
                    children(child.id(), "psql")
                        .into_iter()
                        .for_each(|pid| kill("KILL", pid));
                    (3, "psql has ended")
                }
                signal => {
                    wait_for("signals are caught", || catches(child.id(), 15));
                    kill(signal, child.id());
                    (143, "the run was ended from outside")
                }
            };
            let output = child.wait_with_output().unwrap();
            says(&output, status, &[words]);
            drop(stdin);
            assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new(), "{at}");
        }
    }
}

/// Whether a process has a handler for a signal.
fn catches(pid: u32, signal: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

/// While the target works, and psql only waits for it: the backend is ended, although nothing would tell it of that.
#[test]
fn while_the_target_merges() {
    let pair = Pair::new();
    let wanted = pair.wanted();
    for victim in ["psql", "dumpsert", "INT", "backend"] {
        let before = pair.target.snapshot();
        let mut blocker = pair.target.client();
        let mut lock = blocker.transaction().unwrap();
        lock.batch_execute("LOCK TABLE public.parent IN ROW EXCLUSIVE MODE")
            .unwrap();
        let mut command = pair.sync(&[]);
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        let waits = format!("SELECT count(*) {BACKENDS} AND wait_event_type = 'Lock'");
        wait_for("the merge waits", || pair.target.value(&waits).as_deref() == Some("1"));
        match victim {
            "psql" => kill("KILL", children(child.id(), "psql")[0]),
            "dumpsert" => kill("KILL", child.id()),
            "INT" => kill("INT", child.id()),
            _ => {
                let ended = format!("SELECT count(pg_terminate_backend(pid)) {BACKENDS}");
                assert_eq!(pair.target.value(&ended).as_deref(), Some("1"));
            }
        }
        let output = child.wait_with_output().unwrap();
        match victim {
            "psql" => says(&output, 3, &["psql has ended (signal: 9"]),
            "INT" => says(&output, 130, &["the run was ended from outside"]),
            "backend" => says(&output, 3, &["terminating connection"]),
            // psql waits for its answer, and then finds that there is nothing more to be said.
            _ => lock.batch_execute("ROLLBACK").unwrap(),
        }
        wait_for("the transaction ends", || backends(&pair.target) == 0);
        drop(lock);
        assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new(), "{victim}");
    }
    succeeds(pair.sync(&[]));
    assert_same(&pair.target, &wanted);
}

/// psql is killed when it was told to commit and the server has not answered yet: the server is asked.
#[test]
fn the_answer_to_commit_is_lost() {
    // A standby that never comes holds the answer back.
    let cluster = Cluster::start_with(&[("synchronous_standby_names", "nobody"), ("synchronous_commit", "local")]);
    let (source, target) = (cluster.create("source"), cluster.create("target"));
    source.execute(&format!("{}{}", super::SCHEMA, super::SOURCE));
    target.execute(super::SCHEMA);
    target.execute("ALTER DATABASE target SET synchronous_commit = on");
    let mut command = program(&target, &["sync", "--from", "source", "--to", "target"]);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let waits = format!("SELECT count(*) {BACKENDS} AND wait_event = 'SyncRep'");
    let mut client = source.client();
    let waits = waits.replace("current_database()", "'target'");
    wait_for("the commit waits", || {
        client.query_one(&waits, &[]).unwrap().get::<_, i64>(0) == 1
    });
    // The first signal takes nothing back.
    kill("INT", child.id());
    kill("KILL", children(child.id(), "psql")[0]);
    let end = format!("SELECT count(pg_terminate_backend(pid)) {BACKENDS}").replace("current_database()", "'target'");
    assert_eq!(client.query_one(&end, &[]).unwrap().get::<_, i64>(0), 1);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(
        said.contains("; committed; ") && said.contains("the target says so"),
        "{said}"
    );
    source.execute("ALTER DATABASE target RESET synchronous_commit");
    assert_same(&source, &target);
}

/// What dumpsert has said is not what the server has heard: a COMMIT that never came is no commit.
#[test]
fn the_word_to_commit_is_lost() {
    let pair = Pair::new();
    let stage = Stage::new(&pair.target);
    stage.script(
        "psql",
        "case \"$*\" in --version) exec REAL --version ;; *'-v ON_ERROR_STOP'*) exec REAL \"$@\" ;; esac\n\
         sed -u '/^COMMIT;$/,$d' | REAL \"$@\"",
    );
    let before = pair.target.snapshot();
    let output = stage.start(&pair, &[]).output();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.trim_end().ends_with("nothing was changed"), "{said}");
    // Non-owners' sequences are outside of every transaction; here all is owned.
    assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new());
}

/// Where nobody answers after the word to commit, that is what is said, and a second run makes it sure.
#[test]
fn nobody_answers() {
    let pair = Pair::new();
    let wanted = pair.wanted();
    let stage = Stage::new(&pair.target);
    let connection = |db: &Db| {
        let (host, port) = (Cluster::shared().socket_dir().display(), Cluster::shared().port());
        Connection::parse(&format!("host={host} port={port} user=postgres dbname={}", db.name())).unwrap()
    };
    // Once the word has passed, no psql reaches the server any more, and the one that has passed it on says nothing. sed makes
    // the file at its start: what counts is what is written into it.
    stage.script(
        "psql",
        "case \"$*\" in --version) exec REAL --version ;; *'-v ON_ERROR_STOP'*)\n\
         [ ! -s HERE/gone ] || { echo 'psql: error: could not connect' >&2; exit 2; }\nexec REAL \"$@\" ;; esac\n\
         sed -u -e '/^COMMIT;$/w HERE/gone' | REAL \"$@\" | sed -u '/committed$/d'; exit 2",
    );
    let target = Target::new(connection(&pair.target))
        .with_bin_dir(stage.path(""))
        .with_patience(std::time::Duration::from_millis(300));
    let plan = Options::new().with_style(Style::Staged).build().unwrap();
    let failure = restore(Source::Database(connection(&pair.source)), &target, &plan).unwrap_err();
    assert_eq!(failure.outcome.ending, Ending::Unknown);
    assert_eq!(failure.error.kind(), ErrorKind::Database);
    assert!(failure.to_string().ends_with("it is safe to run it again"), "{failure}");
    assert!(failure.outcome.transaction_id.is_some());
    succeeds(pair.sync(&[]));
    assert_same(&pair.target, &wanted);
}
