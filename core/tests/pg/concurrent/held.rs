//! A script that stops at its steps until the test lets it go on.

use std::sync::mpsc::{Receiver, TryRecvError, channel};

use dumpsert_testkit::postgres::Client;
use dumpsert_testkit::{Db, Run};

use super::play::Scene;

/// The steps in their order: the first two are put into the script here, the others stand in the fixed text.
pub(crate) const STEPS: [&str; 12] = [
    "begun",      // nothing but the prologue has run
    "arriving",   // the first table's rows are there
    "staged",     // all rows have arrived
    "compared",   // without a lock
    "locking",    // before each attempt
    "locked",     // all that differs
    "recompared", // under the locks
    "writing",    // before each component's statements
    "written",
    "settled", // deferred constraints are checked
    "verified",
    "closed", // triggers are back, COMMIT comes next
];

/// How often a step may come and still be stopped at.
const TIMES: usize = 8;

/// A place in a script's run: a step, and how often it came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point(pub(crate) i32);

impl Point {
    pub(crate) fn step(self) -> &'static str {
        STEPS[self.0 as usize / TIMES]
    }

    /// The first time of a step.
    pub(crate) fn first(step: &str) -> Self {
        let place = STEPS.iter().position(|known| *known == step).expect("a step");
        Self((place * TIMES) as i32)
    }

    /// About how many steps come behind, at least one.
    pub(crate) fn steps_to_go(self) -> usize {
        STEPS.len() - self.0 as usize / TIMES
    }

    fn all() -> std::ops::Range<i32> {
        0..(STEPS.len() * TIMES) as i32
    }
}

/// The script, with a body for the procedure that it calls at its steps. That waits for an advisory lock of the test's own session;
/// a lock of a session is not given back when a subtransaction ends, and the time spent with it is none that locks took.
pub(crate) fn with_steps(script: &[u8], number: i32) -> Vec<u8> {
    let text = String::from_utf8(script.to_vec()).unwrap();
    let names = STEPS.map(|name| format!("'{name}'")).join(", ");
    let body = format!(
        "
CREATE OR REPLACE PROCEDURE pg_temp.dumpsert_step(_step pg_catalog.text)
LANGUAGE plpgsql SET lock_timeout = 0 SET search_path = pg_catalog AS $hold$
DECLARE
  _counter text := 'dumpsert_test.' || _step;
  _times integer := coalesce(nullif(current_setting(_counter, true), ''), '0');
  _point integer := (array_position(ARRAY[{names}], _step) - 1) * {TIMES} + _times;
BEGIN
  IF _times < {TIMES} THEN
    PERFORM pg_advisory_lock({number}, _point);
    PERFORM pg_advisory_unlock({number}, _point);
    PERFORM set_config(_counter, (_times + 1)::text, false);
  END IF;
END $hold$;
"
    );
    let begin = text.find("\nCALL pg_temp.dumpsert_begin(").expect("a script") + 1;
    let (head, tail) = text.split_at(begin);
    let (call, rows) = tail.split_at(tail.find('\n').unwrap() + 1);
    // Behind the rows of the first table, whichever way they come.
    let second = rows.match_indices("\nCALL pg_temp.dumpsert_stage(").nth(1);
    let (first, rest) = rows.split_at(second.map_or(0, |(place, _)| place + 1));
    let step = |name: &str| format!("CALL pg_temp.dumpsert_step('{name}');\n");
    [head, &body, call, &step("begun"), first, &step("arriving"), rest]
        .concat()
        .into_bytes()
}

/// Where a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It runs, or has not begun to be seen.
    Running,
    /// It waits for the test.
    At(Point),
    /// It waits for another session's lock.
    Blocked,
    Ended,
}

/// A running psql, and the locks that stop its script.
pub(crate) struct Held {
    number: i32,
    name: String,
    db: Db,
    run: Option<Run>,
    end: Receiver<Run>,
    gate: Client,
}

impl Held {
    /// Starts a script, with gates at all of its steps. Two scripts that run at once have different numbers.
    pub(crate) fn start(scene: &Scene, script: &[u8], number: i32) -> Self {
        let (db, role) = (&scene.db, scene.role);
        let mut gate = db.client();
        let keys = Point::all();
        let close = format!(
            "SELECT pg_catalog.pg_advisory_lock({number}, k) FROM pg_catalog.generate_series({}, {}) AS k",
            keys.start,
            keys.end - 1
        );
        gate.batch_execute(&close).unwrap();
        let (send, end) = channel();
        let name = format!("dumpsert_test_{number}");
        let script = with_steps(script, number);
        let (runs_in, connection) = (db.clone(), format!("dbname={} application_name={name}", db.name()));
        std::thread::spawn(move || {
            let run = runs_in.psql_with(&["-v", "VERBOSITY=verbose", "-U", role, "-d", &connection], &script);
            let _ = send.send(run);
        });
        Self {
            number,
            name,
            db: db.clone(),
            run: None,
            end,
            gate,
        }
    }

