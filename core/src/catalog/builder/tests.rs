//! Schema statements one by one; the comparison with a server is in `tests/catalog_live.rs`.

use crate::catalog::{Action, Catalog, CatalogBuilder, Identity, Table, TableKind};
use crate::error::ErrorKind;

fn read(sql: &str) -> Catalog {
    Catalog::from_schema_sql(sql).unwrap()
}

/// One line for each column: `name type flags`.
fn columns(table: &Table) -> Vec<String> {
    let show = |column: &crate::catalog::Column| {
        let mut line = format!("{} {}", column.name, column.type_name);
        for (flag, set) in [
            (" not null", column.not_null),
            (" default", column.has_default),
            (" always", column.identity == Some(Identity::Always)),
            (" by default", column.identity == Some(Identity::ByDefault)),
            (" generated", column.generated),
        ] {
            line.push_str(if set { flag } else { "" });
        }
        line + &column
            .collation
            .as_ref()
            .map(|collation| format!(" {collation}"))
            .unwrap_or_default()
    };
    table.columns.iter().map(show).collect()
}

/// One line for each key: `name(columns) flags`.
fn keys(table: &Table) -> Vec<String> {
    let show = |key: &crate::catalog::Key| {
        let primary = if key.primary { " primary" } else { "" };
        let nulls = if key.nulls_not_distinct { " nulls" } else { "" };
        let arbiter = if key.arbiter { "" } else { " unusable" };
        format!("{}({}){primary}{nulls}{arbiter}", key.name, key.columns.join(","))
    };
    table.keys.iter().map(show).collect()
}

fn keys_of(sql: &str) -> Vec<String> {
    keys(read(sql).table("public", "t").unwrap())
}

#[test]
fn tables_of_pg_dump() {
    let catalog = read(
        "CREATE TABLE public.t (
    id integer NOT NULL,
    g integer GENERATED ALWAYS AS ((a * 2)) STORED,
    virtual integer GENERATED ALWAYS AS ((a * 2)),
    v text DEFAULT 'de;f\\ault ''
 INSERT INTO x VALUES (1);'::text NOT NULL,
    c text COLLATE pg_catalog.\"C\",
    nn integer CONSTRAINT \"my nn\" NOT NULL,
    ni text CONSTRAINT x NOT NULL NO INHERIT,
    CONSTRAINT \"chk;--\" CHECK ((v <> 'PRIMARY KEY (id)
);'::text))
)
WITH (fillfactor='70');
ALTER TABLE public.t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.t_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.t ALTER COLUMN nn SET DEFAULT nextval('public.t_nn_seq'::regclass);
ALTER TABLE public.t
    ADD CONSTRAINT c NOT NULL c NOT VALID;
ALTER TABLE public.t OWNER TO someone;
ALTER TABLE ONLY public.t REPLICA IDENTITY FULL;
ALTER TABLE public.t CLUSTER ON nothing;
CREATE UNLOGGED TABLE public.u (
);
CREATE FOREIGN TABLE public.f (
    id integer OPTIONS (column_name 'x') NOT NULL
)
SERVER \"ext Server\"
OPTIONS (
    program E'printf \"1,a\\\\\\\\n\"'
);",
    );
    let expected = [
        "id integer not null always",
        "g integer generated",
        "virtual integer generated",
        "v text not null default",
        "c text not null pg_catalog.\"C\"",
        "nn integer not null default",
        "ni text not null",
    ];
    let table = catalog.table("public", "t").unwrap();
    assert_eq!(columns(table), expected);
    assert!(table.keys.is_empty() && table.arbiter().is_none());
    assert!(table.assignable("v") && !table.assignable("id") && !table.assignable("g") && !table.assignable("none"));
    assert!(catalog.table("public", "u").unwrap().columns.is_empty());
    assert_eq!(catalog.table("public", "f").unwrap().kind, TableKind::Foreign);
    assert_eq!(columns(catalog.table("public", "f").unwrap()), ["id integer not null"]);
}

