//! The source databases, and the targets that are made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use dumpsert::Catalog;
use dumpsert_testkit::{Cluster, Db, Snapshot};

use crate::promises::LEFT_OUT;

/// The role that owns everything in a target and is no superuser.
pub(crate) const OWNER: &str = "dumpsert_owner";

/// A row as the snapshot has it, column by column.
pub(crate) type Row = BTreeMap<String, Option<String>>;

/// A source database with what all tests need of it, made once.
pub(crate) struct Source {
    pub(crate) name: &'static str,
    pub(crate) db: Db,
    pub(crate) snapshot: Snapshot,
    /// Of what `pg_dump --schema-only` prints.
    pub(crate) catalog: Catalog,
    pub(crate) keys: BTreeMap<String, Key>,
    empty: Db,
    diverged: OnceLock<Db>,
}

/// The key by which the rows of a table are told apart, as its columns in the order of the index.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) columns: Vec<String>,
    /// A NULL in it is a value like any other.
    nulls_count: bool,
}

impl Key {
    /// The values of a row's key, or nothing if it has none.
    pub(crate) fn of(&self, row: &Row) -> Option<Vec<Option<String>>> {
        let values: Vec<_> = self.columns.iter().map(|column| row[column].clone()).collect();
        (self.nulls_count || values.iter().all(Option::is_some)).then_some(values)
    }
}

/// The best plain unique index of each table: the primary key, one without NULLs, any. Deferrable ones do as well here.
const KEYS: &str = r#"
SELECT DISTINCT ON (i.indrelid) i.indrelid::regclass, coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false), k.columns
  FROM pg_index AS i CROSS JOIN LATERAL (
    SELECT json_agg(a.attname ORDER BY u.ord) AS columns, bool_and(a.attnotnull) AS not_null
      FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u(attnum, ord)
      JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = u.attnum WHERE u.ord <= i.indnkeyatts) AS k
 WHERE i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indrelid >= 16384
 ORDER BY i.indrelid, i.indisprimary DESC, k.not_null DESC, i.indexrelid"#;

fn keys(db: &Db) -> BTreeMap<String, Key> {
    let rows = db.query(&format!("SET search_path = pg_catalog; {KEYS}"));
    let text = |value: &Option<String>| value.clone().unwrap();
    rows.iter()
        .map(|row| {
            let key = Key {
                columns: serde_json::from_str(&text(&row[2])).unwrap(),
                nulls_count: text(&row[1]) == "t",
            };
            (text(&row[0]), key)
        })
        .collect()
}

impl Source {
    /// One of the databases in `testdata/sources/`.
    pub(crate) fn get(name: &'static str) -> &'static Self {
        static SOURCES: [(&str, OnceLock<Source>); 3] = [
            ("torture", OnceLock::new()),
            ("chinook", OnceLock::new()),
            ("demo", OnceLock::new()),
        ];
        let (_, source) = SOURCES.iter().find(|(known, _)| *known == name).unwrap();
        source.get_or_init(|| Self::load(name))
    }

    fn load(name: &'static str) -> Self {
        let cluster = Cluster::shared();
        let db = cluster.source(name);
        let schema = db.pg_dump(&["--schema-only"]);
        let empty = cluster.create_unique(&format!("{name}_empty"));
        empty.execute(std::str::from_utf8(&schema).unwrap());
        Self {
            name,
            // Another system may hash into other partitions; what counts is that the rows are there.
            snapshot: db.snapshot_by_root().without(LEFT_OUT),
            keys: keys(&db),
            catalog: Catalog::from_schema_sql(&schema).unwrap(),
            db,
            empty,
            diverged: OnceLock::new(),
        }
    }

    /// A table and its column by which newer rows can be told.
    pub(crate) fn newer(&self) -> (&'static str, &'static str) {
        match self.name {
            "torture" => ("app.businesses", "createdAt"),
            "chinook" => ("public.invoice", "invoice_date"),
            _ => panic!("{} has no such table", self.name),
        }
    }

    /// A database with the same schema and no rows.
    pub(crate) fn empty(&self) -> Db {
        Cluster::shared().copy_of(&self.empty)
    }

    /// A database with the same rows.
    pub(crate) fn full(&self) -> Db {
        Cluster::shared().copy_of(&self.db)
    }

    /// A copy that has lived on by itself. It is for reading.
    pub(crate) fn diverged(&self) -> &Db {
        self.diverged.get_or_init(|| {
            let db = self.full();
            let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pg");
            let own = dir.join(format!("{}.diverge.sql", self.name));
            for file in [dir.join("diverge.sql"), own].iter().filter(|file| file.exists()) {
                db.execute_file(file, &[]);
            }
            db
        })
    }

    /// Gives some tables of `target` the rows that they have in `from`, whatever else there is.
    pub(crate) fn replace(target: &Db, from: &Db, tables: &BTreeSet<&str>) {
        if tables.is_empty() {
            return;
        }
        let mut sql = "SET session_replication_role = replica;\n".to_owned();
        for table in tables {
            sql.push_str(&format!("DELETE FROM ONLY {table};\n"));
        }
        let patterns: Vec<_> = tables
            .iter()
            .map(|table| format!("--table={}", pattern(table)))
            .collect();
        let mut args = vec!["--data-only"];
        args.extend(patterns.iter().map(String::as_str));
        let dump = from.pg_dump(&args);
        sql.push_str(std::str::from_utf8(&dump).unwrap());
        target.execute(&sql);
    }
}

/// The pattern that means exactly this table to pg_dump: quoted, no letter means anything else.
pub(crate) fn pattern(table: &str) -> String {
    let mut pattern = String::new();
    let mut quoted = false;
    let mut part = String::new();
    for char in table.chars().chain(['.']) {
        match char {
            '"' => {
                quoted = !quoted;
                part.push(char);
            }
            '.' if !quoted => {
                if !pattern.is_empty() {
                    pattern.push('.');
                }
                if part.starts_with('"') {
                    pattern.push_str(&part);
                } else {
                    pattern.push_str(&format!("\"{part}\""));
                }
                part.clear();
            }
            other => part.push(other),
        }
    }
    pattern
}

/// Makes one role, which is no superuser, the owner of the database and of everything in it.
pub(crate) fn give_to_owner(db: &Db) {
    static ROLE: OnceLock<()> = OnceLock::new();
    ROLE.get_or_init(|| db.execute(&format!("CREATE ROLE {OWNER} LOGIN;")));
    let name = db.name();
    let sql = format!(
        r#"
ALTER DATABASE "{name}" OWNER TO {OWNER};
SELECT pg_catalog.format('ALTER %s %s OWNER TO {OWNER}', kind, object) FROM (
  SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(nspname) AS object, 0 AS rank FROM pg_catalog.pg_namespace
   WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  UNION ALL
  SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
         pg_catalog.format('%I.%I', n.nspname, c.relname), 1
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'S', 'v', 'm') AND c.oid >= 16384 AND n.nspname !~ '^pg_'
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                        AND d.objid = c.oid AND (d.deptype = 'e' OR c.relkind = 'S' AND d.deptype IN ('a', 'i')))) AS o
 ORDER BY rank \gexec
"#
    );
    db.execute(&sql);
}
