//! Races that were lost once, each held at the step where it is lost.

use std::time::Duration;

use dumpsert::{NoKey, Options, Style};
use dumpsert_testkit::Run;
use dumpsert_testkit::postgres::Client;
use serde_json::Value;

use super::held::{Held, Place, STEPS, pause};
use super::play::Scene;
use super::scenes::{GROUPS, dump, empty, lived_in};
use super::session::Session;
use crate::support::{script, sqlstate};

fn options() -> Options {
    Options::new().with_style(Style::Staged).with_no_key(NoKey::Match)
}

fn start(scene: &Scene, number: i32) -> Held {
    let text = dump(1, false);
    Held::start(scene, &script(text.as_bytes(), options()), number)
}

/// The steps up to this one.
fn up_to(last: &str) -> &'static [&'static str] {
    let place = STEPS.iter().position(|step| *step == last).unwrap();
    &STEPS[..=place]
}

/// Waits until a session waits for a lock.
fn until_blocked(session: &Session, observer: &mut Client) {
    let waits = "SELECT pg_catalog.cardinality(pg_catalog.pg_blocking_pids($1)) > 0";
    while !observer.query_one(waits, &[&session.pid]).unwrap().get::<_, bool>(0) {
        if let Some(end) = session.poll() {
            panic!("it did not wait: {end:?}");
        }
        pause();
    }
}

/// Waits until the script has looked for a deadlock, if it is going to: it finds none, and the next to look is the other.
fn wait_until_it_has_looked(held: &Held, observer: &mut Client) {
    for _ in 0..200 {
        if held.waits_longer_than(300, observer) {
            return;
        }
        pause();
    }
}

/// The script's end; its gates are open.
fn assert_good(run: &Run) {
    assert_eq!(run.status, 0, "{}", run.stderr);
}

/// All that the dump says is there, and a second run finds nothing to do.
#[track_caller]
fn assert_merged(scene: &Scene) {
    let before = scene.db.row_versions();
    let run = start(scene, 9).finish();
    assert_good(&run);
    assert_eq!(before, scene.db.row_versions(), "a second run writes");
}

#[test]
fn what_is_locked_and_when() {
    let scene = Scene::new(&lived_in());
    let mut observer = scene.db.client();
    observer.batch_execute("SET lock_timeout = 1").unwrap();
    let mut held = start(&scene, 1);
    for step in STEPS {
        held.run_to(step, &mut observer);
        let locks = held.locks(&mut observer);
        let is_before = up_to("locking").contains(&step);
        for lock in &locks {
            assert!(!is_before || lock.ends_with(" AccessShareLock"), "at {step}: {locks:?}");
            // What differs nowhere is only read, also by checks of foreign keys.
            let is_read = lock.ends_with(" AccessShareLock") || lock.ends_with(" RowShareLock");
            assert!(!lock.starts_with("q ") || is_read, "at {step}: {locks:?}");
            assert!(!lock.ends_with(" AccessExclusiveLock"), "at {step}: {locks:?}");
        }
        if !is_before {
            assert!(locks.contains(&"p ExclusiveLock".to_owned()), "at {step}: {locks:?}");
        }
        // Nobody who only reads has to wait.
        let readers =
            "SELECT FROM p, c, q, seats, log, part, part_3, own, fired LIMIT 1; SELECT last_value FROM p_id_seq";
        observer
            .batch_execute(readers)
            .unwrap_or_else(|error| panic!("at {step}: {error:?}"));
    }
    assert_good(&held.finish());
    assert_merged(&scene);
}

#[test]
fn a_trigger_that_is_made_meanwhile_does_not_fire() {
    let scene = Scene::new(&lived_in());
    let mut observer = scene.db.client();
    for step in up_to("locking") {
        scene.reset();
        let mut held = start(&scene, 1);
        held.run_to(step, &mut observer);
        scene
            .db
            .execute("CREATE TRIGGER late BEFORE INSERT OR UPDATE ON p FOR EACH ROW EXECUTE FUNCTION fire();");
        assert_good(&held.finish());
        assert_eq!(
            scene.db.value("SELECT count(*) FROM fired").as_deref(),
            Some("0"),
            "{step}"
        );
        let state = scene.db.value("SELECT tgenabled FROM pg_trigger WHERE tgname = 'late'");
        assert_eq!(state.as_deref(), Some("O"), "{step}");
        assert_merged(&scene);
    }
}

