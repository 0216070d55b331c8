//! PostgreSQL itself, made to merge step by step in a random order: wherever it arrives, the model must allow it.
//!
//! Each step writes one row, or all rows of a table, or moves one row out of the way, and is undone if PostgreSQL refuses
//! it. Nothing of this is how the merge works; it only asks the server what its own rules do.

use dumpsert_testkit::Db;
use dumpsert_testkit::postgres::Client;

use super::Case;
use crate::sources::OWNER;
use crate::support::Random;

impl Case {
    /// Tries to bring the target to where every dumped row is as in the dump; whether that was possible.
    pub(super) fn walk(&self, db: &Db, random: &mut Random) -> Result<bool, String> {
        let mut client = db.client_as(OWNER);
        let sql = format!(
            "SET client_min_messages = error; DROP SCHEMA IF EXISTS {0} CASCADE; {1} {2} {3} {4}",
            self.schema.name,
            self.schema.create(),
            self.inserts(&self.before).concat().concat(),
            self.schema.finish(),
            self.staging()
        );
        client
            .batch_execute(&sql)
            .map_err(|error| format!("the target is wrong: {error:?}"))?;
        client
            .batch_execute("BEGIN; SET CONSTRAINTS ALL DEFERRED")
            .map_err(|error| error.to_string())?;
        let mut arrived = false;
        for _ in 0..12 {
            let mut tables: Vec<usize> = (0..self.schema.tables.len()).collect();
            random.shuffle(&mut tables);
            for at in tables {
                self.step(&mut client, at, random);
            }
            if self.has_arrived(&mut client) {
                arrived = true;
                break;
            }
        }
        arrived = arrived && client.batch_execute("COMMIT").is_ok() && self.has_arrived(&mut client);
        if arrived {
            let verdict = self.verdict();
            let after = self.read(db);
            if !verdict.refused.is_empty() {
                return Err(format!("PostgreSQL can do what the model refuses: {after:?}"));
            }
            self.are_allowed(&verdict, &after)?;
        } else {
            let _ = client.batch_execute("ROLLBACK");
        }
        client
            .batch_execute(&format!(
                "SET client_min_messages = error; DROP SCHEMA {} CASCADE",
                self.schema.name
            ))
            .map_err(|error| error.to_string())?;
        Ok(arrived)
    }

    /// The dumped rows in tables beside the target's.
    fn staging(&self) -> String {
        let mut sql = String::new();
        for (at, table) in self.schema.tables.iter().enumerate() {
            let name = self.schema.table_name(at);
            sql.push_str(&format!(
                "CREATE TABLE {name}_dump AS SELECT {} FROM {name} WITH NO DATA;",
                table.dumped_names().join(", ")
            ));
            let rows = self.dump[at].iter().map(|(&id, row)| (id, row));
            sql.extend(table.inserts(&format!("{name}_dump"), rows));
        }
        sql
    }

    fn differing(&self, client: &mut Client, at: usize) -> Vec<String> {
        let name = self.schema.table_name(at);
        let columns = self.schema.tables[at].dumped_names().join(", ");
        let sql = format!(
            "SELECT id::text FROM (SELECT {columns} FROM {name}_dump EXCEPT SELECT {columns} FROM {name}) AS d ORDER BY 1"
        );
        client.query(&sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
    }

    fn has_arrived(&self, client: &mut Client) -> bool {
        (0..self.schema.tables.len()).all(|at| self.differing(client, at).is_empty())
    }

    fn step(&self, client: &mut Client, at: usize, random: &mut Random) {
        let mut rows = self.differing(client, at);
        random.shuffle(&mut rows);
        if random.below(3) == 0 {
            self.attempt(client, &self.write(at, None));
        }
        for id in rows {
            if !self.attempt(client, &self.write(at, Some(&id))) && random.below(4) == 0 {
                self.move_away(client, at, &id, random);
            }
        }
    }

    fn attempt(&self, client: &mut Client, sql: &str) -> bool {
        client.batch_execute("SAVEPOINT s").unwrap();
        let is_done = client.batch_execute(sql).is_ok();
        client
            .batch_execute(if is_done { "RELEASE s" } else { "ROLLBACK TO s" })
            .unwrap();
        is_done
    }

    /// The statement that writes one row, or all of a table.
    fn write(&self, at: usize, id: Option<&str>) -> String {
        let name = self.schema.table_name(at);
        let names = self.schema.tables[at].dumped_names();
        let sets: Vec<String> = names.iter().map(|name| format!("{name} = d.{name}")).collect();
        let differs: Vec<String> = names
            .iter()
            .map(|name| format!("t.{name} IS DISTINCT FROM d.{name}"))
            .collect();
        let columns = names.join(", ");
        let one = id.map_or(String::new(), |id| format!(" AND d.id = '{id}'"));
        format!(
            "WITH u AS (UPDATE {name} AS t SET {} FROM {name}_dump AS d WHERE t.id = d.id AND ({}){one} RETURNING 1)
             INSERT INTO {name} ({columns}) SELECT {columns} FROM {name}_dump AS d WHERE NOT EXISTS (SELECT FROM {name} AS t WHERE t.id = d.id){one} AND (SELECT count(*) FROM u) >= 0",
            sets.join(", "),
            differs.join(" OR ")
        )
    }

    /// Gives a row that differs other values in a unique key for a while.
    fn move_away(&self, client: &mut Client, at: usize, id: &str, random: &mut Random) {
        let table = &self.schema.tables[at];
        let columns: Vec<usize> = table
            .uniques
            .iter()
            .flat_map(|unique| unique.columns.iter().copied())
            .collect();
        let Some(&column) = columns.get(random.below(columns.len().max(1))) else {
            return;
        };
        if table.is_reference(column) || table.partition_column() == Some(column) {
            return;
        }
        let value = table.columns[column].kind.text(200 + random.below(80) as u32);
        // A value that stays as it is must not be moved: what hangs on it would see that.
        let (name, column) = (self.schema.table_name(at), &table.columns[column].name);
        let sql = format!(
            "UPDATE {name} AS t SET {column} = '{value}' FROM {name}_dump AS d WHERE d.id = t.id AND t.id = '{id}' AND t.{column} IS DISTINCT FROM d.{column}"
        );
        self.attempt(client, &sql);
    }
}