#[test]
fn keys_of_pg_dump() {
    let table = "CREATE TABLE public.t (a int, b int, v text, w text);\n";
    for (statement, expected) in [
        (
            "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT k PRIMARY KEY (b, a) INCLUDE (v, w);",
            "k(b,a) primary",
        ),
        (
            "ALTER TABLE ONLY public.t ADD CONSTRAINT k PRIMARY KEY (a) DEFERRABLE;",
            "k(a) primary unusable",
        ),
        (
            "ALTER TABLE ONLY public.t ADD CONSTRAINT k UNIQUE (a) DEFERRABLE INITIALLY DEFERRED;",
            "k(a) unusable",
        ),
        (
            "ALTER TABLE ONLY public.t ADD CONSTRAINT \"k;\n\" UNIQUE NULLS NOT DISTINCT (v);",
            "k;\n(v) nulls",
        ),
        (
            "ALTER TABLE ONLY public.t ADD CONSTRAINT k PRIMARY KEY (a, v WITHOUT OVERLAPS);",
            "k(a,v) primary unusable",
        ),
        (
            "ALTER TABLE ONLY public.t ADD CONSTRAINT k UNIQUE (a) IN SOME FUTURE WAY (b);",
            "k(a) unusable",
        ),
        (
            "CREATE UNIQUE INDEX k ON public.t USING btree (a DESC NULLS LAST, v text_pattern_ops);",
            "k(a,v)",
        ),
        (
            "CREATE UNIQUE INDEX k ON public.t USING btree (a) INCLUDE (b) NULLS NOT DISTINCT WITH (fillfactor='9');",
            "k(a) nulls",
        ),
        (
            "CREATE UNIQUE INDEX k ON ONLY public.t USING btree (v COLLATE \"C\" public.ops (x = 1));",
            "k(v)",
        ),
        (
            "CREATE UNIQUE INDEX k ON public.t USING btree (a) WHERE (NOT (b = 1));",
            "k(a) unusable",
        ),
        (
            "CREATE UNIQUE INDEX k ON public.t USING btree (lower(v), ((v || ';)'::text)));",
            "k() unusable",
        ),
        ("CREATE UNIQUE INDEX k ON public.t USING other (a);", "k(a) unusable"),
        (
            "CREATE UNIQUE INDEX k ON public.t USING btree (a) FUTURE CLAUSE;",
            "k(a) unusable",
        ),
    ] {
        assert_eq!(keys_of(&format!("{table}{statement}")), [expected], "{statement}");
    }
    let none =
        "ALTER TABLE ONLY public.t ADD CONSTRAINT x EXCLUDE USING gist (a WITH =); CREATE INDEX i ON public.t (a);";
    assert!(keys_of(&format!("{table}{none}")).is_empty());
}

#[test]
fn the_arbiter_is_a_key_under_which_equal_rows_conflict() {
    let arbiter = |keys: &str| {
        let sql = format!("CREATE TABLE t (a int NOT NULL, b int NOT NULL, n int, {keys})");
        read(&sql)
            .table("public", "t")
            .unwrap()
            .arbiter()
            .map(|key| key.name.clone())
    };
    assert_eq!(arbiter("UNIQUE (a), PRIMARY KEY (a, b)").as_deref(), Some("t_pkey"));
    assert_eq!(
        arbiter("PRIMARY KEY (a) DEFERRABLE, UNIQUE (a, b), UNIQUE (b)").as_deref(),
        Some("t_b_key")
    );
    assert_eq!(
        arbiter("CONSTRAINT y UNIQUE (a), CONSTRAINT x UNIQUE (b)").as_deref(),
        Some("x")
    );
    assert_eq!(arbiter("UNIQUE (n)"), None);
    assert_eq!(arbiter("UNIQUE (a, n)"), None);
    assert_eq!(arbiter("UNIQUE NULLS NOT DISTINCT (n)").as_deref(), Some("t_n_key"));
}