#[test]
fn an_application_is_faster_with_a_key() {
    let scene = Scene::new(&empty());
    let mut observer = scene.db.client();
    let rows_of_p = GROUPS * 9;
    for step in up_to("locking") {
        scene.reset();
        let mut held = start(&scene, 1);
        held.run_to(step, &mut observer);
        scene.db.execute("INSERT INTO p VALUES (1, 'faster', 0);");
        let run = held.finish();
        assert_good(&run);
        let result: Value = serde_json::from_str(run.stdout.lines().last().unwrap()).unwrap();
        let tables = result["tables"].as_array().unwrap();
        let counts = tables.iter().find(|table| table["target"] == "public.p").unwrap();
        assert_eq!(counts["updated"], 1, "{step}: {counts}");
        assert_eq!(counts["inserted"], rows_of_p - 1, "{step}: {counts}");
        assert_merged(&scene);
    }
}

#[test]
fn two_scripts_at_every_step() {
    // A rule is switched off meanwhile, for which two scripts could wait for each other.
    let rule = "CREATE RULE also AS ON INSERT TO seats DO ALSO INSERT INTO fired VALUES ('the rule');";
    let setups: [(String, &[&str]); 3] = [
        (empty(), &STEPS),
        (lived_in(), &STEPS),
        (lived_in() + rule, &["staged", "locking", "locked", "closed"]),
    ];
    for (setup, steps) in setups {
        let scene = Scene::new(&setup);
        let mut observer = scene.db.client();
        for step in steps {
            scene.reset();
            let mut first = start(&scene, 1);
            first.run_to(step, &mut observer);
            let mut second = start(&scene, 2);
            second.open_all();
            while matches!(second.place(&mut observer), Place::Running | Place::At(_)) {
                pause();
            }
            assert_good(&first.finish());
            assert_good(&second.result());
        }
        assert_merged(&scene);
    }
}

#[test]
fn rows_that_are_locked_first_and_written_then() {
    let scene = Scene::new(&lived_in());
    let mut observer = scene.db.client();
    let orders = [
        [
            "SELECT FROM p WHERE id = 3 FOR UPDATE",
            "UPDATE p SET v = 5 WHERE id = 3",
        ],
        [
            "SELECT FROM p WHERE id = 3 FOR UPDATE",
            "UPDATE c SET v = 5 WHERE id = 3",
        ],
        [
            "SELECT FROM c WHERE id = 3 FOR UPDATE",
            "UPDATE p SET v = 5 WHERE id = 3",
        ],
        ["UPDATE c SET v = 5 WHERE id = 3", "UPDATE p SET v = 5 WHERE id = 3"],
        ["UPDATE p SET v = 5 WHERE id = 3", "UPDATE c SET v = 5 WHERE id = 3"],
        ["DELETE FROM q WHERE id = 10", "UPDATE p SET v = 5 WHERE id = 3"],
        ["DELETE FROM own WHERE id = 5", "UPDATE p SET v = 5 WHERE id = 3"],
        ["SELECT nextval('p_id_seq')", "INSERT INTO p VALUES (99, 'drawn', 0)"],
        ["INSERT INTO own VALUES (99, 3)", "UPDATE p SET v = 5 WHERE id = 3"],
    ];
    for [first, second] in orders {
        scene.reset();
        let mut held = start(&scene, 1);
        held.run_to("compared", &mut observer);
        let application = Session::new(&scene.db);
        application.run("BEGIN").unwrap();
        application.run(first).unwrap();
        held.run_until_blocked(&mut observer);
        for statement in [second, "COMMIT"] {
            application
                .run(statement)
                .unwrap_or_else(|failure| panic!("{first}, {statement}: {failure:?}"));
        }
        assert_good(&held.finish());
        assert_merged(&scene);
    }
}

