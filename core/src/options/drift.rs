//! What happens where the dump and the target do not have the same tables and columns.

use serde::{Deserialize, Serialize};

use super::{Options, Style};
use crate::error::{Error, ErrorKind, Result};

/// What happens to what the dump has and the target has not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unknown {
    /// It is an error before the first row of the table.
    #[default]
    Error,
    /// It is left out and counted.
    Drop,
}

/// The options of this file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Drift {
    pub(crate) columns: Unknown,
    pub(crate) tables: Unknown,
}

impl Options {
    /// What happens to columns of the dump that the target has not. In style [`Style::Staged`] the script asks the
    /// target; in the others the catalog tells, which has to be the target's to be of use. Columns that only the target
    /// has are not set; a new row has their defaults. Default: [`Unknown::Error`].
    ///
    /// ```
    /// use dumpsert::{Catalog, Options, Style, Unknown, convert_str};
    ///
    /// let target = Catalog::from_schema_sql("CREATE TABLE t (id integer PRIMARY KEY, v text)")?;
    /// let options = Options::new().with_style(Style::Rows).with_catalog(target)?;
    /// let plan = options.with_unknown_columns(Unknown::Drop).build()?;
    /// let script = convert_str("INSERT INTO public.t (id, old, v) VALUES (1, 'x', 'one');\n", &plan)?;
    /// assert!(script.contains(r#"("id", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'one')"#));
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    #[must_use]
    pub fn with_unknown_columns(mut self, unknown: Unknown) -> Self {
        self.drift.columns = unknown;
        self
    }

    /// The same for whole tables. Default: [`Unknown::Error`].
    #[must_use]
    pub fn with_unknown_tables(mut self, unknown: Unknown) -> Self {
        self.drift.tables = unknown;
        self
    }

    /// Only a catalog can tell before the target is asked.
    pub(crate) fn check_drift(&self, has_catalog: bool) -> Result<()> {
        let drops = [self.drift.columns, self.drift.tables].contains(&Unknown::Drop);
        if !drops || has_catalog || self.style() == Style::Staged {
            return Ok(());
        }
        let message = "`unknown_columns = drop` and `unknown_tables = drop` need the catalog of the target";
        Err(Error::new(ErrorKind::InvalidOption, message).with_hint(
            "give it with `catalog = FILE` or `schema = FILE`, or choose `style = staged`, which asks the target",
        ))
    }
}
