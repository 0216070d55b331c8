//! Which rows are one: by the equality of the index, and by values that print the same whatever the session's settings are.

use dumpsert::NoKey;

use super::super::case::{Case, Shape};

const CI: &str = "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);";
const STAGED: [Shape; 3] = [Shape::Copy, Shape::Inserts, Shape::Shuffled];

#[test]
fn duplicates_by_the_collation_of_the_index() {
    for table in [
        "CREATE TABLE t (k text NOT NULL, v text); CREATE UNIQUE INDEX ON t (k COLLATE ci);",
        "CREATE TABLE t (k text COLLATE ci PRIMARY KEY, v text);",
        "CREATE TABLE t (k text COLLATE ci NOT NULL, v text, UNIQUE (k));",
    ] {
        let dump =
            "INSERT INTO public.t (k, v) VALUES ('a', 'one');\nINSERT INTO public.t (k, v) VALUES ('A', 'two');\n";
        for here in [
            "",
            "INSERT INTO t VALUES ('z', 'own');",
            "INSERT INTO t VALUES ('a', 'old');",
            "INSERT INTO t VALUES ('A', 'two');",
        ] {
            Case::new(&format!("{CI} {table}"), here, "")
                .dumped_as(dump)
                .only(&STAGED)
                .refused(&["public.t"]);
        }
    }
    // With a case-insensitive column and an index that tells the cases apart there are two rows.
    Case::new(
        &format!(
            "{CI} CREATE TABLE t (k text COLLATE ci NOT NULL, v text); CREATE UNIQUE INDEX ON t (k COLLATE \"C\");"
        ),
        "INSERT INTO t VALUES ('a', 'old'), ('b', 'own');",
        "INSERT INTO t VALUES ('a', 'one'), ('A', 'two');",
    )
    .then("SELECT * FROM t ORDER BY k COLLATE \"C\"", &["A|two", "a|one", "b|own"])
    .only(&STAGED)
    .passes();
}

#[test]
fn duplicates_by_the_equality_of_the_type() {
    for (column, one, two) in [
        ("numeric", "1.0", "1.00"),
        ("character(4)", "'a'", "'a '"),
        ("double precision", "0", "'-0'"),
        ("interval", "'1 day'", "'24 hours'"),
        ("jsonb", "'1.0'", "'1.00'"),
        ("timestamptz", "'2024-01-01 00:00+00'", "'2024-01-01 01:00+01'"),
        ("numeric[]", "'{1.0}'", "'{1.00}'"),
        ("bigint", "1", "'01'"),
    ] {
        eprintln!("{column}");
        let dump = format!(
            "INSERT INTO public.t (k, v) VALUES ({one}, 'one');\nINSERT INTO public.t (k, v) VALUES ({two}, 'two');\n"
        );
        for here in ["".to_owned(), format!("INSERT INTO t VALUES ({two}, 'old');")] {
            Case::new(&format!("CREATE TABLE t (k {column} PRIMARY KEY, v text);"), &here, "")
                .dumped_as(&dump)
                .only(&STAGED)
                .refused(&["public.t"]);
        }
    }
}

/// Settings of the target's database that change how values print or are read.
const SETTINGS: [&str; 12] = [
    "DateStyle = 'SQL, DMY'",
    "DateStyle = 'Postgres, MDY'",
    "DateStyle = 'German'",
    "TimeZone = 'Europe/Moscow'",
    "IntervalStyle = 'sql_standard'",
    "extra_float_digits = -15",
    "bytea_output = 'escape'",
    "lc_monetary = 'C'",
    "array_nulls = off",
    "xmlbinary = 'hex'",
    "quote_all_identifiers = on",
    "search_path = ''",
];

fn with_settings(table: &str, settings: &[&str]) -> String {
    let sets: String = settings
        .iter()
        .map(|setting| {
            format!(
                "EXECUTE format('ALTER DATABASE %I SET {}', current_database());",
                setting.replace('\'', "''")
            )
        })
        .collect();
    format!("{table} DO $$ BEGIN {sets} END $$;")
}

