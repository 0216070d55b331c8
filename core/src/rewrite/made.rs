//! The tables that a dump makes before its rows.

use std::sync::OnceLock;

use crate::catalog::{Catalog, CatalogBuilder};

/// What the dump itself has made so far.
#[derive(Default)]
pub(crate) struct Made {
    builder: CatalogBuilder,
    /// Its catalog, until the next statement.
    catalog: OnceLock<Option<Catalog>>,
}

impl Made {
    pub(crate) fn new(client_encoding: &'static str) -> Self {
        let mut made = Self::default();
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

    /// Nothing where the statements do not make sense.
    pub(crate) fn catalog(&self) -> Option<&Catalog> {
        self.catalog.get_or_init(|| self.builder.clone().finish().ok()).as_ref()
    }
}
