//! Heads whose rows cannot be written: the first row says so, since a COPY may have none.

use super::tables::{Action, FirstRow, HeadState};
use super::writer::Writer;
use crate::dump::Target;
use crate::dump::head::Head;
use crate::error::{Error, Result};

/// Rows that a conversion would stop at are counted under this by an inspection.
const REFUSED: &str = "refused";

impl Writer {
    /// The first row of a COPY has come.
    #[cold]
    pub(super) fn first_row(&mut self, id: usize) -> Result<()> {
        self.awaits_row = false;
        if !self.is_other {
            self.take_database()?;
        }
        let first = self
            .tables
            .heads
            .get_mut(id)
            .map(|head| std::mem::take(&mut head.first_row));
        let FirstRow { warnings, refusal } = first.unwrap_or_default();
        for warning in warnings {
            self.warn_once(warning);
        }
        refusal.map_or(Ok(()), Err)
    }

    /// Takes what would be said of rows of a head as an error, which are left out then.
    pub(crate) fn take_refusal(&mut self, id: usize) -> Option<Error> {
        self.tables.heads.get_mut(id)?.first_row.refusal.take()
    }

    /// The table of a head that was just refused, if it is known.
    pub(crate) fn table_refused(&self) -> Option<usize> {
        self.reading
    }

    /// Leaves out the rows of a head that was just refused.
    pub(crate) fn leave_out_refused(&mut self, head: &Head, table: usize) -> Target {
        let columns = head.columns.as_ref().map(Vec::len);
        self.tables.heads.push(HeadState {
            table,
            columns: columns.unwrap_or_default(),
            action: Action::LeaveOut(REFUSED),
            filter: None,
            first_row: FirstRow::default(),
        });
        Target {
            id: self.tables.heads.len() - 1,
            columns,
            lines_max: u64::MAX,
            kept_bytes: 0,
        }
    }
}