#[test]
fn foreign_keys_of_pg_dump() {
    let catalog = read(
        "CREATE TABLE app.\"User\" (id text, \"businessId\" text, a int, b int, during daterange);
        CREATE TABLE app.businesses (id text, a int, b int, during daterange);
        ALTER TABLE ONLY app.\"User\"\n    ADD CONSTRAINT f1 FOREIGN KEY (\"businessId\") REFERENCES app.businesses(id) ON UPDATE CASCADE ON DELETE RESTRICT;
        ALTER TABLE ONLY app.\"User\" ADD CONSTRAINT f2 FOREIGN KEY (a, b) REFERENCES app.businesses(b, a) MATCH FULL ON DELETE SET NULL (b) DEFERRABLE INITIALLY DEFERRED;
        ALTER TABLE ONLY app.\"User\" ADD CONSTRAINT f3 FOREIGN KEY (a) REFERENCES other.gone(x) NOT VALID;
        ALTER TABLE ONLY app.\"User\" ADD CONSTRAINT f4 FOREIGN KEY (a, PERIOD during) REFERENCES app.businesses(a, PERIOD during) NOT ENFORCED;",
    );
    let keys = &catalog.table("app", "User").unwrap().foreign_keys;
    let [f1, f2, f3, f4] = keys.as_slice() else {
        panic!("{keys:?}")
    };
    assert_eq!(
        (f1.on_update, f1.on_delete, f1.deferrable, f1.enforced),
        (Action::Cascade, Action::Restrict, false, true)
    );
    assert_eq!(
        (f2.match_full, f2.deferrable, f2.initially_deferred),
        (true, true, true)
    );
    assert_eq!(
        (f2.on_delete, f2.on_delete_columns.as_slice()),
        (Action::SetNull, ["b".to_owned()].as_slice())
    );
    assert_eq!(
        (f2.columns.join(","), f2.referenced_columns.join(",")),
        ("a,b".to_owned(), "b,a".to_owned())
    );
    assert_eq!(
        (f3.references.to_string(), f3.enforced),
        ("other.gone".to_owned(), true)
    );
    assert_eq!((f4.columns.join(","), f4.enforced), ("a,during".to_owned(), false));
}

#[test]
fn a_foreign_key_without_columns_references_the_primary_key() {
    let sql = "CREATE TABLE t (id int, p int REFERENCES late); CREATE TABLE late (x int, y int); ALTER TABLE late ADD PRIMARY KEY (y);";
    assert_eq!(
        read(sql).table("public", "t").unwrap().foreign_keys[0].referenced_columns,
        ["y"]
    );
    let error = Catalog::from_schema_sql("CREATE TABLE t (p int REFERENCES nothing)").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("t_p_fkey of public.t references public.nothing"),
        "{error}"
    );
}

#[test]
fn names_keep_what_they_hold() {
    let sql = "CREATE TABLE \"q\"\"uo'te.d\".\"t\n;--\" (\"a\"\"b\" int, \"/*\" int, \"$$\" int, таблица int, UPPER int, \"UPPER\" int, PRIMARY KEY (\"a\"\"b\", \"/*\"));";
    let catalog = read(sql);
    let table = catalog.table("q\"uo'te.d", "t\n;--").unwrap();
    let names: Vec<_> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["a\"b", "/*", "$$", "таблица", "upper", "UPPER"]);
    assert_eq!(table.arbiter().unwrap().columns, ["a\"b", "/*"]);
    assert_eq!(table.table_name().to_string(), "\"q\"\"uo'te.d\".\"t\n;--\"");
}

#[test]
fn names_are_text_in_the_encoding_that_was_said() {
    let latin1 =
        b"SET client_encoding = 'LATIN1';\nCREATE TABLE \"caf\xe9\" (\xe9 int PRIMARY KEY, v text DEFAULT '\xe8');";
    let win1251 = b"SET NAMES 'win-1251'; CREATE TYPE \xf2\xe8\xef AS ENUM ('\xe4\xe0'); CREATE TABLE \xf1\xe5\xea\xf0\xe5\xf2 (t \xf2\xe8\xef);";
    let table = |sql: &[u8], name: &str| {
        Catalog::from_schema_sql(sql)
            .unwrap()
            .table("public", name)
            .unwrap()
            .clone()
    };
    let cafe = table(latin1, "café");
    assert_eq!(cafe.arbiter().unwrap().columns, ["é"]);
    assert_eq!(cafe.column("v").unwrap().default_value.as_deref(), Some("è"));
    assert_eq!(table(win1251, "секрет").columns[0].type_name, "public.\"тип\"");
    let catalog = Catalog::from_schema_sql(win1251).unwrap();
    assert_eq!(catalog.enum_labels("public.\"тип\"").unwrap(), ["да"]);
    // Another file begins in UTF-8 again.
    let mut builder = CatalogBuilder::new();
    builder.read_sql(latin1).unwrap();
    builder.read_sql("CREATE TABLE \"é\" (id int);").unwrap();
    assert!(builder.finish().unwrap().table("public", "é").is_some());
}

