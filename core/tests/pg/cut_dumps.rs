//! Dumps that do not arrive whole: an exit status, an error with its place, and a target that stays as it was.
//!
//! A small dump is cut at every byte and a large one at a thousand random bytes. A sample of what comes out is run by psql;
//! with `DUMPSERT_CUT=all` all of the small dump's is.

use std::process::{Command, Stdio};

use dumpsert::{NoKey, Options, Style};
use dumpsert_testkit::{Cluster, Db};

use crate::support::{Random, try_script};

const SEED: u64 = 20_261_125;
const STYLES: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];

const SCHEMA: &str = "CREATE TABLE public.t (id serial PRIMARY KEY, v text);";
const SOURCE: &str = r#"INSERT INTO public.t VALUES (1, 'it''s; -- one'), (2, E'tw\no'), (3, 'ä'); SELECT setval('public.t_id_seq', 20);"#;
const TARGET: &str = "INSERT INTO public.t VALUES (1, 'changed'), (4, 'extra');";

fn options(style: Style) -> Options {
    // Without a catalog there are tables whose key is not known.
    Options::new().with_style(style).with_no_key(NoKey::Insert)
}

/// Converts what is left of a dump; returns the script if the cut is noticed.
fn cut_script(dump: &[u8], cut: usize, style: Style) -> Option<Vec<u8>> {
    let (script, result) = try_script(&dump[..cut], options(style));
    let Err(error) = result else {
        // An empty file is refused too; behind the trailer's words nothing is missing.
        let trailer = b"PostgreSQL database dump complete";
        let whole = memchr::memmem::find(dump, trailer).unwrap() + trailer.len();
        assert!(cut >= whole, "{style:?}: cut at {cut} unnoticed");
        return None;
    };
    let position = error
        .position()
        .unwrap_or_else(|| panic!("{style:?}, cut at {cut}: {error}"));
    assert!(
        position.byte <= cut as u64 && position.line > 0,
        "cut at {cut}: {error}"
    );
    assert!(
        memchr::memmem::find(&script, b"\nCOMMIT;").is_none(),
        "{style:?}: cut at {cut}, and the script commits"
    );
    Some(script)
}

fn is_refused(target: &Db, before: &str, script: &[u8], context: &str) {
    let run = target.psql(script);
    assert_eq!(run.status, 3, "{context}: {}", run.stderr);
    assert_eq!(state(target), before, "{context}");
}

/// All rows and sequences, as text.
fn state(db: &Db) -> String {
    format!("{:?}", db.snapshot())
}

#[test]
fn a_small_dump_at_every_byte() {
    let all = std::env::var("DUMPSERT_CUT").is_ok_and(|value| value == "all");
    let cluster = Cluster::shared();
    let source = cluster.create_unique("cut_small_source");
    source.execute(&format!("{SCHEMA}{SOURCE}"));
    let target = cluster.create_unique("cut_small_target");
    target.execute(&format!("{SCHEMA}{TARGET}"));
    let before = state(&target);
    for (number, args) in [&["--data-only", "--column-inserts"][..], &["--data-only"]]
        .into_iter()
        .enumerate()
    {
        let dump = source.pg_dump(args);
        let mut noticed = 0;
        for cut in 0..dump.len() {
            let style = STYLES[(cut + number) % 3];
            let Some(script) = cut_script(&dump, cut, style) else {
                continue;
            };
            noticed += 1;
            if all || cut % 29 == 0 {
                is_refused(&target, &before, &script, &format!("{style:?}, {args:?}, cut at {cut}"));
            }
        }
        assert!(noticed > dump.len() * 8 / 10, "{noticed} of {}", dump.len());
    }
    source.drop();
}

#[test]
fn a_large_dump_at_a_thousand_bytes() {
    let cluster = Cluster::shared();
    let source = cluster.source("chinook");
    let target = cluster.source("chinook");
    target.execute("UPDATE public.track SET name = 'changed' WHERE track_id < 100; DELETE FROM public.invoice_line;");
    let before = state(&target);
    let mut random = Random(SEED);
    for (number, args) in [&["--data-only", "--column-inserts"][..], &[]].into_iter().enumerate() {
        let dump = source.pg_dump(args);
        assert!(dump.len() > 300_000);
        for run in 0..500 {
            let cut = random.below(dump.len() - 100);
            let style = STYLES[(run + number) % 3];
            let context = format!("seed {SEED}, {style:?}, {args:?}, cut at {cut}");
            let script = cut_script(&dump, cut, style).unwrap_or_else(|| panic!("unnoticed: {context}"));
            if run % 50 == 0 {
                is_refused(&target, &before, &script, &context);
            }
            if run % 100 == 0 {
                by_program(&target, &before, &dump[..cut], &context);
            }
        }
    }
    source.drop();
    target.drop();
}

/// `dumpsert | psql`, as a shell with `pipefail` runs it.
fn by_program(target: &Db, before: &str, dump: &[u8], context: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.sql");
    std::fs::write(&file, dump).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_dumpsert"))
        .args(["convert", "-q", "--style=staged"])
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let psql = target
        .command("psql")
        .arg("-X")
        .stdin(program.stdout.take().unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let output = program.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(1..)), "{context}: {said}");
    assert!(said.contains("line ") && said.contains("column "), "{context}: {said}");
    assert_eq!(psql.code(), Some(3), "{context}");
    assert_eq!(state(target), before, "{context}");
}