#[test]
fn instants_that_print_alike() {
    // Moscow's clock was put back in 2014 without another name for its time: both are 01:30 MSK.
    for (column, one, two) in [
        ("timestamptz", "'2014-10-25 21:30:00+00'", "'2014-10-25 22:30:00+00'"),
        (
            "tstzrange",
            "'[2014-10-25 21:30:00+00,2014-10-25 21:40:00+00)'",
            "'[2014-10-25 22:30:00+00,2014-10-25 22:40:00+00)'",
        ),
        (
            "timestamptz[]",
            "'{2014-10-25 21:30:00+00}'",
            "'{2014-10-25 22:30:00+00}'",
        ),
    ] {
        for style in ["SQL, DMY", "Postgres, MDY", "German"] {
            let schema = with_settings(
                &format!("CREATE TABLE public.t (at {column}, n integer);"),
                &["TimeZone = 'Europe/Moscow'", &format!("DateStyle = '{style}'")],
            );
            Case::new(
                &schema,
                &format!("INSERT INTO public.t VALUES ({one}, 1);"),
                &format!("INSERT INTO public.t VALUES ({two}, 1);"),
            )
            .with(|options| options.with_no_key(NoKey::Match))
            .then("SELECT count(*) FROM public.t", &["2"])
            .only(&STAGED)
            .passes();
        }
    }
}

#[test]
fn other_values_that_print_alike() {
    for (setting, column, one, two) in [
        ("extra_float_digits = -15", "double precision", "1.25", "1.26"),
        ("extra_float_digits = -15", "real[]", "'{1.25}'", "'{1.26}'"),
        ("extra_float_digits = -15", "point", "'(1.25,2)'", "'(1.26,2)'"),
        ("IntervalStyle = 'sql_standard'", "interval", "'1 month'", "'30 days'"),
        ("bytea_output = 'escape'", "bytea", "'\\x5c'", "'\\x5c5c'"),
        (
            "array_nulls = off",
            "text[]",
            "'{\"NULL\"}'::text[]",
            "ARRAY[NULL]::text[]",
        ),
    ] {
        eprintln!("{setting} {column}");
        Case::new(
            &with_settings(&format!("CREATE TABLE public.t (v {column}, n integer);"), &[setting]),
            &format!("INSERT INTO public.t VALUES ({one}, 1);"),
            &format!("INSERT INTO public.t VALUES ({two}, 1);"),
        )
        .with(|options| options.with_no_key(NoKey::Match))
        .then("SELECT count(*) FROM public.t", &["2"])
        .only(&STAGED)
        .passes();
    }
}

