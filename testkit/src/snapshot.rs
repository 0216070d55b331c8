//! Whole databases as values that can be compared.

use crate::catalog::{self, Relation};
use postgres::Client;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::BufRead;

/// How many differences of one table are spelt out.
const DIFFERENCES_SHOWN: usize = 5;

/// Everything an upsert may change: rows, sequences, and the states of triggers.
///
/// Rows are kept as the output functions of their types print them, the columns in order of their names, so that
/// neither the order of rows nor that of columns matters, and types without equality can be compared too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    tables: BTreeMap<String, Table>,
    sequences: BTreeMap<String, Sequence>,
    triggers: Vec<Trigger>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Table {
    columns: Vec<String>,
    /// Sorted lines of COPY's text format: fields separated by tabs, `\N` for NULL.
    rows: Vec<Vec<u8>>,
}

/// The state of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence {
    /// The last value it gave, or the next one if it was not called.
    pub last_value: i64,
    /// Whether it has given `last_value` already.
    pub is_called: bool,
}

/// A trigger, those behind constraints included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trigger {
    /// The table, as `schema.table`.
    pub relation: String,
    /// Its name; for a constraint's own trigger, whose name is an OID, the constraint and the trigger function.
    pub name: String,
    /// `O`, `D`, `R` or `A`, as in `pg_trigger.tgenabled`.
    pub enabled: String,
}

const TRIGGERS: &str = "
SELECT t.tgrelid::regclass,
       CASE WHEN t.tgisinternal THEN coalesce(k.conname, '') || ' ' || t.tgfoid::regproc ELSE t.tgname END,
       t.tgenabled
  FROM pg_trigger t LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint";

impl Snapshot {
    pub(crate) fn of(client: &mut Client, roots: bool) -> Self {
        catalog::prepare(client);
        let relations = catalog::tables(client, roots);
        let tables = relations
            .into_iter()
            .map(|table| (table.name.clone(), Table::read(client, table)))
            .collect();
        let sequences = read_sequences(client);
        let mut triggers: Vec<_> = catalog::rows(client, TRIGGERS)
            .into_iter()
            .map(|[relation, name, enabled]| Trigger {
                relation,
                name,
                enabled,
            })
            .collect();
        triggers.sort();
        Self {
            tables,
            sequences,
            triggers,
        }
    }

    /// The tables, as `schema.table`, quoted where needed.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// The number of rows in a table; 0 if there is no such table.
    pub fn count(&self, table: &str) -> usize {
        self.tables.get(table).map_or(0, |table| table.rows.len())
    }

    /// The rows of a table, each column by its name; no rows if there is no such table.
    pub fn rows(&self, table: &str) -> Vec<BTreeMap<&str, Option<String>>> {
        self.tables.get(table).map(Table::named_rows).unwrap_or_default()
    }

    /// The sequences by name.
    pub fn sequences(&self) -> &BTreeMap<String, Sequence> {
        &self.sequences
    }

    /// All triggers, sorted.
    pub fn triggers(&self) -> &[Trigger] {
        &self.triggers
    }

    /// Everything that differs from `other`, a line each; empty if the two are the same.
    pub fn diff(&self, other: &Self) -> Vec<String> {
        let mut lines = self.diff_rows(other);
        lines.extend(diff_maps("sequence", &self.sequences, &other.sequences));
        let [left, right] = unmatched(&self.triggers, &other.triggers);
        lines.extend(left.iter().map(|trigger| format!("only left: {trigger:?}")));
        lines.extend(right.iter().map(|trigger| format!("only right: {trigger:?}")));
        lines
    }

    /// Like [`Snapshot::diff`], for the rows alone.
    pub fn diff_rows(&self, other: &Self) -> Vec<String> {
        let mut lines = self.missing_from(other);
        for (name, table) in &other.tables {
            match self.tables.get(name) {
                None => lines.push(format!("{name}: no such table on the left")),
                Some(left) if left.columns == table.columns => {
                    let [_, extra] = unmatched(&left.rows, &table.rows);
                    table.describe(name, "only right", &extra, &mut lines);
                }
                Some(_) => {}
            }
        }
        lines
    }

    /// The rows that `other` does not have at all, or has fewer times; empty if `other` holds all of `self`.
    pub fn missing_from(&self, other: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, table) in &self.tables {
            match other.tables.get(name) {
                None => lines.push(format!("{name}: no such table on the right")),
                Some(right) if right.columns != table.columns => {
                    lines.push(format!(
                        "{name}: columns {:?} against {:?}",
                        table.columns, right.columns
                    ));
                }
                Some(right) => {
                    let [missing, _] = unmatched(&table.rows, &right.rows);
                    table.describe(name, "only left", &missing, &mut lines);
                }
            }
        }
        lines
    }

    /// This snapshot without the tables and columns that `other` does not have.
    #[must_use]
    pub fn restricted_to(&self, other: &Self) -> Self {
        let shared = self
            .tables
            .iter()
            .filter_map(|(name, table)| Some((name, table, other.tables.get(name)?)));
        let tables = shared.map(|(name, table, wanted)| (name.clone(), table.with_columns(&wanted.columns)));
        Self {
            tables: tables.collect(),
            ..self.clone()
        }
    }

    /// This snapshot without one table.
    #[must_use]
    pub fn without(mut self, table: &str) -> Self {
        self.tables.remove(table);
        self
    }
}