    /// Where it is now.
    pub(crate) fn place(&mut self, observer: &mut Client) -> Place {
        // Asked before the end is looked for, so that a script that is not there any more has ended.
        let at = format!(
            "SELECT (SELECT l.objid::integer FROM pg_catalog.pg_locks AS l WHERE l.pid = a.pid AND NOT l.granted
                        AND l.locktype = 'advisory' AND l.classid = {} AND l.objsubid = 2),
                    pg_catalog.cardinality(pg_catalog.pg_blocking_pids(a.pid)) > 0
               FROM pg_catalog.pg_stat_activity AS a WHERE a.application_name = '{}' AND a.datname = '{}'",
            self.number,
            self.name,
            self.db.name()
        );
        let seen = observer.query_opt(&at, &[]).unwrap();
        if self.run.is_none() {
            match self.end.try_recv() {
                Ok(run) => self.run = Some(run),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => panic!("psql could not be run"),
            }
        }
        if self.run.is_some() {
            return Place::Ended;
        }
        match seen.map(|row| (row.get::<_, Option<i32>>(0), row.get::<_, bool>(1))) {
            Some((Some(point), _)) => Place::At(Point(point)),
            Some((None, true)) => Place::Blocked,
            _ => Place::Running,
        }
    }

    /// Lets it pass a point, now or when it comes there.
    pub(crate) fn open(&mut self, point: Point) {
        let open = format!("SELECT pg_catalog.pg_advisory_unlock({}, {})", self.number, point.0);
        self.gate.batch_execute(&open).unwrap();
    }

    /// Lets it pass all points.
    pub(crate) fn open_all(&mut self) {
        self.gate
            .batch_execute("SELECT pg_catalog.pg_advisory_unlock_all()")
            .unwrap();
    }

    /// Lets it run until it stands at the first time of a step. It must not end or wait for a lock before.
    #[track_caller]
    pub(crate) fn run_to(&mut self, step: &str, observer: &mut Client) {
        let aim = Point::first(step);
        loop {
            match self.place(observer) {
                Place::At(point) if point == aim => return,
                Place::At(point) => self.open(point),
                Place::Ended => panic!("{step} was not reached: {:?}", self.run),
                Place::Running | Place::Blocked => pause(),
            }
        }
    }

    /// Lets it go on until it waits for another session's lock.
    #[track_caller]
    pub(crate) fn run_until_blocked(&mut self, observer: &mut Client) {
        loop {
            match self.place(observer) {
                Place::At(point) => self.open(point),
                Place::Ended => panic!("it did not wait: {:?}", self.run),
                Place::Running => pause(),
                Place::Blocked => return,
            }
        }
    }

    /// Whether it has waited so long for one lock; some servers do not tell.
    pub(crate) fn waits_longer_than(&self, ms: u32, observer: &mut Client) -> bool {
        let sql = format!(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              WHERE a.application_name = '{}' AND a.datname = '{}' AND NOT l.granted
                AND (pg_catalog.to_jsonb(l) ->> 'waitstart')::timestamptz < pg_catalog.clock_timestamp() - interval '{ms} ms')",
            self.name,
            self.db.name()
        );
        observer.query_one(&sql, &[]).unwrap().get(0)
    }

    /// Lets it run to its end.
    pub(crate) fn finish(mut self) -> Run {
        self.open_all();
        self.result()
    }

    /// Waits for its end.
    pub(crate) fn result(self) -> Run {
        match self.run {
            Some(run) => run,
            None => self.end.recv().expect("psql could not be run"),
        }
    }

    /// The locks that it holds on tables of the database: relation and mode, sorted; temporary and system tables do not count.
    pub(crate) fn locks(&self, observer: &mut Client) -> Vec<String> {
        let sql = format!(
            "SELECT DISTINCT c.relname || ' ' || l.mode FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
               JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              WHERE a.application_name = '{}' AND a.datname = '{}' AND l.granted AND c.relkind IN ('r', 'p', 'f', 'S')
                AND c.relpersistence <> 't' AND c.relnamespace::regnamespace::text !~ '^pg_' ORDER BY 1",
            self.name,
            self.db.name()
        );
        let rows = observer.query(&sql, &[]).unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

/// Between two looks.
pub(crate) fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(2));
}
