//! Programs that read and write text, as those of Windows do: of CRLF that is read becomes a line feed, and of a line feed that is
//! written CRLF. No value may notice.

use std::fs;

use dumpsert_testkit::{Cluster, Db};

use super::stage::Stage;
use super::{assert_same, fails, program, succeeds};

const SCHEMA: &str = "CREATE TABLE public.\"line\r\nends\" (id integer PRIMARY KEY, t text, j json, b bytea);";

/// Every way that a line can end in a value, with more before and behind.
const ROWS: &str = r"
INSERT INTO public.e SELECT i, e, to_json(e || i), convert_to(e, 'UTF8') FROM unnest(ARRAY[
  E'\r\n', E'\n', E'\r', E'\r\r\n', E'\n\r', E'a\r\nb\nc\rd\r\r\ne', E'\\r\r\\n\n', E'\\\r\n', 'none', '']) WITH ORDINALITY AS v (e, i);
INSERT INTO public.e SELECT 100, repeat(E'long \r\n row \n of \r it', 70000), json_build_object(E'k\r\ny', E'\n'), '\x0d0a0a0d';";

/// A source with such values, and a target that has other ones under the same keys.
fn pair() -> (Db, Db) {
    let cluster = Cluster::shared();
    let rows = ROWS.replace("public.e", "public.\"line\r\nends\"");
    let source = cluster.create_unique("text_source");
    source.execute(&format!("{SCHEMA}{rows}"));
    let target = cluster.create_unique("text_target");
    target.execute(&format!(
        "{SCHEMA}INSERT INTO public.\"line\r\nends\" VALUES (1, E'\\n', '\"\\n\"', '\\x0a'), (2, 'x', NULL, NULL)"
    ));
    (source, target)
}

/// PostgreSQL's programs with what the C library of Windows does around them. `more` are arguments of `pg_dump`.
fn programs(db: &Db, more: &str) -> Stage {
    let stage = Stage::new(db);
    let written = r#"sed -u 's/$/\r/'"#;
    let around =
        |pipe: &str| format!("exec bash -c 'set -o pipefail; exec 3<\"$0\"; . /dev/fd/3' HERE/pipe-{pipe} \"$@\"");
    let pipe = |name: &str, text: String| {
        let real = db.programs().join(name).display().to_string();
        fs::write(stage.path(&format!("pipe-{name}")), text.replace("REAL", &real)).unwrap();
        stage.script(name, &around(name));
    };
    pipe("psql", format!("sed -u 's/\\r$//' | REAL \"$@\" | {written}\n"));
    pipe("pg_dump", format!("REAL \"$@\" {more} | {written}\n"));
    pipe("pg_restore", format!("REAL \"$@\" | {written}\n"));
    stage
}

fn merge(stage: &Stage, target: &Db, arguments: &[&str]) -> std::process::Command {
    let mut command = program(target, arguments);
    command.arg("--bin-dir").arg(stage.path("psql").parent().unwrap());
    command
}

#[test]
fn values_keep_their_line_ends() {
    for more in ["", "--column-inserts", "--column-inserts --rows-per-insert=3"] {
        let (source, target) = pair();
        let stage = programs(&source, more);
        let run = || {
            succeeds(merge(
                &stage,
                &target,
                &["sync", "--from", source.name(), "--to", target.name()],
            ))
        };
        let said = run();
        assert!(said.contains("9 inserted, 2 updated, 0 unchanged"), "{more}: {said}");
        assert_same(&source, &target);
        let said = run();
        assert!(said.contains("0 inserted, 0 updated, 11 unchanged"), "{more}: {said}");
    }
}

#[test]
fn files_and_archives_keep_them_too() {
    let (source, target) = pair();
    let stage = programs(&source, "");
    let files = [
        ("copy.sql", vec!["--data-only"]),
        ("inserts.sql", vec!["--data-only", "--column-inserts"]),
        ("copy.archive", vec!["-Fc"]),
        ("inserts.archive", vec!["-Fc", "--column-inserts"]),
    ];
    for (name, arguments) in files {
        let path = stage.path(name);
        fs::write(&path, source.pg_dump(&arguments)).unwrap();
        let target = Cluster::shared().copy_of(&target);
        let arguments = ["restore", path.to_str().unwrap(), "--to", target.name()];
        let said = succeeds(merge(&stage, &target, &arguments));
        assert!(said.contains("9 inserted, 2 updated, 0 unchanged"), "{name}: {said}");
        assert_same(&source, &target);
    }
}

/// It ends the input of a program that reads text.
#[test]
fn the_byte_1a_is_refused_where_it_would_end_the_input() {
    let (source, target) = pair();
    source.execute("UPDATE public.\"line\r\nends\" SET t = E'a\\x1ab' WHERE id = 4");
    let before = Cluster::shared().copy_of(&target);
    let stage = programs(&source, "");
    let arguments = ["sync", "--from", source.name(), "--to", target.name()];
    let said = fails(merge(&stage, &target, &arguments), 3);
    assert!(
        said.contains("has the byte 1A (hexadecimal)") && said.contains("nothing was changed"),
        "{said}"
    );
    assert_same(&before, &target);
    succeeds(program(&target, &arguments));
    assert_same(&source, &target);
}
