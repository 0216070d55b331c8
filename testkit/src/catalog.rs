//! What the other modules ask the system catalogs.

use crate::cluster::quote_identifier;
use postgres::{Client, SimpleQueryMessage};

/// A table to read.
pub(crate) struct Relation {
    /// `schema.table`, quoted where needed.
    pub(crate) name: String,
    pub(crate) partitioned: bool,
    /// Sorted by name.
    pub(crate) columns: Vec<String>,
}

impl Relation {
    pub(crate) fn column_list(&self) -> String {
        self.columns
            .iter()
            .map(|column| quote_identifier(column))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// One row for each column, and one for a table without columns. Temporary tables belong to their sessions.
const TABLES: &str = r#"
SELECT c.oid::regclass, c.relkind, a.attname IS NOT NULL, coalesce(a.attname, '')
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
   AND CASE WHEN $roots THEN c.relkind IN ('r', 'p') AND NOT c.relispartition ELSE c.relkind = 'r' END
 ORDER BY c.oid, a.attname COLLATE "C""#;

const SEQUENCES: &str = "
SELECT c.oid::regclass
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'";

/// Makes names qualified and values as exact as in a dump, whatever the database's own settings are.
pub(crate) fn prepare(client: &mut Client) {
    let settings =
        "SET search_path = pg_catalog; SET extra_float_digits = 3; SET datestyle = ISO; SET timezone = 'UTC';
        SET intervalstyle = postgres; SET bytea_output = hex; SET row_security = off";
    client.batch_execute(settings).unwrap();
}

/// All ordinary tables, or with `roots` the partitioned ones in place of their partitions.
pub(crate) fn tables(client: &mut Client, roots: bool) -> Vec<Relation> {
    let mut tables: Vec<Relation> = Vec::new();
    for [name, kind, has_column, column] in
        rows(client, &TABLES.replace("$roots", if roots { "true" } else { "false" }))
    {
        if tables.last().is_none_or(|last| last.name != name) {
            tables.push(Relation {
                name,
                partitioned: kind == "p",
                columns: Vec::new(),
            });
        }
        if has_column == "t" {
            tables.last_mut().unwrap().columns.push(column);
        }
    }
    tables
}

/// All sequences.
pub(crate) fn sequences(client: &mut Client) -> Vec<String> {
    rows(client, SEQUENCES).into_iter().map(|[name]| name).collect()
}

/// The rows of a query whose values are never NULL.
pub(crate) fn rows<const N: usize>(client: &mut Client, sql: &str) -> Vec<[String; N]> {
    let rows = text_rows(client, sql).into_iter();
    rows.map(|row| {
        <[_; N]>::try_from(row)
            .expect("another number of columns")
            .map(|value| value.expect("a NULL"))
    })
    .collect()
}

/// The rows of a query, or of several, as text.
pub(crate) fn text_rows(client: &mut Client, sql: &str) -> Vec<Vec<Option<String>>> {
    let messages = client
        .simple_query(sql)
        .unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    rows.map(|row| (0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect())
        .collect()
}
