//! Scripts and transactions of an application at once, step by step in an order drawn by lot; and the same one after the other.

use dumpsert_testkit::postgres::Client;
use dumpsert_testkit::{Cluster, Db, Run, Snapshot};
use serde_json::Value;

use super::held::{Held, Place, pause, with_steps};
use super::session::{Application, Failure};
use crate::support::{Random, psql, sqlstate};

/// How often a script that waits for a lock is looked at before somebody else goes on: some of its attempts shall fail.
const PATIENCE: usize = 100;

/// Who takes part.
#[derive(Debug, Clone)]
pub(crate) enum Actor {
    Script(Vec<u8>),
    Application(Vec<String>),
}

/// How somebody's part ended: with the counts of a script, or an SQLSTATE.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum End {
    Done(Value),
    Failed(String),
}

/// How all of it ended.
pub(crate) struct Outcome {
    /// `None` for who did not take part.
    ends: Vec<Option<End>>,
    pub(crate) state: Snapshot,
    /// The order in which they ended.
    order: Vec<usize>,
    /// What happened, for the message of a failed test.
    story: Vec<String>,
}

impl Outcome {
    /// What is not as in another outcome.
    fn differences(&self, other: &Self) -> Vec<String> {
        let mut lines = self.state.diff_rows(&other.state);
        if self.state.triggers() != other.state.triggers() {
            lines.push("other triggers".to_owned());
        }
        for (number, (a, b)) in self.ends.iter().zip(&other.ends).enumerate() {
            if b.as_ref().is_some_and(|b| Some(b) != a.as_ref()) {
                lines.push(format!("{number} ended {a:?} against {b:?}"));
            }
        }
        lines
    }
}

/// A database that begins anew for each play.
pub(crate) struct Scene {
    pub(crate) db: Db,
    setup: String,
    /// Who runs the scripts, and owns all tables.
    pub(crate) role: &'static str,
}

impl Scene {
    pub(crate) fn new(setup: &str) -> Self {
        Self::owned_by("postgres", setup)
    }

    pub(crate) fn owned_by(role: &'static str, setup: &str) -> Self {
        let db = Cluster::shared().create_unique("concurrent");
        // A script gives up a lock after a part of this; what is left of it has to be enough on a busy machine as well.
        db.execute(&format!("ALTER DATABASE \"{}\" SET deadlock_timeout = '2s'", db.name()));
        let setup = setup.to_owned();
        let scene = Self { db, setup, role };
        scene.reset();
        scene
    }

    pub(crate) fn reset(&self) {
        let mut client = self.db.client();
        let empty = format!(
            "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION {role}; SET ROLE {role}",
            role = self.role
        );
        client.batch_execute(&empty).unwrap();
        client.batch_execute(&self.setup).unwrap();
    }

    /// All at once; the end must be that of an order of them.
    #[track_caller]
    pub(crate) fn assert_serial(&self, actors: &[Actor], seed: u64) -> Outcome {
        let outcome = self.at_once(actors, &mut Random(seed));
        self.assert_order_of(actors, &outcome, &|_| true, seed);
        outcome
    }

    /// Like [`Scene::assert_serial`], but a script may also say that somebody is in its way; then all is as if it had not run.
    #[track_caller]
    pub(crate) fn assert_serial_or_in_the_way(&self, actors: &[Actor], seed: u64) -> Outcome {
        let outcome = self.at_once(actors, &mut Random(seed));
        // It could not lock a table, or the table is not what its rows were read for any more.
        let gave_up = ["55P03", "55000"].map(|state| Some(End::Failed(state.to_owned())));
        let took_part = |number: usize| !gave_up.contains(&outcome.ends[number]);
        self.assert_order_of(actors, &outcome, &took_part, seed);
        outcome
    }

