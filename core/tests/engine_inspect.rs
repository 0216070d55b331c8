//! An inspection says what the conversion reports, of every case of the corpus and however it is cut.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod cases;

use std::io::Read;

use cases::Case;
use dumpsert::{Category, Error, ErrorKind, Inspection, Options, Result, RowForm, Style, convert, inspect};

/// Gives one byte at a time.
struct Bytewise<'a>(&'a [u8]);

impl Read for Bytewise<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = 1.min(buffer.len());
        self.0.read(&mut buffer[..length])
    }
}

fn inspected(dump: &str, options: Options) -> Inspection {
    inspect(dump.as_bytes(), &options.build().unwrap()).unwrap()
}

fn is_about_plan(error: &Error) -> bool {
    let kinds = [ErrorKind::UnsupportedShape, ErrorKind::TableNotAllowed];
    error.category() == Category::Config || kinds.contains(&error.kind())
}

#[test]
fn corpus() {
    let (mut alike, mut lenient, mut refused) = (0, 0, 0);
    for case in Case::all() {
        let Ok(plan) = case.plan() else { continue };
        let converted = convert(&case.dump[..], &mut Vec::new(), &plan);
        let whole = inspect(&case.dump[..], &plan);
        let bytewise = inspect(Bytewise(&case.dump), &plan);
        let shown = |inspection: &Result<Inspection>| match inspection {
            Ok(inspection) => inspection.to_json(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown(&whole), shown(&bytewise), "{}", case.name);
        match (converted, whole) {
            (Ok(report), Ok(inspection)) => {
                let mut expected = report;
                expected.bytes_written = 0;
                assert_eq!(inspection.report, expected, "{}", case.name);
                assert!(
                    inspection.problems.is_empty(),
                    "{}: {:?}",
                    case.name,
                    inspection.problems
                );
                alike += 1;
            }
            (Err(error), Ok(inspection)) => {
                let first = inspection.problems.first().expect(&case.name);
                assert_eq!(
                    (first.kind, &*first.message),
                    (error.kind(), error.message()),
                    "{}",
                    case.name
                );
                let is_plan = is_about_plan(&error);
                assert!(is_plan, "{}: {error}", case.name);
                lenient += 1;
            }
            // Behind what a conversion stops at there may be something worse.
            (Err(error), Err(other)) => {
                if !is_about_plan(&error) {
                    assert_eq!(error.to_string(), other.to_string(), "{}", case.name);
                }
                refused += 1;
            }
            (Ok(_), Err(error)) => panic!("{}: {error}", case.name),
        }
    }
    assert!(alike > 80 && lenient > 5 && refused > 80, "{alike} {lenient} {refused}");
}

#[test]
fn shapes() {
    let many = inspected(
        "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 17.6\n-- Dumped by pg_dump version 18.0 (x)\n\n\
         -- Dumped from database version 9.9\nSET client_encoding = 'LATIN1';\nSET standard_conforming_strings = off;\n\
         CREATE TABLE public.t (id integer, v text);\nINSERT INTO public.t VALUES\n\t(1, 'a'),\n\t(2, 'b'),\n\t(3, 'c') ON CONFLICT DO NOTHING;\n\
         ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);\n\
         --\n-- PostgreSQL database dump complete\n--\n\n",
        Options::new().with_style(Style::Rows),
    );
    assert!(many.shape.full && !many.shape.cluster && many.shape.on_conflict_do_nothing);
    assert!(!many.shape.standard_conforming_strings);
    assert_eq!(many.shape.rows.iter().collect::<Vec<_>>(), [&RowForm::Inserts]);
    assert_eq!(many.shape.rows_per_insert, 3);
    assert_eq!(many.shape.client_encodings, ["LATIN1"]);
    assert_eq!(many.shape.server_version.as_deref(), Some("17.6"));
    assert_eq!(many.shape.pg_dump_version.as_deref(), Some("18.0 (x)"));
    assert_eq!(many.columns["public.t"], ["id", "v"]);
    assert_eq!(many.report.tables[0].key, ["id"]);
    assert_eq!(many.order_problems, Some(Vec::new()));
    let copy = inspected("COPY public.t (id) FROM stdin;\n1\n2\n\\.\n", Options::new());
    assert_eq!(copy.shape.rows.iter().collect::<Vec<_>>(), [&RowForm::Copy]);
    assert!(!copy.shape.full && copy.shape.standard_conforming_strings && !copy.shape.on_conflict_do_nothing);
    assert_eq!((copy.shape.rows_per_insert, copy.order_problems), (0, None));
}

/// A version is what the source's server says it is: a long one is cut, and nothing is decided by it.
#[test]
fn versions_are_text_of_strangers() {
    let hostile = "\u{1b}]0;x\u{7}".repeat(1000);
    let dump = format!("-- Dumped from database version {hostile}\nINSERT INTO public.t (id) VALUES (1);\n");
    let inspection = inspected(&dump, Options::new());
    assert_eq!(inspection.shape.server_version.unwrap().len(), 200);
    assert_eq!(inspection.report.rows_kept(), 1);
}

#[test]
fn databases_of_a_cluster() {
    let database = |name: &str, rows: &str| {
        format!(
            "\\connect {name}\n\n--\n-- PostgreSQL database dump\n--\n\n{rows}\n--\n-- PostgreSQL database dump complete\n--\n\n"
        )
    };
    let of = |name: &str| {
        format!(
            "CREATE TABLE public.{name} (id integer PRIMARY KEY, up integer REFERENCES public.{name});\n\
                 COPY public.{name} (id, up) FROM stdin;\n1\t\\N\n\\.\nSELECT pg_catalog.setval('public.s', 1, true);\n"
        )
    };
    let dump = [
        "--\n-- PostgreSQL database cluster dump\n--\n\n".to_owned(),
        database("template1", ""),
        database("first", &of("a")),
        database("second", &of("b")),
        "--\n-- PostgreSQL database cluster dump complete\n--\n\n".to_owned(),
    ]
    .concat();
    for style in [Style::Rows, Style::Staged] {
        let all = inspected(&dump, Options::new().with_style(style));
        let counts: Vec<_> = all
            .databases
            .iter()
            .map(|known| (&*known.name, known.rows, known.sequences))
            .collect();
        assert_eq!(counts, [("template1", 0, 0), ("first", 1, 1), ("second", 1, 1)]);
        assert_eq!(all.problems.len(), 1);
        assert_eq!(all.problems[0].kind, ErrorKind::UnsupportedShape);
        assert!(all.problems[0].message.ends_with("first, second") && all.shape.cluster);
        let kept = |inspection: &Inspection| -> Vec<_> {
            let tables = inspection.report.tables.iter();
            tables.map(|table| (table.table.clone(), table.rows_kept)).collect()
        };
        assert_eq!(kept(&all), [("public.a".to_owned(), 1), ("public.b".to_owned(), 0)]);
        let second = inspected(&dump, Options::new().with_style(style).with_database("second"));
        assert_eq!(kept(&second), [("public.a".to_owned(), 0), ("public.b".to_owned(), 1)]);
        assert!(second.problems.is_empty());
        let order = second.order_problems.unwrap();
        assert_eq!(order.len(), 1);
        assert_eq!(order[0].tables[0].to_string(), "public.b");
        let missing = inspected(&dump, Options::new().with_style(style).with_database("secnd"));
        assert!(missing.problems[0].message.contains("does not name a database `secnd`"));
        let plan = Options::new().with_style(style).with_database("secnd").build().unwrap();
        let error = convert(dump.as_bytes(), &mut Vec::new(), &plan).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownName);
    }
}

