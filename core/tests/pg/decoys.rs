//! Objects with the names of PostgreSQL's own, in `public` and in the user's temporary schema, change nothing.

use std::collections::BTreeSet;

use dumpsert::{NoKey, Options, Style};
use dumpsert_testkit::{Cluster, Db};

use crate::sources::Source;
use crate::support::{fixed_texts, psql, script};

/// A decoy of every function and operator of PostgreSQL that the fixed texts could mean, with the very same arguments, so
/// that a search path with `public` in front of `pg_catalog` would find it first. Each ends in an error when it is run.
const DECOYS: &str = r#"
CREATE FUNCTION public.trap() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a decoy was run' USING ERRCODE = 'DECOY'; END $$;
DO $$
DECLARE
  _f record;
  _made integer := 0;
BEGIN
  FOR _f IN SELECT p.oid, p.proname, pg_get_function_identity_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result, p.prokind
              FROM pg_proc AS p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ($names) LOOP
    BEGIN
      EXECUTE pg_catalog.format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', _f.proname,
                     CASE WHEN _f.arguments = '*' THEN '' ELSE _f.arguments END, _f.result, 'BEGIN PERFORM public.trap(); END');
      _made := _made + 1;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  FOR _f IN SELECT o.oid, o.oprname, o.oprleft::regtype AS l, o.oprright::regtype AS r, o.oprresult::regtype AS result FROM pg_operator AS o
             WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprleft <> 0
               AND o.oprname IN ('=', '<>', '<', '>', '<=', '>=', '||', '~', '!~', '->', '->>', '@>', '<@', '+', '-', '*=', '*<>', '~~', '#>', '#>>') LOOP
    BEGIN
      EXECUTE pg_catalog.format('CREATE FUNCTION public.decoy_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', _f.oid, _f.l, _f.r, _f.result, 'BEGIN PERFORM public.trap(); END');
      EXECUTE pg_catalog.format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.decoy_%s)', _f.oprname, _f.l, _f.r, _f.oid);
      _made := _made + 1;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  -- format() takes "any", which only its own language can; these are nearer for the types that it is called with.
  FOR _f IN WITH RECURSIVE a(n, list) AS (
              SELECT 0, 'text' UNION ALL SELECT a.n + 1, a.list || ', ' || t FROM a CROSS JOIN unnest(ARRAY['text', 'name', 'integer', 'regclass']) AS t WHERE a.n < 4)
            SELECT list FROM a WHERE n > 0 LOOP
    EXECUTE pg_catalog.format('CREATE FUNCTION public.format(%s) RETURNS text LANGUAGE plpgsql AS %L', _f.list, 'BEGIN PERFORM public.trap(); END');
    EXECUTE pg_catalog.format('CREATE FUNCTION public.concat_ws(%s) RETURNS text LANGUAGE plpgsql AS %L', _f.list, 'BEGIN PERFORM public.trap(); END');
    EXECUTE pg_catalog.format('CREATE FUNCTION public.concat(%s) RETURNS text LANGUAGE plpgsql AS %L', _f.list, 'BEGIN PERFORM public.trap(); END');
  END LOOP;
  IF _made < 400 THEN RAISE EXCEPTION 'only % decoys', _made; END IF;
END $$;
"#;

const CATALOGS: [&str; 12] = [
    "pg_class",
    "pg_namespace",
    "pg_attribute",
    "pg_index",
    "pg_constraint",
    "pg_trigger",
    "pg_rewrite",
    "pg_type",
    "pg_proc",
    "pg_depend",
    "pg_sequence",
    "pg_opclass",
];
const TYPES: [&str; 11] = [
    "text", "name", "oid", "jsonb", "json", "regclass", "tid", "record", "int8", "bool", "int4",
];

/// The words of the fixed texts.
fn words() -> String {
    let fixed = fixed_texts().concat();
    let words: BTreeSet<&str> = fixed
        .split(|char: char| !char.is_alphanumeric() && char != '_')
        .collect();
    let words: Vec<String> = words
        .into_iter()
        .filter(|word| !word.is_empty())
        .map(|word| format!("'{word}'"))
        .collect();
    words.join(", ")
}