#[test]
fn names_that_are_no_text_are_refused() {
    let refused = |sql: &[u8], at: u64, message: &str| {
        let error = Catalog::from_schema_sql(sql).unwrap_err();
        assert!(error.message().contains(message), "{error}");
        assert_eq!(error.position().unwrap().byte, at, "{error}");
    };
    refused(b"CREATE TABLE \"caf\xe9\" (id int);", 13, "UTF8");
    refused(b"CREATE TABLE t (caf\xe9 int);", 16, "UTF8");
    refused(
        b"SET client_encoding = 'WIN1252';\nCREATE TABLE t (id int, \"\x81\" int);",
        58,
        "WIN1252",
    );
    refused(
        b"SET client_encoding TO LATIN1;\nCREATE TABLE \"\xe9\xe9\" (id int, );",
        58,
        "",
    );
    refused(
        b"SET client_encoding = 'EUC_JP';\nCREATE TABLE \xc6\xfc (id int);",
        45,
        "EUC_JP",
    );
    refused(b"SET client_encoding = 'SJIS';\nCREATE TABLE t (id int);", 22, "SJIS");
    refused(b"CREATE TYPE e AS ENUM ('\xe9');", 23, "UTF8");
    // What is not a name and not needed may be anything.
    let sql = b"SET client_encoding = 'EUC_JP';\nCREATE TABLE t (id int DEFAULT '\xc6\xfc' PRIMARY KEY); -- \xc6\xfc";
    assert!(
        Catalog::from_schema_sql(sql)
            .unwrap()
            .table("public", "t")
            .unwrap()
            .arbiter()
            .is_some()
    );
}

#[test]
fn a_nul_byte_is_refused_wherever_it_stands() {
    for sql in [
        "CREATE TABLE t (\"g\0\" int);",
        "CREATE TABLE t (id int DEFAULT 'x\0y');",
        "CREATE TABLE t (id int); -- \0",
        "COPY t FROM stdin;\n\0\n\\.\n",
        "\\restrict \0\n",
        "\0",
    ] {
        let error = Catalog::from_schema_sql(sql).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCatalog, "{sql:?}");
        assert!(error.message().contains("NUL byte"), "{error}");
        assert_eq!(
            error.position().unwrap().byte as usize,
            sql.find('\0').unwrap(),
            "{sql:?}"
        );
        assert!(CatalogBuilder::new().observe(sql.as_bytes(), true).is_err(), "{sql:?}");
    }
}

#[test]
fn strings_follow_the_setting() {
    let mut builder = CatalogBuilder::new();
    builder
        .observe(
            br"CREATE TABLE t (a text DEFAULT 'x\' NOT NULL', b int PRIMARY KEY)",
            false,
        )
        .unwrap();
    builder
        .observe(
            br"CREATE TABLE u (a text DEFAULT 'x\' NOT NULL, b int PRIMARY KEY);",
            true,
        )
        .unwrap();
    let catalog = builder.finish().unwrap();
    assert_eq!(
        columns(catalog.table("public", "t").unwrap()),
        ["a text default", "b integer not null"]
    );
    assert_eq!(
        columns(catalog.table("public", "u").unwrap()),
        ["a text not null default", "b integer not null"]
    );
}

#[test]
fn partitions_inherit_identity_from_17_on() {
    let sql = "CREATE TABLE p (id int NOT NULL) PARTITION BY HASH (id); CREATE TABLE q (id int NOT NULL);
        ALTER TABLE p ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY; ALTER TABLE ONLY p ATTACH PARTITION q DEFAULT;";
    for (version, identity) in [
        ("16.3", None),
        ("17.1", Some(Identity::Always)),
        ("18beta1", Some(Identity::Always)),
    ] {
        let catalog = read(&format!(
            "--\n-- Dumped from database version {version} (Debian)\n\n{sql}"
        ));
        assert_eq!(
            catalog.table("public", "q").unwrap().columns[0].identity,
            identity,
            "{version}"
        );
    }
}

#[test]
fn other_statements_are_passed_over() {
    let sql = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ CREATE TABLE x (id int); $$;
        CREATE TRIGGER t AFTER INSERT ON y EXECUTE FUNCTION f(); CREATE EXTENSION hstore; COMMENT ON TABLE t IS 'x;';
        ALTER VIEW v OWNER TO x; ALTER SEQUENCE s OWNED BY t.id; CREATE MATERIALIZED VIEW m AS SELECT 1;
        CREATE UNIQUE INDEX i ON m (x); CREATE RULE r AS ON DELETE TO t DO ALSO (SELECT 1; SELECT 2);
        CREATE TABLE made AS SELECT 1 AS a; CREATE TABLE made2 (a, b) AS VALUES (1, 2); CREATE TEMP TABLE temp (id int);
        CREATE TABLE pg_temp.temp (id int); ALTER TABLE unknown ADD PRIMARY KEY (id); INSERT INTO x VALUES ('CREATE TABLE');
        DROP FUNCTION f; SELECT 1; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x; SET a = b; VACUUM";
    assert!(read(sql).is_empty());
}

