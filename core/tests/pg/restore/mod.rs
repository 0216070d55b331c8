//! `dumpsert sync` and `dumpsert restore` between real databases.

mod check;
mod disk;
mod faults;
mod forms;
mod natural;
mod network;
mod over;
mod pooler;
mod progress;
mod prune;
mod prune_cases;
mod prune_random;
mod refusals;
mod sides;
mod stage;
mod text_mode;

use std::process::{Command, Output, Stdio};

use dumpsert_testkit::{Cluster, Db};

/// The tables of most tests: a reference to itself, names with capitals, a table without a key, a sequence, a trigger.
const SCHEMA: &str = r#"
CREATE TABLE public.parent (id serial PRIMARY KEY, name text UNIQUE, up integer REFERENCES public.parent);
CREATE TABLE public."Child" (id integer PRIMARY KEY, parent_id integer NOT NULL REFERENCES public.parent ON DELETE CASCADE, note text);
CREATE TABLE public.nokey (a integer, b text);
CREATE TABLE public.sessions (id integer PRIMARY KEY, token text);
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the trigger has fired'; END $$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON public."Child" FOR EACH ROW EXECUTE FUNCTION public.refuse();
ALTER TABLE public."Child" DISABLE TRIGGER refuse;"#;

const SOURCE: &str = r#"
INSERT INTO public.parent (name, up) SELECT 'name ' || i, nullif(i / 2, 0) FROM generate_series(1, 2000) AS i;
INSERT INTO public."Child" SELECT i, i, repeat('note ', 20) || i FROM generate_series(1, 2000) AS i;
INSERT INTO public.nokey VALUES (1, 'one'), (1, 'one'), (2, NULL);
INSERT INTO public.sessions VALUES (1, 'a secret token');"#;

/// What the target has before: some rows are missing, some differ, some are its own.
const TARGET: &str = r#"
INSERT INTO public.parent (name) SELECT 'old ' || i FROM generate_series(1, 50) AS i;
INSERT INTO public."Child" SELECT i, 1, 'old' FROM generate_series(1, 20) AS i;
INSERT INTO public."Child" VALUES (9001, 1, 'its own');
INSERT INTO public.nokey VALUES (2, NULL), (3, 'its own');
INSERT INTO public.sessions VALUES (1, 'its own');
ALTER TABLE public."Child" ENABLE ALWAYS TRIGGER refuse;"#;

/// A source, and a target that has lived on by itself.
struct Pair {
    source: Db,
    target: Db,
}

impl Pair {
    fn new() -> Self {
        let cluster = Cluster::shared();
        let source = cluster.create_unique("restore_source");
        source.execute(&format!("{SCHEMA}{SOURCE}"));
        let target = cluster.create_unique("restore_target");
        target.execute(&format!("{SCHEMA}{TARGET}"));
        Self { source, target }
    }

    /// `sync` from one to the other, with more arguments.
    fn sync(&self, arguments: &[&str]) -> Command {
        let mut command = program(
            &self.target,
            &["sync", "--from", self.source.name(), "--to", self.target.name()],
        );
        command.args(arguments);
        command
    }

    /// What the target holds after all of the source was merged into it, as a database of its own.
    fn wanted(&self) -> Db {
        let wanted = Cluster::shared().copy_of(&self.target);
        let script = crate::support::script(
            &self.source.pg_dump(&["--data-only"]),
            dumpsert::Options::new().with_style(dumpsert::Style::Staged),
        );
        wanted.psql(&script).expect_success();
        wanted
    }
}

/// The program with the environment of a database; no terminal is near, whoever runs the tests.
fn program(db: &Db, arguments: &[&str]) -> Command {
    let command = db.command("psql");
    // The program itself, and not one of PostgreSQL's.
    let environment: Vec<_> = command
        .get_envs()
        .map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned)))
        .collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
    for (name, value) in environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env_remove("PGDATABASE").env("PG_BIN", db.programs());
    command.env_remove("DUMPSERT_TO").env_remove("DUMPSERT_FROM");
    command.args(arguments).stdin(Stdio::null());
    command
}

fn output(mut command: Command) -> Output {
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs it, which must end well, and returns what it prints.
#[track_caller]
fn succeeds(command: Command) -> String {
    let output = output(command);
    assert!(
        output.status.success(),
        "{}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Runs it, which must end with this status, and returns what it says.
#[track_caller]
fn fails(command: Command, status: i32) -> String {
    let output = output(command);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{}{said}", text(&output.stdout));
    said
}

#[track_caller]
fn assert_same(a: &Db, b: &Db) {
    assert_eq!(a.snapshot().diff(&b.snapshot()), Vec::<String>::new());
}
