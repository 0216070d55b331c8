//! A listener for tests.

use super::allowed::is_search_path;
use super::head::{Head, Sequence};
use super::{Events, Target};
use crate::error::Result;
use crate::lex::literal::Field;

/// Counts what it hears, by fate.
#[derive(Default)]
pub(super) struct Counting {
    pub(super) emitted: usize,
    pub(super) catalog: usize,
    pub(super) counted: usize,
    pub(super) database: usize,
}

impl Events for Counting {
    fn head(&mut self, head: &Head, _: Option<&[Vec<u8>]>) -> Result<Target> {
        let columns = head.columns.as_ref().map(Vec::len);
        Ok(Target {
            id: 0,
            columns,
            lines_max: u64::MAX,
            kept_bytes: 0,
        })
    }
    fn row(&mut self, _: usize, _: &[u8], _: &[Field]) -> Result<()> {
        self.emitted += 1;
        Ok(())
    }
    fn default_row(&mut self, _: usize) -> Result<()> {
        self.emitted += 1;
        Ok(())
    }
    fn copy_rows(&mut self, _: usize, _: &[u8], _: u64) -> Result<()> {
        self.emitted += 1;
        Ok(())
    }
    fn sequence(&mut self, _: &Sequence, _: Option<&[Vec<u8>]>, _: i64, _: bool) -> Result<()> {
        self.emitted += 1;
        Ok(())
    }
    fn database(&mut self, _: &[u8]) -> Result<()> {
        self.database += 1;
        Ok(())
    }
    fn schema(&mut self, sql: &[u8], scs: bool) -> Result<()> {
        self.catalog += usize::from(!is_search_path(sql, scs));
        Ok(())
    }
    fn skipped(&mut self, _: &str) -> Result<()> {
        self.counted += 1;
        Ok(())
    }

    fn client_encoding(&mut self, _: &'static str) -> Result<()> {
        Ok(())
    }
}
