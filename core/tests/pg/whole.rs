//! Full dumps in the styles that need their keys, and dumps of several databases.

use std::io::Write;

use dumpsert::{ErrorKind, Options, Style, convert};
use dumpsert_testkit::{Cluster, Db};

use crate::support::{script, try_script};

const SQL: &str = "
    CREATE TABLE public.a_parent (id serial PRIMARY KEY, v text);
    CREATE TABLE public.b_child (a integer REFERENCES public.a_parent, b integer, v numeric, PRIMARY KEY (a, b));
    INSERT INTO public.a_parent (v) SELECT 'it''s; ' || g FROM generate_series(1, 300) AS g;
    INSERT INTO public.b_child SELECT g, g % 3, g / 7.0 FROM generate_series(1, 300) AS g;";

fn target_of(source: &Db) -> Db {
    let target = Cluster::shared().copy_of(source);
    target.execute("DELETE FROM public.b_child WHERE a % 2 = 0; UPDATE public.a_parent SET v = 'old' WHERE id % 3 = 0");
    target
}

#[test]
fn full_dumps_need_no_schema() {
    let source = Cluster::shared().create_unique("whole");
    source.execute(SQL);
    for style in [Style::Rows, Style::Batches, Style::Staged] {
        for args in [
            &[][..],
            &["--column-inserts"],
            &["--inserts"],
            &["--rows-per-insert=7"],
            &["--create"],
        ] {
            let dump = source.pg_dump(args);
            let target = target_of(&source);
            let script = script(
                &dump,
                Options::new().with_style(style).with_no_key(match style {
                    Style::Staged => dumpsert::NoKey::Match,
                    _ => dumpsert::NoKey::Error,
                }),
            );
            target.psql(&script).expect_success();
            assert_eq!(
                source.snapshot().diff(&target.snapshot()),
                Vec::<String>::new(),
                "{style:?} {args:?}"
            );
        }
    }
}

#[test]
fn one_database_of_a_cluster() {
    let cluster = Cluster::start();
    let first = cluster.create("first");
    first.execute(SQL);
    let second = cluster.create("the \"second\" one");
    second.execute(SQL);
    second.execute("UPDATE public.a_parent SET v = 'second'");
    for args in [
        &[][..],
        &["--data-only", "--column-inserts"],
        &["--clean", "--if-exists"],
    ] {
        let dump = first.command("pg_dumpall").args(args).output().unwrap();
        assert!(dump.status.success());
        for style in [Style::Rows, Style::Staged] {
            let options = || Options::new().with_style(style);
            let (_, result) = try_script(
                &dump.stdout,
                options()
                    .with_key("public.b_child=a,b")
                    .map_or(options(), |keyed| if style == Style::Rows { keyed } else { options() }),
            );
            assert_eq!(result.unwrap_err().kind(), ErrorKind::UnsupportedShape);
            for source in [&first, &second] {
                let target = cluster.copy_of(source);
                target.execute("DELETE FROM public.b_child WHERE a > 5; UPDATE public.a_parent SET v = 'old'");
                let options = options().with_database(source.name());
                let options = if style == Style::Rows {
                    options.with_key("public.b_child=a,b").unwrap()
                } else {
                    options
                };
                target.psql(&script(&dump.stdout, options)).expect_success();
                assert_eq!(source.snapshot().diff(&target.snapshot()), Vec::<String>::new());
            }
        }
    }
}

#[test]
fn compressed_dumps() {
    let source = Cluster::shared().create_unique("compressed");
    source.execute(SQL);
    let dump = source.pg_dump(&[]);
    let plan = Options::new().with_style(Style::Rows).build().unwrap();
    let plain = script(&dump, Options::new().with_style(Style::Rows));
    for program in ["gzip", "zstd"] {
        let mut child = match std::process::Command::new(program)
            .arg("-c")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
        {
            Ok(child) => child,
            Err(_) => {
                eprintln!("skipped: {program} is not installed");
                continue;
            }
        };
        child.stdin.take().unwrap().write_all(&dump).unwrap();
        let compressed = child.wait_with_output().unwrap().stdout;
        let mut script = Vec::new();
        convert(&compressed[..], &mut script, &plan).unwrap();
        assert!(script == plain, "{program}");
        let error = convert(&compressed[..compressed.len() / 2], &mut Vec::new(), &plan).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Read, "{program}");
    }
}