impl Table {
    fn read(client: &mut Client, table: Relation) -> Self {
        let from = if table.partitioned { "" } else { "ONLY " };
        let sql = format!(
            "COPY (SELECT {} FROM {from}{}) TO STDOUT",
            table.column_list(),
            table.name
        );
        let copy = client.copy_out(&sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
        let mut rows: Vec<_> = copy.split(b'\n').map(Result::unwrap).collect();
        rows.sort_unstable();
        Self {
            columns: table.columns,
            rows,
        }
    }

    fn named_rows(&self) -> Vec<BTreeMap<&str, Option<String>>> {
        let names = || self.columns.iter().map(String::as_str);
        self.rows
            .iter()
            .map(|row| names().zip(row.split(|&byte| byte == b'\t').map(unescape)).collect())
            .collect()
    }

    fn with_columns(&self, wanted: &[String]) -> Self {
        let kept: Vec<_> = (0..self.columns.len())
            .filter(|&i| wanted.contains(&self.columns[i]))
            .collect();
        let project = |row: &Vec<u8>| {
            let fields: Vec<_> = row.split(|&byte| byte == b'\t').collect();
            kept.iter().map(|&i| fields[i]).collect::<Vec<_>>().join(&b'\t')
        };
        let mut rows: Vec<_> = self.rows.iter().map(project).collect();
        rows.sort_unstable();
        Self {
            columns: kept.iter().map(|&i| self.columns[i].clone()).collect(),
            rows,
        }
    }

    fn describe(&self, name: &str, what: &str, rows: &[&Vec<u8>], lines: &mut Vec<String>) {
        for row in rows.iter().take(DIFFERENCES_SHOWN) {
            let fields = row.split(|&byte| byte == b'\t').map(String::from_utf8_lossy);
            let fields: Vec<_> = self
                .columns
                .iter()
                .zip(fields)
                .map(|(column, value)| format!("{column}={value}"))
                .collect();
            let text = fields.join(" ");
            let cut = text.char_indices().nth(400).map_or(text.len(), |(i, _)| i);
            lines.push(format!(
                "{name}: {what}: {}{}",
                &text[..cut],
                if cut < text.len() { " …" } else { "" }
            ));
        }
        if rows.len() > DIFFERENCES_SHOWN {
            lines.push(format!("{name}: {what}: {} rows in all", rows.len()));
        }
    }
}

fn read_sequences(client: &mut Client) -> BTreeMap<String, Sequence> {
    let mut sequences = BTreeMap::new();
    for name in catalog::sequences(client) {
        let [[last_value, is_called]] = catalog::rows(client, &format!("SELECT last_value, is_called FROM {name}"))
            .try_into()
            .unwrap();
        sequences.insert(
            name,
            Sequence {
                last_value: last_value.parse().unwrap(),
                is_called: is_called == "t",
            },
        );
    }
    sequences
}

/// What only one of two sorted lists holds, each repetition counted.
fn unmatched<'a, T: Ord>(left: &'a [T], right: &'a [T]) -> [Vec<&'a T>; 2] {
    let mut only = [Vec::new(), Vec::new()];
    let (mut l, mut r) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let order = match (l.peek(), r.peek()) {
            (None, None) => return only,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(b),
        };
        match order {
            Ordering::Less => only[0].extend(l.next()),
            Ordering::Greater => only[1].extend(r.next()),
            Ordering::Equal => drop((l.next(), r.next())),
        }
    }
}

fn diff_maps<T: PartialEq + std::fmt::Debug>(
    what: &str,
    left: &BTreeMap<String, T>,
    right: &BTreeMap<String, T>,
) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).collect();
    let pairs = names
        .into_iter()
        .map(|name| (name, left.get(name), right.get(name)))
        .filter(|(_, l, r)| l != r);
    pairs
        .map(|(name, l, r)| format!("{what} {name}: {l:?} against {r:?}"))
        .collect()
}

/// A field of COPY's text format; bytes that are not UTF-8 are replaced.
fn unescape(field: &[u8]) -> Option<String> {
    if field == br"\N" {
        return None;
    }
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.iter();
    while let Some(&byte) = rest.next() {
        // The escapes that COPY TO prints; see CopyAttributeOutText in src/backend/commands/copyto.c.
        bytes.push(match byte {
            b'\\' => match rest.next().unwrap() {
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 11,
                &other => other,
            },
            other => other,
        });
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