#[test]
fn every_value_under_every_setting() {
    let table = "CREATE SCHEMA s;
        CREATE TABLE public.t (id integer PRIMARY KEY, d date, at timestamptz, ts timestamp, i interval, f double precision, r real, b bytea, m money, a text[], ai integer[], p point,
          rg tstzrange, x jsonb, n numeric, tz timetz, CHECK (d IS NULL OR d > '2000-02-03'), CHECK (i <> interval '-1 day +2 hours' OR i IS NULL));
        CREATE TABLE public.part (id integer, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
        CREATE TABLE public.part_1 PARTITION OF public.part FOR VALUES FROM ('2024-02-03') TO ('2024-05-04'); CREATE TABLE public.part_2 PARTITION OF public.part DEFAULT;
        CREATE UNIQUE INDEX ON public.t (f) WHERE f > 0.1234567890123456 AND d > '2024-02-03';
        CREATE TABLE public.m (d date, at timestamptz, i interval, f double precision, b bytea, m money, a text[]);";
    let row = |id: u32, day: &str| {
        format!(
            "({id}, '{day}', '{day} 01:02:03.456789+05:30', '{day} 04:05:06', '-1 mons +2 days -03:04:05', {id}.1234567890123456, 1.1, '\\x00ff5c27', {id}, '{{NULL,\"NULL\",a}}', '{{1,NULL}}', '(0.1,1e300)',
              '[{day},{day} 10:00]', '{{\"a\": 1.10}}', 1.10, '01:02:03+05:30')"
        )
    };
    let nokey = |day: &str| {
        format!(
            "('{day}', '{day} 01:02:03+05:30', '-1 mons +2 days -03:04:05', 0.1234567890123456, '\\xff', 1, '{{NULL,\"NULL\"}}')"
        )
    };
    let rows = |t: &str, m: &str, p: &str| {
        format!("INSERT INTO public.t VALUES {t}; INSERT INTO public.m VALUES {m}; INSERT INTO public.part VALUES {p};")
    };
    let here = rows(
        &[row(1, "2024-03-04"), row(2, "2024-03-04"), row(9, "2024-12-11")].join(", "),
        &[nokey("2024-03-04"), nokey("2024-12-11")].join(", "),
        "(1, '2024-03-04'), (9, '2024-12-11')",
    );
    let there = rows(
        &[row(1, "2024-03-04"), row(2, "2024-04-03"), row(3, "2024-06-07")].join(", "),
        &[nokey("2024-03-04"), nokey("2024-04-03")].join(", "),
        "(1, '2024-03-04'), (2, '2024-04-03'), (3, '2024-02-03'), (4, '2024-05-04')",
    );
    // `there` and `here` are loaded in the session of the settings too: their values have one meaning in each.
    let load = |sql: &str| {
        format!("SET DateStyle = ISO; SET TimeZone = 'UTC'; SET IntervalStyle = postgres; SET array_nulls = on; {sql}")
    };
    for setting in SETTINGS {
        eprintln!("{setting}");
        Case::new(&with_settings(table, &[setting]), &load(&here), &load(&there))
            .with(|options| options.with_no_key(NoKey::Match))
            .then("SELECT count(*) FROM public.m", &["3"])
            .only(&[Shape::Copy, Shape::Inserts])
            .passes();
    }
}

#[test]
fn settings_of_plpgsql_and_of_planning_do_not_matter() {
    for setting in [
        "plpgsql.variable_conflict = 'use_column'",
        "plpgsql.extra_errors = 'all'",
        "plpgsql.extra_warnings = 'all'",
        "transform_null_equals = on",
        "default_transaction_isolation = 'serializable'",
        "default_transaction_isolation = 'repeatable read'",
        "default_transaction_deferrable = on",
        "row_security = off",
        "check_function_bodies = off",
        "enable_nestloop = off",
        "enable_hashjoin = off",
        "enable_tidscan = off",
        "enable_indexscan = off",
        "work_mem = '64kB'",
        "temp_buffers = '800kB'",
        "plan_cache_mode = 'force_generic_plan'",
        "constraint_exclusion = off",
        "from_collapse_limit = 1",
        "default_with_oids = off",
        "client_min_messages = error",
        "max_parallel_workers_per_gather = 0",
        "enable_partition_pruning = off",
        "jit = on",
    ] {
        eprintln!("{setting}");
        let schema = with_settings(
            "CREATE TABLE public.p (id integer PRIMARY KEY, code text NOT NULL UNIQUE, v integer UNIQUE);
             CREATE TABLE public.c (id integer PRIMARY KEY, code text REFERENCES public.p (code) ON UPDATE CASCADE);",
            &[setting],
        );
        Case::new(
            &schema,
            "INSERT INTO public.p SELECT g, 'c' || g, CASE WHEN g > 30 THEN g + 1000 ELSE g END FROM generate_series(1, 40) AS g;
             INSERT INTO public.c SELECT g, 'c' || g FROM generate_series(1, 40) AS g;",
            "INSERT INTO public.p SELECT g, 'c' || g % 30 + 1, g + 1 FROM generate_series(1, 30) AS g;
             INSERT INTO public.c SELECT g, 'c' || g FROM generate_series(1, 30) AS g;",
        )
        .only(&[Shape::Copy])
        .then("SELECT code FROM public.c WHERE id > 30 ORDER BY id LIMIT 2", &["c31", "c32"])
        .passes();
    }
}