    #[track_caller]
    fn assert_order_of(&self, actors: &[Actor], outcome: &Outcome, counts: &dyn Fn(usize) -> bool, seed: u64) {
        let mut report = format!("seed {seed}:\n  {}", outcome.story.join("\n  "));
        let mut orders = orders(actors.len());
        for order in &mut orders {
            order.retain(|&number| counts(number));
        }
        // Most likely the one in which they ended.
        orders.sort_by_key(|order| !order.iter().eq(outcome.order.iter().filter(|number| counts(**number))));
        for order in orders {
            let differences = outcome.differences(&self.one_by_one(actors, &order));
            if differences.is_empty() {
                return;
            }
            report += &format!("\nnot {order:?}:\n  {}", differences.join("\n  "));
        }
        panic!("no serial order: {report}");
    }

    fn at_once(&self, actors: &[Actor], random: &mut Random) -> Outcome {
        self.reset();
        let mut play = Play {
            observer: self.db.client(),
            parts: Vec::new(),
            story: Vec::new(),
            order: Vec::new(),
        };
        for (number, actor) in actors.iter().enumerate() {
            play.parts.push(match actor {
                Actor::Script(script) => Part::Script(Box::new(Held::start(self, script, number as i32 + 1))),
                Actor::Application(statements) => Part::Application(Application::new(&self.db, statements)),
            });
        }
        play.run(random);
        let Play {
            parts,
            order,
            mut story,
            ..
        } = play;
        let ends = parts.into_iter().map(|part| Some(part.end(&mut story))).collect();
        Outcome {
            ends,
            state: self.db.snapshot(),
            order,
            story,
        }
    }

    fn one_by_one(&self, actors: &[Actor], order: &[usize]) -> Outcome {
        self.reset();
        let mut ends = vec![None; actors.len()];
        for &number in order {
            ends[number] = Some(match &actors[number] {
                Actor::Script(script) => self.run(script),
                Actor::Application(statements) => {
                    let mut application = Application::new(&self.db, statements);
                    application.run();
                    end_of(application.end)
                }
            });
        }
        Outcome {
            ends,
            state: self.db.snapshot(),
            order: order.to_vec(),
            story: Vec::new(),
        }
    }

    /// Runs a script alone. What it says of a table is what the table shows.
    fn run(&self, script: &[u8]) -> End {
        let before = self.db.snapshot();
        // With nobody who closes a gate.
        let run = psql(&self.db, self.role, &with_steps(script, 0));
        let end = end_of_script(&run);
        let after = self.db.snapshot();
        match &end {
            End::Failed(_) => assert_eq!(before.diff(&after), Vec::<String>::new(), "{}", run.stderr),
            End::Done(tables) => assert_counts(tables, &before, &after),
        }
        end
    }
}

/// All orders of the numbers below `count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for shorter in orders(count - 1) {
        for place in 0..count {
            let mut order = shorter.clone();
            order.insert(place, count - 1);
            all.push(order);
        }
    }
    all
}

#[track_caller]
fn assert_counts(tables: &Value, before: &Snapshot, after: &Snapshot) {
    for table in tables.as_array().expect("a list of tables") {
        let name = table["target"].as_str().unwrap();
        let (mut old, mut new) = (before.rows(name), after.rows(name));
        let rows = old.len();
        new.retain(|row| match old.iter().position(|known| known == row) {
            Some(place) => {
                old.swap_remove(place);
                false
            }
            None => true,
        });
        assert!(
            rows > 0 || !new.is_empty() || table["inserted"] == 0,
            "{name} is unknown"
        );
        let (updated, changed) = (table["updated"].as_u64().unwrap(), old.len() as u64);
        // A foreign key's action may have done a part of the work.
        let is_right = updated == changed || updated < changed && name == "public.c";
        assert!(is_right, "{name}: {table}, and {changed} rows have changed");
        assert_eq!(table["inserted"], new.len() - old.len(), "{name}: {table}");
    }
}

/// What a script said that it did.
fn end_of_script(run: &Run) -> End {
    if run.status != 0 {
        let state = sqlstate(run).unwrap_or_else(|| panic!("psql: {run:?}"));
        assert!(run.stderr.contains("nothing was changed"), "{}", run.stderr);
        return End::Failed(state.to_owned());
    }
    let line = run.stdout.lines().last().expect("a result");
    let mut result: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    End::Done(result["tables"].take())
}

