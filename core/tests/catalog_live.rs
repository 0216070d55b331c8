//! The catalog read from schema SQL is that of the server which ran it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test")]

mod live;

use dumpsert::Catalog;
use dumpsert::catalog::CATALOG_QUERY;
use dumpsert_testkit::{Cluster, testdata};

use live::{assert_dump_is_read, assert_same, live};

#[test]
fn handwritten_schema() {
    let cluster = Cluster::shared();
    if cluster.major() < 15 {
        eprintln!("skipped: needs PostgreSQL 15 or later");
        return;
    }
    let source = cluster.create_unique("catalog_handwritten");
    let file = testdata("catalog/handwritten.sql");
    source.execute_file(&file, &[]);
    let mut sql = format!("-- Dumped from database version {}\n", cluster.major()).into_bytes();
    sql.extend(std::fs::read(file).unwrap());
    assert_same(&Catalog::from_schema_sql(sql).unwrap(), &live(&source));
    assert_dump_is_read(cluster, &source);
    source.drop();
}

#[test]
fn dumped_schemas() {
    for name in ["torture", "chinook", "demo"] {
        let source = Cluster::shared().source(name);
        assert_dump_is_read(Cluster::shared(), &source);
        source.drop();
    }
}

#[test]
fn system_and_temporary_tables_are_left_out_and_those_of_extensions_marked() {
    let db = Cluster::shared().create_unique("catalog_system");
    db.execute(
        "CREATE TABLE public.mine (id integer PRIMARY KEY); CREATE TABLE public.theirs (id integer PRIMARY KEY);
        ALTER EXTENSION plpgsql ADD TABLE public.theirs;",
    );
    let mut client = db.client();
    client
        .batch_execute("CREATE TEMP TABLE passing (id integer PRIMARY KEY)")
        .unwrap();
    let json: String = client
        .query_one(&format!("SELECT ({CATALOG_QUERY})::text"), &[])
        .unwrap()
        .get(0);
    let catalog = Catalog::from_json(json).unwrap();
    assert_eq!(
        catalog
            .tables()
            .iter()
            .map(|table| (table.name.as_str(), table.extension))
            .collect::<Vec<_>>(),
        [("mine", false), ("theirs", true)]
    );
    drop(client);
    db.drop();
}

/// `pg_get_expr()` writes backslashes twice there.
#[test]
fn defaults_are_read_without_standard_conforming_strings() {
    let db = Cluster::shared().create_unique("catalog_backslashes");
    db.execute(r#"CREATE TABLE public.t (a text DEFAULT 'a\b ''c'' ', b text DEFAULT E'\n\n', c int DEFAULT -1);"#);
    let expected = live(&db);
    let default = |name: &str| {
        let column = expected.table("public", "t").unwrap().column(name).unwrap();
        column.default_value.clone().unwrap()
    };
    assert_eq!(
        ["a", "b", "c"].map(default),
        [
            r"a\b 'c' ",
            r"

",
            "-1"
        ]
    );
    let mut client = db.client();
    client.batch_execute("SET standard_conforming_strings = off").unwrap();
    let json: String = client
        .query_one(&format!("SELECT ({CATALOG_QUERY})::text"), &[])
        .unwrap()
        .get(0);
    assert_same(&Catalog::from_json(json).unwrap(), &expected);
    drop(client);
    db.drop();
}

/// Functions and operators that a hostile owner of `public` defines are not called, even where `public` comes first.
#[test]
fn decoys_are_not_called() {
    let db = Cluster::shared().create_unique("catalog_decoys");
    db.execute(
        "CREATE TABLE public.t (id integer PRIMARY KEY, v varchar(3) COLLATE \"C\");
        CREATE FUNCTION public.decoy(oid, oid) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''decoy''; END';
        CREATE FUNCTION public.decoy(\"char\", \"char\") RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''decoy''; END';
        CREATE FUNCTION public.decoy(name, name) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''decoy''; END';
        CREATE FUNCTION public.quote_ident(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''decoy''; END';
        CREATE FUNCTION public.json_agg(json) RETURNS json LANGUAGE plpgsql AS 'BEGIN RAISE ''decoy''; END';
        CREATE OPERATOR public.= (FUNCTION = public.decoy, LEFTARG = oid, RIGHTARG = oid);
        CREATE OPERATOR public.= (FUNCTION = public.decoy, LEFTARG = \"char\", RIGHTARG = \"char\");
        CREATE OPERATOR public.= (FUNCTION = public.decoy, LEFTARG = name, RIGHTARG = name);
        CREATE OPERATOR public.<> (FUNCTION = public.decoy, LEFTARG = oid, RIGHTARG = oid);",
    );
    let mut client = db.client();
    client.batch_execute("SET search_path = public, pg_catalog").unwrap();
    let json: String = client
        .query_one(&format!("SELECT ({CATALOG_QUERY})::pg_catalog.text"), &[])
        .unwrap()
        .get(0);
    let expected = live(&db);
    assert_same(&Catalog::from_json(json).unwrap(), &expected);
    assert_eq!(
        expected.table("public", "t").unwrap().column("v").unwrap().type_name,
        "character varying(3)"
    );
    drop(client);
    db.drop();
}
