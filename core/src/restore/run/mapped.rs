//! The mapping of keys of a run: told by the target, kept in a file where that is wanted.

use super::Run;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Plan;
use crate::restore::mapping::{self, MappingFile};
use crate::restore::{Ending, Source};

impl Run<'_> {
    /// Sees to it that the mapping can be written, where it is wanted.
    pub(super) fn begin_mapping(&mut self, source: &Source, plan: &Plan) -> Result<()> {
        self.keeps_mapping = plan.keeps_mapping();
        let Some(path) = &self.target.mapping else {
            return Ok(());
        };
        if !plan.matches_rows() {
            let message = "`mapping = FILE` needs `match_on`: no key is another one without it";
            return Err(Error::new(ErrorKind::InvalidOption, message)
                .with_hint("say by which columns rows of a table are matched: `match_on = TABLE=COLUMNS`"));
        }
        self.mapping = Some(MappingFile::create(path, source)?);
        Ok(())
    }

    /// What is to be committed has told its mapping.
    pub(super) fn take_mapping(&mut self) -> Result<()> {
        if let Some(file) = &mut self.mapping {
            file.write(&self.outcome.mapping)?;
        }
        if !self.keeps_mapping {
            mapping::shorten(&mut self.outcome.mapping);
        }
        Ok(())
    }

    /// Puts the mapping in its place, if the target has committed. Nothing can be undone there any more.
    pub(super) fn finish_mapping(&mut self) {
        let Some(file) = self.mapping.take() else { return };
        let path = file.path().display().to_string();
        let note = match self.outcome.ending {
            Ending::Committed => match file.finish() {
                Ok(()) => return,
                Err(error) => {
                    let why = std::error::Error::source(&error).map_or_else(String::new, |why| format!(" ({why})"));
                    format!("the target has committed, but the mapping is not in {path}: {error}{why}")
                }
            },
            Ending::Unknown => {
                format!("the mapping is not in {path}: the target has not said whether it has committed")
            }
            _ => return,
        };
        self.outcome.notes.push(note);
    }
}
