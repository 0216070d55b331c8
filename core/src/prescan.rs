//! The first of two readings of a full dump: it learns the keys, which come behind the rows.

use std::io::{self, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use crate::catalog::{Catalog, CatalogBuilder};
use crate::dump::head::{Head, Relation};
use crate::dump::reader::Reader;
use crate::dump::statement::is_create_table;
use crate::dump::{Events, Piece, Target};
use crate::error::{Category, Error, Result};
use crate::io::{CHUNK_BYTES, read_some};
use crate::lex::literal::Field;
use crate::options::Plan;

/// A dump up to this size is kept in memory while it waits for its second reading.
const SPOOL_BYTES: usize = 4 << 20;

/// Learns the catalog of a dump that comes through a pipe; returns the whole dump again.
pub(crate) fn spooled<R: Read>(mut reader: R, plan: &Plan) -> Result<(io::Chain<SpooledTempFile, R>, Option<Catalog>)> {
    let mut spool = SpooledTempFile::new(SPOOL_BYTES);
    let catalog = scan(&mut reader, plan, |bytes| spool.write_all(bytes))?;
    spool.seek(SeekFrom::Start(0)).map_err(Error::read)?;
    Ok((spool.chain(reader), catalog))
}

/// Learns the catalog of a dump that can be read again, and goes back to its start.
pub(crate) fn rewound<R: Read + Seek>(mut reader: R, plan: &Plan) -> Result<(R, Option<Catalog>)> {
    let catalog = scan(&mut reader, plan, |_| Ok(()))?;
    reader.seek(SeekFrom::Start(0)).map_err(Error::read)?;
    Ok((reader, catalog))
}

/// Reads ahead: to the first row of a dump that has no tables of its own, or to the end of one that has. Returns the
/// catalog of a dump that has one.
fn scan(reader: &mut impl Read, plan: &Plan, mut keep: impl FnMut(&[u8]) -> io::Result<()>) -> Result<Option<Catalog>> {
    let mut scan = Prescan {
        builder: CatalogBuilder::new(),
        tables: false,
        rows: false,
        database: plan.database().map(str::to_owned),
        is_other: plan.database().is_some(),
    };
    let mut dump = Reader::new(*plan.limits());
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = read_some(reader, &mut chunk).map_err(|error| error.or_position(|| dump.position()))?;
        let bytes = chunk.get(..read).unwrap_or_default();
        keep(bytes).map_err(|error| Error::read(error).or_position(|| dump.position()))?;
        let result = if read == 0 {
            dump.finish(&mut scan)
        } else {
            dump.write(bytes, &mut scan)
        };
        match result {
            Err(error) if error.category() == Category::Config => return Err(error),
            // What is wrong with the rows is said by the second reading, which knows tables and row numbers.
            Err(_) => return Ok(scan.builder.finish().ok().filter(|_| scan.tables)),
            Ok(()) if read == 0 || (scan.rows && !scan.tables) => break,
            Ok(()) => {}
        }
    }
    let catalog = scan.builder.finish()?;
    Ok(Some(catalog).filter(|_| scan.tables))
}

struct Prescan {
    builder: CatalogBuilder,
    tables: bool,
    rows: bool,
    /// The database that is wanted, where the dump has several.
    database: Option<String>,
    /// Whether what is read belongs to another one.
    is_other: bool,
}

impl Events for Prescan {
    fn head(&mut self, head: &Head, _: Option<&[u8]>) -> Result<Target> {
        self.rows |= !self.is_other;
        // Without a list of columns nobody knows here how many values a row has; they are counted the second time.
        Ok(Target {
            id: 0,
            columns: head.columns.as_ref().map(Vec::len),
        })
    }

    fn row(&mut self, _: usize, _: &[u8], _: &[Field]) -> Result<()> {
        Ok(())
    }

    fn default_row(&mut self, _: usize) -> Result<()> {
        Ok(())
    }

    fn copy_begin(&mut self, _: usize) -> Result<()> {
        Ok(())
    }

    fn copy_rows(&mut self, _: usize, _: &[u8], _: u64) -> Result<()> {
        Ok(())
    }

    fn piece(&mut self, _: usize, _: Piece<'_>) -> Result<()> {
        Ok(())
    }

    fn sequence(&mut self, _: &Relation, _: Option<&[u8]>, _: i64, _: bool) -> Result<()> {
        Ok(())
    }

    fn client_encoding(&mut self, _: &'static str) -> Result<()> {
        Ok(())
    }

    fn database(&mut self, name: &[u8]) -> Result<()> {
        match &self.database {
            Some(wanted) => self.is_other = name != wanted.as_bytes(),
            // Rows of a second database are refused by the second reading.
            None if self.rows => self.is_other = true,
            None => {
                self.builder = CatalogBuilder::new();
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
        self.builder.observe(sql, scs).map_err(Error::without_position)
    }

    fn skipped(&mut self, _: &str) -> Result<()> {
        Ok(())
    }

    fn place(&self) -> (Option<String>, Option<u64>) {
        (None, None)
    }
}
