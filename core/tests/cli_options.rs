//! Every switch of `dumpsert convert` does what its option in a configuration file does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const SCHEMA: &str = "CREATE TABLE public.businesses (id text PRIMARY KEY, name text NOT NULL, \"isDemo\" boolean, owner text);\n\
    CREATE TABLE public.orders (id integer PRIMARY KEY, \"businessId\" text REFERENCES public.businesses ON DELETE CASCADE, at date);\n\
    CREATE TABLE public.notes (id integer PRIMARY KEY, subject text);\n\
    CREATE TABLE app.log (id integer PRIMARY KEY, v text);\n\
    CREATE TABLE app.plain (v text);\n";

const DUMPS: [(&str, &str); 7] = [
    (
        "dump.sql",
        "INSERT INTO public.businesses (id, name, \"isDemo\", owner) VALUES ('demo-1', 'Demo', false, 'x');\n\
         INSERT INTO public.businesses (id, name, \"isDemo\", owner) VALUES ('acme', 'Acme', true, 'demo-2');\n\
         INSERT INTO public.orders (id, \"businessId\", at) VALUES (1, 'demo-1', '2024-01-01');\n\
         INSERT INTO public.orders (id, \"businessId\", at) VALUES (2, 'acme', '2024-01-02');\n\
         INSERT INTO public.notes (id, subject) VALUES (1, 'demo-1');\n\
         INSERT INTO app.log (id, v) VALUES (1, 'x');\n",
    ),
    ("plain.sql", "INSERT INTO app.plain (v) VALUES ('no key');\n"),
    (
        "unknown.sql",
        "INSERT INTO public.notes (id, subject, gone) VALUES (1, 'x', 'y');\n",
    ),
    (
        "unknown-table.sql",
        "INSERT INTO public.notes (id, subject) VALUES (1, 'x');\nINSERT INTO public.gone (id) VALUES (1);\n",
    ),
    (
        "case.sql",
        "INSERT INTO public.notes (id, subject) VALUES (1, 'zoë');\n",
    ),
    (
        "crlf.sql",
        "-- From Windows\r\nINSERT INTO public.notes (id, subject) VALUES (1, 'two\r\nlines');\r\n",
    ),
    (
        "losses.sql",
        "REFRESH MATERIALIZED VIEW public.v;\nINSERT INTO public.notes (id, subject) VALUES (1, 'x');\n",
    ),
];

/// A dump of two databases that have rows, as of `pg_dumpall`.
fn databases() -> String {
    let database = |name: &str, id: u32| {
        format!(
            "\\connect {name}\n\n--\n-- PostgreSQL database dump\n--\n\n\
             INSERT INTO public.notes (id, subject) VALUES ({id}, 'of {name}');\n\n\
             --\n-- PostgreSQL database dump complete\n--\n\n"
        )
    };
    let (shop, books) = (database("shop", 1), database("books", 2));
    format!(
        "--\n-- PostgreSQL database cluster dump\n--\n\n{shop}{books}--\n-- PostgreSQL database cluster dump complete\n--\n\n"
    )
}

/// What stands on the command line in any case, the switches, and the same in a file.
type Row = (&'static [&'static str], &'static [&'static str], &'static str);

const KNOWN: &[&str] = &["--schema=schema.sql", "dump.sql"];
const DEMO: &[&str] = &["--schema=schema.sql", "--exclude-demo", "dump.sql"];
const BATCHES: &[&str] = &["--schema=schema.sql", "--style=batches", "dump.sql"];

const MATCHED: &[&str] = &[
    "--schema=schema.sql",
    "--style=staged",
    "--match-on=businesses=name",
    "dump.sql",
];

