//! Rows that are left out, for a target that keeps its own of the same keys.

use super::staged;
use super::tables::Action;
use super::writer::Writer;
use crate::error::Result;
use crate::filter::row::Row;
use crate::lex::literal::Form;

/// So many bytes of rows that were left out wait, that a COPY is not ended for each of them.
const LEFT_OUT_BYTES: usize = 256 * 1024;

impl Writer {
    /// Keeps a row that is left out, for the target.
    pub(super) fn keep_left_out(&mut self, id: usize, row: Row<'_>) -> Result<()> {
        if !self.plan.tells_left_out() {
            return Ok(());
        }
        let Some(&Action::Stage { stage, .. }) = self.tables.heads.get(id).map(|head| &head.action) else {
            return Ok(());
        };
        if self.left_out.stage != stage || self.left_out.lines.len() >= LEFT_OUT_BYTES {
            self.tell_left_out()?;
            self.left_out.stage = stage;
        }
        match (row, self.tables.heads.get(id).map(|head| &head.action)) {
            (Row::Line(line), _) => self.left_out.lines.extend_from_slice(line),
            (Row::Literals(bytes, fields), Some(Action::Stage { keep, .. })) => {
                let is_kept = |at: usize| keep.as_ref().is_none_or(|keep| keep.get(at) == Some(&true));
                // What it would have become the target alone knows.
                if fields.iter().any(|field| field.form == Form::Default) {
                    self.check_defaults(id, fields)?;
                }
                let kept = fields.iter().enumerate().filter(|(at, _)| is_kept(*at));
                staged::row(&mut self.left_out.lines, bytes, kept.map(|(_, field)| field));
            }
            _ => {}
        }
        Ok(())
    }

    /// Tells the target of the rows that are kept for it.
    pub(super) fn tell_left_out(&mut self) -> Result<()> {
        if self.left_out.lines.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.left_out.lines);
        let number = self.left_out.stage;
        self.create_stage(number)?;
        self.show_context(true);
        if let Some(stage) = self.tables.stages.get(number) {
            let is_first = self.left_out.told.insert(stage.number);
            staged::left_out_rows(&mut self.out, stage.number + 1, &stage.columns, is_first, &lines)?;
        }
        Ok(())
    }
}
