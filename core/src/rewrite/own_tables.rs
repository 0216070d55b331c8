//! The tables that a dump makes before its rows.

use std::sync::OnceLock;

use crate::catalog::{Catalog, CatalogBuilder, Table, TableName};

/// What the dump itself has made so far.
pub(crate) struct OwnTables {
    builder: CatalogBuilder,
    /// Its catalog, until the next statement.
    catalog: OnceLock<Option<Catalog>>,
}

impl OwnTables {
    /// The tables of a dump in this encoding, which take so many bytes at the most.
    pub(crate) fn new(client_encoding: &'static str, most: u64) -> Self {
        let mut made = Self {
            builder: CatalogBuilder::with_limit(most),
            catalog: OnceLock::new(),
        };
        made.set_client_encoding(client_encoding);
        made
    }

    /// What comes is in this encoding.
    pub(crate) fn set_client_encoding(&mut self, name: &'static str) {
        self.builder.set_client_encoding(name);
    }

    pub(crate) fn observe(&mut self, sql: &[u8], scs: bool) {
        self.catalog = OnceLock::new();
        // What cannot be read matters only if an INSERT names no columns, which is an error then.
        let _ = self.builder.observe(sql, scs);
    }

    /// A table as it is so far, without its keys.
    pub(crate) fn table(&self, name: &TableName) -> Option<Table> {
        self.builder.columns_of(name)
    }

    /// What a table is a partition of.
    pub(crate) fn parent(&self, name: &TableName) -> Option<TableName> {
        self.builder.parent_of(name)
    }

    /// All of it, for the end of a dump. Nothing where the statements do not make sense.
    pub(crate) fn catalog(&self) -> Option<&Catalog> {
        self.catalog.get_or_init(|| self.builder.clone().finish().ok()).as_ref()
    }
}