const ROWS: [Row; 57] = [
    (KNOWN, &["--style=batches"], "style = 'batches'"),
    (KNOWN, &["--style=rows"], "style = 'rows'"),
    (&["dump.sql"], &["--schema=schema.sql"], "schema = 'schema.sql'"),
    (&["dump.sql"], &["--catalog=catalog.json"], "catalog = 'catalog.json'"),
    (
        KNOWN,
        &["--key=businesses=name"],
        "keys = { 'public.businesses' = 'name' }",
    ),
    (
        &["--schema=schema.sql", "plain.sql"],
        &["--no-key=skip"],
        "no_key = 'skip'",
    ),
    (
        &["--schema=schema.sql", "plain.sql"],
        &["--no-key=insert"],
        "no_key = 'insert'",
    ),
    (
        &[
            "--schema=schema.sql",
            "--exclude=notes: upper(subject) = 'ZOË'",
            "case.sql",
        ],
        &["--case=unicode"],
        "case = 'unicode'",
    ),
    (
        &["--schema=schema.sql", "crlf.sql"],
        &["--crlf=strip"],
        "crlf = 'strip'",
    ),
    (KNOWN, &["--triggers=fire"], "triggers = 'fire'"),
    (KNOWN, &["--constraint-triggers=off"], "constraint_triggers = 'off'"),
    (KNOWN, &["--sequences=keep"], "sequences = 'keep'"),
    (
        &["--style=staged", "dump.sql"],
        &["--rounding=accept"],
        "rounding = 'accept'",
    ),
    (KNOWN, &["--update=changed"], "update = 'changed'"),
    (
        KNOWN,
        &["--update=orders=newer(at)"],
        "tables = { orders = { update = 'newer(at)' } }",
    ),
    (
        KNOWN,
        &["--update-only=name", "--update-only=v"],
        "update_only = ['name', 'v']",
    ),
    (
        KNOWN,
        &["--update-only=orders=at"],
        "tables = { orders = { update_only = 'at' } }",
    ),
    (KNOWN, &["--update-never=name,v"], "update_never = ['name', 'v']"),
    (
        KNOWN,
        &["--update-never=orders=at"],
        "tables = { orders = { update_never = 'at' } }",
    ),
    (KNOWN, &["--guard=\"businessId\""], "guard = '\"businessId\"'"),
    (
        KNOWN,
        &["--guard=businesses=owner"],
        "tables = { businesses = { guard = 'owner' } }",
    ),
    (
        &["--schema=schema.sql", "--guard=businesses=owner", "dump.sql"],
        &["--on-guard=skip"],
        "on_guard = 'skip'",
    ),
    (KNOWN, &["--exclude-table=n*"], "exclude_tables = 'n*'"),
    (
        KNOWN,
        &["--only-table=orders", "--only-table=app.*"],
        "only_tables = ['orders', 'app.*']",
    ),
    (
        &["--schema=schema.sql", "unknown.sql"],
        &["--unknown-columns=drop"],
        "unknown_columns = 'drop'",
    ),
    (
        &["--schema=schema.sql", "unknown-table.sql"],
        &["--unknown-tables=drop"],
        "unknown_tables = 'drop'",
    ),
    (BATCHES, &["--batch-rows=1"], "batch_rows = 1"),
    (BATCHES, &["--batch-bytes=40"], "batch_bytes = 40"),
    (KNOWN, &["--only-schema=app"], "only_schemas = 'app'"),
    (
        &["--schema=schema.sql", "--only-schema=app", "dump.sql"],
        &["--unselected=error"],
        "unselected = 'error'",
    ),
    (
        KNOWN,
        &[
            "--allow-extension-table=app.log",
            "--allow-extension-table=public.notes",
        ],
        "allow_extension_tables = ['app.log', 'public.notes']",
    ),
    (
        KNOWN,
        &["--allow-relation=public.notes"],
        "allow_relations = ['public.notes']",
    ),
    (KNOWN, &["--limit=row_bytes=30"], "limits = { row_bytes = 30 }"),
    (
        KNOWN,
        &["--limit=sequences=1", "--limit=dump_bytes=100"],
        "limits = { sequences = 1, dump_bytes = 100 }",
    ),
    (
        &["--schema=schema.sql", "databases.sql"],
        &["--database=shop"],
        "database = 'shop'",
    ),
    (
        &["--schema=schema.sql", "databases.sql"],
        &["--database=books"],
        "database = 'books'",
    ),
    (KNOWN, &["--client=driver"], "client = 'driver'"),
    (
        &["--schema=schema.sql", "losses.sql"],
        &["--losses=error"],
        "losses = 'error'",
    ),
    (
        KNOWN,
        &["--exclude=businesses: name = 'Acme'"],
        "exclude = \"businesses: name = 'Acme'\"",
    ),
    (
        KNOWN,
        &["--exclude=businesses: name = 'Acme'"],
        "tables = { 'public.businesses' = { exclude = \"name = 'Acme'\" } }",
    ),
    (KNOWN, &["--exclude-demo"], "exclude_demo = true"),
    (DEMO, &["--demo-column=notes.subject"], "demo_columns = 'notes.subject'"),
    (DEMO, &["--demo-column=owner"], "demo_columns = ['owner']"),
    (DEMO, &["--demo-flag=\"isDemo\""], "demo_flag = '\"isDemo\"'"),
    (
        &["--schema=schema.sql", "--exclude=businesses: owner = 'x'", "dump.sql"],
        &["--no-cascade"],
        "cascade = false",
    ),
    (
        &["--schema=schema.sql", "--exclude=businesses: owner = 'x'", "dump.sql"],
        &["--cascade=off"],
        "cascade = 'off'",
    ),
    (
        DEMO,
        &["--foreign-key=public.notes(subject) REFERENCES public.businesses ON DELETE CASCADE"],
        "foreign_keys = 'public.notes(subject) REFERENCES public.businesses ON DELETE CASCADE'",
    ),
    (KNOWN, &["--lock-timeout=3s"], "lock_timeout = '3s'"),
    (
        &["--schema=schema.sql", "--style=staged", "dump.sql"],
        &["--match-on=businesses=name,owner"],
        "match_on = { businesses = ['name', 'owner'] }",
    ),
    (
        MATCHED,
        &["--match-where=public.businesses=owner = 'x'"],
        "tables = { 'public.businesses' = { match_where = \"owner = 'x'\" } }",
    ),
    (MATCHED, &["--match-nulls=not-distinct"], "match_nulls = 'not_distinct'"),
    (
        MATCHED,
        &["--match-nulls=businesses=not-distinct"],
        "tables = { businesses = { match_nulls = 'not_distinct' } }",
    ),
    (MATCHED, &["--on-ambiguous=first"], "on_ambiguous = 'first'"),
    (
        MATCHED,
        &["--on-unmatched-reference=orders=keep"],
        "tables = { 'public.orders' = { on_unmatched_reference = 'keep' } }",
    ),
    (
        MATCHED,
        &["--on-taken-key=businesses=renumber"],
        "tables = { 'public.businesses' = { on_taken_key = 'renumber' } }",
    ),
    (MATCHED, &["--mapping-table=app.id_map"], "mapping_table = 'app.id_map'"),
    (MATCHED, &["--mapping-rows=all"], "mapping_rows = 'all'"),
];

