//! Rows that are left out, and what references them.

use dumpsert::{Catalog, NoKey, Options, Rewriter, Style};
use dumpsert_testkit::Cluster;

use crate::support::{Target, inserts, psql, script, try_script};

const STYLES: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];

#[test]
fn half_a_reference_is_never_null_where_it_is_matched_in_full() {
    for (set, is_refused) in [
        ("SET NULL (b)", true),
        ("SET NULL", false),
        ("SET DEFAULT (b)", true),
        ("SET DEFAULT", false),
    ] {
        // A list of columns came with 15.
        if set.ends_with("(b)") && Cluster::shared().major() < 15 {
            continue;
        }
        let schema = format!(
            "CREATE TABLE public.p (a integer, b integer, PRIMARY KEY (a, b));
             CREATE TABLE public.c (id integer PRIMARY KEY, a integer, b integer, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES public.p (a, b) MATCH FULL ON DELETE {set});"
        );
        let dump = [
            inserts("public.p", "a, b", &["1, 1", "2, 2"]),
            inserts("public.c", "id, a, b", &["1, 1, 1", "2, 2, 2", "3, NULL, NULL"]),
        ]
        .concat();
        for style in STYLES {
            let options = Options::new()
                .with_style(style)
                .with_catalog(Catalog::from_schema_sql(&schema).unwrap())
                .unwrap()
                .with_excluded_rows("public.p: a = 1")
                .unwrap();
            // Planning may refuse it already.
            let written = options
                .clone()
                .build()
                .ok()
                .map(|_| try_script(dump.as_bytes(), options.clone()));
            let is_written = written.as_ref().is_some_and(|(_, result)| result.is_ok());
            if !is_written {
                assert!(
                    is_refused,
                    "{style:?} {set}: {:?}",
                    written.map(|(_, result)| result.map(|_| ()))
                );
                continue;
            }
            // Without the constraint the target takes whatever comes.
            let target = Target::new(&format!("{schema} ALTER TABLE public.c DROP CONSTRAINT f;"));
            let run = psql(&target.db, "postgres", &written.unwrap().0);
            let half = target.rows("SELECT id FROM public.c WHERE (a IS NULL) <> (b IS NULL)");
            assert_eq!(half, Vec::<String>::new(), "{style:?} {set}");
            // Where PostgreSQL refuses such a deletion, the row that could neither stay nor change goes, as where a column is NOT NULL.
            if is_refused && run.status == 0 {
                assert_eq!(
                    target.rows("SELECT id FROM public.c ORDER BY id"),
                    ["2", "3"],
                    "{style:?} {set}"
                );
            }
        }
    }
}

/// The driven machine, without a reading before.
fn driven(dump: &[u8], options: &Options) -> Result<Vec<u8>, String> {
    let plan = options.clone().build().map_err(|error| error.to_string())?;
    let mut own = Vec::new();
    let mut rewriter = Rewriter::new(&plan);
    for chunk in dump.chunks(61) {
        rewriter.write(chunk, &mut own).map_err(|error| error.to_string())?;
    }
    rewriter.finish(&mut own).map_err(|error| error.to_string())?;
    Ok(own)
}

#[test]
fn the_driven_machine_leaves_out_the_same_or_refuses() {
    const SCHEMA: &str = "CREATE TABLE public.p (id integer PRIMARY KEY, v text);
        CREATE TABLE public.nokey (id integer UNIQUE, v text);
        CREATE TABLE public.c (id integer PRIMARY KEY, p integer REFERENCES public.p (id) ON DELETE CASCADE);
        CREATE TABLE public.n (id integer PRIMARY KEY, k integer REFERENCES public.nokey (id) ON DELETE CASCADE);
        CREATE TABLE public.g (id integer PRIMARY KEY, c integer REFERENCES public.c (id) ON DELETE CASCADE);";
    let rows = [
        inserts("public.p", "id, v", &["1, 'a'", "2, 'b'"]),
        inserts("public.nokey", "id, v", &["1, 'a'", "2, 'b'", "NULL, 'c'"]),
        inserts("public.c", "id, p", &["1, 1", "2, 2", "3, NULL"]),
        inserts("public.n", "id, k", &["1, 1", "2, 2", "3, NULL"]),
        inserts("public.g", "id, c", &["1, 1", "2, 2", "3, 3"]),
    ];
    let forward = rows.concat();
    let backward: String = rows.iter().rev().map(String::as_str).collect();
    type Choose = fn(Options) -> dumpsert::Result<Options>;
    let choices: [(&str, Choose); 8] = [
        ("a rule and a table", |options| {
            options
                .with_excluded_rows("public.p: id = 1")?
                .with_excluded_table("public.p")
        }),
        ("a rule and a table by its bare name", |options| {
            options.with_excluded_rows("public.p: id = 1")?.with_excluded_table("p")
        }),
        ("a table", |options| options.with_excluded_table("public.p")),
        ("a rule and the other tables", |options| {
            options
                .with_excluded_rows("public.p: id = 1")?
                .with_only_table("public.c")?
                .with_only_table("public.g")
        }),
        ("only children", |options| options.with_only_table("public.c")),
        ("a rule and no key", |options| {
            Ok(options
                .with_excluded_rows("public.nokey: id = 1")?
                .with_no_key(NoKey::Skip))
        }),
        ("no key", |options| Ok(options.with_no_key(NoKey::Skip))),
        ("a rule", |options| options.with_excluded_rows("public.p: id = 1")),
    ];
    for style in STYLES {
        for (name, choose) in choices {
            for (order, dump) in [("forward", &forward), ("backward", &backward)] {
                let context = format!("{style:?}, {name}, {order}");
                let options = Options::new()
                    .with_style(style)
                    .with_catalog(Catalog::from_schema_sql(SCHEMA).unwrap())
                    .unwrap()
                    .with_no_key(NoKey::Insert);
                let Ok(options) = choose(options) else {
                    panic!("{context}")
                };
                let (whole, result) = try_script(dump.as_bytes(), options.clone());
                match (driven(dump.as_bytes(), &options), result) {
                    (Ok(own), Ok(_)) => assert!(own == whole, "{context}: another script by one reading"),
                    (Ok(_), Err(error)) => panic!("{context}: {error}, and the driven machine wrote"),
                    (Err(_), _) => {}
                }
            }
        }
    }
}

#[test]
fn children_of_a_table_that_is_left_out() {
    // What the conversion says of them by two readings it does to a target as well.
    let schema = "CREATE TABLE public.p (id integer PRIMARY KEY, v text); CREATE TABLE public.c (id integer PRIMARY KEY, p integer REFERENCES public.p (id) ON DELETE CASCADE);";
    let dump = [
        inserts("public.p", "id, v", &["1, 'demo'", "2, 'b'"]),
        inserts("public.c", "id, p", &["1, 1", "2, 2"]),
    ]
    .concat();
    for style in STYLES {
        let options = Options::new()
            .with_style(style)
            .with_catalog(Catalog::from_schema_sql(schema).unwrap())
            .unwrap()
            .with_excluded_rows("public.p: id = 1")
            .unwrap()
            .with_excluded_table("public.p")
            .unwrap();
        let target = Target::new(&format!(
            "{schema} INSERT INTO public.p VALUES (1, 'here'), (2, 'here');"
        ));
        psql(&target.db, "postgres", &script(dump.as_bytes(), options)).expect_success();
        assert_eq!(target.rows("SELECT id FROM public.c"), ["2"], "{style:?}");
        assert_eq!(
            target.rows("SELECT * FROM public.p ORDER BY id"),
            ["1|here", "2|here"],
            "{style:?}"
        );
    }
}
