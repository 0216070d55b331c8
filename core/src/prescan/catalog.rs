//! Learns the catalog of a full dump, in which the keys come behind the rows.

use crate::catalog::dump_names::Names;
use crate::catalog::{Catalog, CatalogBuilder};
use crate::dump::head::Head;
use crate::dump::reader::Reader;
use crate::dump::words::is_create_table;
use crate::dump::{Events, Target};
use crate::error::{Category, Error, Position, Result};
use crate::limits::Limit;
use crate::plan::Plan;

/// Reads ahead: to the first row of a dump that has no tables of its own, or to the end of one that has.
pub(super) struct CatalogScan {
    dump: Reader,
    listener: Listener,
    is_done: bool,
    has_failed: bool,
}

impl CatalogScan {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            dump: Reader::new(*plan.limits()).with_crlf(plan.crlf()),
            listener: Listener {
                builder: CatalogBuilder::with_limit(plan.limits().get(Limit::CatalogBytes)),
                is_refused: false,
                limit: plan.limits().get(Limit::CatalogBytes),
                tables: false,
                rows: false,
                database: plan.database().map(str::to_owned),
                is_other: plan.database().is_some(),
                names: Names::new(plan.compares_names()),
            },
            is_done: false,
            has_failed: false,
        }
    }

    /// Reads the next bytes; returns whether more are wanted.
    pub(super) fn write(&mut self, chunk: &[u8]) -> Result<bool> {
        if !self.is_done {
            let result = self.dump.write(chunk, &mut self.listener);
            self.look(result)?;
        }
        Ok(!self.is_done)
    }

    pub(super) fn position(&self) -> Position {
        self.dump.position()
    }

    /// The catalog of a dump that has one.
    pub(super) fn finish(mut self) -> Result<Option<Catalog>> {
        if !self.is_done {
            let result = self.dump.finish(&mut self.listener);
            self.look(result)?;
        }
        let catalog = self.listener.builder.finish();
        // What is wrong with the dump is said by the reading that writes.
        let catalog = if self.has_failed { catalog.ok() } else { Some(catalog?) };
        Ok(catalog.filter(|_| self.listener.tables))
    }

    fn look(&mut self, result: Result<()>) -> Result<()> {
        match result {
            Err(error) if self.listener.is_refused || error.category() == Category::Config => Err(error),
            // What is wrong with the rows is said by the reading that writes, which knows tables and row numbers.
            Err(_) => {
                self.is_done = true;
                self.has_failed = true;
                Ok(())
            }
            Ok(()) => {
                self.is_done |= self.listener.rows && !self.listener.tables;
                Ok(())
            }
        }
    }
}

struct Listener {
    builder: CatalogBuilder,
    /// Most bytes of the catalog.
    limit: u64,
    /// Whether the catalog has refused a statement.
    is_refused: bool,
    tables: bool,
    rows: bool,
    /// The database that is wanted, where the dump has several.
    database: Option<String>,
    /// Whether what is read belongs to another one.
    is_other: bool,
    names: Names,
}

impl Events for Listener {
    fn head(&mut self, head: &Head, _: Option<&[Vec<u8>]>) -> Result<Target> {
        self.rows |= !self.is_other;
        // Without a list of columns nobody knows here how many values a row has; they are counted the second time.
        Ok(Target {
            id: 0,
            columns: head.columns.as_ref().map(Vec::len),
            lines_max: u64::MAX,
            kept_bytes: 0,
        })
    }

    fn client_encoding(&mut self, name: &'static str) -> Result<()> {
        self.names.set_encoding(name);
        self.builder.set_client_encoding(name);
        Ok(())
    }

    fn database(&mut self, name: &[u8]) -> Result<()> {
        match &self.database {
            Some(wanted) => self.is_other = self.names.read(name)? != *wanted,
            // Rows of a second database are refused by the second reading.
            None if self.rows => self.is_other = true,
            None => {
                self.builder = CatalogBuilder::with_limit(self.limit);
                self.builder.set_client_encoding(self.names.encoding());
                self.tables = false;
            }
        }
        Ok(())
    }

    fn schema(&mut self, sql: &[u8], scs: bool) -> Result<()> {
        if self.is_other {
            return Ok(());
        }
        self.tables |= is_create_table(sql, scs);
        let observed = self.builder.observe(sql, scs);
        self.is_refused = observed.is_err();
        observed.map_err(Error::without_position)
    }
}