/// Switches that say nothing of what becomes of the dump: where it goes, and what is said beside.
const NOT_HERE: [&str; 5] = ["--config", "--help", "--output", "--quiet", "--report"];

/// Everything that a run shows.
#[derive(Debug, PartialEq)]
struct Shown {
    status: Option<i32>,
    script: String,
    messages: String,
    report: Option<String>,
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
    command.current_dir(folder);
    command
}

fn run(folder: &Path, arguments: &[&[&str]]) -> Shown {
    let report = folder.join("report.json");
    let mut command = program(folder);
    command
        .args(["convert", "--report=report.json"])
        .args(arguments.concat());
    let output = command.output().unwrap();
    let shown = Shown {
        status: output.status.code(),
        script: String::from_utf8(output.stdout).unwrap(),
        messages: String::from_utf8(output.stderr).unwrap(),
        report: fs::read_to_string(&report).ok(),
    };
    if shown.report.is_some() {
        fs::remove_file(report).unwrap();
    }
    shown
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("schema.sql", SCHEMA);
    write("databases.sql", &databases());
    for (name, text) in DUMPS {
        write(name, text);
    }
    let catalog = program(folder.path())
        .args(["catalog", "--schema=schema.sql"])
        .output()
        .unwrap();
    assert!(catalog.status.success());
    fs::write(folder.path().join("catalog.json"), catalog.stdout).unwrap();
    folder
}

#[test]
fn a_switch_does_what_its_option_does() {
    let folder = folder();
    for (always, switches, toml) in ROWS {
        // Style rows shows more of what an option does than the default.
        let has_style = [always, switches]
            .concat()
            .iter()
            .any(|switch| switch.starts_with("--style"));
        let always = &[always, if has_style { &[][..] } else { &["--style=rows"] }].concat()[..];
        let without = run(folder.path(), &[always]);
        let typed = run(folder.path(), &[always, switches]);
        assert!(typed != without, "{switches:?} has no effect: {}", typed.messages);
        assert_ne!(typed.status, Some(2), "{switches:?}: {}", typed.messages);
        fs::write(folder.path().join("dumpsert.toml"), toml).unwrap();
        let written = run(folder.path(), &[always, &["--config=dumpsert.toml"]]);
        assert_eq!(typed.messages, written.messages, "{switches:?} is not {toml}");
        assert!(typed == written, "{switches:?} is not {toml}");
    }
}

/// The switches that the help explains, each at the start of a line.
#[test]
fn every_switch_is_compared() {
    let help = Command::new(env!("CARGO_BIN_EXE_dumpsert"))
        .args(["convert", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    // Words of an explanation stand further to the right.
    let explained: BTreeSet<&str> = help
        .lines()
        .filter_map(|line| line.get(6..)?.split([' ', '=']).next())
        // The option that one test of the table adds does nothing.
        .filter(|word| word.starts_with("--") && *word != "--no-op")
        .collect();
    let compared = ROWS.iter().flat_map(|(_, switches, _)| switches.iter());
    let compared: BTreeSet<&str> = compared
        .filter_map(|switch| switch.split('=').next())
        .chain(NOT_HERE)
        .collect();
    assert_eq!(compared, explained);
}