#[test]
fn what_cannot_be_read_is_an_error() {
    for (sql, message) in [
        (
            "CREATE TABLE t (id int); CREATE TABLE t (id int);",
            "the table public.t is defined twice",
        ),
        ("CREATE TABLE t (id);", "a name is expected here"),
        ("CREATE TABLE t (id int", "\")\" is expected here"),
        (
            "CREATE TABLE t (LIKE nothing);",
            "the table public.nothing is not defined before this statement",
        ),
        (
            "CREATE TABLE t () INHERITS (a.nothing);",
            "the table a.nothing is not defined",
        ),
        (
            "CREATE TABLE t PARTITION OF nothing DEFAULT;",
            "the table public.nothing is not defined",
        ),
        ("CREATE TABLE t OF nothing;", "the type public.nothing is not defined"),
        (
            "CREATE TABLE t (a int PRIMARY KEY, b int PRIMARY KEY);",
            "multiple primary keys for table t",
        ),
        (
            "CREATE TABLE t (a int REFERENCES t ON DELETE NEVER);",
            "a referential action",
        ),
        ("CREATE TABLE t (a int, U&\"\\0041\" int);", "U&\"…\" are not supported"),
        ("CREATE TABLE t (a int DEFAULT 'x);", "unterminated string literal"),
        (
            "CREATE SCHEMA s CREATE TABLE t (id int);",
            "tables inside of CREATE SCHEMA",
        ),
    ] {
        let error = Catalog::from_schema_sql(sql).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidCatalog, "{sql}");
        assert!(error.to_string().contains(message), "{sql}: {error}");
        assert!(error.position().is_some(), "{sql}: {error}");
    }
}

#[test]
fn migrations_of_prisma() {
    let catalog = read(
        "-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS \"app\";\n
-- CreateEnum\nCREATE TYPE \"app\".\"Role\" AS ENUM ('OWNER', 'STAFF');\n
-- CreateTable\nCREATE TABLE \"User\" (
    \"id\" TEXT NOT NULL,
    \"role\" \"app\".\"Role\" NOT NULL DEFAULT 'STAFF',
    \"createdAt\" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    \"price\" DECIMAL(65,30) NOT NULL,
    \"n\" SERIAL NOT NULL,
    \"tags\" TEXT[] DEFAULT ARRAY[]::TEXT[],\n
    CONSTRAINT \"User_pkey\" PRIMARY KEY (\"id\")
);\n
-- CreateTable\nCREATE TABLE \"_TagToUser\" (\"A\" TEXT NOT NULL, \"B\" TEXT NOT NULL);\n
-- CreateIndex\nCREATE UNIQUE INDEX \"_TagToUser_AB_unique\" ON \"_TagToUser\"(\"A\", \"B\");\n
-- AddForeignKey\nALTER TABLE \"_TagToUser\" ADD CONSTRAINT \"_TagToUser_B_fkey\" FOREIGN KEY (\"B\") REFERENCES \"User\"(\"id\") ON DELETE CASCADE ON UPDATE CASCADE;",
    );
    let expected = [
        "id text not null",
        "role app.\"Role\" not null default",
        "createdAt timestamp(3) without time zone not null default",
        "price numeric(65,30) not null",
        "n integer not null default",
        "tags text[] default",
    ];
    assert_eq!(columns(catalog.table("public", "User").unwrap()), expected);
    let join = catalog.table("public", "_TagToUser").unwrap();
    assert_eq!(join.arbiter().unwrap().columns, ["A", "B"]);
    assert_eq!(join.foreign_keys[0].references.to_string(), "public.\"User\"");
}