/// Decoys that live as long as the session: catalogs, types, and tables with the names of the target's.
fn temporary(tables: &[&str]) -> String {
    let mut sql = String::new();
    for schema in ["public", "pg_temp"] {
        for name in CATALOGS {
            sql.push_str(&format!("CREATE TABLE {schema}.{name} (oid integer, decoy integer);\n"));
        }
        for name in TYPES {
            sql.push_str(&format!("CREATE TYPE {schema}.{name} AS (decoy integer);\n"));
        }
    }
    for table in tables {
        sql.push_str(&format!(
            "CREATE TABLE pg_temp.{table} (decoy pg_catalog.int4 PRIMARY KEY);\n"
        ));
    }
    sql
}

/// Runs a script in a session and a database full of decoys.
fn run_among_decoys(target: &Db, script: &[u8], tables: &[&str]) {
    target.execute(&DECOYS.replace("$names", &words()));
    let mut session = temporary(tables);
    session.push_str("SET search_path = public, pg_catalog;\n");
    let mut text = b"\\set ON_ERROR_STOP on\n\\set QUIET on\n".to_vec();
    text.extend_from_slice(session.as_bytes());
    text.extend_from_slice(script);
    psql(target, "postgres", &text).expect_success();
}

#[test]
fn they_are_decoys() {
    let target = Cluster::shared().create_unique("decoys");
    target.execute(&DECOYS.replace("$names", &words()));
    for statement in [
        "SELECT format('%I', 'x'::text)",
        "SELECT 'a'::text = 'b'::text",
        "SELECT 1 < 2",
        "SELECT count(*)",
    ] {
        let run = target
            .psql(format!("\\set ON_ERROR_STOP on\nSET search_path = public, pg_catalog;\n{statement};\n").as_bytes());
        assert_eq!(run.status, 3, "{statement} ran no decoy");
    }
}

#[test]
fn staged() {
    let source = Source::get("chinook");
    let dump = source.db.pg_dump(&["--data-only"]);
    let script = script(
        &dump,
        Options::new().with_style(Style::Staged).with_no_key(NoKey::Match),
    );
    let target = Cluster::shared().copy_of(source.diverged());
    let before = target.snapshot_by_root();
    run_among_decoys(&target, &script, &["artist", "album", "track"]);
    assert_eq!(
        source.snapshot.missing_from(&target.snapshot_by_root()),
        Vec::<String>::new()
    );
    assert_eq!(before.triggers(), target.snapshot_by_root().triggers());
}

#[test]
fn rows() {
    let cluster = Cluster::shared();
    let source = cluster.create_unique("source");
    source.execute(
        "CREATE TABLE public.t (id serial PRIMARY KEY, v text); INSERT INTO public.t (v) VALUES ('one'), ('two');
         CREATE TABLE public.c (id integer PRIMARY KEY REFERENCES public.t DEFERRABLE); INSERT INTO public.c VALUES (1);
         CREATE TRIGGER tr BEFORE UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();",
    );
    let catalog = dumpsert::Catalog::from_schema_sql(source.pg_dump(&["--schema-only"])).unwrap();
    let dump = source.pg_dump(&["--data-only", "--column-inserts"]);
    let script = script(
        &dump,
        Options::new().with_style(Style::Rows).with_catalog(catalog).unwrap(),
    );
    let target = cluster.copy_of(&source);
    target.execute("UPDATE public.t SET v = 'changed'; SELECT setval('public.t_id_seq', 1); DELETE FROM public.c;");
    run_among_decoys(&target, &script, &["t", "c"]);
    assert_eq!(source.snapshot().missing_from(&target.snapshot()), Vec::<String>::new());
    assert_eq!(source.snapshot().sequences(), target.snapshot().sequences());
}