/// What stops a conversion is said of every table, and the rest is looked at all the same.
#[test]
fn missing_keys() {
    let dump = "INSERT INTO public.a (x) VALUES (1);\nINSERT INTO public.b (id) VALUES (1);\nINSERT INTO public.c VALUES (1, 2);\n\
                INSERT INTO public.c VALUES (3, 4);\nSELECT pg_catalog.lo_create('1');\n";
    let inspection = inspected(
        dump,
        Options::new()
            .with_style(Style::Rows)
            .with_losses(dumpsert::Losses::Error),
    );
    let kinds: Vec<_> = inspection
        .problems
        .iter()
        .map(|problem| (problem.table.as_deref(), problem.kind))
        .collect();
    let expected = [
        (Some("public.a"), ErrorKind::NoKey),
        (Some("public.c"), ErrorKind::UnsupportedShape),
        (None, ErrorKind::UnsupportedShape),
    ];
    assert_eq!(kinds, expected);
    let tables = &inspection.report.tables;
    assert_eq!((tables[0].rows_kept, tables[0].left_out["refused"]), (0, 1));
    assert_eq!((tables[1].rows_kept, tables[1].key_source), (1, Some("fallback")));
    assert_eq!((tables[2].rows_read, tables[2].left_out["refused"]), (2, 2));
    assert_eq!(inspection.report.skipped["large objects"], 1);
    assert!(!inspection.columns.contains_key("public.c"));
}

/// Names of databases are held in memory: so many as no cluster has are refused, whatever their number costs.
#[test]
fn databases_are_limited() {
    let mut dump = String::new();
    for number in 0..3000 {
        dump.push_str(&format!("\\connect db{number}\n\\connect db0\n"));
    }
    assert_eq!(inspected(&dump, Options::new()).databases.len(), 3000);
    let options = Options::new().with_limit(dumpsert::Limit::HeadsBytes, 1 << 20).unwrap();
    let error = inspect(dump.as_bytes(), &options.build().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.hint().is_some_and(|hint| hint.contains("heads_bytes")), "{error}");
}