/// Cut anywhere or with any byte replaced, schema SQL is read or refused, never a panic.
#[test]
fn broken_input_does_no_harm() {
    let sql = "CREATE TABLE p (id serial PRIMARY KEY, v varchar(3) DEFAULT 'x' NOT NULL, \"C\" int REFERENCES p (id) ON DELETE SET NULL (\"C\")) PARTITION BY RANGE (id);
        CREATE UNIQUE INDEX ON p (lower(v), id) INCLUDE (v) WHERE v > E'\\''; ALTER TABLE ONLY p ADD UNIQUE (v), ALTER v TYPE timestamp(3) with time zone, RENAME v TO w;
        CREATE TABLE q PARTITION OF p FOR VALUES FROM (1) TO (2); ALTER INDEX p_pkey ATTACH PARTITION q_pkey; DROP TABLE q, p; SET search_path = a, 'b'; /* /* */ */ SELECT $x$ $x$;";
    for cut in (0..=sql.len()).filter(|&cut| sql.is_char_boundary(cut)) {
        let _ = Catalog::from_schema_sql(&sql[..cut]);
        let _ = Catalog::from_schema_sql(&sql[cut..]);
    }
    for at in 0..sql.len() {
        for byte in [
            b'\'', b'"', b'(', b')', b',', b';', b'$', b'\\', b'/', b'*', b'-', 0, 0xff,
        ] {
            let mut broken = sql.as_bytes().to_vec();
            broken[at] = byte;
            let _ = Catalog::from_schema_sql(&broken);
        }
    }
}

#[test]
fn deep_inheritance_is_refused_and_wide_is_followed() {
    let mut deep = "CREATE TABLE t0 (id int);".to_owned();
    for level in 1..=200 {
        deep.push_str(&format!("CREATE TABLE t{level} () INHERITS (t{});", level - 1));
    }
    let error = Catalog::from_schema_sql(deep).unwrap_err();
    assert!(error.to_string().contains("too many levels"), "{error}");
    // Two parents on each level: more paths than could be walked one by one.
    let mut wide = "CREATE TABLE a0 (id int); CREATE TABLE b0 (id int);".to_owned();
    for level in 1..=60 {
        let above = level - 1;
        wide.push_str(&format!("CREATE TABLE a{level} () INHERITS (a{above}, b{above});"));
        wide.push_str(&format!("CREATE TABLE b{level} () INHERITS (a{above}, b{above});"));
    }
    wide.push_str("ALTER TABLE a0 ADD COLUMN late text; ALTER TABLE a0 ALTER late SET NOT NULL;");
    let catalog = read(&wide);
    assert_eq!(
        columns(catalog.table("public", "b60").unwrap()),
        ["id integer", "late text not null"]
    );
}

#[test]
fn words_whose_meaning_is_fixed_by_the_server_are_no_constants() {
    let catalog = read(
        "SET standard_conforming_strings = off;
         CREATE TABLE t (a timestamp DEFAULT 'Now', b date DEFAULT ' today ', c text DEFAULT 'now', d text DEFAULT 'a\\nb',
             e text DEFAULT U&'x', f text DEFAULT E'\\x41', g int DEFAULT 0x1f, h text DEFAULT N'x');",
    );
    let columns = &catalog.table("public", "t").unwrap().columns;
    assert!(columns.iter().all(|column| column.has_default));
    let values: Vec<_> = columns.iter().map(|column| column.default_value.as_deref()).collect();
    assert_eq!(values, [None, None, Some("now"), Some("a\nb"), None, None, None, None]);
}

#[test]
fn statements_about_unknown_owners_change_nothing() {
    let catalog = read(
        "CREATE SEQUENCE s OWNED BY nothing.at; ALTER SEQUENCE s OWNED BY a.b.c; ALTER TRIGGER x ON nothing RENAME TO y;
         CREATE TRIGGER x AFTER INSERT ON nothing EXECUTE FUNCTION f(); DROP TRIGGER x ON nothing; CREATE TABLE t (id int);
         ALTER TABLE t DISABLE TRIGGER x, ENABLE REPLICA TRIGGER \"user\"; ALTER TYPE nothing ADD VALUE 'x';",
    );
    let table = catalog.table("public", "t").unwrap();
    assert_eq!(
        (table.triggers.as_slice(), &table.columns[0].sequence),
        (&[][..], &None)
    );
    for wrong in [
        "CREATE TYPE t AS ENUM (a)",
        "CREATE TYPE t AS ENUM ('a' 'b')",
        "CREATE TRIGGER x AFTER INSERT",
    ] {
        assert!(Catalog::from_schema_sql(wrong).is_err(), "{wrong}");
    }
}
