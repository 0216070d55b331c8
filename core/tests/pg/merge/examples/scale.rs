//! Wide tables, many tables, many column orders, and servers with few locks.

use std::fmt::Write as _;

use dumpsert::{Options, Style};
use dumpsert_testkit::{Cluster, Db};

use super::super::case::{Case, Shape};
use crate::support::{psql, script};

fn columns(count: usize, definition: &str) -> String {
    (1..count).map(|n| format!(", c{n} {definition}")).collect()
}

#[test]
fn tables_as_wide_as_they_can_be() {
    for (count, definition) in [
        (832, "integer"),
        (1600, "smallint"),
        (1600, "boolean"),
        (1600, "\"char\""),
    ] {
        let schema = format!("CREATE TABLE t (id integer PRIMARY KEY{});", columns(count, definition));
        let value = |n: usize| match definition {
            "boolean" => ["true", "false"][n % 2].to_owned(),
            "\"char\"" => format!("'{}'", ["a", "b"][n % 2]),
            _ => n.to_string(),
        };
        let row = |id: usize, shift: usize| {
            let values: String = (1..count)
                .map(|n| {
                    if n % 3 == 0 {
                        ", NULL".to_owned()
                    } else {
                        format!(", {}", value(n + shift))
                    }
                })
                .collect();
            format!("({id}{values})")
        };
        Case::new(
            &schema,
            &format!("INSERT INTO t VALUES {}, {}, {};", row(1, 0), row(2, 0), row(9, 5)),
            &format!("INSERT INTO t VALUES {}, {}, {};", row(1, 0), row(2, 1), row(3, 2)),
        )
        .passes_in_every_style();
    }
}

#[test]
fn a_wide_table_with_places_that_move() {
    let schema = format!(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL UNIQUE{}); CREATE UNIQUE INDEX ON t (v, c1);",
        columns(1599, "smallint")
    );
    Case::new(
        &schema,
        "INSERT INTO t (id, v, c1598) SELECT g, g, g FROM generate_series(1, 5) AS g;",
        "INSERT INTO t (id, v, c1598) SELECT g, g % 4 + 1, g FROM generate_series(1, 4) AS g;",
    )
    .only(&[Shape::Copy, Shape::Inserts])
    .passes();
}

#[test]
fn a_wide_table_without_a_key() {
    let schema = format!("CREATE TABLE t (id integer{});", columns(1600, "smallint"));
    Case::new(
        &schema,
        "INSERT INTO t (id, c1, c1599) VALUES (1, 1, 1), (9, 9, 9);",
        "INSERT INTO t (id, c1, c1599) VALUES (1, 1, 1), (2, 2, 2);",
    )
    .with(|options| options.with_no_key(dumpsert::NoKey::Match))
    .then("SELECT id FROM t ORDER BY id", &["1", "2", "9"])
    .only(&[Shape::Copy])
    .passes();
}

#[test]
fn a_table_without_columns_and_one_with_only_a_key() {
    Case::new(
        "CREATE TABLE k (id integer PRIMARY KEY); CREATE TABLE kk (a integer, b text, PRIMARY KEY (b, a));",
        "INSERT INTO k VALUES (1), (9); INSERT INTO kk VALUES (1, 'a'), (9, 'own');",
        "INSERT INTO k VALUES (1), (2); INSERT INTO kk VALUES (1, 'a'), (2, 'b');",
    )
    .passes_in_every_style();
}

#[test]
fn one_table_in_many_column_orders() {
    let schema =
        "CREATE TABLE t (id integer PRIMARY KEY, a integer UNIQUE, b integer, c integer, d integer, e integer);";
    let names = ["id", "a", "b", "c", "d", "e"];
    let mut orders = vec![Vec::new()];
    for _ in &names {
        orders = orders
            .iter()
            .flat_map(|order: &Vec<&str>| {
                names
                    .iter()
                    .filter(|name| !order.contains(name))
                    .map(|&name| [order.clone(), vec![name]].concat())
            })
            .collect();
    }
    let mut dump = String::new();
    for (id, order) in orders.iter().enumerate() {
        let values: Vec<String> = order
            .iter()
            .map(|name| match *name {
                "id" => id.to_string(),
                "a" => (id + 1).to_string(),
                _ => "7".to_owned(),
            })
            .collect();
        writeln!(
            dump,
            "INSERT INTO public.t ({}) VALUES ({});",
            order.join(", "),
            values.join(", ")
        )
        .unwrap();
    }
    let count = orders.len();
    assert_eq!(count, 720);
    Case::new(
        schema,
        &format!(
            "INSERT INTO t SELECT g, g, 7, 7, 7, 7 FROM generate_series(0, {}) AS g;",
            count / 2
        ),
        &format!(
            "INSERT INTO t SELECT g, g + 1, 7, 7, 7, 7 FROM generate_series(0, {}) AS g;",
            count - 1
        ),
    )
    .dumped_as(&dump)
    .only(&[Shape::Copy])
    .passes();
}