fn end_of(end: Option<Result<(), Failure>>) -> End {
    match end.expect("it has ended") {
        Ok(()) => End::Done(Value::Null),
        Err(failure) => End::Failed(failure.state),
    }
}

enum Part {
    Script(Box<Held>),
    Application(Application),
}

impl Part {
    fn end(self, story: &mut Vec<String>) -> End {
        match self {
            Self::Script(script) => {
                let run = script.result();
                story.extend(run.stderr.lines().map(str::to_owned));
                end_of_script(&run)
            }
            Self::Application(application) => {
                if let Some(Err(failure)) = &application.end {
                    let is_ours = matches!(failure.state.as_str(), "40P01" | "55P03");
                    assert!(!is_ours, "{}:\n  {}", failure.message, story.join("\n  "));
                }
                end_of(application.end)
            }
        }
    }
}

/// What somebody could do next.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Now {
    /// Something goes on that nobody has to help.
    Running,
    /// It goes on when told, and has about so many steps to go.
    Ready(usize),
    Blocked,
    Ended,
}

struct Play {
    observer: Client,
    parts: Vec<Part>,
    order: Vec<usize>,
    story: Vec<String>,
}

impl Play {
    fn run(&mut self, random: &mut Random) {
        let mut looks = 0;
        while self.order.len() < self.parts.len() {
            let now: Vec<Now> = (0..self.parts.len()).map(|number| self.look(number)).collect();
            let is_blocked =
                |number: usize| now[number] == Now::Blocked && matches!(self.parts[number], Part::Script(_));
            if now.contains(&Now::Running) {
                pause();
                continue;
            }
            if (0..now.len()).any(is_blocked) && looks < PATIENCE {
                // Mostly the others go on at once.
                looks = if looks == 0 && random.below(3) > 0 {
                    PATIENCE
                } else {
                    looks + 1
                };
                pause();
                continue;
            }
            looks = 0;
            self.step(&now, random);
        }
    }

    fn look(&mut self, number: usize) -> Now {
        let now = match &mut self.parts[number] {
            Part::Script(script) => match script.place(&mut self.observer) {
                Place::Running => Now::Running,
                Place::At(point) => Now::Ready(point.steps_to_go()),
                Place::Blocked => Now::Blocked,
                Place::Ended => Now::Ended,
            },
            Part::Application(application) => {
                let waits = "SELECT pg_catalog.cardinality(pg_catalog.pg_blocking_pids($1)) > 0";
                let is_blocked = application.running && {
                    let row = self.observer.query_one(waits, &[&application.session.pid]).unwrap();
                    row.get(0)
                };
                application.look();
                match application.end {
                    Some(_) => Now::Ended,
                    None if !application.running => Now::Ready(application.left.len()),
                    None if is_blocked => Now::Blocked,
                    None => Now::Running,
                }
            }
        };
        if now == Now::Ended && !self.order.contains(&number) {
            self.order.push(number);
            self.story.push(format!("{number} has ended"));
        }
        now
    }

    /// Lets somebody who is ready go on: who has more to do, more likely, so that all interleavings come up.
    fn step(&mut self, now: &[Now], random: &mut Random) {
        let steps = |now: &Now| if let Now::Ready(steps) = now { *steps } else { 0 };
        let all: usize = now.iter().map(steps).sum();
        if all == 0 {
            pause();
            return;
        }
        let mut lot = random.below(all);
        for (number, now) in now.iter().enumerate() {
            if lot < steps(now) {
                return self.go_on(number);
            }
            lot -= steps(now);
        }
    }

    fn go_on(&mut self, number: usize) {
        match &mut self.parts[number] {
            Part::Script(script) => {
                if let Place::At(point) = script.place(&mut self.observer) {
                    self.story.push(format!("{number} goes on at {}", point.step()));
                    script.open(point);
                }
            }
            Part::Application(application) => {
                self.story.push(format!("{number}: {}", application.left[0]));
                application.step();
            }
        }
    }
}
