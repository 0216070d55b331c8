//! The preset for demo businesses.

use super::{Compiler, Rule, Test, with_nearest};
use crate::catalog::quote_ident;
use crate::error::{Error, ErrorKind, Result};
use crate::filter::condition::Condition;
use crate::filter::key_form::is_text;
use crate::options::exclude::{Demo, DemoColumn, no_demo_columns};

impl Compiler<'_> {
    pub(super) fn demo(&mut self, demo: &Demo) -> Result<()> {
        let columns = demo.columns();
        let mut flagged = false;
        for (at, table) in self.catalog.tables().iter().enumerate() {
            let name = table.table_name();
            for demo_column in columns.iter().filter(|column| column.is_of(&name)) {
                // Only text can hold such an id.
                let is_text = table
                    .column(&demo_column.column)
                    .is_some_and(|column| is_text(&column.type_name, self.catalog));
                if is_text {
                    let rule = Rule {
                        label: "demo".to_owned(),
                        sql: None,
                        test: Test::DemoId,
                        columns: vec![demo_column.column.clone()],
                    };
                    self.rule(at, rule)?;
                }
            }
            if let Some(flag) = &demo.flag
                && columns
                    .iter()
                    .any(|column| column.table.is_some() && column.is_of(&name))
            {
                let condition = format!("{} IS TRUE", quote_ident(flag));
                let compiled = Condition::compile_with(&condition, table, self.catalog, None)?;
                let rule = Rule {
                    label: "demo".to_owned(),
                    columns: compiled.columns().to_vec(),
                    sql: Some(condition),
                    test: Test::Condition(compiled),
                };
                self.rule(at, rule)?;
                flagged = true;
            }
        }
        match &demo.flag {
            Some(flag) if !flagged => {
                let message =
                    format!("no table of the catalog has the column `{flag}` that is to mark a demo business");
                Err(Error::new(ErrorKind::InvalidOption, message)
                    .with_hint("name the table of businesses, as in `demo_columns = businesses.id`"))
            }
            _ => Ok(()),
        }
    }

    /// Columns that the user has named must be there, as texts; of the preset's own, one.
    pub(super) fn check_demo(&mut self, demo: &Demo) -> Result<()> {
        let texts = |wanted: &DemoColumn| {
            let tables = self.catalog.tables().iter();
            let columns = tables.filter(|table| wanted.is_of(&table.table_name()));
            columns
                .filter_map(|table| table.column(&wanted.column))
                .fold((false, false), |(_, text), column| {
                    (true, text || is_text(&column.type_name, self.catalog))
                })
        };
        if demo.columns.is_empty() {
            let columns = demo.columns();
            if !columns.iter().any(|column| texts(column).1) {
                let names: Vec<String> = columns.iter().map(DemoColumn::to_string).collect();
                self.notes.push(no_demo_columns("the catalog", &names.join(", ")));
            }
            return Ok(());
        }
        for column in &demo.columns {
            match texts(column) {
                (_, true) => {}
                (true, false) => {
                    let message = format!("`demo_columns = {column}` names what is no column of text");
                    return Err(Error::new(ErrorKind::InvalidOption, message));
                }
                (false, _) => {
                    let message = format!("`demo_columns = {column}` names what is not in the catalog");
                    let error = Error::new(ErrorKind::InvalidOption, message);
                    return Err(with_nearest(error, &column.to_string(), self.names_like(column)));
                }
            }
        }
        Ok(())
    }

    /// Every column of the catalog, written with as much before its name as this one has.
    fn names_like(&self, wanted: &DemoColumn) -> impl Iterator<Item = String> {
        let tables = self.catalog.tables().iter();
        tables.flat_map(move |table| {
            table.columns.iter().map(move |column| {
                let like = DemoColumn {
                    table: wanted.table.as_ref().map(|(schema, _)| {
                        let schema = schema.as_ref().map(|_| table.schema.clone());
                        (schema, table.name.clone())
                    }),
                    column: column.name.clone(),
                };
                like.to_string()
            })
        })
    }
}