#[test]
fn who_waits_for_the_end_of_the_script_is_not_waited_for() {
    let scene = Scene::new(&lived_in());
    let mut observer = scene.db.client();
    // The last statement waits for the script.
    let others: [&[&str]; 4] = [
        &["CREATE INDEX CONCURRENTLY ON p (v)"],
        &["BEGIN", "UPDATE p SET v = 5 WHERE id = 3", "TRUNCATE log"],
        &[
            "BEGIN",
            "UPDATE c SET v = 5 WHERE id = 3",
            "ALTER TABLE p ADD more text",
        ],
        &["BEGIN", "LOCK TABLE seats IN SHARE MODE", "ALTER TABLE q ADD more text"],
    ];
    for statements in others {
        scene.reset();
        let (last, first) = statements.split_last().unwrap();
        let mut held = start(&scene, 1);
        held.run_to("compared", &mut observer);
        let before = scene.db.snapshot();
        let application = Session::new(&scene.db);
        for statement in first {
            application.run(statement).unwrap();
        }
        application.send(last);
        until_blocked(&application, &mut observer);
        held.open_all();
        // Whoever waited for a lock has it now, because the script has let go of all of them; it waits until the transaction has
        // ended. CREATE INDEX CONCURRENTLY waits for the end of the script itself, which therefore gives up.
        if first.is_empty() {
            let run = held.result();
            application
                .wait()
                .unwrap_or_else(|failure| panic!("{last}: {failure:?}"));
            assert_eq!(sqlstate(&run), Some("55P03"), "{statements:?}: {run:?}");
            assert!(run.stderr.contains("nothing was changed"), "{}", run.stderr);
            assert!(run.stderr.contains(&application.pid.to_string()), "{}", run.stderr);
            assert_eq!(before.diff(&scene.db.snapshot()), Vec::<String>::new());
            continue;
        }
        application
            .wait()
            .unwrap_or_else(|failure| panic!("{last}: {failure:?}"));
        application.run("ROLLBACK").unwrap();
        assert_good(&held.result());
        assert_merged(&scene);
    }
}

/// Also while it only reads may the script not stand in the way of somebody who is in its way.
#[test]
fn who_locks_against_readers_is_not_killed() {
    let scene = Scene::new(&lived_in());
    let mut observer = scene.db.client();
    for [first, second] in [
        // In both orders; the script compares in one of them.
        ["LOCK TABLE log IN ACCESS EXCLUSIVE MODE", "ALTER TABLE p ADD more text"],
        ["ALTER TABLE p ADD more text", "LOCK TABLE log IN ACCESS EXCLUSIVE MODE"],
        [
            "LOCK TABLE q IN ACCESS EXCLUSIVE MODE",
            "UPDATE p SET v = 5 WHERE id = 3",
        ],
    ] {
        for step in ["begun", "staged", "locking"] {
            scene.reset();
            let mut held = start(&scene, 1);
            held.run_to(step, &mut observer);
            let application = Session::new(&scene.db);
            application.run("BEGIN").unwrap();
            application.run(first).unwrap();
            held.run_until_blocked(&mut observer);
            wait_until_it_has_looked(&held, &mut observer);
            for statement in [second, "COMMIT"] {
                application
                    .run(statement)
                    .unwrap_or_else(|failure| panic!("{step}, {first}, {statement}: {failure:?}"));
            }
            assert_good(&held.finish());
            assert_merged(&scene);
        }
    }
}

