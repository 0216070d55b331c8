//! Inputs by which memory or time could grow beyond all proportion: of each kind one, in any size.
//!
//! Tests convert them and count, benchmarks look at the clock. What they hold is legal as far as anybody can see before it
//! is too much, or is refused with an error that says so.

use std::fmt::Write as _;

/// What goes in.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The dump.
    pub dump: Vec<u8>,
    /// Schema SQL beside it.
    pub schema: Option<String>,
    /// Or catalog JSON.
    pub catalog: Option<String>,
    /// Options as JSON.
    pub options: &'static str,
}

/// One kind of input.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What it is, in words.
    pub name: &'static str,
    /// Makes it in a size: so many of whatever there are many of.
    pub make: fn(usize) -> Input,
    /// A size that takes no time where time is in proportion.
    pub size: usize,
    /// The kind of the error that it ends with; none if it is converted.
    pub error: Option<&'static str>,
    /// How what has to be known grows with the size: 2 where a catalog must have the square of what the input says.
    pub power: u32,
}

const fn kind(name: &'static str, size: usize, make: fn(usize) -> Input) -> Kind {
    Kind {
        name,
        make,
        size,
        error: None,
        power: 1,
    }
}

const fn square(name: &'static str, size: usize, make: fn(usize) -> Input) -> Kind {
    Kind {
        power: 2,
        ..kind(name, size, make)
    }
}

const fn refused(name: &'static str, error: &'static str, size: usize, make: fn(usize) -> Input) -> Kind {
    Kind {
        name,
        make,
        size,
        error: Some(error),
        power: 1,
    }
}

const ROWS: &str = r#"{"style": "rows"}"#;
const STAGED: &str = r#"{"style": "staged"}"#;
const LOOSE: &str = r#"{"style": "rows", "no_key": "insert"}"#;

/// A dump with a table of its own, and what is between it and its rows.
fn full(ddl: String) -> Input {
    let mut dump = String::from("CREATE TABLE public.t (id integer NOT NULL, v text);\n");
    dump.push_str(&ddl);
    dump.push_str("INSERT INTO public.t (id, v) VALUES (2, 'x');\n");
    dump.push_str("ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);\n");
    Input {
        dump: dump.into_bytes(),
        options: ROWS,
        ..Input::default()
    }
}

/// One row beside a schema.
fn beside(schema: String, options: &'static str) -> Input {
    Input {
        dump: b"INSERT INTO public.t (id, v) VALUES (2, 'x');\n".to_vec(),
        schema: Some(format!(
            "CREATE TABLE public.t (id integer PRIMARY KEY, v text);\n{schema}"
        )),
        options,
        ..Input::default()
    }
}

fn rows(dump: String, options: &'static str) -> Input {
    Input {
        dump: dump.into_bytes(),
        options,
        ..Input::default()
    }
}

fn repeat(count: usize, mut line: impl FnMut(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        text.push_str(&line(number));
        text
    })
}

