//! Rows left out, as a shell and a configuration file say it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

const SCHEMA: &str = "CREATE TABLE public.businesses (id text PRIMARY KEY, name text, \"isDemo\" boolean);\n\
    CREATE TABLE public.orders (id integer PRIMARY KEY, \"businessId\" text REFERENCES public.businesses ON DELETE CASCADE, total numeric);\n\
    CREATE TABLE public.notes (id integer PRIMARY KEY, \"order\" integer, at date);\n";
const DUMP: &str = "INSERT INTO public.businesses (id, name, \"isDemo\") VALUES ('demo-1', 'Demo', true);\n\
    INSERT INTO public.businesses (id, name, \"isDemo\") VALUES ('democracy', 'Café', false);\n\
    INSERT INTO public.orders (id, \"businessId\", total) VALUES (1, 'demo-1', 10);\n\
    INSERT INTO public.orders (id, \"businessId\", total) VALUES (2, 'democracy', 20);\n\
    INSERT INTO public.orders (id, \"businessId\", total) VALUES (3, 'democracy', 30);\n\
    INSERT INTO public.notes (id, \"order\", at) VALUES (1, 1, '2024-01-01');\n\
    INSERT INTO public.notes (id, \"order\", at) VALUES (2, 2, '2024-01-02');\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("schema.sql"), SCHEMA).unwrap();
    fs::write(folder.path().join("dump.sql"), DUMP).unwrap();
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
    let command = command.arg("convert").args(args).arg("dump.sql").current_dir(folder);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_cannot_be_done_is_said_before_anything_is_written() {
    let folder = folder();
    for (args, parts) in [
        // A column that is not there, and one whose name is not quoted.
        (
            &["--exclude=businesses: nam = 'x'"][..],
            &["nam", "did you mean name?"][..],
        ),
        (
            &["--exclude=businesses: isDemo"],
            &["isdemo", "did you mean \"isDemo\"?"],
        ),
        (
            &["--exclude=orders: orders.businessid = 'x'"],
            &["businessid", "\"businessId\""],
        ),
        // Types that PostgreSQL would not compare.
        (
            &["--exclude=orders: \"businessId\" = 1"],
            &["operator does not exist: text = integer", "quotes"],
        ),
        (
            &["--exclude=orders: id = 'one'"],
            &["invalid input syntax for type integer"],
        ),
        (&["--exclude=businesses: name"], &["boolean"]),
        (
            &["--exclude=notes: at LIKE '2024%'"],
            &["operator does not exist", "cast"],
        ),
        (&["--exclude=notes: at = '2024-02-30'"], &["2024-02-30"]),
        // What cannot be evaluated exactly.
        (&["--exclude=businesses: name < 'x'"], &["COLLATE \"C\""]),
        (&["--exclude=businesses: name ~ '\\mx'"], &["the regular expression"]),
        (&["--exclude=businesses: id IN (SELECT 'x')"], &["not supported"]),
        (&["--exclude=notes: at < now()"], &["now"]),
        // Tables.
        (&["--exclude=busineses: id = 'x'"], &["busineses", "businesses"]),
        (&["--exclude=app.*: id = 'x'"], &["app.*"]),
        // Texts that are no exclusion.
        (
            &["--exclude=businesses"],
            &["`businesses` does not say which rows are left out", "a colon"],
        ),
        (&["--exclude=businesses: "], &["does not say which rows"]),
        (&["--exclude=businesses: id ="], &["id ="]),
        (&["--exclude=businesses: id = 'x'; DROP TABLE x"], &["DROP"]),
        (&["--exclude=busi\"nesses: true"], &["busi\"nesses"]),
        (
            &["--exclude-demo", "--demo-column=a.b.c.d"],
            &["`a.b.c.d` names no column"],
        ),
        (&["--demo-flag=\"isDemo2\""], &["isDemo2"]),
        // Foreign keys.
        (
            &["--exclude-demo", "--foreign-key=notes(\"order\") REFERENCES"],
            &["is no foreign key"],
        ),
        // A word of SQL without its quotes is still a name that is looked for.
        (
            &["--exclude-demo", "--foreign-key=notes(\"order\") REFERENCES order"],
            &["public.\"order\"", "public.orders"],
        ),
        (
            &["--exclude-demo", "--foreign-key=note(\"order\") REFERENCES orders"],
            &["table public.note", "public.notes"],
        ),
        (
            &["--exclude-demo", "--foreign-key=notes(\"order\") REFERENCES ordres"],
            &["table public.ordres", "public.orders"],
        ),
        (
            &["--exclude-demo", "--foreign-key=notes(ordre) REFERENCES orders"],
            &["column `ordre`", "\"order\""],
        ),
        (
            &["--exclude-demo", "--foreign-key=notes(\"order\", at) REFERENCES orders"],
            &["as many columns on both sides"],
        ),
        (
            &["--exclude-demo", "--foreign-key=notes(at) REFERENCES orders"],
            &["date", "integer", "--no-cascade"],
        ),
    ] {
        let output = run(folder.path(), &[args, &["--schema=schema.sql"]].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {message}");
        for part in parts {
            assert!(message.contains(part), "{args:?}: {message}");
        }
        // Nothing but a script that fails.
        assert!(text(&output.stdout).ends_with("$dumpsert$;\n"), "{args:?}");
    }
}

/// Nothing is known of the foreign keys: nothing is done, in no style, and what comes out of a pipe fails.
#[test]
fn without_a_schema() {
    let folder = folder();
    for style in ["--style=rows", "--style=batches", "--style=staged"] {
        for exclusion in [
            "--exclude-demo",
            "--exclude=businesses: id = 'demo-1'",
            "--demo-flag=\"isDemo\"",
        ] {
            let output = run(folder.path(), &[style, exclusion]);
            let (message, script) = (text(&output.stderr), text(&output.stdout));
            assert_eq!(output.status.code(), Some(2), "{style} {exclusion}: {message}");
            assert!(message.contains("--schema FILE"), "{message}");
            assert!(
                script.contains("RAISE EXCEPTION") && !script.contains("demo-1"),
                "{script}"
            );
        }
        let output = run(folder.path(), &[style, "--exclude-demo", "--no-cascade"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(!text(&output.stdout).contains("demo-1"));
        // A condition needs the types of the columns in any case.
        let output = run(
            folder.path(),
            &[style, "--exclude=businesses: id = 'demo-1'", "--no-cascade"],
        );
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn an_inspection_shows_what_would_be_left_out() {
    let folder = folder();
    let schema = SCHEMA.replace(
        "\"order\" integer",
        "\"order\" integer REFERENCES public.orders ON DELETE SET NULL",
    );
    fs::write(
        folder.path().join("schema.sql"),
        format!("{schema}CREATE TABLE public.visits (id integer, \"businessId\" text);\n"),
    )
    .unwrap();
    let visits = "INSERT INTO public.visits (id, \"businessId\") VALUES (1, 'demo-1');\n";
    fs::write(folder.path().join("dump.sql"), format!("{DUMP}{visits}")).unwrap();
    let lines = [
        "  left out: 1 row of public.businesses (demo)",
        "  left out: 1 row of public.orders (cascade: orders_businessId_fkey)",
        "  changed: 1 row of public.notes (a foreign key set to NULL or its default)",
        "in 1 row: to leave them out too, say --foreign-key 'public.visits(\"businessId\") REFERENCES public.businesses(id)'",
    ];
    let inspect = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
        let command = command.args([
            "inspect",
            "--schema=schema.sql",
            "--demo-column=businesses.id",
            "--no-key=insert",
        ]);
        let output = command
            .args(args)
            .arg("dump.sql")
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let shown = inspect(&[]);
    for line in lines {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let json: Value = serde_json::from_str(&inspect(&["--json"])).unwrap();
    assert_eq!(json["report"]["tables"][2]["references_changed"], 1, "{json}");
    assert_eq!(json["report"]["soft_references"][0]["column"], "businessId", "{json}");
    // After a run the summary says the same.
    let output = run(
        folder.path(),
        &["--schema=schema.sql", "--demo-column=businesses.id", "--no-key=insert"],
    );
    let summary = text(&output.stderr);
    assert!(output.status.success(), "{summary}");
    for line in lines {
        assert!(summary.contains(line), "{line}\n{summary}");
    }
}

/// Rows read, kept, left out and changed, table by table.
fn counts(folder: &Path, args: &[&str]) -> Value {
    let output = run(folder, &[args, &["-q", "--report=r.json", "-o", "out.sql"]].concat());
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&fs::read(folder.join("r.json")).unwrap()).unwrap();
    let tables = report["tables"].as_array().unwrap().iter();
    let tables = tables.map(|table| {
        let name = table["table"].as_str().unwrap().to_owned();
        (name, json!([table["rows_kept"], table["left_out"]]))
    });
    tables.collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn the_configuration_file_says_the_same() {
    let folder = folder();
    let key = "cascade: businessId_fkey";
    let orders_key = |report: Value| {
        let text = report.to_string().replace("orders_businessId_fkey", "businessId_fkey");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let demo =
        json!({"public.businesses": [1, {"demo": 1}], "public.orders": [2, {"demo": 1}], "public.notes": [2, {}]});
    let all = json!({"public.businesses": [1, {"demo": 1}], "public.orders": [2, {"demo": 1}],
        "public.notes": [1, {"cascade: order": 1}]});
    let rule = "rule: id = 'demo-1'";
    let by_rule = json!({"public.businesses": [1, {rule: 1}], "public.orders": [2, {key: 1}], "public.notes": [2, {}]});
    let alone = json!({"public.businesses": [1, {rule: 1}], "public.orders": [3, {}], "public.notes": [2, {}]});
    let foreign = "notes(\"order\") REFERENCES orders";
    for (config, args, expected) in [
        ("exclude_demo = true", &["--exclude-demo"][..], &demo),
        (
            "exclude_demo = true\nforeign_keys = ['notes(\"order\") REFERENCES orders']",
            &["--exclude-demo", "--foreign-key", foreign],
            &all,
        ),
        (
            "demo_columns = ['businesses.id', '\"businessId\"']",
            &["--demo-column=businesses.id", "--demo-column=\"businessId\""],
            &demo,
        ),
        (
            "exclude = [\"businesses: id = 'demo-1'\"]",
            &["--exclude=businesses: id = 'demo-1'"],
            &by_rule,
        ),
        (
            "[tables.'public.businesses']\nexclude = \"id = 'demo-1'\"",
            &["--exclude=public.businesses: id = 'demo-1'"],
            &by_rule,
        ),
        (
            "exclude = \"businesses: id = 'demo-1'\"\ncascade = false",
            &["--exclude=businesses: id = 'demo-1'", "--no-cascade"],
            &alone,
        ),
        (
            "exclude = \"businesses: id = 'demo-1'\"\ncascade = true",
            &["--exclude=businesses: id = 'demo-1'"],
            &by_rule,
        ),
    ] {
        fs::write(
            folder.path().join("config.toml"),
            format!("schema = 'schema.sql'\n{config}\n"),
        )
        .unwrap();
        let typed = counts(folder.path(), &[args, &["--schema=schema.sql"]].concat());
        let written = counts(folder.path(), &["--config=config.toml"]);
        assert_eq!(typed, written, "{config}");
        assert_eq!(orders_key(written), *expected, "{config}");
    }
    // What is typed adds to what is written down.
    fs::write(
        folder.path().join("config.toml"),
        "schema = 'schema.sql'\nexclude_demo = true\n",
    )
    .unwrap();
    let both = counts(folder.path(), &["--config=config.toml", "--exclude=orders: total > 25"]);
    assert_eq!(both["public.orders"], json!([1, {"demo": 1, "rule: total > 25": 1}]));
    // A flag besides the ids.
    let flagged = counts(folder.path(), &["--config=config.toml", "--demo-flag=\"isDemo\""]);
    assert_eq!(flagged, demo);
}

#[test]
fn wrong_configuration_files() {
    let folder = folder();
    for (config, part) in [
        ("exclude_dem = true", "exclude_demo"),
        ("exclude_demo = 'yes'", "exclude_demo"),
        ("cascade = 'of'", "did you mean off?"),
        ("exclude = ['businesses']", "exclude"),
        ("foreign_keys = 'notes'", "foreign_keys"),
        ("[tables.businesses]\nexclude = 'nam = 1'", "did you mean name?"),
        ("[tables.busineses]\nexclude = \"name = 'x'\"", "businesses"),
    ] {
        fs::write(
            folder.path().join("config.toml"),
            format!("schema = 'schema.sql'\n{config}\n"),
        )
        .unwrap();
        let output = run(folder.path(), &["--config=config.toml"]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{config}: {message}");
        assert!(message.contains(part), "{config}: {message}");
        assert!(text(&output.stdout).ends_with("$dumpsert$;\n"), "{config}");
    }
}

/// A value that only the server could judge ends the run at its place.
#[test]
fn values_that_cannot_be_judged() {
    let folder = folder();
    // With ASCII text on the other side it would be certain.
    let lower = "businesses: lower(name) = 'caf\u{e9}'";
    for (exclude, place, message) in [(
        lower,
        // The row begins behind `VALUES (`.
        "line 2, column 60 (byte 143), table public.businesses, row 2",
        "is not ASCII",
    )] {
        for style in ["--style=rows", "--style=staged"] {
            let output = run(folder.path(), &["--schema=schema.sql", style, "--exclude", exclude]);
            let shown = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{shown}");
            assert!(shown.contains(place) && shown.contains(message), "{shown}");
            assert!(text(&output.stdout).contains("RAISE EXCEPTION"));
        }
    }
}
