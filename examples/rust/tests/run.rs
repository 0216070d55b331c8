//! Runs every example against a server of its own.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs::{self, File};
use std::process::{Command, Stdio};

use dumpsert_testkit::{Cluster, Db};

/// A source, a target that has an older state of it, and a folder with dumps.
struct Setting {
    source: Db,
    target: Db,
    folder: tempfile::TempDir,
}

fn setting() -> Setting {
    let cluster = Cluster::shared();
    let source = cluster.create_unique("example_source");
    source.execute(
        "CREATE TABLE public.parent (id serial PRIMARY KEY, v text);
         CREATE TABLE public.child (id integer PRIMARY KEY, parent integer REFERENCES public.parent, v numeric);
         INSERT INTO public.parent (v) SELECT 'it''s; row ' || g FROM generate_series(1, 500) AS g;
         INSERT INTO public.child SELECT g, g, g / 3.0 FROM generate_series(1, 500) AS g;",
    );
    let target = cluster.copy_of(&source);
    target.execute(
        "DELETE FROM public.child WHERE id % 3 = 0; UPDATE public.parent SET v = 'old' WHERE id % 5 = 0;
         INSERT INTO public.parent VALUES (10001, 'only here');",
    );
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("schema.sql"), source.pg_dump(&["--schema-only"])).unwrap();
    fs::write(
        folder.path().join("data.sql"),
        source.pg_dump(&["--data-only", "--column-inserts"]),
    )
    .unwrap();
    Setting { source, target, folder }
}

impl Setting {
    fn check(&self) {
        let missing = self.source.snapshot().missing_from(&self.target.snapshot());
        assert!(missing.is_empty(), "{missing:#?}");
        let extra = self.target.value("SELECT v FROM public.parent WHERE id = 10001");
        assert_eq!(extra.as_deref(), Some("only here"));
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.target.command(program);
        command.args(arguments).current_dir(self.folder.path());
        command
    }
}

#[test]
fn merge_file() {
    let setting = setting();
    let mut command = setting.run(
        env!("CARGO_BIN_EXE_merge_file"),
        &["data.sql", "schema.sql", "merge.sql"],
    );
    assert!(command.status().unwrap().success());
    setting
        .target
        .psql(&fs::read(setting.folder.path().join("merge.sql")).unwrap())
        .expect_success();
    setting.check();
    assert!(
        fs::read_to_string(setting.folder.path().join("report.json"))
            .unwrap()
            .contains("\"rows_read\": 500")
    );
}

#[test]
fn pipe() {
    let setting = setting();
    let (source, target) = (setting.source.name().to_owned(), setting.target.name().to_owned());
    let status = setting
        .run(env!("CARGO_BIN_EXE_pipe"), &[&source, &target])
        .status()
        .unwrap();
    assert!(status.success());
    setting.check();
    let status = setting
        .run(env!("CARGO_BIN_EXE_pipe"), &["no such database", &target])
        .status()
        .unwrap();
    assert!(!status.success());
}

#[test]
fn push() {
    let setting = setting();
    let dump = File::open(setting.folder.path().join("data.sql")).unwrap();
    let output = setting
        .run(env!("CARGO_BIN_EXE_push"), &[])
        .stdin(dump)
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    assert!(output.status.success());
    setting.target.psql(&output.stdout).expect_success();
    setting.check();
}

#[test]
fn driver() {
    over_a_driver(env!("CARGO_BIN_EXE_driver"), &["schema.sql"]);
}

#[test]
fn steps() {
    over_a_driver(env!("CARGO_BIN_EXE_steps"), &[]);
}

/// Runs a program that needs no psql, whose last arguments are these.
fn over_a_driver(program: &str, last: &[&str]) {
    let setting = setting();
    let cluster = Cluster::shared();
    let (host, port) = (cluster.socket_dir().display().to_string(), cluster.port());
    let connection = format!("host={host} port={port} user=postgres dbname={}", setting.target.name());
    let status = setting
        .run(program, &[&[&connection, "data.sql"], last].concat())
        .status()
        .unwrap();
    assert!(status.success());
    setting.check();
    let result = fs::read_to_string(setting.folder.path().join("result.json")).unwrap();
    assert!(result.contains("\"version\": 1"), "{result}");

    // A dump that is cut leaves the target as it was.
    setting
        .target
        .execute("UPDATE public.parent SET v = 'changed again' WHERE id = 1");
    let before = setting.target.snapshot();
    let dump = fs::read(setting.folder.path().join("data.sql")).unwrap();
    fs::write(setting.folder.path().join("cut.sql"), &dump[..dump.len() / 2]).unwrap();
    let status = setting
        .run(program, &[&[&connection, "cut.sql"], last].concat())
        .status()
        .unwrap();
    assert!(!status.success());
    assert_eq!(before.diff(&setting.target.snapshot()), Vec::<String>::new());
}