fn list(count: usize, item: impl FnMut(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(", ")
}

/// The most columns that a table can have, with the longest names.
fn wide(count: usize) -> String {
    list(count.min(1600), |at| format!("\"{at:04}{}\"", "я".repeat(59)))
}

/// Partitions, and for each a statement about their root.
fn partitioned(count: usize, statement: impl FnMut(usize) -> String) -> Input {
    let mut ddl = String::from("CREATE TABLE public.p (a integer NOT NULL, b integer) PARTITION BY LIST (a);\n");
    ddl += &repeat(count, |n| {
        format!("CREATE TABLE public.p{n} PARTITION OF public.p FOR VALUES IN ({n});\n")
    });
    ddl += &repeat(count, statement);
    full(ddl)
}

/// Every kind.
#[rustfmt::skip]
pub const KINDS: &[Kind] = &[
    // Output for input.
    refused("column name of 100 kB over many rows", "too_large", 2000, |n| {
        rows(format!("INSERT INTO public.t (\"{}\") VALUES (1){};\n", "x".repeat(100_000), ", (1)".repeat(n)), LOOSE)
    }),
    kind("long head, short rows", 300, |n| {
        let values = list(1600, |_| "1".to_owned());
        rows(format!("INSERT INTO public.t ({}) VALUES ({values}){};\n", wide(1600), format!(", ({values})").repeat(n)), LOOSE)
    }),
    kind("long head, short lines", 300, |n| {
        let line = vec!["1"; 1600].join("\t");
        rows(format!("COPY public.t ({}) FROM stdin;\n{}\\.\n", wide(1600), format!("{line}\n").repeat(n)), LOOSE)
    }),
    kind("lines of no columns", 100_000, |n| {
        rows(format!("COPY public.t  FROM stdin;\n{}\\.\n", "\n".repeat(n)), STAGED)
    }),
    kind("one row, many times", 100_000, |n| {
        rows(format!("INSERT INTO public.t (id, v) VALUES (2, 'x'){};\n", ", (2, 'x')".repeat(n)), ROWS)
    }),
    // LIKE.
    refused("LIKE twice, chained", "invalid_catalog", 40, |n| {
        full(format!("CREATE TABLE t0 (a integer);\n{}", repeat(n, |at| format!("CREATE TABLE t{} (LIKE t{at}, LIKE t{at});\n", at + 1))))
    }),
    refused("LIKE of different tables, chained", "too_large", 30, |n| {
        full(format!("CREATE TABLE a0 (a0 integer);\n{}", repeat(n, |at| format!(
            "CREATE TABLE b{at} (LIKE a{at});\n{}CREATE TABLE a{} (LIKE a{at}, LIKE b{at});\n",
            repeat(1 << at.min(11), |c| format!("ALTER TABLE b{at} RENAME COLUMN a{c} TO a{};\n", c + (1 << at.min(11)))), at + 1))))
    }),
    kind("LIKE of a wide table", 100, |n| {
        full(format!("CREATE TABLE w ({});\n{}", list(100, |c| format!("c{c} integer")), repeat(n, |at| format!("CREATE TABLE l{at} (LIKE w);\n"))))
    }),
    // Depth.
    kind("DEFAULT in parentheses", 30_000, |n| full(format!("CREATE TABLE d (c integer DEFAULT {}1{});\n", "(".repeat(n), ")".repeat(n)))),
    kind("DEFAULT in casts", 10_000, |n| full(format!("CREATE TABLE d (c text DEFAULT {}'x'{});\n", "CAST(".repeat(n), " AS text)".repeat(n)))),
    kind("CHECK in parentheses", 30_000, |n| full(format!("CREATE TABLE d (c integer CHECK ({}c > 0{}));\n", "(".repeat(n), ")".repeat(n)))),
    kind("generated column, deep", 30_000, |n| full(format!("CREATE TABLE d (a integer, c integer GENERATED ALWAYS AS ({}a{}) STORED);\n", "(".repeat(n), " + 1)".repeat(n)))),
    kind("partition bound, deep", 30_000, |n| full(format!("CREATE TABLE p (a integer) PARTITION BY LIST (a);\nCREATE TABLE p0 PARTITION OF p FOR VALUES IN ({}1{});\n", "(".repeat(n), ")".repeat(n)))),
    kind("index on an expression, deep", 30_000, |n| full(format!("CREATE UNIQUE INDEX i ON public.t ({}id{});\n", "(".repeat(n), ")".repeat(n)))),
    kind("array of arrays", 30_000, |n| full(format!("CREATE TABLE d (c integer{});\n", "[]".repeat(n)))),
    kind("view, deep", 30_000, |n| full(format!("CREATE VIEW w AS SELECT {}1{};\n", "(".repeat(n), ")".repeat(n)))),
    kind("CASE in CASE", 30_000, |n| full(format!("CREATE TABLE d (c integer DEFAULT {}1{});\n", "CASE WHEN true THEN ".repeat(n), " END".repeat(n)))),
    kind("comments in comments", 30_000, |n| full(format!("{} {}\n", "/*".repeat(n), "*/".repeat(n)))),
    kind("body in BEGIN ATOMIC, deep", 30_000, |n| full(format!("CREATE FUNCTION f() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT {} 1 {}; END;\n", "CASE WHEN true THEN ".repeat(n), " END".repeat(n)))),
    refused("condition, deep", "too_large", 30_000, |n| {
        let condition = format!("public.t: {}id = 1{}", "(".repeat(n), ")".repeat(n));
        Input { options: Box::leak(format!(r#"{{"style": "rows", "exclude": ["{condition}"]}}"#).into_boxed_str()), ..beside(String::new(), ROWS) }
    }),
    refused("condition of many ANDs", "too_large", 30_000, |n| {
        let condition = format!("public.t: id = 1{}", " AND id = 1".repeat(n));
        Input { options: Box::leak(format!(r#"{{"style": "rows", "exclude": ["{condition}"]}}"#).into_boxed_str()), ..beside(String::new(), ROWS) }
    }),
    kind("condition with a long list", 30_000, |n| {
        let condition = format!("public.t: id IN ({})", list(n, |at| at.to_string()));
        Input { options: Box::leak(format!(r#"{{"style": "rows", "exclude": ["{condition}"]}}"#).into_boxed_str()), ..beside(String::new(), ROWS) }
    }),
    kind("LIKE pattern of many wildcards", 2_000, |n| {
        let condition = format!("public.t: v LIKE '{}b'", "%a".repeat(n));
        let dump = repeat(50, |at| format!("INSERT INTO public.t (id, v) VALUES ({at}, '{}');\n", "a".repeat(3000)));
        Input { dump: dump.into_bytes(), options: Box::leak(format!(r#"{{"style": "rows", "exclude": ["{condition}"]}}"#).into_boxed_str()), ..beside(String::new(), ROWS) }
    }),
    refused("catalog JSON, deep", "invalid_catalog", 30_000, |n| Input {
        catalog: Some(format!("{{\"version\": 1, \"tables\": {}{}}}", "[".repeat(n), "]".repeat(n))),
        dump: b"INSERT INTO public.t (id, v) VALUES (2, 'x');\n".to_vec(),
        options: ROWS,
        schema: None,
    }),
    refused("catalog JSON, partitions of each other", "invalid_catalog", 2_000, |n| Input {
        catalog: Some(format!("{{\"version\": 1, \"tables\": [{}]}}", list(n, |at| format!(
            r#"{{"schema": "public", "name": "t{at}", "kind": "table", "partition_of": {{"schema": "public", "name": "t{}"}}, "columns": [], "keys": [], "foreign_keys": []}}"#, at + 1)))),
        dump: b"INSERT INTO public.t (id, v) VALUES (2, 'x');\n".to_vec(),
        options: ROWS,
        schema: None,
    }),
    kind("catalog JSON, domains upon each other", 5_000, |n| Input {
        catalog: Some(format!(
            r#"{{"version": 1, "tables": [{{"schema": "public", "name": "t", "kind": "table", "columns": [
               {{"name": "id", "type": "public.d{n}", "not_null": true, "has_default": false, "generated": false}},
               {{"name": "v", "type": "text", "not_null": false, "has_default": false, "generated": false}}],
               "keys": [{{"name": "k", "primary": true, "columns": ["id"], "nulls_not_distinct": false, "arbiter": true}}], "foreign_keys": []}}],
               "types": [{}, {{"schema": "public", "name": "d0", "kind": {{"domain": {{"base_type": "integer", "not_null": false}}}}}}]}}"#,
            list(n, |at| format!(r#"{{"schema": "public", "name": "d{}", "kind": {{"domain": {{"base_type": "public.d{at}", "not_null": false}}}}}}"#, at + 1)))),
        dump: b"INSERT INTO public.t (id, v) VALUES (2, 'x');\n".to_vec(),
        options: r#"{"style": "rows", "exclude": ["public.t: id = 1"]}"#,
        schema: None,
    }),
    // Names and counts.
    refused("setval with names of 1 MB", "too_large", 20, |n| {
        rows(repeat(n, |_| format!("SELECT pg_catalog.setval('public.{}', 1, true);\n", "x".repeat(1 << 20))), ROWS)
    }),
    kind("setval of many sequences", 20_000, |n| {
        rows(repeat(n, |at| format!("SELECT pg_catalog.setval('public.{}{at}', 1, true);\n", "x".repeat(50))), ROWS)
    }),
    refused("too many columns", "too_large", 5_000, |n| {
        rows(format!("INSERT INTO public.t ({}) VALUES (1);\n", list(1601 + n, |at| format!("c{at}"))), ROWS)
    }),
    refused("too many columns in a COPY", "too_large", 5_000, |n| {
        rows(format!("COPY public.t ({}) FROM stdin;\n\\.\n", list(1601 + n, |at| format!("c{at}"))), ROWS)
    }),
    refused("too many columns of a table", "too_large", 5_000, |n| {
        full(format!("CREATE TABLE w ({});\n", list(1601 + n, |at| format!("c{at} integer"))))
    }),
    refused("too many columns by ADD COLUMN", "too_large", 5_000, |n| {
        full(format!("CREATE TABLE w ();\n{}", repeat(1601 + n, |at| format!("ALTER TABLE w ADD COLUMN c{at} integer;\n"))))
    }),
    refused("long name", "too_large", 10_000, |n| rows(format!("INSERT INTO public.t (id, {}) VALUES (2, 'x');\n", "v".repeat(64 + n)), ROWS)),
    refused("long quoted name", "too_large", 10_000, |n| rows(format!("INSERT INTO public.\"{}\" (id) VALUES (2);\n", "\"\"".repeat(64 + n)), ROWS)),
    refused("long name of a table", "too_large", 10_000, |n| full(format!("CREATE TABLE \"{}\" (id integer);\n", "я".repeat(64 + n)))),
    // What is quadratic if nobody looks after it.
    square("partitions and unique indexes of their root", 60, |n| {
        partitioned(n, |at| format!("CREATE UNIQUE INDEX i{at} ON public.p (a, b);\n"))
    }),
    square("partitions and foreign keys of their root", 60, |n| {
        partitioned(n, |at| format!("ALTER TABLE public.p ADD CONSTRAINT f{at} FOREIGN KEY (b) REFERENCES public.t(id);\n"))
    }),
    kind("partitions with indexes to attach", 1_000, |n| {
        partitioned(n, |at| format!(
            "{}CREATE UNIQUE INDEX p{at}_i ON public.p{at} (a);\nALTER INDEX public.p_i ATTACH PARTITION public.p{at}_i;\n",
            if at == 0 { "CREATE UNIQUE INDEX p_i ON ONLY public.p (a);\n" } else { "" }))
    }),
    kind("one ALTER TABLE, many defaults", 5_000, |n| full(format!("ALTER TABLE public.t {};\n", list(n, |at| format!("ALTER v SET DEFAULT 'x{at}'"))))),
    kind("columns with defaults", 1_500, |n| full(format!("CREATE TABLE w ({});\n", list(n.min(1600), |at| format!("c{at} integer DEFAULT {at}"))))),
    kind("tables of columns with defaults", 200, |n| {
        full(repeat(n, |t| format!("CREATE TABLE w{t} ({});\n", list(200, |at| format!("c{at} integer DEFAULT {at}")))))
    }),
    kind("ADD COLUMN", 1_500, |n| full(format!("CREATE TABLE w ();\n{}", repeat(n.min(1600), |at| format!("ALTER TABLE w ADD COLUMN c{at} integer;\n"))))),
    kind("ADD COLUMN and DROP COLUMN", 10_000, |n| {
        full(format!("CREATE TABLE w ();\n{}", repeat(n, |at| format!("ALTER TABLE w ADD COLUMN c{at} integer;\nALTER TABLE w DROP COLUMN c{at};\n"))))
    }),
    kind("indexes without names", 5_000, |n| full(repeat(n, |_| "CREATE UNIQUE INDEX ON public.t (v);\n".to_owned()))),
    kind("indexes without names, made and dropped", 5_000, |n| {
        full(repeat(n, |_| "CREATE UNIQUE INDEX ON public.t (v);\n".to_owned()) + &repeat(n, |_| "DROP INDEX public.t_v_idx;\nCREATE UNIQUE INDEX ON public.t (v);\n".to_owned()))
    }),
    kind("foreign keys without names", 5_000, |n| {
        full(format!("CREATE TABLE u (id integer PRIMARY KEY);\n{}", repeat(n, |_| "ALTER TABLE public.t ADD FOREIGN KEY (id) REFERENCES u;\n".to_owned())))
    }),
    kind("keys of one table", 5_000, |n| full(format!("CREATE TABLE w (a integer, {});\n", list(n, |at| format!("CONSTRAINT k{at} UNIQUE (a) INCLUDE (a)"))))),
    square("PARTITION OF with many columns", 150, |n| {
        full(format!("CREATE TABLE w ({}) PARTITION BY LIST (c0);\n{}", list(n.min(1600), |at| format!("c{at} integer")),
            repeat(n, |at| format!("CREATE TABLE w{at} PARTITION OF w FOR VALUES IN ({at});\n"))))
    }),
    kind("tables and rows without columns, staged", 2_000, |n| {
        rows(repeat(n, |at| format!("CREATE TABLE public.t{at} (id integer, v text);\nINSERT INTO public.t{at} VALUES (1, 'x');\n")), STAGED)
    }),
    kind("heads of many columns in a full dump", 30, |n| {
        let columns = || list(400, |c| format!("c{c}"));
        let values = list(400, |_| "1".to_owned());
        let tables = repeat(n, |at| format!("CREATE TABLE public.w{at} (id integer, {});\n", list(400, |c| format!("c{c} integer"))));
        let heads = repeat(n, |at| format!("INSERT INTO public.w{at} (id, {}) VALUES (1, {values});\n", columns()));
        let keys = repeat(n, |at| format!("ALTER TABLE ONLY public.w{at} ADD CONSTRAINT k{at} PRIMARY KEY (id);\n"));
        rows(tables + &heads + &keys, ROWS)
    }),
    kind("foreign keys with exclusions", 2_000, |n| {
        let tables = repeat(n, |at| format!("CREATE TABLE c{at} (id integer PRIMARY KEY, p integer REFERENCES public.t ON DELETE SET NULL, q integer REFERENCES public.t);\n"));
        beside(tables, r#"{"style": "rows", "exclude": ["public.t: id = 1"]}"#)
    }),
    kind("foreign keys in a chain with exclusions", 2_000, |n| {
        let tables = repeat(n, |at| format!("CREATE TABLE c{} (id integer PRIMARY KEY, p integer REFERENCES c{at});\n", at + 1));
        beside(format!("CREATE TABLE c0 (id integer PRIMARY KEY, p integer REFERENCES public.t);\n{tables}"), r#"{"style": "rows", "exclude": ["public.t: id = 1"]}"#)
    }),
    kind("heads and switches of the encoding", 5_000, |n| {
        rows(repeat(n, |at| format!("INSERT INTO public.t{at} (id) VALUES (1);\nSET client_encoding = '{}';\n", if at % 2 == 0 { "LATIN1" } else { "UTF8" })), ROWS)
    }),
    kind("heads and switches of the search path", 5_000, |n| {
        rows(repeat(n, |at| format!("SET search_path = s{};\nINSERT INTO t{at} (id) VALUES (1);\n", at % 7)), ROWS)
    }),
    // Siblings.
    kind("tables renamed in a chain", 5_000, |n| full(repeat(n, |at| format!("ALTER TABLE public.{} RENAME TO r{at};\n", if at == 0 { "t".to_owned() } else { format!("r{}", at - 1) })) + &format!("ALTER TABLE public.r{} RENAME TO t;\n", n - 1))),
    kind("columns renamed in a chain", 5_000, |n| full(format!("CREATE TABLE w (c0 integer PRIMARY KEY);\n{}", repeat(n, |at| format!("ALTER TABLE w RENAME COLUMN c{at} TO c{};\n", at + 1))))),
    kind("tables made and dropped", 5_000, |n| full(repeat(n, |at| format!("CREATE TABLE d{at} (id integer REFERENCES public.t);\n")) + &repeat(n, |at| format!("DROP TABLE d{at};\n")))),
    kind("tables that inherit", 2_000, |n| full(format!("CREATE TABLE h (a integer);\n{}", repeat(n, |at| format!("CREATE TABLE h{at} (b integer) INHERITS (h);\n"))))),
    refused("tables that inherit in a chain", "invalid_catalog", 200, |n| full(format!("CREATE TABLE h0 (a integer);\n{}", repeat(n, |at| format!("CREATE TABLE h{} () INHERITS (h{at});\n", at + 1))))),
    kind("tables moved to another schema", 2_000, |n| full(repeat(n, |at| format!("CREATE TABLE m{at} (id integer);\nALTER TABLE m{at} SET SCHEMA other;\n")))),
    kind("enums and domains", 2_000, |n| {
        let types = repeat(n, |at| format!("CREATE TYPE e{at} AS ENUM ('a', 'b');\nCREATE DOMAIN d{at} AS e{at};\n"));
        beside(types + &repeat(n, |at| format!("CREATE TABLE u{at} (id integer PRIMARY KEY REFERENCES public.t, e e{at}, d d{at});\n")), r#"{"style": "rows", "exclude": ["public.t: id = 1"]}"#)
    }),
    kind("labels of an enum", 20_000, |n| full(format!("CREATE TYPE e AS ENUM ({});\n", list(n, |at| format!("'l{at}'"))))),
    kind("labels added to an enum", 10_000, |n| full(format!("CREATE TYPE e AS ENUM ('a', 'z');\n{}", repeat(n, |at| format!("ALTER TYPE e ADD VALUE 'l{at}' BEFORE 'z';\n"))))),
    kind("types renamed in a chain", 5_000, |n| full(format!("CREATE TYPE y0 AS ENUM ('a');\nCREATE TABLE w (c y0);\n{}", repeat(n, |at| format!("ALTER TYPE y{at} RENAME TO y{};\n", at + 1))))),
    kind("comments on tables", 10_000, |n| full(repeat(n, |at| format!("COMMENT ON TABLE public.t IS 'c{at}';\n")))),
    kind("triggers", 5_000, |n| full(repeat(n, |at| format!("CREATE TRIGGER g{at} BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION f();\n")) + &repeat(n, |at| format!("ALTER TABLE public.t DISABLE TRIGGER g{at};\n")))),
    kind("sequences that columns own", 2_000, |n| full(repeat(n, |at| format!("CREATE TABLE q{at} (id integer);\nCREATE SEQUENCE s{at};\nALTER SEQUENCE s{at} OWNED BY q{at}.id;\n")))),
    kind("statements of many kinds", 10_000, |n| full(repeat(n, |at| format!("CREATE VIEW w{at} AS SELECT 1;\nGRANT SELECT ON TABLE w{at} TO r;\n")))),
    kind("COPY blocks without rows", 20_000, |n| rows("COPY public.t (id, v) FROM stdin;\n\\.\n\n\n".repeat(n), ROWS)),
    kind("dollar quotes that almost end", 20_000, |n| full(format!("CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $abc$ {} $abc$;\n", "$ab$abd$ab".repeat(n)))),
    kind("one long line", 500_000, |n| rows(format!("INSERT INTO public.t (id, v) VALUES (2, '{}');\n", "x".repeat(n)), ROWS)),
    kind("white space", 500_000, |n| rows(format!("{}INSERT INTO public.t (id, v) VALUES (2, 'x');\n", "\n".repeat(n)), ROWS)),
    kind("databases", 5_000, |n| Input { options: r#"{"style": "rows", "database": "d1"}"#, ..rows(repeat(n, |at| format!("\\connect d{at}\nINSERT INTO public.t (id, v) VALUES (2, 'x');\n")), ROWS) }),
];

/// A word for a file or a test.
pub fn slug(kind: &Kind) -> String {
    let mut slug = String::new();
    for letter in kind.name.chars() {
        if letter.is_ascii_alphanumeric() {
            let _ = write!(slug, "{}", letter.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug
}
