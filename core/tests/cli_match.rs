//! Natural keys on the command line: what the script is told, and what is refused before anything is written.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const DUMP: &str = "INSERT INTO public.categories (id, \"businessId\", name) VALUES ('a', 'b', 'Drinks');\n\
    INSERT INTO public.products (id, category_id) VALUES ('p', 'a');\n";

const CONFIG: &str = "match_nulls = 'not_distinct'\n\
    mapping_table = 'app.id_map'\n\
    foreign_keys = 'products(category_id) REFERENCES categories(id)'\n\
    [tables.'public.categories']\n\
    match_on = ['\"businessId\"', 'name']\n\
    on_taken_key = 'renumber'\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dump.sql"), DUMP).unwrap();
    fs::write(folder.path().join("dumpsert.toml"), CONFIG).unwrap();
    folder
}

/// Status, standard output and standard error. No database is reached, whatever the environment says.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
    command.current_dir(folder).args(arguments);
    command
        .env_remove("DUMPSERT_TO")
        .env("PG_BIN", folder.join("no-programs"));
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The options that a script hands to its fixed text: the one line with them.
fn told(script: &str) -> Value {
    let at = script.find(r#"{"match":"#).or_else(|| script.find(r#"{"links":"#));
    let text = &script[at.unwrap_or_else(|| panic!("no options in {script}"))..];
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    values.next().unwrap().unwrap()
}

#[test]
fn a_file_and_a_line_tell_the_script_the_same() {
    let folder = folder();
    let (status, by_file, errors) = run(folder.path(), &["convert", "--config=dumpsert.toml", "dump.sql"]);
    assert_eq!((status, errors.contains("error")), (0, false), "{errors}");
    let (status, by_line, errors) = run(
        folder.path(),
        &[
            "convert",
            "--match-on=public.categories=\"businessId\",name",
            "--match-nulls=not-distinct",
            "--on-taken-key=categories=renumber",
            "--mapping-table=app.id_map",
            "--foreign-key=products(category_id) REFERENCES categories(id)",
            "dump.sql",
        ],
    );
    assert_eq!(status, 0, "{errors}");
    assert_eq!(by_file, by_line);
    let told = told(&by_file);
    assert_eq!(
        told["match"],
        json!([{ "schema": "public", "name": "categories", "columns": ["businessId", "name"], "where": null,
            "nulls": "not_distinct", "ambiguous": "error", "unmatched": "error", "taken": "renumber" }])
    );
    assert_eq!(
        told["links"],
        json!([{ "schema": "public", "name": "products", "columns": ["category_id"], "to_schema": "public",
            "to_name": "categories", "to_columns": ["id"], "where": null }])
    );
    assert_eq!(
        told["mapping"],
        json!({ "table": { "schema": "app", "name": "id_map" } })
    );
}

#[test]
fn refused_in_the_words_of_the_command_line() {
    let folder = folder();
    for (arguments, said) in [
        (
            &["convert", "--style=rows", "--match-on=categories=name", "dump.sql"][..],
            "choose --style staged",
        ),
        (
            &["convert", "--client=driver", "--match-on=categories=name", "dump.sql"],
            "choose --style staged",
        ),
        (
            &["convert", "--on-taken-key=public.categories=renumber", "dump.sql"],
            "a second run would not recognise the rows that were renumbered",
        ),
        (
            &["convert", "--on-taken-key=public.categories=renumber", "dump.sql"],
            "--match-on public.categories=COLUMNS",
        ),
        (
            &["convert", "--match-nulls=categories=maybe", "dump.sql"],
            "`match_nulls`: `maybe` is none of distinct, not_distinct",
        ),
        (
            &[
                "convert",
                "--match-on=categories=name",
                "--match-where=name <> ''",
                "dump.sql",
            ],
            "`name <> ''` does not say for which table (write TABLE=CONDITION)",
        ),
        (
            &["convert", "--match-on=categories", "dump.sql"],
            "`categories` names no columns of a table",
        ),
        (
            &[
                "convert",
                "--match-on=categories=name",
                "--exclude-table=categories",
                "dump.sql",
            ],
            "which is left out (excluded table)",
        ),
        (
            &["restore", "dump.sql", "--to=x", "--mapping=ids.csv"],
            "--mapping FILE needs `match_on`",
        ),
        (
            &[
                "restore",
                "dump.sql",
                "--to=x",
                "--match-on=categories=name",
                "--mapping=-",
            ],
            "--mapping takes a file",
        ),
        (
            &[
                "restore",
                "dump.sql",
                "--to=x",
                "--match-on=categories=name",
                "--mapping=dump.sql",
            ],
            "dump.sql is the dump itself: it would be lost",
        ),
        (
            &[
                "restore",
                "dump.sql",
                "--to=x",
                "--match-on=categories=name",
                "--mapping=ids.csv",
                "--report=ids.csv",
            ],
            "ids.csv is where the mapping goes",
        ),
        (
            &[
                "restore",
                "dump.sql",
                "--to=x",
                "--match-on=categories=name",
                "--on-ambiguous=first",
                "--prune",
            ],
            "--on-ambiguous first of table public.categories passes over rows that are alike, and --prune would delete them",
        ),
    ] {
        let (status, script, errors) = run(folder.path(), arguments);
        assert_eq!(status, 2, "{arguments:?}: {errors}");
        assert!(errors.contains(said), "{arguments:?}: {errors}");
        // What psql would read of it fails.
        let stops = script.is_empty() || script.contains("RAISE EXCEPTION");
        assert!(stops && !script.contains("Drinks"), "{arguments:?}: {script}");
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_run_that_fails_leaves_the_mapping_as_it_was() {
    let folder = folder();
    fs::write(folder.path().join("ids.csv"), "old").unwrap();
    let arguments = [
        "restore",
        "dump.sql",
        "--to=x",
        "--match-on=categories=name",
        "--mapping=ids.csv",
    ];
    let (status, _, errors) = run(folder.path(), &arguments);
    assert_eq!(status, 3, "{errors}");
    assert_eq!(fs::read_to_string(folder.path().join("ids.csv")).unwrap(), "old");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 3, "{left:?}");
}
