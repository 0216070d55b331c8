//! The program `dumpsert catalog`.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::process::{Command, Output};

use dumpsert::Catalog;
use dumpsert_testkit::Cluster;

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dumpsert"))
        .arg("catalog")
        .args(args)
        .output()
        .unwrap()
}

#[track_caller]
fn printed(args: &[&str]) -> Vec<u8> {
    let output = run(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
    output.stdout
}

#[test]
fn the_query_through_psql_says_what_the_schema_says() {
    let cluster = Cluster::shared();
    let db = cluster.source("demo");
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join("schema.sql");
    fs::write(&schema, db.pg_dump(&["--schema-only"])).unwrap();
    let of_schema = Catalog::from_json(printed(&["--schema", schema.to_str().unwrap()])).unwrap();
    let live = db.psql_with(&["-At"], &printed(&["--query"]));
    let live = Catalog::from_json(live.expect_success().stdout).unwrap();
    assert!(live.tables().len() > 1 && !live.types().is_empty());
    assert_eq!(of_schema, live);
    db.drop();
}

#[test]
fn several_schema_files_build_on_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, sql: &str| {
        let path = folder.path().join(name);
        fs::write(&path, sql).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let first = file("1.sql", "CREATE TABLE t (id int);");
    let second = file("2.sql", "ALTER TABLE t ADD PRIMARY KEY (id);");
    let catalog = Catalog::from_json(printed(&["--schema", &first, "--schema", &second])).unwrap();
    assert_eq!(catalog.table("public", "t").unwrap().arbiter().unwrap().name, "t_pkey");
    let wrong = file("3.sql", "CREATE TABLE t (");
    let output = run(&["--schema", &wrong]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("3.sql: line 1"));
    assert_eq!(run(&["--schema", "/nowhere.sql"]).status.code(), Some(3));
    assert_eq!(run(&[]).status.code(), Some(2));
    assert_eq!(run(&["--query", "--schema", &first]).status.code(), Some(2));
}