fn tables(count: usize) -> String {
    let body = "EXECUTE format('CREATE TABLE public.t%s (id integer PRIMARY KEY, p integer, v text)', n);";
    // Not in one transaction: it would need all the locks at once.
    (0..count.div_ceil(50))
        .map(|part| {
            format!(
                "DO $$ BEGIN FOR n IN {} .. {} LOOP {body} END LOOP; END $$;\n",
                part * 50,
                (part * 50 + 49).min(count - 1)
            )
        })
        .collect()
}

/// COPY sections of all tables, a row in each that is named.
fn dump_of(count: usize, has_row: impl Fn(usize) -> bool) -> String {
    let mut dump = "SET statement_timeout = 0;\nSET client_encoding = 'UTF8';\n\n".to_owned();
    for n in 0..count {
        let row = if has_row(n) { "1\t\\N\tone\n" } else { "" };
        write!(dump, "COPY public.t{n} (id, p, v) FROM stdin;\n{row}\\.\n\n\n").unwrap();
    }
    dump
}

fn few_locks() -> (Cluster, Db) {
    let cluster = Cluster::start_with(&[
        ("max_locks_per_transaction", "10"),
        ("max_connections", "10"),
        ("max_worker_processes", "2"),
        ("max_wal_senders", "0"),
        ("autovacuum_max_workers", "1"),
    ]);
    let db = cluster.create("many");
    (cluster, db)
}

fn staged() -> Options {
    Options::new().with_style(Style::Staged)
}

#[test]
fn tables_without_a_row_need_no_lock() {
    let (_cluster, db) = few_locks();
    db.execute(&tables(2500));
    let dump = dump_of(2500, |n| n == 7 || n == 2400);
    psql(&db, "postgres", &script(dump.as_bytes(), staged())).expect_success();
    assert_eq!(db.value("SELECT v FROM public.t7").as_deref(), Some("one"));
    assert_eq!(db.value("SELECT v FROM public.t2400").as_deref(), Some("one"));
    psql(&db, "postgres", &script(dump.as_bytes(), staged())).expect_success();
}

#[test]
fn more_tables_than_locks_are_refused_before_the_first_row() {
    let (_cluster, db) = few_locks();
    db.execute(&tables(2500));
    let dump = dump_of(2500, |_| true);
    let script = script(dump.as_bytes(), staged());
    let run = psql(&db, "postgres", &script);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(run.stderr.contains("max_locks_per_transaction"), "{}", run.stderr);
    assert!(
        run.stderr.contains("dumpsert: ") && run.stderr.contains("nothing was changed"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("10"), "the setting's value: {}", run.stderr);
    assert!(
        !run.stderr.contains("COPY dumpsert_stage"),
        "rows came first: {}",
        run.stderr
    );
    assert_eq!(db.value("SELECT count(*) FROM public.t7").as_deref(), Some("0"));
}

#[test]
fn many_tables_do_not_read_the_catalog_again_and_again() {
    // Rows that sequential scans of system catalogs return, in the transaction of the merge: for each table as many as the
    // catalogs have would be thousands.
    let count = 120;
    let db = Cluster::shared().create_unique("many");
    db.execute(&tables(count));
    db.execute("VACUUM ANALYZE");
    let dump: String = (0..count)
        .map(|n| format!("INSERT INTO public.t{n} (id, p, v) VALUES (1, NULL, 'one');\n"))
        .collect();
    let catalog = dumpsert::Catalog::from_schema_sql(db.pg_dump(&["--schema-only"])).unwrap();
    for style in [Style::Rows, Style::Batches, Style::Staged] {
        let options = Options::new().with_style(style).with_catalog(catalog.clone()).unwrap();
        let script = String::from_utf8(script(dump.as_bytes(), options)).unwrap();
        let read = "SELECT 'read ' || relname || ' ' || seq_tup_read FROM pg_catalog.pg_stat_xact_sys_tables WHERE schemaname = 'pg_catalog' AND relname = 'pg_depend';\n";
        let (head, tail) = script.rsplit_once("COMMIT;").unwrap();
        let run = psql(&db, "postgres", format!("{head}{read}COMMIT;{tail}").as_bytes()).expect_success();
        let line = run
            .stdout
            .lines()
            .find_map(|line| line.trim().strip_prefix("read pg_depend "))
            .unwrap_or("0")
            .to_owned();
        let rows: u64 = line.parse().unwrap();
        let all: u64 = db
            .value("SELECT count(*) FROM pg_catalog.pg_depend")
            .unwrap()
            .parse()
            .unwrap();
        assert!(
            rows < all * 20,
            "{style:?}: {rows} rows of pg_depend read one after the other, which has {all}"
        );
    }
}