/// A run that finds nothing to write still moves a sequence, for which it has to wait until all have ended that drew from it.
#[test]
fn a_number_is_drawn_while_nothing_differs() {
    let scene = Scene::new(&lived_in());
    let mut observer = scene.db.client();
    for statement in ["INSERT INTO p VALUES (99, 'drawn', 0)", "ALTER TABLE p ADD more text"] {
        scene.reset();
        assert_good(&start(&scene, 1).finish());
        scene.db.execute("SELECT setval('p_id_seq', 50) \\g /dev/null");
        let mut held = start(&scene, 1);
        held.run_to("compared", &mut observer);
        let application = Session::new(&scene.db);
        application.run("BEGIN").unwrap();
        application.run("SELECT nextval('p_id_seq')").unwrap();
        held.run_until_blocked(&mut observer);
        wait_until_it_has_looked(&held, &mut observer);
        for statement in [statement, "COMMIT"] {
            application
                .run(statement)
                .unwrap_or_else(|failure| panic!("{statement}: {failure:?}"));
        }
        assert_good(&held.finish());
        assert_merged(&scene);
    }
}

/// Who waits for the script already, when the script has to wait for a row of his in a table that it has not locked, looks for a
/// deadlock at a moment of his own. Again and again, so that the moments meet.
/// Only rows can be in the way so late: tables that are read and sequences of columns are locked with the tables that are written.
#[test]
fn who_waits_already_is_not_killed() {
    let strict = "CREATE TABLE strict (id integer PRIMARY KEY, code text REFERENCES p (code));";
    let scene = Scene::new(&(lived_in() + strict));
    let mut observer = scene.db.client();
    for [step, first, second] in [
        [
            "recompared",
            "SELECT FROM q WHERE id = 10 FOR UPDATE",
            "UPDATE p SET v = 5 WHERE id = 3",
        ],
        ["recompared", "DELETE FROM strict", "UPDATE p SET v = 5 WHERE id = 3"],
    ] {
        for number in 0..6 {
            scene.reset();
            if first.contains("strict") {
                // The dump gives this row of p another code.
                scene.db.execute("INSERT INTO strict VALUES (6, 'k6');");
            }
            let mut held = start(&scene, 1);
            held.run_to(step, &mut observer);
            let application = Session::new(&scene.db);
            application.run("BEGIN").unwrap();
            application.run(first).unwrap();
            application.send(second);
            until_blocked(&application, &mut observer);
            // For a part of his deadlock_timeout.
            let since = format!(
                "SELECT pg_catalog.clock_timestamp() - query_start > interval '{} ms' FROM pg_catalog.pg_stat_activity WHERE pid = {}",
                150 + number * 15,
                application.pid
            );
            while !observer.query_one(&since, &[]).unwrap().get::<_, bool>(0) {
                pause();
            }
            held.open_all();
            for end in [application.wait(), application.run("COMMIT")] {
                end.unwrap_or_else(|failure| panic!("{first}, {second}: {failure:?}"));
            }
            assert_good(&held.result());
        }
        assert_merged(&scene);
    }
}

#[test]
fn the_time_that_is_given_for_locks() {
    let scene = Scene::new(&lived_in());
    let mut observer = scene.db.client();
    let before = scene.db.snapshot();
    let options = options().with_lock_timeout(Duration::from_secs(3));
    let text = script(dump(1, false).as_bytes(), options);
    for (step, statement) in [
        ("compared", "UPDATE p SET v = 5 WHERE id = 3"),
        ("compared", "LOCK TABLE seats IN ROW EXCLUSIVE MODE"),
        ("begun", "LOCK TABLE c IN ACCESS EXCLUSIVE MODE"),
        ("locked", "SELECT FROM q WHERE id = 10 FOR UPDATE"),
    ] {
        let mut held = Held::start(&scene, &text, 1);
        held.run_to(step, &mut observer);
        let application = Session::new(&scene.db);
        application.run("BEGIN").unwrap();
        application.run(statement).unwrap();
        let run = held.finish();
        assert_eq!(sqlstate(&run), Some("55P03"), "{statement}: {run:?}");
        assert!(run.stderr.contains("nothing was changed"), "{}", run.stderr);
        assert!(run.stderr.contains(&application.pid.to_string()), "{}", run.stderr);
        application.run("ROLLBACK").unwrap();
        assert_eq!(before.diff(&scene.db.snapshot()), Vec::<String>::new(), "{statement}");
    }
}
