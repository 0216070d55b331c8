//! `--progress`: what is told of a run while it goes on.

use serde_json::Value;

use super::{Pair, output, succeeds, text};

fn lines(stderr: &str) -> Vec<Value> {
    stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn json_tells_every_phase_and_table_and_never_goes_backwards() {
    let pair = Pair::new();
    // A trigger may say anything, and is no progress.
    pair.target.execute(
        "CREATE FUNCTION chatter() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE INFO 'dumpsert-step-0 writing 1 of 9: evil'; RETURN NULL; END $$;
         CREATE TRIGGER chatter AFTER INSERT ON nokey FOR EACH STATEMENT EXECUTE FUNCTION chatter();
         ALTER TABLE \"Child\" DISABLE TRIGGER refuse;",
    );
    let output = output(pair.sync(&["--progress", "json", "--triggers", "fire"]));
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    let lines = lines(&said);
    let phases: Vec<_> = lines.iter().map(|line| line["phase"].as_str().unwrap()).collect();
    let order = ["check", "read", "merge", "commit"];
    let places: Vec<_> = phases
        .iter()
        .map(|phase| order.iter().position(|own| own == phase).unwrap())
        .collect();
    assert!(
        places.is_sorted() && order.iter().all(|phase| phases.contains(phase)),
        "{said}"
    );
    let last_read = lines.iter().rfind(|line| line["phase"] == "read").unwrap();
    assert_eq!(
        (&last_read["rows"], &last_read["table"]),
        (&4004.into(), &"public.sessions".into()),
        "{said}"
    );
    assert_eq!(last_read["table_rows"], 1);
    let written: Vec<_> = lines
        .iter()
        .filter(|line| line["table"] != Value::Null && line["phase"] == "merge")
        .map(|line| {
            (
                line["table"].as_str().unwrap(),
                line["tables_done"].as_u64().unwrap(),
                line["tables"].as_u64().unwrap(),
            )
        })
        .collect();
    let mut tables: Vec<_> = written.iter().map(|(table, ..)| *table).collect();
    tables.sort_unstable();
    assert_eq!(
        tables,
        ["public.\"Child\"", "public.nokey", "public.parent", "public.sessions"],
        "{said}"
    );
    assert!(
        written
            .iter()
            .enumerate()
            .all(|(at, (_, done, of))| *done == at as u64 && *of == 4),
        "{said}"
    );
    // What the trigger says is for the terminal; the lines of progress are nothing else.
    assert_eq!(said.matches("evil").count(), 1, "{said}");
    assert!(
        !said
            .lines()
            .any(|line| !line.starts_with('{') && line.contains("writing 1 of 4")),
        "{said}"
    );
}

#[test]
fn plain_lines_where_nobody_looks_and_none_when_quiet() {
    let pair = Pair::new();
    let plain = output(pair.sync(&[]));
    let said = text(&plain.stderr);
    for line in [
        "dumpsert: checking",
        "dumpsert: merging",
        "dumpsert: writing 1 of 4: ",
        "dumpsert: committing",
    ] {
        assert_eq!(
            said.lines().filter(|own| own.starts_with(line)).count(),
            1,
            "{line}: {said}"
        );
    }
    for quiet in [&["-q"][..], &["--progress", "none"]] {
        let ended = output(pair.sync(quiet));
        assert!(ended.status.success());
        assert_eq!(text(&ended.stderr), "");
    }
    assert!(succeeds(pair.sync(&["--progress", "plain"])).contains("committed"));
}
